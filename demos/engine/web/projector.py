"""Projector mode: large type, the canvas first. It is switched on any page and stays on for all."""

from typing import Any

import streamlit as st

_KEY, _TURNED = "projector", "projector-turned"
_LARGE = "<style>html{font-size:22px!important}.block-container{padding:4.4rem 1.2rem 1rem}</style>"


def style() -> str:
    """What a page adds to its style; to be called on every run, also of pages without the switch, so that it stays."""
    if _KEY in st.session_state:
        st.session_state[_KEY] = st.session_state[_KEY]  # else Streamlit forgets it with the page that had the switch
    return _LARGE if st.session_state.get(_KEY) else ""


def heading(title: str) -> None:
    """The title of a page, and the switch beside it."""
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(f"### {title}")
    switch(right)


def switch(where: Any) -> None:
    """The switch, in a container or column."""
    where.toggle("Projector", key=_KEY, on_change=_note, help="Large type, canvas first.")
    if st.session_state.pop(_TURNED, False):
        st.rerun(scope="app")


def _note() -> None:
    st.session_state[_TURNED] = True
