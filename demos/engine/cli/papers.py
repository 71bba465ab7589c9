"""The command that writes anew what people read: films, README's gallery and the demos' pages."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import entry_of, short
from .root import app

if TYPE_CHECKING:
    from ..rules.entry import Entry


@app.command()
def papers(
    demo: Annotated[
        str | None, typer.Argument(metavar="[DEMO]", help="Whose films and figures of rates are made too.")
    ] = None,
) -> None:
    """Write anew what people read, from cards and recipes.

    README's gallery and the page of every demo, beside its agents; for one demo its films too: that of its page, and
    those that the app offers for slides.

    Example: goalmisgen papers coinrun
    """
    chosen = entry_of(demo) if demo else None
    _write()
    if chosen is None:
        return
    for words, file in made(chosen):
        file.parent.mkdir(exist_ok=True)
        app([*words, str(file)], prog_name="goalmisgen", standalone_mode=False)
    _write()  # the new films are shown


def made(demo: "Entry") -> list[tuple[list[str], Path]]:
    """The commands of a demo's pictures, all but the file they write to, and that file."""
    from ..agents.pretrained import folder
    from ..content import content
    from ..film.slides import pictures

    page = (folder(demo) / "README.md").read_text(encoding="utf-8")
    films = re.findall(r"^    goalmisgen (film .*--out) (pictures/\S+)$", page, re.M)
    found = [(shlex.split(words), content() / file) for words, file in films]
    for picture in pictures(demo):
        _, *words, _ = shlex.split(picture.command)
        if words[0] != "study":  # a study's command draws its figure where it belongs
            found.append((words, picture.file))
    return found


def _write() -> None:
    from ..content import content
    from ..files import write_text
    from .readme import rendered

    for name, text in rendered().items():
        path = content() / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
            typer.echo(f"Wrote {short(path)}.")
