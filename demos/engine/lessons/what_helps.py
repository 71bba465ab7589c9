"""Every mitigation tried here, side by side: lessons/what_helps.yaml with its numbers filled in."""

import re
from dataclasses import dataclass

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from ..content import content
from .numbers_in_text import FULL, filled
from .pointers import Pointer, pointer

LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
HEADS = ("strategy", "needs", "cost here", "what came of it here", "seeds", "the paper", "the article")


@dataclass(frozen=True)
class Mitigation:
    """One row: what it needs and cost, what came of it here, and where it can be tried.

    `seeds`: how many networks, and what more is to be known of them; `paper`: what was published, with its figure where
    there is one; `article`: its row and word (empty: it has none).
    """

    name: str
    article: str
    needs: str
    cost: str
    here: str
    seeds: str
    paper: str
    where: Pointer


class _Row(BaseModel):
    """A row as it stands in the file: texts with placeholders, `where` as a pointer's text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    article: str
    needs: str
    cost: str = ""
    here: str
    seeds: str = ""
    paper: str = ""
    where: str


def what_helps() -> tuple[Mitigation, ...]:
    """All of them, in the order of the file. Raises LessonError with a sentence where a number cannot be found."""
    text = (content() / "lessons" / "what_helps.yaml").read_text(encoding="utf-8")
    rows = TypeAdapter(list[_Row]).validate_python(yaml.safe_load(text))
    return tuple(
        Mitigation(
            row.name, row.article, row.needs, _told(row.cost), _told(row.here), row.seeds, _told(row.paper),
            pointer(row.where),
        )
        for row in rows
    )  # fmt: skip


def _told(text: str) -> str:
    """A text on one line, its numbers with interval and n."""
    return filled(" ".join(text.split()), FULL)


def as_table() -> str:
    """All of them as one Markdown table, for readers of the files; works are named there without their links."""
    rows = [
        (each.name, each.needs, each.cost, each.here, each.seeds, each.paper, each.article) for each in what_helps()
    ]
    ruled = [HEADS, ["---"] * len(HEADS), *([LINK.sub(r"\1", cell) or "-" for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)
