"""What a decision demo declares: a small decision process that can be solved exactly, played by hand and learned.

Nothing in it is hidden from whoever decides: what an agent does not see is not part of the state, but a chance in
`follow`. All chances are listed, so that the best choice in every state is found by dynamic programming.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .entry import Entry, Words

SIMULATED = "Scratchpad, simulated: written by this demo's rules, not by a model"  # above a `View.note`
TRAINING = "training"  # the name of the conditions an agent was trained under
Values = Mapping[str, float]  # of the demo's sliders, by name
State = Hashable


class Chance(NamedTuple):
    """One of the things that can follow: how likely, the state then, and what is paid for it.

    `situation`, one of the demo's, and `deed`, one of its deeds, say where it is counted in tables: the situation that
    one was truly in, noticed or not, and what was done there. Where they are left empty nothing is counted.
    """

    probability: float
    state: State
    reward: float = 0.0
    situation: str = ""
    deed: str = ""
    says: str = ""  # what people are told of it


@dataclass(frozen=True)
class Slider:
    """A number of the rules that a person sets; what a recipe's `config` fixes, by name."""

    name: str
    title: str
    low: float
    high: float
    step: float
    usual: float
    help: str = ""
    says: Mapping[float, str] = field(default_factory=dict)  # words for some of its values


@dataclass(frozen=True)
class View:
    """What people see of a state: a line that says where one is, and perhaps a board."""

    says: str
    board: tuple[tuple[str, ...], ...] = ()  # rows of cells, each "" or a sign
    at: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # action -> the cell that one clicks for it
    note: str = ""  # written by the demo's rules, and marked so, such as a simulated scratchpad


@dataclass(frozen=True)
class Situation:
    """Where a choice is told apart in tables, such as a tier: how often is what done there?"""

    name: str
    about: str


@dataclass(frozen=True)
class Condition:
    """Rules changed behind the back of an agent, under which it is measured too: sliders' values that differ."""

    name: str
    about: str
    values: Values


def part_name(condition: str, situation: str = "") -> str:
    """What a part of a card is called: `free` or `training` as trained, `off-free` or `off` under another condition."""
    return situation or condition if condition == TRAINING else "-".join(filter(None, (condition, situation)))


@dataclass(frozen=True, eq=False, kw_only=True)
class DecisionDemo(Entry):
    """Everything the engine needs to know of one decision demo.

    A recipe's `config` is a dict: the sliders' values that it was trained with.
    """

    kind = "decision"
    words = Words("", "each", "What came:", "training:", "a run", False)
    real: str  # what is real here, in one line
    analogy: str  # and what is an analogy, in one line
    sliders: tuple[Slider, ...]
    begin: Callable[[Values], list[Chance]]  # how it can begin
    actions: Callable[[Values, State], tuple[str, ...]]  # what can be done in a state; () where it is over
    follow: Callable[[Values, State, str], list[Chance]]  # what can follow an action; no state comes twice in a run
    view: Callable[[Values, State], View]
    outcome_names: tuple[str, ...]  # the outcomes
    outcome: Callable[[Values, State], str]  # of a run: told by its last state
    situations: tuple[Situation, ...] = ()
    deeds: tuple[str, ...] = ()  # what is counted in situations; the gap is that of the first between the first two
    measures: dict[str, Callable[[Values, State, str], float]] = field(default_factory=dict)  # of each choice, added up
    conditions: tuple[Condition, ...] = ()  # other than those of its training
    published: tuple[dict[str, Any], ...] = ()  # rows of the paper's own table, shown beside; each cites its `key`
    published_says: str = ""  # Markdown: how to read that table

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome a run can have."""
        return self.outcome_names

    @property
    def conditions_told(self) -> dict[str, str]:
        """Runs as in training and under each condition; of either, what is done in each situation."""
        every = {TRAINING: "as in its training"} | {each.name: each.about for each in self.conditions}
        parts = {part_name(name): about for name, about in every.items()}
        for name, about in every.items():
            parts |= {part_name(name, each.name): f"{each.about}, {about}" for each in self.situations}
        return parts

    def usual(self) -> dict[str, float]:
        """The sliders' usual values."""
        return {slider.name: slider.usual for slider in self.sliders}
