"""What comes from elsewhere is taken or refused with one sentence: messages of canvases and browsers, links, files."""

import copy
import json
import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from goalmisgen.engine.agents import run_files
from goalmisgen.engine.agents.pretrained import AgentError, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.agents.run_spec import parse_run
from goalmisgen.engine.detect.puzzle import NoPuzzle, marked
from goalmisgen.engine.lessons import talk
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.classroom import ClassError, Classes, Seat, puzzle_of
from goalmisgen.engine.lessons.numbers_in_text import agent_name
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.rules.change import put
from goalmisgen.engine.rules.edit import BadLevel, draw_level
from goalmisgen.engine.study.devices import DEVICES
from goalmisgen.engine.web.components.agency.watch import YOU, Watch, answer, walked
from goalmisgen.engine.web.components.canvas.live import Live, apply_edit
from goalmisgen.engine.web.components.keep import keep
from goalmisgen.engine.web.html import addresses
from goalmisgen.engine.web.learner import Learner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import SOLVED, agent_of

MAZE = SOLVED
AGENT = agent_of(MAZE)
SEVERAL, MANY = 60, 12_500  # cases of each of the eight kinds in a quick test, and in a slow one
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
    st.sampled_from(["", "-1", "1e999", "../../etc/passwd", AGENT, MAZE.goal_object, "shifted:7", "edit"]),
    st.sampled_from(["\x00", "\ud800", "a\nb"]),
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def run() -> Run:
    made = Run(MAZE, load_agent(MAZE, AGENT), draw_level(MAZE, MAZE.shifted, 77), 0)
    made.edit(2, *put(MAZE, made.level, [f"{MAZE.goal_object}=red"], running=True))
    return made


def altered(data: Any, draw: Any) -> Any:
    """The data with up to three of its parts replaced, left out or added, wherever they stand."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        part = data
        while isinstance(part, dict | list) and part:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            key = draw(st.sampled_from(keys))
            if not isinstance(part[key], dict | list) or not part[key] or draw(st.booleans()):
                match draw(st.integers(0, 4)):
                    case 0:
                        del part[key]
                    case 1 if isinstance(part, dict):
                        part[draw(st.text(max_size=6))] = draw(ANYTHING)
                    case _:
                        part[key] = draw(ANYTHING)
                break
            part = part[key]
    return data


def message(draw: Any, level: dict[str, Any], seq: int) -> Any:
    """Something like what a canvas sends, of any kind."""
    kind = draw(st.sampled_from(["edit", "take", "undo", "reset", "guess", "seen", "on", "whole"]))
    sent = {"seq": seq, "kind": kind, "at": draw(st.integers(0, 40)), "level": level, "moved": {"1": [3.0, 4.0]}}
    sent |= {"action": draw(st.integers(0, 3)), "gesture": 1, "choice": MAZE.intended, "place": [1.0, 2.0], "of": 0}
    return altered(sent, draw) if draw(st.booleans()) else sent | {draw(st.sampled_from(sorted(sent))): draw(ANYTHING)}


WORDS = ["shifted:7", "training:1", "level:", "zip:", "5:", "9:", ";", ";", "3,4", "none", "red", "steer=", "up*3", ","]
WORDS += ["level=", "=", "1e999,nan", "#12", "eJw", *MAZE.changes, *(tile.name for tile in MAZE.tiles)]
WORDS += [f"{kind.name}=" for kind in MAZE.kinds]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map("".join))


def cases(n: int) -> Any:
    return settings(max_examples=n, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


def sentence(error: Exception) -> bool:
    return "\n" not in str(error) and str(error).endswith(".")


def canvas(n: int) -> None:
    live = Live.begin(MAZE, [load_agent(MAZE, AGENT)], draw_level(MAZE, MAZE.shifted, 77), 0)
    level = level_files.to_json(MAZE, live.runs[0].level)

    @cases(n)
    @given(st.data())
    def check(data: Any) -> None:
        before = live.runs[0].text
        apply_edit(live, message(data.draw, level, live.ack + 1))
        if live.refused:
            assert live.refused.endswith(".") and "\n" not in live.refused and live.runs[0].text == before
        live.past.clear()

    check()


def saved_runs(n: int) -> None:
    held = run_files.data(run())

    @cases(n)
    @given(st.data())
    def check(data: Any) -> None:
        wrong = altered(held, data.draw) if data.draw(st.booleans()) else data.draw(ANYTHING)
        try:
            run_files.replayed(wrong, MAZE)
        except BadLevel as refused:
            assert sentence(refused)

    check()


def talks(n: int) -> None:
    step = {"title": "One", "text": "Words.", "ask": "Where?", "options": ["a", "b"], "answer": 1, "reveal": "There."}
    step |= {"runs": [run_files.data(run())], "tasks": [{"task": "Do it.", "until": "edited running"}]}
    told = {"format": talk.FORMAT, "title": "A talk", "minutes": 3, "steps": [step, {"title": "Two"}]}

    @cases(n)
    @given(st.data())
    def check(data: Any) -> None:
        wrong = altered(told, data.draw) if data.draw(st.booleans()) else data.draw(ANYTHING)
        try:
            talk.talk_of(wrong, "a.json")
        except talk.TalkError as refused:
            assert sentence(refused)

    check()


def worksheets(n: int) -> None:
    held = json.loads(ws.write(ws.Progress()).rpartition("```json\n")[2].partition("```")[0])

    @cases(n)
    @given(st.data())
    def check(data: Any) -> None:
        wrong = altered(held, data.draw) if data.draw(st.booleans()) else data.draw(ANYTHING)
        text = data.draw(st.sampled_from(["```json\n{}\n```\n", "{}", "```json\n{}"])).format(json.dumps(wrong))
        try:
            ws.read(text.encode())
        except ws.WorksheetError as refused:
            assert sentence(refused)

    check()


def links(n: int) -> None:
    @cases(n)
    @given(TEXTS)
    def check(text: str) -> None:
        for read in (parse_run, level_files.from_url, level_files.read_level):
            try:
                read(MAZE, text)
            except BadLevel as refused:
                assert sentence(refused) or read is level_files.read_level  # which lists the characters it knows

    check()


def agency(n: int) -> None:
    level = draw_level(MAZE, MAZE.shifted, 77)

    @cases(n)
    @given(st.data())
    def check(data: Any) -> None:
        draw = data.draw
        walker = draw(st.sampled_from([YOU, next(iter(DEVICES))]))
        watch = Watch(MAZE, walked(MAZE, walker, level, 0), walker, level)
        kind = draw(st.sampled_from(["move", "add", "remove", "walk", "reset"]))
        sent = {"seq": 1, "kind": kind, "at": draw(st.integers(0, 40)), "place": [1, 2], "action": 1}
        sent["name"] = MAZE.intended
        before = watch.run.text
        answer(watch, altered(sent, draw) if draw(st.booleans()) else draw(ANYTHING))
        assert not watch.refused or (sentence(ValueError(watch.refused)) and watch.run.text == before)

    check()


def browsers(n: int) -> None:
    """What a browser says it kept: it is gone on from, and can be kept again."""
    me = Learner(steps={ws.lessons()[0].name: 2}, seat=Seat("banu-kodira", "0" * 32))
    me.progress.choose(next(name for name, item in ws.items().items() if item.kind == "predict"), 0)
    held = json.loads(keep.written(me))

    @cases(n)
    @given(st.data())
    def check(data: Any) -> None:
        fresh = Learner()
        wrong = altered(held, data.draw) if data.draw(st.booleans()) else data.draw(ANYTHING)
        keep.take(fresh, json.dumps(wrong) if data.draw(st.booleans()) else data.draw(TEXTS))
        again = Learner()
        keep.take(again, keep.written(fresh))
        assert again.progress == fresh.progress and again.seat == fresh.seat
        assert all(0 <= step < 100 for step in fresh.steps.values())

    check()


def classes(n: int) -> None:
    """Codes that are typed, secret addresses, and the links of puzzles that a teacher sends."""
    query = dict(parse_qsl(urlsplit(addresses.puzzle(run(), AGENT)).query))
    pages = st.sampled_from(["/puzzle?", "http://here:8501/puzzle?", "/lesson-2?", "//[", ""])

    with TemporaryDirectory() as folder:
        every = Classes(Path(folder) / "classes.sqlite")
        every.begin()

        @cases(n)
        @given(st.data())
        def check(data: Any) -> None:
            wrong = {str(name): str(value) for name, value in altered(query, data.draw).items()}
            address = data.draw(pages) + urlencode(wrong, errors="replace")
            typed = data.draw(st.one_of(st.just(address), TEXTS, st.sampled_from(["banukodira", "\ud800", "\x00"])))
            for ask in (puzzle_of, every.join, every.desk):
                try:
                    ask(typed)
                except ClassError as refused:
                    assert sentence(refused)
            try:
                marked(MAZE, wrong.get("agent", typed))
            except NoPuzzle as refused:
                assert sentence(refused)

        check()


KINDS = [canvas, saved_runs, talks, worksheets, links, agency, browsers, classes]


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_is_refused_with_a_sentence(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    kind(SEVERAL)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_cases_are_refused_with_a_sentence(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    kind(MANY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": float("inf")}, {"kind": "guess", "place": {}}, {"moved": {"1": ""}}, {"level": []}, {"kind": "fly"},
        {"at": -1}, {"action": 99, "kind": "take"}, {"moved": {"99": [1, 1]}}, {"level": {"tiles": ["<b>"]}},
    ],
)  # fmt: skip
def test_what_went_past_the_lists_of_errors_is_refused(wrong: dict[str, Any]) -> None:
    live = Live.begin(MAZE, [load_agent(MAZE, AGENT)], draw_level(MAZE, MAZE.shifted, 77), 0)
    before, level = live.runs[0].text, level_files.to_json(MAZE, live.runs[0].level)
    apply_edit(live, {"seq": 1, "kind": "edit", "at": 1, "level": level, "moved": {}} | wrong)
    assert live.refused.endswith(".") and live.runs[0].text == before and live.ack == 1


def test_what_was_not_foreseen_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    live = Live.begin(MAZE, [load_agent(MAZE, AGENT)], draw_level(MAZE, MAZE.shifted, 77), 0)
    with caplog.at_level(logging.WARNING, "goalmisgen"):
        apply_edit(live, {"seq": 1, "kind": "fly"})
    assert "could not be read" in caplog.text


@pytest.mark.parametrize("config", [-1, [], {"walls": 1}, {"corner_share": "much"}])
def test_a_saved_run_with_another_config_is_refused(config: Any) -> None:
    with pytest.raises(BadLevel, match="setting"):
        run_files.replayed(run_files.data(run()) | {"config": config}, MAZE)


def test_files_name_bundled_agents_only(tmp_path: Any) -> None:
    for name in ("/etc/passwd", "..\\x", "here.safetensors", "//host/share"):
        with pytest.raises(BadLevel, match="no file"):
            run_files.replayed(run_files.data(run()) | {"agent": name}, MAZE)
        with pytest.raises(LessonError, match="bundled agents only"):
            agent_name(MAZE, name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_only_regular_files_are_read(tmp_path: Any) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    with pytest.raises(AgentError, match="not a regular file"):
        load_agent(MAZE, str(tmp_path / "pipe.safetensors"))
    with pytest.raises(talk.TalkError, match="not a regular file"):
        talk.open_talk(tmp_path / "zero.json")
    with pytest.raises(BadLevel, match="not a regular file"):
        run_files.load(tmp_path / "zero.json", MAZE)
