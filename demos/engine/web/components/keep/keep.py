"""A learner's progress in the browser's own storage, so that it outlives a reload; nothing of it is kept elsewhere."""

import json

import streamlit as st

from ....lessons import worksheet as ws
from ....lessons.classroom import seat_of
from ...learner import Learner, learner
from ..assets import component

KEY = "kept-progress"


def keep(me: Learner) -> None:
    """Ask the browser for what it holds, once; from then on write to it what there is now."""
    if not st.runtime.exists():  # a page that no browser shows
        return
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
    known = {lesson.name: len(lesson.taught) for lesson in ws.lessons()}
    for name, step in (steps if isinstance(steps, dict) else {}).items():
        if name in known and type(step) is int and 0 <= step < known[name]:
            me.steps[name] = step
