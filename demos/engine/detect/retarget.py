"""Retargeting: the trace that a goal leaves in a layer is put elsewhere, while the network is shown no goal at all.

Turner et al. 2023 and Mini et al. 2023 sent a mouse to other squares by changing channels that track the cheese. Here
the trace is the mean of what a layer holds with the goal object minus without, about the object's place, over other
mazes. Each maze has its goal object, so that reaching it can be counted, but it is painted out of what the network
sees. A mouse that wanders comes by anyway: *nothing* says how often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from ..agents.pretrained import Actor, Agent, load_agent
from ..rules import edit as editing
from ..rules.batch import Batch, drawn_levels
from ..rules.level import Level
from ..rules.palette import SERIES
from ..rules.rng import draw_int
from ..rules.sprites import PATCH
from ..rules.world import Demo
from ..study.distinguishing import distinguishing_seeds
from ..study.findings import Progress, Row, Technique, role_seed, share
from ..study.kinds import GRID
from ..study.levels import measurement_seeds, shifted_config
from ..study.rollouts import AT_ONCE, rollouts
from .layers import Changed, after, layers
from .lost import suits as probed
from .steer import has_forks

SHOWN = 600  # mazes whose traces are averaged
REACH = 1  # cells about the object's own: a trace is 3 x 3
ONE = "one channel"
ELSEWHERE = "trace at another place"
REACHED = "reached"

_ELSEWHERE = 1 << 25  # the purpose of the draw of another place


@dataclass(frozen=True)
class Trace:
    """What the goal object leaves in a layer of convolutions, about its place.

    `stride`: tiles from one cell to the next, 0 where a cell is a tile; `size`: rows and columns of cells; `kinds`:
    float32[channels, 3, 3] by whether row and column are odd: a cell sees objects at odd and at even places otherwise.
    """

    layer: str
    stride: int
    size: tuple[int, int]
    kinds: dict[tuple[int, int], torch.Tensor]

    def at(self, row: float, column: float, scale: float = 1.0) -> torch.Tensor:
        """What is added to the layer for a goal at this tile, float32[channels, rows, columns]; none: (-1, -1)."""
        scale = scale if row >= 0 else 0.0
        kind = self.kinds.get((int(row) % 2, int(column) % 2), next(iter(self.kinds.values())))
        y, x = (cell(self.stride, place) for place in (row, column))
        found = torch.zeros(len(kind), self.size[0] + 2 * REACH, self.size[1] + 2 * REACH)
        found[:, y : y + 2 * REACH + 1, x : x + 2 * REACH + 1] = scale * kind
        return found[:, REACH:-REACH, REACH:-REACH]

    def one_channel(self) -> "Trace":
        """The same in the channel where it is strongest, and nothing in the others."""
        strength = torch.stack(list(self.kinds.values())).abs().sum((0, 2, 3))
        kept = (torch.arange(len(strength)) == strength.argmax()).float()[:, None, None]
        return replace(self, kinds={key: kind * kept for key, kind in self.kinds.items()})


def cell(stride: int, place: float) -> int:
    """The row or column of the cell whose middle lies at this tile, or just before it."""
    return max((int(place) - 1) // stride, 0) if stride else int(place)


def traces(demo: Demo, agent: Agent, seed: int) -> dict[str, Trace]:
    """The trace in every layer of cells, from the start of `SHOWN` mazes that belong to the fitting."""
    config, slot = shifted_config(demo, agent.config), editing.goal_slot(demo)
    batch = Batch(demo, config, SHOWN)
    batch.generate(measurement_seeds(demo, role_seed("fit", seed), 0, SHOWN))
    places = batch.states.at[:, slot].astype(int)
    with_ = layers(agent.policy, batch.pictures)
    batch.states.there[:, slot] = 0
    batch.look()
    without = layers(agent.policy, batch.pictures)
    return {
        name: _trace(name, held - without[name], places, demo.learning.stride if name != "embed" else 0)
        for name, held in with_.items()
        if held.dim() == 4
    }


def _trace(layer: str, difference: torch.Tensor, places: np.ndarray, stride: int) -> Trace:
    padded = torch.nn.functional.pad(difference, (REACH, REACH, REACH, REACH))
    found: dict[tuple[int, int], list[torch.Tensor]] = {}
    for each, (row, column) in zip(padded, places.tolist(), strict=True):
        y, x = cell(stride, row), cell(stride, column)
        part = each[:, y : y + 2 * REACH + 1, x : x + 2 * REACH + 1]
        found.setdefault((row % 2, column % 2), []).append(part)
    kinds = {key: torch.stack(parts).mean(0) for key, parts in sorted(found.items())}
    return Trace(layer, stride, (difference.shape[2], difference.shape[3]), kinds)


class Retargeted(Changed):
    """An agent that is shown no goal object; something is added to one of its layers instead.

    `added`: float32[n, channels, rows, columns], one for each of these levels, records[n]: those it acts in, in order.
    """

    def __init__(self, agent: Agent, layer: str, added: torch.Tensor, levels: np.ndarray) -> None:
        super().__init__(agent, layer, lambda held: held + added)
        self.added, slot = added, editing.goal_slot(agent.demo)
        batch = Batch(agent.demo, agent.config, len(levels))
        batch.levels[:] = levels
        batch.start(np.zeros(len(levels), np.int64))
        self.corners = PATCH * batch.states.at[:, slot].astype(int)
        batch.states.there[:, slot] = 0
        batch.look()
        self.grounds = [self._tile(picture, i).copy() for i, picture in enumerate(batch.pictures)]

    def _tile(self, picture: np.ndarray, i: int) -> np.ndarray:
        """The part of a picture where level i has its goal object."""
        row, column = self.corners[i]
        return picture[row : row + PATCH, column : column + PATCH]

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and values for the levels of a batch with these indices, int64[k]."""
        return self._felt(batch.pictures[running].copy(), running)

    def think(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same from pictures of the first levels, uint8[n, height, width, 3]."""
        return self._felt(pictures.copy(), np.arange(len(pictures)))

    def _felt(self, pictures: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        for picture, i in zip(pictures, which, strict=True):
            self._tile(picture, i)[:] = self.grounds[i]
        held = layers(self.agent.policy, pictures)[self.layer]
        return after(self.agent.policy, self.layer, held + self.added[torch.from_numpy(which)])


def retargeted(agent: Agent, trace: Trace, levels: np.ndarray, scale: float = 1.0, places: Any = None) -> Retargeted:
    """An agent that acts in these levels, records[n], with a trace where each has its goal object, or at these places.

    `places`: float[n, 2]; `scale` 0: nothing is added.
    """
    if places is None:
        places = levels["objects"][:, editing.goal_slot(agent.demo)]
    return Retargeted(agent, trace.layer, torch.stack([trace.at(row, column, scale) for row, column in places]), levels)


def actors(demo: Demo, agent: Agent, levels: np.ndarray, seed: int) -> dict[str, Actor | Retargeted]:
    """Who acts in these levels, by what is done: the goal object itself, nothing, and its trace by layer."""
    found = traces(demo, agent, seed)
    first = found["conv0"]
    elsewhere = [other_place(demo, level) for level in levels]
    done: dict[str, Actor | Retargeted] = {
        f"the {demo.goal_object} itself": agent,
        "nothing": retargeted(agent, first, levels, 0.0),
        ELSEWHERE: retargeted(agent, first, levels, places=elsewhere),
    }
    done |= {f"trace in {name}": retargeted(agent, trace, levels) for name, trace in found.items()}
    return done | {f"{ONE} of {first.layer}": retargeted(agent, first.one_channel(), levels)}


def other_place(demo: Demo, level: Level) -> tuple[int, int]:
    """An open place without the goal object, the same each time."""
    taken = {tuple(int(x) for x in level.objects[slot]) for slot in (0, editing.goal_slot(demo))}
    places = [place for place in editing.open_places(demo, level) if place not in taken]
    return places[draw_int(int(level.seed), 0, _ELSEWHERE, len(places))]


def measure(demo: Demo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """For each agent and each thing done: how often the goal object's place is reached, in `n` distinguishing mazes."""
    rows: list[Row] = []
    n = min(n, AT_ONCE)
    for name in agents:
        agent = load_agent(demo, name)
        seeds, _ = distinguishing_seeds(demo, n, seed)
        levels = drawn_levels(demo, shifted_config(demo, agent.config), seeds)
        every = actors(demo, agent, levels, seed)
        for done, (what, actor) in enumerate(every.items()):
            played = rollouts(demo, actor, agent.config, seeds, levels=levels)  # type: ignore[arg-type]
            rows.append(share(name, what, REACHED, int((played.reached[:, 0] >= 0).sum()), len(seeds), seed))
            if progress:
                progress(name, done + 1, len(every))
    return rows


def draw(demo: Demo, rows: list[Row], ink: str) -> Figure:
    """A row for each thing done, a mark with its interval for each agent."""
    agents, whats = (list(dict.fromkeys(row[key] for row in rows)) for key in ("agent", "levels"))
    size = (7.6, 0.055 * len(agents) * len(whats) + 0.2 * len(whats) + 1.4)
    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    for k, agent in enumerate(agents):
        mine = [row for row in rows if row["agent"] == agent]
        ys = [whats.index(row["levels"]) + 0.7 * ((k + 0.5) / len(agents) - 0.5) for row in mine]
        colour, mark = SERIES[k % len(SERIES)], "osd^vX<>"[k % 8]
        for y, row in zip(ys, mine, strict=True):
            axes.plot([100 * row["low"], 100 * row["high"]], [y, y], color=colour, lw=1)
        axes.plot([100 * row["value"] for row in mine], ys, mark, color=colour, ms=4.5, label=agent)
    axes.set_yticks(range(len(whats)), whats, fontsize=9)
    axes.set(xlim=(-2, 102), ylim=(len(whats) - 0.45, -0.55))
    axes.set_xlabel(f"% of mazes in which the {demo.goal_object}'s place is reached", fontsize=9, color=ink)
    axes.grid(axis="x", color=ink, alpha=0.15)
    axes.tick_params(colors=ink, length=0)
    axes.spines[:].set_visible(False)
    look: Any = {"frameon": False, "fontsize": 8.5, "labelcolor": ink}
    figure.legend(loc="outside right upper", title=f"n = {rows[0]['n']} mazes", **look).get_title().set_color(ink)
    return figure


def suits(demo: Demo) -> bool:
    """Worlds seen as a whole, in which ways to the goal and to the proxy part at a square."""
    return probed(demo) and has_forks(demo)


TECHNIQUE = Technique(
    name="retarget",
    title="Move its goal",
    about="Put the trace of a goal where there is none: does the agent go there?",
    article="Mechanistic Interpretability",
    opinion="Promising",
    kind=GRID,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=200,
)
