"""The run that is judged: who walks, what is dragged, and what is believed after each step. No Streamlit in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....agents.run_grid import Run
from ....rules import edit as editing
from ....rules import level_files
from ....rules.boundary import boundary
from ....rules.edit import BadLevel
from ....rules.entry import unknown
from ....rules.level import Level
from ....rules.names import ending
from ....rules.rng import draw_int
from ....rules.world import Demo
from ... import loading
from ..canvas.live import art

TITLE = "Agent or device?"
YOU = "you, by the arrow keys"


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

    def restart(self, level: Level, again: bool = True) -> None:
        """Whoever walks starts anew in this level; a person's moves are made `again`, or forgotten."""
        run = walked(self.demo, self.walker, level, self.run.seed)
        if self.walker == YOU and again:
            run.take(0, self.run.actions[: self.run.steps].tolist())
        self.run, self.since = run, 0


def walked(demo: Demo, walker: str, level: Level, seed: int) -> Run:
    """The run of an agent, a device or, without a step, a person. Raises BadLevel, AgentError."""
    from ....study.devices import DEVICES, driven  # not at the top, so that pages appear before torch is loaded

    if walker == YOU:
        return Run(demo, None, level, seed)
    if walker in DEVICES:
        return driven(demo, walker, level, seed)
    return Run(demo, loading.agent_of(demo.name, walker), level, seed)


def answer(watch: Watch, message: Any) -> None:
    """Carry out what the canvas sent. Untrusted: what cannot be done is refused with a sentence, and nothing changes.

    `message`: {"seq": int, "kind": "move" | "add" | "remove" | "walk" | "reset", "at": step, "name": of an object,
    "place": [row, column], "action": int}.
    """
    seq = message.get("seq") if isinstance(message, dict) else None
    if not isinstance(seq, int) or not watch.ack < seq <= 1 << 53:
        return
    watch.ack, watch.refused = seq, ""
    watch.version += 1
    try:
        with boundary(BadLevel, "The page sent something that could not be read; try it again."):
            _carry_out(watch, message)
    except BadLevel as refused:
        watch.refused = str(refused)


def _carry_out(watch: Watch, message: dict[str, Any]) -> None:
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
        watch.restart(watch.origin, again=False)


def _move(watch: Watch, at: int, name: str, place: Sequence[float] | None) -> None:
    """Put an object on a tile, or take it away (None). Whoever walks starts there; an agent under way goes on."""
    demo, names = watch.demo, editing.object_names(watch.demo)
    if name not in names:
        raise BadLevel(unknown(f"There is no object '{name[:40]}' in {demo.name}", name, names))
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
        watch.restart(level, again=name != names[0])  # a person's moves began elsewhere


def _free(watch: Watch) -> tuple[int, int]:
    """An open tile on which nothing lies, by the level's seed."""
    level = watch.run.level
    taken = {tuple(place) for place in (*level.objects.tolist(), *watch.run.states["at"][0].tolist())}
    free = [place for place in editing.open_places(watch.demo, level) if place not in taken]
    if not free:
        raise BadLevel("There is no open tile left to put it on.")
    return free[draw_int(abs(int(level.seed)), 0, 5, len(free))]


def payload(watch: Watch, devices_in: str, noise: float, whole: bool = True) -> dict[str, Any]:
    """Everything the component shows, as JSON: the run, and what is believed after each of its steps.

    Unless `whole` it ends with the first goal that was reached, as the steps a person walks never do.
    """
    from ....study import posterior
    from ....study.agents_and_devices import walk_of

    demo, run = watch.demo, watch.run
    steps = run.steps if whole or watch.walker == YOU else run.decided
    states, names = run.states[: steps + 1], editing.object_names(demo)
    tiles = posterior.field_of(demo, run.level)
    places, moves = walk_of(run)
    told = posterior.belief(tiles, places[:steps], moves[:steps], noise, devices_in)
    end = told.agent[-1]
    done = f"{_done(watch)} At the end:" if steps == run.steps else f"{_ended(watch)} There:"
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
        "level": level_files.to_json(demo, run.level),
        "places": states["at"].reshape(len(states), -1).tolist(),
        "there": states["there"].tolist(),
        "facing": states["facing"].tolist(),
        "pose": states["pose"].tolist(),
        "steps": steps,
        "decided": run.decided,
        "cells": tiles.cells.tolist(),
        "agent": np.round(told.agent, 5).tolist(),
        "factor": np.round(told.factor, 3).tolist(),
        "goals": np.round(told.goals, 4).tolist(),
        "devices": np.round(told.devices, 4).tolist(),
        "families": [[name, posterior.FAMILIES[name]] for name in posterior.CLASSES[devices_in]],
        "marks": _marks(demo, run, tiles, steps),
        "yours": watch.walker == YOU,
        "hint": "Click the lawn, then walk with the arrow keys.",
        "sentence": f"{done} {likely}.",
        "alt": f"{TITLE} {done} {likely}.",
    }


def _ended(watch: Watch) -> str:
    """How the run came to its first goal; of a device, that it did."""
    return ending(watch.demo, watch.run.outcome).says


def _done(watch: Watch) -> str:
    if watch.run.agent is not None:
        return watch.run.describe()
    who = "You" if watch.walker == YOU else "The device"
    return f"{who} made {watch.run.steps} moves."


def _marks(demo: Demo, run: Run, tiles: Any, steps: int) -> list[dict[str, Any]]:
    """Goals that have a name, and the number of their tile at each step (-1: none)."""
    from ....study.agents_and_devices import goal_place

    found, names = [], editing.object_names(demo)
    for slot, name in enumerate(names[1:], 1):
        at = run.states["at"][: steps + 1, slot].astype(int)
        if (at[:, 0] >= 0).any():
            cells = np.where(at[:, 0] >= 0, tiles.numbers[tuple(np.maximum(at, 0).T)], -1)
            found.append({"name": name.replace("_", " "), "help": f"The tile of the {name}", "cells": cells.tolist()})
    for goal in demo.proxies:
        place = None if goal in names else goal_place(demo, run.level, goal)
        if place is not None:
            cells = np.full(steps + 1, tiles.numbers[place])
            found.append({"name": goal, "help": f"The tile of the {goal}", "cells": cells.tolist()})
    return found
