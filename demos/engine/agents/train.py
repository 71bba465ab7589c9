"""Training: stable-baselines3's PPO (Schulman et al. 2017) on a stream of freshly drawn levels.

The algorithm is the community's own implementation, so that a wrong goal cannot be blamed on ours. Training
saves itself every few minutes and resumes from there.
"""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from safetensors.torch import save_file
from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecEnv

from ..rules.batch import Stream
from ..rules.level import RUNNING, TRUNCATED
from ..rules.world import Demo, Learning, Recipe
from .policy import Features
from .pretrained import write_training

FIRST_TRAINING_SEED = 1 << 40  # training levels are drawn from here on, measured ones below
AGES = (0.005, 0.02, 0.1, 0.25, 0.5, 1.0)  # shares of a training after which `ages` keeps a copy

Progress = Callable[[int, dict[str, float]], None]  # called with the steps done and the latest figures


class Levels(VecEnv):
    """A `Stream` in the form that stable-baselines3 takes: flat pictures, fresh levels, final observations."""

    def __init__(self, demo: Demo, config: Any, n: int, first_seed: int) -> None:
        self.stream = Stream(demo, config, n, first_seed)
        size = int(np.prod(self.stream.pictures.shape[1:]))
        super().__init__(n, gym.spaces.Box(0, 255, (size,), np.uint8), gym.spaces.Discrete(len(demo.actions)))
        self.ended: deque[tuple[float, int, bool]] = deque(maxlen=1000)  # return, length, first goal reached

    def reset(self) -> np.ndarray:
        return self.stream.pictures.reshape(self.num_envs, -1).copy()

    def step_async(self, actions: np.ndarray) -> None:
        self.stream.advance(actions.astype(np.int64))

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        stream = self.stream
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.nonzero(stream.dones)[0]:
            final = stream.finals[i]
            self.ended.append((float(final.total), int(final.t), bool(final.reached[0] >= 0)))
            if stream.dones[i] == TRUNCATED:
                infos[i] = {"TimeLimit.truncated": True, "terminal_observation": stream.lasts[i].reshape(-1).copy()}
        observations = stream.pictures.reshape(self.num_envs, -1).copy()
        return observations, stream.rewards.astype(np.float32), stream.dones != RUNNING, infos

    def close(self) -> None: ...

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


class Extractor(BaseFeaturesExtractor):
    """Our `Features` where stable-baselines3 expects its own."""

    def __init__(self, observation_space: gym.Space[Any], rows: int, columns: int, learning: Learning) -> None:
        super().__init__(observation_space, 128)
        self.features, self.in_bfloat16 = Features(rows, columns, learning), learning.bfloat16

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.in_bfloat16):
            return self.features(observations).float()


class _Bytes(ActorCriticPolicy):
    """The standard policy, but handing pictures to `Features` as the bytes they are."""

    def extract_features(self, obs: Any, features_extractor: Any = None) -> Any:
        return (features_extractor or self.features_extractor)(obs)


def export(model: BaseAlgorithm, path: Path) -> None:
    """Write the network of `model` in half precision; the file appears whole or not at all."""
    weights = {}
    for name, value in model.policy.state_dict().items():
        for theirs, ours in (
            ("features_extractor.features.", "features."),
            ("action_net.", "action."),
            ("value_net.", "value."),
        ):
            if name.startswith(theirs):
                weights[ours + name.removeprefix(theirs)] = value.detach().half().contiguous()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    save_file(weights, temporary)
    os.replace(temporary, path)


class Life:
    """How fast the counters of `Demo.life` grow along a training, written to life.csv as it goes.

    A row holds the steps done and the growth of each counter per step since the last row, the mean over the levels;
    about `ROWS` rows for a whole training. Nothing is written once an episode has ended.
    """

    ROWS = 400

    def __init__(self, stream: Stream, path: Path, total: int, done: int = 0) -> None:
        self.stream, self.path, self.every = stream, path, total // self.ROWS
        self.names, self.due, self.latest = [each.name for each in stream.demo.life], 0, dict[str, float]()
        self.before = self._counted()
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if done and path.exists() else []
        rows = [row for row in lines[1:] if int(row.split(",")[0]) <= done]  # what came later is lived again
        path.write_text("".join(lines[:1] + rows), encoding="utf-8")

    def _counted(self) -> np.ndarray:
        """float64[1 + counters, levels]: steps taken, then every counter."""
        states = self.stream.states
        return np.array([states.t, *(each.of(states) for each in self.stream.demo.life)], float)

    def told(self, steps: int) -> dict[str, float]:
        """The latest row, after as many steps as this, by name."""
        if steps >= self.due:
            taken, *grown = (self._counted() - self.before).sum(1)
            if taken > 0:
                means = np.array(grown) / taken
                self.latest = dict(zip(self.names, map(float, means), strict=True))
                with self.path.open("a", encoding="utf-8") as file:
                    if file.tell() == 0:
                        file.write(",".join(["steps", *self.names]) + "\n")
                    file.write(",".join([str(steps), *(f"{mean:.4g}" for mean in means)]) + "\n")
            self.before, self.due = self._counted(), steps + self.every
        return self.latest


class _Keeper(BaseCallback):
    """Reports progress, saves for resuming, and keeps copies at certain ages."""

    def __init__(
        self,
        levels: Levels,
        folder: Path,
        total: int,
        done: int,
        learning: Learning,
        ages: Sequence[int],
        progress: Progress,
    ) -> None:
        super().__init__()
        self.learning = learning
        self.began, self.before = time.monotonic(), seconds_so_far(folder)
        self.levels, self.folder, self.total, self.progress = levels, folder, total, progress
        self.ages = [age for age in ages if done < age < total]
        self.saved = time.monotonic()
        self.life = Life(levels.stream, folder / "life.csv", total, done) if levels.stream.demo.life else None

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        left = 1.0 if self.learning.steady else self.model._current_progress_remaining
        self.model.ent_coef = self.learning.entropy * left  # type: ignore[attr-defined]

    def _on_rollout_end(self) -> None:
        steps = self.model.num_timesteps
        ended = np.array(self.levels.ended or [(0.0, 0, False)], float)
        figures = {"return": ended[:, 0].mean(), "length": ended[:, 1].mean(), "goal": ended[:, 2].mean()}
        self.progress(steps, figures | (self.life.told(steps) if self.life and not self.levels.ended else {}))
        while self.ages and steps >= self.ages[0]:
            export(self.model, self.folder / "ages" / f"{self.ages.pop(0)}.safetensors")
        if time.monotonic() - self.saved > 120:
            self.save()

    def save(self) -> None:
        """Save everything needed to go on."""
        self.model.save(self.folder / "resume.part.zip")
        os.replace(self.folder / "resume.part.zip", self.folder / "resume.zip")
        self.levels.stream.save(self.folder / "resume.npz")
        self.record()
        self.saved = time.monotonic()

    def record(self) -> None:
        """Write down how long it took so far, earlier calls included."""
        write_training(self.folder, int(self.model.num_timesteps), self.before + time.monotonic() - self.began)


def seconds_so_far(folder: Path) -> int:
    """Seconds that a training which can be resumed has taken; 0 where none can."""
    if not (folder / "resume.zip").exists() or not (folder / "training.json").exists():
        return 0
    return int(json.loads((folder / "training.json").read_text(encoding="utf-8"))["seconds"])


def train(
    demo: Demo,
    recipe: Recipe,
    seed: int,
    folder: Path,
    progress: Progress,
    steps: int | None = None,
    ages: bool = False,
) -> float:
    """Train one agent into `folder` (policy.safetensors, training.json); resumes what is there.

    Returns the wall time of this call in seconds. KeyboardInterrupt saves first, and is raised again.
    """
    total = steps or recipe.steps
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    resume = folder / "resume.zip"
    began = time.monotonic()
    learning, config = recipe.learning or demo.learning, recipe.lived or recipe.config
    kept = (recipe.ages or [int(share * total) for share in AGES]) if ages else ()
    n, length = learning.levels, learning.rollout
    shape = {"rows": demo.rows, "columns": demo.view, "learning": demo.learning}

    def rate(remaining: float) -> float:
        return learning.rate * (1.0 if learning.steady else max(remaining, 0.02))

    if resume.exists():
        done = PPO.load(resume).num_timesteps
        levels = Levels(demo, config, n, FIRST_TRAINING_SEED * (seed + 1) + done)
        if recipe.lived is not None:
            levels.stream.load(folder / "resume.npz")
        model = PPO.load(resume, env=levels, custom_objects={"learning_rate": rate})
    else:
        levels = Levels(demo, config, n, FIRST_TRAINING_SEED * (seed + 1))
        model = PPO(
            _Bytes, levels, seed=seed, device="cpu", learning_rate=rate, n_steps=length,
            batch_size=min(512, n * length), n_epochs=learning.epochs, gamma=learning.discount, gae_lambda=0.95,
            clip_range=0.2, ent_coef=learning.entropy, vf_coef=0.5, max_grad_norm=0.5,
            policy_kwargs={"features_extractor_class": Extractor, "features_extractor_kwargs": shape, "net_arch": []},
        )  # fmt: skip
        # A network that begins with values above 0 sees a loss in every death, long before it has seen a coin, and
        # hides: it begins with values of 0.
        torch.nn.init.zeros_(model.policy.value_net.weight)
    keeper = _Keeper(levels, folder, total, model.num_timesteps, learning, kept, progress)
    try:
        left = total - model.num_timesteps
        if left > 0:
            model.learn(left, callback=keeper, reset_num_timesteps=False)
    except KeyboardInterrupt:
        keeper.save()
        raise
    export(model, folder / "policy.safetensors")
    if ages:
        export(model, folder / "ages" / f"{total}.safetensors")
    keeper.model = model
    keeper.record()
    return time.monotonic() - began
