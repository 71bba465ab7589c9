"""What a talk shows of networks that write and of choices, read from plain data without any network.

Files are untrusted: a reply has only words of its network, and what the person says, what follows a choice and how it
ends are worked out anew by the demo's rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, Strict

from ... import DECISIONS, TEXTS, decision_entry, text_entry
from ..agents.run_decision import DecisionRun
from ..rules.checked import Problem, Texts, checked, said
from ..rules.decision import DecisionDemo
from ..rules.level import Level
from ..rules.text import BadText, TextDemo, Turns, tokens_of
from ..rules.world import Demo
from ..study.outcome_map import OutcomeMap

MOST_PLACES, MOST_EACH = 1000, 100  # of the goal in a map, and runs for each
MOST_LETTERS = 40  # of the name of whoever wrote or chose
NO_CHOICES = "Its sliders or its choices are missing."
Found = TypeVar("Found")


class RecordedDialogue(BaseModel):
    """What data of a dialogue hold."""

    model_config = ConfigDict(strict=True)
    values: dict[str, Any]
    turns: Texts


class RecordedChoices(BaseModel):
    """What data of a run of choices hold."""

    model_config = ConfigDict(strict=True)
    sliders: dict[str, Any]
    choices: Texts
    seed: Annotated[int, Field(ge=0, lt=1 << 62), said("a whole number from 0 to 2**62")]


Place = tuple[Annotated[int, Field(ge=0, lt=1000)], Annotated[int, Field(ge=0, lt=1000)]]


class RecordedMap(BaseModel):
    """What data of an outcome map hold: places (row, column), and the outcomes of the runs for each."""

    model_config = ConfigDict(strict=True)
    places: Annotated[list[Annotated[Place, Strict(False)]], Field(max_length=MOST_PLACES)]
    outcomes: Annotated[list[list[str]], Field(max_length=MOST_PLACES)]


class Damaged(ValueError):
    """A dialogue or choices that cannot be shown again; the message is one sentence."""


@dataclass(frozen=True)
class Dialogue:
    """What a network was asked and what it said: the person's turn, the network's, the person's, ..."""

    demo: TextDemo
    agent: str
    turns: Turns
    outcome: str


@dataclass(frozen=True)
class Choices:
    """A run of a decision demo; where `agent` is empty the person is to choose, and this is how it begins."""

    agent: str
    run: DecisionRun

    @property
    def demo(self) -> DecisionDemo:
        """Whose rules it follows."""
        return self.run.demo

    @property
    def outcome(self) -> str:
        """How it ended."""
        return self.run.outcome


def dialogue_of(data: Any) -> Dialogue:
    """The dialogue of such data. Untrusted; raises Damaged."""
    demo, agent = _head(data, TEXTS, text_entry)
    missing = Damaged("Its question or its turns are missing.")
    told = checked(RecordedDialogue, data, lambda problem: missing)
    values, turns = told.values, told.turns
    if len(turns) not in range(2, 2 * demo.rounds + 1, 2):
        raise missing
    try:
        case = demo.asked(values)
        said: Turns = (case.prompt,)
        for number, turn in enumerate(turns[1:], 1):
            if number % 2:  # the network's, as it would write these words
                said += (demo.vocabulary.decode(demo.vocabulary.encode(turn)),)
            else:
                said += ((demo.respond(case, said) if demo.respond else None) or "",)
        length = len(tokens_of(demo.vocabulary, said)[0])
    except BadText as refused:
        raise Damaged("".join(filter(str.isprintable, str(refused)))) from None  # it may quote the file
    if said != turns or length > demo.shape.context + 1:  # the end of the last turn may be beyond the context
        raise Damaged("Its turns are not what can be said there.")
    outcome = demo.judge(case, said)
    if data.get("outcome") != outcome:
        raise Damaged(f"It ends with '{outcome}', which is not its outcome.")
    return Dialogue(demo, agent, said, outcome)


def choices_of(data: Any) -> Choices:
    """The run of such data, followed anew. Untrusted; raises Damaged."""
    demo, agent = _head(data, DECISIONS, decision_entry)
    told = checked(RecordedChoices, data, lambda problem: Damaged(_of_choices(problem)))
    values, seed, choices = told.sliders, told.seed, told.choices
    if values.keys() != demo.usual().keys():
        raise Damaged(NO_CHOICES)
    for slider in demo.sliders:
        value = values[slider.name]
        if not isinstance(value, int | float) or not slider.low <= value <= slider.high:
            raise Damaged(f"Its slider '{slider.name}' must be a number from {slider.low:g} to {slider.high:g}.")
    run = DecisionRun(demo, {name: float(value) for name, value in values.items()}, seed)
    for number, choice in enumerate(choices, 1):
        if choice not in run.actions:
            raise Damaged(f"Its choice {number} cannot be made there.")
        run.act(choice, agent)
    if data.get("outcome") != run.outcome or bool(agent) != bool(run.outcome):
        raise Damaged("Its choices do not end with its outcome.")
    return Choices(agent, run)


def map_of(data: Any, demo: Demo, level: Level) -> OutcomeMap:
    """The outcome map of such data, in a level. Untrusted; raises Damaged."""
    told = checked(RecordedMap, data, lambda problem: Damaged("Its places or its outcomes are missing."))
    each = {len(outcomes) for outcomes in told.outcomes}
    if len(told.outcomes) != len(told.places) or len(each) != 1 or not 1 <= max(each) <= MOST_EACH:
        raise Damaged(f"Every place must have as many runs, from 1 to {MOST_EACH}.")
    if any(name not in demo.outcomes for outcomes in told.outcomes for name in outcomes):
        raise Damaged(f"Its outcomes must be of {demo.name}: {', '.join(demo.outcomes)}.")
    places = np.array(told.places, np.int64)
    if (places >= level.extent).any():
        raise Damaged("A place is outside the level.")
    return OutcomeMap(level, places, np.array(told.outcomes), np.arange(max(each)))


def _head(data: Any, names: tuple[str, ...], find: Callable[[str], Found]) -> tuple[Found, str]:
    """The demo and the agent that data name."""
    name, agent = (data.get(field) if isinstance(data, dict) else None for field in ("demo", "agent"))
    if name not in names:
        raise Damaged(f"It names no such demo; there are: {', '.join(names)}.")
    if not isinstance(agent, str) or len(agent) > MOST_LETTERS or not agent.isprintable():
        raise Damaged(f"Its agent must be a name of at most {MOST_LETTERS} letters.")
    return find(name), agent


def _of_choices(problem: Problem) -> str:
    return f"Its seed must be {problem.what}." if problem.names[:1] == ("seed",) and problem.what else NO_CHOICES
