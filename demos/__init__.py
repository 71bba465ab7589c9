"""The demos of goalmisgen, in teaching order. These lists are the only ones; everything else derives from them.

Importing the package registers every grid world with Gymnasium: `gymnasium.make("goalmisgen/CoinRun-v0")`.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from .engine.api import Level, Run, World, agent, load, measure, run
    from .engine.rules.decision import DecisionDemo
    from .engine.rules.entry import Entry
    from .engine.rules.text import TextDemo
    from .engine.rules.world import Demo

WORLDS = (
    "coinrun",
    "cheese_maze",
    "line_and_gem",
    "keys_and_chests",
    "monster_gridworld",
    "tree_gridworld",
    "follow_the_expert",
)
TEXTS: tuple[str, ...] = ("sycophancy", "redundant_questions", "emergent_misalignment")
DECISIONS: tuple[str, ...] = ("alignment_faking", "board_hack")
NAMES = (*WORLDS, *TEXTS, *DECISIONS)

PUBLIC = ("load", "agent", "run", "measure", "World", "Level", "Run")
__all__ = ["Level", "Run", "World", "agent", "load", "measure", "run"]

_SPELT = {"coinrun": "CoinRun"}  # words of Gymnasium ids that are not simply capitalised


def module(name: str) -> ModuleType:
    """The file of this demo. Raises KeyError with a sentence if there is none."""
    if name not in NAMES:
        from .engine.rules.entry import unknown

        raise KeyError(unknown(f"There is no demo '{name}'", name, NAMES))
    return importlib.import_module(f".{name}", __name__)


def entry(name: str) -> "Entry":
    """The demo of this name, of whatever kind. Raises KeyError with a sentence if there is none."""
    return cast("Entry", module(name).DEMO)


def grid_entry(name: str) -> "Demo":
    """The grid world of this name. Raises KeyError with a sentence if there is none."""
    return cast("Demo", _among(WORLDS, "not a grid world", name))


def text_entry(name: str) -> "TextDemo":
    """The demo of this name whose networks write. Raises KeyError with a sentence if there is none."""
    return cast("TextDemo", _among(TEXTS, "no demo of networks that write", name))


def decision_entry(name: str) -> "DecisionDemo":
    """The decision demo of this name. Raises KeyError with a sentence if there is none."""
    return cast("DecisionDemo", _among(DECISIONS, "no decision demo", name))


def _among(names: tuple[str, ...], other: str, name: str) -> "Entry":
    if name in NAMES and name not in names:
        raise KeyError(f"'{name}' is {other}; those are: {', '.join(names)}.")
    return entry(name)


def env_id(name: str) -> str:
    """The Gymnasium id of a grid world, such as `goalmisgen/CoinRun-v0`."""
    return "goalmisgen/" + "".join(_SPELT.get(part, part.title()) for part in name.split("_")) + "-v0"


def make_env(name: str, config: Any = None, render_mode: str | None = None, levels: str = "training") -> Any:
    """The Gymnasium environment of a grid world.

    `levels`: training, shifted or distinguishing (of the last, the first 256 that are measured); `config`, a Config of
    the world, instead. Raises ValueError with a sentence.
    """
    from .engine.rules.env import GridEnv, config_named

    demo = grid_entry(name)
    seeds = None
    if levels == "distinguishing":
        from .engine.study.distinguishing import distinguishing_seeds

        seeds, _ = distinguishing_seeds(demo, 256, 1)
    return GridEnv(demo, config_named(demo, levels) if config is None else config, render_mode, seeds)


# What Gymnasium reads before it makes one (`rgb_array_list`): `GridEnv.metadata`, which would be slow to import here.
make_env.metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 12}  # type: ignore[attr-defined]


def make_vector_env(name: str, num_envs: int = 64, config: Any = None, levels: str = "training", **options: Any) -> Any:
    """The same as a vector environment, of training or of shifted levels. Raises ValueError with a sentence.

    `options`: `render_mode` and `autoreset_mode` of `GridVectorEnv`.
    """
    from .engine.rules.env import GridVectorEnv, config_named

    demo = grid_entry(name)
    if levels == "distinguishing":
        raise ValueError(
            "The vector form draws training or shifted levels; make one environment for distinguishing ones."
        )
    return GridVectorEnv(demo, num_envs, config_named(demo, levels) if config is None else config, **options)


def __getattr__(name: str) -> Any:
    """The public face, `load`, `agent`, `run`, `measure` and their types, imported when it is first asked for."""
    if name not in PUBLIC:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(".engine.api", __name__), name)


def _register() -> None:
    import gymnasium

    for name in WORLDS:
        gymnasium.register(
            id=env_id(name),
            entry_point=f"{__name__}:make_env",
            vector_entry_point=f"{__name__}:make_vector_env",
            kwargs={"name": name},
        )


_register()
