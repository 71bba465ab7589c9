"""Rates and means as HTML: a bar with its interval, one divided bar, numbers in words; and drawings as images."""

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any

from ...rules.entry import Entry
from ...rules.names import ending
from ...rules.palette import outcome_marks
from .labels import outcome

GUESSED = "#2a8fb0"  # stands out on light and dark


def bar(r: dict[str, float], colour: str) -> str:
    """A rate as a bar, its 95 % interval as a line in it. `r`: {"rate", "low", "high"}, shares."""
    low, high = 100 * r["low"], 100 * r["high"]
    return (
        f'<div style="position:relative;height:18px;background:rgba(128,128,128,.18);border-radius:4px">'
        f'<div style="width:{100 * r["rate"]:.1f}%;height:18px;background:{colour};border-radius:4px"></div>'
        f'<div style="position:absolute;top:8px;left:{low:.1f}%;width:{high - low:.1f}%;height:2px;'
        f'background:currentColor"></div></div>'
    )


def ink(ground: str) -> str:
    """Black or white, whichever is read better on a colour `#rrggbb`."""
    red, green, blue = bytes.fromhex(ground[1:])
    return "#000" if 0.299 * red + 0.587 * green + 0.114 * blue > 100 else "#fff"  # as eyes weigh them


def divided(demo: Entry, title: str, summary: dict[str, Any]) -> str:
    """The rates of one condition as one divided bar; hovering a part tells its rate and interval."""
    parts = []
    for name, (colour, mark) in outcome_marks(demo).items():
        r = summary["outcomes"].get(name)
        if not r or not r["rate"]:
            continue
        share = 100 * r["rate"]
        told = html.escape(
            f"{ending(demo, name).chip}: {share:.1f} % (95 % interval {100 * r['low']:.1f} to {100 * r['high']:.1f})"
        )
        parts.append(
            f'<div title="{told}" style="width:{share:.2f}%;background:{colour};color:{ink(colour)};font-size:.85rem;'
            f'line-height:22px;text-align:center;overflow:hidden;white-space:nowrap">'
            f"{f'{mark} {share:.0f} %' if share > 15 else ''}</div>"
        )
    return (
        f'<div style="margin:9px 0 3px;font-size:.95rem;line-height:1.3">{html.escape(title)}, n = {summary["n"]:,}'
        f'</div><div style="display:flex;height:22px;border-radius:4px;overflow:hidden">{"".join(parts)}</div>'
    )


def guesses(options: Sequence[str], counts: Sequence[int], mine: int | None = None) -> str:
    """How many guessed each option, as a bar with its number; `mine`: the option to be marked as one's own."""
    most, rows = max(*counts, 1), []
    for i, (option, count) in enumerate(zip(options, counts, strict=True)):
        told = html.escape(option.replace("`", "")) + (" <b>(you)</b>" if i == mine else "")
        rows.append(
            f'<div style="margin:6px 0 2px;line-height:1.3">{told}</div>'
            f'<div style="display:flex;align-items:center;gap:8px"><div style="flex:1;height:14px;border-radius:4px;'
            f'background:rgba(128,128,128,.18)"><div style="width:{100 * count / most:.1f}%;height:14px;'
            f'border-radius:4px;background:{GUESSED}"></div></div>'
            f'<div style="width:2.2em;text-align:right;font-variant-numeric:tabular-nums">{count}</div></div>'
        )
    return "".join(rows)


def legend(demo: Entry) -> str:
    """The outcomes with their colours and marks, in a row."""
    shown = "".join(
        f'<span style="white-space:nowrap"><span style="color:{colour}">{mark}</span> {outcome(demo, name)}</span>'
        for name, (colour, mark) in outcome_marks(demo).items()
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0 14px;line-height:1.7">{shown}</div>'


def rate(r: dict[str, float]) -> str:
    """A rate with its interval, in percent."""
    return f"{100 * r['rate']:.1f} % <small>({100 * r['low']:.1f} to {100 * r['high']:.1f})</small>"


def mean(r: Mapping[str, float]) -> str:
    """A mean with its interval."""
    return f"{r.get('mean', r.get('rate')):.2f} <small>({r['low']:.2f} to {r['high']:.2f})</small>"


def image(svg: str, alt: str, widest: int) -> str:
    """A drawing as an HTML image of at most so many pixels, since Streamlit drops SVG written into HTML."""
    data = base64.b64encode(svg.encode()).decode()
    style = f"width:100%;max-width:{widest}px"
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{html.escape(alt, quote=True)}" style="{style}">'
