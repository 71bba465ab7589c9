"""A mentor in training: round by round it says what to do where the network itself goes, and the network learns that.

Dataset aggregation (DAgger; Ross, Gordon and Bagnell 2011): the network plays some new levels, the mentor labels every
step, and the network learns from all that was ever labelled, half of each batch rehearsing what it did before. What is
paid is counted in labelled steps. Beside it reward alone: the same network goes on with PPO on levels that tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import Agent, load_agent, varied_agent
from ..agents.train_grid import watched
from ..rules.palette import outcome_styles
from ..rules.world import Demo
from ..study.distinguishing import distinguishing_seeds
from ..study.figures.dots import dots, panels
from ..study.findings import PERCENT, Progress, Row, Technique, number, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.rollouts import rollouts
from .plan import plan_of
from .rescue import REHEARSED, SKILL, LabelledFrames, Teacher, fit_seeds, frames, further, teaching, to_the_end
from .rescue import suits as levels_can_tell

ROUNDS = (10, 20, 40, 80, 160, 320)  # levels played so far, after each round
UPDATES = 100  # after each round
LABELLED = 30  # steps of a run that the mentor labels
MARKS = (10_000, 30_000, 100_000)  # steps of reward alone, after which it is looked at
ASKED = "steps labelled"


@dataclass(frozen=True)
class Stage:
    """A network on its way: `paid` so much, levels or steps, `labels` steps were labelled, and the agent then."""

    paid: int
    labels: int
    agent: Agent


def corrected(
    demo: Demo, agent: Agent, teacher: Teacher, seed: int, rounds: Sequence[int] = ROUNDS, shown: bool = False
) -> Iterator[Stage]:
    """The agent as it is, then after each round. `shown`: the mentor plays the levels itself, as a control."""
    seeds, config = fit_seeds(demo, rounds[-1], seed), shifted_config(demo, agent.config)
    own = frames(demo, agent, agent.config, fit_seeds(demo, REHEARSED, seed, False))
    lesson, before = None, 0
    yield Stage(0, 0, agent)
    for nth, levels in enumerate(rounds):
        found = frames(demo, teacher, config, seeds[before:levels], None if shown else agent, LABELLED)
        lesson = found if lesson is None else joined(lesson, found)
        agent, before = to_the_end(teaching(agent, lesson, own, UPDATES, seed + nth), UPDATES), levels
        yield Stage(levels, len(lesson), agent)


def joined(first: LabelledFrames, second: LabelledFrames) -> LabelledFrames:
    """Both, one after the other."""
    return LabelledFrames(
        np.concatenate((first.pictures, second.pictures)), np.concatenate((first.targets, second.targets))
    )


def rewarded(demo: Demo, agent: Agent, fields: dict[str, Any], steps: int = MARKS[-1]) -> Iterator[Stage]:
    """The agent after every update of PPO on levels drawn with these fields, paid as before."""
    config = shifted_config(demo, agent.config)._replace(**fields)
    for done, fresh in watched(demo, *further(demo, agent, config, steps)):
        yield Stage(done, 0, fresh)


def looked(demo: Demo, agent: Agent, config: object, n: int, seed: int) -> dict[str, int]:
    """In how many of `n` levels that tell each goal came first; and of `n` training levels, where skill shows."""
    there = rollouts(demo, agent, shifted_config(demo, config), distinguishing_seeds(demo, n, seed)[0])
    own = rollouts(demo, agent, config, measurement_seeds(demo, seed, 0, n))
    found = {goal: int((there.outcomes == goal).sum()) for goal in demo.goals[:2]}
    return found | {SKILL: int((own.reached[:, 0] >= 0).sum())}


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """Every agent after every round of corrections, after as many levels shown, and along reward alone."""
    plan, rows = plan_of(demo), list[Row]()
    teacher = load_agent(demo, varied_agent(demo))

    def told(name: str, setting: str, stage: Stage) -> None:
        counts = looked(demo, stage.agent, agent.config, n, seed)
        rows.extend(share(name, setting, what, count, n, seed) for what, count in counts.items())
        if stage.labels:
            labels = float(stage.labels)
            rows.append(number(name, setting, ASKED, labels, labels, labels, stage.paid, seed))
        if progress:
            progress(f"{name}, {setting}", 1, 1)

    for name in agents:
        agent = load_agent(demo, name)
        for how in ("corrected", "shown"):
            for stage in corrected(demo, agent, teacher, seed, shown=how == "shown"):
                if stage.paid or how == "corrected":
                    told(name, f"{stage.paid} levels {how}" if stage.paid else "before", stage)
        for what, fields in plan.reward_levels.items():
            marks = list(MARKS)
            for stage in rewarded(demo, agent, dict(fields)):
                if marks and stage.paid >= marks[0]:
                    told(name, f"reward, {what}, {marks.pop(0):,} steps", stage)
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A panel for each agent, a line for each stage."""
    shares = [row for row in rows if row["unit"] == PERCENT]
    styles = {goal: outcome_styles(demo)[goal] for goal in demo.goals[:2]} | {SKILL: (ink, "^")}
    note = (
        f"n = {shares[0]['n']} levels that tell; {SKILL}: {demo.intended} on as many training levels. "
        f"After each round {UPDATES} updates; at most {LABELLED} steps of a level are labelled."
    )
    return dots(panels(shares), styles, ink, "share of runs, %", note)


def suits(demo: Demo) -> bool:
    """Worlds whose levels can tell, and whose plan says whom to correct."""
    return levels_can_tell(demo) and "mentor" in plan_of(demo).agents


TECHNIQUE = Technique(
    name="mentor",
    title="Correct it as it goes",
    about="A mentor labels the steps of the network's own runs, round by round; beside it reward alone.",
    article="Mentor Supervision",
    opinion="Medium-High",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=200,
)
