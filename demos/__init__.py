"""The demos of goalmisgen, in teaching order. These lists are the only ones; everything else derives from them."""

import importlib
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from .engine.rules.entry import Entry
    from .engine.rules.world import Demo

WORLDS = (
    "coinrun", "cheese_maze", "line_and_gem", "keys_and_chests", "monster_gridworld", "tree_gridworld",
    "follow_the_expert",
)  # fmt: skip
TEXTS: tuple[str, ...] = ("sycophancy", "redundant_questions", "emergent_misalignment")
DECISIONS: tuple[str, ...] = ("alignment_faking", "board_hack")
NAMES = (*WORLDS, *TEXTS, *DECISIONS)

_SPELT = {"coinrun": "CoinRun"}  # words of Gymnasium ids that are not simply capitalised


def entry(name: str) -> "Entry":
    """The demo of this name, of whatever kind. Raises KeyError with a sentence if there is none."""
    if name not in NAMES:
        raise KeyError(f"There is no demo '{name}'; there are: {', '.join(NAMES)}.")
    found: Entry = importlib.import_module(f"{__name__}.{name}").DEMO
    return found


def load(name: str) -> "Demo":
    """The grid world of this name. Raises KeyError with a sentence if there is none."""
    if name in NAMES and name not in WORLDS:
        raise KeyError(f"'{name}' is not a grid world; those are: {', '.join(WORLDS)}.")
    return cast("Demo", entry(name))


def register_envs() -> None:
    """Register every grid world with Gymnasium as `goalmisgen/<Name>-v0` (importing `demos.envs` does it)."""
    import gymnasium

    for name in WORLDS:
        env_id = "".join(_SPELT.get(part, part.title()) for part in name.split("_")) + "-v0"
        gymnasium.register(
            id=f"goalmisgen/{env_id}",
            entry_point="demos:make_env",
            vector_entry_point="demos:make_vector_env",
            kwargs={"name": name},
        )


def make_env(name: str, config: Any = None, render_mode: str | None = None) -> Any:
    """The Gymnasium environment of a grid world, on its training levels unless `config` says otherwise."""
    from .engine.rules.env import GridEnv

    return GridEnv(load(name), config, render_mode)


def make_vector_env(name: str, num_envs: int = 64, config: Any = None) -> Any:
    """The same as a vector environment."""
    from .engine.rules.env import GridVectorEnv

    return GridVectorEnv(load(name), num_envs, config)
