"""Agent or device? A run on a lawn, and after every step how likely an agent and a device are.

Whoever walks is a bundled agent, a device or the person; the things that lie there can be dragged while they walk.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

import demos

from ...agents.run import Run
from ...content import content
from ...rules import edit as editing
from ...rules.edit import BadLevel
from ...rules.level import RUNNING, Level, copied
from ...rules.rng import draw, draw_int
from ...rules.world import Demo, Preset
from ..text import filled
from . import loading, projector, words
from .live import art

TITLE = "Agent or device?"
YOU = "you, by the arrow keys"
NOISES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)
_DEVICE_NOISE = 1 << 22  # the purpose of the draw of a device's random move
_HERE = Path(__file__).parent


def _right_then_up(stopped: np.ndarray, last: int, chance: float) -> int:
    return 1 if not stopped[1] or stopped[0] else 0


def _straight_on(stopped: np.ndarray, last: int, chance: float) -> int:
    """Its last move again, up at first; where that is blocked, the next free one clockwise."""
    first = 0 if last == 4 else last
    return next((way % 4 for way in range(first, first + 4) if not stopped[way % 4]), first)


def _random(stopped: np.ndarray, last: int, chance: float) -> int:
    return int(4 * chance)


Device = Callable[[np.ndarray, int, float], int]  # (which moves are stopped, last move or 4, random number) -> move
DEVICES: dict[str, Device] = {
    "device: right, then up": _right_then_up,
    "device: straight on": _straight_on,
    "device: random moves": _random,
}


@dataclass
class Watch:
    """The run on the page. `ack`, `version`, `since`, `refused` are for its canvas, as those of `live.Live`."""

    demo: Demo
    run: Run
    walker: str
    origin: Level
    ack: int = 0
    version: int = 0
    since: int = 0
    refused: str = ""

    def walk(self, level: Level, again: bool = True) -> None:
        """Whoever walks starts anew in this level; a person's moves are made `again`, or forgotten."""
        run = walked(self.demo, self.walker, level, self.run.seed)
        if self.walker == YOU and again:
            run.take(0, self.run.actions[: self.run.steps].tolist())
        self.run, self.since = run, 0


def walked(demo: Demo, walker: str, level: Level, seed: int) -> Run:
    """The run of an agent, a device or, without a step, a person. Raises BadLevel, AgentError."""
    if walker != YOU and walker not in DEVICES:
        return Run(demo, loading.agent_of(demo.name, walker), level, seed)
    from ...study.agency import field_of

    run, device = Run(demo, None, level, seed), DEVICES.get(walker)
    tiles = field_of(demo, level)
    while device and run.end.done == RUNNING and run.steps < demo.timeout:
        t = run.steps
        sides = tiles.sides[tiles.numbers[tuple(run.end.at[0].astype(int))]]
        last = int(run.actions[t - 1]) if t else 4
        move = device((sides >> np.arange(4)) & 1 > 0, last, draw(seed, t, _DEVICE_NOISE))
        run.take(t, [int(move)])
    return run


def answer(watch: Watch, message: Any) -> None:
    """Carry out what the canvas sent. Untrusted: what cannot be done is refused with a sentence, and nothing changes.

    `message`: {"seq": int, "kind": "move" | "add" | "remove" | "walk" | "reset", "at": step, "name": of an object,
    "place": [row, column], "action": int}.
    """
    if not isinstance(message, dict) or not isinstance(message.get("seq"), int) or message["seq"] <= watch.ack:
        return
    watch.ack, watch.refused = message["seq"], ""
    watch.version += 1
    try:
        at, kind = int(message.get("at", 0)), message.get("kind")
        if kind in ("move", "add", "remove"):
            places = {"move": lambda: [float(x) for x in message["place"]], "add": lambda: _free(watch)}
            _move(watch, at, str(message["name"]), places.get(kind, lambda: None)())
        elif kind == "walk" and watch.walker == YOU:
            action = int(message["action"])
            if not 0 <= action < len(watch.demo.actions):
                raise BadLevel(f"There is no move {action}; moves go from 0 to {len(watch.demo.actions) - 1}.")
            at = min(max(at, 0), watch.run.steps)
            watch.run.take(at, [action])
            watch.since = min(at + 1, watch.run.steps)
        elif kind == "reset":
            watch.walk(watch.origin, again=False)
    except BadLevel as refused:
        watch.refused = str(refused)
    except (KeyError, TypeError, ValueError, OverflowError):
        watch.refused = "The page sent something that could not be read; try it again."


def _move(watch: Watch, at: int, name: str, place: Sequence[float] | None) -> None:
    """Put an object on a tile, or take it away (None). Whoever walks starts there; an agent under way goes on."""
    demo, names = watch.demo, editing.object_names(watch.demo)
    if name not in names:
        raise BadLevel(f"There is no object '{name[:40]}' in {demo.name}; there are: {', '.join(names)}.")
    level = (
        editing.place(demo, watch.run.level, name, *place)
        if place is not None
        else editing.remove(demo, watch.run.level, name)
    )
    if name != names[0] and watch.run.agent is not None and 0 < at < watch.run.steps:
        run = watch.run.fork()  # a refused edit leaves the run as it was
        run.edit(at, level)
        watch.run, watch.since = run, at
    else:
        watch.walk(level, again=name != names[0])  # a person's moves began elsewhere


def _free(watch: Watch) -> tuple[int, int]:
    """An open tile on which nothing lies, by the level's seed."""
    level = watch.run.level
    taken = {tuple(place) for place in (*level.objects.tolist(), *watch.run.states["at"][0].tolist())}
    free = [place for place in editing.open_places(watch.demo, level) if place not in taken]
    if not free:
        raise BadLevel("There is no open tile left to put it on.")
    return free[draw_int(abs(int(level.seed)), 0, 5, len(free))]


def payload(watch: Watch, devices_in: str, noise: float) -> dict[str, Any]:
    """Everything the component shows, as JSON: the run, and what is believed after each of its steps."""
    from ...study import agency
    from ...study.agents_and_devices import walk_of

    demo, run = watch.demo, watch.run
    states, names = run.states[: run.steps + 1], editing.object_names(demo)
    tiles = agency.field_of(demo, run.level)
    told = agency.belief(tiles, *walk_of(run), noise, devices_in)
    end = told.agent[-1]
    likely = f"an agent {100 * end:.1f} %" if end >= 0.5 else f"a device {100 * (1 - end):.1f} %"
    return {
        "version": watch.version,
        "ack": watch.ack,
        "since": watch.since,
        "refused": watch.refused,
        "optional": [name for slot, name in enumerate(names) if slot and slot != editing.goal_slot(demo)],
        "setting": f"{devices_in} {noise:g}",
        "art": art(demo),
        "tiles": [{"name": t.name, "char": t.char, "sprite": t.sprite, "top": t.top or t.sprite} for t in demo.tiles],
        "names": list(names),
        "level": editing.to_json(demo, run.level),
        "places": states["at"].reshape(len(states), -1).tolist(),
        "there": states["there"].tolist(),
        "facing": states["facing"].tolist(),
        "pose": states["pose"].tolist(),
        "steps": run.steps,
        "decided": run.decided,
        "cells": tiles.cells.tolist(),
        "agent": np.round(told.agent, 5).tolist(),
        "factor": np.round(told.factor, 3).tolist(),
        "goals": np.round(told.goals, 4).tolist(),
        "devices": np.round(told.devices, 4).tolist(),
        "families": [[name, agency.FAMILIES[name]] for name in agency.CLASSES[devices_in]],
        "marks": _marks(demo, run, tiles),
        "yours": watch.walker == YOU,
        "hint": "Click the lawn, then walk with the arrow keys.",
        "sentence": f"{_done(watch)} At the end: {likely}.",
        "alt": f"{TITLE} {_done(watch)} At the end: {likely}.",
    }


def _done(watch: Watch) -> str:
    if watch.run.agent is not None:
        return watch.run.describe()
    who = "You" if watch.walker == YOU else "The device"
    return f"{who} made {watch.run.steps} moves."


def _marks(demo: Demo, run: Run, tiles: Any) -> list[dict[str, Any]]:
    """Goals that have a name, and the number of their tile at each step (-1: none)."""
    from ...study.agents_and_devices import goal_place

    found, names = [], editing.object_names(demo)
    for slot, name in enumerate(names[1:], 1):
        at = run.states["at"][: run.steps + 1, slot].astype(int)
        if (at[:, 0] >= 0).any():
            cells = np.where(at[:, 0] >= 0, tiles.numbers[tuple(np.maximum(at, 0).T)], -1)
            found.append({"name": name.replace("_", " "), "help": f"The tile of the {name}", "cells": cells.tolist()})
    for goal in demo.proxies:
        place = None if goal in names else goal_place(demo, run.level, goal)
        if place is not None:
            cells = np.full(run.steps + 1, tiles.numbers[place])
            found.append({"name": goal, "help": f"The tile of the {goal}", "cells": cells.tolist()})
    return found


def agency_page() -> None:
    """The page: a run with its posterior, the measured table, and what is real and what a model."""
    from ...study import agents_and_devices as study  # not at the top, so that pages appear before torch is loaded

    demo = next(loading.demo_of(name) for name in demos.WORLDS if loading.demo_of(name).behaviours)
    st.markdown(
        f"### {TITLE}\nSomebody walks over a lawn. After every step: is this better explained by somebody who **goes "
        "somewhere**, or by a machine that only **answers to what is beside it**? Drag whoever walks, or the "
        f"{demo.goal_object}; blue tiles are the likely goals."
    )
    _stage(demo)
    rows, command = study.read_study(demo), f"goalmisgen agency {demo.name} --write"
    text = (content() / "lessons" / "agent_or_device.md").read_text(encoding="utf-8")
    paragraphs = filled(text).split("\n\n")
    for column, half in zip(st.columns(2, gap="large"), (paragraphs[:2], paragraphs[2:]), strict=True):
        column.markdown("\n\n".join(half))
    _measured(rows, command)
    if rows:
        ink = "#eeeeee" if st.context.theme.type == "dark" else "#222222"
        told = "The mean of p(agent | run) of each kind of behaviour, by class of devices and by noise."
        st.html(words.image(_drawn(rows, ink), told, 1200))


@st.fragment
def _stage(demo: Demo) -> None:
    left, right = st.columns([2.75, 1], gap="medium")
    with right:
        watch, devices_in, noise = _controls(demo)
    with left:

        def sent() -> None:
            state = st.session_state.get("agency-canvas")
            if state and state.get("message") is not None:
                answer(watch, state["message"])

        _component()(key="agency-canvas", data=payload(watch, devices_in, noise), on_message_change=sent)


def _controls(demo: Demo) -> tuple[Watch, str, float]:
    """The controls, and what they say: the run, the class of devices, the noise."""
    from ...study.agency import CLASSES, FAMILIES, USUAL_CLASS, USUAL_NOISE

    behaviours = {each.name: each for each in demo.behaviours}
    first = demo.behaviours[0]
    for key, value in (("kind", demo.behaviours[1].name), ("walker", demo.behaviours[1].agent)):
        st.session_state.setdefault(f"agency-{key}", value)

    def chosen() -> None:
        st.session_state["agency-walker"] = behaviours[st.session_state["agency-kind"]].agent

    kind = behaviours[
        st.selectbox(
            "Behaviour", list(behaviours), key="agency-kind", on_change=chosen,
            help=" ".join(f"*{each.name}*: {each.title}." for each in demo.behaviours),
        )
    ]  # fmt: skip
    walkers = [*dict.fromkeys(each.agent for each in demo.behaviours), *DEVICES, YOU]
    walker = st.selectbox("Who walks", walkers, key="agency-walker")
    one, two = st.columns(2)
    number = one.number_input("Level", 0, 999_999_999, first.level_seed, key="agency-number")
    seed = two.number_input("Run", 0, 999_999_999, 0, key="agency-seed", help="The run's randomness.")
    devices_in = st.selectbox(
        "Class of devices", list(CLASSES), list(CLASSES).index(USUAL_CLASS), key="agency-devices",
        help=" ".join(f"*{name}*: {about}." for name, about in FAMILIES.items()),
    )  # fmt: skip
    noise = st.select_slider("Noise: share of moves made at random", NOISES, USUAL_NOISE, key="agency-noise")
    row = st.container(horizontal=True, gap="small")
    opened = row.toggle("Opened", True, key="agency-opened", help="Without what stands in the way, or as drawn.")
    projector.switch(row)
    where, who = (kind.name, int(number), opened), (walker, int(seed))
    watch: Watch | None = st.session_state.get("agency-watch")
    before = st.session_state.get("agency-picks")
    if watch is None or before != (where, who):
        kept = watch is not None and before is not None and before[0] == where
        level = copied(watch.run.first) if kept and watch else _level(demo, kind, int(number), opened)
        fresh = Watch(demo, walked(demo, walker, level, int(seed)), walker, level)
        if watch:
            fresh.ack, fresh.version = watch.ack, watch.version + 1
            fresh.origin = watch.origin if kept else level
        st.session_state["agency-watch"], st.session_state["agency-picks"] = watch, (where, who) = fresh, (where, who)
    reasons = demo.in_training(watch.run.level, watch.run.config)
    st.caption(
        f"Could not have occurred in training: {'; '.join(reasons)}." if reasons else "Could have occurred in training."
    )
    return watch, devices_in, float(noise)


def _level(demo: Demo, kind: Preset, number: int, opened: bool) -> Level:
    from ...study.measure import prepared_level

    preset = replace(kind, level_seed=number, changes=kind.changes if opened else ())
    return prepared_level(demo, preset, loading.agent_of(demo.name, kind.agent).config)


@st.cache_data(show_spinner=False)
def _drawn(rows: list[dict[str, Any]], ink: str) -> str:
    """The figure of such rows as SVG, on the page's own ground."""
    from ...study.agents_and_devices import figure
    from ...study.figures import as_svg

    return as_svg(figure(rows, ink, "none"))


def _measured(rows: list[dict[str, Any]], command: str) -> None:
    """The published values beside those of the world's table."""
    from ...study.agency import USUAL_CLASS, USUAL_NOISE
    from ...study.agents_and_devices import PAPER

    st.markdown("#### Measured, beside the published values")
    if not rows:
        st.caption(f"Not measured yet: `{command}`.")
        return
    st.html(summary(rows, USUAL_CLASS, USUAL_NOISE))
    counts = " to ".join(map(str, sorted({row["n"] for row in rows if row["quantity"] == "p(agent)"})))
    st.caption(
        f"Means over runs, and the share of runs with p_agt > p_dev; 95 % intervals over levels, n = {counts} each "
        f"(devices: {USUAL_CLASS}; noise {USUAL_NOISE:g}). Published: "
        + filled(f"[@{PAPER}, secondary], in a 20 x 20 grid world with its own agents and devices. ")
        + f"Made by `{command}`."
    )


def summary(rows: list[dict[str, Any]], devices_in: str, noise: float) -> str:
    """The rows of one class of devices and noise as an HTML table, beside the published values."""
    from ...study.agents_and_devices import BOARDS, PUBLISHED, SEEN

    told = {
        (row["behaviour"], row["quantity"], row["board"], row["seen"]): row
        for row in rows
        if (row["devices"], row["noise"]) == (devices_in, noise)
    }
    mean, share, factor = "p(agent)", "favours agent", "log10 Bayes factor"
    columns = [(mean, BOARDS[0], SEEN[0]), (mean, BOARDS[1], SEEN[0]), (mean, BOARDS[1], SEEN[1])]
    columns += [(share, BOARDS[1], SEEN[0]), (factor, BOARDS[1], SEEN[0])]
    heads = [f"{what},<br>levels {board},<br>{seen}" for what, board, seen in columns]
    lines = [["behaviour", f"{mean},<br>published", *heads]]
    for name in dict.fromkeys(row["behaviour"] for row in rows):
        found = [told.get((name, *column)) for column in columns]
        values = [_with_interval(row) if row else "not measured" for row in found]
        lines.append([html.escape(name), f"{PUBLISHED[name]:g}" if name in PUBLISHED else "none", *values])
    text = "".join(
        "<tr>"
        + "".join(f'<td style="padding:5px 14px 5px 0;border-top:1px solid #8885">{x}</td>' for x in line)
        + "</tr>"
        for line in lines
    )
    style = "border-collapse:collapse;line-height:1.35;width:100%;font-size:0.93em"
    return f'<div style="overflow-x:auto"><table style="{style}">{text}</table></div>'


def _with_interval(row: dict[str, Any]) -> str:
    """A value of the table above its interval, rates in percent."""
    scale, form = (100, ".1f") if row["quantity"] == "favours agent" else (1, ".2f")
    value, low, high = (f"{scale * row[key]:{form}}".replace("-", "−") for key in ("value", "low", "high"))
    unit = " %" if scale == 100 else ""
    return f'{value}{unit}<br><small style="white-space:nowrap">{low} to {high}</small>'


@cache
def _component() -> Callable[..., Any]:
    files = ("js/base.js", "js/draw.js", "agency/agency.js")
    js = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in files)
    css = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("canvas.css", "agency/agency.css"))
    component: Callable[..., Any] = st.components.v2.component(
        "goalmisgen_agency", html='<div class="gm"></div>', css=css, js=js
    )
    return component
