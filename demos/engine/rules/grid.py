"""Mazes, moves and shortest paths on tiles."""

import numpy as np

from .compiled import rule
from .platform import nth_place
from .rng import draw, draw_int

WAYS = ("up", "right", "down", "left")  # actions 0 to 3
KEYS = {"up": 0, "right": 1, "down": 2, "left": 3}


@rule
def walk(tiles, stops, state, slot, action):
    """Move an object one tile up, right, down or left (0 to 3), unless a tile that stops it, or nothing, is there.

    `stops`, bool[tiles], by tile number. It turns to the left or right it was sent; any other action stays.
    """
    row = int(state.at[slot, 0]) + (action == 2) - (action == 0)
    col = int(state.at[slot, 1]) + (action == 1) - (action == 3)
    if action == 1 or action == 3:
        state.facing[slot] = 2 - action
    if 0 <= row < tiles.shape[0] and 0 <= col < tiles.shape[1] and not stops[tiles[row, col]]:
        state.at[slot, 0], state.at[slot, 1] = row, col


@rule
def lies_at(state, slot, row, col):
    """Whether an object is there, and on this tile."""
    return state.there[slot] > 0 and state.at[slot, 0] == row and state.at[slot, 1] == col


@rule
def carve_tree(tiles, top, left, size, open_tile, seed):
    """Carve a maze without loops into solid `tiles`: Kruskal's algorithm over its rooms in random order.

    The maze is `size` x `size` tiles (odd); rooms stand at even distances from its top left tile.
    """
    n = (size + 1) // 2
    parent = np.arange(n * n)
    walls = np.zeros((2 * n * (n - 1), 2), np.int64)  # a wall as the two rooms it parts
    count = 0
    for i in range(n):
        for j in range(n):
            tiles[top + 2 * i, left + 2 * j] = open_tile
            if j + 1 < n:
                walls[count, 0], walls[count, 1] = i * n + j, i * n + j + 1
                count += 1
            if i + 1 < n:
                walls[count, 0], walls[count, 1] = i * n + j, (i + 1) * n + j
                count += 1
    for k in range(count):
        swap = k + draw_int(seed, k, 100, count - k)
        for side in range(2):
            walls[k, side], walls[swap, side] = walls[swap, side], walls[k, side]
        a, b = walls[k, 0], walls[k, 1]
        root_a, root_b = a, b
        while parent[root_a] != root_a:
            root_a = parent[root_a]
        while parent[root_b] != root_b:
            root_b = parent[root_b]
        if root_a != root_b:
            parent[root_a] = root_b
            tiles[top + a // n + b // n, left + a % n + b % n] = open_tile


@rule
def settle(tiles, floor, at, there, slot, body, far, seed, step):
    """Put an object on a tile where nothing is, drawn uniformly, `far` or more steps from the body if it can be.

    `at`, float64[slots, 2], and `there`, uint8[slots], say where things are; where no tile is left it is not there.
    """
    free = tiles == floor
    for other in range(len(there)):
        if there[other]:
            free[int(at[other, 0]), int(at[other, 1])] = False
    distant = free.copy()
    for row in range(tiles.shape[0]):
        for col in range(tiles.shape[1]):
            if abs(row - at[body, 0]) + abs(col - at[body, 1]) < far:
                distant[row, col] = False
    if not distant.any():
        distant = free
    n = distant.sum()
    there[slot] = n > 0
    if n > 0:
        at[slot, 0], at[slot, 1] = nth_place(distant, draw_int(seed, step, slot, n), 0, 0)


@rule
def open_some(tiles, top, left, size, open_tile, share, seed):
    """Open a share of the walls between two rooms that a tree as in `carve_tree` leaves, each by a draw of its own."""
    for row in range(top, top + size):
        for col in range(left, left + size):
            between = (row - top + col - left) % 2 == 1
            if between and draw(seed, row * tiles.shape[1] + col, 1) < share:
                tiles[row, col] = open_tile


@rule
def drawn_place(tiles, open_tile, taken, ways, top, left, size, seed, purpose):
    """A random open place in a square of tiles that is not taken and has at least so many open ones beside it.

    `taken`, bool[rows, columns]; `purpose`: of the draws of its row, the one above it of those of its column.
    """
    row, col, attempt = 0, 0, 0
    while tiles[row, col] != open_tile or taken[row, col] or open_beside(tiles, row, col, open_tile) < ways:
        row = top + draw_int(seed, attempt, purpose, size)
        col = left + draw_int(seed, attempt, purpose + 1, size)
        attempt += 1
    return row, col


@rule
def open_beside(tiles, row, col, open_tile):
    """How many open tiles lie beside this one."""
    count = 0
    for r, c in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
        if 0 <= r < tiles.shape[0] and 0 <= c < tiles.shape[1] and tiles[r, c] == open_tile:
            count += 1
    return count


def is_maze(tiles: np.ndarray, open_tile: int, tree: bool = False) -> bool:
    """Whether a maze as in `carve_tree` has open rooms at even distances from its top left tile, all connected.

    `tiles`: the maze without the wall around it; `tree`: there is exactly one way between any two of its places.
    """
    is_open = tiles == open_tile
    rooms, pillars = is_open[::2, ::2], is_open[1::2, 1::2]
    if not rooms.all() or pillars.any():
        return False
    connected = (distances(np.ascontiguousarray(tiles), open_tile, 0, 0)[is_open] >= 0).all()
    doors = int(is_open.sum() - rooms.sum())
    return bool(connected and (not tree or doors == rooms.size - 1))


@rule
def open_dead_ends(tiles, top, left, size, open_tile, seed):
    """Open one more wall, at random, of every room of a maze from which only one way leads; rooms row by row.

    The maze is as in `carve_tree`, of at least 2 x 2 rooms (after generate_maze_no_dead_ends of Ramanauskas and
    Simsek's procgen). Afterwards no room is a dead end.
    """
    n = (size + 1) // 2
    closed = np.zeros((4, 2), np.int64)
    for room in range(n * n):
        i, j = room // n, room % n
        ways, count = 0, 0
        for k in range(4):
            down = 1 if k == 2 else -1 if k == 0 else 0
            across = 1 if k == 1 else -1 if k == 3 else 0
            if 0 <= i + down < n and 0 <= j + across < n:
                row, col = top + 2 * i + down, left + 2 * j + across
                if tiles[row, col] == open_tile:
                    ways += 1
                else:
                    closed[count, 0], closed[count, 1] = row, col
                    count += 1
        if ways == 1:
            k = draw_int(seed, room, 101, count)
            tiles[closed[k, 0], closed[k, 1]] = open_tile


@rule
def distances(tiles, open_tile, row, col):
    """int64[rows, columns]: steps of the shortest path from a tile to every other; -1 where there is none."""
    rows, columns = tiles.shape
    steps = np.full((rows, columns), -1, np.int64)
    queue = np.zeros((rows * columns, 2), np.int64)
    queue[0, 0], queue[0, 1] = row, col
    steps[row, col] = 0
    head, tail = 0, 1
    while head < tail:
        r, c = queue[head, 0], queue[head, 1]
        head += 1
        for k in range(4):
            if k == 0:
                i, j = r - 1, c
            elif k == 1:
                i, j = r, c + 1
            elif k == 2:
                i, j = r + 1, c
            else:
                i, j = r, c - 1
            if 0 <= i < rows and 0 <= j < columns and steps[i, j] < 0 and tiles[i, j] == open_tile:
                steps[i, j] = steps[r, c] + 1
                queue[tail, 0], queue[tail, 1] = i, j
                tail += 1
    return steps
