"""Where is the goal lost? A linear probe for its row, its column and its presence, by layer, agent and age.

All networks are shown the same pictures, from runs of two reference agents, so that their numbers can be compared. A
low number does not prove that a layer lacks something: a network may hold it in another form than a straight line.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..agents.pretrained import agent_names, varied_agent
from ..rules.sprites import PATCH
from ..rules.world import Demo
from ..study.findings import Progress, Row, Technique, number, role_seed
from ..study.kinds import GRID
from .layers import UNTRAINED, Frames, auroc, frames_of, layers, policy_of, r2, ridge

PER_LEVEL = 6  # frames
AXES = ("row", "column")
PRESENT = "presence"
RESAMPLES = 200
EXAMPLES = 6  # pictures that show where a line reads the place


def frames_for(demo: Demo, n: int, seed: int) -> tuple[Frames, Frames]:
    """The frames that probes are fitted to, and those they are tested on: of `n` levels each, disjoint.

    From runs of the first agent of the world's first recipe, and of one trained on shifted levels.
    """
    shown = agent_names(demo)[0], varied_agent(demo)
    fit = frames_of(demo, shown, n, PER_LEVEL, role_seed("fit", seed))
    return fit, frames_of(demo, shown, n, PER_LEVEL, role_seed("test", seed))


def read_out(demo: Demo, name: str, fit: Frames, test: Frames, seed: int) -> list[Row]:
    """The rows of one network: a probe of each layer, fitted to one set of frames and tested on the other."""
    policy = policy_of(demo, name)
    with_, without = layers(policy, fit.pictures), layers(policy, fit.without)
    seen, unseen = layers(policy, test.pictures), layers(policy, test.without)
    rows: list[Row] = []
    for layer in with_:
        read = ridge(with_[layer], fit.place).read(seen[layer])
        for k, axis in enumerate(AXES):
            rows.append(_interval(name, layer, f"{axis} R2", test.place[:, k], read[:, k], test.level, r2, seed))
        half = np.arange(len(fit)) % 2 == 0  # each picture once, with or without the goal
        x = np.concatenate([with_[layer][half].numpy(), without[layer][~half].numpy()])
        there = np.concatenate([np.ones(half.sum()), -np.ones((~half).sum())])
        import torch

        probe = ridge(torch.from_numpy(x), there)
        yes, no = probe.read(seen[layer])[:, 0], probe.read(unseen[layer])[:, 0]
        rows.append(_interval(name, layer, f"{PRESENT} AUROC", no, yes, test.level, auroc, seed))
    return rows


def _interval(
    name: str, layer: str, what: str, first: np.ndarray, second: np.ndarray, level: np.ndarray, of: Any, seed: int
) -> Row:
    """A number of two arrays over frames, its interval by resampling levels."""
    levels = np.unique(level)
    places = [np.flatnonzero(level == each) for each in levels]
    draws = np.random.default_rng(0).integers(len(levels), size=(RESAMPLES, len(levels)))
    picked = [np.concatenate([places[i] for i in draw]) for draw in draws]
    low, high = np.nanpercentile([of(first[p], second[p]) for p in picked], (2.5, 97.5))
    value = of(first, second)
    return number(name, layer, what, value, min(low, value), max(high, value), len(levels), seed)


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """R2 of the goal's row and column and AUROC of its presence by layer, for each network and `untrained`.

    n of a row: levels that the frames tested come from; the interval resamples those levels.
    """
    fit, test = frames_for(demo, n, seed)
    rows: list[Row] = []
    names = list(dict.fromkeys((UNTRAINED, *agents)))
    for done, name in enumerate(names):
        rows += read_out(demo, name, fit, test, seed)
        if progress:
            progress("networks", done + 1, len(names))
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A table of colours for each quantity: networks down, layers across, the number in each cell."""
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    names = list(dict.fromkeys(row["levels"] for row in rows))
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    value = {(row["agent"], row["levels"], row["measure"]): row["value"] for row in rows}
    size = (0.62 * len(names) * len(measures) + 2.6, 0.3 * len(agents) + 1.5)
    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, what in zip(panels, measures, strict=True):
        table = np.array([[value.get((a, layer, what), np.nan) for layer in names] for a in agents])
        low = 0.5 if "AUROC" in what else 0.0
        axes.imshow(table, vmin=low, vmax=1, cmap="cividis", aspect="auto")
        for (y, x), number_ in np.ndenumerate(table):
            dark = number_ < low + 0.55 * (1 - low)
            axes.text(x, y, f"{number_:.2f}", ha="center", va="center", fontsize=7, color="white" if dark else "black")
        axes.set_title(f"{demo.goal_object}'s {what}", fontsize=9, color=ink)
        axes.set_xticks(range(len(names)), names, fontsize=7.5)
        axes.set_yticks(range(len(agents)), agents, fontsize=8)
        axes.tick_params(colors=ink, length=0)
        axes.spines[:].set_visible(False)
    n = rows[0]["n"]
    figure.supxlabel(
        f"The same frames for every network, tested on {n} levels.", fontsize=8, color=ink, x=0.01, ha="left"
    )
    return figure


def examples(demo: Demo, name: str, fit: Frames, test: Frames) -> dict[str, Figure]:
    """By layer, some pictures of tests with a cross where the line reads the goal object's place from it.

    In worlds whose view scrolls a cross is right to a tile: columns count from the agent, who may stand between two.
    """
    policy = policy_of(demo, name)
    shown = test.part(np.linspace(0, len(test) - 1, EXAMPLES).astype(int))
    held, seen = layers(policy, fit.pictures), layers(policy, shown.pictures)
    read = {layer: ridge(held[layer], fit.place).read(seen[layer]) + (0, demo.margin) for layer in held}
    return {layer: _crossed(shown.pictures, places) for layer, places in read.items()}


def _crossed(pictures: np.ndarray, places: np.ndarray) -> Figure:
    figure = Figure(figsize=(1.7 * len(pictures), 1.8), layout="constrained", facecolor="none")
    for axes, picture, (row, col) in zip(figure.subplots(1, len(pictures)), pictures, places, strict=True):
        height, width = picture.shape[:2]
        axes.imshow(picture, interpolation="nearest")
        x, y = (np.clip(PATCH * (at + 0.5), 2, most - 3) for at, most in ((col, width), (row, height)))
        for colour, wide in (("black", 5.5), ("white", 2.5)):
            axes.plot(x, y, "x", color=colour, ms=11, mew=wide)
        axes.set_axis_off()
    return figure


def suits(demo: Demo) -> bool:
    """Grid worlds with one goal object that is somewhere else in shifted levels."""
    return not demo.counts and demo.goal_object == demo.intended and bool(demo.proxies)


TECHNIQUE = Technique(
    name="lost",
    title="Where is it lost?",
    about="Can the goal's place be read from a layer, by a straight line? Layer by layer, network by network.",
    article="Mechanistic Interpretability",
    opinion="Promising",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=150,
)
