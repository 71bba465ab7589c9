"""The page of figures and a drawn curve in a real browser, by mouse and by keyboard."""

import shutil

import goalmisgen
import pytest
from goalmisgen.engine.agents.pretrained import seeds_of
from goalmisgen.engine.lessons.worksheet import lessons
from goalmisgen.engine.study import studies
from playwright.sync_api import expect
from test_browser import browser, site, tab  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]


def test_a_point_names_its_agents_and_opens_one_in_the_demo(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/figures?study=cheese-region")
    first = tab.locator(".figure a").first
    first.wait_for()
    expect(tab.locator(".figure section")).to_have_count(len(studies.study_of("cheese-region").panels))
    first.locator(".hit").hover(force=True)  # where points lie upon each other the upper one answers
    tip = tab.locator(".figure .tip").first
    tip.wait_for()
    seeds = len(seeds_of(goalmisgen.grid_entry("cheese_maze"), "corner-1"))
    assert tip.inner_text().count("corner-1:") == seeds > 1  # every seed of that point
    with tab.context.expect_page() as opened:
        first.focus()
        tab.keyboard.press("Enter")
    demo = opened.value
    demo.set_default_timeout(120_000)
    demo.locator("canvas.scene").first.wait_for()
    assert "/cheese_maze?agent=corner-1" in demo.url
    demo.get_by_text("reached the corner at step", exact=False).first.wait_for()
    demo.close()


def test_a_curve_is_drawn_by_mouse_and_keyboard_before_the_points_appear(tab, site: str) -> None:  # noqa: F811
    page = next(lesson.page for lesson in lessons() if lesson.name == "10_how_much_variety")
    tab.goto(f"{site}/{page}")
    tab.get_by_role("button", name="Next: The share of levels").click()
    svg = tab.locator(".figure svg.open")
    svg.wait_for()
    expect(tab.locator(".figure .mark")).to_have_count(0)
    handles = tab.locator(".figure [role=slider]")
    expect(handles).to_have_count(len({point.x for point in studies.study_of("coinrun-mix").points}))
    box = svg.bounding_box()
    tab.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + 0.8 * box["height"], steps=40)
    tab.mouse.up()
    heights = [int(handle.get_attribute("aria-valuenow")) for handle in handles.all()]
    assert heights == sorted(heights, reverse=True) and heights[0] > 70 > 30 > heights[-1]
    handles.first.focus()
    for key in ("Home", "ArrowDown", "ArrowRight", "End"):
        tab.keyboard.press(key)
    assert [handles.nth(i).get_attribute("aria-valuenow") for i in (0, 1)] == ["98", "0"]
    tab.get_by_role("button", name="This is my curve").click()
    tab.locator(".figure .mark").first.wait_for()
    tab.get_by_text("The dotted line is yours", exact=False).wait_for()
    expect(handles).to_have_count(0)
    expect(tab.locator(".figure path.sketch")).to_have_count(2)  # the curve, and its key
