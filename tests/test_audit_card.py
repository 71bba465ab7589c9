"""The audit card: filled from cards and tables, on one page, and what it cannot promise stands on it."""

from pathlib import Path
from typing import Any

import goalmisgen
import pytest
from goalmisgen.engine.agents.pretrained import agent_names, folder
from goalmisgen.engine.cli import main
from goalmisgen.engine.film.audit_page import TOLD, page
from goalmisgen.engine.lessons import audit_card as ac
from goalmisgen.engine.study.cards import card_of
from goalmisgen.engine.study.figures.draw import as_pdf
from goalmisgen.engine.study.intervals import rate_of
from streamlit.testing.v1 import AppTest

COINRUN = goalmisgen.entry("coinrun")


def made(name: str, agent: str, verdict: dict[str, str] | None = None, **changes: Any) -> ac.Card:
    demo = goalmisgen.entry(name)
    known = card_of(demo, agent)
    assert known is not None
    return ac.audit_card(demo, agent, known["measured"]["levels"], ac.tables_of(demo, agent) | changes, verdict)


def section(card: ac.Card, title: str) -> ac.Section:
    return next(each for each in card.sections if each.title == title)


def test_a_card_tells_what_the_tables_hold() -> None:
    card, known = made("coinrun", "mix-0:0"), card_of(COINRUN, "mix-0:0")
    assert known is not None
    told = known["measured"]["levels"]["distinguishing"]["outcomes"]
    line = next(each for each in section(card, "What it does").lines if each.label.startswith("distinguishing"))
    for goal in ("coin", "end"):
        assert f"{goal} {100 * told[goal]['rate']:.1f} %" in line.told and line.rates[goal]["low"] == told[goal]["low"]
    rows = {(row["levels"], row["measure"]): row for row in ac.tables_of(COINRUN, "mix-0:0")["redteam"]}
    turned = rows["place", "levels turned"]
    edits = section(card, "Smallest edits that turned it").lines[0].told
    assert f"turned {round(turned['n'] * turned['value'])} of {turned['n']} levels" in edits
    assert len(section(card, "Shift tests").lines) == 13
    assert any("rings in 100.0 %" in line.told for line in section(card, "Alarms").lines)


def test_what_it_cannot_promise_is_computed() -> None:
    limits = " ".join(made("coinrun", "mix-0:0").limits)
    assert f"up to {100 * rate_of(0, 1000)['high']:.1f} %" in limits
    assert "None of 2,000 training levels" in limits and "mix-0:1" in limits and "mix-0:0`" not in limits
    assert "None of 2,000" not in " ".join(made("coinrun", "mix-100:0").limits)  # there every second level tells


def test_what_was_not_measured_is_said_and_can_be_measured() -> None:
    demo = goalmisgen.entry("sycophancy")
    card = made("sycophancy", "cure-0:0", notes=[])
    assert section(card, "Its notes").about == ac.NOTHING and not section(card, "Its notes").lines
    found = ac.measured_anew(demo, "cure-0:0", {"notes": []}, 12, 1)
    assert {row["n"] for row in found["notes"] if row["measure"] == "wrong answers"} == {12}
    assert ac.measured_anew(demo, "cure-0:0", {"notes": [{"had": 1}]}, 12, 1) == {"notes": [{"had": 1}]}


@pytest.mark.parametrize("name", goalmisgen.NAMES)
def test_every_demo_has_cards_on_one_page(name: str) -> None:
    demo = goalmisgen.entry(name)
    agents = ac.auditable(demo)
    assert set(agents) == set(agent_names(demo))
    card = made(name, agents[0], {asked: "word " * 79 for asked in ac.ASKED})
    figure = page(card)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.texts]
    width, height = figure.bbox.width, figure.bbox.height
    bars = min((axes.get_position().x0 for axes in figure.axes), default=1.0)
    assert all(box.x1 < bars * width for box in boxes if abs(box.x0 / width - TOLD) < 0.01)
    assert all(box.x0 > 0 and box.x1 < width and box.y0 > 0 and box.y1 < height for box in boxes)
    assert as_pdf(figure).startswith(b"%PDF")


def test_what_a_person_writes_is_bounded_and_is_no_markup() -> None:
    sly = "# Shipped | yes\n\n<b>[x](y)</b> $x$"
    text = ac.as_markdown(made("coinrun", "mix-0:0", {ac.ASKED[0]: sly}))
    assert r"\# Shipped \| yes \<b\>\[x\](y)\</b\> $x$" in text and "\n# Shipped" not in text
    with pytest.raises(ValueError, match="at most 400 characters"):
        made("coinrun", "mix-0:0", {ac.ASKED[0]: "x" * 401})
    with pytest.raises(ValueError, match="one of the card's questions"):
        made("coinrun", "mix-0:0", {"Who": "me"})


def test_the_command_writes_a_card_and_refuses_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("audit", "coinrun", "--agent", "mix-0:0", "--out", str(tmp_path / "card.pdf")) == 0
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    assert status("audit", "board_hack") == 0
    assert "What this card cannot promise" in capsys.readouterr().out
    assert status("audit", "coinrun", "--out", "card.doc") == 2
    assert "ending in .md" in capsys.readouterr().err


def test_a_weight_file_is_measured(tmp_path: Path) -> None:
    source = folder(goalmisgen.entry("sycophancy")) / "cure-0/s0/policy.safetensors"
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes(source.read_bytes())
    card = tmp_path / "card.md"
    assert status("audit", "sycophancy", "--agent", str(weights), "--episodes", "20", "--out", str(card)) == 0
    text = card.read_text(encoding="utf-8")
    assert "n = 20" in text and "not one of the bundled" in text and ac.NOTHING not in text


def shown() -> None:
    from goalmisgen.engine.web.panels.mitigate_audit import panel

    panel()


@pytest.mark.slow
def test_the_page_shows_a_card_and_keeps_what_a_person_wrote() -> None:
    at = AppTest.from_function(shown, default_timeout=120)
    at.query_params["demo"] = "coinrun"
    at.run()
    assert not at.exception and at.selectbox[0].value == "mix-0:0"
    at.text_input[0].set_value("No, never").run()
    card = next(each.value for each in at.markdown if "Audit card" in each.value)
    assert "No, never" in card and "What this card cannot promise" in card
    at.selectbox[0].set_value("mix-10:0").run()
    assert any(button.label == "Measure what is missing" for button in at.button)  # no edits were searched for it
    assert "No, never" not in next(each.value for each in at.markdown if "Audit card" in each.value)


def status(*arguments: str) -> Any:
    """What the command line exits with."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code
