"""A class in two real browsers, a teacher's and a student's."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from goalmisgen import grid_entry
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.classroom import Classes, NoClass
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.web import crowd, in_class
from goalmisgen.engine.web.html import addresses
from goalmisgen.engine.web.pages import lesson_page
from playwright.sync_api import Page, expect
from test_browser import browser, wait_for

__all__ = ["browser"]  # a fixture
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
APP = Path(__file__).parents[1] / "app.py"
LESSON = ws.lessons()[1]
STEP = LESSON.taught[1]
PREDICT = STEP.first("predict")
NAME, OPTIONS = ws.item_name(LESSON, STEP, PREDICT), PREDICT.data["options"]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Classes]]:
    """An app whose classes lie in a folder of the test's own: where it is, and they."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with crowd.server(APP) as (address, _):
        yield address, Classes(tmp_path / "goalmisgen" / in_class.FILE)


def opened(browser, address: str, width: int, height: int) -> Page:
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    return page


def test_a_teacher_leads_a_student_through_a_lesson(browser, served: tuple[str, Classes]) -> None:
    address, classes = served
    site = address.replace("ws://", "http://").removesuffix("/_stcore/stream")
    teacher = opened(browser, f"{site}/class", 1280, 800)
    teacher.get_by_role("button", name="Open a class").click()
    code = teacher.get_by_test_id("class-code").inner_text()
    expect(teacher).to_have_url(re.compile(r"/class\?teacher=[\w-]{32}$"))
    secret = teacher.url.partition("teacher=")[2]
    expect(teacher.get_by_text("0 have joined.")).to_be_visible()

    student = opened(browser, f"{site}/class?class={code}", 390, 844)
    expect(student.get_by_text(f"You are in the class {code}.")).to_be_visible()
    expect(teacher.get_by_text("1 has joined.")).to_be_visible()  # by itself
    student.wait_for_function(f"localStorage.getItem('goalmisgen-progress')?.includes('{code}')")
    student.reload()
    expect(student.get_by_text(f"You are in the class {code}.")).to_be_visible()
    assert classes.desk(secret).members == 1  # the browser kept its number

    teacher.get_by_label("Lesson", exact=True).click()
    teacher.get_by_role("option", name=f"2. {LESSON.title}").click()
    switch = teacher.get_by_role("switch", name="Open", exact=True).first
    label = teacher.locator("label").filter(has=teacher.get_by_role("switch", name="Open", exact=True)).first
    label.click()
    expect(switch).not_to_be_checked()
    student.goto(f"{site}/{LESSON.page}")
    following = student.get_by_role("button", name=f"Next: {STEP.title}")
    closed = student.get_by_text(lesson_page.CLOSED)

    def refused() -> bool:
        """Pressed again where it was pressed before the browser's storage was read: that is taken back."""
        following.click()
        with suppress(AssertionError):
            expect(closed).to_be_visible(timeout=5_000)
        return closed.is_visible()

    wait_for(student, refused)
    expect(student.get_by_role("heading", name=STEP.title)).to_have_count(0)
    label.click()
    expect(switch).to_be_checked()
    following.click()
    expect(student.get_by_role("heading", name=STEP.title)).to_be_visible()

    student.locator("label").filter(has_text=OPTIONS[0]).first.click()
    student.get_by_role("button", name="This is my guess").click()
    expect(student.get_by_text("Your class: 1 has guessed.")).to_be_visible()
    expect(teacher.get_by_text("(1 guessed)")).to_be_visible()
    classes.guess(classes.join(code), NAME, 1)
    expect(student.get_by_text("Your class: 2 have guessed.")).to_be_visible()  # by itself

    teacher.get_by_role("button", name="Send a puzzle").click()
    maze = grid_entry("cheese_maze")
    puzzle = addresses.puzzle(Run(maze, None, draw_level(maze, maze.shifted, 4), 0), "corner-1:0")
    teacher.get_by_placeholder("/puzzle").fill(site + puzzle)
    teacher.get_by_role("button", name="Send", exact=True).click()
    student.get_by_role("link", name="A puzzle from your teacher").click()
    expect(student.get_by_text("6 edits left")).to_be_visible()
    expect(student.locator("canvas.scene").first).to_be_visible()

    teacher.keyboard.press("Escape")
    teacher.get_by_role("button", name="Delete the class").click()
    teacher.get_by_role("button", name="Delete it now").click()
    expect(teacher.get_by_role("button", name="Open a class")).to_be_visible()
    expect(student.get_by_text(f"The class {code} is over.")).to_be_visible()
    with pytest.raises(NoClass):
        classes.desk(secret)
