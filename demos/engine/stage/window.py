"""The lecturer's window: an agent in a level, or a talk, full screen, driven by keyboard, clicker and mouse."""

import os
from collections.abc import Callable
from pathlib import Path

import pygame

from ..agents.pretrained import AgentError
from ..agents.run_grid import Run
from ..rules.level import Level
from ..rules.world import Demo
from . import talk_page
from .frame import draw, greet
from .present import RUN, Presentation
from .stage import Show

WINDOWED = (1280, 720)  # pixels of a window that is not full screen
PAGE = (1920, 1080)  # of a page as a picture
UNSEEN = ("offscreen", "dummy")  # drivers that SDL falls back to without a screen


class WindowError(RuntimeError):
    """The window cannot be shown; the message is one sentence for a person."""


def _open(title: str, line: str, display: int, fullscreen: bool) -> None:
    """Open the window, with one line in it, such as the question. Raises WindowError with a sentence."""
    os.environ.setdefault("SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS", "0")  # a click on the presenter's page leaves it there
    try:
        pygame.display.init()
        pygame.font.init()
        if pygame.display.get_driver() in UNSEEN and "SDL_VIDEODRIVER" not in os.environ:
            raise pygame.error("there is no screen")
        count = pygame.display.get_num_displays()
        if 0 <= display < count:
            _size(display, fullscreen)
    except pygame.error as error:
        pygame.display.quit()
        raise WindowError(
            f"No display was found ({error}); run this on a desktop, or write a film with `goalmisgen film`."
        ) from error
    if not 0 <= display < count:
        pygame.display.quit()
        raise WindowError(f"There is no display {display}; this machine has {count}, numbered from 0.")
    pygame.display.set_caption(f"{title} - goalmisgen")
    greet(line, pygame.display.get_surface())
    pygame.display.flip()


def _size(display: int, fullscreen: bool) -> None:
    size = pygame.display.get_desktop_sizes()[display] if fullscreen else WINDOWED
    pygame.display.set_mode(size, pygame.FULLSCREEN if fullscreen else pygame.RESIZABLE, display=display)


def _run(show: Show | Presentation, display: int, paint: Callable[[pygame.Surface], None]) -> None:
    """Show until it is closed, at up to 60 frames a second."""
    full, timer = show.fullscreen, pygame.time.Clock()
    try:
        while show.running:
            for event in pygame.event.get():
                show.handle(event)
            if show.fullscreen != full:
                full = show.fullscreen
                _size(display, full)
            show.advance(min(timer.tick(60) / 1000, 0.1))
            paint(pygame.display.get_surface())
            pygame.display.flip()
    except pygame.error as error:
        raise WindowError(f"The window could not be shown any longer: {error}.") from error
    finally:
        show.close()


def watch(
    demo: Demo, agents: list[str], level_seed: int, shifted: bool, seed: int, display: int, fullscreen: bool,
    level: Level | None = None, versus: str | None = None, changes: tuple[str, ...] = (), run: Run | None = None,
) -> int:  # fmt: skip
    """Show agents in a window until it is closed; returns the exit status.

    `agents`: the first is shown, the key `a` changes to the next; `changes`: made to the level drawn; `run`: shown
    first instead of a run in `level`. Raises WindowError, AgentError or BadLevel, each with one sentence.
    """
    if not agents:
        raise AgentError(f"There is no agent of {demo.name} to watch; train one with `goalmisgen train {demo.name}`.")
    _open(demo.title, demo.question, display, fullscreen)
    try:
        runs = [run] if run else None
        show = Show(demo, agents, level_seed, shifted, seed, level, versus, fullscreen, runs, changes)
        _run(show, display, lambda surface: draw(show, surface))
    finally:
        pygame.display.quit()
    return 0


def play(
    demo: Demo, level_seed: int, shifted: bool, seed: int, display: int, fullscreen: bool, level: Level | None = None
) -> int:
    """Let a person play with the arrow keys; prints which goals were reached. Raises as `watch` does."""
    _open(demo.title, demo.question, display, fullscreen)
    try:
        show = Show(demo, [], level_seed, shifted, seed, level, fullscreen=fullscreen)
        _run(show, display, lambda surface: draw(show, surface))
    finally:
        pygame.display.quit()
    print(show.score())
    return 0


def pictures(presentation: Presentation, folder: Path, size: tuple[int, int] = PAGE) -> int:
    """Every page of a talk as a PNG in a folder, its runs at their end, without a window; returns how many."""
    pygame.font.init()
    folder.mkdir(parents=True, exist_ok=True)
    surface = pygame.Surface(size)
    for at, (number, beat) in enumerate(presentation.beats):
        presentation.go(at)
        if presentation.show is not None and beat == RUN:
            presentation.show.clock = float(presentation.show.last)
        talk_page.draw(presentation, surface)
        pygame.image.save(surface, folder / f"{at + 1:03d}_step_{number + 1}_{beat}.png")
    presentation.close()
    return len(presentation.beats)


def present(presentation: Presentation, display: int) -> int:
    """Step through a talk until it is closed; returns the exit status. Raises WindowError."""
    _open(presentation.talk.title, presentation.talk.title, display, presentation.fullscreen)
    try:
        _run(presentation, display, lambda surface: talk_page.draw(presentation, surface))
    finally:
        pygame.display.quit()
    return 0
