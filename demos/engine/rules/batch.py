"""Many levels of one world at once: compiled stepping with pictures, in place."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import level as lv
from . import sprites
from .world import Demo


@cache
def loops_of(demo: Demo) -> ModuleType:
    """The compiled loops of `loops.py`, bound to the rules of one world."""
    spec = importlib.util.spec_from_file_location(
        f"{__package__}.loops_of_{demo.name}", Path(__file__).with_name("loops.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(generate=demo.generate, start=demo.start, step=demo.step)
    sys.modules[spec.name] = module  # numba finds the module of cached code by its name
    spec.loader.exec_module(module)
    return module


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

    def generate(self, seeds: np.ndarray) -> None:
        """Draw the levels of these seeds, int64[n], and start an episode in each with the same seed."""
        self.loops.generate_many(self.config, seeds, self.levels)
        self.start(seeds)

    def start(self, seeds: np.ndarray) -> None:
        """Start an episode in each level as it is; `seeds`, int64[n], are the runs' randomness."""
        self.loops.start_many(self.levels, seeds, self.states)
        self.loops.ground_many(sprites.SMALL, self.demo.tile_sprites, self.levels, self.demo.margin, self.grounds)
        self.look()

    def look(self) -> None:
        """Paint `pictures` anew."""
        self.loops.window_many(sprites.SMALL, self.grounds, self.demo.margin, self.levels, self.states, self.pictures)

    def step(self, actions: np.ndarray) -> np.ndarray:
        """Advance every running episode by one action, int64[n]; returns the rewards, float64[n]."""
        self.loops.step_many(self.config, self.levels, self.states, actions, self.rewards)
        self.look()
        return self.rewards


class Stream(Batch):
    """A batch in which a fresh level follows every episode, for training.

    Level i draws the seeds `first + i`, `first + i + n`, `first + i + 2 n`, ...
    """

    def __init__(self, demo: Demo, config: Any, n: int, first: int) -> None:
        super().__init__(demo, config, n)
        self.dones = np.zeros(n, np.uint8)
        self.finals = lv.records(demo.state, n)
        self.lasts = np.zeros_like(self.pictures)
        self.generate(np.arange(first, first + n))

    def advance(self, actions: np.ndarray) -> None:
        """One step; `rewards`, `dones`, `pictures`, and where an episode ended `finals` and `lasts`, are filled."""
        self.loops.advance_many(
            self.config, self.levels, self.states, actions, self.rewards, self.dones,
            sprites.SMALL, self.demo.tile_sprites, self.demo.margin, self.grounds,
            self.pictures, self.finals, self.lasts, self.n,
        )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write the levels and states, so that a training which has no end can go on where it was."""
        np.savez(path, *(np.frombuffer(kept.tobytes(), np.uint8) for kept in (self.levels, self.states)))

    def load(self, path: Path) -> None:
        """Go on from where `save` was called."""
        with np.load(path) as kept:
            self.levels[:] = np.frombuffer(kept["arr_0"].tobytes(), self.demo.level)
            self.states[:] = np.frombuffer(kept["arr_1"].tobytes(), self.demo.state)
        self.loops.ground_many(sprites.SMALL, self.demo.tile_sprites, self.levels, self.demo.margin, self.grounds)
        self.look()
