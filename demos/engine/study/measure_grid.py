"""How often each outcome comes: many episodes of one agent, with Wilson intervals over the levels.

Every recipe is measured on the same levels: a seed and an index fix a level, and the levels that tell the goals
apart are chosen by the world's geometry or by one reference agent, never by the agent that is measured.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ..agents.pretrained import Actor, AgentError, agent_names
from ..rules.world import Demo
from .distinguishing import alpha, distinguishing_seeds, part_of
from .intervals import choice_of, mean_of, rate_of
from .levels import measurement_seeds, shifted_config
from .rollouts import Progress, Rollouts, rollouts

FIRST = 50  # episodes of a measurement that are kept one by one, so that it can be replayed
PARTS = ("training", "shifted", "distinguishing")


def summary(demo: Demo, played: Rollouts) -> dict[str, Any]:
    """Rates of every outcome, and measures beside them, as data.

    Measures: `steps`, the mean length of an episode; `reward`, the share of episodes in which the agent got its
    reward; `steps_over_shortest`, where the world knows shortest ways: the mean number of steps beyond the shortest
    way to the goal that was reached first, over the episodes that reached one (None if none did); where the world
    counts more (`demo.measures`), the mean `return` and the mean of each of its measures with 95 % intervals; where
    levels come in pairs, the share of decided episodes in which the intended goal came first.
    """
    n = len(played)
    counts = {name: int((played.outcomes == name).sum()) for name in demo.outcomes}
    measures: dict[str, Any] = {
        "steps": round(float(played.steps.mean()), 2) if n else None,
        "reward": rate_of(int((played.totals > 0).sum()), n),
    }
    if played.shortest is not None:
        over = [
            played.reached[i, goal] - played.shortest[i, goal]
            for i in range(n)
            for goal, name in enumerate(demo.goals)
            if played.outcomes[i] == name
        ]
        measures["steps_over_shortest"] = round(float(np.mean(over)), 2) if over else None
    if demo.measures:
        measures["return"] = mean_of(played.totals)
        measures |= {each.name: mean_of(each.of(played.ends)) for each in demo.measures}
    if demo.paired and n % 2 == 0 and (played.seeds[::2] + 1 == played.seeds[1::2]).all():
        first, second = (played.outcomes == goal for goal in demo.goals[:2])
        measures[f"{demo.goals[0]} rather than {demo.goals[1]}"] = choice_of(first, second)
    return {
        "n": n,
        "outcomes": {name: rate_of(count, n) for name, count in counts.items()},
        "measures": measures,
        "first": first_episodes(played),
    }


def first_episodes(played: Rollouts) -> str:
    """What came of the first `FIRST` episodes, one by one: outcome and steps, such as `coin 38, end 141`."""
    return ", ".join(f"{end} {t}" for end, t in zip(played.outcomes[:FIRST], played.steps[:FIRST], strict=True))


def measure(
    demo: Demo,
    agent: Actor,
    episodes: int = 1000,
    seed: int = 1,
    greedy: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
    parts: Sequence[str] = PARTS,
) -> dict[str, Any]:
    """Measure an agent on levels like those it was trained on, on shifted, and on distinguishing shifted levels.

    Returns the data of `goalmisgen measure --json`. `distinguishing` also says how many levels were `tried` and
    which `share` of them was kept, and is followed by the world's parts of it; it is None where the world's reference
    agent is not there. Among the measures of `training` is `alpha`, over twice as many levels. `progress` is called
    with the part's name, the episodes done and their number.
    """

    def told(part: str) -> Progress | None:
        return None if progress is None else lambda done, total: progress(part, done, total)

    seeds = measurement_seeds(demo, seed, 0, episodes)
    levels: dict[str, Any] = dict.fromkeys(parts)
    if "training" in parts:
        played = rollouts(demo, agent, agent.config, seeds, greedy=greedy, progress=told("training"))
        levels["training"] = summary(demo, played)
        if demo.distinct or demo.reference in agent_names(demo):
            levels["training"]["measures"]["alpha"] = alpha(demo, agent.config, 2 * episodes, seed)
    wanted = {"shifted": seeds} if "shifted" in parts else {}
    tried = 0
    if "distinguishing" in parts:
        with suppress(AgentError):
            chosen, tried = distinguishing_seeds(demo, episodes, seed, told("choosing distinguishing levels"))
            wanted["distinguishing"] = chosen
    levels |= _shifted(demo, agent, wanted, greedy, told(" and ".join(wanted)))
    if "distinguishing" in wanted:
        levels["distinguishing"] |= {"tried": tried, "share": round(len(wanted["distinguishing"]) / tried, 4)}
    return {
        "demo": demo.name,
        "agent": agent.name,
        "seed": seed,
        "actions": "greedy" if greedy else "sampled",
        "levels": levels,
    }


def _shifted(
    demo: Demo, agent: Actor, wanted: dict[str, np.ndarray], greedy: bool, progress: Progress | None
) -> dict[str, Any]:
    """Summaries on shifted levels of these seeds, by name, and of the parts of the distinguishing ones.

    A level that is wanted twice is played once: with the same seed an episode goes the same way.
    """
    if not wanted:
        return {}
    config, every = shifted_config(demo, agent.config), np.unique(np.concatenate(list(wanted.values())))
    played = rollouts(demo, agent, config, every, greedy=greedy, progress=progress)
    if "distinguishing" in wanted:
        apart = wanted["distinguishing"]
        wanted = wanted | {name: apart[part_of(demo, name, config, apart)] for name in demo.parts}
    return {name: summary(demo, played.at(np.searchsorted(every, seeds))) for name, seeds in wanted.items()}
