"""What is worth showing of a demo, kept as data beside the lessons: `lessons/presets/NAME.yaml`.

Below `presets`, and for a grid world `probes` and `behaviours`, each has a name. A grid world's has `title`, `agent`,
`level` (training or shifted, and a seed), `outcome`, and `changes` in the words of `rules.change`; one of a text demo
has `title`, `agent`, `outcome`, and in `asked` the fields that are not as usual.
"""

from typing import Annotated, Any, TypeVar

import yaml
from pydantic import Field

from ..content import content
from .checked import Data, Text, Texts, checked, said
from .text import Prepared
from .world import Preset

PARTS = ("presets", "probes", "behaviours")


class PresetError(ValueError):
    """A file of presets that cannot be read; the message is one sentence for a person."""


class Shown(Data):
    """A level and an agent of a grid world."""

    title: Text
    agent: Text
    level: Annotated[
        str,
        Field(pattern="^(training|shifted) [0-9]{1,18}$"),
        said("training or shifted and the level's seed, such as 'shifted 22'"),
    ]
    outcome: Text
    changes: Texts = ()


class PreparedQuestion(Data):
    """A question and an agent of a text demo."""

    title: Text
    agent: Text
    outcome: Text
    asked: Annotated[dict[str, str], said("names of fields with a text each")] = {}


Row = TypeVar("Row", bound=Data)


def levels_shown(demo: str, part: str = "presets") -> tuple[Preset, ...]:
    """What lessons/presets/<demo>.yaml holds below one of `PARTS`, in its order. Raises PresetError."""
    found = []
    for name, each in _rows(demo, part, Shown):
        levels, _, seed = each.level.partition(" ")
        shifted = levels == "shifted"
        found.append(Preset(name, each.title, each.agent, shifted, int(seed), each.outcome, each.changes))
    return tuple(found)


def questions_shown(demo: str) -> tuple[Prepared, ...]:
    """The presets of a text demo from lessons/presets/<demo>.yaml, in their order. Raises PresetError."""
    rows = _rows(demo, "presets", PreparedQuestion)
    return tuple(Prepared(name, each.title, each.agent, each.asked, each.outcome) for name, each in rows)


def _rows(demo: str, part: str, model: type[Row]) -> list[tuple[str, Row]]:
    where = f"lessons/presets/{demo}.yaml"
    try:
        data: Any = yaml.safe_load((content() / where).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PresetError(f"{where} cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict) or not set(data) <= set(PARTS) or not isinstance(data.get(part, {}), dict):
        raise PresetError(f"{where} must hold some of {', '.join(PARTS)}, each with entries by name, and nothing else.")
    return [(str(name), _row(model, row, f"'{name}' of {where}")) for name, row in data.get(part, {}).items()]


def _row(model: type[Row], data: Any, where: str) -> Row:
    return checked(model, data, lambda problem: PresetError(problem.sentence(where)))
