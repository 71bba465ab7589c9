"""Looking inside on a page: where the goal's place is lost, layer by layer."""

import html
from typing import Any

import streamlit as st

from ...rules.world import Demo
from .. import loading
from ..html import bars

CONTROLS = ("untrained",)


@st.fragment
def lost_panel(demo: Demo, rows: list[Any]) -> None:
    """A table of colours, networks down and layers across, for the quantity that is picked."""
    if not rows:
        return
    layers = list(dict.fromkeys(row["levels"] for row in rows))
    guess = st.radio(
        f"Before you look: where in the network of a robot that goes past the {demo.goal_object} is its place lost?",
        ["in the picture itself", "in the first layers", "in the last layer", "nowhere: it is there, and not used"],
        index=None, horizontal=True, key=f"{demo.name}-lost-guess",
    )  # fmt: skip
    if guess is None:
        return
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    what = st.segmented_control("What is read", measures, default=measures[1], key=f"{demo.name}-lost-what")
    st.html(table(rows, layers, what or measures[0]))
    st.caption(
        f"R2: how much of the variance of the {demo.goal_object}'s place a straight line reads from a layer (1: all of "
        "it, 0: none). AUROC: how often it tells a picture with it from the same without (0.5: by chance). The same "
        f"frames for every network, tested on {rows[0]['n']} levels. A low number is no proof that a layer lacks it: "
        "it may be held in another form. A high one does not prove that it is used."
    )
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    who, where = st.columns([1, 3], vertical_alignment="bottom")
    agent = who.selectbox("Draw it for", agents, index=1, key=f"{demo.name}-lost-agent")
    layer = where.segmented_control("Layer", layers, key=f"{demo.name}-lost-layer")
    if layer:
        st.html(
            bars.image(_read(demo.name, agent, layer), f"where a line reads the {demo.goal_object} from {layer}", 1100)
        )
        st.caption("The cross is where the line reads it, in pictures that it was not fitted to.")


@st.cache_resource(show_spinner="Frames of 120 levels (some ten seconds, once)")
def _frames(demo: str) -> Any:
    from ...detect.lost import frames_for

    return frames_for(loading.demo_of(demo), 60, 1)


@st.cache_data(show_spinner=False)
def _read(demo: str, agent: str, layer: str) -> str:
    from ...detect.lost import examples
    from ...study.figures.draw import as_svg

    return as_svg(examples(loading.demo_of(demo), agent, layer, *_frames(demo)))


def table(rows: list[Any], layers: list[str], what: str) -> str:
    """An HTML table whose cells are shaded by the number in them."""
    cell = "padding:5px 9px;text-align:center"
    head = "".join(f'<th scope="col" style="{cell}">{html.escape(layer)}</th>' for layer in layers)
    low = 0.5 if "AUROC" in what else 0.0
    lines = []
    for agent in dict.fromkeys(row["agent"] for row in rows):
        cells = []
        for layer in layers:
            row = next((r for r in rows if (r["agent"], r["levels"], r["measure"]) == (agent, layer, what)), None)
            if row is None:
                cells.append(f'<td style="{cell}"></td>')
                continue
            share = min(max((row["value"] - low) / (1 - low), 0), 1)
            told = f"95 % interval {row['low']:.2f} to {row['high']:.2f}"
            style = f"{cell};background:color-mix(in srgb, #e69f00 {100 * share:.0f}%, rgba(128,128,128,.12))"
            ink = ";color:#222" if share > 0.35 else ""
            cells.append(f'<td style="{style}{ink}" title="{told}">{row["value"]:.2f}</td>')
        mark = " <small>(control)</small>" if agent in CONTROLS else ""
        name = f'<th scope="row" style="{cell};text-align:left;white-space:nowrap">{html.escape(agent)}{mark}</th>'
        lines.append(f"<tr>{name}{''.join(cells)}</tr>")
    body = f"<tr><th></th>{head}</tr>{''.join(lines)}"
    return (
        f'<div style="overflow-x:auto"><table style="border-collapse:separate;border-spacing:2px">{body}</table></div>'
    )
