"""Talks: a lesson or script recorded in one file with all it shows, so that the stage shows what the rehearsal showed.

`record` makes the data of a talk from a lesson (see `recording.py`), `save` writes it as JSON, `open_talk` reads it and
replays its runs, dialogues and choices, without any network. Files are untrusted: sizes are bounded and everything in
them is checked.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import demos

from ..agents.run import Run
from ..rules.edit import BadLevel
from ..rules.entry import Entry
from .conditions import understood
from .lessons import lesson_paths, load_lesson
from .lessons import talk_paths as scripts
from .recording import FORMAT, Progress, record
from .text import LessonError
from .told import Choices, Damaged, Dialogue, choices_of, dialogue_of

MOST_BYTES = 5_000_000
MOST_STEPS, MOST_OPTIONS, MOST_RUNS, MOST_ROWS, MOST_CHARACTERS = 100, 6, 2, 60, 4000


class TalkError(ValueError):
    """A talk that cannot be found, recorded or read; the message is one sentence."""


@dataclass(frozen=True)
class Rates:
    """Measured rates of one agent: `levels` says on which, `outcomes` has rate, low and high by outcome, `n` levels."""

    demo: Entry
    agent: str
    levels: str
    n: int
    outcomes: dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class TalkStep:
    """One step on stage. It shows runs, or what is `told` of networks that write or of choices, or nothing.

    Empty texts, no options and no rates are possible; two runs or two dialogues stand side by side. `answer` is the
    option that came true, None if none of them did; `blind`: names are hidden until it is revealed.
    """

    title: str
    text: str
    ask: str
    options: tuple[str, ...]
    answer: int | None
    reveal: str
    blind: bool
    runs: tuple[Run, ...]
    told: tuple[Dialogue | Choices, ...]
    rates: tuple[Rates, ...]
    tasks: tuple[tuple[str, str], ...] = ()  # once taken over live: what to do, and the condition that ticks it off

    @property
    def shown(self) -> bool:
        """Whether it shows something that goes on in time."""
        return bool(self.runs or self.told)


@dataclass(frozen=True)
class Talk:
    """A talk that can be presented."""

    title: str
    minutes: int
    steps: tuple[TalkStep, ...]


# --- files


def save(data: dict[str, Any], path: Path) -> None:
    """Write the data of a talk, whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(json.dumps(data) + "\n", encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def find(what: str) -> Path:
    """The file of a bundled talk or lesson, by the beginning of its name, or a file's path. Raises TalkError.

    A talk is found before a lesson of the same beginning, and a recorded talk before its script.
    """
    if what.endswith((".md", ".json")) or "/" in what or "\\" in what:
        return Path(what)
    names = scripts() | lesson_paths()
    fits = [name for name in scripts() if name.startswith(what)]
    fits = fits if len(fits) == 1 else [name for name in names if name.startswith(what)]
    if what not in names and len(fits) != 1:
        found = "there is none" if not fits else f"there are {' and '.join(fits)}"
        raise TalkError(f"'{what}' should be one of {', '.join(names)}, or a file; of that name {found}.")
    path = names[what if what in names else fits[0]]
    recorded = path.with_suffix(".json")
    return recorded if recorded.is_file() else path


def open_talk(path: Path, progress: Progress | None = None) -> Talk:
    """The talk of a file: a recorded one (.json), one saved run (.json), or a script (.md), recorded now.

    Raises TalkError, or what `record` raises.
    """
    if path.suffix == ".md":
        return talk_of(record(load_lesson(path), progress), path.name)
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise TalkError(f"The talk '{path.name}' cannot be read: {why}.") from None
    if len(text) > MOST_BYTES:
        raise TalkError(f"'{path.name}' has more than {MOST_BYTES:,} characters, the most that a talk can have.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise TalkError(f"'{path.name}' is not a recorded talk: it is not valid JSON.") from None
    if isinstance(data, dict) and "actions" in data:  # one run, saved from the window
        title = "A saved run"
        data = {"format": FORMAT, "title": title, "minutes": 1, "steps": [{"title": title, "runs": [data]}]}
    return talk_of(data, path.name)


def talk_of(data: Any, name: str) -> Talk:
    """The talk of such data, its runs replayed. Untrusted: everything is checked. Raises TalkError."""
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("steps"), list):
        raise TalkError(f"'{name}' is not a recorded talk that this version can read; record it again from its script.")
    if not 1 <= len(data["steps"]) <= MOST_STEPS:
        raise TalkError(f"'{name}' has {len(data['steps'])} steps; a talk has 1 to {MOST_STEPS}.")
    steps = []
    for number, step in enumerate(data["steps"], 1):
        where = f"step {number} of '{name}'"
        if not isinstance(step, dict):
            raise TalkError(f"In {where}, a JSON object is missing.")
        steps.append(_step(step, where))
    minutes = data.get("minutes", 0)
    if not isinstance(minutes, int) or not 0 <= minutes <= 1000:
        raise TalkError(f"The minutes of '{name}' must be a whole number up to 1000.")
    return Talk(_text(data, "title", f"'{name}'"), minutes, tuple(steps))


def _step(step: dict[str, Any], where: str) -> TalkStep:
    options = _items(step, "options", where, MOST_OPTIONS)
    if not all(isinstance(option, str) and 0 < len(option) <= MOST_CHARACTERS for option in options):
        raise TalkError(f"The options of {where} must be short texts.")
    answer = step.get("answer")
    if answer is not None and not (isinstance(answer, int) and 0 <= answer < len(options)):
        raise TalkError(f"The answer of {where} must be the number of one of its {len(options)} options, from 0.")
    runs = [_run(run, where) for run in _items(step, "runs", where, MOST_RUNS)]
    told: list[Dialogue | Choices] = [
        *(_told(data, where, dialogue_of) for data in _items(step, "dialogues", where, MOST_RUNS)),
        *(_told(data, where, choices_of) for data in _items(step, "choices", where, 1)),
    ]
    if len({each.demo.name for each in (*runs, *told)}) > 1:
        raise TalkError(f"What {where} shows is of different demos; what stands side by side must be of one.")
    texts = (_text(step, field, where) for field in ("title", "text", "ask"))
    title, text, ask = texts
    return TalkStep(
        title, text, ask if options else "", tuple(options), answer, _text(step, "reveal", where),
        step.get("blind") is True, tuple(runs), tuple(told),
        tuple(_rate_row(row, where) for row in _items(step, "rates", where, MOST_ROWS)),
        tuple(_task(each, runs, where) for each in _items(step, "tasks", where, MOST_OPTIONS)),
    )  # fmt: skip


def _task(data: Any, runs: list[Run], where: str) -> tuple[str, str]:
    if not isinstance(data, dict) or not runs:
        raise TalkError(f"A task of {where} must have a text, a condition and a run to carry it out in.")
    task, until = _text(data, "task", where), _text(data, "until", where)
    try:
        understood(until, runs[0].demo)
    except LessonError as error:
        raise TalkError(f"A task of {where} cannot be ticked off: {error}") from None
    return task, until


def _run(data: Any, where: str) -> Run:
    name = data.get("demo") if isinstance(data, dict) else None
    if name not in demos.WORLDS:
        raise TalkError(f"A run of {where} names no demo; there are: {', '.join(demos.WORLDS)}.")
    try:
        return Run.from_data(data, demos.load(name))
    except BadLevel as error:
        raise TalkError(f"A run of {where} cannot be replayed: {error}") from None


def _told(data: Any, where: str, read: Callable[[Any], Dialogue | Choices]) -> Dialogue | Choices:
    try:
        return read(data)
    except Damaged as error:
        raise TalkError(f"A dialogue or run of {where} cannot be shown: {error}") from None


def _rate_row(row: Any, where: str) -> Rates:
    try:
        demo, outcomes = demos.entry(row["demo"]), row["outcomes"]
        numbers = {name: tuple(float(x) for x in outcomes[name]) for name in demo.outcomes if name in outcomes}
        if not all(len(three) == 3 and all(0 <= x <= 1 for x in three) for three in numbers.values()):
            raise ValueError
        agent, levels = _text(row, "agent", where), _text(row, "levels", where)
        return Rates(demo, agent, levels, int(row["n"]), numbers)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise TalkError(f"The rates of {where} are damaged; record the talk again.") from None


def _items(step: dict[str, Any], field: str, where: str, most: int) -> list[Any]:
    found = step.get(field, [])
    if not isinstance(found, list) or len(found) > most:
        raise TalkError(f"'{field}' of {where} must be a list of at most {most}.")
    return found


def _text(data: dict[str, Any], field: str, where: str) -> str:
    found = data.get(field, "")
    if not isinstance(found, str) or len(found) > MOST_CHARACTERS:
        raise TalkError(f"'{field}' of {where} must be a text of at most {MOST_CHARACTERS} characters.")
    return "".join(c for c in found if c.isprintable() or c == "\n")
