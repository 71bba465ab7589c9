"""Runs on the page of a talk: one picture where it can be, letters that stay, and a stamp once a run is decided."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pygame

from ..agents import called
from ..rules import edit as editing
from ..rules.level import RUNNING
from ..rules.names import ending
from ..rules.palette import outcome_styles
from ..rules.scene import scene
from ..study.outcome_map import OutcomeMap
from . import frame, lettering, together
from . import overlays as paint
from .lettering import BACKGROUND, DARK, GOOD, INK, QUIET, Sizes
from .pane import Pane
from .stage import Show

STRIPS = (
    (1.5,),
    (4.4, 3.3, 2.2),
)  # lines that one tag, or several, take below a picture: the first that costs it nothing
SQUARE = 1.5  # columns for a row, from which on a world is wide
COLUMN = 0.3  # share of the width that tags take beside a picture


class Plan(NamedTuple):
    """Where pictures and tags go, and the scale of the pictures."""

    scale: float
    rooms: list[pygame.Rect]
    tags: list[pygame.Rect]


def plan(body: pygame.Rect, pictures: int, tags: int, rows: int, columns: int, sizes: Sizes) -> Plan:
    """The larger of two ways: tags below the pictures, or at their right; one picture may have several."""
    gap = 2 * sizes.gap
    one = max(
        (_below(body, pictures, tags, rows, columns, lines * sizes.line, gap) for lines in STRIPS[tags > 1]),
        key=lambda plan: plan.scale,
    )
    column = round(COLUMN * body.width)
    rooms = _stacked(pygame.Rect(body.x, body.y, body.width - column - gap, body.height), pictures, gap)
    beside = _stacked(pygame.Rect(body.right - column, body.y, column, body.height), tags, gap)
    scale = paint.best_scale(rooms[0].width, rooms[0].height, rows, columns)
    wide = min(rooms[0].width, round(columns * scale * paint.ART))  # picture and tags together stand in the middle
    left = body.x + (body.width - wide - gap - column) // 2
    for room in rooms:
        room.x, room.width = left, wide
    for area in beside:
        area.x = left + wide + gap
    return Plan(scale, rooms, beside) if scale > one.scale else one


def with_words(
    body: pygame.Rect, tags: int, rows: int, columns: int, sizes: Sizes, words: Callable[[pygame.Rect], int]
) -> Plan:
    """One picture as high as can be, and a column at its right that begins with words."""
    gap = 3 * sizes.gap
    scale = paint.best_scale(round((1 - COLUMN) * body.width) - gap, body.height, rows, columns)
    wide = round(columns * scale * paint.ART)
    picture = pygame.Rect(body.x, body.y, wide, body.height)
    column = pygame.Rect(picture.right + gap, body.y, body.right - picture.right - gap, body.height)
    used = words(column)
    return Plan(
        scale,
        [picture],
        _stacked(pygame.Rect(column.x, column.y + used, column.width, column.height - used), tags, gap),
    )


def is_square(show: Show) -> bool:
    """Whether all is one picture of a world about as high as wide."""
    rows, columns = rows_shown(show), int(show.panes[0].run.level.extent[1])
    one = len(show.panes) == 1 or together.alike([pane.run for pane in show.panes])
    return one and columns < SQUARE * rows


def _below(body: pygame.Rect, pictures: int, tags: int, rows: int, columns: int, strip: float, gap: int) -> Plan:
    """Tags in a strip so high below the pictures."""
    high = body.height - round(strip) - gap // 2
    rooms = frame.split(pygame.Rect(body.x, body.y, body.width, high), pictures, gap)
    below = [pygame.Rect(r.x, body.bottom - round(strip), r.width, round(strip)) for r in rooms]
    if pictures == 1:
        below = frame.split(pygame.Rect(body.x, body.bottom - round(strip), body.width, round(strip)), tags, gap)
    return Plan(paint.best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, below)


def _stacked(area: pygame.Rect, parts: int, gap: int) -> list[pygame.Rect]:
    """An area in equal parts, one above the other."""
    high = (area.height - (parts - 1) * gap) // parts
    return [pygame.Rect(area.x, area.y + i * (high + gap), area.width, high) for i in range(parts)]


def draw(
    show: Show, surface: pygame.Surface, body: pygame.Rect, sizes: Sizes, maps: tuple[OutcomeMap, ...], told: bool,
    words: Callable[[pygame.Rect], int] | None = None,
) -> None:  # fmt: skip
    """The runs of a step; with `maps`, their levels, on which those are painted once it is `told`.

    `words` writes into the column beside a picture, above its tags, and returns the height it took.
    """
    one = not maps and together.alike([pane.run for pane in show.panes])
    rows, columns = rows_shown(show), int(show.panes[0].run.level.extent[1])
    if words is None:
        found = plan(body, 1 if one else len(show.panes), len(show.panes), rows, columns, sizes)
    else:
        found = with_words(body, len(show.panes), rows, columns, sizes, words)
    for i, pane in enumerate(show.panes):
        room = found.rooms[0 if one else i]
        if maps:
            ground(show, surface, pane, room, found.scale, rows)
            squares(surface, pane, maps[i], told)
        elif not one:
            frame.draw_pane(show, surface, pane, room, found.scale, rows)
    if one:
        frame.draw_together(show, surface, found.rooms[0], found.scale, sizes, rows)
    for i, (pane, area) in enumerate(zip(show.panes, found.tags, strict=True)):
        tag(show, surface, pane, area, sizes, maps[i] if maps else None, told)


def stamped(show: Show, pane: Pane) -> str:
    """What is said of a run once it is decided: how it ended and, unless names are hidden, its reward, which tells."""
    reward = "" if show.blind else f" \u00b7 {pane.run.states[pane.length].total:g}"
    return f"{ending(show.demo, pane.run.outcome).chip}{reward}"


def fitting(texts: list[str], size: int, width: int, lines: int = 1) -> int:
    """The size of letters in which each of some texts fits a line, or so many."""
    return min(lettering.smaller(text, size, width, lines) for text in texts)


def ground(show: Show, surface: pygame.Surface, pane: Pane, room: pygame.Rect, scale: float, rows: int) -> None:
    """A level as its run begins, without the goal, which a map puts everywhere."""
    state = frame.shown_state(show, pane)
    state.there[editing.goal_slot(show.demo)] = 0
    frame.put(surface, [pane], scene(show.demo, pane.run.first, state)[: rows * paint.ART], room, scale)


def squares(surface: pygame.Surface, pane: Pane, found: OutcomeMap, told: bool) -> None:
    """A map over its level: grey places until it is told."""
    if told:
        paint.outcome_squares(surface, pane.corner, pane.tile, pane.run.demo, found)
        return
    side = round(0.5 * pane.tile)
    for row, col in found.cells:
        x, y = pane.corner[0] + (col + 0.25) * pane.tile, pane.corner[1] + (row + 0.25) * pane.tile
        pygame.draw.rect(surface, BACKGROUND, (x - 2, y - 2, side + 4, side + 4), border_radius=side // 4)
        pygame.draw.rect(surface, QUIET, (x, y, side, side), border_radius=side // 4)


def tag(
    show: Show, surface: pygame.Surface, pane: Pane, area: pygame.Rect, sizes: Sizes, found: OutcomeMap | None,
    told: bool,
) -> None:  # fmt: skip
    """Which run it is, by its letter and, unless that is hidden, its training; below, what came of it."""
    number, several = show.panes.index(pane), len(show.panes) > 1
    y, x = area.y, area.x
    if several:
        letter, colour = together.LETTERS[number], together.COLOURS[number]
        lettering.chip(surface, letter, sizes.text, colour, (x, y), 3 * sizes.text, DARK.background)
        x += lettering.font(sizes.text).size(letter)[0] + 3 * sizes.text // 2
        if not show.blind:
            every, small = names(show), sizes.text
            room = pygame.Rect(x, y, area.right - x, area.height)
            lines = max(1, min(5, area.height // sizes.line - 1))
            size = fitting(every, small, room.width, lines)
            lettering.block(surface, every[number], size, INK, room, round(size * 1.14), lines)
            most = max(len(lettering.wrapped(name, size, room.width)) for name in every)
            y += max(0, most * round(size * 1.14) - sizes.line)
        y, x = y + sizes.line + sizes.gap // 2, area.x
    area = pygame.Rect(x, y, area.width, area.bottom - y)
    if found is not None:
        if told:
            counted(surface, area, pane, found, sizes)
    elif decided(show, pane):
        text, size = stamped(show, pane), sizes.text if several else sizes.title
        size = fitting([stamped(show, each) for each in show.panes], size, area.width - size)
        stamp(surface, area, text, size, alone=not several)


def names(show: Show) -> list[str]:
    """What the runs' agents are called; what all of them have in common, training or number, is left out."""
    found, shared = [called.label(show.demo, pane.name) for pane in show.panes], common(show)
    return [name.replace(shared, "").strip(" \u00b7") if shared else name for name in found]


def common(show: Show) -> str:
    """What all agents on the page have in common, of their trainings and numbers; empty where it is nothing or all."""
    found = [called.label(show.demo, pane.name).partition(" \u00b7 ") for pane in show.panes]
    trainings, numbers = {name[0] for name in found}, {name[2] for name in found}
    if len(trainings) == 1 and len(numbers) > 1:
        return trainings.pop() if all(numbers) else ""
    return numbers.pop() if len(numbers) == 1 and len(trainings) > 1 else ""


def decided(show: Show, pane: Pane) -> bool:
    """Whether a run was shown to where its outcome is certain."""
    sure = pane.run.end.done != RUNNING or pane.length < pane.run.steps
    return show.clock >= pane.length and sure


def stamp(surface: pygame.Surface, area: pygame.Rect, text: str, size: int, alone: bool) -> None:
    """What came of a run, on a plate that stays; in the middle where it stands alone."""
    image = lettering.rendered(text, size, BACKGROUND)
    plate = image.get_rect().inflate(size, size // 3)
    plate.midtop = (area.centerx if alone else area.x + plate.width // 2), area.y
    if alone and area.height > 3 * plate.height:  # beside a picture
        plate.centery = area.centery
    pygame.draw.rect(surface, GOOD, plate, border_radius=size // 4)
    surface.blit(image, image.get_rect(center=plate.center))


def counted(surface: pygame.Surface, area: pygame.Rect, pane: Pane, found: OutcomeMap, sizes: Sizes) -> None:
    """The colours of a map, each with the number of places where most runs ended so."""
    demo, shares = pane.run.demo, found.shares(pane.run.demo)
    x, size = area.x, sizes.text * 8 // 9
    for i, (name, (colour, _)) in enumerate(outcome_styles(demo).items()):
        places = int((shares[:, i] > 0.5).sum())
        if places:
            surface.fill(colour, (x, area.y + size // 4, size * 3 // 4, size * 3 // 4))
            text = f"{ending(demo, name).chip}: {places} of {len(shares)}"
            x += size + lettering.write(surface, text, size, INK, (x + size, area.y), area.right - x - size) + size


def rows_shown(show: Show) -> int:
    """The rows of the level worth showing: in a platformer, bedrock is left out but for one row, so all is larger."""
    level = show.panes[0].run.first
    rows, columns = (int(n) for n in level.extent)
    if not show.demo.margin:
        return rows
    solid = np.array([tile.solid for tile in show.demo.tiles])[level.tiles[:rows, :columns]].all(1)
    return min(rows, int(np.flatnonzero(~solid).max()) + 2)
