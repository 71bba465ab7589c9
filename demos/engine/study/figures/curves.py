"""What is drawn of a study: the dots, lines and labels of its panels, as figures and pages show them."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...rules.names import ending
from ...rules.palette import BLUE, GREEN, GREY, ORANGE, SKY, VERMILION, outcome_styles
from ...rules.world import Demo
from .. import findings
from ..studies import (
    NEITHER,
    Axis,
    Panel,
    Published,
    Study,
    StudyError,
    levels_name,
    recipe_of,
    samples,
    seed_of,
    value_of,
)
from ..tables import in_short
from ..timeline import read_timelines

COLOURS = ((GREEN, "^"), (VERMILION, "v"), (SKY, "d"), (BLUE, "s"), (ORANGE, "o"))  # Okabe and Ito
OUTLYING = 1.5  # interquartile ranges beyond the middle half (Tukey 1977)


@dataclass(frozen=True)
class Dot:
    """One agent's value, shown times `Panel.times`, with its 95 % interval."""

    x: float
    y: float
    low: float
    high: float
    agent: str
    quantity: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """What one panel shows. `styles`: a colour and a matplotlib marker for each quantity; `called`: its words."""

    panel: Panel
    dots: list[Dot]
    lines: dict[tuple[str, str], list[dict[str, Any]]]  # rows of timelines.csv by agent and kind of levels
    ceilings: list[Dot]
    published: list[Published]
    styles: dict[str, tuple[str, str]]
    called: dict[str, str]
    fit: "Fit | None" = None

    @property
    def in_words(self) -> str:
        """How many agents and levels, in words."""
        rows = [dot.row for dot in self.dots] or [row for line in self.lines.values() for row in line]
        agents, n = {row["agent"] for row in rows}, {row["n"] for row in rows}
        if not n:
            return "not measured yet"
        what = f"n = {min(n):,}" if len(n) == 1 else f"n = {min(n):,} to {max(n):,}"
        networks, ages = {agent.partition("@")[0] for agent in agents}, any("@" in agent for agent in agents)
        who = f"{len(networks)} agent{'s' * (len(networks) != 1)}"
        return f"{who} at {len(agents)} ages, {what} each" if ages else f"{who}, {what} each"


@dataclass(frozen=True)
class Fit:
    """A least-squares line y = slope x + intercept through agents, in the figure's units."""

    slope: float
    low: float  # 95 % interval of the slope (t)
    high: float
    intercept: float
    r2: float
    p: float
    n: int

    @property
    def in_words(self) -> str:
        """In words."""
        p = f"p = {self.p:.2g}" if self.p >= 1e-4 else "p < 0.0001"
        return f"slope {self.slope:.2f} ({self.low:.2f} to {self.high:.2f}), R² = {self.r2:.2f}, {p}, {self.n} agents"


def fitted(x: Sequence[float], y: Sequence[float]) -> Fit | None:
    """The regression of y on x; None with fewer than three different values of x."""
    if len(set(x)) < 3:
        return None
    from scipy import stats  # takes half a second to import

    found = stats.linregress(x, y)
    reach = float(stats.t.ppf(0.975, len(x) - 2)) * float(found.stderr)
    slope, r2, p = float(found.slope), float(found.rvalue) ** 2, float(found.pvalue)
    return Fit(slope, slope - reach, slope + reach, float(found.intercept), r2, p, len(x))


def outliers(values: dict[str, float]) -> list[str]:
    """The names whose values lie more than 1.5 interquartile ranges outside the middle half (Tukey's fences)."""
    if len(values) < 4:
        return []
    low, high = np.percentile(list(values.values()), (25, 75))
    reach = OUTLYING * (high - low)
    return [name for name, value in values.items() if not low - reach <= value <= high + reach]


def drawn(demo: Demo, study: Study, rows: list[dict[str, Any]]) -> list[Drawn]:
    """What each panel of a study shows of these rows."""
    found = []
    for number, panel in enumerate(study.panels, 1):
        names = panel.draw or (panel.over_time,)
        known = {NEITHER: (GREY, "d")} | outcome_styles(demo)
        others = iter(COLOURS)
        styles = {name: known[name] if name in known else next(others) for name in names}
        dots = [] if panel.over_time else _dots(study, panel, rows)
        published = [each for each in study.published if each.panel == number]
        lines = {} if any(row["note"] for row in rows) else _lines(demo, study, panel)
        called = {name: ending(demo, name).chip for name in names}
        shown = Drawn(panel, dots, lines, _ceilings(demo, panel, rows), published, styles, called)
        if panel.against:
            shown = replace(shown, fit=fitted([dot.x for dot in dots], [dot.y for dot in dots]))
        found.append(shown)
    return found


def _dot(panel: Panel, row: dict[str, Any], x: float) -> Dot:
    y, low, high = (panel.times * row[key] for key in ("value", "low", "high"))
    return Dot(x, y, low, high, row["agent"], row["quantity"], row)


def _dots(study: Study, panel: Panel, rows: list[dict[str, Any]]) -> list[Dot]:
    own = {
        (point.x if not point.along else None, point.recipe): levels_name(panel.levels or point.levels)
        for point in study.points
    }
    found = []
    for row in rows:
        recipe = recipe_of(row["agent"])
        levels = own.get((row["x"], recipe), own.get((None, recipe)))
        if row["quantity"] in panel.draw and row["levels"] == levels and panel.shows(recipe):
            x = row["x"]
            if panel.against:
                other = value_of(rows, row["agent"], panel.against["levels"], panel.against["quantity"])
                if other is None:
                    continue
                x = panel.times * other["value"]
            found.append(_dot(panel, row, x))
    return found


def _ceilings(demo: Demo, panel: Panel, rows: list[dict[str, Any]]) -> list[Dot]:
    if "strategy" in panel.ceiling:
        agent, levels, quantity = (panel.ceiling[key] for key in ("agent", "levels", "quantity"))
        found = findings.find(findings.read_rows(demo, panel.ceiling["strategy"], "mitigate"), agent, levels, quantity)
        return [_dot(panel, found | {"quantity": quantity}, 0.0)] if found else []
    wanted = tuple(panel.ceiling.get(key) for key in ("recipe", "levels", "quantity"))
    return [
        _dot(panel, row, row["x"])
        for row in rows
        if panel.ceiling and (recipe_of(row["agent"]), row["levels"], row["quantity"]) == wanted
    ]


def _lines(demo: Demo, study: Study, panel: Panel) -> dict[tuple[str, str], list[dict[str, Any]]]:
    lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
    if panel.over_time:
        recipes = [point.recipe for point in study.points]
        try:
            rows = read_timelines(demo)
        except (OSError, csv.Error, ValueError, TypeError):
            raise StudyError(
                f"'timelines.csv' is damaged; make it again with `goalmisgen timeline {demo.name} --write`."
            ) from None
        for row in rows:
            if row["measure"] == panel.over_time and recipe_of(row["agent"]) in recipes:
                lines.setdefault((row["agent"], row["levels"]), []).append(row)
    return lines


def joined(study: Study, shown: Drawn) -> bool:
    """Whether the medians of a panel are joined by a line: not where every value of the axis is one seed."""
    return not shown.panel.against and all(point.along != "seed" for point in study.points)


def axis_values(study: Study, shown: Drawn) -> list[float]:
    """The values of the axis that a panel has, wanted or measured, ascending; along seeds or ages, those measured."""
    wanted = {float(each.x) for each in study.points if not each.along and shown.panel.shows(each.recipe)}
    return sorted(wanted | {dot.x for dot in shown.dots})


BESIDE = 0.24  # of the room between two values of the axis, from one quantity to the next


def dodged(study: Study, shown: Drawn) -> list[tuple[Dot, float]]:
    """Every dot with its place along the axis: quantities and seeds stand beside each other."""
    xs = axis_values(study, shown)
    at = [place(study.axis, x, xs) for x in xs]
    quantities = list(shown.styles)
    found = []
    for dot in shown.dots:
        seeds = sorted({seed_of(each.agent) for each in shown.dots if each.x == dot.x})
        aside = (quantities.index(dot.quantity) - (len(quantities) - 1) / 2) * BESIDE
        aside += (seeds.index(seed_of(dot.agent)) - (len(seeds) - 1) / 2) * min(0.07, BESIDE / len(seeds))
        here = place(study.axis, dot.x, xs)
        room = min((abs(other - here) for other in at if other != here), default=1.0)
        found.append((dot, here + room * aside))
    return found


def reach_of(study: Study, shown: Drawn) -> tuple[float, float]:
    """From where to where the axis of a panel goes."""
    xs = axis_values(study, shown)
    at = [place(study.axis, x, xs) for x in xs] or [0.0]
    room = 0.09 * (at[-1] - at[0]) or 0.5
    dots = [x for _, x in dodged(study, shown)]
    half = room / 4  # a mark at the edge is drawn whole
    return min([at[0] - room, *(x - half for x in dots)]), max([at[-1] + room, *(x + half for x in dots)])


def medians(study: Study, shown: Drawn, quantity: str) -> dict[float, float]:
    """The median over seeds of a quantity at each value of the axis, ascending; nan where nothing was measured."""
    values: dict[float, list[float]] = {}
    for dot in shown.dots:
        if dot.quantity == quantity:
            values.setdefault(dot.x, []).append(dot.y)
    return {x: float(np.median(values.get(x, np.nan))) for x in axis_values(study, shown)}


def line_style(shown: Drawn, agent: str, levels: str) -> tuple[str, str]:
    """Colour and dashes of a line over time: a colour for each recipe, training levels dashed."""
    recipes = list(dict.fromkeys(recipe_of(each) for each, _ in shown.lines))
    return COLOURS[recipes.index(recipe_of(agent)) % len(COLOURS)][0], "--" if levels == "training" else "-"


def place(axis: Axis, x: float, xs: Sequence[float]) -> float:
    """Where a value of the axis is drawn; on a logarithmic one, 0 stands one step left of the smallest of `xs`."""
    if axis.scale == "linear":
        return float(x)
    positive = sorted({value for value in xs if value > 0})
    return math.log10(x) if x > 0 else (math.log10(positive[0]) if positive else 0.0) - 0.75


def labelled(axis: Axis, xs: list[float]) -> list[float]:
    """Those of these places along the axis, ascending, that there is room to write at; the first and the last are."""
    if len(xs) < 2:
        return xs
    at = {x: place(axis, x, xs) for x in xs}
    room = (at[xs[-1]] - at[xs[0]]) / 13
    some = xs[:1]
    for x in xs[1:]:
        if at[x] - at[some[-1]] >= room and (x == xs[-1] or at[xs[-1]] - at[x] >= room):
            some.append(x)
    return some


def tick(axis: Axis, x: float) -> str:
    """A value of the axis in words."""
    return axis.names.get(x, in_short(int(x)) if x >= 10_000 else f"{x:g}")


def state_of(demo: Demo, study: Study, rows: list[dict[str, Any]]) -> str:
    """How far a study is, in a sentence; empty where it is whole."""
    wanted = list(dict.fromkeys(sample.agent for sample in samples(demo, study)))
    there = {row["agent"] for row in rows}
    if any(row["note"] for row in rows):
        return "No result: made by --quick, of agents that were hardly trained."
    lacking = [agent for agent in wanted if agent not in there]
    if not lacking:
        return ""
    listed = ", ".join(lacking[:4]) + (f" and {len(lacking) - 4} more" if len(lacking) > 4 else "")
    return f"Partial: {len(wanted) - len(lacking)} of {len(wanted)} agents; still to come: {listed}."
