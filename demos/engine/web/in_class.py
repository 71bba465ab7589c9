"""What a browser tab has to do with a class: what it guesses, what is closed to it, and what it is sent.

All of it is kept by `lessons/classroom.py`. Whoever is in no class costs nothing here.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import platformdirs
import streamlit as st

from ..lessons import worksheet as ws
from ..lessons.classroom import ClassError, Classes, NoClass, Seat, puzzle_of
from . import loading
from .html import bars
from .learner import Pages, learner

FILE = "classes.sqlite"
TEACHES = "teaches"  # where a session has the secret code of the class that it teaches
HOUR = 3600.0  # s
OFTEN, NOW_AND_THEN = 4.0, 10.0  # s after which counts and what was sent are looked at again
SPACE = '<div style="height:.5rem"></div>'  # the bar of the app covers the first lines of a page
SENT = "Sent. Whoever is in your class sees a link to it."
Told = TypeVar("Told")


@st.cache_resource(ttl=HOUR, show_spinner=False)
def classes() -> Classes:
    """The classes of this server. Once an hour, when somebody is here, those that are over are deleted."""
    found = Classes(platformdirs.user_data_path("goalmisgen") / FILE)
    with suppress(ClassError):
        found.forget()
    return found


def _asked(question: Callable[[Seat], Told]) -> Told | None:
    """What the class one is in says; None without one, and where it is over, which is told once."""
    me = learner()
    if me.seat is None:
        return None
    try:
        return question(me.seat)
    except NoClass as over:
        me.seat = None
        st.toast(str(over), icon=":material/groups:")
    except ClassError as refused:
        st.toast(str(refused), icon=":material/warning:")
    return None


def guess(name: str, option: int) -> None:
    """Hand a guess in."""
    _asked(lambda seat: classes().guess(seat, name, option))


def closed(step: str) -> bool:
    """Whether the class's teacher has closed a step."""
    return bool(_asked(lambda seat: classes().is_closed(seat, step)))


def guesses(name: str, mine: int | None = None) -> None:
    """How the class guessed, for who has guessed; `mine`: the option to mark."""
    if learner().seat is not None:
        _guesses(name, mine)


@st.fragment(run_every=OFTEN)
def _guesses(name: str, mine: int | None) -> None:
    counts = _asked(lambda seat: classes().guessed(seat, name))
    if counts:
        n = sum(counts)
        st.caption(f"Your class: {n} {'has' if n == 1 else 'have'} guessed.")
        st.html(bars.guesses(ws.items()[name].options, counts, mine))


def score(game: str, hundredths: int) -> None:
    """Hand a score in."""
    _asked(lambda seat: classes().score(seat, game, hundredths))


@st.fragment(run_every=OFTEN)
def scored(game: str) -> None:
    """What the class scored in a game, best first, without names: for who played it in a class, or teaches one."""
    teacher = st.session_state.get(TEACHES)
    with suppress(ClassError):
        found = classes().scores(teacher, game) if teacher else _asked(lambda seat: classes().scores(seat, game))
        if found:
            told = ", ".join(f"{each / 100:.2f}" for each in found)
            st.markdown(f"**Your class**, Brier scores of {len(found)}, best first: {told}.")


def below_notice(pages: Pages, show: Callable[[], None]) -> None:
    """A page, and above it what the class was sent, for who is in one: also who joins it on this page."""
    classes()
    above = st.container()
    show()
    if learner().seat is not None:
        with above:
            _notice(pages)


@st.fragment(run_every=NOW_AND_THEN)
def _notice(pages: Pages) -> None:
    puzzle = _asked(lambda seat: classes().puzzle(seat))
    if puzzle:
        label = f"A puzzle from your teacher: {loading.entry_of(puzzle['demo']).title}"
        st.html(SPACE)
        st.page_link(pages()["puzzle"], label=label, icon=":material/extension:", query_params=puzzle)


def send(teacher: str, address: str) -> str:
    """Send the puzzle at an address to the class; what came of it, in a sentence."""
    try:
        classes().send(teacher, puzzle_of(address))
    except ClassError as refused:
        return str(refused)
    return SENT


def send_button(address: str) -> None:
    """Beside the address of a puzzle: sends it to the class that one teaches."""
    teacher = st.session_state.get(TEACHES)
    if teacher and st.button("Send it to your class", key="class-send", icon=":material/extension:"):
        st.toast(send(teacher, address))
