"""Mazes, moves and shortest paths on tiles."""

import numpy as np

from .compiled import rule
from .rng import draw_int

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
