"""What a study says of an agent in a grid world: on levels of a kind, on changed ones, or on those of a config."""

from functools import lru_cache
from typing import Any

import numpy as np

from ..agents.pretrained import Agent
from ..rules.edit import draw_level
from ..rules.level import Level
from ..rules.world import Demo
from .distinguishing import distinguishing_seeds, part_of
from .levels import levels_config, measurement_seeds, shifted_config
from .measure_grid import summary
from .probe import probe_levels
from .rollouts import rollouts
from .studies import Levels

A_LOOK = 64  # levels played at once in search of one where the intended goal is missed


def summed(demo: Demo, agent: Agent, levels: Levels, episodes: int, seed: int) -> tuple[dict[str, Any], int | None]:
    """Outcomes and measures, from the agent's card where it says just this; and the seed of the first level missed."""
    found = carded(agent, levels, episodes, seed)
    if found is None:
        config, seeds, changed = measured_levels(demo, agent, levels, episodes, seed)
        found = summary(demo, rollouts(demo, agent, config, seeds, levels=changed))
    return found, first_miss(demo, agent, levels, episodes, seed)


@lru_cache(maxsize=8)
def _apart(demo: Demo, episodes: int, seed: int) -> np.ndarray:
    return distinguishing_seeds(demo, episodes, seed)[0]


def measured_levels(
    demo: Demo, agent: Agent, levels: Levels, episodes: int, seed: int
) -> tuple[Any, np.ndarray, np.ndarray | None]:
    """The config, the level seeds int64[n], and where levels are changed by hand the levels, records[n]."""
    if levels == "distinguishing" or levels in demo.parts:
        config, apart = shifted_config(demo, agent.config), _apart(demo, episodes, seed)
        return config, apart if levels == "distinguishing" else apart[part_of(demo, levels, config, apart)], None
    if levels in ("training", "shifted"):
        config = agent.config if levels == "training" else shifted_config(demo, agent.config)
        return config, measurement_seeds(demo, seed, 0, episodes), None
    if isinstance(levels, str):
        probe = next(probe for probe in demo.probes if probe.name == levels)
        changed, seeds, _ = probe_levels(demo, agent, probe, episodes, seed)
        return levels_config(demo, agent.config, probe.shifted), seeds, changed
    return agent.config._replace(**dict(levels)), measurement_seeds(demo, seed, 0, episodes), None


def carded(agent: Agent, levels: Levels, episodes: int, seed: int) -> dict[str, Any] | None:
    """What the agent's card says, where it says just this; loading the agent has compared the card with its weights."""
    told = agent.card["measured"] if agent.card else None
    if not told or not isinstance(levels, str) or (told["seed"], told["actions"]) != (seed, "sampled"):
        return None
    found: dict[str, Any] | None = told["levels"].get(levels)
    whole = told["levels"]["distinguishing"] if found and levels in agent.demo.parts else found
    return found if whole and whole["n"] == episodes else None


def first_miss(demo: Demo, agent: Agent, levels: Levels, episodes: int, seed: int) -> int | None:
    """The seed of the first measured level in which the intended goal was not the outcome; None: it always was."""
    config, seeds, changed = measured_levels(demo, agent, levels, episodes, seed)
    for low in range(0, len(seeds), A_LOOK):
        part = slice(low, low + A_LOOK)
        played = rollouts(demo, agent, config, seeds[part], levels=None if changed is None else changed[part])
        missed = np.flatnonzero(played.outcomes != demo.intended)
        if len(missed):
            return int(seeds[low + missed[0]])
    return None


def level_of(demo: Demo, agent: Agent, levels: Levels, level_seed: int) -> Level:
    """The level of a row: drawn, and where it is a probe's changed."""
    from ..rules.change import changed

    if isinstance(levels, str) and levels not in demo.conditions_told:
        probe = next(probe for probe in demo.probes if probe.name == levels)
        return changed(
            demo, draw_level(demo, levels_config(demo, agent.config, probe.shifted), level_seed), probe.changes
        )
    return draw_level(demo, measured_levels(demo, agent, levels, 1, 1)[0], level_seed)
