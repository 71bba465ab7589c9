"""Runs: replay, edits, taking over, saving."""

import numpy as np
import pytest
from goalmisgen.engine.agents import run_files
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.agents.run_grid import Run, choose
from goalmisgen.engine.agents.run_spec import Given
from goalmisgen.engine.rules import edit, level_files
from goalmisgen.engine.rules.edit import BadLevel
from goalmisgen.engine.rules.level import record, records
from worlds import SCROLLS, agent_of


@pytest.fixture
def run(demo, agent):
    return Run(demo, agent, edit.draw_level(demo, demo.shifted, 3), seed=1)


def told(run):
    return run.states[: run.steps + 1].tobytes(), run.actions[: run.steps].tobytes(), run.outcome


def test_a_run_replays_exactly(run):
    assert told(Run(run.demo, run.agent, run.first, run.seed)) == told(run)
    assert 0 < run.steps <= run.demo.timeout and run.outcome in run.demo.outcomes
    assert np.allclose(run.probabilities[: run.steps].sum(1), 1)
    assert run.describe().endswith(".")


def test_an_edit_that_does_not_matter_changes_nothing_after_it(run):
    before = told(run)
    run.edit(min(4, run.steps - 1), edit.copied(run.level))
    assert told(run) == before and len(run.edits) == 1


def test_an_edit_keeps_the_past_and_reaches_the_future(run):
    demo, at = run.demo, min(3, run.steps - 1)
    past = run.states[:at].tobytes(), run.actions[:at].tobytes()
    slot = edit.goal_slot(demo)
    spot = tuple(run.states[at].at[0])
    run.edit(at, edit.place(demo, run.level, edit.goal_name(demo), *np.floor(np.array(spot) + 0.5)))
    assert (run.states[:at].tobytes(), run.actions[:at].tobytes()) == past
    assert (run.states[at].at[slot] == np.floor(np.array(spot) + 0.5)).all()
    assert run.level_at(at - 1) == run.first and run.level_at(at) == run.level != run.first


def test_an_impossible_edit_is_refused_and_the_run_goes_on_as_it_was(run):
    before = told(run)
    level = edit.copied(run.level)
    row, col = (int(x + 0.5) for x in run.states[2].at[0])
    level.tiles[row, col] = 1
    with pytest.raises(BadLevel, match=r"inside .*\.$"):
        run.edit(2, level)
    assert told(run) == before and run.edits == []


def test_the_agent_itself_can_be_moved(run):
    at = min(5, run.steps - 1)
    spot = tuple(float(x) for x in run.first.objects[0])
    run.edit(at, run.level, moved={0: spot})
    assert tuple(run.states[at].at[0]) == spot
    assert run.states[at].t == at


def test_a_body_that_is_put_somewhere_stands_still_there(run):
    demo = run.demo
    speeds = [abs(run.states[name][: run.steps].astype(float)).reshape(run.steps, -1).sum(1) for name in demo.motion]
    at = int(np.argmax(speeds[0])) if speeds else 1  # as fast as it ever is
    assert not speeds or speeds[0][at] > 0
    fresh = record(demo.state)
    demo.start(run.first, run.seed, fresh)
    run.edit(at, run.level, moved={0: tuple(float(x) for x in run.first.objects[0])})
    for name in demo.motion:
        assert np.array_equal(run.states[at][name], fresh[name]), name


def test_a_thing_taken_out_on_the_way_is_gone(run):
    demo, at, slot = run.demo, 1, edit.goal_slot(run.demo)
    assert run.states[at].there[slot]
    run.edit(at, edit.remove(demo, run.level, edit.goal_name(demo)))
    assert run.states[0].there[slot] and not run.states[at].there[slot]  # later it may come back, as trees do


def test_the_noise_of_actions_is_another_at_every_step_and_of_every_seed(demo):
    """With all actions alike likely, each is taken as often, whether the step or the seed changes."""
    n, k = 400 * len(demo.actions), len(demo.actions)
    chosen = []
    for name in ("t", "seed"):
        states, actions = records(demo.state, n), np.zeros(n, np.int64)
        states[name] = np.arange(n)
        choose(np.full((n, k), 1 / k), states, False, actions)
        assert np.abs(np.bincount(actions, minlength=k) - n / k).max() < 5 * (n / k) ** 0.5  # five deviations and more
        chosen.append(actions)
    assert (chosen[0] != chosen[1]).any()


def test_an_edit_after_the_end_starts_anew(run):
    run.edit(run.steps, edit.remove(run.demo, run.level, edit.goal_name(run.demo)))
    assert run.edits == [] and run.first.objects[edit.goal_slot(run.demo), 0] == -1 and run.states[0].t == 0


def test_a_person_takes_over_and_gives_back(run):
    at = min(2, run.steps - 1)
    other = 1 if run.actions[at] != 1 else 0
    run.take(at, [other] * 3)
    given = slice(at, min(at + 3, run.steps))  # fewer where the run ended on the way
    assert (run.actions[given] == other).all() and run.by_person[given].all()
    assert not run.by_person[:at].any() and not run.by_person[at + 3 : run.steps].any()


def test_a_run_that_stops_does_so_at_the_first_goal_and_goes_on_as_if_it_had_not(run):
    stopped = Run(run.demo, run.agent, run.first, run.seed, stops=True)
    assert stopped.steps == (run.steps if run.demo.counts else run.stop) and run.stop == run.decided
    assert stopped.over == (stopped.steps == run.steps)
    assert told(stopped.go_on()) == told(run) and stopped.over


@pytest.fixture(scope="module")
def passing():
    """Made anew: a runner that reaches the end, leaves the coin and runs on; it stops where it is decided."""
    demo = SCROLLS
    agent = load_agent(demo, agent_of(demo))
    levels = (edit.draw_level(demo, demo.shifted, seed) for seed in range(99))
    found = next(level for level in levels if 3 < Run(demo, agent, level).decided < Run(demo, agent, level).steps - 9)
    return lambda: Run(demo, agent, found, stops=True)


def test_a_goal_reached_before_it_was_last_touched_stops_no_run(passing):
    run, at = passing(), passing().steps
    assert run.stop == at and not run.over
    run.go_on().edit(at, run.level)
    assert run.stop == run.steps > at and run.end.reached[1] == at
    run = passing().go_on()
    taken = [int(action) for action in run.actions[at - 2 : at + 1]]
    run.take(at - 2, taken)
    assert run.stop == run.steps > at, "a person acted when it was reached"
    run = passing()
    run.edit(at - 2, run.level)
    assert run.stop == run.steps == at


def test_a_run_without_an_agent_has_nothing_left(passing):
    run = Run(passing().demo, None, Given(passing().first, (), {0: 2}))
    assert (run.steps, run.over) == (1, True) and run.go_on().steps == 1


def test_a_saved_run_replays_without_the_network(run, tmp_path):
    at = min(4, run.steps - 1)
    run.edit(at, edit.recolour(run.demo, run.level, edit.goal_name(run.demo), "#00aaff"))
    run_files.save(run, tmp_path / "run.json")
    again = run_files.load(tmp_path / "run.json", run.demo)
    assert again.agent is None and told(again) == told(run) and len(again.edits) == 1
    assert (tmp_path / "run.json").stat().st_size < 20_000


@pytest.mark.parametrize("person", [False, True])
def test_a_run_of_version_0_1_says_who_acted(run, person):
    """Its files say so by the agent alone."""
    held = run_files.data(run) | {"format": 1, "level": level_files.to_json(run.demo, run.first)}
    del held["run"]
    again = run_files.replayed(held | ({"agent": None, "sha256": None} if person else {}), run.demo)
    assert told(again) == told(run) and (again.by_person[: run.steps] == person).all()
    assert again.actor == (None if person else run.actor)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 1}', "not json"])
def test_a_damaged_run_file_gets_a_sentence(demo, tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(BadLevel, match=r"run\.json"):
        run_files.load(tmp_path / "run.json", demo)
