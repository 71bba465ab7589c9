"""Agents and devices: the mathematics against brute force and limits, the measured table, and the page."""

import itertools
import json
import math
import re
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.content import content
from goalmisgen.engine.lessons.numbers_in_text import cited, filled
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.study import agents_and_devices as study
from goalmisgen.engine.study import posterior
from goalmisgen.engine.study.devices import DEVICES
from goalmisgen.engine.study.figures import draw
from goalmisgen.engine.study.levels import prepared_level, preset_run
from goalmisgen.engine.web.components.agency import watch as web
from streamlit.testing.v1 import AppTest
from worlds import SCROLLS, world

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


@pytest.mark.slow
@pytest.mark.parametrize("text", WALKS)
@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_agents_are_those_of_a_sum_over_goals(text, noise):
    places, moves = walked(SMALL, (0, 0), text)
    found = posterior.agents(posterior.field(SMALL), places, moves, noise)
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
        found = posterior.devices(posterior.field(corridor), places, moves, noise, [family])
        assert found[-1, 0] == pytest.approx(math.log(np.mean(chances)), abs=1e-9)


@pytest.mark.parametrize("text", WALKS)
def test_devices_by_chance_are_those_of_an_average_over_chances(text):
    """One surrounding only (a tile with nowhere to go): the mean of the likelihood over the simplex of chances."""
    alone = grid(".")
    places, moves = walked(alone, (0, 0), text)
    drawn = np.random.default_rng(0).dirichlet(np.ones(4), 400_000)
    found = posterior.devices(posterior.field(alone), places, moves, 0.1, ["chances"])
    assert found[-1, 0] == pytest.approx(math.log(drawn[:, moves].prod(1).mean()), abs=0.08)


@pytest.mark.parametrize("devices_in", posterior.CLASSES)
def test_every_mixture_is_a_distribution_over_runs(devices_in):
    """The chances of all runs of four moves from one tile sum to one, for either explanation."""
    tiles, sums = posterior.field(SMALL), np.zeros(2)
    for text in itertools.product("URDL", repeat=4):
        places, moves = walked(SMALL, (0, 0), "".join(text))
        sums[0] += np.exp(posterior.agents(tiles, places, moves, 0.2)[-1]).mean()
        sums[1] += np.exp(posterior.devices(tiles, places, moves, 0.2, posterior.CLASSES[devices_in])[-1]).mean()
    assert sums == pytest.approx((1, 1), abs=1e-9)


OPEN = np.ones((7, 7), bool)
STAIRS = "RURRUURURURURU"  # to the top right corner, by no fixed reflex


def test_before_anything_was_seen_nothing_is_known():
    found = posterior.belief(posterior.field(OPEN), np.zeros((0, 2)), np.zeros(0))
    assert found.agent == pytest.approx([0.5]) and found.factor == pytest.approx([0])
    assert found.goals[0] == pytest.approx(np.full(49, 1 / 49))


def test_a_shortest_way_speaks_for_an_agent_and_names_its_goal():
    places, moves = walked(OPEN, (6, 1), STAIRS[:11])
    found = posterior.belief(posterior.field(OPEN), places, moves)
    assert found.agent[-1] > 0.95 and (np.diff(found.agent) < 0).sum() <= 2
    stayed = posterior.belief(posterior.field(OPEN), *walked(OPEN, (6, 1), STAIRS[:11] + "URURUR"))
    assert tuple(posterior.field(OPEN).cells[stayed.goals[-1].argmax()]) == (0, 6) and stayed.goals[-1].max() > 0.9


def test_a_reflex_speaks_for_a_device():
    """Right until blocked, then up: a shortest way to the corner too, and a device's own."""
    places, moves = walked(OPEN, (6, 0), "RRRRRRUUUUUUUUUU")
    assert posterior.belief(posterior.field(OPEN), places, moves).agent[-1] < 0.5
    to_and_fro = posterior.belief(posterior.field(OPEN), *walked(OPEN, (3, 0), "RRRRRRLLLLLL" * 3))
    assert to_and_fro.agent[-1] < 1e-3
    assert to_and_fro.devices[-1].argmax() == posterior.CLASSES["fixed"].index("turning")


def test_random_moves_speak_for_a_device():
    rng, factors = np.random.default_rng(1), []
    for _ in range(20):
        text = "".join(rng.choice(list("URDL"), 40))
        factors.append(posterior.belief(posterior.field(OPEN), *walked(OPEN, (3, 3), text)).factor[-1])
    assert np.mean(factors) < -2 and max(factors) < 0


def test_with_noise_alone_agents_and_devices_are_one():
    found = posterior.belief(posterior.field(OPEN), *walked(OPEN, (6, 0), STAIRS), noise=1.0)
    assert found.agent == pytest.approx(np.full(len(STAIRS) + 1, 0.5), abs=1e-12)


def test_less_noise_says_more_of_a_run_without_a_wrong_step():
    factors = [
        posterior.belief(posterior.field(OPEN), *walked(OPEN, (6, 1), STAIRS[:11]), noise=noise).factor[-1]
        for noise in (0.8, 0.4, 0.2, 0.1, 0.05)
    ]
    assert (np.diff(factors) > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("devices_in", posterior.CLASSES)
def test_a_turned_or_mirrored_run_is_judged_alike(devices_in):
    is_open = OPEN.copy()
    is_open[2, 3] = is_open[4, 4] = False
    places, moves = walked(is_open, (6, 0), "RRUURDULLURRRU")
    told = posterior.belief(posterior.field(is_open), places, moves, devices_in=devices_in).factor
    quarter = np.stack((places[:, 1], 6 - places[:, 0]), 1)  # clockwise
    turned = posterior.belief(
        posterior.field(np.rot90(is_open, -1)), quarter, (moves + 1) % 4, devices_in=devices_in
    ).factor
    mirrored = np.stack((places[:, 0], 6 - places[:, 1]), 1)
    swapped = np.array([0, 3, 2, 1])[moves]
    flipped = posterior.belief(posterior.field(is_open[:, ::-1]), mirrored, swapped, devices_in=devices_in).factor
    np.testing.assert_allclose(turned, told, atol=1e-9)
    np.testing.assert_allclose(flipped, told, atol=1e-9)


def test_what_comes_later_does_not_change_what_was_believed_before():
    places, moves = walked(OPEN, (6, 0), STAIRS)
    whole = posterior.belief(posterior.field(OPEN), places, moves)
    part = posterior.belief(posterior.field(OPEN), places[:5], moves[:5])
    np.testing.assert_allclose(whole.agent[:6], part.agent, atol=1e-12)
    np.testing.assert_allclose(whole.goals[:6], part.goals, atol=1e-12)


def test_a_long_run_neither_overflows_nor_vanishes():
    found = posterior.belief(posterior.field(OPEN), *walked(OPEN, (6, 0), "RULD" * 1000), noise=1e-6)
    assert all(np.isfinite(each).all() for each in (found.agent, found.factor, found.goals, found.devices))


def test_a_place_cut_off_is_a_goal_of_no_run():
    is_open = grid("..#.", "..#.")
    found = posterior.agents(posterior.field(is_open), *walked(is_open, (0, 0), "RDL"), noise=0.1)
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
        posterior.belief(posterior.field(SMALL), **(given | change))


def test_a_world_with_other_moves_has_no_field():
    demo = SCROLLS
    with pytest.raises(ValueError, match=f"{demo.name} has other moves than up, right, down, left"):
        posterior.field_of(demo, draw_level(demo, demo.training, 1))


# --- the measured table

DEMO = world(lambda demo: demo.behaviours)
ROWS = study.read_study(DEMO)


def told(behaviour, quantity, board="as drawn", seen=study.SEEN[0], devices=posterior.USUAL_CLASS, noise=0.1):
    """One row of the table; what runs did has neither devices nor noise."""
    settings = (seen, devices, noise) if quantity[:2] in ("p(", "lo", "fa") else (study.SEEN[0], "", None)
    (row,) = [
        row
        for row in ROWS
        if (row["behaviour"], row["quantity"], row["board"]) == (behaviour, quantity, board)
        and (row["seen"], row["devices"], row["noise"]) == settings
    ]
    return row


@pytest.mark.parametrize("behaviour", DEMO.behaviours, ids=lambda each: each.name)
def test_every_kind_of_behaviour_does_what_it_is_called_after(behaviour):
    assert preset_run(DEMO, behaviour).outcome == behaviour.outcome


def test_the_table_holds_every_setting_and_its_intervals():
    assert {row["behaviour"] for row in ROWS} == {each.name for each in DEMO.behaviours} == set(study.PUBLISHED)
    believed = [row for row in ROWS if row["devices"]]
    assert len({(row["board"], row["seen"], row["devices"], row["noise"]) for row in believed}) == 2 * 2 * 3 * 5
    assert all(row["low"] <= row["value"] <= row["high"] for row in ROWS)
    for behaviour in DEMO.behaviours:
        outcomes = [told(behaviour.name, name)["value"] for name in DEMO.outcomes]
        assert sum(outcomes) == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_a_part_of_the_table_is_measured_again(tmp_path):
    """The same levels give the same rows, whatever else was measured beside them."""
    episodes = 6
    first = study.judged(DEMO, DEMO.behaviours[1], episodes)
    assert first == study.judged(DEMO, DEMO.behaviours[1], episodes)
    text = study.study_csv(first)
    assert text.splitlines()[0] == ",".join(study.COLUMNS) and len(text.splitlines()) == len(first) + 1
    (mine,) = [
        row
        for row in first
        if (row["board"], row["seen"], row["devices"], row["noise"], row["quantity"])
        == ("as drawn", "to the first goal", "fixed", 0.2, "p(agent)")
    ]
    agent, values = load_agent(DEMO, DEMO.behaviours[1].agent), []
    for level in study.levels_of(DEMO, DEMO.behaviours[1], agent, "as drawn", episodes, 1):
        assert DEMO.distinct(level)
        run = Run(DEMO, agent, level, int(level.seed))
        places, moves = run.states["at"][: run.decided, 0].astype(int), run.actions[: run.decided]
        values.append(posterior.belief(posterior.field_of(DEMO, level), places, moves, 0.2).agent[-1])
    assert mine["n"] == len(values) == episodes and mine["value"] == pytest.approx(np.mean(values), abs=1e-4)


def test_the_table_as_bundled_is_that_of_the_command():
    """The first levels, one kind of behaviour: the bundled rate of reward lies within what they can be a part of."""
    behaviour = DEMO.behaviours[0]
    agent = load_agent(DEMO, behaviour.agent)
    levels = study.levels_of(DEMO, behaviour, agent, "as drawn", 40, 1)
    paid = sum(Run(DEMO, agent, level, int(level.seed)).total > 0 for level in levels)
    row = told(behaviour.name, "rewarded")
    assert 0 <= round(row["value"] * row["n"]) - paid <= row["n"] - 40


def test_the_figure_as_bundled_is_that_of_the_table(tmp_path):
    bundled = study.path_of(DEMO).with_suffix(".svg")
    draw.save(study.figure(ROWS), tmp_path / "again.svg", f"goalmisgen agency {DEMO.name} --episodes 300 --seed 1")
    assert (tmp_path / "again.svg").read_bytes() == bundled.read_bytes()


def test_what_the_page_says_of_lawns_and_mazes_is_in_the_table():
    """More detours on lawns, fewer runs that favour an agent; to the end, misgeneralizing runs favour a device."""
    for name in ("in-distribution", "robust"):
        lawn, maze = (told(name, "moves over shortest", board) for board in study.BOARDS)
        assert lawn["low"] > maze["high"]
        lawn, maze = (told(name, "favours agent", board) for board in study.BOARDS)
        assert lawn["high"] < maze["low"]
    first, whole = (told("misgeneralizing", "p(agent)", seen=seen) for seen in study.SEEN)
    assert first["low"] > 0.5 > whole["high"]
    assert "more detours than in mazes" in (content() / "lessons" / "agent_or_device.md").read_text("utf-8")


def test_the_explanation_is_short_and_cites_what_it_rests_on():
    text = (content() / "lessons" / "agent_or_device.md").read_text(encoding="utf-8")
    assert len(re.sub(r"\{[^}]+\}", "N", text).split()) <= 250
    assert cited(text) == {
        "langosco2022goal": True,
        "orseau2018agents": False,
        "macdermott2024measuring": False,
    } and "°" in filled(text)


@pytest.mark.slow
def test_the_command_writes_table_and_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study, "path_of", lambda demo: tmp_path / "studies" / "agents-and-devices.csv")
    with pytest.raises(SystemExit) as ended:
        cli.main(["agency", DEMO.name, "--episodes", "2", "--write"])
    assert ended.value.code == 0 and "misgeneralizing  corner-1:0" in capsys.readouterr().out
    made = {path.suffix: path for path in (tmp_path / "studies").iterdir()}
    assert set(made) == {".csv", ".svg", ".png"}
    drawing = made[".svg"].read_text(encoding="utf-8")
    assert f"goalmisgen agency {DEMO.name} --episodes 2 --seed 1" in drawing and ">in-distribution</text>" in drawing


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([SCROLLS.name], f"{SCROLLS.name} names no kinds of behaviour to judge; these do: {DEMO.name}."),
        ([DEMO.name, "--figure", "a.doc"], "'a.doc' is not a figure this can write"),
    ],
)
def test_the_command_refuses_with_a_sentence(words, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["agency", *words])
    assert ended.value.code == 2 and sentence in capsys.readouterr().err


# --- the page


def page() -> None:
    from goalmisgen.engine.web.pages.agent_or_device_page import agency_page

    agency_page()


def shown(at: AppTest) -> dict:
    (found,) = [json.loads(each.proto.json) for each in at.get("bidi_component") if each.proto.json]
    return found


def test_the_page_opens_on_a_run_that_looks_like_an_agents_until_its_first_goal() -> None:
    """What its text says: as drawn, judged to the first goal, the mouse that misses the cheese is no device."""
    last = {}
    for kind in DEMO.behaviours:
        agent = load_agent(DEMO, kind.agent)
        level = prepared_level(DEMO, replace(kind, changes=()), agent.config)
        watch = web.Watch(DEMO, web.walked(DEMO, kind.agent, level, 0), kind.agent, level)
        for whole in (False, True):
            judged = web.payload(watch, posterior.USUAL_CLASS, posterior.USUAL_NOISE, whole)
            assert len(judged["agent"]) == judged["steps"] + 1 == len(judged["places"])
            last[kind.name, whole] = judged["agent"][-1]
    assert min(last[name, False] for name in ("in-distribution", "misgeneralizing", "robust")) > 0.9
    assert last["incompetent", False] < 0.1 and last["misgeneralizing", True] < 0.1


def watching(walker: str) -> web.Watch:
    level = prepared_level(DEMO, DEMO.behaviours[1], DEMO.training)
    return web.Watch(DEMO, web.walked(DEMO, walker, level, 0), walker, level)


@pytest.mark.slow
def test_the_page_shows_what_is_believed_after_every_step():
    at = AppTest.from_function(page, default_timeout=120).run()
    assert not at.exception
    first = shown(at)
    run = preset_run(DEMO, replace(DEMO.behaviours[1], changes=()))
    at.radio(key="agency-seen").set_value("whole episode").run()
    assert first["steps"] == run.decided and (first := shown(at))["steps"] == run.steps
    assert len(first["agent"]) == len(first["goals"]) == run.steps + 1
    expected = posterior.belief(posterior.field_of(DEMO, run.level), *study.walk_of(run))
    np.testing.assert_allclose(first["agent"], expected.agent, atol=1e-5)
    text = "".join(each.proto.body for each in at.get("html"))
    assert "0.9999" in text and f"{told('robust', 'p(agent)')['value']:.2f}" in text
    at.select_slider(key="agency-noise").set_value(1.0).run()
    assert shown(at)["agent"] == pytest.approx([0.5] * (run.steps + 1))
    at.selectbox(key="agency-devices").select("random").run()
    assert [name for name, _ in shown(at)["families"]] == ["random"]
    at.selectbox(key="agency-kind").select("robust").run()
    assert at.selectbox(key="agency-walker").value == "anywhere:0" and not at.exception
    assert len(shown(at)["cells"]) < 49, "as drawn"
    at.toggle(key="agency-opened").set_value(True).run()
    assert not at.exception and len(shown(at)["cells"]) == 49
    at.selectbox(key="agency-walker").select(web.YOU).run()
    assert not at.exception and shown(at)["yours"] and shown(at)["steps"] == 0


def test_the_address_brings_back_who_walks_where() -> None:
    at = AppTest.from_function(page, default_timeout=120).run()
    walker = at.selectbox(key="agency-walker").options[-2]
    at.selectbox(key="agency-walker").select(walker).run()
    at.number_input(key="agency-number").set_value(12).run()
    again = AppTest.from_function(page, default_timeout=120)  # as after a reload
    held = at.query_params.items()
    again.query_params.update({name: value if isinstance(value, str) else value[0] for name, value in held})
    again.run()
    assert not again.exception and again.selectbox(key="agency-walker").value == walker
    assert shown(again)["level"] == shown(at)["level"]
    strange = AppTest.from_function(page, default_timeout=120)
    strange.query_params.update({"kind": "<b>", "walker": "nobody", "number": "1e9", "seed": "-1"})
    assert not strange.run().exception and strange.number_input(key="agency-seed").value == 0


def test_a_page_without_a_table_says_how_it_is_made(monkeypatch):
    monkeypatch.setattr(study, "path_of", lambda demo: content() / "nowhere.csv")
    at = AppTest.from_function(page, default_timeout=120).run()
    assert not at.exception
    assert any(f"Not measured yet: `goalmisgen agency {DEMO.name} --write`." in each.value for each in at.caption)


def test_a_goal_moved_on_the_way_changes_only_what_comes_after():
    watch = watching("anywhere:0")
    before = web.payload(watch, "fixed", 0.1)
    assert before["steps"] > 4
    web.answer(watch, {"seq": 1, "kind": "move", "name": "cheese", "place": [1, 1], "at": 3})
    after = web.payload(watch, "fixed", 0.1)
    assert not watch.refused and watch.since == 3
    assert after["agent"][:4] == before["agent"][:4] and after["goals"][:4] == before["goals"][:4]
    assert after["places"] != before["places"]
    (cheese,) = [mark for mark in after["marks"] if mark["name"] == "cheese"]
    cells = [after["cells"][number] for number in cheese["cells"]]
    assert cells[3] == [1, 1] != cells[2]
    web.answer(watch, {"seq": 2, "kind": "reset"})
    assert web.payload(watch, "fixed", 0.1)["agent"] == before["agent"]


def test_what_is_optional_is_added_and_taken_away():
    watch = watching("corner-1:0")
    web.answer(watch, {"seq": 1, "kind": "add", "name": "second_cheese"})
    named = [mark["name"] for mark in web.payload(watch, "fixed", 0.1)["marks"]]
    assert named == ["cheese", "second cheese", "corner"]
    web.answer(watch, {"seq": 2, "kind": "remove", "name": "second_cheese"})
    assert [mark["name"] for mark in web.payload(watch, "fixed", 0.1)["marks"]] == ["cheese", "corner"]


def test_a_person_walks_by_single_steps():
    watch = watching(web.YOU)
    for seq, action in enumerate((1, 1, 0), 1):
        web.answer(watch, {"seq": seq, "kind": "walk", "at": watch.run.steps, "action": action})
    assert watch.run.actions[: watch.run.steps].tolist() == [1, 1, 0] and watch.since == 3
    web.answer(watch, {"seq": 4, "kind": "walk", "at": 1, "action": 3})  # from an earlier step on: another walk
    assert watch.run.actions[: watch.run.steps].tolist() == [1, 3]
    web.answer(watch, {"seq": 5, "kind": "move", "name": "cheese", "place": [4, 4]})
    assert watch.run.actions[: watch.run.steps].tolist() == [1, 3]  # what lies elsewhere changes no step of a person
    web.answer(watch, {"seq": 6, "kind": "move", "name": "mouse", "place": [4, 3]})
    assert watch.run.steps == 0 and tuple(watch.run.states[0].at[0]) == (4, 3)


@pytest.mark.parametrize("walker", DEVICES)
def test_devices_that_walk_are_taken_for_devices(walker):
    watch = watching(walker)
    last = web.payload(watch, "fixed", 0.1)
    assert last["agent"][-1] < 0.05
    if walker != "device: random moves":
        again = web.walked(DEMO, walker, watch.run.level, 5)
        assert again.actions[: again.steps].tolist() == watch.run.actions[: watch.run.steps].tolist()


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"kind": "move", "name": "cheese", "place": [0, 0]}, "would be inside the hedge"),
        ({"kind": "move", "name": "cheese", "place": [0, 99]}, "outside the level"),
        ({"kind": "move", "name": "cheese", "place": [float("nan"), 3]}, "outside the level"),
        ({"kind": "move", "name": "cheese"}, "could not be read"),
        ({"kind": "move", "name": "cheese", "place": [1, 2, 3]}, "could not be read"),
        ({"kind": "move", "name": "dragon", "place": [1, 1]}, "There is no object 'dragon'"),
        ({"kind": "remove", "name": "mouse"}, "The level has no mouse"),
        ({"kind": "walk", "action": 4}, "There is no move 4"),
        ({"kind": "walk", "action": "up"}, "could not be read"),
        ({"kind": "walk", "at": "now", "action": 1}, "could not be read"),
    ],
)
def test_what_the_page_cannot_do_is_refused_with_a_sentence(message, sentence):
    watch = watching(web.YOU)
    web.answer(watch, {"seq": 1, "kind": "walk", "action": 1})
    level, moves = watch.run.level.tobytes(), watch.run.steps
    web.answer(watch, message | {"seq": 2})
    assert sentence in watch.refused and watch.ack == 2
    assert (watch.run.level.tobytes(), watch.run.steps) == (level, moves)
    web.answer(watch, {"seq": 3, "kind": "walk", "at": 1, "action": 1})
    assert not watch.refused
