"""A pane of the window: one run, and the work on runs that is done beside the picture."""

import re
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..agents import run_files
from ..agents.pretrained import Agent
from ..agents.run_grid import Run
from ..rules.change import Moved
from ..rules.edit import BadLevel
from ..rules.level import Level

Operation = Callable[[Level], Level]


class Scene(NamedTuple):
    """What is on: which agents in which level."""

    agents: tuple[str, ...]  # one, or two for a split screen; none: a person plays
    level_seed: int
    shifted: bool
    changes: tuple[str, ...] = ()  # of a preset


class Pane:
    """One agent's run, and where its picture stands in the window."""

    def __init__(self, run: Run) -> None:
        self.run, self.agent = run, run.agent  # while a person has the controls, the run has no agent
        self.person_from = -1  # the step from which a person has the controls; -1: nobody has
        self.stops = False  # whether it is shown only until its outcome is certain, unless a person plays
        self.corner, self.tile = (0, 0), 1.0  # pixels: top left of the picture, side of a tile
        self._reasons: tuple[bytes, list[str]] = (b"", [])

    @property
    def name(self) -> str:
        """Who acts, or acted when the run was recorded."""
        return self.run.actor or "You"

    def index(self, clock: float) -> int:
        """The step whose state and level are shown."""
        return min(int(clock), self.length)

    @property
    def length(self) -> int:
        """The last step that is shown."""
        return self.run.decided_at if self.stops and self.person_from < 0 else self.run.steps

    def reasons(self, level: Level) -> list[str]:
        """Why this level could not have occurred in the agent's training."""
        if self._reasons[0] != level.tobytes():
            config = self.run.config if self.run.actor else self.run.demo.training
            self._reasons = level.tobytes(), self.run.demo.in_training(level, config)
        return self._reasons[1]


class Memo:
    """What is computed once beside the picture, by what it depends on; the oldest results are forgotten."""

    def __init__(self, pool: Executor, most: int = 8) -> None:
        self._pool, self._most = pool, most
        self._found: dict[bytes, Future[Any]] = {}

    def get(self, key: bytes, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result; None until it is there, or where it failed. What was stopped is begun again when asked for."""
        if key not in self._found:
            while len(self._found) >= self._most:
                self._found.pop(next(iter(self._found))).cancel()
            self._found[key] = self._pool.submit(function, *arguments)
        future = self._found[key]
        if not future.done():
            return None
        stopped = future.cancelled() or isinstance(future.exception(), CancelledError)
        if stopped:
            del self._found[key]
        return None if stopped or future.exception() else future.result()


def edited(runs: list[Run], at: int, work: list[tuple[Operation, Moved]]) -> tuple[list[Run], str]:
    """The runs after some operations on their levels; as they were, and a sentence, if one is refused."""
    fresh = [run.fork() for run in runs]
    try:
        for run in fresh:
            level = run.level_at(at)
            moved: Moved = {}
            for operation, places in work:
                level = operation(level)
                moved |= places
            run.edit(at, level, moved)
    except BadLevel as error:
        return runs, str(error)
    return fresh, ""


def restarted(runs: list[Run], agents: list[Agent | None]) -> tuple[list[Run], str]:
    """The runs anew, from the beginning of their levels as last edited."""
    pairs = zip(runs, agents, strict=True)
    return [Run(run.demo, agent, run.level, run.seed, run.greedy, run.config) for run, agent in pairs], ""


def given_back(runs: list[Run], agent: Agent | None, since: int) -> tuple[list[Run], str]:
    """The runs, the first one with what a person did from step `since` on, and then the agent again."""
    fresh = runs[0].fork()
    fresh.agent = agent
    fresh.take(since, [int(action) for action in runs[0].actions[since : runs[0].steps]])
    return [fresh, *runs[1:]], ""


def filmed(run: Run, level_seed: int) -> str:
    """Save a run as a GIF in the current folder; returns a sentence that says where, or why not."""

    def write(path: Path) -> None:
        from ..film.grid import film

        film(run, path)

    return _written(run, level_seed, "gif", write)


def saved(run: Run, level_seed: int) -> str:
    """Save a run in the current folder, to be shown again by `goalmisgen present`; returns a sentence as above."""
    return _written(run, level_seed, "json", partial(run_files.save, run))


def _written(run: Run, level_seed: int, suffix: str, write: Callable[[Path], Any]) -> str:
    agent = re.sub(r"[^A-Za-z0-9-]+", "-", run.actor or "person").strip("-")
    stem = f"{run.demo.name}_{agent}_level{level_seed}"
    number = 1
    while (path := Path(f"{stem}_{number}.{suffix}")).exists():
        number += 1
    try:
        write(path)
    except Exception as error:  # whatever is wrong with a file must not end a lecture
        return f"The run was not saved: {error}"
    return f"Saved as {path} in {Path.cwd()}."
