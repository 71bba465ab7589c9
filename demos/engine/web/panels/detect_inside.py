"""Looking inside on a page: where the goal's place is lost, layer by layer, and a run whose last layer is changed."""

import html
from functools import partial
from typing import Any

import streamlit as st

from ...rules.edit import BadLevel
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, payload

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


@st.fragment
def steer_panel(demo: Demo, rows: list[Any]) -> None:
    """A slider from *feels the goal* to *feels nothing*, and the run that follows."""
    from ...detect.laboratory import agents_of
    from ...detect.layers import Changed
    from ...detect.steer import LAST

    who, how, level, other = st.columns([1.3, 2.4, 1.2, 1], vertical_alignment="bottom")
    name = who.selectbox("Agent", agents_of(demo, "steer"), key=f"{demo.name}-steer-agent")
    agent, found = loading.agent_of(demo.name, name), _directions(demo.name, name)
    share = how.slider(
        f"How much of the {demo.goal_object} is taken out of its last layer", 0.0, 1.5, 0.0, 0.25,
        key=f"{demo.name}-steer-share",
        help="Along the two directions in which the layer differs most with and without it.",
    )  # fmt: skip
    kind = level.selectbox("Levels", ["shifted", "training"], key=f"{demo.name}-steer-levels")
    number = f"{demo.name}-steer-number"
    if other.button("Another level", key=f"{number}-next"):
        st.session_state[number] = st.session_state.get(number, 22) + 1
    key = f"{demo.name}-steer-{name}-{kind}-{st.session_state.get(number, 22)}"
    before: Live | None = st.session_state.get(key)
    actor: Any = Changed(agent, LAST, found.taken_out(share)) if share else agent
    if before is None or st.session_state.get(f"{key}-share") != share:
        from ...rules.edit import draw_level
        from ...study.levels import levels_config

        drawn = draw_level(demo, levels_config(demo, agent.config, kind == "shifted"), st.session_state.get(number, 22))
        at = before.runs[0].level if before else drawn
        try:
            live = Live.begin(demo, [actor], at, 0, before.version + 1 if before else 0)
        except BadLevel as refused:
            st.warning(str(refused))
            return
        live.ack = before.ack if before else 0
        st.session_state[key], st.session_state[f"{key}-share"] = live, share
    live = st.session_state[key]
    canvas(f"{key}-canvas", payload(live, 0), partial(_sent, key))
    st.markdown(
        f"**{name}, {100 * share:.0f} % taken out:** {live.runs[0].describe()} Move the slider and watch the same run "
        "again. The network is not trained anew: only what its last layer holds is changed, at every step."
    )
    if rows:
        st.markdown(_told(demo, rows, name))


@st.cache_resource(show_spinner="Looking for the two directions")
def _directions(demo: str, name: str) -> Any:
    from ...detect.steer import directions

    return directions(loading.demo_of(demo), loading.agent_of(demo, name), 1)


def _sent(key: str) -> None:
    state = st.session_state.get(f"{key}-canvas")
    if state and state.get("message") is not None:
        apply_edit(st.session_state[key], state["message"])


def _told(demo: Demo, rows: list[Any], agent: str) -> str:
    """What the bundled table says of this agent: as it is, with both directions out, and with two random ones."""
    from ...study.findings import find

    names = list(dict.fromkeys(row["levels"] for row in rows if ": " in row["measure"] and row["agent"] == agent))
    whats = list(dict.fromkeys(row["measure"].rpartition(": ")[0] for row in rows if ": " in row["measure"]))
    lines = [f"| {agent} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for what in whats:
        cells = []
        for name in names:
            found = {goal: find(rows, agent, name, f"{what}: {goal}") for goal in demo.outcomes}
            parts = [
                f"{goal} {100 * row['value']:.0f} %" for goal, row in found.items() if row and row["value"] >= 0.01
            ]
            cells.append(", ".join(parts))
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    n = max(row["n"] for row in rows if row["agent"] == agent)
    return "\n".join(lines) + f"\n\nn = {n} levels of each kind, one run each; intervals in the figure's table below."
