"""Probe and steering of a network that writes: a direction between two kinds of dialogues, read off and pushed along.

What `goalmisgen direction` computes, as a table of the laboratory: `study/direction.py` says how.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..rules.palette import SERIES
from ..rules.text import TextDemo
from ..study.direction import RANDOM, kinds_of, study
from ..study.findings import Progress, Row, Technique, share
from ..study.kinds import TEXT

PROBE = "told apart by a probe"
AT_RANDOM = ", random direction"
MARKS = "osd^vX<>P*"


def measure(demo: TextDemo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """How well a probe tells the two kinds apart, by layer, and how often the outcome comes by strength of the push.

    Measures: `PROBE` (levels: `layer 1` and so on); the demo's outcome (levels: `push -1` and so on), also along a
    random direction of the same length.
    """
    outcome = kinds_of(demo).outcome
    rows: list[Row] = []
    for row in study(demo, agents, progress or (lambda *_: None), n, seed):
        what, count = row["measure"], round(row["value"] * row["n"])
        if what == "accuracy":
            rows.append(share(row["agent"], f"layer {row['layer']}", PROBE, count, row["n"], seed))
        elif what in (outcome, RANDOM + outcome):
            name = outcome + AT_RANDOM * what.startswith(RANDOM)
            rows.append(share(row["agent"], f"push {row['strength']:g}", name, count, row["n"], seed))
    return rows


def draw(demo: TextDemo, rows: list[Row], ink: str) -> Figure:
    """Left the probe by layer, right the outcome by strength; a line for each network, dotted: a random direction."""
    outcome = kinds_of(demo).outcome
    figure = Figure(figsize=(9.6, 3.8), layout="constrained", facecolor="none")
    panels = figure.subplots(1, 2, width_ratios=[1, 2])
    for k, agent in enumerate(dict.fromkeys(row["agent"] for row in rows)):
        for axes, what, style in (
            (panels[0], PROBE, f"{MARKS[k % len(MARKS)]}-"),
            (panels[1], outcome, f"{MARKS[k % len(MARKS)]}-"),
            (panels[1], outcome + AT_RANDOM, ":"),
        ):
            mine = [row for row in rows if (row["agent"], row["measure"]) == (agent, what)]
            xs = [float(row["levels"].rpartition(" ")[2]) for row in mine]
            label = agent if what == outcome else None
            axes.plot(
                xs, [100 * r["value"] for r in mine], style, color=SERIES[k % len(SERIES)], ms=3.5, lw=1, label=label
            )
            if what != outcome + AT_RANDOM:
                ends = [[100 * abs(r["value"] - r[end]) for r in mine] for end in ("low", "high")]
                axes.errorbar(
                    xs,
                    [100 * r["value"] for r in mine],
                    np.array(ends),
                    fmt="none",
                    ecolor=SERIES[k % len(SERIES)],
                    lw=0.8,
                )
    _labelled(panels, demo, rows, ink)
    look: Any = {"frameon": False, "fontsize": 7.5, "labelcolor": ink}
    figure.legend(*panels[1].get_legend_handles_labels(), loc="outside right upper", **look)
    return figure


def _labelled(panels: Any, demo: TextDemo, rows: list[Row], ink: str) -> None:
    one, two = kinds_of(demo).names
    n = max(row["n"] for row in rows if row["measure"] != PROBE)
    panels[0].set_xlabel("after layer", fontsize=8.5, color=ink)
    panels[0].set_ylabel(f"% of dialogues told apart:\n{one}, {two}", fontsize=8.5, color=ink)
    panels[0].set_ylim(45, 102)
    panels[1].set_xlabel(
        f"push, in distances between the two (n = {n}; dotted: a random direction)", fontsize=8.5, color=ink
    )
    panels[1].set_ylabel(f"% {kinds_of(demo).outcome} answers", fontsize=8.5, color=ink)
    for axes in panels:
        axes.set_facecolor("none")
        axes.grid(color=ink, alpha=0.12)
        axes.tick_params(colors=ink, labelsize=8, length=0)
        axes.spines[:].set_visible(False)


def suits(demo: TextDemo) -> bool:
    """Text demos that name two kinds of dialogues."""
    return demo.kinds is not None


TECHNIQUE = Technique(
    name="push",
    title="Push it",
    about="A direction between two kinds of dialogues: can it be read off, and what does a network say that is pushed?",
    article="Mechanistic Interpretability",
    opinion="Promising",
    kind=TEXT,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=200,
)
