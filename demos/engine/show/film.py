"""Files for talks: films (GIF, MP4), a strip of key moments (PNG), and a still of the whole way (SVG, PDF, PNG).

The same run gives the same bytes on the same machine and versions. Pixel art is scaled by whole numbers, and a GIF
holds exactly the colours of the picture. Command, citation and licence are stored in the file.
"""

import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from ..agents.pretrained import Agent
from ..agents.run import Run
from ..rules.picture import scene
from ..rules.world import Demo

LICENCE = "CC BY 4.0, goalmisgen"
PAPER, INK = (255, 250, 240), (43, 33, 24)
HOLD = 2.0  # seconds that the last frame stays
MOST_TRIED_AT_ONCE = 200


class FilmError(ValueError):
    """A film that cannot be made as asked; the message is one sentence."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The typeface of all films, at so many pixels."""
    from matplotlib import font_manager

    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)


def _about(run: Run, command: str, extra: dict[str, Any] | None) -> dict[str, str]:
    """What is stored in every file."""
    told = {"Command": command, "Citation": ", ".join(run.demo.papers), "Copyright": LICENCE, "Outcome": run.outcome}
    told |= {key.replace("_", " ").capitalize(): str(value) for key, value in (extra or {}).items()}
    return {key: value for key, value in told.items() if value}


def _scale(run: Run, panes: int, size: int) -> float:
    """The scale of the pixel art that comes nearest to `size` pixels of width: one half or a whole number."""
    width = int(run.first.extent[1]) * 20 * panes
    return 0.5 if size < 0.75 * width else max(1, int(size / width + 0.5))


def _bar(width: int, lines: list[str], height: int) -> np.ndarray:
    """Lines of text on paper, as large as fits: uint8[height * lines, width, 3]."""
    image = Image.new("RGB", (width, height * len(lines)), PAPER)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # no grey edges: a GIF keeps its exact colours
    for i, line in enumerate(lines):
        points = height * 2 // 3
        while points > 8 and draw.textlength(line, font(points)) > width - 12:
            points -= 1
        draw.text((6, height * i + height // 2), line, INK, font(points), anchor="lm")
    return np.asarray(image)


def _frame(
    runs: list[tuple[Run, str]], t: int, scale: float, caption: str, line: Callable[[Run, str, int], str]
) -> np.ndarray:
    """One frame, uint8[height, width, 3]: the panes side by side, and `line` of each run and its name below them."""
    panes = []
    for run, _ in runs:
        at = min(t, run.steps)
        panes.append(scene(run.demo, run.level_at(at), run.states[at], scale))
    beside = runs[0][0].demo.margin == 0
    gap = np.full((panes[0].shape[0], 8, 3), PAPER, np.uint8)
    parts: list[np.ndarray] = []
    if beside:
        row = [panes[0]]
        for pane in panes[1:]:
            row += [gap, pane]
        picture = np.concatenate(row, 1)
        texts = [line(run, name, t) for run, name in runs]
        parts = [picture, *(_bar(picture.shape[1], [text], 26) for text in texts)]
    else:
        for (run, name), pane in zip(runs, panes, strict=True):
            parts += [pane, _bar(pane.shape[1], [line(run, name, t)], 26)]
    if caption:
        parts.append(_bar(parts[0].shape[1], [caption], 30))
    whole = np.concatenate(parts, 0)
    return np.pad(whole, ((0, whole.shape[0] % 2), (0, whole.shape[1] % 2), (0, 0)), mode="edge")


def _line(run: Run, name: str, t: int) -> str:
    """The agent's name, and at the end what the run did. (A step counter would make a GIF three times as large.)"""
    return f"{name}: {run.describe()}" if t >= run.steps else name


def _moment(run: Run, name: str, t: int) -> str:
    """The agent's name, the step, and what happened at it: the line of a picture in a strip."""
    if t >= run.steps:
        return f"step {run.steps}, {_line(run, name, t)}"
    happened = [what for step, what in run.events() if step == t]
    return f"step {t}, {_line(run, name, t)}" + (f": {', '.join(happened)}" if happened else "")


def film(
    run: Run,
    out: str | os.PathLike[str],
    *,
    versus: Run | None = None,
    names: tuple[str, str] | None = None,
    caption: str | None = None,
    size: int = 512,
    fps: float = 12.5,
    command: str = "",
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a run as .gif, .mp4 or, its key moments, .png. `size`: width in pixels, about; `fps`: steps a second.

    `versus`: a second run beside it; `names`: what to call the two, instead of by their agents.

    Returns {"out", "frames", "steps", "outcome", "level_seed"}. Raises FilmError for an unknown ending, and OSError if
    the file cannot be written; an older file then stays whole.
    """
    path = Path(out)
    if path.suffix.lower() not in WRITERS:
        raise FilmError(f"'{path.name}' has no ending that a film can have; there are: {', '.join(WRITERS)}.")
    runs = [run] + ([versus] if versus else [])
    scale = _scale(run, len(runs) if run.demo.margin == 0 else 1, size)
    last = max(r.steps for r in runs)
    strip = path.suffix.lower() == ".png"
    moments = _moments(runs, last) if strip else range(last + 1)
    called = names or tuple(r.actor or "a person" for r in runs)
    line = _moment if strip else _line
    frames = [_frame(list(zip(runs, called, strict=True)), t, scale, caption or "", line) for t in moments]
    return _written(path, frames, fps, run, _about(run, command, extra))


def every_seed(
    runs: list[Run],
    out: str | os.PathLike[str],
    *,
    caption: str | None = None,
    size: int = 512,
    fps: float = 12.5,
    command: str = "",
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write runs of one level as a wall of pictures in step, as .gif, .mp4 or, its end, .png; below, what was counted.

    Below each its seed and, once that is decided, how it ends. Returns and raises as `film` does, `steps` and `outcome`
    being those of the first run, with `outcomes`, how many runs ended in which way.
    """
    path = Path(out)
    if path.suffix.lower() not in WRITERS:
        raise FilmError(f"'{path.name}' has no ending that a film can have; there are: {', '.join(WRITERS)}.")
    tall, wide = (int(x) for x in runs[0].first.extent)
    across = min(len(runs), max(1, round((1.5 * len(runs) * tall / wide) ** 0.5)))
    scale = _scale(runs[0], across, size)
    last = max(run.decided for run in runs)
    ways = (*runs[0].demo.goals, "died", "timeout")
    outcomes = {way: sum(run.outcome == way for run in runs) for way in ways}
    frames = []
    for t in range(last, last + 1) if path.suffix.lower() == ".png" else range(last + 1):
        panes = []
        for run in runs:
            at, name = min(t, run.decided), f"seed {(run.actor or '').partition(':')[2]}"
            pane = scene(run.demo, run.level_at(at), run.states[at], scale)
            line = f"{name}: {run.outcome}" if t >= run.decided else name
            panes.append(np.pad(np.concatenate([pane, _bar(pane.shape[1], [line], 22)]), ((4, 4), (4, 4), (0, 0))))
            panes[-1][:4], panes[-1][-4:], panes[-1][:, :4], panes[-1][:, -4:] = PAPER, PAPER, PAPER, PAPER
        panes += [np.full_like(panes[0], PAPER)] * (-len(panes) % across)
        rows = [np.concatenate(panes[i : i + across], 1) for i in range(0, len(panes), across)]
        so_far = [run.outcome for run in runs if t >= run.decided]
        counts = ", ".join(f"{way} {so_far.count(way)}" for way in ways if outcomes[way])
        whole = np.concatenate([*rows, _bar(rows[0].shape[1], [*([caption] if caption else []), counts], 30)])
        frames.append(np.pad(whole, ((0, whole.shape[0] % 2), (0, whole.shape[1] % 2), (0, 0)), mode="edge"))
    return _written(path, frames, fps, runs[0], _about(runs[0], command, extra)) | {"outcomes": outcomes}


def _written(path: Path, frames: list[np.ndarray], fps: float, run: Run, about: dict[str, str]) -> dict[str, Any]:
    """Write the frames of a film, whole or not at all; what `film` returns."""
    temporary = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        WRITERS[path.suffix.lower()](temporary, frames, fps, about)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
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


def indexed(frames: list[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames as indices into one exact table of their colours: uint8[height, width] each, and uint8[colours, 3].

    Raises FilmError if there are more than 256 colours.
    """
    slot = np.full(1 << 24, -1, np.int16)
    table: list[int] = []
    told = []
    for frame in frames:
        code = (frame[..., 0].astype(np.int32) << 16) | (frame[..., 1].astype(np.int32) << 8) | frame[..., 2]
        picked = slot[code]
        if (picked < 0).any():
            for value in np.unique(code[picked < 0]):
                slot[value] = len(table)
                table.append(int(value))
            picked = slot[code]
        told.append(picked.astype(np.uint8))
    if len(table) > 256:
        raise FilmError(f"This film has {len(table)} colours and a GIF holds 256; write it as .mp4.")
    codes = np.array(table)
    return told, np.stack([codes >> 16, codes >> 8 & 255, codes & 255], 1).astype(np.uint8)


def _gif(path: Path, frames: list[np.ndarray], fps: float, about: dict[str, str]) -> None:
    pictures, table = indexed(frames)
    images = []
    for picture in pictures:
        image = Image.frombytes("P", picture.shape[::-1], picture.tobytes())
        image.putpalette(table.tobytes())
        images.append(image)
    delay = max(20, round(100 / fps) * 10)  # GIF delays are hundredths of a second
    comment = "; ".join(f"{key}: {value}" for key, value in about.items()).encode()
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=[delay] * (len(images) - 1) + [int(HOLD * 1000)],
        loop=0,
        comment=comment,
        optimize=False,
    )


def _mp4(path: Path, frames: list[np.ndarray], fps: float, about: dict[str, str]) -> None:
    import imageio_ffmpeg

    height, width = frames[0].shape[:2]
    comment = "; ".join(f"{key}: {value}" for key, value in about.items())
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-",
        "-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-threads", "1",
        "-metadata", f"comment={comment}", "-fflags", "+bitexact", "-flags:v", "+bitexact", str(path),
    ]  # fmt: skip
    pictures = b"".join(frame.tobytes() for frame in [*frames, *[frames[-1]] * round(HOLD * fps)])
    done = subprocess.run(command, input=pictures, capture_output=True, check=False)
    if done.returncode != 0:
        raise OSError(f"the film could not be written ({done.stderr.decode(errors='replace').strip()[-200:]})")


def _png_info(about: dict[str, str]) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    for key, value in about.items():
        info.add_text(key, value)
    return info


def _strip(path: Path, frames: list[np.ndarray], fps: float, about: dict[str, str]) -> None:
    gap = np.full((10, frames[0].shape[1], 3), PAPER, np.uint8)
    parts = [frames[0]]
    for frame in frames[1:]:
        parts += [gap, frame]
    Image.fromarray(np.concatenate(parts, 0)).save(path, pnginfo=_png_info(about))


WRITERS = {".gif": _gif, ".mp4": _mp4, ".png": _strip}


def trail(
    run: Run,
    out: str | os.PathLike[str],
    *,
    caption: str | None = None,
    command: str = "",
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a still of the whole way as .svg, .pdf or .png: the level, the path, its start, edits and end.

    Returns what `film` returns. Raises FilmError for an unknown ending, and OSError if it cannot be written.
    """
    path = Path(out)
    if path.suffix.lower() not in (".svg", ".pdf", ".png"):
        raise FilmError(f"'{path.name}' has no ending that a still can have; there are: .svg, .pdf, .png.")
    import matplotlib
    from matplotlib.figure import Figure

    demo = run.demo
    rows, columns = (int(x) for x in run.level.extent)
    about = _about(run, command, extra)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "goalmisgen", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(max(columns * 0.28, 5), rows * 0.28 + 0.9), layout="constrained")
        axes = figure.add_subplot()
        axes.imshow(scene(demo, run.level, run.states[0]), extent=(0, columns, rows, 0), interpolation="nearest")
        places = run.states["at"][: run.steps + 1, 0] + 0.5
        axes.plot(places[:, 1], places[:, 0], color="white", lw=4, alpha=0.9, solid_joinstyle="round")
        axes.plot(places[:, 1], places[:, 0], color="#0072b2", lw=2, solid_joinstyle="round")
        marks = [(0, "o", "start"), *((at, "D", "edit") for at, _ in run.edits), (run.steps, "s", "end of the run")]
        for at, marker, label in marks:
            place = places[min(at, run.steps)]
            axes.plot(place[1], place[0], marker, color="#d55e00", mec="white", ms=9, label=label)
        axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[])
        axes.set_title(caption or run.describe(), fontsize=9, wrap=True)
        figure.legend(loc="outside lower center", ncols=len(marks), frameon=False, fontsize=8)
        temporary = path.with_name(f".{path.name}.part{path.suffix}")
        told = "; ".join(f"{key}: {value}" for key, value in about.items())
        stored: dict[str, dict[str, Any]] = {
            ".svg": {"Description": told, "Rights": LICENCE, "Date": None},
            ".pdf": {"Subject": told, "CreationDate": None},
            ".png": dict(about),
        }
        try:
            figure.savefig(temporary, metadata=stored[path.suffix.lower()], dpi=160)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return {
        "out": str(path),
        "frames": 1,
        "steps": run.steps,
        "outcome": run.outcome,
        "level_seed": int(run.first.seed),
    }


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
    from ..study.measure import rollouts

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
