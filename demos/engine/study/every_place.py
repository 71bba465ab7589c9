"""Every run of a level: what an agent does, step by step, for every place of the goal and several seeds."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..agents.pretrained import Agent
from ..agents.run_grid import Run
from ..rules.batch import Batch
from ..rules.edit import BadLevel, goal_name, goal_slot
from ..rules.level import Level
from ..rules.world import Demo
from .outcome_map import placed
from .rollouts import AT_ONCE, play

Place = tuple[float, ...]  # row, column


def every_place(demo: Demo, level: Level) -> tuple[list[Place], list[Level]]:
    """The goal's own place, then the others of an outcome map; the level of each.

    Raises BadLevel where the level has no goal object, which then could not be dragged.
    """
    own = tuple(float(x) for x in level.objects[goal_slot(demo)])
    if own[0] < 0:
        raise BadLevel(f"This level has no {goal_name(demo)}; add one, so that it can be dragged.")
    cells, levels = placed(demo, level)
    others = [i for i, cell in enumerate(cells) if cell != own]
    return [own, *(cells[i] for i in others)], [level, *(levels[i] for i in others)]


def runs(
    demo: Demo, agent: Agent, levels: Sequence[Level], seeds: int, first_seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Run]:  # fmt: skip
    """The agent's runs from the start of every level, `seeds` of each, `AT_ONCE` of them together.

    Each goes as `Run(demo, agent, level, seed, stops=True)` does: to the step that decides it.
    """
    n = len(levels) * seeds
    for low in range(0, n, AT_ONCE):
        numbers = range(low, min(low + AT_ONCE, n))
        batch = Batch(demo, agent.config, len(numbers))
        for i, number in enumerate(numbers):
            batch.levels[i] = levels[number // seeds]
        batch.start(np.array([first_seed + number % seeds for number in numbers], np.int64))
        told = []
        for running, _, _ in play(batch, agent, stops=True):
            told.append(batch.states.copy())
            if progress:
                progress(numbers[-1] + 1 - len(running), n)
        told.append(batch.states.copy())
        for i, number in enumerate(numbers):
            yield _run(demo, levels[number // seeds], first_seed + number % seeds, told, i)


def _run(demo: Demo, level: Level, seed: int, told: Sequence[np.ndarray], i: int) -> Run:
    """The run of episode `i` of a batch whose states were kept at every step, records[n] each."""
    run, end = Run(demo, None, level, seed), told[-1][i]
    reached = [int(step) for step in end.reached if step >= 0]
    run.steps = int(end.t) if demo.counts or not reached else min(reached)
    for t in range(run.steps + 1):
        run.states[t] = told[t][i]
    return run
