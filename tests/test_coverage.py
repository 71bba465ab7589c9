"""The list of the article's lines is complete, and everything in it points somewhere."""

import json
import re
from pathlib import Path

import pytest
from goalmisgen.engine.lessons import coverage as cv
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.claims import claims, with_numbers
from goalmisgen.engine.lessons.numbers_in_text import cited

ARTICLE = Path(__file__).parents[2] / "shared" / "article" / "goal-misgeneralization.txt"


def lines_of(article: str) -> list[tuple[str, list[str]]]:
    """The article's headings, each with the first cells of the table rows and the references below it.

    A heading is a short line of text without a full stop; first cells end where a link's description begins.
    """
    article = re.sub(r"^Diagram \(loading.*?^style J[^\n]*?(?=During )", "", article, flags=re.M | re.S)
    found: list[tuple[str, list[str]]] = []
    header = True  # the row that names the columns is none
    for line in article.splitlines():
        if line.startswith("|"):
            cell = re.split(r"↗", line.split("|")[1])[0].strip()
            if not header and cell.strip("-"):
                found[-1][1].append(cell)
            header = False
            continue
        header = True
        if found and found[-1][0] == "References":
            found[-1][1].append(line)
        elif line and len(line) < 70 and not line.endswith(".") and (not found or found[-1][0] != line):
            found.append((line, []))
    return found


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the article does not lie beside this checkout")
def test_every_line_of_the_article_is_in_the_list() -> None:
    article = lines_of(ARTICLE.read_text(encoding="utf-8"))
    listed = [(name, [line.text for line in lines[1:]]) for name, lines in cv.coverage().sections.items()]
    assert [name for name, _ in listed] == [name for name, _ in article]
    for (name, rows), (_, there) in zip(listed, article, strict=True):
        if name == "References":
            there = [line for line in there if not re.match(r"\d+Palisade", line)]  # the link above its description
            assert len(rows) == len(there)
            assert all(line.startswith(row) for row, line in zip(rows, there, strict=True))
        else:
            assert rows == there, name


def test_the_extract_is_taken_as_it_should_be() -> None:
    text = "Title\nTitle\nProse ends here.\nPart\n| A | B |\n|---|---|\n| one↗ more | x |\n| two | y |\n"
    assert lines_of(text) == [("Title", []), ("Part", ["one", "two"])]


@pytest.mark.slow
def test_every_pointer_resolves_and_every_claim_is_pointed_to() -> None:
    found = cv.coverage()
    assert cv.problems(found) == []
    pointed = {(each.kind, each.name) for line in found.lines for each in line.see}
    assert not {claim.id for claim in claims()} - {name for kind, name in pointed if kind == "claim"}
    assert (
        not set(cv.study_questions())
        - {name for kind, name in pointed if kind == "study"}
        - {"coinrun-range", "monster-horizon"}
    )


def test_judgements_are_shown_as_opinions_and_what_came_of_them_is_cited() -> None:
    sections = cv.coverage().sections
    for name in ("Risk Assessment", "Research Timeline and Expectations", "Current Detection Techniques"):
        assert all(line.opinion for line in sections[name][1:]), name
    for line in cv.coverage().lines:
        if line.since:
            assert cited(line.since) and line.opinion
            assert "cannot be shown" not in with_numbers(line.since)
        assert not re.search(r"\d", line.none), (line.text, "a number without a source")


@pytest.mark.parametrize(
    ("article", "says"),
    [
        ([], "must hold 'article'"),
        ([{"see": ["claim a"]}], "needs a 'heading'"),
        ([{"heading": "A"}], "needs either 'see'"),
        ([{"heading": "A", "see": ["claim a"], "none": "because"}], "needs either 'see'"),
        ([{"heading": "A", "see": ["somewhere"]}], "is not a pointer"),
        ([{"heading": "A", "see": [3]}], "'see' must be a list of pointers"),
        ([{"heading": "A", "none": "n", "colour": "red"}], "'colour' is not known"),
        ([{"heading": "A", "none": "n", "kind": "poem"}], "'kind' one of"),
        ([{"heading": "A", "none": "n", "rows": [{"see": []}]}], "must have a text as 'row'"),
        ([{"heading": "A", "none": "n", "rows": [{"row": "r"}]}], "needs either 'see'"),
        (
            [{"heading": "A", "none": "n", "rows": [{"row": "r", "none": "n", "since": "[@nobody1999]"}]}],
            "references.bib",
        ),
        ([{"heading": "A", "none": "n"}, {"heading": "A", "none": "n"}], "'heading' of its own"),
    ],
)
def test_a_bad_list_gets_a_sentence(tmp_path: Path, article: list, says: str) -> None:
    path = tmp_path / "coverage.yaml"
    path.write_text(json.dumps({"article": article}), encoding="utf-8")
    with pytest.raises(LessonError) as refused:
        cv.load_coverage(path)
    assert says in str(refused.value) and str(refused.value).endswith(".")


def test_a_pointer_to_nothing_is_found(tmp_path: Path) -> None:
    path = tmp_path / "coverage.yaml"
    article = [{"heading": "A", "see": ["study nowhere", "claim nothing", "demo coinrun"]}]
    path.write_text(json.dumps({"article": article}), encoding="utf-8")
    assert len(cv.problems(cv.load_coverage(path))) == 2
