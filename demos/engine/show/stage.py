"""What happens in the lecturer's window: keys and mouse in, time, runs and edits.

`Show` needs no screen: events go in, time passes, and `frame.draw` draws it. Whatever takes long (the next run, an
edit, a film) is computed beside it, and the last picture stays until it is there.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pygame

from ..agents.pretrained import AgentError, load_agent
from ..agents.run import Run
from ..rules import edit as editing
from ..rules.change import changed
from ..rules.edit import BadLevel
from ..rules.level import RUNNING, Level, copied
from ..rules.world import Demo
from . import overlays as paint
from .pane import Moved, Operation, Pane, Scene, edited, filmed, fork, given_back, restarted
from .picture import NAMED_COLOURS

SPEEDS = (1, 2, 4, 7, 10, 15, 25, 50)  # steps a second
LEAD = 2  # an edit made while the agent moves takes effect so many steps ahead of the picture
NOTICE = 6.0  # seconds a sentence stays
SIGHT, BARS, BOTH, FIELD = 1, 2, 3, 4  # places in OVERLAYS
OVERLAYS = ("no overlay", "what the agent sees", "action probabilities", "both", "where it would go from every tile")
MOUSE = (
    ("drag", "move an object, also while it runs"),
    ("right click", "another colour for an object or tile"),
)
ARROWS = ("left", "right", "up", "down")


class Key(NamedTuple):
    """One line of the table from which both the bindings and the sheet of keys are made."""

    label: str
    names: tuple[str, ...]  # characters typed, or pygame's names of keys
    does: str
    act: Callable[["Show", str], None]


KEYS: list[Key] = []


def key(label: str, *names: str, does: str) -> Callable[[Callable[["Show", str], None]], Callable[["Show", str], None]]:
    """Bind a method of `Show` to keys; it is called with the name of the key that was pressed."""

    def bind(act: Callable[["Show", str], None]) -> Callable[["Show", str], None]:
        KEYS.append(Key(label, names, does, act))
        return act

    return bind


class Show:
    """Everything the window shows and does: `handle` events, `advance` time; `frame.draw` draws it.

    Raises AgentError or BadLevel where the first agents or their level are not possible.
    """

    def __init__(
        self, demo: Demo, agents: list[str], level_seed: int, shifted: bool, seed: int = 0,
        level: Level | None = None, versus: str | None = None, fullscreen: bool = False,
    ) -> None:  # fmt: skip
        self.demo, self.names, self.seed, self.given, self.versus = demo, list(agents), seed, level, versus
        self.fullscreen, self.running, self.paused, self.blank, self.help = fullscreen, True, False, False, False
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
        self.results: list[str] = []  # outcomes of a person's episodes
        self._pool = ThreadPoolExecutor(2)
        self._scenes: dict[Scene, Future[list[Run]]] = {}
        self._coming: Scene | None = None
        self._job: Future[tuple[list[Run], str]] | None = None
        self._job_at = 0
        self._waiting: list[tuple[Operation, Moved]] = []
        self._films: list[Future[str]] = []
        self._fields: dict[bytes, Future[list[tuple[int, int, np.ndarray]]]] = {}
        first = (self.names[0],) if self.names else ()
        self.scene = Scene((*first, versus) if versus else first, level_seed, shifted)
        self.panes: list[Pane] = []
        self._show(self.scene, self._compute(self.scene))

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

    def _show(self, scene: Scene, runs: list[Run]) -> None:
        """Put runs on the screen, from their beginning, and look ahead to what may come next."""
        self.scene, self._coming = scene, None
        self.panes = [Pane(fork(run)) for run in runs]  # forked: edits leave the prepared run as it was
        if not scene.agents:
            self.panes[0].person_from = 0
        self._rewind()
        self._scenes = {}
        if self.given is None:
            self._ask(scene._replace(level_seed=scene.level_seed + 1, changes=()))

    def _rewind(self) -> None:
        self.clock, self.ghosts, self.ghosts_until, self.dragged = 0.0, {}, 0, None
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
            elif self._job_at == 0:
                self.clock = 0.0
            if self._waiting:
                self._edit()
        for film in [film for film in self._films if film.done()]:
            self._films.remove(film)
            self.say(film.result())

    def settle(self) -> None:
        """Wait until nothing is being computed any more."""
        while self._coming is not None or self._job is not None or self._films:
            for future in (self._scenes.get(self._coming) if self._coming else None, self._job, *self._films):
                if future is not None:
                    future.exception()
            self._collect()

    def close(self) -> None:
        """Stop computing."""
        self._pool.shutdown(cancel_futures=True)

    # --- time

    @property
    def last(self) -> int:
        """The step at which every run shown has ended."""
        return max(pane.run.steps for pane in self.panes)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._collect()
        self.notice_left = max(0.0, self.notice_left - seconds)
        if self.paused or self.blank or self.help or (self.dragged is not None and self.dragged[0] == 0):
            return
        self._move(SPEEDS[self.speed] * seconds)

    def _move(self, steps: float) -> None:
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

    def edits(self) -> list[int]:
        """The steps at which the runs shown were edited."""
        return sorted({at for pane in self.panes for at, _ in pane.run.edits})

    def score(self) -> str:
        """How a person's episodes ended, in one line."""
        if not self.results:
            return "No level was played to its end."
        counts = [f"{name} {self.results.count(name)}" for name in (*self.demo.goals, "died", "timeout")]
        return f"{len(self.results)} played: {', '.join(counts)}."

    # --- edits

    def _edit(self, operation: Operation | None = None, moved: Moved | None = None) -> None:
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
        if at >= min(pane.run.steps for pane in self.panes):  # somebody has arrived: all start anew
            at = 0
        work, self._waiting = self._waiting, []
        self._job_at = self.ghosts_until = at
        self._job = self._pool.submit(edited, [pane.run for pane in self.panes], at, work)

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
        if event.type == pygame.QUIT:
            self.running = False
        elif event.type == pygame.KEYDOWN:
            self._key_down(event)
        elif event.type == pygame.KEYUP:
            self.held.discard(pygame.key.name(event.key))
            self.brush = ""
        elif event.type == pygame.MOUSEMOTION:
            self.mouse = event.pos
            if self.brush:
                self._paint()
            elif self.dragged is not None:
                self._drag(event.pos)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 3) and not self.blank:
            self._press(event.pos, event.button)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1 and self.dragged is not None:
            self._drop()
        elif event.type == pygame.WINDOWFOCUSLOST:
            self.held, self.brush = set(), ""

    def _key_down(self, event: pygame.event.Event) -> None:
        name, typed = pygame.key.name(event.key), getattr(event, "unicode", "")
        if self.help and typed not in ("?", "h"):
            self.help = False  # any key leaves the sheet, and does what it does
            if name == "escape":
                return
        if name in ARROWS:
            self.held.add(name)
            if self._person_plays():
                self.tapped.add(name)
        entry = next((k for k in KEYS if typed in k.names or name in k.names), None)
        if entry is not None:
            entry.act(self, typed if typed in entry.names else name)

    def _press(self, place: tuple[int, int], button: int) -> None:
        found = self.spot(place)
        if found is None:
            return
        pane, row, col = found
        index = pane.index(self.clock)
        slot = paint.slot_at(pane.run.states[index], row, col)
        if button == 1 and slot is not None:
            place = pane.run.states[index].at[slot]
            self.dragged, self.carried = (slot, float(place[0]), float(place[1])), False
        elif button == 3:
            level = pane.run.level_at(index)
            tile = self.demo.tiles[level.tiles[int(row), int(col)]].name
            name = tile if slot is None else editing.object_names(self.demo)[slot]
            colour, value = NAMED_COLOURS[self.colour % len(NAMED_COLOURS)]
            self.colour += 1
            self.say(f"{name}: {colour}", 1.5)
            self._edit(lambda level: editing.recolour(self.demo, level, name, value))

    def _drag(self, place: tuple[int, int]) -> None:
        found = self.spot(place)
        if found is not None and self.dragged is not None:
            self.dragged, self.carried = (self.dragged[0], found[1] - 0.5, found[2] - 0.5), True

    def _drop(self) -> None:
        """Put the dragged object on the tile under the pointer."""
        assert self.dragged is not None
        slot, row, col = self.dragged[0], float(round(self.dragged[1])), float(round(self.dragged[2]))
        self.dragged = None
        if not self.carried:
            return
        self.ghosts[slot] = (row, col)
        name = editing.object_names(self.demo)[slot]
        if slot == 0:  # the body is moved where it is now; where it starts stays as it is
            self._edit(copied, {0: (row, col)})
        else:
            self._edit(lambda level: editing.place(self.demo, level, name, row, col))

    def _paint(self) -> None:
        found = self.spot(self.mouse)
        if found is not None:
            pane, row, col = found
            r, c, tile = int(row), int(col), self.brush
            now = pane.run.level.tiles[r, c]
            if self.demo.tiles[now].name != tile:
                self._edit(lambda level: editing.paint(self.demo, level, r, c, tile))

    # --- keys: this table is also the sheet of keys

    @key("Space", "space", does="pause, go on")
    def _pause(self, name: str) -> None:
        self.paused = not self.paused

    @key(". or right", ".", "right", does="one step on (right: when paused)")
    def _step(self, name: str) -> None:
        if name == "." or (self.paused and not self._person_plays()):
            self.paused = True
            self._move(np.floor(self.clock + 1) - self.clock)

    @key(", or left", ",", "left", does="one step back (left: when paused)")
    def _step_back(self, name: str) -> None:
        if self._job is None and (name == "," or (self.paused and not self._person_plays())):
            self.paused = True
            self.clock = max(0.0, np.ceil(self.clock) - 1)

    @key("+", "+", "=", does="faster")
    def _faster(self, name: str) -> None:
        self.speed = min(self.speed + 1, len(SPEEDS) - 1)

    @key("-", "-", does="slower")
    def _slower(self, name: str) -> None:
        self.speed = max(self.speed - 1, 0)

    @key("r", "r", does="start over, keeping the edits")
    def _restart(self, name: str) -> None:
        runs = [pane.run for pane in self.panes]
        self._rewind()
        self.paused = False
        if any(run.edits or run.by_person[: run.steps].any() for run in runs) or not self.scene.agents:
            for pane in self.panes:
                pane.person_from = -1 if self.scene.agents else 0
            self._job_at = 0
            self._job = self._pool.submit(restarted, runs, [pane.agent for pane in self.panes])

    @key("u", "u", does="undo all edits and start over")
    def _undo(self, name: str) -> None:
        self.go(self.scene)

    @key("n or PgDn", "n", "page down", does="next level")
    def _next_level(self, name: str) -> None:
        self._to_level((self._coming or self.scene).level_seed + 1)

    @key("p or PgUp", "p", "page up", does="previous level")
    def _previous_level(self, name: str) -> None:
        self._to_level(max(0, (self._coming or self.scene).level_seed - 1))

    def _to_level(self, level_seed: int) -> None:
        self.given, self.paused = None, False
        self.go(self.scene._replace(level_seed=level_seed, changes=()))

    @key("1 to 9", *"123456789", does="a prepared level, else level 1 to 9")
    def _preset(self, name: str) -> None:
        number = int(name)
        if not self.demo.presets:
            self._to_level(number)
        elif number <= len(self.demo.presets):
            preset = self.demo.presets[number - 1]
            self.given, self.paused = None, False
            agents = (preset.agent,) if self.scene.agents else ()
            self.go(Scene(agents, preset.level_seed, preset.shifted, preset.changes))
            self.say(preset.title)
        else:
            self.say(f"There is no prepared level {number}; there are {len(self.demo.presets)}.")

    @key("l", "l", does="training levels or shifted levels")
    def _levels(self, name: str) -> None:
        self.given = None
        self.go(self.scene._replace(shifted=not self.scene.shifted, changes=()))

    @key("a", "a", does="next agent")
    def _next_agent(self, name: str) -> None:
        if len(self.names) < 2:
            self.say("There is no other agent to change to.")
            return
        agents = self.scene.agents
        self.go(self.scene._replace(agents=(self._after(agents[0]), *agents[1:])))

    def _after(self, agent: str) -> str:
        at = self.names.index(agent) if agent in self.names else -1
        return self.names[(at + 1) % len(self.names)]

    @key("s", "s", does="split screen: two agents, one level")
    def _split(self, name: str) -> None:
        agents = self.scene.agents
        if len(agents) == 2:
            self.go(self.scene._replace(agents=agents[:1]))
        elif agents and (self.versus or len(self.names) > 1):
            self.go(self.scene._replace(agents=(agents[0], self.versus or self._after(agents[0]))))
        else:
            self.say("There is no second agent to put beside this one.")

    @key("o", "o", does="overlays: its view, its actions, arrows")
    def _overlays(self, name: str) -> None:
        count = len(OVERLAYS) if paint.has_arrows(self.demo) else len(OVERLAYS) - 1
        self.overlay = (self.overlay + 1) % count if self.scene.agents else 0
        self.say(OVERLAYS[self.overlay], 1.5)

    @key("w", "w", does="wall under the mouse; hold to paint")
    def _wall(self, name: str) -> None:
        self.brush = next(tile.name for tile in self.demo.tiles if tile.solid)
        self._paint()

    @key("e", "e", does="erase under the mouse; hold it")
    def _erase(self, name: str) -> None:
        self.brush = self.demo.tiles[0].name
        self._paint()

    @key("t", "t", does="take over (arrow keys), give back")
    def _take(self, name: str) -> None:
        pane = self.panes[0]
        if not self.scene.agents or self._job is not None:
            return
        if pane.person_from < 0:
            if np.ceil(self.clock) >= pane.run.steps:
                self.clock = 0.0
            pane.person_from = int(np.ceil(self.clock))
            pane.run.agent = None  # without an agent, a run stops where the given actions end
            pane.run.take(pane.person_from, [])
            self.paused, self.tapped = False, set()
            self.say("You have the controls: the arrow keys act, t gives them back.")
        else:
            self._job_at = pane.run.steps
            runs = [shown.run for shown in self.panes]
            self._job = self._pool.submit(given_back, runs, pane.agent, pane.person_from)
            pane.person_from = -1

    @key("g", "g", does="save this run as a GIF")
    def _film(self, name: str) -> None:
        self.say("Saving the run as a GIF ...")
        run = fork(self.panes[0].run)
        run.agent = self.panes[0].agent
        self._films.append(self._pool.submit(filmed, run, self.scene.level_seed))

    @key("b", "b", does="black screen, and back")
    def _blank(self, name: str) -> None:
        self.blank = not self.blank

    @key("f", "f", does="full screen, window")
    def _full_screen(self, name: str) -> None:
        self.fullscreen = not self.fullscreen

    @key("? or h", "?", "h", does="these keys")
    def _help(self, name: str) -> None:
        self.help = not self.help

    @key("Esc", "escape", does="quit")
    def _quit(self, name: str) -> None:
        self.running = False

    def _person_plays(self) -> bool:
        return any(pane.person_from >= 0 for pane in self.panes)

    def field(self, pane: Pane) -> list[tuple[int, int, np.ndarray]]:
        """The arrow field of a pane's agent in the level shown, as soon as it has been computed; else empty."""
        level = pane.run.level_at(pane.index(self.clock))
        if pane.agent is None:
            return []
        known = pane.agent.digest.encode() + level.tobytes()
        if known not in self._fields:
            while len(self._fields) > 8:
                del self._fields[next(iter(self._fields))]
            self._fields[known] = self._pool.submit(paint.arrow_field, self.demo, pane.agent, pane.run.config, level)
        return self._fields[known].result() if self._fields[known].done() else []
