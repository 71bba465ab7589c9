"""The package from Python: worlds, levels, agents and runs, for scripts and notebooks; `goalmisgen` hands it out.

A level and a run show as pictures in a notebook; what is wrong in a request is a ValueError of one sentence.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import WORLDS, entry, grid_entry
from .agents.own import own_names
from .agents.pretrained import Agent, agent_names, load_agent
from .agents.run_grid import Run as GridRun
from .agents.run_spec import parse_run
from .film.grid import film
from .rules import edit as editing
from .rules import level_files, scene
from .rules.change import changed, put
from .rules.entry import MOST_SEED, unknown
from .rules.env import LEVELS, config_named
from .rules.level import records
from .rules.world import Demo
from .study.distinguishing import distinguishing_seeds
from .study.levels import measurement_seeds
from .study.measure_grid import summary
from .study.rollouts import rollouts

Policy = Callable[[np.ndarray], np.ndarray]  # pictures uint8[n, height, width, 3] -> probabilities float[n, actions]


class Request(ValueError):
    """Something that was asked for and cannot be had; the message is one sentence that says what would be right."""


class Level:
    """One level of a world: what is fixed for an episode, and can be edited."""

    def __init__(self, world: "World", record: Any) -> None:
        self.world, self.record = world, record

    def edit(self, *changes: str) -> "Level":
        """The level after these changes, in the words of `film --edit`: "coin=8,30", "8,30=wall", "mirrored".

        Raises ValueError with a sentence where one cannot be read or leaves an impossible level.
        """
        return Level(self.world, changed(self.world.demo, self.record, changes))

    @property
    def seed(self) -> int:
        """The seed it was drawn from."""
        return int(self.record.seed)

    @property
    def text(self) -> str:
        """The level as a text map, which `World.parse` reads."""
        return level_files.format_level(self.world.demo, self.record)

    def picture(self, scale: float = 1) -> np.ndarray:
        """How people see it at the start, uint8[height, width, 3], 20 pixels a tile times `scale` (0.5, 1, 2, ...)."""
        demo = self.world.demo
        state = records(demo.state, 1)[0]
        demo.start(self.record, 0, state)
        return scene.scene(demo, self.record, state, scale)

    def _repr_png_(self) -> bytes:
        return scene.encoded(self.picture())

    def __repr__(self) -> str:
        return f"<level {self.seed} of {self.world.name}>"


class World:
    """The rules of one environment: draws levels, and knows its agents, actions and outcomes."""

    def __init__(self, demo: Demo) -> None:
        self.demo, self.name, self.title, self.question = demo, demo.name, demo.title, demo.question
        self.actions, self.outcomes, self.reward = demo.actions, demo.outcomes, demo.reward

    @property
    def agents(self) -> list[str]:
        """The bundled agents, as "recipe:seed", then those that you trained and kept, as "mine:0"."""
        return [*agent_names(self.demo), *own_names(self.demo)]

    def draw(self, levels: str = "shifted", seed: int = 0) -> Level:
        """The level of this seed: "training" or "shifted"; of "distinguishing" ones, the one with this number (from 0).

        Distinguishing levels are those that `goalmisgen measure` with seed 1 counts. Raises ValueError.
        """
        seed = _seed(seed)
        if levels == "distinguishing":
            found, _ = distinguishing_seeds(self.demo, seed + 1, 1)
            if len(found) <= seed:
                raise Request(f"Hardly any level of {self.name} tells the goals apart; give a smaller number.")
            seed = int(found[seed])
        return Level(self, editing.draw_level(self.demo, config_named(self.demo, levels), seed))

    def parse(self, text: str) -> Level:
        """The level of a text map or of a level file's JSON. Raises ValueError that names row and column."""
        return Level(self, level_files.read_level(self.demo, text))

    def __repr__(self) -> str:
        return f"<world {self.name}: {self.question}>"


class Own:
    """A policy of yours in the shape of an agent: it has no values, and was trained on nothing we know of."""

    def __init__(self, demo: Demo, policy: Policy) -> None:
        self.demo, self.policy, self.config = demo, policy, demo.training
        self.name = getattr(policy, "__name__", type(policy).__name__)
        self.digest, self.card = None, None

    def think(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `Agent.think`; the values are 0. Raises ValueError where the policy does not give probabilities."""
        found, shape = np.asarray(self.policy(pictures), np.float64), (len(pictures), len(self.demo.actions))
        if found.shape != shape:
            raise Request(
                f"The policy gave an array of shape {found.shape}; it must give probabilities of shape {shape}."
            )
        if not np.isfinite(found).all() or (found < 0).any() or (abs(found.sum(1) - 1) > 1e-3).any():
            raise Request("The policy gave numbers that are no probabilities; each row must be positive and sum to 1.")
        return found / found.sum(1, keepdims=True), np.zeros(len(pictures))

    def consider(self, batch: Any, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `Agent.consider`."""
        return self.think(batch.pictures[running])


class Run:
    """One agent in one level from one seed, with every step kept."""

    def __init__(self, world: World, run: GridRun) -> None:
        self.world, self.grid = world, run

    @property
    def outcome(self) -> str:
        """The goal that was reached first, else `died`, `stopped` or `timeout`."""
        return self.grid.outcome

    @property
    def steps(self) -> int:
        """How many steps it took."""
        return self.grid.steps

    @property
    def events(self) -> list[tuple[int, str]]:
        """What happened, as (step, words), in order."""
        return self.grid.events()

    @property
    def text(self) -> str:
        """Its level and every edit at its step in one short text, which `run` and `film --run` take."""
        return self.grid.text

    def describe(self) -> str:
        """What the run did, in one sentence of plain behaviour."""
        return self.grid.describe()

    def edit(self, at: int, *changes: str) -> None:
        """Change the level before step `at`, in the words of `Level.edit`; the agent goes on from there.

        Raises ValueError, and leaves the run as it was, if the edit is impossible.
        """
        if not 0 <= at < self.steps:
            raise Request(f"This run has steps 0 to {self.steps - 1}; it cannot be edited before step {at}.")
        self.grid.edit(at, *put(self.world.demo, self.grid.level_at(at), changes, running=at > 0))

    def frame(self, at: int | None = None, scale: float = 1) -> np.ndarray:
        """How people see it after step `at` (the last one, if none is given), uint8[height, width, 3]."""
        at = self.steps if at is None else at
        if not 0 <= at <= self.steps:
            raise Request(f"This run has frames 0 to {self.steps}, and no frame {at}.")
        return scene.scene(self.world.demo, self.grid.level_at(at), self.grid.states[at], scale)

    def film(self, out: str | os.PathLike[str], size: int = 512, caption: str | None = None) -> dict[str, Any]:
        """Write it as .gif, .mp4 or, its key moments, .png; `size`: width in pixels, about."""
        return film(self.grid, out, size=size, caption=caption)

    def table(self) -> dict[str, list[Any]]:
        """A row for every step, by column, as pandas.DataFrame takes it.

        Columns: `step`, `action`, `by_person`, `row` and `col` of the agent before it, `value`, and a probability
        for each action.
        """
        run, n = self.grid, self.steps
        columns: dict[str, list[Any]] = {
            "step": list(range(n)),
            "action": [self.world.actions[action] for action in run.actions[:n]],
            "by_person": run.by_person[:n].tolist(),
            "row": run.states["at"][:n, 0, 0].tolist(),
            "col": run.states["at"][:n, 0, 1].tolist(),
            "value": run.values[:n].tolist(),
        }
        return columns | {f"p({name})": run.probabilities[:n, i].tolist() for i, name in enumerate(self.world.actions)}

    def _repr_png_(self) -> bytes:
        return scene.encoded(self.frame())

    def __repr__(self) -> str:
        return f"<run of {self.grid.actor} in {self.world.name}: {self.outcome} after {self.steps} steps>"


def load(name: str) -> World:
    """The grid world of this name. Raises ValueError with a sentence."""
    if name not in WORLDS:
        raise Request(unknown(f"There is no grid world '{name}'", str(name), WORLDS))
    return World(grid_entry(name))


def agent(world: World | str, name: str | os.PathLike[str]) -> Agent:
    """A bundled agent, "recipe" or "recipe:seed", one that you kept, "mine:0", or that of a weight file.

    Raises ValueError with a sentence.
    """
    return load_agent(_world(world).demo, os.fspath(name))


def run(
    world: World | str, agent: Agent | Policy | str, level: Level | str, seed: int = 0, greedy: bool = False
) -> Run:
    """Let an agent act in a level to its end.

    `agent`: of `goalmisgen.agent`, the name of a bundled one, or any callable from pictures,
    uint8[n, height, width, 3], to probabilities, float[n, actions]. `level`: also the text of a run, with all its
    edits. `seed`: the run's randomness.
    Raises ValueError with a sentence.
    """
    world = _world(world)
    if isinstance(level, str):
        return Run(world, GridRun(world.demo, _actor(world, agent), parse_run(world.demo, level), _seed(seed), greedy))
    if not isinstance(level, Level) or level.world.name != world.name:
        raise Request(f"The level must be one of {world.name}: draw it with its `draw`, or read it with its `parse`.")
    return Run(world, GridRun(world.demo, _actor(world, agent), level.record, _seed(seed), greedy))


def measure(
    world: World | str, agent: Agent | Policy | str, levels: str = "shifted", episodes: int = 500, seed: int = 1
) -> dict[str, Any]:
    """How often each outcome comes, with 95 % Wilson intervals over the levels: those of `goalmisgen measure`.

    Returns {"n", "outcomes": {name: {"rate", "low", "high"}}, "measures": {...}}. Raises ValueError with a sentence.
    """
    world, episodes = _world(world), int(episodes)
    if not 0 < episodes <= 1_000_000:
        raise Request(f"episodes must be between 1 and 1,000,000, not {episodes}.")
    actor, config = _actor(world, agent), config_named(world.demo, levels)
    if levels == "distinguishing":
        seeds, _ = distinguishing_seeds(world.demo, episodes, _seed(seed))
    else:
        seeds = measurement_seeds(world.demo, _seed(seed), 0, episodes)
    with _bar(f"{actor.name}, {levels} levels") as progress:
        return summary(world.demo, rollouts(world.demo, actor, config, seeds, progress=progress))


def _world(world: World | str) -> World:
    return world if isinstance(world, World) else load(world)


def _actor(world: World, agent: Agent | Policy | str) -> Any:
    if isinstance(agent, str):
        return load_agent(world.demo, agent)
    if isinstance(agent, Agent):
        if agent.demo is not entry(world.name):
            raise Request(f"{agent.name} is an agent of {agent.demo.name}; it cannot act in {world.name}.")
        return agent
    if not callable(agent):
        raise Request(
            "An agent is a name, what `goalmisgen.agent` returns, or a callable from pictures to probabilities."
        )
    return Own(world.demo, agent)


def _seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= MOST_SEED:
        raise Request(f"A seed is a whole number from 0 to 2**62 - 1, not {seed!r}.")
    return int(seed)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal or in a notebook; call it with (done, in all)."""
    from rich.progress import Progress

    with Progress(transient=True) as progress:
        task = progress.add_task(what)
        yield lambda done, total: progress.update(task, completed=done, total=total)


__all__ = ["LEVELS", "Level", "Policy", "Request", "Run", "World", "agent", "load", "measure", "run"]
