"""The conditions that tick off the tasks of a lesson, as functions of the runs that a page or window shows.

A condition is one or more of these, joined by `and`:

* `outcome NAME`: the first run ended so; `second outcome NAME`: the run beside it did
* `rewarded`, `unrewarded`: the first run was paid, or not; with `second` before it, the run beside it
* `outcomes differ`, `rewards differ`: the two runs ended differently, or one of them only was paid
* `moved OBJECT`, `removed OBJECT`: it stands somewhere else than the scene put it, or is gone
* `recoloured OBJECT`, `redrawn OBJECT`: it has another colour, or is drawn as something else, than the scene put it
* `added KIND`, `fewer KIND`: the level holds more, or fewer, of a kind of object than the scene put there
* `painted`: a tile was changed
* `adjusted SETTING`: a setting of the level has another value than the scene gave it
* `edited running`: the level was edited after the first step of the run
* `played`: the step that decided the run was a person's, not the agent's
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..agents.run_grid import Run
from ..rules import edit as editing
from ..rules.level import Level
from ..rules.world import Demo
from .catalogue import LessonError


class Stage(Protocol):
    """What conditions look at: the runs side by side, and the level as the scene put it (`Live` is one)."""

    runs: list[Run]
    origin: Level


def holds(text: str, stage: Stage) -> bool:
    """Whether a condition holds now. Raises LessonError for one that cannot be read."""
    return all(test(stage) for test in _tests(text, stage.runs[0].demo))


def understood(text: str, demo: Demo) -> None:
    """Raises LessonError with a sentence where a condition cannot be read, or names what the world does not have."""
    _tests(text, demo)


def _tests(text: str, demo: Demo) -> list[Callable[[Stage], bool]]:
    return [_test(part.split(), demo) for part in text.split(" and ")]


def _test(words: list[str], demo: Demo) -> Callable[[Stage], bool]:
    which = 1 if words[:1] == ["second"] else 0
    match words[which:]:
        case ["outcome", name] if name in demo.outcomes:
            return lambda stage: stage.runs[which].outcome == name
        case ["rewarded"]:
            return lambda stage: stage.runs[which].total > 0
        case ["unrewarded"]:
            return lambda stage: stage.runs[which].total == 0
        case ["outcomes", "differ"] if not which:
            return lambda stage: stage.runs[0].outcome != stage.runs[1].outcome
        case ["rewards", "differ"] if not which:
            return lambda stage: stage.runs[0].total != stage.runs[1].total
        case ["moved", name] if name in editing.object_names(demo) and not which:
            slot = editing.object_names(demo).index(name)
            return lambda stage: _place(stage, slot)[0] >= 0 and _changed(stage, slot)
        case ["removed", name] if name in editing.object_names(demo) and not which:
            slot = editing.object_names(demo).index(name)
            return lambda stage: _place(stage, slot)[0] < 0 and _changed(stage, slot)
        case ["recoloured", name] if name in editing.object_names(demo) and not which:
            slot = editing.object_names(demo).index(name)
            return lambda stage: not np.array_equal(stage.runs[0].level.colours[slot], stage.origin.colours[slot])
        case ["redrawn", name] if name in editing.object_names(demo) and not which:
            slot = editing.object_names(demo).index(name)
            return lambda stage: bool(stage.runs[0].level.looks[slot] != stage.origin.looks[slot])
        case ["added" | "fewer" as word, name] if name in [kind.name for kind in demo.kinds] and not which:
            slots, sign = editing.kind_slots(demo, name), 1 if word == "added" else -1
            return lambda stage: sign * (_count(stage.runs[0].level, slots) - _count(stage.origin, slots)) > 0
        case ["adjusted", name] if name in [setting.name for setting in demo.settings] and not which:
            number = [setting.name for setting in demo.settings].index(name)
            return lambda stage: stage.runs[0].level.settings[number] != stage.origin.settings[number]
        case ["painted"] if not which:
            return lambda stage: not np.array_equal(stage.runs[0].level.tiles, stage.origin.tiles)
        case ["edited", "running"] if not which:
            return lambda stage: bool(stage.runs[0].edits)
        case ["played"] if not which:
            return lambda stage: bool(stage.runs[0].by_person[max(stage.runs[0].decided - 1, 0)])
    raise LessonError(f"'{' '.join(words)}' is not a condition of {demo.name}; see the list in tasks_grid.py.")


def _place(stage: Stage, slot: int) -> np.ndarray:
    place: np.ndarray = stage.runs[0].level.objects[slot]
    return place


def _count(level: Level, slots: list[int]) -> int:
    return int((level.objects[slots, 0] >= 0).sum())


def _changed(stage: Stage, slot: int) -> bool:
    return not np.array_equal(_place(stage, slot), stage.origin.objects[slot])
