"""A mentor on a page: what handing over would be worth, by bell and by what a mistake costs; and you as the mentor."""

import html
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from ...rules.palette import BLUE, GREY, ORANGE, PURPLE
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, payload, refuse
from ..html import bars
from .detect_alarms import bells_of
from .laboratory import agent_box

CALLS = 10  # steps that a person may take for the novice in one run
CONSEQUENCES = {
    "a mistake ends the run": "goal",
    "a mistake can be mended": "goal, mended",
    "a mistake costs half a reward": "return, costly",
}


@st.fragment
def mentor_panel(demo: Demo, rows: list[Any]) -> None:
    """Three bars, and every way to ring beside them, by what a mistake costs."""
    if not rows:
        return
    st.radio(
        "A mentor who takes the goal takes over when the bell rings. How much of the loss will *hesitation* mend?",
        ["nearly all", "some of it", "nearly nothing"], index=None, horizontal=True, key=f"{demo.name}-mentor-guess",
    )  # fmt: skip
    if st.session_state[f"{demo.name}-mentor-guess"] is None:
        return
    who, what = st.columns([1.4, 3], vertical_alignment="bottom")
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    agent = agent_box(who, "Novice", demo, agents, f"{demo.name}-mentor-agent")
    cost = what.segmented_control(
        "What a mistake costs", list(CONSEQUENCES), default=next(iter(CONSEQUENCES)), key=f"{demo.name}-mentor-cost"
    )
    measure = CONSEQUENCES[cost or next(iter(CONSEQUENCES))]
    mine = {(r["levels"], r["measure"]): r for r in rows if r["agent"] == agent}
    lines = []
    for ring in dict.fromkeys(measure_.rpartition(": ")[0] for _, measure_ in mine):
        goal, asked = mine["moved", f"{ring}: {measure}"], mine["moved", f"{ring}: asked"]
        nothing = mine["training", f"{ring}: asked"]
        rate = {"rate": max(goal["value"], 0), "low": max(goal["low"], 0), "high": max(goal["high"], 0)}
        words = f"{goal['value']:.2f}" if measure == "return, costly" else bars.rate(rate)
        weight = 700 if ring in ("never", "from the start") else 400
        cell = '<td style="padding:3px 12px 3px 0;white-space:nowrap'
        lines.append(
            f'<tr>{cell};font-weight:{weight}">{html.escape(ring)}</td>'
            f'<td style="width:38%;padding-right:12px">{bars.bar(rate, ORANGE)}</td>{cell}">{words}</td>'
            f'{cell}"><small>asked in {100 * asked["value"]:.0f} % of moved, '
            f"{100 * nothing['value']:.0f} % of training levels</small></td></tr>"
        )
    st.html(f'<div style="overflow-x:auto"><table style="width:100%;max-width:1100px">{"".join(lines)}</table></div>')
    st.caption(
        f"How often the {demo.intended} is reached on moved levels (n = {rows[0]['n']}). *never* is the novice alone, "
        "*from the start* the mentor alone. A bell must beat a random moment at the same share of asking."
    )
    if st.toggle("Be the mentor", key=f"{demo.name}-mentor-you", help="Fits the bells first: some ten seconds."):
        _you(demo, agent, measure)


def _you(demo: Demo, name: str, measure: str) -> None:
    """One level: the bell rings, a person takes up to `CALLS` steps; beside it novice, mentor from the ring, mentor."""
    from ...detect.alarms import FALSE, USUAL, pairs_of, threshold_at, watched
    from ...detect.detectors import DETECTORS

    which, often, other = st.columns([1.6, 2, 1], vertical_alignment="bottom")
    bell = which.selectbox("Your bell", list(DETECTORS), len(DETECTORS) - 1, key=f"{demo.name}-mentor-bell")
    percent = often.select_slider("Rings for nothing in, %", FALSE, USUAL, key=f"{demo.name}-mentor-percent")
    number = st.session_state.setdefault(f"{demo.name}-mentor-number", 0)
    other.button("Another level", key=f"{demo.name}-mentor-next", on_click=_next, args=(f"{demo.name}-mentor-number",))
    agent, (bells, reference, n) = loading.agent_of(demo.name, name), bells_of(demo.name, name)
    pairs = pairs_of(demo, agent, number + 1, 1)
    level, seed = pairs.moved[number : number + 1], pairs.seeds[number : number + 1]
    seen = watched(demo, agent, level, seed, {bell: bells[bell]})
    ring = int(seen.rings(bell, threshold_at(reference.highest(bell, n), percent), 1)[0])
    key = f"{demo.name}-mentor-{name}-{number}"
    if key not in st.session_state:
        st.session_state[key] = Live.begin(demo, [agent], level[0], int(seed[0]))
    live: Live = st.session_state[key]
    run = live.runs[0]
    used = int(run.by_person.sum())
    told = f"The bell rings at step {ring}" if ring >= 0 else "The bell never rings here: nobody asks you"
    st.markdown(
        f"**{told}.** From then on you may act for it: *Steer*, then the arrows. {CALLS - used} of {CALLS} calls left."
    )
    sent = payload(live, 0) | {"tools": ["steer"], "speed": 3}
    sent["events"] = sorted([*sent["events"], *([[ring, "the bell rings"]] if ring >= 0 else [])])
    canvas(f"{key}-canvas", sent, partial(_called, key, ring))
    st.html(_bars(demo, agent, level, seed, ring, run, measure))


def _called(key: str, ring: int) -> None:
    state = st.session_state.get(f"{key}-canvas")
    if state and state.get("message") is not None:
        called(st.session_state[key], state["message"], ring)


def called(live: Live, sent: Any, ring: int) -> None:
    """Carry out what a person does, once the bell has rung (-1: never) and while calls are left. Untrusted."""
    taken = isinstance(sent, dict) and sent.get("kind") == "take"
    if taken and not (isinstance(at := sent.get("at"), int) and 0 <= ring <= at):
        refuse(live, sent, "The bell has not rung yet; the novice asks nobody before.")
    elif taken and int(live.runs[0].by_person.sum()) >= CALLS:
        refuse(live, sent, f"Your {CALLS} calls are used; take another level.")
    else:
        apply_edit(live, sent)


def _next(key: str) -> None:
    st.session_state[key] += 1


def _bars(demo: Demo, agent: Any, level: Any, seed: Any, ring: int, run: Any, measure: str) -> str:
    """What this level is worth: to the novice alone, with you, with the mentor from the ring on, and from the start."""
    from ...agents.pretrained import varied_agent
    from ...detect.mentor import one_level, worth

    whole = run.fork().go_on()
    mine = whole.outcome, worth(demo, np.array([whole.outcome]), whole.end.reached[None])
    mentor = loading.agent_of(demo.name, varied_agent(demo))
    lines = {"with you": mine} | one_level(demo, agent, mentor, level, seed, ring)
    cells = "".join(
        f'<tr><td style="padding:3px 12px 3px 0;white-space:nowrap">{html.escape(told)}</td><td style="width:45%">'
        f"{bars.bar(dict.fromkeys(('rate', 'low', 'high'), max(float(found[measure][0]), 0)), colour)}</td>"
        f'<td style="padding-left:12px"><small>{html.escape(outcome)}, {found[measure][0]:g}</small></td></tr>'
        for (told, (outcome, found)), colour in zip(lines.items(), (BLUE, GREY, ORANGE, PURPLE), strict=True)
    )
    return f'<table style="width:100%;max-width:900px">{cells}</table>'
