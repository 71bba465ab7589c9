"""What the mouse, and keys at its place, do to the level in the window: every edit a person can make there."""

from typing import TYPE_CHECKING

import pygame

from ..rules import edit as editing
from ..rules import sprites
from ..rules.change import disguised
from ..rules.level import Level, copied
from ..rules.palette import swatches
from . import overlays as paint_
from .pane import edited

if TYPE_CHECKING:
    from .stage import Show

NOTCHES = 5  # values that a setting without choices goes through


def press(show: "Show", place: tuple[int, int], button: int) -> None:
    """Take hold of an object, or go to a place of the outcome map; with the right button, recolour what is there.

    With Shift too, an object is drawn as something else.
    """
    found = show.spot(place)
    if found is None:
        return
    pane, row, col = found
    index = pane.index(show.clock)
    slot = paint_.slot_at(pane.run.states[index], row, col)
    if button == 1 and slot is not None:
        at = pane.run.states[index].at[slot]
        show.dragged, show.carried = (slot, float(at[0]), float(at[1])), False
    elif button == 1 and show.overlay == paint_.MAP:
        put_goal(show, int(row), int(col))
    elif button == 3:
        level = pane.run.level_at(index)
        tile = show.demo.tiles[level.tiles[int(row), int(col)]].name
        name = tile if slot is None else editing.object_names(show.demo)[slot]
        if slot is not None and pygame.key.get_mods() & pygame.KMOD_SHIFT:
            redraw(show, name, sprites.NAMES[level.looks[slot]] if level.looks[slot] >= 0 else "")
            return
        offered = swatches(show.demo)
        colour, value = offered[show.colour % len(offered)]
        show.colour += 1
        show.say(f"{name}: {colour}", 1.5)
        show.edit(lambda level: editing.recolour(show.demo, level, name, value))


def redraw(show: "Show", name: str, now: str) -> None:
    """Draw an object as the next of its looks; `now`: the sprite it has."""
    looks = editing.looks_of(show.demo, name)
    if not looks:
        show.say(f"The {name} has one look only.", 1.5)
        return
    look = looks[(looks.index(now) + 1) % len(looks) if now in looks else 0]
    show.say(f"{name}: drawn as a {look}", 1.5)
    show.edit(lambda level: disguised(show.demo, level, name, look))


def drag(show: "Show", place: tuple[int, int]) -> None:
    """Carry the object that is held."""
    found = show.spot(place)
    if found is not None and show.dragged is not None:
        show.dragged, show.carried = (show.dragged[0], found[1] - 0.5, found[2] - 0.5), True


def drop(show: "Show") -> None:
    """Put the dragged object on the tile under the pointer."""
    assert show.dragged is not None
    slot, row, col = show.dragged[0], float(round(show.dragged[1])), float(round(show.dragged[2]))
    show.dragged = None
    if not show.carried:
        return
    show.ghosts[slot] = (row, col)
    name = editing.object_names(show.demo)[slot]
    if slot == 0:  # the body is moved where it is now; where it starts stays as it is
        show.edit(copied, {0: (row, col)})
    else:
        show.edit(lambda level: editing.place(show.demo, level, name, row, col), {slot: (row, col)})


def put_goal(show: "Show", row: int, col: int) -> None:
    """Show the run with the goal in a place of the outcome map, from its beginning."""
    if not show.busy and not show.person_plays():
        name = editing.object_names(show.demo)[editing.goal_slot(show.demo)]

        def operation(level: Level) -> Level:
            return editing.place(show.demo, level, name, float(row), float(col))

        show.paused = False
        show.work(0, edited, [pane.run for pane in show.panes], 0, [(operation, {})])


def paint(show: "Show") -> None:
    """Paint the tile under the mouse with the brush."""
    found = show.spot(show.mouse)
    if found is not None:
        pane, row, col = found
        r, c, tile = int(row), int(col), show.brush
        now = pane.run.level.tiles[r, c]
        if show.demo.tiles[now].name != tile:
            show.edit(lambda level: editing.paint(show.demo, level, r, c, tile))


def add(show: "Show") -> None:
    """Put an object of the chosen kind on the tile under the mouse: one the level leaves out, else one that is gone."""
    found, kind = show.spot(show.mouse), show.demo.kinds[1:][show.adding]
    if found is None:
        show.say(f"Point at a tile of the level; there {kind.name} is added.")
        return
    pane, row, col = found
    state, level = pane.run.states[pane.index(show.clock)], pane.run.level
    slots = editing.kind_slots(show.demo, kind.name)
    free = [slot for slot in slots if not state.there[slot]]
    free.sort(key=lambda slot: level.objects[slot, 0] >= 0)
    if not free and len(slots) > 1:
        show.say(f"The level holds {len(slots)} of {kind.name} now, which is the most it can.")
        return
    name = editing.object_names(show.demo)[(free or slots)[0]]
    show.edit(lambda level: editing.place(show.demo, level, name, float(int(row)), float(int(col))))


def take_away(show: "Show") -> None:
    """Take the object under the mouse out of the level."""
    found = show.spot(show.mouse)
    slot = found and paint_.slot_at(found[0].run.states[found[0].index(show.clock)], found[1], found[2])
    if not slot:
        show.say("Point at an object other than the agent; it is taken away.")
        return
    name = editing.object_names(show.demo)[slot]
    show.edit(lambda level: editing.remove(show.demo, level, name))


def turn(show: "Show") -> None:
    """Give the chosen setting of the level its next value."""
    if not show.demo.settings:
        show.say("The levels of this world have no settings.")
        return
    setting, level = show.demo.settings[show.knob], show.panes[0].run.level
    now = float(level.settings[show.knob])
    if setting.choices:
        value = (now + 1) % len(setting.choices)
    else:
        notch = (setting.high - setting.low) / (NOTCHES - 1)
        value = setting.low + (round((now - setting.low) / notch) + 1) % NOTCHES * notch
    text = setting.write(round(value) if setting.whole else value)
    show.say(f"{setting.name}: {text if setting.choices else f'{float(text):g}'}", 2.5)
    show.edit(lambda level: editing.adjust(show.demo, level, setting.name, text))
