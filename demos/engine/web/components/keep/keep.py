"""A learner's progress in the browser's own storage, so that it outlives a reload; nothing of it is kept elsewhere."""

import json

import streamlit as st

from ....lessons import worksheet as ws
from ....lessons.classroom import seat_of
from ....rules.boundary import boundary
from ...learner import Learner, learner
from ..assets import component

ASKS, WRITES = "kept-progress", "kept-written"
BACK = "Your answers and your place in each lesson are back. The levels of lessons begin as they were."


def ask(me: Learner) -> None:
    """Ask the browser for what it holds, once; on whatever page it is opened."""
    if not said(me):
        component("keep", "keep", "keep/keep.js")(key=ASKS, data={"ask": True}, on_held_change=_held)


def said(me: Learner) -> bool:
    """Whether the browser has said what it holds, where there is one."""
    return me.kept or not st.runtime.exists()


def keep(me: Learner) -> None:
    """Write to the browser what there is now, on pages that change it."""
    if me.kept and st.runtime.exists():
        component("keep", "keep", "keep/keep.js")(key=WRITES, data={"write": written(me)})


def written(me: Learner) -> str:
    """What the browser is to hold: progress, the step of each lesson, and the place in a class."""
    return json.dumps(ws.data_of(me.progress) | {"steps": me.steps, "seat": me.seat})


def _held() -> None:
    state, me = st.session_state.get(ASKS), learner()
    held = state.get("held") if state else None
    if isinstance(held, str) and not me.kept:
        me.kept = True
        take(me, held)
        if me.steps or me.progress.chosen:
            st.toast(BACK, icon=":material/history:")


def take(me: Learner, held: str) -> None:
    """Go on from what a browser held. Untrusted: what cannot be read is left out."""
    if len(held) > ws.MOST_BYTES:
        return
    try:
        with boundary(ws.WorksheetError, "What this browser kept cannot be read."):
            data = dict(json.loads(held))
            steps = data.pop("steps", {})
            me.seat = seat_of(data.pop("seat", None))
            me.progress, _ = ws.taken(data)
    except ws.WorksheetError:
        return
    if me.seat is not None:
        me.steps.clear()  # who went on before the browser said so may have passed a step that the class has closed
    known = {lesson.name: len(lesson.taught) for lesson in ws.lessons()}
    for name, step in (steps if isinstance(steps, dict) else {}).items():
        if name in known and type(step) is int and 0 <= step < known[name]:
            me.steps[name] = step
