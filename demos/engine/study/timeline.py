"""What a world counts, step by step: the mean over many episodes of each of its measures, at every few steps."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..agents.pretrained import Agent, agent_names, folder, load_agent
from ..files import write_text
from ..rules.batch import Batch
from ..rules.world import Demo
from .intervals import mean_of
from .levels import measurement_seeds, shifted_config
from .rollouts import AT_ONCE, play
from .tables import as_csv, read_csv, updated

COLUMNS = ("agent", "levels", "step", "measure", "value", "low", "high", "n", "seed")
EVERY = 5  # steps between two rows of a table

Progress = Callable[[str, int, int], None]  # (what, steps done, in all)


def over_time(
    demo: Demo, agent: Agent, config: Any, seeds: np.ndarray, told: Callable[[int, int], None] | None = None
) -> np.ndarray:
    """float64[timeout + 1, measures, n]: every measure at every step of one episode in each level of these seeds.

    An episode that has ended keeps its last values; nan where a measure does not apply.
    """
    found = np.zeros((demo.timeout + 1, len(demo.measures), len(seeds)))
    for low in range(0, len(seeds), AT_ONCE):
        part = slice(low, min(low + AT_ONCE, len(seeds)))
        batch = Batch(demo, config, part.stop - low)
        batch.generate(seeds[part])
        step = 0
        for _ in play(batch, agent):
            found[step, :, part] = [measure.of(batch.states) for measure in demo.measures]
            step += 1
            if told:
                told(low + (part.stop - low) * step // demo.timeout, len(seeds))
        found[step:, :, part] = np.array([measure.of(batch.states) for measure in demo.measures])
    return found


def timelines(
    demo: Demo, agents: list[Agent], episodes: int = 1000, seed: int = 1, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """The rows of timelines.csv for these agents, on levels as in their training and on shifted ones.

    Each: agent, levels, step, measure, the mean `value` with its 95 % interval, n (episodes it applies to), seed.
    """
    rows = []
    seeds = measurement_seeds(demo, seed, 0, episodes)
    for agent in agents:
        for levels, config in (("training", agent.config), ("shifted", shifted_config(demo, agent.config))):

            def told(done: int, n: int, what: str = f"{agent.name}, {levels} levels") -> None:
                if progress:
                    progress(what, done, n)

            found = over_time(demo, agent, config, seeds, told)
            for step in range(0, demo.timeout + 1, EVERY):
                for i, measure in enumerate(demo.measures):
                    mean = mean_of(found[step, i])
                    if mean["n"]:
                        rows.append(
                            {"agent": agent.name, "levels": levels, "step": step, "measure": measure.name, "seed": seed}
                            | {"value": mean["mean"]}
                            | {key: mean[key] for key in ("low", "high", "n")}
                        )
    return rows


def add_timelines(demo: Demo, names: list[str], episodes: int, seed: int, progress: Progress | None = None) -> None:
    """Write timelines.csv with these agents in it; those that it holds, on as many levels, are not measured again."""
    held = {row["agent"] for row in read_timelines(demo) if row["n"] == episodes and row["seed"] == seed}
    lacking = [load_agent(demo, name) for name in names if name not in held]
    if lacking:
        path, fresh = folder(demo) / "timelines.csv", timelines_csv(timelines(demo, lacking, episodes, seed, progress))
        write_text(path, updated(path, fresh, agent_names(demo)))


def timelines_csv(rows: list[dict[str, Any]]) -> str:
    """Such rows as CSV."""
    return as_csv(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))


def read_timelines(demo: Demo) -> list[dict[str, Any]]:
    """The rows of the world's timelines.csv; empty where none were measured."""
    return read_csv(folder(demo) / "timelines.csv")
