"""What every live figure says: of itself, and of whoever acts in it."""

from collections.abc import Sequence
from typing import Any

from ...agents.called import label, line
from ...film.files import LICENCE
from ...lessons.literature import reference
from ...rules.entry import Entry
from ...rules.names import ending
from ...rules.palette import outcome_marks


def words_of(demo: Entry, caption: str | None, command: str) -> dict[str, Any]:
    """The question, what training paid, how outcomes are marked, the command that made it, works and licence."""
    styles = outcome_marks(demo)
    return {
        "demo": demo.name,
        "question": caption or demo.question,
        "reward": f"{demo.reward} {demo.fits_too}",
        "outcomes": {
            "names": [ending(demo, name).chip for name in styles],
            "colours": [colour for colour, _ in styles.values()],
            "marks": [mark for _, mark in styles.values()],
        },
        "command": command,
        "cite": [[reference(key).short, reference(key).url] for key in demo.papers],
        "licence": LICENCE,
    }


def called(demo: Entry, names: Sequence[str]) -> list[dict[str, str]]:
    """What agents are called: which network of its training one is stands below it, unless they differ by that only."""
    apart = [label(demo, name).partition(" · ") for name in names]
    short = len({told for told, _, _ in apart}) == len(names)
    return [
        {
            "label": told if short else label(demo, name),
            "line": f"{line(demo, name)} {which.capitalize()}{'.' * bool(which)}".strip(),
        }
        for name, (told, _, which) in zip(names, apart, strict=True)
    ]
