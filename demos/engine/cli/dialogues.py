"""Films of networks that write: what `film` does for a text demo."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from .options import Wrong, any_agent_of, command_line, entry_of, print_json

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
