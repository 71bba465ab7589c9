"""Live figures: what `film` writes to a name ending in .html."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import Wrong, agent_of, any_agent_of, bar

if TYPE_CHECKING:
    from ..agents.pretrained import Agent
    from ..rules.decision import DecisionDemo
    from ..rules.level import Level
    from ..rules.text import TextDemo
    from ..rules.world import Demo
    from ..web.handout.cases import Cases

ENDING = ".html"


def is_live(out: Path) -> bool:
    """Whether a live figure is asked for."""
    return out.suffix.lower() == ENDING


def write(
    demo: "Demo", agent: "Agent", versus: str | None, level: "Level", out: Path, runs: int | None, seed: int,
    caption: str | None, command: str, puzzle: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Write the figure; returns what it holds as data. `versus`: a second agent instead of the usual ones.

    A `puzzle` has one agent, which is hidden.
    """
    from ..files import write_text
    from ..web.handout.grid import live_figure, usual_agents

    names: Sequence[str] = [versus] if versus else usual_agents(demo, agent.name)[1:]
    agents = [agent, *(agent_of(demo, name) for name in names if not puzzle)]
    with bar() as told:
        made = live_figure(
            demo, level, agents, runs, seed, caption, f"{command} --out {demo.name}{ENDING}", told, puzzle
        )
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


def write_text_figure(
    demo: "TextDemo", agent: str, values: dict[str, str], out: Path, caption: str | None, command: str
) -> tuple[dict[str, Any], str]:
    """Write the figure of networks that write; what it holds as data, and in a sentence."""
    from ..web.handout.cases import text_figure, usual_writers

    writers = [any_agent_of(demo, name) for name in usual_writers(demo, agent)]
    with bar() as told:
        made = text_figure(demo, writers, values, caption, f"{command} --out {demo.name}{ENDING}", told)
    return _cases(out, made, [each.name for each in writers], "questions")


def write_decision_figure(
    demo: "DecisionDemo", agent: str | None, put: dict[str, float], seed: int, out: Path, caption: str | None,
    command: str,
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """Write the figure of choices; what it holds as data, and in a sentence."""
    from ..web.handout.cases import decision_figure, usual_choosers

    names = usual_choosers(demo, agent)
    made = decision_figure(demo, names, put, seed, caption, f"{command} --out {demo.name}{ENDING}")
    return _cases(out, made, names, "runs")


def _cases(out: Path, made: "Cases", names: list[str], what: str) -> tuple[dict[str, Any], str]:
    from ..files import write_text

    write_text(out, made.html)
    size, counts = len(made.html.encode()), ", ".join(f"{name} {n}" for name, n in made.outcomes.items() if n)
    data = {"out": str(out), "bytes": size, "agents": names, what: made.each, "outcomes": made.outcomes}
    return data, f"{out}: {made.each} {what} each, {size // 1000:,} kB.\n{names[0]}: {counts}"


def played(request: Any, names: tuple[str, ...]) -> None:
    """Raises Wrong where an option was given that says how a film is shown."""
    usual = {each.name: each.default for each in fields(request)}
    given = [f"--{name}" for name in names if getattr(request, name) != usual[name]]
    if given:
        raise Wrong(f"{ENDING} is played by its reader; leave out {' and '.join(given)}.")
