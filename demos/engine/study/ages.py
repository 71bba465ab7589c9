"""Ages: a training seen at several moments, by the copies of the network that were kept then."""

from collections.abc import Callable, Sequence
from typing import Any

from ..agents.pretrained import agent_names, ages_of, folder, load_agent
from ..rules.entry import Entry
from ..rules.world import Demo
from .measure_grid import measure
from .pace import affinities
from .tables import as_csv, read_csv

KEYS = ("mean", "low", "high")
COLUMNS = ("agent", "steps", "levels", "n", "outcome", "rate", "low", "high", "seed")


def aged(demo: Demo) -> dict[str, list[int]]:
    """The agents whose training was kept at several ages, and those ages in steps, ascending."""
    return {name: ages for name in agent_names(demo) if (ages := ages_of(demo, name))}


def measure_ages(
    demo: Demo,
    names: Sequence[str],
    episodes: int = 1000,
    seed: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> str:
    """Measure every kept age of the agents of these names; returns rows of `ages.csv`, one per age, levels, quantity.

    Quantities are outcomes, means of what the world counts, and where it has a scripted greedy policy the affinity to
    it (`pace.py`), whose `levels` are `pace`.
    """
    rows = []
    for name in names:
        ages = aged(demo)[name]
        for steps in ages:

            def told(part: str, done: int, total: int, what: str = f"{name}@{steps}") -> None:
                if progress:
                    progress(f"{what}, {part}", done, total)

            result = measure(demo, load_agent(demo, f"{name}@{steps}"), episodes, seed, progress=told)
            for levels, found in result["levels"].items():
                for outcome, rate in (found or {"outcomes": {}})["outcomes"].items():
                    rows.append(
                        [name, steps, levels, found["n"], outcome, rate["rate"], rate["low"], rate["high"], seed]
                    )
                for each in demo.measures if found else ():
                    mean = found["measures"][each.name]
                    rows.append([name, steps, levels, mean["n"], each.name, *(mean[key] for key in KEYS), seed])
        if demo.pace:
            agents = [load_agent(demo, f"{name}@{steps}") for steps in ages]
            for actor, kind, mean in affinities(demo, agents, episodes, seed):
                row = [name, actor.partition("@")[2], "pace", mean["n"], f"affinity {kind}"]
                rows.append([*row, *(mean[key] for key in KEYS), seed])
    return as_csv(COLUMNS, rows)


def read_ages(demo: Entry) -> list[dict[str, Any]]:
    """The rows of the demo's ages.csv, each a rate with `low`, `high` and `n`; empty where none were measured."""
    return read_csv(folder(demo) / "ages.csv")
