"""All mitigations side by side: what each needs and cost, what came of it, what others found, the article's word."""

import re

import streamlit as st

from .... import WORLDS
from ...rules.palette import INK, PALE_INK
from .. import loading
from ..html import bars

SENTENCE = re.compile(r"(?<=\.) (?=[A-Z`])")
INTERVAL = re.compile(r"\((?:95 % interval|\d)[^()]*\)")


def panel() -> None:
    """One table; a row for each mitigation, those that did not help included."""
    from ...lessons.what_helps import what_helps
    from ...mitigate.plan import plan_of

    st.markdown(
        "What was paid, and what came of it. Every number was measured on the agents of this package, in small worlds; "
        "none says what the same idea would do elsewhere."
    )
    ink = PALE_INK if st.context.theme.type == "dark" else INK
    worlds = [demo for demo in map(loading.demo_of, WORLDS) if plan_of(demo).demonstrations]
    for column, demo in zip(st.columns(len(worlds)), worlds, strict=True):
        column.html(bars.image(_paid(demo.name, ink), f"{demo.title}: what was paid, and what came of it", 640))
    for each in what_helps():
        told = {"Needs": each.needs, "Cost here": each.cost, "Seeds": each.seeds, "The paper": each.paper}
        with st.container(border=True):
            name, rest = st.columns([1, 3], gap="medium")
            name.markdown(f"**{each.name}**")
            if each.article:
                name.caption(f"The article: {each.article}")
            lines = [f"- {sentence}" for sentence in SENTENCE.split(INTERVAL.sub(r":small[\g<0>]", each.here))]
            rest.markdown("\n".join([*lines, "", *(f"*{what}:* {text}  " for what, text in told.items() if text)]))


@st.cache_data(show_spinner=False)
def _paid(name: str, ink: str) -> str:
    from ...mitigate.paid import draw
    from ...study.figures.draw import as_svg

    return as_svg(draw([loading.demo_of(name)], ink))
