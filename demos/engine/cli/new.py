"""The command that begins a new demo."""

import keyword
import re
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from ... import NAMES
from ..content import content
from ..files import write_text
from .options import Wrong, short
from .root import app

SKELETON = Path(__file__).with_name("skeleton")
MOST_LETTERS = 40


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new demo, such as cheese_on_a_dish.")],
) -> None:
    """Begin a new demo: a grid world that runs, its lesson, its test and its line in the list.

    The world is a small one, to be changed into yours: a prize, and a sign that stands beside it in training.

    Example: goalmisgen new cheese_on_a_dish
    """
    _allowed(name)
    title = name.replace("_", " ").capitalize()
    lessons = content() / "lessons"
    number = 1 + max((int(path.name[:2]) for path in lessons.glob("[0-9][0-9]_*.md")), default=0)
    written = {
        content() / "demos" / f"{name}.py": "world.txt",
        lessons / f"{number:02d}_{name}.md": "lesson.txt",
        content() / "tests" / f"test_{name}.py": "test.txt",
    }
    there = next((path for path in written if path.exists()), None)
    if there:
        raise Wrong(f"{short(there)} is there already; choose another name, or remove it.")
    for path, skeleton in written.items():
        text = (SKELETON / skeleton).read_text(encoding="utf-8")
        write_text(path, Template(text).substitute(name=name, title=title))
    catalogue = content() / "demos" / "__init__.py"
    write_text(catalogue, listed(catalogue.read_text(encoding="utf-8"), name))
    typer.echo(f"Wrote {', '.join(map(short, written))}, and its line in {short(catalogue)}.")
    typer.echo(f"Next: goalmisgen train {name} beside; CONTRIBUTING says what follows.")


def listed(catalogue: str, name: str) -> str:
    """The text of the catalogue with this name at the end of its grid worlds."""
    return re.sub(r"(^WORLDS = \(\n.*?)(^\))", rf'\1    "{name}",\n\2', catalogue, count=1, flags=re.M | re.S)


def _allowed(name: str) -> None:
    """Raises Wrong where a demo cannot have this name, or none can be written."""
    if not (content() / "pyproject.toml").is_file():
        raise Wrong("A new demo is begun in a clone of the repository, where its files have their places.")
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or keyword.iskeyword(name) or len(name) > MOST_LETTERS:
        raise Wrong(
            f"'{name[:MOST_LETTERS]}' is no name of a demo; it takes small letters, digits and _, a letter first, "
            f"at most {MOST_LETTERS}."
        )
    if name in NAMES or name == "engine":
        raise Wrong(f"'{name}' is taken; choose another name.")
