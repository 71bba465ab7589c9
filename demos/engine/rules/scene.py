"""The picture that people see: the same sprites as the agent's, at full size."""

import io

import numpy as np
from PIL import Image

from . import sprites
from .level import Level, State
from .world import Demo


def scene(demo: Demo, level: Level, state: State, scale: float = 1) -> np.ndarray:
    """Paint a level, uint8[rows * 20 * scale, columns * 20 * scale, 3], cut to its own size.

    `scale` is 0.5 or a whole number, so that pixel art stays sharp.
    """
    atlas = sprites.HALF if scale < 1 else sprites.BIG
    size = atlas.key.shape[1]
    picture = np.zeros((demo.rows * size, demo.columns * size, 3), np.uint8)
    sprites.paint_ground(atlas, demo.tile_sprites, level, 0, picture)
    sprites.paint_objects(atlas, level, state, 0, picture)
    picture = picture[: int(level.extent[0]) * size, : int(level.extent[1]) * size]
    whole = max(int(scale), 1)
    return picture.repeat(whole, 0).repeat(whole, 1)


def png(demo: Demo, level: Level, state: State, scale: float = 1) -> bytes:
    """The picture of `scene` as a PNG file."""
    return encoded(scene(demo, level, state, scale))


def encoded(picture: np.ndarray) -> bytes:
    """A picture, uint8[height, width, 3], as a PNG file."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()
