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

    README's gallery and the page of every demo, beside its agents. For one demo first the cards of agents that came in,
    and its studies with them; then its films too: that of its page, and those that the app offers for slides.

    Example: goalmisgen papers coinrun
    """
    chosen = entry_of(demo) if demo else None
    if chosen is None:
        _write()
        return
    for words in lacking(chosen):
        _call(words)
    _write()
    for words, file in made(chosen):
        file.parent.mkdir(exist_ok=True)
        _call([*words, str(file)])
    _write()  # the new films are shown


def lacking(demo: "Entry") -> list[list[str]]:
    """The commands that measure the agents without a card, and that bring the demo's studies up to date."""
    from ..agents.pretrained import agent_names
    from ..study.cards import card_of
    from ..study.studies import studies

    fresh = [name for name in agent_names(demo) if card_of(demo, name) is None]
    cards = [["measure", demo.name, "--agent", name, "--card"] for name in fresh]
    return cards + [["study", name, "--no-train"] for name, study in studies().items() if study.demo == demo.name]


def _call(words: list[str]) -> None:
    app(words, prog_name="goalmisgen", standalone_mode=False)


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
