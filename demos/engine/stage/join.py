"""How phones find the hall: its address as a code and in letters, over the whole window or beside a question."""

from functools import lru_cache

import pygame
import segno

from .lettering import ALERT, BACKGROUND, INK, QUIET, Sizes, smaller, wrapped, write
from .polling import Polling

BORDER = 4  # modules of white around a code, which readers need
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SAYS = (
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
    return 4 * sizes.line


def page(polling: Polling, surface: pygame.Surface, sizes: Sizes) -> None:
    """Code and address over the whole window, and how many phones are there."""
    width, height = surface.get_size()
    surface.fill(BACKGROUND)
    edge = 2 * sizes.gap
    title = "Vote with your phone"
    write(surface, title, sizes.title, INK, (edge, sizes.gap), width - 2 * edge)
    top = 2 * sizes.gap + round(1.4 * sizes.title)
    picture = code(polling.address, min(height - top - edge, width // 2 - edge))
    surface.blit(picture, (edge, top))
    left = edge + picture.get_width() + 2 * edge
    room = width - left - edge
    at = short(polling.address)
    size = smaller(at, 2 * sizes.title, room)
    y = top
    for line in wrapped("Point its camera at the code, or type:", sizes.text, room):
        write(surface, line, sizes.text, QUIET, (left, y), room)
        y += sizes.line
    y += sizes.gap
    write(surface, at, size, ALERT, (left, y), room)
    y += round(1.5 * size)
    here = polling.hall.here
    told = f"{here} phone{'' if here == 1 else 's'} {'is' if here == 1 else 'are'} here"
    write(surface, told, sizes.title, INK, (left, y), room)
    y += round(1.8 * sizes.title)
    for sentence in SAYS:
        for line in wrapped(sentence, sizes.text, room):
            write(surface, line, sizes.text, QUIET, (left, y), room)
            y += sizes.line
        y += sizes.gap
