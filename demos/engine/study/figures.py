"""Figures of measured rates: dots with intervals, one row per agent, one panel per kind of levels."""

import io
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..rules.world import Demo
from .curves import (
    Drawn,
    axis_values,
    dodged,
    drawn,
    joined,
    labelled,
    line_style,
    medians,
    outliers,
    place,
    reach_of,
    state_of,
    tick,
)
from .measure import outcome_styles
from .outcome_map import OutcomeMap
from .studies import Study
from .tables import in_short

FORMATS = (".svg", ".pdf", ".png")
MARKS_OF_TEXT = "†‡§¶‖"  # what is published, in the order of its notes


def rates(demo: Demo, results: Sequence[dict[str, Any]], title: str = "") -> Figure:
    """Rates of every outcome with 95 % intervals, for one or several results of `measure` in the same world."""
    parts = [part for part in results[0]["levels"] if any(result["levels"][part] for result in results)]
    figure = Figure(figsize=(3.1 * len(parts) + 0.9, 0.42 * len(results) + 1.7), layout="constrained")
    panels = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    for panel, part in zip(panels, parts, strict=True):
        _panel(panel, part, results, outcome_styles(demo))
    panels[0].set_yticks(range(len(results)), [result["agent"] for result in results])
    panels[0].set_ylim(len(results) - 0.5, -0.5)
    if title:
        figure.suptitle(title)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def _panel(panel: Any, part: str, results: Sequence[dict[str, Any]], styles: dict[str, tuple[str, str]]) -> None:
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
            fmt=marker, color=colour, label=name, capsize=2, markersize=5, linewidth=1.2,
        )  # fmt: skip
    counts = sorted({found["n"] for _, found in shown})
    n = f"n = {counts[0]:,}" if len(counts) == 1 else f"n = {counts[0]:,} to {counts[-1]:,}"
    panel.set_title(f"{part} levels\n{n} per agent", fontsize=10)
    panel.set_xlabel("share of episodes, %")
    panel.set_xlim(-3, 103)
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def mapped(demo: Demo, found: OutcomeMap, picture: np.ndarray, title: str = "") -> Figure:
    """An outcome map over the picture of its level, uint8[height, width, 3]: one square for each place of the goal.

    The square is divided from left to right by how often each outcome came; the marker is that of the commonest one.
    """
    rows, columns = (int(x) for x in found.level.extent)
    figure = Figure(figsize=(max(columns * 0.28, 5), rows * 0.28 + 1.0), layout="constrained")
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
                found.cells[most, 1] + 0.5, found.cells[most, 0] + 0.5, marker, color="white", mec="black", mew=0.6,
                ms=4.5, ls="",
            )  # fmt: skip
        if (shares[:, names.index(name)] > 0).any():
            axes.plot([], [], marker, color=colour, mec="black", mew=0.6, ms=7, ls="", label=name)
    axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])
    if title:
        axes.set_title(title, fontsize=9, wrap=True)
    figure.legend(loc="outside lower center", ncols=len(names), frameon=False, fontsize=8)
    return figure


def ages(demo: Demo, rows: Sequence[dict[str, Any]], chosen: int, ink: str = "#222222") -> Figure:
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
            label=f"{name}, {levels} levels",
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
    ink: str = "#222222",
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
    colours = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")  # Okabe and Ito
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


def life(
    demo: Demo, lives: dict[str, Sequence[dict[str, float]]], marks: Sequence[int] = (), ink: str = "#222222"
) -> Figure:
    """The course of trainings that have no end, a panel for each counter: rows of life.csv, by agent.

    `marks`: ages to mark, in steps; `ink`: the colour of letters, on a transparent ground.
    """
    names = [each.name for each in demo.life]
    figure = Figure(figsize=(6.4, 1.5 * len(names) + 0.9), layout="constrained", facecolor="none")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    colours = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")  # Okabe and Ito
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


def agents_and_devices(
    rows: Sequence[dict[str, Any]],
    published: dict[str, float],
    classes: Sequence[str],
    usual: tuple[str, float],
    ink: str = "#222222",
    ground: str = "none",
) -> Figure:
    """Which kinds of behaviour look like an agent's: rows of agents-and-devices.csv.

    A panel for each board: the mean of p(agent | run) and its 95 % interval for each class of devices at the usual
    noise, up to the first goal (filled) and over the whole episode (hollow), beside the published values. The last
    panel: the same against the noise, on the last board, for the usual class. `usual`: class and noise.
    """
    kinds, boards = (list(dict.fromkeys(row[key] for row in rows)) for key in ("behaviour", "board"))
    styles = dict(zip(classes, (("#56b4e9", "s"), ("#0072b2", "o"), ("#e69f00", "^")), strict=False))  # Okabe and Ito
    figure = Figure(figsize=(11.4, 3.9), layout="constrained", facecolor=ground)
    panels = figure.subplots(1, len(boards) + 1, width_ratios=[1] * len(boards) + [1.15])
    means = [row for row in rows if row["quantity"] == "p(agent)"]
    for panel, board in zip(panels, boards, strict=False):
        shown = [row for row in means if row["board"] == board and row["noise"] == usual[1]]
        for number, (devices, (colour, marker)) in enumerate(styles.items()):
            for late, seen in enumerate(dict.fromkeys(row["seen"] for row in shown)):
                found = [row for row in shown if (row["devices"], row["seen"]) == (devices, seen)]
                at = [kinds.index(row["behaviour"]) + 0.13 * (2 * number + late - 2.5) for row in found]
                panel.errorbar(
                    [row["value"] for row in found], at,
                    xerr=[[max(row["value"] - row["low"], 0) for row in found],
                          [max(row["high"] - row["value"], 0) for row in found]],
                    fmt=marker, color=colour, mfc="none" if late else colour, ms=5, capsize=2, lw=1.1,
                    label=f"devices: {devices}; {seen}",
                )  # fmt: skip
        known = [(value, kinds.index(name)) for name, value in published.items() if name in kinds]
        panel.plot(
            *zip(*known, strict=True), "X", color=ink, ms=8, ls="", label="published (from notes; another world)"
        )
        counts = sorted({row["n"] for row in shown})
        n = f"n = {counts[0]:,}" if len(counts) == 1 else f"n = {counts[0]:,} to {counts[-1]:,}"
        panel.set_title(f"levels {board}, noise {usual[1]:g}\n{n} levels each", fontsize=10, color=ink)
        panel.set_yticks(range(len(kinds)), kinds if panel is panels[0] else [""] * len(kinds))
        panel.set(xlim=(-0.04, 1.04), ylim=(len(kinds) - 0.45, -0.55), xlabel="mean of p(agent | run)")
    handles, labels = panels[0].get_legend_handles_labels()
    last, colours = panels[-1], ("#009e73", "#d55e00", "#0072b2", "#cc79a7")
    chosen = [row for row in means if (row["board"], row["devices"]) == (boards[-1], usual[0])]
    for name, colour, marker in zip(kinds, colours, "osD^", strict=False):
        for dashes, seen in zip(("-", ":"), dict.fromkeys(row["seen"] for row in chosen), strict=False):
            line = [row for row in chosen if (row["behaviour"], row["seen"]) == (name, seen)]
            last.plot(
                [row["noise"] for row in line], [row["value"] for row in line], dashes + marker, color=colour, ms=5,
                mfc="none" if dashes == ":" else colour, lw=1.3, label=name if dashes == "-" else None,
            )  # fmt: skip
    last.set_xscale("log")
    noises = sorted({row["noise"] for row in chosen})
    last.set_xticks(noises, [f"{each:g}" for each in noises])
    last.minorticks_off()
    last.set(ylim=(-0.04, 1.04), xlabel="noise of agents and devices", ylabel="mean of p(agent | run)")
    last.set_title(
        f"levels {boards[-1]}, devices: {usual[0]}\nsolid: to the first goal; dotted: whole", fontsize=10, color=ink
    )
    last.legend(frameon=False, fontsize=8, labelcolor=ink)
    for panel in panels:
        panel.set_facecolor("none")
        panel.grid(color=ink, alpha=0.14, lw=0.6)
        panel.set_axisbelow(True)
        panel.spines[:].set_visible(False)
        panel.tick_params(colors=ink)
        panel.xaxis.label.set_color(ink)
        panel.yaxis.label.set_color(ink)
    handles, labels = handles[1:] + handles[:1], labels[1:] + labels[:1]  # the published ones last
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8, labelcolor=ink)
    return figure


def study(
    demo: Demo, plan: Study, rows: Sequence[dict[str, Any]], sources: dict[str, str], ink: str = "#222222"
) -> Figure:
    """The figure of a study: a panel for each of its panels, every agent a dot with its 95 % interval.

    `rows`: of the study's CSV; `sources`: by key, what the published marks cite; `ink`: the colour of letters.
    """
    shown = drawn(demo, plan, list(rows))
    width = 2 if len(shown) in (1, 2, 4) else 3
    height = -(-len(shown) // width)
    state = state_of(demo, plan, list(rows))
    below = ["Each dot is one network, with a 95 % interval over levels; seeds are never pooled."]
    if any(each.panel.draw and not each.fit and joined(plan, each) for each in shown):
        below[0] += " Lines join the medians over seeds."
    below += [
        f"{mark} {each.says}: {sources[each.key]}{', from notes' if each.secondary else ''}; {each.how}."
        for mark, each in zip(MARKS_OF_TEXT, plan.published, strict=False)
    ]
    told = [line for text in below for line in textwrap.wrap(text, 84 * width)]
    size = (5.0 * width, 3.9 * height + 0.9 + 0.17 * len(told))
    figure = Figure(figsize=size, layout="constrained", facecolor="none" if ink != "#222222" else "white")
    panels = figure.subplots(height, width, squeeze=False).reshape(-1)
    for axes, each in zip(panels, shown, strict=False):
        _study_panel(axes, plan, each, ink)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    for axes, each in zip(panels, shown, strict=False):  # what is counted alike is shown to one scale
        alike = [
            other.get_ylim()[1] for other, which in zip(panels, shown, strict=False) if which.panel.y == each.panel.y
        ]
        axes.set_ylim(top=max(alike))
    figure.suptitle(plan.title + ("\n" if state else ""), fontsize=13, color=ink)
    if state:
        figure.text(0.5, 1 - 0.42 / size[1], state, fontsize=9, color="#b3261e", ha="center", va="center")
    figure.supxlabel("\n".join(told), fontsize=8, color=ink, x=0.01, ha="left")
    return figure


def _study_panel(axes: Any, plan: Study, shown: Drawn, ink: str) -> None:
    panel = shown.panel
    axes.set_title(f"{panel.title}\n{shown.told}", fontsize=10, color=ink)
    axes.set_facecolor("none")
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=ink, labelsize=9)
    axes.grid(axis="both" if panel.against else "y", color=ink, alpha=0.15, lw=0.6)
    axes.set_axisbelow(True)
    axes.set_ylabel(panel.y, color=ink, fontsize=9)
    if panel.over_time:
        _over_time(axes, shown)
    elif panel.against:
        _scatter(axes, shown, ink)
    else:
        _curves(axes, plan, shown, ink)
    if panel.times == 100:
        axes.set_ylim(-3, 103)
    else:
        axes.set_ylim(bottom=0)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        across = 2 if any(len(label) > 20 for label in labels) else 3
        axes.legend(
            handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=across,
            frameon=False, fontsize=8, labelcolor=ink,
        )  # fmt: skip


def _curves(axes: Any, plan: Study, shown: Drawn, ink: str) -> None:
    xs = axis_values(plan, shown)
    at = {x: place(plan.axis, x, xs) for x in xs}
    for dot, where in dodged(plan, shown):
        colour, marker = shown.styles[dot.quantity]
        reach = [[max(dot.y - dot.low, 0)], [max(dot.high - dot.y, 0)]]
        axes.errorbar(where, dot.y, yerr=reach, fmt=marker, color=colour, ms=5, lw=1.1, capsize=2)
    for name, (colour, marker) in shown.styles.items():
        line = medians(plan, shown, name) if joined(plan, shown) else {}
        axes.plot([at[x] for x in line], list(line.values()), "-", color=colour, lw=1, alpha=0.6)  # gaps stay gaps
        axes.plot([], [], marker, color=colour, label=name)
    for number, dot in enumerate(shown.ceilings):
        says = None if number else shown.panel.ceiling["says"]
        axes.axhline(dot.y, color=ink, ls="--", lw=0.8, alpha=0.6, label=says)
    for each in shown.published:
        mark = MARKS_OF_TEXT[plan.published.index(each)]
        label = f"{mark} {each.says}"
        if each.y is None and each.x is not None:
            axes.axvline(place(plan.axis, each.x, xs), color=ink, ls=":", lw=1.2, label=label)
        elif isinstance(each.y, tuple):
            axes.axhspan(*each.y, facecolor=ink, alpha=0.1, hatch="//", edgecolor=ink, lw=0, label=label)
        elif each.x is None:
            axes.axhline(each.y, color=ink, ls="-.", lw=1.2, label=label)
        else:
            axes.plot(
                place(plan.axis, each.x, xs), each.y, "*", ms=13, mfc="none", mec=ink, mew=1.3, ls="", label=label
            )
    some = labelled(plan.axis, xs)
    axes.set_xticks([at[x] for x in some], [tick(plan.axis, x) for x in some])
    axes.set_xlabel(plan.axis.label, color=ink, fontsize=9)
    axes.set_xlim(*reach_of(plan, shown))


def _scatter(axes: Any, shown: Drawn, ink: str) -> None:
    colour, marker = next(iter(shown.styles.values()))
    odd = outliers({dot.agent: dot.y for dot in shown.dots})
    for dot in shown.dots:
        reach = [[max(dot.y - dot.low, 0)], [max(dot.high - dot.y, 0)]]
        axes.errorbar(dot.x, dot.y, yerr=reach, fmt=marker, color=colour, ms=5, lw=1.1, capsize=2)
        if dot.agent in odd:
            axes.annotate(dot.agent, (dot.x, dot.y), xytext=(6, 6), textcoords="offset points", color=ink, fontsize=8)
    if shown.fit:
        ends = np.array([min(dot.x for dot in shown.dots), max(dot.x for dot in shown.dots)])
        label = "\n".join(textwrap.wrap(shown.fit.told, 48))
        axes.plot(ends, shown.fit.slope * ends + shown.fit.intercept, color=ink, lw=1.2, label=label)
    axes.set_xlabel(shown.panel.against["says"], color=ink, fontsize=9)


def _over_time(axes: Any, shown: Drawn) -> None:
    for (agent, levels), rows in shown.lines.items():
        colour, dashes = line_style(shown, agent, levels)
        steps, value, low, high = ([row[key] for row in rows] for key in ("step", "value", "low", "high"))
        axes.plot(steps, value, dashes, color=colour, lw=1.4, label=f"{agent}, {levels}")
        axes.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
    axes.set_xlabel("step of the episode", fontsize=9)


def as_svg(figure: Figure) -> str:
    """A figure as the text of an SVG file."""
    text = io.StringIO()
    _write(figure, text, "svg", {"Date": None})
    return text.getvalue()


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
    temporary = path.with_name(path.name + ".part")
    try:
        _write(figure, temporary, suffix[1:], metadata_of[suffix])
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(figure: Figure, target: Any, suffix: str, metadata: dict[str, Any]) -> None:
    """The same figure gives the same bytes; letters of an SVG stay text."""
    with matplotlib.rc_context({"svg.hashsalt": "goalmisgen", "svg.fonttype": "none"}):
        figure.savefig(target, format=suffix, dpi=200, metadata=metadata)
