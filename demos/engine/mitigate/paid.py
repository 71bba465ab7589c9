"""What was paid against what came of it, on one pair of axes for each world: levels in which somebody helped, and the
intended goal where the goals part, with the skill that was kept."""

import re
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from ..agents.pretrained import varied_agent
from ..rules.palette import BLUE, GREEN, ORANGE
from ..rules.world import Demo
from ..study.findings import Row, find, read_rows
from .plan import plan_of
from .readings import CHAIN
from .rescue import SKILL

HELPED = re.compile(r"([\d,]+) levels (shown|corrected)")
WAYS = {  # of helping: a strategy's table, which of its settings, what the line is called, its colour and mark
    ("rescue", "shown"): ("shown, 300 updates", ORANGE, "o"),
    ("mentor", "corrected"): ("corrected, 100 updates a round", BLUE, "s"),
    ("mentor", "shown"): ("shown, 100 updates a round", GREEN, "^"),
}
Point = tuple[int, Row, Row]  # levels helped in, goal where the goals part, skill


def points(demo: Demo, agent: str) -> dict[str, list[Point]]:
    """What the bundled tables hold of an agent, by way of helping; ways that were not measured are left out."""
    found: dict[str, list[Point]] = {}
    for (strategy, how), (title, _, _) in WAYS.items():
        rows = read_rows(demo, strategy, "mitigate")
        for setting in dict.fromkeys(row["levels"] for row in rows if row["agent"] == agent):
            told = HELPED.fullmatch(setting)
            goal, skill = (find(rows, agent, setting, what) for what in (demo.intended, SKILL))
            if told and told[2] == how and goal and skill:
                found.setdefault(title, []).append((int(told[1].replace(",", "")), goal, skill))
    return found


def pupils(demo: Demo) -> list[Point]:
    """Networks that a reading taught which one label had chosen."""
    rows = read_rows(demo, "readings", "mitigate")
    pairs = dict.fromkeys(row["agent"] for row in rows if row["levels"] == CHAIN)
    told = [
        (find(rows, pair, CHAIN, f"pupil: {demo.intended}"), find(rows, pair, CHAIN, f"pupil: {SKILL}"))
        for pair in pairs
    ]
    return [(1, goal, skill) for goal, skill in told if goal and skill]


def draw(demos: Sequence[Demo], ink: str) -> Figure:
    """A panel for each world. Filled marks: the goal, with its 95 % interval; hollow ones: the skill."""
    figure = Figure(figsize=(4.6 * len(demos), 4.1), layout="constrained", facecolor="none")
    labels: dict[str, Any] = {}
    for demo, axes in zip(demos, figure.subplots(1, len(demos), sharey=True, squeeze=False)[0], strict=True):
        _panel(demo, axes, ink)
        handles, titles = axes.get_legend_handles_labels()
        labels |= dict(zip(titles, handles, strict=True))
    figure.legend(
        labels.values(), labels.keys(), loc="outside lower center", ncols=len(demos), frameon=False, fontsize=9,
        labelcolor=ink, title="Filled: where the goals part; hollow: skill on training levels.",
        title_fontproperties={"size": 9},
    ).get_title().set_color(ink)  # fmt: skip
    return figure


def _panel(demo: Demo, axes: Any, ink: str) -> None:
    agent, looks = str(plan_of(demo).agents["rescue"][0]), {look[0]: look for look in WAYS.values()}
    lines = [(found, *looks[title]) for title, found in points(demo, agent).items()]
    if taught := pupils(demo):
        lines.append((taught, "one label, then a reading shows 300 levels", ink, "D"))
    for found, title, colour, mark in lines:
        at, goals = [each[0] for each in found], [each[1] for each in found]
        values = [100 * row["value"] for row in goals]
        around = [[100 * abs(row["value"] - row[end]) for row in goals] for end in ("low", "high")]
        joined = "" if mark == "D" else "-"
        axes.errorbar(at, values, yerr=around, fmt=mark, ls=joined, color=colour, ms=5, lw=1.4, capsize=2, label=title)
        skills = [100 * each[2]["value"] for each in found]
        axes.plot(at, skills, mark, ls=":" if joined else "", color=colour, mfc="none", ms=5, lw=1)
    if before := find(read_rows(demo, "rescue", "mitigate"), agent, "before", demo.intended):
        axes.axhline(100 * before["value"], color=ink, ls="--", lw=0.8, label="before")
    axes.set(xscale="log", ylim=(-4, 104), xlim=(0.8, 1250), facecolor="none")
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    axes.set_title(f"{agent}, taught by {varied_agent(demo)}", fontsize=10, color=ink)
    axes.set_xlabel("levels in which somebody helped or labelled", color=ink)
    axes.set_ylabel(f"{demo.intended}, % of levels", color=ink)
    axes.tick_params(colors=ink)
    axes.grid(color=ink, alpha=0.15, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(ink)
