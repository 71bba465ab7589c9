"""Synthetic data in the page: so many made-up examples, and how the answers change while the network learns them."""

from typing import Any

import streamlit as st

from ...rules.text import TextDemo
from . import tuning_panel


def panel(demo: TextDemo, rows: list[Any]) -> None:
    """Choose how many examples and what people in them are; then watch the answers change."""
    from ...mitigate.synthetic import tuning_of

    st.markdown(
        "This network met no one who was wrong, and agrees with whoever speaks. Show it examples in which people are "
        "right or wrong by a coin. The labels say what the sum says, before and now."
    )
    tuning_panel.panel(demo, tuning_of(demo), "synthetic")
