"""One agent at six moments of its training: a slider for the run on the canvas, and what was measured at each age."""

import base64
import html
from typing import Any

import streamlit as st

from ...rules.world import Demo
from . import words

CAPABLE = 0.9  # skill carries over: shifted levels reach a named goal at least this often, against training levels
_LEFT, _TOP, _WIDE, _TALL = 40, 12, 420, 190  # the plot inside its picture, in pixels


def ages(demo: Demo, agent: str) -> list[int]:
    """The ages of an agent in steps, ascending, the last that of the agent itself; empty where none was kept."""
    from ...agents.pretrained import agent_names, ages_of

    return ages_of(demo, agent) if agent in agent_names(demo) else []


def label(steps: int) -> str:
    """Steps in short: 24 k, 1.2 M."""
    return f"{steps / 1e6:g} M" if steps >= 1_000_000 else f"{steps / 1e3:g} k"


def tab(demo: Demo, agent: str, key: str) -> None:
    """The slider of ages, the chart beside it, and the two answers. `key`: of the slider; the page reads it."""
    from ...study.ages import read_ages

    kept = ages(demo, agent)
    if not kept:
        named = ", ".join(name for name in demo_agents(demo) if ages(demo, name)) or "none"
        st.caption(f"No copies of {agent} were kept along its training; they were kept of: {named}.")
        return
    left, right = st.columns([1, 1.3], gap="large")
    twice = len(kept) > 1 and kept[-1] == 2 * kept[-2]

    def said(steps: int) -> str:
        return f"{label(steps)} steps" + (" (twice as long as the one before)" if twice and steps == kept[-1] else "")

    with left:
        chosen = st.select_slider("Age of the agent on the canvas", kept, kept[-1], said, key=key)
        st.caption(f"The run above is that of the agent after {said(chosen)}.")
    rows = [row for row in read_ages(demo) if row["agent"] == agent]
    if not rows:
        left.caption(f"Its ages were not measured yet: `goalmisgen ages {demo.name} --write`.")
        return
    with left:
        for question, answer in answers(demo, rows):
            st.markdown(f"**{question}** {answer}")
    right.html(chart(demo, rows, chosen, "#eeeeee" if st.context.theme.type == "dark" else "#222222"))


def demo_agents(demo: Demo) -> list[str]:
    """The bundled agents of a demo."""
    from ...agents.pretrained import agent_names

    return agent_names(demo)


def answers(demo: Demo, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Two misconceptions and what the measured ages of one agent, rows of ages.csv, say to them."""
    found = {(int(row["steps"]), row["levels"], row["outcome"]): _rate(row) for row in rows}
    *_, before, last = [0, *sorted({steps for steps, *_ in found})]
    n = {int(row["n"]) for row in rows if row["levels"] == "shifted" and int(row["steps"]) == last}
    proxy, first = demo.proxies[0], found[last, "shifted", demo.proxies[0]]
    trained, shifted = (sum(found[last, kind, goal]["rate"] for goal in demo.goals) for kind in ("training", "shifted"))
    told = [
        (
            "Is it just bad?",
            f"{'No' if shifted >= CAPABLE * trained else 'In part'}: after {label(last)} steps it reached the "
            f"{' or the '.join(demo.goals)} in {100 * trained:.1f} % of training levels and in "
            f"{100 * shifted:.1f} % of shifted ones (n = {max(n):,}); there it was the {proxy} first in "
            f"{words.rate(first)}.",
        )
    ]
    if before:
        earlier = found[before, "shifted", proxy]
        skill = [words.rate(found[steps, "training", demo.intended]) for steps in (before, last)]
        told.append(
            (
                "Would more training fix it?",
                f"{'It helped' if first['high'] < earlier['low'] else 'It did not'}: from {label(before)} to "
                f"{label(last)} steps, the {demo.intended} taken on training levels went from {skill[0]} to "
                f"{skill[1]}, and the {proxy} reached first on shifted levels from {words.rate(earlier)} to "
                f"{words.rate(first)}.",
            )
        )
    return [(question, answer.replace("<small>", "").replace("</small>", "")) for question, answer in told]


def chart(demo: Demo, rows: list[dict[str, Any]], chosen: int, ink: str = "#222222") -> str:
    """Skill on training levels and every outcome on shifted ones by age, as HTML with the drawing in it as an image.

    `chosen`: the age to mark, in steps; `ink`: the colour of lines and letters. Streamlit drops SVG written into HTML.
    """
    kept = sorted({int(row["steps"]) for row in rows})
    wide = _WIDE / max(len(kept) - 1, 1)
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = _TOP + _TALL * (1 - percent / 100)
        parts.append(f'<path d="M{_LEFT} {y}h{_WIDE}" stroke="currentColor" opacity=".15"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{percent}</text>')
    for i, steps in enumerate(kept):
        weight = ' font-weight="700"' if steps == chosen else ""
        x = _LEFT + i * wide
        parts.append(f'<text x="{x}" y="{_TOP + _TALL + 18}" text-anchor="middle"{weight}>{label(steps)}</text>')
        if steps == chosen:
            parts.append(f'<path d="M{x} {_TOP}v{_TALL}" stroke="currentColor" opacity=".35" stroke-dasharray="3 3"/>')
    lines = [("training", demo.intended, "currentColor", "▲", f"{demo.intended}, training levels")]
    for name, (colour, mark) in words.styles(demo).items():
        lines.append(("shifted", name, colour, mark, f"{name}, shifted levels"))
    legend = []
    for number, (levels, name, colour, mark, said) in enumerate(lines):
        found = {int(r["steps"]): _rate(r) for r in rows if r["levels"] == levels and r["outcome"] == name}
        points = []
        for i, steps in enumerate(kept):
            if steps not in found:
                continue
            x = _LEFT + i * wide + 3 * (number - 2)  # beside each other, so that intervals do not cover one another
            y, low, high = (_TOP + _TALL * (1 - found[steps][k]) for k in ("rate", "low", "high"))
            points.append(f"{x:.1f} {y:.1f}")
            parts.append(f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{colour}" stroke-width="2"/>')
            parts.append(f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" fill="{colour}">{mark}</text>')
        dash = ' stroke-dasharray="5 3"' if levels == "training" else ""
        parts.append(f'<path d="M{"L".join(points)}" fill="none" stroke="{colour}"{dash} opacity=".7"/>')
        legend.append(
            f'<span style="white-space:nowrap"><b style="color:{colour}">{mark}</b> {html.escape(said)}</span>'
        )
    counts = sorted({int(row["n"]) for row in rows if row["levels"] != "distinguishing"})
    n = f"n = {counts[0]:,}" if len(counts) == 1 else f"n = {counts[0]:,} to {counts[-1]:,}"
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + 24} {_TOP + _TALL + 26}" '
        f'color="{ink}" fill="{ink}" font-family="sans-serif" font-size="12">{"".join(parts)}</svg>'
    )
    return (
        f'<img src="data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}" '
        f'style="width:100%;max-width:640px" alt="Outcomes by age, in percent of levels">'
        f'<div style="display:flex;flex-wrap:wrap;gap:2px 14px;font-size:.85rem">{"".join(legend)}'
        f"<span>percent of levels with 95 % intervals, {n} at each age</span></div>"
    )


def _rate(row: dict[str, Any]) -> dict[str, float]:
    return {key: float(row[key]) for key in ("rate", "low", "high")}
