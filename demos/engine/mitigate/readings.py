"""Two readings of one training: two networks that agree on training levels and disagree where levels tell.

After DivDis (Lee, Yao and Finn 2023) and D-BAT (Pagliardini et al. 2023), the idea behind ACE (Armstrong et al. 2023).
Each network reads a picture and says whether this is a success. On training pictures both are told; on unlabelled
pictures of other levels they are pushed to disagree, and each is held to a prior of how often it should say yes. One
label then chooses between them.

What worked in trials, and what did not: success classifiers with whole networks of their own do; heads that choose
actions, or the goal's tile, disagree in ways nobody could mean. The unlabelled pictures must show the moments at which
the goals part: whoever chooses them brings that knowledge in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from ..agents.policy import Features
from ..agents.pretrained import Agent, load_agent
from ..rules.batch import Batch, drawn_levels
from ..rules.edit import draw_level, goal_slot, open_places
from ..rules.grid import WAYS, distances
from ..rules.level import Level, records
from ..rules.palette import BLUE, ORANGE
from ..rules.world import Demo
from ..study.distinguishing import distinguishing_seeds
from ..study.figures.dots import dots
from ..study.findings import Progress, Row, Technique, role_seed, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.posterior import field_of
from ..study.rollouts import rollouts
from .plan import plan_of
from .rescue import SKILL, by_demonstrations, fit_seeds, to_the_end
from .rescue import UPDATES as LESSONS
from .rescue import suits as levels_can_tell

BATCH, RATE, UPDATES = 128, 1e-3, 200
LABELLED, UNLABELLED = 6000, 3000  # pictures
PRIOR, PRIOR_WEIGHT = 0.5, 5.0  # how often a reading should say yes on unlabelled pictures, and how much that counts
DISAGREE = 1.0  # weight of the disagreement


def suits(demo: Demo) -> bool:
    """Worlds with a goal that can be moved away from the place that the proxy is about, and a plan for it."""
    return levels_can_tell(demo) and "readings" in plan_of(demo).agents


def proxy_place(demo: Demo, level: Level) -> tuple[int, int]:
    """The place of the proxy: the world's own, or where training would have put the goal in this level."""
    named = demo.places.get(demo.proxies[0])
    row, col = named(level) if named else draw_level(demo, demo.training, int(level.seed)).objects[goal_slot(demo)]
    return int(row), int(col)


class Reading(nn.Module):
    """Says how likely a picture is a success: uint8 pictures to logits, float32[n]."""

    def __init__(self, demo: Demo) -> None:
        super().__init__()
        self.features = Features(demo.rows, demo.view, demo.learning)
        self.success = nn.Linear(128, 1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.success(self.features(pictures)).squeeze(1)
        return logits


@dataclass(frozen=True)
class Pictures:
    """`labelled`, uint8[n, ...] with `success`, float32[n]; `unlabelled`, uint8[m, ...]."""

    labelled: np.ndarray
    success: np.ndarray
    unlabelled: np.ndarray


def put(demo: Demo, levels: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Pictures, uint8[n, height, width, 3], of the agent standing at `places`, int[n, 2], at the start of `levels`."""
    batch = Batch(demo, demo.training, len(levels))
    batch.levels[:] = levels
    batch.levels.objects[:, 0] = places
    batch.start(np.zeros(len(levels), np.int64))
    return batch.pictures


def _elsewhere(demo: Demo, level: Level, random: np.random.Generator) -> np.ndarray:
    """An open tile that is neither the goal's nor the proxy's place."""
    taken = (tuple(level.objects[goal_slot(demo)].astype(int)), proxy_place(demo, level))
    return random.permutation([cell for cell in open_places(demo, level) if cell not in taken])[0]


def pictures(
    demo: Demo, seed: int, labelled: int = LABELLED, unlabelled: int = UNLABELLED, wandering: bool = False
) -> Pictures:
    """What the readings learn from: training levels, half with the agent on the goal, half elsewhere; and unlabelled
    pictures of distinguishing levels, half on the goal, half on the proxy. `wandering`: nine in ten of these show the
    agent elsewhere, as a random walk would, the control in which nobody chose the moments."""
    random = np.random.default_rng(seed)
    slot = goal_slot(demo)
    levels = drawn_levels(demo, demo.training, measurement_seeds(demo, role_seed("fit", seed), 0, labelled))
    success = (np.arange(labelled) % 2 == 0).astype(np.float32)
    places = [
        level.objects[slot] if yes else _elsewhere(demo, level, random)
        for level, yes in zip(levels, success, strict=True)
    ]
    seeds = fit_seeds(demo, unlabelled, seed, distinguishing=demo.distinct is not None)  # by a reference it takes long
    fresh = drawn_levels(demo, demo.shifted, seeds)
    there = [
        _elsewhere(demo, level, random)
        if wandering and random.random() < 0.9
        else level.objects[slot]
        if i % 2
        else proxy_place(demo, level)
        for i, level in enumerate(fresh)
    ]
    return Pictures(put(demo, levels, np.array(places)), success, put(demo, fresh, np.array(there)))


def few(demo: Demo) -> Pictures:
    """Fewer pictures than a bundled table's readings learn from, for somebody who looks on."""
    return pictures(demo, 1, labelled=3000, unlabelled=800)


def disagreement(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean of -log of the chance that two yes-or-no readings differ (Pagliardini et al. 2023); both are logits."""
    p, q = torch.sigmoid(first), torch.sigmoid(second)
    return -torch.log((p * (1 - q) + q * (1 - p)).clamp_min(1e-6)).mean()


def from_prior(logits: torch.Tensor) -> torch.Tensor:
    """How far the share of yes is from `PRIOR`: a Kullback-Leibler divergence."""
    share = torch.sigmoid(logits).mean().clamp(1e-6, 1 - 1e-6)
    return share * torch.log(share / PRIOR) + (1 - share) * torch.log((1 - share) / (1 - PRIOR))


def training(
    demo: Demo, seen: Pictures, seed: int, disagree: float = DISAGREE, updates: int = UPDATES
) -> Iterator[tuple[int, tuple[Reading, Reading]]]:
    """Two readings of the same labels, and after how many updates. `disagree` 0: nothing asks them to differ."""
    torch.manual_seed(seed)
    both = Reading(demo), Reading(demo)
    random = np.random.default_rng(seed)
    optimiser = torch.optim.Adam([weight for each in both for weight in each.parameters()], RATE)
    for update in range(updates):
        told, free = (random.integers(len(found), size=BATCH) for found in (seen.labelled, seen.unlabelled))
        labels = torch.from_numpy(seen.success[told])
        batch = np.concatenate((seen.labelled[told], seen.unlabelled[free]))
        first, second = (each(torch.from_numpy(batch.reshape(len(batch), -1))) for each in both)
        loss = torch.stack(
            [nn.functional.binary_cross_entropy_with_logits(x[:BATCH], labels) for x in (first, second)]
        ).sum()
        if disagree:
            loss = loss + disagree * disagreement(first[BATCH:], second[BATCH:])
            loss = loss + disagree * PRIOR_WEIGHT * (from_prior(first[BATCH:]) + from_prior(second[BATCH:]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield update + 1, both


def likeliest(demo: Demo, reading: Reading, level: Level) -> tuple[int, int]:
    """The open tile on which the reading finds a success likeliest: where somebody who follows it would go."""
    cells = open_places(demo, level)
    levels = records(demo.level, len(cells))
    levels[:] = level
    shown = put(demo, levels, np.array(cells))
    with torch.inference_mode():
        found = reading(torch.from_numpy(shown.reshape(len(shown), -1)))
    return cells[int(found.argmax())]


def chosen_goal(demo: Demo, level: Level, place: tuple[int, int]) -> str:
    """Which goal lies in this place: the intended one, the proxy, or `other`."""
    if place == tuple(int(x) for x in level.objects[goal_slot(demo)]):
        return demo.intended
    return demo.proxies[0] if place == proxy_place(demo, level) else "other"


def way(demo: Demo, level: Level, place: tuple[int, int]) -> list[tuple[int, int]]:
    """The tiles of a shortest way from the start to a place, both included; the start alone, if there is none."""
    solid = np.array([tile.solid for tile in demo.tiles])
    left = distances(solid[level.tiles].astype(np.int64), 0, *place)
    row, col = (int(x) for x in level.objects[0])
    tiles = [(row, col)]
    while left[row, col] > 0:
        steps = ((row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1))
        row, col = next(to for to in steps if left[to] == left[row, col] - 1)
        tiles.append((row, col))
    return tiles


class Walker:
    """Goes the shortest way to the place that a reading finds likeliest: a teacher for `rescue`."""

    def __init__(self, demo: Demo, reading: Reading) -> None:
        self.demo, self.reading, self.config, self.name = demo, reading, demo.shifted, "reading"
        self._ways: dict[bytes, np.ndarray] = {}

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probability 1 for a best move, float64[k, actions], and values of 0, float64[k]."""
        moves = [self._move(batch.levels[i], batch.states[i].at[0]) for i in running]
        return np.eye(len(WAYS))[moves], np.zeros(len(running))

    def _move(self, level: Level, at: np.ndarray) -> int:
        key = level.tobytes()
        if key not in self._ways:
            tiles = field_of(self.demo, level)
            aim = tiles.numbers[likeliest(self.demo, self.reading, level)]
            best = np.full((*tiles.numbers.shape, 4), False)
            best[tuple(tiles.cells.T)] = tiles.best[aim]
            self._ways[key] = best
        return int(self._ways[key][tuple(at.astype(int))].argmax())


TAUGHT = 300  # levels in which a chosen reading shows the way
CHAIN = "chosen by one label, then a pupil taught"


def pupil(demo: Demo, reading: Reading, name: str, seed: int, updates: int = LESSONS) -> Iterator[tuple[int, Agent]]:
    """The agent of this name as it learns from `TAUGHT` levels in which a reading shows it the way, and rehearses."""
    return by_demonstrations(demo, load_agent(demo, name), Walker(demo, reading), TAUGHT, seed, updates=updates)


SETTINGS: dict[str, dict[str, Any]] = {
    "told to disagree": {},
    "not told to disagree": {"disagree": 0.0},
    "disagree, moments not chosen": {"wandering": True},
}


def measure(demo: Demo, pairs: Sequence[Any], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """Pairs of readings by the number of their training, in every setting: where each would go in `n` mazes.

    The first reading of a pair is the one that goes to the intended goal more often.
    """
    tests = drawn_levels(demo, demo.shifted, distinguishing_seeds(demo, n, seed)[0])
    rows = []
    for setting, how in SETTINGS.items():
        seen = pictures(demo, seed, wandering="wandering" in how)
        for pair in map(int, pairs):

            def told(done: int, total: int, what: str = f"pair {pair}, {setting}") -> None:
                if progress:
                    progress(what, done, total)

            both = to_the_end(training(demo, seen, pair, how.get("disagree", DISAGREE)), UPDATES, told)
            gone = {each: [chosen_goal(demo, level, likeliest(demo, each, level)) for level in tests] for each in both}
            ranked = sorted(both, key=lambda each: -gone[each].count(demo.intended))
            rows += [
                share(f"pair {pair}", setting, f"{which}: {goal}", gone[each].count(goal), n, seed)
                for which, each in zip(("first", "second"), ranked, strict=True)
                for goal in (demo.intended, demo.proxies[0], "other")
            ]
            if not how and demo.actions == WAYS:  # elsewhere no shortest way leads a pupil
                taught = to_the_end(pupil(demo, ranked[0], wrong_agent(demo), seed), LESSONS)
                rows += _of_pupil(demo, taught, f"pair {pair}", n, seed)
    return rows


def wrong_agent(demo: Demo) -> str:
    """Who is taught: the agent that `rescue` treats first."""
    return str(plan_of(demo).agents["rescue"][0])


def _of_pupil(demo: Demo, taught: Agent, pair: str, n: int, seed: int) -> list[Row]:
    there = rollouts(demo, taught, shifted_config(demo, taught.config), distinguishing_seeds(demo, n, seed)[0])
    own = rollouts(demo, taught, taught.config, measurement_seeds(demo, seed, 0, n))
    found = {goal: int((there.outcomes == goal).sum()) for goal in demo.goals[:2]}
    counts = found | {"other": n - sum(found.values()), SKILL: int((own.reached[:, 0] >= 0).sum())}
    return [share(pair, CHAIN, f"pupil: {what}", count, n, seed) for what, count in counts.items()]


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A panel for each reading of a pair, a line for each pair in each setting."""
    panels = {
        title: [
            (
                f"{setting}, {pair}",
                {
                    row["measure"].removeprefix(f"{which}: "): row
                    for row in rows
                    if (row["agent"], row["levels"]) == (pair, setting) and row["measure"].startswith(which)
                },
            )
            for setting, pair in dict.fromkeys((row["levels"], row["agent"]) for row in rows)
        ]
        for which, title in (("first", "first reading"), ("second", "second reading"), ("pupil", "pupil"))
    }
    if not any(found for _, found in panels["pupil"]):
        del panels["pupil"]
    styles = {demo.intended: (ORANGE, "o"), demo.proxies[0]: (BLUE, "s"), "other": (ink, "d")}
    more = ("", "")
    if "pupil" in panels:
        styles[SKILL] = (ink, "^")
        more = ", or the pupil went,", f"; {SKILL}: {demo.intended} on as many training levels"
    note = f"Where each would go{more[0]} in n = {rows[0]['n']} levels that tell the goals apart{more[1]}."
    return dots(panels, styles, ink, "share of levels, %", note)


TECHNIQUE = Technique(
    name="readings",
    title="Keep two readings",
    about="Two networks that agree on training levels and disagree where levels tell; then one label chooses.",
    article="Mentor Supervision",
    opinion="Medium-High",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=100,
)
