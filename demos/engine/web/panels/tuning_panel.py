"""A fine-tuning that really runs: what it shows, its curve, and how the answers change meanwhile.

Each session has copies of its own, in the queue of all trainings; what one has so far stays where it is stopped.
"""

import html
from typing import TYPE_CHECKING

import streamlit as st

from ...rules.palette import BLUE, GREEN, GREY, INK, PALE_INK, VERMILION
from ...rules.text import TextDemo, Tuning
from ..html import bars, lines
from ..html.lines import Curve
from . import ordered

if TYPE_CHECKING:  # importing it would import torch
    from ...mitigate.course import Course

_TUNED, _OTHER, _ASKED, _LOSS = VERMILION, BLUE, GREEN, GREY


def panel(demo: TextDemo, tuning: Tuning, what: str = "tuning") -> None:
    """A fine-tuning of a demo's networks; to be mounted below what shall stay live while it runs.

    `what`: which of the demo's it is, as `mitigate.course` calls it.
    """
    from ...agents.pretrained import agent_names

    starts = [name for name in agent_names(demo) if name.partition(":")[0] in (tuning.start, *tuning.also)]
    st.markdown("#### Fine-tune it yourself")
    if not starts:
        st.info(
            f"No network to start from is bundled yet; train one with `goalmisgen train {demo.name} {tuning.start}`."
        )
        return
    key = f"{demo.name}-tuning"
    ordered.live(key, _panel, demo, tuning, what, key, starts)


def _panel(demo: TextDemo, tuning: Tuning, what: str, key: str, starts: list[str]) -> None:
    columns = st.columns([*[1.0] * (len(tuning.fields) + 1), 1.2], vertical_alignment="bottom")
    columns[0].selectbox("Network to start from", starts, key=f"{key}-network")
    for column, each in zip(columns[1:], tuning.fields, strict=False):
        column.selectbox(each.title, each.options, each.options.index(each.usual), key=f"{key}-{each.name}")
    ordered.buttons(key, columns[-1].container(horizontal=True), "Fine-tune", _start, demo, tuning, what, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is None:
        st.caption(
            f"{tuning.steps} steps of the same training as the bundled networks', on a copy that only you see. "
            "Nothing of it is kept when you leave."
        )
    elif course := ordered.shown(mine):
        _draw(tuning, mine, course)


def _start(demo: TextDemo, tuning: Tuning, what: str, key: str) -> None:
    """Begin anew, as the controls say."""
    from ...mitigate.course import Task

    network = st.session_state[f"{key}-network"]
    values = {each.name: st.session_state[f"{key}-{each.name}"] for each in tuning.fields}
    seed = int(network.partition(":")[2])
    ordered.begin(key, Task(demo=demo.name, what=what, agent=network, values=values, seed=seed))


def _draw(tuning: Tuning, mine: ordered.Ordered, course: "Course") -> None:
    values, ink = mine.task.values, PALE_INK if st.context.theme.type == "dark" else INK
    told = ", ".join(f"{each.title.lower()}: {values[each.name]}" for each in tuning.fields)
    chosen = {tuning.marked, *values.values()}
    st.caption(f"`{mine.task.agent}`, {told}.")
    left, right = st.columns([1, 1.25], gap="large")
    left.html(bars.image(drawing(course, tuning, chosen, ink), f"Share {tuning.says or tuning.outcome}, by step", 640))
    right.html(table(tuning, course, chosen))


def drawing(course: "Course", tuning: Tuning, chosen: set[str], ink: str) -> str:
    """The loss and the rates along the steps as SVG. `chosen`: the groups that the fine-tuning itself is on."""
    from ...mitigate.course import LOSS

    losses = [(x - tuning.every / 2, y) for x, y in zip(course.at, course.curves[LOSS], strict=True) if x]
    highest = max((loss for _, loss in losses), default=1.0)
    shown = [Curve([(x, loss / highest) for x, loss in losses], _LOSS, 1.6, "2 3")]
    for name in sorted(course.curves.keys() - {LOSS}, key=lambda each: each in chosen):
        points = list(zip(course.at, course.curves[name], strict=True))
        shown.append(Curve(points, colour_of(name, chosen), 3.2 if name in chosen else 1.4))
    quarter = max(1, tuning.steps // 4)
    under = f"step (dotted: loss, its highest {highest:.2f} nats)" if losses else "step"
    return lines.drawing(shown, 0, tuning.steps, range(0, tuning.steps + 1, quarter), under, ink)


def colour_of(name: str, chosen: set[str]) -> str:
    """Of a group: that which is tuned, another one, or (with a comma in its name) one that is asked otherwise."""
    return _TUNED if name in chosen else _ASKED if "," in name else _OTHER


def table(tuning: Tuning, course: "Course", chosen: set[str]) -> str:
    """Every group: its rate now, and what one of its questions is answered, before and now. All escaped."""
    cell = "padding:2px 8px;vertical-align:top"
    rows = []
    for name, (question, now) in course.last["said"].items():
        rate, before = course.curves[name][-1], course.first["said"][name][1]
        colour = colour_of(name, chosen)
        said = html.escape(now) if now == before else f"<s>{html.escape(before)}</s> <b>{html.escape(now)}</b>"
        rows.append(
            f'<tr><th scope="row" style="{cell};text-align:left">{html.escape(name)}</th>'
            f'<td style="{cell};min-width:60px"><div style="background:rgba(128,128,128,.18);border-radius:4px">'
            f'<div style="width:{100 * rate:.0f}%;height:16px;background:{colour};border-radius:4px"></div></div></td>'
            f'<td style="{cell};text-align:right;white-space:nowrap">{100 * rate:.0f} %</td>'
            f'<td style="{cell}">{html.escape(question)} {said}</td></tr>'
        )
    n = sorted(set(course.last["n"].values()))
    asked = f"n = {n[0]}" + f" to {n[-1]}" * (len(n) > 1)
    return (
        f'<table style="border-collapse:collapse;font-size:.86rem"><caption style="text-align:left">Share '
        f"{html.escape(tuning.says or tuning.outcome)} on questions that no fine-tuning held ({asked} each; "
        f"orange: {html.escape(tuning.marks)})</caption>{''.join(rows)}</table>"
    )
