"""The generated parts of the README are fresh."""

from pathlib import Path

from demos.engine.show.readme import rendered


def test_readme_is_fresh():
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert rendered(text) == text, "run: python -m demos.engine.show.readme"
