"""Every seed at once: all agents of a recipe in the level on the page, in small pictures that run in step."""

from typing import Any

import numpy as np
import streamlit as st

from ....agents.called import label
from ....agents.run_grid import Run
from ....rules import edit as editing
from ....rules import level_files, sprites
from ....rules.level import Level
from ....rules.names import training
from ....rules.palette import outcome_marks
from ....rules.world import Demo
from ... import loading
from ..assets import component
from ..canvas.live import NEITHER, Live, art

TITLE = "Every seed"


def payload(demo: Demo, live: Live, agents: list[str]) -> dict[str, Any]:
    """What the wall shows, as JSON: a run of every agent from the start of the level as it is now."""
    level, seed = live.runs[0].level, live.runs[0].seed
    styles, called = outcome_marks(demo), {goal: _called(demo, level, goal) for goal in demo.goals}
    runs = []
    for name in agents:
        run = Run(demo, loading.agent_of(demo.name, name), level, seed)
        states = run.states[: run.steps + 1]
        ended = called[run.outcome] if run.outcome in demo.goals else NEITHER
        colour, mark = styles[run.outcome]
        runs.append(
            {
                "name": f"seed {name.partition(':')[2]}",
                "ended": ended,
                "colour": colour,
                "mark": mark,
                "says": run.describe(),
                "steps": run.steps,
                "decided": run.decided,
                "places": np.round(states["at"].reshape(len(states), -1), 3).tolist(),
                "there": states["there"].tolist(),
                "facing": states["facing"].tolist(),
                "pose": states["pose"].tolist(),
            }
        )
    return {
        "art": art(demo),
        "tiles": [{"name": t.name, "char": t.char, "sprite": t.sprite, "top": t.top or t.sprite} for t in demo.tiles],
        "names": list(editing.object_names(demo)),
        "level": level_files.to_json(demo, level),
        "words": [*called.values(), NEITHER],
        "runs": runs,
    }


def _called(demo: Demo, level: Level, goal: str) -> str:
    """A goal's name, and what it is drawn as where that is something else."""
    names = editing.object_names(demo)
    if goal not in names or goal not in [kind.name for kind in demo.kinds]:
        return goal
    look = level.looks[names.index(goal)]
    usual = next(kind.sprite for kind in demo.kinds if kind.name == goal)
    drawn = sprites.NAMES[look] if look >= 0 else "nothing"
    return goal if drawn == usual else f"{goal} (drawn as {drawn})"


def show(demo: Demo, live: Live, agent: str, key: str) -> None:
    """The wall of the recipe of this agent. `key`: of the component."""
    from ....agents.pretrained import seeds_of  # not at the top, so that pages appear before torch is loaded

    agents = seeds_of(demo, agent)
    if len(agents) < 2:
        st.caption(f"There is one network of this training only: {label(demo, agent)}.")
        return
    recipe = agent.partition(":")[0]
    st.caption(
        f"{len(agents)} networks trained alike but for the seed ({training(demo, recipe).label}), in the level above. "
        "Below each: what it reached first."
    )
    component("wall", "gm", "wall/wall.js")(key=key, data=payload(demo, live, agents))
