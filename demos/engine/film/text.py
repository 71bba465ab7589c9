"""Films of dialogues (GIF, MP4) and stills of them (PNG): large type, person on the left, network on the right.

A frame is as high as its dialogue: one of fixed proportions would be half empty around two short turns, and its letters
smaller on a slide. As with other films, the same dialogue gives the same bytes on the same machine and versions;
command, citation and licence are stored in the file.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..agents.called import label, line
from ..rules.names import ending
from ..rules.text import Case, TextDemo, Turns, readable
from .files import about_of, checked, written
from .lettering import LEAST, PAPER, Band, font, lines, points_of, write

PERSON, NETWORK = (236, 228, 214), (205, 225, 240)  # the colours of what each says
PAUSE = 3  # frames between two turns
HOLD = 2.5  # seconds that the last frame stays


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
    hold: float = HOLD,
    poster: Path | None = None,
    command: str = "",
) -> dict[str, Any]:
    """Write a dialogue word by word as .gif or .mp4, or whole as .png. `size`: width in pixels; `fps`: words a second.

    `caption`: what stands above, else what the network's training was; `hold`: seconds that the last frame stays;
    `poster`: where it is written as a picture, too. Returns {"out", "frames", "outcome", "turns"}. Raises FilmError for
    an unknown ending, and OSError if the file cannot be written; an older file then stays whole.
    """
    path, poster = checked(Path(out)), checked(poster) if poster else None
    outcome, said, name = demo.judge(case, turns), signed(turns), label(demo, agent)
    page, points = Page(said, name, size), points_of(size)
    above = Band(page.width, points, [line(demo, agent) if caption is None else caption])
    foot = Band(page.width, points, [demo.question, ending(demo, outcome).says])
    shown = [] if path.suffix.lower() == ".png" else moments(said)

    def frame(now: Turns, below: str) -> np.ndarray:
        middle = np.asarray(page.sheet(now, page.tall))
        return np.concatenate([above.picture(caption or line(demo, agent)), middle, foot.picture(below)])

    frames: list[np.ndarray] = []
    for before, now in zip([(), *shown], shown, strict=False):
        frames.append(frames[-1] if now == before else frame(now, demo.question))
    frames.append(frame(said, ending(demo, outcome).says))
    about = about_of(demo.papers, outcome, command, {"dialogue": " / ".join(turns)})
    written(path, frames, [*[1 / fps] * (len(frames) - 1), hold], about)
    if poster:
        written(poster, frames[-1:], [hold], about)
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
        self.points = points or max(LEAST, width // 28)
        self.names = ("person", agent)
        self.gap = self.points * 2 // (5 if dense else 3)
        self.line = self.points * 5 // 4 if dense else self.points * 3 // 2
        self.wrapped = [self._wrapped(turn) for turn in turns]
        self.widths = [max(map(self._long, turn)) + 2 * self.gap for turn in self.wrapped]
        self.small = max(min(LEAST, self.points), self.points * 5 // 8)
        above = self.small * 5 // 4 if dense else self.small  # for the speaker's name
        self.above = [0 if dense and i > 1 else above for i in range(len(turns))]
        self.tops: list[int] = []
        self.tall = self.gap  # of all turns
        for i, rows in enumerate(self.wrapped):
            beside = dense and i % 2 and sum(self.widths[i - 1 : i + 1]) + 4 * self.gap <= self.width
            self.tops.append(self.tops[-1] if beside else self.tall)
            bottom = self.tops[-1] + self.above[i] + len(rows) * self.line + 2 * self.gap
            self.tall = max(self.tall, bottom)

    def _long(self, text: str) -> int:
        return int(np.ceil(font(self.points).getlength(text)))

    def _wrapped(self, turn: str) -> list[str]:
        """A turn in lines of at most three quarters of the width."""
        return lines(turn, self.points, self.width * 3 // 4 - 2 * self.gap)

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
        for k, whole in enumerate(self.wrapped[turn]):
            said = ""
            for letter in whole:
                if letters == 0:
                    break
                said, letters = said + letter, letters - (letter != " ")
            write(image, (left + self.gap, top + self.gap // 2 + k * self.line), said, self.points)
