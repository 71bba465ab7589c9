"""The page of studies: pick one, see its figure, and go from a point to its agent."""

from typing import TYPE_CHECKING, cast

import streamlit as st

from ...lessons.literature import reference
from .. import loading, projector
from ..html.said import say

if TYPE_CHECKING:  # importing it would import torch
    from ...rules.world import Demo
    from ...study.studies import Study

SHOWN = ("x", "agent", "steps", "levels", "quantity", "value", "low", "high", "n", "seed")  # columns
HINT = (
    "Each dot is one network, with a 95 % interval over levels; seeds are never pooled, and lines join their medians. "
    "Point at a dot to see its agents; follow it to open that agent, in a new tab, in the first measured level where "
    "it did not reach the intended goal."
)


def figures_page() -> None:
    """Every study, one at a time; which one is in the page's link."""
    from ...study import studies

    try:
        known = studies.studies()
    except studies.StudyError as broken:
        st.warning(str(broken))
        return
    projector.heading("Figures: many agents along one axis")
    names = list(known)
    if "figures-study" not in st.session_state:
        asked = st.query_params.get("study", names[0])
        if asked not in known:
            st.warning(f"The link names a study that is not here; there are: {', '.join(names)}.")
        st.session_state["figures-study"] = asked if asked in known else names[0]
    chosen = st.selectbox(
        "Study", names, format_func=lambda name: known[name].title, key="figures-study", label_visibility="collapsed"
    )
    st.query_params["study"] = chosen
    _study(known[chosen])


def _study(study: "Study") -> None:
    from ...study import studies
    from ...study.figures import curves
    from ..components.figure import figure

    demo = cast("Demo", loading.entry_of(study.demo))
    say(study.question)
    try:
        rows = studies.read_rows(studies.csv_path(demo, study))
        if not rows:
            st.info(f"This study was not measured yet: `goalmisgen study {study.name}`.")
            return
        data = figure.payload(demo, study, rows)
        state = curves.state_of(demo, study, rows)
    except studies.StudyError as broken:
        st.warning(str(broken))
        return
    if state:
        st.warning(state, icon=":material/hourglass_top:")
    figure.show(f"figure-{study.name}", data)
    st.caption(HINT)
    if study.notes:
        say(study.notes)
    for line in _published(study):
        st.markdown(line)
    with st.expander("The numbers, and how to make them again"):
        st.code(f"goalmisgen study {study.name}", language="bash")
        st.dataframe([{name: row[name] for name in SHOWN} for row in rows], hide_index=True)
        path = studies.csv_path(demo, study)
        st.download_button("Download the CSV", path.read_bytes(), path.name, "text/csv", on_click="ignore")


def _published(study: "Study") -> list[str]:
    """What was published, each with its source and how it was read."""
    found = []
    for each in study.published:
        work = reference(each.key)
        source = f"[{work.short}{'°' if each.secondary else ''}]({work.url})"
        found.append(f"*{each.says}*: {source}; {each.how}.")
    return found
