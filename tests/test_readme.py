"""The generated parts of the README are fresh, and its commands make its pictures."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import demos
from demos.engine import cli
from demos.engine.show.readme import rendered
from demos.engine.show.slides import pictures
from demos.engine.study.studies import studies

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FILMS = re.findall(r"^    goalmisgen (film .*--out pictures/\S+)$", README, re.M)
SLIDES = [
    picture.command.removeprefix("goalmisgen ").replace("--out ", "--out pictures/")
    for name in demos.NAMES
    for picture in pictures(demos.entry(name))
    if picture.command.startswith("goalmisgen film ")
]


def test_the_figures_of_the_readme_are_those_of_studies():
    shown = re.findall(r"\((pretrained/[^)]+/studies/([\w-]+)\.svg)\)", README)
    assert shown
    for path, name in shown:
        assert (ROOT / path).is_file() and f"    goalmisgen study {name}\n" in README


def test_the_readme_names_every_study():
    assert re.findall(r"^\| `([a-z-]+)` \| [^|]+\? \|$", README, re.M) == list(studies())


def test_readme_is_fresh():
    assert rendered(README) == README, "run: python -m demos.engine.show.readme"


def test_every_picture_of_the_readme_has_its_command():
    shown = set(re.findall(r"\((pictures/[^)]+)\)", README))
    assert shown and shown == {command.split()[-1] for command in FILMS}


@pytest.mark.parametrize("command", [*FILMS, *SLIDES])
def test_a_command_of_the_readme_or_the_slides_page_makes_its_picture(tmp_path, command):
    *words, out = shlex.split(command)
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, str(tmp_path / "again.gif")])
    assert ended.value.code == 0
    with Image.open(tmp_path / "again.gif") as again, Image.open(ROOT / out) as bundled:
        assert again.info["comment"] == bundled.info["comment"] and again.n_frames == bundled.n_frames
        for frame in (0, again.n_frames // 2, again.n_frames - 1):
            again.seek(frame)
            bundled.seek(frame)
            np.testing.assert_array_equal(np.asarray(again.convert("RGB")), np.asarray(bundled.convert("RGB")))
