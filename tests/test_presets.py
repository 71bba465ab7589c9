"""What is worth showing of each demo: lessons/presets/NAME.yaml."""

from pathlib import Path

import goalmisgen
import pytest
from goalmisgen.engine.content import content
from goalmisgen.engine.rules import presets
from goalmisgen.engine.rules.presets import PresetError, levels_shown, questions_shown
from goalmisgen.engine.rules.text import Prepared
from goalmisgen.engine.rules.world import Preset

GOOD = """
presets:
  first: {title: The coin was moved, agent: "mix-0:0", level: shifted 22, outcome: end, changes: ["coin=6,16"]}
  second: {title: A training level, agent: "mix-0:0", level: training 3, outcome: coin}
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the presets of a demo called `toy` are read from."""
    (tmp_path / "lessons" / "presets").mkdir(parents=True)
    monkeypatch.setattr(presets, "content", lambda: tmp_path)
    return tmp_path / "lessons" / "presets" / "toy.yaml"


def test_every_file_is_a_demos_and_says_what_its_record_holds() -> None:
    for path in sorted((content() / "lessons" / "presets").iterdir()):
        demo = goalmisgen.entry(path.stem)
        assert path.suffix == ".yaml" and demo.presets, path.name
        shown = questions_shown(path.stem) if demo.kind == "text" else levels_shown(path.stem)
        assert shown == demo.presets


def test_levels_keep_their_order_their_seed_and_their_changes(written: Path) -> None:
    written.write_text(GOOD, encoding="utf-8")
    assert levels_shown("toy") == (
        Preset("first", "The coin was moved", "mix-0:0", True, 22, "end", ("coin=6,16",)),
        Preset("second", "A training level", "mix-0:0", False, 3, "coin"),
    )
    assert levels_shown("toy", "probes") == ()


def test_questions_name_the_fields_that_are_not_as_usual(written: Path) -> None:
    row = "{title: Nobody speaks, agent: 'cure-0:0', outcome: sum, asked: {opinion: none}}"
    written.write_text(f"presets:\n  silent: {row}\n", encoding="utf-8")
    assert questions_shown("toy") == (Prepared("silent", "Nobody speaks", "cure-0:0", {"opinion": "none"}, "sum"),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD.replace("shifted 22", "moved 22"), "'level' must be training or shifted and the level's seed"),
        (GOOD.replace("shifted 22", "shifted -1"), "'level' must be training or shifted and the level's seed"),
        (GOOD.replace("level: shifted 22, ", ""), "'first' of lessons/presets/toy.yaml lacks: level"),
        (GOOD.replace("outcome: coin", "outcome: coin, speed: 3"), "'speed' is not known"),
        (GOOD.replace('["coin=6,16"]', "7"), "'changes' must be a list of texts"),
        ("presets: [", "cannot be read"),
        ("pre-sets: {}", "must hold some of presets, probes, behaviours"),
        ("presets: [1]", "must hold some of presets, probes, behaviours"),
    ],
)
def test_what_is_wrong_is_one_sentence(written: Path, text: str, sentence: str) -> None:
    written.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError) as told:
        levels_shown("toy")
    assert sentence in str(told.value) and "\n" not in str(told.value) and str(told.value).endswith(".")


def test_a_file_that_is_not_there_is_named(written: Path) -> None:
    with pytest.raises(PresetError, match=r"lessons/presets/toy\.yaml cannot be read"):
        levels_shown("toy")
