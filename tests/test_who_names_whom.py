"""Tests of the engine name no demo, but find one by what its record says (`worlds.py`) or take all in turn.

Tests of one demo are called after it. What shows or teaches demos is tested on the ones it shows.
"""

import re
from pathlib import Path

import goalmisgen
import pytest

HERE = Path(__file__).parent
NAMES = [*goalmisgen.NAMES, *map(goalmisgen.env_id, goalmisgen.WORLDS)]
NAMED = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, NAMES))})(?![\w-])")
OWN = {f"test_{name}.py" for name in goalmisgen.NAMES}
SHOWN = "what people are shown is checked where they are shown it: lessons, pages and papers name demos"
LEDGER = "claims and the article's lines are about certain demos"
COMMANDS = "commands and snippets are those that README and `--help` print"
TOLD_APART = "techniques are judged by what bundled agents of known goals do"
STAGED = "a talk is a text that names its demo"
LISTED = "what it tests are entries of a file that names their demos"
WHY = {
    "test_api.py": COMMANDS, "test_app.py": SHOWN, "test_audit_card.py": SHOWN, "test_browser.py": SHOWN,
    "test_claims.py": LEDGER, "test_class_browser.py": SHOWN, "test_class_page.py": SHOWN,
    "test_classroom.py": SHOWN, "test_cli.py": COMMANDS, "test_coverage.py": LEDGER, "test_critics.py": TOLD_APART,
    "test_course.py": TOLD_APART,
    "test_detect.py": TOLD_APART, "test_figures_browser.py": SHOWN, "test_film_command.py": COMMANDS,
    "test_first_contact_browser.py": SHOWN, "test_glossary.py": SHOWN, "test_lessons.py": SHOWN,
    "test_live_figure.py": SHOWN, "test_mitigate.py": TOLD_APART, "test_mitigate_browser.py": SHOWN,
    "test_names.py": SHOWN, "test_new.py": STAGED,
    "test_notebook.py": COMMANDS, "test_present.py": STAGED, "test_puzzle.py": SHOWN, "test_readme.py": SHOWN,
    "test_reel.py": STAGED, "test_stage.py": STAGED,
    "test_reload_browser.py": SHOWN, "test_studies.py": LISTED, "test_text_browser.py": SHOWN,
    "test_text_film.py": COMMANDS,
    "test_votes_on_stage.py": STAGED, "test_yours.py": LISTED,
    "test_yours_browser.py": SHOWN,
}  # fmt: skip


def naming() -> dict[str, set[str]]:
    """The demos that each test file names."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.py")}
    return {name: found for name, text in texts.items() if (found := set(NAMED.findall(text)))}


def test_only_a_demos_own_tests_and_those_of_what_is_shown_name_one() -> None:
    assert set(naming()) - OWN == set(WHY)
    assert all(WHY.values())


@pytest.mark.parametrize("name", goalmisgen.NAMES)
def test_a_demo_has_tests_called_after_it(name: str) -> None:
    assert name in (HERE / f"test_{name}.py").read_text(encoding="utf-8")
