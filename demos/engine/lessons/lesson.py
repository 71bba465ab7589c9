"""Lessons and talks: Markdown with blocks that the app runs, the window presents and the tests execute.

A file begins with front matter between `---` lines (YAML: title, minutes, demo, objectives, citations; `say`, what
one can do after it, in a line). Each `##` heading begins a step; one that begins with "What the paper" is folded away
for lecturers and researchers. Prose is Markdown; fenced blocks marked with one of `KINDS` hold YAML:

* `demo`: what to show. `demo` (default: the lesson's), `preset` or `probe` (a prepared level by name), or `agent`,
  `levels`, `level_seed`; then `agent`, `seed`, `changes` override what the preset says; `versus` puts a second agent
  beside (on stage up to three, a list; all are in one picture where their levels are one); `blind: true` hides the
  agents' names until the step's prediction is made, or throughout where there is none; `every_seed: true` shows below
  it what each seed of the agent's recipe does in the same level; `controls`: `watch`, `edit` (default) or `play` (the
  person acts); `tools`: only these of steer, drag, paint, add, remove, colour and settings; `start: running` lets it
  run unasked; `stop: end` lets it go on after the step that decides it; `map: true` paints what the agent does for
  every place of the goal once the guess is made, `maps` (two agents) does so for one agent at once, then the other.
  `grid_scene` makes the level and the agents of it.
* `ask`: the same of a text demo: `demo`, `preset`, or `agent` and `values` (of the demo's fields, those left out as
  usual); `versus` asks a second network; `edit: true` lets the learner change the question. `text_scene` makes it.
* `decide`: a decision demo. `demo` (default: the lesson's), `agent` (default: the planner), `seed`, and sliders' values
  by name; without `sliders` its run is shown, which with `play: true` the person acts in; `sliders` (names) are put
  beside it and may be moved. The tasks beside it have the conditions of `tasks_decision`.
* `predict`: `ask`, `options` (a list), `answer` (the option that came true), `reveal` (said after the guess). With
  `outcomes`, a list as long as `options`, the option comes true that names the outcome of the step's first run or
  reply: one outcome, or several with spaces between (`died timeout`). A `poll: true` has no right option. Options are
  shuffled for each learner, but where `fixed: true` stands (scales, "I can't tell"). On stage `again` is voted on
  after the reveal: `ask`, perhaps `options` (else the same), `answer` and `reveal`.
* `draw`: `ask`, `study` and `quantity`: the learner draws the curve of a panel of a study (`panel`, from 1; else the
  first that draws the quantity) before the measured points appear over it; `reveal` is said after.
* `try`: `task` and `until`, ticked off when this holds on the step's current run, on its question or on its choices: a
  condition of `tasks_grid`, `tasks_text` or `tasks_decision`. With `gate: true` what follows waits for it; `hint`
  helps; `then` says something about the run that did it, by outcome (one, or several with spaces between).
* `measure`: `agents` and `levels`: measured rates to show, from the cards.
* `quiz`: `ask` and `options`, each with `text`, `right: true` or `feedback`, perhaps `misconception`, perhaps something
  to show: a `demo`, an `ask` or a `decide`, with what such a block holds. On stage such an option is a step of its own,
  after the question.
* `sort`: `ask`, `bins` (a list) and `cards` to put into them, each with `title`, `text`, `bin` (the one where it
  belongs) and `why` (said once it was put somewhere), perhaps something to show, as an option, and `see` (a list of
  pointers, see `pointers`); with `watch: true` the run of a card is shown before, its agent's name covered. Every card
  is put somewhere once; a step has one such block. On stage each card is a step of its own, with the bins to vote on.

Agents are written as `load_agent` takes them (`mix-0:0`), or as the name of a preset, which means its agent; with
`@youngest` or `@oldest` after them they are as they were at the first or last age that was kept. `mix-0:*` in a
`measure` block, a `rate` or a `mean` stands for every bundled seed of the recipe, whichever they are.

* `recap`: two questions with two answers each (`row_ask`, `rows`, `column_ask`, `columns`) and `cells`, each with
  `row`, `column`, `title`, `text` and perhaps something to show; `own: true` adds what the learner did.
* `note`: `ask`, answered in the learner's own words, for the learner alone.
* `stage`: for whoever presents the step: `at`, when it begins ("2:30"), and `notes`, which only the presenter sees;
  with `still: true` what it shows stands still.

In a talk, prose may hold lists and one picture a step, `![what it shows](file.png)`, a PNG or JPEG beside the script.

In prose, asks, reveals and feedback, numbers and citations are filled in as `text` says.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from ..content import content
from ..files import read_bytes
from ..rules.change import changed
from ..rules.edit import draw_level
from ..rules.entry import unknown
from ..rules.level import Level
from ..rules.text import TextDemo
from ..rules.world import Demo, Preset
from .catalogue import LessonError, text_named, world_named
from .numbers_in_text import agent_name

SHOWN = ("demo", "ask", "decide")  # the kinds that show something of a demo
KINDS = ("demo", "ask", "decide", "predict", "draw", "try", "measure", "quiz", "sort", "recap", "note", "stage")
RESEARCH = "What the paper"  # the steps whose titles begin so are for lecturers and researchers
MOST_BYTES = 200_000


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
        found = self.first(kind)
        return found.data if found else None

    def first(self, kind: str) -> Block | None:
        """The first block of this kind, if there is one."""
        return next((part for part in self.parts if isinstance(part, Block) and part.kind == kind), None)

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
    say: str = ""
    folder: Path | None = None  # where its pictures lie

    @property
    def page(self) -> str:
        """The name of its page, which stays as it is whatever the path does."""
        return f"lesson-{int(self.name[:2])}"

    @property
    def taught(self) -> tuple[Step, ...]:
        """The steps one goes through."""
        return tuple(step for step in self.steps if not step.title.startswith(RESEARCH))

    @property
    def research(self) -> tuple[Step, ...]:
        """What is folded away at the end."""
        return tuple(step for step in self.steps if step.title.startswith(RESEARCH))


@dataclass(frozen=True)
class PathPart:
    """One part of the path: its title, and the names of its lessons in order."""

    title: str
    lessons: tuple[str, ...]


@cache
def parts() -> tuple[PathPart, ...]:
    """The path through the lessons, from lessons/path.yaml."""
    told = yaml.safe_load((content() / "lessons" / "path.yaml").read_text(encoding="utf-8"))
    return tuple(PathPart(each["title"], tuple(each["lessons"])) for each in told["parts"])


def lesson_paths() -> dict[str, Path]:
    """The bundled lessons by name, in the order of the path; a file that the path does not name comes last."""
    there = {path.stem: path for path in sorted((content() / "lessons").glob("[0-9][0-9]_*.md"))}
    order = [name for part in parts() for name in part.lessons if name in there]
    return {name: there[name] for name in [*order, *(name for name in there if name not in order)]}


def number_of(name: str) -> int:
    """The number that people see of the lesson of this name: its place on the path, from 1. Raises LessonError."""
    if name not in lesson_paths():
        raise LessonError(unknown(f"There is no lesson '{name}'", name, lesson_paths()))
    return list(lesson_paths()).index(name) + 1


def talk_paths() -> dict[str, Path]:
    """The bundled talks by name, shortest first."""
    return {path.stem: path for path in sorted((content() / "lessons" / "talks").glob("*.md"))}


def load_lesson(path: Path) -> Lesson:
    """Read a lesson or talk. Raises LessonError with a sentence that names the place."""
    try:
        text = read_bytes(path, MOST_BYTES).decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise LessonError(f"'{path.name}' is not text; a lesson is Markdown.") from None
    except OSError as error:
        raise LessonError(f"The lesson '{path.name}' cannot be read: {error.strerror}.") from None
    return replace(parse_lesson(text, path.stem), folder=path.parent)


def parse_lesson(text: str, name: str) -> Lesson:
    """The lesson of such a text. Raises LessonError."""
    from .blocks import Front, check  # not at the top, so that commands start without pydantic

    if len(text) > MOST_BYTES:
        raise LessonError(f"'{name}' has more than {MOST_BYTES:,} characters, the most that a lesson can have.")
    found = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if not found:
        raise LessonError(f"'{name}' does not begin with front matter between two '---' lines.")
    front = _yaml(found.group(1), f"the front matter of '{name}'")
    check(Front, front, f"the front matter of '{name}'")
    return Lesson(
        name, front["title"], front["minutes"], front["demo"], tuple(front.get("objectives", ())),
        tuple(front.get("citations", ())), tuple(_steps(text[found.end() :], name, text[: found.end()].count("\n"))),
        front.get("say", ""),
    )  # fmt: skip


def _steps(text: str, name: str, above: int) -> list[Step]:
    """The steps of a text, with `above` lines of front matter before it."""
    from .blocks import BLOCKS, check

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
            check(BLOCKS[kind], data, where)
            parts.append(Block(kind, data))
            since = token.map[1]
    prose(len(lines))
    close()
    if not steps:
        raise LessonError(f"'{name}' has no step; begin each with a '##' heading.")
    return steps


def shown_of(data: dict[str, Any]) -> dict[str, Any]:
    """What an option or a card shows: the data of a block, by its kind; empty where it shows nothing."""
    return {kind: data[kind] for kind in SHOWN if kind in data}


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
class GridScene:
    """What a `demo` block shows: one level, and the agents that run in it side by side, by name."""

    demo: Demo
    level: Level
    agents: tuple[str, ...]
    seed: int


def grid_scene(data: dict[str, Any], default: str, level_seed: int | None = None) -> GridScene:
    """The scene of a `demo` block; `default`: the lesson's demo; `level_seed` in place of the block's own.

    In such another level nothing is put on a tile by its number; changes that fit any level are made.
    Raises LessonError, BadLevel or AgentError with a sentence.
    """
    from ..agents.pretrained import load_agent  # not at the top, so that pages appear before torch is loaded
    from ..study.levels import levels_config

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
    if level_seed is not None:
        changes = [each for each in changes if not re.search(r"=\d+,\d+$", each)]
    level = changed(demo, draw_level(demo, config, number if level_seed is None else level_seed), changes)
    others = data.get("versus", ())
    beside = tuple(agent_name(demo, str(each)) for each in ([others] if isinstance(others, str) else others))
    return GridScene(demo, level, (actor, *beside), int(data.get("seed", 0)))


@dataclass(frozen=True)
class TextScene:
    """What an `ask` block shows: a question as values of the demo's fields, and the networks that are asked."""

    demo: TextDemo
    values: dict[str, str]
    agents: tuple[str, ...]


def text_scene(data: dict[str, Any], default: str) -> TextScene:
    """The question of an `ask` block; `default`: the lesson's demo. Raises LessonError or BadText with a sentence."""
    demo = text_named(str(data.get("demo", default)))
    preset = next((each for each in demo.presets if each.name == data.get("preset")), None)
    if "preset" in data and preset is None:
        name = str(data["preset"])
        raise LessonError(unknown(f"There is no preset '{name}' of {demo.name}", name, demo.prepared))
    values = dict(preset.values if preset else {}) | data.get("values", {})
    demo.asked(values)
    actor = agent_name(demo, str(data.get("agent", preset.agent if preset else next(iter(demo.recipes)))))
    beside = (agent_name(demo, str(data["versus"])),) if "versus" in data else ()
    return TextScene(demo, values, (actor, *beside))


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
                name, known = str(data[field]), [preset.name for preset in presets]
                raise LessonError(unknown(f"There is no {field} '{name}' of {demo.name}", name, known))
            return found
    return None
