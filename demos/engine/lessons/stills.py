"""Pictures in talks: a file beside the script, or the figure of a study, held in the recording as text. Untrusted."""

import base64
import binascii
import io
from pathlib import Path
from typing import Any, cast

from PIL import Image

from ..files import read_bytes
from ..rules.world import Demo
from ..study import studies
from .catalogue import LessonError, demo_named
from .literature import reference
from .recorded import Damaged

FORMATS = ("PNG", "JPEG")
MOST_BYTES, MOST_PIXELS = 1_500_000, 16_000_000
WIDTH = 9.0  # inches of a study's figure, at 200 dots each


def from_file(folder: Path | None, name: str) -> str:
    """The picture of a file beside a script, as text. Raises LessonError with a sentence."""
    path = Path(name)
    if folder is None or path.is_absolute() or ".." in path.parts or ":" in name:
        raise LessonError(f"The picture '{name[:80]}' must be a file beside the script, by its name.")
    try:
        data = read_bytes(folder / path, MOST_BYTES)
    except OSError as error:
        raise LessonError(f"The picture '{name[:80]}' cannot be read: {error.strerror}.") from None
    try:
        looked_at(data)
    except Damaged as refused:
        raise LessonError(f"The picture '{name[:80]}' cannot be shown: {refused}") from None
    return base64.b64encode(data).decode()


def of_study(name: str) -> str:
    """The figure of a bundled study, as text. Raises LessonError or StudyError with a sentence."""
    from ..study.figures import draw, panels  # not at the top: matplotlib is slow to load

    plan = studies.study_of(name)
    world = cast(Demo, demo_named(plan.demo))
    sources = {each.key: reference(each.key).short for each in plan.published}
    figure = panels.study(world, plan, studies.read_rows(studies.csv_path(world, plan)), sources, inches=WIDTH)
    out = io.BytesIO()
    draw.write(figure, out, "png", {})
    return base64.b64encode(out.getvalue()).decode()


def picture_of(text: Any) -> bytes:
    """The file of a picture held as text; empty where there is none. Raises Damaged."""
    if text in (None, ""):
        return b""
    if not isinstance(text, str) or len(text) > MOST_BYTES * 4 // 3 + 4:
        raise Damaged(f"It must be a text that holds at most {MOST_BYTES:,} bytes.")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Damaged("It is not what a recording holds.") from None
    looked_at(data)
    return data


def looked_at(data: bytes) -> None:
    """Raises Damaged where data are not a PNG or JPEG of a size that can be shown."""
    if len(data) > MOST_BYTES:
        raise Damaged(f"It has more than {MOST_BYTES:,} bytes.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            wide, tall = image.size
            image.verify()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Damaged("It is no PNG or JPEG that can be read.") from None
    if wide * tall > MOST_PIXELS:
        raise Damaged(f"It has more than {MOST_PIXELS:,} pixels.")
