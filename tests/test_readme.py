"""README, CONTRIBUTING and the demos' pages: short, fresh where generated, and their commands make their pictures."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import goalmisgen
import numpy as np
import pytest
import yaml
from goalmisgen.engine import cli
from goalmisgen.engine.cli import screens
from goalmisgen.engine.cli.readme import rendered
from goalmisgen.engine.film.slides import alt, pictures
from goalmisgen.engine.rules.names import ending
from goalmisgen.engine.study.studies import studies
from PIL import Image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", "lessons/what_helps.md", *(f"pretrained/{name}/README.md" for name in goalmisgen.NAMES)]
PAPERS = {path: (ROOT / path).read_text(encoding="utf-8") for path in PAGES}
FILMS = sorted(set(re.findall(r"^    goalmisgen (film .*--out pictures/\S+)$", "\n".join(PAPERS.values()), re.M)))
SCREENS = {f"pictures/{name}.png" for name in screens.SCREENS}  # photographs of a page
MOST_BYTES = {"README.md": 12_000, "CONTRIBUTING.md": 8_000}
SLIDES = [
    picture.command.removeprefix("goalmisgen ").replace("--out ", "--out pictures/")
    for name in goalmisgen.NAMES
    for picture in pictures(goalmisgen.entry(name))
    if picture.command.startswith("goalmisgen film ")
]


@pytest.mark.parametrize("path", MOST_BYTES)
def test_what_everybody_reads_is_short(path):
    assert (ROOT / path).stat().st_size <= MOST_BYTES[path]


def test_papers_are_fresh():
    fresh = rendered()
    assert set(fresh) == set(PAPERS)
    assert [path for path in PAPERS if PAPERS[path] != fresh[path]] == [], "run: goalmisgen papers"


def test_the_page_of_a_new_demo_has_every_generated_part(tmp_path, monkeypatch):
    """A demo without a page gets one; what is written around the parts stays."""
    monkeypatch.setattr("goalmisgen.engine.cli.readme.folder", lambda demo: tmp_path)
    fresh = rendered()["pretrained/coinrun/README.md"]
    assert "| `mix-0:0` |" in fresh and "| `mix-0` | the coin always at the end | 3 |" in fresh
    (tmp_path / "README.md").write_text("Mine.\n<!-- generated: recipes -->\nold\n<!-- end -->\nStays.\n")
    text = rendered()["pretrained/coinrun/README.md"]
    assert text.startswith("Mine.\n") and text.endswith("\nStays.\n") and "old" not in text and "`mix-0`" in text


@pytest.mark.parametrize("path", [*PAPERS, "CONTRIBUTING.md"])
def test_links_lead_somewhere(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert ((ROOT / path).parent / target).is_file(), target


def test_every_study_stands_on_the_page_of_its_demo():
    for name, study in studies().items():
        assert f"    goalmisgen study {name}\n" in PAPERS[f"pretrained/{study.demo}/README.md"]


def test_every_picture_of_the_papers_has_its_command():
    shown = set(re.findall(r"\((?:\.\./\.\./)?(pictures/[^)]+)\)", "\n".join(PAPERS.values())))
    assert shown >= SCREENS
    shown -= SCREENS
    assert shown == {f"pictures/{name}.gif" for name in goalmisgen.NAMES}
    assert shown == {command.split()[-1] for command in FILMS}


def test_the_picture_of_a_vote_is_what_its_command_makes():
    import pygame

    made = screens.small(Image.fromarray(pygame.surfarray.array3d(screens.hall()).swapaxes(0, 1)))
    with Image.open(ROOT / "pictures" / "votes.png") as bundled:
        same = np.array_equal(np.asarray(bundled.convert("RGB")), np.asarray(made.convert("RGB")))
    assert same, "run: goalmisgen screens votes"


@pytest.mark.parametrize("name", goalmisgen.WORLDS)
def test_slides_find_presets_by_their_roles_and_do_without(name):
    demo = goalmisgen.grid_entry(name)
    every = [picture.command for picture in pictures(demo)]
    assert len([command for command in every if " film " in command]) == 2 + ("varied" in demo.roles)
    turned = [picture.command for picture in pictures(replace(demo, presets=demo.presets[::-1]))]
    assert [c for c in turned if " film " in c] == [c for c in every if " film " in c]  # wherever they stand
    varied = demo.roles.get("varied")
    two = replace(demo, presets=tuple(preset for preset in demo.presets if preset.name != varied))
    assert [picture.command for picture in pictures(two)][:2] == every[:2]
    assert not any("beside-varied" in picture.command for picture in pictures(two))
    without = [picture.command for picture in pictures(replace(demo, presets=(), roles={}))]
    assert without == [command for command in every if " study " in command]


@pytest.mark.parametrize("name", goalmisgen.NAMES)
def test_every_picture_for_slides_has_a_text_for_who_does_not_see_it(name):
    demo = goalmisgen.entry(name)
    for picture in pictures(demo):
        told = alt(demo, picture)
        assert told.startswith(f"{demo.title}: {picture.title}") and told.endswith("."), told
        if picture.file.suffix == ".gif":
            assert any(told.endswith(ending(demo, outcome).says) for outcome in demo.outcomes), told


def test_the_citation_is_that_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{cited["version"]}"' in project and f'license = "{cited["license"]}"' in project
    assert {"cff-version", "message", "title", "authors", "abstract"} <= cited.keys()


@pytest.mark.slow
@pytest.mark.parametrize("command", [*FILMS, *SLIDES])
def test_a_command_of_a_paper_or_the_slides_page_makes_its_picture(tmp_path, command):
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
    assert (tmp_path / "again.gif").read_bytes() == (ROOT / out).read_bytes()
