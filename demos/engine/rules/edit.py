"""Drawing, editing, reading and writing levels. Every function returns a new level or raises `BadLevel`."""

import base64
import json
import zlib
from collections.abc import Collection
from typing import Any

import numpy as np

from . import sprites
from .level import Level, copied, record
from .world import Demo, Kind, Tile

MOST_BYTES = 100_000  # a level is a few kilobytes; anything larger was not written by this package


class BadLevel(ValueError):
    """A level or an edit that is not possible; the message is one sentence for a person."""


def names_of(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """The name of every slot: the kind's name, numbered where a level can hold several."""
    return tuple(kind.name if kind.count == 1 else f"{kind.name}{i + 1}" for kind in kinds for i in range(kind.count))


def object_names(demo: Demo) -> tuple[str, ...]:
    """The names of a demo's objects, by slot."""
    return names_of(demo.kinds)


def kind_slots(demo: Demo, name: str) -> list[int]:
    """The slots of one kind of object, or of one object. Raises BadLevel for an unknown name."""
    names = object_names(demo)
    kinds = [kind.name for kind in demo.kinds for _ in range(kind.count)]
    slots = [i for i in range(len(names)) if name in (names[i], kinds[i])]
    if not slots:
        raise BadLevel(f"There is no object '{name}' in {demo.name}; there are: {', '.join(names)}.")
    return slots


def looks_of(demo: Demo, name: str) -> tuple[str, ...]:
    """The sprites an object can be drawn with in its own colour, its kind's own first; none where it has one only."""
    kinds = [kind for kind in demo.kinds for _ in range(kind.count)]
    kind = kinds[kind_slots(demo, name)[0]]
    return (kind.sprite, *kind.looks) if kind.looks else ()


def draw_level(demo: Demo, config: Any, seed: int) -> Level:
    """The level that this config and seed give."""
    level = record(demo.level)
    demo.generate(config, int(seed), level)
    return level


def checked(demo: Demo, level: Level) -> Level:
    """`level` itself, if it can be played; else raises BadLevel with the first reason."""
    rows, columns = int(level.extent[0]), int(level.extent[1])
    if not (1 <= rows <= demo.rows and 4 <= columns <= demo.columns):
        raise BadLevel(f"A level has 1 to {demo.rows} rows and 4 to {demo.columns} columns, not {rows} x {columns}.")
    if int(level.tiles.max()) >= len(demo.tiles):
        raise BadLevel(f"There is no tile number {int(level.tiles.max())}; tiles go from 0 to {len(demo.tiles) - 1}.")
    for slot, name in enumerate(object_names(demo)):
        row, col = level.objects[slot]
        if row == -1 and col == -1:
            if slot == 0:
                raise BadLevel(f"The level has no {name}; it needs one.")
        elif not (0 <= row <= rows - 1 and 0 <= col <= columns - 1):
            raise BadLevel(
                f"The {name} would be outside the level at ({row:g}, {col:g}); "
                f"rows go from 0 to {rows - 1}, columns from 0 to {columns - 1}."
            )
    for i, setting in enumerate(demo.settings):
        if not setting.low <= level.settings[i] <= setting.high:
            raise BadLevel(f"{setting.name} would be {level.settings[i]:g}; it is {setting.low:g} to {setting.high:g}.")
    for sentence in demo.problems(level):
        raise BadLevel(sentence)
    return level


def misplaced(
    level: Level, kinds: tuple[Kind, ...], tiles: tuple[Tile, ...], elsewhere: Collection[int] = ()
) -> list[str]:
    """A sentence for every object of a world of whole tiles that does not lie on an open one.

    `elsewhere`: slots that are left out, since they may lie on other tiles.
    """
    found = []
    for slot, name in enumerate(names_of(kinds)):
        row, col = level.objects[slot]
        if row < 0 or slot in elsewhere:
            continue
        name, at = name.replace("_", " "), f"at ({row:g}, {col:g})"
        tile = tiles[level.tiles[int(row), int(col)]]
        if row != int(row) or col != int(col):
            found.append(f"The {name} would stand between tiles {at}; it takes a whole tile.")
        elif tile.solid:
            found.append(f"The {name} would be inside the {tile.name} {at}; choose an open tile.")
    return found


def goal_slot(demo: Demo) -> int:
    """The slot of the object that people move to see what becomes of the goal, the first where there are several."""
    return kind_slots(demo, demo.goal_object)[0]


def goal_name(demo: Demo) -> str:
    """The name of the object in that slot."""
    return object_names(demo)[goal_slot(demo)]


def open_places(demo: Demo, level: Level) -> list[tuple[int, int]]:
    """Every tile where something can be or stand: open, and in a platformer with solid ground below."""
    is_open = np.array([i == 0 or tile.open for i, tile in enumerate(demo.tiles)])[level.tiles]
    if demo.margin:
        is_open[:-1] &= np.array([tile.solid for tile in demo.tiles])[level.tiles][1:]
        is_open[-1] = False
    rows, columns = (int(x) for x in level.extent)
    return [(int(r), int(c)) for r, c in np.argwhere(is_open[:rows, :columns])]


def place(demo: Demo, level: Level, name: str, row: float, col: float) -> Level:
    """Put an object somewhere, or add it where it was absent. A kind's name means its first free slot."""
    slots = kind_slots(demo, name)
    free = [slot for slot in slots if level.objects[slot, 0] < 0]
    if len(slots) > 1 and not free:
        raise BadLevel(f"The level already holds {len(slots)} of '{name}', which is the most it can.")
    fresh = copied(level)
    fresh.objects[free[0] if len(slots) > 1 else slots[0]] = (row, col)
    return checked(demo, fresh)


def remove(demo: Demo, level: Level, name: str) -> Level:
    """Take an object, or all of one kind, out of the level."""
    fresh = copied(level)
    fresh.objects[kind_slots(demo, name)] = -1
    return checked(demo, fresh)


def paint(demo: Demo, level: Level, row: int, col: int, tile: str) -> Level:
    """Change one tile. The outermost columns of a level that scrolls stay as they are."""
    names = [t.name for t in demo.tiles]
    if tile not in names:
        raise BadLevel(f"There is no tile '{tile}' in {demo.name}; there are: {', '.join(names)}.")
    rows, columns = int(level.extent[0]), int(level.extent[1])
    if not (0 <= row < rows and 0 < col < columns - 1):
        raise BadLevel(
            f"({row}, {col}) cannot be painted; rows go from 0 to {rows - 1}, columns from 1 to {columns - 2}."
        )
    fresh = copied(level)
    fresh.tiles[row, col] = names.index(tile)
    return checked(demo, fresh)


def lengthened(level: Level, foot: int, tile: int) -> Level:
    """A platformer's level whose ground goes on to the last column a level can have; `foot`: the row above it.

    Where its last column stood, `tile` stands from `foot` upwards. Raises BadLevel where it has hardly room to go on.
    """
    fresh, columns, wall = copied(level), level.tiles.shape[1], int(level.extent[1]) - 1
    if wall + 10 > columns:
        raise BadLevel(f"This level has {wall + 1} columns of at most {columns}: there is no room for it to go on.")
    fresh.tiles[: foot + 1, wall + 1 : columns - 1] = 0
    fresh.tiles[: foot + 1, wall] = tile
    fresh.extent[1] = columns
    return fresh


def adjust(demo: Demo, level: Level, name: str, value: str) -> Level:
    """Give one of the level's settings another value, a number or the name of a choice."""
    names = [setting.name for setting in demo.settings]
    if name not in names:
        raise BadLevel(f"There is no setting '{name}' of {demo.name}; there are: {', '.join(names) or 'none'}.")
    fresh = copied(level)
    try:
        fresh.settings[names.index(name)] = demo.settings[names.index(name)].read(value)
    except ValueError as error:
        raise BadLevel(str(error)) from None
    return checked(demo, fresh)


def recolour(demo: Demo, level: Level, name: str, colour: str) -> Level:
    """Give an object, a kind of object or a tile another colour, written #rrggbb."""
    try:
        value = sprites.rgb(colour)
    except ValueError as error:
        raise BadLevel(str(error)) from None
    fresh = copied(level)
    tiles = [t.name for t in demo.tiles]
    if name in tiles:
        fresh.tile_colours[tiles.index(name)] = value
    else:
        names = object_names(demo)
        if name not in names and name not in [kind.name for kind in demo.kinds]:
            raise BadLevel(f"There is no '{name}' to colour in {demo.name}; there are: {', '.join((*names, *tiles))}.")
        fresh.colours[kind_slots(demo, name)] = value
    return fresh


# --- as text: a map one can type, and a small header for what a map cannot say


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
    """The level of a text map; header lines are optional. Raises BadLevel naming row and column."""
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
    filler = next(i for i, tile in enumerate(demo.tiles) if tile.solid)
    level.tiles[:, :] = filler
    level.objects[:] = -1
    level.extent[:] = len(lines), len(lines[0])
    tiles = {tile.char: i for i, tile in enumerate(demo.tiles)}
    names = object_names(demo)
    for row, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise BadLevel(f"Row {row} has {len(line)} columns and row 0 has {len(lines[0])}; all rows need the same.")
        for col, char in enumerate(line):
            if char in tiles:
                level.tiles[row, col] = tiles[char]
                continue
            kind = next((kind for kind in demo.kinds if kind.char == char), None)
            if kind is None:
                known = "".join((*tiles, *(k.char for k in demo.kinds)))
                raise BadLevel(f"Row {row}, column {col}: '{char}' is not a tile or object; there are: {known}")
            free = [slot for slot in kind_slots(demo, kind.name) if level.objects[slot, 0] < 0]
            if not free:
                raise BadLevel(f"Row {row}, column {col}: there are more than {kind.count} of '{kind.name}' ({char}).")
            level.tiles[row, col] = 0
            level.objects[free[0]] = (row, col)
    level.seed = -1
    for i, setting in enumerate(demo.settings):
        level.settings[i] = setting.usual
    places, settings = {}, {}
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
                f"The header line '{key}' is not known; there are: demo, seed, colour, look, setting and object names."
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
    return checked(demo, level)


# --- as JSON and as part of a link


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
            raise BadLevel(f"There is no object '{str(name)[:40]}' in {demo.name}; there are: {', '.join(names)}.")
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
    """A level file's text, a map or JSON."""
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
