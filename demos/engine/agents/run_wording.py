"""What a run did, in words: its events, and one sentence of plain behaviour."""

from typing import TYPE_CHECKING

import numpy as np

from ..rules import edit as editing
from ..rules.level import TRUNCATED, Level, State
from ..rules.world import Demo

if TYPE_CHECKING:
    from .run_grid import Run


def outcome_of(demo: Demo, level: Level, state: State) -> str:
    """The goal reached first (the intended one if both at once), else `died`, `stopped` or `timeout`.

    `stopped`: time is out near a proxy's place that the agent could have reached, where the world says what near is.
    """
    reached = [(int(step), i) for i, step in enumerate(state.reached) if step >= 0]
    if reached:
        return demo.goals[min(reached)[1]]
    if state.died:
        return "died"
    short = state.done == TRUNCATED and demo.stopped is not None and demo.stopped(level, state)
    return "stopped" if short else "timeout"


def events(run: "Run") -> list[tuple[int, str]]:
    """What happened, as (step, words), in order."""
    demo, end = run.demo, run.end
    found = [(edit.at, "edited") for edit in run.edits]
    found += [
        (int(step), demo.phrases.get(goal) or f"{_verb(demo, goal)} the {_taken(run, goal)}")
        for goal, step in zip(demo.goals, end.reached, strict=True)
        if step >= 0
    ]
    passed = _passed(run)
    if passed is not None:
        found.append((passed, f"passed the {demo.goal_object}"))
    if end.died:
        found.append((int(end.t), "died"))
    elif end.done == TRUNCATED and not demo.counts and not (end.reached[0] >= 0 or run.total > 0):
        found.append((int(end.t), demo.phrases.get(run.outcome, "ran out of time")))
    return sorted(found)


def describe(run: "Run", until: int | None = None) -> str:
    """What the run did (up to a step), in one sentence of plain behaviour."""
    until = run.steps if until is None else until
    told = [f"{words} at step {step}" for step, words in events(run) if words != "edited" and step <= until]
    if run.demo.counts and until >= run.steps:
        told.append(f"ended after {run.steps} steps with a reward of {run.total:g}")
    if not told:
        return f"Still under way after {until} steps."
    sentence = told[0] if len(told) == 1 else ", ".join(told[:-1]) + " and " + told[-1]
    without = (
        f", without the {run.demo.intended}"
        if run.end.reached[0] < 0 and run.end.there[editing.goal_slot(run.demo)] and not run.demo.counts
        else ""
    )
    return f"The agent {sentence}{without}."


def _verb(demo: Demo, goal: str) -> str:
    return "took" if goal in [kind.name for kind in demo.kinds] else "reached"


def _taken(run: "Run", goal: str) -> str:
    """What to call a goal that was reached: the object that counts as it and is gone, such as `second cheese`."""
    names = editing.object_names(run.demo)
    gone = [name for name, before, now in zip(names, run.states[0].there, run.end.there, strict=True) if before > now]
    return next((name for name in gone if goal in name and goal not in gone), goal).replace("_", " ")


def _passed(run: "Run") -> int | None:
    """The step at which the agent last crossed the column of the untaken intended object, where views scroll."""
    slot = editing.goal_slot(run.demo)
    if run.demo.margin == 0 or run.end.reached[0] >= 0 or not run.end.there[slot]:
        return None
    states = np.asarray(run.states[: run.steps + 1])
    side = np.sign(states["at"][:, 0, 1] - states["at"][:, slot, 1])
    crossed = np.nonzero((side[1:] > 0) & (side[:-1] <= 0))[0]
    if not len(crossed) or editing.goal_name(run.demo) in editing.walled_in(run.demo, run.level):
        return None  # behind walls there is no passing
    return int(crossed[-1]) + 1
