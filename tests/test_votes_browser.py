"""The two pages of a talk in a browser: a phone votes, changes, drops and comes back; the presenter turns pages."""

import shutil
from collections.abc import Iterator

import pytest
from goalmisgen.engine.lessons import talk
from goalmisgen.engine.stage.hall import Hall
from goalmisgen.engine.stage.polling import Polling
from goalmisgen.engine.stage.present import ASK, REVEAL, RUN, SAY, Presentation
from goalmisgen.engine.stage.prompter import Prompter
from goalmisgen.engine.stage.server import serving
from playwright.sync_api import Page, expect
from test_browser import browser
from test_present import pass_time

__all__ = ["browser"]  # a fixture
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("screen"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOUD = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (each) => {
    const colour = getComputedStyle(each).backgroundColor;
    return /, 0\\)$/.test(colour) && each.parentElement ? ground(each.parentElement) : colour;
  };
  return [...document.querySelectorAll("p, h1, button, select, li, label")]
    .filter((each) => each.checkVisibility() && each.textContent.trim()).map((each) => {
      const [a, b] = [light(getComputedStyle(each).color), light(ground(each))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), each.textContent.trim().slice(0, 30)];
    });
}"""


@pytest.fixture
def served() -> Iterator[tuple[Presentation, str]]:
    """The bundled talk of twelve minutes with both pages, and the address of its server."""
    script = talk.open_talk(talk.find("12"))
    hall, prompter = Hall(script.title), Prompter()
    with serving(hall, prompter, "127.0.0.1", 0) as port:
        stage = Presentation(script, polling=Polling(hall, f"http://127.0.0.1:{port}"), prompter=prompter)
        stage.uncover()
        stage.advance(0.1)
        yield stage, f"http://127.0.0.1:{port}"
        stage.close()


def opened(browser, address: str, scheme: str, size: tuple[int, int], faults: list[str]) -> Page:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    return page


def looks_right(page: Page) -> None:
    """Nothing is wider than the screen, and all can be read."""
    assert not page.evaluate(WIDER)
    assert [each for each in page.evaluate(LOUD) if each[0] < 4.5] == []


@SCHEMES
def test_a_phone_votes_changes_drops_and_comes_back(browser, served, scheme: str) -> None:
    stage, address = served
    faults: list[str] = []
    page = opened(browser, address, scheme, (390, 844), faults)
    said = page.get_by_role("status")
    expect(page.get_by_role("heading")).to_have_text("No question at the moment")
    looks_right(page)
    stage.go(stage.beats.index((2, ASK)))
    expect(page.get_by_role("heading")).to_have_text("Where will it go?")
    coin, end = (page.get_by_role("button", name=f"the {what}") for what in ("coin", "end"))
    assert coin.bounding_box()["height"] >= 48 and not page.get_by_text("%").count()
    coin.click()
    expect(said).to_contain_text("Your vote counts")
    expect(coin).to_have_attribute("aria-pressed", "true")
    end.click()
    expect(end).to_have_attribute("aria-pressed", "true")
    expect(coin).to_have_attribute("aria-pressed", "false")
    looks_right(page)
    assert stage.polling.hall.counts("3.1") == [0, 1, 0] and not faults

    page.context.set_offline(True)
    expect(said).to_contain_text("No connection")
    looks_right(page)
    page.context.set_offline(False)
    expect(said).to_contain_text("Your vote counts")
    page.reload()
    expect(end).to_have_attribute("aria-pressed", "true")
    faults.clear()  # the browser's own, of being offline

    stage.go(stage.beats.index((2, RUN)))
    expect(said).to_have_text("The vote is closed. Watch the run.")
    expect(coin).to_be_disabled()
    looks_right(page)
    stage.go(stage.beats.index((2, REVEAL)))
    expect(said).to_have_text("You called it.")
    assert end.get_attribute("data-mark") == "right · your vote"
    looks_right(page)
    stage.go(stage.beats.index((3, SAY)))
    expect(page.get_by_role("heading")).to_have_text("No question at the moment")
    assert not faults
    page.context.close()


@SCHEMES
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_presenter_reads_notes_and_turns_pages(browser, served, scheme: str, size: tuple[int, int]) -> None:
    stage, address = served
    faults: list[str] = []
    page = opened(browser, f"{address}/presenter/{stage.prompter.key}", scheme, size, faults)

    def shows(number: int, text: str) -> None:
        for _ in range(100):  # the window's loop
            stage.advance(0.02)
            page.wait_for_timeout(50)
            if stage.number == number and text in page.inner_text("body"):
                return
        raise AssertionError((stage.number, page.inner_text("body")))

    shows(0, "Nothing here is scripted.")
    looks_right(page)
    page.get_by_role("button", name="Next").click()
    shows(1, "Let it finish.")
    assert "Planned from 0:40 to 1:20 of 12:00" in page.inner_text("#plan")
    page.keyboard.press("PageUp")
    shows(0, "Nothing here is scripted.")
    page.get_by_label("Go to step").select_option("3")
    shows(2, "Hands up before you play it.")
    page.keyboard.press("PageDown")
    shows(2, "Where will it go?")
    assert page.get_by_role("button", name="Show bars").is_visible()
    page.get_by_role("button", name="Show bars").click()
    shows(2, "Hide bars")
    page.get_by_role("button", name="Black").click()
    shows(2, "Show again")
    stage._began -= 500
    shows(2, "over.")
    assert "late" in page.locator("body").get_attribute("class")
    looks_right(page)
    pass_time(stage, 0.1)
    assert not faults
    page.context.close()
