"""A page that is opened again, by a reload or because the server was started anew under it, is where it was."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.lesson import parts
from goalmisgen.engine.web import crowd, servers
from playwright.sync_api import Page, Route, expect
from test_browser import PATIENCE, browser, open_scene, site, tab, version, wait_for  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
APP = Path(__file__).parents[1] / "app.py"


@pytest.fixture
def port() -> Iterator[int]:
    """A free port; whatever a test started there is ended."""
    yield crowd._free(1)
    while RUNNING:
        stop()


RUNNING: list[subprocess.Popen[bytes]] = []


def start(port: int) -> str:
    """An app on this port: its address, once it answers."""
    command = servers.command(APP, port, servers.HERE, {"server.headless": "true"})
    RUNNING.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    crowd._await_health(f"http://{servers.HERE}:{port}/_stcore/health", RUNNING[-1])
    return f"http://{servers.HERE}:{port}"


def stop() -> None:
    server = RUNNING.pop()
    server.terminate()
    server.wait(20)


def test_a_run_comes_back_after_a_reload_and_with_a_server_started_anew(tab: Page, port: int) -> None:  # noqa: F811
    scene = open_scene(tab, f"{start(port)}/coinrun?number=7&agent=mix-0:0")
    plain = scene.get_attribute("aria-label")
    ticks = tab.get_by_text("edited", exact=True).first  # what the red ticks under the slider mean
    expect(ticks).to_be_hidden()
    scene.focus()
    tab.keyboard.press("o")  # the coin
    for _ in range(4):
        before = version(tab)
        tab.keyboard.press("ArrowRight")
        wait_for(tab, lambda before=before: version(tab) > before)
    wait_for(tab, lambda: "run=" in tab.url)
    told, address = scene.get_attribute("aria-label"), tab.url
    assert told != plain
    expect(ticks).to_be_visible()
    tab.reload()
    expect(tab.locator("canvas.scene").first).to_have_attribute("aria-label", told)
    stop()
    tab.wait_for_timeout(1000)
    start(port)  # the page that stands there finds it by itself

    tab.evaluate("window.before = true")
    tab.get_by_role("button", name="Back to the level as it was").click()  # nobody answers, and the page opens again
    tab.wait_for_function("window.before === undefined")
    expect(tab.locator("canvas.scene").first).to_have_attribute("aria-label", told)
    assert tab.url == address
    tab.get_by_role("button", name="Back to the level as it was").click()
    expect(tab.locator("canvas.scene").first).to_have_attribute("aria-label", plain)


def test_home_counts_what_was_done_before_a_reload_and_stays_where_it_was(browser, site: str) -> None:  # noqa: F811
    lesson = ws.lessons()[1]
    step = lesson.taught[1]
    options = step.first("predict").data["options"]
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(site)
    done = page.get_by_role("img", name=re.compile("^[1-9][0-9]* % done$"))
    expect(page.get_by_role("img", name="0 % done", exact=True)).to_have_count(len(parts()))
    expect(done).to_have_count(0)

    page.goto(f"{site}/{lesson.page}")
    page.get_by_role("button", name=f"Next: {step.title}").click()
    expect(page.get_by_role("heading", name=step.title)).to_be_visible()
    page.locator("label").filter(has_text=options[0]).first.click()
    page.get_by_role("button", name="This is my guess").click()
    page.get_by_text("You said:", exact=False).first.wait_for()
    page.wait_for_function("localStorage.getItem('goalmisgen-progress')?.includes('chosen\": {\"')")

    held: list[Route] = []
    page.route("**/keep/keep.js", lambda route: held.append(route))  # it asks only once the page stands
    page.goto(site)  # a session of its own, with no lesson opened
    expect(page.locator("canvas.scene").first).to_have_attribute("data-frame", re.compile("^0"))
    wait_for(page, lambda: held)
    gallery = page.get_by_role("heading", name="The goal went wrong")
    gallery.scroll_into_view_if_needed()
    expect(done).to_have_count(0)
    before = gallery.bounding_box()
    held[0].continue_()
    expect(done).to_have_count(1)
    assert gallery.bounding_box() == before  # nothing moved
    expect(page.locator("canvas.scene").first).to_have_attribute("data-version", "0")  # nor began anew
    page.context.close()
