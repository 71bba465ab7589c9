"""What one browser tab remembers of a learner, and the worksheet that it can be saved in and loaded from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ..decide import Desk
from . import projector
from . import worksheet as ws
from .live import Live

Pages = Callable[[], dict[str, Any]]  # every page of the app by name, for links from one to another
FEEDBACK = {True: ":green[:material/check_circle:]", False: ":orange[:material/cancel:]"}


@dataclass
class Learner:
    """What one browser tab remembers: the progress, the step of each lesson, and what is on its canvases."""

    progress: ws.Progress = field(default_factory=ws.Progress)
    steps: dict[str, int] = field(default_factory=dict)
    lives: dict[str, Live] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    refuting: dict[str, dict[str, Any]] = field(default_factory=dict)  # the run that a wrong answer opened, by step
    drawn: dict[str, int] = field(default_factory=dict)  # which level a scene without a fixed one shows
    told: list[str] = field(default_factory=list)  # about a worksheet that was loaded


def learner() -> Learner:
    """The learner of this session."""
    if "learner" not in st.session_state:
        st.session_state["learner"] = Learner()
    found: Learner = st.session_state["learner"]
    return found


def headline(title: str, caption: str) -> None:
    st.markdown(f"### {title}")
    left, middle, right = st.columns([4.4, 1.2, 1.4], vertical_alignment="center")
    left.caption(caption)
    projector.switch(middle)
    with right.popover("Worksheet", icon=":material/edit_note:", width="stretch"):
        worksheet_menu()


def worksheet_menu() -> None:
    """Download and load the progress, as a worksheet."""
    me = learner()
    done = sum(me.progress.finished(name) for name in ws.items())
    st.markdown(
        f"{done} of {len(ws.items())} questions and tasks done. The worksheet holds your predictions and answers."
    )
    st.download_button(
        "Download", lambda: ws.write(me.progress), "worksheet.md", "text/markdown", key="worksheet-save",
    )  # fmt: skip
    st.file_uploader(
        "Load one (at most 200 kB; it replaces what is here)",
        type=["md"],
        key="worksheet-load",
        on_change=_load,
        max_upload_size=1,
    )
    for sentence in me.told:
        st.caption(sentence)


def _load() -> None:
    me, file = learner(), st.session_state.get("worksheet-load")
    if file is None:
        me.told = []
        return
    try:
        data = file.getvalue() if file.size <= ws.MOST_BYTES else file.read(ws.MOST_BYTES + 1)
        me.progress, me.told = ws.read(data)
        me.told = ["Loaded.", *me.told]
        me.lives.clear()
        me.desks.clear()
        me.refuting.clear()
        for key in [key for key in st.session_state if str(key).endswith("/radio")]:
            del st.session_state[key]
    except ws.WorksheetError as refused:
        me.told = [str(refused)]
