"""Many episodes of one agent, played together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..agents.pretrained import Actor
from ..agents.run_grid import choose, outcome_of
from ..rules.batch import Batch
from ..rules.level import RUNNING, records
from ..rules.world import Demo

AT_ONCE = 256  # levels stepped together
Progress = Callable[[int, int], None]  # (done, in all)
Decide = Callable[[Batch, np.ndarray, np.ndarray], np.ndarray]  # (batch, running, probabilities) -> probabilities


@dataclass(frozen=True)
class Rollouts:
    """The ends of `n` episodes."""

    outcomes: np.ndarray  # str[n], of `demo.outcomes`
    totals: np.ndarray  # float64[n], reward
    steps: np.ndarray  # int64[n]
    reached: np.ndarray  # int64[n, goals], step at which each goal was first reached; -1: never
    shortest: np.ndarray | None  # int64[n, goals], fewest steps to each goal, where the world can compute them
    ends: np.ndarray  # records[n], the last states
    seeds: np.ndarray  # int64[n], of the levels

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, which: np.ndarray) -> "Rollouts":
        """Those of these episodes, int64[k] places or bool[n]."""
        own: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        kept: dict[str, Any] = {name: None if value is None else value[which] for name, value in own.items()}
        return Rollouts(**kept)


def play(
    batch: Batch, agent: Actor, greedy: bool = False, decide: Decide | None = None, stops: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Let the agent act in a started batch until every episode has ended; `decide` has the last word.

    With `stops`, in worlds that do not count, it thinks no further than the first goal of an episode.

    Yields before every step the indices of the episodes still running, int64[k], the probabilities of the actions,
    float64[k, actions], and the values, float64[k]; while the caller looks, the states are those they belong to.
    """
    actions = np.zeros(batch.n, np.int64)
    over = np.zeros(batch.n, bool)
    while len(running := np.flatnonzero((batch.states.done == RUNNING) & ~over)):
        probabilities, values = agent.consider(batch, running)
        yield running, probabilities, values
        if decide is not None:
            probabilities = decide(batch, running, probabilities)
        chosen = np.zeros(len(running), np.int64)
        choose(probabilities, batch.states[running], greedy, chosen)
        actions[running] = chosen
        batch.step(actions)
        if stops and not batch.demo.counts:
            over = batch.states.reached.max(1) >= 0


def rollouts(
    demo: Demo,
    agent: Actor,
    config: Any,
    level_seeds: Sequence[int] | np.ndarray,
    run_seeds: Sequence[int] | np.ndarray | None = None,
    greedy: bool = False,
    progress: Progress | None = None,
    levels: np.ndarray | None = None,
    decide: Decide | None = None,
) -> Rollouts:
    """Play one episode in each level, `AT_ONCE` of them together.

    `level_seeds`: int[n], drawn with `config`; or `levels`, records[n], played as they are. `run_seeds`: int[n], the
    randomness of the runs; None: the level seeds. An episode goes as `Run` with the same agent and seeds does, unless
    `decide` changes the probabilities of its actions before each step.
    """
    level_seeds = np.asarray(level_seeds, np.int64)
    run_seeds = level_seeds if run_seeds is None else np.asarray(run_seeds, np.int64)
    n = len(level_seeds)
    totals, steps = np.zeros(n), np.zeros(n, np.int64)
    reached = np.zeros((n, len(demo.goals)), np.int64)
    shortest = np.zeros_like(reached) if demo.shortest else None
    outcomes = np.empty(n, dtype=f"<U{max(map(len, demo.outcomes))}")
    ends = records(demo.state, n)

    for low in range(0, n, AT_ONCE):
        part = slice(low, min(low + AT_ONCE, n))
        batch = Batch(demo, config, part.stop - low)
        if levels is None:
            batch.generate(level_seeds[part])
        else:
            batch.levels[:] = levels[part]
        batch.start(run_seeds[part])
        for running, _, _ in play(batch, agent, greedy, decide):
            if progress:
                progress(part.stop - len(running), n)
        if progress:
            progress(part.stop, n)
        totals[part], steps[part], reached[part] = batch.states.total, batch.states.t, batch.states.reached
        ends[part] = batch.states
        outcomes[part] = [outcome_of(demo, *end) for end in zip(batch.levels, batch.states, strict=True)]
        if shortest is not None and demo.shortest is not None:
            shortest[part] = [demo.shortest(level) for level in batch.levels]
    return Rollouts(outcomes, totals, steps, reached, shortest, ends, level_seeds)
