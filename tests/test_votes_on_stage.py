"""A talk with votes by phone and a page for its presenter: beats, bars, the code, the clock, the table afterwards."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import segno
from goalmisgen.engine import cli
from goalmisgen.engine.cli import present as command
from goalmisgen.engine.cli import rehearsal
from goalmisgen.engine.lessons import talk
from goalmisgen.engine.lessons.lesson import parse_lesson
from goalmisgen.engine.stage import join, window
from goalmisgen.engine.stage.hall import Hall
from goalmisgen.engine.stage.lettering import Sizes
from goalmisgen.engine.stage.polling import Polling
from goalmisgen.engine.stage.present import AFTER, AGAIN, ASK, RUN, SAY, Presentation
from goalmisgen.engine.stage.prompter import Prompter, plan
from goalmisgen.engine.stage.server import serving
from test_present import pass_time, picture
from test_votes import Client, closed, hall
from test_window import press

__all__ = ["closed", "hall"]  # fixtures

TWICE = """---
title: Two votes
minutes: 2
demo: coinrun
---

## What is said

Words.

```stage
notes: Wait.
```

## The run

```stage
at: "0:30"
notes: |
  Hands up.

  Wait two seconds.
```

```demo
preset: moved
```

```predict
ask: Where will it go?
options: [coin, end, neither]
outcomes: [coin, end, died stopped timeout]
again:
  ask: And now?
```
"""


@pytest.fixture(scope="module")
def twice() -> talk.Talk:
    return talk.talk_of(json.loads(json.dumps(talk.record(parse_lesson(TWICE, "twice")))), "twice")


@pytest.fixture
def stage(twice: talk.Talk, hall: Hall, screen: None) -> Iterator[Presentation]:
    found = Presentation(twice, polling=Polling(hall, "http://192.168.1.20:8080"), prompter=Prompter())
    yield found
    found.close()


def test_a_talk_opens_closes_reveals_and_asks_again(stage: Presentation, hall: Hall) -> None:
    assert stage.joining and stage.polling
    first = picture(stage)
    hall.shown("a")
    assert (picture(stage) != first).any()  # one phone is here
    press(stage, "page down")
    assert not stage.joining and (stage.number, stage.beat) == (0, SAY)
    press(stage, "page down")
    assert hall.shown("a")["state"] == "nothing"
    press(stage, "page down")
    assert stage.beat == ASK and hall.shown("a")["state"] == "open"
    for i, option in enumerate((0, 0, 0, 1)):
        hall.vote(f"v{i}", "x", "2.1", option)
    before = picture(stage)
    pass_time(stage, 2)
    assert stage.vote.numbers == [3, 1, 0] and stage.polling.grown == [0, 0, 0]  # hidden while it is open
    assert (picture(stage) != before).any()  # but how many have voted
    press(stage, "v")
    stage.advance(0.05)
    assert 0 < stage.polling.grown[0] < 0.75  # it grows
    pass_time(stage, 5)
    assert stage.polling.grown == pytest.approx([0.75, 0.25, 0], abs=0.01)
    press(stage, "5")  # hands of those who have no phone
    assert stage.vote.numbers == [8, 1, 0]
    press(stage, "page down")
    assert stage.beat == RUN and hall.shown("a")["state"] == "closed"
    press(stage, "page down")
    assert hall.shown("v3") | {"mine": 1, "answer": 1, "state": "revealed"} == hall.shown("v3")
    press(stage, "page down")
    assert stage.beat == AGAIN and stage.asked.ask == "And now?" and stage.asked.options == ("coin", "end", "neither")
    hall.vote("v0", "x", "2.2", 1)
    pass_time(stage, 1)
    asked = picture(stage)
    press(stage, "page down")
    assert stage.beat == AFTER and hall.shown("v0")["state"] == "revealed" and hall.shown("v0")["answer"] is None
    pass_time(stage, 3)
    assert (picture(stage) != asked).any() and stage.vote.numbers == [0, 1, 0]
    found = stage.counted()
    assert [(step, which, vote.numbers) for step, which, vote, _ in found] == [(2, 1, [8, 1, 0]), (2, 2, [0, 1, 0])]
    press(stage, "q")
    assert stage.joining and (picture(stage) != asked).any()


@pytest.mark.parametrize("size", [(1024, 768), (1920, 1080), (1280, 720)])
def test_with_phones_nothing_moves_either_and_the_code_can_be_read(stage: Presentation, size: tuple[int, int]) -> None:
    corners = set()
    stage.uncover()
    for i, (step, _) in enumerate(stage.beats):
        if step == 1:
            stage.go(i)
            picture(stage, size)
            corners.add(tuple(pane.corner for pane in stage.show.panes))
    assert len(corners) == 1
    code = join.code("http://192.168.178.201:8080", join.beside(Sizes.of(size[1])))
    assert code.get_width() % 33 == 0 and code.get_width() >= 3 * 33  # whole pixels, its border with it
    scale = code.get_width() // 33
    modules = [[code.get_at((x * scale, y * scale))[0] == 0 for x in range(4, 29)] for y in range(4, 29)]
    assert modules == [[bool(dark) for dark in row] for row in segno.make("http://192.168.178.201:8080").matrix]
    assert not any(code.get_at((i, y))[0] == 0 for i in range(code.get_width()) for y in range(4 * scale))


def test_the_presenters_page_knows_the_notes_the_next_beat_and_the_clock(stage: Presentation) -> None:
    stage.advance(0.1)
    told = stage.prompter.told
    assert told["notes"] == "Wait." and told["times"] == [0, 30, 120] and not told["running"]
    assert told["next"] == {"beat": SAY, "step": "The run", "new": True} and told["polling"]["here"] == 0
    for wish, number, beat in (
        ("next", 0, SAY), ("next", 1, SAY), ("next", 1, ASK), ("back", 1, SAY), ("go 1", 0, SAY), ("go 2", 1, SAY),
        ("go 9", 1, SAY), ("go x", 1, SAY), ("nonsense", 1, SAY), ("", 1, SAY),
    ):  # fmt: skip
        stage.prompter.wish(wish)
        stage.advance(0.1)
        assert (stage.number, stage.beat) == (number, beat), wish
    assert stage.prompter.told["notes"] == "Hands up.\n\nWait two seconds." and stage.prompter.told["running"]
    stage._began -= 130
    stage.advance(0.1)
    assert not stage.prompter.told["late"] and stage.prompter.told["clock"] == 130
    stage._began -= 20
    stage.advance(0.1)
    assert stage.prompter.told["late"]
    for wish in ("clock", "black", "bars", "join"):
        stage.prompter.wish(wish)
    shown = stage.polling.bars
    stage.advance(0.1)
    assert stage.elapsed < 5 and stage.blank and stage.joining and stage.polling.bars is not shown
    json.dumps(stage.prompter.told)
    for _ in range(200):
        stage.prompter.wish("next")  # more than can wait
    stage.advance(0.1)
    assert stage.at == len(stage.beats) - 1


def test_steps_without_a_time_share_what_is_left(twice: talk.Talk) -> None:
    steps = [replace(twice.steps[0], at=at) for at in (None, None, 60, None, None)]
    assert plan(talk.Talk("", 3, tuple(steps))) == [0, 30, 60, 100, 140, 180]
    assert plan(talk.Talk("", 1, tuple(replace(s, at=200) for s in steps[:2])))[-1] == 60  # whatever a file says


def test_the_presenters_page_is_for_who_knows_its_address(hall: Hall) -> None:
    prompter = Prompter()
    with serving(None, prompter, "127.0.0.1", 0) as port:
        client = Client(port)
        assert client.ask("GET", "/")[0] == 404  # nobody votes
        for path in ("/presenter", "/presenter/", "/presenter/x/state", f"/presenter/{prompter.key}x"):
            assert client.ask("GET", path)[0] == 404
        assert client.ask("GET", f"/presenter/{prompter.key}")[0] == 200
        at = f"/presenter/{prompter.key}/do"
        for body in (b"", b"[]", b'{"do": 3}', b'{"do": "' + b"x" * 30 + b'"}', b'{"go": "next"}'):
            assert 400 <= client.ask("POST", at, body)[0] < 500
        assert client.ask("POST", at, b'{"do": "next"}')[0] == 200
        assert prompter._wishes.get_nowait() == "next" and prompter._wishes.empty()


# --- the command


def presented(monkeypatch: pytest.MonkeyPatch, *words: str) -> Presentation:
    """What `goalmisgen present` shows, with one vote by phone and hands typed."""
    seen: list[Presentation] = []

    def show(stage: Presentation, display: int) -> int:
        seen.append(stage)
        stage.uncover()
        stage.go(stage.beats.index((1, ASK)))
        press(stage, "4")
        if stage.polling is not None:
            client = Client(int(stage.polling.address.rpartition(":")[2]))
            client.ask("GET", "/")
            assert client.vote(1, "2.1")[0] == 200
        stage.advance(0.1)
        return 0

    monkeypatch.setattr(window, "present", show)
    monkeypatch.setattr(command.webbrowser, "open", lambda page: seen.append(page))
    with pytest.raises(SystemExit) as ended:
        cli.main(["present", *words])
    assert ended.value.code == 0
    seen[-1].opened = seen[:-1]
    return seen[-1]


def test_votes_are_a_table_afterwards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], screen: None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.md").write_text(TWICE.replace("coin, end, neither", "=1+1, end, neither"), encoding="utf-8")
    monkeypatch.setattr(command, "way_out", lambda address: "127.0.0.1")
    presented(monkeypatch, "mine.md", "--votes", "--presenter", "--port", "18080")
    (out,) = tmp_path.glob("votes_mine_*.csv")
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [(row["option"], row["came_true"], row["by_phone"], row["typed"]) for row in rows] == [
        ("'=1+1", "no", "0", "4"), ("end", "yes", "1", "0"), ("neither", "no", "0", "0"),
    ]  # fmt: skip
    assert rows[0].keys() == {"step", "vote", "question", "option", "came_true", "by_phone", "typed"}  # no person
    told = capsys.readouterr().out
    assert (
        "The hall votes at http://127.0.0.1:180" in told
        and "/presenter/" in told
        and f"{out.name} has the counts of 1 vote." in told
    )


def test_votes_are_written_while_the_talk_goes_on_and_a_full_disk_does_not_end_it(
    stage: Presentation, hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "votes.csv"
    stage.keep = lambda: command._while_on(stage, out, tmp_path / "twice.md")
    stage.go(stage.beats.index((1, ASK)))
    hall.vote("a", "x", "2.1", 1)
    stage.advance(0.1)
    assert not out.exists()
    stage.go(stage.at + 1)
    assert ",end,yes,1,0\n" in out.read_text(encoding="utf-8")
    monkeypatch.setattr(command, "_keep", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    stage.go(stage.at + 1)
    assert stage.notice == "The votes could not be written: No space left on device."


def test_without_a_network_counts_are_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], screen: None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.md").write_text(TWICE, encoding="utf-8")
    monkeypatch.setattr(command, "way_out", lambda address: None)
    stage = presented(monkeypatch, "mine.md", "--votes", "--csv", "mine.csv")
    assert stage.polling is None and stage.notice == command.NO_NETWORK and stage.votes[1].numbers == [4, 0, 0]
    assert command.NO_NETWORK in capsys.readouterr().out and ",coin,no,0,4\n" in Path("mine.csv").read_text()
    stage = presented(monkeypatch, "mine.md", "--presenter")
    (page,) = stage.opened
    assert page.startswith("http://127.0.0.1:") and "/presenter/" in page and not list(tmp_path.glob("votes_*"))


def test_check_says_where_phones_would_find_the_hall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "way_out", lambda address: "192.168.1.20")
    assert "http://192.168.1.20:8080" in rehearsal.phones().says and rehearsal.phones().ok
    monkeypatch.setattr(rehearsal, "way_out", lambda address: None)
    assert rehearsal.phones().ok is None and "can be typed" in rehearsal.phones().says


def test_a_port_that_is_taken_is_not_the_end(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(hall, None, "127.0.0.1", 18200) as first, serving(hall, None, "127.0.0.1", first) as second:
        assert first < second <= first + 9
    with pytest.raises(SystemExit) as ended:
        cli.main(["present", "5", "--votes", "--address", "203.0.113.7", "--port", "18200"])
    assert ended.value.code == 1
    says = "No page can be served at 203.0.113.7, ports 18200 to 18209; give another --port"
    assert capsys.readouterr().err.startswith(says)
