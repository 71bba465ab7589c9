"""A class: the page on which students join one, and the page of its teacher, who opens it by a secret address."""

import io
from html import escape
from urllib.parse import urlsplit, urlunsplit

import segno
import streamlit as st

from ...lessons import worksheet as ws
from ...lessons.classroom import COUNTED, ClassError, Desk, NoClass, spelt, step_name
from ...lessons.lesson import Lesson, Step, number_of
from .. import ALONE, in_class, loading, servers
from ..components.keep.keep import keep
from ..html import bars
from ..in_class import classes
from ..learner import Pages, learner
from ..shared import shared

TITLE = "A class"
SECRET, JOINS = "teacher", "class"  # of the address
ADDRESS = "class-puzzle-address"
SHOWN = "class-counts"  # the switch that shows them
EVERY = 2.0  # s after which a teacher sees what is new
WIDE = 220  # pixels of the code to be photographed
KEPT = (
    "A class knows each browser by a random number, and keeps its first guess at each question, "
    "and its first score in each audit game. "
    "It has no names, and shows counts only. It is deleted by its teacher, or a day after it began."
)
TRYING = (
    "Only this machine reaches this server: enough to try a class, in two windows. "
    "For a real one, start it with `goalmisgen app --address 0.0.0.0`."
)
YOURS = (
    "The address of this page is your key to the class: bookmark it. "
    "Before you show the page to the class, go full screen (F11), which hides the address."
)


def class_page(pages: Pages) -> None:
    """The teacher's page where the address or the session holds the secret code of a class, else the students'."""
    secret = st.query_params.get(SECRET) or st.session_state.get(in_class.TEACHES)
    if secret:
        try:
            desk = classes().desk(secret)
        except ClassError as refused:
            st.warning(str(refused))
            st.session_state.pop(in_class.TEACHES, None)
            st.query_params.pop(SECRET, None)
        else:
            st.session_state[in_class.TEACHES] = st.query_params[SECRET] = secret
            _teacher(secret, desk)
            return
    _student(pages)


# --- students


def _student(pages: Pages) -> None:
    me, told = learner(), ""
    code = st.query_params.get(JOINS, "")
    if code and me.kept:  # the browser said whether it is in the class already
        told = _join(code)
        st.query_params.pop(JOINS)
    st.markdown(f"### {TITLE}")
    _reach()
    if me.seat is not None:
        _seated(me.seat.code, pages)
    elif code and not told:
        st.markdown("Joining ...")
    else:
        if told:
            st.warning(told)
        with st.form("class-join", border=False):
            typed = st.text_input("The code of your class", max_chars=40, placeholder="banu-kodira", width=320)
            joined = st.form_submit_button("Join", type="primary")
        if joined:
            told = _join(typed)
            if not told:
                st.rerun()
            st.warning(told)
        st.divider()
        st.markdown("**For teachers.** See how many guessed what, hold the class at a step, send it a puzzle.")
        st.button("Open a class", on_click=_begin, icon=":material/co_present:", key="class-begin")
    st.caption(KEPT)
    keep(me)


def _seated(code: str, pages: Pages) -> None:
    first = ws.lessons()[0]
    st.markdown(f"You are in the class **{code}**. Go through the lessons as always; each guess counts for the class.")
    row = st.container(horizontal=True, vertical_alignment="center")
    row.page_link(pages()[first.page], label=f"Lesson 1: {first.title}", icon=":material/arrow_forward:")
    row.button("Leave the class", on_click=_leave, key="class-leave", help="Takes your guesses out of its counts.")


def _join(code: str) -> str:
    """Join a class; a sentence where that cannot be."""
    me = learner()
    try:
        if me.seat is None or me.seat.code != spelt(code):
            me.seat = classes().join(code)
    except ClassError as refused:
        return str(refused)
    return ""


def _leave() -> None:
    me = learner()
    if me.seat is not None:
        try:
            classes().leave(me.seat)
        except ClassError as refused:
            st.toast(str(refused))
        me.seat = None


# --- the teacher


def _begin() -> None:
    try:
        _, secret = classes().begin()
        st.session_state[in_class.TEACHES] = secret
    except ClassError as refused:
        st.toast(str(refused), icon=":material/warning:")


def _teacher(secret: str, desk: Desk) -> None:
    st.html(in_class.SPACE)
    left, right = st.columns([2, 1], gap="large")
    address = f"{_here()}?{JOINS}={desk.code}"
    with left:
        st.html(
            f'<div>Code of the class</div><div data-testid="class-code" style="font-size:3.4rem;font-weight:650;'
            f'line-height:1.15;letter-spacing:.02em">{escape(desk.code)}</div>'
        )
        st.markdown("Type it on *Lessons, A class*, or open this address:")
        st.code(address, language=None, wrap_lines=True)
        st.caption(YOURS)
        _reach()
    with right:
        drawn = io.BytesIO()
        segno.make(address, micro=False).save(drawn, kind="svg", border=4, light="#fff", omitsize=True)
        st.html(bars.image(drawn.getvalue().decode(), f"A QR code of {address}", WIDE))
    row = st.container(horizontal=True, vertical_alignment="center")
    with row.popover("Send a puzzle", icon=":material/extension:"):
        _puzzle(secret, desk)
    with row.popover("Delete the class", icon=":material/delete:"):
        st.markdown("Its counts are gone then, and nobody is in it any more.")
        st.button("Delete it now", on_click=_end, args=(secret,), type="primary", key="class-end")
    row.toggle("Show counts", value=True, key=SHOWN, help="Hide them while the class still guesses and sees this page.")
    every = ws.lessons()
    titles = {lesson.name: f"{number_of(lesson.name)}. {lesson.title}" for lesson in every}
    name = st.selectbox("Lesson", list(titles), format_func=titles.__getitem__, key="class-lesson")
    _steps(secret, next(lesson for lesson in every if lesson.name == name))


def _puzzle(secret: str, desk: Desk) -> None:
    """What was sent, to be taken back, and a field for another."""
    if desk.puzzle:
        st.markdown(f"Sent: a puzzle of *{loading.entry_of(desk.puzzle['demo']).title}*.")
        st.button("Take it back", on_click=_take_back, args=(secret,), key="class-unsend")
    st.markdown("Make a level on a demo's page. In its tab *Send, save, cite* press *Puzzle (link)*, then *Send it*.")
    with st.form("class-puzzle", border=False, clear_on_submit=True):
        st.text_input("Or put its address here", placeholder="/puzzle?demo=...", key=ADDRESS)
        st.form_submit_button("Send", on_click=_send, args=(secret,))


def _send(secret: str) -> None:
    st.toast(in_class.send(secret, st.session_state[ADDRESS]))


def _take_back(secret: str) -> None:
    try:
        classes().send(secret, None)
    except ClassError as refused:
        st.toast(str(refused))


def _end(secret: str) -> None:
    try:
        classes().end(secret)
    except ClassError as refused:
        st.toast(str(refused))
    st.session_state.pop(in_class.TEACHES, None)
    st.query_params.pop(SECRET, None)


@st.fragment(run_every=EVERY)
def _steps(secret: str, lesson: Lesson) -> None:
    """The steps of a lesson: whether each is open, and how many guessed what."""
    try:
        desk = classes().desk(secret)
        counts = classes().counts(secret, [name for step in lesson.taught for name in _counted(lesson, step)])
    except NoClass as over:
        st.warning(str(over))
        return
    st.markdown(f"**{desk.members}** {'has' if desk.members == 1 else 'have'} joined.")
    for number, step in enumerate(lesson.taught):
        with st.container(border=True):
            left, right = st.columns([4, 1], vertical_alignment="center")
            left.markdown(f"**{number + 1}. {step.title}**")
            if number:
                name, key = step_name(lesson, step), f"class-open-{lesson.name}-{number}"
                st.session_state[key] = name not in desk.closed
                right.toggle("Open", key=key, on_change=_turn, args=(secret, name, key))
            for name in _counted(lesson, step):
                item, n = ws.items()[name], sum(counts[name])
                st.markdown(f"{item.ask} :gray[({n} guessed)]")
                if st.session_state[SHOWN]:
                    st.html(bars.guesses(item.options, counts[name]))


def _turn(secret: str, step: str, key: str) -> None:
    try:
        classes().close(secret, step, closed=not st.session_state[key])
    except ClassError as refused:
        st.toast(str(refused))


def _counted(lesson: Lesson, step: Step) -> list[str]:
    """The names of a step's items that a class counts."""
    return [
        name
        for name, item in ws.items().items()
        if (item.part, item.step) == (lesson.title, step.title) and item.kind in COUNTED
    ]


def _reach() -> None:
    """Say so where nobody else can come to a class of this server."""
    if not shared():
        st.info(TRYING, icon=":material/computer:")


def _here() -> str:
    """The address of this page, as others on the network reach it."""
    told = urlsplit(st.context.url or "http://localhost:8501/class")
    host = told.hostname or ALONE[0]
    if host in ALONE and shared():  # the teacher sits at the server itself
        known = st.get_option("browser.serverAddress")
        host = (
            known if known and known not in ALONE else servers.reached_at(st.get_option("server.address") or "0.0.0.0")
        )
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((told.scheme, f"{host}:{told.port}" if told.port else host, told.path, "", ""))
