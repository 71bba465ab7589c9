"""The keys of the lecturer's window: one table, from which the bindings and the sheet of keys are both made."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..rules.world import Preset
from . import mouse_edits
from . import overlays as paint
from .pane import Scene, filmed, given_back, restarted, saved

if TYPE_CHECKING:
    from .stage import Show

MOUSE = (
    ("drag", "move an object, also while it runs"),
    ("right click", "another colour for an object or tile"),
    ("shift, right click", "another shape, where an object has several"),
    ("click", "on the outcome map: see that run"),
)


FIRST = ("Space", "drag", "1 to 9", "n or PgDn", "r", "a", "o", "Esc")  # the keys used most


class Key(NamedTuple):
    """One line of the table."""

    label: str
    names: tuple[str, ...]  # characters typed, or pygame's names of keys
    does: str
    act: Callable[["Show", str], None]  # called with the name of the key that was pressed


KEYS: list[Key] = []


def key(label: str, *names: str, does: str) -> Callable[[Callable[["Show", str], None]], Callable[["Show", str], None]]:
    """Bind a function of a `Show` and a key's name to keys."""

    def bind(act: Callable[["Show", str], None]) -> Callable[["Show", str], None]:
        KEYS.append(Key(label, names, does, act))
        return act

    return bind


@key("Space", "space", does="pause, go on; also on from where a run was decided")
def pause(show: "Show", name: str) -> None:
    if show.decided:
        show.run_on()
    else:
        show.paused = not show.paused


@key(". or right", ".", "right", does="one step on (right: when paused)")
def step(show: "Show", name: str) -> None:
    if name == "." or (show.paused and not show.person_plays()):
        show.paused = True
        show.move(np.floor(show.clock + 1) - show.clock)


@key(", or left", ",", "left", does="one step back (left: when paused)")
def step_back(show: "Show", name: str) -> None:
    if not show.busy and (name == "," or (show.paused and not show.person_plays())):
        show.paused = True
        show.clock = max(0.0, np.ceil(show.clock) - 1)


@key("+ and -", "+", "=", "-", does="faster, slower")
def speed(show: "Show", name: str) -> None:
    show.faster(-1 if name == "-" else 1)


@key("r", "r", does="start over, keeping the edits")
def restart(show: "Show", name: str) -> None:
    runs = [pane.run for pane in show.panes]
    show.rewind()
    show.paused = False
    if any(run.edits or run.by_person[: run.steps].any() for run in runs) or not show.scene.agents:
        for pane in show.panes:
            pane.person_from = -1 if show.scene.agents else 0
        show.work(0, restarted, runs, [pane.agent for pane in show.panes])
    else:
        show.hold()


@key("u", "u", does="undo all edits and start over")
def undo(show: "Show", name: str) -> None:
    show.go(show.scene)


@key("n or PgDn", "n", "page down", does="next level")
def next_level(show: "Show", name: str) -> None:
    show.to_level(show.coming.level_seed + 1)


@key("p or PgUp", "p", "page up", does="previous level")
def previous_level(show: "Show", name: str) -> None:
    show.to_level(max(0, show.coming.level_seed - 1))


@key("1 to 9", *"123456789", does="a prepared level, else level 1 to 9")
def preset(show: "Show", name: str) -> None:
    number, presets = int(name), show.demo.presets
    if not presets:
        show.to_level(number)
    elif number <= len(presets):
        prepared(show, presets[number - 1])
    else:
        show.say(f"There is no prepared level {number}; there are {len(presets)}.")


@key("x", "x", does="what does it follow? changed levels")
def probe(show: "Show", name: str) -> None:
    probes = show.demo.probes
    if not probes:
        show.say("This world has no changed levels prepared.")
        return
    show.probe = (show.probe + 1) % len(probes)
    prepared(show, probes[show.probe])


def prepared(show: "Show", preset: Preset) -> None:
    """Show a prepared level with its agent."""
    show.given, show.paused = None, False
    agents = (preset.agent,) if show.scene.agents else ()
    show.say(preset.title)
    show.go(Scene(agents, preset.level_seed, preset.shifted, preset.changes))


@key("l", "l", does="training levels or shifted levels")
def levels(show: "Show", name: str) -> None:
    show.given = None
    show.go(show.scene._replace(shifted=not show.scene.shifted, changes=()))


@key("a", "a", does="next agent")
def next_agent(show: "Show", name: str) -> None:
    if len(show.names) < 2:
        show.say("There is no other agent to change to.")
        return
    agents = show.scene.agents
    show.go(show.scene._replace(agents=(show.after(agents[0]), *agents[1:])))


@key("s", "s", does="split screen: two agents, one level")
def split(show: "Show", name: str) -> None:
    agents = show.scene.agents
    if len(agents) == 2:
        show.go(show.scene._replace(agents=agents[:1]))
    elif agents and (show.versus or len(show.names) > 1):
        show.go(show.scene._replace(agents=(agents[0], show.versus or show.after(agents[0]))))
    else:
        show.say("There is no second agent to put beside this one.")


@key("o", "o", does="overlays: view, actions, arrows, map")
def overlays(show: "Show", name: str) -> None:
    if show.scene.agents:
        show.overlay = (show.overlay + 1) % len(paint.OVERLAYS)
        if show.overlay == paint.FIELD and not paint.has_arrows(show.demo):
            show.overlay += 1
        show.say(paint.OVERLAYS[show.overlay], 1.5)


@key("v", "v", does="hold for a guess, and count a vote")
def guess(show: "Show", name: str) -> None:
    show.guessing = not show.guessing and bool(show.scene.agents)
    if not show.scene.agents:
        show.say("A guess is made while an agent plays.")
    elif show.guessing:
        show.clock = 0.0 if show.clock >= show.last else show.clock
        show.hold()
    else:
        show.vote, show.holding = None, False
        show.say("No more guesses are asked for.", 1.5)


@key("k", "k", does="guesses set against outcomes")
def guesses(show: "Show", name: str) -> None:
    show.sheet = "" if show.sheet == "votes" else "votes"


@key("w", "w", does="wall under the mouse; hold to paint")
def wall(show: "Show", name: str) -> None:
    show.brush = next(tile.name for tile in show.demo.tiles if tile.solid)
    mouse_edits.paint(show)


@key("e", "e", does="erase under the mouse; hold it")
def erase(show: "Show", name: str) -> None:
    show.brush = show.demo.tiles[0].name
    mouse_edits.paint(show)


@key("i", "i", does="insert an object under the mouse")
def insert(show: "Show", name: str) -> None:
    mouse_edits.add(show)


@key("m", "m", does="which object i inserts")
def which_object(show: "Show", name: str) -> None:
    show.adding = (show.adding + 1) % (len(show.demo.kinds) - 1)
    show.say(f"i inserts: {show.demo.kinds[1:][show.adding].name.replace('_', ' ')}", 2.5)


@key("d or Del", "d", "delete", does="delete the object under the mouse")
def delete(show: "Show", name: str) -> None:
    mouse_edits.take_away(show)


@key("y", "y", does="next value of the level's setting")
def setting(show: "Show", name: str) -> None:
    mouse_edits.turn(show)


@key("z", "z", does="which setting y changes")
def which_setting(show: "Show", name: str) -> None:
    if show.demo.settings:
        show.knob = (show.knob + 1) % len(show.demo.settings)
        show.say(f"y changes: {show.demo.settings[show.knob].name.replace('_', ' ')}", 2.5)
    else:
        show.say("The levels of this world have no settings.")


@key("t", "t", does="take over (arrow keys), give back")
def take(show: "Show", name: str) -> None:
    pane = show.panes[0]
    if not show.scene.agents or show.busy:
        return
    if pane.person_from < 0:
        if np.ceil(show.clock) >= pane.run.steps:
            show.clock = 0.0
        pane.person_from = int(np.ceil(show.clock))
        pane.run.agent = None  # without an agent, a run stops where the given actions end
        pane.run.take(pane.person_from, [])
        show.paused, show.tapped = False, set()
        show.say("You have the controls: the arrow keys act, t gives them back.")
    else:
        runs = [shown.run for shown in show.panes]
        since, pane.person_from = pane.person_from, -1
        show.work(pane.run.steps, given_back, runs, pane.agent, since)


@key("g", "g", does="save this run as a GIF")
def film(show: "Show", name: str) -> None:
    show.say("Saving the run as a GIF ...")
    run = show.panes[0].run.fork()
    run.agent = show.panes[0].agent
    show.file(filmed, run, show.scene.level_seed)


@key("j", "j", does="save this run, to present it again")
def save(show: "Show", name: str) -> None:
    show.file(saved, show.panes[0].run.fork(), show.scene.level_seed)


@key("b", "b", does="black screen, and back")
def blank(show: "Show", name: str) -> None:
    show.blank = not show.blank


@key("f", "f", does="full screen, window")
def full_screen(show: "Show", name: str) -> None:
    show.fullscreen = not show.fullscreen


@key("? or h", "?", "h", does="these keys")
def help_(show: "Show", name: str) -> None:
    show.sheet, show.page = "" if show.sheet == "keys" else "keys", 0


@key("Esc", "escape", does="quit")
def quit_(show: "Show", name: str) -> None:
    show.running = False


def entries() -> list[tuple[str, str]]:
    """The sheet of keys: (key, what it does), what is used most first."""
    every = [*((each.label, each.does) for each in KEYS), *MOUSE]
    return sorted(every, key=lambda entry: FIRST.index(entry[0]) if entry[0] in FIRST else len(FIRST))
