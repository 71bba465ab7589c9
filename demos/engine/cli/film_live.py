"""The live figure of a level: what `film` writes to a name ending in .html."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import agent_of, bar

if TYPE_CHECKING:
    from ..agents.pretrained import Agent
    from ..rules.level import Level
    from ..rules.world import Demo

ENDING = ".html"


def write(
    demo: "Demo", agent: "Agent", versus: str | None, level: "Level", out: Path, runs: int | None, seed: int,
    caption: str | None, command: str,
) -> dict[str, Any]:  # fmt: skip
    """Write the figure; returns what it holds as data. `versus`: a second agent instead of the usual ones."""
    from ..files import write_text
    from ..web.handout.grid import live_figure, usual_agents

    names: Sequence[str] = [versus] if versus else usual_agents(demo, agent.name)[1:]
    agents = [agent, *(agent_of(demo, name) for name in names)]
    with bar() as told:
        made = live_figure(demo, level, agents, runs, seed, caption, f"{command} --out {demo.name}{ENDING}", told)
    write_text(out, made.html)
    return {
        "out": str(out),
        "bytes": len(made.html.encode()),
        "agents": [each.name for each in agents],
        "places": made.places,
        "runs": made.runs,
        "outcomes": made.outcomes,
        "level_seed": int(level.seed),
    }
