"""The commands of the two laboratories: a technique of detection, or a mitigation, tried on agents of a demo."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import (
    AnyDemoName,
    Json,
    LevelsSeed,
    agents_option,
    any_agent_of,
    bar,
    command_line,
    entry_of,
    figure_file,
    print_json,
    short,
)
from .root import app

if TYPE_CHECKING:
    from ..study.laboratory import Laboratory


def _detection() -> "Laboratory":
    from ..detect.laboratory import LABORATORY

    return LABORATORY


def _mitigation() -> "Laboratory":
    from ..mitigate.laboratory import LABORATORY

    return LABORATORY


def _command(
    name: str, laboratory: "Callable[[], Laboratory]", method: str, such_as: str, usual: str, says: str
) -> None:
    """Add the command of a laboratory; both take the same options.

    `method`: what its argument is called; `such_as`: one of them; `usual`: the demo it is tried on; `says`: its help.
    """

    def command(
        name: Annotated[str, typer.Argument(metavar=method, help=f"Such as {such_as}; `list` prints them all.")],
        demo: AnyDemoName = usual,
        agents: Annotated[list[str] | None, agents_option("those of the bundled table")] = None,
        episodes: Annotated[
            int | None, typer.Option(min=4, max=100_000, help="Levels; default: as many as the bundled table has.")
        ] = None,
        seed: LevelsSeed = 1,
        json: Json = False,
        figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it: .svg, .pdf or .png.")] = None,
        write: Annotated[bool, typer.Option("--write", help="Write the bundled table and its figure anew.")] = False,
    ) -> None:
        _try(laboratory(), name, Wanted(demo, agents, episodes, seed, json, figure, write))

    app.command(name, help=says)(command)


@dataclass(frozen=True)
class Wanted:
    """What the options of both commands say."""

    demo: str
    agents: list[str] | None
    episodes: int | None
    seed: int
    json: bool
    figure: Path | None
    write: bool


def _try(laboratory: "Laboratory", name: str, wanted: Wanted) -> None:
    """Measure one method, write and draw what is wanted, and print the rows; or list the methods."""
    from ..files import write_text
    from ..rules.palette import INK
    from ..study.figures import draw
    from ..study.findings import rows_csv

    if name == "list":
        for each in laboratory.methods.values():
            typer.echo(f"{each.name:10} {each.about}")
        return
    world = entry_of(wanted.demo)
    method, whole = laboratory.of(name, world), laboratory.subjects(world, name)
    figure_file(wanted.figure)
    names = [each if each in whole else any_agent_of(world, each).name for each in wanted.agents or whole]
    with bar() as progress:
        rows = method.measure(world, names, wanted.episodes or method.episodes, wanted.seed, progress)
    drawings = [wanted.figure] if wanted.figure else []
    if wanted.write:
        path = laboratory.table(world, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, rows_csv(rows))
        typer.echo(f"Wrote {short(path)}.", err=True)
        drawings.append(path.with_suffix(".svg"))
    made_by = command_line(
        laboratory.room, name, world.name, agent=wanted.agents or [], episodes=wanted.episodes, seed=wanted.seed
    )
    for file in drawings:
        draw.save(method.draw(world, rows, INK), file, made_by)
        typer.echo(f"Wrote {short(file)}.", err=True)
    if wanted.json:
        print_json({"technique": name, "demo": world.name, "seed": wanted.seed, "rows": rows})
        return
    _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    from ..study.findings import in_words

    for (agent, levels), group in groupby(rows, lambda row: (row["agent"], row["levels"])):
        typer.echo(f"\n{agent}, {levels}")
        for row in group:
            typer.echo(f"    {row['measure']:32} {in_words(row)}")


_command(
    "detect", _detection, "TECHNIQUE", "shifts", "coinrun",
    """How would you find out? Try a way to detect a wrong goal, with its hits and its false alarms.

    Example: goalmisgen detect shifts coinrun --agent mix-0:0 --episodes 50
    """,
)  # fmt: skip
_command(
    "mitigate", _mitigation, "STRATEGY", "rescue", "cheese_maze",
    """What helps, and what does it cost? Try a mitigation on agents that follow a wrong goal.

    Example: goalmisgen mitigate rescue cheese_maze --agent corner-1:0 --episodes 100
    """,
)  # fmt: skip
