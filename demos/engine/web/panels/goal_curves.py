"""Goal, wrong goal and skill along a training that a page ordered, drawn while it goes."""

from typing import TYPE_CHECKING

import streamlit as st

from ...agents.called import label
from ...rules.palette import INK, PALE_INK, outcome_styles
from ...rules.world import Demo
from ..html import bars, lines
from ..html.lines import Curve
from .ordered import Ordered

if TYPE_CHECKING:  # importing it would import torch
    from ...mitigate.course import Course


def draw(demo: Demo, mine: Ordered, course: "Course", under: str, told: str, each: int = 1) -> None:
    """The curves, those of earlier trainings of the same length thin, and beside them what is `told` and their ends.

    `under`: what the axis counts, in units of `each` steps.
    """
    from ...mitigate.rescue import SKILL

    ink = PALE_INK if st.context.theme.type == "dark" else INK
    styles = {goal: outcome_styles(demo)[goal][0] for goal in demo.goals[:2]} | {SKILL: ink}
    alike = [before for _, before in mine.earlier if before.total == course.total and before.at]
    shown = [
        Curve(
            [(x / each, y) for x, y in zip(one.at, one.curves[name], strict=True)], colour,
            2.6 if one is course else 1, "5 3" if name == SKILL else "",
        )
        for one in (*alike, course)
        for name, colour in styles.items()
    ]  # fmt: skip
    ticks = [quarter * course.total / 4 / each for quarter in range(5)]
    left, right = st.columns([1.3, 1], gap="large")
    drawn = lines.drawing(shown, 0, course.total / each, ticks, under, ink)
    left.html(bars.image(drawn, "Goal, wrong goal and skill along the way", 640))
    right.markdown(f"**{label(demo, mine.task.agent)}.** {told}")
    for name, colour in styles.items():
        says = f"{demo.intended} on training levels" if name == SKILL else f"{name} first, where the goals part"
        first, last = (100 * course.curves[name][i] for i in (0, -1))
        right.html(f'<div><span style="color:{colour}">■</span> {first:.0f} → <b>{last:.0f} %</b> {says}</div>')
    thin = " Thin: your earlier trainings." if alike else ""
    right.caption(f"n = {mine.task.tests} levels of each kind; one network, one order of levels.{thin}")
