"""Many levels of one world at once: compiled stepping with pictures, in place."""

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import level as lv
from . import sprites
from .compiled import cache_folder, rule_of
from .world import Demo, Sampler

ALL = slice(None)


@cache
def loops_of(demo: Demo) -> ModuleType:
    """The compiled loops of `loops.py`, bound to the rules of one world."""
    spec = importlib.util.spec_from_file_location(
        f"{__package__}.loops_of_{demo.name}", Path(__file__).with_name("loops.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(
        rule=rule_of(cache_folder(demo.generate)),
        generate=demo.generate,
        start=demo.start,
        step=demo.step,
        TIMEOUT=demo.timeout,
        own_time_limit=demo.time_limit,
    )
    sys.modules[spec.name] = module  # numba finds the module of cached code by its name
    spec.loader.exec_module(module)
    return module


def advance(demo: Demo, config: Any, level: lv.Level, state: lv.State, action: int) -> float:
    """One step of one running episode, in place: counted, its reward added up and returned, ended when time is out."""
    return float(loops_of(demo).advance(config, level, state, action))


def played(demo: Demo, config: Any, level: lv.Level, seed: int, policy: Callable[[Any, Any], int]) -> lv.State:
    """The last state of an episode in which a rule (level, state) -> action acts; `seed`: the run's randomness."""
    state = lv.record(demo.state)
    demo.start(level, seed, state)
    while state.done == lv.RUNNING:
        advance(demo, config, level, state, policy(level, state))
    return state


class Batch:
    """`n` levels of one world, their states and the pictures their agents see.

    Attributes: `levels`, `states` (records), `pictures` (uint8[n, height, width, 3]).
    """

    def __init__(self, demo: Demo, config: Any, n: int) -> None:
        self.demo, self.config, self.n = demo, config, n
        self.loops = loops_of(demo)
        size = sprites.PATCH
        self.levels = lv.records(demo.level, n)
        self.states = lv.records(demo.state, n)
        self.pictures = np.zeros((n, demo.rows * size, demo.view * size, 3), np.uint8)
        self.grounds = np.zeros((n, demo.rows * size, (demo.columns + 2 * demo.margin) * size, 3), np.uint8)
        self.rewards = np.zeros(n)

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: value for name, value in vars(self).items() if name != "loops"
        }  # compiled; found again by the demo

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, loops=loops_of(state["demo"]))

    def generate(self, seeds: np.ndarray) -> None:
        """Draw the levels of these seeds, int64[n], and start an episode in each with the same seed."""
        self.loops.generate_many(self.config, seeds, self.levels)
        self.start(seeds)

    def start(self, seeds: np.ndarray, part: slice = ALL) -> None:
        """Start an episode in each level (of a part) as it is; `seeds`, int64[n], are the runs' randomness."""
        self.loops.start_many(self.levels[part], seeds, self.states[part])
        self.repaint(part)

    def repaint(self, part: slice = ALL) -> None:
        """Paint `grounds` and `pictures` anew."""
        levels, grounds = self.levels[part], self.grounds[part]
        self.loops.ground_many(sprites.SMALL, self.demo.tile_sprites, levels, self.demo.margin, grounds)
        self.look(part)

    def look(self, part: slice = ALL) -> None:
        """Paint `pictures` anew."""
        levels, states, grounds, pictures = (x[part] for x in (self.levels, self.states, self.grounds, self.pictures))
        self.loops.window_many(sprites.SMALL, grounds, self.demo.margin, levels, states, pictures)

    def step(self, actions: np.ndarray) -> np.ndarray:
        """Advance every running episode by one action, int64[n]; returns the rewards, float64[n]."""
        self.loops.step_many(self.config, self.levels, self.states, actions, self.rewards)
        self.look()
        return self.rewards


def drawn_levels(demo: Demo, config: Any, seeds: np.ndarray) -> "np.recarray[Any, Any]":
    """The levels of these seeds, int64[n], drawn with a config: records[n]."""
    levels = lv.records(demo.level, len(seeds))
    loops_of(demo).generate_many(config, np.asarray(seeds, np.int64), levels)
    return levels


class Stream(Batch):
    """A batch in which a fresh level follows every episode, for training.

    Level i draws the seeds `first + i`, `first + i + n`, `first + i + 2 n`, ...; where `first` is an array, int64[n],
    `first[i]`, `first[i] + n`, ... With a sampler these are the runs' randomness, and the levels are those it chooses.
    """

    def __init__(
        self, demo: Demo, config: Any, n: int, first: int | np.ndarray, sampler: Sampler | None = None
    ) -> None:
        super().__init__(demo, config, n)
        self.sampler = sampler
        self.dones = np.zeros(n, np.uint8)
        self.finals = lv.records(demo.state, n)
        self.lasts = np.zeros_like(self.pictures)
        seeds = np.arange(first, first + n) if isinstance(first, int) else first.astype(np.int64)
        if sampler is None:
            self.generate(seeds)
        else:
            for i in range(n):
                self.levels[i] = sampler.next(i)
            self.start(seeds)

    def advance(self, actions: np.ndarray) -> None:
        """One step; `rewards`, `dones`, `pictures`, and where an episode ended `finals` and `lasts`, are filled."""
        if self.sampler is not None:
            self._advance_chosen(self.sampler, actions)
            return
        self.loops.advance_many(
            self.config, self.levels, self.states, actions, self.rewards, self.dones,
            sprites.SMALL, self.demo.tile_sprites, self.demo.margin, self.grounds,
            self.pictures, self.finals, self.lasts, self.n,
        )  # fmt: skip

    def _advance_chosen(self, sampler: Sampler, actions: np.ndarray) -> None:
        """The same, with the sampler's levels where episodes ended."""
        self.step(actions)
        self.dones[:] = self.states.done
        for i in map(int, np.flatnonzero(self.dones)):
            self.finals[i], self.lasts[i] = self.states[i], self.pictures[i]
            sampler.ended(i, float(self.finals[i].total), int(self.finals[i].t))
            self.levels[i] = sampler.next(i)
            self.start(self.states.seed[i : i + 1] + self.n, slice(i, i + 1))

    def kept(self) -> dict[str, np.ndarray]:
        """Everything that decides what comes next, as arrays by name: levels and states, uint8, and the sampler's."""
        found = {"levels": np.frombuffer(self.levels.tobytes(), np.uint8)}
        found["states"] = np.frombuffer(self.states.tobytes(), np.uint8)
        chosen = {} if self.sampler is None else self.sampler.kept()
        return found | {f"sampler.{name}": value for name, value in chosen.items()}

    def put_back(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from where `kept` was called. Raises KeyError or ValueError where that was another world's."""
        self.levels[:] = np.frombuffer(kept["levels"].tobytes(), self.demo.level)
        self.states[:] = np.frombuffer(kept["states"].tobytes(), self.demo.state)
        if self.sampler is not None:
            begin = "sampler."
            own = {name.removeprefix(begin): value for name, value in kept.items() if name.startswith(begin)}
            self.sampler.put_back(own)
        self.repaint()
