"""What the agents of a demo follow: what each hypothesis predicts of every probe, and the verdict, in words.

`lessons/what_it_follows_<demo>.md`: front matter in YAML (`hypotheses`, a list, and `predictions`, by probe one for
each hypothesis), then the verdict in Markdown, which tests hold to probes.csv.
"""

from dataclasses import dataclass, field
from functools import cache

import yaml

from ..content import content
from ..rules.world import Demo
from .text import LessonError


@dataclass(frozen=True)
class Verdict:
    """Empty where a demo has none."""

    hypotheses: tuple[str, ...] = ()
    predictions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by probe
    text: str = ""


@cache
def verdict_of(demo: Demo) -> Verdict:
    """The verdict of a demo. Raises LessonError with a sentence where its file is not right."""
    path = content() / "lessons" / f"what_it_follows_{demo.name}.md"
    if not path.is_file():
        return Verdict()
    _, *parts = path.read_text(encoding="utf-8").split("---\n", 2)
    try:
        front, text = yaml.safe_load(parts[0]), parts[1]
        hypotheses = tuple(map(str, front["hypotheses"]))
        predictions = {str(probe): tuple(map(str, told)) for probe, told in front["predictions"].items()}
    except (IndexError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        raise LessonError(
            f"'{path.name}' must begin with `hypotheses` and `predictions` between '---' lines."
        ) from None
    for probe in demo.probes:
        if len(predictions.get(probe.name, ())) != len(hypotheses):
            raise LessonError(f"'{path.name}' needs one prediction of each hypothesis for the probe '{probe.name}'.")
    return Verdict(hypotheses, predictions, text)
