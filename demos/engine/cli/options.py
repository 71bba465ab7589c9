"""What the commands share: their options, and how requests are read and answered."""

import contextlib
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ... import NAMES, WORLDS, entry, grid_entry, text_entry
from ..files import read_bytes
from ..rules.entry import MOST_SEED, unknown

if TYPE_CHECKING:
    from ..agents.pretrained import Actor, Agent
    from ..agents.run_grid import Run
    from ..rules.entry import Entry
    from ..rules.level import Level
    from ..rules.text import TextDemo
    from ..rules.world import Demo, Preset


Found = TypeVar("Found")


class Wrong(ValueError):
    """A request that cannot be met; the message is one sentence that says what would be right."""


class Levels(StrEnum):
    """Which levels are drawn."""

    training = "training"
    shifted = "shifted"


DemoName = Annotated[str, typer.Argument(metavar="DEMO", help=f"One of: {', '.join(WORLDS)}.")]
AnyDemoName = Annotated[str, typer.Argument(metavar="DEMO", help=f"One of: {', '.join(NAMES)}.")]
AgentName = Annotated[
    str | None,
    typer.Option("--agent", metavar="RECIPE[:SEED]", help="Bundled agent or weight file; default: the first."),
]
WhichLevels = Annotated[Levels, typer.Option("--levels", help="Draw the level as in training, or with the shift.")]
LevelSeed = Annotated[int, typer.Option("--level-seed", metavar="N", min=0, max=MOST_SEED, help="Which level.")]
RunSeed = Annotated[int, typer.Option("--seed", metavar="N", min=0, max=MOST_SEED, help="The run's randomness.")]
LevelsSeed = Annotated[int, typer.Option("--seed", min=0, max=MOST_SEED, help="Which levels are drawn.")]
LevelFile = Annotated[
    Path | None,
    typer.Option(
        "--level", metavar="FILE", help="A level file, map or JSON, instead of a drawn level; `-`: standard input."
    ),
]
Edits = Annotated[
    list[str] | None,
    typer.Option(
        "--edit",
        metavar="OBJECT=ROW,COL",
        help="Move or add an object; also coin=none, coin=crate (draw it as one), 8,30=wall (paint), or a named "
        "change such as mirrored; may be repeated.",
    ),
]
Colours = Annotated[
    list[str] | None,
    typer.Option("--colour", metavar="OBJECT=#rrggbb", help="Recolour an object or tile; may be repeated."),
]
At = Annotated[int, typer.Option("--at", metavar="STEP", min=0, help="Make the edits before this step of the run.")]
RunText = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="TEXT|FILE",
        help="A run as the app's address and Copy link write it, with every edit at its step (shifted:7;35:coin=6,17; "
        "41:coin=none), of --agent and --seed; or a saved run (.json), replayed as it was, without its network.",
    ),
]
Greedy = Annotated[
    bool, typer.Option("--greedy", help="Take the likeliest action instead of sampling, as training did.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def agents_option(usual: str) -> Any:
    """The option that names agents, once or more; `usual`: which ones it means where it is not given."""
    return typer.Option("--agent", metavar="RECIPE[:SEED]", help=f"May be repeated; default: {usual}.")


def demo_of(name: str) -> "Demo":
    """The grid world of this name."""
    return _found(grid_entry, name)


def text_of(name: str) -> "TextDemo":
    """The demo of this name whose networks write."""
    return _found(text_entry, name)


def entry_of(name: str) -> "Entry":
    """The demo of this name, of whatever kind."""
    return _found(entry, name)


def _found(find: Callable[[str], Found], name: str) -> Found:
    try:
        return find(name)
    except KeyError as error:
        raise Wrong(error.args[0]) from None


def agent_of(demo: "Demo", name: str | None) -> "Agent":
    from ..agents.pretrained import agent_names, load_agent

    if name is None:
        bundled = agent_names(demo)
        if not bundled:
            raise Wrong(
                f"No agent of {demo.name} is bundled; train one with `goalmisgen train`, or give a weight file."
            )
        name = bundled[0]
    return load_agent(demo, name)


def policy_of(demo: "Demo", name: str | None) -> "Actor":
    """The agent of this name, or the world's scripted policy."""
    from ..agents.pretrained import SCRIPTED, Scripted

    return Scripted(demo) if name == SCRIPTED else agent_of(demo, name)


def any_agent_of(demo: "Entry", name: str | None) -> Any:
    """The agent of this name, of a demo of whatever kind."""
    from ..agents.pretrained import agent_names
    from ..study.kinds import kind_of

    bundled = agent_names(demo)
    if name is None and not bundled:
        raise Wrong(f"No agent of {demo.name} is bundled; train one with `goalmisgen train`, or give a weight file.")
    return kind_of(demo).load(demo, bundled[0] if name is None else name)


def figure_file(path: Path | None) -> None:
    """Refuse at once what no figure can be written to."""
    from ..study.figures.draw import FORMATS

    if path and path.suffix.lower() not in FORMATS:
        raise Wrong(f"'{path.name}' is not a figure this can write; give a name ending in {', '.join(FORMATS)}.")
    if path:
        writable(path)


def inches_of(width: str) -> float:
    """A width such as 3.3in, 84mm or 8.4cm, in inches: from 2 to 20."""
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?(in|mm|cm)", width.strip())
    inches = float(found[1]) / {"in": 1.0, "mm": 25.4, "cm": 2.54}[found[2]] if found else 0.0
    if not 2 <= inches <= 20:
        raise Wrong(f"'{width[:40]}' is no width; write one from 2in to 20in, such as 3.3in, 84mm or 8.4cm.")
    return inches


def preset_of(demo: "Demo", name: str | None) -> "Preset | None":
    """The prepared level or probe of this name."""
    prepared = {each.name: each for each in demo.shown}
    if name is not None and name not in prepared:
        raise Wrong(unknown(f"There is no prepared level '{name}' of {demo.name}", name, prepared))
    return prepared[name] if name is not None else None


def config_of(demo: "Demo", agent: "Agent | None", levels: Levels) -> Any:
    """Levels for this agent to be shown on, drawn as in its own training or with the shift."""
    from ..study.levels import shifted_config

    own = agent.config if agent else demo.training
    return own if levels is Levels.training else shifted_config(demo, own)


def read_level_file(demo: "Demo", file: Path) -> "Level":
    from ..rules.level_files import MOST_BYTES, read_level

    try:
        text = sys.stdin.read(MOST_BYTES + 1) if str(file) == "-" else read_bytes(file, MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise Wrong(f"'{file}' is not a text file; a level is a text map or JSON.") from None
    except OSError as error:
        raise Wrong(f"The level file '{file}' cannot be read: {error.strerror}.") from None
    return read_level(demo, text)


def level_of(demo: "Demo", config: Any, level_seed: int, file: Path | None) -> "Level":
    from ..rules.edit import draw_level

    if file:
        return read_level_file(demo, file)
    return draw_level(demo, config, level_seed)


def pair(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise Wrong(f"'{text}' is not of the form {form}.")
    return name, value


def edited(demo: "Demo", level: "Level", edits: list[str] | None, colours: list[str] | None) -> "Level":
    from ..rules import edit as editing
    from ..rules.change import changed

    level = changed(demo, level, edits or [])
    for text in colours or []:
        level = editing.recolour(demo, level, *pair(text, "OBJECT=#rrggbb, for example coin=#00aaff"))
    return level


def given_level(
    demo: "Demo",
    agent: "Agent | None",
    levels: Levels,
    seed: int,
    file: Path | None,
    edits: list[str] | None,
    colours: list[str] | None,
) -> "Level | None":
    """The level to open with, or None where it is simply drawn from its seed."""
    if not (file or edits or colours):
        return None
    return edited(demo, level_of(demo, config_of(demo, agent, levels), seed, file), edits, colours)


def edit_run(run: "Run", at: int, edits: list[str] | None, colours: list[str] | None) -> None:
    """Edit a run under way: an object is put down again where it is told to be."""
    from ..rules.change import put

    if at >= run.steps:
        raise Wrong(f"This run ends at step {run.steps}; --at must be smaller.")
    level, moved = put(run.demo, run.level_at(at), edits or [], running=True)
    run.edit(at, edited(run.demo, level, None, colours), moved)


def writable(path: Path) -> None:
    """Refuse before any work a place where nothing can be written."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise Wrong(f"There is no folder '{folder}' to write '{path.name}' to; make it first.")
    if not os.access(folder, os.W_OK):
        raise Wrong(f"'{path.name}' cannot be written to '{folder}', which is read-only; choose another folder.")


def short(path: Path) -> str:
    """A path as one would type it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def command_line(*words: str, **options: Any) -> str:
    """The command line that says the same; options that are None, False or empty are left out."""
    parts = ["goalmisgen", *words]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            parts.append(flag)
        elif isinstance(value, list):
            parts += [part for item in value for part in (flag, str(item))]
        elif value is not None and value is not False:
            parts += [flag, str(value)]
    return shlex.join(parts)


def print_json(data: Any) -> None:
    typer.echo(json.dumps(data))


def write_table(path: Path, fresh: str, agents: Sequence[str]) -> None:
    """Write a bundled table: fresh rows, and of the other `agents` what the file says of them. Say so."""
    from ..files import write_text
    from ..study.tables import updated

    write_text(path, updated(path, fresh, agents))
    typer.echo(f"Wrote {short(path)}.", err=True)


@contextlib.contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error; call it with (what is being done, done, in all)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            key = what.partition(",")[0]
            if key not in tasks:
                tasks[key] = progress.add_task(what)
            progress.update(tasks[key], description=what, completed=done, total=total)

        yield told


def mean(found: dict[str, Any]) -> str:
    """A mean with its 95 % interval."""
    if found["mean"] is None:
        return "never came up"
    return f"{found['mean']:.2f}  [{found['low']:.2f}, {found['high']:.2f}]  n = {found['n']}"


def percent(rate: dict[str, float]) -> str:
    return f"{100 * rate['rate']:5.1f} %  [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
