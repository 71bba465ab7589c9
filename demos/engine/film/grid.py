"""Films of runs in grid worlds (GIF, MP4), and strips of their key moments (PNG).

Caption above, picture, and below it what there is to say: first the question, then who acts, at the end the outcome in
words. A film stops at the step that decides the run and holds it, the way there marked. Pixel art is scaled by whole
numbers.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.called import label, line
from ..agents.pretrained import Agent
from ..agents.run_grid import Run
from ..rules.names import ending
from ..rules.scene import scene
from ..rules.sprites import ART
from ..rules.world import Demo
from .files import FilmError, about_of, checked, written
from .lettering import LEAST, PAPER, Band, points_of

OPENS, HOLD = 1.0, 2.5  # seconds that the first and the last frame stay
MOST = 6.0  # seconds between them; longer runs are shown as time-lapse, by a whole number of steps
DECIDED, END = "decided", "end"  # how far a run is shown
DOT = (0, 114, 178)  # the colour of the way, and pixels between its marks
APART = 9
MOST_TRIED_AT_ONCE = 200
GAP = 8  # pixels between two pictures
SCREEN = 1.5  # width over height that a wall of pictures comes near to


@dataclass(frozen=True)
class Cut:
    """What of a run is shown, and how fast.

    `until`: the step that decides it, its end, or a step; `hold`: seconds that the last frame stays; `fps`: steps a
    second. `poster`: where the last frame is written as a picture, too.
    """

    until: str | int = DECIDED
    hold: float = HOLD
    fps: float = 12.5
    poster: Path | None = None

    def __post_init__(self) -> None:
        if self.poster:
            checked(self.poster)

    def last(self, run: Run) -> int:
        """The last step of a run that is shown. Where views scroll a body needs a step more to stand in a place."""
        if self.until == END:
            return run.steps
        if self.until == DECIDED:
            return min(run.decided_at + bool(run.demo.margin), run.steps)
        return min(int(self.until), run.steps)

    def pace(self, last: int) -> int:
        """Steps from one frame to the next: 1, or as many as bring `last` steps below `MOST` seconds."""
        return max(1, int(np.ceil(last / self.fps / MOST)))

    def seconds(self, frames: int) -> list[float]:
        """How long each frame stays."""
        return [OPENS, *[1 / self.fps] * (frames - 2), self.hold][-frames:]


def film(
    run: Run,
    out: str | os.PathLike[str],
    *,
    versus: Run | None = None,
    names: tuple[str, str] | None = None,
    caption: str | None = None,
    size: int = 512,
    cut: Cut | None = None,
    command: str = "",
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a run as .gif, .mp4 or, its key moments, .png. `size`: width in pixels, about.

    `caption`: what stands above, else what the agent's training was;
    `versus`: a second run beside it; `names`: what to call the two, instead of by how their agents were trained.

    Returns {"out", "frames", "steps", "outcome", "level_seed"}. Raises FilmError for an unknown ending, and OSError if
    the file cannot be written; an older file then stays whole.
    """
    path, cut, runs = checked(Path(out)), cut or Cut(), [run, *([versus] if versus else [])]
    caption = _caption(run, "" if versus and caption is None else caption)
    ends = [cut.last(each) for each in runs]
    last, strip = max(ends), path.suffix.lower() == ".png"
    steps = _moments(runs, last) if strip else [*range(0, last, cut.pace(last)), last]
    called = names or tuple(label(each.demo, each.actor) if each.actor else "a person" for each in runs)
    mark = f"\u00d7{cut.pace(last)}" if not strip and cut.pace(last) > 1 else ""
    page = _Page(runs, ends, called, caption, size, steps if strip else [], mark)
    frames = [page.frame(t) for t in steps]
    return _written(path, frames, cut, run, about_of(run.demo.papers, run.outcome, command, extra))


def _caption(run: Run, caption: str | None) -> str:
    """What stands above: a caption, or what the agent's training was."""
    return caption if caption is not None else line(run.demo, run.actor or "")


class _Page:
    """Runs beside each other (or, where levels are wide, below each other), a caption above, and type below each.

    `ends`: the last step of each that is shown; `moments`: the steps of a strip, whose pictures say what happened;
    `mark`: of a time-lapse, until the end.
    """

    def __init__(
        self, runs: list[Run], ends: list[int], called: Sequence[str], caption: str, size: int, moments: list[int],
        mark: str = "",
    ) -> None:  # fmt: skip
        self.runs, self.ends, self.last, self.caption, self.moments = runs, ends, max(ends), caption, moments
        self.axis = 1 if runs[0].demo.margin == 0 else 0
        self.scale = scale_of(runs[0], len(runs) if self.axis else 1, size)
        self.letters = [f"{'AB'[i]} \u00b7 " if len(runs) > 1 else "" for i in range(len(runs))]
        self.called = called
        wide = int(runs[0].first.extent[1] * ART * self.scale)
        width = (wide + GAP) * len(runs) - GAP if self.axis else wide
        self.above = Band(width, points_of(width), [caption])
        shown = moments or sorted({0, 1, *ends})
        self.marks = [*[""] * (len(runs) - 1), mark]
        self.feet = [
            Band(wide, points_of(width), [self.below(i, t) for t in shown], mark) for i, mark in enumerate(self.marks)
        ]

    def below(self, i: int, t: int) -> list[str]:
        """What is said of a run at a step: nothing that is not yet to be seen in the picture above."""
        run, end = self.runs[i], self.ends[i]
        told = self.letters[i] + (ended(run, end) if t >= end else self.called[i])
        if self.moments:
            happened = [what for step, what in run.events() if step == t]
            return [f"Step {t}{': ' + ', '.join(happened) if happened else ''}", told]
        return [run.demo.question] if t == 0 < self.last and len(self.runs) == 1 else [told]

    def frame(self, t: int) -> np.ndarray:
        """The picture of a step, uint8[height, width, 3]."""
        parts: list[np.ndarray] = []
        for i, (run, end) in enumerate(zip(self.runs, self.ends, strict=True)):
            picture = pane(run, min(t, end), self.scale, way=t >= self.last and not (self.moments or run.demo.counts))
            foot = self.feet[i].picture(self.below(i, t), self.marks[i] if 0 < t < self.last else "")
            parts.append(np.concatenate([picture, foot]))
            gap = [GAP if axis == self.axis else length for axis, length in enumerate(parts[-1].shape[:2])]
            parts.append(np.full((*gap, 3), PAPER, np.uint8))
        tall = max(part.shape[0] for part in parts) if self.axis else 0
        if self.axis:
            parts = [_taller(part, tall) for part in parts]
        return np.concatenate([self.above.picture(self.caption), np.concatenate(parts[:-1], self.axis)])


def _taller(picture: np.ndarray, rows: int) -> np.ndarray:
    """A picture with paper below it, to so many rows."""
    return np.concatenate([picture, np.full((rows - len(picture), *picture.shape[1:]), PAPER, np.uint8)])


def ended(run: Run, last: int) -> str:
    """How a run ended, in words, as far as it is shown to step `last`."""
    if last < run.decided:
        return f"Undecided after {last} steps."
    return f"{ending(run.demo, run.outcome).says} Reward {run.states[last].total:g}."


def scale_of(run: Run, panes: int, size: int) -> float:
    """The scale of the pixel art that comes nearest to `size` pixels of width: one half or a whole number."""
    width = int(run.first.extent[1]) * ART * panes
    return 0.5 if size < 0.75 * width else max(1, int(size / width + 0.5))


def pane(run: Run, t: int, scale: float, way: bool = False) -> np.ndarray:
    """The picture of a step, uint8[height, width, 3]; `way`: with the way there as dots."""
    picture = scene(run.demo, run.level_at(t), run.states[t], scale)
    if not way:
        return picture
    picture, side = picture.copy(), max(2, round(3 * scale))
    places = np.round((run.states["at"][: t + 1, 0] + 0.5) * ART * scale).astype(int)
    drawn = places[-1]
    for place in places[::-1]:
        if np.abs(place - drawn).max() >= APART and np.abs(place - places[-1]).max() >= 0.6 * ART * scale:
            top, left = place - side // 2
            picture[max(top, 0) : top + side, max(left, 0) : left + side] = DOT
            drawn = place
    return picture


def every_seed(
    runs: list[Run],
    out: str | os.PathLike[str],
    *,
    caption: str | None = None,
    size: int = 512,
    cut: Cut | None = None,
    command: str = "",
) -> dict[str, Any]:
    """Write runs of one level as a wall of pictures in step, as .gif, .mp4 or, its end, .png; below, what was counted.

    Below each its seed and, once that is decided, how it ends. Returns and raises as `film` does, `steps` and `outcome`
    being those of the first run, with `outcomes`, how many runs ended in which way.
    """
    path, cut, demo = checked(Path(out)), cut or Cut(), runs[0].demo
    caption = _caption(runs[0], caption)
    ends, ways = [cut.last(run) for run in runs], demo.outcomes
    tall, wide = (int(x) for x in runs[0].first.extent)
    across = _across(len(runs), wide / tall)
    scale, last = scale_of(runs[0], across, size), max(ends)
    outcomes = {way: sum(run.outcome == way for run in runs) for way in ways}
    names = [(run.actor or "").partition(":")[2] for run in runs]
    width = int(wide * ART * scale)
    told = [f"{name} {ending(demo, run.outcome).chip}" for name, run in zip(names, runs, strict=True)]
    letters = range(points_of(across * width), LEAST - 1, -1)  # as large as elsewhere where two lines hold them
    below = next((b for b in (Band(width, each, told) for each in letters) if b.rows <= 2), Band(width, LEAST, told))
    shown = [way for way in ways if outcomes[way]]
    above = Band(across * (width + GAP), points_of(across * width), [caption])
    foot = Band(above.width, above.points, [[f"{ending(demo, way).chip}: {len(runs)}" for way in shown]])
    frames = []
    for t in [last] if path.suffix.lower() == ".png" else [*range(0, last, cut.pace(last)), last]:
        panes = []
        for run, end, name, says in zip(runs, ends, names, told, strict=True):
            text = below.picture(says if t >= end else name)
            panes.append(_framed(np.concatenate([pane(run, min(t, end), scale), text])))
        panes += [np.full_like(panes[0], PAPER)] * (-len(panes) % across)
        rows = [np.concatenate(panes[i : i + across], 1) for i in range(0, len(panes), across)]
        so_far = [run.outcome for run, end in zip(runs, ends, strict=True) if t >= end]
        counts = [f"{ending(demo, way).chip}: {so_far.count(way)}" for way in shown]
        frames.append(np.concatenate([above.picture(caption), *rows, foot.picture(counts)]))
    about = about_of(demo.papers, runs[0].outcome, command)
    return _written(path, frames, cut, runs[0], about) | {"outcomes": outcomes}


def _across(many: int, wide: float) -> int:
    """How many of so many pictures stand in a row: about as wide as a screen, with few empty places.

    `wide`: the width of a picture over its height.
    """

    def off(across: int) -> float:
        down = -(-many // across)
        return abs(float(np.log(across * wide / down / SCREEN))) + (across * down - many) / many

    return min(range(1, many + 1), key=off)


def _framed(picture: np.ndarray) -> np.ndarray:
    """A picture with paper around it."""
    edge = GAP // 2
    framed = np.full((picture.shape[0] + GAP, picture.shape[1] + GAP, 3), PAPER, np.uint8)
    framed[edge:-edge, edge:-edge] = picture
    return framed


def _written(path: Path, frames: list[np.ndarray], cut: Cut, run: Run, about: dict[str, str]) -> dict[str, Any]:
    """Write the frames of a film, and its last one as a picture of its own; what `film` returns."""
    written(path, frames, cut.seconds(len(frames)), about)
    if cut.poster:
        written(cut.poster, frames[-1:], [1.0], about)
    return {
        "out": str(path),
        "frames": len(frames),
        "steps": run.steps,
        "outcome": run.outcome,
        "level_seed": int(run.first.seed),
    }


def _moments(runs: list[Run], last: int) -> list[int]:
    """The start, every edit and event, and the end."""
    found = {0, last} | {min(step, last) for run in runs for step, _ in run.events()}
    return sorted(found)


def find(
    demo: Demo,
    agent: Agent,
    config: Any,
    outcome: str,
    first_seed: int,
    seed: int,
    limit: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The first level seed from `first_seed` on whose run has this outcome, how many were tried, and the base rate.

    The base rate is the share of the outcome among the whole block of 200 levels that was played last and before, so
    that picking one is visible. Raises FilmError if none of `limit` levels has it.
    """
    from ..study.rollouts import rollouts

    counted = hits = 0
    for first in range(first_seed, first_seed + limit, MOST_TRIED_AT_ONCE):
        seeds = np.arange(first, min(first + MOST_TRIED_AT_ONCE, first_seed + limit))
        outcomes = rollouts(demo, agent, config, seeds, np.full(len(seeds), seed)).outcomes
        counted += len(seeds)
        hits += int((outcomes == outcome).sum())
        if progress:
            progress(counted, limit)
        if (outcomes == outcome).any():
            level_seed = int(seeds[np.argmax(outcomes == outcome)])
            rate = f"{hits} of {counted} levels ({100 * hits / counted:.0f} %)"
            return {"level_seed": level_seed, "tried": level_seed - first_seed + 1, "base_rate": rate}
    raise FilmError(f"None of {limit} levels from {first_seed} on ends with '{outcome}' for {agent.name}.")
