"""Outcome map: what the agent does for every place where the goal could stand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..agents.pretrained import Agent
from ..rules import edit as editing
from ..rules.edit import BadLevel
from ..rules.level import Level, records
from ..rules.world import Demo
from .rollouts import rollouts


@dataclass(frozen=True)
class OutcomeMap:
    """The outcomes of runs with the goal in each place.

    `cells`, int64[cells, 2]: rows and columns of the places; `outcomes`, str[cells, seeds]; `seeds`, int64[seeds]: the
    runs' randomness, the same for every place, so that a single run with one of them is found again.
    """

    level: Level
    cells: np.ndarray
    outcomes: np.ndarray
    seeds: np.ndarray

    def shares(self, demo: Demo) -> np.ndarray:
        """float64[cells, outcomes]: how often each outcome came, in the order of `demo.outcomes`."""
        return np.stack([(self.outcomes == name).mean(1) for name in demo.outcomes], 1)


def outcome_map(
    demo: Demo,
    agent: Agent,
    level: Level,
    seeds: int = 5,
    first_seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> OutcomeMap:
    """Run the agent `seeds` times for every tile of `level` where its goal object could stand.

    In a platformer that is every open tile with ground below; elsewhere every open tile. The agent's own tile is left
    out. A run goes as `Run(demo, agent, level with the goal there, seed)` does.
    """
    cells, changed = placed(demo, level)
    run_seeds = np.arange(first_seed, first_seed + seeds)
    levels = records(demo.level, len(cells) * seeds)
    for i in range(len(cells) * seeds):
        levels[i] = changed[i // seeds]
    every = np.tile(run_seeds, len(cells))
    played = rollouts(demo, agent, agent.config, every, every, progress=progress, levels=levels)
    return OutcomeMap(level, np.array(cells, np.int64).reshape(-1, 2), played.outcomes.reshape(-1, seeds), run_seeds)


def placed(demo: Demo, level: Level) -> tuple[list[tuple[int, int]], list[Level]]:
    """The places where the goal object can stand, and the level with it in each of them."""
    goal = editing.goal_name(demo)
    cells, changed = [], []
    for row, col in places(demo, level):
        try:
            changed.append(editing.place(demo, level, goal, float(row), float(col)))
        except BadLevel:
            continue
        cells.append((row, col))
    return cells, changed


def places(demo: Demo, level: Level) -> list[tuple[int, int]]:
    """The tiles where the goal object could stand: the open ones but the agent's own."""
    body = tuple(int(x) for x in np.floor(level.objects[0] + 0.5))
    return [place for place in editing.open_places(demo, level) if place != body]
