"""A training on order, in a process of its own: it learns, and is looked at as it goes.

`python -m goalmisgen.engine.study.apprentice FOLDER` carries out the order in that folder, and leaves there what a page
shows meanwhile (see `worker`): the news, and a weight file for each look. Stopped, it keeps what it would go on from.
Every look plays the network on levels that the training does not draw: some as in its training, and some in which the
goals part.
"""

import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..agents.own import NOTE, Count, Counted, Facts
from ..agents.pretrained import Agent, AgentError, write_weights
from ..agents.training import Tensors
from ..rules.checked import said
from ..rules.entry import MOST_TRAINING
from ..rules.offer import Choice, OfferError, config_of, offer_of, short
from ..rules.world import Demo, Recipe
from .cards import PACKAGES
from .distinguishing import distinguishing_seeds
from .levels import measurement_seeds, shifted_config
from .rollouts import Rollouts, rollouts
from .worker import Job, Phase, Word, news_in, order_in, work

COPIES = "copies"
LOOKS = 10  # along a training, and one before it
LEVELS, AT_THE_END = 60, 200  # of each kind, at a look and at the last one: looking takes a fifth of the time
SEED = 1  # of the levels looked at: those of `goalmisgen measure`


class Order(Job):
    """What is to be trained. `steps`, `levels`: fewer than usual, where one only wants to see whether it works."""

    worker: ClassVar[str] = "goalmisgen.engine.study.apprentice"
    demo: str
    choice: Choice
    seed: Annotated[int, Field(ge=0, le=MOST_TRAINING), said("a whole number from 0 on")]
    steps: Count = 0
    levels: Count = 0


class News(Word):
    """How far a training is. `looks`: the facts of each copy so far, the latest last."""

    looks: Annotated[list[Facts], said("a list")]


def read_news(folder: Path) -> News | None:
    """The latest news from a folder; None before the first. Raises ValueError where they cannot be read."""
    return news_in(folder, News)


def copy_of(folder: Path, steps: int) -> Path:
    """The weight file of the look after so many steps."""
    return folder / COPIES / f"{steps}.safetensors"


class Apprentice:
    """The training of one order, in its folder. `stopping` says whether it was asked to stop."""

    def __init__(self, folder: Path, order: Order, demo: Demo, stopping: Callable[[], bool]) -> None:
        self.folder, self.order, self.demo, self.stopping = folder, order, demo, stopping
        offer = offer_of(demo)
        if offer is None:
            raise OfferError(f"{demo.name} offers no training on its page.")
        config = config_of(demo, order.choice)
        self.total = order.steps or offer.steps
        self.recipe = Recipe("yours", config, self.total, short(demo, order.choice))
        self.levels, self.last = (order.levels,) * 2 if order.levels else (LEVELS, AT_THE_END)
        before = read_news(folder)  # of a training that was stopped here
        self.looks: list[Facts] = before.looks if before else []
        self.before = self.looks[-1].seconds if self.looks else 0.0
        self.looked = 0.0  # seconds spent on looking, which are not the training's
        self.began = time.monotonic()
        self.telling: dict[int, np.ndarray] = {}

    def tell(self, phase: Phase, steps: int, error: str = "") -> None:
        """Leave word."""
        News(phase=phase, steps=steps, total=self.total, looks=self.looks, error=error).leave(self.folder)

    @property
    def steps(self) -> int:
        """Done at the latest look."""
        return self.looks[-1].steps if self.looks else 0

    def learn(self) -> None:
        """Train, or go on. Raises what `train` does, and KeyboardInterrupt when it is asked to stop."""
        from ..agents.train_grid import train  # stable-baselines3 takes seconds to import

        self.tell("choosing levels", self.steps)
        self._telling(self.levels)
        self._going(self.steps, {})
        self.began = time.monotonic()
        train(self.demo, self.recipe, self.order.seed, self.folder, self._going, self.total, look=self._look)
        self.tell("done", self.steps)

    def _telling(self, n: int) -> np.ndarray:
        """int64[n]: seeds of levels in which the goals part; of more levels these are the first."""
        if n not in self.telling:
            self.telling[n] = distinguishing_seeds(self.demo, n, SEED)[0]
        return self.telling[n]

    def _going(self, steps: int, figures: dict[str, float]) -> None:
        self.tell("training", min(steps, self.total))
        if self.stopping():
            raise KeyboardInterrupt

    def _look(self, steps: int, weights: Tensors) -> None:
        """Copy the network and play the copy, as it is after rounding, where a look is due."""
        steps = min(steps, self.total)
        due = not self.looks or steps == self.total or steps - self.steps >= self.total / LOOKS
        if not due or (self.looks and steps <= self.steps):
            return
        began = time.monotonic()
        path = copy_of(self.folder, steps)
        write_weights(weights, path)
        agent = Agent(self.demo, self.recipe.name, self.recipe, path, None)
        n, config = self.levels, self.recipe.config
        if steps == self.total:
            self.tell("measuring", steps)
            n = self.last
        usual = rollouts(self.demo, agent, config, measurement_seeds(self.demo, SEED, 0, n))
        told = rollouts(self.demo, agent, shifted_config(self.demo, config), self._telling(n))
        facts = Facts(
            demo=self.demo.name, choice=self.order.choice, seed=self.order.seed, steps=steps, total=self.total,
            seconds=round(self.before + began - self.began - self.looked, 1),
            training=counted(self.demo, usual), telling=counted(self.demo, told),
            versions={package: metadata.version(package) for package in PACKAGES},
        )  # fmt: skip
        write_weights(weights, path, {NOTE: facts.model_dump_json()})
        self.looks = [*self.looks, facts]
        self.looked += time.monotonic() - began


def counted(demo: Demo, played: Rollouts) -> Counted:
    """How many of these runs ended in each way, and in how many the reward was paid."""
    ended = {name: int((played.outcomes == name).sum()) for name in demo.outcomes}
    return Counted(n=len(played), ended=ended)


def carry_out(folder: Path, stopping: Callable[[], bool]) -> None:
    """Do what the order in a folder says; whatever comes of it stands in the news."""
    from ... import grid_entry

    order = order_in(folder, Order)
    apprentice = Apprentice(folder, order, grid_entry(order.demo), stopping)
    try:
        apprentice.learn()
    except KeyboardInterrupt:
        apprentice.tell("stopped", apprentice.steps)
    except (AgentError, OSError) as error:
        apprentice.tell("failed", apprentice.steps, str(error))


if __name__ == "__main__":
    work(carry_out)
