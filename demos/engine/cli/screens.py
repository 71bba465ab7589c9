"""The command that photographs README's pages anew: votes on a stage, a live figure, a training in the app."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Wrong, short
from .root import app

if TYPE_CHECKING:
    import pygame
    from PIL import Image

TALK, STEP, STAGE = "12_minutes", 11, (960, 540)  # which vote of which talk, and the pixels of its picture
ADDRESS, PHONES = "http://192.168.1.20:8080/", (31, 97, 46)  # of no hall: votes that a program casts
FIGURE = ("coinrun", "moved", (1000, 900))
DEMO, LEVEL, SEED, GUESS, PANEL = "line_and_gem", 7, 0, "took the gem", (1160, 600)
PATIENCE = 600_000  # ms: a training takes minutes where others train too


def votes(out: Path) -> None:
    """A vote of a hall, as it stands before its run."""
    import pygame

    pygame.image.save(hall(), out)


def hall() -> "pygame.Surface":
    """The page of the vote; every phone has an address of its own, and its vote comes in as in a hall."""
    import pygame

    from ..lessons import talk
    from ..stage import talk_page
    from ..stage.hall import Hall
    from ..stage.polling import CLOSES, OPENS, Polling
    from ..stage.present import ASK, Presentation

    pygame.font.init()
    script = talk.open_talk(talk.find(TALK), lambda done, n: None)
    polling = Polling(Hall(script.title), ADDRESS)
    shown = Presentation(script, number=STEP, polling=polling)
    shown.joining = False
    shown.go(shown.beats.index((STEP - 1, ASK)))
    vote, question, name = shown.vote, shown.asked, str(STEP)
    assert vote is not None and question is not None
    polling.put(name, question, OPENS)
    for option, count in enumerate(PHONES):
        for phone in range(count):
            polling.hall.vote(f"{option:08x}{phone:024x}", f"10.0.{option}.{phone}", name, option)
    polling.put(name, question, CLOSES)
    for _ in range(20):  # the bars grow
        polling.count(name, vote, 1.0)
    surface = pygame.Surface(STAGE)
    talk_page.draw(shown, surface)
    shown.close()
    return surface


def live_figure(out: Path) -> None:
    """A live figure, with what came of the goal in every place."""
    demo, preset, (width, height) = FIGURE
    with tempfile.TemporaryDirectory() as folder, _browser(width, height) as page:
        file = Path(folder) / "figure.html"
        app(["film", demo, "--preset", preset, "--out", str(file)], prog_name="goalmisgen", standalone_mode=False)
        page.goto(file.as_uri())
        page.get_by_role("button", name="Every place").click()
        last = page.get_by_text("Choose a place to see a run.")
        last.wait_for()
        page.wait_for_timeout(10_000)  # the places are painted one after the other
        end = last.bounding_box()
        page.screenshot(path=out, clip={"x": 0, "y": 0, "width": width, "height": end["y"] + end["height"] + 10})


def train_yourself(out: Path) -> None:
    """A training in the app, once it is done: the run, the curve and what came of the guess."""
    from ..content import content
    from ..web.crowd import server

    width, height = PANEL
    with server(content() / "app.py") as (stream, _), _browser(width + 120, 1000) as page:
        site = stream.replace("ws:", "http:").partition("/_stcore")[0]
        page.goto(f"{site}/{DEMO}?number={LEVEL}")
        page.get_by_role("tab", name="Train one yourself").click()
        page.locator(f".st-key-{DEMO}-own-guess label").filter(has_text=GUESS).click()
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_text("Done after").wait_for()
        shown = page.locator("[role=tabpanel]:visible")
        shown.scroll_into_view_if_needed()
        page.wait_for_timeout(3000)  # its last run goes to its end
        box = shown.bounding_box()
        page.screenshot(path=out, clip={"x": box["x"] - 20, "y": box["y"], "width": width, "height": height})


SCREENS: dict[str, Callable[[Path], None]] = {each.__name__: each for each in (votes, live_figure, train_yourself)}


def small(taken: "Image.Image") -> "Image.Image":
    """A picture in 256 colours, a third of its size."""
    return taken.convert("RGB").quantize(256)


@app.command(hidden=True)
def screens(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help=f"Of {', '.join(SCREENS)}.")] = None,
) -> None:
    """Photograph README's pages anew, into pictures/; for developers, with Playwright and Chromium.

    Example: goalmisgen screens votes
    """
    from PIL import Image

    from ..content import content

    for name in names or list(SCREENS):
        if name not in SCREENS:
            raise Wrong(f"'{name}' is no picture of a page; there are: {', '.join(SCREENS)}.")
        with tempfile.TemporaryDirectory() as folder:
            file, out = Path(folder) / "screen.png", content() / "pictures" / f"{name}.png"
            SCREENS[name](file)
            with Image.open(file) as taken:
                small(taken).save(file, optimize=True)
            shutil.move(file, out)
        typer.echo(f"Wrote {short(out)}.")


@contextmanager
def _browser(width: int, height: int) -> Iterator[Any]:
    """A page in a browser of this machine, in its light colours."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        raise Wrong("This takes Chromium and Playwright; install both, e.g. with pip install -e '.[dev]'.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()
