"""The conditions that tick off the tasks beside an `ask` block, as functions of what its networks reply.

A condition is one or more of these, joined by `and`:

* `outcome NAME`: the first network's dialogue came out so; `second outcome NAME`: that of the one beside it
* `outcomes differ`, `outcomes agree`: the two came out differently, or alike
* `changed`: the question is another than the block's own
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..rules.text import TextDemo
from .catalogue import LessonError
from .lesson import TextScene

if TYPE_CHECKING:  # importing it would import torch
    from ..agents.run_text import Writer


@dataclass(frozen=True)
class Answers:
    """A question as it stands: whether it is another than the block's own, and what came of it, for each network."""

    demo: TextDemo
    changed: bool
    outcomes: tuple[str, ...]


def answers_to(asked: TextScene, values: dict[str, str], writers: Sequence["Writer"]) -> Answers:
    """What these networks reply to the question of such values of the demo's fields. Raises BadText."""
    demo, case = asked.demo, asked.demo.asked(values)
    changed = demo.asked_values(values) != demo.asked_values(asked.values)
    return Answers(demo, changed, tuple(writer.outcome(case) for writer in writers))


def holds(text: str, answers: Answers) -> bool:
    """Whether a condition holds now. Raises LessonError for one that cannot be read."""
    return all([_test(part.split(), answers.demo)(answers) for part in text.split(" and ")])


def _test(words: list[str], demo: TextDemo) -> Callable[[Answers], bool]:
    match words:
        case ["outcome", name] if name in demo.outcomes:
            return lambda answers: answers.outcomes[0] == name
        case ["second", "outcome", name] if name in demo.outcomes:
            return lambda answers: answers.outcomes[1:] == (name,)
        case ["outcomes", ("differ" | "agree") as how]:
            return lambda answers: (len(set(answers.outcomes)) > 1) == (how == "differ")
        case ["changed"]:
            return lambda answers: answers.changed
    raise LessonError(f"'{' '.join(words)}' is not a condition of {demo.name}; see the list in tasks_text.py.")
