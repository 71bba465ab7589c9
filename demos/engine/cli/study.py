"""The command that makes a study: agents trained where they are missing, measured, a table and a figure written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ... import entry
from .options import LevelsSeed, Wrong, bar, command_line, figure_file, inches_of, short
from .root import app

if TYPE_CHECKING:
    from ..rules.world import Demo
    from ..study.studies import Study


@app.command()
def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A study, such as coinrun-mix; `list` prints them all.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="Two points, one seed, few steps, in a folder of its own: no result.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; default: one for each core.")] = None,
    episodes: Annotated[int, typer.Option(min=1, max=1_000_000, help="Episodes on each kind of levels.")] = 1000,
    seed: LevelsSeed = 1,
    no_train: Annotated[bool, typer.Option("--no-train", help="Measure the agents that are there.")] = False,
    backend: Annotated[str, typer.Option(metavar="local|dask", help="Where the agents are worked on.")] = "local",
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="Of the Dask scheduler, for that backend.")] = "",
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it there: .svg, .pdf or .png.")] = None,
    width: Annotated[
        str | None, typer.Option(metavar="WIDTH", help="Of --figure, such as 3.3in or 84mm: the column of a paper.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="For what --quick makes, instead of a new folder.")
    ] = None,
) -> None:
    """Make a study: train what is missing, measure, write its CSV and its figure beside the agents.

    Stopped at any moment it loses at most the steps since a training last saved itself; called again, it goes on.

    Example: goalmisgen study cheese-region --no-train
    """
    from ..study import studies, sweep

    if name == "list":
        for each in studies.studies().values():
            typer.echo(f"{each.name:18} {each.demo:18} {each.title}")
        return
    if backend not in ("local", "dask") or (backend == "dask") != bool(scheduler):
        raise Wrong("--backend is local, or dask together with --scheduler ADDRESS.")
    if out and not quick:
        raise Wrong("--out is for --quick; a study's own files lie beside its agents.")
    figure_file(figure)
    if width and not figure:
        raise Wrong("--width is for --figure, which names the file.")
    inches = inches_of(width) if width else None
    plan = studies.study_of(name)
    world = cast("Demo", entry(plan.demo))
    apart = (out or sweep.quick_folder(plan)) if quick else None
    if quick:
        episodes = min(episodes, sweep.QUICK_EPISODES)
    with bar() as told:
        path, rows = sweep.run(world, plan, told, episodes, seed, jobs, not no_train, apart, scheduler)
    if not rows:
        raise Wrong(f"No agent of the study '{name}' is bundled; leave out --no-train to train them.")
    typer.echo(f"Wrote {short(path)}.", err=True)
    command = command_line("study", name, quick=quick, episodes=episodes, seed=seed)
    _draw(world, plan, rows, [path.with_suffix(".svg"), path.with_suffix(".png")], command)
    if figure:
        _draw(world, plan, rows, [figure], command, inches)
    _print(world, plan, rows)


def _draw(
    world: "Demo",
    plan: "Study",
    rows: list[dict[str, Any]],
    targets: list[Path],
    command: str,
    inches: float | None = None,
) -> None:
    """Draw the figure of a study and write it to some files."""
    from ..lessons.literature import reference
    from ..study.figures import draw, panels

    sources = {each.key: reference(each.key).short for each in plan.published}
    drawing = panels.study(world, plan, rows, sources, inches=inches)
    for target in targets:
        draw.save(drawing, target, command)
        typer.echo(f"Wrote {short(target)}.", err=True)


def _print(world: "Demo", plan: "Study", rows: list[dict[str, Any]]) -> None:
    """Print what a study found, dot by dot."""
    from ..study.figures import curves

    typer.echo(f"{plan.title} {curves.state_of(world, plan, rows)}".strip())
    for shown in curves.drawn(world, plan, rows):
        typer.echo(f"\n  {shown.panel.title} ({shown.in_words})")
        for dot in shown.dots:
            typer.echo(
                f"    {curves.tick(plan.axis, dot.row['x']):>12}  {dot.agent:18} {dot.quantity:26} "
                f"{dot.y:7.2f}  [{dot.low:.2f}, {dot.high:.2f}]"
            )
        if shown.fit:
            odd = curves.outliers({dot.agent: dot.y for dot in shown.dots})
            typer.echo(f"    {shown.fit.in_words}; outliers (Tukey's fences): {', '.join(odd) or 'none'}")
