"""Two readings of one training, trained before one's eyes; a click says which was meant; then a network follows it."""

from itertools import product
from typing import TYPE_CHECKING, Any

import imageio.v3 as iio
import numpy as np
import streamlit as st

from ...rules import scene
from ...rules.grid import WAYS
from ...rules.level import Level, record
from ...rules.palette import INK, PALE_INK, outcome_styles
from ...rules.world import Demo
from ..html import bars, lines
from ..html.lines import Curve
from . import goal_curves, ordered

if TYPE_CHECKING:  # importing it would import torch
    from ...mitigate.course import Course

LIVE = 20  # levels in which it is seen where the readings go
LETTERS = ("A", "B")
OTHER = "other"


def panel(demo: Demo, rows: list[Any]) -> None:
    """Train two readings; see where each would go; choose; teach a network that followed the wrong goal."""
    key = f"{demo.name}-readings"
    st.markdown(
        f"Two networks learn from the same training pictures which of them show a success: {demo.intended} and "
        f"{demo.proxies[0]} are one place there. On pictures of other levels they are asked to **disagree**."
    )
    ordered.live(key, _readings, demo, key)
    ordered.live(_pupil_key(key), _pupil, demo, key)


def _pupil_key(key: str) -> str:
    return f"{key}-pupil"


def _readings(demo: Demo, key: str) -> None:
    ordered.buttons(key, st.container(horizontal=True), "Train two readings (about 20 seconds)", _start, demo, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is None or not (course := ordered.shown(mine)):
        return
    ink = PALE_INK if st.context.theme.type == "dark" else INK
    left, right = st.columns([1.3, 1], gap="large")
    left.html(bars.image(curves(demo, course, ink), "Where both readings go, by update", 640))
    styles = {goal: outcome_styles(demo)[goal][0] for goal in demo.goals[:2]} | {OTHER: ink}
    shown = " · ".join(f'<b style="color:{colour}">—</b> {goal}' for goal, colour in styles.items())
    right.html(f"<div>{shown}. Solid: reading A. Dashed: B.</div>")
    right.markdown(found(demo, course, mine.task.tests))
    right.caption(
        "Which moments of other levels the readings see was chosen by hand; where it was not, they did not part (the "
        "figure)."
    )
    if mine.ticket.over:
        _ghosts(demo, mine, course, key)


def _start(demo: Demo, key: str) -> None:
    from ...mitigate.course import Task

    before: ordered.Ordered | None = st.session_state.get(key)
    seed = before.task.seed + 1 if before else 0
    ordered.forget(_pupil_key(key))
    ordered.begin(key, Task(demo=demo.name, what="readings", seed=seed, tests=LIVE))


def curves(demo: Demo, course: "Course", ink: str) -> str:
    """The share of levels in which each reading goes to each goal, along its training, as SVG."""
    styles = {goal: outcome_styles(demo)[goal][0] for goal in demo.goals[:2]} | {OTHER: ink}
    shown = [
        Curve(list(zip(course.at, course.curves[f"{which} {goal}"], strict=True)), styles[goal], 2.6, "6 3" * which)
        for which, goal in product(range(len(LETTERS)), styles)
    ]
    ticks = [quarter * course.total / 4 for quarter in range(5)]
    return lines.drawing(shown, 0, course.total, ticks, "updates", ink)


def found(demo: Demo, course: "Course", n: int) -> str:
    """Where both readings go in levels that tell, and whether that is what anybody meant."""
    mostly, told = [], []
    for which, letter in enumerate(LETTERS):
        counts = {goal: round(n * course.curves[f"{which} {goal}"][-1]) for goal in (*demo.goals[:2], OTHER)}
        ranked = sorted(counts, key=lambda goal: -counts[goal])
        mostly.append(ranked[0])
        told.append(f"{letter}: " + ", ".join(f"{goal} {counts[goal]}" for goal in ranked if counts[goal]))
    says = f"In {n} levels that tell, they go to: {'; '.join(told)}. "
    if OTHER in mostly:
        return says + "**One found a third goal**, which fits the training pictures as well. Say no to both."
    return says + (
        "They part." if mostly[0] != mostly[1] else "**They do not part**: no label can choose. Train again."
    )


def _ghosts(demo: Demo, mine: ordered.Ordered, course: "Course", key: str) -> None:
    """Both ghosts in one level, each with a button that says it was meant."""
    from ...mitigate.course import unpacked

    number = st.session_state.get(f"{key}-level", 0)
    level, walks = unpacked(course.last["levels"], demo)[number], demo.actions == WAYS
    flies = "" if walks else " Ghosts fly: no plan is made of the jumps."
    st.markdown(f"One level that tells them apart. **Which goal was meant?**{flies}")
    for which, (letter, column) in enumerate(zip(LETTERS, st.columns([1, 1, 0.6]), strict=False)):
        film = ghost(demo, level, tuple(course.last["places"][which][number]))
        column.image(film, caption=f"The ghost of reading {letter}", width=340)
        if column.button(f"I meant {letter}", key=f"{key}-{letter}"):
            st.session_state[f"{key}-meant"] = letter
            if walks:
                _teach(demo, mine.task.seed, which, key)
    if st.button("Another level", key=f"{key}-other"):
        st.session_state[f"{key}-level"] = (number + 1) % mine.task.tests
        st.rerun(scope="fragment")
    if not walks and (meant := st.session_state.get(f"{key}-meant")):
        st.markdown(f"One label, and reading **{meant}** is chosen. In the maze it then teaches a network.")


def ghost(demo: Demo, level: Level, place: tuple[int, int]) -> bytes:
    """The agent on its way to a place, as a GIF that starts again after a while; where none is known, it flies."""
    from ...mitigate.readings import way

    state = record(demo.state)
    demo.start(level, 0, state)
    places: Any = way(demo, level, place) if demo.actions == WAYS else np.linspace(state.at[0], place, 16)
    frames = []
    for at in places:
        state.at[0] = at
        frames.append(scene.scene(demo, level, state, 1))
    lasts = [200 if demo.actions == WAYS else 80] * (len(frames) - 1) + [1500]
    return bytes(iio.imwrite("<bytes>", np.array(frames), extension=".gif", duration=lasts, loop=0))


def _teach(demo: Demo, seed: int, which: int, key: str) -> None:
    from ...mitigate.course import Task
    from ...mitigate.readings import wrong_agent

    values = {"which": str(which)}
    task = Task(demo=demo.name, what="pupil", agent=wrong_agent(demo), seed=seed, values=values)
    ordered.begin(_pupil_key(key), task)
    st.rerun()


def _pupil(demo: Demo, key: str) -> None:
    from ...mitigate.readings import TAUGHT

    mine: ordered.Ordered | None = st.session_state.get(_pupil_key(key))
    if mine is None:
        return
    letter = LETTERS[int(mine.task.values["which"])]
    st.markdown(f"#### A pupil of reading {letter}")
    ordered.stop_button(_pupil_key(key), st)
    if course := ordered.shown(mine):
        told = f"Taught the ways that reading {letter} takes in {TAUGHT} mazes. You gave one label."
        goal_curves.draw(demo, mine, course, "updates", told)
