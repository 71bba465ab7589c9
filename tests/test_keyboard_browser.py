"""Three lessons, one of each kind of demo, gone through by the keyboard alone: Tab, arrows, Space and Enter."""

import shutil

import pytest
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.lesson import Lesson
from test_browser import browser, site, tab  # noqa: F401  (fixtures)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
MOST_TABS = 200
LESSONS = ("02_the_coin_that_did_not_matter", "12_redundant_questions", "15_board_hack")
FOCUSED = """() => { let e = document.activeElement; while (e && e.shadowRoot && e.shadowRoot.activeElement)
  e = e.shadowRoot.activeElement;
  return e ? (e.type === "radio" ? "radio" : "") + (e.getAttribute("aria-label") || e.innerText || "") : ""; }"""


def settled(page) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(150)


def tab_to(page, begins: str) -> None:
    """Press Tab until what has the focus begins so."""
    settled(page)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).strip().startswith(begins):
            return
    raise AssertionError(f"'{begins}' is not reached by Tab")


def pick(page, ask: str, option: str) -> None:
    """Choose an option of the question, by arrows from the radio button that Tab stops at."""
    group = page.get_by_role("radiogroup").filter(has=page.locator("label").filter(has_text=option)).first
    group.wait_for()
    labels = [text.strip() for text in group.locator("label").all_inner_texts()]
    tab_to(page, "radio")
    page.keyboard.press("Space")
    for _ in range(next(i for i, text in enumerate(labels) if text == option)):
        page.keyboard.press("ArrowDown")
        settled(page)


def walked(page, lesson: Lesson) -> None:
    """From the first step to the last, every prediction made and every quiz answered right."""
    for i, step in enumerate(lesson.taught):
        page.get_by_role("heading", name=step.title).wait_for()
        predict, quiz = step.block("predict"), step.block("quiz")
        if predict:
            pick(page, predict["ask"], predict["options"][0])
            tab_to(page, "This is my guess")
            page.keyboard.press("Enter")
            page.get_by_text("You said:", exact=False).first.wait_for()
            if "outcomes" in predict:
                seen = page.get_by_role("button", name="I have seen the run: what happened?")
                settled(page)
                if seen.count():
                    tab_to(page, "I have seen the run")
                    page.keyboard.press("Enter")
                page.get_by_text("What happened:", exact=False).first.wait_for()
        if quiz:
            right = next(option["text"] for option in quiz["options"] if option.get("right"))
            pick(page, quiz["ask"], right.replace("`", ""))
            page.locator('[data-testid="stAlertContentSuccess"]').first.wait_for()
        if i + 1 < len(lesson.taught):
            tab_to(page, f"Next: {lesson.taught[i + 1].title}")
            page.keyboard.press("Enter")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_gone_through_by_the_keyboard_alone(tab, site: str, name: str) -> None:  # noqa: F811
    lesson = next(lesson for lesson in ws.lessons() if lesson.name == name)
    tab.goto(f"{site}/{lesson.page}")
    walked(tab, lesson)
