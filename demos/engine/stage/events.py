"""Keys and mouse of the lecturer's window: what each event sets going."""

from typing import TYPE_CHECKING

import pygame

from ..lessons.vote import handles
from . import mouse_edits
from .keys import KEYS

if TYPE_CHECKING:
    from .stage import Show

ARROWS = ("left", "right", "up", "down")
TURNS = {"right": 1, "page down": 1, "space": 1, "left": -1, "page up": -1}  # pages of the sheet of keys


def handle(show: "Show", event: pygame.event.Event) -> None:
    """Take in one event."""
    if event.type == pygame.QUIT:
        show.running = False
    elif event.type == pygame.KEYDOWN:
        _key_down(show, event)
    elif event.type == pygame.KEYUP:
        show.held.discard(pygame.key.name(event.key))
        show.brush = ""
    elif event.type == pygame.MOUSEMOTION:
        show.mouse = event.pos
        if show.brush:
            mouse_edits.paint(show)
        elif show.dragged is not None:
            mouse_edits.drag(show, event.pos)
    elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 3) and not show.blank:
        mouse_edits.press(show, event.pos, event.button)
    elif event.type == pygame.MOUSEBUTTONUP and event.button == 1 and show.dragged is not None:
        mouse_edits.drop(show)
    elif event.type == pygame.WINDOWFOCUSLOST:
        show.held, show.brush = set(), ""


def _key_down(show: "Show", event: pygame.event.Event) -> None:
    """Do what a key is for."""
    name, typed = pygame.key.name(event.key), getattr(event, "unicode", "")
    digit = typed if typed.isdecimal() else name
    if show.vote is not None and show.holding and handles(digit):
        if show.vote.key(digit):
            show.holding = False
            show.vote = show.vote if any(show.vote.counts) else None
        return
    if show.sheet == "keys" and name in TURNS:
        show.page = max(0, show.page + TURNS[name])
        return
    if show.sheet and typed not in ("?", "h", "k"):
        show.sheet = ""  # any key leaves the sheet, and does what it does
        if name == "escape":
            return
    if name in ARROWS:
        show.held.add(name)
        if show.person_plays():
            show.tapped.add(name)
    entry = next((k for k in KEYS if typed in k.names or name in k.names), None)
    if entry is not None:
        entry.act(show, typed if typed in entry.names else name)
