"""Train one yourself: what is chosen and guessed, the training as it goes, and what becomes of the agent."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ...agents import own
from ...rules.entry import MOST_TRAINING
from ...rules.level import copied
from ...rules.offer import SHARES, Choice, OfferError, line, offer_of
from ...rules.palette import INK, PALE_INK
from .. import shared
from ..components.canvas.canvas import canvas
from ..components.canvas.live import NEITHER, Live, apply_edit
from ..components.canvas.quiet import quiet
from ..html.learning import curve, table, verdict, words
from ..view import View
from . import ordered
from .own_agents_panel import kept

if TYPE_CHECKING:  # importing them would import torch
    from ...study.apprentice import News, Order
    from ..trainings import Ticket

TITLE = "Train one yourself"
SHOWN = 8.0  # s after which a newer copy takes its turn on the canvas, though the run was not watched to its end


@dataclass
class Own:
    """A training of this session: what was guessed and ordered, its ticket, and the newest copy on its canvas.

    `steps`: the age of that copy, `since`: when it came there; `kept`: what the agent is called once it is kept.
    """

    guess: str
    order: "Order"
    ticket: "Ticket"
    live: Live | None = None
    steps: int = -1
    since: float = 0.0
    kept: str = ""


def tab(view: View, live: Live) -> None:
    """The tab of a demo that offers a training. `live`: what is on the page; its level is the first to be played."""
    ordered.live(view.key("own"), _panel, view, live)


def _panel(view: View, live: Live) -> None:
    """Everything in the tab."""
    demo = view.demo
    mine: Own | None = st.session_state.get(view.key("own"))
    if mine is None:
        _choose(view)
    else:
        _show(view, live, mine)
    if not shared.shared():
        kept(view)
    elif mine is not None and mine.ticket.over:
        st.caption(
            f"This is a shared server, which keeps no agents. At home: `goalmisgen watch {demo.name} --agent FILE`."
        )


# --- before it


def _choose(view: View) -> None:
    """Where the goal may stand, a guess, and the button."""
    demo = view.demo
    offer = offer_of(demo)
    assert offer is not None
    left, right = st.columns([1.1, 1], gap="large")
    with left:
        share = st.select_slider(offer.asks, SHARES, 0, lambda share: f"{share} of 100", key=view.key("own-share"))
        within = 0
        if offer.within:
            options = offer.within.options
            within = st.selectbox(
                offer.within.asks, list(options), format_func=options.__getitem__, key=view.key("own-within"),
                disabled=not share,
            )  # fmt: skip
        seed = st.number_input(
            "Seed", 0, MOST_TRAINING, 0, key=view.key("own-seed"),
            help="Training starts from random numbers. The seed picks them: same seed, same start.",
        )  # fmt: skip
        choice = Choice(share=int(share), within=int(within))
        st.markdown(f"{line(demo, choice)} **Reward:** {demo.reward}")
    with right:
        guess = st.radio(
            "**What will it follow?** Where the goals part, most of its runs end so:", [*demo.goals[:2], NEITHER], None,
            format_func=partial(words, demo), key=view.key("own-guess"),
        )  # fmt: skip
        st.button(
            "Train", type="primary", disabled=guess is None, key=view.key("own-train"),
            on_click=_begin, args=(view, choice, int(seed), guess), help=None if guess else "Make your guess first.",
        )  # fmt: skip
        st.caption(
            f"{offer.steps:,} steps of the same training as that of the bundled networks, which had more of them. "
            "It takes about a minute of one core."
        )


def _begin(view: View, choice: Choice, seed: int, guess: str) -> None:
    from ...study.apprentice import Order
    from ..trainings import QUEUE, Ticket

    if not shared.allowed():
        return
    order = Order(demo=view.demo.name, choice=choice, seed=seed)
    ticket = Ticket(order)
    if QUEUE.join(ticket):
        st.session_state[view.key("own")] = Own(guess, order, ticket)
    else:
        ordered.refuse(view.key("own"), ordered.FULL)


# --- while it goes on, and after it


def _show(view: View, live: Live, mine: Own) -> None:
    """The canvas with the newest copy, and the curve beside it."""
    from ...study.apprentice import read_news

    demo, order = view.demo, mine.order
    over = mine.ticket.over  # before the news are read, or their last ones might be missed
    news = read_news(mine.ticket.folder)
    st.markdown(f"{line(demo, order.choice)} Seed {order.seed}. You guessed: **{words(demo, mine.guess)}**.")
    left, right = st.columns([1.25, 1], gap="medium")
    with right:
        _progress(view, mine, news, over)
        if news and news.looks:
            st.html(curve(demo, news.looks, news.total, PALE_INK if st.context.theme.type == "dark" else INK))
            st.html(table(demo, news.looks[-1]))
        if over and news and news.looks:
            st.markdown(verdict(demo, mine.guess, news.looks[-1]))
    with left:
        if news and news.looks:
            _newest(view, live, mine, news.looks[-1].steps)
        if mine.live:
            mount = view.key("own-canvas")
            canvas(mount, quiet(mine.live) | {"start": "running", "speed": 16}, partial(_edited, mine.live, mount))
            st.caption(f"On the picture: the network after {mine.steps:,} steps. Drag things; it plays on.")
            st.button(
                "Take the level above", key=view.key("own-level"), on_click=_take, args=(mine, live),
                help="Play on the level that is at the top of this page, as you edited it.",
            )  # fmt: skip
    if over:
        _after(view, mine, news)


def _progress(view: View, mine: Own, news: "News | None", over: bool) -> None:
    """How far it is, and a button to stop it or to go on."""
    from ..trainings import QUEUE

    ordered.progress(mine.ticket, news, over)
    row = st.container(horizontal=True)
    if not over:
        row.button("Stop", key=view.key("own-stop"), on_click=QUEUE.stop, args=(mine.ticket,))
    elif news is None or news.phase == "stopped":
        row.button("Go on", key=view.key("own-on"), on_click=_go_on, args=(view, mine))


def _go_on(view: View, mine: Own) -> None:
    from ..trainings import QUEUE

    if shared.allowed():
        if not QUEUE.join(mine.ticket):
            ordered.refuse(view.key("own"), ordered.FULL)
        mine.kept = ""


def _newest(view: View, live: Live, mine: Own, steps: int) -> None:
    """Put the newest copy on the canvas, when the run of the one before was watched, or was there for long enough."""
    from ...agents.pretrained import Agent
    from ...study.apprentice import copy_of

    now = mine.live
    watched = now is None or now.seen == now.version or time.monotonic() - mine.since > SHOWN
    if steps == mine.steps or not watched:
        return
    agent = Agent(view.demo, f"yours after {steps:,} steps", None, copy_of(mine.ticket.folder, steps), None)
    if now is None:
        mine.live = Live.begin(view.demo, [agent], copied(live.runs[0].level), live.runs[0].seed, stops=True)
    else:
        run = now.runs[0]
        now.runs = Live.begin(view.demo, [agent], copied(run.level), run.seed, stops=True).runs
        now.version, now.since, now.on = now.version + 1, 0, False
    mine.steps, mine.since = steps, time.monotonic()


def _take(mine: Own, live: Live) -> None:
    if mine.live:
        mine.live.restart(copied(live.runs[0].level))
        mine.live.version, mine.live.origin = mine.live.version + 1, copied(live.runs[0].level)


def _edited(live: Live, mount: str) -> None:
    state = st.session_state.get(mount)
    message = state.get("message") if state else None
    if message is not None:
        apply_edit(live, message)


def _after(view: View, mine: Own, news: "News | None") -> None:
    """What can be done with the agent: keep it, take it away, train another one."""
    from ...study.apprentice import copy_of

    row = st.container(horizontal=True)
    if news and news.looks:
        path = copy_of(mine.ticket.folder, news.looks[-1].steps)
        if not shared.shared() and row.button(
            "Keep it", type="primary", key=view.key("own-keep"), disabled=bool(mine.kept), on_click=_keep,
            args=(view, mine, path), help="Then it can be chosen wherever agents are, also on the command line.",
        ):  # fmt: skip
            st.rerun()  # the page's list of agents is another
        row.download_button(
            "Download (safetensors)", path.read_bytes, f"{view.demo.name}-mine.safetensors",
            "application/octet-stream", key=view.key("own-download"), on_click="ignore",
            help="One file: the network, and the facts of its training.",
        )  # fmt: skip
        row.download_button(
            "Its facts (JSON)", own.told(news.looks[-1]), f"{view.demo.name}-training.json", "application/json",
            key=view.key("own-facts"), on_click="ignore",
        )  # fmt: skip
    row.button(
        "Train another one", key=view.key("own-again"), on_click=st.session_state.pop, args=(view.key("own"), None)
    )
    if mine.kept:
        st.success(
            f"Kept as `{mine.kept}`. Choose it above, or `goalmisgen watch {view.demo.name} --agent {mine.kept}`."
        )


def _keep(view: View, mine: Own, path: Path) -> None:
    try:
        mine.kept = own.keep(view.demo, path)
    except (OfferError, OSError) as refused:
        ordered.refuse(view.key("own"), f"It cannot be kept: {refused}")
