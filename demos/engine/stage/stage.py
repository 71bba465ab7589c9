"""What happens in the lecturer's window: keys and mouse in, time, runs and edits.

`Show` needs no screen: events go in, time passes, and `frame.draw` draws it. Whatever takes long (the next run, an
edit, a film) is computed beside it, and the last picture stays until it is there. What keys do is in `keys.py`,
what they and the mouse do to the level in `mouse_edits.py`.
"""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pygame

from ..agents.pretrained import AgentError, load_agent
from ..agents.run_grid import Run
from ..lessons.vote import Vote
from ..rules import edit as editing
from ..rules.change import Moved, changed
from ..rules.edit import BadLevel
from ..rules.level import RUNNING, Level, copied
from ..rules.world import Demo
from ..study.outcome_map import OutcomeMap, outcome_map
from . import events
from . import overlays as paint
from .pane import Memo, Operation, Pane, Scene, edited

SPEEDS = (1, 2, 4, 7, 10, 15, 25, 50)  # steps a second
LEAD = 2  # an edit made while the agent moves takes effect so many steps ahead of the picture
NOTICE = 6.0  # seconds a sentence stays
MAP_RUNS = 5  # for every place of the goal
NEITHER = "neither"  # what a vote calls an end at no named goal


class Show:
    """Everything the window shows and does: `handle` events, `advance` time; `frame.draw` draws it.

    `runs`: shown first instead of runs of the first agents (or of `versus` beside) in `level` or the level drawn from
    `level_seed`. Raises AgentError or BadLevel where the first agents or their level are not possible.
    """

    def __init__(
        self, demo: Demo, agents: list[str], level_seed: int, shifted: bool, seed: int = 0,
        level: Level | None = None, versus: str | None = None, fullscreen: bool = False, runs: list[Run] | None = None,
        changes: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.demo, self.names, self.seed, self.given, self.versus = demo, list(agents), seed, level, versus
        self.fullscreen, self.running, self.paused, self.blank = fullscreen, True, False, False
        self.sheet, self.page = "", 0  # what covers the window ("keys", "votes" or nothing), and its page
        self.blind = False  # whether names and rewards are hidden
        self.scripted = False  # whether it is a page of a talk, which has keys of its own
        self.probe = -1  # the changed level shown last
        self.clock, self.speed, self.overlay = 0.0, SPEEDS.index(10), 0
        self.notice, self.notice_left = "", 0.0
        self.held: set[str] = set()  # arrow keys held down
        self.tapped: set[str] = set()  # arrow keys pressed since the last step
        self.brush = ""  # the tile painted while its key is held down
        self.mouse = (0, 0)
        self.dragged: tuple[int, float, float] | None = None  # slot, and where it is held
        self.carried = False  # whether the pointer has moved since
        self.ghosts: Moved = {}  # objects put somewhere by an edit not yet reached
        self.ghosts_until = 0
        self.colour = 0
        self.adding, self.knob = 0, 0  # the kind of object, and the setting, that keys are about
        self.results: list[str] = []  # outcomes of a person's episodes
        self.guessing = False  # whether each run is held for a vote, at its start and after an edit
        self.holding = False  # whether one is being typed
        self.vote: Vote | None = None  # on the run shown
        self.votes: list[tuple[Vote, int | None]] = []  # those whose runs have ended, with the option that came true
        self._pool = ThreadPoolExecutor(2)
        self._scenes: dict[Scene, Future[list[Run]]] = {}
        self._coming: Scene | None = None
        self._job: Future[tuple[list[Run], str]] | None = None
        self._job_at = 0
        self._waiting: list[tuple[Operation, Moved]] = []
        self._files: list[Future[str]] = []
        self._slow = ThreadPoolExecutor(1)  # for what may take seconds and must not keep an edit waiting
        self._kept = Memo(self._slow)
        self._mapped: dict[bytes, tuple[int, int]] = {}  # how far outcome maps have come
        first = tuple(run.actor for run in runs if run.actor) if runs else (*self.names[:1], *filter(None, [versus]))
        self.scene = Scene(first, level_seed, shifted, changes)
        self.panes: list[Pane] = []
        self._show(self.scene, runs or self._compute(self.scene))

    # --- runs, computed beside the picture

    def _compute(self, scene: Scene) -> list[Run]:
        """Roll out a scene's runs. Raises BadLevel or AgentError."""
        demo = self.demo
        config = demo.shifted if scene.shifted else demo.training
        level = self.given if self.given is not None else editing.draw_level(demo, config, scene.level_seed)
        level = changed(demo, level, scene.changes)
        if not scene.agents:
            return [Run(demo, None, level, self.seed, config=config)]
        return [Run(demo, load_agent(demo, name), level, self.seed) for name in scene.agents]

    def _ask(self, scene: Scene) -> Future[list[Run]]:
        if scene not in self._scenes:
            self._scenes[scene] = self._pool.submit(self._compute, scene)
        return self._scenes[scene]

    def go(self, scene: Scene) -> None:
        """Change to another scene as soon as its runs are there; until then the present one goes on."""
        self._coming = scene
        self._ask(scene)
        self._collect()

    @property
    def coming(self) -> Scene:
        """The scene that was asked for last."""
        return self._coming or self.scene

    @property
    def busy(self) -> bool:
        """Whether the runs shown are about to change."""
        return self._job is not None

    def work(self, at: int, change: Callable[..., tuple[list[Run], str]], *arguments: Any) -> None:
        """Change the runs shown, beside the picture; the clock does not pass step `at` before that is done.

        `change` returns the runs and, where it was refused, a sentence.
        """
        self._job_at, self._job = at, self._pool.submit(change, *arguments)

    def file(self, write: Callable[..., str], *arguments: Any) -> None:
        """Write a file beside the picture; what `write` returns is said then."""
        self._files.append(self._pool.submit(write, *arguments))

    def _show(self, scene: Scene, runs: list[Run]) -> None:
        """Put runs on the screen, from their beginning, and look ahead to what may come next."""
        self.scene, self._coming = scene, None
        self.panes = [Pane(run.fork()) for run in runs]  # forked: edits leave the prepared run as it was
        if not scene.agents:
            self.panes[0].person_from = 0
        self.rewind()
        self.hold()
        self._scenes = {}
        if self.given is None:
            self._ask(scene._replace(level_seed=scene.level_seed + 1, changes=()))

    def rewind(self) -> None:
        """Go back to the beginning of the runs shown; edits under way are dropped."""
        self.clock, self.ghosts, self.ghosts_until, self.dragged = 0.0, {}, 0, None
        for pane in self.panes:
            pane.stops = bool(self.scene.agents)
        self._job, self._waiting = None, []

    def _collect(self) -> None:
        """Take in whatever has been computed."""
        if self._coming is not None and self._ask(self._coming).done():
            scene, found = self._coming, self._ask(self._coming)
            self._coming = None
            try:
                self._show(scene, found.result())
            except (BadLevel, AgentError) as error:
                self.say(str(error))
        if self._job is not None and self._job.done():
            runs, refusal = self._job.result()
            for pane, run in zip(self.panes, runs, strict=True):
                pane.run = run
            self._job = None
            if refusal:
                self.ghosts = {}
                self.say(refusal)
            else:
                self.clock = self.clock if self._job_at else 0.0
                self.hold()
            if self._waiting:
                self.edit()
        for file in [file for file in self._files if file.done()]:
            self._files.remove(file)
            self.say(file.result())

    def settle(self) -> None:
        """Wait until nothing is being computed any more."""
        while self._coming is not None or self._job is not None or self._files:
            for future in (self._scenes.get(self._coming) if self._coming else None, self._job, *self._files):
                if future is not None:
                    future.exception()
            self._collect()

    def close(self) -> None:
        """Stop computing."""
        self.running = False
        self._pool.shutdown(cancel_futures=True)
        self._slow.shutdown(cancel_futures=True)

    # --- time

    @property
    def last(self) -> int:
        """The step at which every run shown has ended."""
        return max(pane.length for pane in self.panes)

    @property
    def decided(self) -> bool:
        """Whether all runs are decided and stand still, although they could go on."""
        return self.clock >= self.last < max(pane.run.steps for pane in self.panes)

    def run_on(self) -> None:
        """Let runs that are decided go on to their end."""
        self.paused = False
        for pane in self.panes:
            pane.stops = False

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._collect()
        self.notice_left = max(0.0, self.notice_left - seconds)
        if (
            self.paused
            or self.blank
            or self.sheet
            or self.holding
            or (self.dragged is not None and self.dragged[0] == 0)
        ):
            return
        self.move(SPEEDS[self.speed] * seconds)

    def faster(self, by: int) -> None:
        """Go to a higher (or lower) of `SPEEDS`."""
        self.speed = min(max(self.speed + by, 0), len(SPEEDS) - 1)

    def move(self, steps: float) -> None:
        """Move the clock on, but not past an edit that is being computed, nor past what a person has done so far."""
        until = self.clock + steps
        for pane in self.panes:
            if pane.person_from >= 0:
                while until > pane.run.steps and self._person_acts(pane):
                    pass
                if self._job is None and pane.run.end.done != RUNNING:
                    self._person_done(pane)
                elif pane.person_from >= 0:
                    until = min(until, pane.run.steps)
        if self._job is not None:
            until = min(until, max(self._job_at, self.clock))
        self.clock = max(self.clock, min(until, float(self.last)))
        if self.ghosts and self._job is None and self.clock >= self.ghosts_until:
            self.ghosts = {}
        if self.vote is not None and not self.holding and self._job is None and self.clock >= self.panes[0].run.decided:
            self._count(self.vote)

    def _person_acts(self, pane: Pane) -> bool:
        """Take one step with the arrow keys that are held; False where there is nothing to take."""
        action = self._chosen()
        self.tapped = set()
        if action is None or pane.run.end.done != RUNNING:
            return False
        pane.run.take(pane.run.steps, [action])
        return True

    def _chosen(self) -> int | None:
        """The action of the arrow keys held or tapped: the one that uses most of them; None waits for a key."""
        down = self.held | self.tapped
        fits = [combination for combination in self.demo.keys if set(filter(None, combination.split("+"))) <= down]
        return self.demo.keys[max(fits, key=lambda c: len(c.split("+")) if c else 0)] if fits else None

    def _person_done(self, pane: Pane) -> None:
        """Their episode has ended: note how, and let the network explain the run from here on."""
        pane.person_from, pane.run.agent = -1, pane.agent
        if not self.scene.agents:
            self.results.append(pane.run.outcome)

    # --- guesses

    def hold(self) -> None:
        """Hold the run for a vote on where it will end, if guesses are asked for."""
        self.vote, self.holding = None, self.guessing and bool(self.scene.agents) and not self.person_plays()
        if self.holding:
            one = "the left one" if len(self.panes) > 1 else "it"
            self.vote = Vote(f"Where will {one} end?", (*self.demo.goals, NEITHER))

    def _count(self, vote: Vote) -> None:
        """Set a vote against the outcome of its run."""
        outcome = self.panes[0].run.outcome
        answer = vote.options.index(outcome if outcome in self.demo.goals else NEITHER)
        self.votes.append((vote, answer))
        self.say(vote.against(answer))
        self.vote = None

    def edits(self) -> list[int]:
        """The steps at which the runs shown were edited."""
        return sorted({edit.at for pane in self.panes for edit in pane.run.edits})

    def score(self) -> str:
        """How a person's episodes ended, in one line."""
        if not self.results:
            return "No level was played to its end."
        counts = [f"{name} {self.results.count(name)}" for name in self.demo.outcomes]
        return f"{len(self.results)} played: {', '.join(counts)}."

    # --- edits

    def edit(self, operation: Operation | None = None, moved: Moved | None = None) -> None:
        """Apply an operation on the level a little ahead of the picture; what comes meanwhile waits, then goes too."""
        if operation is not None:
            if any(pane.person_from >= 0 for pane in self.panes):
                self.ghosts = {}
                self.say("A level can be edited while an agent plays; give the controls back with t, then edit.")
                return
            self._waiting.append((operation, moved or {}))
        if self._job is not None:
            return
        at = int(self.clock) + (0 if self.paused else LEAD)
        if at >= min(pane.length for pane in self.panes):  # somebody has arrived: all start anew
            at = 0
        operations, self._waiting = self._waiting, []
        self.ghosts_until = at
        self.work(at, edited, [pane.run for pane in self.panes], at, operations)

    def say(self, sentence: str, seconds: float = NOTICE) -> None:
        """Show a sentence for some seconds."""
        self.notice, self.notice_left = sentence, seconds

    def spot(self, place: tuple[int, int]) -> tuple[Pane, float, float] | None:
        """The pane under a place in the window, and the row and column there, tile edges at whole numbers."""
        for pane in self.panes:
            row, col = ((place[i] - pane.corner[i]) / pane.tile for i in (1, 0))
            if 0 <= row < pane.run.level.extent[0] and 0 <= col < pane.run.level.extent[1]:
                return pane, row, col
        return None

    def place_of(self, slot: int, pane: int = 0) -> tuple[int, int]:
        """Where the middle of an object stands in the window as last drawn, in pixels."""
        shown = self.panes[pane]
        row, col = shown.run.states[shown.index(self.clock)].at[slot]
        return self.place_at(float(row), float(col), pane)

    def place_at(self, row: float, col: float, pane: int = 0) -> tuple[int, int]:
        """Where the middle of a tile stands in the window as last drawn, in pixels."""
        shown = self.panes[pane]
        return int(shown.corner[0] + (col + 0.5) * shown.tile), int(shown.corner[1] + (row + 0.5) * shown.tile)

    # --- events

    def handle(self, event: pygame.event.Event) -> None:
        """Take in one event."""
        events.handle(self, event)

    def to_level(self, level_seed: int) -> None:
        """Go to the level of this number."""
        self.given, self.paused = None, False
        self.go(self.scene._replace(level_seed=level_seed, changes=()))

    def after(self, agent: str) -> str:
        """The agent that comes after another in the order of the key for it."""
        at = self.names.index(agent) if agent in self.names else -1
        return self.names[(at + 1) % len(self.names)]

    def person_plays(self) -> bool:
        """Whether a person has the controls."""
        return any(pane.person_from >= 0 for pane in self.panes)

    # --- overlays that take time

    def field(self, pane: Pane) -> list[tuple[int, int, np.ndarray]]:
        """The arrow field of a pane's agent in the level shown, as soon as it has been computed; else empty."""
        level = pane.run.level_at(pane.index(self.clock))
        if pane.agent is None:
            return []
        known = b"field" + pane.agent.digest.encode() + level.tobytes()
        return self._kept.get(known, paint.arrow_field, self.demo, pane.agent, level) or []

    def outcomes(self, pane: Pane) -> tuple[OutcomeMap | None, int, int]:
        """The outcome map of a pane's agent in the level shown, None until it is there; runs done, and in all."""
        agent, level = pane.agent, copied(pane.run.level_at(pane.index(self.clock)))
        if agent is None:
            return None, 0, 0
        level.objects[editing.goal_slot(self.demo)] = -1  # wherever it stands, the map is one
        known = agent.digest.encode() + level.tobytes()

        def told(done: int, total: int) -> None:
            if not self.running or self.overlay != paint.MAP:
                raise CancelledError  # nobody waits for it any more
            self._mapped[known] = done, total

        seed = pane.run.seed
        found = self._kept.get(known, outcome_map, self.demo, agent, level, MAP_RUNS, seed, told)
        return found, *self._mapped.get(known, (0, 0))
