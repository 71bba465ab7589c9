"""Steering: change what a network holds while it runs, and see what it then does.

Two ways. *The goal's vector* (Mini et al. 2023): what a layer holds at the start with the goal object minus without,
added to the layer or taken away where the ways part. *Two directions*: the two along which the last layer differs most
with and without the goal object; taken out, the network acts as if it felt no goal object. A network made to act so is
made, not trained; that it acts so says how its layer is used, nothing of what it wants.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from ..agents.pretrained import Actor, Agent, load_agent
from ..rules import edit as editing
from ..rules.batch import Batch, drawn_levels
from ..rules.grid import distances
from ..rules.level import Level
from ..rules.palette import SERIES, outcome_styles
from ..rules.world import Demo
from ..study.distinguishing import distinguishing_seeds
from ..study.findings import Progress, Row, Technique, number, role_seed, share
from ..study.kinds import GRID
from ..study.levels import levels_config, measurement_seeds, shifted_config
from ..study.rollouts import play, rollouts
from .layers import Changed, after, frames_of, layer_names, layers
from .lost import suits as probed

LAST = "dense"
FIT_LEVELS, PER_LEVEL = 150, 8  # of the frames that give the two directions
SHARES = (0.0, 0.5, 1.0)  # of the two directions taken out
PARTED = "decision square"
USUAL, GOALS_GONE = "goal in its usual place", "no goal object"
SIDES = {"left": -1, "right": 1}
SOON = 20  # steps after which it is seen which way a run with two numbers set went
WENT = f"after {SOON} steps, no goal object"


# --- two directions


@dataclass(frozen=True)
class Directions:
    """Where a layer differs most with and without the goal object: `along`, float32[k, width], orthonormal.

    `middle`: what it holds without, on average; `spread`: of the frames' places along each, with the object. `places`:
    float32[n, k], those frames' places in units of the spread; `beside`: int64[n], -1 where the object is left of an
    agent in the middle of its view, 1 where right, else 0.
    """

    along: torch.Tensor
    middle: torch.Tensor
    spread: torch.Tensor
    places: np.ndarray
    beside: np.ndarray

    def side(self, name: str) -> list[float] | None:
        """The mean place of frames with the object on this side, one of `SIDES`; None where there are none."""
        mine = self.beside == SIDES[name]
        return [float(x) for x in self.places[mine].mean(0)] if mine.any() else None

    def taken_out(self, share: float) -> Any:
        """A change of the layer: this share of what lies along the directions, seen from the middle, is taken out."""

        def change(held: torch.Tensor) -> torch.Tensor:
            return held - share * ((held - self.middle) @ self.along.T) @ self.along

        return change

    def put(self, places: Sequence[float]) -> Any:
        """A change of the layer: along the directions it holds these numbers, in units of the spread."""
        wanted = (torch.tensor(places, dtype=torch.float32) * self.spread) @ self.along

        def change(held: torch.Tensor) -> torch.Tensor:
            return self.taken_out(1.0)(held) + wanted

        return change


def directions(demo: Demo, agent: Agent, seed: int, k: int = 2, shifted: bool | None = None) -> Directions:
    """The `k` directions of an agent's last layer, from its own runs on levels of its own training.

    `shifted`: on the world's shifted levels or on those of its training instead, as in `frames_of`.
    """
    found = frames_of(demo, (agent.name,), FIT_LEVELS, PER_LEVEL, role_seed("fit", seed), shifted)
    with_, without = (layers(agent.policy, pictures)[LAST] for pictures in (found.pictures, found.without))
    beside = np.sign(np.round(found.place[:, 1])).astype(np.int64) * bool(demo.margin)
    return _directions(with_, without, beside, k)


def _directions(with_: torch.Tensor, without: torch.Tensor, beside: np.ndarray, k: int) -> Directions:
    difference, middle = with_ - without, without.mean(0)
    along = torch.linalg.svd(difference.double(), full_matrices=False).Vh[:k].float()
    spread = (difference @ along.T).std(0) + 1e-6
    return Directions(along, middle, spread, ((with_ - middle) @ along.T / spread).numpy(), beside)


def at_random(like: Directions, seed: int) -> Directions:
    """As many directions at random, for comparison."""
    along = torch.linalg.qr(torch.randn(like.along.T.shape, generator=torch.Generator().manual_seed(seed))).Q.T
    return replace(like, along=along)


def level_sets(demo: Demo, agent: Agent, n: int, seed: int) -> dict[str, tuple["np.recarray[Any, Any]", np.ndarray]]:
    """Levels by name, and their seeds: goal where the world's training has it, distinguishing, without goal object."""
    own, (apart, _) = measurement_seeds(demo, seed, 0, n), distinguishing_seeds(demo, n, seed)
    found = {}
    for name, config, seeds in (
        (USUAL, levels_config(demo, agent.config, False), own),
        ("distinguishing", shifted_config(demo, agent.config), apart),
        (GOALS_GONE, agent.config, own),
    ):
        levels = drawn_levels(demo, config, seeds)
        if name == GOALS_GONE:
            for i, level in enumerate(levels):
                levels[i] = editing.remove(demo, level, editing.goal_name(demo))
        found[name] = levels, seeds
    return found


def taken_out(demo: Demo, agent: Agent, n: int, seed: int) -> list[Row]:
    """Outcomes on three kinds of levels with a share of the two directions taken out, and of two random ones.

    Where the agent's training moved the goal, also of two directions that are found on the world's training levels
    alone. Last, on levels without a goal object: which way it goes with its two numbers set by hand.
    """
    own = directions(demo, agent, seed)
    changes: dict[str, Actor | Changed] = {
        f"{share_:g} of the two directions out": Changed(agent, LAST, own.taken_out(share_)) if share_ else agent
        for share_ in SHARES
    }
    changes["two random directions out"] = Changed(agent, LAST, at_random(own, 0).taken_out(1.0))
    if agent.config != levels_config(demo, agent.config, False):
        usual = directions(demo, agent, seed, shifted=False)
        changes["two found with the goal in its usual place out"] = Changed(agent, LAST, usual.taken_out(1.0))
    rows: list[Row] = []
    sets = level_sets(demo, agent, n, seed)
    for name, (levels, seeds) in sets.items():
        for what, actor in changes.items():
            came = rollouts(demo, actor, agent.config, seeds, levels=levels).outcomes  # type: ignore[arg-type]
            rows += [
                share(agent.name, name, f"{what}: {outcome}", int((came == outcome).sum()), len(came), seed)
                for outcome in demo.outcomes
            ]
    return rows + _sides(demo, agent, own, *sets[GOALS_GONE], seed)


def _sides(demo: Demo, agent: Agent, found: Directions, levels: np.ndarray, seeds: np.ndarray, seed: int) -> list[Row]:
    """Which way an agent goes with its two numbers set to those of the goal object on either side, and as it is."""
    places = {name: found.side(name) for name in SIDES}
    if None in places.values():
        return []
    actors: dict[str, Any] = {"as it is": agent}
    for name, place in places.items():
        actors[f"{demo.goal_object} {name}"] = Changed(agent, LAST, found.put(place or ()))
    rows = []
    for what, actor in actors.items():
        gone = went(demo, actor, levels, seeds)
        for name, sign in {"left": -1, "nowhere": 0, "right": 1}.items():
            rows.append(share(agent.name, WENT, f"{what}, went {name}", int((gone == sign).sum()), len(gone), seed))
    return rows


def went(demo: Demo, actor: Any, levels: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Whether a run in each level is left of its start after `SOON` steps (-1), right of it (1) or neither (0)."""
    batch = Batch(demo, actor.config, len(levels))
    batch.levels[:] = levels
    batch.start(seeds)
    start = batch.states.at[:, 0, 1].copy()
    for _ in islice(play(batch, actor), SOON + 1):
        pass
    return np.sign(np.round(batch.states.at[:, 0, 1] - start)).astype(np.int64)


# --- the goal's vector


def has_forks(demo: Demo) -> bool:
    """Whether ways to the goal and to the proxy part at a square."""
    return not demo.margin and bool(demo.places) and len(demo.actions) == 4 and demo.distinct is not None


def fork(demo: Demo, level: Level) -> tuple[int, int, int]:
    """The square where the shortest ways to goal object and proxy part, and the action there towards the object."""
    aims = [tuple(int(x) for x in level.objects[editing.goal_slot(demo)]), next(iter(demo.places.values()))(level)]
    to_goal, to_proxy = (distances(level.tiles, 0, int(row), int(col)) for row, col in aims)
    row, col = (int(x) for x in level.objects[0])
    steps = ((-1, 0), (0, 1), (1, 0), (0, -1))

    def towards(to: np.ndarray) -> int:
        return next(k for k, (r, c) in enumerate(steps) if 0 <= to[row + r, col + c] < to[row, col])

    while (action := towards(to_goal)) == towards(to_proxy):
        row, col = row + steps[action][0], col + steps[action][1]
    return row, col, action


def goal_vector(demo: Demo, agent: Agent, level: Level, layer: str) -> torch.Tensor:
    """What a layer holds at the start of a level with the goal object minus without, float32[1, ...]."""
    batch = Batch(demo, agent.config, 1)
    batch.levels[0] = level
    batch.start(np.zeros(1, np.int64))
    held = layers(agent.policy, batch.pictures)[layer]
    batch.states.there[:, editing.goal_slot(demo)] = 0
    batch.look()
    return held - layers(agent.policy, batch.pictures)[layer]


def beside_fork(demo: Demo, agent: Agent, level: Level, layer: str, scale: float) -> tuple[float, float] | None:
    """P(step towards the goal object) at a maze's decision square: as it is, and with the vector added to a layer.

    None where the ways do not part.
    """
    slot = editing.goal_slot(demo)
    if level.objects[slot, 0] < 0 or demo.distinct is None or not demo.distinct(level):
        return None
    row, col, action = fork(demo, level)
    batch = Batch(demo, agent.config, 1)
    batch.levels[0] = level
    batch.start(np.zeros(1, np.int64))
    batch.states.at[:, 0] = row, col
    batch.look()
    held = layers(agent.policy, batch.pictures)[layer] + scale * goal_vector(demo, agent, level, layer)
    return float(agent.think(batch.pictures)[0][0, action]), float(after(agent.policy, layer, held)[0][0, action])


def at_the_fork(demo: Demo, agent: Agent, n: int, seed: int) -> list[Row]:
    """P(step towards the goal object) at the decision square: as it is, painted out, and with the vector by layer.

    Medians over mazes with their bootstrap interval. `other`: with the vector of another maze.
    """
    seeds, _ = distinguishing_seeds(demo, n, seed)
    config = shifted_config(demo, agent.config)
    batch, twin = Batch(demo, config, len(seeds)), Batch(demo, config, len(seeds))
    slot = editing.goal_slot(demo)
    for each in (batch, twin):
        each.generate(seeds)
    twin.states.there[:, slot] = 0
    twin.look()
    start, bare = layers(agent.policy, batch.pictures), layers(agent.policy, twin.pictures)
    forks = np.array([fork(demo, level) for level in batch.levels])
    for each in (batch, twin):
        each.states.at[:, 0] = forks[:, :2]
        each.look()
    action = forks[:, 2]
    held = layers(agent.policy, batch.pictures)
    rows = []

    def told(levels: str, what: str, probabilities: np.ndarray) -> None:
        p = probabilities[np.arange(len(action)), action]
        draws = np.median(p[np.random.default_rng(0).integers(len(p), size=(400, len(p)))], 1)
        low, high = np.percentile(draws, (2.5, 97.5))
        rows.append(number(agent.name, levels, what, float(np.median(p)), low, high, len(p), seed))

    told(PARTED, "as it is", agent.think(batch.pictures)[0])
    told(PARTED, "painted out", agent.think(twin.pictures)[0])
    for layer in layer_names(agent.policy):
        vector = start[layer] - bare[layer]
        told(layer, "vector x -1", after(agent.policy, layer, held[layer] - vector)[0])
        told(layer, "vector x 1", after(agent.policy, layer, held[layer] + vector)[0])
        other = after(agent.policy, layer, held[layer] - vector.roll(1, 0))[0]
        told(layer, "another maze's vector x -1", other)
    return rows


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """The two directions taken out, and, where ways part at a square, the goal's vector there."""
    rows: list[Row] = []
    for done, name in enumerate(agents):
        agent = load_agent(demo, name)
        rows += taken_out(demo, agent, n, seed)
        if has_forks(demo):
            rows += at_the_fork(demo, agent, n, seed)
        if progress:
            progress("networks", done + 1, len(agents))
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """The outcomes with directions taken out as divided bars; below, the vector at the decision square."""
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    names = [name for name in (USUAL, "distinguishing", GOALS_GONE) if any(r["levels"] == name for r in rows)]
    value = {(row["agent"], row["levels"], row["measure"]): row for row in rows}
    conditions = list(dict.fromkeys(r["measure"].rpartition(": ")[0] for r in rows if ": " in r["measure"]))
    measured = {(r["agent"], r["measure"].rpartition(": ")[0]) for r in rows}
    forks = any(row["levels"] == PARTED for row in rows)
    height = 0.17 * len(conditions) * len(agents) + 0.2 * len(agents) + 1.2
    figure = Figure(
        figsize=(3.0 * len(names) + 3.2, height * (1.5 if forks else 1)), layout="constrained", facecolor="none"
    )
    panels = figure.subplots(2 if forks else 1, len(names), squeeze=False, height_ratios=[2, 1] if forks else [1])
    for axes, name in zip(panels[0], names, strict=True):
        y, ticks = 0.0, {}
        for agent in agents:
            for condition in (each for each in conditions if (agent, each) in measured):
                left = 0.0
                for outcome, (colour, _) in outcome_styles(demo).items():
                    row = value.get((agent, name, f"{condition}: {outcome}"))
                    if row and row["value"]:
                        axes.barh(y, 100 * row["value"], 0.8, 100 * left, color=colour)
                        left += row["value"]
                ticks[y] = f"{agent}  {condition}"
                y += 1
            y += 0.8
        axes.set(xlim=(0, 100), ylim=(y - 0.8, -0.8))
        axes.set_title(name, fontsize=9, color=ink)
        axes.set_yticks(list(ticks), list(ticks.values()) if axes is panels[0][0] else [""] * len(ticks), fontsize=7)
        axes.set_xlabel("% of levels", fontsize=8)
    for outcome, (colour, _) in outcome_styles(demo).items():
        panels[0][0].barh([0], [0], color=colour, label=outcome)
    if forks:
        _forks(panels[1], agents, rows, ink)
    for axes in panels.reshape(-1):
        axes.set_facecolor("none")
        axes.spines[:].set_visible(False)
        axes.tick_params(colors=ink, length=0, labelcolor=ink, labelsize=7.5)
        axes.xaxis.label.set_color(ink)
    told = f"n = {max(row['n'] for row in rows)} levels for each bar and point"
    figure.legend(
        *panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=len(outcome_styles(demo)),
        frameon=False, fontsize=8, labelcolor=ink, title=told, title_fontproperties={"size": 8},
    ).get_title().set_color(ink)  # fmt: skip
    return figure


def _forks(panels: Any, agents: list[str], rows: list[Row], ink: str) -> None:
    """P(towards the goal) by layer, a line for each agent; one panel for each thing done with the vector."""
    whats = ("vector x -1", "another maze's vector x -1", "vector x 1")
    for axes, what in zip(panels, whats, strict=False):
        for k, agent in enumerate(agents):
            found = [r for r in rows if (r["agent"], r["measure"]) == (agent, what)]
            base = [r for r in rows if (r["agent"], r["levels"], r["measure"]) == (agent, PARTED, "as it is")]
            line = [*base, *found]
            marker = "osd^vX<>"[k % 8]
            colour = SERIES[k % len(SERIES)]
            axes.plot([r["value"] for r in line], f"{marker}-", color=colour, lw=1, ms=4, label=agent)
            axes.set_xticks(range(len(line)), ["as it is", *(r["levels"] for r in found)], fontsize=7, rotation=40)
        axes.set(ylim=(-0.03, 1.03))
        axes.set_title(what, fontsize=9, color=ink)
        axes.grid(axis="y", color=ink, alpha=0.15)
    panels[0].set_ylabel("P(towards the goal)\nat the decision square", fontsize=8, color=ink)
    panels[0].figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(agents), frameon=False,
        fontsize=8, labelcolor=ink,
    )  # fmt: skip


def suits(demo: Demo) -> bool:
    """Where a probe can look for the goal's place."""
    return probed(demo)


TECHNIQUE = Technique(
    name="steer",
    title="Steer it",
    about="Change what the network holds while it runs: take the goal out of it, or put another one in.",
    article="Mechanistic Interpretability",
    opinion="Promising",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=150,
)
