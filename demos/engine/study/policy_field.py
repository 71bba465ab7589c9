"""Policy field: what an agent would do, and what it expects, in every place of a level where it could be."""

from dataclasses import dataclass

import numpy as np

from ..agents.pretrained import Agent
from ..rules import edit as editing
from ..rules import sprites
from ..rules.level import Level, copied, record
from ..rules.world import Demo


@dataclass(frozen=True)
class PolicyField:
    """The agent in each place, all else being as at the start of the level.

    `cells`, int64[cells, 2]: rows and columns; `probabilities`, float64[cells, actions]; `values`, float64[cells].
    """

    cells: np.ndarray
    probabilities: np.ndarray
    values: np.ndarray


def policy_field(demo: Demo, agent: Agent, level: Level) -> PolicyField:
    """The field of every open place; in a platformer only of those with ground below (`edit.open_places`)."""
    cells, size = editing.open_places(demo, level), sprites.PATCH
    state, level = record(demo.state), copied(level)
    demo.start(level, 0, state)
    ground = np.zeros((demo.rows * size, (demo.columns + 2 * demo.margin) * size, 3), np.uint8)
    sprites.paint_ground(sprites.SMALL, demo.tile_sprites, level, demo.margin, ground)
    pictures = np.zeros((len(cells), demo.rows * size, demo.view * size, 3), np.uint8)
    for i, cell in enumerate(cells):
        state.at[0] = cell
        sprites.paint_window(sprites.SMALL, ground, demo.margin, level, state, pictures[i])
    if not cells:
        return PolicyField(np.zeros((0, 2), np.int64), np.zeros((0, len(demo.actions))), np.zeros(0))
    probabilities, values = agent.think(pictures)
    return PolicyField(np.array(cells, np.int64), probabilities, values)
