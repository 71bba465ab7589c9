"""Objects that go after another one on tiles."""

import numpy as np

from .compiled import rule
from .grid import distances, lies_at, walk
from .rng import draw, draw_int


@rule
def chase(tiles, floor, state, slot, prey, kin, stray, purpose):
    """Move an object one tile towards another along rows or columns, or with the chance `stray` just anywhere.

    `kin`: first slot of the objects that make way for each other, and the one after the last; `purpose`: of the draws
    (this one and the one 100 above it).
    """
    down, right = state.at[prey, 0] - state.at[slot, 0], state.at[prey, 1] - state.at[slot, 1]
    if draw(state.seed, state.t, purpose) < stray:
        d_row, d_col = direction(draw_int(state.seed, state.t, purpose + 100, 4))
        creep(tiles, floor, state, slot, kin, d_row, d_col)
        return
    along_rows = draw(state.seed, state.t, purpose + 100) * (abs(down) + abs(right)) < abs(down)
    d_row, d_col = int(np.sign(down)), int(np.sign(right))
    if along_rows:
        if not creep(tiles, floor, state, slot, kin, d_row, 0) and d_col != 0:
            creep(tiles, floor, state, slot, kin, 0, d_col)
    elif not creep(tiles, floor, state, slot, kin, 0, d_col) and d_row != 0:
        creep(tiles, floor, state, slot, kin, d_row, 0)


@rule
def direction(action):
    """Rows and columns of a move up, right, down or left."""
    return int(action == 2) - int(action == 0), int(action == 1) - int(action == 3)


@rule
def creep(tiles, floor, state, slot, kin, d_row, d_col):
    """Move an object one tile, unless that is not open or one of its kin is there; whether it moved."""
    row, col = int(state.at[slot, 0]) + d_row, int(state.at[slot, 1]) + d_col
    if not (0 <= row < tiles.shape[0] and 0 <= col < tiles.shape[1] and tiles[row, col] == floor):
        return False
    for other in range(kin[0], kin[1]):
        if lies_at(state, other, row, col):
            return False
    state.at[slot, 0], state.at[slot, 1] = row, col
    return True


@rule
def approach(tiles, stops, ground, state, slot, target, kin):
    """Move an object one step of a shortest way to another one, round the target's kin if there is such a way.

    `ground`: the open tile, and one that is not; `kin`: first slot of those to go round, and the one after the last.
    """
    floor, wall = ground
    row, col = int(state.at[slot, 0]), int(state.at[slot, 1])
    clear = tiles.copy()
    for other in range(kin[0], kin[1]):
        if other != target and state.there[other]:
            clear[int(state.at[other, 0]), int(state.at[other, 1])] = wall
    clear[row, col] = floor
    to_row, to_col = int(state.at[target, 0]), int(state.at[target, 1])
    steps = distances(clear, floor, to_row, to_col)
    if steps[row, col] < 0:
        steps = distances(tiles, floor, to_row, to_col)
    for action in range(4):
        d_row, d_col = direction(action)
        r, c = row + d_row, col + d_col
        inside = 0 <= r < tiles.shape[0] and 0 <= c < tiles.shape[1]
        if inside and steps[r, c] >= 0 and steps[r, c] == steps[row, col] - 1:
            walk(tiles, stops, state, slot, action)
            return


@rule
def towards_nearest(tiles, floor, state, slot, wanted, costs):
    """The action (0 to 3) that takes an object nearer to the nearest of those in a range of slots; 0 if there is none.

    `wanted`: their first slot, and the one after the last. Of two ways as short it takes the cheaper one: `costs` holds
    (first slot, the one after the last, cost of stepping on one of them).
    """
    row, col = int(state.at[slot, 0]), int(state.at[slot, 1])
    steps, target = distances(tiles, floor, row, col), -1
    for other in range(wanted[0], wanted[1]):
        if state.there[other]:
            far = steps[int(state.at[other, 0]), int(state.at[other, 1])]
            if far > 0 and (target < 0 or far < steps[int(state.at[target, 0]), int(state.at[target, 1])]):
                target = other
    if target < 0:
        return 0
    steps = distances(tiles, floor, int(state.at[target, 0]), int(state.at[target, 1]))
    best, least = 0, 1e9
    for action in range(4):
        d_row, d_col = direction(action)
        r, c = row + d_row, col + d_col
        inside = 0 <= r < tiles.shape[0] and 0 <= c < tiles.shape[1]
        if inside and steps[r, c] >= 0 and steps[r, c] < steps[row, col]:
            cost = 0
            for first, after, price in costs:
                for other in range(first, after):
                    if lies_at(state, other, r, c):
                        cost += price
            if cost < least:
                best, least = action, cost
    return best
