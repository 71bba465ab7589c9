"""One agent in one level, with the state at every step kept, editable at any step."""

import copy
from typing import Any

import numpy as np

from ..rules import edit as editing
from ..rules import sprites
from ..rules.batch import advance
from ..rules.change import Moved
from ..rules.compiled import rule
from ..rules.edit import BadLevel
from ..rules.level import RUNNING, Level, State, copied, record, records
from ..rules.rng import draw
from ..rules.world import Demo
from . import run_wording
from .pretrained import Agent
from .run_spec import Edit, Given, edit_of, format_run
from .run_wording import outcome_of

_ACTION_NOISE = 1 << 20  # the purpose of the draw that picks an action


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


class Run:
    """The agent rolled forward to the end of its episode, from a level, or from all that a run was given.

    With `stops`, only to the first goal after what was last done to it, its `stop`; `go_on` rolls the rest. In worlds
    that count, all of it is rolled.

    Attributes: `states`, records[steps + 1]; `actions`, int64[steps]; `by_person`, bool[steps], where a person acted;
    `probabilities`, float64[steps, actions]; `values`, float64[steps]; `edits`, by step; `level`, as last edited. With
    `agent` None only what a person did is followed, and probabilities and values are zero. Raises BadLevel.
    """

    def __init__(
        self,
        demo: Demo,
        agent: Agent | None,
        given: Level | Given,
        seed: int = 0,
        greedy: bool = False,
        config: Any = None,
        stops: bool = False,
    ) -> None:
        given = given if isinstance(given, Given) else Given(given)
        self.demo, self.agent, self.seed, self.greedy, self.stops = demo, agent, int(seed), greedy, stops
        self.actor: str | None = agent.name if agent else None
        self.digest: str | None = agent.digest if agent else None
        self.config = config or (agent.config if agent else demo.training)
        self.first = editing.checked(demo, copied(given.level))
        self.edits: list[Edit] = []
        self.states = records(demo.state, demo.timeout + 1)
        self.actions = np.zeros(demo.timeout, np.int64)
        self.by_person = np.zeros(demo.timeout, bool)
        self.probabilities = np.zeros((demo.timeout, len(demo.actions)))
        self.values = np.zeros(demo.timeout)
        self.steps = 0
        demo.start(self.first, self.seed, self.states[0])
        self._follow(given)

    @property
    def level(self) -> Level:
        """The level as last edited."""
        return self.edits[-1].level if self.edits else self.first

    def level_at(self, t: int) -> Level:
        """The level in force at step `t`."""
        return next((edit.level for edit in reversed(self.edits) if edit.at <= t), self.first)

    @property
    def end(self) -> State:
        """The last state."""
        return self.states[self.steps]

    @property
    def outcome(self) -> str:
        """The goal reached first, else `died`, `stopped` or `timeout`."""
        return outcome_of(self.demo, self.level, self.end)

    @property
    def decided(self) -> int:
        """The step from which on the outcome is certain: a named goal was reached then, or the run has ended."""
        return min([int(step) for step in self.end.reached if step >= 0], default=self.steps)

    @property
    def decided_at(self) -> int:
        """The step at which showing a run stops of itself: where it is decided; in worlds that count, its end."""
        return self.steps if self.demo.counts else self.decided

    @property
    def stop(self) -> int:
        """The step of the first goal that was reached after what was last done to the run, else the last step."""
        touched = self._touched
        return min([int(step) for step in self.end.reached if step > touched], default=self.steps)

    @property
    def _touched(self) -> int:
        """The step of what was last done to the run: an edit, or a person's act; 0 where nothing was."""
        return max([0, *(edit.at for edit in self.edits), *map(int, np.flatnonzero(self.by_person))])

    @property
    def over(self) -> bool:
        """Whether its episode has ended: nothing is left to `go_on` with."""
        return self.steps >= self.demo.timeout or bool(self.end.done != RUNNING) or self.agent is None

    @property
    def total(self) -> float:
        """The reward of the whole run."""
        return float(self.end.total)

    def fork(self) -> "Run":
        """A copy that can be edited without changing this run."""
        other = copy.copy(self)
        other.edits = list(self.edits)
        for name in ("states", "actions", "by_person", "probabilities", "values"):
            setattr(other, name, getattr(self, name).copy())
        return other

    @property
    def given(self) -> Given:
        """What it was given beside agent and seed: `Run` of it is this run again."""
        return Given(self.first, tuple(self.edits), {int(t): int(self.actions[t]) for t in self._steered()})

    @property
    def text(self) -> str:
        """The same as one short text, which `run_spec.parse_run` reads."""
        return format_run(self.demo, self.given)

    def _steered(self) -> np.ndarray:
        return np.flatnonzero(self.by_person[: self.steps])

    def edit(self, at: int, level: Level, moved: Moved | None = None) -> None:
        """Apply a whole new level before step `at`, and let the agent go on from there.

        `moved` gives new places of things that move (slot: row, column), or takes them away (-1, -1). An edit after
        the end starts the run anew. Later edits are undone; one at the same step joins this one. Raises BadLevel, and
        leaves the run as it was, if the edit is impossible.
        """
        if at >= self.steps or at < 0:
            at = 0
        if at == 0:
            level = copied(level)
            for slot, place in (moved or {}).items():
                level.objects[slot] = place
            editing.checked(self.demo, level)
            self.demo.start(level, self.seed, self.states[0])
            self.first, self.edits = level, []
        else:
            self._put(edit_of(self.level_at(at), at, level, moved or {}))
        self._roll(at)

    def _put(self, edit: Edit) -> None:
        """Carry the state at an edit's step over to its level. Raises BadLevel if they are impossible."""
        at, level = edit.at, edit.level
        state = self._carried(edit)
        now = copied(level)
        now.objects[:] = np.where(state.there[:, None] > 0, state.at, -1.0)
        now.objects[0] = state.at[0]
        editing.checked(self.demo, now)
        earlier = [old for old in self.edits if old.at < at]
        moved = {slot: place for old in self.edits if old.at == at for slot, place in old.moved.items()} | edit.moved
        self.edits = [*earlier, Edit(at, level, moved)]
        self.states[at] = state

    def _carried(self, edit: Edit) -> State:
        """The state of its step in an edited level: what was moved takes its new place, all else goes on.

        What a person put somewhere is there, even where the level has it and the run does not. Without a body that
        was moved (slot 0), only `at` and `there` of objects change.
        """
        state = copied(self.states[edit.at])
        for slot, place in edit.moved.items():
            state.at[slot], state.there[slot] = place, place[0] >= 0
        if 0 in edit.moved:  # a body that was put somewhere stands still there
            fresh = record(self.demo.state)
            self.demo.start(edit.level, self.seed, fresh)
            for name in self.demo.motion:
                state[name] = fresh[name]
        return state

    def _follow(self, given: Given) -> None:
        """Roll from the beginning to the end, with its edits and what a person did. Raises BadLevel."""
        if self.agent is None and not given.steered:
            return
        at = 0
        for edit in given.edits:
            self._roll(at, given.steered, until=edit.at)
            if not (at < edit.at == self.steps and self.states[edit.at].done == RUNNING):
                raise BadLevel(f"The run ends at step {self.steps}; nothing can be changed at step {edit.at}.")
            self._put(edit)
            at = edit.at
        self._roll(at, given.steered)
        if any(t >= self.steps for t in given.steered):
            raise BadLevel(f"The run ends at step {self.steps}; nobody can act at step {max(given.steered)}.")

    def take(self, at: int, actions: list[int]) -> None:
        """Let a person act from step `at` on; afterwards the agent goes on. Later edits are undone."""
        at = min(max(at, 0), self.steps)
        self.edits = [edit for edit in self.edits if edit.at <= at]
        self._roll(at, {at + i: action for i, action in enumerate(actions)})

    def go_on(self) -> "Run":
        """Roll what is left of the episode; returns this run."""
        if not self.over:
            self._roll(self.steps, until=self.demo.timeout)
        return self

    def _roll(self, at: int, steered: dict[int, int] | None = None, until: int | None = None) -> None:
        """Roll from step `at` on, `until` a step or as far as it goes: what a person does, else what the agent does."""
        demo, level = self.demo, self.level_at(at)
        ground, picture = self._ground(level), self._blank()
        steered = {t: action for t, action in (steered or {}).items() if t < demo.timeout}
        self.by_person[at:] = False
        self.by_person[list(steered)] = True
        last = demo.timeout if until is None else min(until, demo.timeout)
        touched = max(at, self._touched) if until is None and self.stops and not demo.counts else last
        t = at
        while self.states[t].done == RUNNING and t < last and self.states[t].reached.max() <= touched:
            state = self.states[t]
            if self.agent is not None:
                sprites.paint_window(sprites.SMALL, ground, demo.margin, level, state, picture)
                self.probabilities[t : t + 1], self.values[t : t + 1] = self.agent.think(picture[None])
            if t in steered:
                self.actions[t] = steered[t]
            elif self.agent is None:
                break
            else:
                choose(self.probabilities[t : t + 1], self.states[t : t + 1], self.greedy, self.actions[t : t + 1])
            self.states[t + 1] = state
            advance(demo, self.config, level, self.states[t + 1], int(self.actions[t]))
            t += 1
        self.by_person[t:] = False  # what a person would have done after the end
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
        return run_wording.events(self)

    def describe(self, until: int | None = None) -> str:
        """What the run did (up to a step), in one sentence of plain behaviour."""
        return run_wording.describe(self, until)
