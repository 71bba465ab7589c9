"""How a view is handed on: its link, the command that films it, the citation."""

import shlex
from urllib.parse import quote, urlencode

import numpy as np
import streamlit as st

from ...agents.run_grid import Run
from ...lessons.literature import reference
from ...rules.entry import Entry
from ...rules.level import Level


def link(run: Run, drawn: Level, agent: str, levels: str, number: int) -> dict[str, str]:
    """The query of a link that brings back a run, and says how it ended; `drawn`: the level that its controls name."""
    query = {"agent": agent, "seed": str(run.seed), "levels": levels, "number": str(number)}
    if not _plain(run, drawn):
        query["run"] = run.text
    return query | {"ends": ends(run)}


def keep(query: dict[str, str]) -> None:
    """Let the page's address be this, by which a reload or a friend comes back to what is on it."""
    if dict(st.query_params) != query:
        st.query_params.from_dict(query)


def puzzle(run: Run, agent: str) -> str:
    """The address of a puzzle with this agent hidden, in the level of a run as it is now, below the app's own."""
    from ...detect.puzzle import mark_of  # which draws, and so is slow to load

    text = Run(run.demo, None, run.level, 0).text
    return f"/puzzle?{whole({'demo': run.demo.name, 'agent': mark_of(run.demo, agent), 'run': text})}"


def ends(run: Run) -> str:
    """How a run ended and when that was decided, in one word: by it a link sees whether it is the same run again."""
    return f"{run.outcome}:{run.decided}"


def whole(query: dict[str, str]) -> str:
    """The query as it stands in an address, as readable as it may be."""
    return urlencode(query, quote_via=quote, safe=":;=,*@")


def command(run: Run, drawn: Level, agent: str, levels: str, number: int, ending: str = "gif") -> str:
    """The `goalmisgen film` command that gives the run on the page, or a live figure of its level."""
    parts = ["goalmisgen", "film", run.demo.name, "--agent", agent, "--seed", str(run.seed)]
    if _plain(run, drawn):
        parts += ["--levels", levels, "--level-seed", str(number)]
    else:
        parts += ["--run", run.text]
    return shlex.join([*parts, "--out", f"{run.demo.name}.{ending}"])


def _plain(run: Run, drawn: Level) -> bool:
    """Whether nothing was done to a run, or to its level."""
    return not run.edits and not run.by_person[: run.steps].any() and np.array_equal(run.first, drawn)


def citations(demo: Entry) -> str:
    """The BibTeX entries of a demo's papers."""
    return "\n\n".join(reference(key).bibtex for key in demo.papers)
