"""One run of a decision demo, choice by choice: an agent's, the planner's, or a person's."""

from collections.abc import Collection
from typing import Protocol

from ..rules.decision import Chance, DecisionDemo, State, Values
from ..rules.rng import draw

CHOOSING, FOLLOWING = 0, 1  # what a draw is for
YOU = "you"
MOST_CHOICES = 200  # that a text of a run may name


class Chooses(Protocol):
    """Whoever says how likely each action is: a `Chooser`, the planner."""

    name: str

    def consider(self, state: State, actions: tuple[str, ...]) -> list[float]:
        """The chance of each action."""


class DecisionRun:
    """A run from its beginning on. All randomness is counted from `seed`: the same choices give the same run.

    Attributes: `states` (one more than choices), `choices`, `came` (the `Chance` after each choice), `by` (who chose).
    """

    def __init__(self, demo: DecisionDemo, values: Values, seed: int = 0) -> None:
        self.demo, self.values, self.seed = demo, dict(values), seed
        first = _drawn(demo.begin(values), draw(seed, 0, FOLLOWING))
        self.states: list[State] = [first.state]
        self.choices: list[str] = []
        self.came: list[Chance] = []
        self.by: list[str] = []

    @property
    def state(self) -> State:
        """Where the run is now."""
        return self.states[-1]

    @property
    def actions(self) -> tuple[str, ...]:
        """What can be done now; nothing when the run is over."""
        return self.demo.actions(self.values, self.state)

    @property
    def outcome(self) -> str:
        """How the run ended; "" while it is under way."""
        return "" if self.actions else self.demo.outcome(self.values, self.state)

    @property
    def total(self) -> float:
        """What was paid so far."""
        return sum(chance.reward for chance in self.came)

    def act(self, action: str, by: str = YOU) -> Chance:
        """Choose an action. Returns what came of it. Raises ValueError for one that there is not."""
        if action not in self.actions:
            there = ", ".join(self.actions) or "none, the run is over"
            raise ValueError(f"'{action}' cannot be done here; there is: {there}.")
        chance = _drawn(
            self.demo.follow(self.values, self.state, action), draw(self.seed, len(self.came) + 1, FOLLOWING)
        )
        self.choices.append(action)
        self.came.append(chance)
        self.by.append(by)
        self.states.append(chance.state)
        return chance

    def back(self) -> None:
        """Take the last choice back, if there is one."""
        if self.choices:
            for each in (self.states, self.choices, self.came, self.by):
                each.pop()  # type: ignore[attr-defined]

    @property
    def text(self) -> str:
        """Its choices in order, each with who chose it: `Comply@you;Refuse@planner`. `retold` makes them again."""
        return ";".join(f"{action}@{by}" for action, by in zip(self.choices, self.by, strict=True))

    def retold(self, text: str, known: Collection[str]) -> "DecisionRun":
        """Make the choices of a text again, up to the first that cannot be made. The text may come from anybody.

        `known`: names of who may choose besides a person; a choice of anyone else counts as the person's.
        """
        for told in text.split(";")[:MOST_CHOICES]:
            action, _, by = told.partition("@")
            if action not in self.actions:
                break
            self.act(action, by if by in known else YOU)
        return self

    def choose(self, who: Chooses) -> Chance:
        """Let an agent choose: its action is sampled, as in training."""
        actions = self.actions
        where, at = draw(self.seed, len(self.came), CHOOSING), 0
        for at, chance in enumerate(who.consider(self.state, actions)):  # noqa: B007  (the last is taken after rounding)
            where -= chance
            if where < 0:
                break
        return self.act(actions[at], who.name)

    def finish(self, who: Chooses) -> "DecisionRun":
        """Let an agent go on to the end."""
        while self.actions:
            self.choose(who)
        return self


def _drawn(chances: list[Chance], where: float) -> Chance:
    for chance in chances:
        where -= chance.probability
        if where < 0:
            return chance
    return chances[-1]
