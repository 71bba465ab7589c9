"""Talks: a lesson or script recorded in one file with all it shows, so that the stage shows what the rehearsal showed.

`record` makes the data of a talk from a lesson (see `recording.py`), `save` writes it as JSON, `open_talk` reads it and
replays its runs, dialogues and choices, without any network. Files are untrusted: sizes are bounded and everything in
them is checked.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, Strict, model_validator

from ... import WORLDS, entry, grid_entry
from ..agents import run_files
from ..agents.run_grid import Run
from ..files import read_bytes, write_text
from ..rules.boundary import boundary
from ..rules.checked import Data, Problem, against_rule, checked, said
from ..rules.edit import BadLevel
from ..rules.entry import Entry, unknown
from ..study.outcome_map import OutcomeMap
from .catalogue import LessonError
from .lesson import lesson_paths, load_lesson
from .lesson import talk_paths as scripts
from .recorded import Choices, Damaged, Dialogue, choices_of, dialogue_of, map_of
from .recording import FORMAT, Progress, record
from .stills import picture_of
from .tasks_grid import understood

MOST_BYTES = 5_000_000
MOST_SECONDS = 60_000
MOST_STEPS, MOST_OPTIONS, MOST_RUNS, MOST_DIALOGUES = 100, 6, 4, 2
MOST_ROWS, MOST_CHARACTERS = 60, 4000


class TalkError(ValueError):
    """A talk that cannot be found, recorded or read; the message is one sentence."""


# --- what a file holds; what is not known here is left alone, so that later versions may say more


class _Open(Data):
    model_config = ConfigDict(extra="ignore")

    @classmethod
    def knows(cls, name: object, value: object) -> bool:
        """Whether a field may be there."""
        return True


def _at_most(most: int) -> Any:
    return Annotated[list[Any], Field(max_length=most), said(f"a list of at most {most}")]


Words = Annotated[str, Field(max_length=MOST_CHARACTERS), said(f"a text of at most {MOST_CHARACTERS} characters")]
Share = Annotated[int | float, Field(ge=0, le=1)]
Short = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
Options = Annotated[tuple[Short, ...], Strict(False), Field(max_length=MOST_OPTIONS)]


class RecordedTalk(_Open):
    """The head of a file; its steps are checked one by one."""

    steps: list[Any]
    title: Words = ""
    minutes: Annotated[int, Field(ge=0, le=1000), said("a whole number up to 1000")] = 0


class RecordedQuestion(_Open):
    """What a hall votes on."""

    ask: Words = ""
    reveal: Words = ""
    options: Annotated[Options, said(f"a list of at most {MOST_OPTIONS} short texts")] = ()
    answer: Annotated[int | None, said("the number of one of its options, from 0")] = None

    @model_validator(mode="after")
    def _fits(self) -> "RecordedQuestion":
        if self.answer is not None and not 0 <= self.answer < len(self.options):
            raise against_rule(f"must be the number of one of its {len(self.options)} options, from 0")
        return self


class RecordedStep(RecordedQuestion):
    """A step; what it shows is read by whoever can replay it."""

    title: Words = ""
    text: Words = ""
    notes: Words = ""
    at: Annotated[int | None, Field(ge=0, le=MOST_SECONDS), said(f"a second up to {MOST_SECONDS:,}")] = None
    again: Any = None
    picture: Any = None
    chosen: Annotated[int | None, Field(ge=0, lt=MOST_OPTIONS), said("the number of an option, from 0")] = None
    blind: Any = False
    still: Any = False
    runs: _at_most(MOST_RUNS) = []  # type: ignore[valid-type]
    dialogues: _at_most(MOST_DIALOGUES) = []  # type: ignore[valid-type]
    choices: _at_most(1) = []  # type: ignore[valid-type]
    maps: _at_most(MOST_RUNS) = []  # type: ignore[valid-type]
    rates: _at_most(MOST_ROWS) = []  # type: ignore[valid-type]
    tasks: _at_most(MOST_OPTIONS) = []  # type: ignore[valid-type]


class RecordedTask(_Open):
    """Something to do, and the condition that ticks it off."""

    task: Words = ""
    until: Words = ""


class RecordedRates(_Open):
    """Measured rates of one agent."""

    demo: str
    outcomes: dict[str, Annotated[tuple[Share, Share, Share], Strict(False)]]
    agent: Words = ""
    levels: Words = ""
    n: int


# --- what is presented


@dataclass(frozen=True)
class Rates:
    """Measured rates of one agent: `levels` says on which, `outcomes` has rate, low and high by outcome, `n` levels."""

    demo: Entry
    agent: str
    levels: str
    n: int
    outcomes: dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class HallQuestion:
    """What a hall votes on; `answer` is the option that came true, None if none did or there is no right one."""

    ask: str
    options: tuple[str, ...]
    answer: int | None
    reveal: str


@dataclass(frozen=True)
class TalkStep:
    """One step on stage. It shows runs, or `transcripts` of networks that write or of choices, or nothing.

    Empty texts, no options and no rates are possible; two runs or two dialogues stand side by side. `answer` is the
    option that came true, None if none of them did; `blind`: names are hidden until it is revealed. Where there are
    `maps`, one for each run, they are revealed in the levels of the runs, which stand still.
    """

    title: str
    text: str
    ask: str
    options: tuple[str, ...]
    answer: int | None
    reveal: str
    blind: bool
    runs: tuple[Run, ...]
    transcripts: tuple[Dialogue | Choices, ...]
    rates: tuple[Rates, ...]
    tasks: tuple[tuple[str, str], ...] = ()  # once taken over live: what to do, and the condition that ticks it off
    again: HallQuestion | None = None  # voted on after the reveal
    at: int | None = None  # the second at which it should begin
    notes: str = ""  # for the presenter alone
    maps: tuple[OutcomeMap, ...] = ()
    picture: bytes = b""  # a PNG or JPEG file
    chosen: int | None = None  # it is about this option of the last question before, and comes if somebody chose it
    still: bool = False  # whether what it shows stands still

    @property
    def shown(self) -> bool:
        """Whether it shows runs or transcripts."""
        return bool(self.runs or self.transcripts)

    @property
    def moves(self) -> bool:
        """Whether what it shows goes on in time."""
        return self.shown and not (self.maps or self.still)

    @property
    def question(self) -> HallQuestion | None:
        """What is voted on first, if anything is."""
        return HallQuestion(self.ask, self.options, self.answer, self.reveal) if self.options else None


@dataclass(frozen=True)
class Talk:
    """A talk that can be presented."""

    title: str
    minutes: int
    steps: tuple[TalkStep, ...]


# --- files


def save(data: dict[str, Any], path: Path) -> None:
    """Write the data of a talk, whole or not at all."""
    write_text(path, json.dumps(data) + "\n")


def find(what: str) -> Path:
    """The file of a bundled talk or lesson, by its name or the beginning of it, or a file's path. Raises TalkError.

    Talks are also found by their minutes: `5`, `5_minutes`, `5 minutes`. A talk is found before a lesson of the same
    beginning, and a recorded talk before its script.
    """
    if what.endswith((".md", ".json")) or "/" in what or "\\" in what:
        return Path(what)
    asked = "_".join(what.lower().split())
    names = scripts() | lesson_paths()
    begin = next((each for each in (scripts(), names) if any(_begins(name, asked) for name in each)), {})
    fits = [asked] if asked in names else [name for name in begin if _begins(name, asked)]
    if len(fits) > 1:
        raise TalkError(f"'{what}' can mean {' or '.join(fits)}; say more of the name.")
    if not fits:
        raise TalkError(unknown(f"There is no talk or lesson '{what}'", asked, names) + " A file would do as well.")
    recorded = names[fits[0]].with_suffix(".json")
    return recorded if recorded.is_file() else names[fits[0]]


def _begins(name: str, asked: str) -> bool:
    """Whether a name begins so, from its number, which counts as a number, or from its words."""
    number, _, words = name.partition("_")
    asked_number, _, rest = asked.partition("_")
    if asked_number.isdecimal():
        return asked_number.lstrip("0") == number.lstrip("0") and words.startswith(rest)
    return words.startswith(asked)


def open_talk(path: Path, progress: Progress | None = None) -> Talk:
    """The talk of a file: a recorded one (.json), one saved run (.json), or a script (.md), recorded now.

    Raises TalkError, or what `record` raises.
    """
    if path.suffix == ".md":
        return talk_of(record(load_lesson(path), progress), path.name)
    try:
        text = read_bytes(path, MOST_BYTES).decode()
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
    with boundary(TalkError, f"'{name}' is not a recorded talk, or it is damaged; record it again from its script."):
        return _talk(data, name)


def _talk(data: Any, name: str) -> Talk:
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("steps"), list):
        raise TalkError(f"'{name}' is not a recorded talk that this version can read; record it again from its script.")
    if not 1 <= len(data["steps"]) <= MOST_STEPS:
        raise TalkError(f"'{name}' has {len(data['steps'])} steps; a talk has 1 to {MOST_STEPS}.")
    head = checked(RecordedTalk, data, lambda problem: TalkError(_sentence(problem, f"'{name}'")))
    steps = tuple(_step(step, f"step {number} of '{name}'") for number, step in enumerate(head.steps, 1))
    return Talk(_printable(head.title), head.minutes, steps)


def _step(data: Any, where: str) -> TalkStep:
    step = checked(RecordedStep, data, lambda problem: TalkError(_sentence(problem, where)))
    runs = tuple(_run(run, where) for run in step.runs)
    transcripts: list[Dialogue | Choices] = [
        *(_transcript(each, where, dialogue_of) for each in step.dialogues),
        *(_transcript(each, where, choices_of) for each in step.choices),
    ]
    if len({each.demo.name for each in (*runs, *transcripts)}) > 1:
        raise TalkError(f"What {where} shows is of different demos; what stands side by side must be of one.")
    title, text, ask, reveal = map(_printable, (step.title, step.text, step.ask, step.reveal))
    rates, tasks = (_rate_row(row, where) for row in step.rates), (_task(each, runs, where) for each in step.tasks)
    return TalkStep(
        title, text, ask if step.options else "", step.options, step.answer, reveal,
        step.blind is True, runs, tuple(transcripts), tuple(rates), tuple(tasks),
        _again(step.again, where), step.at, _printable(step.notes), _maps(step.maps, runs, where),
        _picture(step.picture, where), step.chosen, step.still is True,
    )  # fmt: skip


def _maps(data: list[Any], runs: tuple[Run, ...], where: str) -> tuple[OutcomeMap, ...]:
    if data and len(data) != len(runs):
        raise TalkError(f"The maps of {where} must be as many as its runs.")
    try:
        return tuple(map_of(each, run.demo, run.first) for each, run in zip(data, runs, strict=False))
    except Damaged as error:
        raise TalkError(f"A map of {where} cannot be shown: {error}") from None


def _picture(data: Any, where: str) -> bytes:
    try:
        return picture_of(data)
    except Damaged as error:
        raise TalkError(f"The picture of {where} cannot be shown: {error}") from None


def _again(data: Any, where: str) -> HallQuestion | None:
    if data is None:
        return None
    where = f"the second question of {where}"
    again = checked(RecordedQuestion, data, lambda problem: TalkError(_sentence(problem, where)))
    if not again.options:
        raise TalkError(f"{where[0].upper()}{where[1:]} has no options.")
    return HallQuestion(_printable(again.ask), again.options, again.answer, _printable(again.reveal))


def _task(data: Any, runs: tuple[Run, ...], where: str) -> tuple[str, str]:
    if not isinstance(data, dict) or not runs:
        raise TalkError(f"A task of {where} must have a text, a condition and a run to carry it out in.")
    task = checked(RecordedTask, data, lambda problem: TalkError(_sentence(problem, where)))
    try:
        understood(task.until, runs[0].demo)
    except LessonError as error:
        raise TalkError(f"A task of {where} cannot be ticked off: {error}") from None
    return _printable(task.task), task.until


def _run(data: Any, where: str) -> Run:
    name = data.get("demo") if isinstance(data, dict) else None
    if name not in WORLDS:
        raise TalkError(f"A run of {where} names no demo; there are: {', '.join(WORLDS)}.")
    try:
        return run_files.replayed(data, grid_entry(name))
    except BadLevel as error:
        raise TalkError(f"A run of {where} cannot be replayed: {error}") from None


def _transcript(data: Any, where: str, read: Callable[[Any], Dialogue | Choices]) -> Dialogue | Choices:
    try:
        return read(data)
    except Damaged as error:
        raise TalkError(f"A dialogue or run of {where} cannot be shown: {error}") from None


def _rate_row(data: Any, where: str) -> Rates:
    damaged = TalkError(f"The rates of {where} are damaged; record the talk again.")
    row = checked(RecordedRates, data, lambda problem: damaged)
    try:
        demo = entry(row.demo)
    except KeyError:
        raise damaged from None
    outcomes = {name: row.outcomes[name] for name in demo.outcomes if name in row.outcomes}
    return Rates(demo, _printable(row.agent), _printable(row.levels), row.n, outcomes)


def _sentence(problem: Problem, where: str) -> str:
    """What is wrong with fields of a talk or a step."""
    if problem.kind == "shape":
        return f"In {where}, a JSON object is missing."
    if problem.kind == "rule":
        return f"The answer of {where} {problem.what}."
    return f"'{problem.names[0]}' of {where} must be {problem.what or 'there'}."


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c == "\n")
