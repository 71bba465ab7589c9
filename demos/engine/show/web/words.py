"""What a page says about a view: its link, its command, its citation, its numbers. No Streamlit in here."""

import html
import shlex
from typing import Any

import numpy as np

from ...content import content
from ...rules import edit as editing
from ...rules.edit import draw_level, object_names
from ...rules.level import Level
from ...rules.world import Demo
from .live import Live

COLOURS = ("#0072b2", "#e69f00", "#cc79a7", "#7a7a7a")  # fixed for goal, proxy, died, timeout; colour-blind-safe


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
    if removed or not np.array_equal(level.tiles, drawn.tiles) or not np.array_equal(level.looks, drawn.looks):
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


def citations(demo: Demo) -> str:
    """The BibTeX entries of a demo's papers."""
    path = content() / "lessons" / "references.bib"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    entries = ["@" + entry.strip() for entry in text.split("\n@") if entry.strip()]
    return "\n\n".join(e for e in entries if any("{" + key + "," in e for key in demo.papers))


def table(demo: Demo, title: str, summary: dict[str, Any]) -> str:
    """Rates of one set of levels as HTML: a bar for the rate, a line for its 95 % interval."""
    rows = []
    for colour, (name, r) in zip(COLOURS, summary["outcomes"].items(), strict=False):
        low, high, rate = (100 * r[k] for k in ("low", "high", "rate"))
        bar = (
            f'<div style="position:relative;height:18px;background:rgba(128,128,128,.18);border-radius:4px">'
            f'<div style="width:{rate:.1f}%;height:18px;background:{colour};border-radius:4px"></div>'
            f'<div style="position:absolute;top:8px;left:{low:.1f}%;width:{high - low:.1f}%;height:2px;'
            f'background:currentColor"></div></div>'
        )
        rows.append(
            f'<tr><td style="padding:3px 10px 3px 0">{html.escape(name)}</td><td style="width:55%">{bar}</td>'
            f'<td style="padding-left:10px;white-space:nowrap;text-align:right">{rate:.1f} % '
            f"<small>({low:.1f} to {high:.1f})</small></td></tr>"
        )
    head = f"<b>{html.escape(title)}</b>, n = {summary['n']}"
    return f'<div>{head}<table style="width:100%;border-collapse:collapse;margin-top:6px">{"".join(rows)}</table></div>'


def _hex(colour: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(c) for c in colour))
