"""Figures of studies: dots and lines of many agents along one axis, beside what was published."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from ...rules.palette import INK
from ...rules.world import Demo
from ..studies import Study
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

MARKS_OF_TEXT = "†‡§¶‖"  # what is published, in the order of its notes
ROOMY = 200  # letters to a line: none is broken
PANEL, SMALL = 2.6, 0.75  # inches that a panel wants on a page of given width; size of letters there (8 to 6 points)


def study(
    demo: Demo, plan: Study, rows: Sequence[dict[str, Any]], sources: dict[str, str], ink: str = INK,
    inches: float | None = None,
) -> Figure:  # fmt: skip
    """The figure of a study: a panel for each of its panels, every agent a dot with its 95 % interval.

    `rows`: of the study's CSV; `sources`: by key, what the published marks cite; `ink`: the colour of letters;
    `inches`: how wide it is, such as the column of a paper, with letters of 6 to 8 points and no title.
    """
    shown = drawn(demo, plan, list(rows))
    width = 2 if len(shown) in (1, 2, 4) else 3
    if inches is not None:
        width = max(1, min(len(shown), int(inches / PANEL)))
    height = -(-len(shown) // width)
    state = state_of(demo, plan, list(rows))
    below = ["Each dot is one network, with a 95 % interval over levels; seeds are never pooled."]
    if any(each.panel.draw and not each.fit and joined(plan, each) for each in shown):
        below[0] += " Lines join the medians over seeds."
    below += [
        f"{mark} {each.says}: {sources[each.key]}{', from notes' if each.secondary else ''}; {each.how}."
        for mark, each in zip(MARKS_OF_TEXT, plan.published, strict=False)
    ]
    told = [line for text in below for line in textwrap.wrap(text, 84 * width if inches is None else int(22 * inches))]
    size = (5.0 * width, 3.9 * height + 0.9 + 0.17 * len(told))
    if inches is not None:
        rows_below = max(len(each.styles) + len(each.published) for each in shown)  # of a legend, one below the other
        size = (inches, height * (0.75 * inches / width + 0.6 + 0.12 * rows_below) + 0.11 * len(told))
    figure = Figure(figsize=size, layout="constrained", facecolor="none" if ink != INK else "white")
    panels = figure.subplots(height, width, squeeze=False).reshape(-1)
    for axes, each in zip(panels, shown, strict=False):
        _study_panel(axes, plan, each, ink, ROOMY if inches is None else int(15 * inches / width))
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    for axes, each in zip(panels, shown, strict=False):  # what is counted alike is shown to one scale
        alike = [
            other.get_ylim()[1] for other, which in zip(panels, shown, strict=False) if which.panel.y == each.panel.y
        ]
        axes.set_ylim(top=max(alike))
    if inches is None:
        figure.suptitle(plan.title + ("\n" if state else ""), fontsize=13, color=ink)
    elif state:
        figure.suptitle("\n", fontsize=9)
    if state:
        figure.text(0.5, 1 - 0.42 / size[1], state, fontsize=9, color="#b3261e", ha="center", va="center")
    figure.supxlabel("\n".join(told), fontsize=8, color=ink, x=0.01, ha="left")
    if inches is not None:
        for letters in figure.findobj(Text):
            letters.set_fontsize(SMALL * float(letters.get_fontsize()))
    return figure


def _study_panel(axes: Any, plan: Study, shown: Drawn, ink: str, columns: int) -> None:
    """One of its panels; `columns`: letters that a line has room for."""
    panel = shown.panel
    title = f"{textwrap.fill(panel.title, columns)}\n{textwrap.fill(shown.in_words, columns)}"
    axes.set_title(title, fontsize=10, color=ink)
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
    axes.set_xlabel(textwrap.fill(axes.get_xlabel(), columns))
    if panel.times == 100:
        axes.set_ylim(-3, 103)
    else:
        axes.set_ylim(bottom=0)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        longest = max(map(len, labels))
        across = (2 if longest > 20 else 3) if columns == ROOMY else max(1, min(3, columns // (longest + 4)))
        axes.legend(
            handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.16 if columns == ROOMY else -0.24),
            ncols=across, frameon=False, fontsize=8, labelcolor=ink,
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
        axes.plot([], [], marker, color=colour, label=shown.called[name])
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
        label = "\n".join(textwrap.wrap(shown.fit.in_words, 48))
        axes.plot(ends, shown.fit.slope * ends + shown.fit.intercept, color=ink, lw=1.2, label=label)
    axes.set_xlabel(shown.panel.against["says"], color=ink, fontsize=9)


def _over_time(axes: Any, shown: Drawn) -> None:
    for (agent, levels), rows in shown.lines.items():
        colour, dashes = line_style(shown, agent, levels)
        steps, value, low, high = ([row[key] for row in rows] for key in ("step", "value", "low", "high"))
        axes.plot(steps, value, dashes, color=colour, lw=1.4, label=f"{agent}, {levels}")
        axes.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
    axes.set_xlabel("step of the episode", fontsize=9)
