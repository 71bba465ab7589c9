"""How often an agent of a decision demo does what: many sampled runs, told apart by situation, with 95 % intervals.

The exact solution (`solve`) says what is to be expected; this counts what came, as for all other agents.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..agents.chooser import Chooser, process_at
from ..agents.train_decision import Tables
from ..rules.decision import TRAINING, DecisionDemo, Values, part_name
from .intervals import mean_of, rate_of, wilson


def conditions(demo: DecisionDemo, config: Values) -> dict[str, Values]:
    """The sliders' values an agent is measured at, by name: those of its training, then the demo's conditions."""
    own = demo.usual() | dict(config)
    changed: dict[str, Values] = {each.name: own | dict(each.values) for each in demo.conditions}
    return {TRAINING: own, **changed}


def measure(
    demo: DecisionDemo,
    agent: Chooser,
    episodes: int = 2000,
    seed: int = 1,
    greedy: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure an agent in `episodes` runs under each condition. Returns the data of `goalmisgen measure --json`.

    A part of `levels` for each condition holds how its runs ended; one for each of its situations, by `part_name`, how
    often what was done there, n being the choices made there, which the interval takes as independent.
    """
    levels: dict[str, Any] = {}
    every = conditions(demo, agent.config)
    for i, (name, values) in enumerate(every.items()):
        if progress:
            progress(name, i, len(every))
        levels |= _measured(demo, agent, name, values, episodes, seed, greedy)
    if progress:
        progress("measured", len(every), len(every))
    actions = "greedy" if greedy else "sampled"
    return {"demo": demo.name, "agent": agent.name, "seed": seed, "actions": actions, "levels": levels}


def _measured(
    demo: DecisionDemo, agent: Chooser, condition: str, values: Values, n: int, seed: int, greedy: bool
) -> dict[str, Any]:
    process = process_at(demo, values)
    tables = Tables(process)
    policy = np.zeros(tables.there.shape)
    for s, chances in enumerate(agent.policy(process)):
        policy[s, : len(chances)] = np.eye(len(chances))[np.argmax(chances)] if greedy and chances else chances
    *steps, (_, last) = tables.sample(policy, n, np.random.default_rng(seed))

    sums = {name: np.zeros(n) for name in ("return", "choices", *demo.measures)}
    counts = {each.name: dict.fromkeys(demo.deeds, 0) for each in demo.situations}
    for which, states, actions, came, rewards in steps:
        sums["return"][which] += rewards
        sums["choices"][which] += 1
        for run, s, a, c in zip(which, states, actions, came, strict=True):
            for name, of in demo.measures.items():
                sums[name][run] += of(values, process.states[s], process.actions[s][a])
            chance = process.chances[s][a][c]
            if chance.situation:
                counts[chance.situation][chance.deed] += 1

    outcomes = [demo.outcome(values, process.states[s]) for s in last]
    rates = {name: rate_of(outcomes.count(name), n) for name in demo.outcomes}
    measures = {name: mean_of(each) for name, each in sums.items()}
    if len(demo.situations) > 1 and demo.deeds:
        here, there = (counts[each.name] for each in demo.situations[:2])
        measures["gap"] = _gap(here, there, demo.deeds[0])
    parts = {part_name(condition): {"n": n, "outcomes": rates, "measures": measures}}
    for situation, found in counts.items():
        total = sum(found.values())
        done = {deed: rate_of(count, total) for deed, count in found.items()}
        parts[part_name(condition, situation)] = {"n": total, "outcomes": done, "measures": {}}
    return parts


def _gap(here: dict[str, int], there: dict[str, int], deed: str) -> dict[str, float | int | None]:
    """How much more often this is done here than there, with the 95 % interval of a difference (Newcombe 1998)."""
    (k, n), (j, m) = ((found[deed], sum(found.values())) for found in (here, there))
    if not n or not m:
        return {"mean": None, "low": None, "high": None, "n": 0}
    p, q, (low, high), (least, most) = k / n, j / m, wilson(k, n), wilson(j, m)
    below, above = ((p - low) ** 2 + (most - q) ** 2) ** 0.5, ((high - p) ** 2 + (q - least) ** 2) ** 0.5
    return {"mean": round(p - q, 4), "low": round(p - q - below, 4), "high": round(p - q + above, 4), "n": n + m}
