"""What a page says about a view: its link, its command, its citation, its numbers. No Streamlit in here."""

import base64
import html
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...rules import edit as editing
from ...rules.edit import draw_level, object_names
from ...rules.entry import Entry
from ...rules.level import Level
from ...rules.world import Demo
from ..literature import reference
from ..text import UNMEASURED, LessonError, every_seed, rates_of
from .live import PLACE, Live, guesses

MARKS = {"o": "●", "s": "■", "^": "▲", "v": "▼", "X": "✖", "d": "◆"}  # the markers of figures, as letters

MEASURES = {
    "passed": "walked through the curtain",
    "value_peaks_before": "value highest before the curtain, of those that came to it",
}


def styles(demo: Entry) -> dict[str, tuple[str, str]]:
    """Colour and mark of every outcome: those of the figures."""
    from ...study.measure import outcome_styles  # not at the top, so that pages appear before torch is loaded

    return {name: (colour, MARKS[marker]) for name, (colour, marker) in outcome_styles(demo).items()}


def link(demo: Demo, level: Level, drawn: Level, agent: str, seed: int, levels: str, number: int) -> dict[str, str]:
    """The query of a link that restores a view: the level only where it is not simply drawn."""
    query = {"agent": agent, "seed": str(seed), "levels": levels, "number": str(number)}
    return query if np.array_equal(level, drawn) else query | {"level": editing.to_url(demo, level)}


def command(demo: Demo, live: Live, config: Any, agent: str, levels: str, number: int) -> str:
    """The `goalmisgen film` command that gives the run on the page; `level.txt` stands for the level to download."""
    run, drawn = live.runs[0], draw_level(demo, config, number)
    level = run.level
    parts = ["goalmisgen", "film", demo.name, "--agent", agent, "--seed", str(run.seed)]
    removed = bool(((level.objects[:, 0] < 0) & (drawn.objects[:, 0] >= 0)).any())
    adjusted = bool(demo.settings) and not np.array_equal(level.settings, drawn.settings)
    if (
        removed
        or adjusted
        or not np.array_equal(level.tiles, drawn.tiles)
        or not np.array_equal(level.looks, drawn.looks)
    ):
        parts += ["--level", "level.txt"]
    else:
        parts += ["--levels", levels, "--level-seed", str(number)]
        for slot, name in enumerate(object_names(demo)):
            if not np.array_equal(level.objects[slot], drawn.objects[slot]):
                parts += ["--edit", f"{name}={level.objects[slot, 0]:g},{level.objects[slot, 1]:g}"]
            if not np.array_equal(level.colours[slot], drawn.colours[slot]):
                parts += ["--colour", f"{name}={_hex(level.colours[slot])}"]
        for i, tile in enumerate(demo.tiles):
            if not np.array_equal(level.tile_colours[i], drawn.tile_colours[i]):
                parts += ["--colour", f"{tile.name}={_hex(level.tile_colours[i])}"]
        if len(run.edits) == 1 and np.array_equal(run.first, drawn):
            parts += ["--at", str(run.edits[0][0])]
    return shlex.join([*parts, "--out", f"{demo.name}.gif"])


def citations(demo: Entry) -> str:
    """The BibTeX entries of a demo's papers."""
    return "\n\n".join(reference(key).bibtex for key in demo.papers)


def table(demo: Entry, title: str, summary: dict[str, Any]) -> str:
    """Rates of one set of levels as HTML: a bar for the rate, a line for its 95 % interval."""
    rows = []
    for name, (colour, mark) in styles(demo).items():
        r = summary["outcomes"].get(name)
        if r is None:  # a table written before the world had this outcome
            continue
        rows.append(
            f'<tr><td style="padding:3px 10px 3px 0;white-space:nowrap"><span style="color:{colour}">{mark}</span> '
            f'{html.escape(name)}</td><td style="width:55%">{bar(r, colour)}</td>'
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


def legend(demo: Entry) -> str:
    """The outcomes with their colours and marks, in a row."""
    shown = "".join(
        f'<span style="margin-right:14px;white-space:nowrap"><span style="color:{colour}">{mark}</span> '
        f"{html.escape(name)}</span>"
        for name, (colour, mark) in styles(demo).items()
    )
    return f'<div style="line-height:1.7">{shown}</div>'


def divided(demo: Entry, title: str, summary: dict[str, Any]) -> str:
    """The rates of one condition as one divided bar; hovering a part tells its rate and interval."""
    parts = []
    for name, (colour, mark) in styles(demo).items():
        r = summary["outcomes"].get(name)
        if not r or not r["rate"]:
            continue
        share = 100 * r["rate"]
        told = html.escape(f"{name}: {share:.1f} % (95 % interval {100 * r['low']:.1f} to {100 * r['high']:.1f})")
        parts.append(
            f'<div title="{told}" style="width:{share:.2f}%;background:{colour};color:#fff;font-size:.85rem;'
            f'line-height:22px;text-align:center;overflow:hidden;white-space:nowrap;text-shadow:0 0 3px #000">'
            f"{f'{mark} {share:.0f} %' if share > 15 else ''}</div>"
        )
    return (
        f'<div style="margin:9px 0 3px;font-size:.95rem;line-height:1.3">{html.escape(title)}, n = {summary["n"]:,}'
        f'</div><div style="display:flex;height:22px;border-radius:4px;overflow:hidden">{"".join(parts)}</div>'
    )


def rates(demo: Entry, agents: list[str], levels: str, means: bool = True) -> str:
    """Measured rates as an HTML table: a row for each agent, a column for each outcome, bars with intervals.

    `means`: with a second table of what the demo counts.
    """
    shown = styles(demo)
    cell = "padding:3px 10px 3px 0;vertical-align:top"
    head = "".join(f'<th scope="col" style="{cell};text-align:left">{html.escape(name)}</th>' for name in shown)
    rows, counted, counts = [], [], set()
    for name, found in _measured(demo, agents, levels):
        label = f'<th scope="row" style="{cell};text-align:left;white-space:nowrap">{html.escape(name)}</th>'
        if found is None:
            rows.append(f'<tr>{label}<td colspan="{len(shown)}" style="{cell}">{UNMEASURED}</td></tr>')
            continue
        counts |= {int(found[outcome]["n"]) for outcome in shown}
        cells = "".join(
            f'<td style="{cell};width:22%">{bar(found[outcome], colour)}{rate(found[outcome])}</td>'
            for outcome, (colour, _) in shown.items()
        )
        rows.append(f"<tr>{label}{cells}</tr>")
        told = [found.get(name, {}) for name in demo.counted]
        cells = "".join(
            f'<td style="{cell};white-space:nowrap">{mean(r) if r.get("mean", r.get("rate")) is not None else "-"}</td>'
            for r in told
        )
        counted.append(f"<tr>{label}{cells}</tr>")
    what, ended = ("levels each", "How runs end on") if demo.kind == "grid" else ("each", "What came:")
    n = f", n = {' or '.join(f'{count:,}' for count in sorted(counts))} {what}" if counts else ""
    title = demo.conditions_told.get(levels, f"{levels} levels")
    return (
        f"<div><b>{ended} {html.escape(title)}</b>{n}, with 95 % intervals"
        f'<table style="width:100%;border-collapse:collapse;margin-top:6px;font-size:.9rem">'
        f"<tr><td></td>{head}</tr>{''.join(rows)}</table>{_counted(demo, counted) if means else ''}</div>"
    )


def _measured(demo: Entry, agents: list[str], levels: str) -> Iterator[tuple[str, dict[str, dict[str, float]] | None]]:
    """What was measured of each agent, `RECIPE:*` being every bundled seed."""
    for agent in agents:
        try:
            for name in every_seed(demo, agent):
                yield name, rates_of(demo, name, levels)
        except LessonError:
            yield agent, None


def _counted(demo: Entry, rows: list[str]) -> str:
    """Rows of means below the rates, in a world that counts."""
    if not demo.counted or not rows:
        return ""
    head = "".join(f'<th scope="col" style="text-align:left">{html.escape(name)}</th>' for name in demo.counted)
    style = "width:100%;border-collapse:collapse;margin-top:10px;font-size:.9rem"
    table = f'<table style="{style}"><tr><td></td>{head}</tr>{"".join(rows)}</table>'
    return f'<b>What was counted</b>, means<div style="overflow-x:auto">{table}</div>'


def image(svg: str, alt: str, widest: int) -> str:
    """A drawing as an HTML image of at most so many pixels, since Streamlit drops SVG written into HTML."""
    data = base64.b64encode(svg.encode()).decode()
    style = f"width:100%;max-width:{widest}px"
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{html.escape(alt, quote=True)}" style="{style}">'


def bar(r: dict[str, float], colour: str) -> str:
    """A rate as a bar, its 95 % interval as a line in it. `r`: {"rate", "low", "high"}, shares."""
    low, high = 100 * r["low"], 100 * r["high"]
    return (
        f'<div style="position:relative;height:18px;background:rgba(128,128,128,.18);border-radius:4px">'
        f'<div style="width:{100 * r["rate"]:.1f}%;height:18px;background:{colour};border-radius:4px"></div>'
        f'<div style="position:absolute;top:8px;left:{low:.1f}%;width:{high - low:.1f}%;height:2px;'
        f'background:currentColor"></div></div>'
    )


def rate(r: dict[str, float]) -> str:
    """A rate with its interval, in percent."""
    return f"{100 * r['rate']:.1f} % <small>({100 * r['low']:.1f} to {100 * r['high']:.1f})</small>"


def mean(r: Mapping[str, float]) -> str:
    """A mean with its interval."""
    return f"{r.get('mean', r.get('rate')):.2f} <small>({r['low']:.2f} to {r['high']:.2f})</small>"


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


def _hex(colour: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(c) for c in colour))
