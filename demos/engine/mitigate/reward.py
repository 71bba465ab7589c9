"""A clearer reward: does any run on training levels notice?

A reward that pays the same as the old one in every training run is, to training, the same reward: the network that
comes of it is the same, bit for bit (`end-reward` and `mix-0` of CoinRun are two such recipes, and their weight files
are equal). Only a reward that differs on levels that are met can matter. One that pays the same up to a factor asks for
the same behaviour, though the numbers of its training differ. What is looked at here is a sample of runs, not all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import load_agent
from ..rules.batch import drawn_levels
from ..rules.palette import ORANGE
from ..rules.world import Demo
from ..study.figures.dots import dots, panels
from ..study.findings import Progress, Row, Technique, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.rollouts import Rollouts, rollouts
from .plan import plan_of


@dataclass(frozen=True)
class Reward:
    """A designer's reward: what is paid for the intended goal, for the proxy without it, for each step, for dying.

    `nearer`: for each step that brings the intended goal nearer, and taken back for each that leads away (shaping by a
    potential), in worlds that know their shortest ways.
    """

    goal: float = 1.0
    proxy: float = 0.0
    step: float = 0.0
    death: float = 0.0
    nearer: float = 0.0

    def of(self, demo: Demo, played: Rollouts, gained: np.ndarray | float = 0.0) -> np.ndarray:
        """float64[n]: what it pays for each of these runs, whose `gained` steps towards the goal are float64[n].

        The proxy counts where it is reached without the goal.
        """
        goal = played.reached[:, 0] >= 0
        bare = (played.reached[:, 1] >= 0) & ~goal
        died = played.ends["died"] > 0
        paid = self.goal * goal + self.proxy * bare + self.step * played.steps + self.death * died
        return paid + self.nearer * gained


def suits(demo: Demo) -> bool:
    """Worlds with one intended goal and a proxy that do not pay by the count."""
    return not demo.counts and bool(demo.proxies)


REWARDS = {
    "the reaching of the proxy pays too": Reward(proxy=1.0),
    "the proxy without the goal costs 1": Reward(proxy=-1.0),
    "the goal pays 10": Reward(goal=10.0),
    "every step costs 0.01": Reward(step=-0.01),
    "dying costs 1": Reward(death=-1.0),
    "a step nearer the goal pays 0.1": Reward(nearer=0.1),
}


def gained(demo: Demo, config: Any, played: Rollouts) -> np.ndarray:
    """float64[n]: by how many steps the goal was nearer at the end of each run than at its start, 0 where it cannot be
    worked out. Nothing else remains of what shaping by a potential pays along the way."""
    found = np.zeros(len(played))
    if demo.shortest:
        for i, level in enumerate(drawn_levels(demo, config, played.seeds)):
            start = demo.shortest(level)[0]
            level.objects[0] = played.ends[i].at[0]
            left = demo.shortest(level)[0]
            found[i] = start - left if min(start, left) >= 0 else 0
    return found


def ranked_otherwise(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """bool[n]: runs in which the two rewards differ once both are scaled to pay the same in the other runs.

    A reward that is another one times a positive number asks for the same behaviour; the factor is the median ratio.
    """
    paid = old != 0
    factor = float(np.median(new[paid] / old[paid])) if paid.any() else 1.0
    return ~np.isclose(new, factor * old)


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """In how many of `n` runs of each agent a reward pays otherwise than the stated one, by kind of levels."""
    rows = []
    for name in agents:
        agent = load_agent(demo, name)
        for kind, config in (("training", agent.config), ("shifted", shifted_config(demo, agent.config))):
            runs = rollouts(demo, agent, config, measurement_seeds(demo, seed, 0, n))
            if progress:
                progress(f"{name}, {kind} levels", n, n)
            nearer = gained(demo, config, runs)
            for title, reward in REWARDS.items():
                if reward.nearer and not demo.shortest:
                    continue
                differ = ranked_otherwise(Reward().of(demo, runs), reward.of(demo, runs, nearer))
                rows.append(share(name, kind, title, int(differ.sum()), n, seed))
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A panel for each agent, a line for each reward."""
    note = f"Runs in which this reward pays otherwise than the stated one; n = {rows[0]['n']} levels of each kind."
    return dots(
        panels(rows, line="measure", series="levels"),
        {"training": (ink, "^"), "shifted": (ORANGE, "o")},
        ink,
        "share of runs, %",
        note,
    )


TECHNIQUE = Technique(
    name="reward",
    title="Say it in the reward",
    about="Another reward: does any run on training levels notice? Where none does, training meets the same numbers.",
    article="Explicit Goal Specification",
    opinion="Limited by specification difficulty",
    kind=GRID,
    suits=lambda demo: suits(demo) and "reward" in plan_of(demo).agents,
    measure=measure,
    draw=draw,
    episodes=500,
)
