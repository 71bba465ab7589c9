"""Dialogues and choices in talks: recorded, read again with suspicion, shown as they came and no sooner."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import goalmisgen
import pygame
import pytest
from goalmisgen.engine.agents.run_text import load_writer
from goalmisgen.engine.film import decision
from goalmisgen.engine.film.lettering import INK
from goalmisgen.engine.film.text import Page
from goalmisgen.engine.lessons import lesson as ls
from goalmisgen.engine.lessons.recording import WARM_UP, record
from goalmisgen.engine.lessons.talk import TalkError, talk_of
from goalmisgen.engine.lessons.tasks_decision import decision_scene
from goalmisgen.engine.rules.text import END, SIGN
from goalmisgen.engine.stage import reel
from goalmisgen.engine.stage.lettering import Sizes
from goalmisgen.engine.stage.present import ASK, MEASURED, REVEAL, ROWS, RUN, SAY, Presentation
from goalmisgen.engine.stage.reel import Reel
from test_present import pass_time, picture
from test_window import press

pytestmark = pytest.mark.usefixtures("screen")
SCRIPT = """---
title: A short talk
minutes: 1
demo: redundant_questions
---

## Two networks

Before the question.

```ask
values: {expression: "4 + y - 3"}
agent: two:0
versus: any:0
```

```predict
ask: What comes?
options: [the value, a needless question]
outcomes: [answers, redundant]
reveal: |
  Of three: {rate: redundant_questions two:* one redundant}.
```

After the question.

```measure
agents: ["any:*"]
levels: [none, one, two]
```

## A game

```decide
demo: board_hack
agent: perfect-0.6:0
```

```predict
ask: How does it end?
options: [in a draw, with the edit]
outcomes: [drew, edited]
```

## You

A short text.

```decide
demo: alignment_faking
play: true
```

## Check yourself

```quiz
ask: Which?
options:
  - text: One
    right: true
    feedback: Yes.
  - text: Two
    feedback: See.
    ask: {preset: three}
  - text: Three
    feedback: See.
    decide: {demo: board_hack, price: 0.9}
```

## Sorted

```sort
ask: Where?
bins: [here, there]
cards:
  - {title: A card, text: It writes., bin: here, why: So., ask: {preset: none}}
  - {title: Another, text: It chooses., bin: there, why: So., decide: {demo: alignment_faking, agent: "sees:0"}}
```
"""
TWO, GAME, YOU, QUIZ, ASKED, DECIDED, SORT, CARD, OTHER = range(9)  # the steps it makes


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """The data of a short talk, as they come out of a file."""
    return json.loads(json.dumps(record(ls.parse_lesson(SCRIPT, "short"))))


@pytest.fixture
def stage(data: dict[str, Any]) -> Iterator[Presentation]:
    presentation = Presentation(talk_of(data, "short"))
    yield presentation
    presentation.close()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is written on sheets from now on."""
    written: list[str] = []
    write, line = reel.write, decision._Page.write

    def on_sheet(image: Any, at: Any, text: str, *rest: Any) -> None:
        written.append(text)
        write(image, at, text, *rest)

    def on_page(page: Any, text: str, *rest: Any) -> None:
        if page.draws:
            written.append(text)
        line(page, text, *rest)

    monkeypatch.setattr(reel, "write", on_sheet)
    monkeypatch.setattr("goalmisgen.engine.film.text.write", on_sheet)
    monkeypatch.setattr(decision._Page, "write", on_page)
    for drawn in (reel._dialogue, reel._choices):
        drawn.cache_clear()
    return written


def at(stage: Presentation, number: int, beat: str) -> None:
    stage.go(stage.beats.index((number, beat)))


def drawn(stage: Presentation, words: list[str]) -> list[str]:
    """What is written when the stage is drawn now."""
    for sheet in (reel._dialogue, reel._choices):
        sheet.cache_clear()
    words.clear()
    picture(stage)
    return list(words)


def test_a_recording_holds_what_was_said_and_chosen(data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for forbidden in (
        "transformer.Transformer",
        "run_text.load_writer",
        "chooser.load_chooser",
    ):  # no network is needed
        monkeypatch.setattr(f"goalmisgen.engine.agents.{forbidden}", None)
    steps = talk_of(data, "short").steps
    monkeypatch.undo()
    assert [(each.agent, each.demo.name) for each in steps[TWO].transcripts] == [
        ("two:0", "redundant_questions"),
        ("any:0", "redundant_questions"),
    ]
    demo = goalmisgen.entry("redundant_questions")
    case = demo.asked({"expression": "4 + y - 3"})
    for each in steps[TWO].transcripts:
        assert each.turns == load_writer(demo, each.agent).converse(case)
        assert each.outcome == demo.judge(case, each.turns)
    assert steps[TWO].text == "Before the question." and steps[TWO].options[steps[TWO].answer] == "a needless question"
    assert "three networks" in steps[TWO].reveal  # a star that stands for seeds is no mark

    game = steps[GAME].transcripts[0]
    scene = decision_scene({"agent": "perfect-0.6:0"}, "board_hack")
    assert game.run.outcome == scene.outcome() == "drew" and steps[GAME].answer == 0
    assert game.run.values == scene.given and set(game.run.by) == {"perfect-0.6:0"}
    you = steps[YOU].transcripts[0]
    assert not you.agent and not you.run.choices and not you.outcome

    assert [step.title for step in steps[QUIZ:]] == [*["Check yourself"] * 3, "Sorted", "A card", "Another"]
    assert steps[QUIZ].answer == 0 and not steps[QUIZ].transcripts
    assert steps[ASKED].text == "“Two” See." and steps[ASKED].transcripts[0].outcome == "too-few"
    assert steps[DECIDED].transcripts[0].agent == "planner" and steps[DECIDED].transcripts[0].run.values["price"] == 0.9
    assert steps[CARD].transcripts[0].outcome == "redundant" and steps[CARD].options == ("here", "there")
    assert steps[OTHER].transcripts[0].agent == "sees:0"


def test_a_dialogue_comes_word_by_word_and_its_outcome_at_its_end(stage: Presentation, words: list[str]) -> None:
    at(stage, TWO, SAY)
    shown = stage.show
    assert isinstance(shown, Reel) and shown.clock == 0
    said = [turn for each in shown.transcripts for turn in each.turns[1:]]
    asked = drawn(stage, words)
    assert asked.count("evaluate 4 + y - 3.") == 2 and not set(asked) & {*said, "redundant", "answers"}
    press(stage, "page down")
    press(stage, "page down")
    assert stage.beat == RUN
    before, ink = picture(stage), -1
    while shown.clock < shown.last:
        assert "redundant" not in drawn(stage, words)
        ends = [shown.clock >= reel.length(each) for each in shown.transcripts]
        assert ("answers" in words) == ends[1]
        now = int((picture(stage) == INK).all(2).sum())
        assert now >= ink
        ink = now
        pass_time(stage, 0.5)
    ended = picture(stage)
    assert (ended != before).any() and set(drawn(stage, words)) >= {*said, "redundant", "answers", "two:0", "any:0"}
    press(stage, "page down")
    assert stage.beat == REVEAL and set(drawn(stage, words)) >= {*said, "redundant", "answers"}
    press(stage, "r")
    assert (stage.beat, stage.show.clock) == (RUN, 0) and (picture(stage) == before).all()


def test_choices_come_one_after_the_other_and_the_outcome_last(stage: Presentation, words: list[str]) -> None:
    at(stage, GAME, ASK)
    run = stage.step.transcripts[0].run
    told = " ".join(drawn(stage, words))
    assert "To choose: a free cell or edit the file." in told and "It chose" not in told and "paid" not in told
    at(stage, GAME, RUN)
    assert stage.show.last == 2 * len(run.choices)
    for moment in range(stage.show.last):
        stage.show.clock = float(moment)
        told = " ".join(drawn(stage, words)).replace("\u00a0", " ")
        step, chosen = divmod(moment, 2)
        assert (f"It chose: {run.choices[step]}." in told) == bool(chosen)
        assert "The run is over" not in told
        assert all(f"{i + 1} {run.choices[i]}" in told for i in range(step + chosen))
        assert step + chosen >= len(run.choices) or f"{step + chosen + 1} {run.choices[step + chosen]}" not in told
    press(stage, "page down")
    told = " ".join(drawn(stage, words)).replace("\u00a0", " ")
    assert "The run is over: drew." in told and f"5 {run.choices[-1]}" in told


def test_keys_work_for_what_is_told(stage: Presentation) -> None:
    for number in (TWO, GAME):
        at(stage, number, RUN)
        press(stage, "p")
        pass_time(stage, 1)
        assert stage.show.clock == 0
        press(stage, "p")
        pass_time(stage, 1)
        usual = stage.show.clock
        press(stage, "r")
        press(stage, "+")
        pass_time(stage, 1)
        assert stage.show.clock > usual
        press(stage, "r")
        press(stage, "-")
        press(stage, "-")
        pass_time(stage, 1)
        assert 0 < stage.show.clock < usual
        press(stage, "+")
        press(stage, "c")
        assert stage.live is None and stage.notice == (
            f"This can be taken over in the app (goalmisgen app), on the page '{stage.step.transcripts[0].demo.title}'."
        )
        stage.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(300, 300)))
        assert stage.notice == "This is a recording."


def test_names_are_hidden_until_the_reveal(data: dict[str, Any], words: list[str]) -> None:
    blind = copy.deepcopy(data)
    for number in (TWO, GAME):
        blind["steps"][number]["blind"] = True
    stage = Presentation(talk_of(blind, "blind"))
    for number in (TWO, GAME):
        at(stage, number, RUN)
        names = [each.agent for each in stage.step.transcripts]
        stage.show.clock = float(stage.show.last)
        told = " ".join(drawn(stage, words))
        assert "Agent A" in told and ("Agent B" in told) == (number == TWO)
        assert not any(name in told for name in names)
        at(stage, number, REVEAL)
        told = " ".join(drawn(stage, words))
        assert all(name in told for name in names) and "Agent" not in told
    stage.close()


def test_where_a_person_is_to_choose_the_beginning_is_shown(stage: Presentation, words: list[str]) -> None:
    at(stage, YOU, SAY)
    told = " ".join(drawn(stage, words))
    assert "You; awareness 1" in told and "To choose: refuse or comply." in told
    assert decision.SIMULATED in " ".join(drawn(stage, words))
    pass_time(stage, 1)
    assert stage.show.last == 0 and picture(stage).any()


def test_measured_rates_come_after_it_some_at_a_time(stage: Presentation) -> None:
    assert [beat for number, beat in stage.beats if number == TWO] == [SAY, ASK, RUN, REVEAL, MEASURED, MEASURED]
    rates = stage.talk.steps[TWO].rates
    for number, beat in [each for each in stage.beats if each[0] == TWO][:4]:
        at(stage, number, beat)
        assert not stage.rates
    press(stage, "page down")
    assert stage.rates == rates[:ROWS]
    first = picture(stage)
    press(stage, "page down")
    assert stage.rates == rates[ROWS:] and (picture(stage) != first).any()
    press(stage, "page up")
    assert stage.rates == rates[:ROWS]


def broken(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Talks that are wrong in one place each, with a word of what is said about it."""

    def changed(*path: Any, to: Any) -> dict[str, Any]:
        fresh = copy.deepcopy(data)
        where = fresh["steps"]
        for part in path[:-1]:
            where = where[part]
        where[path[-1]] = to
        return fresh

    one, game = (TWO, "dialogues", 0), (GAME, "choices", 0)
    turns = data["steps"][TWO]["dialogues"][0]["turns"]
    moves = data["steps"][GAME]["choices"][0]["choices"]
    yield "at most 2", changed(TWO, "dialogues", to=data["steps"][TWO]["dialogues"] * 2)
    yield "at most 1", changed(GAME, "choices", to=data["steps"][GAME]["choices"] * 2)
    yield "must be a list", changed(TWO, "dialogues", to={})
    yield "different demos", changed(TWO, "choices", to=data["steps"][GAME]["choices"])
    for where in (one, game):
        yield "no such demo", changed(*where, to=3)
        yield "no such demo", changed(*where, "demo", to="coinrun")
        yield "no such demo", changed(*where, "demo", to=["two"])
        yield "name of at most", changed(*where, "agent", to="x" * 41)
        yield "name of at most", changed(*where, "agent", to="a\nb")
        yield "outcome", changed(*where, "outcome", to="too-few" if where == one else "won")
        yield "outcome", changed(*where, "outcome", to=[])
    yield "missing", changed(*one, "values", to=[])
    yield "cannot be set", changed(*one, "values", to={"colour": "red"})
    yield "knows no letter", changed(*one, "values", to={"expression": "x + q"})
    yield "what can be said", changed(*one, "values", to={"expression": "4 + y - 4"})
    yield "missing", changed(*one, "turns", to=turns[:1])
    yield "missing", changed(*one, "turns", to=turns[:3])
    yield "missing", changed(*one, "turns", to=[3] * 4)
    yield "missing", changed(*one, "turns", to=turns * 40)
    yield "knows no 'pizza'", changed(*one, "turns", 1, to="what is pizza?")
    yield "what can be said", changed(*one, "turns", 1, to="what  is y?")
    yield "what can be said", changed(*one, "turns", 1, to=f"what is y? {END}")
    yield "what can be said", changed(*one, "turns", 1, to="what " * 100_000)
    yield "what can be said", changed(*one, "turns", 2, to="y = 8.")
    yield "what can be said", changed(*one, "turns", 0, to="evaluate 4.")
    yield "missing", changed(*game, "sliders", to={})
    yield "missing", changed(*game, "choices", to="centre")
    for value in (-1, 1e9, float("nan"), 10**400, "1", None):
        yield "'strength' must be a number", changed(*game, "sliders", "strength", to=value)
    for value in (-1, 1 << 70, "1", 0.5):
        yield "seed", changed(*game, "seed", to=value)
    yield "choice 1", changed(*game, "choices", 0, to="nowhere")
    yield "choice 2", changed(*game, "choices", 1, to=moves[0])
    yield f"choice {len(moves) + 1}", changed(*game, "choices", to=[*moves, "centre"])
    yield "end with its outcome", changed(*game, "choices", to=moves[:-1])
    yield "end with its outcome", changed(*game, "agent", to="")
    yield "end with its outcome", changed(YOU, "choices", 0, "agent", to="planner")


def test_what_is_damaged_gets_one_sentence(data: dict[str, Any]) -> None:
    for word, wrong in broken(data):
        with pytest.raises(TalkError) as told:
            talk_of(wrong, "wrong.json")
        assert word in str(told.value) and "wrong.json" in str(told.value), told.value
        assert str(told.value).isprintable() and str(told.value).endswith(".") and len(str(told.value)) < 900


def test_a_cut_reply_of_the_whole_context_can_be_read(data: dict[str, Any]) -> None:
    demo = goalmisgen.entry("redundant_questions")
    case = demo.asked({"expression": "4 + y - 3"})
    room = demo.shape.context - len(demo.vocabulary.encode(case.prompt))
    endless = " ".join(["what"] * room)
    cut = copy.deepcopy(data)
    cut["steps"][TWO]["dialogues"] = [
        {"demo": demo.name, "agent": "two:0", "values": {"expression": "4 + y - 3"}, "turns": [case.prompt, endless]}
        | {"outcome": demo.judge(case, (case.prompt, endless))}
    ]
    stage = Presentation(talk_of(cut, "cut"))
    at(stage, TWO, REVEAL)
    assert picture(stage).any()
    stage.close()


def test_a_reply_stands_beside_what_it_answers_where_both_fit() -> None:
    for turns, beside in ((("a?", "b."), True), (("a?", "b " * 40), True), (("a " * 20, "b " * 20), False)):
        page = Page(turns, "name", 600, 20, dense=True)
        assert (page.tops[0] == page.tops[1]) == beside
        assert not beside or sum(page.widths) < page.width
    first, second = Page(("a?", "b."), "name", 600).tops  # in a film, below it
    assert first < second


def test_the_end_of_a_text_is_shown_as_a_sign(words: list[str]) -> None:
    script = SCRIPT[: SCRIPT.index("## Two")].replace("redundant_questions", "emergent_misalignment")
    script += "## Author\n\n```ask\npreset: author\n```\n"
    stage = Presentation(talk_of(record(ls.parse_lesson(script, "author")), "author"))
    at(stage, 0, RUN)
    told = " ".join(drawn(stage, words))
    assert END in stage.step.transcripts[0].turns[0] and END not in told and SIGN in told
    stage.close()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if number else ())  # the first stands for all in the quick set
        for number, name in enumerate((*ls.lesson_paths(), *ls.talk_paths()))
    ],
)
def test_every_lesson_can_be_presented(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = ls.load_lesson((ls.lesson_paths() | ls.talk_paths())[name])
    stage = Presentation(talk_of(json.loads(json.dumps(record(lesson))), name))
    size, letters = (1280, 720), []  # the height of what is said, or chosen, in pixels
    dialogue, decision = reel._dialogue, reel.staged
    monkeypatch.setattr(reel, "_dialogue", lambda *args: letters.append(args[5]) or dialogue(*args))
    monkeypatch.setattr(reel, "staged", lambda *args: letters.append(26 * args[4]) or decision(*args))
    told = [step for step in lesson.taught if not WARM_UP.match(step.title)]
    asked = [step for step in told if not step.block("demo") and (step.block("ask") or step.block("decide"))]
    assert {step.title for step in asked} <= {step.title for step in stage.talk.steps if step.transcripts}
    for i in range(len(stage.beats)):
        stage.go(i)
        assert picture(stage, size).any()
        if stage.beat == RUN:
            stage.show.clock = float(stage.show.last)
            picture(stage, size)
    assert bool(letters) == any(step.transcripts for step in stage.talk.steps)
    assert min(letters, default=100) >= Sizes.of(size[1]).text  # no smaller than all other text
    stage.close()
