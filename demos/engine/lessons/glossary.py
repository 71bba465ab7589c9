"""The words with a sense of their own, and texts in which each of them tells what it means where one hovers."""

import re
from functools import cache

import yaml

from ..content import content
from .shares import hovered

# what stays as it is: code, HTML with what it holds, headings, images, links and their addresses
_LEFT = r"```.*?```|`[^`]*`|<abbr.*?</abbr>|<[^>]*>|^#.*?$|!?\[[^\]]*\]\([^)]*\)|\{[^{}]*\}"


@cache
def meanings() -> dict[str, str]:
    """What each form of a term means, by form; in lower case."""
    told = yaml.safe_load((content() / "lessons" / "glossary.yaml").read_text(encoding="utf-8"))
    return {form: each["says"] for term, each in told.items() for form in (term, *each["forms"])}


@cache
def _found() -> re.Pattern[str]:
    forms = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in sorted(meanings(), key=len, reverse=True))
    return re.compile(rf"(?P<left>{_LEFT})|\b(?P<term>{forms})\b", re.I | re.S | re.M)


def explained(text: str) -> str:
    """Markdown in which the first of the forms of each term tells its meaning where one hovers or has the focus."""
    met: set[str] = set()

    def told(found: re.Match[str]) -> str:
        if found["left"] is not None:
            return found[0]
        says = meanings()[" ".join(found["term"].lower().split())]
        if says in met:
            return found[0]
        met.add(says)
        return hovered(found[0], says)

    return _found().sub(told, text)
