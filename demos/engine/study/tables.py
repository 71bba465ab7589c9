"""Measured numbers as CSV: the tables beside the bundled agents."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

WHOLE, REAL = ("n", "steps", "step", "seed"), ("x", "rate", "value", "low", "high")  # columns of numbers


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The rows below the names of their columns."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    return text.getvalue()


def updated(path: Path, fresh: str, agents: Sequence[str]) -> str:
    """A table whose first column is the agent: `fresh`, and what the file says of those of `agents` that it leaves out.

    Rows stand in the order of `agents`; a file with other columns is not kept.
    """
    header, *rows = fresh.splitlines(keepends=True)
    old = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    measured = {_agent(row) for row in rows}
    if old[:1] == [header]:
        rows += [row for row in old[1:] if _agent(row) in set(agents) - measured]
    order = {name: place for place, name in enumerate(agents)}
    return header + "".join(sorted(rows, key=lambda row: order.get(_agent(row), len(order))))


def _agent(row: str) -> str:
    return row.partition(",")[0]


def read_csv(path: Path) -> list[dict[str, Any]]:
    """The rows of such a file, numbers as numbers, but for what never came up; empty where there is no file."""
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    rows = [row for row in rows if all(row.get(name) != "" for name in REAL)]
    for row in rows:
        row |= {name: int(row[name]) for name in WHOLE if name in row}
        row |= {name: float(row[name]) for name in REAL if name in row}
    return rows


def in_short(steps: int) -> str:
    """A number of steps as one says it: 24 k, 1.2 M."""
    return f"{steps / 1e6:g} M" if steps >= 1_000_000 else f"{steps / 1e3:g} k"
