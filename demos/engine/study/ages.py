"""Ages: one agent's training seen at six moments, the last one trained twice as long as the rest."""

import csv
import io
from collections.abc import Callable
from typing import Any

from ..agents.pretrained import agent_names, ages_of, folder, load_agent
from ..rules.world import Demo
from .measure import measure

COLUMNS = ("agent", "steps", "levels", "n", "outcome", "rate", "low", "high", "seed")


def aged(demo: Demo) -> dict[str, list[int]]:
    """The agents whose training was kept at several ages, and those ages in steps, ascending."""
    return {name: ages for name in agent_names(demo) if (ages := ages_of(demo, name))}


def measure_ages(
    demo: Demo, episodes: int = 1000, seed: int = 1, progress: Callable[[str, int, int], None] | None = None
) -> str:
    """Measure every kept age of a world's agents; returns `ages.csv`, one row per age, kind of levels and outcome."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for name, ages in aged(demo).items():
        for steps in ages:

            def told(part: str, done: int, total: int, what: str = f"{name}@{steps}") -> None:
                if progress:
                    progress(f"{what}, {part}", done, total)

            result = measure(demo, load_agent(demo, f"{name}@{steps}"), episodes, seed, progress=told)
            for levels, found in result["levels"].items():
                for outcome, rate in (found or {"outcomes": {}})["outcomes"].items():
                    table.writerow(
                        [name, steps, levels, found["n"], outcome, rate["rate"], rate["low"], rate["high"], seed]
                    )
    return text.getvalue()


def read_ages(demo: Demo) -> list[dict[str, Any]]:
    """The rows of the world's ages.csv; empty where it has not been measured."""
    path = folder(demo) / "ages.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []
