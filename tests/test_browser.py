"""The app in a real browser: the canvas moves, a drag changes the run, a link restores a view."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import demos

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).parents[1]
PATIENCE = 120_000  # ms; rules are compiled on the first start


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A server of its own, on a free port."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless",
        "true",
        "--server.port",
        str(port),
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1).close()
            break
        except OSError:
            time.sleep(0.25)
    yield f"http://localhost:{port}"
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


def version(tab) -> int:
    return int(tab.locator("canvas.scene").first.get_attribute("data-version"))


def wait_for(tab, condition) -> None:
    for _ in range(300):
        if condition():
            return
        tab.wait_for_timeout(200)
    raise AssertionError("the page did not get there in a minute")


def test_the_home_page_shows_a_moving_agent_and_a_drag_changes_its_run(tab, site: str) -> None:
    tab.goto(site)
    scene = tab.locator("canvas.scene").first
    scene.wait_for()
    wait_for(tab, lambda: scene.get_attribute("data-frame"))
    first = scene.screenshot()
    wait_for(tab, lambda: scene.screenshot() != first)

    from demos import load
    from demos.engine.rules.edit import draw_level
    from demos.engine.show.web.pages import HOME_LEVEL

    level = draw_level(load("coinrun"), load("coinrun").training, HOME_LEVEL)
    label, before = scene.get_attribute("aria-label"), version(tab)
    box = scene.bounding_box()
    unit = box["width"] / int(level.extent[1])
    row, col = level.objects[1]
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 1.6 * unit, box["y"] + 1.5 * unit, steps=6)
    tab.mouse.up()
    wait_for(tab, lambda: version(tab) > before)
    wait_for(tab, lambda: tab.get_by_text("What it did:").count() == 1)
    assert scene.get_attribute("aria-label") != label


def test_a_goal_dragged_while_the_agent_runs_replans_on_the_way(tab, site: str) -> None:
    tab.goto(f"{site}/cheese_maze?number=4&levels=training")
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))

    from demos import load
    from demos.engine.rules.edit import draw_level

    demo = load("cheese_maze")
    level = draw_level(demo, demo.training, 4)
    row, col = (int(x) for x in level.objects[1])
    box = scene.bounding_box()
    unit = box["width"] / demo.columns
    before = version(tab)
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    tab.get_by_role("button", name="Restart").first.press("Enter")  # else the cheese may be gone before it is taken
    tab.mouse.down()
    down = next(r for r in range(row + 1, demo.rows) if level.tiles[r, col] == 0)
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (down + 0.5) * unit, steps=4)
    wait_for(tab, lambda: version(tab) > before)  # answered while the button is still down
    tab.mouse.up()


def test_objects_are_added_and_taken_away(tab, site: str) -> None:
    tab.goto(f"{site}/cheese_maze?number=4&levels=training")
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))

    from demos import load
    from demos.engine.rules.edit import draw_level, open_places

    demo = load("cheese_maze")
    level = draw_level(demo, demo.training, 4)
    taken = [tuple(int(x) for x in place) for place in level.objects[:2]]
    row, col = next(place for place in open_places(demo, level) if place not in taken)

    def click(row: float, col: float) -> None:
        box = scene.bounding_box()
        unit = box["width"] / demo.columns
        tab.mouse.click(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)

    tab.get_by_role("button", name="Add an object where you click").click()
    tab.get_by_label("Object to add").select_option("second_cheese")
    click(row, col)
    tab.get_by_text("there is a second cheese", exact=False).wait_for()
    click(0, 0)  # a hedge
    tab.get_by_text("inside the hedge", exact=False).wait_for()
    tab.get_by_role("button", name="Take away the object you click").click()
    scene.focus()
    tab.keyboard.press("r")
    click(*level.objects[1])
    tab.get_by_text("there is no cheese;", exact=False).first.wait_for()


def test_the_keyboard_moves_an_object_and_shows_the_keys(tab, site: str) -> None:
    tab.goto(f"{site}/cheese_maze?number=4&levels=training")
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))
    scene.focus()
    tab.keyboard.press("?")
    tab.get_by_text("play or pause", exact=True).wait_for()
    before = version(tab)
    tab.keyboard.press("r")  # the cheese can be picked while it is there
    tab.keyboard.press(" ")
    tab.keyboard.press("o")
    tab.keyboard.press("o")
    tab.get_by_text("cheese picked", exact=False).wait_for()
    for key in ("ArrowDown", "ArrowLeft"):  # one of the two is open
        tab.keyboard.press(key)
        tab.wait_for_timeout(1500)
    wait_for(tab, lambda: version(tab) > before)


def test_a_link_restores_a_view_and_a_recolour_reaches_the_agents_picture(tab, site: str) -> None:
    from demos import load
    from demos.engine.rules import edit as editing

    demo = load("coinrun")
    level = editing.recolour(demo, editing.draw_level(demo, demo.training, 9), "coin", "#0000ff")
    tab.goto(f"{site}/coinrun?levels=training&number=9&seed=4&level={editing.to_url(demo, level)}")
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))
    tab.get_by_text("it was recoloured", exact=False).wait_for()
    assert tab.get_by_label("Run", exact=True).first.input_value() == "4"
    wait_for(tab, lambda: re.search(r"level=", tab.url) is not None)
    before = version(tab)
    tab.locator("input[type=color]").first.evaluate(
        "(e) => { e.value = '#ff00ff'; e.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    link = tab.url
    wait_for(tab, lambda: version(tab) > before)
    wait_for(tab, lambda: tab.url != link)
    sent = re.search(r"level=([\w-]+)", tab.url)
    assert sent is not None
    assert editing.from_url(demo, sent.group(1)).colours[1].tolist() == [255, 0, 255]


def open_scene(tab, address: str):
    """The canvas of a page, once it moves."""
    tab.goto(address)
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))
    return scene


def test_the_keyboard_paints_a_tile(tab, site: str) -> None:
    from demos.engine.rules import edit as editing

    demo = demos.load("cheese_maze")
    drawn = editing.draw_level(demo, demo.training, 4)
    scene = open_scene(tab, f"{site}/cheese_maze?number=4&levels=training")
    before = version(tab)
    tab.get_by_role("button", name="Paint tiles").click()
    scene.focus()
    # several tiles in a row: some can be painted, whatever the maze and whoever stands there
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft"):
        tab.keyboard.press(key)
        tab.get_by_text("Enter paints it", exact=False).wait_for()
        tab.keyboard.press("Enter")
        tab.wait_for_timeout(1200)
    wait_for(tab, lambda: version(tab) > before)
    wait_for(tab, lambda: re.search(r"level=", tab.url) is not None)
    sent = re.search(r"level=([\w-]+)", tab.url)
    assert sent is not None
    changed = editing.from_url(demo, sent.group(1)).tiles != drawn.tiles
    assert changed.any()


def test_a_held_run_waits_for_a_guess_and_counts_it(tab, site: str) -> None:
    scene = open_scene(tab, f"{site}/coinrun?preset=moved")
    tab.get_by_text("Guess first", exact=True).click()
    tab.get_by_text("The agent waits for your guess", exact=False).wait_for()
    assert float(scene.get_attribute("data-frame")) == 0
    tab.wait_for_timeout(700)
    assert float(scene.get_attribute("data-frame")) == 0
    scene.focus()
    tab.keyboard.press("2")
    wait_for(tab, lambda: float(scene.get_attribute("data-frame")) > 0)
    tab.get_by_text("You guessed the end", exact=False).wait_for()
    wait_for(tab, lambda: tab.get_by_text(re.compile(r"^[01] of 1$")).count() == 1)
    box = scene.bounding_box()  # after an edit it waits again, and a click on the place is a guess too
    tab.get_by_role("button", name="Back to the level as it was").click()
    tab.get_by_text("The agent waits for your guess", exact=False).wait_for()
    tab.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 3)
    tab.get_by_text("You guessed a place", exact=False).wait_for()
    wait_for(tab, lambda: tab.get_by_text(re.compile(r"^[01] of 1$")).count() == 2)


def test_a_click_in_the_outcome_map_replays_that_run(tab, site: str) -> None:
    from demos.engine.rules import edit as editing
    from demos.engine.show.check import preset_run
    from demos.engine.study.outcome_map import outcome_map

    demo = demos.load("coinrun")
    preset = next(p for p in demo.presets if p.name == "moved")
    run = preset_run(demo, preset)
    scene = open_scene(tab, f"{site}/coinrun?preset=moved")
    tab.get_by_text("Outcome map", exact=True).click()
    found = outcome_map(demo, run.agent, run.level, 1)
    wait_for(tab, lambda: scene.get_attribute("data-map") == str(len(found.cells)))
    objects = [tuple(place) for place in run.level.objects.round().astype(int)]
    row, col = next(tuple(int(x) for x in cell) for cell in found.cells[::-1] if tuple(cell) not in objects)
    before, box = version(tab), scene.bounding_box()
    unit = box["width"] / int(run.level.extent[1])
    tab.mouse.click(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    wait_for(tab, lambda: version(tab) > before)
    level = editing.place(demo, run.level, demo.intended, row, col)
    said = type(run)(demo, run.agent, level, 0).describe()
    wait_for(tab, lambda: said in scene.get_attribute("aria-label"))


def test_projector_mode_stays_on_from_page_to_page(tab, site: str) -> None:
    open_scene(tab, f"{site}/coinrun")

    def size() -> str:
        return tab.evaluate("getComputedStyle(document.documentElement).fontSize")

    small = size()
    tab.get_by_text("Projector", exact=True).first.click()
    wait_for(tab, lambda: size() != small)
    tab.get_by_text("Lessons").first.click()
    tab.get_by_text(re.compile("^2\\. ")).first.click()
    tab.get_by_text(re.compile("^Lesson 2: ")).first.wait_for()
    tab.wait_for_timeout(1000)
    assert size() != small
    tab.get_by_text("Projector", exact=True).first.click()  # and is switched off there
    wait_for(tab, lambda: size() == small)


def test_the_outcome_map_is_read_and_replayed_by_keyboard(tab, site: str) -> None:
    scene = open_scene(tab, f"{site}/coinrun?preset=moved")
    tab.get_by_text("Outcome map", exact=True).click()
    wait_for(tab, lambda: int(scene.get_attribute("data-map") or 0) > 0)
    scene.focus()
    tab.keyboard.press("m")
    tab.get_by_text(re.compile("^Row [0-9]+, column [0-9]+: ")).wait_for()
    said = tab.locator(".said").first
    for key in ["ArrowUp"] * 12 + ["ArrowLeft"] * 2 + ["ArrowDown"] * 12:  # down a column, to the ground
        if "Enter shows the run" in said.inner_text():
            break
        tab.keyboard.press(key)
        tab.wait_for_timeout(60)
    assert re.search(r"(coin|end|died|timeout) [0-9]+ %", said.inner_text())
    before = version(tab)
    tab.keyboard.press("Enter")
    wait_for(tab, lambda: version(tab) > before)


def test_a_saved_run_is_replayed_and_gone_on_with(tab, site: str, tmp_path: Path) -> None:
    from demos.engine.rules import edit as editing
    from demos.engine.show.check import preset_run

    demo = demos.load("coinrun")
    run = preset_run(demo, next(p for p in demo.presets if p.name == "moved"))
    run.edit(10, editing.recolour(demo, run.level, "coin", "#00aaff"))
    run.save(tmp_path / "run.json")
    open_scene(tab, f"{site}/coinrun?number=3")
    tab.get_by_role("tab", name="Send, save, cite").click()
    tab.locator("input[type=file]").first.set_input_files(tmp_path / "run.json")
    recording = tab.get_by_label(f"{demo.title}: {run.describe()}", exact=True)
    recording.wait_for()
    wait_for(tab, lambda: float(recording.get_attribute("data-frame") or 0) > 0)
    tab.get_by_role("button", name="Go on live from this run").click()
    wait_for(tab, lambda: tab.locator("canvas.scene").first.get_attribute("aria-label").endswith(run.describe()))
    assert tab.get_by_label("Level", exact=True).first.input_value() == str(int(run.first.seed))
    (tmp_path / "broken.json").write_text('{"actions": []}')
    tab.locator("input[type=file]").first.set_input_files(tmp_path / "broken.json")
    tab.get_by_text("is not a saved run, or it is damaged", exact=False).wait_for()


def test_the_chart_of_ages_is_drawn_and_the_slider_changes_the_run(tab, site: str) -> None:
    from demos.engine.agents.pretrained import agent_names, ages_of
    from demos.engine.study.ages import read_ages

    demo = demos.load("coinrun")
    agent = next(name for name in agent_names(demo) if ages_of(demo, name))
    if not any(row["agent"] == agent for row in read_ages(demo)):
        pytest.skip("no ages are measured")
    open_scene(tab, f"{site}/coinrun?agent={agent}")
    tab.get_by_role("tab", name="Ages").click()
    chart = tab.get_by_alt_text("Outcomes by age", exact=False)
    chart.wait_for()
    wait_for(tab, lambda: chart.evaluate("(image) => image.naturalWidth") > 0)
    before = version(tab)
    tab.get_by_role("slider", name="Age of the agent").press("ArrowLeft")
    wait_for(tab, lambda: version(tab) > before)
    wait_for(tab, lambda: f"{ages_of(demo, agent)[-2]}" in tab.url)


def test_every_seed_runs_in_the_level_on_the_page_and_follows_its_edits(tab, site: str) -> None:
    from demos.engine.agents.pretrained import load_agent, seeds_of
    from demos.engine.agents.run import Run
    from demos.engine.rules.change import changed
    from demos.engine.show.check import preset_run

    demo = demos.load("line_and_gem")
    first = preset_run(demo, next(p for p in demo.presets if p.name == "moved"))
    agents = seeds_of(demo, first.actor)

    def counted(level, gem: str) -> str:
        came = [Run(demo, load_agent(demo, name), level, 0).outcome for name in agents]
        line, other = came.count("line"), came.count("gem")
        return f"line {line}, {gem} {other}, neither {len(came) - line - other}"

    scene = open_scene(tab, f"{site}/line_and_gem?preset=moved")
    tab.get_by_role("tab", name="Every seed").click()
    wait_for(tab, lambda: tab.locator(".wall canvas").count() == len(agents))
    tally = tab.locator(".tally")
    tab.get_by_label("Speed of every run").select_option("fast")
    as_first, as_star = (
        counted(first.level, "gem"),
        counted(changed(demo, first.level, ["gem=star"]), "gem (drawn as star)"),
    )
    wait_for(tab, lambda: tally.inner_text() == as_first)
    before = version(tab)
    tab.get_by_label("What to recolour").select_option("gem")
    tab.get_by_label("What it is drawn as").select_option("star")
    wait_for(tab, lambda: version(tab) > before)
    wait_for(tab, lambda: tally.inner_text() == as_star)
    assert scene.get_attribute("data-version")


def test_agent_or_device_a_dragged_goal_changes_what_is_believed(tab, site: str) -> None:
    from demos import load
    from demos.engine.show.check import preset_run

    demo = load("cheese_maze")
    run = preset_run(demo, demo.behaviours[1])
    scene = open_scene(tab, f"{site}/agent-or-device")
    who, slider = tab.locator(".who"), tab.get_by_label("Step of the run")

    def agent() -> float:
        return float(who.get_attribute("data-agent"))

    slider.fill("0")
    wait_for(tab, lambda: agent() == 0.5)  # nothing was seen yet
    scene.focus()
    tab.keyboard.press("ArrowRight")
    wait_for(tab, lambda: agent() != 0.5 and scene.get_attribute("data-frame") == "1.00")
    slider.fill(str(run.steps))
    wait_for(tab, lambda: scene.get_attribute("data-frame") == f"{run.steps}.00")
    before, said, box = version(tab), scene.get_attribute("aria-label"), scene.bounding_box()
    unit, (row, col) = box["width"] / demo.columns, run.level.objects[1]
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 2.5 * unit, box["y"] + 2.5 * unit, steps=4)
    wait_for(tab, lambda: version(tab) > before)  # answered while the button is still down
    tab.mouse.up()
    wait_for(tab, lambda: scene.get_attribute("aria-label") != said)
    tab.get_by_role("combobox", name="Class of devices").click()
    tab.get_by_role("option", name="random", exact=True).click()
    wait_for(tab, lambda: tab.locator(".belief .row").count() == len(["cheese", "corner", "elsewhere", "random"]))


def test_agent_or_device_a_person_walks_by_the_arrow_keys(tab, site: str) -> None:
    scene = open_scene(tab, f"{site}/agent-or-device")
    tab.get_by_role("combobox", name="Who walks").click()
    tab.get_by_role("option", name="you, by the arrow keys").click()
    count = tab.locator(".count")
    wait_for(tab, lambda: count.inner_text() == "step 0 of 0")
    scene.focus()
    for step in range(1, 4):
        tab.keyboard.press("ArrowUp")
        wait_for(tab, lambda step=step: count.inner_text() == f"step {step} of {step}")
    assert float(tab.locator(".who").get_attribute("data-agent")) != 0.5
    before = version(tab)
    tab.keyboard.press("o")  # picks whoever walks; the arrow keys then move it
    tab.keyboard.press("ArrowDown")
    wait_for(tab, lambda: version(tab) > before and count.inner_text() == "step 0 of 0")


def test_a_claim_leads_to_its_demo_on_the_right_level_again_and_again(tab, site: str) -> None:
    from demos import load

    tab.goto(f"{site}/claims?claim=keys-colour")
    for preset in (each for each in load("keys_and_chests").presets if each.name in ("many-keys", "marked")):
        tab.get_by_role("link", name=preset.title).first.click()
        wait_for(tab, lambda: "agent=" in tab.url)
        tab.locator("canvas.scene").first.wait_for()
        assert f"agent={preset.agent.replace(':', '%3A')}" in tab.url
        assert f"number={preset.level_seed}" in tab.url
        tab.get_by_text("The article", exact=True).first.click()
        tab.get_by_role("menuitem", name="The claims ledger").click()
        tab.get_by_label("Search").fill("match key color")
        tab.get_by_label("Search").press("Enter")
        wait_for(tab, lambda: tab.get_by_text("Link to this row").count() == 1)
