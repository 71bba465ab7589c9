"""How near an agent's pace comes to that of a greedy policy: the affinity of Shah et al. 2022, section 3.2.

The greedy policy is the world's scripted one. For levels of each kind that a world names (forests of n trees in which
nothing grows), the pace of a policy is

    rho_n = episodes in which it was paid / steps up to the first payment, or to the end where none came,

summed over the same drawn levels for every policy, and the affinity of a policy is

    a_n = (rho_n - rho_n of random actions) / (rho_n of the greedy policy - rho_n of random actions):

0 for random actions, 1 for the greedy policy. The 95 % interval is a bootstrap over the levels.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..agents.pretrained import Actor, Agent, Scripted
from ..agents.run_grid import choose
from ..rules.batch import Batch
from ..rules.level import RUNNING
from ..rules.world import Demo
from .levels import measurement_seeds
from .rollouts import AT_ONCE

RESAMPLES = 1000

Act = Callable[[Batch, np.ndarray], np.ndarray]  # (batch, int[k] running) -> their actions, int64[k]


def random_actions(batch: Batch, running: np.ndarray) -> np.ndarray:
    """Every action as likely as any other."""
    count = len(batch.demo.actions)
    return _chosen(np.full((len(running), count), 1 / count), batch, running)


def actions_of(policy: Actor) -> Act:
    """What a policy does, its actions sampled as in its runs."""
    return lambda batch, running: _chosen(policy.consider(batch, running)[0], batch, running)


def _chosen(probabilities: np.ndarray, batch: Batch, running: np.ndarray) -> np.ndarray:
    actions = np.zeros(len(running), np.int64)
    choose(probabilities, batch.states[running], False, actions)
    return actions


def first_payments(demo: Demo, config: Any, seeds: np.ndarray, act: Act) -> np.ndarray:
    """float64[n, 2] for levels of these seeds, int64[n]: whether a policy was paid (0 or 1), and the steps up to it."""
    found = np.zeros((len(seeds), 2))
    for low in range(0, len(seeds), AT_ONCE):
        part = found[low : low + AT_ONCE]
        batch, actions = Batch(demo, config, len(part)), np.zeros(len(part), np.int64)
        batch.generate(seeds[low : low + AT_ONCE])
        while len(running := np.flatnonzero((batch.states.done == RUNNING) & (part[:, 0] == 0))):
            actions[running] = act(batch, running)
            paid = batch.step(actions)[running] > 0
            part[running, 0] = paid
            part[running, 1] += 1
    return found


def affinities(
    demo: Demo, agents: list[Agent], n: int = 1000, seed: int = 1
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """The affinity of each agent in levels of each kind, as (agent, kind, told).

    `told`: its `mean`, a 95 % interval `low` and `high`, and `n` levels.
    """
    seeds = measurement_seeds(demo, seed, 0, n)
    acts = [random_actions, actions_of(Scripted(demo)), *map(actions_of, agents)]
    for kind, config in demo.pace.items():
        chance, greedy, *others = [first_payments(demo, config, seeds, act) for act in acts]
        for agent, own in zip(agents, others, strict=True):
            yield agent.name, kind, affinity(chance, greedy, own)


def affinity(chance: np.ndarray, greedy: np.ndarray, own: np.ndarray) -> dict[str, Any]:
    """The affinity from what `first_payments` gave for random actions, the greedy policy and the policy itself."""
    rng, n = np.random.default_rng(0), len(own)
    sums = np.stack([chance, greedy, own])  # policies, levels, (paid, steps)
    picked = [sums.sum(1), *(sums[:, rng.integers(n, size=n)].sum(1) for _ in range(RESAMPLES))]
    rates = np.array([paid / steps for paid, steps in (each.T for each in picked)])
    values = (rates[:, 2] - rates[:, 0]) / (rates[:, 1] - rates[:, 0])
    low, high = np.percentile(values[1:], (2.5, 97.5))
    return {"mean": round(float(values[0]), 4), "low": round(float(low), 4), "high": round(float(high), 4), "n": n}
