"""Colours with a meaning, once for figures, films, window and pages: of outcomes, of text, and those that have names.

Okabe and Ito's palette, which colour-blind readers tell apart; every outcome has a mark of its own besides.
"""

from .entry import Entry
from .sprites import COLOURS
from .world import Demo

ORANGE, BLUE, GREEN, SKY, VERMILION, PURPLE = "#e69f00", "#0072b2", "#009e73", "#56b4e9", "#d55e00", "#cc79a7"
GREY = "#8a8a8a"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)  # of lines that are no outcomes, in the order they are taken
INK, PALE_INK, GROUND = "#222222", "#eeeeee", "white"  # text on light and on dark ground, and the light ground

MARKS = {"o": "●", "s": "■", "^": "▲", "v": "▼", "X": "✖", "d": "◆"}  # matplotlib's markers as characters

NAMED_COLOURS = (
    ("blue", "#2f6fde"), ("red", "#d8402f"), ("green", "#3f9b45"), ("gold", "#f2b824"),
    ("violet", "#8a4fc8"), ("orange", "#ee7f22"), ("grey", "#8b8f98"), ("pink", "#e883b5"),
)  # fmt: skip


def outcome_styles(demo: Entry) -> dict[str, tuple[str, str]]:
    """Colour and matplotlib marker of every outcome, in the order of `demo.outcomes`."""
    fixed = {"died": (PURPLE, "X"), "timeout": (GREY, "d")}
    others = iter(((ORANGE, "o"), (BLUE, "s"), (GREEN, "^"), (SKY, "v"), (VERMILION, "X")))
    return {name: fixed.get(name) or next(others) for name in demo.outcomes}


def outcome_marks(demo: Entry) -> dict[str, tuple[str, str]]:
    """Colour and mark of every outcome, for text: those of the figures."""
    return {name: (colour, MARKS[marker]) for name, (colour, marker) in outcome_styles(demo).items()}


def swatches(demo: Demo) -> tuple[tuple[str, str], ...]:
    """The colours a person is offered first in a world: (name, #rrggbb)."""
    return tuple((name, f"#{COLOURS[name]}") for name in demo.swatches) or NAMED_COLOURS
