"""What a vote and a table of rates look like on stage."""

import pygame

from ..lessons.vote import Vote, share, tally
from ..rules.entry import Entry
from ..rules.palette import outcome_styles
from .lettering import ALERT, BACKGROUND, FILLED, GOOD, INK, PANEL, QUIET, Sizes, block, font, smaller, write


def _in_a_row(options: tuple[str, ...], width: int, sizes: Sizes) -> bool:
    room = (width + sizes.gap) // len(options) - 4 * sizes.gap
    return all(font(sizes.text).size(f"{option}  000 (00 %)")[0] <= room for option in options)


def ballot_height(options: tuple[str, ...], width: int, sizes: Sizes) -> int:
    """The height in pixels that the options of a vote take: one row, or one row each where they are long."""
    return (1 if _in_a_row(options, width, sizes) else len(options)) * (sizes.line + 2 * sizes.gap) - sizes.gap


KEYS = "type counts; Tab: next; Enter: go on"


def ballot(
    surface: pygame.Surface, area: pygame.Rect, vote: Vote, sizes: Sizes,
    typing: bool = True, says: str = KEYS, grown: list[float] | None = None, before: list[float] | None = None,
) -> None:  # fmt: skip
    """A vote: the question, beside it what it `says` in a line or two, and below it its `options`."""
    pygame.draw.rect(surface, PANEL, area)
    inner = area.inflate(-4 * sizes.gap, -2 * sizes.gap)
    used = 0
    for i, line in enumerate(says.splitlines()):
        place = (inner.right, inner.y + i * sizes.line)
        used = max(used, write(surface, line, sizes.text, QUIET, place, inner.width // 2, right=True))
    asked = pygame.Rect(inner.x, inner.y, inner.width - used - 2 * sizes.gap, inner.height)
    block(surface, vote.ask, sizes.text, ALERT, asked, sizes.line, 2)
    inner.top, inner.height = inner.bottom - ballot_height(vote.options, inner.width, sizes), inner.height
    options(surface, inner, vote, sizes, typing, grown=grown, before=before)


def options(
    surface: pygame.Surface,
    area: pygame.Rect,
    vote: Vote,
    sizes: Sizes,
    typing: bool = False,
    answer: int | None = None,
    grown: list[float] | None = None,
    before: list[float] | None = None,
) -> None:
    """The options of a vote as boxes, each with its count and a bar of its share at the top of `area`.

    `typing`: the present option is marked; `answer`: the option that came true is. `grown`: the shares that the bars
    have come to so far, without counts where there are none; `before`: shares of an earlier vote, as a thin line each.
    """
    shares = vote.shares if grown is None else grown
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
            filled = pygame.Rect(box.x, box.y, round(box.width * shares[i]), box.height)
            pygame.draw.rect(surface, FILLED, filled, border_radius=sizes.gap // 2)
        if before is not None:
            line = pygame.Rect(box.x + round((box.width - 1) * before[i]), box.y, max(2, sizes.gap // 4), box.height)
            surface.fill(BACKGROUND if right else QUIET, line.clamp(box))
        edge = GOOD if right else ALERT if marked else QUIET
        pygame.draw.rect(surface, edge, box, max(2, sizes.gap // 4) if marked else 1, border_radius=sizes.gap // 2)
        ink = BACKGROUND if right else INK
        count = f"{numbers[i]} ({share(numbers[i], sum(numbers))})" if sum(numbers) and any(shares) else ""
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
