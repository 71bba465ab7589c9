"""Type in films: one face, lines that wrap and never shrink, edges of few shades so that a GIF keeps its colours."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..wrapping import wrapped

PAPER, INK = (255, 250, 240), (43, 33, 24)
SHADES = 16  # between ink and what it is written on
LEAST = 14  # pixels of the smallest letters in a film
LETTERS_AT = 480  # pixels of width up to which letters have that size; they grow with what is wider

Colour = tuple[int, int, int] | str  # a name of a colour as #rrggbb


@cache
def font(points: int) -> ImageFont.FreeTypeFont:
    """The typeface of all films, at so many pixels: that of matplotlib, which is not imported for it."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    return ImageFont.truetype(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf", points)


def points_of(width: int) -> int:
    """The size of letters in a film so many pixels wide."""
    return max(LEAST, round(LEAST * width / LETTERS_AT))


def lines(text: str, points: int, width: float) -> list[str]:
    """Text in lines of at most so many pixels."""
    return wrapped(text, lambda line: font(points).getlength(line) <= width)


def write(image: Image.Image, at: tuple[int, int], text: str, points: int, colour: Colour = INK) -> None:
    """Text whose edges have few shades."""
    mask = Image.new("L", (int(font(points).getlength(text)) + points, points * 3 // 2))
    ImageDraw.Draw(mask).text((0, points * 3 // 4), text, 255, font(points), anchor="lm")
    step = 255 // (SHADES - 1)
    image.paste(colour, at, mask.point([value // step * step for value in range(256)]))


class Band:
    """A strip of paper with type, as high as the longest of the texts that it will hold needs.

    `texts`: each a text or, below each other, several; `width` and `points` in pixels; `mark`: the longest mark that
    will stand at the right end, for which room is kept.
    """

    def __init__(self, width: int, points: int, texts: Sequence[str | Sequence[str]], mark: str = "") -> None:
        self.width, self.points, self.edge = width, points, points // 2
        self.kept = int(font(points).getlength(mark)) + self.edge if mark else 0
        self.rows = max((len(self._lines(text)) for text in texts), default=0)
        self.height = self.rows * points * 4 // 3 + points // 2 if self.rows else 0

    def _lines(self, text: str | Sequence[str]) -> list[str]:
        parts = [text] if isinstance(text, str) else text
        room = self.width - 2 * self.edge - self.kept
        return [line for part in parts for line in lines(part, self.points, room) if line]

    def picture(self, text: str | Sequence[str], right: str = "") -> np.ndarray:
        """One of the texts, and a mark at the right end: uint8[height, width, 3]."""
        if not self.rows:
            return np.zeros((0, self.width, 3), np.uint8)
        image = Image.new("RGB", (self.width, self.height), PAPER)
        for i, line in enumerate(self._lines(text)):
            write(image, (self.edge, self.points // 4 + i * self.points * 4 // 3), line, self.points)
        if right:
            long = int(font(self.points).getlength(right))
            write(image, (self.width - self.edge - long, self.points // 4), right, self.points)
        return np.asarray(image)
