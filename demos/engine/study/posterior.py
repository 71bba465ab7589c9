"""Agent or device? The posterior of two explanations of a run on tiles, after every step.

Definition 2.1 of Langosco et al. 2022, after Orseau, McGill and Legg 2018, from notes. A run, tiles s and moves a, is
explained by an agent mixture and by a device mixture:

    p_agt(run) = sum over goals g of  eta(g)  product over t of p(a_t | s_t, g)
    p_dev(run) = sum over devices d of eta(d) product over t of p(a_t | what d senses at t)

    p(agent | run) = p_agt / (p_agt + p_dev)                    both explanations as likely before
    p(goal | run, agent) = eta(g) p(run | g) / p_agt            the goal that the run looks to be about

Which agents and devices there are is not in the notes; here, with `noise` e the share of moves made at random:

* an agent for every open tile as its goal, all as likely: with 1 - e it makes one of the moves after which no other
  would leave it nearer to the goal (shortest ways; so it stays there, or steps off and back), else any move;
* devices sense which of the four tiles beside them stop them, not where they are and not what lies where. Every family
  of `FAMILIES` in use is as likely; within a family all devices are. Devices with fixed answers also err with e.

Every sum is exact, in logarithms: answers in one surrounding do not depend on those in another, so that the sum over
all 4^16 tables of answers is a product of one short sum for each surrounding that was met.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from ..rules.grid import WAYS, distances
from ..rules.level import Level
from ..rules.world import Demo

FAMILIES = {
    "random": "every move as likely as any other, always",
    "reflex": "one fixed move for each pattern of blocked sides, such as right, and up where right is blocked",
    "turning": "one fixed move for each pattern of blocked sides and last move, such as straight on, turning at hedges",
    "chances": "fixed chances of the four moves for each pattern of blocked sides, such as up or right, evenly",
}
CLASSES: dict[str, tuple[str, ...]] = {
    "random": ("random",),
    "fixed": ("random", "reflex", "turning"),
    "fixed or by chance": ("random", "reflex", "turning", "chances"),
}
USUAL_CLASS, USUAL_NOISE = "fixed", 0.1
_STEPS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])  # of the four WAYS


@dataclass(frozen=True)
class OpenTiles:
    """Open tiles by number, and what each move does there.

    `cells`, int64[k, 2]: row and column; `numbers`, int64[rows, columns]: -1 where a tile is not open; `after`,
    int64[k, 4]: the tile after each move; `best`, bool[k goals, k, 4]: whether no other move ends nearer to the goal;
    `sides`, int64[k]: which moves are stopped, as bits.
    """

    cells: np.ndarray
    numbers: np.ndarray
    after: np.ndarray
    best: np.ndarray
    sides: np.ndarray


@dataclass(frozen=True)
class Belief:
    """What is believed after the first 0, 1, ... steps of a run.

    `agent`, float64[steps + 1]: p(agent | run); `factor`, float64[steps + 1]: log10 of p_agt / p_dev; `goals`,
    float64[steps + 1, k]: p(goal | run, agent) by number of the tile; `devices`, float64[steps + 1, families]:
    p(family | run, device).
    """

    agent: np.ndarray
    factor: np.ndarray
    goals: np.ndarray
    devices: np.ndarray


def field_of(demo: Demo, level: Level) -> OpenTiles:
    """The field of a level of tiles. Raises ValueError where bodies do not move by the four WAYS."""
    if demo.actions != WAYS:
        raise ValueError(f"{demo.name} has other moves than {', '.join(WAYS)}; agents and devices take one of those.")
    rows, columns = (int(x) for x in level.extent)
    solid = np.array([tile.solid for tile in demo.tiles])
    return field(~solid[level.tiles[:rows, :columns]])


def field(is_open: np.ndarray) -> OpenTiles:
    """The field of bool[rows, columns], True where a tile is open."""
    cells = np.argwhere(is_open)
    numbers = np.full(is_open.shape, -1, np.int64)
    numbers[tuple(cells.T)] = np.arange(len(cells))
    beside = np.pad(numbers, 1, constant_values=-1)[tuple((cells[:, None] + _STEPS + 1).transpose(2, 0, 1))]
    stopped = beside < 0
    after = np.where(stopped, np.arange(len(cells))[:, None], beside)
    tiles = np.where(is_open, 0, 1)
    away = np.array([distances(tiles, 0, row, col)[tuple(cells.T)] for row, col in cells]).reshape(len(cells), -1)
    away = np.where(away < 0, len(cells), away)  # no way there: every move is as good as any other
    left = away[:, after]
    return OpenTiles(cells, numbers, after, left == left.min(2, keepdims=True), stopped @ (1 << np.arange(4)))


def agents(tiles: OpenTiles, places: np.ndarray, moves: np.ndarray, noise: float) -> np.ndarray:
    """float64[steps + 1, k]: log p(the first t moves | goal), for every open tile as the goal.

    `places`, int64[steps, 2]: row and column before each move; `moves`, int64[steps]: 0 to 3; `noise` in (0, 1].
    """
    at, moves = _numbered(tiles, places, moves, noise)
    best = tiles.best[:, at]  # [goals, steps, 4]
    chance = (1 - noise) * best / best.sum(2, keepdims=True) + noise / 4
    each = np.log(chance[:, np.arange(len(moves)), moves])
    return np.concatenate((np.zeros((1, len(tiles.cells))), np.cumsum(each.T, 0)))


def devices(
    tiles: OpenTiles, places: np.ndarray, moves: np.ndarray, noise: float, families: Sequence[str]
) -> np.ndarray:
    """float64[steps + 1, families]: log p(the first t moves | family), the mean over its devices. As for `agents`."""
    at, moves = _numbered(tiles, places, moves, noise)
    last = np.concatenate(([4], moves))[: len(moves)]  # 4: nothing was done yet
    found = []
    for family in families:
        if family == "random":
            found.append(np.arange(len(moves) + 1) * np.log(1 / 4))
            continue
        met, sensed = np.unique(tiles.sides[at] + (16 * last if family == "turning" else 0), return_inverse=True)
        counts = np.zeros((len(moves) + 1, len(met), 4))  # how often each move was made in each surrounding
        counts[np.arange(1, len(moves) + 1), sensed, moves] = 1
        counts = np.cumsum(counts, 0)
        found.append((_by_chance(counts) if family == "chances" else _fixed(counts, noise)).sum(1))
    return np.stack(found, 1)


def belief(
    tiles: OpenTiles, places: np.ndarray, moves: np.ndarray, noise: float = USUAL_NOISE, devices_in: str = USUAL_CLASS
) -> Belief:
    """What is believed after every step of a run. `devices_in`: the class of devices, one of `CLASSES`.

    As for `agents`. Raises ValueError with a sentence.
    """
    if devices_in not in CLASSES:
        raise ValueError(f"There is no class of devices '{devices_in}'; there are: {', '.join(CLASSES)}.")
    families = CLASSES[devices_in]
    by_goal = agents(tiles, places, moves, noise)
    by_family = devices(tiles, places, moves, noise, families)
    all_goals, all_families = np.logaddexp.reduce(by_goal, 1), np.logaddexp.reduce(by_family, 1)
    agent, device = all_goals - np.log(by_goal.shape[1]), all_families - np.log(len(families))
    return Belief(
        np.exp(agent - np.logaddexp(agent, device)),
        (agent - device) / np.log(10),
        np.exp(by_goal - all_goals[:, None]),
        np.exp(by_family - all_families[:, None]),
    )


def _fixed(counts: np.ndarray, noise: float) -> np.ndarray:
    """log of the mean over the four answers to each surrounding, float64[steps + 1, surroundings]."""
    hit, miss = np.log(1 - noise + noise / 4), np.log(noise / 4)
    made = counts.sum(2, keepdims=True)
    return np.logaddexp.reduce(counts * hit + (made - counts) * miss, 2) - np.log(4)


def _by_chance(counts: np.ndarray) -> np.ndarray:
    """log of the mean over all chances of the four moves (a Dirichlet prior of ones): 3! prod n! / (n + 3)!."""
    return gammaln(4) + gammaln(counts + 1).sum(2) - gammaln(counts.sum(2) + 4)


def _numbered(tiles: OpenTiles, places: np.ndarray, moves: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """The places as numbers of tiles, and the moves, checked. Raises ValueError with a sentence."""
    places, moves = np.asarray(places, np.int64).reshape(-1, 2), np.asarray(moves, np.int64)
    if not 0 < noise <= 1:
        raise ValueError(f"The noise is a share above 0 and up to 1, not {noise:g}.")
    if len(places) != len(moves):
        raise ValueError(f"A run has a place before every move, but here are {len(places)} and {len(moves)}.")
    if len(moves) and not (moves.min() >= 0 and moves.max() <= 3):
        raise ValueError(f"Moves are numbers from 0 to 3 ({', '.join(WAYS)}), not {moves.min()} to {moves.max()}.")
    rows, columns = tiles.numbers.shape
    inside = np.all((places >= 0) & (places < (rows, columns)), axis=1)
    at = np.where(inside, tiles.numbers[tuple(np.where(inside.reshape(-1, 1), places, 0).T)], -1)
    if (at < 0).any():
        row, col = places[int((at < 0).argmax())]
        raise ValueError(f"The run comes to ({row}, {col}), which is not an open tile.")
    return at, moves
