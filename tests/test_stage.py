"""The page of a talk, stepped through: nothing is cut off or small, several runs in one picture, maps, pictures, lists.

What every page looks like is kept in the folder of the environment's `GOALMISGEN_PICTURES`, else where pytest keeps
its temporary files.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

import goalmisgen
import numpy as np
import pygame
import pytest
from goalmisgen.engine import cli
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.lessons import lesson as ls
from goalmisgen.engine.lessons import recording, stills, talk
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.recorded import Damaged
from goalmisgen.engine.lessons.talk import TalkError
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.stage import ballots, lettering, talk_page, together
from goalmisgen.engine.stage.present import ASK, REVEAL, RUN, SAY, Presentation
from PIL import Image
from test_window import press

pytestmark = pytest.mark.usefixtures("screen")
COINRUN = goalmisgen.grid_entry("coinrun")
SIZES = [(1024, 768), (1920, 1080)]
HEAD = "---\ntitle: A short talk\nminutes: 1\ndemo: coinrun\n---\n"


def recorded(script: str, folder: Path | None = None) -> dict[str, Any]:
    path = (folder or Path()) / "short.md"
    lesson = ls.parse_lesson(HEAD + script, "short")
    if folder:
        path.write_text(HEAD + script)
        lesson = ls.load_lesson(path)
    return json.loads(json.dumps(talk.record(lesson)))


def drawn(stage: Presentation, size: tuple[int, int] = (1280, 720)) -> pygame.Surface:
    surface = pygame.Surface(size)
    talk_page.draw(stage, surface)
    return surface


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "name", ["05_minutes", *(pytest.param(name, marks=pytest.mark.slow) for name in ("12_minutes", "30_minutes"))]
)
def test_a_talk_is_stepped_through(
    name: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Path(os.environ.get("GOALMISGEN_PICTURES", tmp_path))
    written: list[tuple[str, int]] = []
    plain = lettering.rendered.__wrapped__
    monkeypatch.setattr(
        lettering, "rendered", lambda text, *rest: written.append((text, rest[0])) or plain(text, *rest)
    )
    stage = Presentation(talk.open_talk(talk.find(name)))
    corners: dict[int, set[tuple[int, int]]] = {}
    for i, (number, beat) in enumerate(stage.beats):
        stage.go(i)
        if beat == RUN and stage.show is not None:
            stage.show.clock = float(stage.show.last)
        written.clear()
        pygame.image.save(drawn(stage, size), kept / f"{name}_{size[0]}_{i:02d}_{beat}.png")
        assert not [text for text, _ in written if text.endswith("\u2026")]
        source = round(lettering.SOURCE * size[1])
        small = [(text, high) for text, high in written if high < 0.026 * size[1] and high != source]
        assert not small, small
        corners.setdefault(number, set()).update(pane.corner for pane in getattr(stage.show, "panes", ()))
    stage.close()
    assert len(list(kept.glob(f"{name}_{size[0]}_*.png"))) >= len(stage.beats)
    assert all(len(places) <= len(stage.talk.steps[n].runs) for n, places in corners.items()), "something moves"


def test_every_page_can_be_written_as_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["present", "5", "--pictures", str(tmp_path / "pages"), "--size", "1024", "768"])
    assert ended.value.code == 0 and "pictures" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        cli.main(["present", "5", "--pictures", str(tmp_path / "pages"), "--size", "1024", "7"])
    assert ended.value.code == 2 and "--size must be" in capsys.readouterr().err
    pages = sorted((tmp_path / "pages").glob("*.png"))
    with Image.open(pages[0]) as first:
        assert first.size == (1024, 768) and pages[0].name == "001_step_1_say.png" and len(pages) > 10


@pytest.mark.parametrize("size", SIZES)
def test_the_picture_takes_the_width_or_most_of_the_height(size: tuple[int, int]) -> None:
    stage = Presentation(talk.open_talk(talk.find("12")))
    stage.go(stage.beats.index((2, RUN)))
    drawn(stage, size)
    pane = stage.show.panes[0]
    assert pane.tile * int(pane.run.first.extent[1]) > 0.95 * size[0]
    stage.close()


def test_runs_of_one_level_stand_in_one_picture_with_letters_that_stay() -> None:
    stage = Presentation(talk.open_talk(talk.find("12")))
    number = next(i for i, step in enumerate(stage.talk.steps) if len(step.runs) == 3)
    stage.go(stage.beats.index((number, SAY)))
    drawn(stage)
    show = stage.show
    assert len({pane.corner for pane in show.panes}) == 1 and show.panes[0].tile > 20
    level, states = show.panes[0].run.first, [pane.run.states[0] for pane in show.panes]
    picture = together.picture(COINRUN, [level] * 3, states, 1)
    assert {together.shift(states, i) for i in range(3)} == {0, together.APART, 2 * together.APART}
    for colour in together.COLOURS[:3]:
        assert (np.abs(picture.astype(int) - colour).sum(2) < 12).any(), colour
    taken = states[2].copy()
    taken.there[1] = 0
    faint = together.picture(COINRUN, [level] * 3, [*states[:2], taken], 1)
    gone = together.picture(COINRUN, [level] * 3, [taken] * 3, 1)
    row, col = (int(20 * x) + 10 for x in level.objects[1])
    whole, less, none = (each[row, col].astype(int) for each in (picture, faint, gone))
    assert np.abs(less - (2 * whole + none) / 3).max() <= 1, "a coin that one of three took is a third fainter"
    stage.close()


def test_runs_of_different_levels_stand_side_by_side() -> None:
    agent = load_agent(COINRUN, "mix-0:0")
    runs = [Run(COINRUN, agent, draw_level(COINRUN, COINRUN.training, seed)) for seed in (3, 3, 4)]
    assert together.alike(runs[:2]) and not together.alike(runs[1:]) and not together.alike(runs[:1])
    trees = goalmisgen.grid_entry("tree_gridworld")
    level = draw_level(trees, trees.training, 0)
    assert not together.alike([Run(trees, None, level, config=trees.training) for _ in range(2)])


MAP = """
## Where?

```demo
preset: moved
map: true
```

```predict
ask: How many turn gold?
options: [most, few]
answer: few
```
"""


def test_a_map_is_grey_until_it_is_told_and_nothing_runs() -> None:
    data = recorded(MAP)
    stage = Presentation(talk.talk_of(data, "short"))
    assert [beat for _, beat in stage.beats] == [SAY, ASK, REVEAL]
    step = stage.step
    assert len(step.maps) == 1 and len(step.maps[0].cells) == 35 and step.maps[0].outcomes.shape[1] == 5
    row, col = step.maps[0].cells[0]
    seen = []
    for i in range(3):
        stage.go(i)
        picture = pygame.surfarray.array3d(drawn(stage))
        pane = stage.show.panes[0]
        seen.append(
            picture[int(pane.corner[0] + (col + 0.5) * pane.tile), int(pane.corner[1] + (row + 0.5) * pane.tile)]
        )
    assert (seen[0] == lettering.QUIET).all() and (seen[1] == seen[0]).all() and (seen[2] != seen[0]).any()
    stage.close()
    for path, wrong in (("outcomes", [["coin"]]), ("outcomes", [["flies"] * 5] * 35), ("places", [[0, 900]] * 35)):
        broken = json.loads(json.dumps(data))
        broken["steps"][0]["maps"][0][path] = wrong
        with pytest.raises(TalkError, match="map of step 1"):
            talk.talk_of(broken, "short")
    data["steps"][0]["maps"] *= 2
    with pytest.raises(TalkError, match="as many as its runs"):
        talk.talk_of(data, "short")


def png(width: int = 40, height: int = 20) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#ff00ff").save(out, "PNG")
    return out.getvalue()


def test_lists_and_pictures_are_shown(tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(png())
    data = recorded("## One\n\nA *list*:\n\n- first\n- second\n\n1. third\n2. fourth\n\n![Mine](mine.png)\n", tmp_path)
    assert data["steps"][0]["text"] == "A list:\n\n- first\n- second\n\n1. third\n2. fourth"
    stage = Presentation(talk.talk_of(data, "short"))
    picture = pygame.surfarray.array3d(drawn(stage))
    magenta = (np.abs(picture.astype(int) - (255, 0, 255)).sum(2) < 12).mean()
    assert magenta > 0.1
    stage.close()
    data["steps"][0]["picture"] = "bm9uZQ=="
    with pytest.raises(TalkError, match="picture of step 1"):
        talk.talk_of(data, "short")


@pytest.mark.parametrize(
    ("name", "says"),
    [("../mine.png", "beside the script"), ("/etc/passwd", "beside the script"), ("https://x.org/a.png", "beside the"),
     ("none.png", "cannot be read"), ("text.png", "cannot be shown")],
)  # fmt: skip
def test_a_picture_that_cannot_be_shown_gets_a_sentence(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(LessonError, match=says):
        recorded(f"## One\n\n![x]({name})\n", tmp_path)


def test_a_picture_is_bounded() -> None:
    with pytest.raises(Damaged, match="pixels"):
        stills.looked_at(png(5000, 5000))
    with pytest.raises(Damaged, match="bytes"):
        stills.looked_at(b"x" * (stills.MOST_BYTES + 1))
    for text in (3, "x" * (2 * stills.MOST_BYTES + 8), "not base64!"):
        with pytest.raises(Damaged):
            stills.picture_of(text)


@pytest.mark.slow
def test_the_figure_of_a_study_comes_after_the_question() -> None:
    data = recorded("## Draw\n\n```draw\nask: How?\nstudy: coinrun-mix\nquantity: end\nreveal: So.\n```\n")
    step = data["steps"][0]
    assert step["text"] == "How?" and step["reveal"] == "So." and step["picture"]
    stage = Presentation(talk.talk_of(data, "short"))
    assert [beat for _, beat in stage.beats] == [SAY, REVEAL]
    before = pygame.surfarray.array3d(drawn(stage))
    stage.go(1)
    after = pygame.surfarray.array3d(drawn(stage))
    assert (after > 240).all(2).mean() > 0.3 > (before > 240).all(2).mean()
    stage.close()


QUIZ = """
## A question first

Of an earlier lesson.

## Check yourself

```quiz
ask: Why?
options:
  - {text: It cannot play., feedback: It can., demo: {preset: training}}
  - {text: Two goals fit., right: true, feedback: Yes.}
  - {text: It was too short., feedback: See the end., demo: {preset: moved}}
```

## What the paper did, and what this does

Words for researchers.

## Last

Words.
"""


def test_a_lesson_as_a_talk_shows_no_answer_that_nobody_gave() -> None:
    shown = talk.talk_of(recorded(QUIZ), "short")
    assert [step.title for step in shown.steps] == ["Check yourself"] * 3 + ["Last"]
    assert [step.chosen for step in shown.steps] == [None, 0, 2, None]
    for votes, seen in (((), {0, 3}), (("tab", "tab", "4"), {0, 2, 3})):
        stage = Presentation(shown)
        met = {0}
        for _ in range(20):
            if stage.beat == ASK:
                for key in votes:
                    press(stage, key)
            press(stage, "page down")
            met.add(stage.number)
        assert met == seen and stage.number == 3
        press(stage, "page up")
        assert stage.number in seen - {3}
        stage.close()


def test_page_down_is_next_also_when_live() -> None:
    stage = Presentation(talk.open_talk(talk.find("5")))
    stage.go(stage.beats.index((1, RUN)))
    press(stage, "c")
    assert stage.live is not None
    press(stage, "page down")
    assert stage.live is None and (stage.number, stage.beat) == (1, REVEAL)
    press(stage, "f5")
    assert stage.at == 0
    stage.close()


def test_what_stands_still_does_not_run() -> None:
    data = recorded("## Still\n\n```stage\nstill: true\n```\n\n```demo\npreset: training\n```\n")
    stage = Presentation(talk.talk_of(data, "short"))
    assert [beat for _, beat in stage.beats] == [SAY] and stage.show is not None
    stage.close()


def test_a_hundred_dots_add_up_and_leave_nothing_out() -> None:
    for shares in ({"a": 0.946, "b": 0.053, "c": 0.001}, {"a": 1.0, "b": 0.0}, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}):
        dots = ballots.hundred(shares)
        assert sum(dots.values()) == 100 and all((dots[name] > 0) == (share > 0) for name, share in shares.items())


def test_up_to_three_stand_beside_the_first() -> None:
    block = "```demo\npreset: ahead\nversus: [mix-2:1, mix-2:2, mix-100:0]\n```\n"
    step = talk.talk_of(recorded(f"## Four\n\n{block}"), "short").steps[0]
    assert [run.actor for run in step.runs] == ["mix-0:0", "mix-2:1", "mix-2:2", "mix-100:0"]
    with pytest.raises(LessonError, match="at most 3"):
        ls.parse_lesson(f"{HEAD}## Five\n\n{block.replace('[', '[mix-0:1, ')}", "short")
    assert recording.WARM_UP.match("Two questions first") and not recording.WARM_UP.match("Four questions")


@pytest.mark.parametrize("ground", [lettering.DARK, lettering.LIGHT])
def test_letters_can_be_read_on_either_ground(ground: lettering.Ground) -> None:
    def bright(colour: lettering.Colour) -> float:  # relative luminance, as WCAG 2 defines it
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for ink in (ground.ink, ground.quiet, ground.good, ground.alert):
        for under in (ground.background, ground.panel):
            low, high = sorted((bright(ink), bright(under)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, under)
