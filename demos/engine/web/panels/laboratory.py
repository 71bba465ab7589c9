"""What the pages of both laboratories share: choices that stand in the link, and the bundled table with its figure."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from .... import NAMES
from ...agents.called import label
from ...rules.entry import Entry
from ...rules.palette import INK, PALE_INK
from .. import loading
from ..html import bars
from ..html.said import say

if TYPE_CHECKING:  # so that pages appear before torch is loaded
    from ...study.findings import Technique
    from ...study.laboratory import Laboratory


def choices(page: str, what: str, titles: dict[str, str]) -> str:
    """A row of names to choose from; what is chosen stands in the session and, at first, in the page's link."""
    key, names = f"{page}-{what}", list(titles)
    asked = st.session_state.get(key) or st.query_params.get(what, names[0])
    if asked not in names:
        if key not in st.session_state:
            st.warning(f"The link names a {what} that is not here; there are: {', '.join(names)}.")
        asked = names[0]
    st.session_state[key] = asked
    st.segmented_control(what, names, format_func=titles.__getitem__, key=key, label_visibility="collapsed")
    if st.session_state[key] is None:  # a second click on what is chosen
        st.session_state[key] = asked
    return str(st.session_state[key])


def agent_box(where: Any, title: str, demo: Entry, names: list[str], key: str, index: int = 0) -> str:
    """A list of agents to choose from, each by what people call it."""
    return str(where.selectbox(title, names, index, key=key, format_func=partial(label, demo)))


def tried(
    laboratory: "Laboratory", method: "Technique", panels: dict[str, Callable[[Any, list[Any]], None]], table: str
) -> None:
    """Pick a demo for a method; its panel, and what was measured beside what the article's `table` says of it."""
    able = {n: loading.entry_of(n).title for n in NAMES if method.able(loading.entry_of(n))}
    demo = loading.entry_of(choices(laboratory.room, "demo", able))
    st.query_params.update({laboratory.what: method.name, "demo": demo.name})
    say(method.about)
    rows = laboratory.rows(demo, method.name)
    panels[method.name](demo, rows)
    measured(laboratory.room, table, method, demo, rows)


def measured(page: str, table: str, technique: Any, demo: Any, rows: list[Any]) -> None:
    """What the article says in its table of this name, the bundled figure, its numbers, and how to make them."""
    command = f"goalmisgen {page} {technique.name} {demo.name}"
    if technique.article:
        here = " What was measured here stands below." if rows else ""
        st.caption(
            f"The article's table of {table} says of *{technique.article}*: **{technique.opinion}**. It "
            f"gives no measurement.{here}"
        )
    if not rows:
        st.info(f"Not measured for {demo.title} yet: `{command} --write`.")
        return
    with st.expander("The figure, the numbers, and how to make them again"):
        ink = PALE_INK if st.context.theme.type == "dark" else INK
        svg = _drawn((technique.name, demo.name), rows, ink, technique.draw, demo)
        st.html(bars.image(svg, f"{technique.title}, {demo.title}", 1700))
        st.code(f"{command} --seed {rows[0]['seed']}", language="bash")
        st.dataframe(rows, hide_index=True)


@st.cache_data(show_spinner=False)
def _drawn(
    key: tuple[str, str], rows: list[Any], ink: str, _draw: Callable[[Any, list[Any], str], Any], _demo: Any
) -> str:
    """The figure of bundled rows as SVG; kept by the names of technique and demo, and by the rows."""
    from ...study.figures.draw import as_svg

    return as_svg(_draw(_demo, rows, ink))
