"""The article, line by line: where each of its lines is met in this package, or why nowhere."""

from html import escape

import streamlit as st

from ...lessons.catalogue import LessonError
from ...lessons.claims import with_numbers
from ...lessons.coverage import KINDS, ArticleLine, Coverage, coverage, problems, study_questions
from .. import projector
from ..html.links import links
from ..html.said import say
from ..learner import Pages


def article_page(pages: Pages) -> None:
    """A heading of the article to choose, and below it each of its lines."""
    projector.heading("The article, line by line")
    try:
        found = coverage()
        for sentence in problems(found):
            st.warning(sentence)
    except LessonError as broken:
        st.warning(f"The list cannot be shown: {broken}")
        return
    lines = found.lines
    met = sum(bool(line.see) for line in lines)
    st.markdown(
        f"Of {len(lines)} headings, table rows, questions, forecasts and sources of the article, {met} are met by a "
        f"demo, a study, a lesson or a row of the claims ledger; {len(lines) - met} are not, and say why. "
        "Ratings and forecasts are the article's **opinions** and are shown as such."
    )
    _section(found, pages)


@st.fragment
def _section(found: Coverage, pages: Pages) -> None:
    left, right = st.columns([1, 2.6], gap="large")
    names = list(found.sections)
    at = left.radio(
        "Sections of the article", range(len(names)), key="article-section",
        format_func=lambda i: names[i] if i else f"{names[i]} (opening)",
    )  # fmt: skip
    questions = study_questions()
    with right:
        for line in found.sections[names[at]]:
            _line(line, questions, pages)


def _line(line: ArticleLine, questions: dict[str, str], pages: Pages) -> None:
    with st.container(border=line.kind != "section"):
        size = "1.35rem;font-weight:600" if line.kind == "section" else "1.1rem;font-weight:500"
        kind = "" if line.kind in ("section", "row") else f' <small style="opacity:.75">{KINDS[line.kind]}</small>'
        more = " ..." if line.kind == "reference" else ""
        st.html(f'<div style="font-size:{size}">{escape(line.text)}{more}{kind}</div>')
        if line.opinion:
            st.html(
                '<div style="border-left:3px dotted #999;padding-left:10px">❝ <b>Opinion of the article:</b> '
                f"{escape(line.opinion)}</div>"
            )
        if line.since:
            say(f"**Since then.** {with_numbers(line.since)}")
        if line.none:
            st.caption(f"Not met here. {line.none}")
        links(line.see, pages)
        asked = [f"{each.name}: {questions[each.name]}" for each in line.see if each.name in questions]
        if asked:
            st.caption(" · ".join(asked))
