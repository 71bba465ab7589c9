"""The layout of a text demo's page: a question to edit, what the network replies, and why, word by word."""

import html
from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from .... import module
from ...agents.called import label, line
from ...lessons.worksheet import lessons
from ...rules.names import ending
from ...rules.palette import outcome_marks
from ...rules.text import BadText, Case, TextDemo, Turns, readable
from .. import loading, projector
from ..components.strip.strip import payload, strip
from ..html import addresses, bars, tables
from ..html.links import works
from ..html.said import say
from ..panels import direction_panel, tuning_panel
from .gallery import look_alike
from .grid_page import NOTE

if TYPE_CHECKING:  # importing it would import torch
    from ...agents.run_text import Writer

PROBED_WITH = 1  # the seed of the questions put to a model of the reader's own
MOST_TURNS = 12  # of a dialogue that a person types
_BUBBLE = "padding:8px 14px;border-radius:14px;max-width:85%;width:fit-content;font-size:1.15rem"
_SIDES = (  # how the turns of the person and of the network look
    f"{_BUBBLE};margin:4px auto 4px 0;background:rgba(128,128,128,.18)",
    f"{_BUBBLE};margin:4px 0 4px auto;background:rgba(0,114,178,.22);border:1px solid rgba(0,114,178,.6)",
)


def text_page(name: str) -> None:
    """The page of one text demo."""
    demo = cast(TextDemo, loading.entry_of(name))
    from ...agents.pretrained import agent_names  # not at the top, so that pages appear before torch is loaded

    agents = agent_names(demo)
    say(f"### {demo.question}\n{look_alike(demo)}**Training:** {demo.reward} {demo.fits_too}")
    st.markdown(f":material/check: **Real:** {demo.real} :material/compare_arrows: **An analogy:** {demo.analogy}")
    if not agents:
        st.info(f"No agent is bundled yet; train one with `goalmisgen train {name} {next(iter(demo.recipes))}`.")
        return
    _open_link(demo, agents)
    _stage(demo, agents)
    if demo.tuning:
        tuning_panel.panel(demo, demo.tuning)
    if demo.kinds:
        direction_panel.panel(demo)
    _measured(demo, agents)
    if demo.probes:
        with st.expander("A real model, if you have one"):
            from ...study.endpoint import MOST_REQUESTS
            from ..panels.endpoint_panel import panel as endpoint

            endpoint(_probes(name, MOST_REQUESTS), f"{demo.name}-endpoint")
    _published(demo)


@cache
def _probes(name: str, n: int) -> list[tuple[str, str, str]]:
    """The questions for a model of one's own: drawn once, for every rerun of the page asks for them."""
    draw = cast(TextDemo, loading.entry_of(name)).probes
    return draw(PROBED_WITH, n) if draw else []


def _published(demo: TextDemo) -> None:
    """What the papers found, beside this: the end of the demo's lesson, where it has one."""
    with st.expander("What was published, and how this differs"):
        st.markdown(module(demo.name).__doc__ or "")
        ends = [lesson.steps[-1].prose for lesson in lessons() if lesson.demo == demo.name]
        for prose in ends[:1]:
            say(prose)
        works(dict.fromkeys(demo.papers, False))
        st.caption(NOTE)


def values_of(demo: TextDemo) -> dict[str, str]:
    """What the page's fields say."""
    return {each.name: str(st.session_state.get(f"{demo.name}-{each.name}", each.usual)) for each in demo.fields}


def _open_link(demo: TextDemo, agents: list[str]) -> None:
    """Set the page's controls from its link, once, and again where another page links to what is prepared.

    Untrusted: what cannot be read is named and left out.
    """
    name, query = demo.name, st.query_params
    if f"{name}-opened" in st.session_state and "preset" not in query:
        return
    st.session_state[f"{name}-opened"] = True
    first = next((preset.agent for preset in demo.presets if preset.agent in agents), agents[0])
    if query.get("agent", first) in agents:
        st.session_state.setdefault(f"{name}-agent", query.get("agent", first))
    else:
        st.warning(f"The link names an agent that is not here; there are: {', '.join(agents)}.")
    given = {each.name: query[each.name] for each in demo.fields if each.name in query}
    try:
        demo.asked(given)
    except BadText as refused:
        st.warning(str(refused))
        given = {}
    for each in demo.fields:
        st.session_state.setdefault(f"{name}-{each.name}", given.get(each.name, each.usual))
    if "preset" in query:
        if query["preset"] in demo.prepared:
            _prepare(demo, query["preset"])
        else:
            st.warning(f"The link names nothing prepared here; there are: {', '.join(demo.prepared)}.")


def _prepare(demo: TextDemo, preset: str) -> None:
    """Set the page's agent and fields to what is prepared under this name."""
    chosen = next(each for each in demo.presets if each.name == preset)
    st.session_state[f"{demo.name}-agent"] = chosen.agent
    for each in demo.fields:
        st.session_state[f"{demo.name}-{each.name}"] = chosen.values.get(each.name, each.usual)


@st.fragment
def _stage(demo: TextDemo, agents: list[str]) -> None:
    left, right = st.columns([2.2, 1], gap="large")
    with right:
        chosen, own = _controls(demo, agents)
    with left:
        _fields(demo)
        try:
            case = demo.asked(values_of(demo))
        except BadText as refused:
            st.warning(str(refused))
            return
        addresses.keep({"agent": chosen[0]} | values_of(demo))
        writers = [loading.writer_of(demo.name, agent) for agent in chosen]
        said = [_typed(demo, each, case) if own and each is writers[0] else each.converse(case) for each in writers]
        for column, writer, turns in zip(st.columns(len(chosen), gap="medium"), writers, said, strict=True):
            with column:
                typed = own and writer is writers[0]
                dialogue(demo, case, turns, writer.name, judged=not typed)
                if typed and len(turns) < MOST_TURNS:
                    st.chat_input(
                        "Your answer", key=f"{demo.name}-said", max_chars=60, on_submit=_say, args=(demo, writer)
                    )
        st.caption(case.note)
        for number, (writer, turns) in enumerate(zip(writers, said, strict=True)):
            name = label(demo, writer.name) if len(chosen) > 1 else ""
            strip(f"{demo.name}-strip-{number}", payload(*writer.words(turns), name))
    with right:
        _conditions(demo, chosen[0])


def _controls(demo: TextDemo, agents: list[str]) -> tuple[list[str], bool]:
    """The agents that are asked, and whether the person answers by hand."""
    name = demo.name
    recipes = {agent.partition(":")[0] for agent in agents}
    ladder = {rung: recipe for rung, recipe in demo.ladder.recipes.items() if recipe in recipes} if demo.ladder else {}

    def climbed() -> None:
        recipe = ladder[st.session_state[f"{name}-ladder"]]
        st.session_state[f"{name}-agent"] = next(each for each in agents if each.partition(":")[0] == recipe)

    called = partial(label, demo)
    agent = st.selectbox("Network", agents, key=f"{name}-agent", format_func=called)
    beside = st.selectbox(
        "Beside it",
        ["nothing", *(each for each in agents if each != agent)],
        key=f"{name}-beside",
        format_func=called,
    )
    if demo.ladder and len(ladder) > 1:
        rung = next((rung for rung, recipe in ladder.items() if recipe == agent.partition(":")[0]), None)
        if rung is not None:
            st.session_state[f"{name}-ladder"] = rung
            st.select_slider(demo.ladder.title, list(ladder), key=f"{name}-ladder", on_change=climbed)
    st.caption(line(demo, agent), help=f"`{agent}`")
    row = st.container(horizontal=True, gap="small")
    own = demo.respond is not None and row.toggle("I answer", key=f"{name}-own", help="You answer its questions.")
    projector.switch(row)
    return [agent, beside] if beside in agents else [agent], bool(own)


def _fields(demo: TextDemo) -> None:
    """What is prepared, and the fields of the question."""
    name = demo.name

    def opened() -> None:
        if st.session_state[f"{name}-preset"]:
            _prepare(demo, st.session_state[f"{name}-preset"])

    if demo.presets:
        now = (st.session_state.get(f"{name}-agent"), demo.asked_values(values_of(demo)))
        shown = [each.name for each in demo.presets if (each.agent, demo.asked_values(each.values)) == now]
        st.session_state[f"{name}-preset"] = shown[0] if shown else None
        st.selectbox(
            "Prepared questions", list(demo.prepared), format_func=demo.prepared.__getitem__, key=f"{name}-preset",
            on_change=opened, placeholder="Prepared questions", label_visibility="collapsed",
        )  # fmt: skip
    widths = [max(len(each.title), each.most / 4, 8) for each in demo.fields]
    for column, each in zip(st.columns(widths, vertical_alignment="bottom"), demo.fields, strict=True):
        key, told = f"{name}-{each.name}", each.help or None
        st.session_state.setdefault(key, each.usual)
        if each.options:
            column.selectbox(each.title, each.options, key=key, help=told)
        else:
            column.text_input(each.title, key=key, max_chars=each.most, help=told)


def _typed(demo: TextDemo, writer: "Writer", case: Case) -> Turns:
    """The dialogue as far as the person has answered in it; it begins again with another question or network."""
    key, mark = f"{demo.name}-typed", (writer.name, case.prompt)
    if st.session_state.get(f"{key}-of") != mark:
        st.session_state[f"{key}-of"], st.session_state[key] = mark, writer.reply((case.prompt,))
    if told := st.session_state.pop(f"{key}-told", ""):
        st.warning(told)
    turns: Turns = st.session_state[key]
    return turns


def _say(demo: TextDemo, writer: "Writer") -> None:
    """Let the network reply to what the person typed. Untrusted."""
    key = f"{demo.name}-typed"
    try:
        st.session_state[key] = writer.reply((*st.session_state[key], st.session_state[f"{demo.name}-said"]))
    except BadText as refused:
        st.session_state[f"{key}-told"] = str(refused)


def dialogue(demo: TextDemo, case: Case, turns: Turns, agent: str, judged: bool = True) -> None:
    """A dialogue as bubbles, the network's on the right, and what came of it. Everything said is escaped."""
    shown = "".join(f'<div style="{_SIDES[i % 2]}">{html.escape(readable(turn))}</div>' for i, turn in enumerate(turns))
    st.html(f'<div style="display:flex;flex-direction:column;margin-bottom:6px">{shown}</div>')
    if judged:
        outcome = demo.judge(case, turns)
        colour, mark = outcome_marks(demo)[outcome]
        who, short = html.escape(label(demo, agent)), html.escape(agent, quote=True)
        st.html(
            f'<div><b title="{short}">{who}</b>: <span style="color:{colour}">{mark}</span> '
            f"<b>{html.escape(ending(demo, outcome).chip)}</b></div>"
        )


def _conditions(demo: TextDemo, agent: str) -> None:
    """What was measured of one network: a divided bar for each condition."""
    card: Mapping[str, Any] | None = loading.writer_of(demo.name, agent).card
    if not card:
        st.caption(f"Not measured yet: `goalmisgen measure {demo.name} --agent {agent} --card`.")
        return
    levels = {name: found for name, found in card["measured"]["levels"].items() if name in demo.conditions}
    st.markdown(f"**Measured of {label(demo, agent)}**, on {demo.unseen}", help=f"`{agent}`")
    shown = "".join(bars.divided(demo, demo.conditions[name].about, found) for name, found in levels.items())
    st.html(bars.legend(demo) + shown)
    with st.popover("In numbers", icon=":material/table_rows:"):
        for name, found in levels.items():
            st.html(tables.table(demo, demo.conditions[name].about, found))
        st.caption("95 % Wilson intervals over questions; likeliest words.")


def _measured(demo: TextDemo, agents: list[str]) -> None:
    """Every network in one condition, seeds side by side."""
    with st.expander("Every network"):
        told = demo.conditions_told
        condition = st.pills(
            "Asked", list(told), default=list(told)[-1], format_func=told.__getitem__, key=f"{demo.name}-condition"
        )
        if condition:
            st.html(tables.rates(demo, agents, condition))
