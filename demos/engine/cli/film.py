"""The command that writes runs as films and pictures; what each kind of demo makes of it has a file of its own."""

import dataclasses
import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from ... import NAMES
from ..rules.entry import Entry
from . import film_site
from .film_decision import DecisionFilm
from .film_grid import GridFilm
from .film_text import TextFilm
from .options import (
    AgentName,
    At,
    Colours,
    Edits,
    Greedy,
    Json,
    LevelFile,
    Levels,
    LevelSeed,
    RunSeed,
    RunText,
    WhichLevels,
    Wrong,
    entry_of,
    print_json,
    writable,
)
from .root import app

Request = GridFilm | TextFilm | DecisionFilm

SomeDemo = Annotated[str | None, typer.Argument(metavar="DEMO", help=f"One of: {', '.join(NAMES)}.")]
EveryDemo = Annotated[
    bool, typer.Option("--every-demo", help="A folder, --out: a live figure of every demo, and an index page.")
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="What to write: .gif, .mp4, .png, or .html: a live figure in which the reader drags the goal; "
        "with --trail and --map .svg, .pdf or .png.",
    ),
]
Versus = Annotated[
    str | None,
    typer.Option(
        metavar="AGENT",
        help="A second agent on the same level, beside the first; or what is prepared, by name, with its own level; "
        "`training`: the same agent on a training level.",
    ),
]
PresetName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What is prepared, with its agent, instead of --levels, --set and so on."),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="What a network is asked, or a slider; may be repeated."),
]
EverySeed = Annotated[
    bool, typer.Option("--every-seed", help="Every bundled seed of the agent's recipe at once, in step.")
]
Trail = Annotated[bool, typer.Option("--trail", help="A still picture of the whole way instead of a film.")]
Map = Annotated[
    bool, typer.Option("--map", help="A picture of what the agent does for every place where the goal could stand.")
]
RunsEach = Annotated[
    int | None, typer.Option("--runs", min=1, max=100, help="With --map and .html: runs for each place; else 5.")
]
Puzzle = Annotated[
    bool, typer.Option("--puzzle", help="With .html: the agent is hidden; six edits, and a verdict that is scored.")
]
Find = Annotated[
    str | None,
    typer.Option(
        metavar="OUTCOME",
        help="Take the first level from --level-seed on with this outcome, and record how many were tried.",
    ),
]
Caption = Annotated[str | None, typer.Option(metavar="TEXT", help="What stands above the picture.")]
Size = Annotated[
    int | None,
    typer.Option(
        min=32, max=4096, help="Width in pixels, about; pixel art is scaled by whole numbers. Else: 512, text 800."
    ),
]
Width = Annotated[
    str | None,
    typer.Option(metavar="WIDTH", help="With --trail and --map: 3.3in, 84mm: the column of a paper, letters to match."),
]
Until = Annotated[
    str | None,
    typer.Option(metavar="decided|end|N", help="Stop at the step that decides the run (the default), its end, or N."),
]
Hold = Annotated[float | None, typer.Option(min=0, max=60, metavar="SECONDS", help="How long the last frame stays.")]
Poster = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the last frame as a picture of its own, too: .png.")
]
Fps = Annotated[float | None, typer.Option(min=1, max=50, help="Steps or words per second; else 12.5, or 6 words.")]


@app.command()
def film(
    out: Out,
    demo: SomeDemo = None,
    every_demo: EveryDemo = False,
    agent: AgentName = None,
    levels: WhichLevels = Levels.shifted,
    level_seed: LevelSeed = 0,
    seed: RunSeed = 0,
    level: LevelFile = None,
    edit: Edits = None,
    colour: Colours = None,
    at: At = 0,
    greedy: Greedy = False,
    versus: Versus = None,
    preset: PresetName = None,
    set_: Given = None,
    run: RunText = None,
    every_seed: EverySeed = False,
    trail: Trail = False,
    map_: Map = False,
    runs: RunsEach = None,
    puzzle: Puzzle = False,
    find: Find = None,
    caption: Caption = None,
    size: Size = None,
    fps: Fps = None,
    width: Width = None,
    until: Until = None,
    hold: Hold = None,
    poster: Poster = None,
    json: Json = False,
) -> None:
    """Write a run as a film or a picture, or a dialogue with a network that writes.

    Example: goalmisgen film coinrun --agent mix-0 --level-seed 7 --edit coin=4,12 --colour coin=#00aaff --out coin.gif
    """
    options = dict(locals())  # as they were given, by name
    for name in ("demo", "every_demo", "json"):
        del options[name]
    for path in filter(None, (out, poster)):
        writable(path)
    if every_demo:
        _alone(demo, options)
        made, told = film_site.write(out)
    elif demo is None:
        raise Wrong("Say which demo, such as coinrun, or --every-demo for a folder of live figures of all.")
    else:
        made, told = request(entry_of(demo), options).checked().write()
    if json:
        print_json(made)
    else:
        typer.echo(told)


def _alone(demo: str | None, options: dict[str, Any]) -> None:
    """Raises Wrong where --every-demo is given together with what is about one demo."""
    others = [demo or "", *("--" + name.strip("_").replace("_", "-") for name in _given(options) if name != "out")]
    if any(others):
        raise Wrong(f"--every-demo takes --out only; leave out {' and '.join(filter(None, others))}.")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are not as usual."""
    usual = {name: parameter.default for name, parameter in inspect.signature(film).parameters.items()}
    return {name: value for name, value in options.items() if value not in (usual[name], [])}


def request(entry: Entry, options: dict[str, Any]) -> Request:
    """What is asked of a demo of its kind. Raises Wrong where an option was given that the kind does not have."""
    from ..study.kinds import DECISION, GRID, TEXT, kind_of  # not at the top: the rules are slow to load

    given = _given(options)
    requests: dict[Any, type[Request]] = {GRID: GridFilm, TEXT: TextFilm, DECISION: DecisionFilm}
    kind = requests[kind_of(entry)]
    has = {field.name for field in dataclasses.fields(kind)}
    for name in given:
        if name not in has:
            raise Wrong(kind.foreign(entry.name, "--" + name.strip("_").replace("_", "-")))
    return kind(entry, **given)  # type: ignore[arg-type]  # the table pairs the classes
