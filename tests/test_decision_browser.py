"""A decision demo in a real browser: sliders move the bars, a person acts, the task of its lesson is ticked off."""

import shutil

import goalmisgen
import pytest
from goalmisgen.engine.lessons import worksheet as ws
from playwright.sync_api import expect
from test_browser import browser, site, tab, wait_for  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
NAME = goalmisgen.DECISIONS[0]


def gap(tab) -> str:  # noqa: F811
    return tab.get_by_text("points", exact=False).first.inner_text()


def test_a_slider_moves_the_bars_and_a_person_acts(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/{NAME}")
    tab.get_by_text("how runs end").first.wait_for()
    expect(tab.get_by_text("Real here:", exact=False)).to_have_count(1)
    before = gap(tab)
    tab.get_by_role("slider", name="Strength of training").focus()
    tab.keyboard.press("Home")
    wait_for(tab, lambda: gap(tab) != before)
    assert gap(tab) == "+0.0 points"

    tab.get_by_role("tab", name="One run, choice by choice").click()
    tab.get_by_text("written by this demo's rules, not by a model", exact=False).wait_for()
    tab.get_by_role("button", name="Comply", exact=True).click()
    tab.get_by_text("you. It complied.", exact=False).wait_for()
    tab.get_by_role("button", name="... to the end").click()
    tab.get_by_text("The run is over:", exact=False).wait_for()
    tab.get_by_role("tab", name="What was published").click()
    tab.get_by_text("three different things").wait_for()


def test_the_task_of_the_lesson_is_ticked_off_by_acting(tab, site: str) -> None:  # noqa: F811
    number, lesson = next((i, each) for i, each in enumerate(ws.lessons(), 1) if each.demo == NAME)
    tab.goto(f"{site}/lesson-{number}")
    tab.get_by_role("button", name=f"Next: {lesson.steps[1].title}").click()
    comply = tab.get_by_role("button", name="Comply", exact=True)
    for turn in range(1, 9):
        comply.click()
        if turn < 8:
            tab.get_by_text(f"Request {turn + 1} of 8", exact=False).wait_for()
    tab.get_by_text("The run is over:", exact=False).wait_for()
    tab.get_by_text("Done.", exact=True).first.wait_for()
