"""Training: stable-baselines3's PPO (Schulman et al. 2017) on a stream of freshly drawn levels.

The algorithm is the community's own implementation, so that a wrong goal cannot be blamed on ours. Between two updates
everything is kept that decides what comes next, so a training that was stopped gives the network that it would have
given without.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecEnv

from ..files import write_text
from ..rules.batch import Stream
from ..rules.level import RUNNING, TRUNCATED
from ..rules.world import Demo, Learning, Recipe, Sampler
from .learned_part import PartBuffer, PartPPO
from .policy import Features
from .ppo_zip import renamed
from .pretrained import Agent, beginning, read_weights, write_weights
from .training import Progress, Tensors, Training, joined, learner_tensors, part_of, put_learner_back, trainer

FIRST_TRAINING_SEED = 1 << 40  # training levels are drawn from here on, measured ones below
Look = Callable[[int, Tensors], None]  # called with the steps done and the weights of the network, not copies
AGES = (0.005, 0.02, 0.1, 0.25, 0.5, 1.0)  # shares of a training after which `ages` keeps a copy


class Levels(VecEnv):
    """A `Stream` in the form that stable-baselines3 takes: flat pictures, fresh levels, final observations."""

    def __init__(self, demo: Demo, config: Any, n: int, first_seed: int, sampler: Sampler | None = None) -> None:
        self.stream = Stream(demo, config, n, first_seed, sampler)
        size = int(np.prod(self.stream.pictures.shape[1:]))
        super().__init__(n, gym.spaces.Box(0, 255, (size,), np.uint8), gym.spaces.Discrete(len(demo.actions)))
        self.ended: deque[tuple[float, int, bool]] = deque(maxlen=1000)  # return, length, first goal reached
        self.learned = self._learned()  # of the latest step, bool[n]: whether its episode is learned from; None: all

    def reset(self) -> np.ndarray:
        return self.stream.pictures.reshape(self.num_envs, -1).copy()

    def _learned(self) -> np.ndarray | None:
        return self.stream.sampler.learned() if self.stream.sampler else None

    def step_async(self, actions: np.ndarray) -> None:
        self.learned = self._learned()
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

    def kept(self) -> Tensors:
        """Everything that decides what comes next, and the latest episodes for the figures; not copies."""
        arrays = self.stream.kept() | {"ended": np.array(self.ended, float)}
        return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}

    def put_back(self, kept: Tensors) -> None:
        """Go on from where `kept` was called."""
        self.stream.put_back({name: value.numpy() for name, value in kept.items()})
        self.ended.extend((total, int(steps), bool(goal)) for total, steps, goal in kept["ended"].tolist())

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
    """Our `Features` where stable-baselines3 expects its own.

    Takes the flat bytes of `Levels`, and pictures as stable-baselines3's own policies hand them on from the Gymnasium
    environments (float[batch, 3, height, width] from 0 to 1). `rows`, `columns`: `Demo.rows` and `Demo.view`.
    """

    def __init__(self, observation_space: gym.Space[Any], rows: int, columns: int, learning: Learning) -> None:
        super().__init__(observation_space, 128)
        self.features, self.in_bfloat16 = Features(rows, columns, learning), learning.bfloat16

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        if observations.dim() == 4:
            observations = (observations * 255).round().to(torch.uint8).permute(0, 2, 3, 1).flatten(1)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.in_bfloat16):
            return self.features(observations).float()


class _Bytes(ActorCriticPolicy):
    """The standard policy, but handing pictures to `Features` as the bytes they are."""

    def extract_features(self, obs: Any, features_extractor: Any = None) -> Any:
        return (features_extractor or self.features_extractor)(obs)


def _weights(model: BaseAlgorithm) -> Tensors:
    """The tensors of its network, not copies, called as in a `Policy`."""
    return renamed({name: value.detach() for name, value in model.policy.state_dict().items()})


class Life:
    """How fast the counters of `Demo.life` grow along a training, written to life.csv as it goes.

    A row holds the steps done and the growth of each counter per step since the last row, the mean over the levels;
    about `ROWS` rows for a whole training. Nothing is written once an episode has ended.
    """

    ROWS = 400

    def __init__(self, stream: Stream, path: Path, total: int, done: int = 0) -> None:
        self.stream, self.path, self.every = stream, path, total // self.ROWS
        self.names, self.due = [each.name for each in stream.demo.life], 0
        self.latest, self.before = np.full(len(self.names), np.nan), self._counted()
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if done and path.exists() else []
        whole = [row for row in lines[1:] if row.endswith("\n")]  # the last may have been cut off
        rows = [row for row in whole if int(row.split(",")[0]) <= done]  # what came later is lived again
        write_text(path, "".join(lines[:1] + rows))

    def kept(self) -> Tensors:
        """What the next rows depend on."""
        return {"due": torch.tensor(self.due), "before": torch.tensor(self.before), "latest": torch.tensor(self.latest)}

    def put_back(self, kept: Tensors) -> None:
        """Go on from where `kept` was called."""
        self.due, self.before, self.latest = int(kept["due"]), kept["before"].numpy(), kept["latest"].numpy()

    def _counted(self) -> np.ndarray:
        """float64[1 + counters, levels]: steps taken, then every counter."""
        states = self.stream.states
        return np.array([states.t, *(each.of(states) for each in self.stream.demo.life)], float)

    def means(self, steps: int) -> dict[str, float]:
        """The latest row, after as many steps as this, by name."""
        if steps >= self.due:
            taken, *grown = (self._counted() - self.before).sum(1)
            if taken > 0:
                self.latest = np.array(grown) / taken
                with self.path.open("a", encoding="utf-8") as file:
                    if file.tell() == 0:
                        file.write(",".join(["steps", *self.names]) + "\n")
                    file.write(",".join([str(steps), *(f"{mean:.4g}" for mean in self.latest)]) + "\n")
            self.before, self.due = self._counted(), steps + self.every
        return dict(zip(self.names, map(float, self.latest), strict=True))


class _Keeper(BaseCallback):
    """Between two updates: keeps what to go on from and reports progress; copies the network at certain ages."""

    def __init__(
        self,
        training: Training,
        levels: Levels,
        learning: Learning,
        ages: Sequence[int],
        progress: Progress,
        look: Look | None,
    ) -> None:
        super().__init__()
        self.training, self.levels, self.learning, self.progress = training, levels, learning, progress
        self.look = look
        self.ages, self.reported = list(ages), 0
        self.life: Life | None = None
        self.lived = Tensors()  # what its life goes on from

    def put_back(self, model: PPO, done: int, kept: Tensors) -> None:
        """Set a new learner and its levels to what was kept after so many steps."""
        model.num_timesteps = self.reported = done
        model._current_progress_remaining = 1.0 - done / self.training.total
        put_learner_back(model.policy, model.policy.optimizer, kept)
        self.levels.put_back(part_of(kept, "levels"))
        put_generators_back(part_of(kept, "generators"))
        self.lived = part_of(kept, "life")

    def _kept(self) -> Tensors:
        """Everything that decides what comes next; not copies."""
        policy = self.model.policy
        life = self.life.kept() if self.life else {}
        return learner_tensors(policy, policy.optimizer) | joined(
            levels=self.levels.kept(), generators=generators(), life=life
        )

    def _on_training_start(self) -> None:
        stream, done, total = self.levels.stream, self.model.num_timesteps, self.training.total
        self.ages = [age for age in self.ages if done < age < total]
        if stream.demo.life:
            self.life = Life(stream, self.training.folder / "life.csv", total, done)
            if self.lived:
                self.life.put_back(self.lived)

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        left = 1.0 if self.learning.steady else self.model._current_progress_remaining
        self.model.ent_coef = self.learning.entropy * left  # type: ignore[attr-defined]
        self._between_updates()

    def _on_training_end(self) -> None:
        self._between_updates()

    def _between_updates(self) -> None:
        steps, new = self.model.num_timesteps, self.model.num_timesteps > self.reported
        lived = self.life.means(steps) if new and self.life and not self.levels.ended else {}
        self.training.keep(steps, self._kept())
        if self.look:
            drawn = generators()  # networks that are loaded to look at draw, too
            self.look(steps, _weights(self.model))
            put_generators_back(drawn)
        if new:
            ended = np.array(self.levels.ended or [(0.0, 0, False)], float)
            figures = {"return": ended[:, 0].mean(), "length": ended[:, 1].mean(), "goal": ended[:, 2].mean()}
            self.reported = steps
            self.progress(steps, figures | lived)

    def _on_rollout_end(self) -> None:
        while self.ages and self.model.num_timesteps >= self.ages[0]:
            age = self.ages.pop(0)
            write_weights(_weights(self.model), self.training.folder / "ages" / f"{age}.safetensors")


def generators() -> Tensors:
    """The state of the generators that stable-baselines3 draws from, torch's and numpy's for the whole process."""
    state: Any = np.random.get_state()
    _, key, *place = state
    return {
        "torch": torch.get_rng_state(),
        "numpy": torch.tensor(key.astype(np.int64)),
        "place": torch.tensor(place, dtype=torch.float64),  # the next number's, and a second normal one kept for later
    }


def put_generators_back(kept: Tensors) -> None:
    """Go on drawing from where `generators` was called."""
    place, has_normal, normal = kept["place"].tolist()
    np.random.set_state(("MT19937", kept["numpy"].numpy().astype(np.uint32), int(place), int(has_normal), normal))
    torch.set_rng_state(kept["torch"])


@trainer
def train(
    training: Training,
    demo: Demo,
    recipe: Recipe,
    seed: int,
    progress: Progress,
    ages: bool = False,
    sampler: Sampler | None = None,
    look: Look | None = None,
) -> None:
    """Train one agent, for a number of steps: see `training.trainer`.

    `ages`: keep copies along the way. `sampler`: who chooses its levels, in place of the recipe's own, if it has one.
    `look`: called before the first update and after every one, to look at the network as it is then; the training is
    the same without. Raises AgentError also where the agent that it begins with is not trained yet.
    """
    total, first = training.total, FIRST_TRAINING_SEED * (seed + 1)
    learning, config = recipe.learning or demo.learning, recipe.lived or recipe.config
    kept = (recipe.ages or [int(share * total) for share in AGES]) if ages else ()
    if sampler is None and recipe.sampler is not None:
        sampler = recipe.sampler(demo, config, first)
    levels = Levels(demo, config, learning.levels, first, sampler)
    model = learner(demo, recipe, learning, levels, seed)
    keeper = _Keeper(training, levels, learning, kept, progress, look)
    done = training.resume(partial(keeper.put_back, model))
    if done < total:
        model.learn(total - done, callback=keeper, reset_num_timesteps=False)
    if ages:
        write_weights(_weights(model), training.folder / "ages" / f"{total}.safetensors")
    training.finish(_weights(model), int(model.num_timesteps))


def watched(demo: Demo, recipe: Recipe, seed: int, sampler: Sampler | None = None) -> Iterator[tuple[int, Agent]]:
    """The same training update by update, for somebody who looks on; nothing of it is kept.

    Yields the steps done and the agent as it then is, untrained at first; ends with the recipe's steps, or when nobody
    asks for more. `sampler`: who chooses its levels, if anybody does.
    """
    learning, config = recipe.learning or demo.learning, recipe.lived or recipe.config
    levels = Levels(demo, config, learning.levels, FIRST_TRAINING_SEED * (seed + 1), sampler)
    model = learner(demo, recipe, learning, levels, seed)

    def left() -> float:
        return 1.0 if learning.steady else 1.0 - model.num_timesteps / recipe.steps

    def now() -> tuple[int, Agent]:
        with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng([]):  # a network begins with random weights
            path = Path(folder) / "policy.safetensors"
            write_weights(_weights(model), path)
            return model.num_timesteps, Agent(demo, f"{recipe.name}:{seed}", recipe, path, None)

    model.lr_schedule = lambda _: learning.rate * max(left(), 0.02)
    yield now()
    while model.num_timesteps < recipe.steps:
        model.ent_coef = learning.entropy * left()
        model.learn(learning.levels * learning.rollout, reset_num_timesteps=False)
        yield now()


def learner(demo: Demo, recipe: Recipe, learning: Learning, levels: Levels, seed: int) -> PPO:
    """PPO with our network, as a training begins with it. Raises AgentError where that is an agent that is missing."""

    def rate(remaining: float) -> float:
        return learning.rate * (1.0 if learning.steady else max(remaining, 0.02))

    start = read_weights(demo, recipe.begins, beginning(demo, recipe, seed), None)[0] if recipe.begins else None
    n, length = learning.levels, learning.rollout
    shape = {"rows": demo.rows, "columns": demo.view, "learning": demo.learning}
    part: dict[str, Any] = {}
    if levels.learned is not None:
        part = {"rollout_buffer_class": PartBuffer, "rollout_buffer_kwargs": {"learned": lambda: levels.learned}}
    model = (PartPPO if part else PPO)(
        _Bytes, levels, seed=seed, device="cpu", learning_rate=rate, n_steps=length,
        batch_size=min(512, n * length), n_epochs=learning.epochs, gamma=learning.discount, gae_lambda=0.95,
        clip_range=0.2, ent_coef=learning.entropy, vf_coef=0.5, max_grad_norm=0.5,
        policy_kwargs={"features_extractor_class": Extractor, "features_extractor_kwargs": shape, "net_arch": []},
        **part,
    )  # fmt: skip
    if start is None:
        # A network that begins with values above 0 sees a loss in every death, long before it has seen a coin, and
        # hides: it begins with values of 0.
        torch.nn.init.zeros_(model.policy.value_net.weight)
    else:
        for name, weights in _weights(model).items():
            weights.copy_(start[name])
    return model
