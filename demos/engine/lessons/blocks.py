"""What the blocks of a lesson hold: one model a kind, which says what is known, needed and goes together.

The meaning of each field stands in `lesson.py`. A block's data stay as YAML gave them; here they are checked.
"""

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field, Strict, model_validator

from ..rules.checked import Data, Problem, against_rule, checked, listed, said
from .catalogue import LessonError

MOST_BINS = 6  # which a stage can vote on
MOST_BESIDE = 3  # agents beside the first, in one picture on stage
TOOLS = ("steer", "drag", "paint", "add", "remove", "colour", "settings")
STARTS, STOPS = ("paused", "running"), ("decided", "end")

_QUOTES = "(put quotes around a number, yes or no)"
Text = Annotated[str, said(f"a text {_QUOTES}")]
Whole = Annotated[int, Field(ge=0, lt=1 << 62), said("a whole number from 0 to 2**62")]
Flag = Annotated[bool, said("true or false")]
_Some = Annotated[tuple[str, ...], Strict(False), Field(min_length=1)]
Texts = Annotated[_Some, said(f"a list of texts {_QUOTES}")]
Levels = Annotated[str | _Some, said("a text or a list of texts")]
Values = Annotated[dict[str, str], said(f"texts by name {_QUOTES}")]


class Front(Data):
    """The front matter of a lesson or talk."""

    title: Text
    minutes: Whole
    demo: Text
    part: Text = ""
    say: Text = ""
    objectives: Texts | None = None
    citations: Texts | None = None


class DemoBlock(Data):
    """A `demo` block."""

    demo: Text = ""
    preset: Text = ""
    probe: Text = ""
    agent: Text = ""
    levels: Text = ""
    versus: Levels = ""
    controls: Text = ""
    level_seed: Whole = 0
    seed: Whole = 0
    changes: Texts = ()
    blind: Flag = False
    every_seed: Flag = False
    start: Text = ""
    stop: Text = ""
    tools: Texts | None = None
    map: Flag = False
    maps: Texts = ()

    @model_validator(mode="after")
    def _fits(self) -> "DemoBlock":
        for field, known in (("start", STARTS), ("stop", STOPS)):
            if getattr(self, field) not in ("", *known):
                raise against_rule(f"'{field}' must be one of: {', '.join(known)}")
        for each in self.tools or ():
            if each not in TOOLS:
                raise against_rule(f"'{each}' is no tool; there are: {', '.join(TOOLS)}")
        if not isinstance(self.versus, str) and len(self.versus) > MOST_BESIDE:
            raise against_rule(f"'versus' must name at most {MOST_BESIDE} agents")
        if self.map and self.maps:
            raise against_rule("there can be 'map' or 'maps', not both")
        if self.maps and len(self.maps) != 2:
            raise against_rule("'maps' must name two agents")
        return self


class AskBlock(Data):
    """An `ask` block."""

    demo: Text = ""
    preset: Text = ""
    agent: Text = ""
    versus: Text = ""
    values: Values = {}
    edit: Flag = False


class DecideBlock(Data):
    """A `decide` block; numbers are sliders' values, and which there are says the demo."""

    model_config = ConfigDict(extra="allow")

    demo: Text = ""
    agent: Text = ""
    play: Flag = False
    seed: Whole = 0
    sliders: Texts = ()

    @classmethod
    def knows(cls, name: object, value: object) -> bool:
        """Whether a field may be there."""
        return super().knows(name, value) or (isinstance(value, int | float) and not isinstance(value, bool))


class AgainBlock(Data):
    """The question after the reveal of a `predict` block."""

    ask: Text
    options: Texts = ()
    answer: Text = ""
    reveal: Text = ""


class PredictBlock(Data):
    """A `predict` block."""

    ask: Text
    options: Texts
    outcomes: Texts = ()
    answer: Text = ""
    reveal: Text = ""
    poll: Flag = False
    fixed: Flag = False
    again: AgainBlock | None = None

    @model_validator(mode="after")
    def _fits(self) -> "PredictBlock":
        if self.poll and (self.outcomes or self.answer):
            raise against_rule("a poll has no answer; leave out 'answer' and 'outcomes', or 'poll'")
        if self.outcomes and len(self.outcomes) != len(self.options):
            raise against_rule("'outcomes' must be as many as the options")
        if "answer" in self.model_fields_set and self.answer not in self.options:
            raise against_rule("'answer' must be one of the options")
        if self.again and self.again.answer not in ("", *(self.again.options or self.options)):
            raise against_rule("the 'answer' of 'again' must be one of its options")
        return self


class DrawBlock(Data):
    """A `draw` block."""

    ask: Text
    study: Text
    quantity: Text
    panel: Whole = 1
    reveal: Text = ""


class TryBlock(Data):
    """A `try` block."""

    task: Text
    until: Text
    gate: Flag = False
    hint: Text = ""
    then: Values = {}


class MeasureBlock(Data):
    """A `measure` block."""

    agents: Texts
    demo: Text = ""
    levels: Levels = ""


class Showing(Data):
    """What an option or a card may show beside its text."""

    demo: DemoBlock | None = None
    ask: AskBlock | None = None
    decide: DecideBlock | None = None


class Option(Showing):
    """An option of a quiz."""

    text: Text
    right: Flag = False
    feedback: Text = ""
    misconception: Text = ""


class SortCard(Showing):
    """A card to be sorted."""

    title: Text
    text: Text
    bin: Text
    why: Text
    see: Texts = ()

    @model_validator(mode="after")
    def _points(self) -> "SortCard":
        from .pointers import pointer  # which reads the names of the lessons

        try:
            for each in self.see:
                pointer(each)
        except LessonError as refused:
            raise against_rule(f"'see' must hold pointers. {str(refused).removesuffix('.')}") from None
        return self


class QuizBlock(Data):
    """A `quiz` block."""

    ask: Text
    options: Annotated[list[Option], listed("a list, each with `text` and `right` or `feedback`")]
    fixed: Flag = False


class SortBlock(Data):
    """A `sort` block."""

    ask: Text
    watch: Flag = False
    bins: Texts
    cards: Annotated[list[SortCard], listed("a list, each with `title`, `text`, `bin` and `why`")]

    @model_validator(mode="after")
    def _fits(self) -> "SortBlock":
        for card in self.cards:
            if card.bin not in self.bins:
                raise against_rule(f"'{card.bin}' must be one of the bins: {', '.join(self.bins)}")
        if len(self.bins) > MOST_BINS:
            raise against_rule(f"there must be at most {MOST_BINS} bins")
        for several in (self.bins, [card.title for card in self.cards]):
            if len(set(several)) < len(several):
                raise against_rule("every bin and the title of every card must be there once")
        return self


class Cell(Showing):
    """What stands in one of the four fields of a recap."""

    row: Whole
    column: Whole
    title: Text
    text: Text

    @model_validator(mode="after")
    def _fits(self) -> "Cell":
        if self.row not in (1, 2) or self.column not in (1, 2):
            raise against_rule("'row' and 'column' must be 1 or 2")
        return self


class RecapBlock(Data):
    """A `recap` block: two questions, and what there is for each pair of answers."""

    row_ask: Text
    rows: Texts
    column_ask: Text
    columns: Texts
    cells: Annotated[list[Cell], listed("a list, each with `row`, `column`, `title` and `text`")]
    own: Flag = False

    @model_validator(mode="after")
    def _fits(self) -> "RecapBlock":
        if len(self.rows) != 2 or len(self.columns) != 2:
            raise against_rule("'rows' and 'columns' must be two answers each")
        return self


class NoteBlock(Data):
    """A `note` block."""

    ask: Text


class StageBlock(Data):
    """A `stage` block."""

    at: Text = ""
    notes: Text = ""
    still: Flag = False

    @model_validator(mode="after")
    def _fits(self) -> "StageBlock":
        if self.at and not re.fullmatch(r"\d{1,3}:[0-5]\d", self.at):
            raise against_rule("'at' must be minutes and seconds in quotes, as \"2:30\"")
        return self


BLOCKS: dict[str, type[Data]] = {
    "demo": DemoBlock,
    "ask": AskBlock,
    "decide": DecideBlock,
    "predict": PredictBlock,
    "draw": DrawBlock,
    "try": TryBlock,
    "measure": MeasureBlock,
    "quiz": QuizBlock,
    "sort": SortBlock,
    "recap": RecapBlock,
    "note": NoteBlock,
    "stage": StageBlock,
}
ITEMS = {"options": "an option", "cards": "a card", "cells": "a cell"}  # how one of a list is called


def check(model: type[Data], data: Any, where: str) -> None:
    """Raises LessonError with a sentence where data are not what the model says; `where`: the place of the data."""

    def refused(problem: Problem) -> LessonError:
        place = where
        for part in problem.at:
            if isinstance(part, str):
                place = f"{ITEMS[part]} of {place}" if part in ITEMS else f"the {part} of {place}"
        return LessonError(problem.sentence(place))

    checked(model, data, refused)
