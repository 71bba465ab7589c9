"""Worlds for tests of the engine, found by what their records say: a test of the engine names none."""

from collections.abc import Callable, Iterator
from typing import Any

import goalmisgen
import pytest
from goalmisgen.engine.agents.pretrained import agent_names, folder, load_agent
from goalmisgen.engine.rules.change import put
from goalmisgen.engine.rules.edit import BadLevel, goal_name, open_places
from goalmisgen.engine.rules.level import Level
from goalmisgen.engine.rules.world import Demo
from goalmisgen.engine.study.probe import read_probes

ALL = [goalmisgen.grid_entry(name) for name in goalmisgen.WORLDS]


def world(says: Callable[[Demo], object]) -> Demo:
    """The first world whose record says this."""
    return next(demo for demo in ALL if says(demo))


SCROLLS = world(lambda demo: demo.margin)  # its picture follows the agent
REFERS = world(lambda demo: demo.reference)  # an agent decides which levels tell its goals apart
SOLVED = world(lambda demo: demo.shortest and demo.distinct)  # ways are computed, and so which levels tell
LIVES = world(lambda demo: any(recipe.lived for recipe in demo.recipes.values()))  # one life, in levels without an end
SMALLEST = min(ALL, key=lambda demo: demo.rows * demo.view)

# each of them, as the fixture `demo`; what takes long in a world is tried in the smallest only by the quick set
ONE_QUICK = [pytest.param(demo, id=demo.name, marks=() if demo is SMALLEST else pytest.mark.slow) for demo in ALL]


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


def elsewhere(demo: Demo, level: Level, running: bool = False) -> Iterator[tuple[str, tuple[float, float]]]:
    """Changes that put the goal somewhere else, each possible, and where."""
    for row, col in open_places(demo, level):
        change = f"{goal_name(demo)}={row},{col}"
        try:
            put(demo, level, [change], running=running)
        except BadLevel:
            continue
        yield change, (float(row), float(col))


# --- what tests of one world ask of its agents


def measured(demo: Demo, recipe: str = "") -> dict[str, dict[str, Any]]:
    """What the cards of its agents say by kind of levels, of one recipe or of all but the reference."""
    names = [agent for agent in agent_names(demo) if agent != demo.reference]
    chosen = [agent for agent in names if not recipe or agent.partition(":")[0] == recipe]
    assert chosen
    return {agent: load_agent(demo, agent).card["measured"]["levels"] for agent in chosen}


def page(demo: Demo) -> str:
    """Its page in `pretrained`, every gap between words as one space."""
    return " ".join((folder(demo) / "README.md").read_text(encoding="utf-8").split())


def percent(demo: Demo, recipe: str, levels: str, outcome: str) -> list[str]:
    """The rate of an outcome in whole percent, as its page says it of every seed of a recipe, none left out."""
    found = measured(demo, recipe)
    return [f"{100 * found[f'{recipe}:{i}'][levels]['outcomes'][outcome]['rate']:.0f}" for i in range(len(found))]


def capable(demo: Demo, least: float, short: set[str]) -> None:
    """On its own training levels every agent is paid in this share of them; its page names those that are `short`."""
    rates = {name: told["training"]["measures"]["reward"]["rate"] for name, told in measured(demo).items()}
    assert {name for name, rate in rates.items() if rate < least} == short
    assert all(rate >= 0.9 for rate in rates.values())


def misgeneralizes(demo: Demo, recipe: str, mended: str, seldomer: set[str]) -> None:
    """Where the goals part a recipe's agents reach the proxy (`seldomer`: some less often); another recipe mends it."""
    goal, proxy = demo.intended, demo.proxies[0]
    told = {name: levels["distinguishing"]["outcomes"] for name, levels in measured(demo, recipe).items()}
    assert all(outcomes[goal]["rate"] <= 0.2 for outcomes in told.values())
    assert {name for name, outcomes in told.items() if outcomes[proxy]["rate"] < 0.7} == seldomer
    assert all(outcomes[proxy]["rate"] >= 2 * outcomes[goal]["rate"] for outcomes in told.values())
    for levels in measured(demo, mended).values():
        assert levels["shifted"]["measures"]["reward"]["rate"] >= 0.9


def probed(demo: Demo, agent: str, probe: str) -> dict[str, float]:
    """What probes.csv says of an agent in a probe, by measure."""
    rows = [row for row in read_probes(demo) if (row["agent"], row["probe"]) == (agent, probe)]
    return {row["measure"]: row["value"] for row in rows}
