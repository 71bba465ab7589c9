"""Commands on level files: print, check, convert."""

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    Colours,
    DemoName,
    Edits,
    Json,
    LevelFile,
    Levels,
    LevelSeed,
    WhichLevels,
    Wrong,
    demo_of,
    edited,
    level_of,
    print_json,
    read_level_file,
    writable,
)
from .root import level_app

if TYPE_CHECKING:
    pass


@level_app.command("print")
def level_print(
    demo: DemoName,
    levels: WhichLevels = Levels.shifted,
    level_seed: LevelSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    json: Json = False,
    url: Annotated[bool, typer.Option("--url", help="Print what a link holds.")] = False,
) -> None:
    """Print a level as a text map, as JSON or as part of a link.

    Example: goalmisgen level print coinrun --level-seed 7 --edit coin=4,12
    """
    world = demo_of(demo)

    from ..rules import level_files

    item = edited(world, level_of(world, getattr(world, levels.value), level_seed, level), edit, colour)
    if json:
        print_json(level_files.to_json(world, item))
    else:
        typer.echo(level_files.to_url(world, item) if url else level_files.format_level(world, item), nl=url)


@level_app.command("check")
def level_check(demo: DemoName, file: Annotated[Path, typer.Argument(metavar="FILE", help="A map or JSON.")]) -> None:
    """Check a level file: can it be played, is something walled in, and could it have occurred in training?

    A map may begin with lines such as `seed: 7`, `coin: 8,30` (an exact place) or `@: mouse, cheese` (what `@` stands
    for on the map, several things on one tile). FILE may be `-`, for standard input.

    Example: goalmisgen level check coinrun my_level.txt
    """
    world = demo_of(demo)
    from ..rules.edit import walled_in

    item = read_level_file(world, file)
    reasons, shut = world.in_training(item, world.training), " and ".join(walled_in(world, item)).replace("_", " ")
    typer.echo(f"{'The level' if str(file) == '-' else file.name} can be played.")
    if shut:
        typer.echo(f"No way leads to {shut} from where the agent starts: walled in.")
    typer.echo(
        f"It could not have occurred in training: {'; '.join(reasons)}."
        if reasons
        else "It could have occurred in training."
    )


@level_app.command("convert")
def level_convert(
    demo: DemoName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A map or JSON.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help=".json for JSON, .txt for a text map.")],
) -> None:
    """Convert a level between text map and JSON.

    Example: goalmisgen level convert coinrun my_level.txt --out my_level.json
    """
    world = demo_of(demo)
    if out.suffix not in (".json", ".txt"):
        raise Wrong(f"'{out.name}' is neither a .json nor a .txt file; choose one of the two.")
    writable(out)
    from ..files import write_text
    from ..rules import level_files

    item = read_level_file(world, file)
    as_json = out.suffix == ".json"
    write_text(
        out,
        json_module.dumps(level_files.to_json(world, item), indent=2) + "\n"
        if as_json
        else level_files.format_level(world, item),
    )
    typer.echo(f"Wrote {out}.")
