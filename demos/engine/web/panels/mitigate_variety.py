"""Choose the levels: move the goal and see the regret, keep ten levels, and watch a training that chooses by regret."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from ...rules import scene
from ...rules.edit import BadLevel, draw_level, goal_slot, open_places, place
from ...rules.level import Level, record
from ...rules.names import ending
from ...rules.palette import GREY, INK, ORANGE, PALE_INK, outcome_marks, outcome_styles
from ...rules.replay import best, regret
from ...rules.world import Demo
from .. import loading
from ..html import bars, lines
from ..html.lines import Curve
from . import ordered
from .laboratory import agent_box

if TYPE_CHECKING:  # importing it would import torch
    from ...mitigate.course import Course, Task

ARROWS = {"←": (0, -1), "↑": (-1, 0), "↓": (1, 0), "→": (0, 1)}
YOURS = "yours"


@dataclass
class Choosing:
    """What a person looks at and has kept: a level, which one it is, and the levels with their regrets."""

    level: Level
    number: int = 0
    kept: list[tuple[Level, float]] = field(default_factory=list)


def panel(demo: Demo, rows: list[Any]) -> None:
    """First a person chooses levels, then a training does."""
    _choose(demo)
    key = f"{demo.name}-variety"
    ordered.live(key, _train, demo, rows, key)


# --- a person chooses


@st.fragment
def _choose(demo: Demo) -> None:
    """Move the goal in a level; what the network then gets is compared with the best there is."""
    from ...mitigate.plan import plan_of
    from ...mitigate.variety import MOST_CHOSEN, WALK

    key = f"{demo.name}-choosing"
    choosing: Choosing = st.session_state.setdefault(key, Choosing(draw_level(demo, demo.training, 0)))
    st.markdown(
        f"#### You choose\nMove the {demo.goal_object} until the network gets **nothing** although much was to be had. "
        f"Keep up to {MOST_CHOSEN} such levels."
    )
    left, right = st.columns([1, 1.4], gap="large")
    names = [str(name) for name in plan_of(demo).agents["variety"] if name != WALK]
    name = agent_box(right, "Network", demo, names, f"{key}-agent")
    with left:
        state = record(demo.state)
        demo.start(choosing.level, 0, state)
        st.image(scene.png(demo, choosing.level, state, 1), caption=f"Move the {demo.goal_object}", width=240)
        buttons = st.container(horizontal=True)
        for arrow, step in ARROWS.items():
            if buttons.button(arrow, key=f"{key}-{arrow}"):
                choosing.level = moved(demo, choosing.level, step)
                st.rerun(scope="fragment")
    with right:
        found, told = judged(demo, name, choosing.level)
        st.markdown(told)
        keep, other = st.columns(2)
        full = len(choosing.kept) == MOST_CHOSEN
        if keep.button("Keep this level", key=f"{key}-keep", type="primary", disabled=full, width="stretch"):
            choosing.kept.append((choosing.level, found))
        if other.button("Another level", key=f"{key}-other", width="stretch"):
            choosing.number += 1
            choosing.level = draw_level(demo, demo.training, choosing.number)
            st.rerun(scope="fragment")
        if choosing.kept:
            st.html(wall(demo, *zip(*choosing.kept, strict=True)))
            if st.button("Forget them", key=f"{key}-forget"):
                choosing.kept.clear()
                st.rerun(scope="fragment")


def moved(demo: Demo, level: Level, step: tuple[int, int]) -> Level:
    """The level with the goal's object on the next free open tile that way; as it is where there is none."""
    slot, free = goal_slot(demo), {*open_places(demo, level)}
    free -= {(int(row), int(col)) for row, col in level.objects}
    row, col = (int(x) for x in level.objects[slot])
    for _ in range(max(demo.rows, demo.columns)):
        row, col = row + step[0], col + step[1]
        if (row, col) in free:
            try:
                return place(demo, level, demo.goal_object, row, col)
            except BadLevel:
                break
    return level


def judged(demo: Demo, name: str, level: Level) -> tuple[float, str]:
    """The regret of one run of an agent in a level, and the same in words."""
    from ...study.rollouts import rollouts

    levels = np.array([level], demo.level).view(np.recarray)
    run = rollouts(demo, loading.agent_of(demo.name, name), demo.shifted, [0], levels=levels)
    found, most = regret(demo, level, float(run.totals[0]), int(run.steps[0])), best(demo, level)
    part = "part here" if demo.distinct and demo.distinct(level) else "do not part here"
    return found, (
        f"Best **{most:.2f}**, got **{most - found:.2f}**: a regret of **{found:.2f}**.\n\n"
        f"{ending(demo, str(run.outcomes[0])).says} The ways to {demo.intended} and {demo.proxies[0]} {part}."
    )


# --- a training chooses


def _train(demo: Demo, rows: list[Any], key: str) -> None:
    """Pick a way to choose levels; a network learns on them while one looks on."""
    from ...mitigate.plan import plan_of

    plan = plan_of(demo)
    ways = dict(plan.live) | {YOURS: "No fresh level tells; those that you kept above come again"}
    st.markdown("#### A training chooses")
    st.selectbox("Which levels does it meet?", list(ways), format_func=ways.__getitem__, key=f"{key}-way")
    st.radio(
        f"Before you look: after {plan.live_steps:,} steps, in levels that tell, it will mostly go to",
        [*demo.goals[:2], "neither"], index=None, horizontal=True, key=f"{key}-guess",
    )  # fmt: skip
    ordered.buttons(key, st.container(horizontal=True), "Train (two to four minutes)", _start, demo, key)
    mine: ordered.Ordered | None = st.session_state.get(key)
    if mine is None:
        st.caption("A fresh network learns, which only you see. Nothing of it is kept when you leave.")
    elif course := ordered.shown(mine):
        _draw(demo, rows, mine, course, ways)


def _start(demo: Demo, key: str) -> None:
    """Begin a training as the controls say; an earlier one that still runs ends."""
    from ...mitigate.course import Task, packed

    way, choosing = st.session_state[f"{key}-way"], st.session_state.get(f"{demo.name}-choosing")
    chosen = [level for level, _ in choosing.kept] if way == YOURS and choosing else []
    if way == YOURS and not chosen:
        ordered.refuse(key, "You have kept no level yet; move the goal above, and keep one.")
        return
    plain = next(name for name, recipe in demo.recipes.items() if recipe.config == demo.training)
    values = {"ways": plain if way == YOURS else way, "called": way}
    ordered.begin(key, Task(demo=demo.name, what="variety", values=values, levels=packed(chosen, demo)))


def _draw(demo: Demo, rows: list[Any], mine: ordered.Ordered, course: "Course", ways: dict[str, str]) -> None:
    """A training's curves and, right of them, the levels that it remembers; two trainings have a column each."""
    trained = ways_of(mine.task)
    one = len(trained) == 1
    left, right = st.columns([1, 1.1] if one else 2, gap="large")
    earlier = [(before, way) for task, before in mine.earlier for way in ways_of(task)]
    for way, above, below in zip(trained, (left, right), (right, right) if one else (left, right), strict=False):
        above.caption(f"{ways[mine.task.values['called'] if one else way]}.")
        ink = PALE_INK if st.context.theme.type == "dark" else INK
        drawn = curves(demo, rows, [*earlier, (course, way)], ink)
        above.html(bars.image(drawn, "Shares of levels that tell, by step", 640))
        marks = outcome_marks(demo)
        shown = [f'<span style="color:{marks[goal][0]}">{marks[goal][1]}</span> {goal}' for goal in demo.goals[:2]]
        above.html(f"<div>{' · '.join(shown)}</div>")
        thin = " Thin: your earlier trainings." if earlier else ""
        above.caption(f"n = {mine.task.tests} levels that tell. Dashed: {demo.intended}, random moves.{thin}")
        _remembered(demo, course.last[way], below)


def _remembered(demo: Demo, last: dict[str, Any], column: Any) -> None:
    from ...mitigate.course import unpacked

    levels = unpacked(last["levels"], demo)
    if not len(levels):
        column.markdown("No level is remembered by its regret.")
        return
    tell = np.mean([bool(demo.distinct and demo.distinct(level)) for level in levels])
    column.markdown(f"Of the {len(levels)} levels of highest regret, **{100 * tell:.0f} %** tell.")
    column.html(wall(demo, list(levels), last["regrets"]))


def ways_of(task: "Task") -> list[str]:
    """The recipes that a task trains, in turns."""
    return task.values["ways"].split()


def curves(demo: Demo, rows: list[Any], trained: "Sequence[tuple[Course, str]]", ink: str) -> str:
    """The shares of goal and proxy along each training, a recipe of a course, as SVG; the last one bold."""
    from ...mitigate.variety import TELLING, WALK
    from ...study.findings import find

    shown, styles, steps = [], outcome_styles(demo), trained[-1][0].total
    if walk := find(rows, WALK, TELLING, demo.intended):
        shown.append(Curve([(0, walk["value"]), (steps / 1000, walk["value"])], styles[demo.intended][0], 1.4, "5 4"))
    for (course, way), goal in product(trained, demo.goals[:2]):
        points = [(at / 1000, share) for at, share in zip(course.at, course.curves[f"{way} {goal}"], strict=True)]
        shown.append(Curve(points, styles[goal][0], 3.2 if course is trained[-1][0] else 1.2))
    ticks = [quarter * steps / 4000 for quarter in range(5)]
    return lines.drawing(shown, 0, steps / 1000, ticks, "thousand steps of training", ink)


def wall(demo: Demo, levels: Sequence[Level], regrets: Sequence[float]) -> str:
    """Small pictures of levels, framed in orange where they tell the goals apart, each with its regret below."""
    cells = []
    for level, lost in zip(levels, regrets, strict=True):
        state = record(demo.state)
        demo.start(level, 0, state)
        data = base64.b64encode(scene.png(demo, level, state, 0.5)).decode()
        apart = bool(demo.distinct and demo.distinct(level))
        alt = f"A level {'that tells' if apart else 'that does not tell'}, regret {lost:.2f}"
        cells.append(
            f'<figure style="margin:0;text-align:center;font-size:.75rem;line-height:1.2"><img alt="{alt}" '
            f'src="data:image/png;base64,{data}" style="width:100%;image-rendering:pixelated;box-sizing:border-box;'
            f'border:3px {"solid " + ORANGE if apart else "dotted " + GREY}">{lost:.2f}</figure>'
        )
    tells = html.escape(f"{demo.intended} and {demo.proxies[0]} part")
    return (
        f'<div style="font-size:.85rem;margin-bottom:4px"><span style="color:{ORANGE}">■</span> {tells} '
        f'<span style="color:{GREY};margin-left:10px">□</span> they do not; below each: its regret</div>'
        '<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax(58px,1fr));gap:5px">'
        f"{''.join(cells)}</div>"
    )
