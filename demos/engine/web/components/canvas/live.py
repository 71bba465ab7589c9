"""What a live canvas shows and how it answers edits: no Streamlit in here, so that tests can drive it."""

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal
from uuid import uuid4

import numpy as np
from pydantic import BaseModel, Field

from ....agents.pretrained import Agent
from ....agents.run_grid import Run
from ....agents.run_spec import Given
from ....rules import edit as editing
from ....rules import level_files, sprites
from ....rules.boundary import boundary
from ....rules.edit import BadLevel, looks_of
from ....rules.level import Level, copied
from ....rules.palette import swatches
from ....rules.world import Demo
from ....study.policy_field import policy_field

MOST_UNDO = 50
NEITHER, PLACE = "neither", "a place"  # guesses beside the goals
NEAR = 2.0  # tiles: a guessed place counts as right within this distance


@dataclass
class Live:
    """One level on a page, and the agents that run in it side by side.

    `version` grows with every change; `origin` is the level that *reset* goes back to; `ack` is the number of the
    last edit answered, `since` the step from which the runs differ from the version before; `refused` a sentence;
    `link`: the query of an address that brings the first run back, empty where there is none; `session`: names this
    object, for a canvas that outlives it; `gesture` the number of the drag that made the last edit, whose edits are
    undone together. `verdict` says how the guess at this version's run came out, empty before it was made; `tally`
    counts (guess, what came, whether right).
    `seen` is the version that was last watched as far as it goes; with `stops` runs end where they are decided, and
    `on` says whether they were let go on.
    """

    demo: Demo
    runs: list[Run]
    origin: Level
    version: int = 0
    ack: int = 0
    since: int = 0
    refused: str = ""
    past: list[Given] = field(default_factory=list)
    gesture: int = 0
    link: str = ""
    session: str = field(default_factory=lambda: uuid4().hex)
    verdict: str = ""
    seen: int = -1
    stops: bool = False
    on: bool = False
    tally: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    @classmethod
    def begin(
        cls, demo: Demo, agents: list[Agent], given: Level | Given, seed: int, version: int = 0, stops: bool = False
    ) -> "Live":
        """Roll every agent through what was given. Raises BadLevel where the first one cannot follow it."""
        runs = _rolled(demo, agents, given, seed, stops)
        return cls(demo, runs, copied(runs[0].first), version, stops=stops)

    @property
    def agents(self) -> list[Agent]:
        """The agents that run here, in the order of `runs`."""
        return [run.agent for run in self.runs if run.agent is not None]

    def become(self, run: Run) -> None:
        """Put this run in the place of the first one; the others follow its edits."""
        self.runs = [run, *_followers(self.agents[1:], run.given, run.seed, self.stops)]

    def restart(self, given: Level | Given) -> None:
        """Run the same agents from the start of what is given."""
        self.runs = _rolled(self.demo, self.agents, given, self.runs[0].seed, self.stops)
        self.since = 0


def _rolled(demo: Demo, agents: list[Agent], given: Level | Given, seed: int, stops: bool) -> list[Run]:
    first = Run(demo, agents[0], given, seed, stops=stops)
    return [first, *_followers(agents[1:], first.given, seed, stops)]


def _followers(agents: list[Agent], given: Given, seed: int, stops: bool) -> list[Run]:
    """Runs beside the first: edited at the same steps; an edit after the end of one starts it anew."""
    runs = []
    for agent in agents:
        runs.append(Run(agent.demo, agent, given.level, seed, stops=stops))
        for edit in given.edits:
            if edit.at >= runs[-1].steps:
                runs[-1].go_on()
            runs[-1].edit(min(edit.at, runs[-1].steps), edit.level, edit.moved)
    return runs


Spot = tuple[Annotated[float, Field(ge=-1, le=1000)], Annotated[float, Field(ge=-1, le=1000)]]


class Message(BaseModel):
    """What a canvas sends; untrusted. A spot of (-1, -1) means taken away."""

    seq: Annotated[int, Field(ge=0, le=1 << 53)]
    kind: Literal["edit", "take", "undo", "reset", "guess", "seen", "on", "whole"]
    of: int = -1
    at: Annotated[int, Field(ge=0, le=1 << 31)] = 0
    level: dict[str, Any] = {}
    moved: Annotated[dict[int, Spot], Field(max_length=100)] = {}
    action: Annotated[int, Field(ge=0)] = 0
    gesture: Annotated[int, Field(ge=0, le=1 << 53)] = 0
    choice: Annotated[str, Field(max_length=100)] = ""
    place: Spot | None = None


def apply_edit(live: Live, sent: Any) -> None:
    """Carry out a `Message`. Untrusted: what cannot be done is refused with a sentence, and changes nothing."""
    if not _answered(live, sent):
        return
    try:
        with boundary(BadLevel, "The page sent something that could not be read; try it again."):
            message = Message.model_validate(sent)
            if message.kind == "guess":
                judge(live, message)
                return
            if message.kind in ("seen", "on", "whole"):
                if message.kind == "on":
                    live.on = True
                    for run in live.runs:
                        run.go_on()
                live.seen = live.version if message.of == live.version else live.seen
                return
            live.version, live.on = live.version + 1, False
            _carry_out(live, message)
            live.verdict = ""
    except BadLevel as refused:
        live.refused = str(refused)


def refuse(live: Live, sent: Any, sentence: str) -> None:
    """Answer what a canvas sent with a sentence, and do nothing else."""
    if _answered(live, sent):
        live.refused = sentence


def _answered(live: Live, sent: Any) -> bool:
    """Count a message as answered, without a refusal so far; False where it is none, or an old one."""
    seq = sent.get("seq") if isinstance(sent, dict) else None
    if not isinstance(seq, int) or not live.ack < seq <= 1 << 53:
        return False
    live.ack, live.refused = seq, ""
    return True


def _carry_out(live: Live, message: Message) -> None:
    if message.kind == "edit":
        _edit(live, message)
    elif message.kind == "take":
        if message.action >= len(live.demo.actions):
            raise BadLevel(f"There is no action {message.action}; actions go from 0 to {len(live.demo.actions) - 1}.")
        fresh = live.runs[0].fork()
        fresh.take(message.at, [message.action])
        live.runs = [fresh, *live.runs[1:]]
        live.since = message.at
    elif message.kind == "undo" and live.past:
        live.gesture = 0
        live.restart(live.past.pop())
    elif message.kind == "reset":
        live.past.clear()
        live.gesture = 0
        live.restart(live.origin)


def guesses(demo: Demo) -> list[str]:
    """What can be guessed of a run, besides a place."""
    return [*demo.goals, NEITHER]


def judge(live: Live, message: Message) -> None:
    """Set a guess against the first run, once for each of its versions. Raises BadLevel for what is none.

    A guess is one of `guesses`, or a place: right within `NEAR` tiles of where the agent was when it was decided.
    """
    run = live.runs[0]
    came = run.outcome if run.outcome in live.demo.goals else NEITHER
    choice = message.choice
    if message.place is not None:
        away = math.dist(run.states[run.decided].at[0], message.place)
        choice, right = PLACE, away <= NEAR
        said = f"You guessed a place {away:.0f} tiles from where it was then: {'near enough' if right else 'not it'}."
    elif choice in guesses(live.demo):
        right = choice == came
        said = f"You guessed {_the(choice)}, and so it was." if right else f"You guessed {_the(choice)}; it was not."
    else:
        raise BadLevel(f"A guess is a place or one of: {', '.join(guesses(live.demo))}.")
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


def _edit(live: Live, message: Message) -> None:
    level = level_files.from_json(live.demo, message.level)
    if any(not 0 <= slot < len(level.objects) for slot in message.moved):
        raise BadLevel("The page moved an object that does not exist; reload it.")
    before, fresh = live.runs[0], live.runs[0].fork()  # a refused edit leaves the runs as they were
    fresh.edit(message.at, level, message.moved)
    live.become(fresh)
    if not (message.gesture and message.gesture == live.gesture and live.past):
        live.past = [*live.past, before.given][-MOST_UNDO:]
    live.gesture = message.gesture
    live.since = 0 if message.at >= fresh.steps else message.at


@cache
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


@cache
def world(demo: Demo) -> dict[str, Any]:
    """What is the same in every payload of a world."""
    kinds = [kind for kind in demo.kinds for _ in range(kind.count)]
    return {
        "art": art(demo),
        "tiles": [{"name": t.name, "char": t.char, "sprite": t.sprite, "top": t.top or t.sprite} for t in demo.tiles],
        "names": list(editing.object_names(demo)),
        "kinds": [
            {"kind": k.name, "sprite": k.sprite, "count": k.count, "help": k.help, "looks": looks_of(demo, k.name)}
            for k in kinds
        ],
        "goal": demo.goal_object,
        "actions": list(demo.actions),
        "keys": demo.keys,
        "settings": [
            {"name": s.name, "low": s.low, "high": s.high, "help": s.help, "choices": s.choices, "whole": s.whole}
            for s in demo.settings
        ],
        "swatches": swatches(demo),
        "margin": demo.margin,
        "view": demo.view,
    }


def payload(live: Live, which: int, overlay: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything one canvas shows, as JSON: `Payload` in js/payload.js."""
    demo, run = live.demo, live.runs[which]
    thoughts = run.steps if overlay and overlay.get("mind") else 0
    states, did = np.asarray(run.states[: run.steps + 1]), run.describe()
    return world(demo) | {
        "version": live.version,
        "session": live.session,
        "link": live.link,
        "ack": live.ack,
        "since": live.since,
        "refused": live.refused,
        "level": level_files.to_json(demo, run.level),
        "first": level_files.to_json(demo, run.first),
        "edits": [{"at": edit.at, "level": level_files.to_json(demo, edit.level)} for edit in run.edits],
        "places": np.round(states["at"].reshape(len(states), -1), 3).tolist(),
        "there": states["there"].tolist(),
        "facing": states["facing"].tolist(),
        "pose": states["pose"].tolist(),
        "paid": states["total"].tolist(),
        "steps": run.steps,
        "whole": run.steps + (not run.over),
        "probabilities": np.round(run.probabilities[:thoughts], 3).tolist(),
        "values": np.round(run.values[:thoughts], 3).tolist(),
        "events": [[at, words] for at, words in run.events()],
        "sentence": did,
        "agent": run.agent.name if run.agent else "",
        "overlay": overlay or {},
        "alt": f"{demo.title}: {did}",
    }


def field_overlay(live: Live) -> dict[str, Any]:
    """The first agent's policy field as the canvas paints it.

    {"cells": [[row, column, value, likeliest action, its probability], ...]}; empty where no agent acts.
    """
    run = live.runs[0]
    if run.agent is None:
        return {}
    field = policy_field(live.demo, run.agent, run.level)
    best = field.probabilities.argmax(1)
    return {
        "cells": [
            [int(row), int(col), round(float(value), 3), int(action), round(float(p[action]), 3)]
            for (row, col), value, action, p in zip(field.cells, field.values, best, field.probabilities, strict=True)
        ]
    }
