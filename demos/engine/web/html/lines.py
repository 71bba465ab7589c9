"""Lines over a common axis as SVG, for drawings that change while one looks on; figures for print are matplotlib's."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

WIDE, HIGH, LEFT, BELOW, ABOVE, RIGHT = 520, 250, 46, 44, 10, 12  # of the drawing, in its own units


@dataclass(frozen=True)
class Curve:
    """One line: its points, `y` from 0 to 1, how it looks, and a pale band about it: (x, from, to) of each point."""

    points: Sequence[tuple[float, float]]
    colour: str
    width: float = 1.4
    dashes: str = ""
    band: Sequence[tuple[float, float, float]] = ()


def drawing(lines: Sequence[Curve], low: float, high: float, ticks: Sequence[float], under: str, ink: str) -> str:
    """Shares, in percent, over an axis from `low` to `high` that says `under`; `ink`: the colour of axes, letters."""
    bottom, span = HIGH - BELOW, WIDE - LEFT - RIGHT

    def across(x: float) -> float:
        return LEFT + span * (x - low) / (high - low)

    def up(y: float) -> float:
        return ABOVE + (bottom - ABOVE) * (1 - y)

    def label(x: float, y: float, text: str, anchor: str) -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}" text-anchor="{anchor}">{html.escape(text)}</text>'

    parts = [f'<path d="M{LEFT},{ABOVE} V{bottom} H{WIDE - RIGHT}" fill="none" stroke="{ink}"/>']
    parts += [label(LEFT - 6, up(share) + 4, f"{100 * share:.0f} %", "end") for share in (0.0, 0.5, 1.0)]
    parts += [label(across(x), bottom + 16, f"{x:g}", "middle") for x in ticks]
    parts.append(label(LEFT + span / 2, HIGH - 8, under, "middle"))
    for line in lines:
        edge = [(x, low) for x, low, _ in line.band] + [(x, high) for x, _, high in reversed(line.band)]
        if edge:
            path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in edge)
            parts.append(f'<polygon points="{path}" fill="{line.colour}" fill-opacity="0.18"/>')
    for line in lines:
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line.points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="{line.width}" '
            f'stroke-dasharray="{line.dashes}" stroke-linejoin="round"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" font-size="13" '
        f'font-family="sans-serif">{"".join(parts)}</svg>'
    )
