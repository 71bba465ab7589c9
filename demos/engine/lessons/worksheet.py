"""A learner's progress, and the worksheet that holds it: Markdown for a teacher, with the data at its end.

No Streamlit in here, so that tests can drive it.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from ..rules.boundary import boundary
from .lesson import Block, Lesson, Step, answer_of, lesson_paths, load_lesson
from .transfer import cases, kinds

MOST_BYTES = 1_000_000  # as the page that takes one says
MOST_POINTS = 40  # of a curve
NONE_CAME = -1  # where none of a prediction's options came true
SURE = ("guessing", "fairly sure", "certain")  # of a prediction
MOST_NOTE = 500  # characters
_FORMAT = 1
_BROKEN = "This is not a worksheet of these lessons, or it is damaged; load a file that was downloaded here."


class WorksheetError(ValueError):
    """A worksheet that cannot be loaded; the message is one sentence."""


@dataclass(frozen=True)
class Item:
    """One thing to answer or do. `right`: the option that is right, where that is known beforehand."""

    kind: str  # predict, draw, try, quiz, card (of a sort block), or case
    part: str  # the lesson, or the set of questions
    step: str
    ask: str
    options: tuple[str, ...] = ()
    right: int | None = None


@dataclass
class Progress:
    """What a learner did so far, by item.

    `chosen` options in order, how `sure` predictions were (see calibration.py) and what `came` true of them, curves
    `drawn` in percent, tasks `done`, `notes` in the learner's own words. `id`: of the learner, who alone sees the
    options in this order.
    """

    chosen: dict[str, list[int]] = field(default_factory=dict)
    sure: dict[str, int] = field(default_factory=dict)
    came: dict[str, int] = field(default_factory=dict)
    drawn: dict[str, list[int]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def order(self, name: str, texts: Sequence[str], fixed: bool = False) -> list[int]:
        """The options of an item in the order in which this learner sees them, which stays."""
        if fixed:
            return list(range(len(texts)))
        return sorted(range(len(texts)), key=lambda i: hashlib.sha256(f"{self.id}{name}{texts[i]}".encode()).digest())

    def choose(self, name: str, option: int) -> None:
        """Answer an item: a quiz until its right option is found, all else once."""
        item = items()[name]
        if not 0 <= option < len(item.options):
            raise WorksheetError(f"'{item.ask}' has {len(item.options)} options; there is no number {option + 1}.")
        given = self.chosen.setdefault(name, [])
        if not given or (item.kind == "quiz" and item.right not in given and option not in given):
            given.append(option)

    def finished(self, name: str) -> bool:
        """Whether an item is answered for good."""
        item, given = items()[name], self.chosen.get(name, [])
        if item.kind in ("try", "draw"):
            return name in (self.done if item.kind == "try" else self.drawn)
        return item.right in given if item.kind == "quiz" else bool(given)


def item_name(lesson: Lesson, step: Step, block: Block) -> str:
    """The name of a block's item: `lesson/step/kind number`, the number among the blocks of its kind in the step."""
    same = [part for part in step.parts if isinstance(part, Block) and part.kind == block.kind]
    number = next(i for i, part in enumerate(same, 1) if part is block)
    return f"{lesson.name}/{step.title}/{block.kind} {number}"


def card_names(lesson: Lesson, step: Step, block: Block) -> list[str]:
    """The names of the items of a sort block, one for each of its cards."""
    return [f"{item_name(lesson, step, block)}/card {number}" for number in range(1, len(block.data["cards"]) + 1)]


def case_names(when: str, number: int) -> tuple[str, str]:
    """The names of a transfer case's two items: which kind of case it is, and why."""
    return f"transfer/{when} {number}/kind", f"transfer/{when} {number}/why"


@cache
def lessons() -> tuple[Lesson, ...]:
    """The bundled lessons."""
    return tuple(load_lesson(path) for path in lesson_paths().values())


@cache
def items() -> dict[str, Item]:
    """Everything there is to answer or do, by name, in teaching order."""
    found = _case_items("before")
    for lesson in lessons():
        for step in lesson.steps:
            for block in step.parts:
                if isinstance(block, Block) and block.kind in ("predict", "draw", "try", "quiz"):
                    found[item_name(lesson, step, block)] = _item(lesson, step, block)
                if isinstance(block, Block) and block.kind == "sort":
                    bins = tuple(block.data["bins"])
                    for name, card in zip(card_names(lesson, step, block), block.data["cards"], strict=True):
                        says = f"{card['title']}: {' '.join(card['text'].split())}"
                        found[name] = Item("card", lesson.title, step.title, says, bins, bins.index(card["bin"]))
    return found | _case_items("after")


def _item(lesson: Lesson, step: Step, block: Block) -> Item:
    data = block.data
    if block.kind == "try":
        return Item("try", lesson.title, step.title, str(data["task"]))
    if block.kind == "draw":
        return Item("draw", lesson.title, step.title, str(data["ask"]))
    if block.kind == "predict":
        return Item("predict", lesson.title, step.title, str(data["ask"]), tuple(map(str, data["options"])))
    right = next((i for i, option in enumerate(data["options"]) if option.get("right")), None)
    texts = tuple(str(option["text"]) for option in data["options"])
    return Item("quiz", lesson.title, step.title, str(data["ask"]), texts, right)


def note_names() -> dict[str, str]:
    """The questions that a learner answers in words of their own, by name."""
    return {
        item_name(lesson, step, block): str(block.data["ask"])
        for lesson in lessons()
        for step in lesson.steps
        for block in step.parts
        if isinstance(block, Block) and block.kind == "note"
    }


def score(progress: Progress, part: str) -> tuple[int, int]:
    """How many of a lesson's predictions came true at once, and how many were made that can."""
    names = [name for name, item in items().items() if item.part == part and item.kind == "predict"]
    told = [progress.came[name] == progress.chosen[name][0] for name in names if name in progress.came]
    return sum(told), len(told)


def _case_items(when: str) -> dict[str, Item]:
    found = {}
    for number, case in enumerate(cases(when), 1):
        kind, why = case_names(when, number)
        part = f"Questions {when} the lessons"
        right = list(kinds()).index(case.kind)
        found[kind] = Item("case", part, case.title, "Which is it?", tuple(kinds().values()), right)
        found[why] = Item("case", part, case.title, "Why?", case.why, case.reason)
    return found


def reveal(progress: Progress, name: str, predict: dict[str, Any], outcome: str) -> None:
    """Note what came true of a prediction, given the outcome of the step's first run as the scene put it."""
    came = answer_of(predict, outcome)
    if came is not None:
        progress.came[name] = came
    elif "answer" in predict or "outcomes" in predict:
        progress.came[name] = NONE_CAME


def done_of(progress: Progress, part: str) -> tuple[int, int]:
    """How many items of a lesson or set of questions are finished, and how many there are."""
    names = [name for name, item in items().items() if item.part == part]
    return sum(progress.finished(name) for name in names), len(names)


class Held(BaseModel):
    """The data of a worksheet. What each item holds is looked at one by one, since lessons change."""

    model_config = ConfigDict(strict=True)
    chosen: dict[str, Any]
    came: dict[str, Any]
    drawn: dict[str, Any] = {}  # worksheets of before had none, nor what follows
    notes: dict[str, Any] = {}
    sure: dict[str, Any] = {}
    id: str = ""
    done: list[Any]


@dataclass(frozen=True)
class Score:
    """How a learner judged one kind of case: whether kind and reason were right, before and after."""

    kind: str
    before: tuple[bool, bool]
    after: tuple[bool, bool]


def comparison(progress: Progress) -> list[Score] | None:
    """The cases before and after, by kind; None until both sets are answered."""
    judged = {when: _judged(progress, when) for when in ("before", "after")}
    if any(each is None for each in judged.values()):
        return None
    before, after = judged["before"] or {}, judged["after"] or {}
    return [Score(words, before[kind], after[kind]) for kind, words in kinds().items()]


def _judged(progress: Progress, when: str) -> dict[str, tuple[bool, bool]] | None:
    found = {}
    for number, case in enumerate(cases(when), 1):
        names = case_names(when, number)
        if not all(progress.finished(name) for name in names):
            return None
        kind, why = (progress.chosen[name][0] == items()[name].right for name in names)
        found[case.kind] = kind, why
    return found


# --- the worksheet


def write(progress: Progress) -> str:
    """The worksheet as Markdown, its data in one fenced JSON block at the end."""
    lines = ["# Worksheet: goal misgeneralization", ""]
    lines += [f"{sum(map(progress.finished, items()))} of {len(items())} questions and tasks are done."]
    part = step = ""
    handed_in = comparison(progress)
    for name, item in items().items():
        if item.part != part:
            done, total = done_of(progress, item.part)
            lines += ["", f"## {item.part} ({done} of {total})"]
        if (item.part, item.step) != (part, step):
            lines += ["", f"### {item.step}", ""]
        part, step = item.part, item.step
        lines += [f"- {_told(progress, name, item, shown=item.kind != 'case' or handed_in is not None)}"]
    if handed_in:
        lines += ["", "## Before and after", "", "| kind of case | before | after |", "|---|---|---|"]
        lines += [f"| {score.kind} | {mark(score.before)} | {mark(score.after)} |" for score in handed_in]
    asked = note_names()
    if progress.notes:
        lines += ["", "## In your own words", ""]
        lines += [f"- {asked[name]} {' '.join(text.split())}" for name, text in progress.notes.items()]
    data = data_of(progress)
    lines += ["", "The block below is for loading this worksheet again.", "", "```json", json.dumps(data), "```", ""]
    return "\n".join(lines)


def data_of(progress: Progress) -> dict[str, Any]:
    """The progress as plain data, which `taken` reads; options are named by their texts."""
    known = items()
    return {
        "format": _FORMAT,
        "id": progress.id,
        "chosen": {name: [known[name].options[i] for i in given] for name, given in progress.chosen.items()},
        "came": {
            name: came if came == NONE_CAME else known[name].options[came] for name, came in progress.came.items()
        },
        "sure": progress.sure,
        "drawn": progress.drawn,
        "done": sorted(progress.done),
        "notes": progress.notes,
    }


def mark(judged: tuple[bool, bool]) -> str:
    """A judged case in words."""
    return {(True, True): "right", (True, False): "right, for another reason"}.get(judged, "not right")


def _told(progress: Progress, name: str, item: Item, shown: bool) -> str:
    if item.kind == "try":
        return f"{'[x]' if name in progress.done else '[ ]'} {item.ask}"
    if item.kind == "draw" and name in progress.drawn:
        return f"{item.ask} Curve: {', '.join(map(str, progress.drawn[name]))} %."
    given = progress.chosen.get(name)
    if not given:
        return f"{item.ask} (not answered)"
    if item.kind == "predict":
        came = progress.came.get(name)
        after = ""
        if came is not None:
            what = "none of these" if came == NONE_CAME else "the same" if came == given[0] else item.options[came]
            after = f" What came: {what}."
        sure = f", {SURE[progress.sure[name]]}" if name in progress.sure else ""
        return f"{item.ask} Prediction: *{item.options[given[0]]}*{sure}.{after}"
    tries = ", then ".join(f"*{item.options[option]}*" for option in given)
    verdict = f" ({'right' if item.right == given[-1] else 'not right'})" if shown else ""
    return f"{item.ask} {tries}{verdict}"


def read(data: bytes) -> tuple[Progress, list[str]]:
    """The progress in a worksheet, and sentences about what was left out. Untrusted. Raises WorksheetError."""
    if len(data) > MOST_BYTES:
        raise WorksheetError(f"The file has {len(data):,} bytes; a worksheet has at most {MOST_BYTES:,}.")
    try:
        blocks = re.findall(r"^```json\n(.*?)^```", data.decode("utf-8").replace("\r\n", "\n"), re.M | re.S)
        found = json.loads(blocks[-1])
    except (ValueError, IndexError, RecursionError):
        raise WorksheetError(_BROKEN) from None
    return taken(found)


def taken(data: Any) -> tuple[Progress, list[str]]:
    """The progress in such data, and sentences about what was left out. Untrusted. Raises WorksheetError."""
    with boundary(WorksheetError, _BROKEN):
        return _taken(data)


def _taken(data: Any) -> tuple[Progress, list[str]]:
    try:
        if data["format"] != _FORMAT:
            raise WorksheetError("This worksheet is of another version; download a new one and answer again.")
        held = Held.model_validate(data)
    except WorksheetError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, RecursionError):
        raise WorksheetError(_BROKEN) from None
    progress, left_out = Progress(), 0
    if re.fullmatch("[0-9a-f]{16}", held.id):
        progress.id = held.id
    for name, options in held.chosen.items():
        item = items().get(name)
        options = _numbers(options, item)
        if item and item.kind not in ("try", "draw") and _are_options(options, item):
            for option in options:
                progress.choose(name, option)
        else:
            left_out += 1
    for name, option in held.came.items():
        item = items().get(name)
        option = _number(option, item)
        if item and item.kind == "predict" and (_are_options([option], item) or _is(option, NONE_CAME)):
            progress.came[name] = option
        else:
            left_out += 1
    for name, sure in held.sure.items():
        if name in progress.chosen and items()[name].kind == "predict" and any(_is(sure, i) for i in range(len(SURE))):
            progress.sure[name] = sure
        else:
            left_out += 1
    for name, curve in held.drawn.items():
        item = items().get(name)
        if item and item.kind == "draw" and is_curve(curve):
            progress.drawn[name] = curve
        else:
            left_out += 1
    for name in held.done:
        if isinstance(name, str) and name in items() and items()[name].kind == "try":
            progress.done.add(name)
        else:
            left_out += 1
    asked = note_names()
    for name, text in held.notes.items():
        if name in asked and isinstance(text, str) and len(text) <= MOST_NOTE:
            progress.notes[name] = text
        else:
            left_out += 1
    told = [f"{left_out} of its entries were left out: they name steps or options that these lessons do not have."]
    return progress, told if left_out else []


def _number(option: Any, item: Item | None) -> Any:
    """The number of an option that is named by its text; anything else as it is."""
    return item.options.index(option) if item and isinstance(option, str) and option in item.options else option


def _numbers(options: Any, item: Item | None) -> Any:
    return [_number(option, item) for option in options] if isinstance(options, list) else options


def _are_options(options: Any, item: Item) -> bool:
    return (
        isinstance(options, list)
        and 1 <= len(options) <= len(item.options)
        and all(type(option) is int and 0 <= option < len(item.options) for option in options)
    )


def is_curve(value: Any) -> bool:
    """Whether something is a curve in percent. Untrusted."""
    return (
        isinstance(value, list)
        and 1 <= len(value) <= MOST_POINTS
        and all(type(height) is int and 0 <= height <= 100 for height in value)
    )


def _is(value: Any, number: int) -> bool:
    return type(value) is int and value == number
