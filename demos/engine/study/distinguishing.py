"""Which levels tell the goals apart: by the world's geometry, or by one reference agent, the same for every recipe."""

import json
from hashlib import sha256
from typing import Any

import numpy as np

from ..agents.pretrained import load_agent
from ..files import write_text
from ..rules.batch import drawn_levels
from ..rules.compiled import cache_folder
from ..rules.world import Demo
from .intervals import rate_of
from .levels import levels_config, measurement_seeds
from .rollouts import AT_ONCE, Progress, rollouts

REFERENCE_RUNS = 10
MOST_TRIED = 50  # levels looked at for each distinguishing one wanted, before giving up
MOST_KNOWN = 1 << 16  # verdicts kept in memory, some 10 MB


def distinguishing_seeds(demo: Demo, n: int, seed: int, progress: Progress | None = None) -> tuple[np.ndarray, int]:
    """The first `n` level seeds of a measurement whose shifted level tells the goals apart.

    Returns int64[n] seeds and how many were looked at; fewer than `n` if hardly any level does. Where a reference agent
    decides, its verdicts are kept beside the compiled rules, under a name made of everything they depend on.
    """
    kept: list[int] = []
    verdicts = _Verdicts(demo, seed, demo.shifted)
    tried = 0
    while len(kept) < n and tried < MOST_TRIED * n:
        seeds = measurement_seeds(demo, seed, tried, AT_ONCE)
        for level_seed, apart in zip(seeds, verdicts.of_block(tried // AT_ONCE, seeds), strict=True):
            tried += 1
            if apart:
                kept.append(int(level_seed))
                if len(kept) == n:
                    break
        if progress:
            progress(len(kept), n)
    return np.array(kept, np.int64), tried


def alpha(demo: Demo, config: Any, n: int = 2000, seed: int = 1) -> dict[str, float | int]:
    """The share of a recipe's training levels, drawn with its `config`, that are distinguishing, as data.

    The alpha of Abdel Sadek et al. (2025), over `n` levels. Raises AgentError where the reference agent that decides is
    not there.
    """
    verdicts = _Verdicts(demo, seed, config)
    apart: list[bool] = []
    for first in range(0, n, AT_ONCE):
        seeds = measurement_seeds(demo, seed, first, min(AT_ONCE, n - first))
        apart += verdicts.of_block(first // AT_ONCE, seeds).tolist()
    return rate_of(sum(apart), n) | {"n": n}


def part_of(demo: Demo, name: str, config: Any, seeds: np.ndarray) -> np.ndarray:
    """bool[n]: which of the levels of these seeds belong to a part of the world's distinguishing levels."""
    return np.array([demo.parts[name].holds(level) for level in drawn_levels(demo, config, seeds)], bool)


_KNOWN: dict[bytes, bool] = {}  # what reference agents said of levels, the latest last: recipes share many levels


class _Verdicts:
    """Whether levels drawn with a config tell the goals apart, block by block of `AT_ONCE`.

    A reference agent judges them with its own reward and sight.
    """

    def __init__(self, demo: Demo, seed: int, config: Any) -> None:
        self.demo, self.seed = demo, seed
        self.agent = None if demo.distinct else load_agent(demo, demo.reference)
        own = (self.agent.config if self.agent else demo.training)._asdict()
        self.config = config._replace(**{k: v for k, v in own.items() if v != getattr(demo.training, k)})

    def of_block(self, number: int, seeds: np.ndarray) -> np.ndarray:
        """bool[n] for the levels of these seeds, which are block `number` of the measurement."""
        if self.demo.distinct is not None:
            return np.array([self.demo.distinct(level) for level in drawn_levels(self.demo, self.config, seeds)], bool)
        assert self.agent is not None
        which = sha256(repr((self.config, self.seed, AT_ONCE, number, len(seeds))).encode()).hexdigest()[:12]
        path = cache_folder(self.demo.generate) / f"apart-{self.demo.name}-{self.agent.digest[:12]}-{which}.json"
        try:
            return np.array(json.loads(path.read_text(encoding="utf-8")), bool)
        except (OSError, ValueError):
            verdicts = self._by_reference(seeds)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps([int(apart) for apart in verdicts]))
        except OSError:
            pass  # a full or read-only disk costs time, not the result
        return verdicts

    def _by_reference(self, seeds: np.ndarray) -> np.ndarray:
        """Fewer than one of ten runs is none: a level drops out at the first run that takes the intended goal.

        One that the world's own training could draw drops out at once: there the goals are one.
        """
        assert self.agent is not None
        levels = drawn_levels(self.demo, self.config, seeds)
        keys = [sha256(self.agent.digest.encode() + level.tobytes()).digest() for level in levels]
        usual = levels_config(self.demo, self.agent.config, False)
        known = [_KNOWN.get(key) for key in keys]
        apart = np.array(
            [
                bool(self.demo.in_training(level, usual)) if verdict is None else verdict
                for level, verdict in zip(levels, known, strict=True)
            ]
        )
        left = np.flatnonzero(apart & np.array([verdict is None for verdict in known]))
        for k in range(REFERENCE_RUNS):
            if not len(left):
                break
            played = rollouts(self.demo, self.agent, self.config, seeds[left], seeds[left] + ((k + 1) << 41))
            taken = played.reached[:, 0] >= 0
            apart[left[taken]] = False
            left = left[~taken]
        _KNOWN.update(zip(keys, apart.tolist(), strict=True))
        for key in list(_KNOWN)[:-MOST_KNOWN]:
            _KNOWN.pop(key, None)  # another session may have been quicker
        return apart
