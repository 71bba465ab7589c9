"""Levels and states as data: one flat record each, the same fields in every grid world.

A record (a NumPy structured scalar) is one block of bytes: a snapshot is a copy of it, a batch is an array of
them, and compiled rules read and write its fields by name, in place.
"""

from typing import Any

import numpy as np

Level = np.record
State = np.record

RUNNING, TERMINATED, TRUNCATED = 0, 1, 2


def level_dtype(rows: int, columns: int, tiles: int, slots: int, settings: int = 0) -> np.dtype[Any]:
    """What is fixed for an episode and can be edited."""
    return np.dtype(
        [
            ("tiles", "u1", (rows, columns)),  # tile numbers, row 0 at the top
            ("extent", "i8", (2,)),  # rows and columns in use; tiles beyond them are filler
            ("objects", "f8", (slots, 2)),  # row and column of each object, in tiles; -1, -1: absent
            ("looks", "i8", (slots,)),  # sprite each object is drawn with; -1: not drawn
            ("colours", "u1", (slots, 3)),  # the objects' own colours, RGB
            ("tile_colours", "u1", (tiles, 3)),  # the tiles' own colours, RGB
            ("seed", "i8"),  # the seed it was generated from; -1: made by hand
            *([("settings", "f8", (settings,))] if settings else []),  # numbers of the rules, see `Demo.settings`
        ],
        align=True,
    )


def state_dtype(slots: int, goals: int, **extra: tuple[str, tuple[int, ...]]) -> np.dtype[Any]:
    """What moves and what has been taken; `extra` are a world's own fields, as (type, shape)."""
    return np.dtype(
        [
            ("seed", "i8"),  # randomness of the run
            ("t", "i8"),  # steps taken
            ("at", "f8", (slots, 2)),  # where each object is now, in tiles
            ("there", "u1", (slots,)),  # 1: in the level now; 0: absent or taken
            ("facing", "i8", (slots,)),  # 1: right, -1: left
            ("pose", "i8", (slots,)),  # added to the sprite it is drawn with, where an object has more than one
            ("reached", "i8", (goals,)),  # step at which each named goal was first reached; -1: not yet
            ("total", "f8"),  # reward so far
            ("done", "i8"),  # RUNNING, TERMINATED (by the rules) or TRUNCATED (out of time)
            ("died", "u1"),
            *((name, kind, shape) for name, (kind, shape) in extra.items()),
        ],
        align=True,
    )


def records(dtype: np.dtype[Any], n: int) -> np.recarray[Any, Any]:
    """`n` empty records."""
    return np.zeros(n, dtype).view(np.recarray)


def record(dtype: np.dtype[Any]) -> Any:
    """One empty record."""
    return records(dtype, 1)[0]


def copied(item: Any) -> Any:
    """A copy of one record that shares nothing with it."""
    fresh = records(item.dtype, 1)
    fresh[0] = item
    return fresh[0]
