"""Changes of a level written in a few words: for the command line, prepared levels, lessons and talks."""

from collections.abc import Iterable

from . import edit as editing
from . import sprites
from .edit import BadLevel
from .entry import unknown
from .level import Level, copied
from .world import Demo

Moved = dict[int, tuple[float, float]]  # where things were put, by slot
FORMS = (
    "coin=4,12 (put it there), coin=none, coin=#00aaff or coin=red, coin=crate (draw it as one), 8,30=wall (paint a "
    "tile), or NAME=VALUE of a setting"
)


def changed(demo: Demo, level: Level, changes: Iterable[str]) -> Level:
    """The level after these changes, one after the other; each is a named one of `names`, or has one of `FORMS`.

    Raises BadLevel with a sentence where one cannot be read or leaves an impossible level.
    """
    return put(demo, level, changes)[0]


def put(demo: Demo, level: Level, changes: Iterable[str], running: bool = False) -> tuple[Level, Moved]:
    """The same, and what the changes put somewhere, by slot; (-1, -1): taken away. Raises BadLevel.

    While it is `running` the body moves where it is now, and the level keeps the place where it started.
    """
    moved: Moved = {}
    for text in changes:
        level = _changed(demo, level, text, moved, running)
    return level, moved


def names(demo: Demo) -> dict[str, str]:
    """What the named changes of a world do, by name."""
    return {"mirrored": "left and right change places"} | {name: c.about for name, c in demo.changes.items()}


def mirrored(demo: Demo, level: Level) -> Level:
    """The level with left and right exchanged, the agent and all objects with it."""
    fresh, columns = copied(level), int(level.extent[1])
    fresh.tiles[:, :columns] = level.tiles[:, :columns][:, ::-1]
    there = level.objects[:, 0] >= 0
    fresh.objects[there, 1] = columns - 1 - level.objects[there, 1]
    return editing.checked(demo, fresh)


def _changed(demo: Demo, level: Level, text: str, moved: Moved, running: bool) -> Level:
    if text == "mirrored":
        return mirrored(demo, level)
    if text in demo.changes:
        return editing.checked(demo, demo.changes[text].apply(level))
    what, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not what or not value:
        said = f"'{text[:60]}' is not a change of a level; write {FORMS}, or one that has a name"
        raise BadLevel(unknown(said, text, names(demo)))
    try:
        if "," in what:
            row, col = (int(part) for part in what.split(","))
            return editing.paint(demo, level, row, col, value)
        if "," in value:
            down, across = (float(part) for part in value.split(","))
            slot = editing.slot_for(demo, level, what)
            moved[slot] = (down, across)
            return level if running and slot == 0 else editing.place(demo, level, what, down, across)
    except ValueError as error:
        if isinstance(error, BadLevel):
            raise
        raise BadLevel(f"'{text[:60]}' needs two numbers, a row and a column, as in coin=4,12 or 8,30=wall.") from None
    if what in [setting.name for setting in demo.settings]:
        return editing.adjust(demo, level, what, value)
    if value == "none":
        level = editing.remove(demo, level, what)
        moved.update(dict.fromkeys(editing.kind_slots(demo, what), (-1.0, -1.0)))
        return level
    if value.startswith("#") or value in sprites.COLOURS:
        return editing.recolour(demo, level, what, value)
    return disguised(demo, level, what, value)


def disguised(demo: Demo, level: Level, name: str, other: str) -> Level:
    """Draw an object with the picture and colour of another object or tile, or with one of its kind's own `looks` in
    the colour it has; it stays what it is."""
    fresh = copied(level)
    slots = editing.kind_slots(demo, name)
    if (level.objects[slots, 0] < 0).all():
        raise BadLevel(f"There is no {name.replace('_', ' ')} in this level to be drawn as something else.")
    if other in editing.looks_of(demo, name):
        fresh.looks[slots] = sprites.INDEX[other]
        return fresh
    tile = next((i for i, tile in enumerate(demo.tiles) if tile.name == other), None)
    if tile is not None:
        look, colour = sprites.INDEX[demo.tiles[tile].sprite], level.tile_colours[tile]
    else:
        objects, tiles = editing.object_names(demo), [tile.name for tile in demo.tiles]
        if other not in [*objects, *(kind.name for kind in demo.kinds)]:
            known = [*objects, *tiles, *editing.looks_of(demo, name), *sprites.COLOURS]
            raise BadLevel(unknown(f"There is no '{other[:40]}' that {name} could look like", other, known))
        model = editing.kind_slots(demo, other)[0]
        look, colour = level.looks[model], level.colours[model]
    fresh.looks[slots], fresh.colours[slots] = look, colour
    return fresh
