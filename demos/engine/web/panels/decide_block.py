"""A `decide` block on a lesson's page: bars and a run, or sliders to move."""

from typing import Any

import streamlit as st

from ...agents.called import label
from ...agents.pretrained import AgentError
from ...lessons.numbers_in_text import LessonError
from ...lessons.tasks_decision import PLANNER, Desk, desk_of
from ..learner import Learner
from ..pages.decision_page import bars, sliders
from .decision_stepper import run_of, stepper


def show(me: Learner, key: str, data: dict[str, Any], default: str, still: bool) -> None:
    """The block's desk; while `still`, before a guess is made, only what it is about."""
    try:
        if key not in me.desks:
            me.desks[key] = desk_of(data, default)
        desk = me.desks[key]
        if still and not desk.play:
            st.info(_about(desk) + " It is shown once you have made your guess.", icon=":material/visibility_off:")
            return
        st.markdown(_about(desk))
        if desk.shown:
            shown = [slider for slider in desk.demo.sliders if slider.name in desk.shown]
            desk.values = sliders(desk.demo, f"{key}/desk", shown, desk.given)
        if not desk.play:
            agents = [] if desk.who == PLANNER else [desk.who]
            bars(desk.demo, desk.values, agents)
        if not desk.shown:
            _run(desk, f"{key}/run")
    except (AgentError, LessonError) as refused:
        st.warning(f"This cannot be shown: {refused}")


def now(me: Learner, key: str) -> Desk | None:
    """The desk of a step as the person has it now; None where there is none."""
    desk = me.desks.get(key)
    if desk is not None:
        for name in desk.shown:
            desk.values[name] = float(st.session_state.get(f"{key}/desk-{name}", desk.values[name]))
        desk.run = st.session_state.get(f"{key}/run")
    return desk


def refute(me: Learner, key: str, shown: dict[str, Any]) -> None:
    """Open something, the data of a block by its kind, in place of what a step shows; from its beginning."""
    clear(me, f"{key}/refuting")
    me.lives.pop(f"{key}/refuting", None)
    me.refuting[key] = shown


def clear(me: Learner, key: str) -> None:
    """Put the desk of a step away, with its run and where its sliders stood."""
    me.desks.pop(key, None)
    for name in [
        name for name in st.session_state if str(name) == f"{key}/run" or str(name).startswith(f"{key}/desk-")
    ]:
        del st.session_state[name]


def _run(desk: Desk, key: str) -> None:
    fresh = key not in st.session_state
    run = run_of(desk.demo, key, desk.given, desk.seed)
    if fresh and not desk.play:
        run.finish(desk.chooser())
    stepper(desk.demo, run, key, "" if desk.play else desk.who, beside=False)


def _about(desk: Desk) -> str:
    other = "The planner, who knows the rules," if desk.who == PLANNER else label(desk.demo, desk.who)
    who = "You choose" if desk.play else other
    at = ", ".join(f"{s.title.lower()} {desk.given[s.name]:g}" for s in desk.demo.sliders if s.name not in desk.shown)
    return f"**{who}**" + (f" at {at}." if at else ".")
