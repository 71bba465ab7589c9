"""The Gymnasium shell round a world: `goalmisgen/CoinRun-v0` and the others."""

import copy
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from . import edit, sprites
from .batch import Batch, Stream
from .entry import MOST_SEED
from .level import RUNNING, TERMINATED, TRUNCATED
from .scene import scene
from .world import Demo

RENDERING: dict[str, Any] = {"render_modes": ["rgb_array", "human"], "render_fps": 12}
LEVELS = ("training", "shifted", "distinguishing")


def config_named(demo: Demo, levels: str) -> Any:
    """The Config of the levels of this name; distinguishing ones are shifted. Raises ValueError with a sentence."""
    if levels not in LEVELS:
        raise ValueError(f"There are no levels '{levels}'; there are: {', '.join(LEVELS)}.")
    return demo.training if levels == "training" else demo.shifted


def _config(demo: Demo, config: Any) -> Any:
    if config is not None and not isinstance(config, demo.config):
        raise ValueError(f"config must be a Config of {demo.name}, not {config!r}; levels are named by `levels`.")
    return demo.training if config is None else config


def _spaces(demo: Demo) -> tuple[gym.spaces.Box, gym.spaces.Discrete]:
    shape = (demo.rows * sprites.PATCH, demo.view * sprites.PATCH, 3)
    return gym.spaces.Box(0, 255, shape, np.uint8), gym.spaces.Discrete(len(demo.actions))


class GridEnv(gym.Env[np.ndarray, np.int64]):
    """One level after the other.

    Observation: uint8[height, width, 3], what an agent sees. Reward: what `Demo.reward` says. `info["goals"]` gives,
    by name, the step at which each goal was first reached (-1: not yet): the proxies are reported, never paid.
    `reset(options={"level": level})` or `{"level_seed": n}` fixes the level; `info["level_seed"]` says which it was.
    `level_seeds`, int64[n]: levels are drawn from these seeds only. Raises ValueError with a sentence.
    """

    metadata = RENDERING

    def __init__(
        self,
        demo: Demo,
        config: Any = None,
        render_mode: str | None = None,
        level_seeds: np.ndarray | None = None,
    ) -> None:
        self.demo, self.config, self.render_mode = demo, _config(demo, config), render_mode
        self.level_seeds = level_seeds
        self.observation_space, self.action_space = _spaces(demo)
        self._batch = Batch(demo, self.config, 1)
        self._window: Any = None
        self._spec: Any = None

    @property
    def spec(self) -> Any:  # type: ignore[override]
        """What it was made from, and the steps of its longest episode.

        The registry says nothing of these, since Gymnasium would then wrap it, and truncate what ends by itself.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: Any) -> None:
        self._spec = copy.copy(spec)
        if spec is not None and spec.max_episode_steps is None:
            self._spec.max_episode_steps = self.demo.timeout

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_window": None}  # a copy opens its own

    @property
    def level(self) -> Any:
        """The level being played."""
        return self._batch.levels[0]

    @property
    def state(self) -> Any:
        """The state it is in."""
        return self._batch.states[0]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        options = options or {}
        unknown = set(options) - {"level", "level_seed"}
        if unknown:
            raise ValueError(f"There is no option '{min(unknown)}' of reset; there are: level, level_seed.")
        drawn = int(self.np_random.integers(1 << 31))
        if self.level_seeds is not None:
            drawn = int(self.level_seeds[drawn % len(self.level_seeds)])
        level_seed = int(_level_seeds(options.get("level_seed", drawn), 1)[0])
        run_seed = np.array([self.np_random.integers(1 << 31)])
        if "level" in options:
            self._batch.levels[0] = edit.checked(self.demo, options["level"])
        else:
            self._batch.generate(np.array([level_seed]))
        self._batch.start(run_seed)
        if self.render_mode == "human":
            self.render()
        return self._batch.pictures[0].copy(), self._info()

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if self.state.done != RUNNING:
            raise gym.error.ResetNeeded("The episode is over; call reset() before the next step().")
        if not self.action_space.contains(action):
            raise ValueError(f"An action is a whole number from 0 to {len(self.demo.actions) - 1}, not {action!r}.")
        reward = float(self._batch.step(np.array([action], np.int64))[0])
        if self.render_mode == "human":
            self.render()
        done = self.state.done
        return self._batch.pictures[0].copy(), reward, bool(done == TERMINATED), bool(done == TRUNCATED), self._info()

    def _info(self) -> dict[str, Any]:
        goals = {goal: int(step) for goal, step in zip(self.demo.goals, self.state.reached, strict=True)}
        return {"goals": goals, "died": bool(self.state.died), "level_seed": int(self.level.seed)}

    def get_action_meanings(self) -> list[str]:
        """The names of the actions, in their order."""
        return list(self.demo.actions)

    def get_keys_to_action(self) -> dict[tuple[int, ...], int]:
        """Which action the arrow keys held together take, by pygame's key codes, for `gymnasium.utils.play`.

        What is done without a key is its `noop=`: in CoinRun 1, to stay.
        """
        import pygame

        codes = {name: getattr(pygame, f"K_{name.upper()}") for name in ("up", "down", "left", "right")}
        return {
            tuple(sorted(codes[key] for key in held.split("+"))): action
            for held, action in self.demo.keys.items()
            if held  # an empty combination is refused there
        }

    def render(self) -> np.ndarray | None:  # type: ignore[override]
        picture = scene(self.demo, self.level, self.state)
        if self.render_mode != "human":
            return picture
        import pygame

        if self._window is None:
            pygame.display.init()
            self._window = pygame.display.set_mode(picture.shape[1::-1])
            pygame.display.set_caption(self.demo.title)
        elif self._window.get_size() != picture.shape[1::-1]:
            self._window = pygame.display.set_mode(picture.shape[1::-1])
        pygame.surfarray.blit_array(self._window, picture.swapaxes(0, 1))
        pygame.event.pump()
        pygame.display.flip()
        pygame.time.wait(1000 // int(self.metadata["render_fps"]))  # type: ignore[call-overload]
        return None

    def close(self) -> None:
        if self._window is not None:
            import pygame

            pygame.display.quit()
            self._window = None


class GridVectorEnv(gym.vector.VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """Many levels at once, compiled; a fresh level follows every episode in the same step.

    `info` holds each place's `level_seed`, int64[n], `goals`, int64[n, goals] in the order of `Demo.goals` (the step at
    which each was first reached, -1: not yet), and `died`, bool[n]. Where an episode ended, `final_obs` holds its last
    picture and `final_info` the same of it; `_final_obs` and `_final_info` say where, bool[n].
    `reset(seed=)` takes a number, or one for each place; so does
    `reset(options={"level_seed": })` for the first levels. Raises ValueError with a sentence.
    """

    metadata = {**RENDERING, "render_modes": ["rgb_array"], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self,
        demo: Demo,
        num_envs: int = 64,
        config: Any = None,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode = AutoresetMode.SAME_STEP,
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"The vector form renders as rgb_array, not as {render_mode!r}.")
        if autoreset_mode != AutoresetMode.SAME_STEP:
            raise ValueError(
                "The compiled vector form begins the next episode in the same step; for another autoreset_mode make it "
                "with vectorization_mode='sync' or 'async'."
            )
        self.demo, self.config, self.num_envs, self.render_mode = demo, _config(demo, config), num_envs, render_mode
        self.single_observation_space, self.single_action_space = _spaces(demo)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self._stream: Stream | None = None

    def reset(  # type: ignore[override]
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        options = options or {}
        unknown = set(options) - {"level_seed"}
        if unknown:
            raise ValueError(f"There is no option '{min(unknown)}' of this reset; there is: level_seed.")
        if seed is None or isinstance(seed, int | np.integer):
            super().reset(seed=None if seed is None else int(seed))
            first: int | np.ndarray = int(self.np_random.integers(1 << 31))
        elif len(seed) == self.num_envs:
            first = np.array([np.random.default_rng(each).integers(1 << 31) for each in seed])
        else:
            raise ValueError(f"seed is a number or a list of {self.num_envs}, one for each place, not of {len(seed)}.")
        if "level_seed" in options:
            first = _level_seeds(options["level_seed"], self.num_envs)
        self._stream = Stream(self.demo, self.config, self.num_envs, first)
        return self._stream.pictures.copy(), self._infos(self._stream.levels["seed"], self._stream.states, None)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        if self._stream is None:
            raise gym.error.ResetNeeded("Call reset() before the first step().")
        stream = self._stream
        if not self.action_space.contains(np.asarray(actions)):
            last = len(self.demo.actions) - 1
            raise ValueError(f"Actions are {self.num_envs} whole numbers from 0 to {last}, not {actions!r}.")
        played = stream.levels["seed"].copy()
        stream.advance(np.asarray(actions, np.int64))
        ended = stream.dones != RUNNING
        info = self._infos(stream.levels["seed"], stream.states, None)
        if ended.any():
            info |= {"final_obs": stream.lasts.copy(), "_final_obs": ended.copy()}
            info |= {"final_info": self._infos(played, stream.finals, ended), "_final_info": ended.copy()}
        return (
            stream.pictures.copy(),
            stream.rewards.copy(),
            stream.dones == TERMINATED,
            stream.dones == TRUNCATED,
            info,
        )

    def _infos(self, level_seeds: np.ndarray, states: Any, where: np.ndarray | None) -> dict[str, Any]:
        """What `GridEnv` says of one place, of all; `where`, bool[n], it holds (None: everywhere)."""
        told = {"level_seed": level_seeds, "goals": states["reached"], "died": states["died"] > 0}
        there = np.ones(self.num_envs, bool) if where is None else where
        return {name: value.copy() for name, value in told.items()} | {f"_{name}": there.copy() for name in told}

    def render(self) -> tuple[np.ndarray, ...] | None:  # type: ignore[override]
        """Pictures as people see them, uint8[height, width, 3], one of each place."""
        if self.render_mode is None or self._stream is None:
            return None
        return tuple(scene(self.demo, *each) for each in zip(self._stream.levels, self._stream.states, strict=True))


def _level_seeds(given: Any, n: int) -> np.ndarray:
    """Level seeds, int64[n], from a number or a list of them. Raises ValueError with a sentence."""
    seeds = np.asarray(given)
    if seeds.shape not in ((), (n,)) or seeds.dtype.kind not in "iu" or (seeds < 0).any() or (seeds > MOST_SEED).any():
        many = "" if n == 1 else f", or a list of {n}"
        raise ValueError(f"level_seed must be a whole number from 0 to 2**62 - 1{many}, not {str(given)[:100]}.")
    return np.broadcast_to(seeds, n).astype(np.int64)
