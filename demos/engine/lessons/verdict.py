"""What the agents of a demo follow: what each hypothesis predicts of every probe, and the verdict, in words.

`lessons/what_it_follows_<demo>.md`: front matter in YAML (`hypotheses`, a list, and `predictions`, by probe one for
each hypothesis), then the verdict in Markdown, which tests hold to probes.csv.
"""

from dataclasses import dataclass, field
from functools import cache

import yaml
from pydantic import ValidationError

from ..content import content
from ..rules.checked import Data, Texts
from ..rules.world import Demo
from .catalogue import LessonError


@dataclass(frozen=True)
class Verdict:
    """Empty where a demo has none."""

    hypotheses: tuple[str, ...] = ()
    predictions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by probe
    text: str = ""


class Front(Data):
    """The front matter of such a file."""

    hypotheses: Texts
    predictions: dict[str, Texts]


@cache
def verdict_of(demo: Demo) -> Verdict:
    """The verdict of a demo. Raises LessonError with a sentence where its file is not right."""
    path = content() / "lessons" / f"what_it_follows_{demo.name}.md"
    if not path.is_file():
        return Verdict()
    _, *parts = path.read_text(encoding="utf-8").split("---\n", 2)
    try:
        front, text = yaml.safe_load(parts[0]), parts[1]
        found = Front.model_validate(front)
    except (IndexError, ValidationError, yaml.YAMLError):
        raise LessonError(
            f"'{path.name}' must begin with `hypotheses` and `predictions` between '---' lines."
        ) from None
    for probe in demo.probes:
        if len(found.predictions.get(probe.name, ())) != len(found.hypotheses):
            raise LessonError(f"'{path.name}' needs one prediction of each hypothesis for the probe '{probe.name}'.")
    return Verdict(found.hypotheses, found.predictions, text)
