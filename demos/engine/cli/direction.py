"""Commands for networks that write: their films, and what lies between two kinds of dialogues inside them."""

from typing import Annotated

import typer

from ..rules.entry import MOST_SEED, unknown
from .options import AnyDemoName, Wrong, agents_option, bar, text_of, write_table
from .root import app


@app.command()
def direction(
    demo: AnyDemoName,
    agents: Annotated[list[str] | None, agents_option("every bundled one")] = None,
    questions: Annotated[int, typer.Option(min=1, max=100_000, help="Asked at each strength of steering.")] = 500,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Which dialogues and questions are drawn.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write the demo's direction.csv.")] = False,
) -> None:
    """Find the direction between two kinds of dialogues in a network, and push the network along it.

    Example: goalmisgen direction emergent_misalignment --agent helpful:0 --questions 50
    """
    text = text_of(demo)
    if text.kinds is None:
        raise Wrong(f"'{demo}' names no two kinds of dialogues, so no direction lies between them.")
    from ..study import direction as directing

    able = directing.studied(text)
    names = [name if ":" in name else f"{name}:0" for name in agents] if agents else able
    strange = [name for name in names if name not in able]
    if strange or not names:
        name = (strange or [""])[0]
        raise Wrong(unknown(f"There is no agent '{name}' to look into", name, able))
    with bar() as told:
        rows = directing.study(text, names, told, questions, seed)
    if write:
        write_table(directing.path_of(text), directing.table(rows), able)
    for row in rows:
        typer.echo(
            f"{row['agent']:22} layer {row['layer']}  {row['measure']:10} {row['strength']:+5.1f}   "
            f"{row['value']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]  n = {row['n']}"
        )
