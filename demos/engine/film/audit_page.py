"""The audit card as one page to print: text, and beside each line of outcomes the rates with their intervals."""

import textwrap
from dataclasses import dataclass

from matplotlib.figure import Figure

from ..lessons.audit_card import Card, Line
from ..rules.palette import BLUE, GREY, INK, ORANGE

WIDTH, HEIGHT = 8.27, 11.69  # inches: A4
LEFT, TOLD, BARS, RIGHT = 0.06, 0.32, 0.85, 0.95  # shares of the width
TOP, BOTTOM = 0.97, 0.02  # shares of the height
ROW = 0.0133  # of the height: one row of small letters
LABEL, SAID, WHOLE = 42, 80, 136  # characters that have room in a row
LOOK = {"title": (14.0, "bold", 1.8), "head": (9.0, "bold", 1.1), "text": (6.6, "normal", 1.0)}  # size, weight, rows


@dataclass(frozen=True)
class _Item:
    """Something on the page. `above`: rows left free above it."""

    kind: str
    content: str | Line
    above: float = 0.0

    @property
    def rows(self) -> float:
        """Rows that it takes."""
        if isinstance(self.content, Line):
            return float(max(_count(self.content.label, LABEL), _count(self.content.told, SAID)))
        size, _, rows = LOOK[self.kind]
        return rows * _count(self.content, round(WHOLE * LOOK["text"][0] / size))


def page(card: Card) -> Figure:
    """The card on one page: rows and letters get smaller where there are many."""
    items = _items(card)
    squeeze = min(1.0, (TOP - BOTTOM) / (ROW * sum(item.above + item.rows for item in items)))
    figure = Figure(figsize=(WIDTH, HEIGHT))
    y = TOP
    for item in items:
        y -= ROW * item.above * squeeze
        if isinstance(item.content, Line):
            _write(figure, LEFT, y, item.content.label, LABEL, LOOK["text"][0] * squeeze)
            _write(figure, TOLD, y, item.content.told, SAID, LOOK["text"][0] * squeeze)
            _bars(figure, card, item.content, y, ROW * squeeze)
        else:
            size, weight, _ = LOOK[item.kind]
            _write(figure, LEFT, y, item.content, round(WHOLE * LOOK["text"][0] / size), size * squeeze, weight)
        y -= ROW * item.rows * squeeze
    return figure


def _items(card: Card) -> list[_Item]:
    """Everything from top to bottom."""
    found = [_Item("title", f"Audit card: {card.title}"), _Item("text", card.about, 0.3)]
    for section in card.sections:
        found += [_Item("head", section.title, 0.9), _Item("text", section.about)]
        found += [_Item("text", line, 0.12) for line in section.lines]
    found.append(_Item("head", "What this card cannot promise", 0.9))
    found += [_Item("text", f"-  {limit}".replace("`", "")) for limit in card.limits]
    found.append(_Item("head", "Verdict", 0.9))
    found += [
        _Item("text", f"{asked}:  {' '.join(text.split()) or '_' * 70}", 0.5) for asked, text in card.verdict.items()
    ]
    colours = ("orange", "blue")
    named = ", ".join(f"{goal} {colour}" for goal, colour in zip(card.goals, colours, strict=False))
    dots = f"At the right: rates from 0 to 100 %, {named}."
    found.append(_Item("text", " ".join([dots, f"Made by {card.command}" if card.command else ""]), 0.9))
    return found


def _count(text: str, width: int) -> int:
    return max(1, len(textwrap.wrap(text, width)))


def _write(figure: Figure, x: float, y: float, text: str, width: int, size: float, weight: str = "normal") -> None:
    """Text that hangs from this place; nothing in it is read as mathematics."""
    figure.text(
        x, y, textwrap.fill(text, width), size=size, weight=weight, color=INK, va="top", parse_math=False,
        linespacing=ROW * HEIGHT * 72 / LOOK["text"][0] / 1.2,
    )  # fmt: skip


def _bars(figure: Figure, card: Card, line: Line, y: float, height: float) -> None:
    """The goals' rates between 0 and 100 %, each a dot with its interval."""
    if not line.rates:
        return
    axes = figure.add_axes((BARS, y - height, RIGHT - BARS, height))
    axes.set(xlim=(-0.03, 1.03), ylim=(-1, 1))
    axes.axis("off")
    axes.plot([0, 1], [0, 0], color=GREY, lw=0.5, zorder=0)
    for goal, colour in zip(card.goals, (ORANGE, BLUE), strict=False):
        if row := line.rates.get(goal):
            axes.plot([row["low"], row["high"]], [0, 0], color=colour, lw=2, alpha=0.6)
            axes.plot([row["value"]], [0], "o", color=colour, ms=3.5)
