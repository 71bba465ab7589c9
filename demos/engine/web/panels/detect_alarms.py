"""Alarms on a page: a threshold that moves the rings on a run, and how often they come."""

import html
from typing import Any

import streamlit as st

from ...rules.palette import BLUE, GREY, ORANGE, VERMILION
from ...rules.world import Demo
from .. import loading
from ..html import bars
from .laboratory import agent_box

WIDE, TALL = 900, 130


@st.fragment
def alarm_panel(demo: Demo, rows: list[Any]) -> None:
    """An agent, a bell and how often it may ring for nothing; the rings on one run, and how often they come."""
    from ...detect.alarms import FALSE, OWN, USUAL
    from ...detect.detectors import DETECTORS
    from ...detect.laboratory import agents_of

    who, which, often, other = st.columns([2, 1.5, 1.9, 1], vertical_alignment="bottom")
    name = agent_box(who, "Agent", demo, agents_of(demo, "alarms"), f"{demo.name}-alarm-agent")
    about = "; ".join(f"*{bell}*: {told}" for bell, (_, told) in DETECTORS.items())
    bell = which.selectbox("Bell", list(DETECTORS), key=f"{demo.name}-alarm-bell", help=about)
    percent = often.select_slider(
        "It may ring for nothing in this share of training episodes, %", FALSE, USUAL, key=f"{demo.name}-alarm-percent"
    )
    number = f"{demo.name}-alarm-number"
    if other.button("Another level", key=f"{number}-next"):
        st.session_state[number] = st.session_state.get(number, 0) + 1
    guess = st.radio(
        f"The {demo.goal_object} was moved, which makes some agents go to the wrong goal. When will this bell ring?",
        ["before the mistake", "only after it", "not at all"], index=None, horizontal=True,
        key=f"{demo.name}-alarm-guess",
    )  # fmt: skip
    if guess is None:
        return
    if rows:
        own = any(row["agent"] == name and row["levels"].endswith(OWN) for row in rows)
        fits = {f"{demo.goal_object} where the world's training has it": "", "its own training levels": OWN}
        fit = st.segmented_control(
            "What the bell was shown before", list(fits), default=next(iter(fits)), key=f"{demo.name}-alarm-fit"
        ) if own else None  # fmt: skip
        told, drawn = st.columns([1.7, 1], gap="medium", vertical_alignment="center")
        told.html(_rates(rows, name, bell, percent, fits.get(fit or "", "")))
        drawn.vega_lite_chart(curve(rows, name, bell, percent, fits.get(fit or "", "")))
    if st.toggle("Ring along one run", key=f"{demo.name}-alarm-strip", help="Fits the bells first: some ten seconds."):
        _strips(demo, name, bell, float(percent), st.session_state.get(number, 0))


def _rates(rows: list[Any], agent: str, bell: str, percent: int, fit: str) -> str:
    """Hits and false alarms at this threshold, each a bar with its interval; `fit`: as levels' names end."""
    from ...detect.alarms import OWN

    mine = [r for r in rows if r["agent"] == agent and r["measure"] == f"{bell} rings at {percent} %"]
    mine = [{**r, "levels": r["levels"].removesuffix(OWN)} for r in mine if r["levels"].endswith(OWN) is (fit == OWN)]
    if not mine:
        return "<p>This bell was not measured for this agent.</p>"
    lines = []
    for row in mine:
        hit = row["levels"].startswith("moved")
        label = "the goal moved, before the mistake" if hit else row["levels"].replace("-", " ")
        kind = "hits" if hit else "false alarms"
        lines.append(
            f'<tr><td style="padding:3px 12px 3px 0">{html.escape(label)}</td><td style="width:45%">'
            f"{bars.bar({**row, 'rate': row['value']}, VERMILION if hit else GREY)}</td>"
            f'<td style="padding-left:12px;white-space:nowrap">{bars.rate({**row, "rate": row["value"]})} '
            f"<small>{kind}, n = {row['n']}</small></td></tr>"
        )
    return f'<table style="width:100%;max-width:1000px">{"".join(lines)}</table>'


def curve(rows: list[Any], agent: str, bell: str, percent: int, fit: str) -> dict[str, Any]:
    """A Vega-Lite chart: rings on moved levels against rings on usual ones, with intervals, and where the slider is."""
    from ...detect.alarms import FALSE, LEVELS

    value = {(r["levels"], r["measure"]): r for r in rows if r["agent"] == agent}
    points = []
    for each in FALSE:
        false, hit = (value.get((levels + fit, f"{bell} rings at {each} %")) for levels in ("training", LEVELS))
        if false and hit:
            shares = {"x": false["value"], "y": hit["value"], "low": hit["low"], "high": hit["high"]}
            points.append({name: 100 * share for name, share in shares.items()} | {"now": each == percent})
    axis = {"type": "quantitative", "scale": {"domain": [0, 100]}}
    x = {"field": "x", "title": "% of usual runs that ring", **axis}
    y = {"field": "y", "title": "% of moved runs that ring in time", **axis}
    now = {"condition": {"test": "datum.now", "value": 220}, "value": 25}
    return {
        "data": {"values": points}, "height": 260,
        "layer": [
            {"mark": {"type": "area", "opacity": 0.15, "color": VERMILION},
             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"mark": {"type": "line", "color": VERMILION}, "encoding": {"x": x, "y": y}},
            {"mark": {"type": "point", "filled": True, "opacity": 1, "color": VERMILION},
             "encoding": {"x": x, "y": y, "size": now}},
        ],
    }  # fmt: skip


@st.cache_resource(show_spinner="Fitting the bells to training levels")
def bells_of(demo_name: str, agent_name: str) -> Any:
    """The fitted detectors of an agent, and the highest scores of other training episodes."""
    from ...detect import alarms
    from ...detect.detectors import DETECTORS, fitted
    from ...rules.batch import drawn_levels
    from ...study.findings import role_seed
    from ...study.levels import measurement_seeds

    demo, agent, n = loading.demo_of(demo_name), loading.agent_of(demo_name, agent_name), 40
    bells = fitted(alarms.frames_to_fit(demo, agent, alarms.trained_config(demo, agent), 1), tuple(DETECTORS))
    seeds = measurement_seeds(demo, role_seed("threshold", 1), 0, n)
    levels = drawn_levels(demo, alarms.trained_config(demo, agent), seeds)
    return bells, alarms.watched(demo, agent, levels, seeds, bells), n


def _strips(demo: Demo, name: str, bell: str, percent: float, number: int) -> None:
    """The score along a run with the goal moved, and along its twin with the goal where training has it."""
    from ...detect.alarms import pairs_of, threshold_at, watched
    from ...study.rollouts import rollouts

    agent = loading.agent_of(demo.name, name)
    bells, reference, n = bells_of(demo.name, name)
    threshold = threshold_at(reference.highest(bell, n), percent)
    pairs = pairs_of(demo, agent, number + 1, 1)
    for levels, title in ((pairs.moved, f"the {demo.goal_object} moved"), (pairs.usual, "as in training")):
        one, seeds = levels[number : number + 1], pairs.seeds[number : number + 1]
        found = watched(demo, agent, one, seeds, {bell: bells[bell]})
        end = rollouts(demo, agent, agent.config, seeds, levels=one)
        reached = [int(step) for step in end.reached[0] if step >= 0]
        told = f"{title}: {end.outcomes[0]} at step {reached[0] if reached else int(end.steps[0])}"
        scores = found.scores[bell]
        rings = int((scores >= threshold).sum())
        first = int(found.step[scores >= threshold][0]) if rings else None
        st.markdown(f"**{told}.** " + (f"First ring at step {first}." if first is not None else "It never rings."))
        mark = reached[0] if reached else None
        st.html(bars.image(strip(scores, threshold, mark), f"{bell}, {told}, {rings} steps ring", WIDE))


def strip(scores: Any, threshold: float, mark: int | None) -> str:
    """Scores along a run as SVG: a line, the threshold, a tick for every ring, a line where a goal is reached."""
    low, high = min(float(scores.min()), threshold), max(float(scores.max()), threshold) + 1e-9
    n = max(len(scores) - 1, 1)

    def x(step: float) -> float:
        return 8 + step / n * (WIDE - 16)

    def y(score: float) -> float:
        return TALL - 26 - (score - low) / (high - low) * (TALL - 40)

    line = " ".join(f"{x(i):.1f},{y(float(s)):.1f}" for i, s in enumerate(scores))
    ticks = "".join(
        f'<rect x="{x(i) - 1.5:.1f}" y="{TALL - 18}" width="3" height="14" fill="{VERMILION}"/>'
        for i, s in enumerate(scores)
        if s >= threshold
    )
    wall = f'<path d="M{x(mark):.1f} 4V{TALL - 4}" stroke="{BLUE}" stroke-width="2"/>' if mark is not None else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}">'
        f'<rect width="{WIDE}" height="{TALL}" rx="6" fill="#8881"/>'
        f'<path d="M8 {y(threshold):.1f}H{WIDE - 8}" stroke="{GREY}" stroke-dasharray="5 4"/>'
        f'<polyline points="{line}" fill="none" stroke="{ORANGE}" stroke-width="2"/>{wall}{ticks}</svg>'
    )
