"""The figure of the study *agents-and-devices*: posteriors of runs, by kind of behaviour."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...rules.palette import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION


def agents_and_devices(
    rows: Sequence[dict[str, Any]],
    published: dict[str, float],
    classes: Sequence[str],
    usual: tuple[str, float],
    ink: str = INK,
    ground: str = "none",
) -> Figure:
    """Which kinds of behaviour look like an agent's: rows of agents-and-devices.csv.

    A panel for each board: the mean of p(agent | run) and its 95 % interval for each class of devices at the usual
    noise, up to the first goal (filled) and over the whole episode (hollow), beside the published values. The last
    panel: the same against the noise, on the last board, for the usual class. `usual`: class and noise.
    """
    kinds, boards = (list(dict.fromkeys(row[key] for row in rows)) for key in ("behaviour", "board"))
    styles = dict(zip(classes, ((SKY, "s"), (BLUE, "o"), (ORANGE, "^")), strict=False))  # Okabe and Ito
    figure = Figure(figsize=(11.4, 3.9), layout="constrained", facecolor=ground)
    panels = figure.subplots(1, len(boards) + 1, width_ratios=[1] * len(boards) + [1.15])
    means = [row for row in rows if row["quantity"] == "p(agent)"]
    for panel, board in zip(panels, boards, strict=False):
        shown = [row for row in means if row["board"] == board and row["noise"] == usual[1]]
        _posteriors(panel, shown, kinds, styles)
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
    _against_noise(panels[-1], means, kinds, boards[-1], usual[0], ink)
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


def _posteriors(
    panel: Axes, shown: Sequence[dict[str, Any]], kinds: list[str], styles: dict[str, tuple[str, str]]
) -> None:
    """The means of a board with their intervals, for each class of devices (`styles`: colour and marker)."""
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


def _against_noise(
    last: Axes, means: Sequence[dict[str, Any]], kinds: list[str], board: str, devices: str, ink: str
) -> None:
    """The means of one board and class of devices against the noise."""
    colours = (GREEN, VERMILION, BLUE, PURPLE)
    chosen = [row for row in means if (row["board"], row["devices"]) == (board, devices)]
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
        f"levels {board}, devices: {devices}\nsolid: to the first goal; dotted: whole", fontsize=10, color=ink
    )
    last.legend(frameon=False, fontsize=8, labelcolor=ink)
