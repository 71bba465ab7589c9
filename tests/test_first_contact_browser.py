"""The first ten minutes in a real browser: home and lesson 1, as a student walks them, a wrong guess included."""

import shutil

import pytest
from goalmisgen import grid_entry
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.web.pages.home_page import COIN, GHOST, LEVEL
from playwright.sync_api import expect
from test_browser import browser, site, tab, wait_for  # noqa: F401  (fixtures)
from test_lesson_browser import do_task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
DEMO = grid_entry("coinrun")


def unit_of(tab) -> tuple[dict[str, float], float]:  # noqa: F811
    """The box of the picture, and the side of a tile in it."""
    scene = tab.locator("canvas.scene").first
    scene.scroll_into_view_if_needed()
    box = scene.bounding_box()
    return box, box["width"] / int(draw_level(DEMO, DEMO.training, LEVEL).extent[1])


def test_home_shows_it_asks_and_then_says_what_came(tab, site: str) -> None:  # noqa: F811
    tab.goto(site)
    tab.get_by_text("is when an AI was rewarded for the right thing", exact=False).wait_for()
    scene = tab.locator("canvas.scene").first
    tab.get_by_role("button", name="Play the run").wait_for()
    expect(scene).to_have_attribute("data-frame", "0.00")  # it is painted, and nothing runs unasked
    told = tab.locator("body").inner_text() + scene.get_attribute("aria-label")
    assert "of 47" not in told and "took the coin" not in told, "it tells of steps that come"
    tab.get_by_role("button", name="Play the run").click()
    tab.get_by_text("drag the coin onto the ledge", exact=False).wait_for()
    wait_for(tab, lambda: float(scene.get_attribute("data-frame")) == 0)
    row, col = draw_level(DEMO, DEMO.training, LEVEL).objects[1]
    box, unit = unit_of(tab)
    tab.mouse.move(box["x"] + (col + 0.5) * unit, box["y"] + (row + 0.5) * unit)
    tab.mouse.down()
    tab.mouse.move(box["x"] + (GHOST[1] + 0.5) * unit, box["y"] + (GHOST[0] + 0.5) * unit, steps=5)
    tab.mouse.up()
    guess = tab.get_by_role("button", name=COIN, exact=True)
    guess.wait_for()
    assert tab.get_by_text("Not this time", exact=False).count() == 0
    guess.click()
    tab.get_by_text("Not this time", exact=False).wait_for()
    tab.get_by_text("training could not tell them apart", exact=False).wait_for()
    tab.get_by_role("button", name="Try all spots at once").click()
    tab.get_by_text("Gold: it took the coin", exact=False).wait_for()
    tab.get_by_role("button", name="Start: Guess the goal").click()
    tab.get_by_role("heading", name="Your turn").wait_for()


def test_lesson_1_waits_for_the_learner_and_a_wrong_guess_is_met(tab, site: str) -> None:  # noqa: F811
    lesson = ws.lessons()[0]
    tab.goto(f"{site}/{lesson.page}")
    tab.get_by_role("button", name="Steer it yourself").wait_for()
    assert tab.get_by_text("Do you know what it was for", exact=False).count() == 0, "the gate holds it back"
    skip = tab.get_by_role("button", name="Skip")
    assert skip.count() == 0 or not skip.is_visible(), "help comes after a while"
    for step in lesson.taught[1:4]:
        tab.get_by_role("button", name=f"Next: {step.title}").click()
        tab.get_by_role("heading", name=step.title).wait_for()
    scene = tab.locator("canvas.scene").first
    scene.wait_for()
    tab.get_by_text("It runs once you have made your guess", exact=False).wait_for()
    predict = step.block("predict")
    tab.locator("label").filter(has_text=predict["options"][0]).first.click()
    tab.get_by_role("button", name="This is my guess").click()
    tab.get_by_text("What happened:", exact=False).wait_for()  # once the run was watched, without a button
    tab.get_by_text("Under the ledge, to the end", exact=False).first.wait_for()


def steered(page) -> None:
    """Take the keys of the robot that waits, and jump to the right until the task is done."""
    page.get_by_role("button", name="Steer it yourself").click()
    for key in ("ArrowUp", "ArrowRight"):
        page.keyboard.down(key)
    page.get_by_text("Done.", exact=True).first.wait_for()
    for key in ("ArrowUp", "ArrowRight"):
        page.keyboard.up(key)


def guessed(page, option: str) -> None:
    """Make a guess."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()  # else a click may be lost
    page.locator("label").filter(has_text=option).first.click()
    page.get_by_role("button", name="This is my guess").click()
    page.get_by_text("You said:", exact=False).first.wait_for()


def test_a_student_walks_through_lesson_1(tab, site: str) -> None:  # noqa: F811
    """Plays, guesses wrong, drags, reads the verdict and the recap, writes a note, and comes back after a reload."""
    steps = ws.lessons()[0].taught
    tab.goto(f"{site}/{ws.lessons()[0].page}")
    for i, step in enumerate(steps[:8]):
        tab.get_by_role("heading", name=step.title).wait_for()
        if i < 2:
            steered(tab)
        if i == 1:
            tab.get_by_text("You went for the coin.", exact=False).wait_for()
        predict = step.block("predict")
        if predict:
            wrong = next(option for option in predict["options"] if option != predict.get("answer"))
            guessed(tab, wrong)
        if step.title == "Pull the goals apart":
            tab.get_by_text("What happened:", exact=False).wait_for()
            do_task(tab, step)
        if i < 7:
            tab.get_by_role("button", name=f"Next: {steps[i + 1].title}").click()
    tab.get_by_text("Goal misgeneralization", exact=True).first.wait_for()
    note = tab.get_by_role("textbox").first
    note.fill("Sheep and grass.")
    note.blur()
    tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    tab.wait_for_timeout(1000)  # the browser's storage is written after the answer
    tab.reload()
    tab.get_by_role("heading", name=steps[7].title).wait_for()
    expect(tab.get_by_role("textbox").first).to_have_value("Sheep and grass.")


def test_on_a_phone_lesson_1_is_played_with_the_pad(browser, site: str) -> None:  # noqa: F811
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{site}/{ws.lessons()[0].page}")
    page.get_by_role("button", name="Steer it yourself").tap()
    for name in ("Press: jump", "Press: right"):
        page.get_by_role("button", name=name).dispatch_event("pointerdown")
    page.get_by_text("Done.", exact=True).first.wait_for()
    phone.close()


CUT = """() => {
  const pictures = [...document.querySelectorAll("img.gallery-picture:not(.paper)")];
  const texts = [...document.querySelectorAll('[data-testid="stPageLink"] *, .gallery-chip')];
  const cut = (i) => i.naturalWidth > i.clientWidth || i.naturalHeight > i.clientHeight;
  const over = (e) => getComputedStyle(e).overflow !== "visible" && e.scrollWidth > e.clientWidth + 1;
  return [
    pictures.length,
    pictures.filter(cut).map((i) => i.naturalWidth),
    pictures.filter((i) => getComputedStyle(i).objectFit !== "none").length,
    texts.filter(over).map((e) => e.textContent),
  ];
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_no_card_of_home_is_cut_or_scaled(browser, site: str, width: int) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(60_000)
    page.goto(site)
    page.get_by_role("heading", name="Look-alikes: something else went wrong").wait_for()
    page.locator("img.gallery-picture").nth(11).wait_for()
    wait_for(page, lambda: page.evaluate(CUT) == [7, [], 0, []])
    page.close()


def test_on_a_phone_home_shows_the_picture_and_one_control(browser, site: str) -> None:  # noqa: F811
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.set_default_timeout(60_000)
    page.goto(site)
    page.get_by_role("button", name="Play the run").wait_for()
    box = page.locator("canvas.scene").first.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 391, "nothing reaches over the side"
    phone.close()
