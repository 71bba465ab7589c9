"""Show the way with four buttons, and watch what it leaves to believe."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from ...rules import scene
from ...rules.edit import draw_level
from ...rules.level import Level, record
from ...rules.palette import BLUE, GREEN, GREY, ORANGE
from ...rules.world import Demo

ARROWS = {"←": 3, "↑": 0, "↓": 2, "→": 1}
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


@st.fragment
def panel(demo: Demo, rows: list[Any]) -> None:
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
        for column, (arrow, move) in zip(st.columns(5), ARROWS.items(), strict=False):
            if column.button(arrow, key=f"{key}-{move}", disabled=over, use_container_width=True):
                _go(showing, at, move)
        if st.button("Stop here", key=f"{key}-stop", disabled=over or not showing.moves):
            _go(showing, at, belief.STOP)
    with right:
        believed = belief.belief(showing.kept + belief.evidence(maze, showing.places, showing.moves)[-1])
        st.html(_bars(belief.goals(demo), believed))
        st.caption(f"After {showing.mazes + over} ways shown, and the {len(showing.moves)} steps of this one.")
        _robot(demo, maze, believed)
        _next(demo, showing, maze, believed, key)


def _go(showing: Demonstrations, at: int, move: int) -> None:
    showing.places.append(at)
    showing.moves.append(move)
    st.rerun(scope="fragment")


def _robot(demo: Demo, maze: Any, believed: np.ndarray) -> None:
    """What a robot that holds this belief would do in this maze, once and for all."""
    from ...mitigate.belief import decide

    chance = believed[:3] / max(believed[:3].sum(), 1e-300)
    names = {"goal": f"go to the {demo.intended}", "proxy": f"go to the {demo.proxies[0]}", "ask": "ask you first",
             "both": f"go to the {demo.proxies[0]}, then to the {demo.intended}"}  # fmt: skip
    once = decide(maze, chance, irreversible=True, ask=0.1)
    undone = decide(maze, chance, irreversible=False)
    st.markdown(
        f"A robot in your place would now **{names[once.plan]}** where the first goal ends it (a question costs 0.1), "
        f"and **{names[undone.plan]}** where it can do both."
    )


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
    if one.button("Another training maze", key=f"{key}-training", use_container_width=True):
        take(draw_level(demo, demo.training, showing.number + 1))
    if two.button("The most telling maze", key=f"{key}-telling", use_container_width=True):
        take(_most_telling(demo, believed, showing.number))
    if three.button("Forget all", key=f"{key}-forget", use_container_width=True):
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
