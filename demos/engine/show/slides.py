"""The four pictures a talk needs, each from one command."""

from pathlib import Path
from typing import NamedTuple

from ..content import content
from ..rules.world import Demo

FOLDER = "pictures"


class Picture(NamedTuple):
    """One picture: what it shows, the command that makes it, and where the bundled copy lies (it may be missing)."""

    name: str
    title: str
    command: str
    file: Path


def pictures(demo: Demo) -> list[Picture]:
    """The textbook run, training beside shifted, an agent beside one trained on varied levels, and the rates."""
    _, moved, varied = demo.presets[:3]  # a training level, the textbook case, its opposite
    shown = dict.fromkeys(preset.agent for preset in demo.presets if "@" not in preset.agent)
    agents = " ".join(f"--agent {agent}" for agent in shown)
    made = (
        ("textbook", moved.title, f"film {demo.name} --preset {moved.name}", "gif"),
        (
            "training-beside-shifted",
            "The same agent on a shifted level and on the training level of the same seed",
            f"film {demo.name} --preset {moved.name} --versus training",
            "gif",
        ),
        ("beside-varied", varied.title, f"film {demo.name} --preset {moved.name} --versus {varied.agent}", "gif"),
        ("rates", "Rates with 95 % intervals", f"measure {demo.name} {agents} --figure", "svg"),
    )
    found = []
    for name, title, words, suffix in made:
        file = f"{demo.name}_{name}.{suffix}"
        out = file if words.endswith("--figure") else f"--out {file}"
        found.append(Picture(name, title, f"goalmisgen {words} {out}", content() / FOLDER / file))
    return found
