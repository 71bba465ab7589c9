"""What the window draws over and around a level: text, panels, probability bars, arrows, the sheet of keys."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pygame

from ..agents.pretrained import Agent
from ..rules.batch import Batch
from ..rules.entry import Entry
from ..rules.level import Level, State, copied
from ..rules.sprites import ART
from ..rules.world import Demo
from ..study.measure import outcome_styles
from ..study.outcome_map import OutcomeMap
from .picture import scene
from .vote import Vote, share, tally

Colour = tuple[int, int, int]
BACKGROUND: Colour = (22, 24, 31)
PANEL: Colour = (38, 42, 54)
INK: Colour = (244, 244, 240)
QUIET: Colour = (176, 182, 196)
GOOD: Colour = (78, 190, 190)  # teal and orange stay apart for colour-blind viewers, and words say the same
ALERT: Colour = (245, 166, 66)
FILLED: Colour = (58, 66, 86)
TEXT, TITLE = 38, 56  # pixels of a line of text on a screen 1080 pixels high
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


class Sizes(NamedTuple):
    """Sizes in pixels, in proportion to the height of the window."""

    text: int
    title: int
    gap: int
    line: int

    @classmethod
    def of(cls, height: int) -> "Sizes":
        """The sizes for a window `height` pixels high."""
        text = max(12, round(TEXT * height / 1080))
        return cls(text, max(16, round(TITLE * height / 1080)), max(4, round(14 * height / 1080)), round(text * 1.14))


@lru_cache(maxsize=32)
def font(size: int) -> pygame.font.Font:
    """pygame's own font, `size` pixels high; the same on every machine."""
    return pygame.font.Font(pygame.font.get_default_font(), size)


@lru_cache(maxsize=256)
def fitted(text: str, size: int, width: int) -> str:
    """`text`, with its end cut off where it is wider than `width` pixels."""
    if font(size).size(text)[0] <= width:
        return text
    while text and font(size).size(text + "…")[0] > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, size: int, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font(size).size(longer)[0] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@lru_cache(maxsize=256)
def rendered(text: str, size: int, colour: Colour) -> pygame.Surface:
    """One line of text as a picture."""
    return font(size).render(text, True, colour)


def write(
    surface: pygame.Surface,
    text: str,
    size: int,
    colour: Colour,
    place: tuple[int, int],
    width: int,
    right: bool = False,
) -> int:
    """Write one line at its top left place (or top right) in at most `width` pixels; returns the width it took."""
    image = rendered(fitted(text, size, max(width, 0)), size, colour)
    surface.blit(image, (place[0] - image.get_width() if right else place[0], place[1]))
    return image.get_width()


@lru_cache(maxsize=256)
def smaller(text: str, size: int, width: int, lines: int = 1) -> int:
    """The largest size, down to two thirds of `size`, in which text fits the room of so many lines of that size."""
    least = size * 2 // 3
    return next((n for n in range(size, least, -1) if len(wrapped(text, n, width)) * n <= lines * size), least)


def block(
    surface: pygame.Surface, text: str, size: int, colour: Colour, area: pygame.Rect, line: int, most: int
) -> int:
    """Write text in at most `most` lines of `line` pixels at the top of `area`; returns the height it took."""
    lines = wrapped(text, size, area.width)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    for i, part in enumerate(lines):
        write(surface, part, size, colour, (area.x, area.y + i * line), area.width)
    return len(lines) * line


def chip(surface: pygame.Surface, text: str, size: int, colour: Colour, place: tuple[int, int], width: int) -> None:
    """Write one line on a coloured pill at its top left place, at most `width` pixels wide."""
    image = rendered(fitted(text, size, max(width - size, 0)), size, BACKGROUND)
    pill = pygame.Rect(*place, image.get_width() + size // 2 * 2, image.get_height())
    pygame.draw.rect(surface, colour, pill, border_radius=size // 3)
    surface.blit(image, (pill.x + size // 2, pill.y))


def toast(surface: pygame.Surface, text: str, sizes: Sizes) -> None:
    """A sentence for some seconds, on a strip over the lower end of the window."""
    width, height = surface.get_size()
    lines = wrapped(text, sizes.text, width - 4 * sizes.gap)
    strip = pygame.Rect(0, 0, width, max(2, len(lines)) * sizes.line + sizes.gap)
    strip.bottom = height
    surface.fill(ALERT, strip)
    top = strip.centery - len(lines) * sizes.line // 2
    for i, line in enumerate(lines):
        write(surface, line, sizes.text, BACKGROUND, (2 * sizes.gap, top + i * sizes.line), width)


def best_scale(width: int, height: int, rows: int, columns: int) -> float:
    """The largest sharp scale of a level's picture in so many pixels.

    Whole numbers; below 2 also 1.5 and 0.5, which are whole multiples of the art at half its size.
    """
    scale = min(width / (columns * ART), height / (rows * ART))
    return max(0.5, float(int(scale)) if scale >= 2 else int(2 * scale) / 2)


class Plan(NamedTuple):
    """How panes are laid out: the scale of their pictures, and where pictures, captions and overlays go."""

    scale: float
    rooms: list[pygame.Rect]
    captions: list[pygame.Rect]
    corners: list[pygame.Rect]  # bars go to their lower left


def layout(body: pygame.Rect, panes: int, rows: int, columns: int, sizes: Sizes, reserve: int) -> Plan:
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
        return Plan(best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, captions, rooms)
    corners = rooms
    rooms = [pygame.Rect(r.x, r.y, r.width, r.height - reserve) for r in rooms]
    plan = Plan(best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, captions, corners)
    high, column = (body.height - (panes - 1) * sizes.gap) // panes, body.width // 3
    stacked = [pygame.Rect(body.x, body.y + i * (high + sizes.gap), body.width, high) for i in range(panes)]
    rooms = [pygame.Rect(r.x + column + gap, r.y, r.width - column - gap, r.height) for r in stacked]
    captions = [pygame.Rect(r.x, r.y, column, r.height) for r in stacked]
    other = Plan(best_scale(rooms[0].width, rooms[0].height, rows, columns), rooms, captions, captions)
    return other if other.scale >= plan.scale else plan


def level_surface(demo: Demo, level: Level, state: State, scale: float) -> pygame.Surface:
    """The picture of a level, enlarged without smoothing."""
    base = 1.0 if scale == int(scale) else 0.5
    return array_surface(scene(demo, level, state, base), round(scale / base))


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


def arrow_field(demo: Demo, agent: Agent, config: Any, level: Level) -> list[tuple[int, int, np.ndarray]]:
    """What the agent would do from every open tile: (row, column, mean direction float64[2], rows then columns)."""
    rows, columns = int(level.extent[0]), int(level.extent[1])
    cells = [(r, c) for r in range(rows) for c in range(columns) if not demo.tiles[level.tiles[r, c]].solid]
    batch = Batch(demo, config, len(cells))
    for i, cell in enumerate(cells):
        batch.levels[i] = level
        batch.levels[i].objects[0] = cell
    batch.start(np.zeros(len(cells), np.int64))
    probabilities, _ = agent.think(batch.pictures)
    ways = np.array([DIRECTIONS[name] for name in demo.actions], float)
    return [(r, c, probabilities[i] @ ways) for i, (r, c) in enumerate(cells)]


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


def sheet(surface: pygame.Surface, entries: list[tuple[str, str]], sizes: Sizes) -> None:
    """The sheet of keys, (key, what it does), in two columns over the whole window."""
    width, height = surface.get_size()
    surface.fill(BACKGROUND)
    half = (len(entries) + 1) // 2
    column = (width - 4 * sizes.gap) // 2
    line = min(round(sizes.line * 1.35), (height - 4 * sizes.gap) // half)
    keys = max(font(sizes.text).size(name)[0] for name, _ in entries) + 2 * sizes.gap
    top = (height - half * line) // 2
    for i, (name, does) in enumerate(entries):
        x, y = 2 * sizes.gap + i // half * column, top + i % half * line
        write(surface, name, sizes.text, ALERT, (x, y), keys)
        write(surface, does, sizes.text, INK, (x + keys, y), column - keys - sizes.gap)


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


def _in_a_row(options: tuple[str, ...], width: int, sizes: Sizes) -> bool:
    room = (width + sizes.gap) // len(options) - 4 * sizes.gap
    return all(font(sizes.text).size(f"{option}  000 (00 %)")[0] <= room for option in options)


def ballot_height(options: tuple[str, ...], width: int, sizes: Sizes) -> int:
    """The height in pixels that the options of a vote take: one row, or one row each where they are long."""
    return (1 if _in_a_row(options, width, sizes) else len(options)) * (sizes.line + 2 * sizes.gap) - sizes.gap


def ballot(surface: pygame.Surface, area: pygame.Rect, vote: Vote, sizes: Sizes, typing: bool = True) -> None:
    """A vote: the question, what keys do while it is typed, and below the options with their counts."""
    pygame.draw.rect(surface, PANEL, area)
    inner = area.inflate(-4 * sizes.gap, -2 * sizes.gap)
    keys = "type counts; Tab: next; Enter: go on" if typing else ""
    used = write(surface, keys, sizes.text, QUIET, inner.topright, inner.width // 2, right=True)
    asked = pygame.Rect(inner.x, inner.y, inner.width - used - 2 * sizes.gap, inner.height)
    block(surface, vote.ask, sizes.text, ALERT, asked, sizes.line, 2)
    inner.top, inner.height = inner.bottom - ballot_height(vote.options, inner.width, sizes), inner.height
    options(surface, inner, vote, sizes, typing)


def options(
    surface: pygame.Surface,
    area: pygame.Rect,
    vote: Vote,
    sizes: Sizes,
    typing: bool = False,
    answer: int | None = None,
) -> None:
    """The options of a vote as boxes, each with its count and a bar of its share at the top of `area`.

    `typing`: the present option is marked; `answer`: the option that came true is.
    """
    numbers, beside = vote.numbers, _in_a_row(vote.options, area.width, sizes)
    high = sizes.line + sizes.gap
    width = (area.width + sizes.gap) // len(vote.options) - sizes.gap if beside else area.width
    for i, option in enumerate(vote.options):
        box = pygame.Rect(area.x, area.y + i * (high + sizes.gap), width, high)
        if beside:
            box.topleft = area.x + i * (width + sizes.gap), area.y
        right, marked = answer == i, typing and vote.at == i
        pygame.draw.rect(surface, GOOD if right else BACKGROUND, box, border_radius=sizes.gap // 2)
        if sum(numbers) and not right:
            filled = pygame.Rect(box.x, box.y, box.width * numbers[i] // sum(numbers), box.height)
            pygame.draw.rect(surface, FILLED, filled, border_radius=sizes.gap // 2)
        edge = GOOD if right else ALERT if marked else QUIET
        pygame.draw.rect(surface, edge, box, max(2, sizes.gap // 4) if marked else 1, border_radius=sizes.gap // 2)
        ink = BACKGROUND if right else INK
        count = f"{numbers[i]} ({share(numbers[i], sum(numbers))})" if sum(numbers) else ""
        y = box.y + (box.height - sizes.line) // 2
        used = write(surface, count, sizes.text, ink, (box.right - sizes.gap, y), width, right=True)
        write(surface, option, sizes.text, ink, (box.x + sizes.gap, y), width - used - 3 * sizes.gap)


def rates(
    surface: pygame.Surface, area: pygame.Rect, demo: Entry, label: str, n: int,
    outcomes: dict[str, tuple[float, float, float]], sizes: Sizes,
) -> int:  # fmt: skip
    """Measured rates (each with the ends of its 95 % interval) as one divided bar; returns the height it took."""
    styles = outcome_styles(demo)
    write(surface, label, smaller(label, sizes.text, area.width), INK, area.topleft, area.width)
    named = [name for name in demo.outcomes if name in outcomes and name not in ("died", "timeout")]
    told = ", ".join(f"{name} {_percent(*outcomes[name])}" for name in named)
    bar = pygame.Rect(area.x, area.y + sizes.line, area.width, round(sizes.line * 1.2))
    x = float(bar.x)
    for name, (rate, _, _) in outcomes.items():
        width = bar.width * rate
        part = pygame.Rect(round(x), bar.y, round(x + width) - round(x), bar.height)
        surface.fill(styles[name][0], part)
        if font(sizes.text).size(name)[0] + sizes.gap <= part.width:
            write(surface, name, sizes.text, BACKGROUND, (part.x + sizes.gap // 2, bar.y + bar.height // 9), part.width)
        x += width
    told += f"; n = {n:,}"
    write(surface, told, smaller(told, sizes.text, area.width), QUIET, (area.x, bar.bottom), area.width)
    return sizes.line + bar.height + sizes.line


def _percent(rate: float, low: float, high: float) -> str:
    return f"{100 * rate:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def votes(surface: pygame.Surface, counted: list[tuple[Vote, int | None]], sizes: Sizes) -> None:
    """The sheet of guesses set against outcomes, over the whole window, the last ones at the bottom."""
    width, height = surface.get_size()
    surface.fill(BACKGROUND)
    right, guesses = tally(counted)
    edge = 2 * sizes.gap
    title = (
        f"Guesses that came true: {right} of {guesses} ({share(right, guesses)})" if guesses else "No vote counted yet."
    )
    write(surface, title, sizes.title, INK, (edge, sizes.gap), width - 2 * edge)
    line = sizes.line + 2 * sizes.gap
    top = 2 * sizes.gap + sizes.title
    shown = counted[-((height - top) // line) :]
    for i, (vote, answer) in enumerate(shown):
        options(surface, pygame.Rect(edge, top + i * line, width - 2 * edge, line), vote, sizes, answer=answer)


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
