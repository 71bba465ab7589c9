"""The audit card on a page: pick an agent, read what was found, write your verdict, take the page with you."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from .... import NAMES
from ...rules.entry import Entry
from .. import loading, shared
from .laboratory import choices

if TYPE_CHECKING:
    from ...lessons.audit_card import Card

LEVELS = 50  # of what is measured in the page


def panel() -> None:
    """The card of any bundled agent; its verdict is yours to fill in."""
    titles = {name: loading.entry_of(name).title for name in NAMES}
    demo = loading.entry_of(choices("audit", "demo", titles))
    st.query_params.from_dict({"strategy": "audit", "demo": demo.name})
    st.markdown(
        "One page about one agent: what it does, what turned it, and what the page cannot promise. Write your verdict. "
        "Then hand it to a partner, who tries to break what you claim."
    )
    _card(demo)


@st.fragment
def _card(demo: Entry) -> None:
    from ...agents.called import label
    from ...agents.own import own_names
    from ...lessons import audit_card
    from ...study.cards import card_of

    key = f"{demo.name}-audit-card"
    who, anew, turn_it = st.columns([2, 1.6, 1.4], vertical_alignment="bottom")
    mine = own_names(demo)
    name = who.selectbox(
        "Agent", [*audit_card.auditable(demo), *mine], format_func=lambda each: f"{each}: {label(demo, each)}",
        key=f"{key}-agent", help="Your own come last.",
    )  # fmt: skip
    held, known = audit_card.tables_of(demo, name), None if name in mine else card_of(demo, name)
    levels = known["measured"]["levels"] if known else None
    missing = levels is None or [each for each in audit_card.QUICK if each in held and not held[each]]
    kept: dict[str, Any] = st.session_state.setdefault(f"{key}-measured", {})
    if missing and name not in kept and anew.button("Measure what is missing", key=f"{key}-fresh", width="stretch"):
        _measure(demo, name, levels, held, kept)
    if "redteam" in held:
        turn_it.markdown(f"[Break it](/detect?technique=redteam&demo={demo.name})")
    verdict = {}
    for column, asked in zip([*st.columns(2), *st.columns(2)], audit_card.ASKED, strict=True):
        verdict[asked] = column.text_input(asked, max_chars=audit_card.MOST, key=f"{key}-{name}-{asked}")
    levels, held = kept.get(name, (levels, held))
    command = f"goalmisgen audit {demo.name} --agent {name}"
    card = audit_card.audit_card(demo, name, levels, held, verdict, command)
    _downloads(demo, card, f"audit_{demo.name}_{name.replace(':', '_')}", key)
    with st.container(border=True):
        st.markdown(audit_card.as_markdown(card).replace("\n## ", "\n##### ").replace("# Audit", "#### Audit", 1))


def _measure(demo: Entry, name: str, levels: Any, held: Any, kept: dict[str, Any]) -> None:
    """Measure what no card and no bundled table holds, and keep it in the session."""
    from ...lessons import audit_card
    from ...study.kinds import kind_of

    if not shared.allowed() or not (turn := shared.turn()):
        return
    with turn:
        bar = st.progress(0.0, "measuring")

        def told(what: str, done: int, n: int) -> None:
            bar.progress(done / n, f"{what}: {done} of {n}")

        if levels is None:
            agent = kind_of(demo).load(demo, name)
            levels = kind_of(demo).measure(demo, agent, LEVELS, 1, False, told)["levels"]
        kept[name] = levels, audit_card.measured_anew(demo, name, held, LEVELS, 1, told)
        bar.empty()
    st.rerun(scope="fragment")


def _downloads(demo: Entry, card: "Card", stem: str, key: str) -> None:
    """The card as a page to print and as Markdown."""
    from ...film.audit_page import page
    from ...lessons.audit_card import as_markdown
    from ...study.figures.draw import as_pdf

    row = st.container(horizontal=True)
    row.download_button(
        "The page (PDF)", lambda: as_pdf(page(card), card.command), f"{stem}.pdf", "application/pdf",
        key=f"{key}-pdf", type="primary", on_click="ignore",
    )  # fmt: skip
    row.download_button("Markdown", as_markdown(card), f"{stem}.md", key=f"{key}-md", on_click="ignore")
