"""Frames as files that say how they were made: GIF with exact colours, MP4, PNG with all frames below each other.

The same frames give the same bytes on the same machine and versions.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from PIL import Image, PngImagePlugin

from ..files import replacing
from .lettering import PAPER

LICENCE = "CC BY 4.0, goalmisgen"
GIF_TICK = 10  # milliseconds; a GIF counts in hundredths of a second


class FilmError(ValueError):
    """A film that cannot be made as asked; the message is one sentence."""


def about_of(
    papers: tuple[str, ...], outcome: str, command: str, extra: dict[str, Any] | None = None
) -> dict[str, str]:
    """What is stored in every file."""
    told = {"Command": command, "Citation": ", ".join(papers), "Copyright": LICENCE, "Outcome": outcome}
    told |= {key.replace("_", " ").capitalize(): str(value) for key, value in (extra or {}).items()}
    return {key: value for key, value in told.items() if value}


def checked(path: Path) -> Path:
    """The path, if a film can be written to it; else raises FilmError."""
    if path.suffix.lower() not in WRITERS:
        raise FilmError(f"'{path.name}' has no ending that a film can have; there are: {', '.join(WRITERS)}.")
    return path


def written(path: Path, frames: list[np.ndarray], seconds: list[float], about: dict[str, str]) -> None:
    """Write frames, uint8[height, width, 3] each, whole or not at all, in the form that the path's ending names.

    `seconds`: how long each frame stays. Raises OSError, and FilmError where a GIF cannot hold all colours.
    """
    with replacing(path) as temporary:
        WRITERS[path.suffix.lower()](temporary, [even(frame) for frame in frames], seconds, about)


def even(frame: np.ndarray) -> np.ndarray:
    """A frame with an even number of rows and columns, as MP4 needs them."""
    return np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")


def indexed(frames: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Frames as indices into one exact table of their colours: uint8[n, height, width], and uint8[colours, 3].

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
    return np.stack(told), np.stack([codes >> 16, codes >> 8 & 255, codes & 255], 1).astype(np.uint8)


def _gif(path: Path, frames: list[np.ndarray], seconds: list[float], about: dict[str, str]) -> None:
    pictures, table = indexed(frames)
    iio.imwrite(
        path, pictures, plugin="pillow", mode="P", palette=table.tobytes(), optimize=False, loop=0,
        duration=[max(2, round(1000 * each / GIF_TICK)) * GIF_TICK for each in seconds],
        comment=_comment(about).encode(),
    )  # fmt: skip


def _mp4(path: Path, frames: list[np.ndarray], seconds: list[float], about: dict[str, str]) -> None:
    fps = 1 / min(seconds)
    times = [max(1, round(each * fps)) for each in seconds]
    iio.imwrite(
        path, np.repeat(np.stack(frames), times, axis=0), plugin="FFMPEG", fps=fps, codec="libx264", quality=None,
        pixelformat="yuv420p", macro_block_size=2, ffmpeg_log_level="error",
        output_params=[
            "-crf", "18", "-movflags", "+faststart", "-threads", "1", "-metadata", f"comment={_comment(about)}",
            "-fflags", "+bitexact", "-flags:v", "+bitexact",
        ],
    )  # fmt: skip


def _comment(about: dict[str, str]) -> str:
    return "; ".join(f"{key}: {value}" for key, value in about.items())


def _strip(path: Path, frames: list[np.ndarray], seconds: list[float], about: dict[str, str]) -> None:
    gap = np.full((10, frames[0].shape[1], 3), PAPER, np.uint8)
    parts = [part for frame in frames for part in (gap, frame)][1:]
    info = PngImagePlugin.PngInfo()
    for key, value in about.items():
        info.add_text(key, value)
    Image.fromarray(np.concatenate(parts, 0)).save(path, pnginfo=info)


FilmWriter = Callable[[Path, list[np.ndarray], list[float], dict[str, str]], None]
WRITERS: dict[str, FilmWriter] = {".gif": _gif, ".mp4": _mp4, ".png": _strip}
