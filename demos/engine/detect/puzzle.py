"""A puzzle: a level, an agent that is hidden, a few edits, and a belief that is scored by the Brier rule.

A link names the agent by a mark that does not tell it: SHA-256 of its name and of letters that are drawn for each link.
Whoever can run this package can try all names; it hides an agent from a reader, and keeps no secret.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass

from ..agents.called import label, line
from ..agents.pretrained import agent_names
from ..rules.names import ending
from ..rules.world import Demo
from ..study.cards import cards_of
from .audit import NEITHER, hypotheses, truth_of

EDITS = 6
DRAWN, KEPT = 6, 16  # letters that are drawn for a link, and those of the hash in it
_MARK = re.compile(f"([0-9a-f]{{{DRAWN}}})-([0-9a-f]{{{KEPT}}})")


class NoPuzzle(ValueError):
    """An agent whose goal was not measured, or a mark of none; the message is one sentence."""


@dataclass(frozen=True)
class Puzzle:
    """What is asked about a hidden agent, and what is told at the end.

    `options`: what it may follow, as people read it; `truth`: which is right; `measured`: by what that is known.
    """

    agent: str
    options: tuple[str, ...]
    truth: int
    label: str
    line: str
    measured: str


def puzzle_of(demo: Demo, agent: str) -> Puzzle:
    """The puzzle with this agent, "recipe:seed".

    What is right is measured: the goal it reaches in more than half of the levels that tell the goals apart, else
    neither. Raises NoPuzzle where that was not measured.
    """
    truth = truth_of(demo, agent)
    if truth is None:
        raise NoPuzzle(f"Nobody measured what {agent} of {demo.name} follows; take an agent whose card says it.")
    names = hypotheses(demo)
    found = cards_of(demo)[agent]["measured"]["levels"]["distinguishing"]
    rates = ", ".join(f"{ending(demo, name).chip} {found['outcomes'][name]['rate']:.1%}" for name in names[:2])
    options = (*(ending(demo, name).chip for name in names if name != NEITHER), "neither in most levels")
    measured = f"On {found['n']:,} levels that tell the goals apart: {rates}."
    return Puzzle(agent, options, names.index(truth), label(demo, agent), line(demo, agent), measured)


def mark_of(demo: Demo, agent: str, drawn: str | None = None) -> str:
    """The mark of an agent in a link; `drawn`: `DRAWN` letters of 0-9 and a-f, by chance where none are given."""
    drawn = drawn or secrets.token_hex(DRAWN // 2)
    return f"{drawn}-{hashlib.sha256(f'{drawn} {demo.name} {agent}'.encode()).hexdigest()[:KEPT]}"


def marked(demo: Demo, mark: str) -> Puzzle:
    """The puzzle of a mark. Untrusted; raises NoPuzzle."""
    found = _MARK.fullmatch(mark)
    named = (name for name in agent_names(demo) if found and mark_of(demo, name, found[1]) == mark)
    agent = next(named, None)
    if agent is None:
        raise NoPuzzle("This puzzle's agent is not here; copy the whole link again, or ask for one of this version.")
    return puzzle_of(demo, agent)
