"""Train one yourself, in a real browser: a guess, a curve that grows, a stop, an agent that is kept and played."""

import re
import shutil

import pytest
from playwright.sync_api import expect
from test_browser import browser, site, tab  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
LATEST = re.compile(r"After ([\d,]+) steps \(\d+ s\), on levels that it was not trained on")


def looked_at(tab) -> int:  # noqa: F811
    """The steps of the latest look on the page."""
    return int(LATEST.search(tab.get_by_text(LATEST).inner_text())[1].replace(",", ""))


def test_a_network_learns_on_the_page_and_is_stopped(tab, site):  # noqa: F811
    tab.goto(f"{site}/line_and_gem?number=7")
    tab.get_by_role("tab", name="Train one yourself").click()
    train = tab.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_disabled()
    tab.locator(".st-key-line_and_gem-own-guess label").nth(2).click()
    expect(train).to_be_enabled()
    train.click()
    expect(tab.get_by_text(LATEST)).to_be_visible()
    first = looked_at(tab)
    expect(tab.get_by_text(LATEST)).not_to_contain_text(f"After {first:,} steps")
    grown = looked_at(tab)
    assert grown > first
    curve = tab.get_by_alt_text("Reward, intended goal and wrong goal along the training")
    expect(curve).to_be_visible()
    scene = tab.locator(".st-key-line_and_gem-own-canvas canvas.scene")
    expect(scene).to_be_visible()
    tab.get_by_role("button", name="Stop", exact=True).click()
    expect(tab.get_by_text(re.compile("^Stopped after [\\d,]+ steps"))).to_be_visible()
    expect(tab.get_by_text(re.compile("You said .*On 60 new levels where the goals part"))).to_be_visible()
    expect(tab.get_by_role("button", name="Download (safetensors)")).to_be_visible()
    expect(tab.get_by_role("button", name="Go on", exact=True)).to_be_visible()
