"""The pages of the app: its navigation, the home page, and which layout a demo of each kind has."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ... import NAMES
from ..lessons.worksheet import lessons
from ..study.kinds import DECISION, GRID, TEXT, Kind, kind_of
from . import in_class, loading, projector
from .html import said
from .pages import agent_or_device_page
from .pages.article_page import article_page
from .pages.claims_page import claims_page
from .pages.class_page import TITLE as CLASS
from .pages.class_page import class_page
from .pages.decision_page import decision_page
from .pages.detect_page import TITLE as DETECT
from .pages.detect_page import detect_page
from .pages.figures_page import figures_page
from .pages.grid_page import world_page
from .pages.home_page import home_page
from .pages.lesson_page import lesson_page
from .pages.mitigate_page import TITLE as MITIGATE
from .pages.mitigate_page import mitigate_page
from .pages.puzzle_page import TITLE as PUZZLE
from .pages.puzzle_page import puzzle_page
from .pages.questions_page import questions_page
from .pages.slides_page import slides_page
from .pages.text_page import text_page

LAYOUTS: dict[Kind, Callable[[str], None]] = {GRID: world_page, TEXT: text_page, DECISION: decision_page}
READING = ("questions", "class", "claims", "article")  # pages of text
_STYLE = (
    "<style>.block-container{padding-top:3.2rem;padding-bottom:2rem;max-width:1800px}"
    "[data-testid=stMarkdownContainer] :is(p,li){max-width:46rem}"  # lines that one can read
    "@media(min-width:1700px){html{font-size:18px}}"  # a large window has room for larger type
    "[data-testid=stRadio] [data-testid=stMarkdownContainer] p{font-size:1rem}"  # a question is no label
    ".block-container:has(.st-key-reading){max-width:76rem}"  # a page of text, without halves that stay empty
    "@media(max-width:640px){[data-testid=stMarkdownContainer] table{display:block;overflow-x:auto}"
    "[data-testid=stMarkdownContainer] td:not(:first-child){min-width:7rem}}"  # a table is pushed, not squeezed
    "[data-testid=stCaptionContainer]{color:inherit;opacity:.78}"  # Streamlit's grey is hard to read
    "[data-testid^=stBaseButton-primary]:not(:disabled){color:light-dark(#fff,#10242b)}</style>"
)


def run_app() -> None:
    """The whole app: navigation, then the chosen page."""
    st.set_page_config(page_title="goalmisgen", page_icon="🪙", layout="wide")
    loading.warm()
    pages = all_pages()
    page = st.navigation(
        {
            "": [pages[""]],
            "Lessons": [
                page for name, page in pages.items() if name in ("questions", "class") or name.startswith("lesson-")
            ],
            "Demos": [pages[name] for name in NAMES],
            "Studies": [pages["detect"], pages["mitigate"], pages["puzzle"], pages["figures"], pages["agency"]],
            "The article": [pages["claims"], pages["article"]],
            "Talks": [pages["slides"]],
        },
        position="top",
    )
    st.html(_STYLE + said.STYLE + projector.style())
    in_class.below_notice(all_pages, partial(_run, page))


def _run(page: Any) -> None:
    """A page, in a box by which its width is known."""
    with st.container(key="reading" if page.url_path in READING else "page"):
        page.run()


def all_pages() -> dict[str, Any]:
    """Every page by name."""
    pages = {"": st.Page(partial(home_page, all_pages), title="Home", default=True, url_path="home")}
    pages["questions"] = st.Page(partial(questions_page, all_pages), title="Questions", url_path="questions")
    pages["class"] = st.Page(partial(class_page, all_pages), title=CLASS, url_path="class")
    for number, lesson in enumerate(lessons(), 1):
        show = partial(lesson_page, lesson.name, all_pages)
        pages[lesson.page] = st.Page(show, title=f"{number}. {lesson.title}", url_path=lesson.page)
    for name in NAMES:
        demo = loading.entry_of(name)
        pages[name] = st.Page(partial(LAYOUTS[kind_of(demo)], name), title=demo.title, url_path=name)
    pages["agency"] = st.Page(
        agent_or_device_page.agency_page, title=agent_or_device_page.TITLE, url_path="agent-or-device"
    )
    pages["detect"] = st.Page(detect_page, title=DETECT, url_path="detect")
    pages["mitigate"] = st.Page(mitigate_page, title=MITIGATE, url_path="mitigate")
    pages["puzzle"] = st.Page(puzzle_page, title=PUZZLE, url_path="puzzle")
    pages["figures"] = st.Page(figures_page, title="Figures", url_path="figures")
    pages["claims"] = st.Page(partial(claims_page, all_pages), title="The claims ledger", url_path="claims")
    pages["article"] = st.Page(partial(article_page, all_pages), title="The article, line by line", url_path="article")
    pages["slides"] = st.Page(slides_page, title="For your slides", url_path="slides")
    return pages
