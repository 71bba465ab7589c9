"""The demos of goalmisgen, in teaching order. This list is the only one; everything else derives from it."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.rules.world import Demo

NAMES = (
    "coinrun", "cheese_maze", "line_and_gem", "keys_and_chests", "monster_gridworld", "tree_gridworld",
    "follow_the_expert",
)  # fmt: skip

_SPELT = {"coinrun": "CoinRun"}  # words of Gymnasium ids that are not simply capitalised


def load(name: str) -> "Demo":
    """The demo of this name. Raises KeyError with a sentence if there is none."""
    if name not in NAMES:
        raise KeyError(f"There is no demo '{name}'; there are: {', '.join(NAMES)}.")
    demo: Demo = importlib.import_module(f"{__name__}.{name}").DEMO
    return demo


def register_envs() -> None:
    """Register every demo with Gymnasium as `goalmisgen/<Name>-v0` (importing `demos.envs` does it)."""
    import gymnasium

    for name in NAMES:
        env_id = "".join(_SPELT.get(part, part.title()) for part in name.split("_")) + "-v0"
        gymnasium.register(
            id=f"goalmisgen/{env_id}",
            entry_point="demos:make_env",
            vector_entry_point="demos:make_vector_env",
            kwargs={"name": name},
        )


def make_env(name: str, config: Any = None, render_mode: str | None = None) -> Any:
    """The Gymnasium environment of a demo, on its training levels unless `config` says otherwise."""
    from .engine.rules.env import GridEnv

    return GridEnv(load(name), config, render_mode)


def make_vector_env(name: str, num_envs: int = 64, config: Any = None) -> Any:
    """The same as a vector environment."""
    from .engine.rules.env import GridVectorEnv

    return GridVectorEnv(load(name), num_envs, config)
