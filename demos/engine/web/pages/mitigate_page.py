"""What helps? The mitigation laboratory: a tab for each strategy, named in the page's link, and one table of all."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from .. import projector
from ..panels import (
    mitigate_audit,
    mitigate_belief,
    mitigate_critics,
    mitigate_mentor,
    mitigate_readings,
    mitigate_rescue,
    mitigate_reward,
    mitigate_synthetic,
    mitigate_table,
    mitigate_variety,
)
from ..panels.laboratory import choices, tried

TITLE = "What helps?"
PANELS: dict[str, Callable[[Any, list[Any]], None]] = {
    "variety": mitigate_variety.panel,
    "reward": mitigate_reward.panel,
    "belief": mitigate_belief.panel,
    "readings": mitigate_readings.panel,
    "rescue": mitigate_rescue.panel,
    "mentor": mitigate_mentor.panel,
    "synthetic": mitigate_synthetic.panel,
    "critics": mitigate_critics.panel,
}
AUDIT, ALL = "audit", "all"


def mitigate_page() -> None:
    """Pick a strategy and a demo; try it, and see what was paid and what came of it."""
    from ...mitigate.laboratory import LABORATORY  # not at the top, so that pages appear before torch is loaded

    projector.heading(TITLE)
    titles = {name: each.title for name, each in LABORATORY.methods.items()}
    name = choices("mitigate", "strategy", titles | {AUDIT: "Before you ship", ALL: "All, side by side"})
    if name == AUDIT:
        mitigate_audit.panel()
        return
    if name == ALL:
        st.query_params.from_dict({"strategy": ALL})
        mitigate_table.panel()
        return
    tried(LABORATORY, LABORATORY.methods[name], PANELS, "mitigation strategies")
