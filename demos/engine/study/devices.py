"""Devices that walk over a lawn: each answers to what is beside it, and has no goal."""

from collections.abc import Callable

import numpy as np

from ..agents.run_grid import Run
from ..rules.level import RUNNING, Level
from ..rules.rng import draw
from ..rules.world import Demo
from .posterior import field_of

_DEVICE_NOISE = 1 << 22  # the purpose of the draw of a device's random move


def _right_then_up(stopped: np.ndarray, last: int, chance: float) -> int:
    return 1 if not stopped[1] or stopped[0] else 0


def _straight_on(stopped: np.ndarray, last: int, chance: float) -> int:
    """Its last move again, up at first; where that is blocked, the next free one clockwise."""
    first = 0 if last == 4 else last
    return next((way % 4 for way in range(first, first + 4) if not stopped[way % 4]), first)


def _random(stopped: np.ndarray, last: int, chance: float) -> int:
    return int(4 * chance)


Device = Callable[[np.ndarray, int, float], int]  # (which moves are stopped, last move or 4, random number) -> move
DEVICES: dict[str, Device] = {
    "device: right, then up": _right_then_up,
    "device: straight on": _straight_on,
    "device: random moves": _random,
}


def driven(demo: Demo, name: str, level: Level, seed: int) -> Run:
    """The run of the device of this name to the end of its episode. Raises BadLevel."""
    run, device, tiles = Run(demo, None, level, seed), DEVICES[name], field_of(demo, level)
    while run.end.done == RUNNING and run.steps < demo.timeout:
        t = run.steps
        sides = tiles.sides[tiles.numbers[tuple(run.end.at[0].astype(int))]]
        last = int(run.actions[t - 1]) if t else 4
        move = device((sides >> np.arange(4)) & 1 > 0, last, draw(seed, t, _DEVICE_NOISE))
        run.take(t, [int(move)])
    return run
