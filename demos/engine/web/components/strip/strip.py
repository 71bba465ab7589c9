"""The words of a dialogue, one by one: what the network gave each a chance of, and what it looked at for it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ....rules.text import END, readable
from ..assets import component

if TYPE_CHECKING:  # importing them would import torch
    from ....agents.run_text import Word
    from ....agents.transformer import Inside


def payload(words: Sequence["Word"], inside: "Inside", label: str = "") -> dict[str, Any]:
    """What the strip shows, as JSON.

    Attention in percent, [layer][head][row][column], the row being the place a word was written from: that of the word
    before it. `first` is the word that is open at the beginning: the last watched one that the network wrote.
    """
    watched = {name for word in words for name, _, _ in word.watched}
    own = [i for i, word in enumerate(words) if word.written and word.text != END]
    answers = [i for i in own if words[i].text in watched]
    return {
        "label": label,
        "words": [
            {
                "text": readable(word.text),
                "own": word.written,
                "likely": [_told(each) for each in word.likely],
                "watched": [_told(each) for each in word.watched],
            }
            for word in words
        ],
        "attention": (inside.attention * 100).round().int().tolist(),
        "first": (answers or own or [len(words) - 1])[-1],
    }


def _told(each: tuple[str, float, float]) -> list[Any]:
    name, chance, logit = each
    return [readable(name), round(chance, 4), round(logit, 2)]


def strip(key: str, data: dict[str, Any]) -> None:
    """Mount it."""
    component("strip", "gm-strip", "strip/strip.js")(key=key, data=data)
