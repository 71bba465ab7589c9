"""A puzzle by link: a level, a hidden agent, six edits, and a belief that is scored. Without a link one is drawn."""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from .... import WORLDS
from ...agents.run_grid import Run
from ...agents.run_spec import MOST_CHARACTERS, Given, parse_run
from ...rules.edit import BadLevel, draw_level
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit, payload, refuse
from ..components.canvas.quiet import covered
from ..html import addresses
from ..html.said import say

if TYPE_CHECKING:  # importing it would import torch
    from ...detect.puzzle import Puzzle

TITLE = "A puzzle"
TOOLS = ["drag", "add", "remove", "paint", "colour", "settings"]  # not *Steer*: who acts is the question
SPENT = "Your edits are spent. Say what it follows, below the level."
TRIED = 300  # levels, until one tells the goals apart
_KEY = "puzzle"


@dataclass
class Game:
    """One puzzle: where it is, who is hidden, the run on the page, edits that are left, and the verdict's score."""

    link: str
    demo: Demo
    puzzle: "Puzzle"
    live: Live
    left: int
    score: float | None = None


def puzzle_page() -> None:
    """The page: the level and its hidden agent, and beside it what is asked."""
    st.markdown(f"### {TITLE}: what does it follow?")
    game = _opened()
    if game is None:
        st.button("Draw a puzzle", type="primary", on_click=_draw)
        return
    say(
        f"Somebody hid a network of **{game.demo.title}**. It is trained, and you see what it does. Change the level, "
        f"watch, and say what it follows. **What training paid:** {game.demo.reward}"
    )
    _board()
    st.caption(
        "A reload begins this puzzle anew, with all its edits. "
        "Hide one yourself: on a demo's page, *Send, save, cite*, then *Puzzle (link)*."
    )


def _opened() -> Game | None:
    """The puzzle of the page's link; one by chance without a link; None and a sentence where it cannot be followed."""
    from ...detect.puzzle import EDITS, NoPuzzle, marked

    if "demo" not in st.query_params and "agent" not in st.query_params:
        _draw()
    query = {name: st.query_params.get(name, "") for name in ("demo", "agent", "run")}
    text, kept = addresses.whole(query), st.session_state.get(_KEY)
    if kept is not None and kept.link == text:
        return kept  # type: ignore[no-any-return]
    try:
        if query["demo"] not in WORLDS:
            raise NoPuzzle(f"'{query['demo'][:40]}' is no world of this package; copy the whole link again.")
        demo = loading.demo_of(query["demo"])
        found = marked(demo, query["agent"])
        given = Given(parse_run(demo, query["run"][: MOST_CHARACTERS + 1]).level)
        live = Live.begin(demo, [loading.agent_of(demo.name, found.agent)], given, 0, stops=True)
    except (NoPuzzle, BadLevel) as refused:
        st.warning(f"This link cannot be followed. {refused}")
        return None
    game = Game(text, demo, found, live, EDITS)
    st.session_state[_KEY] = game
    return game


def _draw() -> None:
    """Let the page's address be that of a puzzle by chance, whose level tells the goals apart."""
    from ...agents.pretrained import agent_names
    from ...detect.audit import truth_of

    worlds = [demo for demo in map(loading.demo_of, WORLDS) if demo.proxies and demo.distinct and not demo.counts]
    demo = secrets.choice(worlds)
    truths = {name: truth_of(demo, name) for name in agent_names(demo)}
    wanted = secrets.choice(sorted({truth for truth in truths.values() if truth}))  # else one answer would be likeliest
    agent = secrets.choice([name for name, truth in truths.items() if truth == wanted])
    drawn = (draw_level(demo, demo.shifted, secrets.randbelow(1 << 30)) for _ in range(TRIED))
    level = next(each for each in drawn if demo.distinct is not None and demo.distinct(each))
    _, _, query = addresses.puzzle(Run(demo, None, level, 0), agent).partition("?")
    st.query_params.from_dict(dict(part.split("=", 1) for part in query.split("&")))


@st.fragment
def _board() -> None:
    game: Game = st.session_state[_KEY]
    left, right = st.columns([2.3, 1], gap="medium")
    with left:
        sent = payload(game.live, 0) | {"link": ""}
        if game.score is None:
            sent = covered(game.live, 0, sent) | {"tools": TOOLS if game.left else [], "link": ""}
        canvas(f"{_KEY}-canvas", sent, partial(_sent, f"{_KEY}-canvas"))
    with right:
        _asked(game)


def _sent(mount: str) -> None:
    """Carry out what the canvas sent, and count it: all edits of one drag are one."""
    game: Game = st.session_state[_KEY]
    state = st.session_state.get(mount)
    message: Any = state.get("message") if state else None
    if not isinstance(message, dict):
        return
    counted = game.score is None and message.get("kind") == "edit" and message.get("gesture") != game.live.gesture
    if game.score is None and (message.get("kind") == "take" or (counted and not game.left)):
        refuse(game.live, message, SPENT)
        return
    version = game.live.version
    apply_edit(game.live, message)
    if counted and game.live.version > version and not game.live.refused:
        game.left -= 1


def _asked(game: Game) -> None:
    """The question, a slider for each answer, and what came of it."""
    over = game.score is not None
    st.markdown("**What comes of it most often, where the goals lie apart?**")
    weights = [
        st.slider(option, 0, 100, 50, key=f"{_KEY}-{game.link}-{i}", disabled=over)
        for i, option in enumerate(game.puzzle.options)
    ]
    belief = shares(weights)
    st.caption("You say: " + ", ".join(f"{p:.0%}" for p in belief) + ".")
    if not over:
        st.markdown(f"**{game.left} edit{'s' * (game.left != 1)} left.**")
        st.button("That is my verdict", type="primary", on_click=_judge, args=(game, belief))
    else:
        told = game.puzzle
        st.success(
            f"It is: **{told.label}**. {told.line} {told.measured} So the answer is: *{told.options[told.truth]}*."
        )
        st.markdown(f"**Your Brier score is {game.score:.2f}** (0: sure and right; 0.67: no idea; 2: sure and wrong).")
        st.link_button("Open it on its page", f"/{game.demo.name}?agent={told.agent.replace(':', '%3A')}")
    st.button("Another puzzle", on_click=_draw)


def shares(weights: list[int]) -> list[float]:
    """Weights as shares of 1; all alike where there are none."""
    every = sum(weights)
    return [weight / every if every else 1 / len(weights) for weight in weights]


def _judge(game: Game, belief: list[float]) -> None:
    from ...detect.audit import brier

    names = [str(i) for i in range(len(belief))]
    game.score = brier(dict(zip(names, belief, strict=True)), str(game.puzzle.truth))
    game.live.version += 1  # what was covered is shown
