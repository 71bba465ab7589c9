"""Components of the page: their scripts are ES modules, which the browser fetches once from this folder."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v1 import declare_component


@cache
def component(name: str, box: str, script: str) -> Callable[..., Any]:
    """The component whose default export a script has; it finds an element of class `box`.

    `script`: a path below this folder. What is sent with every answer only names it. To be called in a script run.
    """
    js = f"const its = await import(new URL({_address(script)!r}, location.origin));\nexport default its.default;"
    html = f'<div class="{box}"></div>'
    made: Callable[..., Any] = st.components.v2.component(f"goalmisgen_{name}", html=html, js=js)
    return made


def _address(script: str) -> str:
    """Where the server has a file of this folder: Streamlit serves the folder of a component that it was told of."""
    served = declare_component("scripts", path=Path(__file__).parent)
    below = st.get_option("server.baseUrlPath").strip("/")
    return "/".join(["", *filter(None, [below]), "component", served.name, script])
