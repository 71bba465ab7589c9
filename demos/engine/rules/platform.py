"""What a platformer is made of: a body that runs, jumps and falls among tiles, and where it can get to.

In all functions `stops`, bool[tiles], says which tile numbers are solid; tile 0 is open. Lengths are in tiles,
speeds in tiles a step. The body stands in slot 0 of a state that has `velocity` (rows, columns) and `grounded`.
"""

import numpy as np

from .compiled import rule
from .rng import draw

TOP_SPEED, JUMP, GRAVITY, FALL = 0.5, 1.0, 0.15, 0.9
GRIP, AIR_GRIP = 0.4, 0.4  # how fast the speed follows the keys, on the ground and in the air
SIDE, HEAD = 0.2, 0.1  # the body leaves this much of its tile free left and right, and above


@rule
def solid(level, stops, row, col):
    """Whether a body is stopped by this tile. The top row goes on upwards; every other outside is solid."""
    rows, columns = level.tiles.shape
    if row >= rows or col < 0 or col >= columns:
        return True
    return stops[level.tiles[max(row, 0), col]]


@rule
def open_cell(level, row, col):
    """Whether a tile is inside the level and open."""
    return 0 <= row < level.tiles.shape[0] and 0 <= col < level.tiles.shape[1] and level.tiles[row, col] == 0


@rule
def can_stand(level, stops, row, col):
    """Whether one can stand in this tile: open, with solid ground below."""
    return open_cell(level, row, col) and row + 1 < level.tiles.shape[0] and solid(level, stops, row + 1, col)


@rule
def body_fits(level, stops, row, col):
    """Whether the body would be clear of solid tiles at this place."""
    for r in (row + HEAD, row + 0.998):
        for c in (col + SIDE + 1e-6, col + 1 - SIDE - 1e-6):
            if solid(level, stops, int(np.floor(r)), int(np.floor(c))):
                return False
    return True


@rule
def fill(level, top, left, bottom, right, tile):
    """Set a rectangle of tiles, both corners included, clipped to the level."""
    for row in range(max(top, 0), min(bottom, level.tiles.shape[0] - 1) + 1):
        for col in range(left, right + 1):
            level.tiles[row, col] = tile


@rule
def ledge(level, ground, col, length, seed, section, wall):
    """Build a ledge that can be jumped on from the ground; it may carry an alcove or a second ledge."""
    fill(level, ground - 3, col, ground - 3, col + length - 1, wall)
    extra = draw(seed, section, 10)
    back = col if draw(seed, section, 11) < 0.5 else col + length - 1
    if extra < 0.45:  # an alcove open to the right: a back wall and a roof
        fill(level, ground - 5, col, ground - 4, col, wall)
        fill(level, ground - 6, col, ground - 6, col + length - 1, wall)
    elif extra < 0.75:  # a second ledge above one end
        fill(level, ground - 6, back, ground - 6, back, wall)


@rule
def nth_place(within, n, row, col):
    """Row and column of the n-th true cell of `within`, bool[rows, columns], row by row; `row`, `col` if too few."""
    for r in range(within.shape[0]):
        for c in range(within.shape[1]):
            if within[r, c]:
                if n == 0:
                    return r, c
                n -= 1
    return row, col


@rule
def reachable(level, stops, row, col):
    """bool[rows, columns]: where one can stand after walking and jumping from a tile.

    A jump rises up to 3 tiles in its own column, crosses up to 4 columns (2 after a rise of 3) in the higher of
    the two rows, and falls: a little less than the body can do.
    """
    rows, columns = level.tiles.shape
    seen = np.zeros((rows, columns), np.bool_)
    queue = np.zeros((rows * columns, 2), np.int64)
    queue[0, 0], queue[0, 1] = row, col
    seen[row, col] = True
    head, tail = 0, 1
    while head < tail:
        row, col = queue[head, 0], queue[head, 1]
        head += 1
        for c in range(max(col - 4, 0), min(col + 4, columns - 1) + 1):
            for r in range(max(row - 3, 0), rows - 1):
                if seen[r, c] or not can_stand(level, stops, r, c) or (row - r == 3 and abs(c - col) > 2):
                    continue
                top, free = min(row, r), True
                for k in range(top, row + 1):
                    free = free and open_cell(level, k, col)
                for k in range(min(c, col), max(c, col) + 1):
                    free = free and open_cell(level, top, k)
                for k in range(top, r + 1):
                    free = free and open_cell(level, k, c)
                if free:
                    seen[r, c] = True
                    queue[tail, 0], queue[tail, 1] = r, c
                    tail += 1
    return seen


@rule
def move_body(level, stops, state, direction, jump):
    """Run, jump and fall: speed follows the keys, then the columns and the rows are moved and stopped in turn.

    `direction`: -1, 0 or 1. Speeds stay below one tile a step, so no tile is passed over.
    """
    grip = GRIP if state.grounded else AIR_GRIP
    state.velocity[1] += grip * (TOP_SPEED * direction - state.velocity[1])
    if jump and state.grounded:
        state.velocity[0] = -JUMP
    else:
        state.velocity[0] = min(state.velocity[0] + GRAVITY, FALL)
    if direction != 0:
        state.facing[0] = direction

    # along the columns, at the height of head and feet
    row, col = state.at[0, 0], state.at[0, 1] + state.velocity[1]
    side = col + 1 - SIDE if state.velocity[1] > 0 else col + SIDE
    head, feet, edge = int(np.floor(row + HEAD)), int(np.floor(row + 0.999)), int(np.floor(side))
    if solid(level, stops, head, edge) or solid(level, stops, feet, edge):
        col = edge - 1 + SIDE - 0.001 if state.velocity[1] > 0 else edge + 1 - SIDE
        state.velocity[1] = 0.0
    state.at[0, 1] = col

    # along the rows, at both sides of the body
    row += state.velocity[0]
    left, right = int(np.floor(col + SIDE)), int(np.floor(col + 1 - SIDE))
    state.grounded = 0
    if state.velocity[0] > 0:
        edge = int(np.floor(row + 1))
        if solid(level, stops, edge, left) or solid(level, stops, edge, right):
            row, state.velocity[0], state.grounded = edge - 1, 0.0, 1
    else:
        edge = int(np.floor(row + HEAD))
        if solid(level, stops, edge, left) or solid(level, stops, edge, right):
            row, state.velocity[0] = edge + 1 - HEAD, 0.0
    state.at[0, 0] = row


@rule
def lowest(level, col):
    """Row of the lowest open tile of a column; 0 if there is none."""
    row = level.tiles.shape[0] - 1
    while row > 0 and level.tiles[row, col] != 0:
        row -= 1
    return row


@rule
def keep_clear(level, within, slots):
    """Take out of `within`, bool[rows, columns], where the first `slots` objects of a level are, and beside them."""
    for slot in range(slots):
        if level.objects[slot, 0] >= 0:
            for col in range(int(level.objects[slot, 1]) - 1, int(level.objects[slot, 1]) + 2):
                within[int(level.objects[slot, 0]), col] = False


@rule
def patrol(level, stops, state, slot, speed):
    """Move an object that is there on along its ground; it turns at walls and edges, which takes a step."""
    if state.there[slot]:
        ahead = state.at[slot, 1] + speed * state.facing[slot]
        front = int(np.ceil(ahead)) if state.facing[slot] > 0 else int(np.floor(ahead))
        if can_stand(level, stops, int(state.at[slot, 0]), front):
            state.at[slot, 1] = ahead
        else:
            state.facing[slot] = -state.facing[slot]


@rule
def touches(state, slot, reach):
    """Whether an object is there and nearer to the body than this, along the rows and along the columns."""
    dr, dc = abs(state.at[0, 0] - state.at[slot, 0]), abs(state.at[0, 1] - state.at[slot, 1])
    return state.there[slot] > 0 and dr < reach and dc < reach


@rule
def is_near(state, slot, reach):
    """Whether an object is there and its distance from the body smaller than this."""
    dr, dc = state.at[0, 0] - state.at[slot, 0], state.at[0, 1] - state.at[slot, 1]
    return state.there[slot] > 0 and dr * dr + dc * dc < reach * reach


@rule
def stands_in(level, row, col, tile):
    """Whether the feet of a body at this place are in such a tile."""
    feet = int(np.floor(row + 0.9))
    return feet < level.tiles.shape[0] and level.tiles[feet, int(np.floor(col + 0.5))] == tile
