"""A page that is opened again, by a reload or because the server was started anew under it, is where it was."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from goalmisgen.engine.web import crowd, servers
from playwright.sync_api import Page, expect
from test_browser import browser, open_scene, tab, version, wait_for  # noqa: F401  (fixtures)

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
