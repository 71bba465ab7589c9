"""Films of runs in decision demos: a frame for every choice, in large type, with the board where there is one."""

import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..agents.walk import Walk
from ..rules.decision import View
from .film import INK, LICENCE, PAPER, WRITERS, FilmError, font

WIDTH, HEIGHT = 640, 400  # of a frame without a board, before it is scaled
CELL, MARGIN = 72, 20
ACCENT, FADED = (0, 114, 178), (110, 98, 86)
SECONDS = 2.0  # that a frame stays


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
    page = _Page(size, HEIGHT + (CELL * len(view.board) + MARGIN if view.board else 0))
    page.text(f"{walk.demo.title}: {walk.by[0] if walk.by else 'a run'}", 16, FADED)
    page.text(view.says, 22, INK, gap=10)
    if view.board:
        page.board(view)
    if step < len(walk.choices):
        chance = walk.came[step]
        page.text(f"It chose: {walk.choices[step]}.", 26, ACCENT, gap=12)
        page.text(chance.says, 20, INK, gap=4)
        so_far = sum(each.reward for each in walk.came[: step + 1])
        page.text(f"paid {chance.reward:+g}, so far {so_far:+g}", 18, FADED, gap=6)
    else:
        page.text(f"The run is over: {walk.outcome}.", 26, ACCENT, gap=12)
        page.text(f"paid {walk.total:+g} in all", 18, FADED, gap=6)
    page.below = page.height - (62 if caption else 32)
    if caption:
        page.text(caption, 18, INK)
    page.text("a decision model: what happens is written in its rules", 13, FADED)
    whole = np.asarray(page.image)
    return np.pad(whole, ((0, whole.shape[0] % 2), (0, whole.shape[1] % 2), (0, 0)), mode="edge")


class _Page:
    """Paper that is written on from top to bottom. All measures are those of a page `WIDTH` wide, whatever its size."""

    def __init__(self, size: int, height: int) -> None:
        self.scale, self.height, self.below = size / WIDTH, height, 14.0
        self.image = Image.new("RGB", (size, round(height * self.scale)), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.draw.fontmode = "1"  # no grey edges: a GIF keeps its exact colours

    def text(self, text: str, points: int, colour: tuple[int, int, int], gap: float = 0) -> None:
        """Write text in lines that fit, below what is there."""
        letters = font(max(8, round(points * self.scale)))
        letter = max(self.draw.textlength(text, letters), 1) / max(len(text), 1)  # of average width
        across = int(0.96 * (WIDTH - 2 * MARGIN) * self.scale / letter)
        self.below += gap
        for line in textwrap.wrap(text, max(across, 8)):
            self.draw.text((MARGIN * self.scale, self.below * self.scale), line, colour, letters)
            self.below += 1.35 * points

    def board(self, view: View) -> None:
        """The board in the middle."""
        self.below += 8
        cell, left = CELL * self.scale, (WIDTH - CELL * len(view.board[0])) / 2 * self.scale
        for r, row in enumerate(view.board):
            for c, sign in enumerate(row):
                x, y = left + cell * c, self.below * self.scale + cell * r
                self.draw.rectangle((x, y, x + cell, y + cell), outline=INK, width=2)
                points = 40 if len(sign) <= 2 else 18
                letters = font(max(8, round(points * self.scale)))
                self.draw.text((x + cell / 2, y + cell / 2), sign, INK, letters, anchor="mm")
        self.below += CELL * len(view.board) + 8
