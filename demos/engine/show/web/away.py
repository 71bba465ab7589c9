"""What a demo page gives away, and takes back: its link, its command, files, the citation, saved runs."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from ...agents.run import Run
from ...rules import edit as editing
from ...rules.edit import draw_level
from ...rules.world import Demo
from ..picture import png
from . import saved, words
from .live import Live


def tab(demo: Demo, live: Live, picks: dict[str, Any], go_on: Callable[[Run], None]) -> None:
    """The link, the command, files and the citation; a saved run to open, with which `go_on` continues live."""
    run, config = live.runs[0], st.session_state[f"{demo.name}-config"]
    drawn = draw_level(demo, config, picks["number"])
    query = words.link(demo, run.level, drawn, picks["agent"], picks["seed"], picks["levels"], picks["number"])
    if dict(st.query_params) != query:
        st.query_params.from_dict(query)
    st.caption("The address of this page holds the view: agent, seed and the level as it is now, from its start.")
    st.code(f"/{demo.name}?" + "&".join(f"{k}={v}" for k, v in query.items()), language=None, wrap_lines=True)
    command = words.command(demo, live, config, picks["agent"], picks["levels"], picks["number"])
    st.code(command, language="bash", wrap_lines=True)
    one, two, three, four = st.columns(4)
    one.download_button("Level (text)", editing.format_level(demo, run.level), "level.txt", key=f"{demo.name}-txt")
    two.download_button("Picture (PNG)", partial(_png, live), f"{demo.name}.png", "image/png", key=f"{demo.name}-png")
    three.download_button(
        "Film (GIF)", partial(_gif, live, command), f"{demo.name}.gif", "image/gif", key=f"{demo.name}-gif"
    )
    four.download_button("Citation (BibTeX)", words.citations(demo), f"{demo.name}.bib", key=f"{demo.name}-bib")
    st.download_button(
        "Run (JSON): replayed here, in the window and as a film", json.dumps(run.data()), f"{demo.name}-run.json",
        "application/json", key=f"{demo.name}-json",
    )  # fmt: skip
    saved.tab(demo, go_on)


def _png(live: Live) -> bytes:
    """The end of the run, at twice the size it is drawn."""
    run = live.runs[0]
    return png(live.demo, run.level, run.end, 2)


def _gif(live: Live, command: str) -> bytes:
    """The run as a film, with the command that makes it in its metadata."""
    from ..film import film

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.gif"
        film(live.runs[0], path, command=command)
        return path.read_bytes()
