"""One agent in one level, with the state at every step kept, editable at any step."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..rules import edit as editing
from ..rules import sprites
from ..rules.compiled import rule
from ..rules.edit import BadLevel
from ..rules.level import RUNNING, TRUNCATED, Level, State, copied, record, records
from ..rules.rng import draw
from ..rules.world import Demo
from .pretrained import Agent

_ACTION_NOISE = 1 << 20  # the purpose of the draw that picks an action
_RUN_FORMAT = 1
MOST_BYTES = 1_000_000  # of a saved run


@rule
def choose(probabilities, states, greedy, actions):
    """Pick an action for every state, int64[n], from probabilities, float64[n, actions].

    The noise is drawn from (the run's seed, the step), so a run replays exactly; `greedy` takes the likeliest.
    """
    for i in range(len(states)):
        if greedy:
            actions[i] = np.argmax(probabilities[i])
        else:
            left = draw(states[i].seed, states[i].t, _ACTION_NOISE)
            action = 0
            while action < probabilities.shape[1] - 1 and left >= probabilities[i, action]:
                left -= probabilities[i, action]
                action += 1
            actions[i] = action


def outcome_of(demo: Demo, state: State) -> str:
    """The goal reached first (the intended one if both at once), else `died` or `timeout`."""
    reached = [(int(step), i) for i, step in enumerate(state.reached) if step >= 0]
    if reached:
        return demo.goals[min(reached)[1]]
    return "died" if state.died else "timeout"


class Run:
    """The agent rolled forward to the end of its episode.

    Attributes: `states`, records[steps + 1]; `actions`, int64[steps]; `probabilities`, float64[steps, actions];
    `values`, float64[steps]; `edits`, a list of (step, level); `level`, as last edited. With `agent` None the
    actions are given (`Run.load`) and probabilities and values are zero.
    """

    def __init__(
        self, demo: Demo, agent: Agent | None, level: Level, seed: int = 0, greedy: bool = False, config: Any = None
    ) -> None:
        self.demo, self.agent, self.seed, self.greedy = demo, agent, int(seed), greedy
        self.actor: str | None = agent.name if agent else None
        self.digest: str | None = agent.digest if agent else None
        self.config = config or (agent.config if agent else demo.training)
        self.first = editing.checked(demo, copied(level))
        self.edits: list[tuple[int, Level]] = []
        self.states = records(demo.state, demo.timeout + 1)
        self.actions = np.zeros(demo.timeout, np.int64)
        self.by_person = np.zeros(demo.timeout, bool)
        self.probabilities = np.zeros((demo.timeout, len(demo.actions)))
        self.values = np.zeros(demo.timeout)
        self.steps = 0
        demo.start(self.first, self.seed, self.states[0])
        if agent is not None:
            self._roll(0)

    @property
    def level(self) -> Level:
        """The level as last edited."""
        return self.edits[-1][1] if self.edits else self.first

    def level_at(self, t: int) -> Level:
        """The level in force at step `t`."""
        return next((level for at, level in reversed(self.edits) if at <= t), self.first)

    @property
    def end(self) -> State:
        """The last state."""
        return self.states[self.steps]

    @property
    def outcome(self) -> str:
        """The goal reached first, else `died` or `timeout`."""
        return outcome_of(self.demo, self.end)

    @property
    def decided(self) -> int:
        """The step from which on the outcome is certain: a named goal was reached then, or the run has ended."""
        return min([int(step) for step in self.end.reached if step >= 0], default=self.steps)

    @property
    def total(self) -> float:
        """The reward of the whole run."""
        return float(self.end.total)

    def fork(self) -> "Run":
        """A copy that can be edited without changing this run."""
        other = copy.copy(self)
        for name in ("states", "actions", "by_person", "probabilities", "values"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def edit(self, at: int, level: Level, moved: dict[int, tuple[float, float]] | None = None) -> None:
        """Apply a whole new level before step `at`, and let the agent go on from there.

        `moved` gives new places of things that move (slot: row, column). An edit after the end starts the run anew.
        Later edits are undone. Raises BadLevel, and leaves the run as it was, if the edit is impossible.
        """
        if at >= self.steps or at < 0:
            at = 0
        level = copied(level)
        if at == 0:
            for slot, place in (moved or {}).items():
                level.objects[slot] = place
            editing.checked(self.demo, level)
            self.demo.start(level, self.seed, self.states[0])
            self.first, self.edits = level, []
        else:
            self._put(at, level, self._carried(at, level, moved or {}))
        self._roll(at)

    def _put(self, at: int, level: Level, state: State) -> None:
        """Make a level and a state carried over to it those of step `at`. Raises BadLevel if they are impossible."""
        now = copied(level)
        now.objects[:] = np.where(state.there[:, None] > 0, state.at, -1.0)
        now.objects[0] = state.at[0]
        editing.checked(self.demo, now)
        self.edits = [(t, old) for t, old in self.edits if t < at] + [(at, level)]
        self.states[at] = state

    def _carried(self, at: int, level: Level, moved: dict[int, tuple[float, float]]) -> State:
        """The state of step `at` in an edited level: what was edited takes its new place, all else goes on.

        `moved`: what a person put somewhere, which may be where the level has it and the run does not. Without a body
        that was moved (slot 0), only `at` and `there` of objects change.
        """
        state, old, fresh = copied(self.states[at]), self.level_at(at), record(self.demo.state)
        self.demo.start(level, self.seed, fresh)
        for slot in range(1, len(state.there)):
            if not np.array_equal(old.objects[slot], level.objects[slot]):
                state.at[slot], state.there[slot] = level.objects[slot], fresh.there[slot]
        for slot, place in moved.items():
            state.at[slot], state.there[slot] = place, 1
        if 0 in moved:  # a body that was put somewhere stands still there
            for name in self.demo.motion:
                state[name] = fresh[name]
        return state

    def take(self, at: int, actions: list[int]) -> None:
        """Let a person act from step `at` on; afterwards the agent goes on. Later edits are undone."""
        at = min(max(at, 0), self.steps)
        self.edits = [(t, level) for t, level in self.edits if t <= at]
        self._roll(at, given=actions)

    def _roll(self, at: int, given: list[int] | None = None) -> None:
        """Roll forward from step `at` to the end, first by the given actions, then by the agent."""
        demo, level = self.demo, self.level_at(at)
        ground, picture = self._ground(level), self._blank()
        given = given or []
        t = at
        while self.states[t].done == RUNNING and t < demo.timeout:
            state = self.states[t]
            if self.agent is not None:
                sprites.paint_window(sprites.SMALL, ground, demo.margin, level, state, picture)
                self.probabilities[t : t + 1], self.values[t : t + 1] = self.agent.think(picture[None])
            if t - at < len(given):
                self.actions[t] = given[t - at]
            elif self.agent is None:
                break
            else:
                choose(self.probabilities[t : t + 1], self.states[t : t + 1], self.greedy, self.actions[t : t + 1])
            self.by_person[t] = t - at < len(given)
            self.states[t + 1] = state
            demo.step(self.config, level, self.states[t + 1], int(self.actions[t]))
            t += 1
        self.steps = t

    def _blank(self) -> np.ndarray:
        return np.zeros((self.demo.rows * sprites.PATCH, self.demo.view * sprites.PATCH, 3), np.uint8)

    def _ground(self, level: Level) -> np.ndarray:
        demo, size = self.demo, sprites.PATCH
        ground = np.zeros((demo.rows * size, (demo.columns + 2 * demo.margin) * size, 3), np.uint8)
        sprites.paint_ground(sprites.SMALL, demo.tile_sprites, level, demo.margin, ground)
        return ground

    def picture(self, t: int) -> np.ndarray:
        """What the agent saw at step `t`: uint8[height, width, 3]."""
        level, picture = self.level_at(t), self._blank()
        sprites.paint_window(sprites.SMALL, self._ground(level), self.demo.margin, level, self.states[t], picture)
        return picture

    def events(self) -> list[tuple[int, str]]:
        """What happened, as (step, words), in order."""
        demo, end = self.demo, self.end
        found = [(at, "edited") for at, _ in self.edits]
        found += [
            (int(step), demo.told.get(goal) or f"{_verb(demo, goal)} the {self._taken(goal)}")
            for goal, step in zip(demo.goals, end.reached, strict=True)
            if step >= 0
        ]
        passed = self._passed()
        if passed is not None:
            found.append((passed, f"passed the {demo.goal_object}"))
        if end.died:
            found.append((int(end.t), "died"))
        elif end.done == TRUNCATED and not demo.counts and not (end.reached[0] >= 0 or self.total > 0):
            found.append((int(end.t), "ran out of time"))
        return sorted(found)

    def _taken(self, goal: str) -> str:
        """What to call a goal that was reached: the object that counts as it and is gone, such as `second cheese`."""
        names = editing.object_names(self.demo)
        gone = [
            name for name, before, now in zip(names, self.states[0].there, self.end.there, strict=True) if before > now
        ]
        return next((name for name in gone if goal in name and goal not in gone), goal).replace("_", " ")

    def _passed(self) -> int | None:
        """The step at which the agent last crossed the column of the untaken intended object, where views scroll."""
        slot = editing.goal_slot(self.demo)
        if self.demo.margin == 0 or self.end.reached[0] >= 0 or not self.end.there[slot]:
            return None
        states = self.states[: self.steps + 1]
        side = np.sign(states["at"][:, 0, 1] - states["at"][:, slot, 1])
        crossed = np.nonzero((side[1:] > 0) & (side[:-1] <= 0))[0]
        return int(crossed[-1]) + 1 if len(crossed) else None

    def describe(self, until: int | None = None) -> str:
        """What the run did (up to a step), in one sentence of plain behaviour."""
        until = self.steps if until is None else until
        told = [f"{words} at step {step}" for step, words in self.events() if words != "edited" and step <= until]
        if self.demo.counts and until >= self.steps:
            told.append(f"ended after {self.steps} steps with a reward of {self.total:g}")
        if not told:
            return f"Still under way after {until} steps."
        sentence = told[0] if len(told) == 1 else ", ".join(told[:-1]) + " and " + told[-1]
        without = (
            f", without the {self.demo.intended}"
            if self.end.reached[0] < 0 and self.end.there[1] and not self.demo.counts
            else ""
        )
        return f"The agent {sentence}{without}."

    def data(self) -> dict[str, Any]:
        """The run as plain data: levels, edits, seed, the actions taken, and whose they were."""
        return {
            "format": _RUN_FORMAT,
            "demo": self.demo.name,
            "agent": self.actor,
            "sha256": self.digest,
            "seed": self.seed,
            "config": self.config._asdict(),
            "level": editing.to_json(self.demo, self.first),
            "edits": [
                {"at": at, "level": editing.to_json(self.demo, level), "state": self.states[at].tobytes().hex()}
                for at, level in self.edits
            ],
            "actions": self.actions[: self.steps].tolist(),
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to one small JSON file."""
        target = Path(path)
        temporary = target.with_name(target.name + ".part")
        temporary.write_text(json.dumps(self.data()), encoding="utf-8")
        os.replace(temporary, target)

    @classmethod
    def from_data(cls, data: Any, demo: Demo, agent: Agent | None = None) -> "Run":
        """Replay the actions of such data, without a network. Untrusted: everything is checked.

        With `agent`, what it would have thought at each step is worked out too, and it acts on after an edit. Raises
        BadLevel with a sentence.
        """
        try:
            if data["format"] != _RUN_FORMAT or data["demo"] != demo.name:
                raise BadLevel(f"This is not a run of {demo.name} that this version can read.")
            config, seed = _config(demo, data["config"]), int(data["seed"])
            actions = [int(a) for a in data["actions"]]
            if len(actions) > demo.timeout:
                raise BadLevel(f"The run holds {len(actions)} actions; an episode has at most {demo.timeout}.")
            if not all(0 <= a < len(demo.actions) for a in actions):
                raise BadLevel(f"The run holds actions that do not exist in {demo.name}.")
            if not 0 <= seed < 1 << 62:
                raise BadLevel(f"The run's seed must be between 0 and 2**62, not {seed}.")
            run = cls(demo, None, editing.from_json(demo, data["level"]), seed, config=config)
            run.agent, run.actor, run.digest = agent, _text(data["agent"]), _text(data["sha256"])
            run._roll(0, given=actions)
            for item in data["edits"]:
                at, level = int(item["at"]), editing.from_json(demo, item["level"])
                if not max([t for t, _ in run.edits], default=0) < at < run.steps:
                    raise BadLevel(f"The run is edited at step {at}, which does not come after its last edit.")
                kept = np.frombuffer(bytes.fromhex(item["state"]), demo.state)[0]
                run._put(at, level, run._restored(at, level, kept))
                run._roll(at, given=actions[at:])
            if run.steps != len(actions):
                raise BadLevel(f"The run holds {len(actions)} actions, but its levels end after {run.steps}.")
            run.by_person[:] = agent is None and run.actor is None
            return run
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            if isinstance(error, BadLevel):
                raise
            raise BadLevel("This is not a saved run, or it is damaged.") from error

    def _restored(self, at: int, level: Level, kept: Any) -> State:
        """The state after an edit as it was saved, if the edit could have left it; else raises BadLevel.

        Compiled rules trust what a state holds, so nothing else is taken from a file than places and what is there.
        """
        for moved in ({}, {0: (0.0, 0.0)}):
            state = self._carried(at, level, moved)
            state.at[:], state.there[:] = kept["at"], kept["there"] > 0
            if np.isfinite(state.at).all() and state.tobytes() == kept.tobytes():
                return state
        raise BadLevel(f"The state that the run holds for step {at} cannot come of its edit there.")

    @classmethod
    def load(cls, path: str | os.PathLike[str], demo: Demo) -> "Run":
        """Read a saved run and replay it, without the network. Raises BadLevel with a sentence."""
        name = Path(path).name
        try:
            with Path(path).open(encoding="utf-8") as file:
                text = file.read(MOST_BYTES + 1)
            if len(text) > MOST_BYTES:
                raise BadLevel(f"It has more than {MOST_BYTES} characters.")
            return cls.from_data(json.loads(text), demo)
        except BadLevel as error:
            raise BadLevel(f"'{name}' cannot be replayed: {error}") from None
        except (ValueError, RecursionError) as error:
            raise BadLevel(f"'{name}' is not a saved run, or it is damaged.") from error


def _config(demo: Demo, data: dict[str, Any]) -> Any:
    """A config of such fields; those that are missing are as in training. Raises BadLevel."""
    for name, value in data.items():
        usual = getattr(demo.training, name, None)
        number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 31
        if not number or (isinstance(usual, int) and not isinstance(value, int)) or usual is None:
            raise BadLevel(f"'{str(name)[:40]}' is not a setting of {demo.name} with a number that it can have.")
    return demo.training._replace(**{name: type(getattr(demo.training, name))(value) for name, value in data.items()})


def _text(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and len(value) <= 200 and value.isprintable()):
        raise BadLevel("The run's agent and sha256 must be short texts, or null.")
    return value


def _verb(demo: Demo, goal: str) -> str:
    return "took" if goal in [kind.name for kind in demo.kinds] else "reached"
