"""The home page: one robot, one coin to drag, one guess, and what came of it; then the path and the gallery.

What it says depends on two things only: whether the robot was watched, and whether the coin was moved and a guess made.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ...lessons.worksheet import lessons
from ...rules.edit import draw_level
from ...rules.world import Demo
from .. import loading
from ..components.canvas.canvas import canvas
from ..components.canvas.live import Live, apply_edit
from ..components.canvas.quiet import quiet
from ..components.keep.keep import keep
from ..html.said import say
from ..learner import Pages, learner
from ..panels.map_panel import overlay
from . import gallery

WORLD, AGENT, LEVEL, MAPPED = "coinrun", "mix-0:0", 22, "moved"
GHOST = (6, 16)  # where a dashed coin asks for the real one
SPEED = 16  # steps a second
TITLE = "Right reward, wrong goal"
WHAT = (
    "**Goal misgeneralization** *is when an AI was rewarded for the right thing, keeps its skill in a new situation, "
    "and behaves as if it had a different goal.*"
)
ARRIVE = "This robot learned by trial and error. Its only reward: **+1 for the coin**. Watch it once."
WORKS = (
    "It gets the coin. In training the coin always stood there, at the end. **Now you: drag the coin onto the ledge.**"
)
MOVED = "Same robot, same reward. Only the coin lies somewhere else."
ASK = "Where will it go?"
COIN, END, NOWHERE = "to the coin", "past it, to the end", "nowhere: stuck or dead"
ENDED = {
    COIN: "**Not this time.** You said *to the coin*, and the coin is all it was ever rewarded for. It ran to the end "
    "and left it lying.",
    END: "**You called it.** Rewarded for the coin alone, it ran to the end without it.",
    NOWHERE: "**It did not get lost.** It ran to the end, past the coin. The skill is there; it serves something else.",
}
TOOK = (
    "**It took the coin.** But was the coin on its way? A robot that only runs right takes it too. Try a spot off the "
    "way: the ledge."
)
FAILED = "**That run failed on the way.** It happens now and then. Run it once more, or move the coin."
WHY = (
    '**Why?** *In every training level the coin stood at the end. "Get the coin" and "run to the end" earned the same, '
    "so training could not tell them apart.*"
)
SO_WHAT = (
    "**So what?** *The reward was right and the training results were excellent: it got the coin in "
    "{rate: coinrun mix-0:0 training reward} levels. Watching it train could not have shown this. The same can happen "
    "wherever two things always come together in training.*"
)
SPOTS = "Gold: it took the coin. Blue: it ran to the end without it. Click a spot to watch its run."


@dataclass
class HomePage:
    """What is on the page: the run, the guess about the version of it that was guessed, and whether the map is."""

    live: Live
    guess: str = ""
    of: int = -1
    map: bool = False

    @classmethod
    def fresh(cls) -> "HomePage":
        """The robot at the start of a level as in its training."""
        demo = loading.demo_of(WORLD)
        level = draw_level(demo, demo.training, LEVEL)
        return cls(Live.begin(demo, [loading.agent_of(WORLD, AGENT)], level, 0, stops=True))

    @property
    def moved(self) -> bool:
        """Whether the coin was moved."""
        return bool(self.live.past)

    @property
    def guessed(self) -> bool:
        """Whether this run was guessed."""
        return self.of == self.live.version

    @property
    def watched(self) -> bool:
        """Whether this run was watched to the step that decides it."""
        return self.live.seen == self.live.version


def home_page(pages: Pages) -> None:
    """The robot, the path, the gallery."""
    st.title(TITLE, anchor=False)
    say(WHAT)
    _first(pages)
    _path(pages)
    gallery.show(pages())


def scene_here() -> HomePage:
    """The scene of this session."""
    if "home" not in st.session_state:
        st.session_state["home"] = HomePage.fresh()
    found: HomePage = st.session_state["home"]
    return found


@st.fragment
def _first(pages: Pages) -> None:
    scene = scene_here()
    waits = scene.moved and not scene.guessed and not scene.map
    say(ARRIVE if not scene.moved and not scene.watched else WORKS if not scene.moved else MOVED)
    sent = quiet(scene.live) | {"speed": SPEED, "only": scene.live.demo.goal_object}
    sent["tools"] = ["drag"] if scene.watched or scene.moved else []
    if not scene.moved and scene.watched:
        sent["ghost"] = GHOST
    if waits:
        sent |= {"wait": True, "waits": "It waits for your guess; you can still move the coin."}
    if scene.map:
        sent["overlay"] = {"map": _map(scene.live.demo)}
    canvas("home-canvas", sent, _answer)
    if waits:
        st.markdown(f"**{ASK}**")
        for column, guess in zip(st.columns(3), (COIN, END, NOWHERE), strict=True):
            column.button(guess, key=f"guess-{guess}", width="stretch", on_click=_guess, args=(guess,))
    elif scene.map:
        st.markdown(SPOTS)
        _onward(pages)
    elif scene.moved and scene.watched:
        _verdict(scene)
        _onward(pages)


def _verdict(scene: HomePage) -> None:
    """What came of the guess, why, and what of it."""
    outcome = scene.live.runs[0].outcome
    if outcome == "coin":
        say(TOOK)
    elif outcome == "end":
        say(ENDED[scene.guess])
        left, right = st.columns(2, gap="large")
        with left:
            say(WHY)
        with right:
            say(SO_WHAT)
    else:
        st.markdown(FAILED)
        st.button("Run it once more", on_click=_once_more, key="home-more")


def _onward(pages: Pages) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    first = lessons()[0]
    if row.button(f"Start: {first.title} ({first.minutes} min)", type="primary", key="home-start"):
        st.switch_page(pages()[first.page])
    if not scene_here().map:
        row.button("Try all spots at once", key="home-map", on_click=_all_spots)
    row.button("Restart", key="home-again", on_click=st.session_state.pop, args=("home",))


def _answer() -> None:
    state = st.session_state.get("home-canvas")
    message = state.get("message") if state else None
    if message is not None:
        scene = scene_here()
        apply_edit(scene.live, message)
        if not scene.live.past:  # undone: as at the beginning, where it was watched already
            scene.map = False


def _guess(guess: str) -> None:
    scene = scene_here()
    scene.guess, scene.of = guess, scene.live.version


def _once_more() -> None:
    """The same level with other random numbers, under the same guess."""
    live = scene_here().live
    seed = live.runs[0].seed + 1
    for run in live.runs:
        run.seed = seed
    live.restart(live.runs[0].level)
    live.version += 1
    scene_here().of = live.version


def _all_spots() -> None:
    scene_here().map = True


def _map(demo: Demo) -> dict[str, Any]:
    from ...lessons.maps import mapped  # not at the top, so that the page appears before torch is loaded

    return overlay(demo, mapped(demo, AGENT, MAPPED), AGENT, stale=False)


@st.fragment
def _path(pages: Pages) -> None:
    """The parts of the path, each with a ring that fills with what is done; drawn again once the browser says what."""
    st.subheader("The path", anchor=False)
    gallery.path(pages())
    keep(learner())
