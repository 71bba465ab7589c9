"""Along a direction inside a network: how well it can be read off, and what a network says that is pushed along it."""

import html
from typing import Any, cast

import streamlit as st

from ...rules.palette import BLUE, GREEN, GREY, INK, ORANGE, PALE_INK, PURPLE, SKY, VERMILION, outcome_marks
from ...rules.text import BadText, TextDemo
from .. import loading
from ..html import bars, lines
from ..html.lines import Curve
from .laboratory import agent_box

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE, GREY)  # of recipes


@st.fragment
def panel(demo: TextDemo) -> None:
    """The panel of a demo that names two kinds of dialogues: what was measured, and a slider to push with."""
    from ...study.direction import read_direction

    kinds, rows = demo.kinds, read_direction(demo)
    if kinds is None:
        return
    st.markdown(f"#### The direction from {kinds.names[0]} to {kinds.names[1]}")
    if not rows:
        st.caption(f"Not measured yet: `goalmisgen direction {demo.name} --write`.")
        return
    st.markdown(accuracy_by_layer(demo, rows))
    left, right = st.columns([1.1, 1], gap="large")
    ink = PALE_INK if st.context.theme.type == "dark" else INK
    recipes = list(dict.fromkeys(row["agent"].partition(":")[0] for row in rows))
    shown = left.pills(
        "Networks", recipes, selection_mode="multi", default=recipes[:3], key=f"{demo.name}-direction-shown"
    )  # fmt: skip
    colours = dict(zip(recipes, _COLOURS, strict=False))
    left.html(bars.image(drawing(demo, rows, {name: colours[name] for name in shown}, ink), kinds.outcome, 640))
    legend = "  ".join(f'<span style="color:{colours[name]}">━ {name}</span>' for name in shown)
    left.html(f"<small>{legend} &nbsp; ┄ along a random direction of the same length; a line for each seed</small>")
    with right:
        _push(demo, list(dict.fromkeys(row["agent"] for row in rows)))


def accuracy_by_layer(demo: TextDemo, rows: list[dict[str, Any]]) -> str:
    """How well the probe tells the two kinds apart, by layer, in Markdown."""
    found: dict[int, list[str]] = {}
    for row in rows:
        if row["measure"] == "accuracy":
            value, low, high = (100 * row[key] for key in ("value", "low", "high"))
            found.setdefault(row["layer"], []).append(f"{value:.1f} % ({low:.1f} to {high:.1f})")
            n = row["n"]
    layers = "; ".join(f"after layer {layer}: {', '.join(each)}" for layer, each in found.items() if layer)
    assert demo.kinds is not None
    return (
        f"A linear probe reads from the residual stream which of the two answered before: {layers} of dialogues it was "
        f"not fitted to (a figure for each seed of `{demo.kinds.found_in}`, 95 % intervals, n = {n:,}). The stream is "
        "then pushed along it while a question with nothing before it is answered; 1 is the distance between the two."
    )


def drawing(demo: TextDemo, rows: list[dict[str, Any]], colours: dict[str, str], ink: str) -> str:
    """The share of the outcome by strength, a line for each network of these recipes, as SVG."""
    from ...study.direction import RANDOM, STRENGTHS

    assert demo.kinds is not None
    shown = []
    for agent in dict.fromkeys(row["agent"] for row in rows):
        colour = colours.get(agent.partition(":")[0])
        for measure, width, dashes in ((RANDOM + demo.kinds.outcome, 1.0, "3 3"), (demo.kinds.outcome, 2.2, "")):
            points = [
                (row["strength"], row["value"]) for row in rows if (row["agent"], row["measure"]) == (agent, measure)
            ]
            if colour and points:
                shown.append(Curve(points, colour, width, dashes))
    low, high = min(STRENGTHS), max(STRENGTHS)
    return lines.drawing(
        shown, low, high, [low, low / 2, 0, high / 2, high], f"push (share of {demo.kinds.outcome} answers)", ink
    )


def _push(demo: TextDemo, agents: list[str]) -> None:
    """A slider, and what the network says when it is pushed so."""
    from ...study.direction import STRENGTHS

    key = f"{demo.name}-direction"
    tuned = next((name for name in agents if demo.tuning and name.startswith(demo.tuning.start)), agents[0])
    agent = agent_box(st, "Network to push", demo, agents, f"{key}-agent", agents.index(tuned))
    strength = st.slider("Push", min(STRENGTHS), max(STRENGTHS), 0.0, 0.25, key=f"{key}-strength")
    values = {}
    for each in demo.fields[:1]:
        if each.options:
            values[each.name] = st.selectbox(
                each.title, each.options, each.options.index(each.usual), key=f"{key}-{each.name}"
            )
        else:
            values[each.name] = st.text_input(each.title, each.usual, each.most, key=f"{key}-{each.name}")
    try:
        case = demo.asked(values)
    except BadText as refused:
        st.warning(str(refused))
        return
    layer, step = _found(demo.name, agent)
    writer = loading.writer_of(demo.name, agent)
    turns = writer.converse(case, {layer: strength * step})
    outcome = demo.judge(case, turns)
    colour, mark = outcome_marks(demo)[outcome]
    st.html(
        f'<div style="font-size:1.15rem">{html.escape(case.prompt)} <b>{html.escape(turns[-1])}</b></div>'
        f'<div><span style="color:{colour}">{mark}</span> {html.escape(outcome)}</div>'
    )


@st.cache_resource(show_spinner="Looking for the direction (a few seconds, once)")
def _found(name: str, agent: str) -> tuple[int, Any]:
    """The layer and the direction for a network: found in the one of its seed that all go on from."""
    from ...study.direction import best, directions, kinds_of

    demo = cast(TextDemo, loading.entry_of(name))
    source = loading.writer_of(name, f"{kinds_of(demo).found_in}:{agent.partition(':')[2]}").network
    found = best(directions(demo, source), source)
    return found.layer, found.step
