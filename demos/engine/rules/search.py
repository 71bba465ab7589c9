"""Exact search in worlds of tiles where a body gathers keys and opens chests with them."""

from typing import NamedTuple

import numpy as np

from .compiled import rule
from .level import Level, State, copied

UNHINDERED, AFTER_SURPLUS, SURPLUS, MATCHED, UNPAID = 0, 1, 2, 3, 4  # what `fewest` counts steps to


class Slots(NamedTuple):
    """Where a world has what the search is about."""

    body: int
    keys: int  # the first of them; chests come after the last
    chests: int  # the first of them, the marked one last
    marked: int
    shelf: int  # the row where keys lie that are carried
    floor: int  # the tile one can walk on


@rule
def fewest(level, slots, counts, moves):
    """Breadth-first search over where the body is, which keys were taken and which chests opened.

    Fills `counts`, int64[5], with the fewest steps: until all that can be opened is, without ever holding more keys
    than chests are left (0), and after holding more (1); until more are held (2); until the chest of the first key's
    colour is opened, where one is marked (3); until one is that neither pays nor has that colour (4). -1: no way.
    `moves`, int64[5]: the first step of that way, a number of `grid.WAYS`.
    """
    counts[:], moves[:] = -1, -1
    places, keys, gone, marked, match = things(level, slots)
    rows, columns = level.tiles.shape
    n = len(places)
    carried = 0
    for thing in range(keys):
        carried += gone >> thing & 1

    # a node: tile, which things are gone (one bit each), whether more keys were held than chests left
    seen = np.zeros((rows * columns, 1 << n, 2), np.uint8)
    queue, steps = np.empty((seen.size + 1, 4), np.int64), np.empty(seen.size + 1, np.int64)
    queue[0, 0] = int(level.objects[slots.body, 0]) * columns + int(level.objects[slots.body, 1])
    queue[0, 1], queue[0, 2], steps[0] = gone, carried > n - keys, 0
    head, tail = 0, 1
    while head < tail:
        tile, before, surplus = queue[head, 0], queue[head, 1], queue[head, 2]
        now = steps[head] + 1
        head += 1
        for k in range(4):
            row, col = tile // columns + (k == 2) - (k == 0), tile % columns + (k == 1) - (k == 3)
            if not (0 <= row < rows and 0 <= col < columns and level.tiles[row, col] == slots.floor):
                continue
            place = row * columns + col
            first = k if now == 1 else queue[head - 1, 3]
            gone, over, ended = entered(place, places, keys, marked, match, before, surplus, now, counts)
            moves[:] = np.where((counts == now) & (moves < 0), first, moves)
            if not ended and not seen[place, gone, over]:
                seen[place, gone, over] = 1
                queue[tail, 0], queue[tail, 1], queue[tail, 2], queue[tail, 3] = place, gone, over, first
                steps[tail] = now
                tail += 1


def fewest_steps(level: Level, slots: Slots) -> np.ndarray:
    """int64[5]: what `fewest` counts steps to."""
    return _searched(level, slots)[0]


def quickest(level: Level, state: State, slots: Slots) -> int:
    """The next step, a number of `grid.WAYS`, on a shortest way to open all that still can be; 0 if there is none."""
    now = copied(level)
    now.objects[:] = np.where(state.there[:, None] > 0, state.at, -1.0)
    counts, moves = _searched(now, slots)
    ways = [(int(counts[i]), int(moves[i])) for i in (UNHINDERED, AFTER_SURPLUS) if counts[i] >= 0]
    return min(ways, default=(0, 0))[1]


def _searched(level: Level, slots: Slots) -> tuple[np.ndarray, np.ndarray]:
    counts, moves = np.zeros(5, np.int64), np.zeros(5, np.int64)
    fewest(level, slots, counts, moves)
    return counts, moves


def to_goals(level: Level, slots: Slots) -> tuple[int, ...]:
    """Fewest steps until all that can be opened is, then to the other three; -1 where there is no way."""
    counts = fewest_steps(level, slots)
    return min((int(steps) for steps in counts[:2] if steps >= 0), default=-1), *(int(steps) for steps in counts[2:])


def costs(level: Level, slots: Slots, detour: int) -> bool:
    """Whether to hold more keys than chests are left costs `detour` steps or more, on the way to open all one can."""
    counts = fewest_steps(level, slots)
    wasteful = not 0 <= counts[AFTER_SURPLUS] < counts[UNHINDERED] + detour
    return bool(counts[UNHINDERED] >= 0 and counts[SURPLUS] >= 0 and wasteful)


@rule
def things(level, slots):
    """The keys and chests of a level, keys first, each a number and a bit.

    Returns their tiles, int64[things]; how many are keys; which keys are carried already, as bits; the number of the
    marked chest, and of the first chest that has the colour of the first key, -1 where there is none.
    """
    places = np.zeros(slots.marked + 1, np.int64)
    keys, carried, marked, match, n = 0, 0, -1, -1, 0
    for slot in range(slots.keys, slots.marked + 1):
        row, col = int(level.objects[slot, 0]), int(level.objects[slot, 1])
        if row < 0:
            continue
        if slot < slots.chests:
            keys += 1
            if row == slots.shelf:
                carried |= 1 << n
        elif slot == slots.marked:
            marked = n
        if slot >= slots.chests and match < 0 and (level.colours[slot] == level.colours[slots.keys]).all():
            match = n
        places[n] = row * level.tiles.shape[1] + col
        n += 1
    return places[:n], keys, carried, marked, match


@rule
def entered(place, places, keys, marked, match, gone, surplus, now, counts):
    """What entering a tile does at step `now`: keys that lie there are taken, chests opened; `counts` are filled.

    Returns which things are gone then, whether more keys were held than chests left, and whether it was the end.
    """
    over, ended = surplus, False
    for thing in range(len(places)):
        if places[thing] != place or gone >> thing & 1 or ended:
            continue
        taken, opened = 0, 0
        for other in range(len(places)):
            if gone >> other & 1:
                taken, opened = taken + (other < keys), opened + (other >= keys)
        chests = len(places) - keys
        if thing < keys:
            gone |= 1 << thing
            if taken + 1 > chests:  # less those used up on one side, those opened on the other
                over = 1
        elif taken > opened:
            gone |= 1 << thing
            ended = marked >= 0 or opened + 1 == keys or opened + 1 == chests
            if marked >= 0 and thing == match and counts[MATCHED] < 0:
                counts[MATCHED] = now
            if marked >= 0 and thing not in (marked, match) and counts[UNPAID] < 0:
                counts[UNPAID] = now
            if ended and (marked < 0 or thing == marked) and counts[surplus] < 0:
                counts[surplus] = now
    if over and counts[SURPLUS] < 0:
        counts[SURPLUS] = now
    return gone, over, ended
