"""What the front ends share of a picture: how it is painted, and the colours that have names."""

import io

from ..rules.level import Level, State
from ..rules.picture import scene
from ..rules.sprites import COLOURS
from ..rules.world import Demo

NAMED_COLOURS = (
    ("blue", "#2f6fde"), ("red", "#d8402f"), ("green", "#3f9b45"), ("gold", "#f2b824"),
    ("violet", "#8a4fc8"), ("orange", "#ee7f22"), ("grey", "#8b8f98"), ("pink", "#e883b5"),
)  # fmt: skip

__all__ = ["NAMED_COLOURS", "png", "scene", "swatches"]


def swatches(demo: Demo) -> tuple[tuple[str, str], ...]:
    """The colours a person is offered first in a world: (name, #rrggbb)."""
    return tuple((name, f"#{COLOURS[name]}") for name in demo.swatches) or NAMED_COLOURS


def png(demo: Demo, level: Level, state: State, scale: float = 1) -> bytes:
    """The picture of `scene` as a PNG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(scene(demo, level, state, scale)).save(out, "PNG")
    return out.getvalue()
