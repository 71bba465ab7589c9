"""What was measured, and what was guessed, as HTML tables."""

import html
from collections.abc import Iterator, Mapping
from typing import Any

from ...lessons.catalogue import LessonError
from ...lessons.numbers_in_text import UNMEASURED, every_seed, rates_of
from ...rules.entry import Entry
from ...rules.palette import outcome_marks
from ...rules.world import Demo
from ..components.canvas.live import PLACE, guesses
from .bars import bar, mean, rate
from .labels import agent, outcome


def table(demo: Entry, title: str, summary: dict[str, Any]) -> str:
    """Rates of one set of levels as HTML: a bar for the rate, a line for its 95 % interval."""
    rows = []
    for name, (colour, mark) in outcome_marks(demo).items():
        r = summary["outcomes"].get(name)
        if r is None:  # a table written before the world had this outcome
            continue
        rows.append(
            f'<tr><td style="padding:3px 10px 3px 0;white-space:nowrap"><span style="color:{colour}">{mark}</span> '
            f'{outcome(demo, name)}</td><td style="width:55%">{bar(r, colour)}</td>'
            f'<td style="padding-left:10px;white-space:nowrap;text-align:right">{rate(r)}</td></tr>'
        )
    head = f"<b>{html.escape(title)}</b>, n = {summary['n']:,}"
    for name, about in demo.counted.items():
        found = summary.get("measures", {}).get(name)
        if found and found.get("mean", found.get("rate")) is not None:
            rows.append(
                f'<tr><td colspan="2" style="padding:3px 10px 3px 0" title="{html.escape(about)}">'
                f'{html.escape(name)}</td><td style="padding-left:10px;white-space:nowrap;text-align:right">'
                f"{rate(found) if 'rate' in found else mean(found)}</td></tr>"
            )
    return f'<div>{head}<table style="width:100%;border-collapse:collapse;margin-top:6px">{"".join(rows)}</table></div>'


def rates(demo: Entry, agents: list[str], levels: str, means: bool = True) -> str:
    """Measured rates as an HTML table: a row for each agent, a column for each outcome, bars with intervals.

    `means`: with a second table of what the demo counts.
    """
    shown = outcome_marks(demo)
    cell = "padding:3px 10px 3px 0;vertical-align:top"
    head = "".join(f'<th scope="col" style="{cell};text-align:left">{outcome(demo, name)}</th>' for name in shown)
    rows, counted, counts = [], [], set()
    for name, found in _measured(demo, agents, levels):
        label = f'<th scope="row" style="{cell};text-align:left">{agent(demo, name)}</th>'
        if found is None:
            rows.append(f'<tr>{label}<td colspan="{len(shown)}" style="{cell}">{UNMEASURED}</td></tr>')
            continue
        counts |= {int(found[each]["n"]) for each in shown if each in found}
        cells = "".join(
            f'<td style="{cell};width:22%">{bar(found[each], colour)}{rate(found[each])}</td>'
            if each in found  # cards written before the world had this outcome lack it
            else f'<td style="{cell}">-</td>'
            for each, (colour, _) in shown.items()
        )
        rows.append(f"<tr>{label}{cells}</tr>")
        told = [found.get(name, {}) for name in demo.counted]
        cells = "".join(
            f'<td style="{cell};white-space:nowrap">{mean(r) if r.get("mean", r.get("rate")) is not None else "-"}</td>'
            for r in told
        )
        counted.append(f"<tr>{label}{cells}</tr>")
    n = f", n = {' or '.join(f'{count:,}' for count in sorted(counts))} {demo.words.n}" if counts else ""
    title = demo.conditions_told.get(levels, f"{levels} levels")
    return (
        f"<div><b>{demo.words.ended} {html.escape(title)}</b>{n}, with 95 % intervals"
        f'<table style="width:100%;border-collapse:collapse;margin-top:6px;font-size:.9rem">'
        f"<tr><td></td>{head}</tr>{''.join(rows)}</table>{_counted(demo, counted) if means else ''}</div>"
    )


def _measured(demo: Entry, agents: list[str], levels: str) -> Iterator[tuple[str, dict[str, dict[str, float]] | None]]:
    """What was measured of each agent, `RECIPE:*` being every bundled seed."""
    for words in agents:
        try:
            for name in every_seed(demo, words):
                yield name, rates_of(demo, name, levels)
        except LessonError:
            yield words, None


def _counted(demo: Entry, rows: list[str]) -> str:
    """Rows of means below the rates, in a world that counts."""
    if not demo.counted or not rows:
        return ""
    head = "".join(f'<th scope="col" style="text-align:left">{html.escape(name)}</th>' for name in demo.counted)
    style = "width:100%;border-collapse:collapse;margin-top:10px;font-size:.9rem"
    table = f'<table style="{style}"><tr><td></td>{head}</tr>{"".join(rows)}</table>'
    return f'<b>What was counted</b>, means<div style="overflow-x:auto">{table}</div>'


def tally(demo: Demo, counts: Mapping[tuple[str, str, bool], int]) -> str:
    """Guesses against what came, as an HTML table: a row for each guess, a column for each outcome."""
    came = guesses(demo)
    cell = '<td style="padding:2px 8px;text-align:right">'
    head = "".join(f'<th scope="col" style="padding:2px 8px">{html.escape(name)}</th>' for name in came)
    rows = []
    for guess in (*came, PLACE):
        found = {key: n for key, n in counts.items() if key[0] == guess}
        cells = "".join(f"{cell}{sum(n for key, n in found.items() if key[1] == name) or '·'}</td>" for name in came)
        right = sum(n for key, n in found.items() if key[2])
        score = f"{right} of {sum(found.values())}" if found else "·"
        rows.append(
            f'<tr><th scope="row" style="text-align:left">{html.escape(guess)}</th>{cells}{cell}{score}</td></tr>'
        )
    return (
        '<table style="border-collapse:collapse;font-size:.85rem"><caption style="text-align:left">'
        "Your guesses (rows) and what came</caption>"
        f'<tr><td></td>{head}<th scope="col" style="padding:2px 8px">right</th></tr>{"".join(rows)}</table>'
    )
