"""A learner's progress in the browser's own storage, so that it outlives a reload; nothing of it is kept elsewhere."""

import json

import streamlit as st

from ....lessons import worksheet as ws
from ....lessons.classroom import seat_of
from ...learner import Learner, learner
from ..assets import component

KEY, SEATED = "kept-progress", "kept-seat"


def keep(me: Learner) -> None:
    """Ask the browser for what it holds, once; from then on write to it what there is now."""
    if not st.runtime.exists():  # a page that no browser shows
        return
    if st.session_state.pop(SEATED, False):
        st.rerun()  # the whole page: what a class was sent stands above what asked the browser
    data = {"write": written(me)} if me.kept else {"ask": True}
    component("keep", "keep", "keep/keep.js")(key=KEY, data=data, on_held_change=_held)


def written(me: Learner) -> str:
    """What the browser is to hold: progress, the step of each lesson, and the place in a class."""
    return json.dumps(ws.data_of(me.progress) | {"steps": me.steps, "seat": me.seat})


def _held() -> None:
    state, me = st.session_state.get(KEY), learner()
    held = state.get("held") if state else None
    if isinstance(held, str) and not me.kept:
        me.kept = True
        take(me, held)
        st.session_state[SEATED] = me.seat is not None


def take(me: Learner, held: str) -> None:
    """Go on from what a browser held. Untrusted: what cannot be read is left out."""
    if len(held) > ws.MOST_BYTES:
        return
    try:
        data = dict(json.loads(held))
        steps = data.pop("steps", {})
        me.seat = seat_of(data.pop("seat", None))
        me.progress, _ = ws.taken(data)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return
    if me.seat is not None:
        me.steps.clear()  # who went on before the browser said so may have passed a step that the class has closed
    known = {lesson.name: len(lesson.taught) for lesson in ws.lessons()}
    for name, step in (steps if isinstance(steps, dict) else {}).items():
        if name in known and type(step) is int and 0 <= step < known[name]:
            me.steps[name] = step
