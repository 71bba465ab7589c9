"""What one browser tab remembers of a learner, and the worksheet that it can be saved in and loaded from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ..lessons import calibration
from ..lessons import worksheet as ws
from ..lessons.classroom import Seat
from ..lessons.tasks_decision import DecisionScene
from . import projector
from .components.canvas.live import Live

Pages = Callable[[], dict[str, Any]]  # every page of the app by name, for links from one to another
FEEDBACK = {True: ":green[:material/check_circle:]", False: ":orange[:material/cancel:]"}


@dataclass
class Learner:
    """What one browser tab remembers: the progress, the step of each lesson, and what is on its canvases."""

    progress: ws.Progress = field(default_factory=ws.Progress)
    steps: dict[str, int] = field(default_factory=dict)
    lives: dict[str, Live] = field(default_factory=dict)
    decisions: dict[str, DecisionScene] = field(default_factory=dict)
    refuting: dict[str, dict[str, Any]] = field(default_factory=dict)  # the run that an answer opened, by step
    cards: dict[str, int] = field(default_factory=dict)  # which card of a sort block lies open, by step
    drawn: dict[str, int] = field(default_factory=dict)  # which level a scene without a fixed one shows
    skipped: set[str] = field(default_factory=set)  # tasks that others wait for, left out
    helped: dict[str, int] = field(default_factory=dict)  # how often a step's solution was shown
    ended: dict[str, str] = field(default_factory=dict)  # how the run that did a task ended
    seat: Seat | None = None  # in a class
    waits: str = ""  # the step that the class's teacher has closed, once it was tried
    kept: bool = False  # whether the browser was asked for what it holds
    notices: list[str] = field(default_factory=list)  # about a worksheet that was loaded


def learner() -> Learner:
    """The learner of this session."""
    if "learner" not in st.session_state:
        st.session_state["learner"] = Learner()
    found: Learner = st.session_state["learner"]
    return found


def headline(title: str, caption: str, part: str = "") -> None:
    """The head of a lesson or of a set of questions, `part`: its title, a caption, and the worksheet's menu."""
    st.markdown(f"### {title}")
    left, middle, right = st.columns([4.4, 1.2, 1.4], vertical_alignment="center")
    left.caption(caption)
    projector.switch(middle)
    with right.popover("Worksheet", icon=":material/edit_note:", width="stretch"):
        worksheet_menu(part)


def worksheet_menu(part: str = "") -> None:
    """Download and load the progress, as a worksheet."""
    me = learner()
    done, total = ws.done_of(me.progress, part) if part else (0, 0)
    st.markdown(
        (f"{done} of {total} in this lesson. " if total else "")
        + "The worksheet holds your predictions, answers and notes; this browser keeps them over a reload."
    )
    if sure := calibration.told(me.progress):
        st.caption(sure)
    st.download_button(
        "Download", lambda: ws.write(me.progress), "worksheet.md", "text/markdown", key="worksheet-save",
    )  # fmt: skip
    st.file_uploader(
        "Load one (it replaces what is here)",
        type=["md"],
        key="worksheet-load",
        on_change=_load,
        max_upload_size=1,
    )
    st.button("Forget me", key="worksheet-forget", on_click=_forget, help="Clears what this browser keeps of you.")
    for sentence in me.notices:
        st.caption(sentence)


def _forget() -> None:
    st.session_state["learner"] = Learner(kept=True)
    for key in [key for key in st.session_state if str(key).endswith(("/radio", "/note", "/sure"))]:
        del st.session_state[key]


def _load() -> None:
    me, file = learner(), st.session_state.get("worksheet-load")
    if file is None:
        me.notices = []
        return
    try:
        data = file.getvalue() if file.size <= ws.MOST_BYTES else file.read(ws.MOST_BYTES + 1)
        me.progress, me.notices = ws.read(data)
        me.notices = ["Loaded.", *me.notices]
        me.lives.clear()
        me.decisions.clear()
        me.refuting.clear()
        me.cards.clear()
        for key in [key for key in st.session_state if str(key).endswith("/radio")]:
            del st.session_state[key]
    except ws.WorksheetError as refused:
        me.notices = [str(refused)]
