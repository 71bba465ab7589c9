"""A mentor corrects a network round by round, or reward alone does: goal and skill along the way."""

from typing import Any

import streamlit as st

from ...agents.called import label
from ...rules.world import Demo
from . import goal_curves, ordered
from .laboratory import agent_box


def panel(demo: Demo, rows: list[Any]) -> None:
    """Pick a network and how it is helped; then watch both curves."""
    key = f"{demo.name}-mentor"
    ordered.live(key, _panel, demo, key)


def _panel(demo: Demo, key: str) -> None:
    from ...agents.pretrained import varied_agent
    from ...mitigate.plan import plan_of

    plan = plan_of(demo)
    ways = {"corrected": "A mentor says what to do where the network goes", "shown": "A mentor shows the way"}
    ways |= {name: f"Reward alone, {name}" for name in plan.reward_levels}
    who, how = st.columns([1, 2])
    agent_box(who, "Network", demo, [str(name) for name in plan.agents["mentor"]], f"{key}-agent")
    how.selectbox(
        "How is it helped?", list(ways), format_func=ways.__getitem__, key=f"{key}-how",
        help=f"The mentor: {label(demo, varied_agent(demo))}.",
    )  # fmt: skip
    st.radio(
        "Before you look: in the end it will mostly go to", [*demo.goals[:2], "neither"], index=None, horizontal=True,
        key=f"{key}-guess",
    )  # fmt: skip
    ordered.buttons(key, st.container(horizontal=True), "Go (about half a minute)", _start, demo, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is not None and (course := ordered.shown(mine)):
        chosen, labels = mine.task.values["how"], course.last["labels"]
        rewarded = chosen in plan.reward_levels
        paid = f"{course.steps:,} steps of training" if rewarded else f"{labels:,} steps labelled"
        told = f"{ways[chosen]}. Paid so far: **{paid}**."
        under = "thousand steps of reward alone" if rewarded else "levels played"
        goal_curves.draw(demo, mine, course, under, told, 1000 if rewarded else 1)


def _start(demo: Demo, key: str) -> None:
    from ...mitigate.course import Task

    values = {"how": st.session_state[f"{key}-how"]}
    ordered.begin(key, Task(demo=demo.name, what="mentor", agent=st.session_state[f"{key}-agent"], values=values))
