"""The claims ledger: what the article says, what its sources say, and what was measured here; row by row."""

from html import escape

import streamlit as st

from ...lessons.catalogue import LessonError
from ...lessons.claims import CONFIDENCES, READ, VERDICTS, Claim, about, claims, matching, with_numbers
from ...lessons.lesson import Lesson
from ...lessons.numbers_in_text import cited
from .. import loading, projector
from ..html.links import MARKS, links, plain, short, works
from ..html.said import say
from ..learner import Pages

RESTS = {
    "primary": "source read",
    "abstract": "abstract read",
    "secondary": "others' summaries",
    "memory": "from memory",
}
ORDERS = ("as in the article", "by verdict", "weakest evidence first")
AT_ONCE, WIDE = 12, 110  # rows at first; characters of a claim in the line of a lesson
_BADGE = (
    "display:inline-block;padding:1px 10px;border-radius:12px;font-weight:600;white-space:nowrap;margin:0 6px 4px 0"
)


def badge(claim: Claim) -> str:
    """Verdict and what it rests on, as HTML: filled where the source was read, hollow and dashed where it was not."""
    mark, colour = MARKS[claim.verdict]
    look = _look(colour, claim.confidence in READ)
    return (
        f'<span style="{_BADGE};{look}" title="{escape(VERDICTS[claim.verdict])}">{mark} {claim.verdict}</span>'
        f'<span style="white-space:nowrap" title="{escape(CONFIDENCES[claim.confidence])}">'
        f"{RESTS[claim.confidence]}</span>"
    )


def _look(colour: str, solid: bool) -> str:
    return f"background:{colour};border:2px solid {colour};color:#111" if solid else f"border:2px dashed {colour}"


def legend() -> str:
    """What each verdict means, as HTML: its sign and colour, and the words that its badge tells on hover."""
    rows = (
        f'<div><span style="{_BADGE};{_look(colour, solid=True)}">{mark} {name}</span></div>'
        f"<div>{escape(VERDICTS[name])}</div>"
        for name, (mark, colour) in MARKS.items()
    )
    grid = "display:grid;grid-template-columns:max-content 1fr;gap:4px 6px;align-items:center"
    return f'<div style="{grid}">{"".join(rows)}</div>'


def claims_page(pages: Pages) -> None:
    """The ledger: one row by its link, or all that match the filters."""
    projector.heading("The claims ledger")
    try:
        every = claims()
    except LessonError as broken:
        st.warning(f"The ledger cannot be shown: {broken}")
        return
    say(
        "What the article *Goal Misgeneralization* says, what its sources say, and what was measured here. "
        "A **dashed** verdict rests on notes or memory: open the source before you rely on it. "
        "Nothing is called *wrong* on notes alone."
    )
    with st.expander("What the verdicts mean"):
        st.html(legend())
    wanted = st.query_params.get("claim", "")
    one = [claim for claim in every if claim.id == wanted]
    if one:
        st.button("All claims", icon=":material/arrow_back:", on_click=st.query_params.clear)
        _row(one[0], pages)
        return
    if wanted:
        st.warning("The link names a claim that is not here; these are all there are.")
    _list(every, pages)


@st.fragment
def _list(every: tuple[Claim, ...], pages: Pages) -> None:
    found = _filtered(every)
    st.markdown(f"**{len(found)}** of {len(every)} claims")
    if not found:
        st.info("No claim matches. Take a filter away, or search for another word.")
    shown = st.session_state.get("claims-shown", AT_ONCE)
    for claim in found[:shown]:
        _row(claim, pages)
    if len(found) > shown:
        st.button(f"Show {min(AT_ONCE, len(found) - shown)} more", on_click=_more, args=(shown,), width="stretch")


def _more(shown: int) -> None:
    st.session_state["claims-shown"] = shown + AT_ONCE


def _filtered(every: tuple[Claim, ...]) -> list[Claim]:
    """The controls above the list, and the claims that they leave, in the chosen order."""
    count = {name: sum(name in (claim.verdict, claim.confidence) for claim in every) for name in VERDICTS | CONFIDENCES}
    left, right = st.columns([1.1, 1])
    verdicts = left.pills(
        "Verdict", list(VERDICTS), selection_mode="multi", key="claims-verdict", wrap=True,
        format_func=lambda name: f"{MARKS[name][0]} {name} ({count[name]})",
    )  # fmt: skip
    confidences = right.pills(
        "The verdict rests on", list(CONFIDENCES), selection_mode="multi", key="claims-confidence", wrap=True,
        format_func=lambda name: f"{RESTS[name]} ({count[name]})",
    )  # fmt: skip
    row = st.columns([1.6, 2, 1.5, 1.4])
    words = row[0].text_input("Search", key="claims-words", placeholder="coin, scratchpad, Shah ...", max_chars=100)
    sections = list(dict.fromkeys(name for claim in every for name in claim.section))
    section = row[1].selectbox("Section of the article", sections, index=None, key="claims-section", placeholder="any")
    titles = {name: loading.entry_of(name).title for claim in every for name in claim.demos}
    demo = row[2].selectbox(
        "Demo", list(titles), index=None, key="claims-demo", format_func=titles.__getitem__, placeholder="any"
    )
    order = row[3].selectbox("Order", ORDERS, key="claims-order")
    found = list(matching(verdicts or [], confidences or [], section or "", demo or "", words or ""))
    if order == ORDERS[1]:
        found.sort(key=lambda claim: list(VERDICTS).index(claim.verdict))
    if order == ORDERS[2]:
        found.sort(key=lambda claim: -list(CONFIDENCES).index(claim.confidence))
    return found


def _row(claim: Claim, pages: Pages) -> None:
    with st.container(border=True):
        left, right = st.columns([1, 4.4], gap="medium")
        with left:
            st.html(badge(claim))
            st.caption(" · ".join(claim.section))
            st.page_link(
                pages()["claims"], label="Link to this row", icon=":material/link:", query_params={"claim": claim.id}
            )
        with right:
            st.html(f'<div style="font-size:1.2rem;line-height:1.4;font-weight:500">{escape(claim.claim)}</div>')
            st.markdown(f"**The source.** {with_numbers(claim.source)}")
            st.markdown(f"**Here.** {with_numbers(claim.here)}" if claim.here else "**Here.** Nothing was measured.")
            works(cited(claim.source + claim.here))
            links(claim.see, pages)


def lesson_claims(lesson: Lesson, pages: Pages) -> None:
    """The rows that concern a lesson and its demo, folded: those that point to the lesson first."""
    try:
        found = about(lesson.demo, lesson.name)
    except LessonError as broken:
        st.caption(f"The claims ledger cannot be shown: {broken}")
        return
    mine = [claim for claim in found if any(each.name == lesson.name for each in claim.see)]
    found = (*mine, *(claim for claim in found if claim not in mine))
    if not found:
        return
    with st.expander(f"What the article claims about this, and what its sources say ({len(found)})"):
        for claim in found:
            left, right = st.columns([1.3, 5], vertical_alignment="center")
            left.html(badge(claim))
            right.page_link(
                pages()["claims"],
                label=plain(short(claim.claim, WIDE)),
                query_params={"claim": claim.id},
                width="stretch",
            )
