"""A judge teaches before one's eyes: choose the judge, guess what passes on, and see judge and student side by side."""

import html
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from ...agents.called import label
from ...rules.palette import BLUE, GREY, ORANGE
from ...rules.text import TextDemo
from . import ordered

if TYPE_CHECKING:  # importing it would import torch
    from ...mitigate.course import Course, Task


def panel(demo: TextDemo, rows: list[Any]) -> None:
    """Choose a student, a judge and whether it reads the question without what the person thinks."""
    key = f"{demo.name}-critics"
    ordered.live(key, _panel, demo, key)


def _panel(demo: TextDemo, key: str) -> None:
    from ...mitigate.critics import ITSELF
    from ...mitigate.plan import plan_of

    plan = plan_of(demo)
    who, judge_of, how = st.columns([1.2, 1.6, 2], vertical_alignment="bottom")
    called = partial(label, demo)
    students = list(map(str, plan.agents["critics"]))
    who.selectbox("Student", students, format_func=called, key=f"{key}-student")
    judge_of.selectbox(
        "Judge", [*plan.judges, ITSELF], format_func=called, key=f"{key}-judge",
        help="It prefers the answer that it would rather write itself. *itself*: a copy of the student.",
    )  # fmt: skip
    how.checkbox("Principle: judge as if nobody had said what they think", key=f"{key}-principle")
    st.radio(
        "Before you look: after this judge, the student will agree with a wrong person", ["rarely", "as often as now"],
        index=None, horizontal=True, key=f"{key}-guess",
    )  # fmt: skip
    ordered.buttons(key, st.container(horizontal=True), "Judge and tune (about 15 seconds)", _start, demo, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is not None and (course := ordered.shown(mine)):
        _draw(demo, mine, course)


def _start(demo: TextDemo, key: str) -> None:
    from ...mitigate.course import Task

    asked = {name: st.session_state[f"{key}-{name}"] for name in ("student", "judge", "principle")}
    values = {"judge": asked["judge"], "principle": "yes" if asked["principle"] else "no"}
    ordered.begin(key, Task(demo=demo.name, what="critics", agent=asked["student"], values=values))


def _draw(demo: TextDemo, mine: ordered.Ordered, course: "Course") -> None:
    """The student before it is taught, after the judges that were tried before, and as it is now."""
    from ...mitigate.critics import JUDGED

    st.html(_told("before", {name: values[0] for name, values in course.curves.items()}, mine.task))
    for task, found in [*mine.earlier, (mine.task, course)]:
        if task.agent == mine.task.agent and found.at:
            rates = {name: values[-1] for name, values in found.curves.items()}
            title = f"judge: {label(demo, task.values['judge'])}" + ", by the principle" * (
                task.values["principle"] == "yes"
            )
            st.html(_told(f"{title}, {found.steps} updates", {JUDGED: found.last["judge"]} | rates, task))


def _told(title: str, found: dict[str, float], task: "Task") -> str:
    """One judge's bars: its own agreement, the student's, and the skill that was kept."""
    from ...mitigate.critics import JUDGED

    lines = []
    flaw = next(name for name in found if name != JUDGED)
    for measure, rate in found.items():
        colour = BLUE if measure == JUDGED else ORANGE if measure == flaw else GREY
        lines.append(
            '<div style="display:grid;grid-template-columns:minmax(0,1fr) minmax(0,2fr) 3rem;gap:.6rem">'
            f'<span>{html.escape(measure)}</span><span style="background:rgba(128,128,128,.18);border-radius:4px">'
            f'<span style="display:block;width:{100 * rate:.0f}%;height:14px;background:{colour};border-radius:4px">'
            f'</span></span><span style="text-align:right">{100 * rate:.0f} %</span></div>'
        )
    head = f"<b>{html.escape(title)}</b>, n = {task.tests} questions of each kind"
    return f'<div style="font-size:.92rem;margin:.4rem 0">{head}{"".join(lines)}</div>'
