"""Pointers as links from one page of the app to another."""

from collections.abc import Sequence

import streamlit as st

from ..pointers import Pointer, measured
from . import loading
from . import worksheet as ws
from .learner import Pages


def links(see: Sequence[Pointer], pages: Pages) -> None:
    """A row of links, one for each pointer; a study that was not measured yet is named without one."""
    if not see:
        return
    found = pages()
    with st.container(horizontal=True, gap="small"):
        for each in see:
            if each.kind == "demo":
                demo = loading.demo_of(each.name)
                titles = {preset.name: preset.title for preset in (*demo.presets, *demo.probes)}
                label = demo.title + (f": {titles[each.preset]}" if each.preset else "")
                query = {"preset": each.preset} if each.preset else None
                st.page_link(found[each.name], label=label, icon=":material/play_circle:", query_params=query)
            elif each.kind == "lesson":
                number = [lesson.name for lesson in ws.lessons()].index(each.name) + 1
                label = f"Lesson {number}: {ws.lessons()[number - 1].title}"
                st.page_link(found[f"lesson-{number}"], label=label, icon=":material/school:")
            elif each.kind == "claim":
                st.page_link(
                    found["claims"], label=f"Claim: {each.name}", icon=":material/fact_check:",
                    query_params={"claim": each.name},
                )  # fmt: skip
            elif measured(each.name) and "figures" in found:
                st.page_link(
                    found["figures"], label=f"Study: {each.name}", icon=":material/monitoring:",
                    query_params={"study": each.name},
                )  # fmt: skip
            else:
                st.markdown(f":material/monitoring: Study: {each.name}" + ("" if measured(each.name) else " (to come)"))
