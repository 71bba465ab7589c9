"""Every page script runs, and edits from the canvas do what they say."""

import base64
import json
import re
import shlex
from pathlib import Path

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents import run_files
from goalmisgen.engine.agents.pretrained import Agent, agent_names, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.content import content
from goalmisgen.engine.film.slides import pictures
from goalmisgen.engine.lessons import claims as ledger
from goalmisgen.engine.lessons import coverage, verdict
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.verdict import verdict_of
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.rules.edit import BadLevel
from goalmisgen.engine.rules.world import Demo
from goalmisgen.engine.study.levels import preset_run
from goalmisgen.engine.study.outcome_map import outcome_map
from goalmisgen.engine.study.policy_field import policy_field
from goalmisgen.engine.study.studies import studies
from goalmisgen.engine.web.components.canvas.live import (
    NEAR,
    NEITHER,
    PLACE,
    Live,
    apply_edit,
    field_overlay,
    guesses,
    held,
    payload,
)
from goalmisgen.engine.web.html import addresses, tables
from goalmisgen.engine.web.pages import gallery
from goalmisgen.engine.web.panels import age_panel, map_panel, probe_panel, saved_run_panel
from PIL import Image
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[1] / "app.py")


@pytest.fixture
def live(demo: Demo, agent: Agent) -> Live:
    return Live.begin(demo, [agent], editing.draw_level(demo, demo.training, 3), 0)


def page(name: str) -> None:
    from goalmisgen.engine.web.pages.grid_page import world_page

    world_page(name)


@pytest.mark.slow
def test_home_runs() -> None:
    at = AppTest.from_file(APP, default_timeout=120).run()
    assert not at.exception
    assert at.title[0].value == "Right reward, wrong goal"
    assert any("Goal misgeneralization" in told.value for told in at.markdown), "what it is about is said at once"
    assert len(canvases(at)[0]["places"]) > 2
    assert canvases(at)[0]["start"] == "paused"


@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_a_card_of_the_gallery_shows_the_level_as_it_is_drawn(name: str) -> None:
    with Image.open(content() / "pictures" / "cards" / f"{name}.png") as bundled:
        assert np.array_equal(np.asarray(bundled.convert("RGB")), gallery.drawn(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_demo_page_runs(name: str) -> None:
    at = AppTest.from_function(page, args=(name,), default_timeout=120).run()
    assert not at.exception
    shown = canvases(at)[0]
    assert shown["steps"] + 1 == len(shown["places"])
    assert at.query_params["number"] in ("7", ["7"])
    at.selectbox(key=f"{name}-beside-choice").select("its training level").run()
    assert not at.exception
    assert len(canvases(at)) == 2
    again = AppTest.from_function(page, args=(name,), default_timeout=120)  # as after a reload
    again.query_params.update(
        {key: value if isinstance(value, str) else value[0] for key, value in at.query_params.items()}
    )
    assert len(canvases(again.run())) == 2 and not again.exception
    for tab in [tab.label for tab in at.tabs]:
        at.session_state[f"{name}-tab"] = tab
        at.run()
        assert not at.exception


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_a_link_restores_a_view(name: str) -> None:
    demo = goalmisgen.grid_entry(name)
    level = editing.recolour(demo, editing.draw_level(demo, demo.shifted, 11), editing.goal_name(demo), "#00aaff")
    at = AppTest.from_function(page, args=(name,), default_timeout=120)
    at.query_params.update({"level": level_files.to_url(demo, level), "number": "11", "seed": "5"})
    at.run()
    assert not at.exception
    assert canvases(at)[0]["level"] == level_files.to_json(demo, level)
    assert at.number_input(key=f"{name}-seed").value == 5


@pytest.mark.slow
@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_a_link_opens_a_prepared_level(name: str) -> None:
    demo = goalmisgen.grid_entry(name)
    for preset in (demo.presets[-1], *[probe for probe in demo.probes if probe.changes][:1]):
        try:
            run = preset_run(demo, preset)
        except BadLevel:
            continue
        at = AppTest.from_function(page, args=(name,), default_timeout=120)
        at.query_params["preset"] = preset.name
        at.run()
        assert not at.exception
        shown = canvases(at)[0]
        assert shown["level"] == level_files.to_json(demo, run.level)
        assert shown["agent"] == preset.agent
        assert shown["sentence"] == Run(demo, run.agent, run.given, run.seed, stops=True).describe()


def test_an_age_is_chosen_and_stays_in_the_link() -> None:
    demo = goalmisgen.grid_entry("coinrun")
    agent = next(name for name in agent_names(demo) if age_panel.ages(demo, name))
    kept = age_panel.ages(demo, agent)
    at = AppTest.from_function(page, args=("coinrun",), default_timeout=120)
    at.query_params["agent"] = f"{agent}@{kept[0]}"
    at.run()
    assert not at.exception
    assert canvases(at)[0]["agent"] == f"{agent}@{kept[0]}"
    assert not at.select_slider  # the tab is closed: nothing in it is drawn
    at.session_state["coinrun-tab"] = "Ages"
    at.run()
    assert canvases(at)[0]["agent"] == f"{agent}@{kept[0]}"
    at.select_slider(key="coinrun-age").set_value(kept[1]).run()
    assert not at.exception
    assert canvases(at)[0]["agent"] == f"{agent}@{kept[1]}"
    assert at.query_params["agent"] in (f"{agent}@{kept[1]}", [f"{agent}@{kept[1]}"])
    for _ in range(2):  # and once the tab is closed again
        at.session_state["coinrun-tab"] = "200 levels"
        at.run()
        assert canvases(at)[0]["agent"] == f"{agent}@{kept[1]}"


@pytest.mark.slow
def test_a_run_that_is_held_does_not_say_what_comes(live: Live) -> None:
    at = AppTest.from_function(page, args=(live.demo.name,), default_timeout=120).run()
    said = canvases(at)[0]["sentence"]
    assert any(said in m.value for m in at.markdown)
    at.toggle(key=f"{live.demo.name}-hold").set_value(True).run()
    assert not at.exception
    shown = canvases(at)[0]
    assert shown["hold"] and said not in shown["alt"]
    assert not any(said in m.value for m in at.markdown)


@pytest.mark.slow
def test_whoever_asks_to_be_forgotten_is() -> None:
    def menu() -> None:
        from goalmisgen.engine.web.learner import worksheet_menu

        worksheet_menu()

    at = AppTest.from_function(menu, default_timeout=120).run()
    me = at.session_state["learner"]
    me.progress.notes["a step"] = "what I think"
    me.steps["a lesson"] = 3
    at.button(key="worksheet-forget").click().run()
    found = at.session_state["learner"]
    assert not at.exception and not found.progress.notes and not found.steps
    assert found.progress.id != me.progress.id  # another learner
    assert found.kept  # and the browser is not asked for what it still holds, which is overwritten


def test_the_slides_page_runs() -> None:
    def slides() -> None:
        from goalmisgen.engine.web.pages.slides_page import slides_page

        slides_page()

    at = AppTest.from_function(slides, default_timeout=120).run()
    figures = set()
    for name in goalmisgen.NAMES:
        at.button_group(key="slides-demo").set_value(name).run()
        assert not at.exception
        commands = [c.value for c in at.code if c.value.startswith("goalmisgen")]
        offered = [command for command in commands if f" {name} " in command]
        assert offered.pop(0).endswith(f" --out {name}.html")  # the live figure
        demo = goalmisgen.entry(name)
        films = 3 + ("varied" in demo.roles) if name in goalmisgen.WORLDS else len(demo.presets[:3]) or 2
        assert len(offered) == films
        figures |= {command.split()[2] for command in commands if " study " in command}
        missing = [picture for picture in pictures(demo) if not picture.file.is_file()]
        told = [caption.value for caption in at.caption]
        assert sum(each.startswith("Not bundled") for each in told) == len(missing)
        assert sum(each.startswith("Alt text: ") for each in told) == len(pictures(demo)) - len(missing)
    assert figures == set(studies())


def article_pages(name: str) -> None:
    from goalmisgen.engine.web.app import all_pages
    from goalmisgen.engine.web.pages.article_page import article_page
    from goalmisgen.engine.web.pages.claims_page import claims_page

    {"claims": claims_page, "article": article_page}[name](all_pages)


def shown_claims(at: AppTest) -> int:
    return sum("**The source.**" in markdown.value for markdown in at.markdown)


@pytest.mark.slow
def test_the_claims_page_filters_and_shows_more() -> None:
    at = AppTest.from_function(article_pages, args=("claims",), default_timeout=120).run()
    assert not at.exception and not at.warning
    assert shown_claims(at) == 12
    next(button for button in at.button if button.label.startswith("Show ")).click().run()
    assert shown_claims(at) == 24
    at.selectbox(key="claims-demo").select("keys_and_chests").run()
    assert shown_claims(at) == len(ledger.about("keys_and_chests"))
    at.text_input(key="claims-words").set_value("<script>").run()
    assert not at.exception and at.info


def test_a_link_opens_one_claim() -> None:
    at = AppTest.from_function(article_pages, args=("claims",), default_timeout=120)
    at.query_params["claim"] = "coinrun-reversed"
    at.run()
    assert not at.exception and shown_claims(at) == 1
    assert any("`end-reward:0`" in markdown.value for markdown in at.markdown)
    at.query_params["claim"] = "<b>"
    at.run()
    assert not at.exception and at.warning and shown_claims(at) == 12


def test_the_article_page_shows_every_section() -> None:
    at = AppTest.from_function(article_pages, args=("article",), default_timeout=120).run()
    assert not at.exception and not at.warning
    for i in range(len(coverage.coverage().sections)):
        at.radio(key="article-section").set_value(i).run()
        assert not at.exception


@pytest.mark.parametrize(("name", "module"), [("claims", ledger), ("article", coverage)])
def test_a_broken_ledger_or_list_gets_a_sentence(name: str, module, monkeypatch, tmp_path) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "claims.yaml").write_text("- [", encoding="utf-8")
    getattr(module, "claims" if name == "claims" else "coverage").cache_clear()
    monkeypatch.setattr(module, "content", lambda: tmp_path)
    at = AppTest.from_function(article_pages, args=(name,), default_timeout=120).run()
    assert not at.exception and "cannot be read" in at.warning[0].value


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        {"level": "<script>"},
        {"seed": "x", "number": "-1"},
        {"agent": "../../etc/passwd"},
        {"agent": "mix-0:0@../x"},
        {"preset": "<b>"},
    ],
)
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


@pytest.mark.slow
def test_a_moved_goal_changes_the_level_and_undo_restores_it(live: Live) -> None:
    before = payload(live, 0)["level"]
    message = edited(live, seq=1)
    apply_edit(live, message)
    assert live.refused == ""
    assert payload(live, 0)["level"]["objects"] == message["level"]["objects"]
    apply_edit(live, {"seq": 2, "kind": "undo"})
    assert payload(live, 0)["level"] == before


@pytest.mark.slow
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
    level = level_files.to_json(live.demo, live.runs[0].level)
    rows, columns = live.runs[0].level.extent
    spots = [(r, c) for r in range(rows) for c in range(1, columns - 1) if live.runs[0].level.tiles[r, c] == 0]
    taken = [tuple(place) for place in level["objects"].values()]
    level["objects"][editing.goal_name(live.demo)] = [float(x) for x in next(s for s in spots if s not in taken)]
    return {"seq": seq, "kind": "edit", "at": 1, "level": level, "moved": {}}


def test_a_recoloured_goal_reaches_the_agents_picture(live: Live) -> None:
    before = live.runs[0].picture(0)
    level = level_files.to_json(live.demo, live.runs[0].level)
    level["colours"][editing.goal_name(live.demo)] = "#0000ff"
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
    cells = field_overlay(live)["cells"]
    assert cells
    assert all(live.runs[0].level.tiles[row, col] == 0 for row, col, *_ in cells)


def test_the_policy_field_at_the_start_is_what_the_run_was_given(live: Live) -> None:
    run = live.runs[0]
    field = policy_field(live.demo, live.agents[0], run.level)
    here = [i for i, cell in enumerate(field.cells.tolist()) if cell == run.level.objects[0].tolist()]
    assert here, "the agent starts in an open place"
    np.testing.assert_allclose(field.probabilities[here[0]], run.probabilities[0], atol=1e-5)
    np.testing.assert_allclose(field.values[here[0]], run.values[0], atol=1e-4)


def test_the_command_names_the_edit(live: Live) -> None:
    apply_edit(live, edited(live, seq=1))
    run, drawn = live.runs[0], editing.draw_level(live.demo, live.demo.training, 3)
    text = addresses.command(run, drawn, "a:0", "training", 3)
    assert shlex.split(text)[-3] == run.text and f";1:{editing.goal_name(live.demo)}=" in run.text


def test_a_guess_is_judged_once_for_each_run(live: Live) -> None:
    run = live.runs[0]
    came = run.outcome if run.outcome in live.demo.goals else NEITHER
    wrong = next(g for g in guesses(live.demo) if g != came)
    version = live.version
    assert "verdict" in held(live) and not held(live)["verdict"]
    apply_edit(live, {"seq": 1, "kind": "guess", "choice": wrong})
    apply_edit(live, {"seq": 2, "kind": "guess", "choice": came})
    assert live.version == version  # a guess changes nothing
    assert live.tally == {(wrong, came, False): 1}
    assert "it was not" in held(live)["verdict"]
    apply_edit(live, {"seq": 3, "kind": "reset"})
    assert not live.verdict
    apply_edit(live, {"seq": 4, "kind": "guess", "choice": came})
    assert live.tally[came, came, True] == 1
    assert f">{wrong}</th>" in tables.tally(live.demo, live.tally)


@pytest.mark.parametrize(("away", "right"), [(NEAR - 0.1, True), (NEAR + 0.1, False)])
def test_a_guessed_place_is_right_near_where_the_run_was_settled(live: Live, away: float, right: bool) -> None:
    row, col = live.runs[0].states[live.runs[0].decided].at[0]
    aside = float(col) - away if col >= away else float(col) + away  # a place in the level; others are refused
    apply_edit(live, {"seq": 1, "kind": "guess", "place": [float(row), aside]})
    assert [(key[0], key[2]) for key in live.tally] == [(PLACE, right)]


@pytest.mark.parametrize("guess", [{}, {"choice": "x"}, {"place": "x"}, {"place": [1]}, {"choice": ["coin"]}])
def test_a_guess_that_is_none_is_refused(live: Live, guess: dict) -> None:
    apply_edit(live, {"seq": 1, "kind": "guess", **guess})
    assert live.refused and not live.tally and not live.verdict


@pytest.mark.slow
def test_a_place_of_the_map_is_replayed_as_it_was_counted(live: Live) -> None:
    run = live.runs[0]
    found = outcome_map(live.demo, live.agents[0], run.level, 1, run.seed)
    shown = map_panel.overlay(live.demo, found, live.agents[0].name, stale=False)
    assert len(shown["cells"]) == len(found.cells)
    for i in (0, len(found.cells) // 2):
        row, col, shares = shown["cells"][i]
        level = level_files.to_json(live.demo, live.runs[0].level)
        level["objects"][editing.goal_name(live.demo)] = [row, col]
        apply_edit(live, {"seq": live.ack + 1, "kind": "edit", "at": 0, "level": level})
        assert not live.refused
        assert live.runs[0].outcome == live.demo.outcomes[shares.index(1.0)]
    assert "out of date" in map_panel.overlay(live.demo, found, "mix", stale=True)["says"]


def test_ages_are_answered_from_their_rows(demo: Demo) -> None:
    def rows(steps: int, trained: float, proxy: float) -> list[dict]:
        rates = {(levels, goal): 0.0 for levels in ("training", "shifted") for goal in demo.goals}
        rates |= {("training", demo.intended): trained}
        rates |= {("shifted", demo.intended): 1 - proxy, ("shifted", demo.proxies[0]): proxy}
        return [
            {"agent": "a:0", "steps": steps, "levels": levels, "n": 50, "outcome": name, "rate": rate,
             "low": max(rate - 0.1, 0), "high": min(rate + 0.1, 1), "seed": 1}
            for (levels, name), rate in rates.items()
        ]  # fmt: skip

    lasting = rows(100, 0.9, 0.7) + rows(200, 1.0, 0.7)
    bad, more = (answer for _, answer in age_panel.answers(demo, lasting))
    assert bad.startswith("No") and "70.0 %" in bad
    assert more.startswith("It did not")
    assert age_panel.answers(demo, rows(100, 0.9, 0.7) + rows(200, 1.0, 0.2))[1][1].startswith("It helped")
    drawn = age_panel.chart(demo, lasting, 200)
    assert drawn.count("<img") == 1
    assert "n = 50" in base64.b64decode(drawn.partition("base64,")[2].partition('"')[0]).decode()


def test_every_probe_has_a_prediction_from_every_hypothesis(demo: Demo) -> None:
    found = verdict_of(demo)  # raises where a probe or a hypothesis has none
    assert (
        not demo.probes
        or found.hypotheses
        and found.text.strip()
        and set(found.predictions) == {p.name for p in demo.probes}
    )


def test_a_verdict_without_its_predictions_gets_a_sentence(monkeypatch, tmp_path) -> None:
    demo = goalmisgen.grid_entry("cheese_maze")
    monkeypatch.setattr(verdict, "content", lambda: tmp_path)
    (tmp_path / "lessons").mkdir()
    path = tmp_path / "lessons" / "what_it_follows_cheese_maze.md"
    for text, said in (("Prose.", "must begin"), ("---\nhypotheses: [a]\npredictions: {}\n---\nx", "no-cheese")):
        path.write_text(text)
        verdict_of.cache_clear()
        with pytest.raises(LessonError, match=said):
            verdict_of(demo)
    path.unlink()
    verdict_of.cache_clear()
    assert verdict_of(demo).text == ""
    verdict_of.cache_clear()


def test_measured_probes_are_shown_with_their_n(demo: Demo) -> None:
    rate = {"agent": "a:0", "n": 40, "value": 0.25, "rate": 0.25, "low": 0.1, "high": 0.4, "seed": 1}
    rows = [rate | {"probe": "some", "measure": name} for name in (*demo.outcomes, "passed")]
    shown = probe_panel.outcomes(demo, rows)
    assert "n = 40" in shown and len(re.findall(r"25\.0 %", shown)) == len(rows)
    removed = [rate | {"probe": "removed-shifted", "measure": name} for name in ("probabilities", "value")]
    assert "0.250 (0.100 to 0.400)" in probe_panel.weight(demo, removed)
    assert probe_panel.weight(demo, rows) == ""


def test_a_saved_run_keeps_its_agent_only_where_the_weights_are_the_same():
    demo = goalmisgen.grid_entry("coinrun")
    run = Run(demo, load_agent(demo, "mix-0:0"), editing.draw_level(demo, demo.shifted, 5), 3)
    data = run_files.data(run)
    same, told = saved_run_panel.read(demo, json.dumps(data).encode())
    assert told == "" and same.agent is run.agent and same.describe() == run.describe()
    other, told = saved_run_panel.read(demo, json.dumps(data | {"sha256": "0" * 64}).encode())
    assert "weights of mix-0:0 are others" in told and other.agent is None and other.describe() == run.describe()
    _, told = saved_run_panel.read(demo, json.dumps(data | {"agent": "mix-9:9"}).encode())
    assert "is not bundled here" in told
    for bad, said in ((b"x" * 2_000_000, "at most"), (b"[", "not valid JSON"), (b"[]", "not a saved run")):
        with pytest.raises(editing.BadLevel, match=said):
            saved_run_panel.read(demo, bad)


@pytest.mark.slow
def test_visitors_edit_at_once_and_an_answer_is_small(monkeypatch) -> None:
    """As `goalmisgen bench` counts it: an answer is less than half of what it was when it held the whole page."""
    from goalmisgen.engine.web import crowd

    monkeypatch.setattr(crowd, "IDLE", 0.5)
    script = Path(__file__).parents[1] / "app.py"
    told = crowd.alone(script, edits=3)
    assert told["edit_bytes"] < 52_000 and told["edit_time_p95_ms"] >= told["edit_time_median_ms"] > 0
    told = crowd.together(script, sessions=3, seconds=4)
    assert told["sessions"] == 3 and told["failed"] == 0 and told["edits"] >= 3
