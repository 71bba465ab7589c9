"""The first page of a folder of live figures: a site that anybody can put on any server, or open from disk."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from ...rules.entry import Entry
from ...rules.names import card
from .bundle import HERE

INTRO = (
    "Each of these was trained for one thing. Something else fits its training just as well. "
    "Open one, move its goal or change its question, and see what it does."
)
LIMITS = (
    "Real runs and answers of trained networks, computed before. "
    "For edits in mid-run and other levels, take the package."
)


class Shown(NamedTuple):
    """A figure of the folder: its demo, its file, and the file of a picture, if there is one."""

    demo: Entry
    file: str
    picture: str


def index(shown: Sequence[Shown], command: str) -> str:
    """The page as HTML."""
    cards = "\n".join(_card(each) for each in shown)
    styles = (HERE / "page.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="goalmisgen">
<title>Right reward, wrong goal</title>
<style>
{styles}</style>
</head>
<body>
<main>
<h1>Right reward, wrong goal</h1>
<p class="reward">{escape(INTRO)}</p>
<div class="cards">
{cards}
</div>
<footer>
<p>{escape(LIMITS)}</p>
<p>Made by <code>{escape(command)}</code>. CC BY 4.0, goalmisgen.</p>
</footer>
</main>
</body>
</html>
"""


def _card(each: Shown) -> str:
    told = card(each.demo)
    picture = f'<img src="{escape(each.picture)}" alt="" loading="lazy">' if each.picture else ""
    return (
        f'<a class="card" href="{escape(each.file)}"><span class="picture">{picture}</span>'
        f"<b>{escape(each.demo.question)}</b><span>{escape(told.line)}</span></a>"
    )
