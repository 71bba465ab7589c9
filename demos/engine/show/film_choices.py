"""Films of runs in decision demos: a frame for every choice, in large type, with the board where there is one.

`desk` draws the same for a talk: in two columns, with the choices so far below.
"""

import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..agents.walk import Walk
from ..rules.decision import SIMULATED, View
from .film import INK, LICENCE, PAPER, WRITERS, FilmError, font
from .text_film import Colour

WIDTH, HEIGHT = 640, 400  # of a frame without a board, before it is scaled
CELL, MARGIN, TOP = 72, 20, 14.0
ACCENT, FADED = (0, 114, 178), (110, 98, 86)
SECONDS = 2.0  # that a frame stays
RULES = "a decision model: what happens is written in its rules"


def film(
    walk: Walk, out: str | os.PathLike[str], *, caption: str | None = None, size: int = WIDTH, command: str = ""
) -> dict[str, Any]:
    """Write a finished run as .gif, .mp4 or, all frames below each other, .png; `size`: width in pixels.

    Returns {"out", "frames", "steps", "outcome", "seed"}. Raises FilmError for an unknown ending or too small a size,
    and OSError if the file cannot be written; an older file then stays whole.
    """
    path = Path(out)
    if path.suffix.lower() not in WRITERS:
        raise FilmError(f"'{path.name}' has no ending that a film can have; there are: {', '.join(WRITERS)}.")
    if size < 160:
        raise FilmError(f"Text cannot be read at a width of {size} pixels; choose at least 160.")
    frames = [frame(walk, step, caption or "", size) for step in range(len(walk.choices) + 1)]
    about = {
        "Command": command,
        "Citation": ", ".join(walk.demo.papers),
        "Copyright": LICENCE,
        "Outcome": walk.outcome,
    }
    temporary = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        WRITERS[path.suffix.lower()](temporary, frames, 1 / SECONDS, {key: told for key, told in about.items() if told})
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return {
        "out": str(path), "frames": len(frames), "steps": len(walk.choices), "outcome": walk.outcome, "seed": walk.seed,
    }  # fmt: skip


def frame(walk: Walk, step: int, caption: str, size: int = WIDTH) -> np.ndarray:
    """Where a run is before choice `step`, and what is chosen: uint8[height, width, 3].

    The frame after the last choice says how it ended.
    """
    view = walk.demo.view(walk.values, walk.states[step])
    page = _Page(size, HEIGHT + (CELL * len(view.board) + MARGIN if view.board else 0), size / WIDTH)
    page.text(f"{walk.demo.title}: {walk.by[0] if walk.by else 'a run'}", 16, FADED)
    page.text(view.says, 22, INK, gap=10)
    if view.board:
        page.board(view)
    _came(page, walk, step)
    page.below = page.height - (62 if caption else 32)
    if caption:
        page.text(caption, 18, INK)
    page.text(RULES, 13, FADED)
    whole = np.asarray(page.image)
    return np.pad(whole, ((0, whole.shape[0] % 2), (0, whole.shape[1] % 2), (0, 0)), mode="edge")


def desk(walk: Walk, moment: int, who: str, size: tuple[int, int], scale: float, style: tuple[str, str]) -> np.ndarray:
    """A run on stage: where it is and, at every second moment, what is chosen there: uint8[height, width, 3].

    `who` chooses; `size`: width, height in pixels; `scale`: pixels of a unit; `style`: colour and mark of how it ends.
    """
    page = _Page(size[0], size[1] / scale, scale)
    page.draw.fontmode = "L"
    _desk(page, walk, moment, who, style)
    return np.asarray(page.image)


def largest(walk: Walk, who: str, size: tuple[int, int], most: float) -> float:
    """The largest scale, at most `most`, at which every moment of a run fits a desk of so many pixels."""
    for percent in range(100, 20, -4):
        scale = most * percent / 100
        page = _Page(size[0], size[1] / scale, scale, draws=False)
        if all(_desk(page, walk, moment, who, ("", "")) for moment in range(2 * len(walk.choices) + 1)):
            break
    return scale


def _desk(page: "_Page", walk: Walk, moment: int, who: str, style: tuple[str, str]) -> bool:
    """Write a moment of a run on a page, in two columns, with all choices so far below; whether it fits there."""
    step, chosen = divmod(moment, 2)
    actions = walk.demo.actions(walk.values, walk.states[step])
    view = walk.demo.view(walk.values, walk.states[step])
    sliders = ", ".join(f"{each.title.lower()} {walk.values[each.name]:g}" for each in walk.demo.sliders)
    page.column(TOP, 0, 1)
    page.text(f"{who}; {sliders}", 16, FADED)
    top, split = page.below, 0.6
    if view.board:
        split = (CELL * len(view.board[0]) + 2 * MARGIN) / page.width
        page.column(top, 0, split)
        page.board(view)
        lowest = page.below
        page.column(top, split, 1)
        page.text(view.says, 22, INK, gap=10)
    else:
        page.column(top, 0, split)
        page.text(view.says, 22, INK, gap=10)
        page.note(view.note)
        lowest = page.below
        page.column(top, split, 1)
    if chosen or not actions:
        _came(page, walk, step, style)
    else:
        told = ["a free cell"] * bool(view.at) + [action for action in actions if action not in view.at]
        page.text(f"To choose: {' or '.join(told)}.", 20, FADED, gap=12)
    lowest = max(lowest, page.below)
    page.column(top, 0, 1)
    every = [
        f"{number} {choice}{chance.situation and f' ({chance.situation})'}".replace(" ", "\u00a0")  # kept in one line
        for number, (choice, chance) in enumerate(zip(walk.choices, walk.came, strict=True), 1)
    ]
    page.below = page.height - 30 - 1.35 * 18 * len(page.lines(", ".join(every), 18))
    fits = lowest <= page.below
    page.text(", ".join(every[: step + chosen]), 18, FADED)
    page.below = page.height - 26
    page.text(RULES, 13, FADED)
    return fits


def _came(page: "_Page", walk: Walk, step: int, style: tuple[str, str] | None = None) -> None:
    """What is chosen at a step and what comes of it; after the last one, how the run ended."""
    if step < len(walk.choices):
        chance = walk.came[step]
        page.text(f"It chose: {walk.choices[step]}.", 26, ACCENT, gap=12)
        page.text(chance.says, 20, INK, gap=4)
        so_far = sum(each.reward for each in walk.came[: step + 1])
        page.text(f"paid {chance.reward:+g}, so far {so_far:+g}", 18, FADED, gap=6)
    else:
        page.text(f"The run is over: {walk.outcome}.", 26, ACCENT, gap=12, mark=style)
        page.text(f"paid {walk.total:+g} in all", 18, FADED, gap=6)


class _Page:
    """Paper that is written on from top to bottom, in a column. All measures are in units of `scale` pixels.

    A film's page is `WIDTH` units wide, whatever its size. Where it does not draw, one finds out what would fit.
    """

    def __init__(self, width: int, height: float, scale: float, draws: bool = True) -> None:
        self.width, self.height, self.scale, self.draws = width / scale, height, scale, draws
        self.image = Image.new("RGB", (width, round(height * scale)) if draws else (1, 1), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.draw.fontmode = "1"  # no grey edges: a GIF keeps its exact colours
        self.column(TOP, 0, 1)

    def column(self, top: float, start: float, end: float) -> None:
        """Write from here on, between these shares of the width."""
        self.left, self.below = start * self.width + MARGIN, top
        self.across = (end - start) * self.width - 2 * MARGIN

    def lines(self, text: str, points: int) -> list[str]:
        """Text in lines that fit the column."""
        letters, room = font(self.letters(points)), self.across * self.scale
        letter = max(letters.getlength(text), 1) / max(len(text), 1)  # of average width
        across = max(int(0.96 * room / letter), 8)
        most = room + MARGIN / 4 * self.scale  # a little of the margin may be used
        while across > 8 and any(letters.getlength(line) > most for line in textwrap.wrap(text, across)):
            across -= 1
        return textwrap.wrap(text, across)

    def letters(self, points: int) -> int:
        """The size of letters in pixels."""
        return max(8, round(points * self.scale))

    def text(self, text: str, points: int, colour: Colour, gap: float = 0, mark: tuple[str, str] | None = None) -> None:
        """Write text in lines that fit, below what is there; before it perhaps a mark, (colour, letter)."""
        self.below += gap
        if mark:
            self.write(mark[1], self.left, points, mark[0])
        for line in self.lines(text, points):
            self.write(line, self.left + 1.15 * points * bool(mark), points, colour)
            self.below += 1.35 * points

    def write(self, text: str, left: float, points: int, colour: Colour) -> None:
        """Write one line."""
        if self.draws:
            self.draw.text((left * self.scale, self.below * self.scale), text, colour, font(self.letters(points)))

    def note(self, note: str) -> None:
        """What the rules wrote as if somebody had thought it, if anything, in a frame that says so."""
        if not note:
            return
        top = self.below = self.below + 12
        self.left, self.across, self.below = self.left + 10, self.across - 20, self.below + 6
        self.text(SIMULATED, 13, FADED)
        self.text(note, 18, INK, gap=2)
        self.left, self.across, self.below = self.left - 10, self.across + 20, self.below + 6
        if self.draws:
            corners = (self.left, top, self.left + self.across, self.below)
            self.draw.rectangle([each * self.scale for each in corners], outline=FADED, width=2)

    def board(self, view: View) -> None:
        """The board in the middle of the column."""
        self.below += 8
        cell = CELL * self.scale
        left = (self.left + (self.across - CELL * len(view.board[0])) / 2) * self.scale
        for r, row in enumerate(view.board if self.draws else ()):
            for c, sign in enumerate(row):
                x, y = left + cell * c, self.below * self.scale + cell * r
                self.draw.rectangle((x, y, x + cell, y + cell), outline=INK, width=2)
                letters = font(self.letters(40 if len(sign) <= 2 else 18))
                self.draw.text((x + cell / 2, y + cell / 2), sign, INK, letters, anchor="mm")
        self.below += CELL * len(view.board) + 8
