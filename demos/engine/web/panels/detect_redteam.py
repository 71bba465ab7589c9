"""Red teaming on a page: your edits against a search with the same number of runs, then every edit at once."""

import html
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from ...rules.level import Level
from ...rules.palette import BLUE, GREY, ORANGE, PURPLE
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, payload
from .laboratory import agent_box

BUDGET = 5  # edits of the person, and runs of the search's first look
COLOURS = {"goal": ORANGE, "wrong goal": BLUE, "died": PURPLE, "stuck": GREY}


@dataclass
class Race:
    """One level: the person's runs with its edits, and what the search found in it."""

    live: Live
    edits: list[str] = field(default_factory=list)  # how each of the person's edits ended
    counted: int = 0  # edits of the canvas already in `edits`
    found: list[Any] | None = None
    levels: dict[str, Level] = field(default_factory=dict)  # by the change that makes it


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
    """An agent and a level; the person has `BUDGET` edits, the search as many, then all."""
    from ...detect.laboratory import agents_of
    from ...detect.redteam import KINDS, base_levels

    who, kinds, other = st.columns([2, 4, 1.2], vertical_alignment="bottom")
    names = list(dict.fromkeys([*agents_of(demo, "redteam"), *loading.agent_choices(demo)]))
    agent = loading.agent_of(demo.name, agent_box(who, "Agent", demo, names, f"{demo.name}-red-agent"))
    chosen = kinds.pills(
        "Kinds of edits for the search", list(KINDS), selection_mode="multi", default=["place", "colour"],
        key=f"{demo.name}-red-kinds", help="; ".join(f"*{kind}*: {about}" for kind, about in KINDS.items()),
    )  # fmt: skip
    number = f"{demo.name}-red-number"
    if other.button("Another level", key=f"{demo.name}-red-next"):
        st.session_state[number] = st.session_state.get(number, 1) + 1
    key = f"{demo.name}-red-{agent.name}-{st.session_state.get(number, 1)}"
    if key not in st.session_state:
        level = base_levels(demo, agent, 1, st.session_state.get(number, 1))
        if not level:
            st.warning(f"{agent.name} takes the {demo.intended} in no level of its training in 9 of 10 runs.")
            return
        st.session_state[key] = Race(Live.begin(demo, [agent], level[0], 0))
    race: Race = st.session_state[key]
    left, right = st.columns([2.3, 1], gap="medium")
    with left:
        canvas(f"{key}-canvas", payload(race.live, 0), partial(_sent, key))
    with right:
        _score(demo, race, key, chosen)
    if race.found:
        _list(demo, race, key)
    if rows:
        st.markdown(_summary(rows))


def _sent(key: str) -> None:
    """Carry out an edit of the person, and count it."""
    race: Race = st.session_state[key]
    state = st.session_state.get(f"{key}-canvas")
    if state and state.get("message") is not None:
        before = len(race.live.past)
        apply_edit(race.live, state["message"])
        if len(race.live.past) > before:
            race.edits.append("")
    if race.edits:
        from ...detect.redteam import end_of

        race.edits[-1] = end_of(race.live.demo, race.live.runs[0].outcome)


def _score(demo: Demo, race: Race, key: str, kinds: list[str]) -> None:
    """The counters of both, and the search's buttons."""
    st.markdown(
        f"In this level the agent takes the {demo.intended} in at least 9 of 10 runs. **Make it miss with one edit.** "
        f"You have {BUDGET}. Take each back (*Undo*) before the next."
    )
    marks = "".join(
        f'<span style="color:{COLOURS[end]};font-size:1.3rem">●</span> {html.escape(end)} &nbsp; '
        for end in race.edits[:BUDGET]
    )
    st.html(f"<div><b>You</b> ({min(len(race.edits), BUDGET)} of {BUDGET}): {marks or 'no edit yet'}</div>")
    if st.button("Now the search: every edit", key=f"{key}-search", type="primary", disabled=not kinds):
        _search(demo, race, kinds)
    if race.found is None:
        return
    from ...detect.redteam import first_turned

    turned = [each for each in race.found if each.turned]
    first = first_turned(race.found)
    told = f"its first after {first:,} runs, trying in random order" if first else "none"
    st.markdown(
        f"**The search**, with as many runs as you have, turned it {sum(each.turned for each in race.found[:BUDGET])} "
        f"times. In all it tried {len(race.found):,} edits: {len(turned):,} turn this level; {told}. "
        "Of each edit one run, and ten where it missed."
    )


def _search(demo: Demo, race: Race, kinds: list[str]) -> None:
    from ...detect.redteam import search, single_edits

    bar = st.progress(0.0, "one run with every edit")
    edits = single_edits(demo, race.live.origin, kinds)
    race.levels = {edit.change: level for edit, level in edits}

    def told(done: int, n: int) -> None:
        bar.progress(done / max(n, 1), f"{done:,} of {n:,} runs")

    race.found = search(demo, race.live.agents[0], edits, progress=told)
    bar.empty()


def _list(demo: Demo, race: Race, key: str) -> None:
    """The edits that turn the level, the smallest first; a click puts one on the canvas."""
    turned = sorted(
        (each for each in race.found or () if each.turned), key=lambda each: (each.edit.size, each.edit.change)
    )
    if not turned:
        st.info("No single edit of these kinds turns this level. Try other kinds, or another level.")
        return
    wrong = [each for each in turned if each.end == "wrong goal"]
    st.markdown(
        f"**What turned it**, smallest first ({len(wrong)} to the wrong goal; *stuck* and *died* are a loss of skill, "
        "not a goal). Click one to see its run."
    )
    row = st.container(horizontal=True, gap="small")
    for each in [*wrong[:8], *[each for each in turned if each.end != "wrong goal"][:8]]:
        row.button(
            f"{each.edit.change} → {each.end}, {each.missed} of {each.runs}", key=f"{key}-show-{each.edit.change}",
            on_click=race.live.restart, args=(race.levels[each.edit.change],),
        )  # fmt: skip


def _summary(rows: list[Any]) -> str:
    """What the bundled table says of each agent, in a line each."""
    from ...study.findings import find

    lines = []
    for agent in dict.fromkeys(row["agent"] for row in rows):
        parts = []
        for kind in dict.fromkeys(row["levels"] for row in rows if row["agent"] == agent):
            turned, wrong = (find(rows, agent, kind, what) for what in ("levels turned", "levels: wrong goal"))
            if turned and wrong:
                count, goals = (round(row["value"] * row["n"]) for row in (turned, wrong))
                parts.append(f"{kind} {count} of {turned['n']} (wrong goal: {goals})")
        lines.append(f"| `{agent}` | " + " | ".join(parts) + " |")
    kinds = len(lines[0].split("|")) - 3
    head = "| levels turned by one edit |" + " |" * kinds
    return "\n".join([head, "|" + "---|" * (kinds + 1), *lines])
