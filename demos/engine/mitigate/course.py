"""The course of a training that a page shows as it goes, in a process of its own: whatever the tabs of the laboratory
train. Nothing of it is kept when whoever ordered it leaves.

`python -m goalmisgen.engine.mitigate.course FOLDER` carries out the task in that folder (see `study.worker`), and
leaves word after every part of it.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from ..agents.own import Count
from ..agents.pretrained import Agent, AgentError, load_agent, varied_agent
from ..agents.run_text import load_writer
from ..rules.batch import drawn_levels
from ..rules.checked import said
from ..rules.entry import MOST_TRAINING
from ..rules.level import Level
from ..rules.text import BadText, TextDemo
from ..rules.world import Demo
from ..study.distinguishing import distinguishing_seeds
from ..study.worker import Job, Phase, Word, order_in, work
from .mentor import ROUNDS, corrected, looked, rewarded
from .plan import plan_of
from .rescue import UPDATES, by_demonstrations, to_the_end

LOSS = "loss"
LOOK = 50  # updates between two looks
SHOWN = 5  # the seed of levels in which two readings are shown
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
    """Trainings whose levels are chosen in these `ways`, recipes; with levels, these come again instead.

    Several go on in turns, an update each.
    """
    from . import variety

    demo, ways = _grid(task.demo), task.values["ways"].split()
    steps = task.steps or plan_of(demo).live_steps
    chosen = list(unpacked(task.levels, demo)) if task.levels else ()

    def moments() -> Iterator[Moment]:
        going = [variety.live(demo, demo.recipes[way], task.tests, chosen, task.seed, steps) for way in ways]
        for all_ways in zip(*going, strict=True):
            rates, walls = dict[str, float](), dict[str, Any]()
            for way, each in zip(ways, all_ways, strict=True):
                rates |= {f"{way} {goal}": each.summary["outcomes"][goal]["rate"] for goal in demo.goals[:2]}
                walls[way] = {"levels": packed(each.levels, demo), "regrets": each.regrets.tolist()}
            yield Moment(min(all_ways[0].steps, steps), rates, walls)

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
            shares = _shares(task, demo, stage.agent, agent.config)
            yield Moment(min(stage.paid, steps), shares, {"labels": stage.labels})

    return steps, moments()


def _shares(task: Task, demo: Demo, agent: Agent, config: object) -> dict[str, float]:
    """How often each goal comes first in levels that tell, and the skill that is left."""
    return {name: count / task.tests for name, count in looked(demo, agent, config, task.tests, 1).items()}


def _taught(task: Task, stages: Iterator[tuple[int, Agent]], steps: int) -> Iterator[Moment]:
    """An agent before it is taught, and now and then while it is."""
    demo = _grid(task.demo)
    agent = load_agent(demo, task.agent)
    for done, fresh in chain([(0, agent)], stages):
        if done % LOOK == 0 or done == steps:
            yield Moment(done, _shares(task, demo, fresh, agent.config), {})


def _rescue(task: Task) -> tuple[int, Iterator[Moment]]:
    """A network that is taught by demonstrations in so many `levels`, and `rehearses` or not."""
    demo, steps = _grid(task.demo), task.steps or UPDATES
    teacher, rehearses = load_agent(demo, varied_agent(demo)), task.values["rehearses"] == "yes"
    levels = int(task.values["levels"])
    stages = by_demonstrations(demo, load_agent(demo, task.agent), teacher, levels, 1, rehearses, updates=steps)
    return steps, _taught(task, stages, steps)


def _readings(task: Task) -> tuple[int, Iterator[Moment]]:
    """Two readings of one training, the `seed`'s: where each would go in some levels that tell."""
    from . import readings

    demo, steps = _grid(task.demo), task.steps or readings.UPDATES
    tests = drawn_levels(demo, demo.shifted, distinguishing_seeds(demo, task.tests, SHOWN)[0])

    def moments() -> Iterator[Moment]:
        for done, both in readings.training(demo, readings.few(demo), task.seed, updates=steps):
            if done % LOOK and done != steps:
                continue
            places = [[readings.likeliest(demo, each, level) for level in tests] for each in both]
            gone = [[readings.chosen_goal(demo, *pair) for pair in zip(tests, each, strict=True)] for each in places]
            shares = {
                f"{which} {goal}": each.count(goal) / task.tests
                for which, each in enumerate(gone)
                for goal in (*demo.goals[:2], "other")
            }
            yield Moment(done, shares, {"levels": packed(tests, demo), "places": places})

    return steps, moments()


def _pupil(task: Task) -> tuple[int, Iterator[Moment]]:
    """A network that the reading `which` of this seed shows the way: the reading is trained again first."""
    from . import readings

    demo, steps = _grid(task.demo), task.steps or UPDATES

    def stages() -> Iterator[tuple[int, Agent]]:
        both = to_the_end(readings.training(demo, readings.few(demo), task.seed), readings.UPDATES)
        yield from readings.pupil(demo, both[int(task.values["which"])], task.agent, 1, steps)

    return steps, _taught(task, stages(), steps)


def _critics(task: Task) -> tuple[int, Iterator[Moment]]:
    """A student that learns what its judge preferred."""
    from . import critics
    from .synthetic import came_of

    demo, steps = _text(task.demo), task.steps or critics.UPDATES
    student = load_writer(demo, task.agent).network
    setting = critics.Setting(task.values["judge"], task.values["principle"] == "yes")

    def moments() -> Iterator[Moment]:
        wrong, n = critics.judge_agrees(demo, student, setting, task.tests, 1)
        for done, fresh in chain([(0, student)], critics.taught_by(demo, student, setting, 1, steps)):
            if done % LOOK == 0 or done == steps:
                rows = came_of(demo, fresh, task.agent, setting.name, task.tests, 1)
                yield Moment(done, {row["measure"]: row["value"] for row in rows}, {"judge": wrong / max(n, 1)})

    return steps, moments()


COURSES: dict[str, Callable[[Task], tuple[int, Iterator[Moment]]]] = {
    "tuning": _tuning, "synthetic": _tuning, "variety": _variety, "mentor": _mentor, "rescue": _rescue,
    "readings": _readings, "pupil": _pupil, "critics": _critics,
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
