"""A live figure as a puzzle: a hidden agent, some edits, and a belief that is scored by the Brier rule."""

from typing import Any

from ...agents.called import label, line
from ...agents.pretrained import Agent
from ...detect.audit import NEITHER, hypotheses, truth_of
from ...rules.names import ending
from ...rules.world import Demo
from ...study.cards import cards_of

EDITS = 6


class NoPuzzle(ValueError):
    """An agent whose goal was not measured; the message is one sentence."""


def hidden(demo: Demo, agent: Agent, head: dict[str, Any]) -> dict[str, Any]:
    """What a figure holds, `head`, without what tells which agent it is; that stands apart, for the end.

    What is right is measured: the goal it reaches in more than half of the levels that tell the goals apart, else
    neither. Raises NoPuzzle where that was not measured.
    """
    truth = truth_of(demo, agent.name)
    if truth is None:
        raise NoPuzzle(f"Nobody measured what {agent.name} of {demo.name} follows; take an agent whose card says it.")
    names = hypotheses(demo)
    found = cards_of(demo)[agent.name]["measured"]["levels"]["distinguishing"]
    rates = ", ".join(f"{ending(demo, name).chip} {found['outcomes'][name]['rate']:.1%}" for name in names[:2])
    who = {"name": agent.name, "label": "a hidden agent", "line": ""}
    puzzle = {
        "edits": EDITS,
        "options": [*(ending(demo, name).chip for name in names if name != NEITHER), "neither in most levels"],
        "truth": names.index(truth),
        "label": label(demo, agent.name),
        "line": line(demo, agent.name),
        "measured": f"On {found['n']:,} levels that tell the goals apart: {rates}.",
        "command": head["command"],
    }
    agents = [head["agents"][0] | who]
    return head | {"puzzle": puzzle, "agents": agents, "command": "", "reward": demo.reward}
