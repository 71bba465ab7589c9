"""Runs as bytes: what an object does in a step is the number of an entry in a table of all that any does."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...agents.run_grid import Run
from ...rules.names import ending

HUNDREDTHS = 100  # of a tile; what places are rounded to
_BITS = (15, 15, 1, 2, 7)  # of each part of a move; the parts that can be negative are told from `_LOW` on
_LOW = np.array([-(1 << 14), -(1 << 14), 0, -1, 0])


class Way(NamedTuple):
    """One run: what is `told` of it, and the move of each object at each step as one number, int64[slots * steps]."""

    told: dict[str, Any]
    keys: np.ndarray


class Packed(NamedTuple):
    """`told`: of every run its steps, outcome, words and reward; `moves`: the table; `codes`: for unpack by runs.js.

    A move is [rows and columns in hundredths of a tile since the step before, whether it is there, facing, pose].
    """

    told: list[dict[str, Any]]
    moves: list[list[int]]
    codes: bytes
    length: int


def way(run: Run) -> Way:
    """A run in a hundredth of the memory, each object's moves whole before the next object's."""
    states = np.asarray(run.states[: run.steps + 1])
    at = np.diff(np.round(states["at"] * HUNDREDTHS).astype(np.int64), axis=0, prepend=0)
    others = [states[name].astype(np.int64)[..., None] for name in ("there", "facing", "pose")]
    parts = np.concatenate([at, *others], 2).transpose(1, 0, 2).reshape(-1, len(_BITS)) - _LOW
    if (parts < 0).any() or (parts >> np.array(_BITS)).any():
        raise ValueError(f"A move of {run.demo.name} has a number that a live figure has no room for.")
    keys = np.zeros(len(parts), np.int64)
    for part, bits in zip(parts.T, _BITS, strict=True):
        keys = keys << bits | part
    return Way(_told(run), keys)


def pack(ways: Sequence[Way]) -> Packed:
    """The runs in their order."""
    table, codes = np.unique(np.concatenate([each.keys for each in ways]), return_inverse=True)
    moves, left = [], table
    for bits, low in zip(_BITS[::-1], _LOW[::-1], strict=True):
        moves.append((left & ((1 << bits) - 1)) + low)
        left = left >> bits
    planes = (codes & 255).astype(np.uint8).tobytes() + (codes >> 8).astype(np.uint8).tobytes()
    return Packed([each.told for each in ways], np.stack(moves[::-1], 1).tolist(), planes, len(codes))


def _told(run: Run) -> dict[str, Any]:
    """What is said of a run, and its reward at the steps at which that changes."""
    totals = np.asarray(run.states[: run.steps + 1])["total"]
    changes = np.flatnonzero(np.diff(totals, prepend=0.0))
    words, paid = ending(run.demo, run.outcome), float(run.total)
    return {
        "steps": run.steps,
        "outcome": run.demo.outcomes.index(run.outcome),
        "events": [[at, words] for at, words in run.events()],
        "sentence": f"{run.describe()} Reward {paid:g}." if run.demo.counts else f"{words.says} Reward {paid:g}.",
        "stamp": f"{words.chip} · {paid:g}",
        "paid": {int(t): round(float(totals[t]), 3) for t in changes},
    }
