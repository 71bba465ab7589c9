"""Every mitigation tried here, side by side: lessons/what_helps.yaml with its numbers filled in."""

from dataclasses import dataclass

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from ..content import content
from .numbers_in_text import filled
from .pointers import Pointer, pointer


@dataclass(frozen=True)
class Mitigation:
    """One row: what it needs, what came of it here, the article's row and word (empty: none), where it can be tried."""

    name: str
    article: str
    needs: str
    here: str
    where: Pointer


class _Row(BaseModel):
    """A row as it stands in the file: `here` with placeholders, `where` as a pointer's text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    article: str
    needs: str
    here: str
    where: str


def what_helps() -> tuple[Mitigation, ...]:
    """All of them, in the order of the file. Raises LessonError with a sentence where a number cannot be found."""
    text = (content() / "lessons" / "what_helps.yaml").read_text(encoding="utf-8")
    rows = TypeAdapter(list[_Row]).validate_python(yaml.safe_load(text))
    return tuple(
        Mitigation(row.name, row.article, row.needs, filled(" ".join(row.here.split())), pointer(row.where))
        for row in rows
    )
