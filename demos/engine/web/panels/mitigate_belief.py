"""Show the way with the arrow keys, and watch what it leaves to believe; then judge networks by their runs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from ...rules import scene
from ...rules.edit import draw_level
from ...rules.level import Level, record
from ...rules.palette import BLUE, GREEN, GREY, ORANGE
from ...rules.world import Demo
from .. import loading
from .laboratory import agent_box

ARROWS = {"Left": 3, "Up": 0, "Down": 2, "Right": 1}  # keys, and the numbers of their moves
COLOURS = (ORANGE, BLUE, GREEN, GREY)


@dataclass
class Demonstrations:
    """What a person showed so far: `kept`, log p(everything before this maze | goal); the maze, and the way in it."""

    level: Level
    kept: np.ndarray = field(default_factory=lambda: np.zeros(4))
    mazes: int = 0
    number: int = 0
    places: list[int] = field(default_factory=list)
    moves: list[int] = field(default_factory=list)


def panel(demo: Demo, rows: list[Any]) -> None:
    """First a person shows the way, then networks are judged."""
    _show(demo)
    _judge(demo)


@st.fragment
def _show(demo: Demo) -> None:
    """A maze, four arrows, and bars of belief that move with every step."""
    from ...mitigate import belief

    key = f"{demo.name}-showing"
    if key not in st.session_state:
        st.session_state[key] = Demonstrations(draw_level(demo, demo.training, 0))
    showing: Demonstrations = st.session_state[key]
    maze = belief.task(demo, showing.level)
    at = maze.start
    for move in showing.moves:
        at = int(maze.after[at, move])
    over = bool(showing.moves) and (at == maze.goal or showing.moves[-1] == belief.STOP)
    st.markdown(
        f"You mean one thing: the {demo.intended}, the {demo.proxies[0]}, or whichever is nearer. **Show the way**; "
        "the robot knows the maze and believes what your steps leave possible."
    )
    left, right = st.columns([1, 1.1], gap="large")
    with left:
        state = record(demo.state)
        demo.start(showing.level, 0, state)
        state.at[0] = maze.cells[at]
        st.image(scene.png(demo, showing.level, state, 1), caption="Your mouse", width=300)
        row = st.container(horizontal=True)
        for arrow, move in ARROWS.items():
            if row.button(arrow, key=f"{key}-{move}", disabled=over, shortcut=arrow):
                _go(showing, at, move)
        if st.button("Stop here", key=f"{key}-stop", disabled=over or not showing.moves):
            _go(showing, at, belief.STOP)
    with right:
        believed = belief.belief(showing.kept + belief.evidence(maze, showing.places, showing.moves)[-1])
        st.html(_bars(belief.goals(demo), believed))
        st.caption(f"Ways shown: {showing.mazes + over}. Steps of this one: {len(showing.moves)}.")
        _robot(demo, maze, believed, key)
        _next(demo, showing, maze, believed, key)


def _go(showing: Demonstrations, at: int, move: int) -> None:
    showing.places.append(at)
    showing.moves.append(move)
    st.rerun(scope="fragment")


def _robot(demo: Demo, maze: Any, believed: np.ndarray, key: str) -> None:
    """What robots that hold this belief would do in this maze."""
    from ...mitigate.belief import HARM, decide

    chance = believed[:3] / max(believed[:3].sum(), 1e-300)
    names = {"goal": f"go to the {demo.intended}", "proxy": f"go to the {demo.proxies[0]}", "ask": "ask you first",
             "both": f"go to the {demo.proxies[0]}, then to the {demo.intended}"}  # fmt: skip
    once = st.toggle("What it does first cannot be undone", value=True, key=f"{key}-once")
    cost = st.slider("A question costs", 0.0, 0.5, 0.1, 0.02, key=f"{key}-cost")
    robots: dict[str, dict[str, Any]] = {
        "One that takes its best guess": {}, "One that may ask": {"ask": cost},
        f"One that shows its plan and may be switched off (a wrong goal costs {HARM})": {"switch": True, "harm": HARM},
    }  # fmt: skip
    lines = []
    for robot, may in robots.items():
        choice = decide(maze, chance, once, **may)
        lost = float(chance @ choice.regret)
        lines.append(f"- {robot} would now **{names[choice.plan]}**; regret to expect {lost:.2f}")
    st.markdown("\n".join(lines))


@st.fragment
def _judge(demo: Demo) -> None:
    """Bars for a network: what so many of its runs look to be about, and how directed they are."""
    from ...mitigate import belief
    from ...mitigate.plan import plan_of

    key = f"{demo.name}-judged"
    st.markdown("#### Judge a network\nThe same rule reads the runs of a network, in mazes where the goals part.")
    who, many = st.columns([1, 1.4])
    name = agent_box(who, "Network", demo, [str(each) for each in plan_of(demo).agents["belief"]], f"{key}-agent")
    runs = many.select_slider("Runs", (1, 3, 10, 30), 1, key=f"{key}-runs")
    found = _runs(demo.name, name)[:runs]
    left, right = st.columns([1.1, 1], gap="large")
    left.html(_bars(belief.goals(demo), belief.followed(found)))
    towards = belief.directedness(found)
    told = ", ".join(f"{goal} **{by:.2f}**" for goal, by in zip(belief.goals(demo)[:3], towards, strict=True))
    right.markdown(
        f"How directed they are (maximum entropy goal-directedness, nats a step): {told}. "
        "0: chance predicts the moves as well. 1.39: every move is foretold."
    )
    right.caption("[Agent or device?](/agent-or-device) asks the same by another comparison.")


@st.cache_data(show_spinner="Playing runs to judge")
def _runs(name: str, agent: str) -> Any:
    from ...mitigate.belief import judged
    from ...rules.batch import drawn_levels
    from ...study.distinguishing import distinguishing_seeds

    demo = loading.demo_of(name)
    seeds = distinguishing_seeds(demo, 30, 1)[0]
    return judged(demo, loading.agent_of(name, agent), drawn_levels(demo, demo.shifted, seeds), seeds)


def _next(demo: Demo, showing: Demonstrations, maze: Any, believed: np.ndarray, key: str) -> None:
    """Go on: another training maze, the one that tells most, or from the beginning."""
    from ...mitigate import belief

    def take(level: Level) -> None:
        showing.kept = showing.kept + belief.evidence(maze, showing.places, showing.moves)[-1]
        showing.mazes += bool(showing.moves)
        showing.level, showing.places, showing.moves = level, [], []
        showing.number += 1
        st.rerun(scope="fragment")

    one, two, three = st.columns(3)
    if one.button("Another training maze", key=f"{key}-training", width="stretch"):
        take(draw_level(demo, demo.training, showing.number + 1))
    if two.button("The most telling maze", key=f"{key}-telling", width="stretch"):
        take(_most_telling(demo, believed, showing.number))
    if three.button("Forget all", key=f"{key}-forget", width="stretch"):
        del st.session_state[key]
        st.rerun(scope="fragment")


def _most_telling(demo: Demo, believed: np.ndarray, number: int) -> Level:
    """Of twenty shifted mazes, that from which one more demonstration is expected to tell most."""
    from ...mitigate import belief

    random = np.random.default_rng(number)
    levels = [draw_level(demo, demo.shifted, 1000 * (number + 1) + i) for i in range(20)]
    told = [belief.information(belief.task(demo, level), believed, random, 8) for level in levels]
    return levels[int(np.argmax(told))]


def _bars(names: tuple[str, ...], believed: np.ndarray) -> str:
    """The belief in each goal as an HTML bar."""
    lines = "".join(
        f'<div style="display:flex;align-items:center;gap:10px;margin:6px 0"><span style="width:5.5em">{name}</span>'
        f'<div style="flex:1;background:rgba(128,128,128,.18);border-radius:3px"><div style="width:{100 * share:.1f}%;'
        f'height:20px;background:{colour};border-radius:3px"></div></div>'
        f'<span style="width:3.2em;text-align:right">{100 * share:.0f} %</span></div>'
        for name, share, colour in zip(names, believed, COLOURS, strict=True)
    )
    return f"<div>{lines}</div>"
