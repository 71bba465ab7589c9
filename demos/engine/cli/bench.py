"""The command that measures how fast this is."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ... import WORLDS, grid_entry
from .options import (
    Json,
    Wrong,
    bar,
    print_json,
)
from .root import app

if TYPE_CHECKING:
    from ..agents.run_grid import Run


@app.command()
def bench(
    sessions: Annotated[
        int, typer.Option(min=0, max=1000, help="Only this many visitors of the app, with an edit each 3 s.")
    ] = 0,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that the visitors share, behind nginx.")] = 1,
    votes: Annotated[bool, typer.Option("--votes", help="Only the votes of a hall by phone, all within 5 s.")] = False,
    clients: Annotated[int, typer.Option(min=1, max=1000, help="How many phones vote.")] = 300,
    seconds: Annotated[float, typer.Option(min=3, max=600, help="How long they edit.")] = 30,
    json: Json = False,
) -> None:
    """Measure how fast this is on this machine.

    Example: goalmisgen bench --sessions 40
    """
    from ..study import bench as benching

    with bar() as told:
        told("measuring; leave the machine alone", 0, 1)
        result = _votes(clients) if votes else _app(sessions, seconds, processes)
        if not (sessions or votes):
            result |= benching.bench(map(grid_entry, WORLDS), _filmed())
    if json:
        print_json(result)
        return
    _say(result)


def _votes(clients: int) -> dict[str, Any]:
    """What the server of a talk says to a hall of phones."""
    from ..stage import phones

    return {"votes": phones.together(clients), "votes_in_a_flood": phones.together(clients, flooded=True)}


def _app(sessions: int, seconds: float, processes: int) -> dict[str, Any]:
    """What a server of its own says to one visitor, or to many."""
    from ..content import content
    from ..web import crowd, servers

    script = content() / "app.py"
    try:
        if not sessions:
            return {"app": crowd.alone(script)}
        return {"sessions": crowd.together(script, sessions, seconds, processes)}
    except (crowd.NoAnswer, servers.NoBalancer) as none:
        raise Wrong(str(none)) from none


def _say(result: dict[str, Any]) -> None:
    from ..study import bench as benching

    for part in ("app", "sessions", "votes", "votes_in_a_flood"):
        for name, value in result.get(part, {}).items():
            typer.echo(f"{part} {name}: {value:g}".replace("_", " "))
    for path, value, budget, met in benching.verdicts(result):
        typer.echo(f"{path:45} {value:14,.6g}   budget {budget:12,.6g}   {'met' if met else 'NOT met'}")
    for name, figures in result.get("worlds", {}).items():
        typer.echo(
            f"{name}: with pictures at {100 * figures['picture_over_copy']:.0f} % of a bare copy of the same bytes"
        )
    for name, value in result.get("live", {}).items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")
    peer = result.get("minigrid")
    if "worlds" not in result:
        return
    if peer:
        rate = result["worlds"]["cheese_maze"]["picture_steps_per_s"] / peer["picture_steps_per_s"]
        typer.echo(
            f"Minigrid, one level with pictures: {peer['picture_steps_per_s']:,} steps/s; "
            f"ours is {rate:.0f} times as fast"
        )
    else:
        typer.echo("Minigrid is not installed, so there is no comparison with it.")


def _filmed() -> Callable[["Run", Path], Any] | None:
    try:
        from ..film.grid import Cut
        from ..film.grid import film as write
    except ImportError:
        return None
    return lambda run, path: write(run, path, size=512, cut=Cut("end", fps=50), command="goalmisgen bench")
