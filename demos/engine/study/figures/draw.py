"""Figures of measured rates: dots with intervals, one row per agent, one panel per kind of levels."""

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...files import replacing
from ...rules.names import ending
from ...rules.palette import INK, SERIES, outcome_styles
from ...rules.world import Demo
from ..outcome_map import OutcomeMap
from ..tables import in_short

FORMATS = (".svg", ".pdf", ".png")


def rates(demo: Demo, results: Sequence[dict[str, Any]], title: str = "") -> Figure:
    """Rates of every outcome with 95 % intervals, for one or several results of `measure` in the same world."""
    parts = [part for part in results[0]["levels"] if any(result["levels"][part] for result in results)]
    figure = Figure(figsize=(3.1 * len(parts) + 0.9, 0.42 * len(results) + 1.7), layout="constrained")
    panels = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    called = {name: ending(demo, name).chip for name in demo.outcomes}
    for panel, part in zip(panels, parts, strict=True):
        _panel(panel, part, results, outcome_styles(demo), called)
    panels[0].set_yticks(range(len(results)), [result["agent"] for result in results])
    panels[0].set_ylim(len(results) - 0.5, -0.5)
    if title:
        figure.suptitle(title)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=_across(figure, labels), frameon=False)
    return figure


def _panel(
    panel: Any,
    part: str,
    results: Sequence[dict[str, Any]],
    styles: dict[str, tuple[str, str]],
    called: dict[str, str],
) -> None:
    shown = [(row, result["levels"][part]) for row, result in enumerate(results) if result["levels"].get(part)]
    names = list(shown[0][1]["outcomes"])
    for nth, name in enumerate(names):
        colour, marker = styles[name]
        found = [found["outcomes"][name] for _, found in shown]
        rate = [100 * f["rate"] for f in found]
        panel.errorbar(
            rate,
            [row + 0.12 * (nth - (len(names) - 1) / 2) for row, _ in shown],
            xerr=[
                [max(r - 100 * f["low"], 0) for r, f in zip(rate, found, strict=True)],
                [max(100 * f["high"] - r, 0) for r, f in zip(rate, found, strict=True)],
            ],
            fmt=marker, color=colour, label=called[name], capsize=2, markersize=5, linewidth=1.2,
        )  # fmt: skip
    counts = sorted({found["n"] for _, found in shown})
    n = f"n = {counts[0]:,}" if len(counts) == 1 else f"n = {counts[0]:,} to {counts[-1]:,}"
    panel.set_title(f"{part} levels\n{n} per agent", fontsize=10)
    panel.set_xlabel("share of episodes, %")
    panel.set_xlim(-3, 103)
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def mapped(
    demo: Demo, found: OutcomeMap, picture: np.ndarray, title: str = "", inches: float | None = None
) -> Figure:  # fmt: skip
    """An outcome map over the picture of its level, uint8[height, width, 3]: one square for each place of the goal.

    The square is divided from left to right by how often each outcome came; the marker is that of the commonest one.
    `inches`: how wide it is, such as the column of a paper, with letters of 7 points.
    """
    rows, columns = (int(x) for x in found.level.extent)
    wide = inches or max(columns * 0.28, 5)
    less = min(1.0, wide / (columns * 0.28))  # than the size at which marks are drawn
    figure = Figure(figsize=(wide, min(wide / columns, 0.28) * rows + max(less, 0.6)), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(picture, extent=(0, columns, rows, 0), interpolation="nearest", alpha=0.55)
    styles, shares = outcome_styles(demo), found.shares(demo)
    names = demo.outcomes
    for (row, col), share in zip(found.cells, shares, strict=True):
        left = float(col) + 0.08
        for name, part in zip(names, share, strict=True):
            if part > 0:
                axes.add_patch(Rectangle((left, row + 0.08), 0.84 * part, 0.84, color=styles[name][0], lw=0))
                left += 0.84 * part
    for name in names:
        most = shares.argmax(1) == names.index(name)
        colour, marker = styles[name]
        if most.any():
            axes.plot(
                found.cells[most, 1] + 0.5, found.cells[most, 0] + 0.5, marker, color="white", mec="black",
                mew=0.6 * less, ms=4.5 * less, ls="",
            )  # fmt: skip
        if (shares[:, names.index(name)] > 0).any():
            axes.plot([], [], marker, color=colour, mec="black", mew=0.6, ms=7, ls="", label=ending(demo, name).chip)
    axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])
    if title:
        told = textwrap.fill(title, int(18 * inches)) if inches else title
        axes.set_title(told, fontsize=7 if inches else 9, wrap=True)
    across = _across(figure, axes.get_legend_handles_labels()[1])
    figure.legend(loc="outside lower center", ncols=across, frameon=False, fontsize=7 if inches else 8)
    return figure


def _across(figure: Figure, labels: Sequence[str]) -> int:
    """How many entries of a legend fit beside each other: an entry is as wide as its longest label and its mark."""
    inches = 0.08 * max(map(len, labels), default=1) + 0.5
    return max(1, min(len(labels), int(figure.get_figwidth() // inches)))


def ages(demo: Demo, rows: Sequence[dict[str, Any]], chosen: int, ink: str = INK) -> Figure:
    """Skill on training levels and every outcome on shifted ones, by age, with 95 % intervals: rows of ages.csv.

    `chosen`: the age to mark, in steps; `ink`: the colour of lines and letters, on a transparent ground.
    """
    kept = sorted({row["steps"] for row in rows})
    lines = [("training", demo.intended, ink, "^")]
    lines += [("shifted", name, colour, marker) for name, (colour, marker) in outcome_styles(demo).items()]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    axes.axvline(kept.index(chosen), color=ink, alpha=0.35, ls=":")
    for number, (levels, name, colour, marker) in enumerate(lines):
        found = {row["steps"]: row for row in rows if row["levels"] == levels and row["outcome"] == name}
        there = [i for i, steps in enumerate(kept) if steps in found]
        rate, low, high = ([100 * found[kept[i]][key] for i in there] for key in ("rate", "low", "high"))
        axes.errorbar(
            [i + 0.05 * (number - 2) for i in there],  # beside each other, so that no interval covers another
            rate, yerr=[np.maximum(np.subtract(rate, low), 0), np.maximum(np.subtract(high, rate), 0)],
            fmt=marker, ls="--" if levels == "training" else "-", color=colour, capsize=2, ms=6, lw=1.2,
            label=f"{ending(demo, name).chip}, {levels} levels",
        )  # fmt: skip
    counts = sorted({row["n"] for row in rows if row["levels"] != "distinguishing"})
    n = f"n = {counts[0]:,}" if len(counts) == 1 else f"n = {counts[0]:,} to {counts[-1]:,}"
    axes.set_xticks(range(len(kept)), [in_short(steps) for steps in kept])
    axes.set(ylim=(-3, 103), xlabel="steps of training", ylabel=f"% of levels ({n} each)")
    axes.grid(axis="y", color=ink, alpha=0.15)
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=ink)
    axes.xaxis.label.set_color(ink)
    axes.yaxis.label.set_color(ink)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, labelcolor=ink, fontsize=9)
    return figure


def timeline(
    demo: Demo,
    rows: Sequence[dict[str, Any]],
    runs: Sequence[tuple[str, dict[str, np.ndarray]]] = (),
    measures: Sequence[str] = (),
    ink: str = INK,
) -> Figure:
    """What a world counts over the steps of an episode, a panel for each measure: rows of timelines.csv, and runs.

    Each agent and kind of levels is a line with its 95 % interval as a band; `runs` are single ones, as a label and
    float64[steps + 1] by measure. `measures`: which, all if empty; `ink`: the colour of letters.
    """
    shown = [measure.name for measure in demo.measures if not measures or measure.name in measures]
    width = min(len(shown), 3)
    height = -(-len(shown) // width)
    figure = Figure(figsize=(3.4 * width + 0.4, 2.5 * height + 0.7), layout="constrained", facecolor="none")
    panels = figure.subplots(height, width, squeeze=False).reshape(-1)
    colours = SERIES
    lines = list(dict.fromkeys((row["agent"], row["levels"]) for row in rows))
    agents = list(dict.fromkeys(agent for agent, _ in lines))
    for panel, name in zip(panels, shown, strict=False):
        for agent, levels in lines:
            found = [r for r in rows if (r["agent"], r["levels"], r["measure"]) == (agent, levels, name)]
            steps, value, low, high = ([row[key] for row in found] for key in ("step", "value", "low", "high"))
            colour = colours[agents.index(agent) % len(colours)]
            dashes = "--" if levels == "training" else "-"
            n = max((row["n"] for row in found), default=0)
            panel.plot(steps, value, dashes, color=colour, lw=1.4, label=f"{agent}, {levels} (mean, n = {n:,})")
            panel.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
        for number, (label, values) in enumerate(runs):
            panel.plot(values[name], "-" if not number else ":", color=ink, lw=1.6, label=label)
        panel.set_title(name, fontsize=10, color=ink)
        panel.set_facecolor("none")
        panel.grid(color=ink, alpha=0.12, lw=0.6)
        panel.spines[:].set_visible(False)
        panel.tick_params(colors=ink, labelsize=8)
        panel.set_xlabel("step", color=ink, fontsize=9)
    for panel in panels[len(shown) :]:
        panel.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(len(labels), 2),
        frameon=False,
        labelcolor=ink,
        fontsize=8,
    )
    return figure


def life(demo: Demo, lives: dict[str, Sequence[dict[str, float]]], marks: Sequence[int] = (), ink: str = INK) -> Figure:
    """The course of trainings that have no end, a panel for each counter: rows of life.csv, by agent.

    `marks`: ages to mark, in steps; `ink`: the colour of letters, on a transparent ground.
    """
    names = [each.name for each in demo.life]
    figure = Figure(figsize=(6.4, 1.5 * len(names) + 0.9), layout="constrained", facecolor="none")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    colours = SERIES
    for panel, name in zip(panels, names, strict=True):
        for colour, (agent, rows) in zip(colours, lives.items(), strict=False):
            panel.plot([row["steps"] for row in rows], [row[name] for row in rows], color=colour, lw=1.2, label=agent)
        for steps in marks:
            panel.axvline(steps, color=ink, alpha=0.35, ls=":")
        panel.set_title(name, fontsize=10, color=ink, loc="left")
        panel.set_facecolor("none")
        panel.set_ylim(bottom=0)
        panel.grid(color=ink, alpha=0.12, lw=0.6)
        panel.spines[:].set_visible(False)
        panel.tick_params(colors=ink, labelsize=8)
    panels[-1].xaxis.set_major_formatter(lambda steps, _: in_short(steps))
    panels[-1].set_xlabel("steps lived", color=ink, fontsize=9)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(lives), frameon=False,
        labelcolor=ink, fontsize=9,
    )  # fmt: skip
    return figure


def as_svg(figure: Figure) -> str:
    """A figure as the text of an SVG file."""
    text = io.StringIO()
    write(figure, text, "svg", {"Date": None})
    return text.getvalue()


def as_pdf(figure: Figure, command: str = "") -> bytes:
    """A figure as a PDF file, the command in its metadata."""
    data = io.BytesIO()
    write(figure, data, "pdf", {"CreationDate": None, "Subject": command})
    return data.getvalue()


def save(figure: Figure, path: Path, command: str = "") -> None:
    """Write a figure as SVG, PDF or PNG, the command in its metadata, without a date: same figure, same bytes."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"'{path.name}' is not a figure this can write; give a name ending in {', '.join(FORMATS)}.")
    metadata_of: dict[str, dict[str, Any]] = {
        ".svg": {"Date": None, "Description": command},
        ".pdf": {"CreationDate": None, "Subject": command},
        ".png": {"Description": command},
    }
    with replacing(path) as temporary:
        write(figure, temporary, suffix[1:], metadata_of[suffix])


def write(figure: Figure, target: Any, suffix: str, metadata: dict[str, Any]) -> None:
    """Write a figure, `suffix` being its format: the same figure gives the same bytes; letters of an SVG stay text."""
    with matplotlib.rc_context({"svg.hashsalt": "goalmisgen", "svg.fonttype": "none"}):
        figure.savefig(target, format=suffix, dpi=200, metadata=metadata)
