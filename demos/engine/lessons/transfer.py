"""The transfer questions: cases in unfamiliar settings, asked before the first lesson and after the last."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import Strict, model_validator

from ..content import content
from ..rules.checked import Data, Problem, Text, against_rule, checked, said
from .catalogue import LessonError
from .claims import read_yaml


@dataclass(frozen=True)
class Case:
    """One case. `kind`: which of `kinds()` it is; `why`: reasons to choose from; `reason`: which of them is right."""

    title: str
    told: str
    kind: str
    why: tuple[str, ...]
    reason: int
    explanation: str


class Right(Data):
    """The reason that is right."""

    right: Text


class CaseRow(Data):
    """A case as it stands in the file."""

    title: Text
    told: Text
    kind: Text
    why: Annotated[tuple[str | Right, ...], Strict(False), said("a list of reasons, one of them marked right")]
    explanation: Text


CaseRows = Annotated[tuple[CaseRow, ...], Strict(False)]


class Questions(Data):
    """The whole file."""

    kinds: Annotated[dict[str, str], said("texts by name")]
    before: CaseRows
    after: CaseRows

    @model_validator(mode="after")
    def _fits(self) -> "Questions":
        for case in (*self.before, *self.after):
            if case.kind not in self.kinds or sum(isinstance(reason, Right) for reason in case.why) != 1:
                raise against_rule(
                    f"the case '{case.title}' needs one of the kinds and exactly one reason marked right"
                )
        return self


def kinds() -> dict[str, str]:
    """What a case can be, as written in transfer.yaml: short name to the words shown."""
    return _read().kinds


def cases(when: str) -> tuple[Case, ...]:
    """The cases asked `before` the lessons or `after` them. Raises LessonError where transfer.yaml is not right."""
    found = []
    for case in _read().before if when == "before" else _read().after:
        right = next(i for i, reason in enumerate(case.why) if isinstance(reason, Right))
        why = tuple(reason.right if isinstance(reason, Right) else reason for reason in case.why)
        found.append(Case(case.title, case.told, case.kind, why, right, case.explanation))
    return tuple(found)


@cache
def _read() -> Questions:
    path = content() / "lessons" / "transfer.yaml"

    def refused(problem: Problem) -> LessonError:
        place = "".join(
            f"number {part + 1} of " if isinstance(part, int) else f"'{part}' of " for part in problem.at[::-1]
        )
        return LessonError(problem.sentence(f"{place}'{path.name}'"))

    return checked(Questions, read_yaml(path), refused)
