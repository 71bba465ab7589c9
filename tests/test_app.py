"""Every page script runs, and edits from the canvas do what they say."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import demos
from demos.engine.agents.pretrained import Agent
from demos.engine.rules import edit as editing
from demos.engine.rules.world import Demo
from demos.engine.show.web import words
from demos.engine.show.web.live import Live, apply_edit, payload, policy_field

APP = str(Path(__file__).parents[1] / "app.py")


@pytest.fixture
def live(demo: Demo, agent: Agent) -> Live:
    return Live.begin(demo, [agent], editing.draw_level(demo, demo.training, 3), 0)


def page(name: str) -> None:
    from demos.engine.show.web.pages import demo_page

    demo_page(name)


def test_home_runs() -> None:
    at = AppTest.from_file(APP, default_timeout=120).run()
    assert not at.exception
    assert at.title[0].value.endswith("?")
    assert len(canvases(at)[0]["places"]) > 2


@pytest.mark.parametrize("name", demos.NAMES)
def test_demo_page_runs(name: str) -> None:
    at = AppTest.from_function(page, args=(name,), default_timeout=120).run()
    assert not at.exception
    shown = canvases(at)[0]
    assert shown["steps"] + 1 == len(shown["places"])
    assert at.query_params["number"] in ("7", ["7"])
    at.selectbox(key=f"{name}-beside-choice").select("its training level").run()
    assert not at.exception
    assert len(canvases(at)) == 2


@pytest.mark.parametrize("name", demos.NAMES)
def test_a_link_restores_a_view(name: str) -> None:
    demo = demos.load(name)
    level = editing.recolour(demo, editing.draw_level(demo, demo.shifted, 11), demo.intended, "#00aaff")
    at = AppTest.from_function(page, args=(name,), default_timeout=120)
    at.query_params.update({"level": editing.to_url(demo, level), "number": "11", "seed": "5"})
    at.run()
    assert not at.exception
    assert canvases(at)[0]["level"] == editing.to_json(demo, level)
    assert at.number_input(key=f"{name}-seed").value == 5


@pytest.mark.parametrize("query", [{"level": "<script>"}, {"seed": "x", "number": "-1"}, {"agent": "../../etc/passwd"}])
def test_a_bad_link_gets_a_sentence_and_a_page(query: dict[str, str]) -> None:
    at = AppTest.from_function(page, args=("coinrun",), default_timeout=120)
    at.query_params.update(query)
    at.run()
    assert not at.exception
    assert canvases(at)


def canvases(at: AppTest) -> list[dict]:
    return [mounted(node) for node in at.get("bidi_component")]


def mounted(node) -> dict:
    return json.loads(node.proto.json)


def test_a_moved_goal_changes_the_level_and_undo_restores_it(live: Live) -> None:
    before = payload(live, 0)["level"]
    message = edited(live, seq=1)
    apply_edit(live, message)
    assert live.refused == ""
    assert payload(live, 0)["level"]["objects"] == message["level"]["objects"]
    apply_edit(live, {"seq": 2, "kind": "undo"})
    assert payload(live, 0)["level"] == before


def test_the_edits_of_one_drag_are_undone_together(live: Live) -> None:
    before = payload(live, 0)["level"]
    for seq in (1, 2):
        message = edited(live, seq) | {"gesture": 7}
        apply_edit(live, message)
        assert live.refused == ""
    assert len(live.past) == 1
    apply_edit(live, edited(live, 3) | {"gesture": 8})
    assert len(live.past) == 2
    apply_edit(live, {"seq": 4, "kind": "undo"})
    apply_edit(live, {"seq": 5, "kind": "undo"})
    assert payload(live, 0)["level"] == before


def test_a_body_in_the_air_is_shown_as_such(live: Live) -> None:
    shown = payload(live, 0)
    assert len(shown["pose"]) == len(shown["places"])
    drawn = {shown["art"]["order"][shown["art"]["order"].index(k["sprite"]) + p[i]]
             for p in shown["pose"] for i, k in enumerate(shown["kinds"])}  # fmt: skip
    assert drawn <= set(shown["art"]["rows"])
    if live.demo.name == "coinrun":
        assert {"runner", "runner_up", "runner_down"} <= drawn


def edited(live: Live, seq: int) -> dict:
    """A message that puts the intended object in the first open place."""
    level = editing.to_json(live.demo, live.runs[0].level)
    rows, columns = live.runs[0].level.extent
    spots = [(r, c) for r in range(rows) for c in range(1, columns - 1) if live.runs[0].level.tiles[r, c] == 0]
    taken = [tuple(place) for place in level["objects"].values()]
    level["objects"][live.demo.intended] = [float(x) for x in next(s for s in spots if s not in taken)]
    return {"seq": seq, "kind": "edit", "at": 1, "level": level, "moved": {}}


def test_a_recoloured_goal_reaches_the_agents_picture(live: Live) -> None:
    before = live.runs[0].picture(0)
    level = editing.to_json(live.demo, live.runs[0].level)
    level["colours"][live.demo.intended] = "#0000ff"
    level["tile_colours"][live.demo.tiles[0].name] = "#00ff00"
    apply_edit(live, {"seq": 1, "kind": "edit", "at": 0, "level": level})
    assert not np.array_equal(before, live.runs[0].picture(0))


@pytest.mark.parametrize(
    "message",
    [None, 3, {}, {"seq": 1, "kind": "edit"}, {"seq": 1, "kind": "edit", "at": "x", "level": []},
     {"seq": 1, "kind": "take", "at": 0, "action": 99}, {"seq": 1, "kind": "edit", "level": {"tiles": ["<b>"]}}],
)  # fmt: skip
def test_nonsense_changes_nothing(live: Live, message: object) -> None:
    before = live.runs[0].states.copy()
    apply_edit(live, message)
    assert np.array_equal(before, live.runs[0].states)
    if isinstance(message, dict) and message.get("seq"):
        assert live.refused


def test_an_older_answer_is_ignored(live: Live) -> None:
    apply_edit(live, edited(live, seq=5))
    version = live.version
    apply_edit(live, edited(live, seq=5))
    assert live.version == version


def test_a_person_takes_the_controls(live: Live) -> None:
    apply_edit(live, {"seq": 1, "kind": "take", "at": 0, "action": 1})
    assert live.runs[0].actions[0] == 1
    assert live.runs[0].by_person[0]


def test_the_policy_covers_open_places_only(live: Live) -> None:
    cells = policy_field(live)["cells"]
    assert cells
    assert all(live.runs[0].level.tiles[row, col] == 0 for row, col, *_ in cells)


def test_the_command_names_the_edit(live: Live) -> None:
    apply_edit(live, edited(live, seq=1))
    text = words.command(live.demo, live, live.demo.training, "a:0", "training", 3)
    assert f"--edit {live.demo.intended}=" in text
    assert "--at 1" in text
