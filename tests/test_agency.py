"""Agents and devices: the mathematics against brute force and limits, the measured table, and the page."""

import itertools
import math
from collections import deque

import numpy as np
import pytest

import demos
from demos.engine.rules.edit import draw_level
from demos.engine.study import agency

STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))


def grid(*rows: str) -> np.ndarray:
    return np.array([[char == "." for char in row] for row in rows])


def walked(is_open: np.ndarray, start: tuple[int, int], text: str) -> tuple[np.ndarray, np.ndarray]:
    """Places before each move of a walk such as 'RRU', and its moves."""
    (row, col), places, moves = start, [], []
    for char in text:
        move = "URDL".index(char)
        places.append((row, col))
        moves.append(move)
        down, across = row + STEPS[move][0], col + STEPS[move][1]
        if 0 <= down < is_open.shape[0] and 0 <= across < is_open.shape[1] and is_open[down, across]:
            row, col = down, across
    return np.array(places).reshape(-1, 2), np.array(moves, np.int64)


def far(is_open: np.ndarray, goal: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Steps to the goal, by search of our own."""
    found, queue = {goal: 0}, deque([goal])
    while queue:
        row, col = queue.popleft()
        for down, across in STEPS:
            to = (row + down, col + across)
            if 0 <= to[0] < is_open.shape[0] and 0 <= to[1] < is_open.shape[1] and is_open[to] and to not in found:
                found[to] = found[row, col] + 1
                queue.append(to)
    return found


def move_to(is_open, place, move):
    to = (place[0] + STEPS[move][0], place[1] + STEPS[move][1])
    inside = 0 <= to[0] < is_open.shape[0] and 0 <= to[1] < is_open.shape[1]
    return to if inside and is_open[to] else place


def sensed(is_open, place):
    return tuple(move_to(is_open, place, move) == place for move in range(4))


SMALL = grid("...", ".#.", "...")
WALKS = ["", "R", "RRDD", "RRRRDL", "DDRUULDR", "LLLLLLLL", "RDLURRDDLLUU"]


@pytest.mark.parametrize("text", WALKS)
@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_agents_are_those_of_a_sum_over_goals(text, noise):
    places, moves = walked(SMALL, (0, 0), text)
    found = agency.agents(agency.field(SMALL), places, moves, noise)
    for number, goal in enumerate(np.argwhere(SMALL)):
        away, chance = far(SMALL, tuple(goal)), 1.0
        for place, move in zip(places, moves, strict=True):
            left = [away[move_to(SMALL, tuple(place), each)] for each in range(4)]
            best = [each for each in range(4) if left[each] == min(left)]
            chance *= (1 - noise) * (move in best) / len(best) + noise / 4
        assert found[-1, number] == pytest.approx(math.log(chance), abs=1e-9)


@pytest.mark.parametrize("text", WALKS)
@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_devices_are_those_of_a_sum_over_every_table_of_answers(text, noise):
    """A corridor of three tiles has three patterns of blocked sides: 4^3 reflexes, and more with the last move."""
    corridor = grid("...")
    places, moves = walked(corridor, (0, 1), text)
    what = [sensed(corridor, tuple(place)) for place in places]
    with_last = list(zip(what, [None, *moves.tolist()], strict=False))
    for family, surroundings in (("reflex", what), ("turning", with_last)):
        met = sorted(set(surroundings), key=str)
        chances = []
        for answers in itertools.product(range(4), repeat=min(len(met), 7)):
            device = dict(zip(met, answers, strict=False))
            chances.append(
                math.prod(
                    (1 - noise) * (device[around] == move) + noise / 4
                    for around, move in zip(surroundings, moves, strict=True)
                )
            )
        assert len(met) <= 7
        found = agency.devices(agency.field(corridor), places, moves, noise, [family])
        assert found[-1, 0] == pytest.approx(math.log(np.mean(chances)), abs=1e-9)


@pytest.mark.parametrize("text", WALKS)
def test_devices_by_chance_are_those_of_an_average_over_chances(text):
    """One surrounding only (a tile with nowhere to go): the mean of the likelihood over the simplex of chances."""
    alone = grid(".")
    places, moves = walked(alone, (0, 0), text)
    drawn = np.random.default_rng(0).dirichlet(np.ones(4), 400_000)
    found = agency.devices(agency.field(alone), places, moves, 0.1, ["chances"])
    assert found[-1, 0] == pytest.approx(math.log(drawn[:, moves].prod(1).mean()), abs=0.08)


@pytest.mark.parametrize("devices_in", agency.CLASSES)
def test_every_mixture_is_a_distribution_over_runs(devices_in):
    """The chances of all runs of four moves from one tile sum to one, for either explanation."""
    tiles, sums = agency.field(SMALL), np.zeros(2)
    for text in itertools.product("URDL", repeat=4):
        places, moves = walked(SMALL, (0, 0), "".join(text))
        sums[0] += np.exp(agency.agents(tiles, places, moves, 0.2)[-1]).mean()
        sums[1] += np.exp(agency.devices(tiles, places, moves, 0.2, agency.CLASSES[devices_in])[-1]).mean()
    assert sums == pytest.approx((1, 1), abs=1e-9)


OPEN = np.ones((7, 7), bool)
STAIRS = "RURRUURURURURU"  # to the top right corner, by no fixed reflex


def test_before_anything_was_seen_nothing_is_known():
    found = agency.belief(agency.field(OPEN), np.zeros((0, 2)), np.zeros(0))
    assert found.agent == pytest.approx([0.5]) and found.factor == pytest.approx([0])
    assert found.goals[0] == pytest.approx(np.full(49, 1 / 49))


def test_a_shortest_way_speaks_for_an_agent_and_names_its_goal():
    places, moves = walked(OPEN, (6, 1), STAIRS[:11])
    found = agency.belief(agency.field(OPEN), places, moves)
    assert found.agent[-1] > 0.95 and (np.diff(found.agent) < 0).sum() <= 2
    stayed = agency.belief(agency.field(OPEN), *walked(OPEN, (6, 1), STAIRS[:11] + "URURUR"))
    assert tuple(agency.field(OPEN).cells[stayed.goals[-1].argmax()]) == (0, 6) and stayed.goals[-1].max() > 0.9


def test_a_reflex_speaks_for_a_device():
    """Right until blocked, then up: a shortest way to the corner too, and a device's own."""
    places, moves = walked(OPEN, (6, 0), "RRRRRRUUUUUUUUUU")
    assert agency.belief(agency.field(OPEN), places, moves).agent[-1] < 0.5
    to_and_fro = agency.belief(agency.field(OPEN), *walked(OPEN, (3, 0), "RRRRRRLLLLLL" * 3))
    assert to_and_fro.agent[-1] < 1e-3
    assert to_and_fro.devices[-1].argmax() == agency.CLASSES["fixed"].index("turning")


def test_random_moves_speak_for_a_device():
    rng, factors = np.random.default_rng(1), []
    for _ in range(20):
        text = "".join(rng.choice(list("URDL"), 40))
        factors.append(agency.belief(agency.field(OPEN), *walked(OPEN, (3, 3), text)).factor[-1])
    assert np.mean(factors) < -2 and max(factors) < 0


def test_with_noise_alone_agents_and_devices_are_one():
    found = agency.belief(agency.field(OPEN), *walked(OPEN, (6, 0), STAIRS), noise=1.0)
    assert found.agent == pytest.approx(np.full(len(STAIRS) + 1, 0.5), abs=1e-12)


def test_less_noise_says_more_of_a_run_without_a_wrong_step():
    factors = [
        agency.belief(agency.field(OPEN), *walked(OPEN, (6, 1), STAIRS[:11]), noise=noise).factor[-1]
        for noise in (0.8, 0.4, 0.2, 0.1, 0.05)
    ]
    assert (np.diff(factors) > 0).all()


@pytest.mark.parametrize("devices_in", agency.CLASSES)
def test_a_turned_or_mirrored_run_is_judged_alike(devices_in):
    is_open = OPEN.copy()
    is_open[2, 3] = is_open[4, 4] = False
    places, moves = walked(is_open, (6, 0), "RRUURDULLURRRU")
    told = agency.belief(agency.field(is_open), places, moves, devices_in=devices_in).factor
    quarter = np.stack((places[:, 1], 6 - places[:, 0]), 1)  # clockwise
    turned = agency.belief(agency.field(np.rot90(is_open, -1)), quarter, (moves + 1) % 4, devices_in=devices_in).factor
    mirrored = np.stack((places[:, 0], 6 - places[:, 1]), 1)
    swapped = np.array([0, 3, 2, 1])[moves]
    flipped = agency.belief(agency.field(is_open[:, ::-1]), mirrored, swapped, devices_in=devices_in).factor
    np.testing.assert_allclose(turned, told, atol=1e-9)
    np.testing.assert_allclose(flipped, told, atol=1e-9)


def test_what_comes_later_does_not_change_what_was_believed_before():
    places, moves = walked(OPEN, (6, 0), STAIRS)
    whole = agency.belief(agency.field(OPEN), places, moves)
    part = agency.belief(agency.field(OPEN), places[:5], moves[:5])
    np.testing.assert_allclose(whole.agent[:6], part.agent, atol=1e-12)
    np.testing.assert_allclose(whole.goals[:6], part.goals, atol=1e-12)


def test_a_long_run_neither_overflows_nor_vanishes():
    found = agency.belief(agency.field(OPEN), *walked(OPEN, (6, 0), "RULD" * 1000), noise=1e-6)
    assert all(np.isfinite(each).all() for each in (found.agent, found.factor, found.goals, found.devices))


def test_a_place_cut_off_is_a_goal_of_no_run():
    is_open = grid("..#.", "..#.")
    found = agency.agents(agency.field(is_open), *walked(is_open, (0, 0), "RDL"), noise=0.1)
    assert found[-1, 2] == pytest.approx(3 * math.log(1 / 4))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"noise": 0.0}, "above 0 and up to 1, not 0."),
        ({"noise": 1.5}, "above 0 and up to 1, not 1.5."),
        ({"noise": float("nan")}, "above 0 and up to 1"),
        ({"devices_in": "clever"}, "no class of devices 'clever'; there are: random, fixed"),
        ({"moves": np.array([0])}, "a place before every move, but here are 2 and 1."),
        ({"moves": np.array([0, 4])}, "numbers from 0 to 3"),
        ({"places": np.array([(0, 0), (1, 1)])}, r"comes to \(1, 1\), which is not an open tile."),
        ({"places": np.array([(0, 0), (-1, 0)])}, r"comes to \(-1, 0\), which is not an open tile."),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_sentence(change, sentence):
    given = {"places": np.array([(0, 0), (0, 1)]), "moves": np.array([1, 1]), "noise": 0.1, "devices_in": "fixed"}
    with pytest.raises(ValueError, match=sentence):
        agency.belief(agency.field(SMALL), **(given | change))


def test_a_world_with_other_moves_has_no_field():
    demo = demos.load("coinrun")
    with pytest.raises(ValueError, match="coinrun has other moves than up, right, down, left"):
        agency.field_of(demo, draw_level(demo, demo.training, 1))
