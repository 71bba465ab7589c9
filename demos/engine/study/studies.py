"""Studies, many agents along one axis: what lessons/studies.yaml asks for, and what a CSV holds.

A study is data. Its points stand for agents (a recipe's seeds, or the ages of one training); each is measured on the
levels that the panels name. `sweep.py` trains and measures; `curves.py` says what is drawn.
"""

import csv
import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Strict, ValidationInfo, field_validator, model_validator

from ..agents.pretrained import agent_names, ages_of, folder, seeds_of
from ..content import content
from ..rules.checked import Data, Problem, Text, Texts, against_rule, capital, checked, said
from ..rules.entry import Entry, unknown
from ..rules.world import Demo
from .tables import as_csv, read_csv

COLUMNS = (
    "x", "agent", "steps", "levels", "n", "seed", "quantity", "value", "low", "high", "miss", "sha256", "note",
)  # fmt: skip
NEITHER = "neither"  # died or ran out of time
NO_RESULT = "no result"  # the note of rows that --quick made
MOST_BYTES = 5_000_000

Levels = str | tuple[tuple[str, int | float], ...]  # a name, or fields of a Config and their values


class StudyError(ValueError):
    """A study that cannot be read or made; the message is one sentence."""


# --- what studies.yaml holds


def _items(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, list | tuple) or not (value or info.field_name == "published"):
        raise against_rule(f"{info.field_name} must be a list")
    return value


_listed = BeforeValidator(_items)
Number = Annotated[int | float, said("a number")]
Whole = Annotated[int, said("a whole number")]
Named = Annotated[dict[str, str], said("texts by name")]
Range = Annotated[tuple[int | float, int | float], Strict(False)]
OnLevels = Annotated[
    Levels,
    said("the name of levels, or fields of a Config and their values"),
    BeforeValidator(lambda value: tuple(value.items()) if isinstance(value, dict) else value),
]


class Axis(Data):
    """What changes along a study."""

    label: Text
    scale: Text = "linear"  # or log
    names: Annotated[dict[int | float, str], said("texts by number")] = {}  # words for some values

    @field_validator("scale")
    @classmethod
    def _known(cls, scale: str) -> str:
        if scale not in ("linear", "log"):
            raise against_rule("the scale must be linear or log")
        return scale


class Point(Data):
    """A recipe's agents at one value of the axis, or along it."""

    recipe: Text
    x: Number = 0.0
    along: Text = ""  # seed or age: what x is, instead of a number
    seeds: Whole = 0  # 0: every seed that is bundled, and as many as the recipe bundles
    levels: OnLevels = ""


class Panel(Data):
    """One system of axes of a study's figure."""

    title: Text
    y: Text
    draw: Texts = ()
    levels: OnLevels = ""
    recipe: Text = ""
    against: Named = {}
    ceiling: Named = {}
    over_time: Text = ""

    def shows(self, recipe: str) -> bool:
        """Whether the agents of a recipe are drawn here; `recipe` may be patterns, as `corner-1 region-3-*`."""
        return not self.recipe or any(fnmatchcase(recipe, each) for each in self.recipe.split())

    @property
    def times(self) -> float:
        """What values are multiplied by when they are shown."""
        return 100.0 if self.y.startswith("%") else 1.0


class Published(Data):
    """Something published, on the axes of one panel: a point, a height or range of heights, or a place on the axis."""

    panel: Whole
    says: Text
    key: Text
    how: Text
    x: Number | None = None
    y: Annotated[int | float | Range | None, said("a number or two numbers")] = None
    secondary: Annotated[bool, said("true or false")] = False


class Plan(Data):
    """What stands below a study's name in studies.yaml."""

    demo: Text
    title: Text
    question: Text
    axis: Axis
    points: Annotated[tuple[Point, ...], Strict(False), _listed]
    panels: Annotated[tuple[Panel, ...], Strict(False), _listed]
    published: Annotated[tuple[Published, ...], Strict(False), _listed] = ()
    notes: Text = ""

    @model_validator(mode="after")
    def _fits(self) -> "Plan":
        if any(point.along not in ("", "seed", "age") for point in self.points):
            raise against_rule("'along' must be seed or age")
        for mark in self.published:
            if not 1 <= mark.panel <= len(self.panels) or (mark.x is None and mark.y is None):
                raise against_rule("what is published must name one of its panels, and x or y")
        return self


class Study(Plan):
    """One entry of studies.yaml."""

    name: Text


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
        raise StudyError(unknown(f"There is no study '{name[:60]}'", name, studies()))
    return studies()[name]


def parsed(name: str, data: Any) -> Study:
    """A study from its YAML. Raises StudyError with the place."""
    plan = checked(Plan, data, lambda problem: StudyError(_sentence(problem, f"the study '{name}'")))
    return Study(name=name, **{field: getattr(plan, field) for field in Plan.model_fields})


def _sentence(problem: Problem, where: str) -> str:
    match problem.at:
        case (part,):
            where = f"the {part} of {where}"
        case (part, int(number)):
            where = f"number {number + 1} of the {part} of {where}"
    if problem.kind in ("shape", "unknown"):
        return f"{capital(where)} must hold some of: {', '.join(problem.known)}, and nothing else."
    if problem.kind == "missing":
        return f"{capital(where)} lacks something of: {', '.join(problem.known)}."
    return problem.sentence(where)


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
    wanted = {f"{point.recipe}:{seed}" for seed in range(point.seeds or demo.recipes[point.recipe].seeds or 1)}
    if not point.seeds:
        wanted |= set(seeds_of(demo, point.recipe))
    return [(seed_of(name) if point.along == "seed" else point.x, name) for name in sorted(wanted, key=seed_of)]


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
        if not panel.over_time and panel.shows(point.recipe):
            wanted += [panel.levels or point.levels, panel.against.get("levels", "")]
        if panel.ceiling.get("recipe") == point.recipe:
            wanted.append(panel.ceiling["levels"])
    return tuple(dict.fromkeys(each for each in wanted if each))


def check(demo: Demo, study: Study) -> None:
    """Raises StudyError where a study names levels or quantities that its world does not have."""
    for sample in samples(demo, study):
        for levels in sample.levels:
            if not demo.is_condition(levels):
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
