"""How would you find out? The detection laboratory: a tab for each technique, named in the page's link."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from .... import NAMES
from .. import loading, projector
from ..html.said import say
from ..panels import detect_alarms, detect_audit, detect_inside, detect_notes, detect_redteam, detect_shifts
from ..panels.laboratory import choices, measured

TITLE = "How would you find out?"
PANELS: dict[str, Callable[[Any, list[Any]], None]] = {
    "shifts": detect_shifts.panel,
    "redteam": detect_redteam.panel,
    "lost": detect_inside.lost_panel,
    "steer": detect_inside.steer_panel,
    "alarms": detect_alarms.alarm_panel,
    "mentor": detect_alarms.mentor_panel,
    "notes": detect_notes.panel,
    "audit": detect_audit.panel,
}


def detect_page() -> None:
    """Pick a technique and a demo; try it, and see what was measured beside what the article says of it."""
    from ...detect.laboratory import LABORATORY  # not at the top, so that pages appear before torch is loaded

    title, switch = st.columns([6, 1], vertical_alignment="center")
    title.markdown(f"### {TITLE}")
    projector.switch(switch)
    methods = LABORATORY.methods
    technique = methods[choices("detect", "technique", {name: each.title for name, each in methods.items()})]
    able = {n: loading.entry_of(n).title for n in NAMES if technique.able(loading.entry_of(n))}
    demo = loading.entry_of(choices("detect", "demo", able))
    st.query_params.update({"technique": technique.name, "demo": demo.name})
    say(technique.about)
    rows = LABORATORY.rows(demo, technique.name)
    PANELS[technique.name](demo, rows)
    measured("detect", "detection techniques", technique, demo, rows)
