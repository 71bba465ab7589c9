"""Films of dialogues (GIF, MP4) and stills of them (PNG): large type, person on the left, network on the right.

As with other films, the same dialogue gives the same bytes on the same machine and versions; command, citation and
licence are stored in the file.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..rules.writing import Case, TextDemo, Turns
from .film import INK, PAPER, WRITERS, FilmError, about_of, font, written

PERSON, NETWORK = (236, 228, 214), (205, 225, 240)  # the colours of what each says
SHADES = 16  # between ink and what it is written on, so that a GIF keeps its exact colours
PAUSE = 3  # frames between two turns

Line = tuple[int, str]  # number of the turn, and a line of it


def film(
    demo: TextDemo,
    agent: str,
    case: Case,
    turns: Turns,
    out: str | os.PathLike[str],
    *,
    caption: str | None = None,
    size: int = 800,
    fps: float = 6,
    command: str = "",
) -> dict[str, Any]:
    """Write a dialogue word by word as .gif or .mp4, or whole as .png. `size`: width in pixels; `fps`: words a second.

    Returns {"out", "frames", "outcome", "turns"}. Raises FilmError for an unknown ending, and OSError if the file
    cannot be written; an older file then stays whole.
    """
    path = Path(out)
    if path.suffix.lower() not in WRITERS:
        raise FilmError(f"'{path.name}' has no ending that a film can have; there are: {', '.join(WRITERS)}.")
    outcome = demo.judge(case, turns)
    page = Page(turns, agent, size)
    last = [*([caption] if caption else []), f"{agent}: {outcome}"]
    if path.suffix.lower() == ".png":
        frames = [page.frame(turns, last)]
    else:
        frames = []
        for i, turn in enumerate(turns):
            words = turn.split(" ") if turn else []
            shown = [" ".join(words[: n + 1]) for n in range(len(words))] or [""]
            frames += [page.frame((*turns[:i], part), [*last[:-1], agent]) for part in shown]
            frames += [frames[-1]] * PAUSE
        frames.append(page.frame(turns, last))
    about = about_of(demo.papers, outcome, command, {"dialogue": " / ".join(turns)})
    written(path, frames, fps, about)
    return {"out": str(path), "frames": len(frames), "outcome": outcome, "turns": list(turns)}


class Page:
    """Where everything of a dialogue stands, the same in every frame.

    `turns`: the whole dialogue; `width`: in pixels.
    """

    def __init__(self, turns: Turns, agent: str, width: int) -> None:
        self.width = width + width % 2
        self.points = max(12, width // 28)
        self.names = ("person", agent)
        self.gap = self.points * 2 // 3
        self.line = self.points * 3 // 2
        self.wrapped = [self._wrapped(turn) for turn in turns]
        self.widths = [max(self._long(line) for line in lines) + 2 * self.gap for lines in self.wrapped]
        self.small = max(10, self.points * 5 // 8)

    def _long(self, text: str) -> int:
        return int(np.ceil(font(self.points).getlength(text)))

    def _wrapped(self, turn: str) -> list[str]:
        """A turn in lines of at most three quarters of the width."""
        lines = [""]
        for word in turn.split(" "):
            joined = f"{lines[-1]} {word}".strip()
            if lines[-1] and self._long(joined) > self.width * 3 // 4 - 2 * self.gap:
                lines.append(word)
            else:
                lines[-1] = joined
        return lines

    def frame(self, shown: Turns, below: list[str]) -> np.ndarray:
        """What was said so far, and lines of text below: uint8[height, width, 3], both even."""
        foot = self.line * 5 // 4
        talk = sum(len(lines) * self.line + self.small + 2 * self.gap for lines in self.wrapped) + self.gap
        height = talk + foot * max(2, len(below)) + self.gap
        image = Image.new("RGB", (self.width, height + height % 2), PAPER)
        top = self.gap
        for i, lines in enumerate(self.wrapped):
            tall = len(lines) * self.line + self.gap
            if i < len(shown):
                self._bubble(image, i, top, tall, len(shown[i].replace(" ", "")))
            top += self.small + tall + self.gap
        ImageDraw.Draw(image).line((self.gap, talk, self.width - self.gap, talk), PERSON, 2)
        for k, text in enumerate(below):
            points = self.points
            while points > 10 and font(points).getlength(text) > self.width - 2 * self.gap:
                points -= 1
            _write(image, (self.gap, talk + self.gap + foot * k), text, points)
        return np.asarray(image)

    def _bubble(self, image: Image.Image, turn: int, top: int, tall: int, letters: int) -> None:
        """One turn of which so many letters were said."""
        wide, who = self.widths[turn], self.names[turn % 2]
        left = self.width - self.gap - wide if turn % 2 else self.gap
        beside = left + wide - int(font(self.small).getlength(who)) if turn % 2 else left
        _write(image, (beside, top), who, self.small)
        top += self.small + self.gap // 2
        ImageDraw.Draw(image).rectangle((left, top, left + wide, top + tall), (PERSON, NETWORK)[turn % 2])
        for k, line in enumerate(self.wrapped[turn]):
            said = ""
            for letter in line:
                if letters == 0:
                    break
                said, letters = said + letter, letters - (letter != " ")
            _write(image, (left + self.gap, top + self.gap // 2 + k * self.line), said, self.points)


def _write(image: Image.Image, at: tuple[int, int], text: str, points: int) -> None:
    """Text in ink whose edges have few shades."""
    mask = Image.new("L", (int(font(points).getlength(text)) + points, points * 3 // 2))
    ImageDraw.Draw(mask).text((0, points * 3 // 4), text, 255, font(points), anchor="lm")
    step = 255 // (SHADES - 1)
    image.paste(INK, at, mask.point([value // step * step for value in range(256)]))
