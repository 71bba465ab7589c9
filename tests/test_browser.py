"""The app in a real browser: the canvas moves, a drag changes the run, a link restores a view."""

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import goalmisgen
import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
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
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
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

    expect.set_options(timeout=PATIENCE)
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


def test_a_goal_dragged_while_the_agent_runs_replans_on_the_way(tab, site: str) -> None:
    tab.goto(f"{site}/cheese_maze?number=4&levels=training")
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))

    from goalmisgen import grid_entry
    from goalmisgen.engine.rules.edit import draw_level

    demo = grid_entry("cheese_maze")
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

    from goalmisgen import grid_entry
    from goalmisgen.engine.rules.edit import draw_level, open_places

    demo = grid_entry("cheese_maze")
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
    tab.get_by_role("button", name="One step back").click()  # and wait there: the mouse is at the cheese in a moment
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
    tab.get_by_text("cheese picked", exact=False).wait_for()
    for key in ("ArrowDown", "ArrowLeft"):  # one of the two is open
        tab.keyboard.press(key)
        tab.wait_for_timeout(1500)
    wait_for(tab, lambda: version(tab) > before)


def test_a_link_restores_a_view_and_a_recolour_reaches_the_agents_picture(tab, site: str) -> None:
    from goalmisgen import grid_entry
    from goalmisgen.engine.rules import edit as editing
    from goalmisgen.engine.rules import level_files

    demo = grid_entry("coinrun")
    level = editing.recolour(demo, editing.draw_level(demo, demo.training, 9), "coin", "#0000ff")
    tab.goto(f"{site}/coinrun?levels=training&number=9&seed=4&level={level_files.to_url(demo, level)}")
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))
    tab.get_by_text("it was recoloured", exact=False).wait_for()
    expect(tab.get_by_label("Run", exact=True).first).to_have_value("4")
    wait_for(tab, lambda: "run=" in tab.url)
    before = version(tab)
    tab.locator("input[type=color]").first.evaluate(
        "(e) => { e.value = '#ff00ff'; e.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    link = tab.url
    wait_for(tab, lambda: version(tab) > before)
    wait_for(tab, lambda: tab.url != link)
    assert sent(tab, demo).edits[-1].level.colours[1].tolist() == [255, 0, 255]


def sent(tab, demo):
    """What the address of the page gives its run."""
    from goalmisgen.engine.agents.run_spec import parse_run

    return parse_run(demo, parse_qs(urlsplit(tab.url).query)["run"][0])


def open_scene(tab, address: str):
    """The canvas of a page, once it moves."""
    tab.goto(address)
    scene = tab.locator("canvas.scene").first
    wait_for(tab, lambda: scene.get_attribute("data-frame"))
    return scene


def stand_at(tab, scene, step: int) -> None:
    """Stop the run and stand at a step: the button of one step always stops it, *Play or pause* may start it anew."""
    on = tab.get_by_role("button", name="One step on", exact=True)
    on.press("Enter")
    expect(scene).to_have_attribute("data-frame", re.compile(r"^[1-9]\d*\.00$"))
    tab.get_by_label("Step of the run").press("Home")
    for at in range(step + 1):
        expect(scene).to_have_attribute("data-frame", f"{at}.00")
        if at < step:
            on.press("Enter")


def test_who_steers_acts_from_the_start_again_after_a_restart(tab, site: str) -> None:
    demo = goalmisgen.grid_entry("coinrun")
    left = demo.keys["left"]

    def early() -> list[int]:
        """The first steps in which a person went left, of the run in the address."""
        return [t for t, action in sent(tab, demo).steered.items() if action == left] if "run=" in tab.url else []

    scene = open_scene(tab, f"{site}/coinrun?number=7&agent=mix-0:0")
    tab.get_by_label("Speed").first.select_option("very fast")
    tab.get_by_role("button", name="Steer").click()  # its name holds the word on it
    wait_for(tab, lambda: float(scene.get_attribute("data-frame")) > 12)
    scene.focus()
    tab.keyboard.press("r")
    tab.keyboard.down("ArrowLeft")
    wait_for(tab, lambda: any(t < 8 for t in early()))
    tab.keyboard.up("ArrowLeft")
    before = early()
    tab.get_by_role("button", name="Restart the run").click()
    tab.keyboard.down("ArrowRight")  # no click on the scene: the focus is there
    right = demo.keys["right"]
    wait_for(tab, lambda: any(t < 8 and action == right for t, action in sent(tab, demo).steered.items()))
    tab.keyboard.up("ArrowRight")
    assert before


def test_runs_side_by_side_go_in_step(tab, site: str) -> None:
    open_scene(tab, f"{site}/coinrun?number=7&agent=mix-0:0")
    tab.get_by_role("combobox", name="Beside it").click()
    tab.get_by_role("option", name="its training level").click()
    scenes = tab.locator("canvas.scene")
    wait_for(tab, lambda: scenes.count() == 2 and scenes.nth(1).get_attribute("data-frame"))
    tab.get_by_role("button", name="Restart the run").nth(1).click()
    tab.get_by_role("button", name="Play or pause").nth(0).click()
    tab.get_by_role("button", name="One step on").nth(1).click()
    both = lambda: [each.get_attribute("data-frame") for each in scenes.all()]  # noqa: E731
    wait_for(tab, lambda: len(set(both())) == 1 and re.match(r"[1-9]\d*\.00$", both()[0]) is not None)


def test_on_a_phone_a_pad_steers(browser, site: str) -> None:
    demo = goalmisgen.grid_entry("coinrun")
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.set_default_timeout(PATIENCE)
    open_scene(page, f"{site}/coinrun?number=7&agent=mix-0:0")
    pad = page.locator(".pad button")
    assert not pad.first.is_visible()
    page.get_by_role("button", name="Steer").first.tap()
    assert [each.get_attribute("aria-label") for each in pad.all()] == ["Press: left", "Press: jump", "Press: right"]
    page.get_by_role("button", name="Restart the run").first.tap()
    pad.nth(0).dispatch_event("pointerdown")
    wait_for(page, lambda: "run=" in page.url and demo.keys["left"] in sent(page, demo).steered.values())
    pad.nth(0).dispatch_event("pointerup")
    phone.close()


def test_the_keyboard_paints_a_tile(tab, site: str) -> None:
    from goalmisgen.engine.rules import edit as editing

    demo = goalmisgen.grid_entry("cheese_maze")
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
    wait_for(tab, lambda: "run=" in tab.url)
    given = sent(tab, demo)  # what is painted once the run has ended is in the level it starts from
    assert any((level.tiles != drawn.tiles).any() for level in (given.level, *(edit.level for edit in given.edits)))


def test_what_was_dragged_while_it_ran_comes_back_from_the_address(browser, tab, site: str) -> None:
    from goalmisgen.engine.agents.pretrained import load_agent
    from goalmisgen.engine.agents.run_grid import Run
    from goalmisgen.engine.rules.edit import draw_level

    demo, on_its_way = goalmisgen.grid_entry("coinrun"), 6
    level = draw_level(demo, demo.shifted, 7)
    scene = open_scene(tab, f"{site}/coinrun?number=7&agent=mix-0:0")
    plain = scene.get_attribute("aria-label")
    stand_at(tab, scene, on_its_way)
    box, (row, col) = scene.bounding_box(), level.objects[1]
    unit = box["width"] / int(level.extent[1])
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    tab.mouse.down()
    for step in range(1, 5):
        tab.mouse.move(box["x"] + (col + step + 0.5) * unit, box["y"] + (row + 0.5) * unit, steps=3)
        tab.wait_for_timeout(150)
    tab.mouse.up()
    wait_for(tab, lambda: "run=" in tab.url and sent(tab, demo).edits[-1].moved == {1: (row, col + 4)})
    (edit,) = sent(tab, demo).edits  # one drag leaves one edit, at the step where it was made
    assert edit.at == on_its_way
    told = f"{demo.title}: {Run(demo, load_agent(demo, 'mix-0:0'), sent(tab, demo), 0, stops=True).describe()}"
    assert told != plain
    wait_for(tab, lambda: scene.get_attribute("aria-label") == told)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy the address").click()
    tab.get_by_text("The link was copied", exact=False).wait_for()
    link = tab.evaluate("navigator.clipboard.readText()")
    assert len(link) < 2_000
    for address in (tab.url, link):
        fresh = browser.new_context().new_page()
        fresh.set_default_timeout(PATIENCE)
        again = open_scene(fresh, address)
        wait_for(fresh, lambda again=again: again.get_attribute("aria-label") == told)
        assert fresh.get_by_text("another run than", exact=False).count() == 0
        fresh.context.close()
    tab.goto(link.replace("ends=", "ends=died:3&was="))
    tab.get_by_text("another run than that of the link", exact=False).wait_for()


def test_what_a_page_calls_its_controls_and_where_it_keeps_them(tab, site: str) -> None:
    """One *Reset*, a name of its own for each choice, a legend for arrows; and nothing moves when a guess is made."""
    scene = open_scene(tab, f"{site}/coinrun?preset=moved")
    expect(tab.get_by_role("button", name="Reset")).to_have_count(1)
    names = tab.locator("select").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    assert all(names) and len(names) == len(set(names)) > 3
    expect(tab.get_by_text("Colour of", exact=True)).to_be_visible()
    expect(tab.get_by_text("its likeliest action", exact=False)).to_have_count(0)
    tab.get_by_text("Policy", exact=True).click()
    tab.get_by_text("its likeliest action", exact=False).wait_for()
    tab.get_by_text("Policy", exact=True).click()
    tab.get_by_text("Guess first", exact=True).click()
    tab.get_by_text("The agent waits for your guess", exact=False).wait_for()
    restart = tab.get_by_role("button", name="Restart").first
    before = scene.bounding_box(), restart.bounding_box()
    scene.focus()
    tab.keyboard.press("2")
    tab.get_by_text("You guessed the end", exact=False).wait_for()
    assert (scene.bounding_box(), restart.bounding_box()) == before
    tab.get_by_role("tab", name="Send, save, cite").click()
    tab.get_by_text("1MB per file", exact=False).wait_for()


def test_a_held_run_waits_for_a_guess_and_counts_it(tab, site: str) -> None:
    scene = open_scene(tab, f"{site}/coinrun?preset=moved")
    tab.get_by_text("Guess first", exact=True).click()
    tab.get_by_text("The agent waits for your guess", exact=False).wait_for()
    expect(scene).to_have_attribute("data-frame", "0.00")
    tab.wait_for_timeout(700)
    expect(scene).to_have_attribute("data-frame", "0.00", timeout=1)
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
    from goalmisgen.engine.rules import edit as editing
    from goalmisgen.engine.study.levels import preset_run
    from goalmisgen.engine.study.outcome_map import outcome_map

    demo = goalmisgen.grid_entry("coinrun")
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
    said = type(run)(demo, run.agent, level, 0, stops=True).describe()
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
    expect(said).to_have_text(re.compile(r"(coin|end|died|timeout) [0-9]+ %"))
    before = version(tab)
    tab.keyboard.press("Enter")
    wait_for(tab, lambda: version(tab) > before)


def test_a_saved_run_is_replayed_and_gone_on_with(tab, site: str, tmp_path: Path) -> None:
    from goalmisgen.engine.agents import run_files
    from goalmisgen.engine.rules import edit as editing
    from goalmisgen.engine.study.levels import preset_run

    demo = goalmisgen.grid_entry("coinrun")
    run = preset_run(demo, next(p for p in demo.presets if p.name == "moved"))
    run.edit(10, editing.recolour(demo, run.level, "coin", "#00aaff"))
    run_files.save(run, tmp_path / "run.json")
    open_scene(tab, f"{site}/coinrun?number=3")
    tab.get_by_role("tab", name="Send, save, cite").click()
    tab.locator("input[type=file]").first.set_input_files(tmp_path / "run.json")
    recording = tab.get_by_label(f"{demo.title}: {run.describe()}", exact=True)
    recording.wait_for()
    wait_for(tab, lambda: float(recording.get_attribute("data-frame") or 0) > 0)
    tab.get_by_role("button", name="Go on live from this run").click()
    wait_for(tab, lambda: tab.locator("canvas.scene").first.get_attribute("aria-label").endswith(run.describe()))
    expect(tab.get_by_label("Level", exact=True).first).to_have_value(str(int(run.first.seed)))
    (tmp_path / "broken.json").write_text('{"actions": []}')
    tab.locator("input[type=file]").first.set_input_files(tmp_path / "broken.json")
    tab.get_by_text("is not a saved run, or it is damaged", exact=False).wait_for()


def test_the_chart_of_ages_is_drawn_and_the_slider_changes_the_run(tab, site: str) -> None:
    from goalmisgen.engine.agents.pretrained import agent_names, ages_of
    from goalmisgen.engine.study.ages import read_ages

    demo = goalmisgen.grid_entry("coinrun")
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
    from goalmisgen.engine.agents.pretrained import load_agent, seeds_of
    from goalmisgen.engine.agents.run_grid import Run
    from goalmisgen.engine.rules.change import changed
    from goalmisgen.engine.study.levels import preset_run

    demo = goalmisgen.grid_entry("line_and_gem")
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
    from goalmisgen import grid_entry
    from goalmisgen.engine.rules.edit import draw_level, open_places

    demo = grid_entry("cheese_maze")
    level = draw_level(demo, demo.shifted, 42)  # as the page draws it
    taken = level.objects[:2].tolist()
    free = max((place for place in open_places(demo, level) if list(place) not in taken), key=lambda place: place[0])
    scene = open_scene(tab, f"{site}/agent-or-device")
    who, slider = tab.locator(".who"), tab.get_by_label("Step of the run")

    def agent() -> float:
        return float(who.get_attribute("data-agent"))

    slider.fill("0")
    wait_for(tab, lambda: agent() == 0.5)  # nothing was seen yet
    scene.focus()
    tab.keyboard.press("ArrowRight")
    wait_for(tab, lambda: agent() != 0.5 and scene.get_attribute("data-frame") == "1.00")
    end = slider.get_attribute("max")
    slider.fill(end)
    wait_for(tab, lambda: scene.get_attribute("data-frame") == f"{end}.00")
    slider.fill("0")  # the mouse starts anew
    before, said, box = version(tab), scene.get_attribute("aria-label"), scene.bounding_box()
    unit, (row, col) = box["width"] / demo.columns, level.objects[1]
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    tab.mouse.down()
    tab.mouse.move(box["x"] + (free[1] + 0.5) * unit, box["y"] + (free[0] + 0.5) * unit, steps=4)
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
    from goalmisgen import grid_entry

    tab.goto(f"{site}/claims?claim=keys-colour")
    for preset in (each for each in grid_entry("keys_and_chests").presets if each.name in ("many-keys", "marked")):
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
