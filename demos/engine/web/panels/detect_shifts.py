"""Shift tests on a page: which changes would you have tried, and what would you have concluded?"""

import html
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from ...rules.palette import outcome_marks
from ...rules.world import Demo
from .. import loading
from ..html import bars
from .laboratory import agent_box

FIRST = "recoloured"  # what a hurried tester tries
LIVE = 50  # levels of a test made on the page


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
    """A tester's choice of shifts, the conclusion it leads to, and the matrix, each cell a link to its first run."""
    from ...detect.shifts import shifts_of

    shifts = {shift.name: shift for shift in shifts_of(demo)}
    tried = st.pills(
        "You are the tester. Which changes do you try?", [name for name in shifts if name != "training"],
        selection_mode="multi", default=[FIRST] if FIRST in shifts else list(shifts)[1:2], key=f"{demo.name}-tried",
        format_func=lambda name: name.replace("-", " "),
    )  # fmt: skip
    if not rows:
        return
    guess = st.radio(
        f"Before you look: does every agent that goes for the {demo.goal_object} pass, and every other one fail?",
        ["yes", "no"], index=None, horizontal=True, key=f"{demo.name}-shift-guess",
    )  # fmt: skip
    if guess is None and "detect-looked" not in st.session_state:
        st.button("Show me", key="detect-looked-button", on_click=lambda: st.session_state.update({"detect-looked": 1}))
        return
    st.markdown(conclusion(demo, rows, tried))
    st.html(matrix(demo, rows, ["training", *tried]))
    st.html(bars.legend(demo))
    counts = sorted({row["n"] for row in rows})
    n = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    st.caption(
        f"Each bar is one network: the outcomes of {n} runs, one in each level; below it how often it took the "
        f"{demo.intended}, in percent, with its 95 % interval. Seeds stand apart. Click a bar to open its first run."
    )
    _live(demo, tried)


def conclusion(demo: Demo, rows: list[Any], tried: list[str]) -> str:
    """What a tester who tries these shifts would say, in a sentence or two."""
    from ...detect.shifts import PASSES, verdict

    if not tried:
        return "**Without a shift there is no test.** Choose at least one change."
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    found = {agent: verdict(demo, rows, agent, tried) for agent in agents}
    passed, failed, neither = (
        ", ".join(f"`{agent}`" for agent, each in found.items() if each is ok) for ok in (True, False, None)
    )
    untold = f" No verdict on {neither}: nothing to compare with in training." if neither else ""
    return (
        f"**Your report:** passed: {passed or 'none'}; failed: {failed or 'none'}.{untold} "
        f"(Passing: it takes the {demo.intended} at least {100 * PASSES:.0f} % as often as in training, under every "
        "change you tried.)"
    )


def matrix(demo: Demo, rows: list[Any], shown: list[str]) -> str:
    """The rows as an HTML table: agents down, shifts across, every cell a divided bar that links to a run."""
    titles = _titles(demo)
    cell = "padding:4px 10px 8px 0;text-align:left;vertical-align:top"
    head = "".join(
        f'<th scope="col" style="{cell};min-width:92px;font-weight:600;line-height:1.2" '
        f'title="{html.escape(titles.get(name, name))}">{html.escape(name.replace("-", " "))}</th>'
        for name in shown
    )
    lines = []
    for agent in dict.fromkeys(row["agent"] for row in rows):
        cells = "".join(f'<td style="{cell}">{_cell(demo, rows, agent, name)}</td>' for name in shown)
        lines.append(f'<tr><th scope="row" style="{cell};white-space:nowrap">{html.escape(agent)}</th>{cells}</tr>')
    table = f'<table style="border-collapse:collapse;width:100%"><tr><th></th>{head}</tr>{"".join(lines)}</table>'
    return f'<div style="overflow-x:auto">{table}</div>'


def _cell(demo: Demo, rows: list[Any], agent: str, shift: str) -> str:
    found = {row["measure"]: row for row in rows if (row["agent"], row["levels"]) == (agent, shift)}
    if demo.intended not in found:
        return "<small>cannot be made</small>"
    parts = "".join(
        f'<div style="width:{100 * found[name]["value"]:.2f}%;background:{colour}"></div>'
        for name, (colour, _) in outcome_marks(demo).items()
        if name in found
    )
    told = "; ".join(f"{name} {100 * row['value']:.0f} %" for name, row in found.items())
    goal = found[demo.intended]
    link = _links(demo.name, goal["seed"]).get(agent, {}).get(shift, "")
    bar = (
        f'<a href="{html.escape(link)}" target="_blank" aria-label="{html.escape(f"{agent}, {shift}: {told}")}" '
        f'title="{html.escape(told)}" style="display:flex;height:18px;border-radius:3px;overflow:hidden">{parts}</a>'
    )
    interval = f"{100 * goal['low']:.0f} to {100 * goal['high']:.0f}"
    return f"{bar}<small>{100 * goal['value']:.0f} ({interval})</small>"


@st.cache_data(show_spinner=False)
def _links(name: str, seed: int) -> dict[str, dict[str, str]]:
    """The address of the first run of every cell, by agent and shift."""
    from ...detect.laboratory import agents_of
    from ...detect.shifts import example, shifts_of

    demo = loading.demo_of(name)
    return {
        agent: {
            shift.name: f"/{name}?{urlencode(query)}"
            for shift in shifts_of(demo)
            if (query := example(demo, agent, shift, seed))
        }
        for agent in agents_of(demo, "shifts")
    }


def _titles(demo: Demo) -> dict[str, str]:
    from ...detect.shifts import shifts_of

    return {shift.name: shift.title for shift in shifts_of(demo)}


def _live(demo: Demo, tried: list[str]) -> None:
    """The same test of any agent, made on the page."""
    from ...detect.shifts import measure

    choices = loading.agent_choices(demo)
    who, go = st.columns([2, 3], vertical_alignment="bottom")
    agent = agent_box(who, "Any agent", demo, list(choices), f"{demo.name}-shift-agent")
    if not go.button(f"Test it now: {LIVE} levels of each kind", key=f"{demo.name}-shift-run"):
        return
    bar = st.progress(0.0)

    def told(what: str, done: int, n: int) -> None:
        bar.progress(done / n, f"{what}: {done:,} of {n:,} runs")

    fresh = measure(demo, [agent], LIVE, 1, told)
    bar.empty()
    st.html(matrix(demo, fresh, ["training", *tried]))
