"""What helps? The mitigation laboratory: a tab for each strategy, named in the page's link, and one table of all."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from .... import NAMES
from .. import loading, projector
from ..html.said import say
from ..panels import mitigate_belief, mitigate_readings, mitigate_rescue, mitigate_reward, mitigate_table
from ..panels.laboratory import choices, measured

TITLE = "What helps?"
PANELS: dict[str, Callable[[Any, list[Any]], None]] = {
    "reward": mitigate_reward.panel,
    "belief": mitigate_belief.panel,
    "readings": mitigate_readings.panel,
    "rescue": mitigate_rescue.panel,
}
ALL = "all"


def mitigate_page() -> None:
    """Pick a strategy and a demo; try it, and see what was paid and what came of it."""
    from ...mitigate.laboratory import LABORATORY  # not at the top, so that pages appear before torch is loaded

    title, switch = st.columns([6, 1], vertical_alignment="center")
    title.markdown(f"### {TITLE}")
    projector.switch(switch)
    titles = {name: each.title for name, each in LABORATORY.methods.items()} | {ALL: "All, side by side"}
    name = choices("mitigate", "strategy", titles)
    if name == ALL:
        st.query_params.from_dict({"strategy": ALL})
        mitigate_table.panel()
        return
    strategy = LABORATORY.methods[name]
    able = {n: loading.entry_of(n).title for n in NAMES if strategy.able(loading.entry_of(n))}
    demo = loading.entry_of(choices("mitigate", "demo", able))
    st.query_params.update({"strategy": name, "demo": demo.name})
    say(strategy.about)
    rows = LABORATORY.rows(demo, name)
    PANELS[name](demo, rows)
    measured("mitigate", "mitigation strategies", strategy, demo, rows)
