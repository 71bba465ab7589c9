"""What a live canvas shows and how it answers edits: no Streamlit in here, so that tests can drive it."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...agents.pretrained import Agent
from ...agents.run import Run
from ...rules import edit as editing
from ...rules import sprites
from ...rules.edit import BadLevel, looks_of
from ...rules.level import Level, copied, record
from ...rules.world import Demo
from ..picture import swatches

MOST_UNDO = 50
NEITHER, PLACE = "neither", "a place"  # guesses beside the goals
NEAR = 2.0  # tiles: a guessed place counts as right within this distance


@dataclass
class Live:
    """One level on a page, and the agents that run in it side by side.

    `version` grows with every change; `origin` is the level that *reset* goes back to; `ack` is the number of the
    last edit answered, `since` the step from which the runs differ from the version before; `refused` a sentence;
    `gesture` the number of the drag that made the last edit, whose edits are undone together. `verdict` says how the
    guess at this version's run came out, empty before it was made; `tally` counts (guess, what came, whether right).
    """

    demo: Demo
    runs: list[Run]
    origin: Level
    version: int = 0
    ack: int = 0
    since: int = 0
    refused: str = ""
    past: list[tuple[Level, list[tuple[int, Level]]]] = field(default_factory=list)
    gesture: int = 0
    verdict: str = ""
    tally: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    @classmethod
    def begin(cls, demo: Demo, agents: list[Agent], level: Level, seed: int, version: int = 0) -> "Live":
        """Roll every agent through the level."""
        return cls(demo, [Run(demo, agent, level, seed) for agent in agents], copied(level), version)

    @property
    def agents(self) -> list[Agent]:
        """The agents that run here, in the order of `runs`."""
        return [run.agent for run in self.runs if run.agent is not None]

    def restart(self, level: Level) -> None:
        """Run the same agents from the start of this level."""
        self.runs = [Run(self.demo, run.agent, level, run.seed) for run in self.runs]
        self.since = 0


def apply_edit(live: Live, message: Any) -> None:
    """Carry out what the canvas sent. Untrusted: an impossible edit is refused with a sentence, and nothing changes.

    `message`: {"seq": int, "kind": "edit" | "take" | "undo" | "reset" | "guess", "at": step, "level": level as JSON,
    "moved": {slot: [row, column]}, "action": int, "gesture": int, "choice": str, "place": [row, column] | None}.
    """
    if not isinstance(message, dict) or not isinstance(message.get("seq"), int) or message["seq"] <= live.ack:
        return
    live.ack, live.refused = message["seq"], ""
    if message.get("kind") == "guess":
        judge(live, message)
        return
    live.version += 1
    try:
        at = int(message.get("at", 0))
        kind = message.get("kind")
        if kind == "edit":
            _edit(live, at, message)
        elif kind == "take":
            action = int(message["action"])
            if not 0 <= action < len(live.demo.actions):
                raise BadLevel(f"There is no action {action}; actions go from 0 to {len(live.demo.actions) - 1}.")
            live.runs[0].take(at, [action])
            live.since = at
        elif kind == "undo" and live.past:
            live.gesture = 0
            first, edits = live.past.pop()
            live.restart(first)
            for step, level in edits:
                for run in live.runs:
                    run.edit(step, level)
        elif kind == "reset":
            live.past.clear()
            live.gesture = 0
            live.restart(live.origin)
    except BadLevel as refused:
        live.refused = str(refused)
    except (KeyError, TypeError, ValueError):
        live.refused = "The page sent an edit that could not be read; try it again."
    if not live.refused:
        live.verdict = ""


def guesses(demo: Demo) -> list[str]:
    """What can be guessed of a run, besides a place."""
    return [*demo.goals, NEITHER]


def judge(live: Live, message: dict[str, Any]) -> None:
    """Set a guess against the first run, once for each of its versions. Untrusted, as in `apply_edit`.

    A guess is one of `guesses`, or a place: right within `NEAR` tiles of where the agent was when it was decided.
    """
    run = live.runs[0]
    came = run.outcome if run.outcome in live.demo.goals else NEITHER
    choice, place = message.get("choice"), message.get("place")
    try:
        if place is not None:
            at = run.states[run.decided].at[0]
            away = math.dist(at, (float(place[0]), float(place[1])))
            choice, right = PLACE, away <= NEAR
            said = (
                f"You guessed a place {away:.0f} tiles from where it was then: {'near enough' if right else 'not it'}."
            )
        elif choice in guesses(live.demo):
            right = choice == came
            said = (
                f"You guessed {_the(choice)}, and so it was." if right else f"You guessed {_the(choice)}; it was not."
            )
        else:
            raise ValueError
    except (TypeError, ValueError, IndexError, OverflowError):
        live.refused = f"A guess is a place or one of: {', '.join(guesses(live.demo))}."
        return
    if not live.verdict:
        live.tally[choice, came, right] += 1
        live.verdict = said


def _the(choice: str) -> str:
    return choice if choice == NEITHER else f"the {choice}"


def held(live: Live, which: int = 0) -> dict[str, Any]:
    """What a canvas needs beside `payload` to hold its run until a guess is made; other runs wait for the first's."""
    waiting = {} if live.verdict else {"alt": f"{live.demo.title}: the agent waits for your guess."}
    if which:
        return {"wait": not live.verdict} | waiting
    return {
        "hold": True,
        "guesses": guesses(live.demo),
        "settled": live.runs[0].decided,
        "verdict": live.verdict,
    } | waiting


def _edit(live: Live, at: int, message: dict[str, Any]) -> None:
    level = editing.from_json(live.demo, message["level"])
    moved = {}
    for slot, place in dict(message.get("moved") or {}).items():
        if not 0 <= int(slot) < len(editing.object_names(live.demo)):
            raise BadLevel("The page moved an object that does not exist; reload it.")
        moved[int(slot)] = (float(place[0]), float(place[1]))
    fresh = [run.fork() for run in live.runs]  # a refused edit leaves the runs as they were
    for run in fresh:
        run.edit(min(at, run.steps), level, moved)
    before, live.runs = live.runs[0], fresh
    gesture = message.get("gesture") or 0
    if not (gesture and gesture == live.gesture and live.past):
        live.past = [*live.past, (before.first, before.edits)][-MOST_UNDO:]
    live.gesture = gesture
    live.since = 0 if at >= live.runs[0].steps else at


def art(demo: Demo) -> dict[str, Any]:
    """The sprites a canvas needs, as text: sent once."""
    names = {kind.sprite for kind in demo.kinds} | {t.sprite for t in demo.tiles} | {t.top for t in demo.tiles if t.top}
    names |= {look for kind in demo.kinds for look in kind.looks}
    names |= {pose for pose in sprites.NAMES if pose.rpartition("_")[0] in names}
    return {
        "order": list(sprites.NAMES),
        "rows": {name: sprites.ART_ROWS[name] for name in sorted(names)},
        "palette": {char: "#{:02x}{:02x}{:02x}".format(*colour) for char, colour in sprites.PALETTE.items()},
    }


def payload(live: Live, which: int, overlay: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything one canvas shows, as JSON."""
    demo, run = live.demo, live.runs[which]
    states = run.states[: run.steps + 1]
    names = editing.object_names(demo)
    kinds = [kind for kind in demo.kinds for _ in range(kind.count)]
    return {
        "version": live.version,
        "ack": live.ack,
        "since": live.since,
        "refused": live.refused,
        "art": art(demo),
        "tiles": [{"name": t.name, "char": t.char, "sprite": t.sprite, "top": t.top or t.sprite} for t in demo.tiles],
        "names": list(names),
        "kinds": [
            {"kind": k.name, "sprite": k.sprite, "count": k.count, "help": k.help, "looks": looks_of(demo, k.name)}
            for k in kinds
        ],
        "goal": demo.goal_object,
        "level": editing.to_json(demo, run.level),
        "first": editing.to_json(demo, run.first),
        "edits": [{"at": at, "level": editing.to_json(demo, level)} for at, level in run.edits],
        "places": np.round(states["at"].reshape(len(states), -1), 3).tolist(),
        "there": states["there"].tolist(),
        "facing": states["facing"].tolist(),
        "pose": states["pose"].tolist(),
        "paid": states["total"].tolist(),
        "steps": run.steps,
        "probabilities": np.round(run.probabilities[: run.steps], 3).tolist(),
        "values": np.round(run.values[: run.steps], 3).tolist(),
        "actions": list(demo.actions),
        "keys": demo.keys,
        "events": [[at, words] for at, words in run.events()],
        "sentence": run.describe(),
        "settings": [
            {"name": s.name, "low": s.low, "high": s.high, "help": s.help, "choices": s.choices, "whole": s.whole}
            for s in demo.settings
        ],
        "swatches": swatches(demo),
        "margin": demo.margin,
        "view": demo.view,
        "agent": run.agent.name if run.agent else "",
        "overlay": overlay or {},
        "alt": f"{demo.title}: {run.describe()}",
    }


def policy_field(live: Live, which: int = 0) -> dict[str, Any]:
    """The agent's value and likeliest action in every open place of the level, as if it stood there.

    Returns {"cells": [[row, column, value, action, probability], ...]}.
    In a platformer only places with ground below count.
    """
    demo, run = live.demo, live.runs[which]
    if run.agent is None:
        return {}
    level = copied(run.level)
    cells = editing.open_places(demo, level)
    if not cells:
        return {}
    state = record(demo.state)
    demo.start(level, 0, state)
    size = sprites.PATCH
    ground = np.zeros((demo.rows * size, (demo.columns + 2 * demo.margin) * size, 3), np.uint8)
    sprites.paint_ground(sprites.SMALL, demo.tile_sprites, level, demo.margin, ground)
    pictures = np.zeros((len(cells), demo.rows * size, demo.view * size, 3), np.uint8)
    for i, cell in enumerate(cells):
        state.at[0] = cell
        sprites.paint_window(sprites.SMALL, ground, demo.margin, level, state, pictures[i])
    probabilities, values = run.agent.think(pictures)
    best = probabilities.argmax(1)
    return {
        "cells": [
            [r, c, round(float(v), 3), int(a), round(float(p[a]), 3)]
            for (r, c), v, a, p in zip(cells, values, best, probabilities, strict=True)
        ]
    }
