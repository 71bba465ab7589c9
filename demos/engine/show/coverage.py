"""The article line by line, lessons/coverage.yaml: where in this package each of its lines is met, or why nowhere."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..content import content
from .claims import claims, read_yaml, texts
from .literature import reference
from .pointers import Pointer, pointer
from .text import LessonError, cited

KINDS = {
    "section": "section",
    "row": "table row",
    "question": "open question",
    "forecast": "forecast",
    "source": "key source",
    "reference": "reference",
}
FIELDS = ("row", "see", "none", "opinion", "since")
SECTION = ("heading", "see", "none", "since", "kind", "rows")


@dataclass(frozen=True)
class Line:
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

    sections: dict[str, tuple[Line, ...]]

    @property
    def lines(self) -> tuple[Line, ...]:
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
    sections: dict[str, tuple[Line, ...]] = {}
    for data in parts:
        if not isinstance(data, dict) or not isinstance(data.get("heading"), str) or data["heading"] in sections:
            raise LessonError(f"Each part of the article in '{path.name}' needs a 'heading' of its own.")
        where = f"Under '{data['heading'][:60]}' in '{path.name}'"
        _known(data, SECTION, where)
        kind, rows = data.get("kind", "row"), data.get("rows", [])
        if kind not in KINDS or not isinstance(rows, list):
            raise LessonError(f"{where}, 'rows' must be a list, and 'kind' one of: {', '.join(KINDS)}.")
        head = _line(data | {"row": data["heading"]}, "section", where)
        sections[data["heading"]] = (head, *(_line(row, kind, where) for row in rows))
    return Coverage(sections)


def study_questions() -> dict[str, str]:
    """The question of every study, by name."""
    from ..study import agents_and_devices, studies  # not at the top, so that pages appear before torch is loaded

    asked = {name: study.question for name, study in studies.studies().items()}
    return asked | {agents_and_devices.NAME: agents_and_devices.QUESTION}


def problems(found: Coverage) -> list[str]:
    """What its pointers to studies and claims lack, one sentence each."""
    known = {"study": set(study_questions()), "claim": {claim.id for claim in claims()}}
    every = [(line.text, each) for line in found.lines for each in line.see]
    every += [(claim.id, each) for claim in claims() for each in claim.see]
    return [
        f"'{text}' points to the {each.kind} '{each.name}', which is not there."
        for text, each in every
        if each.kind in known and each.name not in known[each.kind]
    ]


def _known(data: dict[str, Any], fields: tuple[str, ...], where: str) -> None:
    unknown = data.keys() - set(fields)
    if unknown:
        raise LessonError(f"{where}, '{min(map(str, unknown))}' is not known; there are: {', '.join(fields)}.")


def _line(data: Any, kind: str, where: str) -> Line:
    if not isinstance(data, dict) or not isinstance(data.get("row"), str):
        raise LessonError(f"{where}, each row must have a text as 'row'.")
    where += f", at '{data['row'][:60]}'"
    if kind != "section":
        _known(data, FIELDS, where)
    see, none, opinion, since = (data.get(name, "") for name in FIELDS[1:])
    if not all(isinstance(each, str) for each in (none, opinion, since)) or not (see == "" or texts(see)):
        raise LessonError(f"{where}, 'see' must be a list of pointers, and all else text.")
    if bool(see) == bool(none):
        raise LessonError(f"{where} needs either 'see', where it is met, or 'none', why nowhere.")
    try:
        for key in cited(since):
            reference(key)
        met = tuple(map(pointer, see))
    except ValueError as refused:
        raise LessonError(f"{where}: {refused}") from None
    return Line(data["row"], kind, met, *(" ".join(each.split()) for each in (none, opinion, since)))
