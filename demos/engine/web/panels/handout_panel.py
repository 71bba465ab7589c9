"""What a demo page gives away, and takes back: its link, its command, files, the citation, saved runs."""

import json
import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from ...agents import run_files
from ...rules import level_files
from ...rules.edit import draw_level
from ...rules.scene import png
from .. import in_class, loading
from ..components.canvas.live import Live
from ..html import addresses
from ..view import Picks, View
from . import saved_run_panel


def tab(view: View, live: Live, picks: Picks) -> None:
    """The link, the command, files and the citation; a saved run to open, and to go on from."""
    from ...detect.audit import truth_of  # which draws, and so is slow to load

    demo, run = view.demo, live.runs[0]
    drawn = draw_level(demo, view.config, picks.number)
    st.caption("The address of this page, and this command, bring back the run: its level, and every edit at its step.")
    st.code(f"/{demo.name}?{live.link}", language=None, wrap_lines=True)
    command = addresses.command(run, drawn, picks.agent, picks.levels, picks.number)
    st.code(command, language="bash", wrap_lines=True)
    one, two, three, live_one, four = st.columns(5)
    one.download_button("Level (text)", level_files.format_level(demo, run.level), "level.txt", key=f"{demo.name}-txt")
    two.download_button("Picture (PNG)", partial(_png, live), f"{demo.name}.png", "image/png", key=f"{demo.name}-png")
    three.download_button(
        "Film (GIF)", partial(_gif, live, command), f"{demo.name}.gif", "image/gif", key=f"{demo.name}-gif"
    )
    html = addresses.command(run, drawn, picks.agent, picks.levels, picks.number, "html")
    live_one.download_button(
        "Live figure (HTML)", partial(_figure, live, html), f"{demo.name}.html", "text/html", key=f"{demo.name}-html",
        help="One file, for slides, a blog or a phone: its reader drags the goal. It takes some seconds to make.",
    )  # fmt: skip
    four.download_button("Citation (BibTeX)", addresses.citations(demo), f"{demo.name}.bib", key=f"{demo.name}-bib")
    row = st.container(horizontal=True)
    row.download_button(
        "Puzzle (HTML)", partial(_figure, live, f"{html} --puzzle", True), f"{demo.name}-puzzle.html", "text/html",
        key=f"{demo.name}-puzzle", disabled=truth_of(demo, live.agents[0].name) is None,
        help="The same with the agent hidden: six edits, and a verdict that is scored. For agents that were measured.",
    )  # fmt: skip
    row.button(
        "Puzzle (link)", key=f"{demo.name}-puzzle-link", on_click=_hide, args=(view, live),
        disabled=truth_of(demo, live.agents[0].name) is None,
        help="An address in this app: the level as it is now, the agent hidden, six edits, a verdict that is scored.",
    )  # fmt: skip
    row.download_button(
        "Run (JSON): replayed here, in the window and as a film", json.dumps(run_files.data(run.fork().go_on())),
        f"{demo.name}-run.json", "application/json", key=f"{demo.name}-json",
    )  # fmt: skip
    if view.puzzle:
        st.code(view.puzzle, language=None, wrap_lines=True)
        in_class.send_button(view.puzzle)
    saved_run_panel.tab(demo, view.go_on)


def _hide(view: View, live: Live) -> None:
    """Make the address of a puzzle of what is on the page."""
    view.puzzle = addresses.puzzle(live.runs[0], live.agents[0].name)


def _png(live: Live) -> bytes:
    """The end of the run, at twice the size it is drawn."""
    run = live.runs[0]
    return png(live.demo, run.level, run.end, 2)


def _figure(live: Live, command: str, puzzle: bool = False) -> str:
    """The level as it is now, with the agent of the page and, but in a puzzle, the usual ones beside it."""
    from ..handout.grid import live_figure, usual_agents

    run, demo = live.runs[0], live.demo
    first = live.agents[0]
    others = [loading.agent_of(demo.name, name) for name in usual_agents(demo, first.name)[1:] if not puzzle]
    return live_figure(demo, run.level, [first, *others], first_seed=run.seed, command=command, puzzle=puzzle).html


def _gif(live: Live, command: str) -> bytes:
    """The run as a film, with the command that makes it in its metadata."""
    from ...film.grid import film

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.gif"
        film(live.runs[0].fork().go_on(), path, command=command)
        return path.read_bytes()
