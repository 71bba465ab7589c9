"""Rescue before one's eyes: demonstrations, rehearsal, or reward alone, and what is left of the skill."""

from typing import Any

import streamlit as st

from ...agents.called import label
from ...rules.world import Demo
from . import goal_curves, ordered
from .laboratory import agent_box

STEPS = (1, 3, 10, 30, 100, 300, 1000)  # demonstrations to choose from
SHOWN = "demonstrations"


def panel(demo: Demo, rows: list[Any]) -> None:
    """Choose an agent, how many levels are shown, and whether it rehearses; then watch what comes of it."""
    key = f"{demo.name}-rescue"
    ordered.live(key, _panel, demo, key)


def _panel(demo: Demo, key: str) -> None:
    from ...agents.pretrained import varied_agent
    from ...mitigate.plan import plan_of

    plan = plan_of(demo)
    who, by, many, how = st.columns([1.8, 1.5, 1.6, 1.2], vertical_alignment="bottom")
    agent_box(who, "Network", demo, [str(name) for name in plan.agents["rescue"]], f"{key}-agent")
    ways = {SHOWN: "Demonstrations"} | {name: f"Reward alone, {name}" for name in plan.reward_levels}
    way = by.selectbox("Taught by", list(ways), format_func=ways.__getitem__, key=f"{key}-way")
    many.select_slider(
        "Levels shown", STEPS, 100, key=f"{key}-levels", disabled=way != SHOWN,
        help=f"In each the goals lie apart. It learns to act as its teacher ({label(demo, varied_agent(demo))}).",
    )  # fmt: skip
    how.checkbox("Rehearse its own runs", value=True, key=f"{key}-rehearses", disabled=way != SHOWN)
    st.radio(
        "Before you look: it will then mostly go to", [*demo.goals[:2], "neither"], index=None, horizontal=True,
        key=f"{key}-guess",
    )  # fmt: skip
    ordered.buttons(key, st.container(horizontal=True), "Teach it (about half a minute)", _start, demo, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is not None and (course := ordered.shown(mine)):
        values = mine.task.values
        if mine.task.what == "mentor":
            told, under, each = ways[values["how"]], "thousand steps of reward alone", 1000
        else:
            rehearsed = "rehearsing" if values["rehearses"] == "yes" else "not rehearsing"
            told, under, each = f"{int(values['levels']):,} levels shown, {rehearsed}", "updates", 1
        goal_curves.draw(demo, mine, course, under, f"{told}.", each)


def _start(demo: Demo, key: str) -> None:
    from ...mitigate.course import Task

    asked = {name: st.session_state[f"{key}-{name}"] for name in ("agent", "way", "levels", "rehearses")}
    what, values = "mentor", {"how": asked["way"]}
    if asked["way"] == SHOWN:
        what, values = "rescue", {"levels": str(asked["levels"]), "rehearses": "yes" if asked["rehearses"] else "no"}
    ordered.begin(key, Task(demo=demo.name, what=what, agent=asked["agent"], values=values))
