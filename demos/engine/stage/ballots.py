"""What a vote and a table of rates look like on stage."""

from typing import NamedTuple

import pygame

from ..lessons.shares import in_words
from ..lessons.vote import Vote, share, tally
from ..rules.entry import Entry
from ..rules.names import ending
from ..rules.palette import outcome_styles
from .lettering import ALERT, BACKGROUND, FILLED, GOOD, INK, PANEL, QUIET, Sizes, block, font, smaller, write


class Measured(NamedTuple):
    """How often the runs of one agent ended how: what it is called, shares by outcome, of `n` levels."""

    demo: Entry
    label: str
    shares: dict[str, float]
    n: int


def _in_a_row(options: tuple[str, ...], width: int, sizes: Sizes) -> int:
    """The size of letters, as large as can be, at which all options stand beside each other; 0 where they do not."""
    room = (width + sizes.gap) // len(options) - 3 * sizes.gap
    return next(
        (
            size
            for size in range(sizes.text, sizes.text * 7 // 8 - 1, -1)
            if all(font(size).size(f"{option}  000")[0] <= room for option in options)
        ),
        0,
    )


def ballot_height(options: tuple[str, ...], width: int, sizes: Sizes) -> int:
    """The height in pixels that the options of a vote take: one row, or one row each where they are long."""
    return (1 if _in_a_row(options, width, sizes) else len(options)) * (sizes.line + 2 * sizes.gap) - sizes.gap


DOTS = 100
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
    size = beside or sizes.text
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
        count = f"{numbers[i]}" if sum(numbers) and any(shares) else ""
        y = box.y + (box.height - round(size * 1.14)) // 2
        used = write(surface, count, size, ink, (box.right - sizes.gap, y), width, right=True)
        room = width - used - 3 * sizes.gap
        left = max(0, (box.width - 2 * sizes.gap - font(size).size(option)[0]) // 2) if beside and not used else 0
        write(surface, option, size, ink, (box.x + sizes.gap + left, y), room)


def rates(surface: pygame.Surface, area: pygame.Rect, every: list[Measured], sizes: Sizes) -> None:
    """Measured rates as a hundred dots for each agent, all of one size, and below what they stand for."""
    line = min(sizes.line, area.height // (4 * len(every)))
    letters = round(line / 1.14)
    told = [_lines(each, letters, area.width) for each in every]
    free = area.height - line * sum(1 + len(lines) for lines in told) - len(every) * line // 2
    rows = max((1, 2, 4), key=lambda rows: _apart(area.width, free // len(every), rows))
    apart, y = _apart(area.width, free // len(every), rows), area.y
    for each, lines in zip(every, told, strict=True):
        write(surface, each.label, smaller(each.label, letters, area.width), INK, (area.x, y), area.width)
        y += line
        styles = outcome_styles(each.demo)
        for i, name in enumerate(name for name, number in hundred(each.shares).items() for _ in range(number)):
            down, across = divmod(i, DOTS // rows)
            middle = round(area.x + (across + 0.5) * apart), round(y + (down + 0.5) * apart)
            pygame.draw.circle(surface, styles[name][0], middle, max(2, int(0.42 * apart)))
        y += round(rows * apart)
        for line_of in lines:
            x = area.x
            for name, text in line_of:
                pygame.draw.circle(surface, styles[name][0], (x + letters // 3, y + letters * 4 // 7), letters // 3)
                x += (
                    letters + write(surface, text, letters, QUIET, (x + letters, y), area.right - x - letters) + letters
                )
            y += line
        y += line // 2


def _apart(width: int, height: int, rows: int) -> float:
    """How far apart a hundred dots lie in so many rows of an area."""
    return min(width * rows / DOTS, height / rows)


def _lines(rated: Measured, letters: int, width: int) -> list[list[tuple[str, str]]]:
    """What dots stand for, in lines that fit a width."""
    told = [
        (name, f"{ending(rated.demo, name).chip} {_of_hundred(share, rated.n)}")
        for name, share in rated.shares.items()
        if share
    ]
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0
    for each in told:
        wide = font(letters).size(each[1])[0] + 2 * letters
        if lines[-1] and used + wide > width:
            lines, used = [*lines, []], 0
        lines[-1].append(each)
        used += wide
    return lines


def _of_hundred(rate: float, n: int) -> str:
    """A share in words, beside a hundred dots."""
    return in_words(rate, n).removesuffix(" of 100")


def hundred(outcomes: dict[str, float]) -> dict[str, int]:
    """Shares that add up to 1 as so many of a hundred, none that is there left out."""
    found = {name: max(int(100 * share), int(share > 0)) for name, share in outcomes.items()}
    missing = max(0, DOTS - sum(found.values()))
    for name in sorted(found, key=lambda name: found[name] - 100 * outcomes[name])[:missing]:
        found[name] += 1
    most = max(found, key=lambda name: found[name])
    return found | {most: found[most] + DOTS - sum(found.values())}


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
