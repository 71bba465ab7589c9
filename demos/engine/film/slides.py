"""The pictures a talk needs of every demo, each from one command."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from ..content import content
from ..rules.decision import DecisionDemo
from ..rules.entry import Entry
from ..rules.names import ending
from ..rules.world import Demo
from ..study.kinds import DECISION, GRID, TEXT, Kind, kind_of
from ..study.studies import csv_path, studies

FOLDER = "pictures"
FILMS = 3  # of what is prepared, of dialogues


class Picture(NamedTuple):
    """One picture: what it shows, the command that makes it, and where the bundled copy lies (it may be missing)."""

    title: str
    command: str
    file: Path


def alt(demo: Entry, picture: Picture) -> str:
    """What a picture shows, in words for who does not see it: its title, and how the run of a film ends."""
    title = f"{demo.title}: {picture.title}" + "." * (picture.title[-1] not in ".?")
    if picture.file.suffix != ".gif" or not picture.file.is_file():
        return f"{title} A figure." if picture.file.suffix == ".svg" else title
    with Image.open(picture.file) as film:
        told = bytes(film.info.get("comment", b"")).decode(errors="replace")
    found = re.search(r"Outcome: ([^;]+)", told)
    first = "In the first of two runs: " if "beside" in picture.file.stem else ""
    return f"{title} {first}{ending(demo, found[1]).says}" if found else title


def pictures(demo: Entry) -> list[Picture]:
    """Films of the demo, its rates where it has levels, and the figures of its studies."""
    found = list(_FILMS[kind_of(demo)](demo))
    for study in studies().values():
        if study.demo == demo.name:
            figure = csv_path(demo, study).with_suffix(".svg")
            found.append(Picture(study.title, f"goalmisgen study {study.name} --no-train", figure))
    return found


def _of_levels(demo: Demo) -> Iterator[Picture]:
    """The textbook run, training beside shifted, an agent beside one trained on varied levels, and the rates.

    Those that the world has: see the roles of its presets.
    """
    moved, varied = demo.preset_as("moved"), demo.preset_as("varied")
    if moved:
        film = f"film {demo.name} --preset {moved.name}"
        yield _film(demo, "textbook", moved.title, film)
        title = "The same agent on a shifted level and on the training level of the same seed"
        yield _film(demo, "training-beside-shifted", title, f"{film} --versus training")
        if varied:
            yield _film(demo, "beside-varied", varied.title, f"{film} --versus {varied.agent}")
    shown = dict.fromkeys(preset.agent for preset in demo.presets if "@" not in preset.agent)
    if not shown:
        return
    rates, agents = f"{demo.name}_rates.svg", " ".join(f"--agent {agent}" for agent in shown)
    command = f"goalmisgen measure {demo.name} {agents} --figure {rates}"
    yield Picture("Rates with 95 % intervals", command, content() / FOLDER / rates)


def _of_dialogues(demo: Entry) -> Iterator[Picture]:
    for preset in demo.presets[:FILMS]:
        yield _film(demo, preset.name, preset.title, f"film {demo.name} --preset {preset.name}")


def _of_choices(demo: DecisionDemo) -> Iterator[Picture]:
    """A run of the planner, and one of an agent trained where the sliders usually stand."""
    usual = demo.usual()
    agent = next(f"{name}:0" for name, recipe in demo.recipes.items() if usual | dict(recipe.config) == usual)
    yield _film(demo, "planner", "A run of the planner, who knows the rules", f"film {demo.name} --agent planner")
    yield _film(demo, "trained", f"A run of {agent}, trained by trial", f"film {demo.name} --agent {agent}")


_FILMS: dict[Kind, Callable[[Any], Iterator[Picture]]] = {GRID: _of_levels, TEXT: _of_dialogues, DECISION: _of_choices}


def _film(demo: Entry, name: str, title: str, words: str) -> Picture:
    file = f"{demo.name}_{name}.gif"
    return Picture(title, f"goalmisgen {words} --out {file}", content() / FOLDER / file)
