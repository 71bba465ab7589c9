"""The command that lists the demos and their agents."""

from typing import TYPE_CHECKING

import typer

from ... import NAMES, entry
from .options import (
    Json,
    print_json,
)
from .root import app

if TYPE_CHECKING:
    pass


@app.command("list")
def list_(json: Json = False) -> None:
    """List the demos and their agents.

    Example: goalmisgen list
    """
    from ..agents.own import own_names
    from ..agents.pretrained import agent_names

    rows = [
        {
            "name": demo.name,
            "kind": demo.kind,
            "title": demo.title,
            "question": demo.question,
            "intended": demo.intended,
            "proxies": list(demo.proxies),
            "agents": agent_names(demo),
            "own": own_names(demo),
        }
        for demo in map(entry, NAMES)
    ]
    if json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']}: {row['question']}")
        typer.echo(f"  intended goal: {row['intended']}; also fits the training levels: {', '.join(row['proxies'])}")
        typer.echo(f"  agents: {', '.join(row['agents']) or 'none'}")
        if row["own"]:
            typer.echo(f"  yours: {', '.join(row['own'])}")
