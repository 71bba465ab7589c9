"""What worlds are made of, on small maps of its own: moves, chases, patrols, touches, mazes and searches."""

import numpy as np
import pytest
from goalmisgen.engine.rules import grid, platform, pursuit, search
from goalmisgen.engine.rules.level import level_dtype, record, state_dtype

OPEN, WALL = 0, 1
STOPS = np.array([False, True])


def tiles_of(*rows):
    return np.array([[WALL if char == "#" else OPEN for char in row] for row in rows], np.uint8)


def standing(*places):
    """A state with an object at each of these places; None: there is none."""
    state = record(state_dtype(len(places), 1))
    for slot, place in enumerate(places):
        state.at[slot], state.there[slot] = (-1, -1) if place is None else place, place is not None
    return state


@pytest.mark.parametrize(
    ("rows", "kin", "to"),
    [
        (["...", "...", "..."], [(1, 1), None], (0, 0)),  # round whoever stands between, up first
        (["###", "...", "..."], [(1, 1), None], (2, 0)),
        (["###", "...", "###"], [(1, 1), None], (1, 1)),  # there is no way round
        (["...", "...", "..."], [None, None], (1, 1)),
        (["...", "...", "..."], [(1, 1), (1, 0)], (0, 0)),  # it stands on one itself
        (["#.#", ".##", "#.#"], [None, None], (1, 0)),  # there is no way at all
    ],
)
def test_an_object_goes_to_another_round_its_kin(rows, kin, to):
    state = standing((1, 0), (1, 2), *kin)
    pursuit.approach(tiles_of(*rows), STOPS, (OPEN, WALL), state, 0, 1, (1, 4))
    assert tuple(state.at[0]) == to


@pytest.mark.parametrize(
    ("wanted", "in_the_way", "action"),
    [
        ([(0, 0), None], [None, None, None, None], 0),  # of two ways alike the first
        ([(0, 0), None], [(0, 1), None, None, None], 3),
        ([(0, 0), None], [(1, 0), None, None, None], 0),
        ([(0, 0), None], [(0, 1), None, None, (1, 0)], 0),  # 1 against 3
        ([(0, 0), None], [(0, 1), (0, 1), (1, 0), None], 3),  # 2 against 1
        ([(0, 0), (1, 2)], [None, None, None, None], 1),  # the nearer one
        ([(1, 1), (2, 1)], [None, None, None, None], 2),  # where it stands is nothing to go to
        ([None, None], [None, None, None, None], 0),
    ],
)
def test_the_way_to_the_nearest_is_short_and_then_cheap(wanted, in_the_way, action):
    state, tiles = standing((1, 1), *wanted, *in_the_way), tiles_of("...", "...", "...")
    assert pursuit.towards_nearest(tiles, OPEN, state, 0, (1, 3), ((3, 6, 1), (6, 7, 3))) == action


def test_what_no_way_leads_to_is_not_the_nearest():
    state = standing((2, 1), (0, 1), (2, 3))
    assert pursuit.towards_nearest(tiles_of("....", "####", "...."), OPEN, state, 0, (1, 3), ((0, 0, 1),)) == 1


def test_a_patrol_turns_at_walls_and_edges_and_not_before():
    level = record(level_dtype(3, 6, 2, 2))
    level.tiles[:] = tiles_of("......", "#.....", "####.#")
    state = standing((0, 0), (1, 1))
    state.facing[1], been = 1, []
    for _ in range(14):
        platform.patrol(level, STOPS, state, 1, 0.5)
        been.append((float(state.at[1, 1]), int(state.facing[1])))
    right, left = [(1.5, 1), (2, 1), (2.5, 1), (3, 1)], [(2.5, -1), (2, -1), (1.5, -1), (1, -1)]
    assert been == [*right, (3, -1), *left, (1, 1), *right]
    state.there[1] = 0
    platform.patrol(level, STOPS, state, 1, 0.5)
    assert (float(state.at[1, 1]), int(state.facing[1])) == (3, 1), "what is taken out does nothing"


def test_near_is_a_distance_and_touching_is_along_both_axes():
    state = standing((0, 0), (0.375, 0.5))  # 0.625 apart
    assert platform.is_near(state, 1, 0.626) and not platform.is_near(state, 1, 0.625)
    assert platform.touches(state, 1, 0.501) and not platform.touches(state, 1, 0.5)
    state.at[1] = 0.5, 0.375
    assert platform.is_near(state, 1, 0.626) and not platform.is_near(state, 1, 0.625)
    assert platform.touches(state, 1, 0.501) and not platform.touches(state, 1, 0.5)
    state.there[1] = 0
    assert not platform.is_near(state, 1, 9) and not platform.touches(state, 1, 9)


@pytest.mark.parametrize(
    ("rows", "maze", "tree"),
    [
        (["...", ".##", "..."], True, True),
        (["...", ".#.", "..."], True, False),  # a ring
        (["...", "...", "..."], False, False),  # an open pillar
        (["..#", ".##", "..."], False, False),  # a room is closed
        (["...", "###", "..."], False, False),  # two halves
        ([".....", ".#.#.", "...##", "##.##", ".#..."], False, False),  # a room for itself, and a ring: doors enough
    ],
)
def test_what_is_a_maze(rows, maze, tree):
    tiles = tiles_of(*rows)
    assert grid.is_maze(tiles, OPEN) == maze and grid.is_maze(tiles, OPEN, tree=True) == tree
    assert grid.is_maze(1 - tiles, WALL) == maze, "which tile is open is the world's to say"


@pytest.mark.parametrize(
    ("unhindered", "after", "surplus", "costs"),
    [(10, 12, 3, False), (10, 13, 3, True), (10, -1, 3, True), (10, -1, -1, False), (-1, -1, 3, False)],
)
def test_what_it_costs_to_hold_too_many_keys(monkeypatch, unhindered, after, surplus, costs):
    """By the fewest steps until all is opened, without and after a surplus, and until there is one; -1: no way."""
    monkeypatch.setattr(search, "fewest_steps", lambda level, slots: np.array([unhindered, after, surplus, -1, -1]))
    assert search.costs(None, None, 3) is costs
