"""What a run is given beside its agent and its seed, as data and as one short text: for links, commands and files.

    shifted:7;coin=4,12;35:coin=6,17;coin=red;37:coin=none;40:steer=left*3,jump

Parts are joined by `;`. The first names the level: drawn with the shift or as in training, by its seed, or `level:`
and the whole level as letters. Then follow changes in the words of `rules/change.py`, and what a person steered. A
step before a part says when it happens, and holds for the parts that follow without one. Texts that would be long are
packed: `zip:` and letters.
"""

import base64
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from ..rules import level_files, sprites
from ..rules.change import Moved, put
from ..rules.edit import BadLevel, draw_level, looks_of, object_names
from ..rules.entry import MOST_SEED, unknown
from ..rules.level import Level, copied
from ..rules.world import Demo

MOST_CHARACTERS = 20_000  # of a text, before and after unpacking
READABLE = 1_200  # characters in a link up to which a text is not packed
TAKEN = (-1.0, -1.0)  # the place of what was taken away


class Edit(NamedTuple):
    """A change before step `at`: the whole level from then on, and what was put somewhere or taken away, by slot."""

    at: int
    level: Level
    moved: Moved


@dataclass(frozen=True)
class Given:
    """The level at the start, edits in the order of their steps, and the actions a person took, by step."""

    level: Level
    edits: tuple[Edit, ...] = ()
    steered: dict[int, int] = field(default_factory=dict)


def edit_of(old: Level, at: int, level: Level, moved: Moved) -> Edit:
    """The edit that makes `level` of the level before it, with all that it moves.

    The body moves where it is now; the place where it started stays.
    """
    level, moved = copied(level), dict(moved)
    level.objects[0] = old.objects[0]
    for slot in range(1, len(level.objects)):
        if slot in moved:
            level.objects[slot] = moved[slot]
        elif not np.array_equal(old.objects[slot], level.objects[slot]):
            moved[slot] = (float(level.objects[slot, 0]), float(level.objects[slot, 1]))
    return Edit(at, level, moved)


# --- writing


def format_run(demo: Demo, given: Given) -> str:
    """The text of it, which `parse_run` reads."""
    parts, level = _base(demo, given.level), given.level
    for at in sorted({edit.at for edit in given.edits} | set(_stretches(given.steered))):
        words = []
        for edit in (edit for edit in given.edits if edit.at == at):
            words += _words(demo, level, edit)
            level = edit.level
        if at in _stretches(given.steered):
            words.append(_steering(demo, given.steered, at))
        parts += [f"{at}:{words[0]}", *words[1:]] if words else []
    text = ";".join(parts)
    if len(quote(text)) <= READABLE:
        return text
    return min(text, f"zip:{_packed(text)}", key=lambda each: len(quote(each)))


def _base(demo: Demo, level: Level) -> list[str]:
    """The parts that name a level: as a change of a drawn one where that is shorter than the whole."""
    return list(_base_of(demo, level.tobytes()))


@lru_cache(maxsize=256)  # asked again at every edit of a run
def _base_of(demo: Demo, data: bytes) -> list[str]:
    level = np.frombuffer(data, demo.level).view(np.recarray)[0]
    found = [[f"level:{level_files.to_url(demo, level)}"]]
    for name, config in (("training", demo.training), ("shifted", demo.shifted)):
        if level.seed >= 0:
            drawn = draw_level(demo, config, int(level.seed))
            words = _changes(demo, drawn, level, _places(drawn, level), running=False)
            found += [[f"{name}:{int(level.seed)}", *words]] if words is not None else []
    return min(found, key=lambda parts: len(";".join(parts)))


def _words(demo: Demo, old: Level, edit: Edit) -> list[str]:
    """The changes that make this edit: one by one, or the whole level and what was moved."""
    words = _changes(demo, old, edit.level, edit.moved, running=True)
    whole = [f"level={level_files.to_url(demo, edit.level)}", *_placing(demo, edit.moved)]
    return whole if words is None or len(";".join(words)) > len(";".join(whole)) else words


def _changes(demo: Demo, old: Level, new: Level, moved: Moved, running: bool) -> list[str] | None:
    """Changes that make one level of another, before the start or while it is `running`; None if they do not."""
    if not np.array_equal(old.extent, new.extent):
        return None
    words: list[str] = []
    now, names = old, object_names(demo)

    def change(word: str) -> None:
        nonlocal now
        words.append(word)
        now = put(demo, now, [word], running)[0]

    try:
        for slot, place in moved.items():
            if place == TAKEN:
                change(f"{names[slot]}=none")
        for row, col in np.argwhere(now.tiles != new.tiles):
            if row < new.extent[0] and col < new.extent[1]:
                change(f"{row},{col}={demo.tiles[new.tiles[row, col]].name}")
        for word in _placing(demo, {slot: place for slot, place in moved.items() if place != TAKEN}):
            change(word)
        for slot, name in enumerate(names):
            if now.looks[slot] != new.looks[slot]:
                change(f"{name}={_look(demo, name, now, int(new.looks[slot]))}")
            if not np.array_equal(now.colours[slot], new.colours[slot]):
                change(f"{name}={_colour(new.colours[slot])}")
        for i, tile in enumerate(demo.tiles):
            if not np.array_equal(now.tile_colours[i], new.tile_colours[i]):
                change(f"{tile.name}={_colour(new.tile_colours[i])}")
        for i, setting in enumerate(demo.settings):
            if now.settings[i] != new.settings[i]:
                change(f"{setting.name}={setting.write(new.settings[i])}")
    except BadLevel:  # levels on the way may be impossible
        return None
    return words if _same(now, new) else None


def _same(one: Level, other: Level) -> bool:
    """Whether two levels differ in nothing but filler."""
    rows, columns = (int(x) for x in other.extent)
    alike = all(np.array_equal(one[name], other[name]) for name in other.dtype.names or () if name != "tiles")
    return alike and np.array_equal(one.tiles[:rows, :columns], other.tiles[:rows, :columns])


def _places(old: Level, new: Level) -> Moved:
    """Where things stand in the new level that stand elsewhere in the old one."""
    apart = [slot for slot in range(len(new.objects)) if not np.array_equal(old.objects[slot], new.objects[slot])]
    return {slot: (float(new.objects[slot, 0]), float(new.objects[slot, 1])) for slot in apart}


def _placing(demo: Demo, moved: Moved) -> list[str]:
    names = object_names(demo)
    return [
        f"{names[slot]}=" + ("none" if place == TAKEN else f"{_number(place[0])},{_number(place[1])}")
        for slot, place in sorted(moved.items())
    ]


def _look(demo: Demo, name: str, level: Level, look: int) -> str:
    """The word that gives an object this look."""
    if look >= 0 and sprites.NAMES[look] in looks_of(demo, name):
        return sprites.NAMES[look]
    tiles = [tile.name for tile in demo.tiles if sprites.INDEX[tile.sprite] == look]
    others = [other for slot, other in enumerate(object_names(demo)) if level.looks[slot] == look]
    if not (tiles or others):
        raise BadLevel("No tile and no object looks like this.")
    return (tiles or others)[0]


def _colour(colour: np.ndarray) -> str:
    text = "#{:02x}{:02x}{:02x}".format(*(int(c) for c in colour))
    return next((name for name, value in sprites.COLOURS.items() if "#" + value == text), text)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _stretches(steered: dict[int, int]) -> list[int]:
    """The steps at which a person begins to act."""
    return sorted(t for t in steered if t - 1 not in steered)


def _steering(demo: Demo, steered: dict[int, int], at: int) -> str:
    """`steer=` and the actions from a step on, repeated ones counted."""
    counted: list[tuple[int, int]] = []
    while at in steered:
        same = counted and counted[-1][0] == steered[at]
        counted[-1:] = [(steered[at], counted[-1][1] + 1)] if same else [*counted[-1:], (steered[at], 1)]
        at += 1
    words = [_action(demo.actions[action]) + (f"*{n}" if n > 1 else "") for action, n in counted]
    return "steer=" + ",".join(words)


def _action(name: str) -> str:
    return name.replace(" ", "-")


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


# --- reading


def parse_run(demo: Demo, text: str) -> Given:
    """What such a text says. Untrusted: bounded, and everything is checked. Raises BadLevel with a sentence."""
    text = _unpacked(text.strip()) if len(text) <= MOST_CHARACTERS else text
    if len(text) > MOST_CHARACTERS:
        raise BadLevel(f"A run as text has at most {MOST_CHARACTERS:,} characters.")
    first, *rest = (part.strip() for part in text.split(";"))
    base, groups = _level(demo, first), _grouped(demo, rest)
    steered: dict[int, int] = {}
    for at, words in groups.items():
        for word in [word for word in words if word.startswith("steer=")]:
            steered |= _steps(demo, at, word)
            words.remove(word)
    level, edits = put(demo, base, groups.pop(0))[0], list[Edit]()
    now = level
    for at, words in groups.items():
        fresh = now
        if words and words[0].startswith("level="):
            fresh = level_files.from_url(demo, words.pop(0).removeprefix("level="))
        elif not words:
            continue
        edits.append(edit_of(now, at, *put(demo, fresh, words, running=True)))
        now = edits[-1].level
    return Given(level, tuple(edits), steered)


def _level(demo: Demo, part: str) -> Level:
    """The level that the first part names."""
    kind, _, which = (word.strip() for word in part.partition(":"))
    if kind == "level":
        return level_files.from_url(demo, which)
    if kind in ("training", "shifted") and which.isascii() and which.isdigit() and int(which[:20]) <= MOST_SEED:
        return draw_level(demo, demo.training if kind == "training" else demo.shifted, int(which))
    raise BadLevel(f"A run as text begins with its level, as in shifted:7 or training:12, not with {part[:40]!a}.")


def _grouped(demo: Demo, parts: Iterable[str]) -> dict[int, list[str]]:
    """The words of each step, in order."""
    groups: dict[int, list[str]] = {0: []}
    at = 0
    for part in parts:
        step = re.match(r"([0-9]{1,6})\s*:", part)
        if step:
            before, at = at, int(step[1])
            if at < before or at >= demo.timeout:
                raise BadLevel(f"Step {at} comes after step {before}; steps ascend, and end before {demo.timeout}.")
        groups.setdefault(at, []).append(part[step.end() :].strip() if step else part)
    return groups


def _steps(demo: Demo, at: int, word: str) -> dict[int, int]:
    """The actions that a part steers, by step."""
    actions = {_action(name): i for i, name in enumerate(demo.actions)}
    found: list[int] = []
    for each in word.removeprefix("steer=").split(","):
        name, star, times = (part.strip() for part in each.partition("*"))
        if name not in actions or (star and not re.fullmatch("[1-9][0-9]{0,5}", times)):
            said = f"'{each[:40]}' is not an action of {demo.name}, such as {next(iter(actions))}*3"
            raise BadLevel(unknown(said, name, actions))
        found += [actions[name]] * min(int(times or 1), demo.timeout + 1)
        if at + len(found) > demo.timeout:
            raise BadLevel(f"A person acts at most until step {demo.timeout} of a run of {demo.name}.")
    return {at + i: action for i, action in enumerate(found)}


def _unpacked(text: str) -> str:
    if not text.startswith("zip:"):
        return text
    packed = text.removeprefix("zip:")
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MOST_CHARACTERS)
        if unpacker.unconsumed_tail:
            raise BadLevel(f"A run as text has at most {MOST_CHARACTERS:,} characters when it is unpacked.")
        return plain.decode()
    except (ValueError, zlib.error) as error:
        if isinstance(error, BadLevel):
            raise
        raise BadLevel("This run as text is damaged; copy all of it again.") from None
