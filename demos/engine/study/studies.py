"""Studies, many agents along one axis: what lessons/studies.yaml asks for, what a CSV holds, what is drawn of it.

A study is data. Its points stand for agents (a recipe's seeds, or the ages of one training); each is measured on the
levels that the panels name. `sweep.py` trains and measures; figures and pages draw what `drawn` returns.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import yaml

from ..agents.pretrained import agent_names, ages_of, folder
from ..content import content
from ..rules.world import Demo
from .measure import PARTS, outcome_styles
from .tables import as_csv, in_short, read_csv
from .timeline import read_timelines

COLUMNS = (
    "x", "agent", "steps", "levels", "n", "seed", "quantity", "value", "low", "high", "miss", "sha256", "note",
)  # fmt: skip
NEITHER = "neither"  # died or ran out of time
NO_RESULT = "no result"  # the note of rows that --quick made
MOST_BYTES = 5_000_000
COLOURS = (("#009e73", "^"), ("#d55e00", "v"), ("#56b4e9", "d"), ("#0072b2", "s"), ("#e69f00", "o"))  # Okabe and Ito
OUTLYING = 1.5  # interquartile ranges beyond the middle half (Tukey 1977)

Levels = str | tuple[tuple[str, float], ...]  # a name, or fields of a Config and their values


class StudyError(ValueError):
    """A study that cannot be read or made; the message is one sentence."""


@dataclass(frozen=True)
class Axis:
    """What changes along a study."""

    label: str
    scale: str = "linear"  # or log
    names: dict[float, str] = field(default_factory=dict)  # words for some values


@dataclass(frozen=True)
class Point:
    """A recipe's agents at one value of the axis, or along it."""

    recipe: str
    x: float = 0.0
    along: str = ""  # seed or age: what x is, instead of a number
    seeds: int = 1
    levels: Levels = ""


@dataclass(frozen=True)
class Panel:
    """One system of axes of a study's figure."""

    title: str
    y: str
    draw: tuple[str, ...] = ()
    levels: Levels = ""
    recipe: str = ""
    against: dict[str, str] = field(default_factory=dict)
    ceiling: dict[str, str] = field(default_factory=dict)
    over_time: str = ""

    @property
    def times(self) -> float:
        """What values are multiplied by when they are shown."""
        return 100.0 if self.y.startswith("%") else 1.0


@dataclass(frozen=True)
class Published:
    """Something published, on the axes of one panel: a point, a height or range of heights, or a place on the axis."""

    panel: int
    says: str
    key: str
    how: str
    x: float | None = None
    y: float | tuple[float, float] | None = None
    secondary: bool = False


@dataclass(frozen=True)
class Study:
    """One entry of studies.yaml."""

    name: str
    demo: str
    title: str
    question: str
    axis: Axis
    points: tuple[Point, ...]
    panels: tuple[Panel, ...]
    published: tuple[Published, ...] = ()
    notes: str = ""


@dataclass(frozen=True)
class Sample:
    """One agent at one value of the axis, and the levels it is measured on."""

    x: float
    agent: str
    levels: tuple[Levels, ...]


# --- reading studies.yaml


@cache
def studies() -> dict[str, Study]:
    """Every study by name, in the order of lessons/studies.yaml. Raises StudyError."""
    path = content() / "lessons" / "studies.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StudyError(f"lessons/studies.yaml cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise StudyError("lessons/studies.yaml must hold a study below each name.")
    return {str(name): parsed(str(name), told) for name, told in data.items()}


def study_of(name: str) -> Study:
    """The study of this name. Raises StudyError."""
    if name not in studies():
        raise StudyError(f"There is no study '{name[:60]}'; there are: {', '.join(studies())}.")
    return studies()[name]


def parsed(name: str, data: Any) -> Study:
    """A study from its YAML. Raises StudyError with the place."""
    where = f"the study '{name}'"
    told = _fields(Study, data, where, without=("name",))
    told["axis"] = Axis(**_fields(Axis, told["axis"], f"the axis of {where}"))
    if told["axis"].scale not in ("linear", "log"):
        raise StudyError(f"The scale of the axis of {where} must be linear or log.")
    for each, kind in (("points", Point), ("panels", Panel), ("published", Published)):
        items = told.get(each, [])
        if not isinstance(items, list) or not (items or each == "published"):
            raise StudyError(f"In {where}, {each} must be a list.")
        told[each] = tuple(
            kind(**_fields(kind, item, f"number {i} of the {each} of {where}")) for i, item in enumerate(items, 1)
        )
    study = Study(name=name, **told)
    for point in study.points:
        if point.along not in ("", "seed", "age"):
            raise StudyError(f"In {where}, 'along' must be seed or age.")
    for mark in study.published:
        if not 1 <= mark.panel <= len(study.panels) or (mark.x is None and mark.y is None):
            raise StudyError(f"In {where}, what is published must name one of its panels, and x or y.")
    return study


_WANTS: dict[Any, tuple[Any, str]] = {
    str: (str, "a text"),
    float: ((int, float), "a number"),
    int: (int, "a whole number"),
    bool: (bool, "true or false"),
}


def _fields(kind: type, data: Any, where: str, without: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a dataclass as YAML gave them, lists as tuples. Raises StudyError where one is not as it should."""
    known = {name: hint for name, hint in get_type_hints(kind).items() if name not in without}
    if not isinstance(data, dict) or data.keys() - known.keys():
        raise StudyError(f"{where[0].upper()}{where[1:]} must hold some of: {', '.join(known)}, and nothing else.")
    found = {}
    for name, value in data.items():
        if name == "levels" and isinstance(value, dict):
            value = tuple(value.items())
        elif isinstance(value, list) and name not in ("points", "panels", "published"):
            value = tuple(value)
        wants = _WANTS.get(known[name])
        if wants and not (isinstance(value, wants[0]) and (wants[0] is bool or not isinstance(value, bool))):
            raise StudyError(f"In {where}, '{name}' must be {wants[1]}.")
        found[name] = value
    try:
        kind(**found, **dict.fromkeys(without, ""))
    except TypeError:
        raise StudyError(f"{where[0].upper()}{where[1:]} lacks something of: {', '.join(known)}.") from None
    return found


# --- which agents, on which levels


def samples(demo: Demo, study: Study, quick: bool = False) -> list[Sample]:
    """Everything a study wants measured; with `quick`, one seed of its first point and one of its last.

    Raises StudyError where it names a recipe that the world does not have.
    """
    found: list[Sample] = []
    for point in study.points:
        if point.recipe not in demo.recipes:
            raise StudyError(f"The study '{study.name}' names '{point.recipe}', which is no recipe of {demo.name}.")
        for x, agent in _agents(demo, point):
            found.append(Sample(x, agent, _levels(study, point)))
    if not quick:
        return found
    if study.points[0].along == "seed":  # the seeds are the points
        return found[:2]
    first = [sample for sample in found if seed_of(sample.agent) == 0]
    return [first[0], first[-1]]


def _agents(demo: Demo, point: Point) -> list[tuple[float, str]]:
    """The agents of a point, each with its place on the axis."""
    if point.along == "age":
        recipe = demo.recipes[point.recipe]
        kept = sorted({*recipe.ages, *ages_of(demo, f"{point.recipe}:0")})
        return [(steps, f"{point.recipe}:0@{steps}") for steps in kept]
    return [(seed if point.along == "seed" else point.x, f"{point.recipe}:{seed}") for seed in range(point.seeds)]


def seed_of(agent: str) -> int:
    """The seed of an agent, `recipe:seed` at any age."""
    return int(agent.partition("@")[0].partition(":")[2])


def recipe_of(agent: str) -> str:
    """The recipe of an agent."""
    return agent.partition(":")[0]


def _levels(study: Study, point: Point) -> tuple[Levels, ...]:
    """What a point's agents are measured on, in the order of the panels."""
    wanted: list[Levels] = []
    for panel in study.panels:
        if not panel.over_time and panel.recipe in ("", point.recipe):
            wanted += [panel.levels or point.levels, panel.against.get("levels", "")]
        if panel.ceiling.get("recipe") == point.recipe:
            wanted.append(panel.ceiling["levels"])
    return tuple(dict.fromkeys(each for each in wanted if each))


def check(demo: Demo, study: Study) -> None:
    """Raises StudyError where a study names levels or quantities that its world does not have."""
    fields, probes = demo.config._fields, {probe.name for probe in demo.probes}
    for sample in samples(demo, study):
        for levels in sample.levels:
            named = levels in PARTS or levels in probes
            if not (named if isinstance(levels, str) else all(name in fields for name, _ in levels)):
                raise StudyError(f"The study '{study.name}' names levels '{levels_name(levels)}', which are none here.")


def levels_name(levels: Levels) -> str:
    """Levels as a CSV names them."""
    return levels if isinstance(levels, str) else ",".join(f"{name}={value:g}" for name, value in levels)


def bundled(demo: Demo, agent: str) -> bool:
    """Whether an agent, `recipe:seed` or with an age, is there."""
    base, _, steps = agent.partition("@")
    return base in agent_names(demo) and (not steps or int(steps) in ages_of(demo, base))


def missing(demo: Demo, study: Study) -> list[str]:
    """The agents that a study wants and that are not bundled."""
    return list(dict.fromkeys(s.agent for s in samples(demo, study) if not bundled(demo, s.agent)))


# --- the CSV


def csv_path(demo: Demo, study: Study) -> Path:
    """Where a study's measurements lie."""
    return folder(demo) / "studies" / f"{study.name}.csv"


def rows_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV."""
    return as_csv(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a study's CSV; empty where there is none. Raises StudyError where it is damaged."""
    damaged = f"'{path.name}' is damaged; make it again with `goalmisgen study {path.stem}`"
    try:
        if not path.is_file():
            return []
        if path.stat().st_size > MOST_BYTES:
            raise StudyError(f"'{path.name}' is larger than any study's CSV; make it again.")
        with path.open(encoding="utf-8", newline="") as file:
            if tuple(next(csv.reader(file), ())) != COLUMNS:
                raise StudyError(f"{damaged}.")
        rows = read_csv(path)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, TypeError) as error:
        if isinstance(error, StudyError):
            raise
        raise StudyError(f"{damaged}.") from None
    for row in rows:
        numbers = [row.get(name) for name in ("x", "value", "low", "high")]
        if set(row) != set(COLUMNS) or not all(isinstance(v, float) and math.isfinite(v) for v in numbers):
            raise StudyError(f"{damaged}.")
        try:
            seed_of(row["agent"])
        except ValueError:
            raise StudyError(f"{damaged}.") from None
    return rows


def value_of(rows: list[dict[str, Any]], agent: str, levels: str, quantity: str) -> dict[str, Any] | None:
    """The row of an agent (its first place on the axis), levels and quantity; None where it was not measured."""
    wanted = (agent, levels, quantity)
    return next((row for row in rows if (row["agent"], row["levels"], row["quantity"]) == wanted), None)


# --- what is drawn


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
    """What one panel shows. `styles`: a colour and a matplotlib marker for each quantity."""

    panel: Panel
    dots: list[Dot]
    lines: dict[tuple[str, str], list[dict[str, Any]]]  # rows of timelines.csv by agent and kind of levels
    ceilings: list[Dot]
    published: list[Published]
    styles: dict[str, tuple[str, str]]
    fit: "Fit | None" = None

    @property
    def told(self) -> str:
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
    def told(self) -> str:
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
        known = outcome_styles(demo) | {NEITHER: outcome_styles(demo)["timeout"]}
        others = iter(COLOURS)
        styles = {name: known[name] if name in known else next(others) for name in names}
        dots = [] if panel.over_time else _dots(study, panel, rows)
        published = [each for each in study.published if each.panel == number]
        lines = {} if any(row["note"] for row in rows) else _lines(demo, study, panel)
        shown = Drawn(panel, dots, lines, _ceilings(panel, rows), published, styles)
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
        if row["quantity"] in panel.draw and row["levels"] == levels and panel.recipe in ("", recipe):
            x = row["x"]
            if panel.against:
                other = value_of(rows, row["agent"], panel.against["levels"], panel.against["quantity"])
                if other is None:
                    continue
                x = panel.times * other["value"]
            found.append(_dot(panel, row, x))
    return found


def _ceilings(panel: Panel, rows: list[dict[str, Any]]) -> list[Dot]:
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
    """The values of the axis that a panel has, wanted or measured, ascending."""
    wanted = {
        x
        for point in study.points
        for x in (range(point.seeds) if point.along == "seed" else () if point.along else (point.x,))
        if shown.panel.recipe in ("", point.recipe)
    }
    return sorted({float(x) for x in wanted} | {dot.x for dot in shown.dots})


def dodged(study: Study, shown: Drawn) -> list[tuple[Dot, float]]:
    """Every dot with its place along the axis: quantities and seeds stand beside each other."""
    xs = axis_values(study, shown)
    at = [place(study.axis, x, xs) for x in xs]
    quantities = list(shown.styles)
    found = []
    for dot in shown.dots:
        seeds = sorted({seed_of(each.agent) for each in shown.dots if each.x == dot.x})
        aside = (quantities.index(dot.quantity) - (len(quantities) - 1) / 2) * 0.24
        aside += (seeds.index(seed_of(dot.agent)) - (len(seeds) - 1) / 2) * 0.07
        here = place(study.axis, dot.x, xs)
        room = min((abs(other - here) for other in at if other != here), default=1.0)
        found.append((dot, here + room * aside))
    return found


def reach_of(study: Study, shown: Drawn) -> tuple[float, float]:
    """From where to where the axis of a panel goes."""
    xs = axis_values(study, shown)
    at = [place(study.axis, x, xs) for x in xs] or [0.0]
    room = 0.09 * (at[-1] - at[0]) or 0.5
    return at[0] - room, at[-1] + room


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
