"""The bibliography: every work is cited somewhere and can be shown; its key says who and when."""

import re

import goalmisgen
import pytest
from goalmisgen.engine.content import content
from goalmisgen.engine.lessons.literature import UnknownReference, reference

LESSONS = content() / "lessons"
KEYS = re.findall(r"^@\w+\{([^,]+),", (LESSONS / "references.bib").read_text(encoding="utf-8"), re.M)


def test_every_entry_is_cited_by_a_text_or_a_demo() -> None:
    texts = [path for path in LESSONS.rglob("*") if path.suffix in (".md", ".yaml")]
    said = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    cited = set(re.findall(r"\[@([\w-]+)", said)) | set(re.findall(r"^\s*key: ([\w-]+)$", said, re.M))
    cited |= {key for name in goalmisgen.NAMES for key in goalmisgen.entry(name).papers}
    assert not set(KEYS) - cited, "cited nowhere: cite them where they belong, or drop them"
    assert not cited & {"dorn_detecting_code", "iclrblog2026"}, "not to be cited before they are seen"


def test_every_entry_can_be_shown_and_none_is_there_twice() -> None:
    assert len(KEYS) == len(set(KEYS)) > 60
    for key in KEYS:
        work = reference(key)
        assert re.fullmatch(r".+ \(\d{4}\)", work.short) and work.url.startswith("https://"), key
        assert work.full and work.bibtex.count(key) == 1
    with pytest.raises(UnknownReference, match="no 'nobody1999'"):
        reference("nobody1999")
