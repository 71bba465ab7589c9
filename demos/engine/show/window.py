"""The lecturer's window: an agent in a level, full screen, driven by keyboard, clicker and mouse."""

import pygame

from ..agents.pretrained import AgentError
from ..rules.level import Level
from ..rules.world import Demo
from .frame import draw
from .stage import Show


class WindowError(RuntimeError):
    """The window cannot be shown; the message is one sentence for a person."""


def _surface(show: Show, display: int) -> pygame.Surface:
    flags = pygame.FULLSCREEN if show.fullscreen else pygame.RESIZABLE
    return pygame.display.set_mode((0, 0) if show.fullscreen else (1280, 720), flags, display=display)


def _open(display: int) -> None:
    """Start the display and the font. Raises WindowError with a sentence."""
    try:
        pygame.display.init()
        pygame.font.init()
        count = pygame.display.get_num_displays()
    except pygame.error as error:
        raise WindowError(
            f"No display was found ({error}); run this on a desktop, or write a film with `goalmisgen film`."
        ) from error
    if not 0 <= display < count:
        pygame.display.quit()
        raise WindowError(f"There is no display {display}; this machine has {count}, numbered from 0.")


def _run(show: Show, display: int) -> None:
    """Show until it is closed, at up to 60 frames a second."""
    try:
        pygame.display.set_caption(f"{show.demo.title} - goalmisgen")
        surface, full, timer = _surface(show, display), show.fullscreen, pygame.time.Clock()
        pygame.key.set_repeat()
        while show.running:
            for event in pygame.event.get():
                show.handle(event)
            if show.fullscreen != full:
                surface, full = _surface(show, display), show.fullscreen
            show.advance(min(timer.tick(60) / 1000, 0.1))
            draw(show, pygame.display.get_surface() or surface)
            pygame.display.flip()
    except pygame.error as error:
        raise WindowError(f"The window could not be shown: {error}.") from error
    finally:
        pygame.display.quit()


def watch(
    demo: Demo, agents: list[str], level_seed: int, shifted: bool, seed: int, display: int, fullscreen: bool,
    level: Level | None = None, versus: str | None = None,
) -> int:  # fmt: skip
    """Show agents in a window until it is closed; returns the exit status.

    `agents`: the first is shown, the key `a` changes to the next. Raises WindowError, AgentError or BadLevel, each
    with one sentence.
    """
    if not agents:
        raise AgentError(f"There is no agent of {demo.name} to watch; train one with `goalmisgen train {demo.name}`.")
    _open(display)
    _run(Show(demo, agents, level_seed, shifted, seed, level, versus, fullscreen), display)
    return 0


def play(
    demo: Demo, level_seed: int, shifted: bool, seed: int, display: int, fullscreen: bool, level: Level | None = None
) -> int:
    """Let a person play with the arrow keys; prints which goals were reached. Raises as `watch` does."""
    _open(display)
    show = Show(demo, [], level_seed, shifted, seed, level, fullscreen=fullscreen)
    _run(show, display)
    print(score(demo, show.results))
    return 0


def score(demo: Demo, outcomes: list[str]) -> str:
    """How often each outcome came, in one line."""
    if not outcomes:
        return "No level was played to its end."
    counts = [f"{name} {outcomes.count(name)}" for name in (*demo.goals, "died", "timeout")]
    return f"{len(outcomes)} played: {', '.join(counts)} (the reward pays for the {demo.intended})."
