"""The layout of a grid world's page: everything in the first lines, the rest in tabs."""

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ...agents.run import Run
from ...rules import edit as editing
from ...rules.edit import BadLevel, draw_level
from ...rules.level import copied
from ...rules.world import Demo, Preset
from . import ages, away, loading, outcome, over_time, probes, projector, wall, words
from .canvas import canvas
from .live import Live, apply_edit, held, payload, policy_field

EPISODES = 200
MOST_NUMBER = (1 << 40) - 1  # below it lie the measured levels, from it on those of trainings
NOTE = "Words like *wants* are short for *behaves as if pursuing*: a claim about behaviour, not about inner states."


def answer(live_key: str, canvas_key: str) -> None:
    """Carry out what a canvas sent."""
    state = st.session_state.get(canvas_key)
    message = state.get("message") if state else None
    if message is not None:
        apply_edit(st.session_state[live_key], message)


def world_page(name: str) -> None:
    """The page of one grid demo: everything in the first lines, the rest in tabs."""
    demo = loading.demo_of(name)
    choices = loading.agent_choices(demo)
    st.markdown(f"### {demo.question}\n**Reward:** {demo.reward} {demo.fits_too}")
    if not choices:
        st.info(f"No agent is bundled yet; train one with `goalmisgen train {name}`.")
        return
    _open_link(demo, list(choices))
    _stage(demo, choices)
    with st.expander("The papers, and how this differs"):
        st.markdown(importlib.import_module(f"demos.{name}").__doc__ or "")
        st.caption(NOTE)


def _open_link(demo: Demo, choices: list[str]) -> None:
    """Set the page's controls from its link: once, and again where another page links to a prepared level.

    Untrusted: what cannot be read is named and left out.
    """
    name, query = demo.name, st.query_params
    if f"{name}-opened" in st.session_state and "preset" not in query:
        return
    st.session_state[f"{name}-opened"] = True
    agent, _, steps = query.get("agent", "").partition("@")
    if agent in choices and (not steps or steps in map(str, ages.ages(demo, agent))):
        _choose(demo, agent, steps)
    elif "agent" in query:
        st.warning(f"The link names an agent that is not here; there are: {', '.join(choices)}.")
    if query.get("levels") in ("training", "shifted"):
        st.session_state[f"{name}-levels"] = query["levels"]
    for field in ("seed", "number"):
        text = query.get(field, "")
        if text.isascii() and text.isdigit() and int(text[:20]) <= MOST_NUMBER:
            st.session_state[f"{name}-{field}"] = int(text)
    if "level" in query:
        try:
            st.session_state[f"{name}-linked"] = editing.from_url(demo, query["level"])
        except BadLevel as refused:
            st.warning(str(refused))
    if "preset" in query:
        every = (*demo.presets, *demo.probes)
        preset = next((each for each in every if each.name == query["preset"]), None)
        if preset:
            _prepare(demo, preset)
        else:
            st.warning(
                f"The link names a prepared level that is not here; there are: {', '.join(p.name for p in every)}."
            )


def _choose(demo: Demo, agent: str, steps: str) -> None:
    """Set the page's agent, and its age where one is named."""
    st.session_state[f"{demo.name}-agent"] = agent
    st.session_state.pop(f"{demo.name}-age", None)
    if steps:
        st.session_state[f"{demo.name}-age"] = int(steps)


def _prepare(demo: Demo, preset: Preset) -> None:
    """Set the page's controls and level to a prepared one; a sentence for the page where that cannot be done."""
    from ...agents.pretrained import AgentError, load_agent
    from ...study.measure import prepared_level

    name = demo.name
    agent, _, steps = preset.agent.partition("@")
    try:
        st.session_state[f"{name}-linked"] = prepared_level(demo, preset, load_agent(demo, preset.agent).config)
    except (AgentError, BadLevel) as refused:
        st.session_state[f"{name}-told"] = f"'{preset.title}' cannot be shown: {refused}"
        return
    _choose(demo, agent, steps)
    st.session_state[f"{name}-levels"] = "shifted" if preset.shifted else "training"
    st.session_state[f"{name}-number"], st.session_state[f"{name}-seed"] = preset.level_seed, 0
    st.session_state[f"{name}-prepared"] = (preset.name, _view(demo))
    st.session_state.pop(f"{name}-picks", None)


def _view(demo: Demo) -> tuple[Any, ...]:
    """What the controls say of agent, level and run."""
    return tuple(st.session_state.get(f"{demo.name}-{field}") for field in ("agent", "levels", "number", "seed"))


def _prepared(demo: Demo) -> None:
    """Two lists of prepared levels; a choice stays named until a control says otherwise."""
    name = demo.name
    chosen, view = st.session_state.get(f"{name}-prepared", ("", None))
    row = st.columns(2)
    for column, kind, title, presets in (
        (row[0], "presets", "Prepared levels", demo.presets),
        (row[1], "probes", "What does it follow?", demo.probes),
    ):
        titles = {preset.name: preset.title for preset in presets}
        key = f"{name}-{kind}"
        st.session_state[key] = chosen if chosen in titles and view == _view(demo) else None

        def opened(key: str = key, presets: tuple[Preset, ...] = presets) -> None:
            for preset in presets:
                if preset.name == st.session_state[key]:
                    _prepare(demo, preset)

        column.selectbox(
            title, list(titles), format_func=titles.__getitem__, key=key, on_change=opened, placeholder=title,
            label_visibility="collapsed",
        )  # fmt: skip
    told = st.session_state.pop(f"{name}-told", "")
    if told:
        st.warning(told)


@st.fragment
def _stage(demo: Demo, choices: dict[str, str]) -> None:
    name = demo.name
    left, right = st.columns([2.3, 1], gap="medium")
    with right:
        picks = _controls(demo, list(choices))
    with left:
        _prepared(demo)
    live, beside = _lives(demo, choices, picks)
    overlay: dict[str, Any] = {"mind": picks["mind"]}
    if picks["field"]:
        overlay |= policy_field(live)
    if picks["map"]:
        with right:
            overlay |= outcome.controls(demo, live)
    with left:
        panels = [(live, i, f"{name}-live") for i in range(len(live.runs))]
        panels += [(beside, 0, f"{name}-beside")] if beside else []
        for column, (each, which, key) in zip(st.columns(len(panels)), panels, strict=True):
            with column:
                if len(panels) > 1:
                    label = "on its training level" if each is beside else "on this level"
                    st.markdown(f"**{each.agents[which].name}** {label}")
                mount = f"{key}-canvas-{which}"
                first = which == 0 and each is live
                data = payload(each, which, overlay if first else {"mind": picks["mind"]})
                if picks["hold"]:
                    data |= held(live, 0 if first else 1)
                canvas(mount, data, partial(answer, key, mount))
    agent = live.agents[0]
    with right:
        reasons = demo.in_training(live.runs[0].level, agent.config)
        if reasons:
            st.warning(f"**Could not have occurred in training:** {'; '.join(reasons)}.", icon="⚠️")
        else:
            st.success("**Could have occurred in training.**", icon="✅")
        if picks["hold"] and not live.verdict:
            st.markdown("Say where it will end, with a button, a key or a click; then it runs.")
        else:
            for actor, run in zip(live.agents, live.runs, strict=True):
                st.markdown(f"**{actor.name}:** {run.describe()}")
        if picks["hold"]:
            st.html(words.tally(demo, live.tally))
            st.button("Forget the guesses", key=f"{name}-forget", on_click=live.tally.clear)
    _tabs(demo, live, picks)


def _controls(demo: Demo, choices: list[str]) -> dict[str, Any]:
    """The controls beside the canvas; returns what they say."""
    name = demo.name
    for field, value in (("agent", choices[0]), ("levels", "shifted"), ("number", 7), ("seed", 0)):
        if f"{name}-{field}" not in st.session_state:
            st.session_state[f"{name}-{field}"] = value
    who, versus = st.columns(2)
    agent = who.selectbox("Agent", choices, key=f"{name}-agent")
    first, second, third = st.columns([1.5, 1, 1])
    levels = first.selectbox("Levels", ["shifted", "training"], key=f"{name}-levels")
    number = second.number_input("Level", 0, MOST_NUMBER, step=1, key=f"{name}-number")
    seed = third.number_input("Run", 0, MOST_NUMBER, step=1, key=f"{name}-seed", help="The run's randomness.")
    others = ["nothing", "its training level", *(c for c in choices if c != agent)]
    beside = versus.selectbox("Beside it", others, key=f"{name}-beside-choice")
    row = st.container(horizontal=True, gap="small")
    picked = {
        "agent": agent + _age(demo, agent), "beside": beside,
        "levels": levels, "number": int(number), "seed": int(seed),
        "mind": row.toggle("Its view", key=f"{name}-mind", help="What the agent sees, and how likely each action is."),
        "field": row.toggle("Policy", key=f"{name}-field", help="Its value and likeliest action in every place."),
        "map": row.toggle("Outcome map", key=f"{name}-map-on", help="What it does for every place of the goal."),
        "hold": row.toggle("Guess first", key=f"{name}-hold", help="The agent waits until you say where it will end."),
    }  # fmt: skip
    projector.switch(row)
    return picked


def _age(demo: Demo, agent: str) -> str:
    """`@STEPS` where the slider of ages says another age than that of the bundled agent, else nothing."""
    steps, kept = st.session_state.get(f"{demo.name}-age"), ages.ages(demo, agent)
    if steps is None:
        return ""
    if steps not in kept:
        del st.session_state[f"{demo.name}-age"]
        return ""
    return "" if steps == kept[-1] else f"@{steps}"


def _lives(demo: Demo, choices: dict[str, str], picks: dict[str, Any]) -> tuple[Live, Live | None]:
    """The runs on the page, rolled anew where a control changed; edits of the level outlive a change of agent."""
    from ...study.measure import shifted_config

    name = demo.name
    base, at, steps = picks["agent"].partition("@")
    agents = [loading.agent_of(name, choices[base] + at + steps)]
    if picks["beside"] in choices:
        agents.append(loading.agent_of(name, choices[picks["beside"]]))
    config = agents[0].config if picks["levels"] == "training" else shifted_config(demo, agents[0].config)
    where = (picks["levels"], picks["number"])
    who = (picks["agent"], picks["beside"], picks["seed"])
    live: Live | None = st.session_state.get(f"{name}-live")
    before = st.session_state.get(f"{name}-picks")
    if f"{name}-given" in st.session_state:
        live = st.session_state[f"{name}-live"] = st.session_state.pop(f"{name}-given")
        before = st.session_state[f"{name}-picks"] = (where, who)
        st.session_state.pop(f"{name}-beside", None)
    if live is None or before != (where, who):
        kept = live is not None and before is not None and before[0] == where
        level = live.runs[0].level if kept and live else st.session_state.pop(f"{name}-linked", None)
        level = draw_level(demo, config, picks["number"]) if level is None else level
        fresh = Live.begin(demo, agents, level, picks["seed"], live.version + 1 if live else 0)
        if live:
            fresh.ack, fresh.tally = live.ack, live.tally
        if kept and live:
            fresh.origin = live.origin
        st.session_state[f"{name}-live"] = live = fresh
        st.session_state.pop(f"{name}-beside", None)
        st.session_state[f"{name}-picks"] = (where, who)
    beside = None
    if picks["beside"] == "its training level":
        if f"{name}-beside" not in st.session_state:
            level = draw_level(demo, agents[0].config, picks["number"])
            st.session_state[f"{name}-beside"] = Live.begin(demo, agents[:1], level, picks["seed"])
        beside = st.session_state[f"{name}-beside"]
    st.session_state[f"{name}-config"] = config
    return live, beside


def _tabs(demo: Demo, live: Live, picks: dict[str, Any]) -> None:
    agent = picks["agent"].partition("@")[0]
    shown: dict[str, Callable[[], None]] = {
        f"{EPISODES} levels": partial(_many, demo, live, picks),
        "Over time": partial(over_time.tab, demo, live, agent),
        wall.TITLE: partial(wall.show, demo, live, agent, f"{demo.name}-wall"),
        "Ages": partial(ages.tab, demo, agent, f"{demo.name}-age"),
        "What does it follow?": partial(probes.tab, demo, agent, partial(_prepare, demo)),
        "Send, save, cite": partial(away.tab, demo, live, picks, partial(_go_on, demo)),
    }
    costly = [shown["Over time"], shown[wall.TITLE]]  # charts and many runs: only for those who look
    if not demo.measures:
        del shown["Over time"]
    for tab, show in zip(st.tabs(list(shown), key=f"{demo.name}-tab", on_change="rerun"), shown.values(), strict=True):
        if tab.open or show not in costly:
            with tab:
                show()


def _many(demo: Demo, live: Live, picks: dict[str, Any]) -> None:
    """How often each outcome comes, training beside shifted."""
    from ...study.measure import measurement_seeds, rollouts, shifted_config, summary

    agent, key = live.agents[0], f"{demo.name}-many-{picks['agent']}"
    if st.button(f"Run {EPISODES} levels", key=f"{demo.name}-many-run", help="Training and shifted, one run each."):
        bar = st.progress(0.0, "training levels")
        found = {}
        seeds = measurement_seeds(demo, 1, 0, EPISODES)
        for i, (title, config) in enumerate(
            (("training levels", agent.config), ("shifted levels", shifted_config(demo, agent.config)))
        ):

            def told(done: int, n: int, i: int = i, title: str = title) -> None:
                bar.progress((i + done / n) / 2, title)

            found[title] = summary(demo, rollouts(demo, agent, config, seeds, progress=told))
        bar.empty()
        st.session_state[key] = found
    if key in st.session_state:
        for column, (title, numbers) in zip(st.columns(2, gap="large"), st.session_state[key].items(), strict=True):
            column.html(words.table(demo, f"{picks['agent']} on {title}", numbers))
        st.caption("Rates in percent with 95 % Wilson intervals over levels; each level is run once.")
    else:
        st.caption("One run is not a law: this counts how often each outcome comes.")


def _go_on(demo: Demo, run: Run) -> None:
    """Put a saved run on the page, with its agent, its level and its edits."""
    name = demo.name
    base, _, steps = (run.actor or "").partition("@")
    _choose(demo, base, steps)
    st.session_state[f"{name}-levels"] = "shifted" if demo.in_training(run.first, run.config) else "training"
    st.session_state[f"{name}-number"], st.session_state[f"{name}-seed"] = max(int(run.first.seed), 0), run.seed
    before: Live | None = st.session_state.get(f"{name}-live")
    live = Live(demo, [run], copied(run.first), before.version + 1 if before else 0)
    live.ack = before.ack if before else 0
    st.session_state[f"{name}-given"] = live
