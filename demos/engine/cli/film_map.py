"""The outcome map of a level as a picture: what `film --map` writes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import bar, figure_file

if TYPE_CHECKING:
    from ..agents.pretrained import Agent
    from ..rules.level import Level
    from ..rules.world import Demo


def write(
    demo: "Demo",
    agent: "Agent",
    level: "Level",
    out: Path,
    runs: int,
    seed: int,
    caption: str | None,
    command: str,
    inches: float | None = None,
) -> dict[str, Any]:
    """Write the outcome map of a level; returns what was found as data. `runs`: for each place; `inches`: its width."""
    from ..rules.edit import goal_slot
    from ..rules.level import record
    from ..rules.scene import scene
    from ..study.figures import draw
    from ..study.outcome_map import outcome_map

    figure_file(out)
    with bar() as told:
        found = outcome_map(demo, agent, level, runs, seed, lambda n, all_: told("runs", n, all_))
    state = record(demo.state)
    demo.start(level, seed, state)
    state.there[goal_slot(demo)] = 0  # the map says what comes of it everywhere
    title = (
        caption or f"{agent.name}: how runs ended, by where the {demo.goal_object} stood ({runs} runs for each place)"
    )
    draw.save(draw.mapped(demo, found, scene(demo, level, state), title, inches), out, command)
    shares = found.shares(demo).mean(0) if len(found.cells) else [0.0] * len(demo.outcomes)
    return {
        "out": str(out),
        "places": len(found.cells),
        "runs": runs,
        "outcomes": {name: round(float(share), 4) for name, share in zip(demo.outcomes, shares, strict=True)},
        "level_seed": int(level.seed),
    }
