"""The live canvas as a Streamlit component: Python owns the rules, the browser animates and drags."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent


@cache
def _component() -> Callable[..., Any]:
    html = '<div class="gm"></div>'
    css = (_HERE / "canvas.css").read_text(encoding="utf-8")
    js = "\n".join(path.read_text(encoding="utf-8") for path in sorted((_HERE / "js").glob("*.js")))
    component: Callable[..., Any] = st.components.v2.component("goalmisgen_canvas", html=html, css=css, js=js)
    return component


def canvas(key: str, data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Mount the canvas; `on_message` is called when it sent something, found in `st.session_state[key].message`."""
    _component()(key=key, data=data, on_message_change=on_message)
