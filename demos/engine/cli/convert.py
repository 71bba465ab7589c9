"""The command that makes an agent of what people trained with stable-baselines3 themselves."""

from pathlib import Path
from typing import Annotated

import typer

from ... import WORLDS
from .options import Wrong, command_line, demo_of, short
from .root import app


@app.command()
def convert(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What PPO's `save` wrote, such as mine.zip.")],
    demo: Annotated[str, typer.Option(metavar="DEMO", help=f"The world it was trained in: {', '.join(WORLDS)}.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write its weights, such as mine.safetensors.")],
) -> None:
    """Make an agent of a PPO that you trained with stable-baselines3, for `--agent FILE` of film, watch and measure.

    It was trained in an environment of this package (gymnasium.make("goalmisgen/CoinRun-v0")) with CnnPolicy, or with
    this package's feature extractor. CnnPolicy takes pictures of 36 x 36 pixels or more, which those of worlds of 7 x 7
    tiles are not. Only weights are read: the pickles in such a file could run anything, and none of them is run.

    Example: goalmisgen convert mine.zip --demo coinrun --out mine.safetensors
    """
    world = demo_of(demo)
    if out.suffix != ".safetensors":
        raise Wrong(f"'{out.name}' must end in .safetensors, as weight files do.")
    if out.exists():
        raise Wrong(f"{short(out)} is there already; choose another --out.")
    from ..agents.ppo_zip import weights_in
    from ..agents.pretrained import write_weights

    write_weights(weights_in(file, world), out)
    typer.echo(f"Wrote {short(out)}. Next: {command_line('measure', demo, agent=str(out))}")
