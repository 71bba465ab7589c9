"""One atlas of pixel art for people and agents, and the compiled painters that use it.

Each sprite is 20 x 20 pixel art in `sprites.txt`. People see it scaled by whole numbers; an agent sees its
5 x 5 area average. A pixel is `fixed + key * colour + clear * background`, where `colour` is the object's own
colour, which a person may change: what is recoloured on screen is recoloured in the agent's picture.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from .compiled import rule
from .entry import unknown

ART = 20  # pixels a side as drawn, and as people see it at scale 1
PATCH = 5  # pixels a side as the agent sees it

_SHADES = {"1": (0.6, 0.4), "2": (1.0, 0.0), "3": (0.62, 0.0)}  # share of the key colour, share of white
_UNIT = 4096  # weights are integers out of this, so that painting is exact


class Atlas(NamedTuple):
    """Weights of every sprite at one size: int32, in 1/4096."""

    fixed: np.ndarray  # int32[sprites, size, size, 3], palette colours and white, times 4096
    key: np.ndarray  # int32[sprites, size, size], weight of the object's own colour
    clear: np.ndarray  # int32[sprites, size, size], weight of what lies behind


def _read(path: Path) -> tuple[dict[str, tuple[int, int, int]], dict[str, str], dict[str, list[str]]]:
    palette: dict[str, tuple[int, int, int]] = {}
    keys: dict[str, str] = {}
    art: dict[str, list[str]] = {}
    name = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@sprite "):
            _, name, keys[name] = line.split()
            art[name] = []
        elif name is None and line and not line.startswith(("@", "# ")):
            char, colour = line.split()[:2]
            palette[char] = rgb(colour)
        elif name is not None and line.strip() and not line.startswith("# "):
            art[name].append(line)
    return palette, keys, art


COLOURS = {  # the plain colours of the field's experiments, by name
    "black": "000000", "blue": "0000ff", "cyan": "00ffff", "green": "00ff00",
    "purple": "ff00ff", "red": "ff0000", "white": "ffffff", "yellow": "ffff00",
}  # fmt: skip


def rgb(colour: str) -> tuple[int, int, int]:
    """`'f2b824'`, `'#f2b824'` or a name of `COLOURS` as three bytes. Raises ValueError with a sentence."""
    digits = COLOURS.get(colour, colour.removeprefix("#"))
    if len(digits) != 6 or any(c not in "0123456789abcdefABCDEF" for c in digits):
        said = f"'{colour[:40]}' is not a colour; write six hexadecimal digits (#00aaff) or a name"
        raise ValueError(unknown(said, colour, COLOURS))
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


PALETTE, _KEYS, ART_ROWS = _read(Path(__file__).with_name("sprites.txt"))
NAMES = tuple(ART_ROWS)
INDEX = {name: i for i, name in enumerate(NAMES)}
KEY_COLOURS = {name: rgb(colour) for name, colour in _KEYS.items()}


def _drawn() -> Atlas:
    """The atlas at the size it is drawn."""
    fixed = np.zeros((len(NAMES), ART, ART, 3))
    key = np.zeros((len(NAMES), ART, ART))
    clear = np.zeros((len(NAMES), ART, ART))
    for i, name in enumerate(NAMES):
        for row, line in enumerate(ART_ROWS[name]):
            for col, char in enumerate(line):
                if char == ".":
                    clear[i, row, col] = 1
                elif char in _SHADES:
                    key[i, row, col], white = _SHADES[char]
                    fixed[i, row, col] = 255 * white
                else:
                    fixed[i, row, col] = PALETTE[char]
    return Atlas(*(np.round(_UNIT * a).astype(np.int32) for a in (fixed, key, clear)))


def _averaged(atlas: Atlas, size: int) -> Atlas:
    """The atlas as area averages of `size` pixels a side."""
    block = ART // size
    shape = (len(NAMES), size, block, size, block)
    return Atlas(*(np.round(a.reshape(*shape, *a.shape[3:]).mean(axis=(2, 4))).astype(np.int32) for a in atlas))


BIG = _drawn()
HALF = _averaged(BIG, ART // 2)
SMALL = _averaged(BIG, PATCH)


@rule
def stamp(atlas, sprite, colour, mirrored, canvas, top, left):
    """Paint one sprite on `canvas`, uint8[height, width, 3], at a pixel place; what falls outside is cut off."""
    size = atlas.key.shape[1]
    first, last = max(0, -left), min(size, canvas.shape[1] - left)
    if first >= last:
        return
    red, green, blue = np.int64(colour[0]), np.int64(colour[1]), np.int64(colour[2])
    for i in range(max(0, -top), min(size, canvas.shape[0] - top)):
        line = canvas[top + i, left + first : left + last]
        fixed, key, clear = atlas.fixed[sprite, i], atlas.key[sprite, i], atlas.clear[sprite, i]
        for j in range(last - first):
            k = size - 1 - first - j if mirrored else first + j
            behind, own = clear[k], key[k]
            if behind == 4096:
                continue
            line[j, 0] = (fixed[k, 0] + own * red + behind * line[j, 0] + 2048) >> 12
            line[j, 1] = (fixed[k, 1] + own * green + behind * line[j, 1] + 2048) >> 12
            line[j, 2] = (fixed[k, 2] + own * blue + behind * line[j, 2] + 2048) >> 12


@rule
def paint_ground(atlas, tile_sprites, level, margin, ground):
    """Paint a level's tiles on `ground`, uint8[rows * size, (columns + 2 * margin) * size, 3].

    `tile_sprites`, int64[tiles, 2], holds the sprite of each tile, and the one it has under an open one.
    The margin left and right repeats the outermost column. Each kind of tile is painted once, then copied. Columns
    that the level does not use are left as they are.
    """
    size = atlas.key.shape[1]
    rows, columns = level.tiles.shape
    kinds = np.zeros((len(tile_sprites), 2, size, size, 3), np.uint8)
    for tile in range(len(tile_sprites)):
        for side in range(2):
            stamp(atlas, tile_sprites[0, 0], level.tile_colours[0], False, kinds[tile, side], 0, 0)
            if tile > 0:
                stamp(atlas, tile_sprites[tile, side], level.tile_colours[tile], False, kinds[tile, side], 0, 0)
    lines = ground.reshape(rows * size, (columns + 2 * margin) * size * 3)
    patches = kinds.reshape(len(tile_sprites), 2, size, size * 3)
    for row in range(rows):
        for place in range(min(level.extent[1], columns) + 2 * margin):  # no window reaches further
            col = min(max(place - margin, 0), columns - 1)
            tile = level.tiles[row, col]
            side = 0 if row == 0 or level.tiles[row - 1, col] != 0 else 1
            top, left = np.uint64(row * size), np.uint64(place * size * 3)
            for i in range(size):
                for k in range(size * 3):
                    lines[top + np.uint64(i), left + np.uint64(k)] = patches[tile, side, i, k]


@rule
def paint_objects(atlas, level, state, first_col, picture):
    """Paint every object that is there on `picture`, whose left edge is column `first_col` of the level.

    Objects stand at their sub-tile places, rounded to a pixel; the agent, slot 0, is painted last.
    """
    size = atlas.key.shape[1]
    for slot in range(len(state.there) - 1, -1, -1):
        if state.there[slot] and level.looks[slot] >= 0:
            top = int(np.floor(state.at[slot, 0] * size + 0.5))
            left = int(np.floor((state.at[slot, 1] - first_col) * size + 0.5))
            mirrored = state.facing[slot] < 0
            look = level.looks[slot] + state.pose[slot]
            stamp(atlas, look, level.colours[slot], mirrored, picture, top, left)


@rule
def paint_window(atlas, ground, margin, level, state, picture):
    """Paint what the agent sees: a window as high as the level, which follows it in whole tiles along the columns.

    `picture`: uint8[rows * size, view * size, 3]; with `margin` 0 the window is the whole level and stands still.
    """
    size = atlas.key.shape[1]
    first = int(np.floor(state.at[0, 1] + 0.5)) - margin if margin > 0 else 0
    left = np.uint64((first + margin) * size * 3)  # unsigned: no counting from the end, so whole rows are moved
    lines, whole = picture.reshape(picture.shape[0], -1), ground.reshape(ground.shape[0], -1)
    for i in range(lines.shape[0]):
        for k in range(lines.shape[1]):
            lines[i, k] = whole[i, left + np.uint64(k)]
    paint_objects(atlas, level, state, first, picture)


@rule
def cut_patches(pictures, rows, columns, patches):
    """Copy uint8[n, rows * 5 * columns * 5 * 3] into float32[n, rows, columns, 5, 15]: one row per tile, 0..255."""
    for n in range(len(pictures)):
        picture = pictures[n].reshape(rows, PATCH, columns, PATCH * 3)
        for row in range(rows):
            for i in range(PATCH):
                for col in range(columns):
                    for k in range(PATCH * 3):
                        patches[n, row, col, i, k] = picture[row, i, col, k]
