"""What an agent does for every place of the goal in a prepared level, as lessons show and count it."""

from functools import cache

from ..rules.world import Demo
from ..study.outcome_map import OutcomeMap, outcome_map
from .catalogue import LessonError

MOST_RUNS = 5  # for each place, their seeds from 0 on


@cache
def mapped(demo: Demo, agent: str, preset: str) -> OutcomeMap:
    """The outcome map of an agent in the level of a preset, drawn with the agent's own config.

    So one who sees no coin is shown none. Raises LessonError for an unknown preset, AgentError for an unknown agent.
    """
    from ..agents.pretrained import load_agent  # not at the top, so that pages appear before torch is loaded
    from ..study.levels import prepared_level

    known = {each.name: each for each in demo.shown}
    if preset not in known:
        raise LessonError(f"There is no preset '{preset}' of {demo.name}; there are: {', '.join(known)}.")
    actor = load_agent(demo, agent)
    return outcome_map(demo, actor, prepared_level(demo, known[preset], actor.config), MOST_RUNS)


def spots(demo: Demo, agent: str, preset: str, outcome: str) -> tuple[int, int]:
    """In how many places most runs ended with `outcome`, and how many places there are."""
    if outcome not in demo.outcomes:
        raise LessonError(f"'{outcome}' is no outcome of {demo.name}; there are: {', '.join(demo.outcomes)}.")
    found = mapped(demo, agent, preset)
    often = found.shares(demo)[:, demo.outcomes.index(outcome)]
    return int((often > 0.5).sum()), len(often)
