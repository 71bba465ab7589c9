"""A demo in a lesson: its level, held until the guess is made, then its runs live, each on a canvas; or a map."""

import secrets
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from ...agents.called import label
from ...lessons.catalogue import LessonError, world_named
from ...lessons.lesson import Lesson, grid_scene
from ...lessons.numbers_in_text import agent_name
from ...rules.edit import BadLevel
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit
from ..components.canvas.quiet import covered, quiet
from ..components.wall import wall
from ..learner import Learner, learner
from .map_panel import overlay

LOTS = 1_000_000  # levels that one at random is drawn from
WAITS = "It runs once you have made your guess."


class How(NamedTuple):
    """How a scene is shown: held `still` before a guess, `blind` without names, begun at once, a solution played.

    `task`: something is to be done in it, so it can be edited, also where two runs are compared.
    """

    still: bool = False
    blind: bool = False
    begun: bool = False
    played: int = 0
    task: bool = False


def show(me: Learner, lesson: Lesson, key: str, data: dict[str, Any], how: How) -> None:
    """A demo block: its level while `how.still`, else its runs live, or what a map of it says."""
    from ...agents.pretrained import AgentError

    drawn = me.drawn.get(key, 0)
    fixed = "preset" in data or "probe" in data or "level_seed" in data
    try:
        if data.get("map") or data.get("maps"):
            _maps(me, lesson, key, data, how)
            return
        if key not in me.lives:
            shown = grid_scene(data, lesson.demo, None if fixed and not drawn else drawn)
            actors = [loading.agent_of(shown.demo.name, name) for name in shown.agents]
            me.lives[key] = Live.begin(shown.demo, actors, shown.level, shown.seed, stops=data.get("stop") != "end")
    except (AgentError, BadLevel, LessonError) as refused:
        st.warning(f"This cannot be shown: {refused}")
        return
    live = me.lives[key]
    side_by_side = live.demo.margin == 0 and len(live.runs) > 1
    places = st.columns(len(live.runs)) if side_by_side else [st.container() for _ in live.runs]
    for which, place in enumerate(places):
        with place:
            _run(live, which, f"{key}/{drawn}", key, data, how, stacked=len(places) > 1 and not side_by_side)
    if data.get("every_seed") and not how.blind and not how.still:
        wall.show(live.demo, live, live.agents[0].name, f"{key}/{drawn}/wall")
    row = st.container(horizontal=True)
    if live.past and not how.still:
        row.button("Back to the level as it was", key=f"{key}/reset", on_click=_reset, args=(key,))
    if not fixed and not how.still:
        row.button("Another level", key=f"{key}/another", on_click=_another, args=(key, drawn + 1))
    elif fixed and not (how.still or how.blind) and (drawn or live.seen == live.version):
        row.button(
            "Another one, at random", key=f"{key}/random", on_click=_another, args=(key, 1 + secrets.randbelow(LOTS)),
            help="This level was chosen for what it shows. The next one is not chosen.",
        )  # fmt: skip
        if drawn:
            row.button("Back to the chosen one", key=f"{key}/chosen", on_click=_another, args=(key, 0))


def _run(
    live: Live, which: int, mount: str, key: str, data: dict[str, Any], how: How, stacked: bool
) -> None:  # fmt: skip
    """One run on its canvas, under the name of who acts."""
    if len(live.runs) > 1 or how.blind:
        _named(live, which, how.blind)
    tools = data.get("tools")
    watched = how.blind or (not how.task and (len(live.runs) > 1 or data.get("controls") == "watch"))
    sent = quiet(live, which, data.get("stop") != "end") | {
        "stacked": stacked, "group": mount, "play": how.played,
        "simple": watched or (tools is not None and "settings" not in tools), "person": data.get("controls") == "play",
    }  # fmt: skip
    if how.begun or data.get("start") == "running":
        sent["start"] = "running"
    if tools is not None:
        sent["tools"] = tools
    elif watched:
        sent["tools"] = []
    if how.still:
        sent |= {"wait": True, "waits": WAITS, "tools": []}
    if how.blind:
        sent = covered(live, which, sent)
    place = f"{mount}/canvas/{which}"
    canvas(place, sent, partial(_sent, key, place))


def _named(live: Live, which: int, blind: bool) -> None:
    name = live.agents[which].name
    if blind:
        st.markdown(f"**Agent {'AB'[which]}**")
    else:
        st.markdown(f"**{label(live.demo, name)}**", help=f"`{name}`")


def _maps(me: Learner, lesson: Lesson, key: str, data: dict[str, Any], how: How) -> None:
    """The outcome map of one agent, after the guess; or those of two, of which the second waits for it."""
    from ...lessons.maps import mapped

    demo = world_named(str(data.get("demo", lesson.demo)))
    agents = [agent_name(demo, each) for each in data.get("maps", ())]
    alone = not agents
    if alone:
        agents = [agent_name(demo, str(data.get("agent", data["preset"])))]
    for which, name in enumerate(agents):
        mount = f"{key}/map/{which}"
        found = mapped(demo, name, data["preset"])
        if mount not in me.lives:
            me.lives[mount] = Live.begin(demo, [loading.agent_of(demo.name, name)], found.level, 0, stops=True)
        live = me.lives[mount]
        if not alone:
            st.markdown(f"**Map {'AB'[which]}**" if how.blind else f"**{label(demo, name)}**")
        sent = quiet(live) | {"tools": [], "stacked": not alone}
        if how.still and (alone or which == 1):
            sent |= {"wait": True, "waits": "Its map is painted once you have made your guess."}
        else:
            sent["overlay"] = {"map": overlay(demo, found, name, stale=False)}
        canvas(f"{mount}/canvas", sent, partial(_sent, mount, f"{mount}/canvas"))


def _sent(key: str, mount: str) -> None:
    """Carry out what a canvas sent."""
    state = st.session_state.get(mount)
    message = state.get("message") if state else None
    if message is not None:
        apply_edit(learner().lives[key], message)


def _reset(key: str) -> None:
    live = learner().lives[key]
    apply_edit(live, {"seq": live.ack + 1, "kind": "reset"})


def _another(key: str, number: int) -> None:
    me = learner()
    me.drawn[key] = number
    me.lives.pop(key, None)
