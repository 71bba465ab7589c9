"""Commands for talks: present one, with votes by phone and notes for the presenter; record one; begin one."""

import json
import re
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated

import typer

from ... import NAMES, grid_entry
from ..files import read_bytes, write_text
from ..web.servers import EVERYWHERE, url_of, way_out
from .options import LevelsSeed, Wrong, bar, entry_of, short, writable
from .root import app
from .serve import PORT

if TYPE_CHECKING:
    from ..stage.polling import Polling
    from ..stage.present import Presentation
    from ..stage.prompter import Prompter

SKELETON = Path(__file__).with_name("skeleton") / "talk.txt"
LOCAL = "127.0.0.1"
LEAST, MOST = 320, 4096  # pixels of a picture's side
MOST_NOTED = 100_000  # bytes of the note where talks were left
NO_NETWORK = "No network was found, so nobody can vote by phone: type the counts."


@app.command()
def present(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A bundled talk or lesson by name, or a .md or .json file.")
    ],
    display: Annotated[int, typer.Option(min=0, help="Which screen.")] = 0,
    window: Annotated[bool, typer.Option("--window", help="In a window instead of full screen.")] = False,
    number: Annotated[
        int, typer.Option("--from", min=1, metavar="N", help="Begin with the step of this number, as on screen.")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the step that was on when it was last presented here.")
    ] = False,
    votes: Annotated[bool, typer.Option("--votes", help="Let the hall vote by phone.")] = False,
    presenter: Annotated[
        bool, typer.Option("--presenter", help="Open a page with notes, what comes next, and a clock.")
    ] = False,
    pictures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write every page there as a PNG, and show nothing.")
    ] = None,
    size: Annotated[tuple[int, int], typer.Option(metavar="W H", help="Of these pictures.")] = (1920, 1080),
    port: Annotated[int, typer.Option(min=1024, max=65525, help="Of both pages; where taken, one of the next.")] = PORT,
    address: Annotated[str, typer.Option(help="Of this machine, where phones reach it; 0.0.0.0 finds it.")] = "0.0.0.0",
    browser: Annotated[bool, typer.Option(help="Open the presenter's page in the browser.")] = True,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the votes are written; default: here, with the time.")
    ] = None,
) -> None:
    """Step through a talk or lesson with a clicker.

    All is shown as recorded; `c` takes a run over, `?` shows the keys. GOALMISGEN_GROUND=light is for bright rooms.

    Example: goalmisgen present 12_minutes --votes --presenter
    """
    from ..lessons import talk
    from ..stage import window as stage
    from ..stage.present import Presentation

    path = talk.find(what)
    if csv is not None:
        writable(csv)
    with bar() as told:
        script = talk.open_talk(path, partial(told, "rolling out the runs"))
    if pictures:
        raise typer.Exit(_photographed(Presentation(script), pictures, size))
    number = min(_left_at(path), len(script.steps)) if resume else number
    if number > len(script.steps):
        raise Wrong(f"--from must be a step of {path.stem}, from 1 to {len(script.steps)}.")
    out = csv or (Path(f"votes_{path.stem}_{datetime.now():%Y-%m-%d_%H%M}.csv") if votes else None)
    with _hosted(script.title, votes, presenter, address, port, browser) as (polling, prompter):
        presentation = Presentation(script, not window, number, polling, prompter)
        if votes and polling is None:
            presentation.say(NO_NETWORK)
        presentation.keep = lambda: _while_on(presentation, out, path)
        try:
            status = stage.present(presentation, display)
        finally:
            counted = _keep(presentation, out)
            if counted:
                typer.echo(f"{out} has the counts of {counted} vote{'' if counted == 1 else 's'}.")
    raise typer.Exit(status)


def _photographed(presentation: "Presentation", folder: Path, size: tuple[int, int]) -> int:
    """Write the pages of a talk as pictures; returns the exit status."""
    from ..stage import window as stage

    if not all(LEAST <= pixels <= MOST for pixels in size):
        raise Wrong(f"--size must be a width and a height from {LEAST} to {MOST} pixels.")
    typer.echo(f"Wrote {stage.pictures(presentation, folder, size)} pictures to {folder}.")
    return 0


@contextmanager
def _hosted(
    title: str, votes: bool, presenter: bool, address: str, port: int, browser: bool
) -> Iterator[tuple["Polling | None", "Prompter | None"]]:
    """The pages of a talk, served while it lasts: what links the hall with the stage, and the presenter with it."""
    host = way_out(address) if votes else None
    if votes and host is None:
        typer.echo(NO_NETWORK)
    if host is None and not presenter:
        yield None, None
        return
    from ..stage.hall import Hall
    from ..stage.polling import Polling
    from ..stage.prompter import Prompter
    from ..stage.server import serving

    hall, prompter = Hall(title) if host else None, Prompter() if presenter else None
    with serving(hall, prompter, address if host else LOCAL, port) as found:
        polling = Polling(hall, url_of(host, found)) if hall and host else None
        if polling:
            typer.echo(f"The hall votes at {polling.address}, which everybody on this network can open.")
        if prompter:
            own = LOCAL if host is None or address in EVERYWHERE else host
            page = f"{url_of(own, found)}/presenter/{prompter.key}"
            typer.echo(f"Your own page, for nobody else: {page}")
            if browser:
                webbrowser.open(page)
        yield polling, prompter


def _places() -> Path:
    import platformdirs

    return platformdirs.user_state_path("goalmisgen") / "talks.json"


def _noted() -> dict[str, int]:
    """The step at which each talk was left, by its file; what cannot be read is forgotten."""
    try:
        found = json.loads(read_bytes(_places(), MOST_NOTED))
    except (OSError, ValueError, RecursionError):
        return {}
    told = found.items() if isinstance(found, dict) else ()
    return {name: step for name, step in told if isinstance(step, int) and step >= 1}


def _left_at(path: Path) -> int:
    """The step, from 1, at which a talk was left on this machine; the first where that is not known."""
    return _noted().get(str(path.resolve()), 1)


def _note(path: Path, step: int) -> None:
    """Keep the step of a talk that is on; a full disk does not end it."""
    noted = _noted()
    noted.pop(str(path.resolve()), None)
    kept = dict(list(noted.items())[-99:]) | {str(path.resolve()): step}
    with suppress(OSError):
        _places().parent.mkdir(parents=True, exist_ok=True)
        write_text(_places(), json.dumps(kept))


def _keep(presentation: "Presentation", out: Path | None) -> int:
    """Write the votes of a talk so far as a table, where there are any; returns how many."""
    from ..lessons.vote import as_csv

    counted = presentation.counted()
    if out is not None and counted:
        write_text(out, as_csv(counted))
        return len(counted)
    return 0


def _while_on(presentation: "Presentation", out: Path | None, path: Path) -> None:
    """Write the votes so far, and at which step a talk stands; a full disk does not end it."""
    _note(path, presentation.number + 1)
    try:
        _keep(presentation, out)
    except OSError as error:
        presentation.say(f"The votes could not be written: {error.strerror}.")


@app.command()
def record(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A bundled talk or lesson by name, or a .md file.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="What to write: .json.")],
) -> None:
    """Record a talk or lesson with its runs, to be presented without the network.

    Example: goalmisgen record lessons/talks/12_minutes.md --out talk.json
    """
    from ..lessons import talk
    from ..lessons.lesson import load_lesson

    script = talk.find(what).with_suffix(".md")
    if out.suffix != ".json":
        raise Wrong(f"'{out.name}' is not a .json file, which a recorded talk is.")
    writable(out)
    with bar() as told:
        data = talk.record(load_lesson(script), lambda done, all_: told("rolling out the runs", done, all_))
    talk.save(data, out)
    typer.echo(f"Wrote {short(out)}.")


@app.command("new-talk")
def new_talk(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new talk, such as my_talk.")],
    audit: Annotated[
        str, typer.Option(metavar="DEMO", help="The audit game instead: masked agents, a vote on what each follows.")
    ] = "",
    seed: LevelsSeed = 1,
) -> None:
    """Begin a talk of your own: a script that runs, here in this folder, to be changed into yours.

    Example: goalmisgen new-talk my_talk
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,39}", name):
        raise Wrong(f"'{name[:40]}' is no name of a talk; it takes letters, digits, _ and -, at most 40.")
    out = Path(f"{name}.md")
    if out.exists():
        raise Wrong(f"{out} is there already; choose another name, or remove it.")
    title = name.replace("_", " ").capitalize()
    write_text(
        out, _audit(audit, title, seed) if audit else Template(SKELETON.read_text("utf-8")).substitute(title=title)
    )
    typer.echo(f"Wrote {out}. Next: goalmisgen present {out} --presenter")


def _audit(demo: str, title: str, seed: int) -> str:
    """The script of an audit game on a stage."""
    from ..detect.audit import TECHNIQUE
    from ..lessons.audit_talk import audit_talk

    world = entry_of(demo)
    if not TECHNIQUE.able(world):
        able = ", ".join(each for each in NAMES if TECHNIQUE.able(entry_of(each)))
        raise Wrong(f"The audit game cannot be played on {world.name}; these can: {able}.")
    return audit_talk(grid_entry(demo), title, seed)
