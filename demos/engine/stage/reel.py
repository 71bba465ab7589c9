"""Dialogues and choices of a talk on stage: how far they have come, and how they look then.

They are drawn as their films are, on sheets of paper.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pygame
from PIL import ImageDraw

from ..film.decision import ACCENT, FADED, largest, staged
from ..film.lettering import INK, Colour, font, write
from ..film.text import PERSON, Page, moments, signed
from ..lessons.recorded import Choices, Dialogue
from ..rules.entry import Entry
from ..rules.palette import outcome_marks
from ..rules.text import Turns
from ..wrapping import largest as fitting
from . import overlays as paint
from .lettering import Sizes
from .stage import SPEEDS

USUAL = SPEEDS.index(10)
WORDS, CHOICES = 4.0, 0.8  # moments a second at the usual speed
SMALLEST = 12  # points


class Reel:
    """What `Show` is for runs, for dialogues side by side or for one run of choices.

    `clock` counts moments: one is a word, a situation, or a choice in it.
    """

    def __init__(self, transcripts: Sequence[Dialogue | Choices]) -> None:
        self.transcripts, self.clock, self.speed, self.blind = tuple(transcripts), 0.0, USUAL, False

    @property
    def last(self) -> int:
        """The moment at which all of it is shown."""
        return max(map(length, self.transcripts))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        pace = WORDS if isinstance(self.transcripts[0], Dialogue) else CHOICES
        self.clock = min(self.clock + pace * SPEEDS[self.speed] / SPEEDS[USUAL] * seconds, float(self.last))

    def faster(self, by: int) -> None:
        """Go to a higher (or lower) of `SPEEDS`."""
        self.speed = min(max(self.speed + by, 0), len(SPEEDS) - 1)

    @property
    def names(self) -> list[str]:
        """Who wrote or chose; letters where names are hidden."""
        return [
            f"Agent {'AB'[i]}" if self.blind else transcript.agent or "You"
            for i, transcript in enumerate(self.transcripts)
        ]


def length(transcript: Dialogue | Choices) -> int:
    """The last moment of one of them."""
    return len(_said(transcript.turns)) - 1 if isinstance(transcript, Dialogue) else 2 * len(transcript.run.choices)


@lru_cache(maxsize=16)
def _said(turns: Turns) -> list[Turns]:
    """How far a dialogue has come at each moment, from the whole question on."""
    return moments(signed(turns))[len(turns[0].split(" ")) - 1 :]


def draw(reel: Reel, surface: pygame.Surface, body: pygame.Rect, sizes: Sizes) -> None:
    """A bar that says how far it has come, and below it a sheet each, side by side."""
    bar = pygame.Rect(body.x, body.y, body.width, sizes.gap // 2)
    paint.progress(surface, bar, reel.clock, reel.last, [])
    top, gap = body.y + 2 * bar.height, 2 * sizes.gap
    wide = (body.width + gap) // len(reel.transcripts) - gap
    size = wide, body.bottom - bar.height - top
    alone = len(reel.transcripts) == 1
    high, most = size[1] - _foot(sizes.text, alone), 3 * sizes.title // 2
    dialogues = [transcript.turns for transcript in reel.transcripts if isinstance(transcript, Dialogue)]
    points = min((_points(turns, wide, high, most) for turns in dialogues), default=most)
    for i, (transcript, name) in enumerate(zip(reel.transcripts, reel.names, strict=True)):
        moment = min(int(reel.clock), length(transcript))
        if isinstance(transcript, Dialogue):
            image = _dialogue(transcript, name, alone and not reel.blind, moment, size, points, sizes.text)
        else:
            image = _choices(transcript, name, moment, size, sizes.text)
        surface.blit(image, (body.x + i * (wide + gap), top))


@lru_cache(maxsize=16)
def _points(turns: Turns, width: int, height: int, most: int) -> int:
    """The size, at most `most`, of the largest letters in which a dialogue fits."""
    return fitting(range(max(most, SMALLEST), SMALLEST - 1, -1), lambda n: _page(turns, "", width, n).tall <= height)


def _page(turns: Turns, name: str, width: int, points: int) -> Page:
    return Page(signed(turns), name, width, points, dense=True)


def _foot(text: int, alone: bool) -> int:
    """The height of what stands below a dialogue: who, what came of it, and how the network was trained."""
    return (1 + alone) * round(1.4 * text) + text // 2


@lru_cache(maxsize=8)
def _dialogue(
    transcript: Dialogue, name: str, about: bool, moment: int, size: tuple[int, int], points: int, text: int
) -> pygame.Surface:
    """The sheet of a dialogue: bubbles, below them the network and, once it has ended, the outcome."""
    width, height = size
    image = _page(transcript.turns, name, width, points).sheet(_said(transcript.turns)[moment], height)
    left, top = text // 2, height - _foot(text, about)
    ImageDraw.Draw(image).line((left, top, width - left, top), PERSON, 2)
    x, y = left, top + text // 4
    parts: list[tuple[str, Colour]] = [(name, ACCENT)]
    if moment == length(transcript):
        colour, mark = outcome_marks(transcript.demo)[transcript.outcome]
        parts += [(mark, colour), (transcript.outcome, INK)]
    for part, shade in parts:
        write(image, (x, y), part, text, shade)
        x += round(font(text).getlength(f"{part} "))
    if about:
        says = trained(transcript.demo, transcript.agent)
        points = fitting(range(text, 9, -1), lambda n: font(n).getlength(says) <= width - 2 * left)
        write(image, (left, y + round(1.4 * text)), says, points, FADED)
    return paint.array_surface(np.asarray(image), 1)


def trained(demo: Entry, agent: str) -> str:
    """How an agent was trained, in a line; empty where that is not known."""
    recipe = demo.recipes.get(agent.partition(":")[0])
    return f"{demo.words.trained} {recipe.about}" if recipe else ""


@lru_cache(maxsize=8)
def _choices(transcript: Choices, name: str, moment: int, size: tuple[int, int], text: int) -> pygame.Surface:
    """The sheet of a run of choices."""
    style = outcome_marks(transcript.demo).get(transcript.outcome, ("", ""))
    return paint.array_surface(
        staged(transcript.run, moment, name, size, _scale(transcript, name, size, text), style), 1
    )


@lru_cache(maxsize=16)
def _scale(transcript: Choices, name: str, size: tuple[int, int], text: int) -> float:
    return largest(transcript.run, name, size, text / 14)
