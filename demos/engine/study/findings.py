"""What a technique of detection or mitigation yields: rows of one table; and the level seeds it may use for what."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import folder
from ..rules.entry import Entry
from .intervals import rate_of
from .kinds import Kind, kind_of
from .tables import as_csv, read_csv

COLUMNS = ("agent", "levels", "measure", "n", "value", "low", "high", "unit", "seed")
ROLES = ("test", "fit", "threshold")  # each has level seeds of its own; those of the agents' training are a fourth set
PERCENT = "%"

Row = dict[str, Any]
Progress = Callable[[str, int, int], None]  # (what is being done, done, in all)


@dataclass(frozen=True)
class Technique:
    """A way to find out what an agent follows.

    `article`: its row in the article's table of detection techniques, and `opinion` the judgement printed there; both
    empty where the article has none. `suits`: whether it can be used on a demo of its `kind`. `measure`: (demo, names
    of agents, n, seed, progress) -> rows, each a dict of `COLUMNS`; `draw`: (demo, rows, ink) -> their figure.
    `episodes`: n, unless somebody says.
    """

    name: str
    title: str
    about: str
    article: str
    opinion: str
    kind: Kind
    suits: Callable[[Any], bool]
    measure: Callable[[Any, Sequence[str], int, int, Progress | None], list[Row]]
    draw: Callable[[Any, list[Row], str], Figure]
    episodes: int

    def able(self, demo: Entry) -> bool:
        """Whether it can be used on a demo."""
        return kind_of(demo) is self.kind and self.suits(demo)


def role_seed(role: str, seed: int) -> int:
    """The measurement seed that draws the levels of this role; `seed` is what a person chose, and the test's own."""
    return seed + (ROLES.index(role) << 48)


def share(agent: str, levels: str, measure: str, count: int, n: int, seed: int) -> Row:
    """A row for a share, `count` of `n`, with its Wilson interval."""
    found = rate_of(count, n)
    return _row(agent, levels, measure, n, found["rate"], found["low"], found["high"], PERCENT, seed)


def number(agent: str, levels: str, measure: str, value: float, low: float, high: float, n: int, seed: int) -> Row:
    """A row for a number with its interval, rounded to 4 digits."""
    return _row(agent, levels, measure, n, *(round(float(x), 4) for x in (value, low, high)), "", seed)


def _row(*values: Any) -> Row:
    return dict(zip(COLUMNS, values, strict=True))


def resampled(values: np.ndarray, of: Callable[[np.ndarray], float], times: int = 400) -> tuple[float, float, float]:
    """`of` everything, and the 95 % interval of `of` over bootstrap samples; `of` is given indices, int64[n]."""
    n = len(values)
    draws = np.random.default_rng(0).integers(n, size=(times, n))
    low, high = np.nanpercentile([of(values[picked]) for picked in draws], (2.5, 97.5))
    return of(values), float(low), float(high)


def table_path(demo: Entry, technique: str, room: str = "detect") -> Path:
    """Where the bundled table of a technique lies; its figure lies beside it. `room`: `detect` or `mitigate`."""
    return folder(demo) / room / f"{technique}.csv"


def rows_csv(rows: Iterable[Row]) -> str:
    """Rows as CSV."""
    return as_csv(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))


def read_rows(demo: Entry, technique: str, room: str = "detect") -> list[Row]:
    """The bundled rows of a technique; empty where it was not measured."""
    return read_csv(table_path(demo, technique, room))


def find(rows: Iterable[Row], agent: str, levels: str, measure: str) -> Row | None:
    """The row of an agent, levels and measure; None where it was not measured."""
    wanted = (agent, levels, measure)
    return next((row for row in rows if (row["agent"], row["levels"], row["measure"]) == wanted), None)


def in_words(row: Row | None) -> str:
    """A row in words: 94.0 % (95 % interval 90.2 to 96.4, n = 200)."""
    if row is None:
        return "not measured"
    factor, form, unit = (100, ".1f", " %") if row["unit"] == PERCENT else (1, ".2f", "")
    value, low, high = (f"{factor * row[key]:{form}}" for key in ("value", "low", "high"))
    return f"{value}{unit} (95 % interval {low} to {high}, n = {row['n']:,})"


def in_brief(row: Row) -> str:
    """A share with its interval: 94.0 % (90.2 to 96.4)."""
    return f"{100 * row['value']:.1f} % ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
