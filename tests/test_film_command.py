"""What `film` is asked: which options go together, in which kind of demo, and that the command stored says the same."""

from pathlib import Path

import goalmisgen
import pytest
from goalmisgen.engine.cli.film import request
from goalmisgen.engine.cli.options import Levels, Wrong

OUT = {"out": Path("a.gif")}


def asked(demo, **options):
    return request(goalmisgen.entry(demo), OUT | options).checked()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"run": "r.json", "agent": "mix-0"}, "replayed as it was; leave out --agent"),
        ({"run": "shifted:7", "at": 3}, "--run says which level .* leave out --at"),
        ({"preset": "moved", "find": "end"}, "--preset is a level already; leave out --find"),
        ({"map_": True, "greedy": True}, "--map shows one agent .* leave out --greedy"),
        ({"every_seed": True, "trail": True}, "--every-seed shows one recipe .* leave out --trail"),
        ({"trail": True, "versus": "mix-2"}, "--trail shows one agent; leave out --versus"),
        ({"find": "end", "edit": ["coin=4,12"]}, "--find looks through .* leave out --edit"),
        ({"width": "3.3in"}, "a film has its width in pixels, by --size; leave out --width"),
        ({"width": "3 miles", "trail": True}, "is no width"),
        ({"find": "cheese"}, "'cheese' is not an outcome of coinrun"),
        ({"preset": "nowhere"}, "no prepared level 'nowhere'"),
        ({"set_": ["coin=1"]}, "--set is for networks that write"),
    ],
)
def test_options_that_contradict_each_other_are_named(options, says):
    with pytest.raises(Wrong, match=says):
        asked("coinrun", **options)


@pytest.mark.parametrize(
    ("demo", "options", "says"),
    [
        ("sycophancy", {"level_seed": 3}, "--level-seed is for grid worlds; of sycophancy"),
        ("sycophancy", {"levels": Levels.training}, "--levels is for grid worlds"),
        ("sycophancy", {"runs": 9}, "--runs is for grid worlds"),
        ("board_hack", {"every_seed": True}, "board_hack has no levels, so no --every-seed"),
        ("board_hack", {"fps": 2.0}, "board_hack has no levels, so no --fps"),
    ],
)
def test_an_option_of_another_kind_is_refused_by_name(demo, options, says):
    with pytest.raises(Wrong, match=says):
        asked(demo, **options)


def test_what_is_not_said_is_as_usual_and_no_contradiction():
    made = asked("coinrun", find="end", edit=[], colour=None, at=0, levels=Levels.shifted)
    assert (made.size, made.fps, made.runs, made.levels) == (512, 12.5, None, Levels.shifted)


def test_the_command_of_a_prepared_level_names_the_preset_and_not_what_it_holds():
    told = asked("coinrun", preset="moved", edit=["coin=4,12"]).command
    assert told == "goalmisgen film coinrun --seed 0 --edit coin=4,12 --preset moved --size 512 --fps 12.5"
    assert asked("coinrun", run="shifted:7;9:coin=none").command.endswith(
        "--seed 0 --run 'shifted:7;9:coin=none' --size 512 --fps 12.5"
    )
    assert asked("coinrun", run="r.json", trail=True).command == "goalmisgen film coinrun --run r.json --trail"
