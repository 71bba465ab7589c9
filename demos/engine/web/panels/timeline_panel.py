"""What a world counts over the steps: of the run on the page, beside the mean of many episodes."""

from typing import Any

import streamlit as st

from ...rules.palette import INK, PALE_INK
from ...rules.world import Demo
from ..components.canvas.live import Live
from ..html import bars

FIRST = 3  # measures shown unless others are chosen


def tab(demo: Demo, live: Live, agent: str) -> None:
    """A chart for each chosen measure: the runs on the page, and rows of timelines.csv for the first agent."""
    from ...study.timeline import read_timelines

    names = [measure.name for measure in demo.measures]
    chosen = st.multiselect("Count", names, names[:FIRST], key=f"{demo.name}-counts", label_visibility="collapsed")
    if not chosen:
        st.caption("Choose what to count.")
        return
    rows = [row for row in read_timelines(demo) if row["agent"] == agent and row["measure"] in chosen]
    ink = PALE_INK if st.context.theme.type == "dark" else INK
    st.html(chart(demo, live, rows, chosen, ink))
    about = {measure.name: measure.about for measure in demo.measures}
    st.caption(" ".join(f"*{name}*: {about[name]}." for name in chosen if about[name]))
    if not rows:
        st.caption(f"Means over many episodes were not measured yet: `goalmisgen timeline {demo.name} --write`.")


def chart(demo: Demo, live: Live, rows: list[dict[str, Any]], chosen: list[str], ink: str) -> str:
    """The chart as HTML with a text for who cannot see it."""
    from ...study.figures import draw

    runs = []
    for run in live.runs:
        states = run.states[: run.steps + 1]
        values = {measure.name: measure.of(states) for measure in demo.measures}
        runs.append((f"this run of {run.actor or 'a person'}", values))
    last = ", ".join(f"{name} {runs[0][1][name][-1]:g}" for name in chosen)
    drawing = draw.as_svg(draw.timeline(demo, rows, runs, chosen, ink))
    return bars.image(drawing, f"What is counted over the steps of the run. At its end: {last}.", 1000)
