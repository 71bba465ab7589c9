"""Text in the window: fonts, lines that fit, blocks, and the sentence that stays a while."""

import os
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pygame

from .. import wrapping

Colour = tuple[int, int, int]


class Ground(NamedTuple):
    """Colours of the window: teal and orange stay apart for colour-blind viewers, and words say the same."""

    background: Colour
    panel: Colour
    ink: Colour
    quiet: Colour
    good: Colour
    alert: Colour
    filled: Colour


DARK = Ground(
    (22, 24, 31), (38, 42, 54), (244, 244, 240), (176, 182, 196), (78, 190, 190), (245, 166, 66), (58, 66, 86)
)
LIGHT = Ground(
    (250, 248, 242), (232, 229, 220), (26, 28, 36), (84, 88, 100), (0, 104, 108), (148, 72, 0), (198, 206, 222)
)  # for bright rooms
BACKGROUND, PANEL, INK, QUIET, GOOD, ALERT, FILLED = LIGHT if os.environ.get("GOALMISGEN_GROUND") == "light" else DARK
EM = 0.94  # of the typeface's size in a line of the size that is asked for
TEXT, TITLE = 38, 56  # pixels of a line of text on a screen 1080 pixels high
SAID, HEAD, SOURCE = 0.045, 0.055, 0.022  # shares of the height, of letters on the page of a talk


class Sizes(NamedTuple):
    """Sizes in pixels, in proportion to the height of the window."""

    text: int
    title: int
    gap: int
    line: int

    @classmethod
    def of(cls, height: int) -> "Sizes":
        """The sizes for a window `height` pixels high."""
        text = max(12, round(TEXT * height / 1080))
        return cls(text, max(16, round(TITLE * height / 1080)), max(4, round(14 * height / 1080)), round(text * 1.14))

    @classmethod
    def hall(cls, height: int) -> "Sizes":
        """The sizes for the page of a talk, read from the last row."""
        text = max(12, round(SAID * height))
        return cls(text, max(16, round(HEAD * height)), max(4, round(0.011 * height)), round(text * 1.14))


@lru_cache(maxsize=32)
def font(size: int) -> pygame.font.Font:
    """The typeface of films and figures, a line of it `size` pixels high; the same on every machine."""
    pygame.register_quit(font.cache_clear)  # one that is used after pygame was ended and begun again ends the process
    return pygame.font.Font(face(), max(1, round(size * EM)))


@cache
def face() -> str:
    """The file of the typeface, which matplotlib brings along; it is found without being imported."""
    package = find_spec("matplotlib")
    assert package and package.origin
    return str(Path(package.origin).with_name("mpl-data") / "fonts" / "ttf" / "DejaVuSans.ttf")


@lru_cache(maxsize=256)
def fitted(text: str, size: int, width: int) -> str:
    """`text`, with its end cut off where it is wider than `width` pixels."""
    if font(size).size(text)[0] <= width:
        return text
    while text and font(size).size(text + "…")[0] > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, size: int, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels."""
    return wrapping.wrapped(text, lambda line: font(size).size(line)[0] <= width)


@lru_cache(maxsize=256)
def rendered(text: str, size: int, colour: Colour) -> pygame.Surface:
    """One line of text as a picture."""
    return font(size).render(text, True, colour)


def write(
    surface: pygame.Surface,
    text: str,
    size: int,
    colour: Colour,
    place: tuple[int, int],
    width: int,
    right: bool = False,
) -> int:
    """Write one line at its top left place (or top right) in at most `width` pixels; returns the width it took."""
    image = rendered(fitted(text, size, max(width, 0)), size, colour)
    surface.blit(image, (place[0] - image.get_width() if right else place[0], place[1]))
    return image.get_width()


@lru_cache(maxsize=256)
def smaller(text: str, size: int, width: int, lines: int = 1) -> int:
    """The largest size, down to two thirds of `size`, in which text fits the room of so many lines of that size."""
    sizes = range(size, size * 2 // 3 - 1, -1)
    return wrapping.largest(sizes, lambda n: len(wrapped(text, n, width)) * n <= lines * size)


def whole(surface: pygame.Surface, text: str, size: int, colour: Colour, place: tuple[int, int], width: int) -> int:
    """Write one line, in smaller letters where it would be cut off; returns the width it took."""
    fits = smaller(text, size, width)
    return write(surface, text, fits, colour, (place[0], place[1] + (size - fits) // 2), width)


def block(
    surface: pygame.Surface, text: str, size: int, colour: Colour, area: pygame.Rect, line: int, most: int
) -> int:
    """Write text in at most `most` lines of `line` pixels at the top of `area`; returns the height it took."""
    lines = wrapped(text, size, area.width)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    for i, part in enumerate(lines):
        write(surface, part, size, colour, (area.x, area.y + i * line), area.width)
    return len(lines) * line


def chip(
    surface: pygame.Surface, text: str, size: int, colour: Colour, place: tuple[int, int], width: int,
    ink: Colour = BACKGROUND,
) -> None:  # fmt: skip
    """Write one line on a coloured pill at its top left place, at most `width` pixels wide."""
    room = max(width - size, 0)
    image = rendered(fitted(text, smaller(text, size, room), room), smaller(text, size, room), ink)
    pill = pygame.Rect(*place, image.get_width() + size // 2 * 2, image.get_height())
    pygame.draw.rect(surface, colour, pill, border_radius=size // 3)
    surface.blit(image, (pill.x + size // 2, pill.y))


def toast(surface: pygame.Surface, text: str, sizes: Sizes) -> None:
    """A sentence for some seconds, on a strip over the lower end of the window."""
    width, height = surface.get_size()
    lines = wrapped(text, sizes.text, width - 4 * sizes.gap)
    strip = pygame.Rect(0, 0, width, max(2, len(lines)) * sizes.line + sizes.gap)
    strip.bottom = height
    surface.fill(ALERT, strip)
    top = strip.centery - len(lines) * sizes.line // 2
    for i, line in enumerate(lines):
        write(surface, line, sizes.text, BACKGROUND, (2 * sizes.gap, top + i * sizes.line), width)
