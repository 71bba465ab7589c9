"""Agent or device? A run on a lawn, and after every step how likely an agent and a device are.

Whoever walks is a bundled agent, a device or the person; the things that lie there can be dragged while they walk.
"""

import html
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import streamlit as st

from .... import WORLDS
from ...content import content
from ...lessons.numbers_in_text import filled
from ...rules.level import Level, copied
from ...rules.palette import INK, PALE_INK
from ...rules.world import Demo, Preset
from .. import loading, projector
from ..components.agency.agency import agency
from ..components.agency.watch import TITLE, YOU, Watch, walked
from ..html import addresses, bars
from ..html.said import say

MOST = 999_999_999  # of the numbers of levels and runs
NOISES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)


def agency_page() -> None:
    """The page: a run with its posterior, the measured table, and what is real and what a model."""
    from ...study import agents_and_devices as study  # not at the top, so that pages appear before torch is loaded

    demo = next(loading.demo_of(name) for name in WORLDS if loading.demo_of(name).behaviours)
    st.markdown(
        f"### {TITLE}\nA mouse walks through a maze, past the {demo.goal_object}. After every step you see what "
        "explains it better: an *agent* that **goes somewhere**, or a *device* that only **answers to what is beside "
        f"it**. Drag the mouse or the {demo.goal_object}; a reload puts them back. Blue tiles are the likely goals."
    )
    _stage(demo)
    rows, command = study.read_study(demo), f"goalmisgen agency {demo.name} --write"
    text = (content() / "lessons" / "agent_or_device.md").read_text(encoding="utf-8")
    paragraphs = text.split("\n\n")
    for column, half in zip(st.columns(2, gap="large"), (paragraphs[:2], paragraphs[2:]), strict=True):
        say("\n\n".join(half), where=column)
    _measured(rows, command)
    if rows:
        ink = PALE_INK if st.context.theme.type == "dark" else INK
        told = "The mean of p(agent | run) of each kind of behaviour, by class of devices and by noise."
        st.html(bars.image(_drawn(rows, ink), told, 1200))


@st.fragment
def _stage(demo: Demo) -> None:
    left, right = st.columns([2.75, 1], gap="medium")
    with right:
        watch, devices_in, noise, whole = _controls(demo)
    with left:
        agency("agency-canvas", watch, devices_in, noise, whole)


def _controls(demo: Demo) -> tuple[Watch, str, float, bool]:
    """The controls, and what they say: the run, the class of devices, the noise, whether the whole run is judged."""
    from ...study.agents_and_devices import SEEN
    from ...study.devices import DEVICES
    from ...study.posterior import CLASSES, FAMILIES, USUAL_CLASS, USUAL_NOISE

    behaviours = {each.name: each for each in demo.behaviours}
    first = demo.behaviours[0]
    walkers = [*dict.fromkeys(each.agent for each in demo.behaviours), *DEVICES, YOU]
    usual = {"kind": demo.behaviours[1].name, "walker": demo.behaviours[1].agent, "number": first.level_seed, "seed": 0}
    _open_link(usual, {"kind": behaviours, "walker": walkers})

    def chosen() -> None:
        st.session_state["agency-walker"] = behaviours[st.session_state["agency-kind"]].agent

    kind = behaviours[
        st.selectbox(
            "Behaviour", list(behaviours), key="agency-kind", on_change=chosen,
            help=" ".join(f"*{each.name}*: {each.title}." for each in demo.behaviours),
        )
    ]  # fmt: skip
    walker = st.selectbox("Who walks", walkers, key="agency-walker")
    one, two = st.columns(2)
    number = one.number_input("Level", 0, MOST, key="agency-number")
    seed = two.number_input("Run", 0, MOST, key="agency-seed", help="The run's randomness.")
    devices_in = st.selectbox(
        "Class of devices", list(CLASSES), list(CLASSES).index(USUAL_CLASS), key="agency-devices",
        help=" ".join(f"*{name}*: {about}." for name, about in FAMILIES.items()),
    )  # fmt: skip
    noise = st.select_slider("Noise: share of moves made at random", NOISES, USUAL_NOISE, key="agency-noise")
    whole = st.radio("Judged", SEEN, key="agency-seen", horizontal=True) == SEEN[1]
    row = st.container(horizontal=True, gap="small")
    opened = row.toggle("A lawn", False, key="agency-opened", help="The maze opened: without what stands in the way.")
    projector.switch(row)
    where, who = (kind.name, int(number), opened), (walker, int(seed))
    addresses.keep({"kind": kind.name, "walker": walker, "number": str(number), "seed": str(seed)})
    watch: Watch | None = st.session_state.get("agency-watch")
    before = st.session_state.get("agency-picks")
    if watch is None or before != (where, who):
        kept = watch is not None and before is not None and before[0] == where
        level = copied(watch.run.first) if kept and watch else _level(demo, kind, int(number), opened)
        fresh = Watch(demo, walked(demo, walker, level, int(seed)), walker, level)
        if watch:
            fresh.ack, fresh.version = watch.ack, watch.version + 1
            fresh.origin = watch.origin if kept else level
        st.session_state["agency-watch"], st.session_state["agency-picks"] = watch, (where, who) = fresh, (where, who)
    reasons = demo.in_training(watch.run.level, watch.run.config)
    st.caption(
        f"**New to it:** {'; '.join(reasons)}."
        if reasons
        else "**As in its training.** It could have met this maze there."
    )
    return watch, devices_in, float(noise), whole


def _open_link(usual: dict[str, Any], known: dict[str, Collection[str]]) -> None:
    """Begin with what the page's address says, and else as usual. Untrusted: what is not known is left out."""
    for key, value in usual.items():
        said = st.query_params.get(key, "")
        numbered = key not in known and re.fullmatch("[0-9]{1,9}", said)
        begun = int(said) if numbered else said if said in known.get(key, ()) else value
        st.session_state.setdefault(f"agency-{key}", begun)


def _level(demo: Demo, kind: Preset, number: int, opened: bool) -> Level:
    from ...study.levels import prepared_level

    preset = replace(kind, level_seed=number, changes=kind.changes if opened else ())
    return prepared_level(demo, preset, loading.agent_of(demo.name, kind.agent).config)


@st.cache_data(show_spinner=False)
def _drawn(rows: list[dict[str, Any]], ink: str) -> str:
    """The figure of such rows as SVG, on the page's own ground."""
    from ...study.agents_and_devices import figure
    from ...study.figures.draw import as_svg

    return as_svg(figure(rows, ink, "none"))


def _measured(rows: list[dict[str, Any]], command: str) -> None:
    """The published values beside those of the world's table."""
    from ...study.agents_and_devices import PAPER
    from ...study.posterior import USUAL_CLASS, USUAL_NOISE

    st.markdown("#### Measured, beside the published values")
    if not rows:
        st.caption(f"Not measured yet: `{command}`.")
        return
    st.html(summary(rows, USUAL_CLASS, USUAL_NOISE))
    counts = " to ".join(map(str, sorted({row["n"] for row in rows if row["quantity"] == "p(agent)"})))
    st.caption(
        f"Means over runs, and the share of runs with p_agt > p_dev; 95 % intervals over levels, n = {counts} each "
        f"(devices: {USUAL_CLASS}; noise {USUAL_NOISE:g}). Published: "
        + filled(f"[@{PAPER}, secondary], in a 20 x 20 grid world with its own agents and devices. ")
        + f"Made by `{command}`."
    )


def summary(rows: list[dict[str, Any]], devices_in: str, noise: float) -> str:
    """The rows of one class of devices and noise as an HTML table, beside the published values."""
    from ...study.agents_and_devices import BOARDS, PUBLISHED, SEEN

    told = {
        (row["behaviour"], row["quantity"], row["board"], row["seen"]): row
        for row in rows
        if (row["devices"], row["noise"]) == (devices_in, noise)
    }
    mean, share, factor = "p(agent)", "favours agent", "log10 Bayes factor"
    columns = [(mean, BOARDS[0], SEEN[0]), (mean, BOARDS[1], SEEN[0]), (mean, BOARDS[1], SEEN[1])]
    columns += [(share, BOARDS[1], SEEN[0]), (factor, BOARDS[1], SEEN[0])]
    heads = [f"{what},<br>levels {board},<br>{seen}" for what, board, seen in columns]
    lines = [["behaviour", f"{mean},<br>published", *heads]]
    for name in dict.fromkeys(row["behaviour"] for row in rows):
        found = [told.get((name, *column)) for column in columns]
        values = [_with_interval(row) if row else "not measured" for row in found]
        lines.append([html.escape(name), f"{PUBLISHED[name]:g}" if name in PUBLISHED else "none", *values])
    text = "".join(
        "<tr>"
        + "".join(f'<td style="padding:5px 14px 5px 0;border-top:1px solid #8885">{x}</td>' for x in line)
        + "</tr>"
        for line in lines
    )
    style = "border-collapse:collapse;line-height:1.35;width:100%;font-size:0.93em"
    return f'<div style="overflow-x:auto"><table style="{style}">{text}</table></div>'


def _with_interval(row: dict[str, Any]) -> str:
    """A value of the table above its interval, rates in percent."""
    scale, form = (100, ".1f") if row["quantity"] == "favours agent" else (1, ".2f")
    value, low, high = (f"{scale * row[key]:{form}}".replace("-", "−") for key in ("value", "low", "high"))
    unit = " %" if scale == 100 else ""
    return f'{value}{unit}<br><small style="white-space:nowrap">{low} to {high}</small>'
