"""What the window draws over and around a level: text, panels, probability bars, arrows, the sheet of keys."""

from typing import NamedTuple

import numpy as np
import pygame

from ..agents.pretrained import Agent
from ..rules.level import Level, State, copied
from ..rules.palette import outcome_styles
from ..rules.scene import scene
from ..rules.sprites import ART
from ..rules.world import Demo
from ..study.outcome_map import OutcomeMap
from ..study.policy_field import policy_field
from .lettering import ALERT, BACKGROUND, INK, PANEL, QUIET, Sizes, font, whole, write

SIGHT, BARS, BOTH, FIELD, MAP = 1, 2, 3, 4, 5  # places in OVERLAYS
OVERLAYS = (
    "no overlay",
    "what the agent sees",
    "action probabilities",
    "both",
    "where it would go from every tile",
    "where it ends, for every place of the goal",
)
DIRECTIONS = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}  # as (rows, columns)


def best_scale(width: int, height: int, rows: int, columns: int) -> float:
    """The largest scale of a level's picture in so many pixels at which a tile has a whole number of them.

    The world comes first: art of 20 pixels a tile is not scaled by whole numbers only.
    """
    return max(ART // 2, int(min(width / columns, height / rows))) / ART


class Layout(NamedTuple):
    """How panes are laid out: the scale of their pictures, and where pictures, captions and overlays go."""

    scale: float
    rooms: list[pygame.Rect]
    captions: list[pygame.Rect]
    corners: list[pygame.Rect]  # bars go to their lower left


def layout(body: pygame.Rect, panes: int, rows: int, columns: int, sizes: Sizes, reserve: int) -> Layout:
    """The larger of two ways to show levels of so many tiles, with the captions kept off the pictures.

    Side by side with three lines of caption below each; or one above the other with the captions on the left.
    Side by side, `reserve` pixels below two pictures are kept free for overlays.
    """
    gap = 2 * sizes.gap
    wide, strip = (body.width - (panes - 1) * gap) // panes, 3 * sizes.line
    beside = [pygame.Rect(body.x + i * (wide + gap), body.y, wide, body.height) for i in range(panes)]
    rooms = [pygame.Rect(r.x, r.y, r.width, r.height - strip - sizes.gap) for r in beside]
    captions = [pygame.Rect(r.x, r.bottom - strip, r.width, strip) for r in beside]
    if panes == 1:
        return Layout(best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, captions, rooms)
    corners = rooms
    rooms = [pygame.Rect(r.x, r.y, r.width, r.height - reserve) for r in rooms]
    plan = Layout(best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, captions, corners)
    high, column = (body.height - (panes - 1) * sizes.gap) // panes, body.width // 3
    stacked = [pygame.Rect(body.x, body.y + i * (high + sizes.gap), body.width, high) for i in range(panes)]
    rooms = [pygame.Rect(r.x + column + gap, r.y, r.width - column - gap, r.height) for r in stacked]
    captions = [pygame.Rect(r.x, r.y, column, r.height) for r in stacked]
    other = Layout(best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, captions, captions)
    return other if other.scale >= plan.scale else plan


def level_surface(demo: Demo, level: Level, state: State, scale: float) -> pygame.Surface:
    """The picture of a level: enlarged by a whole number without smoothing, then, if need be, made a little smaller."""
    return scaled(scene(demo, level, state), scale)


def scaled(picture: np.ndarray, scale: float) -> pygame.Surface:
    """A picture, uint8[height, width, 3], enlarged as `level_surface` does."""
    times = int(np.ceil(scale))
    surface = array_surface(picture, times)
    if scale == times:
        return surface
    size = (round(length * scale / times) for length in surface.get_size())
    return pygame.transform.smoothscale(surface, tuple(size))


def array_surface(picture: np.ndarray, times: int) -> pygame.Surface:
    """uint8[height, width, 3] as a surface, every pixel `times` as large."""
    height, width = picture.shape[:2]
    surface = pygame.image.frombuffer(np.ascontiguousarray(picture).tobytes(), (width, height), "RGB")
    return pygame.transform.scale(surface, (width * times, height * times)) if times != 1 else surface


def progress(surface: pygame.Surface, area: pygame.Rect, clock: float, last: int, edits: list[int]) -> None:
    """How far the runs have come, as a bar, with a mark at each edit."""
    surface.fill(PANEL, area)
    done = round(area.width * clock / max(last, 1))
    surface.fill(QUIET, (area.x, area.y, done, area.height))
    for at in edits:
        surface.fill(
            ALERT, (area.x + area.width * at // max(last, 1), area.y - area.height, area.height, 3 * area.height)
        )


def sight(surface: pygame.Surface, area: pygame.Rect, picture: np.ndarray, sizes: Sizes, side: int, high: bool) -> None:
    """What the agent sees, uint8[height, width, 3], at most `side` pixels high, at the right of `area`.

    `high`: in its upper corner, where levels have sky; else in its lower one.
    """
    times = max(1, side // picture.shape[0])
    image = array_surface(picture, times)
    name = "what the agent sees"
    box = pygame.Rect(0, 0, max(image.get_width(), font(sizes.text).size(name)[0]) + 2 * sizes.gap, 0)
    box.height = image.get_height() + sizes.line + 2 * sizes.gap
    box.bottomright = area.bottomright
    if high:
        box.top = area.top
    pygame.draw.rect(surface, PANEL, box, border_radius=sizes.gap)
    write(surface, name, sizes.text, INK, (box.x + sizes.gap, box.y + sizes.gap // 2), box.width)
    surface.blit(image, image.get_rect(midbottom=(box.centerx, box.bottom - sizes.gap)))


def bars(
    surface: pygame.Surface, area: pygame.Rect, names: tuple[str, ...], values: np.ndarray, taken: int, sizes: Sizes
) -> None:
    """Action probabilities, float64[actions], in the lower left corner of `area`; the action taken is marked."""
    label = max(font(sizes.text).size(name)[0] for name in names)
    length = 5 * sizes.text
    number = font(sizes.text).size("100 %")[0]
    box = pygame.Rect(0, 0, label + length + number + 4 * sizes.gap, len(names) * sizes.line + 2 * sizes.gap)
    box.bottomleft = area.bottomleft
    pygame.draw.rect(surface, PANEL, box, border_radius=sizes.gap)
    for i, name in enumerate(names):
        y = box.y + sizes.gap + i * sizes.line
        colour = ALERT if i == taken else INK
        write(surface, name, sizes.text, colour, (box.x + sizes.gap, y), label)
        bar = pygame.Rect(
            box.x + 2 * sizes.gap + label, y + sizes.line // 6, round(length * values[i]), sizes.line * 2 // 3
        )
        pygame.draw.rect(surface, colour, bar)
        percent = f"{100 * values[i]:.0f} %"
        write(surface, percent, sizes.text, colour, (box.right - sizes.gap, y), number, right=True)


def has_arrows(demo: Demo) -> bool:
    """Whether every action is a direction, so that a field of arrows says what the agent would do."""
    return set(demo.actions) <= set(DIRECTIONS)


def arrow_field(demo: Demo, agent: Agent, level: Level) -> list[tuple[int, int, np.ndarray]]:
    """What the agent would do in every open place: (row, column, mean direction float64[2], rows then columns)."""
    field = policy_field(demo, agent, level)
    ways = field.probabilities @ np.array([DIRECTIONS[name] for name in demo.actions], float)
    return [(int(row), int(col), way) for (row, col), way in zip(field.cells, ways, strict=True)]


def arrows(
    surface: pygame.Surface, corner: tuple[int, int], tile: float, field: list[tuple[int, int, np.ndarray]]
) -> None:
    """Draw a field of arrows over a picture whose top left corner and pixels per tile are given."""
    for row, col, (down, across) in field:
        length = float(np.hypot(across, down))
        if length < 0.05:
            continue
        centre = pygame.Vector2(corner[0] + (col + 0.5) * tile, corner[1] + (row + 0.5) * tile)
        ahead = pygame.Vector2(across, down) / length
        side, reach = ahead.rotate(90) * tile * 0.16, ahead * length * tile * 0.4
        tip, neck = centre + reach, centre + reach - ahead * tile * 0.24
        pygame.draw.line(surface, BACKGROUND, centre - reach, neck, max(1, round(tile * 0.09)))
        pygame.draw.polygon(surface, BACKGROUND, [tip, neck + side, neck - side])


def sheet(surface: pygame.Surface, entries: list[tuple[str, str]], sizes: Sizes, page: int, first: int) -> None:
    """A page of the sheet of keys, (key, what it does), over the whole window; the first page holds `first` of them."""
    width, height = surface.get_size()
    surface.fill(BACKGROUND)
    line, edge = round(sizes.line * 1.45), 4 * sizes.gap
    rows = max(1, (height - 2 * edge - 2 * line) // line)
    rest = entries[first:]
    pages = [entries[:first], *(rest[i : i + rows] for i in range(0, len(rest), rows))]
    shown = pages[min(page, len(pages) - 1)]
    keys = max(font(sizes.text).size(name)[0] for name, _ in entries) + 2 * sizes.gap
    for i, (name, does) in enumerate(shown):
        y = edge + i * line
        write(surface, name, sizes.text, ALERT, (edge, y), keys)
        whole(surface, does, sizes.text, INK, (edge + keys, y), width - keys - 2 * edge)
    told = f"page {min(page, len(pages) - 1) + 1} of {len(pages)}: right and left; " if len(pages) > 1 else ""
    write(surface, f"{told}? closes", sizes.text, QUIET, (edge, height - edge - sizes.line), width - 2 * edge)


def outcome_squares(
    surface: pygame.Surface, corner: tuple[int, int], tile: float, demo: Demo, found: OutcomeMap
) -> None:
    """An outcome map over a picture: each place's square is divided from left to right by how often what came."""
    colours = [outcome_styles(demo)[name][0] for name in demo.outcomes]
    edge = max(1, round(tile * 0.12))
    for (row, col), shares in zip(found.cells, found.shares(demo), strict=True):
        x, y = corner[0] + col * tile + edge, corner[1] + row * tile + edge
        side = tile - 2 * edge
        pygame.draw.rect(surface, BACKGROUND, (x - 1, y - 1, side + 2, side + 2))
        ends = np.round(np.cumsum([0, *shares]) * side)
        for colour, left, right in zip(colours, ends[:-1], ends[1:], strict=True):
            surface.fill(colour, (x + left, y, right - left, side))


def legend(surface: pygame.Surface, area: pygame.Rect, demo: Demo, title: str, sizes: Sizes) -> None:
    """A line at the top of `area`: every outcome beside its colour, then a title."""
    x = area.x
    for name, (colour, _) in outcome_styles(demo).items():
        surface.fill(colour, (x, area.y + sizes.line // 8, sizes.text * 3 // 4, sizes.text * 3 // 4))
        x += sizes.text
        x += write(surface, name, sizes.text, INK, (x, area.y), area.right - x) + 2 * sizes.gap
    write(surface, title, sizes.text, QUIET, (area.right, area.y), area.right - x, right=True)


def between(before: State, after: State, share: float) -> State:
    """A state to draw between two steps: `share` of the way from one to the other, unless a thing was put elsewhere."""
    state = copied(before)
    near = np.abs(after.at - before.at).max(1) < 1.6
    both = near & (before.there > 0) & (after.there > 0)
    state.at[both] += share * (after.at[both] - before.at[both])
    state.facing[0] = after.facing[0]
    return state


def slot_at(state: State, row: float, col: float) -> int | None:
    """The slot of the object whose tile holds this point (tile edges at whole numbers), the nearest if several do."""
    distances = np.abs(state.at + 0.5 - (row, col)).max(1)
    distances[state.there == 0] = np.inf
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] < 0.75 else None
