"""The demos of goalmisgen, in teaching order. This list is the only one; everything else derives from it."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine.rules.world import Demo

NAMES = ("coinrun", "cheese_maze")


def load(name: str) -> "Demo":
    """The demo of this name. Raises KeyError with a sentence if there is none."""
    if name not in NAMES:
        raise KeyError(f"There is no demo '{name}'; there are: {', '.join(NAMES)}.")
    demo: Demo = importlib.import_module(f"{__name__}.{name}").DEMO
    return demo
