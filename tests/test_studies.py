"""Studies: what lessons/studies.yaml asks for, what the CSVs hold, training what is missing, the page."""

import copy
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents.pretrained import agent_names, folder, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.cli.options import inches_of
from goalmisgen.engine.lessons.literature import reference
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.study import studies, summed_grid, sweep, work
from goalmisgen.engine.study.cards import cards_of
from goalmisgen.engine.study.figures import curves, draw, panels
from goalmisgen.engine.study.intervals import mean_of, rate_of
from goalmisgen.engine.study.levels import shifted_config
from goalmisgen.engine.study.measure_grid import measure
from goalmisgen.engine.study.studies import StudyError
from goalmisgen.engine.study.tables import read_csv
from goalmisgen.engine.web.components.figure import figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from scipy import stats
from streamlit.testing.v1 import AppTest
from test_app import canvases
from test_measure import random_weights

SMALL = studies.study_of("line-gem-seeds")  # its trainings are the shortest
LINE_AND_GEM = goalmisgen.grid_entry("line_and_gem")


@pytest.fixture(params=list(studies.studies()))
def study(request):
    return studies.study_of(request.param)


def rows_of(study):
    return studies.read_rows(studies.csv_path(goalmisgen.entry(study.demo), study))


# --- studies.yaml


def test_a_study_names_only_what_its_world_has(study):
    demo = goalmisgen.entry(study.demo)
    studies.check(demo, study)
    wanted = studies.samples(demo, study)
    assert len({(sample.x, sample.agent) for sample in wanted}) == len(wanted)
    for sample in wanted:
        assert sample.agent.partition("@")[0] in agent_names(demo), "it is not bundled"
    assert len(studies.samples(demo, study, quick=True)) == 2
    for each in study.published:
        assert reference(each.key).short and each.how


def test_what_is_drawn_is_measured(study):
    demo = goalmisgen.entry(study.demo)
    known = {*demo.outcomes, studies.NEITHER, *demo.counted}
    if demo.kind == "grid":
        known |= {"reward"} | ({f"{demo.goals[0]} rather than {demo.goals[1]}"} if demo.paired else set())
    assert {name for panel in study.panels for name in (*panel.draw, panel.over_time) if name} <= known


@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_no_bundled_table_is_of_before_its_world_had_an_outcome(name):
    """Where a table tells of one outcome it tells of all: else runs are missing from it, or counted as another."""
    demo = goalmisgen.grid_entry(name)
    tables = [folder(demo) / file for file in ("ages.csv", "probes.csv", "measurements.csv")]
    for path in [*tables, *(folder(demo) / "studies").glob("*.csv")]:
        told: dict[tuple[str, ...], set[str]] = {}
        for row in read_csv(path) if path.is_file() else ():
            names = {row[column] for column in ("outcome", "measure", "quantity") if column in row}
            place = tuple(str(row.get(column)) for column in ("agent", "levels", "probe", "steps", "x"))
            told.setdefault(place, set()).update(names & set(demo.outcomes))
        short = {place: names for place, names in told.items() if names and names != set(demo.outcomes)}
        assert not short, (path.name, list(short.items())[:2])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"points": []}, "points must be a list"),
        ({"points": [{"recipe": "a", "why": 1}]}, "Number 1 of the points of the study 's'"),
        ({"points": [{"recipe": 5}]}, "'recipe' must be a text"),
        ({"points": [{"recipe": "a", "x": "many"}]}, "'x' must be a number"),
        ({"points": [{"recipe": "a", "along": "length"}]}, "seed or age"),
        ({"points": [{"x": 1}]}, "lacks something"),
        ({"axis": {"label": "x", "scale": "cubic"}}, "linear or log"),
        ({"published": [{"panel": 9, "x": 1, "says": "", "key": "", "how": ""}]}, "one of its panels"),
        ({"colour": "red"}, "and nothing else"),
    ],
)
def test_a_study_that_is_not_one_says_where(change, says):
    whole = {
        "demo": "coinrun", "title": "t", "question": "q?", "axis": {"label": "x"},
        "points": [{"x": 1, "recipe": "mix-0"}], "panels": [{"title": "p", "y": "% of levels", "draw": ["coin"]}],
    }  # fmt: skip
    assert studies.parsed("s", whole).points[0].recipe == "mix-0"
    with pytest.raises(StudyError, match=says):
        studies.parsed("s", whole | change)


def test_a_study_of_a_recipe_that_is_not_there_says_so():
    other = SMALL.model_copy(update={"points": (SMALL.points[0].model_copy(update={"recipe": "purple"}),)})
    with pytest.raises(StudyError, match="'purple', which is no recipe of line_and_gem"):
        studies.samples(LINE_AND_GEM, other)


# --- numbers


def test_regressions_are_those_of_the_textbook():
    rng = np.random.default_rng(0)
    x = rng.uniform(20, 80, 17)
    y = 90 - 0.6 * x + rng.normal(0, 5, 17)
    found = curves.fitted(list(x), list(y))
    design = np.stack([x, np.ones(17)], 1)
    (slope, intercept), rest, *_ = np.linalg.lstsq(design, y, rcond=None)
    error = np.sqrt(rest[0] / 15 * np.linalg.inv(design.T @ design)[0, 0])
    low, high = stats.t.interval(0.95, 15, loc=slope, scale=error)
    r2 = 1 - rest[0] / ((y - y.mean()) ** 2).sum()
    told = (found.slope, found.low, found.high, found.intercept, found.r2)
    assert told == pytest.approx((slope, low, high, intercept, r2))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(slope / error), 15))
    assert curves.fitted([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None


def test_intervals_of_means_and_rates_agree_with_scipy():
    values = np.random.default_rng(1).normal(3, 2, 1000)
    found = mean_of(values)
    theirs = stats.t.interval(0.95, 999, loc=values.mean(), scale=stats.sem(values))
    assert (found["low"], found["high"]) == pytest.approx(theirs, abs=1e-3)
    wilson = stats.binomtest(37, 1000).proportion_ci(method="wilson")
    assert (rate_of(37, 1000)["low"], rate_of(37, 1000)["high"]) == pytest.approx((wilson.low, wilson.high), abs=1e-4)


def test_outliers_lie_beyond_tukeys_fences():
    values = {f"a:{i}": float(v) for i, v in enumerate([50, 51, 52, 53, 54, 55, 56, 90])}
    assert curves.outliers(values) == ["a:7"]
    del values["a:7"]
    assert curves.outliers(values) == [] == curves.outliers({"a:0": 0.0, "a:1": 1.0, "a:2": 99.0})


def test_what_is_measured_in_a_study_is_what_goalmisgen_measure_says(tmp_path):
    demo = goalmisgen.grid_entry("cheese_maze")
    agent = load_agent(demo, str(random_weights(demo, tmp_path / "corner-1" / "random.safetensors")))
    task = work.Job(demo.name, "corner-1:0", (), str(tmp_path), 0, False, 30, 3)
    (tmp_path / "training.json").write_text('{"steps": 5}')
    told = measure(demo, agent, 30, 3)["levels"]
    for levels in ("training", "shifted", "distinguishing"):
        rows = {row["quantity"]: row for row in work._rows(demo, task, agent, 1.0, levels)}
        for name, rate in told[levels]["outcomes"].items():
            assert [rows[name][key] for key in ("value", "low", "high")] == list(rate.values())
        lost = told[levels]["outcomes"]["died"]["rate"] + told[levels]["outcomes"]["timeout"]["rate"]
        assert rows[studies.NEITHER]["value"] == pytest.approx(lost, abs=1e-4)
        miss = int(rows["cheese"]["miss"])
        config = agent.config if levels == "training" else shifted_config(demo, agent.config)
        assert Run(demo, agent, draw_level(demo, config, miss), miss).outcome != "cheese"


# --- the bundled CSVs


def test_a_bundled_csv_says_what_the_cards_say(study):
    demo, rows = goalmisgen.entry(study.demo), rows_of(study)
    cards = cards_of(demo)
    compared = 0
    for row in rows:
        assert row["note"] == "" and row["low"] <= row["value"] <= row["high"]
        assert studies.bundled(demo, row["agent"]), "its CSV names an agent that is not there; make the study again"
        card = cards.get(row["agent"])
        if card is None:
            continue
        assert card["sha256"].startswith(row["sha256"]), "an agent was trained anew; make the study again"
        assert row["steps"] == card["steps"]
        part = card["measured"]["levels"].get(row["levels"])
        quantity, known = row["quantity"], part["outcomes"] | part["measures"] if part else {}
        if part and (card["measured"]["seed"], part["n"]) == (row["seed"], row["n"]) and quantity in known:
            told = known[quantity]
            assert row["value"] == told.get("rate", told.get("mean"))
            assert (row["low"], row["high"]) == (told["low"], told["high"])
            compared += 1
    if rows and not any(point.along == "age" for point in study.points):
        assert compared
    assert studies.rows_csv(rows) == studies.csv_path(demo, study).read_text() if rows else True


def test_what_was_measured_is_not_measured_again(study):
    demo, rows = goalmisgen.entry(study.demo), rows_of(study)
    left, kept = sweep.tasks(demo, study, rows, 1000, 1, train=False)
    done = {(row["agent"], row["levels"]) for row in kept}
    assert {(row["agent"], row["levels"]) for row in rows} == done
    due = {(task.agent, studies.levels_name(levels)) for task in left for _, own in task.places for levels in own}
    assert not due & done
    spoilt = [row | {"sha256": "0" * 12} for row in rows]
    assert sweep.tasks(demo, study, spoilt, 1000, 1, train=False)[1] == []
    other = sweep.tasks(demo, study, rows, 1001, 1, train=False)[1]
    assert other == ([] if demo.kind == "grid" else rows)  # networks that write are always asked as many questions


@pytest.mark.parametrize(
    "text",
    [
        "x,agent\n1,a:0\n",
        ",".join(studies.COLUMNS) + "\n1,a:0,5,training,9,1,coin,many,0,1,,abc,\n",
        ",".join(studies.COLUMNS) + "\n1,a:0,5,training,9,1,coin,nan,0,1,,abc,\n",
        ",".join(studies.COLUMNS) + "\n1,a,5,training,9,1,coin,0.5,0,1,,abc,\n",
        ",".join(studies.COLUMNS) + "\n1,a:0,5\n",
        ",".join(studies.COLUMNS) + '\n"1,a:0,5\n\0',
        "\ufeff\x00\x01",
    ],
)
def test_a_broken_csv_gives_a_sentence(text, tmp_path, monkeypatch):
    path = tmp_path / "coinrun-mix.csv"
    path.write_text(text)
    with pytest.raises(StudyError, match="damaged; make it again with `goalmisgen study coinrun-mix`"):
        studies.read_rows(path)
    assert studies.read_rows(tmp_path / "none.csv") == []
    monkeypatch.setattr(studies, "csv_path", lambda demo, study: path)
    at = page()
    assert not at.exception and "damaged" in at.warning[0].value


def test_a_card_answers_for_its_own_measurement_only():
    agent = load_agent(LINE_AND_GEM, agent_names(LINE_AND_GEM)[0])
    told = agent.card["measured"]
    n, seed = told["levels"]["shifted"]["n"], told["seed"]
    assert summed_grid.carded(agent, "shifted", n, seed) == told["levels"]["shifted"]
    assert summed_grid.carded(agent, "shifted", n, seed + 1) is None
    assert summed_grid.carded(agent, "shifted", n - 1, seed) is None
    agent = copy.copy(agent)
    agent.card = agent.card | {"measured": told | {"actions": "greedy"}}
    assert summed_grid.carded(agent, "shifted", n, seed) is None


# --- making a study


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(sweep, "quick_steps", lambda demo: 64)
    monkeypatch.setattr(sweep, "QUICK_EPISODES", 4)


@pytest.mark.slow
def test_quick_goes_the_whole_way_and_says_that_it_is_no_result(command, quickly, tmp_path):
    status, out, err = command("study", SMALL.name, "--quick", "--jobs", 1, "--out", tmp_path / "quick")
    assert status == 0, err
    assert "No result: made by --quick" in out
    rows = studies.read_rows(tmp_path / "quick" / f"{SMALL.name}.csv")
    assert {row["agent"] for row in rows} == {"yellow-black:0", "yellow-black:1"}
    assert {row["levels"] for row in rows} == {"distinguishing", "green-red"}
    assert {row["note"] for row in rows} == {studies.NO_RESULT}
    svg = (tmp_path / "quick" / f"{SMALL.name}.svg").read_text()
    assert "No result" in svg and "<text" in svg and "goalmisgen study" in svg
    assert (tmp_path / "quick" / f"{SMALL.name}.png").read_bytes().startswith(b"\x89PNG")
    before = (tmp_path / "quick" / f"{SMALL.name}.csv").read_bytes()
    assert command("study", SMALL.name, "--quick", "--jobs", 1, "--out", tmp_path / "quick")[0] == 0
    assert (tmp_path / "quick" / f"{SMALL.name}.csv").read_bytes() == before


def test_a_study_that_was_stopped_goes_on_where_it_was(quickly, tmp_path, monkeypatch):
    rollout = LINE_AND_GEM.learning.levels * LINE_AND_GEM.learning.rollout
    monkeypatch.setattr(sweep, "quick_steps", lambda demo: 2 * rollout)
    told = work._told
    seen = []

    def stopped(home, done):
        seen.append(done)
        raise KeyboardInterrupt

    def make():
        return sweep.run(LINE_AND_GEM, SMALL, lambda *_: None, episodes=4, jobs=1, quick=tmp_path)

    monkeypatch.setattr(work, "_told", stopped)
    with pytest.raises(KeyboardInterrupt):
        make()
    assert seen == [rollout] and (tmp_path / "yellow-black" / "s0" / "resume.safetensors").is_file()
    assert not list(tmp_path.glob("*.csv"))

    monkeypatch.setattr(work, "_told", lambda home, done: (seen.append(done), told(home, done)))
    path, rows = make()
    assert seen[1] == 2 * rollout, "the first training began anew"
    assert {row["agent"] for row in rows} == {"yellow-black:0", "yellow-black:1"}
    assert studies.read_rows(path) == rows
    assert not list(tmp_path.rglob("*.part"))


def test_a_stopped_measurement_keeps_the_agents_before(quickly, tmp_path, monkeypatch):
    done = work.work

    def second_fails(task):
        if task.agent.endswith(":1"):
            raise KeyboardInterrupt
        return done(task)

    monkeypatch.setattr(sweep, "work", second_fails)
    with pytest.raises(KeyboardInterrupt):
        sweep.run(LINE_AND_GEM, SMALL, lambda *_: None, episodes=4, jobs=1, quick=tmp_path)
    assert {row["agent"] for row in studies.read_rows(tmp_path / f"{SMALL.name}.csv")} == {"yellow-black:0"}


def test_ages_of_a_missing_agent_come_from_one_training(monkeypatch):
    study = studies.study_of("shape-of-learning")
    demo = goalmisgen.entry(study.demo)
    monkeypatch.setattr(sweep, "bundled", lambda demo, agent: False)
    left = sweep._one_training_each(sweep.tasks(demo, study, [], 1000, 1, train=True)[0])
    assert [task.agent for task in left if task.steps] == [
        next(task.agent for task in left if task.agent.startswith(recipe)) for recipe in ("mix-0:", "mix-10:")
    ]
    assert all(task.ages for task in left)


def test_refusals_are_one_sentence(command, tmp_path):
    for words, says in (
        (("nothing",), "There is no study 'nothing'; there are: coinrun-mix"),
        (("coinrun-mix", "--backend", "dask"), "together with --scheduler"),
        (("coinrun-mix", "--out", tmp_path), "--out is for --quick"),
        (("coinrun-mix", "--figure", "a.bmp"), "not a figure"),
        (("coinrun-mix", "--width", "3in"), "--width is for --figure"),
        (("coinrun-mix", "--figure", "a.pdf", "--width", "3"), "'3' is no width; write one from 2in to 20in"),
        (("coinrun-mix", "--figure", "a.pdf", "--width", "9m"), "'9m' is no width"),
        (("coinrun-mix", "--figure", "a.pdf", "--width", "19mm"), "'19mm' is no width"),
    ):
        status, _, err = command("study", *words)
        assert status == 2 and says in err and err.count("\n") == 1
    assert command("study", "list")[1].count("\n") == len(studies.studies())


@pytest.mark.slow
def test_a_study_runs_on_a_dask_cluster(quickly, tmp_path):
    """In processes of its own, as Dask starts threads and sockets that outlive a test."""
    script = tmp_path / "cluster.py"
    script.write_text(f"""
import pathlib, sys
import goalmisgen
from distributed import LocalCluster
from goalmisgen.engine.study import studies, sweep

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        study, home = studies.study_of("{SMALL.name}"), pathlib.Path(sys.argv[1])
        demo = goalmisgen.entry(study.demo)
        sweep.quick_steps = lambda demo: 64
        sweep.run(demo, study, print, episodes=4, quick=home, scheduler=cluster.scheduler_address)
""")
    root = str(Path(goalmisgen.__file__).parents[1])
    command = [sys.executable, str(script), str(tmp_path / "cluster")]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    here = tmp_path / "here"
    path, _ = sweep.run(LINE_AND_GEM, SMALL, lambda *_: None, episodes=4, jobs=1, quick=here)
    assert (tmp_path / "cluster" / path.name).read_bytes() == path.read_bytes()


# --- figures and pages


@pytest.mark.slow
def test_the_figure_of_a_study_says_what_is_missing_and_where_from(study):
    demo, rows = goalmisgen.entry(study.demo), rows_of(study)
    sources = {each.key: reference(each.key).short for each in study.published}
    drawing = draw.as_svg(panels.study(demo, study, rows, sources)).replace("\n", " ")
    state = curves.state_of(demo, study, rows)
    assert (state[:20] in drawing) if state else ("Partial" not in drawing)
    for each in study.published:
        assert reference(each.key).short.split()[0] in drawing
    if not rows:
        assert "not measured yet" in drawing and state.startswith("Partial: 0 of")


@pytest.mark.slow
def test_a_figure_as_wide_as_a_column_keeps_its_letters_readable_and_on_the_page(study, tmp_path):
    assert [inches_of(width) for width in ("3.3in", "84mm", "8.4 cm")] == pytest.approx([3.3, 84 / 25.4, 8.4 / 2.54])
    demo, rows = goalmisgen.entry(study.demo), rows_of(study)
    sources = {each.key: reference(each.key).short for each in study.published}
    drawing = panels.study(demo, study, rows, sources, inches=3.3)
    assert drawing.get_figwidth() == 3.3
    draw.save(drawing, tmp_path / "column.png")
    canvas = FigureCanvasAgg(drawing)
    canvas.draw()
    width, height = canvas.get_width_height()
    told = [text for text in drawing.findobj(Text) if text.get_text().strip() and text.get_visible()]
    assert told and min(text.get_fontsize() for text in told) >= 6
    ticks = [label for axes in drawing.axes for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    for text in (each for each in told if each not in ticks):  # those of ticks beyond an axis are not drawn
        box = text.get_window_extent(canvas.get_renderer())
        assert box.x0 >= -1 and box.y0 >= -1 and max(box.x1 - width, box.y1 - height) <= 1, text.get_text()


@pytest.mark.slow
def test_the_bundled_figure_is_that_of_the_bundled_table(study, tmp_path):
    demo, rows = goalmisgen.entry(study.demo), rows_of(study)
    if rows:
        sources = {each.key: reference(each.key).short for each in study.published}
        command = f"goalmisgen study {study.name} --episodes 1000 --seed 1"
        draw.save(panels.study(demo, study, rows, sources), tmp_path / "again.svg", command)
        bundled = studies.csv_path(demo, study).with_suffix(".svg").read_text()
        assert (tmp_path / "again.svg").read_text() == bundled, (
            f"draw it again: goalmisgen study {study.name} --no-train"
        )


def test_every_dot_is_one_row_and_leads_to_a_level_where_the_goal_was_missed(study):
    demo, rows = goalmisgen.entry(study.demo), rows_of(study)
    data = figure.payload(demo, study, rows)
    json.dumps(data)
    assert len(data["panels"]) == len(study.panels)
    for panel, shown in zip(data["panels"], study.panels, strict=True):
        for dot in panel["dots"]:
            assert panel["x"]["low"] <= dot["x"] <= panel["x"]["high"], shown.title
            assert dot["href"].startswith(f"{demo.name}?agent=")
        agents = {dot["agent"] for dot in panel["dots"]}
        assert all(agent.partition("@")[0] in agent_names(demo) for agent in agents)
    if rows and demo.kind == "grid":
        row = next(row for row in rows if row["miss"])
        agent = load_agent(demo, row["agent"])
        levels = next(
            levels
            for sample in studies.samples(demo, study)
            for levels in sample.levels
            if studies.levels_name(levels) == row["levels"]
        )
        level = summed_grid.level_of(demo, agent, levels, int(row["miss"]))
        assert Run(demo, agent, level, int(row["miss"])).outcome != demo.intended
        query = dict(part.split("=", 1) for part in figure.link(demo, row).partition("?")[2].split("&"))
        if "level" in query:
            linked = level_files.from_url(demo, unquote(query["level"]))
            assert level_files.to_json(demo, linked) == level_files.to_json(demo, level)


def page(**query):
    def script():
        from goalmisgen.engine.web.pages.figures_page import figures_page

        figures_page()

    at = AppTest.from_function(script, default_timeout=120)
    at.query_params.update(query)
    return at.run()


def test_the_page_shows_every_study():
    at = page(study="cheese-region")
    assert not at.exception
    names = list(studies.studies())
    assert at.selectbox[0].value == "cheese-region"
    for name in names:
        at.selectbox[0].select(name).run()
        assert not at.exception
        if rows_of(studies.study_of(name)):
            assert len(canvases(at)[0]["panels"]) == len(studies.study_of(name).panels)
        else:
            assert f"goalmisgen study {name}" in at.info[0].value
    assert "not here" in page(study="<b>").warning[0].value


def test_before_a_curve_is_drawn_the_browser_is_not_told_what_was_measured():
    open_ = figure.to_draw("cheese-region", "cheese", None, None)
    assert open_["panels"][0]["dots"] == open_["panels"][0]["rules"] == open_["panels"][0]["joins"] == []
    heights = [10] * len(open_["draw"]["at"])
    shown = figure.to_draw("cheese-region", "cheese", None, heights)
    assert shown["draw"] == open_["draw"] | {"curve": heights, "locked": True}
    assert shown["panels"][0]["dots"]
    assert not figure.to_draw("cheese-region", "cheese", None, [1, 2])["draw"]["locked"]
    for name, quantity, panel in (("cheese-region", "gold", None), ("keys-inventory", "chests opened", None)):
        with pytest.raises(StudyError, match="no such panel"):
            figure.to_draw(name, quantity, panel, None)


def test_csvs_are_read_by_the_standard_library_too(study):
    path = studies.csv_path(goalmisgen.entry(study.demo), study)
    if path.is_file():
        with path.open(newline="") as file:
            assert tuple(next(csv.reader(file))) == studies.COLUMNS


@pytest.mark.parametrize(
    ("xs", "kept"),
    [
        ([], []),
        ([25.0], [25.0]),
        ([24e3, 48e3, 4.8e6], [24e3, 48e3, 4.8e6]),
        ([24e3, 960e3, 1.2e6, 4.6e6, 4.8e6], [24e3, 960e3, 4.8e6]),
        ([float(2**k) for k in range(24)], None),
    ],
)
def test_values_along_an_axis_are_written_where_there_is_room(xs, kept):
    found = curves.labelled(studies.Axis(label="steps", scale="log", names={}), xs)
    assert found == (kept if kept is not None else found) and len(found) <= 14 and (not xs or found[-1] == xs[-1])
