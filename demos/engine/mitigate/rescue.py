"""Rescue: what turns a network round that follows the wrong goal, and what that costs.

By demonstrations: the network learns to act as a teacher does on levels that tell the goals apart (behaviour cloning;
with `corrected`, the teacher says what to do where the network itself goes, as DAgger does: Ross, Gordon and Bagnell
2011). Half of each batch may rehearse what the network did on its training levels, so that it keeps its skill. By
reward alone: the same network is trained further, by the same PPO and reward, on levels that tell.
"""

import copy
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from ..agents.pretrained import Agent, AgentError, load_agent, varied_agent
from ..agents.run_grid import choose
from ..rules.batch import Batch
from ..rules.level import RUNNING
from ..rules.palette import outcome_styles
from ..rules.world import Demo, Recipe
from ..study.distinguishing import distinguishing_seeds
from ..study.figures.dots import dots, panels
from ..study.findings import Row, Technique, role_seed, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.rollouts import AT_ONCE, rollouts
from .plan import plan_of

BATCH, RATE = 512, 1e-3
UPDATES = 300  # of a rescue by demonstrations: about ten seconds on one core
REHEARSED = 200  # training levels whose runs are rehearsed

Progress = Callable[[int, int], None]
T = TypeVar("T")


class Teacher(Protocol):
    """Who says what to do: anything that acts in a batch, `pretrained.Agent` above all."""

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float64[k, actions], and values, float64[k], in the levels with these indices."""


@dataclass(frozen=True)
class LabelledFrames:
    """What was seen and what to do then: `pictures`, uint8[n, height, width, 3]; `targets`, float32[n, actions]."""

    pictures: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.pictures)


def suits(demo: Demo) -> bool:
    """Worlds whose levels can tell the goals apart."""
    return bool(demo.distinct or demo.reference)


def frames(
    demo: Demo, teacher: Teacher, config: object, seeds: Sequence[int] | np.ndarray, actor: Teacher | None = None,
    most: int | None = None,
) -> LabelledFrames:  # fmt: skip
    """Every picture of the runs of `actor` (None: the teacher itself) in the levels of these seeds, drawn with
    `config`, and the teacher's probabilities there; of each run the first `most` steps (None: all)."""
    pictures, targets = [], []
    seeds = np.asarray(seeds, np.int64)
    for low in range(0, len(seeds), AT_ONCE):
        batch = Batch(demo, config, len(seeds[low : low + AT_ONCE]))
        batch.generate(seeds[low : low + AT_ONCE])
        actions = np.zeros(batch.n, np.int64)
        for _ in count() if most is None else range(most):
            if not len(running := np.flatnonzero(batch.states.done == RUNNING)):
                break
            told, _ = teacher.consider(batch, running)
            pictures.append(batch.pictures[running].copy())
            targets.append(told.astype(np.float32))
            followed = told if actor is None else actor.consider(batch, running)[0]
            chosen = np.zeros(len(running), np.int64)
            choose(followed, batch.states[running], False, chosen)
            actions[running] = chosen
            batch.step(actions)
    return LabelledFrames(np.concatenate(pictures), np.concatenate(targets))


def to_the_end(stages: Iterable[tuple[int, T]], updates: int, progress: Progress | None = None) -> T:
    """What the last of these stages has, of so many updates in all."""
    for each in stages:
        done, last = each
        if progress:
            progress(done, updates)
    return last


def teaching(
    agent: Agent, lesson: LabelledFrames, rehearsal: LabelledFrames | None = None, updates: int = UPDATES, seed: int = 0
) -> Iterator[tuple[int, Agent]]:
    """A copy of the agent, taught to act as in `lesson`, and after how many updates; it goes on changing.

    With `rehearsal`, half of each batch is drawn from that. An update: a step of Adam on the cross-entropy to the
    targets of `BATCH` pictures. The agent stays as it is.
    """
    fresh = copy.copy(agent)
    fresh.policy = copy.deepcopy(agent.policy).train().requires_grad_(True)
    random = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(fresh.policy.parameters(), RATE)
    sources = [lesson] if rehearsal is None else [lesson, rehearsal]
    for update in range(updates):
        parts = [(source, random.integers(len(source), size=BATCH // len(sources))) for source in sources]
        pictures = np.concatenate([source.pictures[picked] for source, picked in parts])
        targets = torch.from_numpy(np.concatenate([source.targets[picked] for source, picked in parts]))
        logits, _ = fresh.policy(torch.from_numpy(pictures.reshape(len(pictures), -1)))
        loss = nn.functional.cross_entropy(logits, targets)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(fresh.policy.parameters(), 0.5)
        optimiser.step()
        if update + 1 == updates:
            fresh.policy.eval().requires_grad_(False)
        yield update + 1, fresh


def fit_seeds(demo: Demo, n: int, seed: int, distinguishing: bool = True) -> np.ndarray:
    """int64[n]: levels to learn from, disjoint from those of a measurement with the same seed."""
    chosen = role_seed("fit", seed)
    return distinguishing_seeds(demo, n, chosen)[0] if distinguishing else measurement_seeds(demo, chosen, 0, n)


def by_demonstrations(
    demo: Demo, agent: Agent, teacher: Teacher, levels: int, seed: int, rehearse: bool = True, corrected: bool = False,
    updates: int = UPDATES,
) -> Iterator[tuple[int, Agent]]:  # fmt: skip
    """The agent as it learns from demonstrations in so many distinguishing levels; see the head of this file."""
    lesson = frames(
        demo, teacher, shifted_config(demo, agent.config), fit_seeds(demo, levels, seed), agent if corrected else None
    )
    own = frames(demo, agent, agent.config, fit_seeds(demo, REHEARSED, seed, False)) if rehearse else None
    yield from teaching(agent, lesson, own, updates, seed)


def further(demo: Demo, agent: Agent, config: object, steps: int) -> tuple[Recipe, int]:
    """The recipe that trains an agent so many steps further, and its seed: 32 levels side by side, a constant rate.

    Raises AgentError where it is no bundled agent at its full age.
    """
    name, _, number = agent.name.partition(":")
    if agent.recipe is None or name not in demo.recipes or not number.isdecimal():
        raise AgentError(
            f"'{agent.name}' cannot be trained further; name a bundled agent, recipe:seed, at its full age."
        )
    learning = replace(agent.recipe.learning or demo.learning, levels=32, rollout=32, steady=True)
    recipe = replace(
        agent.recipe, name=f"{name}-rescued", config=config, lived=None, learning=learning, begins=name, steps=steps,
        sampler=None,
    )  # fmt: skip
    return recipe, int(number)


def by_reward(
    demo: Demo, agent: Agent, config: object, steps: int, seed: int, progress: Progress | None = None
) -> Agent:
    """The agent after `steps` more steps of PPO on levels drawn with `config`, paid as before.

    32 levels side by side, 32 steps between updates, at a constant rate: what a short fine-tuning can use.
    """
    from ..agents import train_grid

    recipe, number = further(demo, agent, config, steps)
    with tempfile.TemporaryDirectory() as folder:
        train_grid.train(
            demo, recipe, number, Path(folder), lambda done, _: progress(done, steps) if progress else None
        )
        tuned = Agent(demo, agent.name, agent.recipe, Path(folder) / "policy.safetensors", None)
    return tuned


SKILL = "skill"  # the share of its own training levels in which an agent still takes the intended goal


@dataclass(frozen=True)
class Treatment:
    """One thing to try: so many `levels` shown or corrected, or reward alone on levels drawn with these fields.

    `name`: what tables and figures call it. With neither levels nor fields, nothing is done.
    """

    name: str
    levels: int = 0
    rehearse: bool = True
    corrected: bool = False
    fields: Mapping[str, Any] | None = None


def settings(demo: Demo) -> list[Treatment]:
    """What is tried on each agent."""
    plan = plan_of(demo)
    most = plan.demonstrations[-1]
    fewer = plan.demonstrations[-2] if len(plan.demonstrations) > 1 else most
    return [
        Treatment("before"),
        *(Treatment(f"{levels:,} levels shown", levels) for levels in plan.demonstrations),
        Treatment(f"{fewer:,} levels corrected", fewer, corrected=True),
        Treatment(f"{most:,} levels, not rehearsed", most, rehearse=False),
        *(Treatment(f"reward, {name}", fields=fields) for name, fields in plan.reward_levels.items()),
    ]


def rescued(demo: Demo, agent: Agent, setting: Treatment, seed: int, progress: Progress | None = None) -> Agent:
    """The agent after one of `settings`."""
    if setting.fields is not None:
        config = shifted_config(demo, agent.config)._replace(**setting.fields)
        return by_reward(demo, agent, config, plan_of(demo).reward_steps, seed, progress)
    if not setting.levels:
        return agent
    teacher = load_agent(demo, varied_agent(demo))
    stages = by_demonstrations(demo, agent, teacher, setting.levels, seed, setting.rehearse, setting.corrected)
    return to_the_end(stages, UPDATES, progress)


def measure(
    demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Callable[[str, int, int], None] | None = None
) -> list[Row]:
    """Every setting on every agent: outcomes on `n` distinguishing levels, and the skill left on training levels."""
    rows = []
    tests = distinguishing_seeds(demo, n, seed)[0], measurement_seeds(demo, seed, 0, n)
    for name in agents:
        agent = load_agent(demo, name)
        for setting in settings(demo):

            def told(done: int, total: int, what: str = f"{name}, {setting.name}") -> None:
                if progress:
                    progress(what, done, total)

            fresh = rescued(demo, agent, setting, seed, told)
            there = rollouts(demo, fresh, shifted_config(demo, agent.config), tests[0])
            own = rollouts(demo, fresh, agent.config, tests[1])
            rows += [
                share(name, setting.name, outcome, int((there.outcomes == outcome).sum()), len(there), seed)
                for outcome in demo.outcomes
            ]
            rows.append(share(name, setting.name, SKILL, int((own.reached[:, 0] >= 0).sum()), len(own), seed))
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A panel for each agent, a line for each setting."""
    met = {row["measure"] for row in rows if row["value"] > 0}
    styles = {name: style for name, style in outcome_styles(demo).items() if name in met} | {SKILL: (ink, "^")}
    note = f"Outcomes on n = {rows[0]['n']} distinguishing levels; {SKILL}: {demo.intended} on as many training levels."
    return dots(panels(rows), styles, ink, "share of runs, %", note)


TECHNIQUE = Technique(
    name="rescue",
    title="Rescue it",
    about="The same network, taught by demonstrations or by more reward on levels that tell the goals apart.",
    article="Mentor Supervision",
    opinion="Medium-High",
    kind=GRID,
    suits=lambda demo: suits(demo) and bool(plan_of(demo).demonstrations),
    measure=measure,
    draw=draw,
    episodes=300,
)
