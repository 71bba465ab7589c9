"""A judge teaches before one's eyes: choose the judge, guess what passes on, and see judge and student side by side."""

import html
from functools import partial
from typing import Any, cast

import streamlit as st

from ...rules.palette import BLUE, GREY, ORANGE
from ...rules.text import TextDemo
from .. import loading, shared
from .laboratory import updates

LIVE = 100  # questions of each kind


@st.fragment
def panel(demo: TextDemo, rows: list[Any]) -> None:
    """Choose a student, a judge and whether it reads the question without what the person thinks."""
    from ...agents.called import label
    from ...mitigate.critics import ITSELF, Setting
    from ...mitigate.plan import plan_of

    plan, key = plan_of(demo), f"{demo.name}-critics"
    who, judge_of, how = st.columns([1.2, 1.6, 2], vertical_alignment="bottom")
    called = partial(label, demo)
    students = list(map(str, plan.agents["critics"]))
    name = who.selectbox("Student", students, format_func=called, key=f"{key}-student")
    judge = judge_of.selectbox(
        "Judge", [*plan.judges, ITSELF], format_func=called, key=f"{key}-judge",
        help="It prefers the answer that it would rather write itself. *itself*: a copy of the student.",
    )  # fmt: skip
    principle = how.checkbox("Principle: judge as if nobody had said what they think", key=f"{key}-principle")
    st.radio(
        "Before you look: after this judge, the student will agree with a wrong person", ["rarely", "as often as now"],
        index=None, horizontal=True, key=f"{key}-guess",
    )  # fmt: skip
    kept = st.session_state.setdefault(f"{key}-kept", {})
    setting = Setting(judge, principle)
    asked = st.button("Judge and tune (about 15 seconds)", type="primary", key=f"{key}-go")
    if asked and shared.allowed() and (turn := shared.turn()):
        with turn:
            kept[name, setting] = _taught(demo, name, setting)
    shown = {tried.name: found for (student, tried), found in kept.items() if student == name}
    for title, found in ({"before": _before(demo.name, name)} | shown if shown else {}).items():
        st.html(_told(title, found))


def _taught(demo: TextDemo, name: str, setting: Any) -> dict[str, float]:
    """The rates of judge and student, by measure."""
    from ...mitigate.critics import JUDGED, judge_agrees, taught_by
    from ...mitigate.synthetic import came_of

    bar = st.progress(0.0, "the judge compares answers")
    student = loading.writer_of(demo.name, name).network
    wrong, n = judge_agrees(demo, student, setting, LIVE, 1)
    fresh = taught_by(demo, student, setting, 1, updates(bar, 0.9))
    bar.progress(0.95, f"asking {LIVE} questions of each kind")
    found = {row["measure"]: row["value"] for row in came_of(demo, fresh, name, setting.name, LIVE, 1)}
    bar.empty()
    return {JUDGED: wrong / max(n, 1)} | found


@st.cache_data(show_spinner=False)
def _before(demo_name: str, name: str) -> dict[str, float]:
    """The rates of a student that nobody taught yet."""
    from ...mitigate.synthetic import came_of

    demo = cast(TextDemo, loading.entry_of(demo_name))
    rows = came_of(demo, loading.writer_of(demo_name, name).network, name, "before", LIVE, 1)
    return {row["measure"]: row["value"] for row in rows}


def _told(title: str, found: dict[str, float]) -> str:
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
    head = f"<b>{html.escape(title)}</b>, n = {LIVE} questions of each kind"
    return f'<div style="font-size:.92rem;margin:.4rem 0">{head}{"".join(lines)}</div>'
