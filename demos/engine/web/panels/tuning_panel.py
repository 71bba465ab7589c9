"""A fine-tuning that really runs in the page: what it shows, its curve, and how the answers change meanwhile.

Each session trains a copy of its own, a few steps at a time; what it has so far stays where it is stopped.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from ...rules.palette import BLUE, GREEN, GREY, INK, PALE_INK, VERMILION
from ...rules.text import BadText, TextDemo, Tuning
from .. import loading, shared
from ..html import bars, lines
from ..html.lines import Curve

if TYPE_CHECKING:  # importing it would import torch
    from ...study.tuning import Moment

_TUNED, _OTHER, _ASKED, _LOSS = VERMILION, BLUE, GREEN, GREY


@dataclass
class Running:
    """One fine-tuning of a session: what was set, its moments so far, and what yields the next ones."""

    network: str
    values: dict[str, str]
    going: "Iterator[Moment] | None"
    moments: "list[Moment]" = field(default_factory=list)


@st.fragment
def panel(demo: TextDemo, tuning: Tuning) -> None:
    """A fine-tuning of a demo's networks; to be mounted below what shall stay live while it runs."""
    from ...agents.pretrained import agent_names

    starts = [name for name in agent_names(demo) if name.partition(":")[0] == tuning.start]
    st.markdown("#### Fine-tune it yourself")
    if not starts:
        st.info(
            f"No network to start from is bundled yet; train one with `goalmisgen train {demo.name} {tuning.start}`."
        )
        return
    key = f"{demo.name}-tuning"
    columns = st.columns([*[1.0] * (len(tuning.fields) + 1), 0.7, 0.6], vertical_alignment="bottom")
    for column, each in zip(columns[1:], tuning.fields, strict=False):
        column.selectbox(each.title, each.options, each.options.index(each.usual), key=f"{key}-{each.name}")
    columns[0].selectbox("Network to start from", starts, key=f"{key}-network")
    columns[-2].button(
        "Fine-tune", type="primary", key=f"{key}-start", on_click=_start, args=(demo, tuning), width="stretch"
    )
    columns[-1].button("Stop", key=f"{key}-stop", on_click=_stop, args=(demo,), width="stretch")
    if told := st.session_state.pop(f"{key}-told", ""):
        st.warning(told)
    running: Running | None = st.session_state.get(key)
    if running is None:
        st.caption(
            f"{tuning.steps} steps of the same training as the bundled networks', on a copy that only you see. "
            "Nothing of it is kept when you leave."
        )
        return
    place = st.empty()
    if running.moments:
        _draw(demo, tuning, running, place)
    if running.going is not None and (turn := shared.turn()):
        with turn:
            while running.going is not None:
                moment = next(running.going, None)
                if moment is None:
                    running.going = None
                else:
                    running.moments.append(moment)
                _draw(demo, tuning, running, place)


def _start(demo: TextDemo, tuning: Tuning) -> None:
    """Begin anew, as the controls say. Untrusted values get a sentence."""
    from ...study.tuning import tune

    if not shared.allowed():
        return
    key = f"{demo.name}-tuning"
    network = st.session_state[f"{key}-network"]
    values = {each.name: st.session_state[f"{key}-{each.name}"] for each in tuning.fields}
    try:
        seed = int(network.partition(":")[2])
        going = tune(demo, loading.writer_of(demo.name, network).network, values, seed, tuning=tuning)
    except BadText as refused:
        st.session_state[f"{key}-told"] = str(refused)
        return
    st.session_state[key] = Running(network, values, going)


def _stop(demo: TextDemo) -> None:
    """End what runs; what it has so far stays."""
    running: Running | None = st.session_state.get(f"{demo.name}-tuning")
    if running is not None:
        running.going = None


def _draw(demo: TextDemo, tuning: Tuning, running: Running, place: "st.delta_generator.DeltaGenerator") -> None:
    moments, values = running.moments, running.values
    ink = PALE_INK if st.context.theme.type == "dark" else INK
    state = "running" if running.going is not None else "done" if moments[-1].step == tuning.steps else "stopped"
    told = ", ".join(f"{each.title.lower()}: {values[each.name]}" for each in tuning.fields)
    chosen = {tuning.marked, *values.values()}
    with place.container():
        st.caption(f"`{running.network}`, {told}. Step {moments[-1].step} of {tuning.steps}, {state}.")
        left, right = st.columns([1, 1.25], gap="large")
        left.html(
            bars.image(drawing(moments, tuning, chosen, ink), f"Share {tuning.says or tuning.outcome}, by step", 640)
        )
        right.html(table(demo, tuning, moments, chosen))


def drawing(moments: "Sequence[Moment]", tuning: Tuning, chosen: set[str], ink: str) -> str:
    """The loss and the rates along the steps as SVG. `chosen`: the groups that the fine-tuning itself is on."""
    losses = [(each.step - tuning.every / 2, each.loss) for each in moments if each.step]
    highest = max((loss for _, loss in losses), default=1.0)
    shown = [Curve([(x, loss / highest) for x, loss in losses], _LOSS, 1.6, "2 3")]
    for name in sorted(moments[0].rates, key=lambda each: each in chosen):
        points = [(each.step, each.rates[name]) for each in moments]
        shown.append(Curve(points, colour_of(name, chosen), 3.2 if name in chosen else 1.4))
    quarter = max(1, tuning.steps // 4)
    under = f"step (dotted: loss, its highest {highest:.2f} nats)" if losses else "step"
    return lines.drawing(shown, 0, tuning.steps, range(0, tuning.steps + 1, quarter), under, ink)


def colour_of(name: str, chosen: set[str]) -> str:
    """Of a group: that which is tuned, another one, or (with a comma in its name) one that is asked otherwise."""
    return _TUNED if name in chosen else _ASKED if "," in name else _OTHER


def table(demo: TextDemo, tuning: Tuning, moments: "Sequence[Moment]", chosen: set[str]) -> str:
    """Every group: its rate now, and what one of its questions is answered, before and now. All escaped."""
    first, last = moments[0], moments[-1]
    cell = "padding:2px 8px;vertical-align:top"
    rows = []
    for name, rate in last.rates.items():
        colour = colour_of(name, chosen)
        question, before = first.said[name][0][0], first.said[name][0][1]
        now = last.said[name][0][1]
        said = html.escape(now) if now == before else f"<s>{html.escape(before)}</s> <b>{html.escape(now)}</b>"
        rows.append(
            f'<tr><th scope="row" style="{cell};text-align:left">{html.escape(name)}</th>'
            f'<td style="{cell};min-width:60px"><div style="background:rgba(128,128,128,.18);border-radius:4px">'
            f'<div style="width:{100 * rate:.0f}%;height:16px;background:{colour};border-radius:4px"></div></div></td>'
            f'<td style="{cell};text-align:right;white-space:nowrap">{100 * rate:.0f} %</td>'
            f'<td style="{cell}">{html.escape(question)} {said}</td></tr>'
        )
    n = sorted({len(each) for each in last.said.values()})
    asked = f"n = {n[0]}" + f" to {n[-1]}" * (len(n) > 1)
    return (
        f'<table style="border-collapse:collapse;font-size:.86rem"><caption style="text-align:left">Share '
        f"{html.escape(tuning.says or tuning.outcome)} on questions that no fine-tuning held ({asked} each; "
        f"orange: {html.escape(tuning.marks)})</caption>{''.join(rows)}</table>"
    )
