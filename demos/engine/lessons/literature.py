"""The literature: citations of lessons/references.bib, short and in full."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..content import content


class UnknownReference(ValueError):
    """A key that is not in references.bib; the message is one sentence."""


@dataclass(frozen=True)
class Reference:
    """One work: `short` ("Langosco et al. (2022)"), `full` (one paragraph), `url`, `bibtex`, `note` (a caution)."""

    key: str
    short: str
    full: str
    url: str
    bibtex: str
    note: str


@cache
def reference(key: str) -> Reference:
    """The work of this key. Raises UnknownReference."""
    from pybtex.database import parse_string
    from pybtex.richtext import Text

    source = _sources().get(key)
    if source is None:
        raise UnknownReference(f"There is no '{key[:60]}' in references.bib; cite one of its keys, or add it there.")
    entry = parse_string(source, "bibtex").entries[key]
    url, note = entry.fields.get("url", ""), str(Text.from_latex(entry.fields.get("note", "")))
    for name in ("url", "note", "eprint", "doi"):  # the link stands beside it, the note apart
        entry.fields.pop(name, None)
    if entry.type == "misc" and "howpublished" not in entry.fields:
        entry.fields["howpublished"] = "arXiv" if "arxiv.org" in url else "online"
    full = _style().format_entry("", entry).text.render_as("text")
    return Reference(key, _short(entry), full, url, source, note)


@cache
def _sources() -> dict[str, str]:
    """Every entry of references.bib as it stands there, by key."""
    text = (content() / "lessons" / "references.bib").read_text(encoding="utf-8")
    return {m[1]: m[0] for m in re.finditer(r"^@\w+\{([^,]+),.*?^\}", text, re.M | re.S)}


@cache
def _style() -> Any:
    from pybtex.style.formatting.unsrt import Style

    return Style()


def _short(entry: Any) -> str:
    names = [" ".join(part.render_as("text") for part in who.rich_last_names) for who in entry.persons["author"]]
    names = [name.removeprefix("Langosco Di ") for name in names]  # as the paper is cited
    who = f"{names[0]} et al." if len(names) > 2 or "others" in names else " and ".join(names)
    return f"{who} ({entry.fields['year']})"
