"""Levels for a training chosen by regret: the hard ones come again (Jiang et al. 2021, Parker-Holder et al. 2022).

Regret is exact here: the best return there is, by a shortest way, less the return that was got. Plain replay
(prioritized level replay) learns from every episode; robust replay (Jiang et al. 2021) from replayed levels only, and
plays the others to find out their regret.
"""

from typing import Any

import numpy as np

from . import level as lv
from .batch import drawn_levels
from .edit import kind_slots, open_places
from .rng import draw, draw_int
from .world import Demo

ROOM = 256  # levels remembered
BEGUN = 0.25  # how full the memory is when replay begins
SHARE = 0.33  # of the episodes, once begun, that replay a remembered level
ROBUST_SHARE = 0.5  # the same in robust replay, as in Jiang et al. 2021
EDITED = 0.5  # of the others, where there are edits
STALENESS = 0.1  # share of the draws that goes by how long a level was not drawn; the rest goes by rank
ATTEMPTS = 64  # places tried for an edit
_REPLAYS, _EDITS, _PICKS, _PLACES = range(100, 104)  # purposes of draws, apart from those of `generate`


def best(demo: Demo, level: lv.Level) -> float:
    """The highest discounted return: the prize of 1 at the end of a shortest way; 0 where there is none.

    For worlds that say `shortest`, pay 1 for the intended goal and nothing else, and end with it.
    """
    assert demo.shortest is not None, f"{demo.name} does not say what its shortest ways are"
    steps = demo.shortest(level)[0]
    return 0.0 if steps < 0 else demo.learning.discount ** max(steps - 1, 0)


def regret(demo: Demo, level: lv.Level, total: float, steps: int) -> float:
    """The highest discounted return less what an episode got, `total`, at its last step; from 0 to 1."""
    return best(demo, level) - total * demo.learning.discount ** (steps - 1)


def chances(regrets: np.ndarray, unseen: np.ndarray, staleness: float = STALENESS) -> np.ndarray:
    """How likely each level is replayed, float64[n]: by 1 / its rank in regret, and by how long it was `unseen`."""
    ranks = np.empty(len(regrets))
    ranks[np.argsort(-regrets, kind="stable")] = np.arange(1, len(regrets) + 1)
    by_rank = 1.0 / ranks / (1.0 / ranks).sum()
    by_age = unseen / unseen.sum() if unseen.sum() > 0 else by_rank
    return (1.0 - staleness) * by_rank + staleness * by_age


class Replay:
    """A `Sampler` that remembers the levels of highest regret, and has them played again.

    A level that was played for the first time enters if its regret is above the least that is remembered; one that
    was replayed has the regret of its latest episode. With `moves`, the name of an object, half of the other episodes
    are edits: a remembered level in which that object lies on another open tile. `robust`: the network learns from
    replayed levels only, so not at all before replay begins.

    Attributes: `levels` (records), `regrets` (float64), both of those remembered so far.
    """

    def __init__(
        self, demo: Demo, config: object, first: int, moves: str = "", room: int = ROOM, robust: bool = False
    ) -> None:
        self.demo, self.config, self.first, self.moves = demo, config, first, moves
        self.slot = kind_slots(demo, moves)[0] if moves else -1
        self.robust, self.share = robust, ROBUST_SHARE if robust else SHARE
        self.begins = max(1, int(BEGUN * room))
        self.count = self.fresh = self.filled = 0  # levels handed out, of them freshly drawn; levels remembered
        self._levels, self._regrets = lv.records(demo.level, room), np.zeros(room)
        self._seen, self._names = np.zeros(room, np.int64), np.zeros(room, np.int64)  # by `count`, when drawn, entered
        self._playing = lv.records(demo.level, 0)
        self._replayed = np.zeros(0, np.int64)  # the name of the remembered level that is played; -1: another

    @property
    def levels(self) -> "np.recarray[Any, Any]":
        """Those remembered, records[n]."""
        return self._levels[: self.filled].view(np.recarray)

    @property
    def regrets(self) -> np.ndarray:
        """What is remembered of them, float64[n]."""
        return self._regrets[: self.filled]

    def next(self, i: int) -> lv.Level:
        """The level that comes next in place `i`."""
        if i >= len(self._playing):
            more = i + 1 - len(self._playing)
            self._playing = np.concatenate([self._playing, lv.records(self.demo.level, more)]).view(np.recarray)
            self._replayed = np.concatenate([self._replayed, np.full(more, -1)])
        self.count += 1
        begun, at = self.filled >= self.begins, (self.first, self.count)
        self._replayed[i] = -1
        if begun and draw(*at, _REPLAYS) < self.share:
            k = self._pick()
            self._replayed[i], self._playing[i] = self._names[k], self._levels[k]
        elif begun and self.moves and draw(*at, _EDITS) < EDITED:
            self._playing[i] = self._edited(self._levels[self._pick()])
        else:
            seed = np.array([self.first + self.fresh])
            self._playing[i] = drawn_levels(self.demo, self.config, seed)[0]
            self.fresh += 1
        return self._playing[i]

    def _pick(self) -> int:
        """Which remembered level is drawn, from now on seen."""
        sums = np.cumsum(chances(self.regrets, self.count - self._seen[: self.filled]))
        k = min(int(np.searchsorted(sums, draw(self.first, self.count, _PICKS) * sums[-1])), self.filled - 1)
        self._seen[k] = self.count
        return k

    def _edited(self, level: lv.Level) -> lv.Level:
        """The level with its object on another open tile, every goal in reach and away from the start."""
        fresh, places = lv.copied(level), open_places(self.demo, level)
        taken = {tuple(map(int, place)) for place in level.objects}
        for attempt in range(ATTEMPTS):
            place = places[draw_int(self.first + attempt, self.count, _PLACES, len(places))]
            fresh.objects[self.slot] = place
            if place not in taken and self.demo.shortest is not None and min(self.demo.shortest(fresh)) > 0:
                return fresh
        return level

    def learned(self) -> np.ndarray | None:
        """From which of the episodes under way the network learns, bool[n]; None: from all."""
        return self._replayed >= 0 if self.robust else None

    def ended(self, i: int, total: float, steps: int) -> None:
        """Remember, or forget, the level of place `i` by the regret of its episode."""
        found = regret(self.demo, self._playing[i], total, steps)
        if self._replayed[i] >= 0:  # it may have been pushed out meanwhile
            self.regrets[self._names[: self.filled] == self._replayed[i]] = found
            return
        if self.filled < len(self._levels):
            k, self.filled = self.filled, self.filled + 1
        else:
            k = int(self._regrets.argmin())
            if found <= self._regrets[k]:
                return
        self._levels[k], self._regrets[k] = self._playing[i], found
        self._seen[k] = self._names[k] = self.count  # never twice the same: a draw follows every end

    def kept(self) -> dict[str, np.ndarray]:
        """Everything that decides what it chooses next, as arrays by name."""
        return {
            "counts": np.array([self.count, self.fresh, self.filled]),
            "levels": np.frombuffer(self._levels.tobytes(), np.uint8),
            "regrets": self._regrets, "seen": self._seen, "names": self._names,
            "playing": np.frombuffer(self._playing.tobytes(), np.uint8), "replayed": self._replayed,
        }  # fmt: skip

    def put_back(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from where `kept` was called. Raises KeyError or ValueError where that was another world's."""
        self.count, self.fresh, self.filled = map(int, kept["counts"])
        self._levels[:] = np.frombuffer(kept["levels"].tobytes(), self.demo.level)
        self._regrets[:], self._seen[:], self._names[:] = kept["regrets"], kept["seen"], kept["names"]
        self._playing = np.frombuffer(kept["playing"].tobytes(), self.demo.level).copy().view(np.recarray)
        self._replayed = kept["replayed"].copy()
