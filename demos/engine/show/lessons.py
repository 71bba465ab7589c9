"""Lessons and talks: Markdown with blocks that the app runs, the window presents and the tests execute.

A file begins with front matter between `---` lines (YAML: title, minutes, demo, objectives, citations). Each `##`
heading begins a step. Prose is Markdown; fenced blocks marked `demo`, `ask`, `decide`, `predict`, `draw`, `try`,
`measure`, `quiz` or `sort` hold YAML:

* `demo`: what to show. `demo` (default: the lesson's), `preset` or `probe` (a prepared level by name), or `agent`,
  `levels`, `level_seed`; then `agent`, `seed`, `changes` override what the preset says; `versus` puts a second agent
  beside; `blind: true` hides the agents' names until the step's prediction is made; `every_seed: true` shows below it
  what each seed of the agent's recipe does in the same level; `controls`: `watch`, `edit` (default) or `play` (the
  person acts). `scene_of` makes the level and the agents of it.
* `ask`: the same of a text demo: `demo`, `preset`, or `agent` and `values` (of the demo's fields, those left out as
  usual); `versus` asks a second network; `edit: true` lets the learner change the question. `asked_of` makes it.
* `decide`: a decision demo. `demo` (default: the lesson's), `agent` (default: the planner), `seed`, and sliders' values
  by name; without `sliders` its run is shown, which with `play: true` the person acts in; `sliders` (names) are put
  beside it and may be moved. The tasks beside it have the conditions of `decide`.
* `predict`: `ask`, `options` (a list), `answer` (the option that came true), `reveal` (said after the guess). With
  `outcomes`, a list as long as `options`, the option comes true that names the outcome of the step's first run or
  reply: one outcome, or several with spaces between (`died timeout`).
* `draw`: `ask`, `study` and `quantity`: the learner draws the curve of a panel of a study (`panel`, from 1; else the
  first that draws the quantity) before the measured points appear over it; `reveal` is said after.
* `try`: `task` and `until`, ticked off when this holds on the step's current run, on its question or on its choices: a
  condition of `conditions`, `answers` or `decide`.
* `measure`: `agents` and `levels`: measured rates to show, from the cards.
* `quiz`: `ask` and `options`, each with `text`, `right: true` or `feedback`, perhaps `misconception`, perhaps something
  to show: a `demo`, an `ask` or a `decide`, with what such a block holds. On stage such an option is a step of its own,
  after the question.
* `sort`: `ask`, `bins` (a list) and `cards` to put into them, each with `title`, `text`, `bin` (the one where it
  belongs) and `why` (said once it was put somewhere), perhaps something to show, as an option, and `see` (a list of
  pointers, see `pointers`). Every card is put somewhere once; a step has one such block. On stage each card is a step
  of its own, with the bins to vote on.

Agents are written as `load_agent` takes them (`mix-0:0`), or as the name of a preset, which means its agent; with
`@youngest` or `@oldest` after them they are as they were at the first or last age that was kept. `mix-0:*` in a
`measure` block, a `rate` or a `mean` stands for every bundled seed of the recipe, whichever they are.

In prose, asks, reveals and feedback, numbers and citations are filled in as `text` says.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from ..content import content
from ..rules.change import changed
from ..rules.edit import draw_level
from ..rules.level import Level
from ..rules.world import Demo, Preset
from ..rules.writing import TextDemo
from .text import LessonError, agent_name, demo_named, world_named

SHOWN = ("demo", "ask", "decide")  # the kinds that show something of a demo
KINDS = ("demo", "ask", "decide", "predict", "draw", "try", "measure", "quiz", "sort")
TEXT, WHOLE, FLAG, TEXTS, LEVELS, OPTIONS, VALUES, CARDS = (
    "a text (put quotes around a number, yes or no)",
    "a whole number from 0 to 2**62",
    "true or false",
    "a list of texts (put quotes around a number, yes or no)",
    "a text or a list of texts",
    "a list, each with `text` and `right` or `feedback`",
    "texts by name (put quotes around a number, yes or no)",
    "a list, each with `title`, `text`, `bin` and `why`",
)
FIELDS = {  # what each field of a block holds
    "demo": dict.fromkeys(("demo", "preset", "probe", "agent", "levels", "versus", "controls"), TEXT)
    | {"level_seed": WHOLE, "seed": WHOLE, "changes": TEXTS, "blind": FLAG, "every_seed": FLAG},
    "ask": {"demo": TEXT, "preset": TEXT, "agent": TEXT, "versus": TEXT, "values": VALUES, "edit": FLAG},
    "decide": {"demo": TEXT, "agent": TEXT, "play": FLAG, "seed": WHOLE, "sliders": TEXTS},
    "predict": {"ask": TEXT, "options": TEXTS, "outcomes": TEXTS, "answer": TEXT, "reveal": TEXT},
    "draw": {"ask": TEXT, "study": TEXT, "quantity": TEXT, "panel": WHOLE, "reveal": TEXT},
    "try": {"task": TEXT, "until": TEXT},
    "measure": {"demo": TEXT, "agents": TEXTS, "levels": LEVELS},
    "quiz": {"ask": TEXT, "options": OPTIONS},
    "option": {"text": TEXT, "right": FLAG, "feedback": TEXT, "misconception": TEXT},
    "sort": {"ask": TEXT, "bins": TEXTS, "cards": CARDS},
    "card": {"title": TEXT, "text": TEXT, "bin": TEXT, "why": TEXT, "see": TEXTS},
}
NEEDED = {
    "predict": {"ask", "options"},
    "draw": {"ask", "study", "quantity"},
    "try": {"task", "until"},
    "measure": {"agents"},
    "quiz": {"ask", "options"},
    "option": {"text"},
    "sort": {"ask", "bins", "cards"},
    "card": {"title", "text", "bin", "why"},
}
MOST_BYTES = 200_000
MOST_BINS = 6  # which a stage can vote on


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, one of `KINDS`, and what its YAML says."""

    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One `##` section: prose (Markdown) and blocks, in order."""

    title: str
    parts: tuple[str | Block, ...]

    def block(self, kind: str) -> dict[str, Any] | None:
        """What the first block of this kind says; None where there is none."""
        return next((part.data for part in self.parts if isinstance(part, Block) and part.kind == kind), None)

    @property
    def prose(self) -> str:
        """The Markdown of the step without its blocks."""
        return "\n\n".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True)
class Lesson:
    """A lesson or talk. `name` is its file's stem; `demo` the demo its blocks mean unless they say otherwise."""

    name: str
    title: str
    minutes: int
    demo: str
    objectives: tuple[str, ...]
    citations: tuple[str, ...]
    steps: tuple[Step, ...]


def lesson_paths() -> dict[str, Path]:
    """The bundled lessons by name, in teaching order."""
    return {path.stem: path for path in sorted((content() / "lessons").glob("[0-9][0-9]_*.md"))}


def talk_paths() -> dict[str, Path]:
    """The bundled talks by name, shortest first."""
    return {path.stem: path for path in sorted((content() / "lessons" / "talks").glob("*.md"))}


def load_lesson(path: Path) -> Lesson:
    """Read a lesson or talk. Raises LessonError with a sentence that names the place."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_BYTES + 1)
    except UnicodeDecodeError:
        raise LessonError(f"'{path.name}' is not text; a lesson is Markdown.") from None
    except OSError as error:
        raise LessonError(f"The lesson '{path.name}' cannot be read: {error.strerror}.") from None
    return parse_lesson(text, path.stem)


def parse_lesson(text: str, name: str) -> Lesson:
    """The lesson of such a text. Raises LessonError."""
    if len(text) > MOST_BYTES:
        raise LessonError(f"'{name}' has more than {MOST_BYTES:,} characters, the most that a lesson can have.")
    found = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if not found:
        raise LessonError(f"'{name}' does not begin with front matter between two '---' lines.")
    front = _yaml(found.group(1), f"the front matter of '{name}'")
    missing = {"title", "minutes", "demo"} - front.keys()
    if missing:
        raise LessonError(f"The front matter of '{name}' lacks: {', '.join(sorted(missing))}.")
    kinds = {"title": TEXT, "minutes": WHOLE, "demo": TEXT, "objectives": TEXTS, "citations": TEXTS}
    for field, what in kinds.items():
        if field in front and not _holds(front[field], what):
            raise LessonError(f"In the front matter of '{name}', '{field}' must be {what}.")
    return Lesson(
        name, front["title"], front["minutes"], front["demo"], tuple(front.get("objectives", ())),
        tuple(front.get("citations", ())), tuple(_steps(text[found.end() :], name, text[: found.end()].count("\n"))),
    )  # fmt: skip


def _steps(text: str, name: str, above: int) -> list[Step]:
    """The steps of a text, with `above` lines of front matter before it."""
    lines = text.splitlines()
    tokens = MarkdownIt().parse(text)
    steps: list[Step] = []
    parts: list[str | Block] = []
    title, since = "", 0

    def prose(until: int) -> None:
        told = "\n".join(lines[since:until]).strip()
        if told:
            parts.append(told)

    def close() -> None:
        if sum(isinstance(part, Block) and part.kind == "sort" for part in parts) > 1:
            raise LessonError(f"The step '{title}' of '{name}' has two sort blocks; give each a step of its own.")
        if title:
            steps.append(Step(title, tuple(parts)))
        elif parts:
            raise LessonError(f"'{name}' has text before its first '##' heading; give it one.")

    for i, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        if token.type == "heading_open" and token.tag == "h2":
            prose(token.map[0])
            close()
            title, parts, since = tokens[i + 1].content, [], token.map[1]
        elif token.type == "fence" and token.info.strip() in KINDS:
            prose(token.map[0])
            kind = token.info.strip()
            where = f"the {kind} block at line {above + token.map[0] + 1} of '{name}'"
            data = _yaml(token.content, where)
            _check(data, kind, where)
            parts.append(Block(kind, data))
            since = token.map[1]
    prose(len(lines))
    close()
    if not steps:
        raise LessonError(f"'{name}' has no step; begin each with a '##' heading.")
    return steps


def _check(data: dict[str, Any], kind: str, where: str) -> None:
    """Raises LessonError where a block lacks a field, has an unknown one, or one that holds something else."""
    if kind == "decide":  # numbers are sliders' values; which there are says the demo
        data = {name: value for name, value in data.items() if name in FIELDS[kind] or not _number(value)}
    unknown = data.keys() - FIELDS[kind]
    if unknown:
        known = ", ".join(sorted(FIELDS[kind]))
        raise LessonError(f"In {where}, '{min(map(str, unknown))}' is not known; there are: {known}.")
    missing = NEEDED.get(kind, set()) - data.keys()
    if missing:
        raise LessonError(f"{where[0].upper()}{where[1:]} lacks: {', '.join(sorted(missing))}.")
    for name, value in data.items():
        if not _holds(value, FIELDS[kind][name]):
            raise LessonError(f"In {where}, '{name}' must be {FIELDS[kind][name]}.")
    if kind == "predict":
        if len(data.get("outcomes", data["options"])) != len(data["options"]):
            raise LessonError(f"In {where}, 'outcomes' must be as many as the options.")
        if data.get("answer", data["options"][0]) not in data["options"]:
            raise LessonError(f"In {where}, 'answer' must be one of the options.")
    if kind == "quiz":
        for option in data["options"]:
            _check_part(option, "option", f"an option of {where}")
    if kind == "sort":
        for card in data["cards"]:
            _check_part(card, "card", f"a card of {where}")
            if card["bin"] not in data["bins"]:
                raise LessonError(f"In {where}, '{card['bin']}' must be one of the bins: {', '.join(data['bins'])}.")
        if len(data["bins"]) > MOST_BINS:
            raise LessonError(f"In {where}, there must be at most {MOST_BINS} bins.")
        for several in (data["bins"], [card["title"] for card in data["cards"]]):
            if len(set(several)) < len(several):
                raise LessonError(f"In {where}, every bin and the title of every card must be there once.")


def _check_part(data: dict[str, Any], kind: str, where: str) -> None:
    """Check an option or a card, with what it may show."""
    shown = shown_of(data)
    _check({name: value for name, value in data.items() if name not in shown}, kind, where)
    for name, value in shown.items():
        if not isinstance(value, dict):
            raise LessonError(f"In {where}, '{name}' must hold what a {name} block does.")
        _check(value, name, f"the {name} of {where}")
    from .pointers import pointer  # which imports this file

    for each in data.get("see", ()):
        try:
            pointer(each)
        except LessonError as refused:
            raise LessonError(f"In {where}, 'see' must hold pointers. {refused}") from None


def shown_of(data: dict[str, Any]) -> dict[str, Any]:
    """What an option or a card shows: the data of a block, by its kind; empty where it shows nothing."""
    return {kind: data[kind] for kind in SHOWN if kind in data}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _holds(value: Any, what: str) -> bool:
    if what == FLAG:
        return isinstance(value, bool)
    if what == WHOLE:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
    texts = isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
    if what == VALUES:
        return isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair)
    if what in (OPTIONS, CARDS):
        return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    return texts if what == TEXTS else isinstance(value, str) or (what == LEVELS and texts)


def _yaml(text: str, where: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LessonError(f"The YAML of {where} cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise LessonError(f"{where[0].upper()}{where[1:]} must be a list of 'name: value' lines.")
    return data


# --- what blocks and numbers mean


@dataclass(frozen=True)
class Scene:
    """What a `demo` block shows: one level, and the agents that run in it side by side, by name."""

    demo: Demo
    level: Level
    agents: tuple[str, ...]
    seed: int


def scene_of(data: dict[str, Any], default: str, level_seed: int | None = None) -> Scene:
    """The scene of a `demo` block; `default`: the lesson's demo; `level_seed` in place of the block's own.

    Raises LessonError, BadLevel or AgentError with a sentence.
    """
    from ..agents.pretrained import load_agent  # not at the top, so that pages appear before torch is loaded
    from ..study.measure import levels_config

    demo = world_named(str(data.get("demo", default)))
    preset = _preset(demo, data)
    actor = agent_name(demo, str(data.get("agent", preset.agent if preset else next(iter(demo.recipes)))))
    shifted = preset.shifted if preset else data.get("levels") == "shifted"
    # drawn as for the preset's own agent, so that another agent is shown in the same level
    config = load_agent(demo, preset.agent if preset else actor).config
    if shifted or "levels" in data:
        config = levels_config(demo, config, shifted)
    number = preset.level_seed if preset else int(data.get("level_seed", 0))
    changes = data.get("changes", preset.changes if preset else ())
    level = changed(demo, draw_level(demo, config, number if level_seed is None else level_seed), changes)
    beside = (agent_name(demo, str(data["versus"])),) if "versus" in data else ()
    return Scene(demo, level, (actor, *beside), int(data.get("seed", 0)))


@dataclass(frozen=True)
class Asked:
    """What an `ask` block shows: a question as values of the demo's fields, and the networks that are asked."""

    demo: TextDemo
    values: dict[str, str]
    agents: tuple[str, ...]


def asked_of(data: dict[str, Any], default: str) -> Asked:
    """The question of an `ask` block; `default`: the lesson's demo. Raises LessonError or BadText with a sentence."""
    demo = demo_named(str(data.get("demo", default)))
    if not isinstance(demo, TextDemo):
        raise LessonError(f"'{demo.name}' writes no text; an `ask` block needs a demo that does.")
    preset = next((each for each in demo.presets if each.name == data.get("preset")), None)
    if "preset" in data and preset is None:
        names = ", ".join(demo.prepared)
        raise LessonError(f"There is no preset '{data['preset']}' of {demo.name}; there are: {names}.")
    values = dict(preset.values if preset else {}) | data.get("values", {})
    demo.asked(values)
    actor = agent_name(demo, str(data.get("agent", preset.agent if preset else next(iter(demo.recipes)))))
    beside = (agent_name(demo, str(data["versus"])),) if "versus" in data else ()
    return Asked(demo, values, (actor, *beside))


def answer_of(predict: dict[str, Any], outcome: str) -> int | None:
    """Which option of a prediction came true, given the outcome of the step's first run; None: none of them."""
    if "outcomes" in predict:
        return next((i for i, which in enumerate(predict["outcomes"]) if outcome in str(which).split()), None)
    return predict["options"].index(predict["answer"]) if predict.get("answer") in predict["options"] else None


def _preset(demo: Demo, data: dict[str, Any]) -> Preset | None:
    for field, presets in (("preset", demo.presets), ("probe", demo.probes)):
        if field in data:
            found = next((preset for preset in presets if preset.name == data[field]), None)
            if found is None:
                names = ", ".join(preset.name for preset in presets)
                raise LessonError(f"There is no {field} '{data[field]}' of {demo.name}; there are: {names}.")
            return found
    return None
