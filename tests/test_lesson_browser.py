"""Lesson 2 in a real browser, from beginning to end as a student goes through it, wrong answers included."""

import json
import re
import shutil

import pytest
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.lesson import Block, Step
from goalmisgen.engine.lessons.tasks_grid import holds
from goalmisgen.engine.web.components.canvas.live import Live
from playwright.sync_api import expect
from test_browser import browser, site, tab, wait_for  # noqa: F401  (fixtures)
from test_lessons import begun, sorted_cards, tries

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
LESSON = ws.lessons()[1]


def solved(step: Step) -> tuple[Live, str]:
    """The step's scene edited so that its task is done, and the task's condition."""
    demo, task = step.block("demo"), step.block("try")
    assert demo is not None and task is not None
    live = begun(demo, LESSON.demo)
    assert any(holds(task["until"], live) for _ in tries(live, task["until"]))
    return live, task["until"]


def to_the_start(tab) -> None:  # noqa: F811
    """Restart the first canvas, and hold it at step 0."""
    tab.get_by_role("button", name="Restart the run").first.click()
    scene = tab.locator("canvas.scene").first
    scene.focus()
    if tab.get_by_role("button", name="Play or pause").first.inner_text() == "Pause":
        tab.keyboard.press(" ")
    for _ in range(60):
        if float(scene.get_attribute("data-frame")) == 0:
            return
        tab.keyboard.press("ArrowLeft")
        tab.wait_for_timeout(50)
    raise AssertionError("the run could not be held at its start")


def point(tab, live: Live, row: float, col: float) -> tuple[float, float]:  # noqa: F811
    scene = tab.locator("canvas.scene").first
    scene.scroll_into_view_if_needed()
    box = scene.bounding_box()
    unit = box["width"] / int(live.origin.extent[1])
    return box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit


def do_task(tab, step: Step) -> None:  # noqa: F811
    """Do the step's task with the mouse, as found by search."""
    live, until = solved(step)
    to_the_start(tab)
    if "painted" in until:
        row, col = next(zip(*(live.runs[0].level.tiles != live.origin.tiles).nonzero(), strict=True))
        tab.get_by_label("Tile to paint").first.select_option(label="crate")
        tab.mouse.click(*point(tab, live, row, col))
    else:
        tab.mouse.move(*point(tab, live, *live.origin.objects[1]))
        tab.mouse.down()
        tab.mouse.move(*point(tab, live, *live.runs[0].level.objects[1]), steps=2)
        tab.mouse.up()
    tab.get_by_role("button", name="Restart the run").first.click()  # a task is done once its run was watched
    tab.get_by_text("Done.", exact=True).first.wait_for()


def choose(tab, text: str) -> None:  # noqa: F811
    tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()  # else the click may be lost
    tab.locator("label").filter(has_text=text).first.click()


def test_a_student_goes_through_lesson_2(tab, site: str) -> None:  # noqa: F811
    tab.goto(f"{site}/lesson-2")
    for i, step in enumerate(LESSON.taught):
        tab.get_by_role("heading", name=step.title).wait_for()
        for part in step.parts:
            if not isinstance(part, Block):
                continue
            data = part.data
            if part.kind == "predict":
                scenes = tab.locator("canvas.scene")
                demo = step.block("demo") or {}
                if demo.get("blind"):  # seen before the guess, without names or rewards
                    scenes.nth(1).wait_for()
                    tab.get_by_text("Agent B", exact=True).first.wait_for()
                    expect(tab.get_by_text("reward covered", exact=False)).to_have_count(2)
                else:  # nothing runs before the guess
                    tab.get_by_text("It runs once you have made your guess", exact=False).first.wait_for()
                    expect(scenes.first).to_have_attribute("data-frame", "0.00")
                guess = tab.get_by_role("button", name="This is my guess")
                expect(guess).to_be_disabled()
                choose(tab, data["options"][0])
                wait_for(tab, guess.is_enabled)
                guess.click()
                if "outcomes" in data:
                    scenes.first.wait_for()  # and is watched to its end
                tab.get_by_text("You said:", exact=False).wait_for()
                tab.get_by_text(re.compile("Answer:|What happened:")).wait_for()
                scenes.first.wait_for()
            elif part.kind == "try":
                do_task(tab, step)
            elif part.kind == "quiz":
                for option in sorted(data["options"], key=lambda each: bool(each.get("right"))):  # wrong ones first
                    choose(tab, option["text"].replace("`", ""))
                    if not option.get("right"):
                        tab.get_by_role("heading", name="Watch this").wait_for()
                        tab.locator("canvas.scene").first.wait_for()
                tab.locator('[data-testid="stAlertContentSuccess"]').first.wait_for()
        if i + 1 < len(LESSON.taught):
            # a page that is still growing moves its buttons from under the pointer
            tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
            tab.get_by_role("button", name=f"Next: {LESSON.taught[i + 1].title}").click()
    tab.get_by_text("For lecturers and researchers").click()
    tab.get_by_role("button", name="Langosco et al. (2022)").last.click()
    tab.get_by_text("Proceedings of the 39th International Conference", exact=False).first.wait_for()
    tab.keyboard.press("Escape")

    tab.get_by_role("button", name="Worksheet").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download").click()
    progress, left_out = ws.read(download.value.path().read_bytes())
    assert left_out == []
    assert ws.done_of(progress, LESSON.title)[0] == ws.done_of(progress, LESSON.title)[1]
    wrong_first = [given for name, given in progress.chosen.items() if ws.items()[name].kind == "quiz"]
    assert all(len(given) > 1 for given in wrong_first), json.dumps(wrong_first)


def test_cards_are_sorted_with_the_keyboard(tab, site: str) -> None:  # noqa: F811
    lesson, first, _ = next(sorted_cards())
    tab.goto(f"{site}/{lesson.page}")
    at = lesson.steps.index(first)
    for step in lesson.steps[1 : at + 1]:
        tab.get_by_role("button", name=f"Next: {step.title}").click()
        tab.get_by_role("heading", name=step.title).wait_for()
    sort = lesson.steps[at].block("sort") or {}
    card, number = sort["cards"][0], len(sort["cards"])
    first = tab.get_by_role("button", name=sort["bins"][0], exact=True)
    first.focus()
    for _ in range(sort["bins"].index(card["bin"])):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.get_by_text("1 placed, 1 of them where this lesson puts them", exact=False).wait_for()
    tab.get_by_role("button", name=f"✔ {card['title']}").wait_for()
    tab.get_by_role("button", name="Watch it").focus()
    tab.keyboard.press("Enter")
    tab.locator("canvas.scene").first.wait_for()
    tab.get_by_role("button", name="Back to the map").click()
    tab.get_by_role("button", name="Next card").click()
    tab.get_by_text(f"Card 2 of {number}", exact=False).wait_for()
    expect(tab.locator("canvas.scene")).to_have_count(0)
