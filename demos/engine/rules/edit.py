"""Drawing, editing, reading and writing levels. Every function returns a new level or raises `BadLevel`."""

from collections.abc import Collection
from typing import Any

import numpy as np
from scipy import ndimage

from . import sprites
from .entry import unknown
from .level import Level, copied, record
from .world import Demo, ObjectKind, Tile


class BadLevel(ValueError):
    """A level or an edit that is not possible; the message is one sentence for a person."""


def names_of(kinds: tuple[ObjectKind, ...]) -> tuple[str, ...]:
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
        raise BadLevel(unknown(f"There is no object '{name[:40]}' in {demo.name}", name, names))
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
    level: Level, kinds: tuple[ObjectKind, ...], tiles: tuple[Tile, ...], elsewhere: Collection[int] = ()
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


def walled_in(demo: Demo, level: Level) -> list[str]:
    """The objects on open tiles that no way of open tiles, in the four directions, leads to from where the body starts.

    In a platformer more may be out of reach: a ledge that is too high is not walled in.
    """
    regions, _ = ndimage.label(~np.array([tile.solid for tile in demo.tiles])[level.tiles])
    at = [regions[int(row + 0.5), int(col + 0.5)] if row >= 0 else 0 for row, col in level.objects]
    return [name for name, region in zip(object_names(demo), at, strict=True) if region not in (0, at[0])]


def place(demo: Demo, level: Level, name: str, row: float, col: float) -> Level:
    """Put an object somewhere, or add it where it was absent. A kind's name means its first free slot."""
    fresh = copied(level)
    fresh.objects[slot_for(demo, level, name)] = (row, col)
    return checked(demo, fresh)


def slot_for(demo: Demo, level: Level, name: str) -> int:
    """The slot of an object, or the first of a kind that the level leaves empty. Raises BadLevel."""
    slots = kind_slots(demo, name)
    free = [slot for slot in slots if level.objects[slot, 0] < 0]
    if len(slots) > 1 and not free:
        raise BadLevel(f"The level already holds {len(slots)} of '{name}', which is the most it can.")
    return free[0] if len(slots) > 1 else slots[0]


def remove(demo: Demo, level: Level, name: str) -> Level:
    """Take an object, or all of one kind, out of the level."""
    fresh = copied(level)
    fresh.objects[kind_slots(demo, name)] = -1
    return checked(demo, fresh)


def paint(demo: Demo, level: Level, row: int, col: int, tile: str) -> Level:
    """Change one tile. The outermost columns of a level that scrolls stay as they are."""
    names = [t.name for t in demo.tiles]
    if tile not in names:
        raise BadLevel(unknown(f"There is no tile '{tile[:40]}' in {demo.name}", tile, names))
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
        raise BadLevel(unknown(f"There is no setting '{name[:40]}' of {demo.name}", name, names))
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
            raise BadLevel(unknown(f"There is no '{name[:40]}' to colour in {demo.name}", name, (*names, *tiles)))
        fresh.colours[kind_slots(demo, name)] = value
    return fresh


# --- as text: a map one can type, and a small header for what a map cannot say


# --- as JSON and as part of a link
