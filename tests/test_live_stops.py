"""Runs on a page stop where they are decided, until somebody lets them go on."""

import pytest
from goalmisgen.engine.agents.pretrained import load_agent, seeds_of
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.web.components.canvas.live import Live, apply_edit, payload
from worlds import SCROLLS, agent_of, varied

DEMO = SCROLLS
LEVEL = editing.draw_level(DEMO, DEMO.shifted, 7)


@pytest.fixture
def live() -> Live:
    return Live.begin(DEMO, [load_agent(DEMO, name) for name in (agent_of(DEMO), varied(DEMO))], LEVEL, 0, stops=True)


def told(live: Live, kind: str, **more: object) -> None:
    apply_edit(live, {"seq": live.ack + 1, "kind": kind, **more})
    assert not live.refused


def wholes(live: Live) -> list[Run]:
    return [Run(DEMO, run.agent, run.given, run.seed) for run in live.runs]


def test_a_page_rolls_no_further_than_it_shows(live: Live) -> None:
    for which, (run, whole) in enumerate(zip(live.runs, wholes(live), strict=True)):
        sent = payload(live, which)
        assert sent["steps"] == run.steps == whole.decided
        assert (sent["whole"] > sent["steps"]) == (whole.steps > whole.decided), "the canvas offers to run on"
        assert all(at <= run.steps for at, _ in sent["events"])


def test_running_on_shows_the_rest_and_an_edit_stops_again(live: Live) -> None:
    told(live, "on")
    assert live.on
    for which, (run, whole) in enumerate(zip(live.runs, wholes(live), strict=True)):
        sent = payload(live, which)
        assert sent["steps"] == sent["whole"] == run.steps == whole.steps and run.describe() == whole.describe()
    row, column = LEVEL.objects[1]
    moved = editing.place(DEMO, LEVEL, DEMO.goal_object, int(row), int(column) + 2)
    told(live, "edit", at=5, level=level_files.to_json(DEMO, moved), moved={1: (int(row), int(column) + 2)})
    assert not live.on
    for which, (run, whole) in enumerate(zip(live.runs, wholes(live), strict=True)):
        assert payload(live, which)["steps"] == run.steps == whole.decided and run.edits


@pytest.mark.parametrize("later", [-2, 0, 1])
def test_an_edit_after_one_run_has_stopped_reaches_it_where_it_is_then(later: int) -> None:
    """Side by side one run may be decided earlier; a later edit of the other finds it still under way."""
    agents = [load_agent(DEMO, name) for name in seeds_of(DEMO, agent_of(DEMO))[:2]]  # both reach the end, and go on
    for seed in range(99):
        level = editing.draw_level(DEMO, DEMO.shifted, seed)
        early, late = sorted(Live.begin(DEMO, agents, level, 0, stops=True).runs, key=lambda run: run.steps)
        if not early.over and early.steps < late.steps - 2:
            break
    else:
        raise AssertionError("no level has one run stop before the other")
    live = Live.begin(DEMO, [late.agent, early.agent], level, 0, stops=True)
    at = early.steps + later
    told(live, "edit", at=at, level=level_files.to_json(DEMO, level))
    assert [run.edits[-1].at for run in live.runs] == [at, at]
    assert [run.steps for run in live.runs] == [run.stop for run in wholes(live)]
    for kind in ("undo", "reset"):
        told(live, kind)
        assert [run.steps for run in live.runs] == [late.steps, early.steps], "it stops again"


def test_a_page_that_shows_the_end_rolls_to_it() -> None:
    live = Live.begin(DEMO, [load_agent(DEMO, agent_of(DEMO))], LEVEL, 0)
    assert payload(live, 0)["steps"] == payload(live, 0)["whole"] == live.runs[0].steps > live.runs[0].decided


def test_a_message_that_comes_twice_is_carried_out_once(live: Live) -> None:
    message = {"seq": 3, "kind": "take", "at": 1, "action": 0}
    apply_edit(live, message)
    version = live.version
    for seq in (3, 2):  # again, and one that was overtaken
        apply_edit(live, message | {"seq": seq})
    assert live.version == version and live.ack == 3
