"""The claims ledger, lessons/claims.yaml: what the article says, and what its sources say. Fields: see that file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..content import content
from .lessons import lesson_paths, load_lesson
from .literature import reference
from .pointers import Pointer, pointer
from .text import LessonError, cited, filled

VERDICTS = {  # what each verdict means
    "accurate": "the source says so",
    "imprecise": "right in part, or more than the source carries",
    "wrong": "the source says otherwise, or nothing of the kind",
    "unverifiable": "no source is named, or the source could not be opened",
    "opinion": "a judgement, which no source can settle",
}
CONFIDENCES = {  # what a verdict rests on, the weakest part of it, strongest first
    "primary": "the source's own text",
    "abstract": "the source's abstract or opening only",
    "secondary": "notes of others about the source",
    "memory": "nothing that could be opened",
}
FIELDS = ("id", "section", "claim", "verdict", "source", "confidence", "here", "see")
OPTIONAL = {"here": "", "see": []}
MOST_BYTES = 500_000


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
        raise LessonError(f"'{path.name}' must be a list of claims, each with: {', '.join(FIELDS)}.")
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


def texts(value: Any) -> bool:
    """Whether this is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _claim(row: Any, number: int, file: str) -> Claim:
    if not isinstance(row, dict):
        raise LessonError(f"In '{file}', claim {number} must be a list of 'name: value' lines.")
    where = f"In '{file}', claim {number} ('{str(row.get('id', 'without id'))[:60]}')"
    row = OPTIONAL | row
    for name in FIELDS:
        if name not in row:
            raise LessonError(f"{where} lacks '{name}'.")
        if not (texts(row[name]) if name in ("section", "see") else isinstance(row[name], str)):
            raise LessonError(
                f"{where} needs {'a list of texts' if name in ('section', 'see') else 'a text'} as '{name}'."
            )
    unknown = row.keys() - set(FIELDS)
    if unknown:
        raise LessonError(
            f"{where} has '{min(map(str, unknown))}', which is not known; there are: {', '.join(FIELDS)}."
        )
    for name, known in (("verdict", VERDICTS), ("confidence", CONFIDENCES)):
        if row[name] not in known:
            raise LessonError(f"{where} has the {name} '{row[name][:60]}'; there are: {', '.join(known)}.")
    notes = any(cited(row["source"]).values())
    if row["confidence"] == "memory" and row["verdict"] != "unverifiable":
        raise LessonError(f"{where} rests on memory; then its verdict must be unverifiable.")
    if notes and row["confidence"] in ("primary", "abstract"):
        raise LessonError(f"{where} cites notes about a source; then its confidence must be secondary or memory.")
    try:
        for key in cited(row["source"] + row["here"]):
            reference(key)
        see = tuple(map(pointer, row["see"]))
    except ValueError as refused:
        raise LessonError(f"{where}: {refused}") from None
    claim, source, here = (" ".join(row[name].split()) for name in ("claim", "source", "here"))
    section = tuple(row["section"])
    return Claim(row["id"], section, claim, row["verdict"], source, row["confidence"], here, see)


def told(text: str) -> str:
    """A text with its numbers and citations, in Markdown; one sentence where a file behind them is broken."""
    try:
        return filled(text)
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
