"""How would you find out? The detection laboratory: a tab for each technique, named in the page's link."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ...content import content
from .. import projector
from ..html.said import say
from ..panels import (
    detect_alarms,
    detect_audit,
    detect_inside,
    detect_mentor,
    detect_notes,
    detect_redteam,
    detect_shifts,
    detect_steer,
    direction_panel,
)
from ..panels.laboratory import choices, tried

TITLE = "How would you find out?"
PANELS: dict[str, Callable[[Any, list[Any]], None]] = {
    "shifts": detect_shifts.panel,
    "redteam": detect_redteam.panel,
    "lost": detect_inside.lost_panel,
    "steer": detect_steer.steer_panel,
    "retarget": detect_steer.retarget_panel,
    "push": lambda demo, rows: direction_panel.panel(demo),
    "alarms": detect_alarms.alarm_panel,
    "mentor": detect_mentor.mentor_panel,
    "notes": detect_notes.panel,
    "audit": detect_audit.panel,
}


def detect_page() -> None:
    """Pick a technique and a demo; try it, and see what was measured beside what the article says of it."""
    from ...detect.laboratory import LABORATORY  # not at the top, so that pages appear before torch is loaded

    projector.heading(TITLE)
    methods = LABORATORY.methods
    technique = methods[choices("detect", "technique", {name: each.title for name, each in methods.items()})]
    tried(LABORATORY, technique, PANELS, "detection techniques")
    with st.expander("What was found here, the surprising first"):
        say(findings(), full=True)
    st.caption(
        "Agents' trainings, detectors' fitting, their thresholds and all tests draw four disjoint sets of level seeds."
    )


def findings() -> str:
    """What the techniques found, as Markdown whose numbers are to be filled in."""
    return (content() / "lessons" / "what_was_found.md").read_text(encoding="utf-8")
