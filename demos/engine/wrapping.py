"""Text in lines that fit, for all rooms: what fits is known to whoever measures the letters."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Size = TypeVar("Size", int, float)


def wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Text in lines, at least one, of as many words as fit; a word that fits no line is broken."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if fits(longer):
            lines[-1] = longer
            continue
        lines = [*lines[: -1 if not lines[-1] else None], *_pieces(word, fits)]
    return lines


def _pieces(word: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """A word in pieces that fit, of one letter at least."""
    while len(word) > 1 and not fits(word):
        letters = next((n for n in range(len(word) - 1, 1, -1) if fits(word[:n])), 1)
        yield word[:letters]
        word = word[letters:]
    yield word


def largest(sizes: Sequence[Size], fits: Callable[[Size], bool]) -> Size:
    """The first of some sizes, from large to small, at which something fits; the last, if it fits at none."""
    return next((size for size in sizes if fits(size)), sizes[-1])
