"""Stills of a run for slides and papers: the level and the whole way in it, as SVG, PDF or PNG."""

import os
import textwrap
from pathlib import Path
from typing import Any

from ..agents.run_grid import Run
from ..files import replacing
from ..rules.palette import BLUE, VERMILION
from ..rules.scene import scene
from .files import LICENCE, FilmError, about_of

LETTERS = 18  # of a title in an inch
TILE = 0.28  # inches of a tile where no width is asked for
STILLS = (".svg", ".pdf", ".png")


def trail(
    run: Run,
    out: str | os.PathLike[str],
    *,
    caption: str | None = None,
    command: str = "",
    extra: dict[str, Any] | None = None,
    inches: float | None = None,
) -> dict[str, Any]:
    """Write a still of the whole way as .svg, .pdf or .png: the level, the path, its start, edits and end.

    `inches`: how wide it is, such as the column of a paper, with letters of 7 points. Returns what `film` returns.
    Raises FilmError for an unknown ending, and OSError if it cannot be written.
    """
    path = Path(out)
    if path.suffix.lower() not in STILLS:
        raise FilmError(f"'{path.name}' has no ending that a still can have; there are: {', '.join(STILLS)}.")
    import matplotlib
    from matplotlib.figure import Figure

    demo = run.demo
    rows, columns = (int(x) for x in run.level.extent)
    about = about_of(demo.papers, run.outcome, command, extra)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "goalmisgen", "font.family": "DejaVu Sans"}):
        wide = inches or max(columns * TILE, 5)
        less = min(1.0, wide / (columns * TILE))  # than the size at which lines and marks are drawn
        figure = Figure(figsize=(wide, min(wide / columns, TILE) * rows + 0.9 * max(less, 0.6)), layout="constrained")
        axes = figure.add_subplot()
        axes.imshow(scene(demo, run.level, run.states[0]), extent=(0, columns, rows, 0), interpolation="nearest")
        last = run.decided_at  # what comes after it tells nothing
        places = run.states["at"][: last + 1, 0] + 0.5
        axes.plot(places[:, 1], places[:, 0], color="white", lw=4 * less, alpha=0.9, solid_joinstyle="round")
        axes.plot(places[:, 1], places[:, 0], color=BLUE, lw=2 * less, solid_joinstyle="round")
        marks = [(0, "o", "start"), *((edit.at, "D", "edit") for edit in run.edits), (last, "s", "end of the run")]
        for at, marker, label in marks:
            place = places[min(at, last)]
            axes.plot(place[1], place[0], marker, color=VERMILION, mec="white", ms=max(9 * less, 4), label=label)
        axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])
        title = caption or run.describe(last)
        axes.set_title(
            textwrap.fill(title, int(LETTERS * inches)) if inches else title, fontsize=7 if inches else 9, wrap=True
        )
        figure.legend(loc="outside lower center", ncols=len(marks), frameon=False, fontsize=7 if inches else 8)
        told = "; ".join(f"{key}: {value}" for key, value in about.items())
        stored: dict[str, dict[str, Any]] = {
            ".svg": {"Description": told, "Rights": LICENCE, "Date": None},
            ".pdf": {"Subject": told, "CreationDate": None},
            ".png": dict(about),
        }
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata=stored[path.suffix.lower()], dpi=160)
    return {
        "out": str(path),
        "frames": 1,
        "steps": run.steps,
        "outcome": run.outcome,
        "level_seed": int(run.first.seed),
    }
