"""The article line by line, lessons/coverage.yaml: where in this package each of its lines is met, or why nowhere."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from ..content import content
from ..rules.checked import Data, Model, Problem, Text, Texts, against_rule, checked
from .catalogue import LessonError
from .claims import check_sources, claims, read_yaml
from .pointers import Pointer, pointer

KINDS = {
    "section": "section",
    "row": "table row",
    "question": "open question",
    "forecast": "forecast",
    "source": "key source",
    "reference": "reference",
}


class Met(Data):
    """Where something is met, and what there is to say of it."""

    see: Texts = ()
    none: Text = ""
    since: Text = ""

    @model_validator(mode="after")
    def _fits(self) -> "Met":
        if bool(self.see) == bool(self.none):
            raise against_rule(" needs either 'see', where it is met, or 'none', why nowhere")
        check_sources(self.since, self.see)
        return self


class Row(Met):
    """A line of the article as it stands in the file."""

    row: Text
    opinion: Text = ""


class Section(Met):
    """A heading of the article with its lines; each of them is checked on its own."""

    heading: Text
    kind: Literal["section", "row", "question", "forecast", "source", "reference"] = "row"
    rows: list[Any] = []


@dataclass(frozen=True)
class ArticleLine:
    """A line of the article: `text` (a heading, a row's first cell), `kind`, one of `KINDS`, and where it is met.

    `none`: why nowhere; `opinion`: a judgement as printed; `since`: what happened, Markdown as in lessons.
    """

    text: str
    kind: str
    see: tuple[Pointer, ...]
    none: str
    opinion: str
    since: str


@dataclass(frozen=True)
class Coverage:
    """`sections`: under each heading, itself and its lines."""

    sections: dict[str, tuple[ArticleLine, ...]]

    @property
    def lines(self) -> tuple[ArticleLine, ...]:
        """All lines, in the order of the article."""
        return tuple(line for lines in self.sections.values() for line in lines)


@cache
def coverage() -> Coverage:
    """The bundled list. Raises LessonError."""
    return load_coverage(content() / "lessons" / "coverage.yaml")


def load_coverage(path: Path) -> Coverage:
    """Read such a list. Raises LessonError with one sentence that names the line."""
    data = read_yaml(path)
    parts = data.get("article") if isinstance(data, dict) else None
    if not isinstance(parts, list) or not parts:
        raise LessonError(f"'{path.name}' must hold 'article', a list of headings.")
    sections: dict[str, tuple[ArticleLine, ...]] = {}
    for part in parts:
        heading = part.get("heading") if isinstance(part, dict) else None
        if not isinstance(heading, str) or heading in sections:
            raise LessonError(f"Each part of the article in '{path.name}' needs a 'heading' of its own.")
        where = f"Under '{heading[:60]}' in '{path.name}'"
        section = _checked(Section, part, where)
        lines = [_line(section, heading, "section")]
        for row in section.rows:
            if not isinstance(row, dict) or not isinstance(row.get("row"), str):
                raise LessonError(f"{where}, each row must have a text as 'row'.")
            found = _checked(Row, row, f"{where}, at '{row['row'][:60]}'")
            lines.append(_line(found, found.row, section.kind, found.opinion))
        sections[heading] = tuple(lines)
    return Coverage(sections)


def study_questions() -> dict[str, str]:
    """The question of every study, by name."""
    from ..study import agents_and_devices, studies  # not at the top, so that pages appear before torch is loaded

    asked = {name: study.question for name, study in studies.studies().items()}
    return asked | {agents_and_devices.NAME: agents_and_devices.QUESTION}


def problems(found: Coverage) -> list[str]:
    """What its pointers to studies, claims and techniques lack, one sentence each."""
    from ..detect import laboratory as detection
    from ..mitigate import laboratory as mitigation

    known = {"study": set(study_questions()), "claim": {claim.id for claim in claims()}}
    known |= {each.LABORATORY.room: set(each.LABORATORY.methods) for each in (detection, mitigation)}
    every = [(line.text, each) for line in found.lines for each in line.see]
    every += [(claim.id, each) for claim in claims() for each in claim.see]
    return [
        f"'{text}' points to the {each.kind} '{each.name}', which is not there."
        for text, each in every
        if each.kind in known and each.name not in known[each.kind]
    ]


def _line(met: Met, text: str, kind: str, opinion: str = "") -> ArticleLine:
    none, opinion, since = (" ".join(each.split()) for each in (met.none, opinion, met.since))
    return ArticleLine(text, kind, tuple(map(pointer, met.see)), none, opinion, since)


def _checked(model: type[Model], data: Any, where: str) -> Model:
    def refused(problem: Problem) -> LessonError:
        if problem.kind == "unknown":
            known = ", ".join(problem.known)
            return LessonError(f"{where}, '{problem.names[0]}' is not known; there are: {known}.")
        if problem.kind == "rule":
            return LessonError(f"{where}{problem.what}.")
        if problem.names[0] in ("kind", "rows"):
            return LessonError(f"{where}, 'rows' must be a list, and 'kind' one of: {', '.join(KINDS)}.")
        return LessonError(f"{where}, 'see' must be a list of pointers, and all else text.")

    return checked(model, data, refused)
