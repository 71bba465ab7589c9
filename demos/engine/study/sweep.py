"""Making a study: agents that are missing are trained, then all are measured, one process for each.

Every agent is one task that returns rows of the study's CSV. joblib runs the tasks, here or on a Dask cluster, whose
workers must share this folder. What a card or the CSV itself already says of the same weights is not measured again.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.pretrained import Agent, load_agent
from ..agents.writer import Writer, load_writer
from ..rules.edit import draw_level
from ..rules.entry import Entry
from ..rules.level import Level
from ..rules.world import Demo, Recipe
from ..rules.writing import TextDemo
from .cards import agent_folder, write_card, write_csv, written
from .measure import (
    distinguishing_seeds,
    levels_config,
    measure,
    measurement_seeds,
    rate_of,
    rollouts,
    shifted_config,
    summary,
)
from .probe import probe_levels
from .studies import (
    NEITHER,
    NO_RESULT,
    Levels,
    Sample,
    Study,
    StudyError,
    bundled,
    check,
    csv_path,
    levels_name,
    read_rows,
    recipe_of,
    rows_csv,
    samples,
    seed_of,
)
from .timeline import add_timelines

QUICK_STEPS, QUICK_EPISODES, EPISODES = 4096, 20, 1000
A_LOOK = 64  # levels played at once in search of one where the intended goal is missed
POLL = 1.0  # seconds

Rows = list[dict[str, Any]]
Progress = Callable[[str, int, int], None]  # (what, done, in all)


@dataclass(frozen=True)
class Task:
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


# --- levels, and what an agent does there


@lru_cache(maxsize=8)
def _apart(demo: Demo, episodes: int, seed: int) -> np.ndarray:
    return distinguishing_seeds(demo, episodes, seed)[0]


def measured_levels(
    demo: Demo, agent: Agent, levels: Levels, episodes: int, seed: int
) -> tuple[Any, np.ndarray, np.ndarray | None]:
    """The config, the level seeds int64[n], and where levels are changed by hand the levels, records[n]."""
    if levels == "distinguishing":
        return shifted_config(demo, agent.config), _apart(demo, episodes, seed), None
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
    return found if found and found["n"] == episodes else None


def values(demo: Entry, found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every rate and mean of a summary by name, with `value`, `low`, `high` and `n`; `neither` is died or timeout."""
    n = found["n"]
    lost = sum(found["outcomes"][name]["rate"] for name in ("died", "timeout") if name in found["outcomes"])
    told = {NEITHER: rate_of(round(lost * n), n)} | found["outcomes"]
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

    if isinstance(levels, str) and levels not in ("training", "shifted", "distinguishing"):
        probe = next(probe for probe in demo.probes if probe.name == levels)
        return changed(
            demo, draw_level(demo, levels_config(demo, agent.config, probe.shifted), level_seed), probe.changes
        )
    return draw_level(demo, measured_levels(demo, agent, levels, 1, 1)[0], level_seed)


# --- one task, in a process of its own


def work(task: Task) -> Rows:
    """Train the agent of a task where it is missing, measure it at each of its places, and return the rows."""
    import demos

    found = demos.entry(task.demo)
    if isinstance(found, TextDemo):
        return _written(found, task)
    demo = demos.load(task.demo)
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


def _written(demo: TextDemo, task: Task) -> Rows:
    """The same of a network that writes. A bundled one's card says it all: questions are the same for every study."""
    from ..agents import school
    from . import asking

    home = Path(task.home)
    if task.steps:
        recipe = demo.recipes[recipe_of(task.agent)]
        school.train(demo, recipe, seed_of(task.agent), home, lambda done, _: _told(home, done), task.steps)
    agent = load_writer(demo, str(home / "policy.safetensors"))
    if home == agent_folder(demo, task.agent):
        if not (home / "card.json").is_file():
            write_card(demo, task.agent, asking.measure(demo, agent))
        agent = load_writer(demo, task.agent)
    rows: Rows = []
    for x, wanted in task.places:
        for levels in map(str, wanted):
            card = agent.card["measured"]["levels"] if agent.card else {}
            found = card.get(levels) or asking.ask(demo, agent.network, agent.config, levels, task.episodes, task.seed)
            shared = {
                "x": float(x), "agent": task.agent, "steps": _steps(task, agent), "levels": levels, "seed": task.seed,
                "miss": "", "sha256": agent.digest[:12], "note": task.note,
            }  # fmt: skip
            rows += [shared | {"quantity": name} | told for name, told in values(demo, found).items()]
    return rows


def _rows(demo: Demo, task: Task, agent: Agent, x: float, levels: Levels) -> Rows:
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


def _steps(task: Task, agent: Agent | Writer) -> int:
    age = task.agent.partition("@")[2]
    if age or agent.card:
        return int(age or agent.card["steps"])  # type: ignore[index]
    return int(json.loads((Path(task.home) / "training.json").read_text(encoding="utf-8"))["steps"])


def _train(demo: Demo, task: Task, recipe: Recipe) -> None:
    from ..agents.train import train  # stable-baselines3 takes seconds to import

    home = Path(task.home)
    home.mkdir(parents=True, exist_ok=True)

    def progress(done: int, latest: dict[str, float]) -> None:
        _told(home, done)

    train(demo, recipe, seed_of(task.agent), home, progress, steps=task.steps, ages=task.ages)
    _told(home, task.steps)


def _told(home: Path, done: int) -> None:
    """Leave word of how far a training is, for the process that shows the bar."""
    temporary = home / f"steps.{os.getpid()}.part"
    temporary.write_text(str(done), encoding="utf-8")
    os.replace(temporary, home / "steps.part")


# --- a whole study


def tasks(
    demo: Demo, study: Study, known: Rows, episodes: int, seed: int, train: bool, quick: Path | None = None
) -> tuple[list[Task], Rows]:
    """What is left to do for a study, and the rows of `known` that hold as they are.

    `train`: whether missing agents are trained; `quick`: the folder of agents that are hardly trained.
    """
    check(demo, study)
    kept: Rows = []
    wanted: dict[str, list[Sample]] = {}
    for sample in samples(demo, study, quick is not None):
        wanted.setdefault(sample.agent, []).append(sample)
    left = []
    for agent, own in wanted.items():
        base, _, age = agent.partition("@")
        home = agent_folder(demo, base) if quick is None else quick / recipe_of(base) / f"s{seed_of(base)}"
        steps, ages = 0, bool(age)
        if quick is not None:
            steps, agent = _quick_agent(demo, home, agent, own)
        elif not bundled(demo, agent):
            if not train or (age and bundled(demo, base)):
                continue
            steps = demo.recipes[recipe_of(base)].steps
        if not steps and quick is None:
            kept += (same := _kept(demo, agent, own, known, episodes, seed))
            done = {(row["x"], row["levels"]) for row in same}
            own = [
                replace(s, levels=tuple(each for each in s.levels if (s.x, levels_name(each)) not in done)) for s in own
            ]
        places = tuple((sample.x, sample.levels) for sample in own if sample.levels)
        if places:
            note = NO_RESULT if quick is not None else ""
            left.append(Task(demo.name, agent, places, str(home), steps, ages, episodes, seed, note))
    return left, kept


def _quick_agent(demo: Demo, home: Path, agent: str, own: list[Sample]) -> tuple[int, str]:
    """Steps to train, and the agent's name: at an age, that of its short training."""
    base, at, _ = agent.partition("@")
    short = 20 if demo.kind == "text" else QUICK_STEPS  # batches, or steps in worlds
    steps = 0 if (home / "policy.safetensors").is_file() else short
    return steps, f"{base}@{QUICK_STEPS}" if at else agent


def _kept(demo: Demo, agent: str, own: list[Sample], known: Rows, episodes: int, seed: int) -> Rows:
    """The known rows that were measured on these very weights, on as many levels of the same seed."""
    wanted = {(sample.x, levels_name(levels)) for sample in own for levels in sample.levels}
    mine = [row for row in known if row["agent"] == agent and (row["x"], row["levels"]) in wanted]
    mine = [row for row in mine if row["seed"] == seed and not row["note"]]
    writes = demo.kind == "text"  # then every card has as many questions
    load: Any = load_writer if writes else load_agent
    digest = load(demo, agent).digest[:12] if mine else ""
    whole = [row for row in mine if row["quantity"] == demo.intended and (writes or row["n"] == episodes)]
    asked = {(row["x"], row["levels"]) for row in whole}
    return [row for row in mine if row["sha256"] == digest and (row["x"], row["levels"]) in asked]


def run(
    demo: Demo,
    study: Study,
    told: Progress,
    episodes: int = EPISODES,
    seed: int = 1,
    jobs: int | None = None,
    train: bool = True,
    quick: Path | None = None,
    scheduler: str = "",
) -> tuple[Path, Rows]:
    """Make a study's CSV, writing it anew after every agent; returns its path and rows.

    `jobs`: processes, one for each core unless it says otherwise; `scheduler`: address of a Dask scheduler to run on
    instead. Whatever stops it, what was measured stays, and a training is resumed by the next call.
    """
    import joblib

    path = csv_path(demo, study) if quick is None else quick / f"{study.name}.csv"
    known = _known(path) if quick is None else []
    left, kept = tasks(demo, study, known, episodes, seed, train, quick)
    order = {sample.agent: i for i, sample in enumerate(samples(demo, study))}
    left, rows = _one_training_each(left), kept
    if not left and not kept:
        return path, []
    path.parent.mkdir(parents=True, exist_ok=True)

    def write() -> None:
        rows.sort(key=lambda row: (order.get(row["agent"], len(order)), row["x"]))
        written(path, rows_csv(rows))

    with _backend(scheduler), _watched(left, told):
        for trained in (True, False):
            due = [joblib.delayed(work)(task) for task in left if bool(task.steps) is trained]
            if not due:
                continue
            running = joblib.Parallel(n_jobs=min(jobs or joblib.cpu_count(), len(due)), return_as="generator_unordered")
            for done, found in enumerate(running(due), 1):
                rows += found
                write()
                told("agents trained and measured" if trained else "agents measured", done, len(due))
    write()
    if quick is None:
        if any(task.steps for task in left):
            write_csv(demo)
        for panel in study.panels:
            if panel.over_time:
                add_timelines(demo, sorted({row["agent"] for row in rows}, key=order.__getitem__), episodes, seed, told)
    return path, rows


def _known(path: Path) -> Rows:
    """What was measured before; nothing where that is damaged, since it is made anew here."""
    try:
        return read_rows(path)
    except StudyError:
        return []


def _one_training_each(left: list[Task]) -> list[Task]:
    """Of several ages of one training only the first task trains; the others become whole when it is done."""
    training: set[str] = set()
    found = []
    for task in left:
        found.append(task if task.home not in training else replace(task, steps=0))
        if task.steps:
            training.add(task.home)
    return found


@contextmanager
def _backend(scheduler: str) -> Iterator[None]:
    """Run joblib's tasks on a Dask cluster, where a scheduler is given."""
    if not scheduler:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise StudyError("The Dask backend is not installed; get it with `pip install goalmisgen[dask]`.") from None
    import joblib

    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise StudyError(f"No Dask scheduler answers at '{scheduler}': {' '.join(str(error).split())}.") from None
    with client, client.as_current(), joblib.parallel_config(backend="dask"):
        yield


@contextmanager
def _watched(left: list[Task], told: Progress) -> Iterator[None]:
    """Tell how many steps of all trainings are done, while they go on in other processes."""
    due = [task for task in left if task.steps]
    total, over = sum(task.steps for task in due), threading.Event()

    def steps_of(task: Task) -> int:
        try:
            return min(int((Path(task.home) / "steps.part").read_text(encoding="utf-8")), task.steps)
        except (OSError, ValueError):
            return 0

    def watch() -> None:
        while not over.wait(POLL):
            told("steps of training", sum(map(steps_of, due)), total)

    thread = threading.Thread(target=watch, daemon=True)
    if due:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if due:
            thread.join()
        for task in due:
            (Path(task.home) / "steps.part").unlink(missing_ok=True)


def quick_folder(study: Study) -> Path:
    """A new folder for what --quick makes."""
    return Path(tempfile.mkdtemp(prefix=f"goalmisgen-{study.name}-"))
