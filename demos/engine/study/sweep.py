"""Making a study: agents that are missing are trained, then all are measured, one process for each.

Every agent is one task that returns rows of the study's CSV. joblib runs the tasks, here or on a Dask cluster, whose
workers must share this folder. What a card or the CSV itself already says of the same weights is not measured again.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..files import write_text
from ..rules.world import Demo
from .cards import agent_folder, write_csv
from .kinds import kind_of
from .studies import (
    NO_RESULT,
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
from .work import EPISODES, Job, Rows, work

QUICK_EPISODES = 20
POLL = 1.0  # seconds

Progress = Callable[[str, int, int], None]  # (what, done, in all)


def tasks(
    demo: Demo, study: Study, known: Rows, episodes: int, seed: int, train: bool, quick: Path | None = None
) -> tuple[list[Job], Rows]:
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
            left.append(Job(demo.name, agent, places, str(home), steps, ages, episodes, seed, note))
    return left, kept


def quick_steps(demo: Demo) -> int:
    """The steps of a training that only shows that a study goes its whole way."""
    return kind_of(demo).quick


def _quick_agent(demo: Demo, home: Path, agent: str, own: list[Sample]) -> tuple[int, str]:
    """Steps to train, and the agent's name: at an age, that of its short training."""
    base, at, _ = agent.partition("@")
    short = quick_steps(demo)
    steps = 0 if (home / "policy.safetensors").is_file() else short
    return steps, f"{base}@{short}" if at else agent


def _kept(demo: Demo, agent: str, own: list[Sample], known: Rows, episodes: int, seed: int) -> Rows:
    """The known rows that were measured on these very weights, on as many levels of the same seed.

    A table of before the demo had one of its outcomes is not kept.
    """
    wanted = {(sample.x, levels_name(levels)) for sample in own for levels in sample.levels}
    mine = [row for row in known if row["agent"] == agent and (row["x"], row["levels"]) in wanted]
    mine = [row for row in mine if row["seed"] == seed and not row["note"]]
    digest = kind_of(demo).load(demo, agent).digest[:12] if mine else ""
    parts = getattr(demo, "parts", {})  # of the distinguishing levels: of as many of those, whatever is in each
    whole_n = {row["n"] for row in mine if row["levels"] == "distinguishing"}
    alike = [
        row
        for row in mine
        if demo.words.asks_alike or episodes == row["n"] or (row["levels"] in parts and episodes in whole_n)
    ]
    told: dict[tuple[float, str], set[str]] = {}
    for row in alike:
        told.setdefault((row["x"], row["levels"]), set()).add(row["quantity"])
    whole = {place for place, names in told.items() if names >= set(demo.outcomes)}
    return [row for row in mine if row["sha256"] == digest and (row["x"], row["levels"]) in whole]


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
        write_text(path, rows_csv(rows))

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


def _one_training_each(left: list[Job]) -> list[Job]:
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
def _watched(left: list[Job], told: Progress) -> Iterator[None]:
    """Tell how many steps of all trainings are done, while they go on in other processes."""
    due = [task for task in left if task.steps]
    total, over = sum(task.steps for task in due), threading.Event()

    def steps_of(task: Job) -> int:
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
