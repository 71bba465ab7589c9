"""The claims ledger, lessons/claims.yaml: what the article says, and what its sources say. Fields: see that file."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import model_validator

from ..content import content
from ..rules.checked import Data, Problem, Text, Texts, against_rule, checked
from .catalogue import LessonError
from .lesson import lesson_paths, load_lesson
from .literature import reference
from .numbers_in_text import FULL, cited, filled
from .pointers import Pointer, pointer

VERDICTS = {  # what each verdict means
    "accurate": "the source says so",
    "imprecise": "right in part, or more than the source carries",
    "wrong": "the source, which we read, says otherwise or nothing of the kind",
    "unsupported": "not supported by what we could read: the whole source could not be had",
    "unverifiable": "no source is named, or the source could not be opened",
    "opinion": "a judgement, which no source can settle",
}
READ = ("primary", "abstract")  # what of a source was seen with our own eyes: without it nothing is called wrong
CONFIDENCES = {  # what a verdict rests on, the weakest part of it, strongest first
    "primary": "the source's own text",
    "abstract": "the source's abstract or opening only",
    "secondary": "notes of others about the source",
    "memory": "nothing that could be opened",
}
MOST_BYTES = 500_000


def check_sources(text: str, see: Sequence[str]) -> None:
    """Breaks a model's rule where a text cites, or a pointer of `see` names, what is not there."""
    try:
        for key in cited(text):
            reference(key)
        for each in see:
            pointer(each)
    except ValueError as refused:
        raise against_rule(f": {str(refused).removesuffix('.')}") from None


class Row(Data):
    """A claim as it stands in the file."""

    id: Text
    section: Texts
    claim: Text
    verdict: Text
    source: Text
    confidence: Text
    here: Text = ""
    see: Texts = ()

    @model_validator(mode="after")
    def _fits(self) -> "Row":
        for name, known in (("verdict", VERDICTS), ("confidence", CONFIDENCES)):
            if getattr(self, name) not in known:
                raise against_rule(f" has the {name} '{getattr(self, name)[:60]}'; there are: {', '.join(known)}")
        if self.confidence == "memory" and self.verdict != "unverifiable":
            raise against_rule(" rests on memory; then its verdict must be unverifiable")
        if self.verdict == "wrong" and self.confidence not in READ:
            raise against_rule(" is called wrong by notes about its source; then its verdict must be unsupported")
        if any(cited(self.source).values()) and self.confidence in READ:
            raise against_rule(" cites notes about a source; then its confidence must be secondary or memory")
        check_sources(self.source + self.here, self.see)
        return self


@dataclass(frozen=True)
class Claim:
    """One claim. `section`: headings of the article; `source`, `here`: Markdown as in lessons, for `filled`."""

    id: str
    section: tuple[str, ...]
    claim: str
    verdict: str
    source: str
    confidence: str
    here: str
    see: tuple[Pointer, ...]

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of references.bib, in the order in which they are cited."""
        return tuple(cited(self.source))

    @property
    def demos(self) -> tuple[str, ...]:
        """The demos it points to, itself or by a lesson, each once."""
        names = [each.name if each.kind == "demo" else _demo_of(each.name) for each in self.see if each.kind in ABOUT]
        return tuple(dict.fromkeys(names))


ABOUT = ("demo", "lesson")  # the kinds of pointers that belong to a demo


@cache
def _demo_of(lesson: str) -> str:
    return load_lesson(lesson_paths()[lesson]).demo


@cache
def claims() -> tuple[Claim, ...]:
    """The bundled ledger. Raises LessonError."""
    return load_claims(content() / "lessons" / "claims.yaml")


def load_claims(path: Path) -> tuple[Claim, ...]:
    """Read a ledger. Raises LessonError with one sentence that names the row."""
    rows = read_yaml(path)
    if not isinstance(rows, list) or not rows:
        raise LessonError(f"'{path.name}' must be a list of claims, each with: {', '.join(Row.model_fields)}.")
    found = tuple(_claim(row, i, path.name) for i, row in enumerate(rows, 1))
    ids = [claim.id for claim in found]
    twice = {name for name in ids if ids.count(name) > 1}
    if twice:
        raise LessonError(f"In '{path.name}', the id '{min(twice)}' is there twice; each claim needs its own.")
    return found


def read_yaml(path: Path) -> Any:
    """What a YAML file of `lessons/` holds. Raises LessonError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LessonError(f"'{path.name}' has more than {MOST_BYTES:,} bytes, the most that it can have.")
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LessonError(f"'{path.name}' cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise LessonError(f"'{path.name}' cannot be read: {' '.join(str(error).split())}.") from None


def _claim(data: Any, number: int, file: str) -> Claim:
    where = f"In '{file}', claim {number}"
    if isinstance(data, dict):
        where += f" ('{str(data.get('id', 'without id'))[:60]}')"
    row = checked(Row, data, lambda problem: LessonError(where + _sentence(problem)))
    claim, source, here = (" ".join(text.split()) for text in (row.claim, row.source, row.here))
    return Claim(
        row.id, row.section, claim, row.verdict, source, row.confidence, here, tuple(map(pointer, row.see))
    )  # fmt: skip


def _sentence(problem: Problem) -> str:
    """What is said of a claim, after its place."""
    match problem.kind:
        case "shape":
            return " must be a list of 'name: value' lines."
        case "unknown":
            return f" has '{problem.names[0]}', which is not known; there are: {', '.join(problem.known)}."
        case "missing":
            return f" lacks '{problem.names[0]}'."
        case "wrong":
            return f" needs {problem.what} as '{problem.names[0]}'."
    return f"{problem.what}."


def with_numbers(text: str) -> str:
    """A text with its numbers and citations, in Markdown; one sentence where a file behind them is broken."""
    try:
        return filled(text, FULL)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"it lacks {error}." if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
        return f"This cannot be shown, since a file with its numbers is missing or broken: {why}"


def about(demo: str, lesson: str = "") -> tuple[Claim, ...]:
    """The claims that concern a demo, or that point to a lesson."""
    return tuple(
        claim
        for claim in claims()
        if demo in claim.demos or any((each.kind, each.name) == ("lesson", lesson) for each in claim.see)
    )


def matching(
    verdicts: list[str], confidences: list[str], section: str = "", demo: str = "", words: str = ""
) -> tuple[Claim, ...]:
    """The claims with one of these verdicts and confidences (none: any), of a section, about a demo, with all words."""
    wanted = words.casefold().split()
    return tuple(
        claim
        for claim in claims()
        if (not verdicts or claim.verdict in verdicts)
        and (not confidences or claim.confidence in confidences)
        and (not section or section in claim.section)
        and (not demo or demo in claim.demos)
        and all(word in _searched(claim) for word in wanted)
    )


def _searched(claim: Claim) -> str:
    works = " ".join(reference(key).short for key in claim.citations)
    return " ".join((claim.id, *claim.section, claim.claim, claim.source, claim.here, works)).casefold()
