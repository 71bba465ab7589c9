"""What does it follow: changes of levels, probes, the outcome map and the ages of an agent."""

import csv
import json

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents.pretrained import AgentError, ages_of, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.agents.train_grid import AGES
from goalmisgen.engine.rules import sprites
from goalmisgen.engine.rules.change import changed, mirrored, names
from goalmisgen.engine.rules.edit import BadLevel, draw_level, goal_name, object_names, open_places
from goalmisgen.engine.rules.palette import outcome_styles
from goalmisgen.engine.study import probe as probing
from goalmisgen.engine.study.ages import aged, read_ages
from goalmisgen.engine.study.levels import preset_run
from goalmisgen.engine.study.outcome_map import outcome_map, places
from worlds import ONE_QUICK, SOLVED, elsewhere


def test_changes_do_what_they_say(demo):
    level = draw_level(demo, demo.training, 3)
    goal, slot = goal_name(demo), object_names(demo).index(goal_name(demo))
    there, spot = next(elsewhere(demo, level))
    assert changed(demo, level, [f"{goal}=none"]).objects[slot].tolist() == [-1, -1]
    assert changed(demo, level, [there]).objects[slot].tolist() == list(spot)
    assert changed(demo, level, [f"{goal}=#00aaff"]).colours[slot].tolist() == [0, 0xAA, 0xFF]
    look = next(tile for tile in demo.tiles if tile.sprite != demo.kinds[1].sprite)
    assert changed(demo, level, [f"{goal}={look.name}"]).looks[slot] == sprites.INDEX[look.sprite]
    free = [place for place in open_places(demo, level) if [*place] not in level.objects.tolist()]
    row, col = next(
        place for place in free if 0 < place[0] < level.extent[0] - 1 and 0 < place[1] < level.extent[1] - 1
    )
    solid = next(i for i, tile in enumerate(demo.tiles) if tile.solid)
    assert changed(demo, level, [f"{row},{col}={demo.tiles[solid].name}"]).tiles[row, col] == solid
    assert level.seed >= 0 and not demo.in_training(level, demo.training), "the old level is as it was"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "is not a change"), ("GOAL=", "is not a change"), ("GOAL=1,x", "needs two numbers"),
        ("1,x=TILE", "needs two numbers"), ("1,1=GOAL", "no tile"), ("GOAL=dragon", "no 'dragon'"),
        ("BODY=none", "needs one"), ("GOAL=#12", "not a colour"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made_gets_a_sentence(demo, text, says):
    for word, name in (("GOAL", goal_name(demo)), ("BODY", demo.kinds[0].name), ("TILE", demo.tiles[1].name)):
        text = text.replace(word, name)
    with pytest.raises(BadLevel, match=says):
        changed(demo, draw_level(demo, demo.training, 3), [text])


def test_mirroring_twice_gives_the_level_again(demo):
    level = draw_level(demo, demo.shifted, 5)
    once = mirrored(demo, level)
    assert once.tobytes() != level.tobytes() and mirrored(demo, once).tobytes() == level.tobytes()


@pytest.mark.parametrize("demo", ONE_QUICK)
def test_an_outcome_map_agrees_with_single_runs(demo, agent):
    level = draw_level(demo, demo.shifted, 4)
    found = outcome_map(demo, agent, level, seeds=2, first_seed=7)
    allowed = [place for place in places(demo, level) if _possible(demo, level, place)]
    assert len(found.cells) == len(allowed) > 1 and found.outcomes.shape == (len(found.cells), 2)
    np.testing.assert_allclose(found.shares(demo).sum(1), 1)
    for i in range(0, len(found.cells), max(1, len(found.cells) // 6)):
        row, col = found.cells[i]
        there = changed(demo, level, [f"{goal_name(demo)}={row},{col}"])
        for k, seed in enumerate(found.seeds):
            assert Run(demo, agent, there, int(seed)).outcome == found.outcomes[i, k]


def _possible(demo, level, place):
    try:
        changed(demo, level, [f"{demo.goal_object}={place[0]},{place[1]}"])
    except BadLevel:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_probes_are_what_their_csv_says(name):
    demo = goalmisgen.grid_entry(name)
    if not demo.probes:
        pytest.skip("it has no probes")
    rows = probing.read_probes(demo)
    told = {(row["agent"], row["probe"]) for row in rows}
    main = demo.probes[0].agent
    assert {(probe.agent, probe.name) for probe in demo.probes} <= told and (main, "removed-training") in told
    assert all(row["n"] > 0 and row["low"] <= row["value"] <= row["high"] for row in rows)
    for probe in demo.probes:
        again = probing.run_probe(demo, load_agent(demo, probe.agent), probe, 60, seed=77)
        for row in rows:
            if (row["agent"], row["probe"]) == (probe.agent, probe.name) and row["measure"] in again["outcomes"]:
                rate = again["outcomes"][row["measure"]]
                assert rate["low"] <= row["high"] + 0.02 and row["low"] <= rate["high"] + 0.02, probe.name


@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_ages_are_those_of_the_recipe_and_measured(name):
    demo = goalmisgen.grid_entry(name)
    (agent, steps), *_ = aged(demo).items()
    recipe = demo.recipes[agent.partition(":")[0]]
    assert steps == (list(recipe.ages) or [int(share * recipe.steps) for share in AGES])
    assert recipe.ages or (len(steps) == 6 and steps[-1] == 2 * steps[-2])
    rows = [row for row in read_ages(demo) if row["agent"] == agent]
    assert {row["steps"] for row in rows} == set(steps)
    assert {row["levels"] for row in rows} - {"pace"} == {"training", "shifted", "distinguishing", *demo.parts}
    young, old = load_agent(demo, f"{agent}@{steps[0]}"), load_agent(demo, f"{agent}@{steps[-1]}")
    assert young.digest != old.digest and old.digest == load_agent(demo, agent).digest
    with pytest.raises(AgentError, match="it was kept at"):
        load_agent(demo, f"{agent}@17")
    assert ages_of(demo, "nothing:0") == []


def test_every_outcome_has_its_own_colour_and_marker(demo):
    styles = outcome_styles(demo)
    assert tuple(styles) == demo.outcomes
    assert (
        len({colour for colour, _ in styles.values()}) == len({marker for _, marker in styles.values()}) == len(styles)
    )


def test_named_changes_are_told_and_probes_use_known_ones(demo):
    assert set(names(demo)) == {"mirrored", *demo.changes}
    for probe in demo.probes:
        assert preset_run(demo, probe).steps > 0


@pytest.mark.parametrize("words", [["--map"], ["--map", "--runs", "2"]])
def test_film_writes_a_map_and_a_prepared_level(tmp_path, capsys, words):
    from goalmisgen.engine import cli

    out = tmp_path / "map.svg"
    with pytest.raises(SystemExit) as ended:
        cli.main(["film", SOLVED.name, "--preset", "moved", *words, "--out", str(out), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0 and told["places"] > 10 and abs(sum(told["outcomes"].values()) - 1) < 0.01
    assert "--preset moved --map" in out.read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["film", SOLVED.name, "--preset", "nope", "--out", str(out)])
    assert ended.value.code == 2 and "There is no prepared level 'nope'" in capsys.readouterr().err


def test_probes_as_csv():
    rate = {"rate": 0.5, "low": 0.4, "high": 0.6}
    mean = {"mean": 0.1, "low": 0.0, "high": 0.2}
    text = probing.probes_csv([("a:0", "p", 3, "end", rate, 1), ("a:0", "removed-training", 2, "value", mean, 1)])
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["value"] for row in rows] == ["0.5", "0.1"] and rows[0]["measure"] == "end"
