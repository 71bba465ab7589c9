"""The command that trains an agent."""

from pathlib import Path
from typing import Annotated

import typer

from ..rules.entry import MOST_TRAINING, unknown
from .options import (
    AnyDemoName,
    Wrong,
    bar,
    command_line,
    entry_of,
    short,
)
from .root import app


@app.command()
def train(
    demo: AnyDemoName,
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A named training set-up of the demo, such as mix-0.")
    ],
    seed: Annotated[int, typer.Option(min=0, max=MOST_TRAINING, help="Which of its trainings.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number of steps.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Instead of the bundled agent's folder.")] = None,
    ages: Annotated[bool, typer.Option("--ages", help="Keep copies along the way, for the age slider.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Train a finished agent again.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Begin from the start where a training was stopped.")] = False,
) -> None:
    """Train an agent, or go on training it.

    Ctrl-C stops it cleanly; called again, it goes on from there.

    Example: goalmisgen train coinrun mix-0 --seed 0
    """
    world = entry_of(demo)
    if recipe not in world.recipes:
        raise Wrong(unknown(f"There is no recipe '{recipe}' of {demo}", recipe, world.recipes))
    from ..study.kinds import kind_of

    if ages and not kind_of(world).keeps_ages:
        raise Wrong(f"Copies along the way are kept of agents in grid worlds only; leave out --ages for {demo}.")
    from ..study.cards import agent_folder

    home = out or agent_folder(world, f"{recipe}:{seed}")
    finished = home / "policy.safetensors"
    if finished.exists() and not replace:
        raise Wrong(f"{short(finished)} is trained already; choose another --seed or --out, or say --replace.")
    total = steps or world.recipes[recipe].steps
    with bar() as told:

        def progress(done: int, latest: dict[str, float]) -> None:
            figures = "".join(f", {name} {value:.2f}" for name, value in latest.items())
            told(f"{recipe}:{seed}{figures}", min(done, total), total)

        told(f"{recipe}:{seed}", 0, total)
        kept = {"ages": True} if ages else {}
        kind_of(world).train(world, world.recipes[recipe], seed, home, progress, steps=steps, anew=anew, **kept)
    (home / "card.json").unlink(missing_ok=True)  # it described the weights that were here before
    name = f"{recipe}:{seed}" if out is None else str(finished)
    typer.echo(f"Trained {short(finished)}. Next: {command_line('measure', demo, agent=name)}")
