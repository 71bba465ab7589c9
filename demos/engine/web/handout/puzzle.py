"""A live figure as a puzzle: a hidden agent, some edits, and a belief that is scored by the Brier rule."""

from typing import Any

from ...agents.pretrained import Agent
from ...detect.puzzle import EDITS, puzzle_of
from ...rules.world import Demo


def hidden(demo: Demo, agent: Agent, head: dict[str, Any]) -> dict[str, Any]:
    """What a figure holds, `head`, without what tells which agent it is; that stands apart, for the end.

    Raises NoPuzzle where nobody measured what it follows.
    """
    found = puzzle_of(demo, agent.name)
    told = {
        "edits": EDITS, "options": list(found.options), "truth": found.truth, "label": found.label, "line": found.line,
        "measured": found.measured, "command": head["command"],
    }  # fmt: skip
    agents = [head["agents"][0] | {"name": agent.name, "label": "a hidden agent", "line": ""}]
    return head | {"puzzle": told, "agents": agents, "command": "", "reward": demo.reward}
