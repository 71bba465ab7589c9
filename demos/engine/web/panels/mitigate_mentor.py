"""A mentor corrects a network round by round, or reward alone does: goal and skill along the way."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from ...rules.palette import INK, PALE_INK, outcome_styles
from ...rules.world import Demo
from ..html import bars, lines
from ..html.lines import Curve
from . import ordered
from .laboratory import agent_box

if TYPE_CHECKING:  # importing it would import torch
    from ...mitigate.course import Course

UNDER = {True: "thousand steps of reward alone", False: "levels played"}


def panel(demo: Demo, rows: list[Any]) -> None:
    """Pick a network and how it is helped; then watch both curves."""
    key = f"{demo.name}-mentor"
    ordered.live(key, _panel, demo, key)


def _panel(demo: Demo, key: str) -> None:
    from ...agents.pretrained import varied_agent
    from ...mitigate.plan import plan_of

    plan, mentor = plan_of(demo), varied_agent(demo)
    ways = {"corrected": f"`{mentor}` says what to do where the network goes", "shown": f"`{mentor}` shows the way"}
    ways |= {name: f"Reward alone, {name}" for name in plan.reward_levels}
    who, how = st.columns([1, 2])
    agent_box(who, "Network", demo, [str(name) for name in plan.agents["mentor"]], f"{key}-agent")
    how.selectbox("How is it helped?", list(ways), format_func=lambda way: ways[way].replace("`", ""), key=f"{key}-how")
    st.radio(
        "Before you look: in the end it will mostly go to", [*demo.goals[:2], "neither"], index=None, horizontal=True,
        key=f"{key}-guess",
    )  # fmt: skip
    ordered.buttons(key, st.container(horizontal=True), "Go (about half a minute)", _start, demo, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is not None and (course := ordered.shown(mine)):
        _draw(demo, mine, course, ways)


def _start(demo: Demo, key: str) -> None:
    from ...mitigate.course import Task

    values = {"how": st.session_state[f"{key}-how"]}
    ordered.begin(key, Task(demo=demo.name, what="mentor", agent=st.session_state[f"{key}-agent"], values=values))


def _draw(demo: Demo, mine: ordered.Ordered, course: "Course", ways: dict[str, str]) -> None:
    """The curves of goal, proxy and skill, and what was paid for them so far."""
    from ...mitigate.mentor import SKILL

    how, labels = mine.task.values["how"], course.last["labels"]
    rewarded, ink = how not in ("corrected", "shown"), PALE_INK if st.context.theme.type == "dark" else INK
    styles = {goal: outcome_styles(demo)[goal] for goal in demo.goals[:2]} | {SKILL: (ink, "^")}
    each = 1000 if rewarded else 1
    shown = [
        Curve(
            [(x / each, y) for x, y in zip(course.at, course.curves[name], strict=True)], colour, 2.6,
            "5 3" if name == SKILL else "",
        )
        for name, (colour, _) in styles.items()
    ]  # fmt: skip
    ticks = [quarter * course.total / 4 / each for quarter in range(5)]
    left, right = st.columns([1.3, 1], gap="large")
    drawn = lines.drawing(shown, 0, course.total / each, ticks, UNDER[rewarded], ink)
    left.html(bars.image(drawn, "Goal, wrong goal and skill along the way", 640))
    paid = f"{course.steps:,} steps of training" if rewarded else f"{labels:,} steps labelled"
    right.markdown(f"`{mine.task.agent}`: {ways[how]}. Paid so far: **{paid}**.")
    for name, (colour, _) in styles.items():
        told = f"{demo.intended} on training levels" if name == SKILL else f"{name} first, where the goals part"
        right.html(f'<div><b style="color:{colour}">{100 * course.curves[name][-1]:.0f} %</b> {told}</div>')
    right.caption(f"n = {mine.task.tests} levels of each kind; one network, one order of levels.")
