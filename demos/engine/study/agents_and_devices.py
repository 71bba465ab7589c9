"""Study *agents-and-devices*: kinds of behaviour of bundled agents, judged as an agent's or a device's.

A world names the kinds (`Demo.behaviours`): who walks, on levels as in training or on shifted ones that tell the goals
apart, and the change that opens them. Every run is judged on the opened level and on the level as drawn, up to the
first goal it reached (or its end), and to the end of its episode, for each class of devices and each noise.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.pretrained import Agent, folder, load_agent
from ..agents.run_grid import Run
from ..rules import edit as editing
from ..rules.change import changed
from ..rules.edit import BadLevel, draw_level
from ..rules.level import Level
from ..rules.palette import GROUND, INK
from ..rules.world import Demo, Preset
from .figures import posteriors
from .intervals import mean_of, rate_of
from .levels import measurement_seeds, shifted_config
from .posterior import CLASSES, USUAL_CLASS, USUAL_NOISE, Belief, OpenTiles, belief, field_of
from .tables import as_csv, read_csv

NAME = "agents-and-devices"
QUESTION = "Does a run look like an agent with a goal, or like a device?"
PAPER, PUBLISHED = (  # p(agent | run) in a 20 x 20 grid world; from notes
    "langosco2022goal",
    {"in-distribution": 0.9999, "misgeneralizing": 0.9999, "robust": 0.9999, "incompetent": 0.0674},
)
NOISES = (0.02, 0.05, 0.1, 0.2, 0.4)
BOARDS = ("opened", "as drawn")
SEEN = ("to the first goal", "whole episode")
COLUMNS = (
    "behaviour", "agent", "board", "seen", "devices", "noise", "quantity", "value", "low", "high", "n", "seed",
)  # fmt: skip
MOST_TRIED = 50  # levels looked at for each one wanted, before giving up
RESAMPLES = 1000

Progress = Callable[[str, int, int], None]  # (what, runs done, in all)


def levels_of(demo: Demo, behaviour: Preset, agent: Agent, board: str, n: int, seed: int) -> Iterator[Level]:
    """The first `n` levels of a measurement for a kind of behaviour; shifted ones tell the goals apart."""
    config = shifted_config(demo, agent.config) if behaviour.shifted else agent.config
    found = 0
    for level_seed in measurement_seeds(demo, seed, 0, MOST_TRIED * n):
        level = draw_level(demo, config, int(level_seed))
        try:
            level = changed(demo, level, behaviour.changes if board == "opened" else ())
        except BadLevel:
            continue
        if behaviour.shifted and demo.distinct is not None and not demo.distinct(level):
            continue
        yield level
        found += 1
        if found == n:
            return


def walk_of(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Places of the body before each move, int64[steps, 2], and the moves, int64[steps]."""
    return run.states["at"][: run.steps, 0].astype(np.int64), run.actions[: run.steps]


def judged(
    demo: Demo, behaviour: Preset, episodes: int = 300, seed: int = 1, told: Callable[[int, int], None] | None = None
) -> list[dict[str, Any]]:
    """The rows of one kind of behaviour, by board, part seen, class of devices and noise.

    Quantities: `p(agent)`, the mean posterior, and `log10 Bayes factor`, its mean, with a 95 % interval by bootstrap
    over levels; `favours agent`, the share of runs with p_agt > p_dev (Wilson); `p(GOAL)` for each named goal that has
    a place, the mean posterior of its tile given an agent; of the runs themselves, `devices` and `noise` being empty:
    `rewarded`, every outcome, `moves`, and `moves over shortest` to the goal that was reached, where one was.
    """
    agent, rows = load_agent(demo, behaviour.agent), []
    for part, board in enumerate(BOARDS):
        walks: list[tuple[Run, OpenTiles]] = []
        for level in levels_of(demo, behaviour, agent, board, episodes, seed):
            walks.append((Run(demo, agent, level, int(level.seed)), field_of(demo, level)))
            if told:
                told(part * episodes + len(walks), len(BOARDS) * episodes)
        head = {"behaviour": behaviour.name, "agent": agent.name, "board": board, "seed": seed}
        rows += [
            head | {"seen": SEEN[0], "devices": "", "noise": ""} | row for row in _did(demo, [run for run, _ in walks])
        ]
        for devices in CLASSES:
            for noise in NOISES:
                found = [belief(tiles, *walk_of(run), noise, devices) for run, tiles in walks]
                for seen in SEEN:
                    settings = {"seen": seen, "devices": devices, "noise": noise}
                    rows += [head | settings | row for row in _believed(demo, walks, found, seen)]
    return rows


def _did(demo: Demo, runs: list[Run]) -> Iterator[dict[str, Any]]:
    """What the runs did."""
    n = len(runs)
    yield _row("rewarded", rate_of(sum(run.total > 0 for run in runs), n), n)
    for outcome in demo.outcomes:
        yield _row(outcome, rate_of(sum(run.outcome == outcome for run in runs), n), n)
    yield _row("moves", mean_of(np.array([float(run.decided) for run in runs])))
    if demo.shortest:
        over = [
            run.decided - demo.shortest(run.first)[demo.goals.index(run.outcome)]
            if run.outcome in demo.goals
            else np.nan
            for run in runs
        ]
        if not np.isnan(over).all():
            yield _row("moves over shortest", mean_of(np.array(over)))


def _believed(
    demo: Demo, walks: list[tuple[Run, OpenTiles]], found: list[Belief], seen: str
) -> Iterator[dict[str, Any]]:
    """What is believed where the part seen of each run ends."""
    ends = [run.decided if seen == SEEN[0] else run.steps for run, _ in walks]
    factors = np.array([each.factor[end] for each, end in zip(found, ends, strict=True)])
    yield _row("p(agent)", _resampled(np.array([each.agent[end] for each, end in zip(found, ends, strict=True)])))
    yield _row("log10 Bayes factor", _resampled(factors))
    yield _row("favours agent", rate_of(int((factors > 0).sum()), len(found)), len(found))
    for goal in demo.goals:
        at = [goal_place(demo, run.first, goal) for run, _ in walks]
        shares = [
            each.goals[end, tiles.numbers[place]]
            for each, end, (_, tiles), place in zip(found, ends, walks, at, strict=True)
            if place is not None
        ]
        if shares:
            yield _row(f"p({goal})", _resampled(np.array(shares)))


def goal_place(demo: Demo, level: Level, goal: str) -> tuple[int, int] | None:
    """The tile of a named goal: where its object lies, or where a body must come that reaches it and nothing else."""
    names = editing.object_names(demo)
    if goal in names:
        row, col = level.objects[names.index(goal)]
        return (int(row), int(col)) if row >= 0 else None
    place = demo.places.get(goal)
    if place is None:
        return None
    row, col = place(level)
    return int(row), int(col)


def _row(quantity: str, told: dict[str, Any], n: int | None = None) -> dict[str, Any]:
    value = told["rate"] if "rate" in told else told["mean"]
    return {"quantity": quantity, "value": value, "low": told["low"], "high": told["high"], "n": n or told["n"]}


def _resampled(values: np.ndarray) -> dict[str, Any]:
    """The mean of float64[n] and its 95 % interval by bootstrap, as data."""
    n = len(values)
    picked = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
    low, high = np.percentile(values[picked].mean(1), (2.5, 97.5))
    return {key: round(float(value), 4) for key, value in (("mean", values.mean()), ("low", low), ("high", high))} | {
        "n": n
    }


def study(demo: Demo, episodes: int = 300, seed: int = 1, progress: Progress | None = None) -> list[dict[str, Any]]:
    """The rows of agents-and-devices.csv: those of every kind of behaviour that the world names."""
    rows = []
    for behaviour in demo.behaviours:

        def told(done: int, n: int, what: str = behaviour.name) -> None:
            if progress:
                progress(what, done, n)

        rows += judged(demo, behaviour, episodes, seed, told)
    return rows


def figure(rows: list[dict[str, Any]], ink: str = INK, ground: str = GROUND) -> Any:
    """Such rows as a matplotlib figure, beside the published values; `ink`, `ground`: colours of letters and paper."""
    return posteriors.agents_and_devices(rows, PUBLISHED, tuple(CLASSES), (USUAL_CLASS, USUAL_NOISE), ink, ground)


def path_of(demo: Demo) -> Path:
    """Where a world's table lies."""
    return folder(demo) / "studies" / f"{NAME}.csv"


def study_csv(rows: list[dict[str, Any]]) -> str:
    """Such rows as CSV."""
    return as_csv(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))


def read_study(demo: Demo) -> list[dict[str, Any]]:
    """The rows of the world's table, `noise` as a number or None; empty where it was not measured."""
    return [row | {"noise": float(row["noise"]) if row["noise"] else None} for row in read_csv(path_of(demo))]
