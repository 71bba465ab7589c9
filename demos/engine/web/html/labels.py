"""Trainings, agents and outcomes as HTML: in words, their short names where one hovers or small below."""

import html

from ...agents.called import label
from ...rules.entry import Entry
from ...rules.names import ending


def outcome(demo: Entry, name: str) -> str:
    """An outcome in words."""
    return f'<span title="{html.escape(name, quote=True)}">{html.escape(ending(demo, name).chip)}</span>'


def agent(demo: Entry, name: str) -> str:
    """An agent in words, for the head of a row of a table, its short name small below."""
    called = label(demo, name)
    short = f'<br><small style="opacity:.75">{html.escape(name)}</small>' if called != name else ""
    return f"{html.escape(called)}{short}"
