"""Levels as text: a map to be typed, JSON, and a link. Reading raises `BadLevel` that names row and column."""

import base64
import json
import zlib
from typing import Any

import numpy as np

from . import sprites
from .edit import BadLevel, adjust, checked, draw_level, kind_slots, object_names, recolour
from .entry import unknown
from .level import Level
from .world import Demo

MOST_BYTES = 100_000  # a level is a few kilobytes; anything larger was not written by this package


def format_level(demo: Demo, level: Level) -> str:
    """The level as a text map: a header of `name: value` lines, an empty line, then one character per tile."""
    names = object_names(demo)
    default = draw_level(demo, demo.training, 0)
    header = [f"demo: {demo.name}", f"seed: {int(level.seed)}"]
    rows, columns = int(level.extent[0]), int(level.extent[1])
    lines = [[demo.tiles[t].char for t in row[:columns]] for row in level.tiles[:rows]]
    chars = [kind.char for kind in demo.kinds for _ in range(kind.count)]
    for slot, name in enumerate(names):
        row, col = level.objects[slot]
        if row >= 0:
            whole = row == int(row) and col == int(col) and lines[int(row)][int(col)] == demo.tiles[0].char
            if whole and (slot == 0 or chars[slot - 1] != chars[slot] or level.objects[slot - 1, 0] >= 0):
                lines[int(row)][int(col)] = chars[slot]
            header.append(f"{name}: {float(row)!r},{float(col)!r}")
        if level.looks[slot] != default.looks[slot]:
            look = sprites.NAMES[level.looks[slot]] if level.looks[slot] >= 0 else "nothing"
            header.append(f"look {name}: {look}")
        if not np.array_equal(level.colours[slot], default.colours[slot]):
            header.append(f"colour {name}: {_hex(level.colours[slot])}")
    for i, tile in enumerate(demo.tiles):
        if not np.array_equal(level.tile_colours[i], default.tile_colours[i]):
            header.append(f"colour {tile.name}: {_hex(level.tile_colours[i])}")
    for i, setting in enumerate(demo.settings):
        if level.settings[i] != setting.usual:
            header.append(f"setting {setting.name}: {setting.write(level.settings[i])}")
    return "\n".join([*header, "", *("".join(line) for line in lines)]) + "\n"


def parse_level(demo: Demo, text: str) -> Level:
    """The level of a text map; header lines are optional. Raises BadLevel naming row and column.

    A header line with one character of one's own says what stands on its tiles together: `@: mouse, cheese`.
    """
    if len(text) > MOST_BYTES:
        raise BadLevel(f"A level map has at most {MOST_BYTES} characters, not {len(text)}.")
    lines = [line.rstrip() for line in text.splitlines()]
    header = {}
    while lines and (":" in lines[0] or not lines[0]):
        if lines[0]:
            key, _, value = lines[0].partition(":")
            header[key.strip()] = value.strip()
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise BadLevel("The level map is empty; it needs one line of characters per row of tiles.")
    if header.get("demo", demo.name) != demo.name:
        raise BadLevel(f"This level is of '{header['demo']}', not of '{demo.name}'.")
    if len(lines) > demo.rows or len(lines[0]) > demo.columns:
        raise BadLevel(
            f"The map is {len(lines)} x {len(lines[0])} tiles; {demo.name} takes at most {demo.rows} x {demo.columns}."
        )
    level = draw_level(demo, demo.training, 0)
    level.tiles[:, :] = next(i for i, tile in enumerate(demo.tiles) if tile.solid)
    level.objects[:] = -1
    level.extent[:] = len(lines), len(lines[0])
    level.seed = -1
    for i, setting in enumerate(demo.settings):
        level.settings[i] = setting.usual
    together = {key: value for key, value in header.items() if len(key) == 1}
    _fill_in(demo, level, lines, _characters(demo, together))
    return checked(demo, _headed(demo, level, {key: value for key, value in header.items() if key not in together}))


def _characters(demo: Demo, together: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """What stands on a tile with this character: names of a tile and of objects. Raises BadLevel."""
    named = {tile.char: (tile.name,) for tile in demo.tiles} | {kind.char: (kind.name,) for kind in demo.kinds}
    known = [name for names in named.values() for name in names]
    own = {char: tuple(name.strip() for name in value.split(",")) for char, value in together.items()}
    for char, names in own.items():
        if char in named:
            raise BadLevel(f"'{char}' is {named[char][0]} already; choose another character for several things.")
        for name in names:
            if name not in known:
                raise BadLevel(
                    unknown(f"'{name[:40]}', which '{char}' should stand for, is no tile or object", name, known)
                )
    return named | own


def _fill_in(demo: Demo, level: Level, lines: list[str], characters: dict[str, tuple[str, ...]]) -> None:
    """Put tiles and objects where the lines of a map have them. Raises BadLevel."""
    tiles = {tile.name: i for i, tile in enumerate(demo.tiles)}
    for row, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise BadLevel(f"Row {row} has {len(line)} columns and row 0 has {len(lines[0])}; all rows need the same.")
        for col, char in enumerate(line):
            if char not in characters:
                raise BadLevel(
                    f"Row {row}, column {col}: '{char}' is not a tile or object; there are {''.join(characters)}."
                )
            level.tiles[row, col] = next((tiles[name] for name in characters[char] if name in tiles), 0)
            for name in characters[char]:
                if name in tiles:
                    continue
                slots = kind_slots(demo, name)
                free = [slot for slot in slots if level.objects[slot, 0] < 0]
                if not free:
                    raise BadLevel(f"Row {row}, column {col}: there are more than {len(slots)} of '{name}' ({char}).")
                level.objects[free[0]] = (row, col)


def _headed(demo: Demo, level: Level, header: dict[str, str]) -> Level:
    """The level with what the lines of its header say. Raises BadLevel."""
    names, places, settings = object_names(demo), {}, {}
    for key, value in header.items():
        if key == "seed":
            level.seed = _whole(value, "seed")
        elif key.startswith("colour "):
            level = recolour(demo, level, key.removeprefix("colour "), value)
        elif key.startswith("setting "):
            settings[key.removeprefix("setting ")] = value
        elif key.startswith("look "):
            level.looks[kind_slots(demo, key.removeprefix("look "))] = _look(value)
        elif key in names:
            places[key] = value
        elif key != "demo":
            raise BadLevel(
                f"The header line '{key}' is not known; there are: demo, seed, colour, look, setting, object names and "
                "single characters, for several things on one tile."
            )
    if places:  # exact places; what stands on the map without one stays
        for kind in demo.kinds:
            if any(name in places for name in names if names.index(name) in kind_slots(demo, kind.name)):
                level.objects[kind_slots(demo, kind.name)] = -1
        for name, value in places.items():
            row_text, _, col_text = value.partition(",")
            level.objects[names.index(name)] = _number(row_text, name), _number(col_text, name)
    for name, value in settings.items():
        level = adjust(demo, level, name, value)
    return level


def to_json(demo: Demo, level: Level) -> dict[str, Any]:
    """The level as plain data; colours as #rrggbb, objects by name."""
    rows, columns = int(level.extent[0]), int(level.extent[1])
    names = object_names(demo)
    return {
        "demo": demo.name,
        "seed": int(level.seed),
        "tiles": ["".join(demo.tiles[t].char for t in row[:columns]) for row in level.tiles[:rows]],
        "objects": {name: level.objects[i].tolist() for i, name in enumerate(names) if level.objects[i, 0] >= 0},
        "looks": {
            name: sprites.NAMES[level.looks[i]] if level.looks[i] >= 0 else "nothing" for i, name in enumerate(names)
        },
        "colours": {name: _hex(level.colours[i]) for i, name in enumerate(names)},
        "tile_colours": {tile.name: _hex(level.tile_colours[i]) for i, tile in enumerate(demo.tiles)},
        "settings": {setting.name: setting.write(level.settings[i]) for i, setting in enumerate(demo.settings)},
    }


def from_json(demo: Demo, data: Any) -> Level:
    """The level of such data. Untrusted: everything is checked. Raises BadLevel."""
    if not isinstance(data, dict):
        raise BadLevel("A level is a JSON object with tiles and objects.")
    tiles, objects = data.get("tiles"), data.get("objects")
    if not isinstance(tiles, list) or not 1 <= len(tiles) <= demo.rows or not all(isinstance(t, str) for t in tiles):
        raise BadLevel(f"'tiles' must be a list of 1 to {demo.rows} strings, one per row.")
    if not isinstance(objects, dict):
        raise BadLevel("'objects' must give each object's [row, column] by name.")
    chars = {tile.char for tile in demo.tiles}
    for row, line in enumerate(tiles):
        for col, char in enumerate(line[: demo.columns + 1]):
            if char not in chars:
                raise BadLevel(f"Row {row}, column {col}: '{char}' is not a tile; there are: {''.join(sorted(chars))}")
    header = [f"demo: {data.get('demo', demo.name)}", f"seed: {data.get('seed', -1)}"]
    names = object_names(demo)
    for name, spot in objects.items():
        if name not in names:
            raise BadLevel(unknown(f"There is no object '{str(name)[:40]}' in {demo.name}", str(name), names))
        if not isinstance(spot, list) or len(spot) != 2:
            raise BadLevel(f"The place of '{name}' must be [row, column].")
        header.append(f"{name}: {spot[0]},{spot[1]}")
    for field, word in (("looks", "look"), ("colours", "colour"), ("tile_colours", "colour"), ("settings", "setting")):
        values = data.get(field, {})
        if not isinstance(values, dict) or not all(
            isinstance(k, str) and isinstance(v, str) for k, v in values.items()
        ):
            raise BadLevel(f"'{field}' must give a word for each name.")
        header.extend(f"{word} {name}: {value}" for name, value in values.items())
    if any("\n" in line or "\r" in line for line in header):
        raise BadLevel("Names and values in a level may not hold line breaks.")
    return parse_level(demo, "\n".join([*header, "", *tiles]))


def to_url(demo: Demo, level: Level) -> str:
    """The level as letters, digits, '-' and '_' for a link."""
    packed = zlib.compress(format_level(demo, level).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_url(demo: Demo, text: str) -> Level:
    """The level of a link. Untrusted: bounded in size before and after unpacking. Raises BadLevel."""
    if len(text) > 4000:
        raise BadLevel("The level in this link is too long; links hold at most 4,000 characters of it.")
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(packed, MOST_BYTES)
        plain = unpacked.decode()
    except (ValueError, zlib.error):
        raise BadLevel("The level in this link is damaged; copy the whole link again.") from None
    if unpacker.unconsumed_tail:
        raise BadLevel(f"The level in this link unpacks to more than {MOST_BYTES} bytes.")
    return parse_level(demo, plain)


def read_level(demo: Demo, text: str) -> Level:
    """A level file's text, a map or JSON. Some editors put a byte order mark before it, which is no column."""
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        try:
            return from_json(demo, json.loads(text[: MOST_BYTES + 1]))
        except (json.JSONDecodeError, RecursionError):
            raise BadLevel("This level file is not valid JSON.") from None
    return parse_level(demo, text)


def _hex(colour: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(c) for c in colour))


def _whole(text: str, name: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise BadLevel(f"'{text[:40]}' is not a whole number for '{name}'.") from None
    if not -1 <= value < 1 << 62:
        raise BadLevel(f"'{name}' must be between -1 and 2**62, not {text[:40]}.")
    return value


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadLevel(f"'{text[:40]}' is not a number for the place of '{name}'.") from None
    if not 0 <= value <= 1000:
        raise BadLevel(f"The place of '{name}' must be inside the level, not {text[:40]}.")
    return value


def _look(text: str) -> int:
    if text == "nothing":
        return -1
    if text not in sprites.INDEX:
        raise BadLevel(f"There is no picture '{text[:40]}'; there are: nothing, {', '.join(sprites.NAMES)}.")
    return sprites.INDEX[text]
