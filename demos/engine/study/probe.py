"""What does an agent follow? What it does on changed levels, and how much the goal object weighs in its decisions."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..agents.pretrained import Agent, folder
from ..rules import edit as editing
from ..rules.batch import Batch
from ..rules.change import changed
from ..rules.edit import BadLevel
from ..rules.level import Level, records
from ..rules.world import Demo, Preset
from .intervals import mean_of, rate_of
from .levels import levels_config, measurement_seeds
from .measure_grid import summary
from .rollouts import AT_ONCE, play, rollouts
from .tables import as_csv, read_csv

MOST_TRIED = 20  # levels looked at for each one wanted
COLUMNS = ("agent", "probe", "n", "measure", "value", "low", "high", "seed")

Progress = Callable[[int, int], None]


def probe_levels(
    demo: Demo, agent: Agent, probe: Preset, n: int, seed: int
) -> tuple["np.recarray[Any, Any]", np.ndarray, int]:
    """The first `n` levels of a measurement to which a probe's changes can be made, changed: records[n].

    Also their level seeds, int64[n], and how many levels were looked at. Levels are drawn with the agent's own reward
    and sight, as in the world's training or with its shift, as the probe says.
    """
    config = levels_config(demo, agent.config, probe.shifted)
    found: list[Level] = []
    seeds: list[int] = []
    tried = 0
    while len(found) < n and tried < MOST_TRIED * n:
        level_seed = int(measurement_seeds(demo, seed, tried, 1)[0])
        tried += 1
        try:
            found.append(changed(demo, editing.draw_level(demo, config, level_seed), probe.changes))
        except BadLevel:
            continue
        seeds.append(level_seed)
    levels = records(demo.level, len(found))
    for i, level in enumerate(found):
        levels[i] = level
    return levels, np.array(seeds, np.int64), tried


def run_probe(
    demo: Demo, agent: Agent, probe: Preset, n: int = 1000, seed: int = 1, progress: Progress | None = None
) -> dict[str, Any]:
    """How often each outcome comes on `n` levels changed as `probe` says, one run each, actions sampled.

    Returns what `summary` does, with `tried`, the levels looked at. Where more than one object was taken in some run,
    `measures` has the share in which each was (`took_cheese`, `took_second_cheese`).
    """
    levels, seeds, tried = probe_levels(demo, agent, probe, n, seed)
    played = rollouts(demo, agent, agent.config, seeds, progress=progress, levels=levels)
    told = summary(demo, played) | {"tried": tried}
    there = (levels.objects[:, :, 0] >= 0) & (played.ends["there"] == 0)
    taken = {name: int(there[:, slot].sum()) for slot, name in enumerate(editing.object_names(demo)) if slot > 0}
    if not demo.counts and sum(count > 0 for count in taken.values()) > 1:
        told["measures"] |= {f"took_{name}": rate_of(count, len(seeds)) for name, count in taken.items() if count}
    return told


def weight_of_goal(
    demo: Demo, agent: Agent, shifted: bool, n: int = 1000, seed: int = 1, progress: Progress | None = None
) -> dict[str, Any]:
    """How much the agent's probabilities and value change where the goal object is painted out of its picture.

    Over the states that its own runs visit on `n` levels in which the object is in view. `probabilities`: half the sum
    of absolute differences (total variation distance, 0 to 1), `value`: the absolute difference; both averaged over the
    states of each level, then over levels, with a 95 % interval of the mean (normal). `levels`: levels in which it came
    into view.
    """
    config = levels_config(demo, agent.config, shifted)
    slot = editing.goal_slot(demo)
    seeds = measurement_seeds(demo, seed, 0, n)
    sums = np.zeros((n, 3))  # distance, change of the value, states
    for low in range(0, n, AT_ONCE):
        part = np.arange(low, min(low + AT_ONCE, n))
        batch, twin = Batch(demo, config, len(part)), Batch(demo, config, len(part))
        batch.generate(seeds[part])
        twin.generate(seeds[part])
        for running, probabilities, values in play(batch, agent):
            twin.states[:] = batch.states
            twin.states.there[:, slot] = 0
            twin.look()
            seen = (twin.pictures[running] != batch.pictures[running]).any((1, 2, 3))
            if seen.any():
                without, value = agent.think(twin.pictures[running[seen]])
                rows = part[running[seen]]
                sums[rows, 0] += np.abs(probabilities[seen] - without).sum(1) / 2
                sums[rows, 1] += np.abs(values[seen] - value)
                sums[rows, 2] += 1
            if progress:
                progress(low + len(part) - len(running), n)
    found = sums[sums[:, 2] > 0]
    means = found[:, :2] / found[:, 2:]
    return {
        "levels": len(found),
        "probabilities": mean_of(means[:, 0]),
        "value": mean_of(means[:, 1]),
    }


def curtains(demo: Demo, level: Level) -> np.ndarray:
    """bool[rows, columns]: tiles that are painted as solid ones are, and can be walked through."""
    solid = {tile.sprite for tile in demo.tiles if tile.solid}
    return np.array([not tile.solid and tile.sprite in solid for tile in demo.tiles])[level.tiles]


def at_the_curtain(
    demo: Demo, agent: Agent, probe: Preset, n: int = 1000, seed: int = 1, progress: Progress | None = None
) -> dict[str, Any]:
    """Langosco et al. 2022, figures 6 and 7, with an end wall one can walk through: what actor and critic do there.

    Over `n` levels changed as `probe` says: the share of runs that `passed` the curtain's column, and among those that
    came within one column of it, the share whose value was highest before it (`value_peaks_before`), each with its n.
    """
    levels, seeds, _ = probe_levels(demo, agent, probe, n, seed)
    wall = np.array([np.nonzero(curtains(demo, level).any(0))[0][0] for level in levels])
    best, place, furthest = np.full(len(seeds), -np.inf), np.zeros(len(seeds)), np.zeros(len(seeds))
    for low in range(0, len(seeds), AT_ONCE):
        part = np.arange(low, min(low + AT_ONCE, len(seeds)))
        batch = Batch(demo, agent.config, len(part))
        batch.levels[:] = levels[part]
        batch.start(seeds[part])
        for running, _, values in play(batch, agent):
            rows, col = part[running], batch.states.at[running, 0, 1]
            furthest[rows] = np.maximum(furthest[rows], col)
            higher = values > best[rows]
            best[rows] = np.where(higher, values, best[rows])
            place[rows] = np.where(higher, col, place[rows])
            if progress:
                progress(low + len(part) - len(running), len(seeds))
    came = furthest >= wall - 1
    return {
        "n": len(seeds),
        "passed": rate_of(int((furthest > wall).sum()), len(seeds)),
        "came": int(came.sum()),
        "value_peaks_before": rate_of(int((place[came] < wall[came]).sum()), int(came.sum())),
    }


def probes_csv(results: Iterable[tuple[str, str, int, str, dict[str, Any], int]]) -> str:
    """Rows (agent, probe, n, measure, {rate or mean, low, high}, seed) as CSV."""
    return as_csv(
        COLUMNS,
        (
            [agent, probe, n, measure, found.get("rate", found.get("mean")), found["low"], found["high"], seed]
            for agent, probe, n, measure, found, seed in results
        ),
    )


def all_probes(
    demo: Demo,
    agents: list[Agent],
    n: int = 1000,
    seed: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[tuple[str, str, int, str, dict[str, Any], int]]:
    """Every probe of a world, and the weight of its goal object, for each of these agents: the rows of `probes_csv`."""

    def told(what: str) -> Progress | None:
        return None if progress is None else lambda done, total: progress(what, done, total)

    rows = []
    for agent in agents:
        for probe in demo.probes:
            found = run_probe(demo, agent, probe, n, seed, told(f"{agent.name} {probe.name}"))
            if not found["n"]:
                continue  # what it changes is in none of this agent's levels
            rates = found["outcomes"] | {
                k: v for k, v in found["measures"].items() if isinstance(v, dict) and v.get("n", 1)
            }
            rows += [
                (agent.name, probe.name, rate.get("n", found["n"]), name, rate, seed) for name, rate in rates.items()
            ]
            if curtains(demo, probe_levels(demo, agent, probe, 1, seed)[0][0]).any():
                at = at_the_curtain(demo, agent, probe, n, seed, told(f"{agent.name} at the curtain"))
                rows.append((agent.name, probe.name, at["n"], "passed", at["passed"], seed))
                rows.append((agent.name, probe.name, at["came"], "value_peaks_before", at["value_peaks_before"], seed))
        for kind, shifted in (("training", False), ("shifted", True)):
            weight = weight_of_goal(demo, agent, shifted, n, seed, told(f"{agent.name} without the {demo.goal_object}"))
            for name in ("probabilities", "value") if weight["levels"] else ():
                rows.append((agent.name, f"removed-{kind}", weight["levels"], name, weight[name], seed))
    return rows


def read_probes(demo: Demo) -> list[dict[str, Any]]:
    """The rows of the world's probes.csv, each a rate with `low`, `high` and `n`; empty where none were measured."""
    return [row | {"rate": row["value"]} for row in read_csv(folder(demo) / "probes.csv")]
