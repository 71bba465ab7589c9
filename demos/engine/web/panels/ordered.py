"""A training that a page ordered: how far it is, its buttons, and a panel that comes back by itself meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from .. import shared

if TYPE_CHECKING:  # importing them would import torch
    from ...mitigate.course import Course, Task
    from ...study.worker import Word
    from ..trainings import Ticket

EVERY = 1.0  # s between two looks at the news
FULL = "Too many trainings wait here already. Try again in some minutes."


@dataclass
class Ordered:
    """A task of this session, its ticket, and the courses of those before it on the same page."""

    task: "Task"
    ticket: "Ticket"
    earlier: "list[tuple[Task, Course]]"

    def look(self) -> "Course | None":
        """Its latest news."""
        from ...mitigate.course import Course
        from ...study.worker import news_in

        return news_in(self.ticket.folder, Course)


def begin(key: str, task: "Task") -> None:
    """Put a task into the queue; one that is under way on the same page ends."""
    from ..trainings import QUEUE, Ticket

    if not shared.allowed():
        return
    stop(key)
    before: Ordered | None = st.session_state.get(key)
    earlier = [*before.earlier, (before.task, course)] if before and (course := before.look()) else []
    mine = Ordered(task, Ticket(task), earlier[-3:])
    if QUEUE.join(mine.ticket):
        st.session_state[key] = mine
    else:
        refuse(key, FULL)


def stop(key: str) -> None:
    """Let it end soon; what it has so far stays."""
    from ..trainings import QUEUE

    if (mine := st.session_state.get(key)) and not mine.ticket.over:
        QUEUE.stop(mine.ticket)


def forget(key: str) -> None:
    """Take it off the page; it ends where it is under way."""
    stop(key)
    st.session_state.pop(key, None)


def refuse(key: str, sentence: str) -> None:
    """Say it when the panel is drawn next."""
    st.session_state[f"{key}-refused"] = sentence


def live(key: str, body: Callable[..., None], *args: Any) -> None:
    """Draw `body(*args)`, and again and again while a training is under way at `key`, which has a `ticket`."""
    going = _going(key)
    st.fragment(_live, run_every=EVERY if going else None)(key, going, body, *args)


def _live(key: str, going: bool, body: Callable[..., None], *args: Any) -> None:
    if refused := st.session_state.pop(f"{key}-refused", ""):
        st.warning(refused)
    body(*args)
    if going != _going(key):  # it has just begun or ended: the page is to come back by itself, or no longer
        st.rerun()


def _going(key: str) -> bool:
    mine = st.session_state.get(key)
    return mine is not None and not mine.ticket.over


def buttons(key: str, row: Any, go: str, begins: Callable[..., None], *args: Any) -> None:
    """A button that begins, with `begins(*args)` as its callback, and one that stops."""
    row.button(go, type="primary", key=f"{key}-go", on_click=begins, args=args)
    stop_button(key, row)


def stop_button(key: str, row: Any) -> None:
    """Ends what is under way."""
    row.button("Stop", key=f"{key}-stop", on_click=stop, args=(key,), disabled=not _going(key))


def progress(ticket: "Ticket", news: "Word | None", over: bool) -> None:
    """How far it is. `over`: whether it had left the queue before the news were read."""
    from ..trainings import QUEUE

    before = QUEUE.place(ticket)
    steps, total = (news.steps, max(news.total, 1)) if news else (0, 1)
    if over and (ticket.failed or (news and news.phase == "failed")):
        st.error(news.error if news and news.error else "The training ended with an error, which is in the app's log.")
    elif over:
        ended = "Done" if news and news.phase == "done" else "Stopped"
        st.progress(steps / total, f"{ended} after {steps:,} steps" if news else "You left the queue.")
    elif before:
        trainings = "1 training" if before == 1 else f"{before} trainings"
        st.progress(0.0, f"In the queue: {trainings} before yours.")
    elif news is None or news.phase == "choosing levels" or not news.steps:
        st.progress(0.0, "Starting (it takes longer the first time)")
    else:
        told = "Measuring it on more levels" if news.phase == "measuring" else f"{steps:,} of {total:,} steps"
        st.progress(steps / total, told)


def shown(mine: Ordered) -> "Course | None":
    """Its progress; and its latest news, where there is anything to draw."""
    over = mine.ticket.over  # before the news are read, or their last ones might be missed
    news = mine.look()
    progress(mine.ticket, news, over)
    return news if news and news.at else None
