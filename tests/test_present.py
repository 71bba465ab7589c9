"""Talks: recorded, saved, read again with suspicion, and presented headless from beginning to end."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import goalmisgen
import numpy as np
import pygame
import pytest
from goalmisgen.engine.agents import called, run_files
from goalmisgen.engine.agents.pretrained import agent_names, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.cli import rehearsal
from goalmisgen.engine.lessons import lesson as ls
from goalmisgen.engine.lessons import recording, talk
from goalmisgen.engine.lessons.talk import TalkError
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules.edit import draw_level, place
from goalmisgen.engine.stage import talk_page, window
from goalmisgen.engine.stage.present import ASK, RUN, SAY, Presentation
from goalmisgen.engine.study.levels import preset_run
from test_window import drag, press

pytestmark = pytest.mark.usefixtures("screen")
COINRUN = goalmisgen.grid_entry("coinrun")
SCRIPT = """---
title: A short talk
minutes: 1
demo: coinrun
---

## What is said

Only words, from [@shah2022goal, secondary].

## One run

A **short** caption.

```demo
preset: moved
```

```predict
ask: Where will it go?
options: [coin, end, neither]
outcomes: [coin, end, died timeout]
reveal: |
  Over many levels: {rate: coinrun mix-0:0 distinguishing end}.
```

```try
task: Drag the coin to where the run ends without it.
until: moved coin and outcome end
```

```try
task: Paint a tile.
until: painted
```

## Two runs

```demo
preset: moved
versus: varied
blind: true
```

```predict
ask: Which one?
options: [Agent A, Agent B]
answer: Agent B
```

## Numbers

```measure
agents: [moved, varied]
levels: [training, distinguishing]
```
"""


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """The data of a short talk, as they come out of a file."""
    return json.loads(json.dumps(talk.record(ls.parse_lesson(SCRIPT, "short"))))


@pytest.fixture
def stage(data: dict[str, Any]) -> Iterator[Presentation]:
    presentation = Presentation(talk.talk_of(data, "short"))
    yield presentation
    presentation.close()


def picture(stage: Presentation, size: tuple[int, int] = (1280, 800)) -> np.ndarray:
    surface = pygame.Surface(size)
    talk_page.draw(stage, surface)
    return pygame.surfarray.array3d(surface)


def pass_time(stage: Presentation, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        stage.advance(0.1)


def test_a_recording_holds_what_was_rolled_out(data: dict[str, Any]) -> None:
    recorded = talk.talk_of(data, "short")
    words, one, two, numbers = recorded.steps
    assert words.text.startswith("Only words, from Shah et al. (2022)*.") and not words.runs
    assert "summaries" in words.text
    assert one.text == "A short caption." and "95 of 100" in one.reveal and one.options == ("coin", "end", "neither")
    preset = next(p for p in COINRUN.presets if p.name == "moved")
    live = preset_run(COINRUN, preset)
    run = one.runs[0]
    assert run.agent is None and run.actor == preset.agent and run.digest == live.digest
    assert run.steps == live.steps and (run.states[: run.steps + 1] == live.states[: run.steps + 1]).all()
    goals = (*COINRUN.goals, "neither")
    assert goals[one.answer] == (run.outcome if run.outcome in goals else "neither")
    assert len(two.runs) == 2 and two.blind and two.answer == 1
    assert [(row.agent, row.levels) for row in numbers.rates][::2] == [
        (preset.agent, "training"),
        (preset.agent, "distinguishing"),
    ]
    for row in numbers.rates:
        assert abs(sum(rate for rate, _, _ in row.outcomes.values()) - 1) < 0.01


def test_a_whole_talk_with_votes_back_taking_over_and_black(
    stage: Presentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # what was recorded needs no network
        patch.setattr("goalmisgen.engine.stage.present.load_agent", None)
        assert (stage.number, stage.beat) == (0, SAY)
        press(stage, "page down")
        press(stage, "space")
        assert (stage.number, stage.beat) == (1, ASK)
        for name in ("4", "0", "tab", "1", "2", "backspace"):
            press(stage, name)
        assert stage.votes[1].numbers == [40, 1, 0] and stage.beat == ASK
        asked = picture(stage)
        press(stage, "page down")
        assert stage.beat == RUN and stage.show.clock == 0
        pass_time(stage, 1)
        clock = stage.show.clock
        assert clock == pytest.approx(10, abs=0.5)
        press(stage, "b")
        assert not picture(stage).any()
        pass_time(stage, 1)
        assert stage.show.clock == clock
        press(stage, "page down")  # any key shows it again
        assert stage.beat == RUN and picture(stage).any()
        pass_time(stage, 60)
        run = stage.step.runs[0]
        assert stage.show.clock == run.decided < run.steps
        press(stage, "o")
        pass_time(stage, 60)
        assert stage.show.clock == run.steps
        press(stage, "r")
        pass_time(stage, 60)
        assert stage.beat == RUN and stage.show.clock == run.decided  # each time anew
        press(stage, "right")
        assert stage.beat == "reveal" and (picture(stage) != asked).any()
        press(stage, "page up")
        press(stage, "left")
        assert (stage.number, stage.beat) == (1, ASK) and stage.votes[1].numbers == [40, 1, 0]  # the vote is kept
        press(stage, "return")
        press(stage, "p")
        pass_time(stage, 1)
        assert stage.beat == RUN and stage.show.clock == 0
        press(stage, "p")

    pass_time(stage, 0.5)
    before = stage.show.panes[0].run.states.tobytes()
    press(stage, "c")
    live = stage.live
    assert live is not None and live.panes[0].agent is not None and live.clock == pytest.approx(stage.show.clock)
    assert live.panes[0].run.actions[:5].tolist() == stage.step.runs[0].actions[:5].tolist()
    assert (live.panes[0].run.probabilities[:5].sum(1) > 0.99).all()
    shown = picture(stage)
    from goalmisgen.engine.stage import frame

    frame.draw(live, pygame.Surface((1280, 800)))
    drag(live, 1, *(live.panes[0].run.states[0].at[0] - (3, 0)))
    stage.settle()
    assert live.panes[0].run.level.objects[1].tolist() != stage.step.runs[0].level.objects[1].tolist()
    assert (picture(stage) != shown).any()
    press(stage, "n")  # every key of the window works
    assert live.given is None
    press(stage, "return")
    assert stage.live is None and (stage.number, stage.beat) == (1, RUN)
    assert stage.show.panes[0].run.states.tobytes() == before

    while stage.at < len(stage.beats) - 1:
        press(stage, "down")
        pass_time(stage, 0.3)
        assert picture(stage).any()
    assert stage.number == 3
    press(stage, "page down")
    assert stage.number == 3 and stage.running
    press(stage, "c")
    assert stage.live is None and "no run" in stage.notice
    press(stage, "home")
    assert stage.number == 0
    press(stage, "escape")
    assert stage.running and "once more" in stage.notice  # a slip does not end a lecture
    pass_time(stage, 10)
    press(stage, "escape")
    assert stage.running  # asked long ago
    press(stage, "escape")
    assert not stage.running


def test_a_talk_can_begin_at_any_step(
    data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from goalmisgen.engine import cli

    stage = Presentation(talk.talk_of(data, "short"), number=3)
    assert (stage.number, stage.beat) == (2, SAY)
    talk.save(data, tmp_path / "short.json")
    asked: list[tuple[Any, ...]] = []
    told = lambda stage, display: asked.append((display, stage.fullscreen, stage.number + 1)) or 0  # noqa: E731
    monkeypatch.setattr(window, "present", told)
    for number, status in ((4, 0), (5, 2)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["present", str(tmp_path / "short.json"), "--window", "--from", str(number)])
        assert ended.value.code == status
    assert asked == [(0, False, 4)] and "from 1 to 4" in capsys.readouterr().err


def test_a_talk_is_resumed_where_it_was_left(
    data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from goalmisgen.engine import cli

    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / "state")
    talk.save(data, tmp_path / "short.json")
    begun: list[int] = []

    def left_in_the_middle(stage: Presentation, display: int) -> int:
        begun.append(stage.number + 1)
        stage.go(stage.beats.index((2, SAY)))
        return 0

    monkeypatch.setattr(window, "present", left_in_the_middle)
    for options, damage in (([], ""), (["--resume"], ""), ([], ""), (["--resume"], "[nonsense")):
        if damage:
            (tmp_path / "state" / "talks.json").write_text(damage)
        with pytest.raises(SystemExit):
            cli.main(["present", str(tmp_path / "short.json"), "--window", *options])
    assert begun == [1, 3, 1, 1]


def test_names_are_hidden_until_the_reveal(stage: Presentation, monkeypatch: pytest.MonkeyPatch) -> None:
    from goalmisgen.engine.stage import lettering

    written: list[str] = []
    plain = lettering.rendered.__wrapped__
    monkeypatch.setattr(lettering, "rendered", lambda text, *rest: written.append(text) or plain(text, *rest))
    stage.go(stage.beats.index((2, SAY)))
    shown = [called.label(run.demo, run.actor) for run in stage.step.runs]
    hidden = [*shown, *(run.actor for run in stage.step.runs)]
    while stage.beat != "reveal":
        written.clear()
        picture(stage)
        assert "A" in written and "B" in written
        assert not any(name in " ".join(written) for name in (*hidden, "reward"))
        press(stage, "page down")
    written.clear()
    picture(stage)
    assert all(word in " ".join(written) for name in shown for word in name.split())


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (1024, 768)])
def test_nothing_moves_between_the_beats_of_a_step(stage: Presentation, size: tuple[int, int]) -> None:
    for number in (1, 2):
        corners = set()
        for i, (step, _) in enumerate(stage.beats):
            if step == number:
                stage.go(i)
                picture(stage, size)
                corners.add(tuple(pane.corner for pane in stage.show.panes))
        assert len(corners) == 1


def test_what_cannot_be_taken_over_is_said(data: dict[str, Any]) -> None:
    other = copy.deepcopy(data)
    other["steps"][1]["runs"][0]["sha256"] = "0" * 64
    other["steps"][2]["runs"][0]["agent"] = "no-such:0"
    stage = Presentation(talk.talk_of(other, "other"))
    stage.go(stage.beats.index((1, SAY)))
    press(stage, "c")
    assert stage.live is not None and "not those of the recording" in stage.live.notice
    press(stage, "escape")
    assert stage.live is None and stage.running
    stage.go(stage.beats.index((2, SAY)))
    press(stage, "c")
    assert stage.live is None and "no-such:0" in stage.notice
    stage.close()


def broken(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Talks that are wrong in one place each, with a word of what is said about it."""

    def changed(*path: Any, to: Any) -> dict[str, Any]:
        fresh = copy.deepcopy(data)
        where = fresh
        for part in path[:-1]:
            where = where[part]
        where[path[-1]] = to
        return fresh

    yield "not a recorded talk", []
    yield "not a recorded talk", changed("format", to=99)
    yield "steps", changed("steps", to=[])
    yield "steps", changed("steps", to=data["steps"] * 60)
    yield "object", changed("steps", 0, to=3)
    yield "'title'", changed("title", to=7)
    yield "minutes", changed("minutes", to="long")
    yield "'text'", changed("steps", 0, "text", to="x" * 5000)
    yield "answer", changed("steps", 1, "answer", to=9)
    yield "options", changed("steps", 1, "options", to=["a", 3])
    yield "options", changed("steps", 1, "options", to=["a"] * 50)
    yield "rates", changed("steps", 3, "rates", 0, "outcomes", "coin", to=[2.0, 0.0, 1.0])
    yield "names no demo", changed("steps", 1, "runs", 0, "demo", to="chess")
    yield "actions", changed("steps", 1, "runs", 0, "actions", to=[99])
    short = data["steps"][2]["runs"][1]["actions"]
    yield "ends at step", changed("steps", 2, "runs", 1, "actions", to=[*short, 1])
    yield "at most", changed("steps", 2, "runs", 1, "actions", to=short * 200)
    yield "setting", changed("steps", 1, "runs", 0, "config", to={"moved_share": "much"})
    yield "setting", changed("steps", 1, "runs", 0, "config", to={"walls": 1})
    yield "seed", changed("steps", 1, "runs", 0, "seed", to=1 << 70)
    yield "a name", changed("steps", 1, "runs", 0, "agent", to=["mix-0"])
    yield "outside the level", changed("steps", 1, "runs", 0, "run", to="training:3;coin=5,900")
    yield "begins with its level", changed("steps", 1, "runs", 0, "run", to="coin=5,9")
    yield "'notes'", changed("steps", 0, "notes", to=3)
    yield "'at'", changed("steps", 0, "at", to=-1)
    yield "'at'", changed("steps", 0, "at", to="0:30")
    yield "object", changed("steps", 1, "again", to=[])
    yield "no options", changed("steps", 1, "again", to={"ask": "And now?"})
    yield "second question", changed("steps", 1, "again", to={"ask": "And now?", "options": ["a"], "answer": 1})
    yield "different demos", changed("steps", 2, "runs", 1, to=_maze_run())


def _maze_run() -> dict[str, Any]:
    maze = goalmisgen.grid_entry("cheese_maze")
    return run_files.data(Run(maze, load_agent(maze, "corner-1:0"), draw_level(maze, maze.training, 0)))


def test_a_damaged_talk_gets_one_sentence(data: dict[str, Any], tmp_path: Path) -> None:
    for word, wrong in broken(data):
        with pytest.raises(TalkError) as told:
            talk.talk_of(wrong, "wrong.json")
        assert word in str(told.value) and "wrong.json" in str(told.value) and "\n" not in str(told.value)
    path = tmp_path / "talk.json"
    for text in ("", "nonsense", "[" * 100_000, " " * (talk.MOST_BYTES + 1)):
        path.write_text(text)
        with pytest.raises(TalkError, match=r"talk\.json"):
            talk.open_talk(path)
    with pytest.raises(TalkError, match="cannot be read"):
        talk.open_talk(tmp_path / "missing.json")


def test_a_saved_run_is_followed_with_its_edits() -> None:
    agent = load_agent(COINRUN, "mix-0:0")
    run = Run(COINRUN, agent, draw_level(COINRUN, COINRUN.shifted, 3), seed=1)
    spot = run.states[4].at[0] - (4, 0)
    run.edit(4, place(COINRUN, run.level, "coin", *(float(x) for x in np.floor(spot + 0.5))))
    run.edit(6, run.level, moved={0: (float(run.states[6].at[0, 0]) - 2, float(run.states[6].at[0, 1]))})
    again = run_files.replayed(run_files.data(run), COINRUN)
    assert (again.states[: run.steps + 1] == run.states[: run.steps + 1]).all() and again.text == run.text


def test_a_saved_run_can_be_presented(tmp_path: Path) -> None:
    run = Run(COINRUN, load_agent(COINRUN, "mix-0:0"), draw_level(COINRUN, COINRUN.shifted, 3))
    run_files.save(run, tmp_path / "run.json")
    shown = talk.open_talk(tmp_path / "run.json")
    assert len(shown.steps) == 1 and shown.steps[0].runs[0].outcome == run.outcome


def test_talks_are_found_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    for what in ("12", "12_minutes", "12 minutes", "12_min"):
        assert talk.find(what).name == "12_minutes.json"
    assert talk.find("5").name == talk.find("5_minutes").name == talk.find("05").name == "05_minutes.json"
    assert talk.find("02") == talk.find("2") == talk.find("the_coin") and talk.find("02").suffix == ".md"
    assert talk.find("1").stem == "01_guess_the_goal"
    assert talk.find(str(tmp_path / "my.json")) == tmp_path / "my.json"
    with pytest.raises(TalkError, match="There are: 05_minutes|there are: 05_minutes"):
        talk.find("99")
    with pytest.raises(TalkError, match="did you mean '12_minutes'"):
        talk.find("12_minuts")
    with pytest.raises(TalkError, match="can mean 02_the_coin.* or 03_the_cheese"):
        talk.find("the")


def test_bundled_talks_are_short_and_are_what_their_scripts_give() -> None:
    assert list(ls.talk_paths()) == ["05_minutes", "12_minutes", "30_minutes"]
    for name, script in ls.talk_paths().items():
        lesson = ls.load_lesson(script)
        assert lesson.minutes == int(name[:2])
        assert lesson.steps == lesson.taught
        for step in lesson.steps:
            staged = step.block("stage") or {}
            assert len(step.title.split()) <= 10 and staged["notes"] and staged["at"], step.title
            if step.block("demo"):
                caption = next((part for part in step.parts if isinstance(part, str)), "")
                assert len(caption.splitlines()) <= 2 and len(recording.plain(caption)) <= 140, step.title
            demo = step.block("demo") or {}
            assert not demo.keys() & {"level_seed", "changes"}  # presets and probes by name only
        found = list(rehearsal.talk_holds(name, script))
        assert [finding.says for finding in found if not finding.ok] == []


def test_present_runs_until_it_is_closed(data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []

    def post(stage: Presentation, surface: pygame.Surface) -> None:
        draw(stage, surface)
        shown.append(stage.at)
        if len(shown) == 3:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_PAGEDOWN, unicode="", mod=0))
        if len(shown) == 6:
            pygame.event.post(pygame.event.Event(pygame.QUIT))

    draw = talk_page.draw
    monkeypatch.setattr(talk_page, "draw", post)
    assert window.present(Presentation(talk.talk_of(data, "short")), 0) == 0
    assert shown[0] == 0 and shown[-1] == 1


def test_tasks_are_ticked_off_while_a_step_is_live(stage: Presentation, data: dict[str, Any]) -> None:
    stage.go(stage.beats.index((1, RUN)))
    assert stage.task == ("Drag the coin to where the run ends without it.", False)
    stage.handle(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_c, unicode="c", mod=0))
    stage.settle()
    assert stage.live is not None
    bare = picture(stage)
    pass_time(stage, 60)
    assert not stage.done  # an idle run ends without anything done
    level = stage.live.panes[0].run.level
    row, col = next(
        (r, c)
        for r, c in editing.open_places(COINRUN, level)
        if Run(COINRUN, load_agent(COINRUN, "mix-0:0"), place(COINRUN, level, "coin", r, c), stage.live.seed).outcome
        == "end"
        and (r, c) != tuple(level.objects[1])
    )
    drag(stage.live, 1, row, col)
    stage.settle()
    pass_time(stage, 60)
    assert stage.done == {(1, 0)} and stage.task == ("Paint a tile.", False)
    assert (picture(stage) != bare).any()
    stage.back_to_script()
    assert stage.done == {(1, 0)}


@pytest.mark.parametrize(
    ("task", "said"),
    [("x", "must have a text"), ({"task": "x", "until": "flies"}, "not a condition"), ({"until": 3}, "must be a text")],
)
def test_a_damaged_task_gets_a_sentence(data: dict[str, Any], task: Any, said: str) -> None:
    damaged = copy.deepcopy(data)
    damaged["steps"][1]["tasks"] = [task]
    with pytest.raises(TalkError, match=said):
        talk.talk_of(damaged, "damaged")


@pytest.mark.parametrize("name", (*goalmisgen.TEXTS, *goalmisgen.DECISIONS))
def test_the_check_looks_at_networks_that_write_and_at_decisions(name: str) -> None:
    demo = goalmisgen.entry(name)
    for agent in agent_names(demo)[:2]:
        assert rehearsal.agent(demo, agent).ok, rehearsal.agent(demo, agent).says
    assert rehearsal.agent(demo, "nobody:0").ok is False
    if name in goalmisgen.TEXTS:
        preset = demo.presets[0]
        assert rehearsal.preset_holds(demo, preset).ok
        other = next(outcome for outcome in demo.outcomes if outcome != preset.outcome)
        found = rehearsal.preset_holds(demo, replace(preset, outcome=other))
        assert found.ok is False and f"states '{other}'" in found.says
