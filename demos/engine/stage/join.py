"""How phones find the hall: its address as a code and in letters, over the whole window or beside a question."""

from functools import lru_cache

import pygame
import segno

from .lettering import ALERT, BACKGROUND, INK, QUIET, Sizes, block, wrapped, write
from .polling import Polling

BORDER = 4  # modules of white around a code, which readers need
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SAYS = (
    "Point your camera at the code, or type the address above it.",
    "One vote for each question; you can change it until it closes.",
    "We keep one random number per phone until the talk ends, and nothing about you.",
)


def short(address: str) -> str:
    """The address as people type it."""
    return address.removeprefix("http://").removesuffix("/")


@lru_cache(maxsize=8)
def code(address: str, most: int) -> pygame.Surface:
    """The code of an address, at most `most` pixels wide where it can be, in whole pixels, with its white border."""
    modules = [list(row) for row in segno.make(address, micro=False).matrix]
    side = len(modules) + 2 * BORDER
    picture = pygame.Surface((side, side))
    picture.fill(WHITE)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                picture.set_at((x + BORDER, y + BORDER), BLACK)
    return pygame.transform.scale_by(picture, max(1, most // side))


def beside(sizes: Sizes) -> int:
    """The room in pixels that a code takes beside a question."""
    return 5 * sizes.line


def page(polling: Polling, surface: pygame.Surface, sizes: Sizes) -> None:
    """Address and code over the whole window, and how many phones are there."""
    width, height = surface.get_size()
    surface.fill(BACKGROUND)
    edge = 2 * sizes.gap
    write(surface, "Vote with your phone", sizes.title, INK, (edge, sizes.gap), width - 2 * edge)
    y = 2 * sizes.gap + sizes.title
    size = 2 * sizes.title
    write(surface, short(polling.address), size, ALERT, (edge, y), width - 2 * edge)
    y += round(1.2 * size)
    picture = code(polling.address, min(height - y - edge, round(0.6 * width)))
    surface.blit(picture, (edge, y))
    left = 3 * edge + picture.get_width()
    room = width - left - edge
    here = polling.hall.here
    told = "1 phone is here" if here == 1 else f"{here} phones are here"
    lines = wrapped(told, sizes.title, room)
    for line in lines:
        write(surface, line, sizes.title, INK, (left, y), room)
        y += round(1.2 * sizes.title)
    for sentence in SAYS:
        y += sizes.line // 2
        y += block(surface, sentence, sizes.text, QUIET, pygame.Rect(left, y, room, height - y), sizes.line, 9)
