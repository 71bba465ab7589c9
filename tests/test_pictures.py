"""The fast painters against their definition, pixel by pixel: fixed + key * colour + clear * what lies behind."""

import numpy as np
import pytest
from goalmisgen.engine.rules import sprites
from goalmisgen.engine.rules.batch import Batch
from goalmisgen.engine.rules.scene import scene


def plainly(atlas, sprite, colour, mirrored, canvas, top, left):
    """`stamp` by its definition, without any of its speed."""
    size = atlas.key.shape[1]
    step = -1 if mirrored else 1
    fixed, key, clear = (weights[sprite][:, ::step].astype(np.int64) for weights in atlas)
    for i in range(size):
        for j in range(size):
            row, col = top + i, left + j
            if 0 <= row < canvas.shape[0] and 0 <= col < canvas.shape[1] and clear[i, j] != 4096:
                mixed = (
                    fixed[i, j] + key[i, j] * colour.astype(np.int64) + clear[i, j] * canvas[row, col].astype(np.int64)
                )
                canvas[row, col] = (mixed + 2048) >> 12


def painted(demo, atlas, level, state, first, columns):
    """What is seen of a level from column `first` on, `columns` wide."""
    size = atlas.key.shape[1]
    picture = np.zeros((demo.rows * size, columns * size, 3), np.uint8)
    for row in range(demo.rows):
        for place in range(columns):
            col = min(max(first + place, 0), demo.columns - 1)
            tile = int(level.tiles[row, col])
            buried = row == 0 or level.tiles[row - 1, col] != 0
            look = demo.tiles[tile].sprite if buried else demo.tiles[tile].top or demo.tiles[tile].sprite
            air = sprites.INDEX[demo.tiles[0].sprite]
            plainly(atlas, air, level.tile_colours[0], False, picture, row * size, place * size)
            if tile:
                plainly(atlas, sprites.INDEX[look], level.tile_colours[tile], False, picture, row * size, place * size)
    for slot in reversed(range(len(state.there))):
        if state.there[slot] and level.looks[slot] >= 0:
            top = int(np.floor(state.at[slot, 0] * size + 0.5))
            left = int(np.floor((state.at[slot, 1] - first) * size + 0.5))
            mirrored = state.facing[slot] < 0
            plainly(atlas, level.looks[slot] + state.pose[slot], level.colours[slot], mirrored, picture, top, left)
    return picture


@pytest.mark.parametrize("shift", [False, True])
def test_agents_see_what_the_definition_says(demo, shift):
    batch = Batch(demo, demo.shifted if shift else demo.training, 4)
    batch.generate(np.arange(4))
    batch.levels.colours[:, 1] = (10, 200, 30)
    batch.start(np.arange(4))
    moves = np.random.default_rng(0).integers(0, len(demo.actions), (40, 4))
    for row in moves:
        batch.step(row)
    for i, state in enumerate(batch.states):
        first = int(np.floor(state.at[0, 1] + 0.5)) - demo.margin if demo.margin else 0
        expected = painted(demo, sprites.SMALL, batch.levels[i], state, first, demo.view)
        np.testing.assert_array_equal(batch.pictures[i], expected)


def test_people_see_what_the_definition_says(demo):
    batch = Batch(demo, demo.shifted, 1)
    batch.generate(np.array([3]))
    level, state = batch.levels[0], batch.states[0]
    expected = painted(demo, sprites.HALF, level, state, 0, int(level.extent[1]))
    np.testing.assert_array_equal(scene(demo, level, state, 0.5), expected)


@pytest.mark.parametrize("top", [-4, -30, 2, 17, 40])
@pytest.mark.parametrize("left", [-3, -30, 0, 18, 40])
def test_what_falls_outside_is_cut_off(top, left):
    ours = np.random.default_rng(0).integers(0, 256, (20, 21, 3)).astype(np.uint8)
    theirs = ours.copy()
    colour = np.array([250, 3, 99], np.uint8)
    sprites.stamp(sprites.SMALL, sprites.INDEX["runner"], colour, True, ours, top, left)
    plainly(sprites.SMALL, sprites.INDEX["runner"], colour, True, theirs, top, left)
    np.testing.assert_array_equal(ours, theirs)
