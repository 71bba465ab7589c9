"""The course of a training that a page shows as it goes, in a process of its own: fine-tuning, levels chosen by regret,
and a mentor. Nothing of it is kept when whoever ordered it leaves.

`python -m goalmisgen.engine.mitigate.course FOLDER` carries out the task in that folder (see `study.worker`), and
leaves word after every part of it.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from ..agents.own import Count
from ..agents.pretrained import AgentError, load_agent, varied_agent
from ..agents.run_text import load_writer
from ..rules.checked import said
from ..rules.entry import MOST_TRAINING
from ..rules.level import Level
from ..rules.text import BadText, TextDemo
from ..rules.world import Demo
from ..study.worker import Job, Phase, Word, order_in, work
from .mentor import ROUNDS, corrected, looked, rewarded
from .plan import plan_of

LOSS = "loss"
TESTS = 100  # levels of each kind in which a network is looked at, or those that tell


class Task(Job):
    """What is to be shown: `what`, one of `COURSES`, on this demo; `agent`: who goes on, where somebody does.

    `values`: what else was chosen, by name; `levels`: those that a person chose, `packed`; `steps`, `tests`: fewer than
    usual, where one only wants to see whether it works.
    """

    worker: ClassVar[str] = "goalmisgen.engine.mitigate.course"
    demo: str
    what: str
    agent: str = ""
    values: dict[str, str] = {}
    levels: str = ""
    seed: Annotated[int, Field(ge=0, le=MOST_TRAINING), said("a whole number from 0 on")] = 0
    steps: Count = 0
    tests: Count = TESTS


class Course(Word):
    """How far it is: `at`, the steps of each moment; `curves`, a value of each, by name; what the first and the latest
    moment show beside that."""

    at: list[int] = []
    curves: dict[str, list[float]] = {}
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}


@dataclass(frozen=True)
class Moment:
    """A training after `steps`: values of its curves, and what it `shows` beside them, as JSON has it."""

    steps: int
    curves: dict[str, float]
    shows: dict[str, Any]


def packed(levels: Sequence[Level] | np.ndarray, demo: Demo) -> str:
    """Levels as text."""
    return base64.b64encode(np.array(levels, demo.level).tobytes()).decode()


def unpacked(text: str, demo: Demo) -> "np.recarray[Any, Any]":
    """The levels of a text, records[n]. Raises ValueError where they are none."""
    return np.frombuffer(base64.b64decode(text), demo.level).copy().view(np.recarray)


def _tuning(task: Task) -> tuple[int, Iterator[Moment]]:
    """A fine-tuning of a text demo: its own, or that of the laboratory."""
    from ..study import tuning
    from . import synthetic

    demo = _text(task.demo)
    told = (synthetic if task.what == "synthetic" else tuning).tuning_of(demo)
    steps = task.steps or told.steps
    going = tuning.tune(demo, load_writer(demo, task.agent).network, task.values, task.seed, steps, told)

    def moments() -> Iterator[Moment]:
        for each in going:
            loss = each.loss if each.step else 0.0
            said_first = {name: list(dialogues[0][:2]) for name, dialogues in each.said.items()}
            counts = {name: len(dialogues) for name, dialogues in each.said.items()}
            yield Moment(each.step, {LOSS: loss} | each.rates, {"said": said_first, "n": counts})

    return steps, moments()


def _variety(task: Task) -> tuple[int, Iterator[Moment]]:
    """A training whose levels are chosen in a `way`, a recipe; with levels, these come again instead."""
    from . import variety

    demo = _grid(task.demo)
    recipe, steps = demo.recipes[task.values["way"]], task.steps or plan_of(demo).live_steps
    chosen = list(unpacked(task.levels, demo)) if task.levels else ()

    def moments() -> Iterator[Moment]:
        for each in variety.live(demo, recipe, task.tests, chosen, task.seed, steps):
            rates = {goal: each.summary["outcomes"][goal]["rate"] for goal in demo.goals[:2]}
            wall = {"levels": packed(each.levels, demo), "regrets": each.regrets.tolist()}
            yield Moment(min(each.steps, steps), rates, wall)

    return steps, moments()


def _mentor(task: Task) -> tuple[int, Iterator[Moment]]:
    """A network that is corrected, shown the way, or rewarded further, as the value `how` says."""
    demo, how = _grid(task.demo), task.values["how"]
    agent, fields = load_agent(demo, task.agent), plan_of(demo).reward_levels
    rounds = [each for each in ROUNDS if not task.steps or each <= task.steps]
    steps = (task.steps or plan_of(demo).reward_steps) if how in fields else rounds[-1]

    def moments() -> Iterator[Moment]:
        if how in fields:
            going = rewarded(demo, agent, dict(fields[how]), steps)
        else:
            teacher = load_agent(demo, varied_agent(demo))
            going = corrected(demo, agent, teacher, 1, rounds, shown=how == "shown")
        before = -steps
        for stage in going:
            if stage.paid < steps and how in fields and stage.paid - before < steps / 20:
                continue  # twenty looks along reward alone
            before = stage.paid
            counts = looked(demo, stage.agent, agent.config, task.tests, 1)
            shares = {name: count / task.tests for name, count in counts.items()}
            yield Moment(min(stage.paid, steps), shares, {"labels": stage.labels})

    return steps, moments()


COURSES: dict[str, Callable[[Task], tuple[int, Iterator[Moment]]]] = {
    "tuning": _tuning, "synthetic": _tuning, "variety": _variety, "mentor": _mentor,
}  # fmt: skip


def _text(name: str) -> TextDemo:
    from ... import text_entry

    return text_entry(name)


def _grid(name: str) -> Demo:
    from ... import grid_entry

    return grid_entry(name)


def carry_out(folder: Path, stopping: Callable[[], bool]) -> None:
    """Do what the task in a folder says; whatever comes of it stands in the news."""
    course = Course(phase="training", steps=0, total=1)
    course.leave(folder)

    def over(phase: Phase, error: str = "") -> None:
        course.model_copy(update={"phase": phase, "error": error}).leave(folder)

    try:
        task = order_in(folder, Task)
        total, moments = COURSES[task.what](task)
        for moment in moments:
            course = _gone_on(course, moment, total)
            course.leave(folder)
            if stopping() and moment.steps < total:
                over("stopped")
                return
        over("done")
    except (AgentError, BadText, OSError, ValueError) as error:
        over("failed", str(error))


def _gone_on(course: Course, moment: Moment, total: int) -> Course:
    return Course(
        phase="training", steps=moment.steps, total=total, at=[*course.at, moment.steps],
        curves={name: [*course.curves.get(name, []), value] for name, value in moment.curves.items()},
        first=course.first or moment.shows, last=moment.shows,
    )  # fmt: skip


if __name__ == "__main__":
    work(carry_out)
