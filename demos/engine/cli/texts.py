"""Commands for networks that write: their films, and what lies between two kinds of dialogues inside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from .options import AnyDemoName, Wrong, any_agent_of, bar, command_line, entry_of, print_json, short
from .root import app

if TYPE_CHECKING:
    from ..rules.writing import TextDemo

SIZE, FPS = 800, 6.0


def film_dialogue(
    name: str, out: Path, agent: str | None, given: Sequence[str], preset: str | None, caption: str | None,
    size: int | None, fps: float | None, json: bool, others: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write a dialogue with a network as a film. `given`: FIELD=VALUE; `others`: options of grid worlds, to refuse."""
    demo = cast("TextDemo", entry_of(name))
    strange = [option for option, value in others.items() if value]
    if strange:
        raise Wrong(f"--{strange[0]} is for grid worlds; of {name} one can say --agent, --set, --preset and --caption.")
    prepared = next((each for each in demo.presets if each.name == preset), None)
    if preset and prepared is None:
        raise Wrong(f"There is no preset '{preset[:40]}' of {name}; there are: {', '.join(demo.prepared)}.")
    values = dict(prepared.values) if prepared else {}
    for each in given:
        field, equals, value = each.partition("=")
        if not equals:
            raise Wrong(f"'{each[:40]}' is not FIELD=VALUE; fields are: {', '.join(f.name for f in demo.fields)}.")
        values[field.strip()] = value
    case = demo.asked(values)
    from ..show.text_film import film

    writer = any_agent_of(demo, agent or (prepared.agent if prepared else None))
    size, fps = size or SIZE, fps or FPS
    command = command_line(
        "film", name, agent=agent, set=list(given), preset=preset, caption=caption, size=size, fps=fps
    )
    made = film(
        demo, writer.name, case, writer.converse(case), out, caption=caption, size=size, fps=fps, command=command
    )
    if json:
        print_json(made)
    else:
        typer.echo(f"{out}: {' / '.join(made['turns'])} Outcome: {made['outcome']}.")


@app.command()
def direction(
    demo: AnyDemoName,
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="RECIPE[:SEED]", help="May be repeated; default: every bundled one."),
    ] = None,
    questions: Annotated[int, typer.Option(min=1, max=100_000, help="Asked at each strength of steering.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Which dialogues and questions are drawn.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write the demo's direction.csv.")] = False,
) -> None:
    """Find the direction between two kinds of dialogues in a network, and push the network along it.

    Example: goalmisgen direction emergent_misalignment --agent helpful:0 --questions 50
    """
    world = entry_of(demo)
    if world.kind != "text" or cast("TextDemo", world).kinds is None:
        raise Wrong(f"'{demo}' names no two kinds of dialogues, so no direction lies between them.")
    from ..study import direction as directing
    from ..study.cards import written
    from ..study.tables import updated

    text = cast("TextDemo", world)
    able = directing.studied(text)
    names = [name if ":" in name else f"{name}:0" for name in agents] if agents else able
    strange = [name for name in names if name not in able]
    if strange or not names:
        raise Wrong(f"There is no agent '{(strange or [''])[0]}' to look into; there are: {', '.join(able) or 'none'}.")
    with bar() as told:
        rows = directing.study(text, names, told, questions, seed)
    if write:
        path = directing.path_of(text)
        written(path, updated(path, directing.table(rows), able))
        typer.echo(f"Wrote {short(path)}.", err=True)
    for row in rows:
        typer.echo(
            f"{row['agent']:22} layer {row['layer']}  {row['measure']:10} {row['strength']:+5.1f}   "
            f"{row['value']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]  n = {row['n']}"
        )
