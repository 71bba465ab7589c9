"""A server that others on the network use: it asks no other server for them, and has one training at a time.

`goalmisgen app --address 0.0.0.0` makes one. A class of thirty on two cores is what the limits are made for.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import streamlit as st

from . import ALONE

TRAININGS, HOUR = 20, 3600.0  # of a visitor, in so many seconds
NO_ENDPOINT = (
    "This is a shared server, which sends nothing to other servers for its visitors. Install goalmisgen on your own "
    "machine and open it there (`goalmisgen app`) to ask a model of yours."
)
BUSY = "Somebody trains on this shared server at the moment, and it has one training at a time. Try again in a minute."
ENOUGH = f"This shared server has {TRAININGS} trainings an hour for each visitor, and you had them. Try again later."

_KEY = "shared-trainings"
_training = threading.Lock()


def shared() -> bool:
    """Whether others than this machine reach the server, by itself or through a load balancer."""
    told = st.get_option("browser.serverAddress") or ALONE[0]
    return any(address not in ALONE for address in (st.get_option("server.address"), told))


def allowed() -> bool:
    """Whether this visitor may begin another training, which is then counted; says so if not."""
    if not shared():
        return True
    recent = [begun for begun in st.session_state.get(_KEY, []) if time.monotonic() - begun < HOUR]
    if len(recent) >= TRAININGS:
        st.warning(ENOUGH)
        return False
    st.session_state[_KEY] = [*recent, time.monotonic()]
    return True


def turn() -> AbstractContextManager[None] | None:
    """What a training is done within, so that none is beside it on a shared server; None, and a sentence, if one is."""
    if not shared():
        return nullcontext()
    if _training.acquire(blocking=False):
        return _released()
    st.warning(BUSY)
    return None


@contextmanager
def next_turn() -> Iterator[None]:
    """The same where one can wait: until no training is under way on the pages."""
    with _training:
        yield


@contextmanager
def _released() -> Iterator[None]:
    try:
        yield
    finally:
        _training.release()
