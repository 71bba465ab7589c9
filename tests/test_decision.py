"""The contract of decision demos, over all of them, and what the engine makes of one: runs, pages, films, commands."""

import json
import math
import re

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents.chooser import load_chooser
from goalmisgen.engine.agents.pretrained import agent_names
from goalmisgen.engine.agents.run_decision import DecisionRun
from goalmisgen.engine.cli import main
from goalmisgen.engine.film.decision import film
from goalmisgen.engine.film.files import FilmError
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.literature import reference
from goalmisgen.engine.lessons.numbers_in_text import filled
from goalmisgen.engine.lessons.tasks_decision import decision_scene, understood
from goalmisgen.engine.rules.decision import DecisionDemo
from goalmisgen.engine.rules.process import Process
from goalmisgen.engine.study.cards import cards_of
from goalmisgen.engine.study.measure_decision import measure
from goalmisgen.engine.study.solve import Planner, expected, quantities
from goalmisgen.engine.web.html import decision
from goalmisgen.engine.web.pages.decision_page import MOST_POINTS, ticks
from PIL import Image
from streamlit.testing.v1 import AppTest


@pytest.fixture(params=goalmisgen.DECISIONS)
def demo(request):
    """Every decision demo in turn."""
    return goalmisgen.entry(request.param)


def corners(demo):
    """The usual values, and each slider at its ends."""
    yield demo.usual()
    for slider in demo.sliders:
        for value in (slider.low, slider.high):
            yield demo.usual() | {slider.name: value}


def test_the_record_is_complete(demo):
    assert isinstance(demo, DecisionDemo) and demo.kind == "decision"
    for text in (demo.title, demo.question, demo.reward, demo.fits_too, demo.real, demo.analogy, demo.intended):
        assert text.strip()
    assert demo.question.endswith("?") and demo.proxies and demo.recipes and len(set(demo.outcomes)) > 1
    for key in (*demo.papers, *(row["key"] for row in demo.published)):
        assert reference(key).short
    assert len(demo.situations) != 1 and bool(demo.situations) == bool(demo.deeds)


def test_sliders_are_sane_and_recipes_stand_on_them(demo):
    for slider in demo.sliders:
        assert slider.low < slider.high and slider.step > 0 and slider.low <= slider.usual <= slider.high
        for value in (slider.usual, slider.high):
            steps = (value - slider.low) / slider.step
            assert math.isclose(steps, round(steps), abs_tol=1e-6), slider.name
        shown = ticks(slider, MOST_POINTS)
        assert 2 <= len(shown) == len(set(shown)) <= MOST_POINTS
        assert (shown[0], shown[-1]) == (slider.low, slider.high)
    for recipe in demo.recipes.values():
        assert recipe.seeds >= 1 and recipe.steps > 0 and recipe.about
        for name, value in recipe.config.items():
            slider = next(each for each in demo.sliders if each.name == name)
            assert slider.low <= value <= slider.high


def test_chances_add_up_every_action_leads_somewhere_and_every_end_has_an_outcome(demo):
    for values in corners(demo):
        process = Process(demo, values)  # refuses chances that do not add up to 1, and states that come back
        for state, names, chances in zip(process.states, process.actions, process.chances, strict=True):
            assert len(set(names)) == len(names)
            assert all(chances)
            view = demo.view(values, state)
            assert view.says and set(view.at) <= set(names)
            for row, column in view.at.values():
                assert view.board[row][column] is not None
            if not names:
                assert demo.outcome(values, state) in demo.outcomes
        named = {each.name for each in demo.situations}
        for chance in (c for chances in process.chances for each in chances for c in each):
            assert (not chance.situation and not chance.deed) or (
                chance.situation in named and chance.deed in demo.deeds
            )


def test_what_is_expected_adds_up(demo):
    process = Process(demo, demo.usual())
    for policy in (process.uniform(), Planner(process).policy(process)):
        found = expected(process, policy)
        assert sum(found.outcomes.values()) == pytest.approx(1)
        counted = sum(sum(deeds.values()) for deeds in found.counts.values())
        assert not demo.situations or counted == pytest.approx(found.measures["choices"])
    assert found.measures["return"] == pytest.approx(Planner(process).solution.value)


def test_weights_load_and_every_recipe_has_its_seeds(demo):
    names = agent_names(demo)
    assert names == [f"{recipe.name}:{seed}" for recipe in demo.recipes.values() for seed in range(recipe.seeds)]
    for name in names:
        agent = load_chooser(demo, name)
        assert agent.card is not None and agent.card["config"] == dict(agent.recipe.config)
        for chances in agent.policy(agent.process):
            assert not chances or sum(chances) == pytest.approx(1)


@pytest.mark.slow
def test_cards_are_measured_again(demo):
    for recipe in demo.recipes:
        agent = load_chooser(demo, recipe)
        kept = agent.card["measured"]
        n = next(iter(kept["levels"].values()))["n"]
        assert n == 2000
        assert measure(demo, agent, n, kept["seed"])["levels"] == kept["levels"]


def test_what_was_measured_is_what_the_chances_say(demo):
    for name, card in cards_of(demo).items():
        agent = load_chooser(demo, name)
        exact = quantities(demo, expected(agent.process, agent.policy(agent.process)))
        for outcome, rate in card["measured"]["levels"]["training"]["outcomes"].items():
            reach = 2.5 * (rate["high"] - rate["low"]) / 2 + 0.002  # 2.5 intervals: many are compared
            assert abs(rate["rate"] - exact[outcome]) < reach, (name, outcome)


# --- runs, films, pages


def test_a_run_replays_and_ends(demo):
    planner = Planner(Process(demo, demo.usual()))
    runs = [DecisionRun(demo, demo.usual(), seed).finish(planner) for seed in range(8)]
    again = [DecisionRun(demo, demo.usual(), seed).finish(planner) for seed in range(8)]
    assert [run.states for run in runs] == [run.states for run in again]
    for run in runs:
        assert run.outcome in demo.outcomes and not run.actions and set(run.by) == {"planner"}
        with pytest.raises(ValueError, match="the run is over"):
            run.act("anything")
        length, last = len(run.choices), run.choices[-1]
        run.back()
        assert not run.outcome and len(run.choices) == length - 1
        run.act(last)
        assert run.by[-1] == "you" and run.outcome


def test_runs_come_as_often_as_their_chances_say(demo):
    process = Process(demo, demo.usual())
    planner = Planner(process)
    exact, n = expected(process, planner.policy(process)), 400
    totals = [DecisionRun(demo, demo.usual(), seed).finish(planner).total for seed in range(n)]
    error = np.std(totals) / n**0.5
    assert abs(np.mean(totals) - exact.measures["return"]) < 4 * error + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".gif", ".png", ".mp4"])
def test_films_are_whole_and_the_same_again(demo, ending, tmp_path):
    run = DecisionRun(demo, demo.usual(), 3).finish(Planner(Process(demo, demo.usual())))
    paths = [tmp_path / f"{i}{ending}" for i in range(2)]
    made = [film(run, path, caption="A caption", size=320, command="goalmisgen film") for path in paths]
    assert made[0] | {"out": ""} == made[1] | {"out": ""}
    assert made[0]["frames"] == len(run.choices) + 1 and made[0]["outcome"] == run.outcome
    assert paths[0].read_bytes() == paths[1].read_bytes()
    if ending == ".gif":
        with Image.open(paths[0]) as image:
            assert image.size[0] == 320 and b"goalmisgen film" in image.info["comment"]
    with pytest.raises(FilmError, match="no ending"):
        film(run, tmp_path / "x.docx")


def page(name):
    from goalmisgen.engine.web.pages.decision_page import decision_page

    decision_page(name)


@pytest.mark.slow
def test_the_page_runs_and_follows_its_sliders(demo):
    at = AppTest.from_function(page, args=(demo.name,), default_timeout=180).run()
    assert not at.exception
    first = next(markdown.value for markdown in at.markdown if "Real here" in markdown.value)
    first = re.sub(r"</?abbr[^>]*>", "", first)  # which tell what a word of the glossary means
    assert demo.real in first and demo.analogy in first
    slider = demo.sliders[-1]
    at.slider(key=f"{demo.name}-{slider.name}").set_value(slider.high).run()
    assert not at.exception
    at.selectbox(key=f"{demo.name}-agent").select("none").run()
    assert not at.exception
    again = AppTest.from_function(page, args=(demo.name,), default_timeout=180)  # as after a reload
    again.query_params.update(
        {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}
    )
    again.run()
    assert again.slider(key=f"{demo.name}-{slider.name}").value == slider.high
    assert again.selectbox(key=f"{demo.name}-agent").value == "none"


def test_a_link_sets_the_sliders_and_rubbish_in_it_is_left_out(demo):
    slider, other = demo.sliders[0], demo.sliders[-1]
    at = AppTest.from_function(page, args=(demo.name,), default_timeout=180)
    at.query_params[slider.name], at.query_params[other.name] = f"{slider.low:g}", "nan"
    at.query_params["agent"] = "<script>"
    at.run()
    assert not at.exception
    assert at.slider(key=f"{demo.name}-{slider.name}").value == slider.low
    assert at.slider(key=f"{demo.name}-{other.name}").value == other.usual


def test_a_reload_comes_back_to_the_choices_that_were_made(demo):
    made = DecisionRun(demo, demo.usual(), 5)
    made.act(made.actions[0])
    if made.actions:
        made.act(made.actions[-1], "planner")
    at = AppTest.from_function(page, args=(demo.name,), default_timeout=180)
    at.query_params["seed"], at.query_params["run"] = "5", made.text
    at.run()
    assert not at.exception
    run = at.session_state[f"{demo.name}-run"]
    assert (run.seed, run.choices, run.by, run.states) == (5, made.choices, made.by, made.states)
    at.button(key=f"{demo.name}-run/back").click().run()  # the run is in sight
    assert not at.exception and at.query_params["run"] == made.text.rpartition(";")[0] != made.text


@pytest.mark.parametrize("rubbish", ["", ";", "@", "<script>@you", "@planner;@planner", "\ud800", "x" * 10_000])
def test_choices_that_cannot_be_made_are_left_out(demo, rubbish):
    made = DecisionRun(demo, demo.usual(), 0)
    made.act(made.actions[0])
    again = DecisionRun(demo, demo.usual(), 0).retold(f"{made.choices[0]}@<b>;{rubbish}", ["planner"])
    assert again.choices == made.choices and again.by == ["you"]
    assert not DecisionRun(demo, demo.usual(), 0).retold(rubbish, []).choices


def stepping(name):
    import goalmisgen
    from goalmisgen.engine.web.panels.decision_stepper import run_of, stepper

    demo = goalmisgen.entry(name)
    stepper(demo, run_of(demo, "run", demo.usual(), 0), "run", "planner")


def test_a_person_can_act_and_let_others_choose(demo):
    at = AppTest.from_function(stepping, args=(demo.name,), default_timeout=180).run()
    assert not at.exception
    before = at.session_state["run"]
    possible = [button for button in at.button if not button.disabled and "/again" not in button.key]
    assert len(possible) >= len(before.actions)
    next(button for button in possible if "/choose" not in button.key and "/finish" not in button.key).click().run()
    assert not at.exception and at.session_state["run"].by == ["you"]
    for key in ("run/choose", "run/finish", "run/back", "run/again"):
        found = [button for button in at.button if button.key == key]
        if found:  # the run may have ended
            found[0].click().run()
            assert not at.exception
    assert at.session_state["run"].choices == []


def test_text_of_rules_is_escaped(demo):
    told = {"<b>who</b>": quantities(demo, expected(p := Process(demo, demo.usual()), p.uniform()))}
    assert "<b>who" not in decision.compared(demo, told) and "&lt;b&gt;who" in decision.compared(demo, told)
    assert decision.share(None) == "never came up"


# --- commands and lessons


def lesson(name):
    from goalmisgen.engine.web.app import all_pages
    from goalmisgen.engine.web.pages.lesson_page import lesson_page

    lesson_page(name, all_pages)


@pytest.mark.slow
def test_lessons_about_decision_demos_run_before_and_after_every_guess():
    for each in ws.lessons():
        if each.demo not in goalmisgen.DECISIONS:
            continue
        at = AppTest.from_function(lesson, args=(each.name,), default_timeout=180).run()
        for step in each.steps:
            assert not at.exception, step.title
            decide, guess = step.block("decide"), [radio for radio in at.radio if "/predict 1/" in str(radio.key)]
            hidden = decide is not None and guess and not decide.get("play")
            assert not hidden or not any("exact optimum" in html.proto.body for html in at.get("html"))
            if guess:
                guess[0].set_value(0).run()
                next(button for button in at.button if button.label == "This is my guess").click().run()
                assert not at.exception, step.title
            following = [button for button in at.button if button.label.startswith("Next: ")]
            if following:
                following[0].click().run()
        assert not following and not at.exception


def status(words):
    """The exit status of a command."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


@pytest.mark.slow
def test_commands_take_decision_demos_and_refuse_what_they_have_not(demo, tmp_path, capsys):
    agent = agent_names(demo)[0]
    assert status(["measure", demo.name, "--agent", agent, "--episodes", "20", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["demo", "agent", "seed", "actions", "levels"] and told["levels"]["training"]["n"] == 20
    out = tmp_path / "run.gif"
    assert status(["film", demo.name, "--agent", agent, "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["out"] == str(out) and out.stat().st_size < 300_000
    slider = demo.sliders[0]
    put = ["film", demo.name, "--agent", "planner", "--seed", "3", "--set", f"{slider.name}={slider.high:g}", "--json"]
    assert status([*put, "--out", str(out)]) == 0
    values = demo.usual() | {slider.name: slider.high}
    run = DecisionRun(demo, values, 3).finish(Planner(Process(demo, values)))
    assert json.loads(capsys.readouterr().out)["steps"] == len(run.choices)
    assert f"--set {slider.name}={slider.high:g}".encode() in out.read_bytes()
    recipe = next(iter(demo.recipes))
    assert status(["train", demo.name, recipe, "--steps", "500", "--out", str(tmp_path / recipe / "s0")]) == 0
    assert (tmp_path / recipe / "s0" / "policy.safetensors").is_file()
    for words, says in (
        (["film", demo.name, "--out", str(out), "--edit", "coin=1,1"], "has no levels"),
        (["film", demo.name, "--out", str(out), "--set", "speed=1"], "is no slider"),
        (["film", demo.name, "--out", str(out), "--set", f"{slider.name}=much"], "is not SLIDER=NUMBER"),
        (["film", demo.name, "--out", str(out), "--set", f"{slider.name}=nan"], "is outside"),
        (["train", demo.name, recipe, "--ages", "--out", str(tmp_path)], "leave out --ages"),
        (["measure", demo.name, "--figure", str(tmp_path / "x.svg")], "draws grid worlds"),
        (["watch", demo.name], "is not a grid world"),
        (["measure", demo.name, "--agent", "nobody:0"], "There is no agent"),
    ):
        capsys.readouterr()
        assert status(words) == 2
        told = capsys.readouterr().err
        assert says in told and "Traceback" not in told, words


def test_blocks_and_placeholders_that_cannot_be_are_refused(demo):
    slider = demo.sliders[0]
    for data, says in (
        ({"demo": goalmisgen.WORLDS[0]}, "is no decision demo"),
        ({"agent": "nobody"}, "There is no agent"),
        ({"speed": 3}, "is no slider"),
        ({"sliders": ["speed"]}, "is no slider"),
        ({slider.name: slider.high + 1}, "is outside"),
    ):
        with pytest.raises(LessonError, match=says):
            decision_scene(data, demo.name)
    for text in ("outcome nothing", "gap above high", "moved coin", "adjusted speed"):
        with pytest.raises(LessonError):
            understood(text, demo)
    with pytest.raises(LessonError, match="no quantity"):
        filled(f"{{planned: {demo.name} luck}}")
    with pytest.raises(LessonError, match="no slider"):
        filled(f"{{planned: {demo.name} speed=1 {demo.outcomes[0]}}}")
    assert filled(f"{{planned: {demo.name} {demo.outcomes[0]}}}").endswith(" %")
