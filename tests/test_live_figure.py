"""The live figure: one file that runs from disk, without network or server, and shows the runs that Python computes."""

import base64
import gzip
import json
import math
import re
import shlex
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from goalmisgen import NAMES, entry, grid_entry
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.agents.run_decision import DecisionRun
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.agents.run_text import load_writer
from goalmisgen.engine.cli import main
from goalmisgen.engine.detect.audit import brier, truth_of
from goalmisgen.engine.film.text import signed
from goalmisgen.engine.lessons.tasks_decision import decision_scene
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules.edit import BadLevel
from goalmisgen.engine.rules.names import ending
from goalmisgen.engine.study.every_place import every_place, runs
from goalmisgen.engine.study.levels import prepared_level
from goalmisgen.engine.study.outcome_map import outcome_map
from goalmisgen.engine.web.components.canvas.live import Live, payload
from goalmisgen.engine.web.handout import bundle
from goalmisgen.engine.web.handout.cases import MOST_CASES, decision_figure, offered
from goalmisgen.engine.web.handout.grid import live_figure, usual_agents
from goalmisgen.engine.web.handout.runs import pack, way
from goalmisgen.engine.web.handout.usual import usual_command, usual_figure
from test_browser import browser  # noqa: F401  (fixture)

pytestmark = pytest.mark.slow
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
in_a_browser = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")


def textbook(name: str):
    """A world, the agents of its figure, and the level of its textbook case."""
    demo = grid_entry(name)
    preset = demo.preset_as("moved")
    agents = [load_agent(demo, each) for each in usual_agents(demo, preset.agent)]
    return demo, agents, prepared_level(demo, preset, agents[0].config)


def command(*words: str) -> int:
    """The status that `goalmisgen` ends with."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """CoinRun's figure, as the command makes it."""
    path = tmp_path_factory.mktemp("figure") / "figure.html"
    assert command("film", "coinrun", "--preset", "moved", "--out", str(path)) == 0
    return path


@pytest.mark.parametrize("name", ["coinrun", "cheese_maze", "keys_and_chests"])
def test_runs_of_every_place_are_those_of_run(name: str) -> None:
    demo, agents, level = textbook(name)
    places, levels = every_place(demo, level)
    every = list(runs(demo, agents[0], levels, 2, first_seed=5))
    assert len(every) == 2 * len(places)
    for number in range(0, len(every), 7):
        alone, place = Run(demo, agents[0], levels[number // 2], 5 + number % 2, stops=True), every[number]
        assert (place.steps, place.outcome, place.total) == (alone.decided_at, alone.outcome, alone.total)
        assert place.describe() == alone.describe() and place.events() == alone.events()
        assert np.array_equal(place.states[: place.steps + 1], alone.states[: place.steps + 1])
    found = outcome_map(demo, agents[0], level, 2, 5)
    of = {place: [run.outcome for run in every[2 * i : 2 * i + 2]] for i, place in enumerate(places)}
    assert all(of[float(r), float(c)] == o.tolist() for (r, c), o in zip(found.cells, found.outcomes, strict=True))


def test_the_goals_own_place_is_one_of_them_and_a_level_without_it_is_refused() -> None:
    demo, _, level = textbook("coinrun")
    aloft = editing.place(demo, level, "coin", 2, 20)
    assert every_place(demo, aloft)[0][0] == (2, 20)
    assert len(every_place(demo, aloft)[0]) == len(every_place(demo, level)[0]) + 1
    with pytest.raises(BadLevel, match="This level has no coin; add one, so that it can be dragged."):
        every_place(demo, editing.remove(demo, level, "coin"))


def test_packed_runs_hold_what_a_canvas_is_sent() -> None:
    demo, agents, level = textbook("cheese_maze")
    live = Live.begin(demo, agents[:1], level, 0, stops=True)
    run, sent = live.runs[0], payload(live, 0)
    found = pack([way(run)])
    told, slots, n = found.told[0], len(sent["names"]), run.steps + 1
    codes = np.frombuffer(found.codes, np.uint8).reshape(2, -1).astype(int)
    moves = np.array(found.moves)[codes[0] + 256 * codes[1]].reshape(slots, n, 5)
    places = moves[..., :2].cumsum(1).transpose(1, 0, 2).reshape(n, -1) / 100
    assert np.allclose(places, sent["places"], atol=0.006)
    for i, name in enumerate(("there", "facing", "pose"), 2):
        assert moves[..., i].T.tolist() == sent[name]
    assert (told["steps"], told["events"]) == (sent["steps"], sent["events"])
    assert max(told["paid"].items(), default=(0, 0.0))[1] == sent["paid"][-1]


def test_one_script_of_many_modules_keeps_their_names_apart(tmp_path) -> None:
    (tmp_path / "a.js").write_text('import { b as c } from "./b.js";\nexport const a = c(1);\n')
    (tmp_path / "b.js").write_text("const own = 1;\nexport function b(x) { return own + x; }\n")
    code = bundle.script(tmp_path / "a.js")
    assert code.index("from_b") < code.index("from_a") and "const { b: c } = from_b;" in code
    assert not re.search(r"^(import|export)\b", code, re.M)
    (tmp_path / "b.js").write_text("export default 1;\n")
    with pytest.raises(ValueError, match="'export default 1;' in b.js"):
        bundle.script(tmp_path / "a.js")


def test_what_is_too_large_is_refused_with_a_sentence(monkeypatch) -> None:
    demo, agents, level = textbook("line_and_gem")
    monkeypatch.setattr(bundle, "MOST", 30_000)
    with pytest.raises(bundle.TooLarge, match="The file would have [0-9,]+ bytes, and may have 30,000; .*--runs"):
        live_figure(demo, level, agents)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["coinrun", "--trail"], ".html holds runs from the start of a level; leave out --trail."),
        (["coinrun", "--at", "3"], ".html holds runs from the start of a level; leave out --at."),
        (["coinrun", "--size", "300"], ".html is played by its reader; leave out --size."),
        (["coinrun", "--versus", "training"], "all agents act in one level"),
        (["coinrun", "--versus", "nobody"], "There is no agent 'nobody:0' of coinrun"),
        (["coinrun", "--agent", "nobody"], "There is no agent 'nobody:0' of coinrun"),
        (["coinrun", "--edit", "coin=none"], "This level has no coin"),
        (["coinrun", "--puzzle", "--versus", "mix-2"], "--puzzle hides one agent; leave out --versus."),
        (["coinrun", "--puzzle", "--agent", "mix-0:0@24000"], "Nobody measured what mix-0:0@24000 of coinrun follows"),
        (["nothing"], "There is no demo 'nothing'"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], sentence: str, tmp_path, capsys) -> None:
    assert command("film", *words, "--out", str(tmp_path / "x.html")) == 2
    assert sentence in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_figure_is_small_alone_and_says_how_it_was_made(file: Path) -> None:
    html = file.read_text("utf-8")
    assert 50_000 < file.stat().st_size < bundle.MOST
    assert '<meta name="Command" content="goalmisgen film coinrun --seed 0 --preset moved --out coinrun.html">' in html
    assert not re.search(r"\b(src|href)=|@import|\bfetch\(new URL\(\w+, \"http", html.partition("<script")[0])
    assert "import(" not in html and not re.search(r"^import ", html, re.M)


def opened(browser, path: Path, size: dict[str, int], where: str = "", waits: str = "canvas.scene", **how):  # noqa: F811
    """A page of the file in a browser without a network, and what goes wrong in it."""
    context = browser.new_context(viewport=size, **how)
    context.set_offline(True)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith(("file:", "blob:")) or wrong.append(asked.url))
    page.goto(path.as_uri() + where)
    page.locator(waits).first.wait_for()
    return page, wrong


def shown(page) -> tuple[int, str]:
    """The steps of the run that is shown, played to its end, and what is said of it."""
    page.wait_for_function("document.querySelector('canvas.scene').dataset.over === 'true'", timeout=60_000)
    said = page.locator(".count").inner_text()
    return int(re.match(r"step (\d+)", said)[1]), page.locator(".stamp").inner_text()


def expected(name: str, agent: int, place: tuple[float, float], seed: int) -> tuple[int, str]:
    """The same from Python: the step that decides the run, and how it ended."""
    demo, agents, level = textbook(name)
    run = Run(demo, agents[agent], editing.place(demo, level, editing.goal_name(demo), *place), seed, stops=True)
    return run.decided_at, f"{ending(demo, run.outcome).chip} · {run.total:g}"


def drag(page, demo, level, frm: tuple[float, float], to: tuple[float, float], steps: int = 6) -> None:
    """Drag what lies at a place to another, each [row, column]."""
    box, (rows, columns) = page.locator("canvas.scene").bounding_box(), (int(x) for x in level.extent)

    def spot(at: tuple[float, float]) -> tuple[float, float]:
        return box["x"] + (at[1] + 0.5) * box["width"] / columns, box["y"] + (at[0] + 0.5) * box["height"] / rows

    page.mouse.move(*spot(frm))
    page.mouse.down()
    page.mouse.move(*spot(to), steps=steps)
    page.mouse.up()


@pytest.mark.slow
@in_a_browser
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_dragged_goal_shows_the_run_that_python_computes(browser, file: Path, size) -> None:  # noqa: F811
    demo, _, level = textbook("coinrun")
    own = tuple(float(x) for x in level.objects[1])
    page, wrong = opened(browser, file, size)
    assert every_place(demo, level)[0][0] == own
    page.get_by_label("Play the run").click()
    page.locator("select[aria-label=Speed]").evaluate("(e) => { e.value = 40; e.dispatchEvent(new Event('change')); }")
    assert shown(page) == expected("coinrun", 0, own, 0)

    places = every_place(demo, level)[0]
    before = shown(page)
    for place in (places[-12], places[3]):  # on the way, and behind the start
        drag(page, demo, level, own, place)
        own = place
        page.wait_for_function(f"location.hash.includes('at={place[0]:g},{place[1]:g}')")
        found = shown(page)
        assert found == expected("coinrun", 0, place, 0) and found != before
        before = found
    page.get_by_role("button", name="Run 1 of 5", exact=False).click()
    page.wait_for_function("location.hash.includes('run=2')")
    assert shown(page) == expected("coinrun", 0, own, 1)
    page.get_by_role("button", name="coin anywhere", exact=False).click()
    page.wait_for_function("location.hash.includes('agent=1')")
    assert shown(page) == expected("coinrun", 1, own, 1)
    assert not wrong
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.slow
@in_a_browser
def test_by_keyboard_by_words_and_by_address(browser, file: Path) -> None:  # noqa: F811
    demo, _, level = textbook("coinrun")
    places = every_place(demo, level)[0]
    row, col = places[-9]
    page, wrong = opened(browser, file, DESK, f"#agent=1&at={row:g},{col:g}&run=3&map=1&theme=dark&age=99&junk=%00")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("canvas.scene").get_attribute("data-map") == str(len(places))
    page.get_by_role("button", name="Every place", exact=False).first.click()
    page.locator("select[aria-label=Speed]").evaluate("(e) => { e.value = 40; e.dispatchEvent(new Event('change')); }")
    scene = page.locator("canvas.scene")
    scene.focus()
    page.keyboard.press(" ")
    assert shown(page) == expected("coinrun", 1, (row, col), 2)
    page.keyboard.press("o")
    page.get_by_text("coin picked", exact=False).wait_for()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"location.hash.includes('{row:g},{col + 1:g}')")
    assert shown(page) == expected("coinrun", 1, (row, col + 1), 2)
    page.keyboard.press("u")
    page.wait_for_function(f"location.hash.includes('{row:g},{col:g}&')")

    page.get_by_text("Every place in words").click()
    told = page.locator("details button")
    assert told.count() == len(places)
    told.first.click()
    page.wait_for_function(f"location.hash.includes('{places[0][0]:g},{places[0][1]:g}&')")
    found = outcome_map(demo, load_agent(demo, "mix-100:0"), level, 5)
    taken = int((found.outcomes[found.cells.tolist().index(list(places[0]))] == "coin").sum())
    assert f"took the coin {taken} of 5" in told.first.inner_text()
    assert not wrong


@pytest.mark.slow
@in_a_browser
def test_a_puzzle_counts_edits_hides_the_agent_and_scores_the_verdict(browser, tmp_path) -> None:  # noqa: F811
    path = tmp_path / "puzzle.html"
    assert command("film", "coinrun", "--preset", "varied", "--puzzle", "--out", str(path)) == 0
    assert "mix-100" not in path.read_text("utf-8")
    page, wrong = opened(browser, path, PHONE, where="#map=1")
    assert page.get_by_text("coin anywhere", exact=False).count() == 0
    assert page.get_by_role("button", name="Every place").is_hidden() and page.get_by_text("in words").is_hidden()
    page.locator("canvas.scene").focus()
    page.keyboard.press(" ")
    page.keyboard.press("o")
    for left in (5, 4, 3, 2, 1, 0):
        page.keyboard.press("ArrowRight")
        page.get_by_text(f"{left} of 6 edits left", exact=False).wait_for()
    page.wait_for_timeout(500)
    place = page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    page.get_by_text("No edits are left", exact=False).wait_for()
    assert page.evaluate("location.hash") == place
    for knob, says in zip(page.locator(".verdict input").all(), ("60", "20", "20"), strict=True):
        knob.fill(says)
    page.get_by_role("button", name="That is my verdict").click()
    score = brier({"coin": 0.6, "end": 0.2, "neither": 0.2}, str(truth_of(grid_entry("coinrun"), "mix-100:0")))
    page.get_by_text(f"Your Brier score is {score:.2f}", exact=False).wait_for()
    assert page.get_by_role("button", name="coin anywhere in every level", exact=False).is_visible()
    page.keyboard.press("o")
    assert not wrong and page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
@in_a_browser
def test_it_runs_in_an_iframe_and_by_touch(browser, file: Path, tmp_path) -> None:  # noqa: F811
    slide = tmp_path / "slide.html"
    slide.write_text(f'<iframe sandbox="allow-scripts" src="{file.as_uri()}" width="380" height="540"></iframe>')
    context = browser.new_context(viewport=PHONE, has_touch=True, offline=True)
    page = context.new_page()
    page.goto(slide.as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_label("Play the run").tap()
    frame.locator("canvas.scene[data-over=true]").wait_for(timeout=60_000)
    own = tuple(float(x) for x in textbook("coinrun")[2].objects[1])
    assert frame.locator(".stamp").inner_text() == expected("coinrun", 0, own, 0)[1]


@pytest.fixture(scope="module")
def sums(tmp_path_factory) -> Path:
    """The figure of a text demo, as the command makes it."""
    path = tmp_path_factory.mktemp("sums") / "sums.html"
    assert command("film", "sycophancy", "--preset", "cured", "--out", str(path)) == 0
    return path


@pytest.mark.slow
@in_a_browser
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_question_chosen_shows_what_the_network_answers(browser, sums: Path, size) -> None:  # noqa: F811
    demo = entry("sycophancy")
    page, wrong = opened(browser, sums, size, waits=".bubble")
    assert page.get_by_role("button", name="all opinions random").get_attribute("aria-pressed") == "true"
    for agent, button in (("cure-100:0", "all opinions random"), ("cure-0:0", "people never wrong")):
        page.get_by_role("button", name=button).click()
        for opinion in ("right", "wrong", "none"):
            page.get_by_label("They say it is").select_option(label=opinion)
            case = demo.asked({"opinion": opinion})
            writer = load_writer(demo, agent)
            assert page.locator(".bubble p").all_inner_texts() == list(signed(writer.converse(case)))
            assert page.locator(".end span").inner_text() == ending(demo, writer.outcome(case)).says
    assert not wrong and page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("name", ["redundant_questions", "emergent_misalignment"])
def test_a_grid_of_questions_is_small_and_holds_what_is_prepared(name: str) -> None:
    demo = entry(name)
    first = {each.name: each.usual for each in demo.fields}
    fields = offered(demo, first)
    assert 20 < math.prod(map(len, fields.values())) <= MOST_CASES
    for preset in demo.presets:
        assert all(value in fields[field] for field, value in (first | dict(preset.values)).items())


def test_a_figure_of_choices_holds_the_runs_of_an_agent() -> None:
    demo = entry("board_hack")
    made = decision_figure(demo, ["planner", "random-0.9:0"], first_seed=2)
    scene = decision_scene({"agent": "planner"}, "board_hack")
    ended = [DecisionRun(demo, scene.given, 2 + i).finish(scene.chooser()).outcome for i in range(made.each)]
    assert {name: n for name, n in made.outcomes.items() if n} == Counter(ended)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sycophancy", "--size", "300"], ".html is played by its reader; leave out --size."),
        (["sycophancy", "--edit", "coin=1,2"], "--edit is for grid worlds"),
        (["sycophancy", "--set", "claim=abc"], "Claimed sum has 3 characters; it can have at most 2."),
        (["alignment_faking", "--hold", "3"], ".html is played by its reader; leave out --hold."),
        (["alignment_faking", "--set", "nothing=3"], "'nothing' is no slider of alignment_faking"),
        (["alignment_faking", "--agent", "nobody"], "nobody"),
        (["--every-demo", "coinrun"], "--every-demo takes --out only; leave out coinrun."),
        (["--every-demo", "--trail"], "--every-demo takes --out only; leave out --trail."),
        ([], "Say which demo, such as coinrun, or --every-demo"),
    ],
)
def test_what_other_figures_cannot_be_is_refused(words: list[str], sentence: str, tmp_path, capsys) -> None:
    assert command("film", *words, "--out", str(tmp_path / "x.html")) == 2
    assert sentence in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.slow
@in_a_browser
def test_a_folder_of_all_demos_is_a_site(browser, tmp_path, monkeypatch, capsys) -> None:  # noqa: F811
    site = tmp_path / "site"
    assert command("film", "--every-demo", "--out", str(site), "--json") == 0
    sizes = json.loads(capsys.readouterr().out)["bytes"]
    assert list(sizes) == list(NAMES) and max(sizes.values()) < bundle.MOST
    page, wrong = opened(browser, site / "index.html", PHONE, waits=".card")
    addresses = page.locator("a.card").evaluate_all("(all) => all.map((a) => a.href)")
    assert len(addresses) == len(NAMES) and page.evaluate("document.documentElement.scrollWidth") <= 390
    for address in addresses:
        page.goto(address)
        page.locator("canvas.scene[data-version], .bubble").first.wait_for()
        assert page.get_by_text("take the package", exact=False).count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    assert not wrong


def test_the_usual_figure_is_what_its_command_makes(file: Path, tmp_path) -> None:
    for name, made in (
        ("coinrun", file),
        ("sycophancy", tmp_path / "sycophancy.html"),
        ("board_hack", tmp_path / "b.html"),
    ):
        words = shlex.split(usual_command(entry(name)))[1:-1]
        if made != file:
            assert command(*words, str(made)) == 0
        usual, own = usual_figure(entry(name)), made.read_text("utf-8")
        assert contents(usual) == contents(own), name


def contents(html: str) -> dict:
    """What a figure holds, but for the command that it names."""
    data = gzip.decompress(base64.b64decode(re.search(r'id="packed">([^<]+)<', html)[1]))
    length, _, rest = data.partition(b"\n")
    return json.loads(rest[: int(length)]) | {"command": "", "codes": rest[int(length) :]}


@pytest.mark.slow
@in_a_browser
def test_a_finger_that_lands_beside_the_goal_drags_it(browser, file: Path) -> None:  # noqa: F811
    demo, _, level = textbook("coinrun")
    own, place = (tuple(float(x) for x in level.objects[1]), every_place(demo, level)[0][-12])
    page, wrong = opened(browser, file, PHONE, has_touch=True, is_mobile=True)
    box, fingers = page.locator("canvas.scene").bounding_box(), page.context.new_cdp_session(page)
    rows, columns = (int(x) for x in level.extent)
    for share in range(6):
        row, col = (a + (b - a) * share / 5 for a, b in zip(own, place, strict=True))
        beside = 12 if share == 0 else 0  # pixels, more than a tile
        x, y = box["x"] + (col + 0.5) * box["width"] / columns, box["y"] + (row + 0.5) * box["height"] / rows
        kind = "touchMove" if share else "touchStart"
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x + beside, "y": y + beside}]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function(f"location.hash.includes('at={place[0]:g},{place[1]:g}')")
    assert shown(page) == expected("coinrun", 0, place, 0) and not wrong


def test_a_site_is_not_written_over_a_file(tmp_path, capsys) -> None:
    (tmp_path / "site").write_text("mine")
    assert command("film", "--every-demo", "--out", str(tmp_path / "site")) == 2
    assert "is a file; --every-demo writes a folder" in capsys.readouterr().err


def test_a_canvas_alone_can_be_put_into_one_file() -> None:
    """The app's own modules stay in the one way of importing that the file knows."""
    code = bundle.script(bundle.HERE / "grid.js")
    for name in ("draw", "paint", "pointer", "keys", "play", "map", "canvas"):
        assert f"const from_{name} =" in code
    assert json.dumps("streamlit") not in code
