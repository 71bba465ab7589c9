"""Several runs of one level in one picture: each body in a colour of its own, a letter above it that stays."""

from collections.abc import Sequence

import numpy as np
import pygame

from ..agents.run_grid import Run
from ..rules import sprites
from ..rules.level import Level, State, copied
from ..rules.scene import scene
from ..rules.sprites import ART
from ..rules.world import Demo
from .lettering import DARK, Colour, font

LETTERS = "ABCD"
COLOURS: tuple[Colour, ...] = ((72, 202, 228), (245, 150, 40), (204, 121, 167), (240, 228, 66))  # of A, B, C and D
APART = 3  # pixels of the pixel art between bodies that stand in one place


def alike(runs: Sequence[Run]) -> bool:
    """Whether runs can be shown in one picture: all are in the same level, edited alike, and nothing is counted up."""
    levels = {(run.first.tobytes(), *((edit.at, edit.level.tobytes()) for edit in run.edits)) for run in runs}
    return len(runs) > 1 and len(levels) == 1 and not runs[0].demo.counts


def picture(demo: Demo, levels: Sequence[Level], states: Sequence[State], scale: float) -> np.ndarray:
    """The level with every body in it, uint8[height, width, 3].

    What only some runs still hold, such as a coin that one of them took, is as faint as they are few.
    """
    grounds = []
    for level, state in zip(levels, states, strict=True):
        bare = copied(state)
        bare.there[0] = 0
        grounds.append(scene(demo, level, bare, min(scale, 1)))
    found = np.mean(grounds, 0).astype(np.uint8)
    atlas = sprites.HALF if scale < 1 else sprites.BIG
    size = atlas.key.shape[1]
    for i in range(len(states) - 1, -1, -1):
        level, state = levels[i], states[i]
        if state.there[0]:
            top, left = (int(np.floor(x * size + 0.5)) for x in state.at[0])
            look = level.looks[0] + state.pose[0]
            colour = np.array(COLOURS[i], np.uint8)
            sprites.stamp(atlas, look, colour, state.facing[0] < 0, found, top, left + shift(states, i))
    whole = max(int(scale), 1)
    return found.repeat(whole, 0).repeat(whole, 1)


def shift(states: Sequence[State], i: int) -> int:
    """How far a body is drawn to the right of its place, in pixels of the art: those before it may stand there."""
    near = [j for j in range(i) if np.abs(states[j].at[0] - states[i].at[0]).max() * ART < APART]
    return APART * len(near)


def letters(surface: pygame.Surface, corner: tuple[int, int], tile: float, states: Sequence[State], size: int) -> None:
    """The letter of each body above it, in letters `size` pixels high; those in one place stand side by side."""
    taken: list[pygame.Rect] = []
    for i, state in enumerate(states):
        if not state.there[0]:
            continue
        row, col = state.at[0]
        image = font(size).render(LETTERS[i], True, DARK.background)
        box = image.get_rect().inflate(size // 2, 0)
        box.midbottom = round(corner[0] + (col + 0.5) * tile), round(corner[1] + row * tile - tile * 0.1)
        while box.collidelist(taken) >= 0:
            box.left = taken[box.collidelist(taken)].right + 2
        box.clamp_ip(surface.get_rect())
        taken.append(box)
        pygame.draw.rect(surface, COLOURS[i], box, border_radius=size // 4)
        surface.blit(image, image.get_rect(center=box.center))
