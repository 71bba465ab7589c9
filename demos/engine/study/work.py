"""One agent of a study: trained where it is missing, measured at each of its places. A process of its own does this."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import write_text
from ..rules.entry import Entry
from .cards import agent_folder, write_card
from .intervals import rate_of
from .kinds import Kind, kind_of
from .studies import NEITHER, Levels, levels_name, recipe_of, seed_of

Rows = list[dict[str, Any]]
EPISODES = 1000


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


def work(task: Job) -> Rows:
    """Train the agent of a task where it is missing, measure it at each of its places, and return the rows."""
    from ... import entry

    demo = entry(task.demo)
    kind, home = kind_of(demo), Path(task.home)
    base, _, age = task.agent.partition("@")
    if task.steps:
        _train(kind, demo, task)
    if home == agent_folder(demo, base):
        if not (home / "card.json").is_file():  # trained here, perhaps stopped before it was measured
            new = kind.load(demo, str(home / "policy.safetensors"))
            write_card(demo, base, kind.measure(demo, new, kind.episodes, 1, False, None))
        agent = kind.load(demo, task.agent)
    else:
        agent = kind.load(demo, str(home / (f"ages/{age}.safetensors" if age else "policy.safetensors")))
    return [row for x, wanted in task.places for levels in wanted for row in _rows(demo, task, agent, x, levels)]


def _rows(demo: Entry, task: Job, agent: Any, x: float, levels: Levels) -> Rows:
    summed = kind_of(demo).summed
    assert summed is not None  # `studies.check` refuses others
    found, miss = summed(demo, agent, levels, task.episodes, task.seed)
    shared = {
        "x": float(x), "agent": task.agent, "steps": _steps(task, agent), "levels": levels_name(levels),
        "seed": task.seed, "miss": "" if miss is None else str(miss), "sha256": agent.digest[:12], "note": task.note,
    }  # fmt: skip
    return [shared | {"quantity": name} | told for name, told in values(demo, found).items()]


def _steps(task: Job, agent: Any) -> int:
    age = task.agent.partition("@")[2]
    if age or agent.card:
        return int(age or agent.card["steps"])
    return int(json.loads((Path(task.home) / "training.json").read_text(encoding="utf-8"))["steps"])


def _train(kind: Kind, demo: Entry, task: Job) -> None:
    home = Path(task.home)
    home.mkdir(parents=True, exist_ok=True)
    recipe, kept = demo.recipes[recipe_of(task.agent)], {"ages": True} if task.ages else {}
    kind.train(demo, recipe, seed_of(task.agent), home, lambda done, _: _told(home, done), steps=task.steps, **kept)
    _told(home, task.steps)


def _told(home: Path, done: int) -> None:
    """Leave word of how far a training is, for the process that shows the bar."""
    write_text(home / "steps.part", str(done))
