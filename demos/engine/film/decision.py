"""Films of runs in decision demos: a frame for every choice, in large type, with the board where there is one.

`staged` draws the same for a talk: in two columns, with the choices so far below.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from .. import wrapping
from ..agents.called import label
from ..agents.run_decision import DecisionRun
from ..rules.decision import SIMULATED, View
from ..rules.names import ending
from .files import FilmError, about_of, checked, written
from .lettering import INK, LEAST, PAPER, Colour, font, lines, write

WIDTH, HEIGHT = 640, 400  # of a frame without a board, before it is scaled
CELL, MARGIN, TOP = 72, 20, 14.0
ACCENT, FADED = (0, 114, 178), (110, 98, 86)
SECONDS = 2.0  # that a frame stays
RULES = "a decision model: what happens is written in its rules"


def film(
    run: DecisionRun, out: str | os.PathLike[str], *, caption: str | None = None, size: int = WIDTH,
    hold: float = SECONDS, poster: Path | None = None, command: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Write a finished run as .gif, .mp4 or, all frames below each other, .png; `size`: width in pixels.

    `hold`: seconds that the last frame stays; `poster`: where it is written as a picture, too. Returns {"out",
    "frames", "steps", "outcome", "seed"}. Raises FilmError for an unknown ending or too small a size, and OSError if
    the file cannot be written; an older file then stays whole.
    """
    path, poster = checked(Path(out)), checked(poster) if poster else None
    if size < 160:
        raise FilmError(f"Text cannot be read at a width of {size} pixels; choose at least 160.")
    steps = range(len(run.choices) + 1)
    tall = max(_frame(_sheet(size, 1, draws=False), run, step, caption or "") for step in steps)
    frames = [frame(run, step, caption or "", size, tall) for step in steps]
    about = about_of(run.demo.papers, run.outcome, command)
    written(path, frames, [*[SECONDS] * len(run.choices), hold], about)
    if poster:
        written(poster, frames[-1:], [hold], about)
    return {
        "out": str(path), "frames": len(frames), "steps": len(run.choices), "outcome": run.outcome, "seed": run.seed,
    }  # fmt: skip


def frame(run: DecisionRun, step: int, caption: str, size: int = WIDTH, tall: float = HEIGHT) -> np.ndarray:
    """Where a run is before choice `step`, and what is chosen: uint8[height, width, 3].

    The frame after the last choice says how it ended. `tall`: the height in units of the page.
    """
    page = _sheet(size, tall)
    _frame(page, run, step, caption)
    return np.asarray(page.image)


def _sheet(size: int, tall: float, draws: bool = True) -> "_Page":
    """A film's page, whose letters are never too small."""
    return _Page(size, tall, size / WIDTH, draws, least=LEAST)


def _frame(page: "_Page", run: DecisionRun, step: int, caption: str) -> float:
    """Write a frame of a film; returns the height it needs."""
    view = run.demo.view(run.values, run.states[step])
    if caption:
        page.text(caption, 20, INK)
        page.below += 6
    who = label(run.demo, run.by[0]) if run.by else "a run"
    page.text(f"{run.demo.title}: {who}", 16, FADED)
    page.text(view.says, 22, INK, gap=10)
    if view.board:
        page.board(view)
    _came(page, run, step)
    page.text(RULES, 13, FADED, gap=10)
    return page.below + TOP / 2


def staged(
    run: DecisionRun, moment: int, who: str, size: tuple[int, int], scale: float, style: tuple[str, str]
) -> np.ndarray:
    """A run on stage: where it is and, at every second moment, what is chosen there: uint8[height, width, 3].

    `who` chooses; `size`: width, height in pixels; `scale`: pixels of a unit; `style`: colour and mark of how it ends.
    """
    page = _Page(size[0], size[1] / scale, scale)
    _staged(page, run, moment, who, style)
    return np.asarray(page.image)


def largest(run: DecisionRun, who: str, size: tuple[int, int], most: float) -> float:
    """The largest scale, at most `most`, at which every moment of a run fits a picture of so many pixels."""

    def fits(scale: float) -> bool:
        page = _Page(size[0], size[1] / scale, scale, draws=False)
        return all(_staged(page, run, moment, who, ("", "")) for moment in range(2 * len(run.choices) + 1))

    return wrapping.largest([most * percent / 100 for percent in range(100, 20, -4)], fits)


def _staged(page: "_Page", run: DecisionRun, moment: int, who: str, style: tuple[str, str]) -> bool:
    """Write a moment of a run on a page, in two columns, with all choices so far below; whether it fits there."""
    step, chosen = divmod(moment, 2)
    actions = run.demo.actions(run.values, run.states[step])
    view = run.demo.view(run.values, run.states[step])
    sliders = ", ".join(f"{each.title.lower()} {run.values[each.name]:g}" for each in run.demo.sliders)
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
        _came(page, run, step, style)
    else:
        told = ["a free cell"] * bool(view.at) + [action for action in actions if action not in view.at]
        page.text(f"To choose: {' or '.join(told)}.", 20, FADED, gap=12)
    lowest = max(lowest, page.below)
    page.column(top, 0, 1)
    every = [
        f"{number} {choice}{chance.situation and f' ({chance.situation})'}".replace(" ", "\u00a0")  # kept in one line
        for number, (choice, chance) in enumerate(zip(run.choices, run.came, strict=True), 1)
    ]
    page.below = page.height - 30 - 1.35 * 18 * len(page.lines(", ".join(every), 18))
    fits = lowest <= page.below
    page.text(", ".join(every[: step + chosen]), 18, FADED)
    page.below = page.height - 26
    page.text(RULES, 13, FADED)
    return fits


def _came(page: "_Page", run: DecisionRun, step: int, style: tuple[str, str] | None = None) -> None:
    """What is chosen at a step and what comes of it; after the last one, how the run ended."""
    if step < len(run.choices):
        chance = run.came[step]
        page.text(f"It chose: {run.choices[step]}.", 26, ACCENT, gap=12)
        page.text(chance.says, 20, INK, gap=4)
        so_far = sum(each.reward for each in run.came[: step + 1])
        page.text(f"paid {chance.reward:+g}, so far {so_far:+g}", 18, FADED, gap=6)
    else:
        told = f"The run is over: {run.outcome}." if style else ending(run.demo, run.outcome).says
        page.text(told, 26, ACCENT, gap=12, mark=style)
        page.text(f"paid {run.total:+g} in all", 18, FADED, gap=6)


class _Page:
    """Paper that is written on from top to bottom, in a column. All measures are in units of `scale` pixels.

    A film's page is `WIDTH` units wide, whatever its size. Where it does not draw, one finds out what would fit.
    """

    def __init__(self, width: int, height: float, scale: float, draws: bool = True, least: int = 8) -> None:
        self.least = least  # pixels of the smallest letters
        self.width, self.height, self.scale, self.draws = width / scale, height, scale, draws
        self.image = Image.new("RGB", (width, round(height * scale)) if draws else (1, 1), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.column(TOP, 0, 1)

    def column(self, top: float, start: float, end: float) -> None:
        """Write from here on, between these shares of the width."""
        self.left, self.below = start * self.width + MARGIN, top
        self.across = (end - start) * self.width - 2 * MARGIN

    def lines(self, text: str, points: int) -> list[str]:
        """Text in lines that fit the column; a little of the margin may be used."""
        return lines(text, self.letters(points), (self.across + MARGIN / 4) * self.scale)

    def letters(self, points: int) -> int:
        """The size of letters in pixels."""
        return max(self.least, round(points * self.scale))

    def text(self, text: str, points: int, colour: Colour, gap: float = 0, mark: tuple[str, str] | None = None) -> None:
        """Write text in lines that fit, below what is there; before it perhaps a mark, (colour, letter)."""
        self.below += gap
        if mark:
            self.write(mark[1], self.left, points, mark[0])
        for line in self.lines(text, points):
            self.write(line, self.left + 1.15 * points * bool(mark), points, colour)
            self.below += 1.35 * max(points, self.letters(points) / self.scale)

    def write(self, text: str, left: float, points: int, colour: Colour) -> None:
        """Write one line."""
        if self.draws:
            at = round(left * self.scale), round(self.below * self.scale)
            write(self.image, at, text, self.letters(points), colour)

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
                points = self.letters(40 if len(sign) <= 2 else 18)
                long = font(points).getlength(sign)
                write(self.image, (round(x + (cell - long) / 2), round(y + cell / 2 - 0.75 * points)), sign, points)
        self.below += CELL * len(view.board) + 8
