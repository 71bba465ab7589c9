"""The layout of a grid world's page: everything in the first lines, the rest in tabs."""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from .... import module
from ...agents.called import line
from ...rules.edit import draw_level
from ...rules.offer import offer_of
from ...rules.world import Preset
from .. import loading, projector
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, field_overlay, held, payload
from ..components.wall import wall
from ..html import addresses, tables
from ..html.said import say
from ..panels import age_panel, apprentice_panel, handout_panel, map_panel, probe_panel, timeline_panel
from ..view import MOST_NUMBER, NOTHING, TRAINING_LEVEL, Picks, View

EPISODES = 200
LIKELIEST = "shifted levels, its likeliest action at every step"
LOTS = 1_000_000  # levels that one at random is drawn from
NOTE = "Words like *wants* are short for *behaves as if pursuing*: a claim about behaviour, not about inner states."


def answer(live: Live, canvas_key: str) -> None:
    """Carry out what a canvas sent."""
    state = st.session_state.get(canvas_key)
    message = state.get("message") if state else None
    if message is not None:
        apply_edit(live, message)


def world_page(name: str) -> None:
    """The page of one grid demo: everything in the first lines, the rest in tabs."""
    demo = loading.demo_of(name)
    choices = loading.agent_choices(demo)
    say(f"### {demo.question}\n**Reward:** {demo.reward} {demo.fits_too}")
    if not choices:
        st.info(f"No agent is bundled yet; train one with `goalmisgen train {name}`.")
        return
    view = View.of(demo)
    view.open_link(list(choices))
    _stage(view, choices)
    with st.expander("The papers, and how this differs"):
        st.markdown(module(name).__doc__ or "")
        st.caption(NOTE)


@st.fragment
def _stage(view: View, choices: dict[str, str]) -> None:
    left, right = st.columns([2.3, 1], gap="medium")
    with right:
        picks = _controls(view, list(choices))
    with left:
        _prepared(view)
    live = view.roll(choices, picks)
    _keep_address(view, live, picks)
    overlay: dict[str, Any] = {"mind": picks.mind}
    if picks.field:
        overlay |= field_overlay(live)
    if picks.map:
        with right:
            overlay |= map_panel.controls(view, live)
    with left:
        if view.notice:
            st.warning(view.notice)
            view.notice = ""
        _canvases(view, live, picks, overlay)
    with right:
        _told(view, live, picks)
    _tabs(view, live, picks)


def _keep_address(view: View, live: Live, picks: Picks) -> None:
    """Let the page's address name the run that is on it, so that a reload or a friend comes back to it."""
    drawn = draw_level(view.demo, view.config, picks.number)
    query = addresses.link(live.runs[0], drawn, picks.agent, picks.levels, picks.number)
    query |= {"beside": picks.beside} if picks.beside != NOTHING else {}
    live.link = addresses.whole(query)
    addresses.keep(query)


def _canvases(view: View, live: Live, picks: Picks, overlay: dict[str, Any]) -> None:
    """The runs side by side; the first one carries the overlay, and guesses are about it."""
    panels = [(live, which) for which in range(len(live.runs))]
    if picks.beside == TRAINING_LEVEL and view.beside:
        panels.append((view.beside, 0))
    for column, (each, which) in zip(st.columns(len(panels)), panels, strict=True):
        with column:
            if len(panels) > 1:
                where = "on its training level" if each is view.beside else "on this level"
                name = each.agents[which].name
                st.markdown(f"**{view.called(name)}** {where}", help=f"`{name}`")
            first = which == 0 and each is live
            data = payload(each, which, overlay if first else {"mind": picks.mind})
            if len(panels) > 1:
                data["group"] = view.key("runs")
            if picks.hold:
                data |= held(live, 0 if first else 1)
            mount = view.key(f"{'beside' if each is view.beside else 'live'}-canvas-{which}")
            canvas(mount, data, partial(answer, each, mount))


def _told(view: View, live: Live, picks: Picks) -> None:
    """What is to be said of the level and the runs, beside them."""
    reasons = view.demo.in_training(live.runs[0].level, live.agents[0].config)
    if reasons:
        st.warning(f"**New to it:** {'; '.join(reasons)}.", icon="⚠️")
    else:
        st.success("**As in its training.** It could have met this level there.", icon="✅")
    if picks.hold and not live.verdict:
        st.markdown("Say where it will end, with a button, a key or a click; then it runs.")
    else:
        for actor, run in zip(live.agents, live.runs, strict=True):
            st.markdown(f"**{view.called(actor.name)}:** {run.describe()}", help=f"`{actor.name}`")
    if picks.hold:
        st.html(tables.tally(view.demo, live.tally))
        st.button("Forget the guesses", key=view.key("forget"), on_click=live.tally.clear)


def _prepared(view: View) -> None:
    """Two lists of prepared levels; a choice stays named until a control says otherwise."""
    lists = [("presets", "Prepared levels", view.demo.presets), ("probes", "What does it follow?", view.demo.probes)]
    row, shown = st.columns(2), view.preset
    for column, (kind, title, presets) in zip(row, [each for each in lists if each[2]], strict=False):
        by_name = {preset.name: preset for preset in presets}
        view.set(**{kind: shown if shown in by_name else None})

        def opened(kind: str = kind, by_name: dict[str, Preset] = by_name) -> None:
            if view.says(kind) in by_name:
                view.prepare(by_name[view.says(kind)])

        column.selectbox(
            title, list(by_name), format_func={name: each.title for name, each in by_name.items()}.__getitem__,
            key=view.key(kind), on_change=opened, placeholder=title, label_visibility="collapsed",
        )  # fmt: skip


def _controls(view: View, choices: list[str]) -> Picks:
    """The controls beside the canvas; returns what they say."""
    for field, value in (("agent", choices[0]), ("levels", "shifted"), ("number", 7), ("seed", 0)):
        if view.says(field) is None or (field == "agent" and view.says(field) not in choices):
            view.set(**{field: value})
    view.keep("age")  # its slider is in a tab, which may be closed
    agent = st.selectbox("Agent", choices, key=view.key("agent"), format_func=view.called)
    others = [NOTHING, TRAINING_LEVEL, *(c for c in choices if c != agent)]
    beside = st.selectbox("Beside it", others, key=view.key("beside-choice"), format_func=view.called)
    first, second, third = st.columns([1.5, 1, 1])
    levels = first.selectbox("Levels", ["shifted", "training"], key=view.key("levels"))
    number = second.number_input("Level", 0, MOST_NUMBER, step=1, key=view.key("number"))
    seed = third.number_input("Run", 0, MOST_NUMBER, step=1, key=view.key("seed"), help="The run's randomness.")
    st.button(
        "Another level, at random", key=view.key("another"), on_click=lambda: view.set(number=secrets.randbelow(LOTS)),
        help="Prepared levels were chosen for what they show. This one is not chosen.",
    )  # fmt: skip
    st.caption(line(view.demo, agent), help=f"`{agent}`")
    row = st.container(horizontal=True, gap="small")
    picks = Picks(
        agent=agent + view.age(agent), beside=beside, levels=levels, number=int(number), seed=int(seed),
        mind=row.toggle("Its view", key=view.key("mind"), help="What the agent sees, and how likely each action is."),
        field=row.toggle("Policy", key=view.key("field"), help="Its value and likeliest action in every place."),
        map=row.toggle("Outcome map", key=view.key("map-on"), help="What it does for every place of the goal."),
        hold=row.toggle("Guess first", key=view.key("hold"), help="The agent waits until you say where it will end."),
    )  # fmt: skip
    projector.switch(row)
    return picks


def _tabs(view: View, live: Live, picks: Picks) -> None:
    demo, agent = view.demo, picks.agent.partition("@")[0]
    shown: dict[str, Callable[[], None]] = {
        f"{EPISODES} levels": partial(_many, view, live, picks),
        "Over time": partial(timeline_panel.tab, demo, live, agent),
        wall.TITLE: partial(wall.show, demo, live, agent, view.key("wall")),
        "Ages": partial(age_panel.tab, demo, agent, view.key("age")),
        "What does it follow?": partial(probe_panel.tab, demo, agent, view.prepare),
        apprentice_panel.TITLE: partial(apprentice_panel.tab, view, live),
        "Send, save, cite": partial(handout_panel.tab, view, live, picks),
    }
    if not demo.measures:
        del shown["Over time"]
    if not demo.probes:
        del shown["What does it follow?"]
    if not offer_of(demo):
        del shown[apprentice_panel.TITLE]
    for tab, show in zip(st.tabs(list(shown), key=view.key("tab"), on_change="rerun"), shown.values(), strict=True):
        if tab.open:  # only for who looks: an edit would draw and send all of them again
            with tab:
                show()


def _many(view: View, live: Live, picks: Picks) -> None:
    """How often each outcome comes, training beside shifted."""
    from ...study.levels import measurement_seeds, shifted_config
    from ...study.measure_grid import summary
    from ...study.rollouts import rollouts

    demo, agent = view.demo, live.agents[0]
    if st.button(f"Run {EPISODES} levels", key=view.key("many-run"), help="Training and shifted, one run each."):
        bar = st.progress(0.0, "training levels")
        found = {}
        seeds, shifted = measurement_seeds(demo, 1, 0, EPISODES), shifted_config(demo, agent.config)
        kinds = [
            ("training levels", agent.config, False),
            ("shifted levels", shifted, False),
            (LIKELIEST, shifted, True),
        ]
        for i, (title, config, greedy) in enumerate(kinds):

            def told(done: int, n: int, i: int = i, title: str = title) -> None:
                bar.progress((i + done / n) / len(kinds), title)

            found[title] = summary(demo, rollouts(demo, agent, config, seeds, greedy=greedy, progress=told))
        bar.empty()
        view.counted[picks.agent] = found
    if picks.agent in view.counted:
        counted = view.counted[picks.agent]
        for column, (title, numbers) in zip(st.columns(len(counted), gap="large"), counted.items(), strict=True):
            column.html(tables.table(demo, f"{view.called(picks.agent)}, {title}", numbers))
        st.caption("Rates in percent with 95 % Wilson intervals over levels; each level is run once.")
    else:
        st.caption(f"One run proves little. Run {EPISODES} levels and count.")
