"""Pointers: where in this package something stands, as one short text in claims.yaml and coverage.yaml.

`demo NAME`, `demo NAME PRESET` (a prepared level or a probe), `lesson NAME`, `study NAME`, `claim ID`, `detect NAME` (a
technique), `mitigate NAME` (a strategy).
"""

from dataclasses import dataclass

from ... import entry
from ..content import content
from .catalogue import LessonError
from .lesson import lesson_paths

KINDS = {"demo": (2, 3)} | dict.fromkeys(("lesson", "study", "claim", "detect", "mitigate"), (2,))  # words each has


@dataclass(frozen=True)
class Pointer:
    """Something of this package: its `kind`, one of `KINDS`, its name, and of a demo perhaps a prepared level."""

    kind: str
    name: str
    preset: str = ""


def pointer(text: object) -> Pointer:
    """The pointer such a text means. Raises LessonError where its demo, prepared level or lesson is not there.

    Names of studies and claims are taken as they stand; `coverage.problems` compares them with the lists of both.
    """
    words = text.split() if isinstance(text, str) else []
    if not words or len(words) not in KINDS.get(words[0], ()):
        raise LessonError(
            f"'{str(text)[:80]}' is not a pointer; write 'demo NAME', 'demo NAME PRESET', 'lesson NAME', 'study NAME', "
            "'claim ID', 'detect NAME' or 'mitigate NAME'."
        )
    found = Pointer(*words)
    if found.kind == "demo":
        try:
            demo = entry(found.name)
        except KeyError as unknown:
            raise LessonError(str(unknown.args[0])) from None
        if found.preset and found.preset not in demo.prepared:
            names = ", ".join(demo.prepared)
            raise LessonError(f"There is no preset '{found.preset}' of {demo.name}; there are: {names}.")
    if found.kind == "lesson" and found.name not in lesson_paths():
        raise LessonError(f"There is no lesson '{found.name}'; there are: {', '.join(lesson_paths())}.")
    return found


def measured(study: str) -> bool:
    """Whether a study of this name has been measured: its CSV is bundled."""
    return any((content() / "pretrained").glob(f"*/studies/{study}.csv"))
