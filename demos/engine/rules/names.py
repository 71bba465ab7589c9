"""What people call a training and the way a run ended, where code has a short name: from `lessons/names.yaml`.

Short names such as `mix-2:1` or `timeout` stay in tables for machines, on the command line and where one hovers.
"""

from functools import cache
from typing import Any, NamedTuple

import yaml

from ..content import content
from .entry import Entry

MOST_LETTERS = 34  # of a label


class RecipeWords(NamedTuple):
    """A recipe in words: `label` in lists and legends, `line`, what its training was, below it."""

    label: str
    line: str


class Ending(NamedTuple):
    """An outcome in words: `chip` in lists and legends, `says` as a sentence."""

    chip: str
    says: str


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((content() / "lessons" / "names.yaml").read_text(encoding="utf-8"))
    return found


def training(demo: Entry, recipe: str) -> RecipeWords:
    """The words for a recipe; its short name and what it declares, where the file has none."""
    told = _file().get(demo.name, {}).get("recipes", {}).get(recipe)
    if told:
        return RecipeWords(**told)
    declared = demo.recipes.get(recipe)
    return RecipeWords(recipe, f"Trained with {declared.about}." if declared else "")


def ending(demo: Entry, outcome: str) -> Ending:
    """The words for an outcome; its short name, where the file has none."""
    told = _file().get(demo.name, {}).get("outcomes", {}).get(outcome)
    return Ending(**told) if told else Ending(outcome, f"Its run ended so: {outcome}.")


class GalleryCard(NamedTuple):
    """A demo in the gallery: `line` says what happens, `chip` what kind of case it is."""

    title: str
    line: str
    chip: str


def card(demo: Entry) -> GalleryCard:
    """The words for a demo in the gallery; its question, where the file has none."""
    told = _file().get(demo.name, {}).get("card")
    return GalleryCard(**told) if told else GalleryCard(demo.title, demo.question, "")
