"""Changing a network on a page while it acts: less of its goal, a vector added to a layer, its goal put elsewhere."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from ...lessons.literature import reference
from ...rules import edit
from ...rules.edit import BadLevel, draw_level
from ...rules.level import Level, records
from ...rules.palette import BLUE, GREY, ORANGE, VERMILION
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, payload
from .laboratory import agent_box

FIRST = 22  # the seed of the first level shown
REACH, STEP = 3.0, 0.5  # of each of the two numbers, in spreads
DOTS = 150  # moments drawn on the pad


class Change(NamedTuple):
    """What a person set: `setting`, to tell it from another, `told` in words, and `make`, who then acts in a level.

    `beside`, if anything, is shown beside the run, whose level it is given.
    """

    setting: tuple[Any, ...]
    told: str
    make: Callable[[Level], Any]
    beside: Callable[[Level], None] | None = None


@st.fragment
def steer_panel(demo: Demo, rows: list[Any]) -> None:
    """A run whose network is changed: less of the goal, two numbers set by hand, or the goal's vector in a layer."""
    from ...agents.pretrained import varied_agent
    from ...detect.steer import has_forks

    ways: dict[str, Callable[..., Change]] = {"less of the goal": _less, "set its two numbers": _numbers}
    if has_forks(demo):
        ways["add the goal's vector"] = _vector
    way = st.segmented_control("What is changed", list(ways), default=next(iter(ways)), key=f"{demo.name}-steer-way")
    agent, level, columns = _chosen(demo, "steer", varied_agent(demo) if has_forks(demo) else "")
    change = ways[way or next(iter(ways))](demo, agent, f"{demo.name}-steer", columns, rows)
    left, right = st.columns([2.6, 1], gap="medium") if change.beside else (st.container(), st.container())
    with left:
        acting = _act(f"{demo.name}-steer-canvas", demo, agent, level, change)
    if change.beside:
        with right:
            change.beside(acting)
    if rows:
        st.markdown(_told(demo, rows, agent.name))


def _less(demo: Demo, agent: Any, key: str, columns: list[Any], rows: list[Any]) -> Change:
    from ...detect.layers import Changed
    from ...detect.steer import LAST

    found = _directions(demo.name, agent.name)
    share = columns[0].slider(
        f"How much of the {demo.goal_object} is taken out of its last layer", 0.0, 1.5, 0.0, 0.25, key=f"{key}-share",
        help="Along the two directions in which the layer differs most with and without it.",
    )  # fmt: skip
    actor = Changed(agent, LAST, found.taken_out(share))
    return Change((share,), f"{100 * share:.0f} % taken out", lambda _: actor if share else agent)


def _numbers(demo: Demo, agent: Any, key: str, columns: list[Any], rows: list[Any]) -> Change:
    from ...detect.layers import Changed
    from ...detect.steer import LAST

    found = _directions(demo.name, agent.name)
    numbers = [
        column.slider(f"The {name} number", -REACH, REACH, 0.0, STEP, key=f"{key}-{name}")
        for column, name in zip(columns, ("first", "second"), strict=True)
    ]

    def beside(_: Level) -> None:
        shown = pad(demo, found, numbers)
        st.vega_lite_chart(shown, on_select=partial(_put, key), selection_mode="pick", key=f"{key}-pad")
        st.caption(f"Both numbers at once: click where they shall be. Dots are moments with the {demo.goal_object}.")

    actor = Changed(agent, LAST, found.put(numbers))
    return Change(tuple(numbers), "the two numbers set to {:g} and {:g}".format(*numbers), lambda _: actor, beside)


def pad(demo: Demo, found: Any, numbers: list[float]) -> dict[str, Any]:
    """A Vega-Lite chart of two axes: the two numbers at moments of runs, where they stand, and places to click."""
    words = {-1: "on its left", 0: "there", 1: "on its right"}
    sides = {side: f"{demo.goal_object} {where}" for side, where in words.items()}
    moments = zip(found.places[:DOTS].clip(-REACH, REACH).tolist(), found.beside[:DOTS].tolist(), strict=True)
    dots = [{"x": x, "y": y, "what": sides[side], "size": 20} for (x, y), side in moments]
    marks = [i * STEP for i in range(round(-REACH / STEP), round(REACH / STEP) + 1)]
    dots += [{"x": x, "y": y, "what": "", "size": 260} for x in marks for y in marks]
    dots.append({"x": numbers[0], "y": numbers[1], "what": "now", "size": 320})
    axis = {"type": "quantitative", "scale": {"domain": [-REACH - 0.3, REACH + 0.3]}}
    colours = {sides[-1]: BLUE, sides[0]: GREY, sides[1]: ORANGE, "": "transparent", "now": VERMILION}
    shown = [side for side in sides.values() if any(dot["what"] == side for dot in dots)]
    named = {"title": None, "orient": "bottom", "columns": 2, "values": [*shown, "now"]}
    mark = {"type": "point", "filled": True, "opacity": 0.8, "tooltip": None}
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {
        "data": {"values": dots}, "height": 420, "mark": mark,
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["x", "y"]}}],
        "encoding": {
            "x": {"field": "x", "title": "first number", **axis}, "y": {"field": "y", "title": "second number", **axis},
            "color": {"field": "what", "type": "nominal", "scale": scale, "legend": named},
            "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
        },
    }  # fmt: skip


def _put(key: str) -> None:
    """Set both numbers to what was clicked on the pad."""
    for picked in st.session_state[f"{key}-pad"].selection.pick:
        for name, number in (("first", picked["x"]), ("second", picked["y"])):
            st.session_state[f"{key}-{name}"] = min(max(round(number / STEP) * STEP, -REACH), REACH)


def _vector(demo: Demo, agent: Any, key: str, columns: list[Any], rows: list[Any]) -> Change:
    from ...detect.layers import Changed, layer_names
    from ...detect.steer import PARTED, beside_fork, goal_vector

    layer = columns[0].selectbox("Layer", layer_names(agent.policy), 1, key=f"{key}-layer")
    scale = columns[1].slider("Added so many times", -2.0, 2.0, -1.0, 0.5, key=f"{key}-scale")

    def make(level: Level) -> Any:
        vector = scale * goal_vector(demo, agent, level, layer)
        return Changed(agent, layer, lambda held: held + vector)

    def beside(level: Level) -> None:
        found = beside_fork(demo, agent, level, layer, scale)
        if found is None:
            st.caption("Here the ways to the two goals do not part.")
            return
        st.markdown(f"**Where the ways part**, the chance of a step towards the {demo.goal_object}:")
        st.metric("as it is", f"{found[0]:.2f}")
        st.metric(f"with the vector x {scale:g} in {layer}", f"{found[1]:.2f}", f"{found[1] - found[0]:+.2f}")
        mine = {r["measure"]: r for r in rows if r["agent"] == agent.name and r["levels"] in (PARTED, layer)}
        if mine:
            was, now = mine["as it is"], mine["vector x -1"]
            st.markdown(f"Median of {was['n']} mazes: {was['value']:.2f}; at x -1 in {layer}: {now['value']:.2f}.")
        work = reference("mini2023understanding")
        st.caption(f"[{work.short}]({work.url}) took the cheese's vector out of one network: from 0.81 to 0.03.")

    told = f"the {demo.goal_object}'s vector added {scale:g} times to {layer}"
    return Change((layer, scale), told, make, beside)


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

    who, *columns, level, other = st.columns([2.1, 1.5, 1.5, 1.1, 1], vertical_alignment="bottom")
    names = agents_of(demo, technique)
    shown = names.index(first) if first in names else 0
    agent = loading.agent_of(demo.name, agent_box(who, "Agent", demo, names, f"{demo.name}-{technique}-agent", shown))
    gone = f"no {demo.goal_object}"
    kinds = ["shifted", "training", *([gone] if technique == "steer" else [])]
    kind = level.selectbox("Levels", kinds, key=f"{demo.name}-{technique}-levels")
    number = f"{demo.name}-{technique}-number"
    if other.button("Another level", key=f"{number}-next"):
        st.session_state[number] = st.session_state.get(number, FIRST) + 1
    config = levels_config(demo, agent.config, kind == "shifted")
    drawn = draw_level(demo, config, st.session_state.get(number, FIRST))
    return agent, edit.remove(demo, drawn, edit.goal_name(demo)) if kind == gone else drawn, columns


def _act(key: str, demo: Demo, agent: Any, drawn: Level, change: Change) -> Level:
    """The run of who acts after a change, on a canvas; the level, as it was drawn or as a person edited it."""
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
            return level
        live.ack, live.origin = before.ack if before else 0, drawn
        st.session_state[key], st.session_state[f"{key}-of"] = live, wanted
    live = st.session_state[key]
    canvas(key + "-shown", payload(live, 0), partial(_sent, key))
    st.markdown(
        f"**{agent.name}, {change.told}:** {live.runs[0].describe()} The network is not trained anew: what a layer "
        "holds is changed, at every step."
    )
    return live.runs[0].level


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
    from ...detect.steer import SIDES, WENT
    from ...study.findings import find, in_words

    mine = [row for row in rows if ": " in row["measure"] and row["agent"] == agent]
    names = list(dict.fromkeys(row["levels"] for row in mine))
    whats = list(dict.fromkeys(row["measure"].rpartition(": ")[0] for row in mine))
    lines = [f"| {agent} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for what in whats:
        cells = []
        for name in names:
            found = {goal: find(rows, agent, name, f"{what}: {goal}") for goal in demo.outcomes}
            parts = [
                f"{goal} {100 * row['value']:.0f}\u00a0%" for goal, row in found.items() if row and row["value"] >= 0.01
            ]
            cells.append(", ".join(parts))
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    n = max(row["n"] for row in rows if row["agent"] == agent)
    sides = {side: find(rows, agent, WENT, f"{demo.goal_object} {side}, went {side}") for side in SIDES}
    lines += ["", *(
        f"Its two numbers set as with the {demo.goal_object} on its {side}, in levels without one: it went {side} in "
        f"{in_words(row)}."
        for side, row in sides.items() if row
    )]  # fmt: skip
    return "\n".join(lines) + f"\n\nn = {n} levels of each kind, one run each; intervals in the figure's table below."
