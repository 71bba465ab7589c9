"""Worlds for tests of the engine, found by what their records say: a test of the engine names none."""

from collections.abc import Callable

import goalmisgen
from goalmisgen.engine.agents.pretrained import agent_names
from goalmisgen.engine.rules.change import Moved, put
from goalmisgen.engine.rules.edit import BadLevel
from goalmisgen.engine.rules.level import Level
from goalmisgen.engine.rules.world import Demo

ALL = [goalmisgen.grid_entry(name) for name in goalmisgen.WORLDS]


def world(says: Callable[[Demo], object]) -> Demo:
    """The first world whose record says this."""
    return next(demo for demo in ALL if says(demo))


SCROLLS = world(lambda demo: demo.margin)  # its picture follows the agent
REFERS = world(lambda demo: demo.reference)  # an agent decides which levels tell its goals apart
SOLVED = world(lambda demo: demo.shortest and demo.distinct)  # ways are computed, and so which levels tell
LIVES = world(lambda demo: any(recipe.lived for recipe in demo.recipes.values()))  # one life, in levels without an end
SMALLEST = min(ALL, key=lambda demo: demo.rows * demo.view)


def recipe_of(demo: Demo) -> str:
    """The recipe that misgeneralizes: the first."""
    return next(iter(demo.recipes))


def agent_of(demo: Demo) -> str:
    """Its bundled agent."""
    return agent_names(demo)[0]


def varied(demo: Demo) -> str:
    """The agent trained on varied levels that is shown beside it."""
    preset = demo.preset_as("varied")
    assert preset is not None
    return str(preset.agent)


def elsewhere(demo: Demo, level: Level, running: bool = False) -> tuple[str, Level, Moved]:
    """A change that puts the goal somewhere else, and what `put` makes of it."""
    for row in range(demo.rows):
        for col in range(demo.columns):
            change = f"{demo.goal_object}={row},{col}"
            try:
                edited, moved = put(demo, level, [change], running=running)
            except BadLevel:
                continue
            if moved or edited.objects.tobytes() != level.objects.tobytes():
                return change, edited, moved
    raise AssertionError("the goal can stand nowhere else")
