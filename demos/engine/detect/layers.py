"""Inside a network: what each of its layers holds for some pictures, and what follows from a layer that was changed.

Nothing here says what a network wants; a number that can be read from a layer need not be used by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..agents.policy import Policy
from ..agents.pretrained import Agent, load_agent
from ..rules import edit as editing
from ..rules.batch import Batch
from ..rules.world import Demo
from ..study.levels import levels_config, measurement_seeds
from ..study.rollouts import AT_ONCE, play

UNTRAINED = "untrained"  # a network as training would begin with it, for comparison

Intervention = Callable[[torch.Tensor], torch.Tensor]  # of what a layer holds


def policy_of(demo: Demo, name: str) -> Policy:
    """The network of an agent, or a fresh one of the same shape for `untrained`. Raises AgentError."""
    if name != UNTRAINED:
        return load_agent(demo, name).policy
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Policy(demo).eval().requires_grad_(False)


def layer_names(policy: Policy) -> list[str]:
    """The layers, from the picture on: embed, conv0, conv1, ..., dense."""
    return [name for name, _ in policy.features.stages()]


def layers(policy: Policy, pictures: np.ndarray) -> dict[str, torch.Tensor]:
    """What every layer holds for pictures, uint8[n, height, width, 3]: by name, float32[n, ...]."""
    found = {}
    with torch.inference_mode():
        x = torch.from_numpy(np.ascontiguousarray(pictures).reshape(len(pictures), -1))
        for name, stage in policy.features.stages():
            x = found[name] = stage(x)
    return found


def after(policy: Policy, layer: str, value: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """What follows where a layer holds this: probabilities, float64[n, actions], and values, float64[n]."""
    with torch.inference_mode():
        names = layer_names(policy)
        for _, stage in policy.features.stages()[names.index(layer) + 1 :]:
            value = stage(value)
        logits, values = policy.action(value), policy.value(value).squeeze(1)
        return torch.softmax(logits.double(), 1).numpy(), values.double().numpy()


class Changed:
    """An agent one of whose layers is changed at every step."""

    def __init__(self, agent: Agent, layer: str, change: Intervention) -> None:
        self.agent, self.layer, self.change = agent, layer, change
        self.demo, self.name, self.config = agent.demo, agent.name, agent.config
        self.digest: str | None = None  # no weight file acts so

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and values after the change, for the levels with these indices, int64[k]."""
        return self.think(batch.pictures[running])

    def think(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same from pictures, uint8[n, height, width, 3]."""
        held = layers(self.agent.policy, pictures)[self.layer]
        return after(self.agent.policy, self.layer, self.change(held))


@dataclass(frozen=True)
class Frames:
    """Pictures from runs, with what is in them.

    `pictures`: uint8[n, height, width, 3]; `without`: the same with the goal object painted out; `place`,
    float64[n, 2]: rows and columns of the goal object in the picture, in tiles; `level`: int64[n], numbers of levels.
    """

    pictures: np.ndarray
    without: np.ndarray
    place: np.ndarray
    level: np.ndarray

    def __len__(self) -> int:
        return len(self.level)

    def part(self, picked: np.ndarray) -> "Frames":
        """Those of these indices or of this mask."""
        return Frames(self.pictures[picked], self.without[picked], self.place[picked], self.level[picked])


def frames_of(
    demo: Demo, agents: Sequence[str], n: int, per_level: int, seed: int, shifted: bool | None = True
) -> Frames:
    """Up to `per_level` frames of each of `n` levels in which the goal object is in view, drawn at random.

    Level k is run by agent k, k + 1, ... in turn, so that frames are not one agent's alone. `shifted`: the world's
    shifted levels or those of its training; None: the levels of each agent's own training.
    """
    found: list[Frames] = []
    for which, name in enumerate(agents):
        agent = load_agent(demo, name)
        seeds = measurement_seeds(demo, seed, 0, n)[which :: len(agents)]
        config = agent.config if shifted is None else levels_config(demo, agent.config, shifted)
        for low in range(0, len(seeds), AT_ONCE):
            numbers = (np.arange(len(seeds)) * len(agents) + which)[low : low + AT_ONCE]
            found.append(_frames(demo, agent, config, seeds[low : low + AT_ONCE], numbers))
    every = Frames(
        np.concatenate([each.pictures for each in found]), np.concatenate([each.without for each in found]),
        np.concatenate([each.place for each in found]), np.concatenate([each.level for each in found]),
    )  # fmt: skip
    noise = np.random.default_rng(seed).random(len(every))
    order = np.lexsort((noise, every.level))
    level = every.level[order]
    rank = np.arange(len(level)) - np.searchsorted(level, level)
    return every.part(order[rank < per_level])


def _frames(demo: Demo, agent: Agent, config: object, seeds: np.ndarray, numbers: np.ndarray) -> Frames:
    """Every frame of a run in each of these levels in which the goal object is in view."""
    slot = editing.goal_slot(demo)
    batch, twin = Batch(demo, config, len(seeds)), Batch(demo, config, len(seeds))
    batch.generate(seeds)
    twin.generate(seeds)
    pictures, without, place, level = [], [], [], []
    for running, _, _ in play(batch, agent):
        twin.states[:] = batch.states
        twin.states.there[:, slot] = 0
        twin.look()
        seen = running[(twin.pictures[running] != batch.pictures[running]).any((1, 2, 3))]
        at = batch.states.at[seen, slot].copy()
        if demo.margin:
            at[:, 1] -= batch.states.at[seen, 0, 1]
        pictures.append(batch.pictures[seen].copy())
        without.append(twin.pictures[seen].copy())
        place.append(at)
        level.append(numbers[seen])
    return Frames(np.concatenate(pictures), np.concatenate(without), np.concatenate(place), np.concatenate(level))


@dataclass(frozen=True)
class Ridge:
    """A linear read-out of a layer: `read` float64[n, k] from what it holds, float32[n, ...]."""

    middle: torch.Tensor
    weight: torch.Tensor
    level: torch.Tensor

    def read(self, held: torch.Tensor) -> np.ndarray:
        """What it reads."""
        x = held.flatten(1).double() - self.middle
        return (x @ self.weight + self.level).numpy()


STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # of the ridge, in shares of the kernel's mean diagonal


def ridge(held: torch.Tensor, wanted: np.ndarray) -> Ridge:
    """Fit wanted, float64[n, k], to what a layer holds; the strength is chosen on every third example, then all count.

    Dual form: as fast for thousands of numbers in a layer as for a hundred.
    """
    y = torch.from_numpy(np.asarray(wanted, np.float64).reshape(len(wanted), -1))
    x = held.flatten(1).double()
    held_out = torch.arange(len(x)) % 3 == 2
    best = min(STRENGTHS, key=lambda strength: _error(x, y, held_out, strength))
    return _fit(x, y, best)


def _fit(x: torch.Tensor, y: torch.Tensor, strength: float) -> Ridge:
    middle, level = x.mean(0), y.mean(0)
    x = x - middle
    kernel = x @ x.T
    scale = float(kernel.diagonal().mean()) + 1e-12
    alpha = torch.linalg.solve(kernel + strength * scale * torch.eye(len(x), dtype=x.dtype), y - level)
    return Ridge(middle, x.T @ alpha, level)


def _error(x: torch.Tensor, y: torch.Tensor, held_out: torch.Tensor, strength: float) -> float:
    fitted = _fit(x[~held_out], y[~held_out], strength)
    return float(((torch.from_numpy(fitted.read(x[held_out])) - y[held_out]) ** 2).sum())


def r2(wanted: np.ndarray, read: np.ndarray) -> float:
    """The share of the variance of float64[n] that is read: 1 all, 0 none; below 0 worse than the mean."""
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    return 1 - float(((wanted - read) ** 2).sum()) / spread if spread else 0.0


def auroc(negative: np.ndarray, positive: np.ndarray) -> float:
    """How often a positive scores above a negative, ties as one half (area under the ROC curve); nan without both."""
    from scipy.stats import rankdata

    if not len(negative) or not len(positive):
        return float("nan")
    ranks = rankdata(np.concatenate([negative, positive]))[len(negative) :]
    return float((ranks.mean() - (len(positive) + 1) / 2) / len(negative))
