"""A server that others on the network use: it asks no other server for them, and has one training at a time.

`goalmisgen app --address 0.0.0.0` makes one. A class of thirty on two cores is what the limits are made for.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import streamlit as st

from . import ALONE

TRAININGS, HOUR = 20, 3600.0  # of a visitor, in so many seconds
MOST_VISITORS = 4096  # whose trainings are counted, the latest ones
COOKIE = "_streamlit_xsrf"  # "2|mask|masked|time": what Streamlit gives every browser, masked anew at each answer
NO_ENDPOINT = (
    "This is a shared server, which sends nothing to other servers for its visitors. Install goalmisgen on your own "
    "machine and open it there (`goalmisgen app`) to ask a model of yours."
)
BUSY = "Somebody trains on this shared server at the moment, and it has one training at a time. Try again in a minute."
ENOUGH = f"This shared server has {TRAININGS} trainings an hour for each visitor, and you had them. Try again later."

_KEY = "shared-visitor"
_training, _counting = threading.Lock(), threading.Lock()
_begun: OrderedDict[str, list[float]] = OrderedDict()  # when each visitor's trainings of the last hour began


def shared() -> bool:
    """Whether others than this machine reach the server, by itself or through a load balancer."""
    told = st.get_option("browser.serverAddress") or ALONE[0]
    return any(address not in ALONE for address in (st.get_option("server.address"), told))


def allowed() -> bool:
    """Whether this visitor may begin another training, which is then counted; says so if not."""
    if not shared():
        return True
    name, now = visitor(), time.monotonic()
    with _counting:
        recent = [begun for begun in _begun.pop(name, []) if now - begun < HOUR]
        enough = len(recent) >= TRAININGS
        _begun[name] = recent if enough else [*recent, now]
        while len(_begun) > MOST_VISITORS:
            _begun.popitem(last=False)
    if enough:
        st.warning(ENOUGH)
    return not enough


def visitor() -> str:
    """What names this browser, the same after a reload: Streamlit's cookie, unmasked. Without one, the session."""
    _, mask, masked, *_ = [*str(st.context.cookies.get(COOKIE, "")).strip("\"'").split("|"), "", "", ""]
    try:
        key, hidden = bytes.fromhex(mask), bytes.fromhex(masked)
        return bytes(byte ^ key[i % len(key)] for i, byte in enumerate(hidden)).hex() or _session()
    except (ValueError, ZeroDivisionError):
        return _session()


def _session() -> str:
    return str(st.session_state.setdefault(_KEY, secrets.token_hex(16)))


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
