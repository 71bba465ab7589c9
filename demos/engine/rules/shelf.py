"""A shelf along row 0: what lies there shows a network that sees one picture what it holds, or what happened before."""

import numpy as np

from .compiled import rule
from .grid import lies_at

ROW = 0  # of every shelf


@rule
def lay(state, slot, first, after, columns):
    """Put an object on the first place of the shelf where none of the slots from `first` to before `after` lies."""
    col = 0
    while col < columns - 1:
        free = True
        for other in range(first, after):
            if lies_at(state, other, ROW, col):
                free = False
        if free:
            break
        col += 1
    state.at[slot, 0], state.at[slot, 1] = ROW, col


@rule
def newest(state, first, after):
    """The slot of the object farthest to the right on the shelf; -1: none lies there."""
    last = -1
    for slot in range(first, after):
        if state.there[slot] and state.at[slot, 0] == ROW and (last < 0 or state.at[slot, 1] > state.at[last, 1]):
            last = slot
    return last


@rule
def on_and_off(state, first, after):
    """How many objects of these slots lie on the shelf, and how many are anywhere else."""
    on, off = 0, 0
    for slot in range(first, after):
        if state.there[slot]:
            if state.at[slot, 0] == ROW:
                on += 1
            else:
                off += 1
    return on, off


@rule
def push(level, shelf, state, first, after, kind, count, left):
    """Put one of `count` objects from slot `kind` on the left of the shelf, all others one place to the right.

    What the shelf has no place for is gone. `first` to before `after`: all slots that can lie there; `left`: the
    column where it begins; `shelf`: its tile.
    """
    for slot in range(first, after):
        if state.there[slot]:
            state.at[slot, 1] += 1
            state.there[slot] = on_shelf(level, shelf, state.at[slot, 0], state.at[slot, 1])
    for slot in range(kind, kind + count):
        if not state.there[slot]:
            state.there[slot] = on_shelf(level, shelf, ROW, left)
            state.at[slot, 0], state.at[slot, 1] = ROW, left
            return


@rule
def on_shelf(level, shelf, row, col):
    """Whether this place is one of the shelf's tiles."""
    return col < level.tiles.shape[1] and level.tiles[int(row), int(col)] == shelf


def held(states: np.ndarray, slots: slice) -> np.ndarray:
    """float64[n]: how many objects in these slots lie on the shelf, of each state."""
    lying = (states["there"] > 0) & (states["at"][:, :, 0] == ROW)
    return np.asarray(lying[:, slots].sum(1), float)
