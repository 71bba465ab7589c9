"""Reinforcement learning in a decision demo: policy gradient with a baseline (Williams 1992), on a table.

A table has a logit for each action of each state and a value for each state: the processes are small, and with a row of
its own for every state no generalisation of a network can be blamed for a choice. What it learns it learns from sampled
runs and their rewards; it is not told the chances that the exact solution knows.
"""

import numpy as np
import torch

from ..rules.decision import DecisionDemo
from ..rules.entry import Recipe
from ..rules.process import Process
from .chooser import fingerprint, possible, process_at, softmax
from .training import Progress, Training, trainer

RUNS = 64  # sampled together, between two updates
RATE, LAST_RATE = 0.5, 0.02  # of learning: falls in a straight line
ENTROPY = 0.05  # bonus for choosing at random: falls to nothing
TOLD_EVERY = 20  # updates between two states that it can go on from


class Tables:
    """A process as arrays, so that many runs are sampled together.

    `there`: bool[states, actions]; `chances`: float64[states, actions, most], added up along the last axis; `next`,
    `reward`: the same shape.
    """

    def __init__(self, process: Process) -> None:
        self.there = possible(process)
        most = max((len(each) for chances in process.chances for each in chances), default=1)
        shape = (*self.there.shape, most)
        self.chances, self.reward, self.next = np.ones(shape), np.zeros(shape), np.zeros(shape, np.int64)
        self.begin = np.cumsum([chance.probability for chance in process.begin])
        self.firsts = np.array(process.firsts)
        for s, chances in enumerate(process.chances):
            for a, each in enumerate(chances):
                self.chances[s, a, : len(each)] = np.cumsum([chance.probability for chance in each])
                self.reward[s, a, : len(each)] = [chance.reward for chance in each]
                self.next[s, a, : len(each)] = process.follows[s][a]
        # rounding must not leave a chance below 1 at the end, beyond which nothing follows
        self.chances[..., -1], self.begin[-1] = 1.0, 1.0

    def sample(self, policy: np.ndarray, n: int, rng: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
        """`n` runs under a policy, float64[states, actions].

        Returns, for each step, which runs were still under way, int64[k], and their states, actions, which of the
        chances came, and rewards; the last entry holds all runs and their last states.
        """
        sums = policy.cumsum(1)
        sums /= np.maximum(sums[:, -1:], 1e-300)
        state = self.firsts[np.searchsorted(self.begin, rng.random(n), side="right").clip(max=len(self.firsts) - 1)]
        steps = []
        under_way = np.flatnonzero(self.there[state].any(1))
        while len(under_way):
            s = state[under_way]
            a = (rng.random(len(s))[:, None] >= sums[s]).sum(1).clip(max=self.there.shape[1] - 1)
            c = (rng.random(len(s))[:, None] >= self.chances[s, a]).sum(1).clip(max=self.chances.shape[2] - 1)
            steps.append((under_way, s, a, c, self.reward[s, a, c]))
            state[under_way] = self.next[s, a, c]
            under_way = under_way[self.there[state[under_way]].any(1)]
        return [*steps, (np.arange(n), state.copy())]


@trainer
def train(training: Training, demo: DecisionDemo, recipe: Recipe, seed: int, progress: Progress) -> None:
    """Train one agent, for a number of choices: see `training.trainer`."""
    process = process_at(demo, demo.usual() | dict(recipe.config))
    tables = Tables(process)
    logits, values, met = np.zeros(tables.there.shape), np.zeros(len(process.states)), np.zeros(len(process.states))
    rounds = np.zeros(1, np.int64)
    arrays = {"logits": logits, "values": values, "met": met, "rounds": rounds}
    kept = {name: torch.from_numpy(array) for name, array in arrays.items()}  # the same memory
    done = training.resume(lambda _, tensors: [kept[name].copy_(tensors[name]) for name in kept])
    while done < training.total:
        left = 1 - done / training.total
        runs = tables.sample(softmax(logits, tables.there), RUNS, np.random.default_rng([seed, rounds[0]]))
        rate = LAST_RATE + (RATE - LAST_RATE) * left
        returns = update(tables, logits, values, met, runs, rate, ENTROPY * left)
        done += sum(len(step[0]) for step in runs[:-1])
        rounds += 1
        if rounds[0] % TOLD_EVERY == 0:
            training.keep(done, kept)
            progress(done, {"return": float(returns.mean())})
    weights = {"logits": logits, "values": values, "met": met.clip(max=1)}
    tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
    training.finish(tensors, done, {"states": fingerprint(process)})


def update(
    tables: Tables,
    logits: np.ndarray,
    values: np.ndarray,
    met: np.ndarray,
    runs: list[tuple[np.ndarray, ...]],
    rate: float,
    entropy: float,
) -> np.ndarray:
    """Change `logits`, `values` and `met` in place by what these runs brought. Returns the runs' returns, float64[n].

    The gradient of a state is the mean over its visits, so that seldom visited states learn as fast as others.
    """
    returns = np.zeros(len(runs[-1][0]))
    after = []  # what was still to come at each choice
    for which, _, _, _, rewards in reversed(runs[:-1]):
        returns[which] += rewards
        after.append(returns[which])
    states = np.concatenate([step[1] for step in runs[:-1]])
    actions = np.concatenate([step[2] for step in runs[:-1]])
    came = np.concatenate(after[::-1])

    counts = np.bincount(states, minlength=len(values))
    visited, share = np.flatnonzero(counts), 1 / np.maximum(counts, 1)
    better = came - values[states]  # than expected there
    better /= max(float(better.std()), 1e-6)
    policy = softmax(logits[visited], tables.there[visited])
    pushed = np.zeros_like(logits)
    np.add.at(pushed, (states, actions), better)
    pushed = pushed[visited] - np.bincount(states, better, len(values))[visited, None] * policy
    surprise = np.log(np.maximum(policy, 1e-12))
    spread = -policy * (surprise - (policy * surprise).sum(1, keepdims=True))  # the gradient of the entropy
    logits[visited] += rate * (pushed * share[visited, None] + entropy * spread)
    values[visited] += rate * (np.bincount(states, came, len(values)) * share - values)[visited]
    met += counts
    return returns
