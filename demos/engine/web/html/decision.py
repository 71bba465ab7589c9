"""What pages of decision demos say in HTML: bars, the phase diagram, the paper's table. No Streamlit in here."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from ...lessons.literature import reference
from ...lessons.numbers_in_text import UNMEASURED, every_seed
from ...rules.decision import DecisionDemo, Slider
from ...rules.palette import BLUE, ORANGE
from . import bars
from .labels import agent as named
from .labels import outcome

FAINT = "rgba(128,128,128,.18)"
COLOURS = ("#009e73", "#b0558a", "#d55e00", "#3d7ea6", "#8a7f00", "#6b6b6b")  # of outcomes, in the demo's order
MARKS = "●■▲▼◆✚"
EDGE = "padding:4px 14px 4px 0;text-align:left;border-bottom:1px solid rgba(128,128,128,.3)"


def share(value: float | None) -> str:
    """A share in percent, or that it never came up."""
    return "never came up" if value is None else f"{100 * value:.1f} %"


def bar(value: float | None, colour: str) -> str:
    """A share between 0 and 1 as a bar."""
    width = 0.0 if value is None else 100 * min(max(value, 0.0), 1.0)
    return (
        f'<div style="height:18px;background:{FAINT};border-radius:4px">'
        f'<div style="width:{width:.1f}%;height:18px;background:{colour};border-radius:4px"></div></div>'
    )


def _row(label: str, drawn: str, number: str, above: bool = False) -> str:
    edge = "border-top:1px solid rgba(128,128,128,.35);" if above else ""
    return (
        f'<tr style="{edge}"><td style="padding:4px 12px 4px 0;line-height:1.3">{label}</td>'
        f'<td style="width:46%">{drawn}</td>'
        f'<td style="padding-left:12px;white-space:nowrap;text-align:right">{number}</td></tr>'
    )


def compared(demo: DecisionDemo, told: Mapping[str, Mapping[str, float | None]]) -> str:
    """Who does what, exactly, as bars: for each quantity a row for each of those who choose.

    `told`: who -> `study.solve.quantities`.
    """
    colours = dict(zip(told, (BLUE, ORANGE), strict=False))
    rows = []
    first = demo.deeds[0] if demo.deeds else ""
    for each in demo.situations if demo.deeds else ():
        for i, (who, values) in enumerate(told.items()):
            head = f'<b title="{html.escape(each.about)}">{html.escape(first)}, {html.escape(each.name)}</b>' * (i == 0)
            value = values[f"{first}, {each.name}"]
            rows.append(_row(_label(head, who), bar(value, colours[who]), share(value), i == 0))
    if len(demo.situations) > 1 and demo.deeds:
        here, there = (each.name for each in demo.situations[:2])
        for i, (who, values) in enumerate(told.items()):
            gap = values["gap"]
            points = "never came up" if gap is None else f"<b>{100 * round(gap, 4) + 0.0:+.1f} points</b>"
            head = f"<b>gap</b>, {html.escape(here)} less {html.escape(there)}" * (i == 0)
            rows.append(_row(_label(head, who), _span(gap, colours[who]), points, i == 0))
    for i, (who, values) in enumerate(told.items()):
        parts = {name: values[name] or 0.0 for name in demo.outcomes}
        rows.append(_row(_label("<b>how runs end</b>" * (i == 0), who), stacked(parts), "", i == 0))
    style = "width:100%;border-collapse:collapse;font-size:.95rem"
    return f'<table style="{style}">{"".join(rows)}</table>{legend(demo)}'


def _label(head: str, who: str) -> str:
    return f'{head}<div style="font-size:.85rem;opacity:.85">{html.escape(who)}</div>'


def _span(gap: float | None, colour: str) -> str:
    """A difference from -1 to 1 as a bar from the middle."""
    value = 0.0 if gap is None else min(max(gap, -1.0), 1.0)
    left, width = 50 + 50 * min(value, 0), 50 * abs(value)
    return (
        f'<div style="position:relative;height:18px;background:{FAINT};border-radius:4px">'
        f'<div style="position:absolute;left:{left:.1f}%;width:{width:.1f}%;height:18px;background:{colour}"></div>'
        f'<div style="position:absolute;left:50%;width:1px;height:18px;background:currentColor"></div></div>'
    )


def stacked(parts: Mapping[str, float]) -> str:
    """Shares that add up to 1 as one bar; each wide enough part says its percentage."""
    cells = "".join(
        f'<div title="{html.escape(name)}: {share(value)}" style="width:{100 * value:.2f}%;background:{colour};'
        f'color:{bars.ink(colour)};font-size:.75rem;line-height:18px;text-align:center;overflow:hidden;white-space:nowrap">'
        f"{f'{mark} {100 * value:.0f} %' if value > 0.12 else ''}</div>"
        for (name, value), colour, mark in zip(parts.items(), COLOURS, MARKS, strict=False)
    )
    return f'<div style="display:flex;height:18px;background:{FAINT};border-radius:4px;overflow:hidden">{cells}</div>'


def legend(demo: DecisionDemo) -> str:
    """The outcomes with their colours and marks."""
    each = "".join(
        f'<span style="white-space:nowrap"><span style="color:{colour}">{mark}</span> {outcome(demo, name)}</span>'
        for name, colour, mark in zip(demo.outcomes, COLOURS, MARKS, strict=False)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0 14px;font-size:.85rem;margin-top:6px">{each}</div>'


def phase(
    title: str, x: Slider, y: Slider, xs: Sequence[float], ys: Sequence[float], cells: Sequence[Sequence[float | None]],
    here: tuple[float, float],
) -> str:  # fmt: skip
    """A quantity over two sliders: a grid of numbers in percent, the darker the larger; a frame marks where one is.

    `cells[i][j]` belongs to `ys[i]` and `xs[j]`; `here`: the sliders' present values, x and y.
    """
    at = min(xs, key=lambda v: abs(v - here[0])), min(ys, key=lambda v: abs(v - here[1]))
    side = 'style="text-align:right;padding:2px 8px;font-weight:400;white-space:nowrap"'
    rows = []
    for value, row in reversed(list(zip(ys, cells, strict=True))):
        drawn = "".join(_cell(cell, (across, value) == at) for across, cell in zip(xs, row, strict=True))
        rows.append(f'<tr><th scope="row" {side}>{value:g}</th>{drawn}</tr>')
    foot = "".join(f'<th scope="col" style="padding:2px;font-weight:400">{value:g}</th>' for value in xs)
    return (
        f'<div style="overflow-x:auto"><table style="border-collapse:separate;border-spacing:2px;font-size:.8rem;'
        f'text-align:center">'
        f'<caption style="text-align:left;font-size:.95rem"><b>{html.escape(title)}</b>, in percent, of the planner'
        f'</caption><tr><th {side}>{html.escape(y.title)} ↑</th><td colspan="{len(xs)}"></td></tr>{"".join(rows)}'
        f'<tr><td></td>{foot}</tr><tr><td></td><th colspan="{len(xs)}" style="font-weight:400">{html.escape(x.title)} →'
        f"</th></tr></table></div>"
    )


def _cell(value: float | None, here: bool) -> str:
    frame = "outline:3px solid currentColor;outline-offset:-2px;" if here else ""
    if value is None:
        return f'<td style="{frame}min-width:38px;height:26px;opacity:.5">–</td>'
    colour = "0,114,178" if value >= 0 else "230,159,0"
    ink = "#fff" if abs(value) > 0.6 and value > 0 else "inherit"
    return (
        f'<td style="{frame}min-width:38px;height:26px;border-radius:3px;'
        f'background:rgba({colour},{0.08 + 0.92 * min(abs(value), 1):.2f})">'
        f'<span style="color:{ink}">{100 * value + 0.0:.0f}</span></td>'
    )


def published(demo: DecisionDemo) -> str:
    """The rows of the paper's own table; a pair of numbers is a value and its interval, in percent."""
    columns = list(dict.fromkeys(name for row in demo.published for name in row if name != "key"))
    head = "".join(f'<th scope="col" style="{EDGE}">{html.escape(name.replace("_", " "))}</th>' for name in columns)
    rows = ""
    for row in demo.published:
        cells = (f'<td style="{EDGE}">{_told(row.get(name))}</td>' for name in columns)
        rows += f"<tr>{''.join(cells)}</tr>"
    works = ", ".join(dict.fromkeys(reference(row["key"]).short for row in demo.published))
    return (
        f'<div style="overflow-x:auto"><table style="border-collapse:collapse;font-size:.9rem">'
        f'<caption style="text-align:left"><b>Published</b>: {html.escape(works)}</caption>'
        f"<tr>{head}</tr>{rows}</table></div>"
    )


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        middle, reach = value
        return f"{middle:g} %" + (f" <small>± {reach:g}</small>" if reach is not None else "")
    return "-" if value is None else html.escape(f"{value:,}" if isinstance(value, int) else str(value))


def measured(demo: DecisionDemo, cards: Mapping[str, Mapping[str, Any]], part: str) -> str:
    """Measured rates of one part of the cards, a row for each agent, bars with 95 % intervals."""
    found = {name: card["measured"]["levels"].get(part) for name, card in cards.items()}
    found = {name: told for name, told in found.items() if told}
    if not found:
        return ""
    names = list(next(iter(found.values()))["outcomes"])
    cell = "padding:3px 12px 3px 0;text-align:left;vertical-align:top"
    head = "".join(f'<th scope="col" style="{cell}">{html.escape(name)}</th>' for name in names)
    measures = [name for name, told in next(iter(found.values()))["measures"].items() if name != "choices" and told]
    head += "".join(f'<th scope="col" style="{cell}">{html.escape(name)}</th>' for name in measures)
    rows = []
    for agent, told in found.items():
        cells = "".join(
            f'<td style="{cell};min-width:95px">{bars.bar(told["outcomes"][name], colour)}'
            f"{bars.rate(told['outcomes'][name])}</td>"
            for name, colour in zip(names, COLOURS, strict=False)
        )
        cells += "".join(f'<td style="{cell}">{_mean(told["measures"][name])}</td>' for name in measures)
        label = f'<th scope="row" style="{cell}">{named(demo, agent)}</th>'
        rows.append(f"<tr>{label}{cells}</tr>")
    counts = " or ".join(f"{n:,}" for n in sorted({told["n"] for told in found.values()}))
    return (
        f'<div style="overflow-x:auto"><table style="width:100%;border-collapse:collapse;font-size:.88rem">'
        f"<tr><td></td>{head}</tr>{''.join(rows)}</table></div><small>n = {counts} each, with 95 % intervals</small>"
    )


def measured_in(demo: DecisionDemo, agents: Sequence[str], part: str) -> str:
    """The same for agents as lessons write them, under the name of the part."""
    from ...study.cards import cards_of  # not at the top, so that pages appear before torch is loaded

    every, names = cards_of(demo), [name for words in agents for name in every_seed(demo, words)]
    drawn = measured(demo, {name: every[name] for name in names if name in every}, part)
    abouts = {each.name: f"what was done where {each.name}: {each.about}" for each in demo.situations}
    title = abouts.get(part, f"how runs ended, {'as trained' if part == 'training' else part}")
    return f"<b>{html.escape(title.capitalize())}</b>{drawn or UNMEASURED}"


def _mean(told: Mapping[str, float]) -> str:
    return "never came up" if told["mean"] is None else bars.mean(told)
