"""The claims ledger keeps its word: figures come from files, verdicts from citations, what rests on notes looks so."""

import json
import re
from pathlib import Path

import goalmisgen
import pytest
from goalmisgen.engine.agents import pretrained
from goalmisgen.engine.agents.pretrained import seeds_of
from goalmisgen.engine.content import content
from goalmisgen.engine.detect import laboratory as detection
from goalmisgen.engine.lessons import claims as cl
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.coverage import coverage
from goalmisgen.engine.lessons.numbers_in_text import UNMEASURED, cited
from goalmisgen.engine.mitigate import laboratory as mitigation
from goalmisgen.engine.web.html.links import MARKS, plain
from goalmisgen.engine.web.pages.claims_page import RESTS, badge, legend

ARTICLE = Path(__file__).parents[2] / "shared" / "article" / "goal-misgeneralization.txt"
ROW = {"id": "a", "section": ["Overview"], "claim": "c", "verdict": "wrong", "source": "s", "confidence": "primary"}


def row(name: str) -> cl.Claim:
    return next(claim for claim in cl.claims() if claim.id == name)


def ledger(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "claims.yaml"
    path.write_text(json.dumps(rows), encoding="utf-8")  # JSON is YAML
    return path


@pytest.mark.slow
def test_the_ledger_is_there_and_its_sections_are_headings_of_the_article() -> None:
    assert len(cl.claims()) >= 58
    assert {name for claim in cl.claims() for name in claim.section} <= set(coverage().sections)
    assert {claim.verdict for claim in cl.claims()} == set(cl.VERDICTS)
    assert {claim.confidence for claim in cl.claims()} == set(cl.CONFIDENCES)


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the article does not lie beside this checkout")
def test_what_stands_in_quotation_marks_is_the_articles_own_wording() -> None:
    article = " ".join(ARTICLE.read_text(encoding="utf-8").split())
    for claim in cl.claims():
        for quoted in re.findall(r'"([^"]+)"', claim.claim):
            for part in quoted.rstrip(".").split(" ... "):
                assert part in article, (claim.id, part)


def test_no_number_was_typed() -> None:
    for claim in cl.claims():
        typed = re.sub(r"\{[^{}]+\}|`[^`]+`", "", claim.here)
        assert not re.search(r"\d", typed), (claim.id, typed)
        if re.search(r"\d", re.sub(r"\[@[^]]+\]", "", claim.source)):
            assert claim.citations, f"'{claim.id}' has a number without a source"
            assert claim.confidence != "memory", f"'{claim.id}' prints a number that is only remembered"


@pytest.mark.slow
def test_numbers_and_citations_can_be_shown() -> None:
    for claim in cl.claims():
        for text in (claim.source, claim.here):
            assert "cannot be shown" not in cl.with_numbers(text), (claim.id, cl.with_numbers(text))
            assert "{" not in cl.with_numbers(text)


@pytest.mark.parametrize(
    ("name", "demo", "recipe", "levels", "outcome"),
    [
        ("coinrun-reversed", "coinrun", "end-reward", "distinguishing", "end"),
        ("coinrun-reversed", "coinrun", "mix-0", "distinguishing", "end"),
        ("keys-colour", "keys_and_chests", "marked", "shifted", "matching"),
    ],
)
def test_the_reversed_rows_show_every_bundled_seed(
    name: str, demo: str, recipe: str, levels: str, outcome: str
) -> None:
    agents = seeds_of(goalmisgen.grid_entry(demo), recipe)
    assert agents
    told = cl.with_numbers(row(name).here)
    for agent in agents:
        home = content() / "pretrained" / demo / recipe / f"s{agent.partition(':')[2]}"
        card = json.loads((home / "card.json").read_text(encoding="utf-8"))
        rate = card["measured"]["levels"][levels]["outcomes"][outcome]["rate"]
        assert re.search(rf"`{re.escape(agent)}` {100 * rate:.1f} %", told), agent


def test_what_rests_on_notes_or_memory_looks_so() -> None:
    for claim in cl.claims():
        assert ("dashed" in badge(claim)) == (claim.confidence in ("secondary", "memory"))
        assert RESTS[claim.confidence] in badge(claim)
        notes = any(cited(claim.source).values())
        assert not notes or claim.confidence in ("secondary", "memory")
    assert set(MARKS) == set(cl.VERDICTS)
    assert all(name in legend() and meaning in legend() for name, meaning in cl.VERDICTS.items())
    marks, colours = zip(*MARKS.values(), strict=True)
    assert len(set(marks)) == len(set(colours)) == len(cl.VERDICTS), "verdicts that only a colour tells apart"


def test_nothing_is_called_wrong_on_notes_and_the_laboratories_are_pointed_to() -> None:
    """Whose paper could not be had may at most be unsupported; every technique and strategy is met by some claim."""
    assert all(claim.confidence in cl.READ for claim in cl.matching(["wrong"], []))
    unread = cl.matching([], ["secondary", "memory"])
    assert len(unread) < len(cl.claims()) / 4
    pointed = {(each.kind, each.name) for claim in cl.claims() for each in claim.see}
    for laboratory in (detection.LABORATORY, mitigation.LABORATORY):
        for name in set(laboratory.methods) - {"audit"}:  # the article says nothing of what an audit finds
            assert (laboratory.room, name) in pointed, name


def test_filters() -> None:
    wrong = cl.matching(["wrong"], [])
    assert wrong and all(claim.verdict == "wrong" for claim in wrong)
    assert row("coinrun-reversed") in cl.matching(
        [], ["primary"], "Demonstrated Goal Misgeneralization Cases", "coinrun"
    )
    assert {claim.id for claim in cl.matching([], [], words="SCRATCHPAD invisible")} == {"faking-setup"}
    assert not cl.matching([], [], words="no such words anywhere")
    assert len(cl.matching([], [])) == len(cl.claims())
    assert row("keys-colour") in cl.about("keys_and_chests")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "lacks 'id'"),
        (ROW | {"verdict": "false"}, "there are: accurate"),
        (ROW | {"confidence": "sure"}, "there are: primary"),
        (ROW | {"section": "Overview"}, "a list of texts"),
        (ROW | {"claim": 60}, "a text as 'claim'"),
        (ROW | {"colour": "red"}, "'colour', which is not known"),
        (ROW | {"source": "[@nobody1999nothing]"}, "references.bib"),
        (ROW | {"source": "[@langosco2022goal, secondary]"}, "must be secondary or memory"),
        (ROW | {"confidence": "memory"}, "must be unverifiable"),
        (ROW | {"confidence": "secondary"}, "must be unsupported"),
        (ROW | {"see": ["demo coinrun nowhere"]}, "no preset 'nowhere'"),
        (ROW | {"see": ["demo tetris"]}, "no demo 'tetris'"),
        (ROW | {"see": ["lesson 99"]}, "no lesson '99'"),
        (ROW | {"see": ["../../etc"]}, "is not a pointer"),
        (7, "must be a list of 'name: value' lines"),
    ],
)
def test_a_bad_row_gets_a_sentence_that_names_it(tmp_path: Path, data: object, says: str) -> None:
    with pytest.raises(LessonError, match="claim 1") as refused:
        cl.load_claims(ledger(tmp_path, data))
    assert says in str(refused.value) and str(refused.value).endswith(".")


def test_a_missing_or_broken_ledger_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="cannot be read: No such file"):
        cl.load_claims(tmp_path / "none.yaml")
    with pytest.raises(LessonError, match="is there twice"):
        cl.load_claims(ledger(tmp_path, ROW, ROW))
    for text in ("a: [", "text", "[]", "\x00", "x" * (cl.MOST_BYTES + 1)):
        (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(LessonError, match=r"bad\.yaml"):
            cl.load_claims(tmp_path / "bad.yaml")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mix-0/s0/card.json", "{"),
        ("mix-0/s0/card.json", '{"demo": "coinrun"}'),
        ("probes.csv", "agent,probe,n,measure,value,low,high,seed\nmix-0:0,no-coin,many,end\n"),
    ],
)
def test_a_broken_file_of_numbers_gets_a_sentence(tmp_path: Path, monkeypatch, file: str, text: str) -> None:
    path = tmp_path / "pretrained" / "coinrun" / file
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    (path.parent / "policy.safetensors").touch()
    monkeypatch.setattr(pretrained, "content", lambda: tmp_path)
    number = "{rate: coinrun mix-0:0 no-coin end}" if file == "probes.csv" else "{rate: coinrun mix-0:* shifted coin}"
    told = cl.with_numbers(f"It was {number}.")
    assert "cannot be shown, since a file with its numbers is missing or broken" in told
    path.unlink()
    assert cl.with_numbers(f"It was {number}.") == f"It was {UNMEASURED}."


def test_markdown_in_a_claim_stays_text() -> None:
    assert plain("<b>[x](y)*") == r"\<b\>\[x\]\(y\)\*"
