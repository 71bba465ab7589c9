"""Which levels agents are measured on: their seeds, the config they are drawn with, and those of the presets."""

from typing import Any

import numpy as np

from ..agents.pretrained import load_agent
from ..agents.run_grid import Run
from ..rules.change import changed
from ..rules.edit import draw_level
from ..rules.level import Level
from ..rules.rng import draw_int
from ..rules.world import Demo, Preset


def measurement_seeds(demo: Demo, seed: int, first: int, n: int) -> np.ndarray:
    """int64[n]: level seeds number `first` to `first + n - 1` of a measurement, below 2**40, where training begins.

    In a world of pairs every level is followed by the same one with its two objects' places exchanged.
    """
    numbers = np.arange(first, first + n)
    drawn = [(draw_int(seed, i, 0, 1 << 8) << 32) + draw_int(seed, i, 1, 1 << 32) for i in numbers // (1 + demo.paired)]
    seeds = np.array(drawn, np.int64)
    return seeds // 2 * 2 + numbers % 2 if demo.paired else seeds


def levels_config(demo: Demo, config: Any, shifted: bool) -> Any:
    """The world's shifted or training levels, with the reward and sight of `config`."""
    source = demo.shifted if shifted else demo.training
    differ = [k for k, v in demo.shifted._asdict().items() if v != getattr(demo.training, k)]
    return config._replace(**{k: getattr(source, k) for k in (*differ, *demo.also_shifted)})


def shifted_config(demo: Demo, config: Any) -> Any:
    """`config` with the world's shift: the agent's own reward and sight, on shifted levels."""
    return levels_config(demo, config, True)


def prepared_level(demo: Demo, preset: Preset, config: Any) -> Level:
    """The level of a preset for an agent of this config. Raises BadLevel where it cannot be changed so."""
    level = draw_level(demo, shifted_config(demo, config) if preset.shifted else config, preset.level_seed)
    return changed(demo, level, preset.changes)


def preset_run(demo: Demo, preset: Preset) -> Run:
    """The run that a preset shows. Raises AgentError or BadLevel with a sentence."""
    actor = load_agent(demo, preset.agent)
    return Run(demo, actor, prepared_level(demo, preset, actor.config))
