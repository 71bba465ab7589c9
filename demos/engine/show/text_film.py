"""Films of dialogues (GIF, MP4) and stills of them (PNG): large type, person on the left, network on the right.

As with other films, the same dialogue gives the same bytes on the same machine and versions; command, citation and
licence are stored in the file.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..rules.writing import Case, TextDemo, Turns, readable
from .film import INK, PAPER, WRITERS, FilmError, about_of, font, written

PERSON, NETWORK = (236, 228, 214), (205, 225, 240)  # the colours of what each says
SHADES = 16  # between ink and what it is written on, so that a GIF keeps its exact colours
PAUSE = 3  # frames between two turns

Colour = tuple[int, int, int] | str  # a name of a colour as #rrggbb


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
    said = signed(turns)
    page = Page(said, agent, size)
    last = [*([caption] if caption else []), f"{agent}: {outcome}"]
    frames: list[np.ndarray] = []
    if path.suffix.lower() != ".png":
        shown = moments(said)
        for before, now in zip([(), *shown], shown, strict=False):
            frames.append(frames[-1] if now == before else page.frame(now, [*last[:-1], agent]))
    frames.append(page.frame(said, last))
    about = about_of(demo.papers, outcome, command, {"dialogue": " / ".join(turns)})
    written(path, frames, fps, about)
    return {"out": str(path), "frames": len(frames), "outcome": outcome, "turns": list(turns)}


def signed(turns: Turns) -> Turns:
    """A dialogue as people are shown it."""
    return tuple(readable(turn) for turn in turns)


def moments(turns: Turns) -> list[Turns]:
    """How far a dialogue has come: a word more each time, and a pause after every turn."""
    found: list[Turns] = []
    for i, turn in enumerate(turns):
        words = turn.split(" ")
        found += [(*turns[:i], " ".join(words[: n + 1])) for n in range(len(words))]
        found += [found[-1]] * PAUSE
    return found


class Page:
    """Where everything of a dialogue stands, the same in every frame.

    `turns`: the whole dialogue; `width`: in pixels; `points`: the size of its letters, where that does not follow from
    the width; `dense`: a reply stands beside what it answers where both fit, and only the first of each speaker says
    whose it is.
    """

    def __init__(self, turns: Turns, agent: str, width: int, points: int = 0, dense: bool = False) -> None:
        self.width = width + width % 2
        self.points = points or max(12, width // 28)
        self.names = ("person", agent)
        self.gap = self.points * 2 // (5 if dense else 3)
        self.line = self.points * 5 // 4 if dense else self.points * 3 // 2
        self.wrapped = [self._wrapped(turn) for turn in turns]
        self.widths = [max(self._long(line) for line in lines) + 2 * self.gap for lines in self.wrapped]
        self.small = max(10, self.points * 5 // 8)
        above = self.small * 5 // 4 if dense else self.small  # for the speaker's name
        self.above = [0 if dense and i > 1 else above for i in range(len(turns))]
        self.tops: list[int] = []
        self.tall = self.gap  # of all turns
        for i, lines in enumerate(self.wrapped):
            beside = dense and i % 2 and sum(self.widths[i - 1 : i + 1]) + 4 * self.gap <= self.width
            self.tops.append(self.tops[-1] if beside else self.tall)
            bottom = self.tops[-1] + self.above[i] + len(lines) * self.line + 2 * self.gap
            self.tall = max(self.tall, bottom)

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
        height = self.tall + foot * max(2, len(below)) + self.gap
        image = self.sheet(shown, height + height % 2)
        ImageDraw.Draw(image).line((self.gap, self.tall, self.width - self.gap, self.tall), PERSON, 2)
        for k, text in enumerate(below):
            points = fitting(text, self.points, self.width - 2 * self.gap)
            write(image, (self.gap, self.tall + self.gap + foot * k), text, points)
        return np.asarray(image)

    def sheet(self, shown: Turns, height: int) -> Image.Image:
        """What was said so far, on a sheet so high."""
        image = Image.new("RGB", (self.width, height), PAPER)
        for turn, said in enumerate(shown):
            self._bubble(image, turn, len(said.replace(" ", "")))
        return image

    def _bubble(self, image: Image.Image, turn: int, letters: int) -> None:
        """One turn of which so many letters were said."""
        wide, who, top = self.widths[turn], self.names[turn % 2], self.tops[turn]
        tall = len(self.wrapped[turn]) * self.line + self.gap
        left = self.width - self.gap - wide if turn % 2 else self.gap
        if self.above[turn]:
            beside = left + wide - int(font(self.small).getlength(who)) if turn % 2 else left
            write(image, (beside, top), who, self.small)
        top += self.above[turn] + self.gap // 2
        ImageDraw.Draw(image).rectangle((left, top, left + wide, top + tall), (PERSON, NETWORK)[turn % 2])
        for k, line in enumerate(self.wrapped[turn]):
            said = ""
            for letter in line:
                if letters == 0:
                    break
                said, letters = said + letter, letters - (letter != " ")
            write(image, (left + self.gap, top + self.gap // 2 + k * self.line), said, self.points)


def fitting(text: str, points: int, width: int) -> int:
    """The size, at most `points`, at which a line takes at most so many pixels."""
    while points > 10 and font(points).getlength(text) > width:
        points -= 1
    return points


def write(image: Image.Image, at: tuple[int, int], text: str, points: int, colour: Colour = INK) -> None:
    """Text whose edges have few shades."""
    mask = Image.new("L", (int(font(points).getlength(text)) + points, points * 3 // 2))
    ImageDraw.Draw(mask).text((0, points * 3 // 4), text, 255, font(points), anchor="lm")
    step = 255 // (SHADES - 1)
    image.paste(colour, at, mask.point([value // step * step for value in range(256)]))
