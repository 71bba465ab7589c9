"""The Gymnasium shell round a world: `goalmisgen/CoinRun-v0` and the others."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from . import edit, sprites
from .batch import Batch, Stream
from .level import RUNNING, TERMINATED, TRUNCATED
from .picture import scene
from .world import Demo


def _spaces(demo: Demo) -> tuple[gym.spaces.Box, gym.spaces.Discrete]:
    shape = (demo.rows * sprites.PATCH, demo.view * sprites.PATCH, 3)
    return gym.spaces.Box(0, 255, shape, np.uint8), gym.spaces.Discrete(len(demo.actions))


class GridEnv(gym.Env[np.ndarray, np.int64]):
    """One level after the other.

    Observation: uint8[height, width, 3], what an agent sees. Reward: what `Demo.reward` says. `info["goals"]` gives,
    by name, the step at which each goal was first reached (-1: not yet): the proxies are reported, never paid.
    `reset(options={"level": level})` or `{"level_seed": n}` fixes the level.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 12}

    def __init__(self, demo: Demo, config: Any = None, render_mode: str | None = None) -> None:
        self.demo, self.config, self.render_mode = demo, config or demo.training, render_mode
        self.observation_space, self.action_space = _spaces(demo)
        self._batch = Batch(demo, self.config, 1)
        self._window: Any = None

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
        level_seed = int(options.get("level_seed", self.np_random.integers(1 << 31)))
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
        reward = float(self._batch.step(np.array([action], np.int64))[0])
        if self.render_mode == "human":
            self.render()
        done = self.state.done
        return self._batch.pictures[0].copy(), reward, bool(done == TERMINATED), bool(done == TRUNCATED), self._info()

    def _info(self) -> dict[str, Any]:
        goals = {goal: int(step) for goal, step in zip(self.demo.goals, self.state.reached, strict=True)}
        return {"goals": goals, "died": bool(self.state.died)}

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

    Where an episode ended, `info["final_obs"]` holds its last picture and `info["final_goals"]` what it reached.
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(self, demo: Demo, num_envs: int = 64, config: Any = None) -> None:
        self.demo, self.config, self.num_envs = demo, config or demo.training, num_envs
        self.single_observation_space, self.single_action_space = _spaces(demo)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self._stream: Stream | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:  # type: ignore[override]
        super().reset(seed=seed)
        self._stream = Stream(self.demo, self.config, self.num_envs, int(self.np_random.integers(1 << 31)))
        return self._stream.pictures.copy(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        if self._stream is None:
            raise gym.error.ResetNeeded("Call reset() before the first step().")
        stream = self._stream
        stream.advance(np.asarray(actions, np.int64))
        ended = stream.dones != RUNNING
        info: dict[str, Any] = {}
        if ended.any():
            info = {
                "final_obs": stream.lasts.copy(),
                "_final_obs": ended.copy(),
                "final_goals": stream.finals["reached"].copy(),
            }
        return (
            stream.pictures.copy(),
            stream.rewards.copy(),
            stream.dones == TERMINATED,
            stream.dones == TRUNCATED,
            info,
        )
