"""The course of a training that has no end: what the trainer kept in life.csv beside the weights of its agent."""

import csv
from typing import Any

from ..agents.pretrained import agent_names, folder
from ..rules.world import Demo


def read_life(demo: Demo, agent: str) -> list[dict[str, float]]:
    """The rows of an agent's life.csv, by column: `steps`, then the growth of each counter per step since the last row.

    Empty where none was kept. With several levels side by side, steps are those of all of them together.
    """
    recipe, _, seed = agent.partition(":")
    path = folder(demo) / recipe / f"s{seed or 0}" / "life.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def lives(demo: Demo) -> dict[str, list[dict[str, float]]]:
    """The lives of a world's bundled agents, by agent."""
    return {name: rows for name in agent_names(demo) if (rows := read_life(demo, name))}


def parts(rows: list[dict[str, float]], count: int) -> list[dict[str, Any]]:
    """A life in `count` equal parts: the mean of every column over each, and the `steps` at its end."""
    last = rows[-1]["steps"]
    found = []
    for part in range(count):
        inside = [row for row in rows if part * last / count < row["steps"] <= (part + 1) * last / count]
        if inside:
            means = {name: sum(row[name] for row in inside) / len(inside) for name in inside[0] if name != "steps"}
            found.append({"steps": int(inside[-1]["steps"]), **means})
    return found
