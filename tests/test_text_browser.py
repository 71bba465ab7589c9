"""A network that writes, in a real browser: the question is edited, the reply changes, words are opened."""

import shutil

import pytest
from playwright.sync_api import expect
from test_browser import browser, site, tab, wait_for  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]


def test_an_edited_question_gets_another_reply_and_its_words_can_be_opened(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/sycophancy?preset=wrong")
    tab.get_by_text("68. yes.", exact=True).wait_for(timeout=90_000)
    words = tab.locator(".gm-strip .words button")
    words.filter(has_text="yes").wait_for()  # and no second: the locator is strict
    tab.get_by_label("Claimed sum").fill("68")
    tab.keyboard.press("Enter")
    tab.get_by_text("23 + 45 = 68.", exact=False).first.wait_for()
    tab.get_by_label("A number", exact=True).fill("2x")
    tab.keyboard.press("Enter")
    tab.get_by_text("the network knows no others", exact=False).wait_for()
    tab.get_by_label("A number", exact=True).fill("24")
    tab.keyboard.press("Enter")
    tab.get_by_text("69.", exact=False).first.wait_for()
    opened = tab.locator(".gm-strip .words button.open")
    before = opened.inner_text()
    opened.focus()
    tab.keyboard.press("ArrowLeft")
    wait_for(tab, lambda: opened.inner_text() != before)
    expect(tab.locator(".gm-strip .likely .line").nth(4)).to_be_visible()


def test_a_fine_tuning_runs_in_the_page(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/emergent_misalignment?preset=before")
    tab.get_by_role("button", name="Fine-tune", exact=True).click()
    tab.get_by_alt_text("Share harmful, by step").wait_for(timeout=120_000)
