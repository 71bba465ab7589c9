"""The audit card as one page to print: text, and beside each line of outcomes the rates with their intervals."""

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from ..lessons.audit_card import Card, Line
from ..rules.palette import BLUE, GREY, INK, ORANGE

WIDTH, HEIGHT = 8.27, 11.69  # inches: A4
LEFT, TOLD, BARS, RIGHT = 0.06, 0.32, 0.86, 0.95  # shares of the width
TOP, BOTTOM = 0.97, 0.02  # shares of the height
ROW = 0.0142  # of the height: one row of small letters
SMALL = 7.2  # points: small letters
LABEL, SAID, WHOLE = 38, 76, 126  # small characters that have room in a row
LOOK = {"title": (14.0, "bold", 1.8), "head": (9.0, "bold", 1.1), "text": (SMALL, "normal", 1.0)}  # size, weight, rows
SCALES = np.arange(1.0, 0.3, -0.02)  # of letters and rows: the largest at which all has room


@dataclass(frozen=True)
class _Item:
    """Something on the page. `above`: rows left free above it."""

    kind: str
    content: str | Line
    above: float = 0.0

    def rows(self, scale: float) -> float:
        """Rows that it takes where letters have this share of their size."""
        if isinstance(self.content, Line):
            label, told = _filled(self.content.label, LABEL / scale), _filled(self.content.told, SAID / scale)
            return 1.0 + max(label.count("\n"), told.count("\n"))
        return LOOK[self.kind][2] * (1 + _filled(self.content, self.width(scale)).count("\n"))

    def width(self, scale: float) -> float:
        """Characters in one of its rows."""
        return WHOLE * SMALL / LOOK[self.kind][0] / scale


def page(card: Card) -> Figure:
    """The card on one page: letters get smaller where there is much to say."""
    items = _items(card)
    needs = {scale: ROW * scale * sum(item.above + item.rows(scale) for item in items) for scale in SCALES}
    scale = next((scale for scale, height in needs.items() if height <= TOP - BOTTOM), SCALES[-1])
    figure, y = Figure(figsize=(WIDTH, HEIGHT)), TOP
    for item in items:
        y -= ROW * scale * item.above
        size, weight, _ = LOOK[item.kind]
        if isinstance(item.content, Line):
            _write(figure, LEFT, y, _filled(item.content.label, LABEL / scale), size * scale)
            _write(figure, TOLD, y, _filled(item.content.told, SAID / scale), size * scale)
            _bars(figure, card, item.content, y, ROW * scale)
        else:
            _write(figure, LEFT, y, _filled(item.content, item.width(scale)), size * scale, weight)
        y -= ROW * scale * item.rows(scale)
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
    for asked, text in card.verdict.items():
        found.append(_Item("text", f"{asked}:  {' '.join(text.split()) or '_' * 70}", 0.5))
    named = ", ".join(f"{goal} {colour}" for goal, colour in zip(card.goals, ("orange", "blue"), strict=False))
    made = f"Made by {card.command}" if card.command else ""
    found.append(_Item("text", f"At the right: rates from 0 to 100 %, {named}. {made}", 0.9))
    return found


def _filled(text: str, width: float) -> str:
    """A text in rows; a number stays with what it counts."""
    return textwrap.fill(text.replace("n = ", "n\xa0=\xa0").replace(" %", "\xa0%"), int(width))


def _write(figure: Figure, x: float, y: float, text: str, size: float, weight: str = "normal") -> None:
    """Text that hangs from this place; nothing in it is read as mathematics."""
    spacing = ROW * HEIGHT * 72 / SMALL / 1.2
    figure.text(x, y, text, size=size, weight=weight, color=INK, va="top", parse_math=False, linespacing=spacing)


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
