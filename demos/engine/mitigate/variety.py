"""Choose the levels: what regret finds among fresh ones, and what becomes of a training that chooses by it.

Regret is what the best walk gets less what an agent gets (`rules.replay`). Where two goals part, a skilled agent that
follows the wrong one gets nothing, so its regret can find levels that tell, and nobody has to label them. After minimax
regret (Dennis et al. 2020; Abdel Sadek et al. 2025); how a training replays and edits levels is in `rules.replay`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import Agent, load_agent
from ..agents.train_grid import FIRST_TRAINING_SEED, watched
from ..rules.batch import Batch, drawn_levels
from ..rules.edit import draw_level
from ..rules.level import Level
from ..rules.palette import VERMILION, outcome_styles
from ..rules.replay import SHARE, Replay, regret
from ..rules.rng import draw as drawn_number
from ..rules.world import Demo, Recipe, Sampler
from ..study.distinguishing import distinguishing_seeds
from ..study.figures.dots import dots, panels
from ..study.findings import PERCENT, Progress, Row, Technique, number, resampled, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.measure_grid import summary
from ..study.rollouts import rollouts
from .plan import plan_of

WALK = "random moves"  # what the walk of an untrained network is called where agents are named
TELLING, FRESH = "levels that tell", "fresh levels"
ALL, HIGHEST = "telling, all", "telling, highest regret"
APART, ALIKE = "mean regret where they tell", "mean regret elsewhere"
PER_TEST, SHOWN = 4, 20  # fresh levels for each that tests; the highest regret: one of so many
SIDE = 64  # levels of a wall
MOST_CHOSEN = 10  # levels that a person may choose


def suits(demo: Demo) -> bool:
    """Worlds that know their shortest ways and which levels tell, and have a plan for it."""
    return bool(demo.shortest and demo.distinct and plan_of(demo).agents.get("variety"))


class Walk:
    """Every move as likely as any other: what a network does before it has learned anything."""

    name = WALK

    def __init__(self, demo: Demo) -> None:
        self.demo, self.config = demo, demo.training

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Equal probabilities, float64[k, actions], and values of 0, float64[k]."""
        n = len(self.demo.actions)
        return np.full((len(running), n), 1.0 / n), np.zeros(len(running))


def actor(demo: Demo, name: str) -> Any:
    """The agent of this name, or the walk. Raises AgentError with a sentence."""
    return Walk(demo) if name == WALK else load_agent(demo, name)


def regrets(demo: Demo, agent: Any, levels: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The regret of one run of the agent in each level, float64[n]; `seeds`, int64[n]: the runs' randomness."""
    runs = rollouts(demo, agent, demo.shifted, seeds, levels=levels)
    ends = zip(levels, runs.totals, runs.steps, strict=True)
    return np.array([regret(demo, level, float(total), int(steps)) for level, total, steps in ends])


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """What each agent does in `n` levels that tell, and what its regret finds among four times as many fresh ones."""
    tests, rows = distinguishing_seeds(demo, n, seed)[0], []
    seeds = measurement_seeds(demo, seed, 0, PER_TEST * n)
    fresh = drawn_levels(demo, demo.shifted._replace(**plan_of(demo).fresh), seeds)
    tell = np.array([bool(demo.distinct and demo.distinct(level)) for level in fresh])
    for done, name in enumerate(agents):
        if progress:
            progress(name, done, len(agents))
        agent = actor(demo, name)
        runs = rollouts(demo, agent, shifted_config(demo, agent.config), tests)
        rows += [
            share(name, TELLING, outcome, int((runs.outcomes == outcome).sum()), len(runs), seed)
            for outcome in demo.outcomes
        ]
        found = regrets(demo, agent, fresh, seeds)
        highest = np.argsort(-found, kind="stable")[: max(1, len(found) // SHOWN)]
        rows.append(share(name, FRESH, ALL, int(tell.sum()), len(tell), seed))
        rows.append(share(name, FRESH, HIGHEST, int(tell[highest].sum()), len(highest), seed))
        for says, values in ((APART, found[tell]), (ALIKE, found[~tell])):
            if len(values):
                middle = resampled(values, lambda drawn: float(drawn.mean()))
                rows.append(number(name, FRESH, says, *middle, len(values), seed))
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A panel for each kind of levels, a line for each agent."""
    shares = [row for row in rows if row["unit"] == PERCENT]
    met = {row["measure"] for row in shares if row["value"] > 0}
    styles = {name: style for name, style in outcome_styles(demo).items() if name in met}
    styles |= {ALL: (ink, "^"), HIGHEST: (VERMILION, "v")}
    tests = next(row["n"] for row in rows if row["levels"] == TELLING)
    note = (
        f"n = {tests:,} levels that tell, {PER_TEST * tests:,} fresh ones; the highest regret: one in {SHOWN} of these."
    )
    return dots(panels(shares, "levels", "agent"), styles, ink, "share, %", note)


TECHNIQUE = Technique(
    name="variety",
    title="Choose the levels",
    about="Levels in which an agent got far less than it could have come again, some of them edited.",
    article="Diverse Training Distributions",
    opinion="Moderate",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=500,
)


# --- before one's eyes


class Chosen:
    """A `Sampler` that has a third of the episodes played in levels that a person chose; the others are fresh."""

    def __init__(self, demo: Demo, config: Any, first: int, levels: Sequence[Level]) -> None:
        self.demo, self.config, self.first, self.levels = demo, config, first, list(levels)
        self.count = 0

    def next(self, i: int) -> Level:
        """The level that comes next in place `i`."""
        self.count += 1
        if drawn_number(self.first, self.count, 200) < SHARE:
            return self.levels[int(drawn_number(self.first, self.count, 201) * len(self.levels))]
        return draw_level(self.demo, self.config, self.first + self.count)

    def ended(self, i: int, total: float, steps: int) -> None:
        """What came of a level changes nothing."""

    def learned(self) -> None:
        """The network learns from every episode."""

    def kept(self) -> dict[str, np.ndarray]:
        """How many levels were handed out."""
        return {"count": np.array([self.count])}

    def put_back(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from where `kept` was called."""
        self.count = int(kept["count"][0])


@dataclass(frozen=True)
class Moment:
    """A training after `steps`: a `summary` of runs in levels that tell, and the wall, records[n] by their regrets."""

    steps: int
    summary: dict[str, Any]
    levels: np.ndarray
    regrets: np.ndarray


def live(
    demo: Demo, recipe: Recipe, tests: int, chosen: Sequence[Level] = (), seed: int = 0, most: int = 0
) -> Iterator[Moment]:
    """A training before one's eyes, looked at after every update in so many levels that tell; kept nowhere.

    It is the first half of one of twice as many steps as `most` (0: the plan's `live_steps`), by which its rate falls.
    With `chosen`, these levels come again instead of those that the recipe's own sampler picks.
    """
    most = most or plan_of(demo).live_steps
    recipe = replace(recipe, steps=2 * most)
    first = FIRST_TRAINING_SEED * (seed + 1)
    sampler: Sampler | None = None
    if chosen:
        sampler = Chosen(demo, recipe.config, first, chosen)
    elif recipe.sampler:
        sampler = recipe.sampler(demo, recipe.config, first)
    seeds = distinguishing_seeds(demo, tests, 1)[0]
    for steps, agent in watched(demo, recipe, seed, sampler):
        yield Moment(steps, _looked(demo, agent, seeds), *wall(demo, sampler))
        if steps >= most:
            return


def _looked(demo: Demo, agent: Agent, seeds: np.ndarray) -> dict[str, Any]:
    return summary(demo, rollouts(demo, agent, shifted_config(demo, agent.config), seeds))


def wall(demo: Demo, sampler: Sampler | None) -> tuple[np.ndarray, np.ndarray]:
    """The remembered levels of highest regret, records[n], and their regrets, float64[n]; empty without a memory."""
    if not isinstance(sampler, Replay):
        return drawn_levels(demo, demo.training, np.zeros(0, np.int64)), np.zeros(0)
    highest = np.argsort(-sampler.regrets, kind="stable")[:SIDE]
    return sampler.levels[highest].copy(), sampler.regrets[highest].copy()
