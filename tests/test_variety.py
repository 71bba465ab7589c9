"""Levels chosen by regret: what regret finds, what a person sees of it, and a training that is watched."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from goalmisgen.engine.agents.train_grid import FIRST_TRAINING_SEED, train, watched
from goalmisgen.engine.mitigate import variety
from goalmisgen.engine.mitigate.plan import plan_of
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.study import studies
from goalmisgen.engine.study.figures import curves
from goalmisgen.engine.study.findings import find, share
from goalmisgen.engine.web.panels.mitigate_variety import moved, wall
from worlds import SOLVED

MAZE = SOLVED
SMALL = replace(MAZE.learning, levels=8, rollout=32)


def test_regret_finds_the_mazes_that_tell_where_a_skilled_mouse_goes_elsewhere():
    rows = variety.measure(MAZE, ["corner-1:0", variety.WALK], 40, 3)

    def value(agent, measure):
        return find(rows, agent, variety.FRESH, measure)["value"]

    assert value("corner-1:0", variety.HIGHEST) > 0.7 > 0.3 > value("corner-1:0", variety.ALL)
    assert value(variety.WALK, variety.HIGHEST) < 0.5  # who fails everywhere has regret everywhere
    assert value("corner-1:0", variety.APART) > 0.5 > 0.1 > value("corner-1:0", variety.ALIKE)
    told = {row["measure"]: row["n"] for row in rows if row["agent"] == variety.WALK}
    assert told[variety.APART] + told[variety.ALIKE] == told[variety.ALL] == 160 and told[variety.HIGHEST] == 8


def test_a_third_of_the_levels_are_those_that_a_person_chose():
    own = [draw_level(MAZE, MAZE.shifted, seed) for seed in range(3)]
    sampler = variety.Chosen(MAZE, MAZE.training, FIRST_TRAINING_SEED, own)
    known = {level.tobytes() for level in own}
    met = [sampler.next(0).tobytes() for _ in range(600)]
    assert np.mean([level in known for level in met]) == pytest.approx(0.33, abs=0.08)
    assert known <= {*met} and len({*met}) > 300
    other = variety.Chosen(MAZE, MAZE.training, FIRST_TRAINING_SEED, own)
    other.put_back(sampler.kept())
    assert other.next(0).tobytes() == sampler.next(0).tobytes()


@pytest.mark.parametrize("name", ["corner-1", "edits-0"])
def test_a_watched_training_is_the_training(tmp_path, name):
    recipe = replace(MAZE.recipes[name], learning=SMALL, steps=1024)
    first = FIRST_TRAINING_SEED
    train(MAZE, recipe, 0, tmp_path, lambda *_: None)
    sampler = recipe.sampler and recipe.sampler(MAZE, recipe.config, first)
    steps, agents = zip(*watched(MAZE, recipe, 0, sampler), strict=True)
    assert steps == (0, 256, 512, 768, 1024)
    assert agents[-1].digest == variety.load_agent(MAZE, str(tmp_path / "policy.safetensors")).digest
    assert len({agent.digest for agent in agents}) == 5


@pytest.mark.slow
def test_a_live_training_shows_the_levels_of_highest_regret():
    recipe = replace(MAZE.recipes["edits-0"], learning=SMALL)
    moments = list(islice(variety.live(MAZE, recipe, 4), 30))
    assert moments[0].steps == 0 and moments[-1].steps == 29 * 256
    assert all(moment.summary["n"] == 4 for moment in moments)
    last = moments[-1]
    assert 0 < len(last.levels) == len(last.regrets) <= variety.SIDE
    assert list(last.regrets) == sorted(last.regrets, reverse=True)
    drawn = wall(MAZE, list(last.levels), last.regrets.tolist())
    apart = sum(bool(MAZE.distinct(level)) for level in last.levels)
    assert drawn.count("A level that tells,") == apart and drawn.count("<figure") == len(last.levels)


def test_a_watched_training_ends_where_the_plan_says(monkeypatch):
    plan = plan_of(MAZE).model_copy(update={"live_steps": 512})
    monkeypatch.setattr(variety, "plan_of", lambda demo: plan)
    own = [draw_level(MAZE, MAZE.shifted, 1)]
    moments = list(variety.live(MAZE, replace(MAZE.recipes["corner-1"], learning=SMALL), 4, own))
    assert [moment.steps for moment in moments] == [0, 256, 512]
    assert len(moments[-1].levels) == 0  # nothing is remembered


def test_every_way_that_can_be_watched_is_a_recipe():
    plan = plan_of(MAZE)
    assert plan.live and plan.live_steps and {way for ways in plan.live for way in ways.split()} <= set(MAZE.recipes)
    assert plan.agents["variety"][0] == variety.WALK


def test_the_goal_hops_to_the_next_free_tile():
    level = draw_level(MAZE, MAZE.training, 0)
    seen, here = set(), level
    for step in [(0, -1), (1, 0), (0, 1), (-1, 0)] * 4:
        fresh = moved(MAZE, here, step)
        row, col = (int(x) for x in fresh.objects[1])
        assert fresh.tiles[row, col] == 0 and (row, col) != tuple(fresh.objects[0])
        before = tuple(int(x) for x in here.objects[1])
        assert (row, col) == before or (np.sign(row - before[0]), np.sign(col - before[1])) == step
        seen.add((row, col))
        here = fresh
    assert len(seen) > 4 and (level.objects == draw_level(MAZE, MAZE.training, 0).objects).all()


def test_a_dashed_line_of_a_study_may_be_a_rate_of_the_laboratory(monkeypatch):
    line = {
        "strategy": "variety",
        "agent": variety.WALK,
        "levels": variety.TELLING,
        "quantity": "cheese",
        "says": "chance",
    }
    panel = {"title": "p", "y": "% of mazes", "draw": ["cheese"], "recipe": "corner-1 region-7-*", "ceiling": line}
    study = studies.parsed(
        "s",
        {
            "demo": MAZE.name, "title": "t", "question": "q?", "axis": {"label": "x"},
            "points": [{"x": 0, "recipe": "corner-1"}], "panels": [panel],
        },
    )  # fmt: skip
    row = share(variety.WALK, variety.TELLING, "cheese", 19, 50, 1)
    monkeypatch.setattr(curves.findings, "read_rows", lambda demo, strategy, room: [row] * (strategy == "variety"))
    (shown,) = curves.drawn(MAZE, study, [])
    assert [(dot.y, dot.quantity) for dot in shown.ceilings] == [(pytest.approx(38.0), "cheese")]
    told = study.panels[0]
    assert told.shows("corner-1") and told.shows("region-7-alpha-3") and not told.shows("region-5-alpha-3")
    monkeypatch.setattr(curves.findings, "read_rows", lambda *_: [])
    assert curves.drawn(MAZE, study, [])[0].ceilings == []  # not measured yet
