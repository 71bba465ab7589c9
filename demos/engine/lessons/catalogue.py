"""Demos by the names that lessons, talks and links give them."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from ... import decision_entry, entry, grid_entry, text_entry
from ..rules.decision import DecisionDemo
from ..rules.entry import Entry
from ..rules.text import TextDemo
from ..rules.world import Demo

Found = TypeVar("Found")


class LessonError(ValueError):
    """A lesson or talk that cannot be read; the message is one sentence."""


@cache
def demo_named(name: str) -> Entry:
    """The demo of this name, of whatever kind. Raises LessonError."""
    return _named(entry, name)


@cache
def world_named(name: str) -> Demo:
    """The grid world of this name. Raises LessonError."""
    return _named(grid_entry, name)


@cache
def text_named(name: str) -> TextDemo:
    """The demo of this name whose networks write. Raises LessonError."""
    return _named(text_entry, name)


@cache
def decision_named(name: str) -> DecisionDemo:
    """The decision demo of this name. Raises LessonError."""
    return _named(decision_entry, name)


def _named(find: Callable[[str], Found], name: str) -> Found:
    try:
        return find(name)
    except KeyError as unknown:
        raise LessonError(str(unknown.args[0])) from None
