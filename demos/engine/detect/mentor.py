"""A mentor on call: when an alarm rings, a better agent takes over for the rest of the run.

What a mentor is worth depends on when it is asked, and on what a mistake costs. Every run is read in three ways: the
mistake *ends* it (the first goal reached counts), can be *mended* (the goal counts whenever it is reached), or *costs*
half a reward and the run goes on. An alarm must beat a ring at a random moment, not one in a random episode.
Trinh et al. 2024 ask a mentor in CoinRun; the three consequences are those of a later work of the same group.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import Agent, load_agent, seeds_of, varied_agent
from ..rules.batch import Batch, drawn_levels
from ..rules.palette import SERIES
from ..rules.rng import draw as draw_number
from ..rules.world import Demo
from ..study.findings import Progress, Row, Technique, number, role_seed, share
from ..study.intervals import mean_of
from ..study.kinds import GRID
from ..study.levels import measurement_seeds
from ..study.rollouts import AT_ONCE, Rollouts, rollouts
from .alarms import frames_to_fit, pairs_of, threshold_at, trained_config, watched
from .alarms import suits as rung
from .detectors import Detector, Seen, fitted

BELLS = ("hesitation", "disagreement", "unfamiliar feeling", "odd places", "odd pairs")
PERCENTS = (5, 20, 50)  # of other training episodes that ring
MOMENTS = (0.005, 0.02, 0.08)  # chance of a ring at each step
WAITS = (5, 20)  # steps before asking, whatever happens
COST = 0.5  # of a mistake that costs and goes on
ALL, TEN = 1 << 40, 10  # steps that a mentor takes once it was asked: all that are left, or one short question
SHORT = ", ten steps"
ORACLE, APART = "oracle", 0.9  # rings where novice and mentor would do other things: total variation distance

Bell = Callable[[Batch, np.ndarray, np.ndarray], np.ndarray]  # (batch, running, probabilities) -> bool[k]: it rings

_MOMENT = 1 << 23  # the purpose of the draw of a random moment


class Handover:
    """From the first ring on a mentor acts, for so many steps (`lasts`): a hook of `rollouts`, for one batch.

    `asked`: int64[n], the step at which each episode was handed over; -1: never. `acted`: int64[n], steps that the
    mentor took.
    """

    def __init__(self, mentor: Any, bell: Bell, lasts: int = ALL) -> None:
        self.mentor, self.bell, self.lasts = mentor, bell, lasts
        self.asked = self.acted = np.zeros(0, np.int64)

    def __call__(self, batch: Batch, running: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """The probabilities, those of episodes handed over being the mentor's."""
        if len(self.asked) != batch.n:
            self.asked, self.acted = np.full(batch.n, -1, np.int64), np.zeros(batch.n, np.int64)
        waiting = self.asked[running] < 0
        if waiting.any():
            rings = self.bell(batch, running[waiting], probabilities[waiting])
            called = running[waiting][rings]
            self.asked[called] = batch.states.t[called]
        handed = (self.asked[running] >= 0) & (self.acted[running] < self.lasts)
        if handed.any():
            probabilities = probabilities.copy()
            probabilities[handed] = self.mentor.consider(batch, running[handed])[0]
            self.acted[running[handed]] += 1
        return probabilities


def by_score(novice: Agent, detector: Detector, threshold: float) -> Bell:
    """Rings where a detector's score reaches a threshold."""

    def rings(batch: Batch, running: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        return detector.score(Seen(novice, batch.pictures[running], probabilities)) >= threshold

    return rings


def at_random(chance: float) -> Bell:
    """Rings at each step by this chance."""

    def rings(batch: Batch, running: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        states = batch.states[running]
        return np.array(
            [draw_number(int(s), int(t), _MOMENT) < chance for s, t in zip(states.seed, states.t, strict=True)]
        )

    return rings


def after(steps: int) -> Bell:
    """Rings at this step, whatever happens."""
    return lambda batch, running, probabilities: batch.states.t[running] >= steps


def oracle(mentor: Any) -> Bell:
    """Rings where the mentor would do something else: no alarm can know that, and none can be better timed."""

    def rings(batch: Batch, running: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        apart: np.ndarray = np.abs(mentor.consider(batch, running)[0] - probabilities).sum(1) / 2
        return apart > APART

    return rings


def bells_of(demo: Demo, novice: Agent, mentor: Any, n: int, seed: int) -> dict[str, Bell]:
    """Every way to ring, by name: scores at three thresholds, random moments, waiting, an oracle, always and never."""
    names = [name for name in BELLS if name != "disagreement" or len(seeds_of(demo, novice.name)) > 1]
    detectors = fitted(frames_to_fit(demo, novice, trained_config(demo, novice), seed), names)
    seeds = measurement_seeds(demo, role_seed("threshold", seed), 0, n)
    levels = drawn_levels(demo, trained_config(demo, novice), seeds)
    reference = watched(demo, novice, levels, seeds, detectors)
    found: dict[str, Bell] = {"never": after(1 << 40)}
    for name, detector in detectors.items():
        for percent in PERCENTS:
            threshold = threshold_at(reference.highest(name, n), percent)
            found[f"{name}, {percent} %"] = by_score(novice, detector, threshold)
    found |= {f"random moment, {chance:g} a step": at_random(chance) for chance in MOMENTS}
    found |= {f"wait {steps} steps": after(steps) for steps in WAITS}
    return found | {ORACLE: oracle(mentor), "from the start": after(0)}


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """Each agent as a novice beside the world's mentor: asked how often, and the goal reached how often.

    Measures, for every way to ring: `asked`, the share of episodes handed over; `steps`, of all steps those that the
    mentor took (a number); `goal`, where a mistake ends the run; `goal, mended`; `return, costly` (a number). Ways that
    end with `SHORT` give it ten steps and no more. On distinguishing levels (`moved`) and on the same seeds as training
    draws them (`training`).
    """
    mentor, n = load_agent(demo, varied_agent(demo)), min(n, AT_ONCE)
    rows: list[Row] = []
    for name in agents:
        novice = load_agent(demo, name)
        pairs, bells = pairs_of(demo, novice, n, seed), bells_of(demo, novice, mentor, n, seed)
        ways = {ring: (bell, ALL) for ring, bell in bells.items()}
        ways |= {ring + SHORT: (bells[ring], TEN) for ring in bells if ring.endswith((f" {PERCENTS[0]} %", ORACLE))}
        ways |= {ring + SHORT: (bells[ring], TEN) for ring in [f"random moment, {MOMENTS[1]:g} a step"]}
        for done, (ring, (bell, lasts)) in enumerate(ways.items()):
            for levels, drawn in (("moved", pairs.moved), ("training", pairs.usual)):
                hook = Handover(mentor, bell, lasts)
                played = rollouts(demo, novice, novice.config, pairs.seeds, levels=drawn, decide=hook)
                rows += read(demo, name, levels, ring, hook, played, seed)
            if progress:
                progress(name, done + 1, len(ways))
    return rows


def worth(demo: Demo, outcomes: np.ndarray, reached: np.ndarray) -> dict[str, np.ndarray]:
    """What runs are worth by what a mistake costs, float64[n] each, from str[n] and int64[n, goals]."""
    first, ever = outcomes == demo.intended, reached[:, 0] >= 0
    wrong = (reached[:, 1:] >= 0).any(1) & ~first
    return {"goal": first * 1.0, "goal, mended": ever * 1.0, "return, costly": ever - COST * wrong}


def one_level(
    demo: Demo, novice: Agent, mentor: Any, level: np.ndarray, seed: np.ndarray, ring: int
) -> dict[str, tuple[str, dict[str, np.ndarray]]]:
    """Outcome and worth of one level, records[1]: novice alone, mentor from a step on (-1: never), mentor alone."""
    found = {}
    for told, at in (
        ("novice alone", ALL),
        ("mentor from the ring on", ring if ring >= 0 else ALL),
        ("mentor alone", 0),
    ):
        played = rollouts(demo, novice, novice.config, seed, levels=level, decide=Handover(mentor, after(at)))
        found[told] = str(played.outcomes[0]), worth(demo, played.outcomes, played.reached)
    return found


def read(demo: Demo, name: str, levels: str, ring: str, hook: Handover, played: Rollouts, seed: int) -> list[Row]:
    """The rows of one way to ring on one kind of levels."""
    n, found = len(played), worth(demo, played.outcomes, played.reached)
    rows = [
        share(name, levels, f"{ring}: {what}", int(came.sum()), n, seed)
        for what, came in (
            ("asked", hook.asked >= 0), ("goal", found["goal"]), ("goal, mended", found["goal, mended"])
        )
    ]  # fmt: skip
    means = {"steps": hook.acted / np.maximum(played.steps, 1), "return, costly": found["return, costly"]}
    for what, each in means.items():
        mean = mean_of(each)
        value, low, high = (float(mean[key] or 0) for key in ("mean", "low", "high"))
        rows.append(number(name, levels, f"{ring}: {what}", value, low, high, n, seed))
    return rows


CONSEQUENCES = {"goal": "a mistake ends the run", "goal, mended": "a mistake can be mended"}


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """Goal rate on moved levels against the share of all episodes asked, a panel for each novice and consequence."""
    novices = list(dict.fromkeys(row["agent"] for row in rows))
    figure = Figure(figsize=(9.4, 3.2 * len(novices) + 0.6), layout="constrained", facecolor="none")
    panels = figure.subplots(len(novices), 2, squeeze=False, sharex=True, sharey=True)
    value = {(row["agent"], row["levels"], row["measure"]): row for row in rows}
    rings = list(dict.fromkeys(row["measure"].rpartition(": ")[0] for row in rows))
    rings = [ring for ring in rings if not ring.endswith(SHORT)]
    kinds = list(dict.fromkeys(ring.partition(",")[0].partition(" 5")[0].partition(" 2")[0] for ring in rings))
    for line, novice in zip(panels, novices, strict=True):
        for axes, (what, about) in zip(line, CONSEQUENCES.items(), strict=True):
            for k, kind in enumerate(kinds):
                mine = [ring for ring in rings if ring.startswith(kind)]
                asked = [
                    50 * sum(value[novice, levels, f"{ring}: asked"]["value"] for levels in ("moved", "training"))
                    for ring in mine
                ]
                goal = [value[novice, "moved", f"{ring}: {what}"] for ring in mine]
                alone = kind in ("never", "from the start", ORACLE)
                colour = ink if alone else SERIES[k % len(SERIES)]
                axes.errorbar(
                    asked, [100 * row["value"] for row in goal],
                    yerr=[[100 * abs(row["value"] - row[end]) for row in goal] for end in ("low", "high")],
                    fmt=f"{'osd^vX<>P*'[k % 10]}{'' if alone else '-'}", color=colour, ms=4.5, lw=1, capsize=2,
                    label=kind,
                )  # fmt: skip
            axes.set_title(f"{novice}: {about}", fontsize=9, color=ink)
            axes.set(xlim=(-3, 103), ylim=(-3, 103))
            axes.set_facecolor("none")
            axes.spines[:].set_visible(False)
            axes.grid(color=ink, alpha=0.12)
            axes.tick_params(colors=ink, labelsize=8, length=0)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8, labelcolor=ink)
    figure.supylabel(f"% of moved levels with the {demo.intended}", fontsize=9, color=ink)
    told = f"% of episodes in which {varied_agent(demo)} is asked, half of them moved (n = {rows[0]['n']} of each)"
    figure.supxlabel(told, fontsize=8.5, color=ink)
    return figure


def suits(demo: Demo) -> bool:
    """Where alarms can be tried, and an agent was trained on the world's shifted levels, who can be asked."""
    return rung(demo) and any(recipe.config == demo.shifted for recipe in demo.recipes.values())


TECHNIQUE = Technique(
    name="mentor",
    title="Ask a mentor",
    about="When the bell rings, a better agent takes over. Does it come in time?",
    article="Mentor Supervision",
    opinion="Medium-High",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=150,
)
