"""The command that fills the audit card of an agent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import AnyDemoName, LevelsSeed, Wrong, any_agent_of, bar, command_line, entry_of
from .root import app

if TYPE_CHECKING:
    from ..rules.entry import Entry

FORMATS = (".md", ".pdf", ".svg", ".png")


@app.command()
def audit(
    demo: AnyDemoName,
    agent: Annotated[
        str | None, typer.Option(metavar="RECIPE[:SEED]", help="Bundled agent or weight file; default: the first.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it: .md, .pdf, .svg or .png.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure what no bundled table holds.")] = False,
    episodes: Annotated[int, typer.Option(min=4, max=10_000, help="Levels or questions of what is measured.")] = 100,
    seed: LevelsSeed = 1,
) -> None:
    """Fill the audit card of an agent, one page: what it does, what turned it, and what the card cannot promise.

    From the agent's card and the bundled tables; a weight file of your own is always measured.

    Example: goalmisgen audit coinrun --agent mix-0:0 --out card.pdf
    """
    from ..agents.pretrained import agent_names
    from ..files import write_text
    from ..film.audit_page import page
    from ..lessons import audit_card
    from ..study.cards import card_of
    from ..study.figures import draw

    if out and out.suffix.lower() not in FORMATS:
        raise Wrong(f"'{out.name}' is no card this can write; give a name ending in {', '.join(FORMATS)}.")
    world = entry_of(demo)
    found = any_agent_of(world, agent)
    known = card_of(world, found.name) if found.name in agent_names(world) else None
    tables = audit_card.tables_of(world, found.name)
    with bar() as told:
        measured = known["measured"]["levels"] if known else _measured(world, found, episodes, seed)
        if fresh or not known:
            name = agent or found.name  # a weight file is loaded by its path
            tables = audit_card.measured_anew(world, name, tables, episodes, seed, told)
    command = command_line("audit", demo, agent=[agent or found.name], episodes=episodes, seed=seed)
    card = audit_card.audit_card(world, found.name, measured, tables, command=command)
    if out is None:
        typer.echo(audit_card.as_markdown(card), nl=False)
        return
    if out.suffix.lower() == ".md":
        write_text(out, audit_card.as_markdown(card))
    else:
        draw.save(page(card), out, command)
    typer.echo(f"Wrote {out}.", err=True)


def _measured(world: "Entry", agent: Any, episodes: int, seed: int) -> dict[str, Any]:
    """The levels of a measurement of an agent without a card."""
    from ..study.kinds import kind_of

    found: dict[str, Any] = kind_of(world).measure(world, agent, episodes, seed, False, lambda *_: None)["levels"]
    return found
