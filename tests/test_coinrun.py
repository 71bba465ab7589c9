"""CoinRun: scenarios as maps and actions."""

import numpy as np
import pytest

from demos import coinrun
from demos.coinrun import DEMO, Config
from demos.engine.agents.run import outcome_of
from demos.engine.rules import edit
from demos.engine.rules.level import RUNNING, record
from demos.engine.rules.platform import can_stand, reachable

ACTIONS = {"<": 0, ".": 1, ">": 2, "(": 3, "^": 4, ")": 5}

FLAT = """
############
#..........#
#..........#
#..........#
#..........#
#..........#
#.A......o.#
############
"""
COIN_ABOVE = """
############
#....o.....#
#...##.....#
#..........#
#.A........#
############
"""
LAVA = """
############
#..........#
#..........#
#..........#
#..........#
#..........#
#.A......o.#
####^#######
"""
SAW = """
############
#..........#
#..........#
#..........#
#..........#
#..........#
#.A..*...o.#
############
"""
STEP = """
############
#..........#
#..........#
#..........#
#..........#
#..........#
#......#...#
#.A...##..o#
############
"""


def play(text: str, actions: str, config: Config | None = None):
    config = config or Config()
    level = edit.parse_level(DEMO, text.strip("\n"))
    state = record(DEMO.state)
    DEMO.start(level, 0, state)
    reward = 0.0
    for char in actions:
        if state.done != RUNNING:
            break
        reward += DEMO.step(config, level, state, ACTIONS[char])
    return state, reward


@pytest.mark.parametrize(
    ("name", "text", "actions", "reward", "outcome"),
    [
        ("runs to the coin", FLAT, ">" * 40, 1, "coin"),
        ("stays away from it", FLAT, "<" * 200, 0, "timeout"),
        ("runs to the end under a coin on a ledge", COIN_ABOVE, ">" * 200, 0, "end"),
        ("falls into lava", LAVA, ">" * 40, 0, "died"),
        ("jumps over lava", LAVA, ")" * 60, 1, "coin"),
        ("runs into a saw", SAW, ">" * 40, 0, "died"),
        ("jumps over a saw", SAW, ">" * 2 + ")" + ">" * 40, 1, "coin"),
        ("is stopped by a step", STEP, ">" * 200, 0, "timeout"),
        ("jumps over a step", STEP, ">" * 4 + ")" * 10 + ">" * 40, 1, "coin"),
    ],
)
def test_scenario(name, text, actions, reward, outcome):
    state, total = play(text, actions)
    assert (total, outcome_of(DEMO, state)) == (reward, outcome), name


def test_touching_the_end_ends_nothing_unless_it_is_paid_for():
    state, reward = play(COIN_ABOVE, ">" * 60)
    assert state.reached[1] > 0 and state.done == RUNNING and reward == 0
    state, reward = play(COIN_ABOVE, ">" * 60, Config(pays_end=1))
    assert state.done != RUNNING and reward == 1 and state.total == 1


def test_the_end_and_a_coin_there_are_reached_in_the_same_step():
    text = FLAT.replace("o.#", ".o#")
    for actions in (">" * 60, ")" * 60, (")" + ">" * 7) * 10):
        state, reward = play(text, actions)
        assert reward == 1 and outcome_of(DEMO, state) == "coin"


def test_a_jump_rises_more_than_three_tiles_and_less_than_four():
    top = min(play(FLAT, ".^" + "." * n)[0].at[0, 0] for n in range(14))
    ground = edit.parse_level(DEMO, FLAT.strip("\n")).objects[0, 0]
    assert 3 < ground - top < 4


def test_a_moved_coin_stands_where_one_can_stand_and_get_to():
    for seed in range(200):
        level = edit.draw_level(DEMO, DEMO.shifted, seed)
        row, col = (int(x) for x in level.objects[coinrun.COIN])
        assert can_stand(level, coinrun.STOPS, row, col)
        start = (int(x) for x in level.objects[coinrun.AGENT])
        assert reachable(level, coinrun.STOPS, *start)[row, col]
        assert (row, col) != (coinrun.end_row(level), level.extent[1] - 2)
        assert col >= level.objects[coinrun.AGENT, 1] - DEMO.view // 2  # in view from the start, or further on


def test_config_fields_do_what_they_say():
    shares = [edit.draw_level(DEMO, Config(moved_share=0.3), seed) for seed in range(600)]
    moved = sum(bool(DEMO.in_training(level, Config())) for level in shares)
    assert 0.24 < moved / 600 < 0.36
    for seed in range(100):
        level = edit.draw_level(DEMO, Config(moved_share=1, moved_range=0.2), seed)
        assert level.objects[coinrun.COIN, 1] >= 0.8 * (level.extent[1] - 2)
        assert (edit.draw_level(DEMO, Config(monsters=0), seed).objects[coinrun.MONSTER :] == -1).all()
    widths = [
        np.mean([edit.draw_level(DEMO, Config(difficulty=d), seed).extent[1] for seed in range(100)]) for d in (1, 2, 3)
    ]
    assert widths[0] < widths[1] < widths[2]


def test_levels_hold_everything_that_is_promised():
    levels = [edit.draw_level(DEMO, Config(), seed) for seed in range(300)]
    assert any((level.objects[coinrun.SAW : coinrun.MONSTER] >= 0).any() for level in levels)
    assert any((level.objects[coinrun.MONSTER :] >= 0).any() for level in levels)
    for tile in (coinrun.LAVA, coinrun.CRATE):
        assert any((level.tiles == tile).any() for level in levels)
    assert all(level.objects[coinrun.AGENT, 1] >= 4 for level in levels)  # ground to the left of the start
    assert max(level.extent[1] for level in levels) <= coinrun.COLUMNS


def test_a_hidden_coin_is_taken_but_not_seen():
    level = edit.draw_level(DEMO, Config(coin_visible=0), 0)
    assert level.looks[coinrun.COIN] == coinrun.NOTHING
    assert level.objects[coinrun.COIN, 0] >= 0
