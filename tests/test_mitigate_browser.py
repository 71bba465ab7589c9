"""The page *What helps?* in a real browser: a training is stopped, arrow keys show the way, every tab draws."""

import re
import shutil

import pytest
from playwright.sync_api import expect
from test_browser import browser, site, tab  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]


def test_a_training_that_chooses_its_levels_is_stopped(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/mitigate?strategy=variety&demo=cheese_maze")
    stop = tab.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_disabled()
    tab.get_by_role("button", name=re.compile("^Train ")).click()
    expect(stop).to_be_enabled()
    expect(tab.get_by_text(re.compile(r"^[\d,]+ of 360,000 steps"))).to_be_visible()
    expect(tab.get_by_alt_text("Shares of levels that tell, by step")).to_have_count(2)  # both kinds of edits
    stop.click()
    expect(tab.get_by_text(re.compile(r"^Stopped after [\d,]+ steps"))).to_be_visible()
    expect(stop).to_be_disabled()
    expect(tab.get_by_alt_text("Shares of levels that tell, by step").last).to_be_visible()


def test_the_arrow_keys_show_the_way(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/mitigate?strategy=belief&demo=cheese_maze")
    expect(tab.get_by_text(re.compile("^How directed they are"))).to_be_visible()  # the page is there to its end
    expect(tab.get_by_text("Steps of this one: 0.")).to_be_visible()
    stepped = tab.get_by_text(re.compile("Steps of this one: [1-9]"))
    for _ in range(60):  # Streamlit listens half a second after it has drawn: a person presses again
        tab.keyboard.press("ArrowRight")
        try:
            expect(stepped).to_be_visible(timeout=2000)
            break
        except AssertionError:
            continue
    expect(stepped).to_be_visible()
    robot = tab.get_by_text(re.compile("^One that takes its best guess"))
    before = robot.inner_text()
    tab.get_by_text("What it does first cannot be undone").click()
    expect(robot).not_to_have_text(before)


@pytest.mark.parametrize("strategy", ["reward", "readings", "rescue", "mentor", "synthetic", "critics", "audit", "all"])
def test_every_tab_draws(tab, site: str, strategy: str) -> None:  # noqa: F811
    tab.goto(f"{site}/mitigate?strategy={strategy}")
    expect(tab.get_by_role("heading", name="What helps?")).to_be_visible()
    expect(tab.locator("[data-testid=stMainBlockContainer] [data-testid=stMarkdown]").nth(2)).to_be_visible()
    expect(tab.locator("[data-testid=stException]")).to_have_count(0)
