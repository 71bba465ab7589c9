"""The exact solution of a decision demo: the best choice in every state, and what any policy does, without sampling.

Dynamic programming (Bellman 1957): what follows a state is solved before it.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from ..rules.decision import DecisionDemo, State, Values
from ..rules.process import PolicyTable, Process

PLANNER = "planner"  # what the exact solution is called where agents are named
NEARLY = 1e-9  # choices whose values differ by less are equally good


@dataclass(frozen=True)
class Solution:
    """Values and best actions, by the numbers of a process's states.

    `values`: float[states], the most that can be expected from there on; `worths`: float[states][actions], the same
    after each action; `best`: the numbers of the best actions, more than one where they are equally good.
    """

    process: Process
    values: list[float]
    worths: list[list[float]]
    best: list[tuple[int, ...]]

    @property
    def value(self) -> float:
        """The most that can be expected of a run."""
        process = self.process
        return sum(c.probability * (c.reward + self.values[s])
                   for c, s in zip(process.begin, process.firsts, strict=True))  # fmt: skip

    def policy(self) -> PolicyTable:
        """The best action in every state; of equally good ones the first that the demo names."""
        return [
            [float(bool(best) and a == best[0]) for a in range(len(names))]
            for best, names in zip(self.best, self.process.actions, strict=True)
        ]


def solve(process: Process) -> Solution:
    """Solve a process exactly, from its last states to its first."""
    n = len(process.states)
    values, worths, best = [0.0] * n, [list[float]() for _ in range(n)], [tuple[int, ...]()] * n
    for s in reversed(range(n)):
        worths[s] = [
            sum(c.probability * (c.reward + values[t]) for c, t in zip(chances, follows, strict=True))
            for chances, follows in zip(process.chances[s], process.follows[s], strict=True)
        ]
        if worths[s]:
            values[s] = max(worths[s])
            best[s] = tuple(a for a, worth in enumerate(worths[s]) if worth > values[s] - NEARLY)
    return Solution(process, values, worths, best)


class Planner:
    """Who knows the rules and takes the best action; of equally good ones the first that the demo names."""

    name = PLANNER

    def __init__(self, process: Process) -> None:
        self.process, self.solution = process, solve(process)
        self._policy = self.solution.policy()

    def consider(self, state: State, actions: tuple[str, ...]) -> list[float]:
        """Chance 1 for the best action."""
        return self._policy[self.process.number[state]]

    def worths(self, state: State) -> list[float]:
        """What can be expected, at best, after each action."""
        return self.solution.worths[self.process.number[state]]

    def policy(self, process: Process) -> PolicyTable:
        """What it does in each state of its own process."""
        return self._policy


@dataclass
class Expected:
    """What a policy does, exactly.

    `outcomes`: the chance of each; `counts`: how often each deed is expected in each situation in a run; `measures`:
    the expected sum of each over a run, with `return` and `choices` (how many are made); `visits`: float[states], the
    chance that a run comes to a state.
    """

    outcomes: dict[str, float]
    counts: dict[str, dict[str, float]]
    measures: dict[str, float]
    visits: list[float] = field(repr=False)

    def rate(self, situation: str, deed: str) -> float | None:
        """The share of what is done in a situation that is this; None where it never comes to the situation."""
        total = sum(self.counts[situation].values())
        return self.counts[situation][deed] / total if total > 1e-12 else None

    def gap(self, demo: DecisionDemo) -> float | None:
        """How much more often the first deed is done in the first situation than in the second."""
        if len(demo.situations) < 2 or not demo.deeds:
            return None
        here, there = (self.rate(each.name, demo.deeds[0]) for each in demo.situations[:2])
        return None if here is None or there is None else here - there


def expected(process: Process, policy: PolicyTable) -> Expected:
    """What a policy does, from the first states to the last."""
    demo, values = process.demo, process.values
    outcomes = dict.fromkeys(demo.outcomes, 0.0)
    counts = {each.name: dict.fromkeys(demo.deeds, 0.0) for each in demo.situations}
    measures = {"return": 0.0, "choices": 0.0} | dict.fromkeys(demo.measures, 0.0)
    visits = [0.0] * len(process.states)
    for chance, s in zip(process.begin, process.firsts, strict=True):
        visits[s] += chance.probability
        measures["return"] += chance.probability * chance.reward
    for s, state in enumerate(process.states):
        if visits[s] == 0.0:
            continue
        if not process.actions[s]:
            outcomes[demo.outcome(values, state)] += visits[s]
            continue
        for a, name in enumerate(process.actions[s]):
            taken = visits[s] * policy[s][a]
            if taken == 0.0:
                continue
            measures["choices"] += taken
            for what, of in demo.measures.items():
                measures[what] += taken * of(values, state, name)
            for chance, t in zip(process.chances[s][a], process.follows[s][a], strict=True):
                flow = taken * chance.probability
                visits[t] += flow
                measures["return"] += flow * chance.reward
                if chance.situation:
                    counts[chance.situation][chance.deed] += flow
    return Expected(outcomes, counts, measures, visits)


def exactly(demo: DecisionDemo, values: Values) -> Expected:
    """What the planner does at these values."""
    process = Process(demo, values)
    return expected(process, solve(process).policy())


def quantities(demo: DecisionDemo, found: Expected) -> dict[str, float | None]:
    """What can be read off a policy, by name: deeds by situation, the gap, the outcomes; None where none came up."""
    told: dict[str, float | None] = {}
    if demo.deeds:
        for each in demo.situations:
            told[f"{demo.deeds[0]}, {each.name}"] = found.rate(each.name, demo.deeds[0])
        if len(demo.situations) > 1:
            told["gap"] = found.gap(demo)
    return told | found.outcomes


@lru_cache(maxsize=20_000)
def planned(demo: DecisionDemo, values: tuple[tuple[str, float], ...]) -> dict[str, float | None]:
    """The quantities of the planner at these values, kept: a diagram asks for the same ones again."""
    return quantities(demo, exactly(demo, dict(values)))
