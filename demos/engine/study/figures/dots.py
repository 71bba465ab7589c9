"""Findings as dots with intervals: a panel for each subject, a line for each setting, a colour for each measure."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from matplotlib.figure import Figure

Row = Mapping[str, Any]
Line = tuple[str, Mapping[str, Row]]  # a label, and rows by series


def panels(
    rows: Sequence[Row], panel: str = "agent", line: str = "levels", series: str = "measure"
) -> dict[str, list[Line]]:
    """Findings as `dots` draws them, by the fields that name their panel, line and series, each in its order."""
    lines = dict.fromkeys(row[line] for row in rows)
    found: dict[str, dict[str, dict[str, Row]]] = {row[panel]: {each: {} for each in lines} for row in rows}
    for row in rows:
        found[row[panel]][row[line]][row[series]] = row
    return {name: list(each.items()) for name, each in found.items()}


def dots(
    panels: Mapping[str, Sequence[Line]], styles: Mapping[str, tuple[str, str]], ink: str, across: str, note: str,
    shares: bool = True,
) -> Figure:  # fmt: skip
    """One panel beside the other, lines from top to bottom, every value with its 95 % interval.

    `styles`: colour and marker of each series, in the order of the legend; `across`: what the axis counts; `note`: the
    text above the legend, with n, broken where it is too long; `shares`: whether values are shares of one, drawn in
    percent.
    """
    lines = max(map(len, panels.values()))
    longest = max(len(label) for found in panels.values() for label, _ in found)
    width = 0.075 * longest + 2.6 * len(panels)
    figure = Figure(
        figsize=(max(width, 1.2 * len(styles) + 0.6, 5.0), 0.36 * lines + 1.7), layout="constrained", facecolor="none"
    )
    factor = 100 if shares else 1
    for axes, (title, found) in zip(
        figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels.items(), strict=True
    ):
        axes.set_facecolor("none")
        for nth, (series, (colour, marker)) in enumerate(styles.items()):
            there = [(y, rows[series]) for y, (_, rows) in enumerate(found) if series in rows]
            values = [factor * row["value"] for _, row in there]
            axes.errorbar(
                values,
                [y + 0.14 * (nth - (len(styles) - 1) / 2) for y, _ in there],
                xerr=[
                    [max(v - factor * row["low"], 0) for v, (_, row) in zip(values, there, strict=True)],
                    [max(factor * row["high"] - v, 0) for v, (_, row) in zip(values, there, strict=True)],
                ],
                fmt=marker, color=colour, label=series, capsize=2, ms=5, lw=1.2, ls="",
            )  # fmt: skip
        axes.set_title(title, fontsize=10, color=ink)
        axes.set_xlabel(across, color=ink, fontsize=9)
        axes.set_yticks(range(len(found)), [label for label, _ in found], fontsize=9)
        axes.set_ylim(lines - 0.5, -0.5)
        if shares:
            axes.set_xlim(-4, 104)
        axes.grid(axis="x", color=ink, alpha=0.15, linewidth=0.6)
        axes.tick_params(colors=ink)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(ink)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9, labelcolor=ink,
        title=fill(note, int(15 * figure.get_figwidth())), title_fontproperties={"size": 8},
    ).get_title().set_color(ink)  # fmt: skip
    return figure
