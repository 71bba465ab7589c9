"""The transfer questions: cases in unfamiliar settings, asked before the first lesson and after the last."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from ..content import content
from .text import LessonError


@dataclass(frozen=True)
class Case:
    """One case. `kind`: which of `kinds()` it is; `why`: reasons to choose from; `reason`: which of them is right."""

    title: str
    told: str
    kind: str
    why: tuple[str, ...]
    reason: int
    explanation: str


def kinds() -> dict[str, str]:
    """What a case can be, as written in transfer.yaml: short name to the words shown."""
    return {str(name): str(words) for name, words in _read()["kinds"].items()}


def cases(when: str) -> tuple[Case, ...]:
    """The cases asked `before` the lessons or `after` them. Raises LessonError where transfer.yaml is not right."""
    found = []
    for data in _read()[when]:
        right = [i for i, reason in enumerate(data["why"]) if isinstance(reason, dict)]
        if data["kind"] not in kinds() or len(right) != 1:
            raise LessonError(f"The case '{data['title']}' needs one of the kinds and exactly one reason marked right.")
        why = tuple(str(reason["right"]) if isinstance(reason, dict) else str(reason) for reason in data["why"])
        found.append(Case(data["title"], data["told"], data["kind"], why, right[0], data["explanation"]))
    return tuple(found)


@cache
def _read() -> dict[str, Any]:
    path = content() / "lessons" / "transfer.yaml"
    try:
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise LessonError(f"'{path.name}' cannot be read: {' '.join(str(error).split())}.") from None
    return data
