"""The quick set, `pytest -m "not slow"`, stays quick: what needs a browser or a long study is marked slow."""

import re
from pathlib import Path


def test_whatever_opens_a_browser_is_slow() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")}
    opens = {name for name, text in texts.items() if re.search(r"from (playwright|test_browser)\b", text)}
    assert len(opens) > 3
    assert all(re.search(r"^pytestmark = (\[\s*)?pytest\.mark\.slow\b", texts[name], re.M) for name in opens)
