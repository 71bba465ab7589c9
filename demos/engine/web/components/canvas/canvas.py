"""The live canvas as a Streamlit component: Python owns the rules, the browser animates and drags."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ..assets import component
from .difference import difference

MOST = 8  # canvases of a session whose last payload is remembered
_SENT = "canvases-sent"


def canvas(key: str, data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Mount the canvas; `on_message` is called when it sent something, found in `st.session_state[key].message`.

    A message says which payloads the canvases of the page hold: its answer then is the difference from those. In every
    other script run payloads are sent whole, and a canvas that lost what it held asks for that.
    """
    mount = component("canvas", "gm", "canvas/js/main.js")
    mount(key=key, data=_answer(key, data), on_message_change=on_message)


def _answer(key: str, data: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, tuple[int, dict[str, Any]]] = st.session_state.setdefault(_SENT, {})
    number, before = sent.pop(key, (0, None))
    sent[key] = number + 1, data
    while len(sent) > MOST:
        del sent[next(iter(sent))]
    named = {"canvas": key, "number": number + 1}
    if before is None or number not in _held(key):
        return named | data
    return named | {"base": number} | difference(before, data)


def _held(key: str) -> list[Any]:
    """The numbers of payloads that this canvas was said to hold by the messages that this script run answers."""
    states = [st.session_state.get(each) for each in st.session_state[_SENT]]
    messages = [state.get("message") for state in states if state]
    held = [message.get("held") for message in messages if isinstance(message, dict)]
    return [numbers.get(key) for numbers in held if isinstance(numbers, dict)]
