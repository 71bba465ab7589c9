"""Agent or device, as a Streamlit component: the lawn, and beside it what is believed after each step."""

import streamlit as st

from ..assets import component
from .watch import Watch, answer, payload


def agency(key: str, watch: Watch, devices_in: str, noise: float, whole: bool) -> None:
    """Mount it; what it sends is carried out on `watch`."""

    def sent() -> None:
        state = st.session_state.get(key)
        if state and state.get("message") is not None:
            answer(watch, state["message"])

    component("agency", "gm", "agency/agency.js")(
        key=key, data=payload(watch, devices_in, noise, whole), on_message_change=sent
    )
