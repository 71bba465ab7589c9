"""Changing a network on a page while it acts: less of its goal, a vector added to a layer, its goal put elsewhere."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from ...rules.edit import BadLevel, draw_level
from ...rules.level import Level, records
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, payload

FIRST = 22  # the seed of the first level shown


class Change(NamedTuple):
    """What a person set: `setting`, to tell it from another, `told` in words, and `make`, who then acts in a level."""

    setting: tuple[Any, ...]
    told: str
    make: Callable[[Level], Any]


@st.fragment
def steer_panel(demo: Demo, rows: list[Any]) -> None:
    """A run whose network is changed: less of the goal, two numbers set by hand, or the goal's vector in a layer."""
    from ...detect.steer import has_forks

    ways: dict[str, Callable[..., Change]] = {"less of the goal": _less, "set its two numbers": _numbers}
    if has_forks(demo):
        ways["add the goal's vector"] = _vector
    way = st.segmented_control("What is changed", list(ways), default=next(iter(ways)), key=f"{demo.name}-steer-way")
    agent, level, columns = _chosen(demo, "steer")
    change = ways[way or next(iter(ways))](demo, agent, f"{demo.name}-steer", columns)
    _act(f"{demo.name}-steer-canvas", demo, agent, level, change)
    if rows:
        st.markdown(_told(demo, rows, agent.name))


def _less(demo: Demo, agent: Any, key: str, columns: list[Any]) -> Change:
    from ...detect.layers import Changed
    from ...detect.steer import LAST

    found = _directions(demo.name, agent.name)
    share = columns[0].slider(
        f"How much of the {demo.goal_object} is taken out of its last layer", 0.0, 1.5, 0.0, 0.25, key=f"{key}-share",
        help="Along the two directions in which the layer differs most with and without it.",
    )  # fmt: skip
    actor = Changed(agent, LAST, found.taken_out(share))
    return Change((share,), f"{100 * share:.0f} % taken out", lambda _: actor if share else agent)


def _numbers(demo: Demo, agent: Any, key: str, columns: list[Any]) -> Change:
    from ...detect.layers import Changed
    from ...detect.steer import LAST

    numbers = [
        column.slider(f"The {name} number", -3.0, 3.0, 0.0, 0.5, key=f"{key}-{name}")
        for column, name in zip(columns, ("first", "second"), strict=True)
    ]
    actor = Changed(agent, LAST, _directions(demo.name, agent.name).put(numbers))
    return Change(tuple(numbers), "the two numbers set to {:g} and {:g}".format(*numbers), lambda _: actor)


def _vector(demo: Demo, agent: Any, key: str, columns: list[Any]) -> Change:
    from ...detect.layers import Changed, layer_names
    from ...detect.steer import goal_vector

    layer = columns[0].selectbox("Layer", layer_names(agent.policy), 1, key=f"{key}-layer")
    scale = columns[1].slider("Added so many times", -2.0, 2.0, 0.0, 0.5, key=f"{key}-scale")

    def make(level: Level) -> Any:
        vector = scale * goal_vector(demo, agent, level, layer)
        return Changed(agent, layer, lambda held: held + vector)

    return Change((layer, scale), f"the {demo.goal_object}'s vector added {scale:g} times to {layer}", make)


@st.fragment
def retarget_panel(demo: Demo, rows: list[Any]) -> None:
    """A run of a network that is not shown the goal object, with the object's trace where a person drags it."""
    from ...agents.pretrained import varied_agent
    from ...detect.retarget import ONE, retargeted

    agent, level, columns = _chosen(demo, "retarget", varied_agent(demo))
    found = _traces(demo.name, agent.name)
    layers = [*found, f"{ONE} of conv0"]
    layer = columns[0].selectbox("Its trace is added to", layers, 1, key=f"{demo.name}-retarget-layer")
    scale = columns[1].slider("Strength", 0.0, 3.0, 1.0, 0.5, key=f"{demo.name}-retarget-scale")
    trace = found[layer] if layer in found else found["conv0"].one_channel()

    def make(level: Level) -> Any:
        levels = records(demo.level, 1)
        levels[0] = level
        return retargeted(agent, trace, levels, scale)

    st.markdown(
        f"**The {demo.goal_object} is painted out of what the network sees.** Only its trace is put where you see it. "
        "Drag it, and the trace moves along; at strength 0 nothing is left."
    )
    _act(
        f"{demo.name}-retarget-canvas", demo, agent, level, Change((layer, scale), f"trace x {scale:g}, {layer}", make)
    )
    mine = [row for row in rows if row["agent"] == agent.name]
    if mine:
        cells = "; ".join(
            f"{row['levels']} {100 * row['value']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f})"
            for row in mine
        )
        st.markdown(f"How often the place was reached (n = {mine[0]['n']} mazes, 95 % intervals): {cells}.")


def _chosen(demo: Demo, technique: str, first: str = "") -> tuple[Any, Level, list[Any]]:
    """Agent and level as chosen (`first`: the agent shown at first), and two columns for what is changed."""
    from ...detect.laboratory import agents_of
    from ...study.levels import levels_config

    who, *columns, level, other = st.columns([1.3, 1.6, 1.6, 1.1, 1], vertical_alignment="bottom")
    names = agents_of(demo, technique)
    shown = names.index(first) if first in names else 0
    agent = loading.agent_of(demo.name, who.selectbox("Agent", names, shown, key=f"{demo.name}-{technique}-agent"))
    kind = level.selectbox("Levels", ["shifted", "training"], key=f"{demo.name}-{technique}-levels")
    number = f"{demo.name}-{technique}-number"
    if other.button("Another level", key=f"{number}-next"):
        st.session_state[number] = st.session_state.get(number, FIRST) + 1
    config = levels_config(demo, agent.config, kind == "shifted")
    return agent, draw_level(demo, config, st.session_state.get(number, FIRST)), columns


def _act(key: str, demo: Demo, agent: Any, drawn: Level, change: Change) -> None:
    """The run of who acts after a change, in the level as it was drawn or as a person edited it, on a canvas."""
    of = agent.name, drawn.tobytes()
    before: Live | None = st.session_state.get(key)
    same = before is not None and st.session_state[f"{key}-of"][:2] == of
    level = before.runs[0].level if before and same else drawn
    wanted = *of, change.setting, level.tobytes()
    if before is None or st.session_state[f"{key}-of"] != wanted:
        try:
            live = Live.begin(demo, [change.make(level)], level, 0, before.version + 1 if before else 0)
        except BadLevel as refused:
            st.warning(str(refused))
            return
        live.ack, live.origin = before.ack if before else 0, drawn
        st.session_state[key], st.session_state[f"{key}-of"] = live, wanted
    live = st.session_state[key]
    canvas(key + "-shown", payload(live, 0), partial(_sent, key))
    st.markdown(
        f"**{agent.name}, {change.told}:** {live.runs[0].describe()} The network is not trained anew: what a layer "
        "holds is changed, at every step."
    )


def _sent(key: str) -> None:
    state = st.session_state.get(f"{key}-shown")
    if state and state.get("message") is not None:
        apply_edit(st.session_state[key], state["message"])


@st.cache_resource(show_spinner="Looking for the two directions")
def _directions(demo: str, name: str) -> Any:
    from ...detect.steer import directions

    return directions(loading.demo_of(demo), loading.agent_of(demo, name), 1)


@st.cache_resource(show_spinner="Looking for the trace")
def _traces(demo: str, name: str) -> Any:
    from ...detect.retarget import traces

    return traces(loading.demo_of(demo), loading.agent_of(demo, name), 1)


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
