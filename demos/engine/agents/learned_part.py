"""PPO that learns from some of the episodes only, and plays the others to find out what comes of them.

For robust replay (Jiang et al. 2021, "Replay-Guided Adversarial Environment Design"). Returns and advantages are those
of all steps, as stable-baselines3 works them out; only the minibatches leave the other steps out.
"""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.type_aliases import RolloutBufferSamples


class PartBuffer(RolloutBuffer):
    """A rollout whose minibatches hold the steps of learned episodes alone.

    `learned`: says, after every step, which of the levels took that step in such an episode, bool[levels].
    """

    def __init__(self, *args: Any, learned: Callable[[], np.ndarray], **kwargs: Any) -> None:
        self.learned = learned
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        super().reset()
        self.part = np.zeros((self.buffer_size, self.n_envs), bool)

    def add(self, *args: Any, **kwargs: Any) -> None:
        self.part[self.pos] = self.learned()
        super().add(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Generator[RolloutBufferSamples, None, None]:
        """Minibatches of about equal size, at most `batch_size` steps each, in a fresh order."""
        if not self.generator_ready:
            next(super().get(batch_size))  # brings its arrays into the form from which samples are taken
        steps = np.random.permutation(np.flatnonzero(self.part.T))  # arrays are flattened level by level
        for some in np.array_split(steps, -(-len(steps) // (batch_size or max(1, len(steps))))):
            yield self._get_samples(some)


class PartPPO(PPO):
    """PPO with such a buffer; where a rollout holds nothing to learn from, the network stays as it is."""

    def train(self) -> None:
        """One update."""
        buffer = self.rollout_buffer
        assert isinstance(buffer, PartBuffer)
        if buffer.part.any():
            super().train()
