"""One agent of a study: trained where it is missing, measured at each of its places. A process of its own does this."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.pretrained import Agent, load_agent
from ..agents.run_text import Writer, load_writer
from ..files import write_text
from ..rules.edit import draw_level
from ..rules.entry import Entry
from ..rules.level import Level
from ..rules.text import TextDemo
from ..rules.world import Demo, Recipe
from .cards import agent_folder, write_card
from .distinguishing import distinguishing_seeds, part_of
from .intervals import rate_of
from .levels import levels_config, measurement_seeds, shifted_config
from .measure_grid import measure, summary
from .probe import probe_levels
from .rollouts import rollouts
from .studies import (
    NEITHER,
    Levels,
    levels_name,
    recipe_of,
    seed_of,
)

Rows = list[dict[str, Any]]
EPISODES = 1000
A_LOOK = 64  # levels played at once in search of one where the intended goal is missed


@dataclass(frozen=True)
class Job:
    """One agent to train where it is missing, and its places on the axis with the levels to be measured there."""

    demo: str
    agent: str
    places: tuple[tuple[float, tuple[Levels, ...]], ...]
    home: str  # folder of its recipe and seed
    steps: int  # of its training; 0: it is there
    ages: bool
    episodes: int
    seed: int
    note: str = ""


@lru_cache(maxsize=8)
def _apart(demo: Demo, episodes: int, seed: int) -> np.ndarray:
    return distinguishing_seeds(demo, episodes, seed)[0]


def measured_levels(
    demo: Demo, agent: Agent, levels: Levels, episodes: int, seed: int
) -> tuple[Any, np.ndarray, np.ndarray | None]:
    """The config, the level seeds int64[n], and where levels are changed by hand the levels, records[n]."""
    if levels == "distinguishing" or levels in demo.parts:
        config, apart = shifted_config(demo, agent.config), _apart(demo, episodes, seed)
        return config, apart if levels == "distinguishing" else apart[part_of(demo, levels, config, apart)], None
    if levels in ("training", "shifted"):
        config = agent.config if levels == "training" else shifted_config(demo, agent.config)
        return config, measurement_seeds(demo, seed, 0, episodes), None
    if isinstance(levels, str):
        probe = next(probe for probe in demo.probes if probe.name == levels)
        changed, seeds, _ = probe_levels(demo, agent, probe, episodes, seed)
        return levels_config(demo, agent.config, probe.shifted), seeds, changed
    return agent.config._replace(**dict(levels)), measurement_seeds(demo, seed, 0, episodes), None


def carded(agent: Agent, levels: Levels, episodes: int, seed: int) -> dict[str, Any] | None:
    """What the agent's card says, where it says just this; loading the agent has compared the card with its weights."""
    told = agent.card["measured"] if agent.card else None
    if not told or not isinstance(levels, str) or (told["seed"], told["actions"]) != (seed, "sampled"):
        return None
    found: dict[str, Any] | None = told["levels"].get(levels)
    whole = told["levels"]["distinguishing"] if found and levels in agent.demo.parts else found
    return found if whole and whole["n"] == episodes else None


def values(demo: Entry, found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every rate and mean of a summary by name, with value, low, high and n; a world's `neither` is died or timeout."""
    n = found["n"]
    lost = [found["outcomes"][name]["rate"] for name in ("died", "timeout") if name in found["outcomes"]]
    told = ({NEITHER: rate_of(round(sum(lost) * n), n)} if lost else {}) | found["outcomes"]
    told |= {name: each for name, each in found["measures"].items() if isinstance(each, dict)}
    return {
        name: {"value": each.get("rate", each.get("mean")), "low": each["low"], "high": each["high"]}
        | {"n": each.get("n", n)}
        for name, each in told.items()
        if each.get("rate", each.get("mean")) is not None
    }


def first_miss(demo: Demo, agent: Agent, levels: Levels, episodes: int, seed: int) -> int | None:
    """The seed of the first measured level in which the intended goal was not the outcome; None: it always was."""
    config, seeds, changed = measured_levels(demo, agent, levels, episodes, seed)
    for low in range(0, len(seeds), A_LOOK):
        part = slice(low, low + A_LOOK)
        played = rollouts(demo, agent, config, seeds[part], levels=None if changed is None else changed[part])
        missed = np.flatnonzero(played.outcomes != demo.intended)
        if len(missed):
            return int(seeds[low + missed[0]])
    return None


def level_of(demo: Demo, agent: Agent, levels: Levels, level_seed: int) -> Level:
    """The level of a row: drawn, and where it is a probe's changed."""
    from ..rules.change import changed

    if isinstance(levels, str) and levels not in demo.conditions_told:
        probe = next(probe for probe in demo.probes if probe.name == levels)
        return changed(
            demo, draw_level(demo, levels_config(demo, agent.config, probe.shifted), level_seed), probe.changes
        )
    return draw_level(demo, measured_levels(demo, agent, levels, 1, 1)[0], level_seed)


def work(task: Job) -> Rows:
    """Train the agent of a task where it is missing, measure it at each of its places, and return the rows."""
    from ... import entry, grid_entry

    found = entry(task.demo)
    if isinstance(found, TextDemo):
        return _written(found, task)
    demo = grid_entry(task.demo)
    base, _, age = task.agent.partition("@")
    home = Path(task.home)
    if task.steps:
        _train(demo, task, demo.recipes[recipe_of(base)])
    if home == agent_folder(demo, base):
        if not (home / "card.json").is_file():  # trained here, perhaps stopped before it was measured
            write_card(demo, base, measure(demo, load_agent(demo, str(home / "policy.safetensors")), EPISODES, 1))
        agent = load_agent(demo, task.agent)
    else:
        agent = load_agent(demo, str(home / (f"ages/{age}.safetensors" if age else "policy.safetensors")))
    rows: Rows = []
    for x, wanted in task.places:
        for levels in wanted:
            rows += _rows(demo, task, agent, x, levels)
    return rows


def _written(demo: TextDemo, task: Job) -> Rows:
    """The same of a network that writes. A bundled one's card says it all: questions are the same for every study."""
    from ..agents import train_text
    from . import measure_text

    home = Path(task.home)
    if task.steps:
        recipe = demo.recipes[recipe_of(task.agent)]
        train_text.train(demo, recipe, seed_of(task.agent), home, lambda done, _: _told(home, done), task.steps)
    agent = load_writer(demo, str(home / "policy.safetensors"))
    if home == agent_folder(demo, task.agent):
        if not (home / "card.json").is_file():
            write_card(demo, task.agent, measure_text.measure(demo, agent))
        agent = load_writer(demo, task.agent)
    rows: Rows = []
    for x, wanted in task.places:
        for levels in map(str, wanted):
            card = agent.card["measured"]["levels"] if agent.card else {}
            found = card.get(levels) or measure_text.ask(
                demo, agent.network, agent.config, levels, task.episodes, task.seed
            )
            shared = {
                "x": float(x), "agent": task.agent, "steps": _steps(task, agent), "levels": levels, "seed": task.seed,
                "miss": "", "sha256": agent.digest[:12], "note": task.note,
            }  # fmt: skip
            rows += [shared | {"quantity": name} | told for name, told in values(demo, found).items()]
    return rows


def _rows(demo: Demo, task: Job, agent: Agent, x: float, levels: Levels) -> Rows:
    episodes, seed = task.episodes, task.seed
    found = carded(agent, levels, episodes, seed)
    if found is None:
        config, seeds, changed = measured_levels(demo, agent, levels, episodes, seed)
        found = summary(demo, rollouts(demo, agent, config, seeds, levels=changed))
    miss = first_miss(demo, agent, levels, episodes, seed)
    shared = {
        "x": float(x), "agent": task.agent, "steps": _steps(task, agent), "levels": levels_name(levels), "seed": seed,
        "miss": "" if miss is None else str(miss), "sha256": agent.digest[:12], "note": task.note,
    }  # fmt: skip
    return [shared | {"quantity": name} | told for name, told in values(demo, found).items()]


def _steps(task: Job, agent: Agent | Writer) -> int:
    age = task.agent.partition("@")[2]
    if age or agent.card:
        return int(age or agent.card["steps"])  # type: ignore[index]
    return int(json.loads((Path(task.home) / "training.json").read_text(encoding="utf-8"))["steps"])


def _train(demo: Demo, task: Job, recipe: Recipe) -> None:
    from ..agents.train_grid import train  # stable-baselines3 takes seconds to import

    home = Path(task.home)
    home.mkdir(parents=True, exist_ok=True)

    def progress(done: int, latest: dict[str, float]) -> None:
        _told(home, done)

    train(demo, recipe, seed_of(task.agent), home, progress, steps=task.steps, ages=task.ages)
    _told(home, task.steps)


def _told(home: Path, done: int) -> None:
    """Leave word of how far a training is, for the process that shows the bar."""
    write_text(home / "steps.part", str(done))
