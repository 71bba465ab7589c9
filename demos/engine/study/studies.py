"""Studies, many agents along one axis: what lessons/studies.yaml asks for, and what a CSV holds.

A study is data. Its points stand for agents (a recipe's seeds, or the ages of one training); each is measured on the
levels that the panels name. `sweep.py` trains and measures; `curves.py` says what is drawn.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from ..agents.pretrained import agent_names, ages_of, folder
from ..content import content
from ..rules.entry import Entry
from ..rules.world import Demo
from .tables import as_csv, read_csv

COLUMNS = (
    "x", "agent", "steps", "levels", "n", "seed", "quantity", "value", "low", "high", "miss", "sha256", "note",
)  # fmt: skip
NEITHER = "neither"  # died or ran out of time
NO_RESULT = "no result"  # the note of rows that --quick made
MOST_BYTES = 5_000_000

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
    worldly = demo.kind == "grid"
    fields, probes = (demo.config._fields, {probe.name for probe in demo.probes}) if worldly else ((), set())
    for sample in samples(demo, study):
        for levels in sample.levels:
            named = levels in demo.conditions_told or levels in probes
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


def csv_path(demo: Entry, study: Study) -> Path:
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
