"""Every seed at once: the wall shows the runs that the agents give in the level on the page, edited or not."""

import json
from dataclasses import replace

import goalmisgen
import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.agents.pretrained import agent_names, load_agent, seeds_of
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.film.grid import Cut
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.study.levels import preset_run
from goalmisgen.engine.web.components.canvas.live import NEITHER, Live, apply_edit
from goalmisgen.engine.web.components.wall import wall
from PIL import Image
from streamlit.testing.v1 import AppTest
from worlds import SOLVED

SEVERAL = [
    name
    for name in goalmisgen.WORLDS
    for first in agent_names(goalmisgen.grid_entry(name))[:1]
    if len(seeds_of(goalmisgen.grid_entry(name), first)) > 1
]


def page(name: str) -> None:
    from goalmisgen.engine.web.pages.grid_page import world_page

    world_page(name)


def walls(at: AppTest) -> list[dict]:
    found = [json.loads(each.proto.json) for each in at.get("bidi_component") if each.proto.json]
    return [data for data in found if "runs" in data]


def test_the_seeds_of_a_recipe_in_order(demo):
    for name in agent_names(demo):
        found = seeds_of(demo, name)
        assert name in found and {each.partition(":")[0] for each in found} == {name.partition(":")[0]}
        assert [int(each.partition(":")[2]) for each in found] == list(range(len(found)))
        assert seeds_of(demo, f"{name}@10") == found


@pytest.mark.parametrize("name", SEVERAL)
def test_the_wall_shows_what_each_agent_does_in_the_edited_level(name):
    demo = goalmisgen.grid_entry(name)
    agents = seeds_of(demo, agent_names(demo)[0])
    live = Live.begin(demo, [load_agent(demo, agents[0])], editing.draw_level(demo, demo.shifted, 6), 3)
    level = editing.recolour(demo, live.runs[0].level, demo.goal_object, "#00ff00")
    apply_edit(live, {"seq": 1, "kind": "edit", "at": 2, "level": level_files.to_json(demo, level)})
    assert not live.refused
    told = wall.payload(demo, live, agents)
    assert json.loads(json.dumps(told)) == told
    for agent, shown in zip(agents, told["runs"], strict=True):
        run = Run(demo, load_agent(demo, agent), level, 3)
        assert shown["ended"] == (run.outcome if run.outcome in demo.goals else NEITHER)
        assert (shown["steps"], shown["decided"]) == (run.steps, run.decided)
        assert len(shown["places"]) == run.steps + 1 and shown["says"] == run.describe()


@pytest.mark.parametrize("name", SEVERAL)
def test_the_tab_holds_a_wall_only_where_it_is_open(name):
    at = AppTest.from_function(page, args=(name,), default_timeout=120).run()
    assert not at.exception and not walls(at)
    at.session_state[f"{name}-tab"] = wall.TITLE
    at.run()
    assert not at.exception
    (shown,) = walls(at)
    assert len(shown["runs"]) == len(seeds_of(goalmisgen.grid_entry(name), agent_names(goalmisgen.grid_entry(name))[0]))


@pytest.mark.parametrize("ending", ["gif", "png"])
def test_a_film_of_every_seed_counts_what_came(tmp_path, capsys, ending):
    demo = SOLVED
    preset = next(each for each in demo.presets if each.name == "moved")
    out = tmp_path / f"every.{ending}"
    with pytest.raises(SystemExit) as ended:
        cli.main(["film", demo.name, "--preset", preset.name, "--every-seed", "--out", str(out), "--json"])
    told = json.loads(capsys.readouterr().out)
    runs = [preset_run(demo, replace(preset, agent=name)) for name in seeds_of(demo, preset.agent)]
    assert ended.value.code == 0 and sum(told["outcomes"].values()) == len(runs) > 1
    assert all(told["outcomes"][run.outcome] for run in runs)
    with Image.open(out) as picture:
        stored = picture.info["Command"] if ending == "png" else picture.info["comment"].decode()
        assert "--every-seed" in stored
        last, pace = max(run.decided_at for run in runs), Cut().pace(max(run.decided_at for run in runs))
        assert told["frames"] == (1 if ending == "png" else len(range(0, last, pace)) + 1)
    with pytest.raises(SystemExit) as ended:
        cli.main(["film", demo.name, "--every-seed", "--trail", "--out", str(tmp_path / "no.svg")])
    assert ended.value.code == 2 and "--every-seed shows one recipe" in capsys.readouterr().err
