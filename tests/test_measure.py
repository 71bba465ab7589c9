"""Numbers: intervals, the levels they are measured on, batches that play as single runs do, cards and figures."""

import csv
import hashlib
import io
import json
from dataclasses import replace

import goalmisgen
import numpy as np
import pytest
import torch
from goalmisgen.engine.agents import pretrained
from goalmisgen.engine.agents.policy import Policy
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.rules.level import records
from goalmisgen.engine.rules.names import ending
from goalmisgen.engine.rules.world import Measure
from goalmisgen.engine.study import cards, distinguishing, measure_grid, tables, timeline
from goalmisgen.engine.study import rollouts as rl
from goalmisgen.engine.study.distinguishing import distinguishing_seeds
from goalmisgen.engine.study.figures import draw
from goalmisgen.engine.study.intervals import choice_of, mean_of, rate_of, wilson
from goalmisgen.engine.study.levels import measurement_seeds, shifted_config
from goalmisgen.engine.study.measure_grid import measure, summary
from goalmisgen.engine.study.rollouts import rollouts
from safetensors.torch import save_file
from scipy.stats import binomtest
from worlds import REFERS, SOLVED, recipe_of


def random_weights(demo, path, seed=0):
    """A network that was never trained, but leans to some actions, as a weight file."""
    torch.manual_seed(seed)
    policy = Policy(demo)
    with torch.no_grad():
        policy.action.bias.copy_(torch.linspace(0, 1, len(demo.actions)))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in policy.state_dict().items()}, path)
    return path


@pytest.fixture(scope="module", params=goalmisgen.WORLDS)
def world(request, tmp_path_factory):
    """A world and an untrained agent in it."""
    demo = goalmisgen.grid_entry(request.param)
    path = random_weights(demo, tmp_path_factory.mktemp(demo.name) / "random.safetensors")
    return demo, pretrained.load_agent(demo, str(path))


@pytest.mark.parametrize(("count", "n"), [(0, 1), (1, 1), (0, 50), (50, 50), (7, 50), (333, 1000), (999, 1000)])
def test_intervals_are_wilsons(count, n):
    theirs = binomtest(count, n).proportion_ci(method="wilson")
    assert wilson(count, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.slow
def test_measured_levels_are_never_training_levels(demo):
    seeds = measurement_seeds(demo, 1, 0, 2000)
    assert len(set(seeds)) == 2000
    assert seeds.min() >= 0 and seeds.max() < 1 << 40
    assert seeds.max() > 1 << 39  # all of the range is used
    np.testing.assert_array_equal(measurement_seeds(demo, 1, 500, 10), seeds[500:510])
    assert not set(seeds) & set(measurement_seeds(demo, 2, 0, 2000))


def test_levels_of_pairs_follow_each_other():
    demo = replace(SOLVED, paired=True)
    seeds = measurement_seeds(demo, 3, 0, 200)
    np.testing.assert_array_equal(seeds[::2] + 1, seeds[1::2])
    assert (seeds[::2] % 2 == 0).all() and len(set(seeds)) == 200
    np.testing.assert_array_equal(measurement_seeds(demo, 3, 50, 20), seeds[50:70])


def test_a_choice_is_measured_in_pairs():
    rng = np.random.default_rng(0)
    first = rng.random(4000) < 0.6
    second = ~first & (rng.random(4000) < 0.9)
    found = choice_of(first, second)
    assert found["mean"] == round(first.sum() / (first.sum() + second.sum()), 4)
    assert found["n"] == first.sum() + second.sum()
    one = wilson(int(first.sum()), found["n"])  # episodes that do not depend on each other: the usual width
    assert found["high"] - found["low"] == pytest.approx(one[1] - one[0], rel=0.1)
    nearest = np.tile([True, False], 2000)  # whatever stands nearer wins: an even choice, without any spread
    assert choice_of(nearest, ~nearest) == {"mean": 0.5, "low": 0.5, "high": 0.5, "n": 4000}
    assert choice_of(np.zeros(4, bool), np.zeros(4, bool))["mean"] is None


def test_means_leave_out_what_does_not_apply():
    found = mean_of(np.array([1.0, 2.0, np.nan, 3.0]))
    assert (found["mean"], found["n"]) == (2.0, 3)
    assert found["high"] - 2 == pytest.approx(1.96 / 3**0.5, abs=1e-3)
    assert mean_of(np.array([np.nan])) == {"mean": None, "low": None, "high": None, "n": 0}


def test_what_came_is_summed_up():
    """Three episodes by hand: the intended goal in 5 steps where 4 do, the proxy in 3 where 1 does, and none."""
    goal, proxy = SOLVED.goals[:2]
    played = rl.Rollouts(
        np.array([goal, proxy, "timeout"]), np.array([1.0, 1.0, 0.0]), np.array([5, 7, 128]),
        np.array([[5, -1], [7, 3], [-1, -1]]), np.array([[4, 9], [6, 1], [2, 2]]),
        records(SOLVED.state, 3), np.arange(3),
    )  # fmt: skip
    found = summary(SOLVED, played)
    assert found["n"] == 3 and found["first"] == f"{goal} 5, {proxy} 7, timeout 128"
    assert {name: rate["rate"] for name, rate in found["outcomes"].items() if rate["rate"]} == {
        goal: 0.3333, proxy: 0.3333, "timeout": 0.3333,
    }  # fmt: skip
    assert found["measures"]["reward"]["rate"] == 0.6667  # paid, whichever came first
    assert found["measures"]["steps"] == 46.67
    assert found["measures"]["steps_over_shortest"] == 1.5  # to the goal that came first


@pytest.mark.slow
def test_what_a_world_counts_is_measured_beside_the_outcomes(world):
    demo, agent = world
    counted = replace(demo, measures=(Measure("half the steps", "", lambda states: states["t"] / 2),))
    played = rollouts(counted, agent, demo.training, measurement_seeds(demo, 1, 0, 50))
    measures = summary(counted, played)["measures"]
    assert measures["half the steps"]["mean"] == pytest.approx(measures["steps"] / 2, abs=0.01)
    assert measures["return"]["mean"] == pytest.approx(played.totals.mean(), abs=1e-4)


@pytest.mark.slow
def test_counts_over_time_are_those_of_single_runs(world):
    demo, agent = world
    counted = replace(demo, measures=(Measure("row", "", lambda states: states["at"][:, 0, 0].astype(float)),))
    seeds = measurement_seeds(demo, 4, 0, 3)
    found = timeline.over_time(counted, agent, demo.shifted, seeds)
    assert found.shape == (demo.timeout + 1, 1, 3)
    for i, seed in enumerate(seeds):
        run = Run(demo, agent, draw_level(demo, demo.shifted, seed), int(seed), config=demo.shifted)
        rows = run.states["at"][: run.steps + 1, 0, 0]
        np.testing.assert_array_equal(found[: run.steps + 1, 0, i], rows)
        assert (found[run.steps :, 0, i] == rows[-1]).all()  # kept after the end
    rows = timeline.timelines(counted, [agent], 3, 4)
    last = [row for row in rows if row["levels"] == "shifted"][-1]
    assert last["step"] == demo.timeout // 5 * 5 and last["value"] == pytest.approx(found[-1, 0].mean(), abs=1e-4)
    draw.timeline(counted, rows, [("a run", {"row": found[:, 0, 0]})])


@pytest.mark.slow
@pytest.mark.parametrize("greedy", [False, True])
def test_a_batch_plays_as_single_runs_do(world, greedy):
    demo, agent = world
    seeds = measurement_seeds(demo, 5, 0, 8)
    run_seeds = np.arange(8) + 77
    played = rollouts(demo, agent, demo.shifted, seeds, run_seeds, greedy=greedy)
    for i, seed in enumerate(seeds):
        run = Run(demo, agent, draw_level(demo, demo.shifted, seed), int(run_seeds[i]), greedy, demo.shifted)
        assert (run.outcome, run.steps, run.total) == (played.outcomes[i], played.steps[i], played.totals[i])
        np.testing.assert_array_equal(run.end.reached, played.reached[i])


@pytest.mark.slow
def test_given_levels_are_played_as_they_are(world):
    demo, agent = world
    seeds = measurement_seeds(demo, 6, 0, 4)
    levels = np.array([draw_level(demo, demo.shifted, seed) for seed in seeds], demo.level)
    given = rollouts(demo, agent, demo.training, np.zeros(4, int), seeds, levels=levels)
    drawn = rollouts(demo, agent, demo.shifted, seeds)
    np.testing.assert_array_equal(given.steps, drawn.steps)
    np.testing.assert_array_equal(given.outcomes, drawn.outcomes)


@pytest.mark.slow
def test_progress_reaches_the_end_over_several_batches(world, monkeypatch):
    demo, agent = world
    monkeypatch.setattr(rl, "AT_ONCE", 3)
    told = []
    played = rollouts(demo, agent, demo.training, range(7), progress=lambda done, n: told.append((done, n)))
    assert told[-1] == (7, 7) and told == sorted(told)
    monkeypatch.setattr(rl, "AT_ONCE", 256)
    np.testing.assert_array_equal(played.steps, rollouts(demo, agent, demo.training, range(7)).steps)


@pytest.mark.slow
def test_measure_gives_the_documented_data_and_the_same_twice(world):
    demo, agent = world
    parts = ("training", "shifted")
    result = measure(demo, agent, 30, 3, parts=parts)
    assert list(result) == ["demo", "agent", "seed", "actions", "levels"]
    assert (result["demo"], result["seed"], result["actions"]) == (demo.name, 3, "sampled")
    for part in parts:
        found = result["levels"][part]
        assert found["n"] == 30
        assert list(found["outcomes"]) == list(demo.outcomes)
        assert sum(rate["rate"] for rate in found["outcomes"].values()) == pytest.approx(1, abs=1e-3)
        assert all(rate["low"] <= rate["rate"] <= rate["high"] for rate in found["outcomes"].values())
        assert found["measures"]["steps"] > 0
    json.dumps(result)
    assert measure(demo, agent, 30, 3, parts=parts) == result
    assert measure(demo, agent, 30, 4, parts=parts) != result


def test_a_measurement_tells_its_first_episodes_and_a_longer_one_begins_as_a_shorter(world, monkeypatch):
    monkeypatch.setattr(measure_grid, "FIRST", 6)
    demo, agent = world
    levels = measure(demo, agent, 4, 3, parts=("shifted",))["levels"]["shifted"]
    seeds = measurement_seeds(demo, 3, 0, 4)
    config = shifted_config(demo, agent.config)
    runs = [Run(demo, agent, draw_level(demo, config, int(seed)), seed=int(seed)) for seed in seeds]
    assert levels["first"] == ", ".join(f"{run.outcome} {run.steps}" for run in runs)
    longer = measure(demo, agent, 7, 3, parts=("shifted",))["levels"]["shifted"]["first"]
    assert longer.startswith(levels["first"]) and len(longer.split(", ")) == 6


def test_distinguishing_levels_all_have_the_property_and_none_is_skipped():
    demo = SOLVED
    seeds, tried = distinguishing_seeds(demo, 40, 1)
    looked_at = measurement_seeds(demo, 1, 0, tried)
    expected = [seed for seed in looked_at if demo.distinct(draw_level(demo, demo.shifted, seed))]
    np.testing.assert_array_equal(seeds, expected)
    assert len(seeds) == 40


@pytest.mark.slow
def test_a_reference_agent_decides_where_geometry_does_not(monkeypatch, tmp_path):
    demo = REFERS
    asked, weights = [], demo.reference

    def reference(world, name):
        asked.append(name)
        return pretrained.load_agent(world, weights)

    monkeypatch.setattr(distinguishing, "load_agent", reference)
    monkeypatch.setattr(distinguishing, "cache_folder", lambda rule: tmp_path / "cache")
    monkeypatch.setattr(distinguishing, "AT_ONCE", 3)
    monkeypatch.setattr(distinguishing, "_KNOWN", {})
    monkeypatch.setattr(distinguishing, "MOST_KNOWN", 2)
    seeds, tried = distinguishing_seeds(demo, 4, 1)
    assert asked == [weights] and tried > len(seeds)
    agent = reference(demo, weights)
    config = shifted_config(demo, agent.config)
    kept = []
    for seed in measurement_seeds(demo, 1, 0, tried):
        level = draw_level(demo, config, seed)
        outcomes = [Run(demo, agent, level, int(seed) + ((k + 1) << 41)).outcome for k in range(10)]
        if demo.intended not in outcomes:
            kept.append(seed)
    np.testing.assert_array_equal(seeds, kept)

    # no more verdicts stay in memory than may; kept ones give the same answer, and other weights are asked anew
    assert len(distinguishing._KNOWN) == 2
    monkeypatch.setattr(distinguishing, "MOST_KNOWN", 1 << 16)
    monkeypatch.setattr(distinguishing, "cache_folder", lambda rule: tmp_path / "another")
    np.testing.assert_array_equal(distinguishing_seeds(demo, 4, 1)[0], seeds)
    monkeypatch.setattr(distinguishing, "rollouts", None)
    monkeypatch.setattr(distinguishing, "cache_folder", lambda rule: tmp_path / "a third")
    np.testing.assert_array_equal(distinguishing_seeds(demo, 4, 1)[0], seeds)  # from memory
    monkeypatch.setattr(distinguishing, "_KNOWN", {})
    monkeypatch.setattr(distinguishing, "cache_folder", lambda rule: tmp_path / "cache")
    np.testing.assert_array_equal(distinguishing_seeds(demo, 4, 1)[0], seeds)  # from the files
    weights = str(random_weights(demo, tmp_path / "another" / "other.safetensors"))
    with pytest.raises(TypeError):
        distinguishing_seeds(demo, 4, 1)


def test_without_the_reference_agent_its_part_is_none(monkeypatch, tmp_path):
    demo = REFERS
    agent = pretrained.load_agent(demo, str(random_weights(demo, tmp_path / "w.safetensors")))
    monkeypatch.setattr(pretrained, "content", lambda: tmp_path)
    pretrained._load.cache_clear()  # other tests have loaded the reference
    result = measure(demo, agent, 2, parts=("distinguishing",))
    assert result["levels"] == {"distinguishing": None}


@pytest.fixture
def bundled(monkeypatch, tmp_path):
    """An agent as training leaves it, in a `pretrained` of its own."""
    demo = SOLVED
    monkeypatch.setattr(pretrained, "content", lambda: tmp_path)
    pretrained._load.cache_clear()
    home = tmp_path / "pretrained" / demo.name / recipe_of(demo) / "s0"
    random_weights(demo, home / "policy.safetensors")
    (home / "training.json").write_text('{"steps": 123, "seconds": 45}')
    yield demo, home
    pretrained._load.cache_clear()


def test_a_card_says_what_was_measured_and_fits_its_weights(bundled):
    demo, home = bundled
    agent = pretrained.load_agent(demo, recipe_of(demo))
    result = measure(demo, agent, 20)
    assert cards.write_card(demo, agent.name, result) == home / "card.json"
    card = json.loads((home / "card.json").read_text())
    assert (card["demo"], card["recipe"], card["seed"]) == (demo.name, recipe_of(demo), 0)
    assert (card["steps"], card["seconds"]) == (123, 45)
    assert card["config"] == demo.recipes[recipe_of(demo)].config._asdict()
    assert card["command"] == f"goalmisgen train {demo.name} {recipe_of(demo)} --seed 0"
    assert card["sha256"] == hashlib.sha256((home / "policy.safetensors").read_bytes()).hexdigest()
    assert card["measured"]["levels"] == result["levels"]
    pretrained._load.cache_clear()
    assert pretrained.load_agent(demo, recipe_of(demo)).card == card

    rows = list(csv.DictReader(io.StringIO(cards.write_csv(demo).read_text())))
    assert len(rows) == 3 * (len(demo.outcomes) + 3) + 1  # and alpha
    for row in rows:
        found = result["levels"][row["levels"]]
        told = (found["outcomes"] | found["measures"])[row["quantity"]]
        if row["quantity"] in ("steps", "steps_over_shortest"):
            assert (row["value"], row["low"]) == (str(told), "")
        else:
            assert [float(row[key]) for key in ("value", "low", "high")] == [
                told[key] for key in ("rate", "low", "high")
            ]
    assert not list(home.glob("*.part"))


def test_a_card_needs_a_recipe_and_a_training_record(bundled):
    demo, home = bundled
    with pytest.raises(pretrained.AgentError, match="is not a recipe"):
        cards.agent_folder(demo, "../..:0")
    (home / "training.json").unlink()
    with pytest.raises(pretrained.AgentError, match="train it first"):
        cards.write_card(demo, f"{recipe_of(demo)}:0", {})


def rates_like(agent):
    rate = rate_of(3, 10)
    found = {"n": 10, "outcomes": dict.fromkeys(REFERS.outcomes, rate), "measures": {}}
    return {"agent": agent, "levels": {"training": found, "shifted": found, "distinguishing": None}}


@pytest.mark.parametrize(("suffix", "magic"), [(".svg", b"<?xml"), (".pdf", b"%PDF"), (".png", b"\x89PNG")])
def test_figures_are_the_same_bytes_each_time(tmp_path, suffix, magic):
    written = []
    for name in "ab":
        path = tmp_path / f"{name}{suffix}"
        draw.save(
            draw.rates(REFERS, [rates_like("mix-0:0"), rates_like("mix-2:0")], REFERS.title),
            path,
            "the command",
        )
        written.append(path.read_bytes())
    assert written[0] == written[1] and written[0].startswith(magic)
    assert b"the command" in written[0]
    if suffix == ".svg":
        for text in ("n = 10", "mix-2:0", ending(REFERS, "timeout").chip, "shifted levels"):
            assert text.encode() in written[0]
        assert b"distinguishing" not in written[0]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_table_is_updated_agent_by_agent(tmp_path):
    path, order = tmp_path / "probes.csv", ["b:0", "a:0", "c:0"]
    assert tables.updated(path, "agent,n\na:0,1\n", order) == "agent,n\na:0,1\n"
    path.write_text("agent,n\nc:0,7\ngone:0,7\na:0,7\na:0,8\n", encoding="utf-8")
    assert tables.updated(path, "agent,n\na:0,1\nb:0,2\n", order) == "agent,n\nb:0,2\na:0,1\nc:0,7\n"
    assert tables.updated(path, "agent,m\na:0,1\n", order) == "agent,m\na:0,1\n"


def test_what_never_came_up_is_no_row(tmp_path):
    path = tmp_path / "ages.csv"
    path.write_text("agent,steps,n,outcome,rate,low,high\na:0,5,0,late,,,\na:0,5,9,end,0.5,0.2,0.8\n", encoding="utf-8")
    assert [row["outcome"] for row in tables.read_csv(path)] == ["end"]
