"""Where a page points to: other pages of the app, and the works that it cites."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from ...lessons import worksheet as ws
from ...lessons.claims import claims
from ...lessons.lesson import number_of
from ...lessons.literature import reference
from ...lessons.pointers import Pointer, measured
from .. import loading
from ..learner import Pages

SECONDARY = "What is marked ° we know through others' summaries of this work, not from its own text."
MARKS = {  # of each verdict a shape and a colour, told apart by colour-blind readers too
    "accurate": ("✔", "#2fa884"),
    "imprecise": ("◐", "#e69f00"),
    "wrong": ("✖", "#e0713a"),
    "unsupported": ("∅", "#cc79a7"),
    "unverifiable": ("?", "#56b4e9"),
    "opinion": ("❝", "#b0b0b0"),
}
SHORT = 60  # characters of a claim in a link


def works(keys: Mapping[str, bool]) -> None:
    """The works of these keys, each with its full reference behind its name; true where it was read in notes."""
    if not keys:
        return
    with st.container(horizontal=True):
        for key, secondary in keys.items():
            work = reference(key)
            with st.popover(work.short, icon=":material/article:"):
                st.markdown(f"{escape(work.full, quote=False)}\n\n<{work.url}>")
                if secondary:
                    st.caption(SECONDARY)
                if work.note:
                    st.caption(f"Note: {work.note}.")
                st.code(work.bibtex, language="bibtex", wrap_lines=True)


def short(text: str, most: int) -> str:
    """A text, or whole words of it and dots where it has more than `most` characters."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " ..."


def plain(text: str) -> str:
    """A text whose signs Markdown leaves alone."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+-.!|$~<>:" else sign for sign in text)


def links(see: Sequence[Pointer], pages: Pages) -> None:
    """A row of links, one for each pointer; that to a study which was not measured yet leads nowhere."""
    if not see:
        return
    found = pages()
    with st.container(horizontal=True, gap="small"):
        for each in see:
            if each.kind == "demo":
                demo = loading.entry_of(each.name)
                titles = demo.prepared
                label = demo.title + (f": {titles[each.preset]}" if each.preset else "")
                query = {"preset": each.preset} if each.preset else None
                st.page_link(found[each.name], label=label, icon=":material/play_circle:", query_params=query)
            elif each.kind == "lesson":
                lesson = next(lesson for lesson in ws.lessons() if lesson.name == each.name)
                label = f"Lesson {number_of(lesson.name)}: {lesson.title}"
                st.page_link(found[lesson.page], label=label, icon=":material/school:")
            elif each.kind == "claim":
                claim = next(claim for claim in claims() if claim.id == each.name)
                label = f"{MARKS[claim.verdict][0]} {plain(short(claim.claim, SHORT))}"
                st.page_link(found["claims"], label=label, query_params={"claim": claim.id})
            elif each.kind == "detect":
                query = {"technique": each.name}
                st.page_link(
                    found["detect"], label=f"Detect: {each.name}", icon=":material/search:", query_params=query
                )
            elif each.kind == "mitigate":
                query = {"strategy": each.name}
                label = f"What helps: {each.name}"
                st.page_link(found["mitigate"], label=label, icon=":material/healing:", query_params=query)
            else:
                there = measured(each.name)
                page = found["figures" if "figures" in found else "article"]
                st.page_link(
                    page, label=f"Study: {each.name}" + ("" if there else " (to come)"), icon=":material/monitoring:",
                    disabled=not there, query_params={"study": each.name},
                )  # fmt: skip
