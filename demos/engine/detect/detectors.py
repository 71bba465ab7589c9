"""Alarms: scores of how odd a moment is to an agent, each fitted to frames of training levels and nothing else.

A detector has `fit(frames)` and `score(frames)`, float64[n], higher meaning odder. They differ in what they look at:
the agent's hesitation, the disagreement of its sister networks, what its last layer holds, or the picture itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch

from ..agents.pretrained import Agent, load_agent, seeds_of
from .layers import layers

CODES, CODED, OFFSETS = 48, 20_000, ((0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (0, 3))
COMPONENTS = 48  # of the pictures, for the error of reconstruction
NEIGHBOURS = 5
_TINY = 1e-9


class Collapsed(ValueError):
    """A detector that gives every frame one score; the message is one sentence."""


@dataclass
class Seen:
    """Frames as detectors take them: what an agent sees, what it would do, and its network."""

    agent: Agent
    pictures: np.ndarray  # uint8[n, height, width, 3]
    probabilities: np.ndarray  # float64[n, actions]

    def __len__(self) -> int:
        return len(self.pictures)

    @cached_property
    def held(self) -> dict[str, torch.Tensor]:
        """What every layer of the agent holds."""
        return layers(self.agent.policy, self.pictures)

    @property
    def dense(self) -> np.ndarray:
        """What the last layer holds, float64[n, width]."""
        return self.held["dense"].double().numpy()

    @property
    def tiles(self) -> np.ndarray:
        """What the embedding makes of every tile, float32[n, rows, columns, width]."""
        return self.held["embed"].permute(0, 2, 3, 1).numpy()


class Detector(Protocol):
    """A score of how odd frames are."""

    def fit(self, frames: Seen) -> None:
        """Look at frames of training levels."""

    def score(self, frames: Seen) -> np.ndarray:
        """float64[n], higher is odder."""


class Hesitation:
    """The entropy of the action probabilities, in nats."""

    def fit(self, frames: Seen) -> None:
        """Nothing is fitted."""

    def score(self, frames: Seen) -> np.ndarray:
        """The entropy."""
        p = frames.probabilities
        return -(p * np.log(p + _TINY)).sum(1)


class TopProbability(Hesitation):
    """How unlikely the likeliest action is."""

    def score(self, frames: Seen) -> np.ndarray:
        """1 minus its probability."""
        return 1 - frames.probabilities.max(1)


class Disagreement:
    """How far networks of the same recipe, trained from other seeds, are apart: mean KL to their average."""

    def fit(self, frames: Seen) -> None:
        """Load the sisters."""
        demo, name = frames.agent.demo, frames.agent.name
        self.sisters = [load_agent(demo, sister) for sister in seeds_of(demo, name) if sister != name][:2]

    def score(self, frames: Seen) -> np.ndarray:
        """The mean divergence, in nats; 0 where there are no sisters."""
        every = np.stack([frames.probabilities, *(sister.think(frames.pictures)[0] for sister in self.sisters)])
        middle = every.mean(0)
        return (every * (np.log(every + _TINY) - np.log(middle + _TINY))).sum(2).mean(0)


class Latent:
    """The Mahalanobis distance of the last layer from what it holds on training levels."""

    def fit(self, frames: Seen) -> None:
        """Its mean and covariance, with a little of the identity added."""
        x = frames.dense
        self.middle = x.mean(0)
        spread = np.cov(x.T) + 1e-2 * x.var() * np.eye(x.shape[1])
        self.inverse = np.linalg.inv(spread)

    def score(self, frames: Seen) -> np.ndarray:
        """The squared distance."""
        x = frames.dense - self.middle
        return np.einsum("ij,jk,ik->i", x, self.inverse, x)


class Neighbours:
    """The distance of the last layer to the nearest frames of training levels."""

    def fit(self, frames: Seen) -> None:
        """Keep the frames."""
        self.kept = frames.dense

    def score(self, frames: Seen) -> np.ndarray:
        """The squared distance to number `NEIGHBOURS` of them."""
        x = frames.dense
        apart = (x * x).sum(1)[:, None] - 2 * x @ self.kept.T + (self.kept * self.kept).sum(1)
        return np.partition(apart, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1]


class Reconstruction:
    """How badly a picture is put together from the main components of training pictures (largest error of a tile)."""

    def fit(self, frames: Seen) -> None:
        """The components."""
        x = frames.pictures.reshape(len(frames), -1).astype(np.float32) / 255
        self.middle = x.mean(0)
        with torch.random.fork_rng():  # it is found with random numbers: the same at every fit
            torch.manual_seed(0)
            self.along = torch.svd_lowrank(torch.from_numpy(x - self.middle), COMPONENTS, niter=2)[2].numpy().T

    def score(self, frames: Seen) -> np.ndarray:
        """The largest mean squared error of one tile."""
        x = frames.pictures.reshape(len(frames), -1).astype(np.float32) / 255 - self.middle
        error = (x - x @ self.along.T @ self.along) ** 2
        n, height, width, _ = frames.pictures.shape
        tiles = error.reshape(n, height // 5, 5, width // 5, 5, 3).mean((2, 4, 5))
        return tiles.reshape(n, -1).max(1).astype(np.float64)


class Places:
    """How far a tile is from what stands at its place of the picture in training: the oddest tile counts."""

    def fit(self, frames: Seen) -> None:
        """A mean and a covariance for every place (PaDiM on the embedding)."""
        x = frames.tiles.astype(np.float64)
        self.middle = x.mean(0)
        x = x - self.middle
        spread = np.einsum("nrci,nrcj->rcij", x, x) / len(x)
        self.inverse = np.linalg.inv(spread + 1e-2 * x.var() * np.eye(x.shape[-1]))

    def score(self, frames: Seen) -> np.ndarray:
        """The largest squared distance over places."""
        x = frames.tiles - self.middle
        each = (np.einsum("nrci,rcij->nrcj", x, self.inverse) * x).sum(-1)
        return each.reshape(len(x), -1).max(1)


class TilePairs:
    """How seldom two tiles stand so beside each other in training: the oddest pair of the picture counts.

    Tiles become one of `CODES` codes (farthest points among tiles drawn at random: k-means may give a rare thing no
    code of its own). The score is the largest -log of how often a pair came, over how often it would by chance.
    """

    def fit(self, frames: Seen) -> None:
        """The codes, and the counts of pairs."""
        every = frames.tiles.reshape(-1, frames.tiles.shape[-1])
        drawn = np.unique(every[np.random.default_rng(0).integers(len(every), size=CODED)].round(4), axis=0)
        codes, apart = [drawn[0]], np.full(len(drawn), np.inf)
        while len(codes) < min(CODES, len(drawn)):
            apart = np.minimum(apart, ((drawn - codes[-1]) ** 2).sum(1))
            codes.append(drawn[apart.argmax()])
        self.codes = np.array(codes)
        coded = self._coded(frames)
        self.lifts = [_lift(*_pair(coded, offset), len(self.codes)) for offset in OFFSETS]

    def _coded(self, frames: Seen) -> np.ndarray:
        x = frames.tiles
        flat = x.reshape(-1, x.shape[-1])
        apart = -2 * flat @ self.codes.T + (self.codes * self.codes).sum(1)
        return apart.argmin(1).reshape(x.shape[:3])

    def score(self, frames: Seen) -> np.ndarray:
        """The oddest pair's score."""
        coded = self._coded(frames)
        found = [lift[_pair(coded, offset)] for offset, lift in zip(OFFSETS, self.lifts, strict=True)]
        return np.stack([each.reshape(len(coded), -1).max(1) for each in found]).max(0)


def _pair(coded: np.ndarray, offset: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The codes of every tile and of the one so far below and to the right of it."""
    down, right = offset
    rows, columns = coded.shape[1:]
    return coded[:, : rows - down, : columns - right], coded[:, down:, right:]


def _lift(first: np.ndarray, second: np.ndarray, codes: int) -> np.ndarray:
    counts = np.zeros((codes, codes))
    np.add.at(counts, (first, second), 1)
    expected = counts.sum(1)[:, None] * counts.sum(0)[None] / max(counts.sum(), 1)
    return -np.log((counts + 0.5) / (expected + 0.5))


DETECTORS: dict[str, tuple[type, str]] = {
    "hesitation": (Hesitation, "entropy of what it would do"),
    "top probability": (TopProbability, "1 minus the probability of its likeliest action"),
    "disagreement": (Disagreement, "how far three seeds of its recipe are apart"),
    "unfamiliar feeling": (Latent, "distance of its last layer from training (Mahalanobis)"),
    "nearest feeling": (Neighbours, "distance of its last layer to the nearest training frames"),
    "redrawing": (Reconstruction, "error where the picture is put together from training pictures"),
    "odd places": (Places, "a tile that does not stand there in training"),
    "odd pairs": (TilePairs, "two tiles that do not stand so together in training"),
}


def fitted(frames: Seen, names: Sequence[str] = tuple(DETECTORS)) -> dict[str, Detector]:
    """These detectors, fitted. Raises Collapsed where one gives every frame the same score."""
    found: dict[str, Detector] = {}
    for name in names:
        detector: Detector = DETECTORS[name][0]()
        detector.fit(frames)
        refuse_constant(name, detector.score(frames))
        found[name] = detector
    return found


def refuse_constant(name: str, scores: np.ndarray) -> None:
    """Raises Collapsed where all scores are one number, or some are none."""
    if not np.isfinite(scores).all() or np.ptp(scores) <= 1e-9 * max(1.0, float(np.abs(scores).max())):
        raise Collapsed(f"'{name}' gives every frame the same score, so that its silence would mean nothing.")
