"""Saved runs on a page: this run as a file, and a file from elsewhere replayed, without any network."""

import json
from collections.abc import Callable

import streamlit as st

from ...agents import run_files
from ...agents.pretrained import AgentError, load_agent
from ...agents.run_files import MOST_BYTES
from ...agents.run_grid import Run
from ...rules.edit import BadLevel
from ...rules.level import copied
from ...rules.world import Demo
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, payload


def read(demo: Demo, data: bytes) -> tuple[Run, str]:
    """The run in a file and a sentence about its agent, empty where it is the bundled one. Untrusted.

    The run has that agent where its weights are those of the recording, and none otherwise. Raises BadLevel.
    """
    if len(data) > MOST_BYTES:
        raise BadLevel(f"The file has {len(data):,} bytes; a saved run has at most {MOST_BYTES:,}.")
    try:
        held = json.loads(data)
    except (ValueError, RecursionError):
        raise BadLevel("This file is not a saved run: it is not valid JSON.") from None
    run = run_files.replayed(held, demo)
    if run.actor is None:
        return run, "It was recorded without an agent."
    try:
        agent = load_agent(demo, run.actor)
    except AgentError:
        return run, f"Its agent, {run.actor}, is not bundled here; the recording plays all the same."
    if agent.digest != run.digest:
        return (
            run,
            f"The weights of {run.actor} are others than when it was recorded; the recording plays all the same.",
        )
    return run_files.replayed(held, demo, agent), ""


def tab(demo: Demo, go_on: Callable[[Run], None]) -> None:
    """A file to open, and its run; `go_on(run)` puts it on the page, to go on live."""
    name = demo.name
    file = st.file_uploader("Open a saved run (JSON)", "json", key=f"{name}-file", max_upload_size=1)
    if file is None:
        return
    try:
        run, told = read(demo, file.getvalue())
    except BadLevel as refused:
        st.error(str(refused))
        return
    who = f"**{run.actor}**" if run.actor else "A recording"
    st.markdown(f"{who}, run {run.seed}: {run.describe()} {told}".rstrip())
    key = f"{name}-recorded"
    canvas(key, payload(Live(demo, [run], copied(run.first)), 0) | {"recorded": True}, lambda: None)
    if run.agent is not None:
        st.button("Go on live from this run", key=f"{key}-live", on_click=go_on, args=(run,))
