"""The pages of the app: its navigation, the home page, and which layout a demo of each kind has."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

import demos

from ...content import content
from ...rules.edit import draw_level
from ...rules.world import Demo
from . import agency, loading, projector
from .article_page import article_page
from .canvas import canvas
from .claims_page import claims_page
from .decision_page import decision_page
from .figures_page import figures_page
from .lesson_page import lesson_page
from .live import Live, payload
from .questions_page import questions_page
from .slides_page import slides_page
from .text_page import text_page
from .worksheet import lessons
from .world_page import NOTE, answer, world_page

HOME_LEVEL, A_ROW = 22, 3
LAYOUTS: dict[str, Callable[[str], None]] = {  # by kind of demo
    "grid": world_page,
    "text": text_page,
    "decision": decision_page,
}
_STYLE = "<style>.block-container{padding-top:3.2rem;padding-bottom:2rem;max-width:1800px}</style>"


def run_app() -> None:
    """The whole app: navigation, then the chosen page."""
    st.set_page_config(page_title="goalmisgen", page_icon="🪙", layout="wide")
    loading.warm()
    pages = all_pages()
    page = st.navigation(
        {
            "": [pages[""]],
            "Lessons": [page for name, page in pages.items() if name == "questions" or name.startswith("lesson-")],
            "Demos": [pages[name] for name in demos.NAMES],
            "Studies": [pages["figures"], pages["agency"]],
            "The article": [pages["claims"], pages["article"]],
            "Talks": [pages["slides"]],
        },
        position="top",
    )
    st.html(_STYLE + projector.style())
    page.run()


def all_pages() -> dict[str, Any]:
    """Every page by name."""
    pages = {"": st.Page(home, title="Home", default=True)}
    pages["questions"] = st.Page(partial(questions_page, all_pages), title="Questions", url_path="questions")
    for number, lesson in enumerate(lessons(), 1):
        show = partial(lesson_page, lesson.name, all_pages)
        pages[f"lesson-{number}"] = st.Page(show, title=f"{number}. {lesson.title}", url_path=f"lesson-{number}")
    for name in demos.NAMES:
        demo = loading.entry_of(name)
        pages[name] = st.Page(partial(LAYOUTS[demo.kind], name), title=demo.title, url_path=name)
    pages["agency"] = st.Page(agency.agency_page, title=agency.TITLE, url_path="agent-or-device")
    pages["figures"] = st.Page(figures_page, title="Figures", url_path="figures")
    pages["claims"] = st.Page(partial(claims_page, all_pages), title="The claims ledger", url_path="claims")
    pages["article"] = st.Page(partial(article_page, all_pages), title="The article, line by line", url_path="article")
    pages["slides"] = st.Page(slides_page, title="For your slides", url_path="slides")
    return pages


def home() -> None:
    """A running agent, a coin to drag, and the gallery."""
    demo = loading.demo_of(demos.WORLDS[0])
    choices = loading.agent_choices(demo)
    st.title(demo.question, anchor=False)
    if not choices:
        st.info("No agent is bundled yet; train one with `goalmisgen train coinrun mix-0`.")
        return
    _home_canvas(demo, next(iter(choices.values())))
    pages = all_pages()
    st.page_link(pages["lesson-1"], label="**Lesson 1**: guess the goal", icon=":material/school:")
    st.subheader("The demos", anchor=False)
    for i, name in enumerate(demos.NAMES):
        if i % A_ROW == 0:
            columns = st.columns(A_ROW)
        each = loading.entry_of(name)
        with columns[i % A_ROW], st.container(border=True, height="stretch"):
            st.page_link(pages[name], label=f"**{each.title}**: {each.question}", icon="▶️")
            st.caption(each.reward)
            if name in demos.WORLDS:
                agents = loading.agent_choices(loading.demo_of(name))
                if agents:
                    st.image(loading.thumbnail(name, next(iter(agents.values()))), width=420)
            elif (picture := content() / "pictures" / f"{name}.gif").is_file():
                st.image(picture.read_bytes(), width=420)
    st.caption(NOTE)


@st.fragment
def _home_canvas(demo: Demo, choice: str) -> None:
    key = "home-live"
    if key not in st.session_state:
        agent = loading.agent_of(demo.name, choice)
        st.session_state[key] = Live.begin(demo, [agent], draw_level(demo, demo.training, HOME_LEVEL), 0)
    live: Live = st.session_state[key]
    st.markdown(
        f"This agent was trained with one reward: {demo.reward} "
        f"**Where will it go if you drag the {demo.goal_object} somewhere else, while it runs?**"
    )
    canvas("home-canvas", payload(live, 0) | {"simple": True}, partial(answer, key, "home-canvas"))
    guess = st.radio(
        "Your guess, before you drag",
        [f"to the {demo.intended}", *(f"to the {proxy}" for proxy in demo.proxies), "neither"],
        index=None, horizontal=True, key="guess",
    )  # fmt: skip
    moved = bool(live.past)
    if moved:
        st.markdown(f"**What it did:** {live.runs[0].describe()}" + (f" Your guess was: {guess}." if guess else ""))
    else:
        st.markdown("Guess, then drag. Nothing here is scripted: the network decides every step.")
