"""A training on order, in a process of its own: what it and whoever ordered it know of each other is a folder.

The folder holds the order, `order.json`, and what is told meanwhile, `news.json`, written whole or not at all. The
process ends when its work does; it stops when its standard input ends: whoever started it closes that, or is gone.
"""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from ..agents.own import Count
from ..files import read_bytes, write_text
from ..rules.checked import Data

ORDER, NEWS = "order.json", "news.json"
MOST = 1_000_000  # bytes of either
POLITE = 5  # added to the process's niceness: the page answers first

Phase = Literal["choosing levels", "training", "measuring", "done", "stopped", "failed"]
Read = TypeVar("Read", bound=Data)


class Job(Data):
    """What is to be trained; `worker`: the module whose process does it."""

    worker: ClassVar[str]


class Word(Data):
    """How far a training is; `error`: a sentence, where it failed."""

    phase: Phase
    steps: Count
    total: Count
    error: str = ""

    @property
    def over(self) -> bool:
        """Whether the process has nothing more to do."""
        return self.phase in ("done", "stopped", "failed")

    def leave(self, folder: Path) -> None:
        """Write it where whoever ordered the training looks."""
        write_text(folder / NEWS, self.model_dump_json())


def order_in(folder: Path, model: type[Read]) -> Read:
    """What was ordered. Raises OSError, and ValueError where it cannot be read."""
    return model.model_validate_json(read_bytes(folder / ORDER, MOST))


def news_in(folder: Path, model: type[Read]) -> Read | None:
    """The latest news; None before the first. Raises OSError, and ValueError where they cannot be read."""
    try:
        return model.model_validate_json(read_bytes(folder / NEWS, MOST))
    except FileNotFoundError:
        return None


def work(carry_out: Callable[[Path, Callable[[], bool]], None]) -> None:
    """The process: `carry_out` is handed the folder, and what says whether it is to stop."""
    over = threading.Event()

    def watch() -> None:
        while os.read(0, 4096):  # not by sys.stdin, whose lock this thread would hold when the process ends
            pass
        over.set()

    threading.Thread(target=watch, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(POLITE)
    carry_out(Path(sys.argv[1]), over.is_set)
