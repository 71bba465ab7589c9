"""The lessons keep their word: blocks run, tasks can be done, numbers and citations resolve, worksheets come back."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.agents.run_decision import DecisionRun
from goalmisgen.engine.agents.run_text import load_writer
from goalmisgen.engine.lessons import lesson as ls
from goalmisgen.engine.lessons import numbers_in_text as texts
from goalmisgen.engine.lessons import tasks_text as replied
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.catalogue import LessonError
from goalmisgen.engine.lessons.glossary import explained
from goalmisgen.engine.lessons.lesson import Block, Lesson, Step, TextScene, parse_lesson, text_scene
from goalmisgen.engine.lessons.literature import UnknownReference, reference
from goalmisgen.engine.lessons.recording import record
from goalmisgen.engine.lessons.talk import talk_of
from goalmisgen.engine.lessons.tasks_decision import DecisionScene, decision_scene
from goalmisgen.engine.lessons.tasks_decision import holds as decided
from goalmisgen.engine.lessons.tasks_grid import holds, understood
from goalmisgen.engine.lessons.tasks_text import Answers, answers_to
from goalmisgen.engine.lessons.transfer import cases, kinds
from goalmisgen.engine.rules import edit as editing
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.rules.change import disguised
from goalmisgen.engine.rules.edit import BadLevel
from goalmisgen.engine.web.components.canvas.live import Live, apply_edit, payload
from goalmisgen.engine.web.components.canvas.quiet import covered, quiet
from goalmisgen.engine.web.learner import Learner
from goalmisgen.engine.web.panels import ask_block
from streamlit.testing.v1 import AppTest

CARD = "{title: t, text: x, bin: b"  # the beginning of a card
MISCONCEPTIONS = {"the agent is just bad", "the reward was wrong", "more training would fix it", "it wants the wall"}


def blocks(*kinds: str) -> Iterator[tuple[Lesson, Step, Block]]:
    for lesson in ws.lessons():
        for step in lesson.steps:
            for part in step.parts:
                if isinstance(part, Block) and part.kind in kinds:
                    yield lesson, step, part


def sorted_cards() -> Iterator[tuple[Lesson, Step, Block]]:
    """The sort blocks whose cards are not watched first."""
    yield from (found for found in blocks("sort") if not found[2].data.get("watch"))


def scenes() -> list[tuple[str, dict[str, Any]]]:
    """Every demo block, those behind wrong answers too, with the lesson's demo."""
    found = [(lesson.demo, block.data) for lesson, _, block in blocks("demo")]
    for lesson, _, block in blocks("quiz"):
        found += [(lesson.demo, option["demo"]) for option in block.data["options"] if "demo" in option]
    for lesson, _, block in blocks("sort"):
        found += [(lesson.demo, card["demo"]) for card in block.data["cards"] if "demo" in card]
    return found


def begun(data: dict[str, Any], default: str) -> Live:
    shown = ls.grid_scene(data, default)
    return Live.begin(shown.demo, [load_agent(shown.demo, n) for n in shown.agents], shown.level, shown.seed)


def sent(live: Live, level: Any, at: int = 0) -> None:
    """An edit as the canvas sends it, before the first step or at another."""
    message = {"seq": live.ack + 1, "kind": "edit", "at": at, "level": level_files.to_json(live.demo, level)}
    apply_edit(live, message)


def tries(live: Live, until: str) -> Iterator[None]:
    """Ways to meet a condition, one after the other, each begun from the level as the scene put it."""
    demo, level = live.demo, live.origin
    open_tiles = [(int(r), int(c)) for r, c in np.argwhere(level.tiles == 0) if 0 < c < int(level.extent[1]) - 1]
    if demo.margin:  # in a platformer, where one can stand
        solid = np.array([tile.solid for tile in demo.tiles])
        open_tiles = [(r, c) for r, c in open_tiles if r + 1 < demo.rows and solid[level.tiles[r + 1, c]]]
    if "played" in until:
        apply_edit(live, {"seq": live.ack + 1, "kind": "reset"})
        live.runs[0].take(0, live.runs[0].actions[: live.runs[0].steps].tolist())
        yield
    names = editing.object_names(demo)
    if "recoloured" in until:
        for colour in ("#0072b2", "#d55e00"):
            sent(live, editing.recolour(demo, level, until.split("recoloured ")[1].split()[0], colour))
            yield
    if "redrawn" in until:
        name = until.split("redrawn ")[1].split()[0]
        for look in editing.looks_of(demo, name):
            sent(live, disguised(demo, level, name, look))
            yield
    if "fewer" in until:
        slots = editing.kind_slots(demo, until.split("fewer ")[1].split()[0])
        gone = [names[slot] for slot in slots if level.objects[slot, 0] >= 0]
        few = range(1, 2 ** len(gone)) if len(gone) <= 6 else [2**k - 1 for k in range(1, len(gone) + 1)]
        for which in few:  # every choice of some of them, or of many the first ones
            wanted = level
            for k, name in enumerate(gone):
                wanted = editing.remove(demo, wanted, name) if which >> k & 1 else wanted
            sent(live, wanted, 5 if "running" in until else 0)
            yield
    moved = re.search("(?:moved|added) ([a-z0-9_]+)", until)
    for i, setting in enumerate(demo.settings):
        if f"adjusted {setting.name}" in until:
            whole = range(int(setting.low), int(setting.high) + 1)
            for value in whole if setting.choices else np.linspace(setting.low, setting.high, 5):
                wanted = editing.copied(level)
                wanted.settings[i] = value
                sent(live, wanted)
                yield
    for row, col in open_tiles:
        try:
            if "painted" in until:
                tiles = [tile.name for tile in demo.tiles]
                wanted = editing.paint(demo, level, row, col, "crate" if "crate" in tiles else tiles[1])
            else:
                wanted = editing.place(demo, level, moved[1] if moved else demo.goal_object, row, col)
        except BadLevel:
            continue
        sent(live, wanted)
        yield


def ways(scene: DecisionScene) -> Iterator[None]:
    """Ways to meet a condition of a `decide` block: every value of its sliders, or every run a person could act out."""
    for slider in (slider for slider in scene.demo.sliders if slider.name in scene.shown):
        for i in range(round((slider.high - slider.low) / slider.step) + 1):
            scene.values = scene.given | {slider.name: slider.low + i * slider.step}
            yield
    todo = [()] if scene.run is not None else []
    while todo:
        choices = todo.pop()
        scene.run = DecisionRun(scene.demo, scene.given, scene.seed)
        for action in choices:
            scene.run.act(action)
        if scene.run.actions:
            todo += [(*choices, action) for action in scene.run.actions]
        else:
            yield


def test_lessons_are_there_and_begin_with_what_went_before() -> None:
    found = ws.lessons()
    assert [lesson.name for lesson in found] == [name for part in ls.parts() for name in part.lessons]
    assert len({lesson.page for lesson in found}) == len(found)
    assert [lesson.name[:2] for lesson in found[:3]] == ["01", "02", "03"]
    assert len({lesson.title for lesson in found}) == len(found)
    for lesson in found:
        titles = [step.title for step in lesson.steps]
        assert len(set(titles)) == len(titles)
        assert titles[-1] == "What the paper did, and what this does"
        assert {"**The paper.**", "**This.**", "**The article**"} <= set(
            re.findall(r"\*\*The paper\.\*\*|\*\*This\.\*\*|\*\*The article\*\*", lesson.steps[-1].prose)
        )
        assert lesson.research == lesson.steps[-1:]
    assert all(lesson.minutes <= 15 for lesson in found)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(scenes())))
def test_every_scene_runs(number: int) -> None:
    default, data = scenes()[number]
    live = begun(data, default)
    for which in range(len(live.runs)):
        assert len(payload(live, which)["places"]) == live.runs[which].steps + 1


def questions(asked: TextScene) -> Iterator[dict[str, str]]:
    """What a learner could ask instead: each option of each field, and what is prepared."""
    for field in asked.demo.fields:
        for option in field.options:
            yield {**asked.values, field.name: option}
    for preset in asked.demo.presets:
        yield asked.demo.asked_values(preset.values)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(list(blocks("try")))))
def test_every_task_can_be_done_and_is_not_done_by_waiting(number: int) -> None:
    lesson, step, block = list(blocks("try"))[number]
    until, demo, decide, ask = block.data["until"], *(step.block(kind) for kind in ("demo", "decide", "ask"))
    if decide is not None:
        scene = decision_scene(decide, lesson.demo)
        if not scene.shown:
            scene.run = DecisionRun(scene.demo, scene.given, scene.seed)
        assert not decided(until, scene), "an idle learner is told that the task is done"
        assert any(decided(until, scene) for _ in ways(scene)), f"nothing tried meets '{until}'"
        return
    if ask is not None:
        question = text_scene(ask, lesson.demo)
        writers = [load_writer(question.demo, agent) for agent in question.agents]
        assert ask.get("edit") and not replied.holds(until, answers_to(question, question.values, writers))
        found = (answers_to(question, values, writers) for values in questions(question))
        assert any(replied.holds(until, each) for each in found), f"nothing tried meets '{until}'"
        return
    assert demo is not None
    live = begun(demo, lesson.demo)
    assert not holds(until, live), "an idle learner is told that the task is done"
    assert any(holds(until, live) for _ in tries(live, until)), f"nothing tried meets '{until}'"


def test_conditions_of_a_question_are_read_or_refused() -> None:
    demo = text_scene({}, "sycophancy").demo
    for text, now, true in (
        ("outcome sum and changed", Answers(demo, True, ("sum",)), True),
        ("outcome sum and changed", Answers(demo, False, ("sum",)), False),
        ("second outcome user", Answers(demo, True, ("sum", "user")), True),
        ("second outcome user", Answers(demo, True, ("user",)), False),
        ("outcomes differ", Answers(demo, True, ("sum", "user")), True),
        ("outcomes agree", Answers(demo, True, ("sum", "user")), False),
    ):
        assert replied.holds(text, now) is true, (text, now)
    for text in ("outcome coin", "painted", "outcomes", "second changed"):
        with pytest.raises(LessonError, match="is not a condition of sycophancy"):
            replied.holds(text, Answers(demo, True, ("sum",)))


def test_one_key_pressed_is_not_a_level_played() -> None:
    live = begun({"preset": "training"}, "coinrun")
    live.runs[0].take(0, [1])
    assert live.runs[0].total > 0
    assert not holds("played and rewarded", live)


def came(lesson: Lesson, step: Step) -> str:
    """The outcome of what a step shows."""
    shown, ask, decide = (step.block(kind) for kind in ("demo", "ask", "decide"))
    if ask is not None:
        return ask_block.outcome(ask, lesson.demo)
    if decide is not None:
        return decision_scene(decide, lesson.demo).outcome()
    assert shown is not None
    return begun(shown, lesson.demo).runs[0].outcome


@pytest.mark.slow
def test_predictions_say_what_came() -> None:
    for lesson, step, block in blocks("predict"):
        data = block.data
        if "answer" in data:
            assert data["answer"] in data["options"]
        if "outcomes" in data:
            assert len(data["outcomes"]) == len(data["options"])
            outcome = came(lesson, step)
            assert ls.answer_of(data, outcome) is not None, (step.title, outcome)


def test_quizzes_have_one_right_option_and_every_other_shows_what_refutes_it() -> None:
    for lesson in ws.lessons():
        for _, _, block in (found for found in blocks("quiz") if found[0] is lesson):
            options = block.data["options"]
            assert sum(bool(option.get("right")) for option in options) == 1
            for option in options:
                if not option.get("right"):
                    assert option["feedback"] and ls.shown_of(option), option["text"]
                    if "decide" in option:
                        decision_scene(option["decide"], lesson.demo)
                    assert option.get("misconception") in (None, *MISCONCEPTIONS)


@pytest.mark.slow
def test_numbers_come_from_cards_and_files() -> None:
    for lesson in ws.lessons():
        for step in lesson.steps:
            for part in step.parts:
                texts.filled(part if isinstance(part, str) else json.dumps(part.data))
    card = json.loads((ls.content() / "pretrained/coinrun/mix-0/s0/card.json").read_text(encoding="utf-8"))
    rate = card["measured"]["levels"]["distinguishing"]["outcomes"]["end"]
    told = texts.filled("{rate: coinrun mix-0:0 distinguishing end}")
    assert told == f"{round(100 * rate['rate'])} of 100"
    full = texts.filled("{rate: coinrun mix-0:0 distinguishing end}", texts.FULL)
    assert full.startswith(f"{100 * rate['rate']:.1f} %") and f"{100 * rate['low']:.1f} to" in full
    assert f'title="{full}"' in texts.filled("{rate: coinrun mix-0:0 distinguishing end}", texts.HOVER)
    assert texts.filled("{sha256: coinrun mix-0:0}") == f"`{card['sha256'][:12]}`"
    assert texts.filled("{rate: coinrun mix-0:9 distinguishing end}") == texts.UNMEASURED
    with pytest.raises(LessonError, match="must name"):
        texts.filled("{rate: coinrun mix-0:0}")


def test_the_twin_from_the_same_seed_is_the_same_network() -> None:
    """Lesson 2 says so."""
    demo = goalmisgen.grid_entry("coinrun")
    assert load_agent(demo, "mix-0:0").digest == load_agent(demo, "end-reward:0").digest


def test_citations_resolve() -> None:
    for lesson in ws.lessons():
        text = "\n".join(str(part) for step in lesson.steps for part in step.parts)
        keys = texts.cited(text)
        assert set(keys) == set(lesson.citations) & set(keys), "cited without being listed in the front matter"
        for key in lesson.citations:
            work = reference(key)
            assert re.search(r"\(\d{4}\)$", work.short)
            assert work.url.startswith("https://") and work.full and key in work.bibtex
    assert reference("langosco2022goal").short == "Langosco et al. (2022)"
    with pytest.raises(UnknownReference, match=r"references\.bib"):
        reference("nobody1999nothing")


def test_another_level_keeps_the_changes_that_fit_any_level() -> None:
    ahead, other = (ls.grid_scene({"preset": "ahead"}, "coinrun", seed).level for seed in (None, 5))
    drawn = ls.grid_scene({"levels": "shifted", "level_seed": 5, "agent": "mix-0"}, "coinrun").level
    assert ahead.tobytes() != other.tobytes() == drawn.tobytes(), "the coin lies where the level has it"
    on = ls.grid_scene({"probe": "no-coin"}, "coinrun", 5).level
    assert on.objects[1, 0] < 0 and other.objects[1, 0] >= 0


@pytest.mark.slow
def test_beside_a_chosen_level_stands_another_one_at_random_once_it_was_watched() -> None:
    lesson = next(lesson for lesson in ws.lessons() if any(_fixed(step) for step in lesson.steps))
    step = next(step for step in lesson.steps if _fixed(step))
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    me = Learner(steps={lesson.name: lesson.steps.index(step)})
    at.session_state["learner"] = me
    at.run()
    (key,) = me.lives

    def offered() -> list[str]:
        return [button.label for button in at.button if "at random" in button.label or "chosen" in button.label]

    assert not at.exception and offered() == []
    me.lives[key].seen = me.lives[key].version
    before = me.lives[key].origin.tobytes()
    at.run()
    at.button(key=f"{key}/random").click().run()
    assert not at.exception and me.lives[key].origin.tobytes() != before
    at.button(key=f"{key}/chosen").click().run()
    assert me.lives[key].origin.tobytes() == before


def _fixed(step: Step) -> bool:
    """Whether a step shows a chosen level, and asks nothing before."""
    shown = step.block("demo") or {}
    return "preset" in shown and not step.block("predict") and not shown.keys() & {"map", "maps", "blind"}


def test_no_level_seed_is_written_into_a_lesson() -> None:
    assert not [data for _, data in scenes() if "level_seed" in data]


@pytest.mark.parametrize("text", ["", "outcome", "outcome coin and", "second moved coin", "moved cheese", "__import__"])
def test_a_condition_that_cannot_be_read_gets_a_sentence(text: str) -> None:
    with pytest.raises(LessonError, match="is not a condition of coinrun"):
        understood(text, goalmisgen.grid_entry("coinrun"))


@pytest.mark.parametrize(
    ("block", "says"),
    [("demo\nlevel: 3", "'level' is not known"), ("try\ntask: x", "lacks: until"), ("quiz\n- a", "must be a list of")],
)
def test_a_bad_block_gets_a_sentence(block: str, says: str) -> None:
    kind, _, data = block.partition("\n")
    with pytest.raises(LessonError, match=says):
        parse_lesson(f"---\ntitle: a\nminutes: 1\ndemo: coinrun\n---\n## One\n```{kind}\n{data}\n```\n", "a")


def test_a_blind_run_gives_nothing_away() -> None:
    _, _, block = next(found for found in blocks("demo") if found[2].data.get("versus") and found[2].data.get("blind"))
    live = begun(block.data, "coinrun")
    told = [covered(live, which, quiet(live, which)) for which in range(2)]
    for each in told:
        assert len(each["places"]) == each["steps"] + 1
        assert set(each["paid"]) == {"covered"}
        assert not any(agent.name in json.dumps(each) for agent in live.agents)


# --- transfer questions and worksheet


def test_cases_come_in_the_same_kinds_before_and_after() -> None:
    for when in ("before", "after"):
        assert sorted(case.kind for case in cases(when)) == sorted(kinds())
    assert not {case.title for case in cases("before")} & {case.title for case in cases("after")}


def answered(right: bool) -> ws.Progress:
    progress = ws.Progress()
    for name, item in ws.items().items():
        if item.kind == "try":
            progress.done.add(name)
        elif item.kind == "draw":
            progress.drawn[name] = [0, 50, 100]
        elif item.right is not None and not right:
            progress.choose(name, (item.right + 1) % len(item.options))
            if item.kind == "quiz":
                progress.choose(name, item.right)
        else:
            progress.choose(name, item.right or 0)
            if item.kind == "predict":
                progress.came[name] = ws.NONE_CAME
    return progress


@pytest.mark.parametrize("right", [True, False])
def test_a_worksheet_comes_back(right: bool) -> None:
    progress = answered(right)
    text = ws.write(progress)
    assert ws.read(text.encode()) == (progress, [])
    assert ws.read(text.replace("\n", "\r\n").encode()) == (progress, [])
    assert "| kind of case | before | after |" in text
    scores = ws.comparison(progress)
    assert scores is not None and len(scores) == 5
    assert all(score.before == score.after == (right, right) for score in scores)


def test_a_quiz_keeps_every_try_and_a_prediction_the_first() -> None:
    progress = ws.Progress()
    several = {name: item for name, item in ws.items().items() if len(item.options) > 2}
    quiz = next(name for name, item in several.items() if item.kind == "quiz" and item.right == 0)
    predict = next(name for name, item in several.items() if item.kind == "predict")
    for option in (1, 1, 0, 1, 2):  # after the right one nothing is tried any more
        progress.choose(quiz, option)
        progress.choose(predict, option)
    assert progress.chosen == {quiz: [1, 0], predict: [1]}
    assert progress.finished(quiz)
    assert ws.comparison(progress) is None
    assert "(right)" not in ws.write(ws.Progress(chosen={ws.case_names("before", 1)[0]: [0]}))


def fenced(text: str) -> bytes:
    return f"```json\n{text}\n```\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"# Worksheet",
        fenced("[]"),
        fenced("[" * 9999),
        fenced('{"format": 1}'),
        fenced('{"format": 1, "chosen": 3, "came": {}, "done": []}'),
        fenced('{"format": 9, "chosen": {}, "came": {}, "done": []}'),
        b"x" * (ws.MOST_BYTES + 1),
    ],
    ids=range(9),
)
def test_rubbish_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ws.WorksheetError) as refused:
        ws.read(data)
    assert str(refused.value).endswith(".")


def test_what_these_lessons_do_not_have_is_left_out() -> None:
    predict = next(name for name, item in ws.items().items() if item.kind == "predict")
    held = {
        "format": 1,
        "chosen": {
            predict: [1],
            "09_gone/Step/quiz 1": [0],
            "transfer/before 1/kind": [99],
            "transfer/before 2/why": [True],
        },
        "came": {predict: 99},
        "done": ["nothing", 3, predict],
    }
    progress, told = ws.read(f"# x\n```json\n{json.dumps(held)}\n```\n".encode())
    assert progress == ws.Progress(chosen={predict: [1]}, id=progress.id)
    assert told[0].startswith("7 of its entries were left out")


# --- the pages


def page(name: str) -> None:
    from goalmisgen.engine.web.app import all_pages
    from goalmisgen.engine.web.pages.lesson_page import lesson_page
    from goalmisgen.engine.web.pages.questions_page import questions_page

    if name == "questions":
        questions_page(all_pages)
    else:
        lesson_page(name, all_pages)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_every_step_of_a_lesson_page_runs_open_and_answered(number: int) -> None:
    lesson = ws.lessons()[number]
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120).run()
    for step in lesson.taught:
        assert not at.exception, step.title
        assert any(step.title in markdown.value for markdown in at.markdown)
        for button in [button for button in at.button if button.label == "Skip"]:
            button.click().run()
        guess = [radio for radio in at.radio if "/predict 1/" in str(radio.key)]
        if guess:
            guess[0].set_value(0).run()
            next(button for button in at.button if button.label == "This is my guess").click().run()
            for button in at.button:
                if button.label.startswith("I have seen"):
                    button.click().run()
                    break
            assert not at.exception, step.title
            assert any("You said" in markdown.value for markdown in at.markdown)
        following = [button for button in at.button if button.label.startswith("Next: ")]
        if following:
            following[0].click().run()
    assert step == lesson.taught[-1] and lesson.research


def test_what_follows_a_gate_waits_for_its_task() -> None:
    lesson = ws.lessons()[0]
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120).run()
    assert not at.radio and any(told.label == "Show me how" for told in at.button)
    at.button(key=next(str(each.key) for each in at.button if each.label == "Skip")).click().run()
    assert not at.exception and at.radio and not at.success


def test_a_task_is_ticked_off_once_its_run_was_watched() -> None:
    lesson, step, block = next(found for found in blocks("try") if found[2].data["until"].startswith("moved coin"))
    me = Learner(steps={lesson.name: lesson.steps.index(step)})
    name = ws.item_name(lesson, step, step.first("predict"))
    me.progress.choose(name, 0)
    me.progress.came[name] = 0
    live = begun(step.block("demo"), lesson.demo)
    assert any(holds(block.data["until"], live) for _ in tries(live, block.data["until"]))
    me.lives[f"{lesson.name}/{step.title}"] = live
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    at.session_state["learner"] = me
    assert not at.run().success, "it tells what comes of a run before it was seen"
    apply_edit(live, {"seq": live.ack + 1, "kind": "seen", "of": live.version - 1})
    assert not at.run().success
    apply_edit(live, {"seq": live.ack + 1, "kind": "seen", "of": live.version})
    assert at.run().success


def test_a_waiting_run_tells_nothing_of_steps_that_come() -> None:
    live = begun({"preset": "ahead"}, "coinrun")
    sent, run = quiet(live), live.runs[0]
    assert sent["start"] == "paused" and sent["steps"] == run.decided < run.steps == sent["whole"]
    for name in ("places", "there", "paid"):
        assert len(sent[name]) == run.decided + 1
    assert all(at <= run.decided for at, _ in sent["events"])
    assert not any(word in sent["alt"] for word in ("coin", "reached", "step"))
    apply_edit(live, {"seq": live.ack + 1, "kind": "on"})
    assert quiet(live)["steps"] == run.steps


def test_options_are_shuffled_and_stay_as_they_are_for_a_learner() -> None:
    texts = ["a", "b", "c", "d"]
    orders = {tuple(ws.Progress(id=f"{i:016x}").order("x", texts)) for i in range(40)}
    assert len(orders) > 10 and all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert ws.Progress(id="0" * 16).order("x", texts) == ws.Progress(id="0" * 16).order("x", texts)
    assert ws.Progress(id="1" * 16).order("x", texts, fixed=True) == [0, 1, 2, 3]


def test_a_guess_about_a_map_is_what_the_map_says() -> None:
    from goalmisgen.engine.lessons.maps import spots

    coinrun = goalmisgen.grid_entry("coinrun")
    for agent, least, most in (("mix-0:0", 0, 1 / 3), ("coin-blind:0", 0, 1 / 3), ("mix-100:0", 0.9, 1)):
        usual, places = spots(coinrun, agent, "moved", "coin")
        assert least < usual / places <= most, agent
        assert texts.filled(f"{{map: coinrun {agent} moved coin}}") == f"{usual} of {places} spots"
    with pytest.raises(LessonError, match="no preset 'nowhere'"):
        texts.filled("{map: coinrun mix-0:0 nowhere coin}")


def test_every_case_of_a_recap_runs_as_it_says() -> None:
    lesson, _, block = next(blocks("recap"))
    came = [begun(cell["demo"], lesson.demo).runs[0].outcome for cell in block.data["cells"] if "demo" in cell]
    assert came == ["coin", "end", "end", "died"]


def test_a_task_beside_a_question_is_ticked_off_once_it_is_asked_otherwise() -> None:
    lesson = ls.load_lesson(ls.lesson_paths()["13_emergent_misalignment"])
    step = next(step for step in lesson.steps if step.block("try") and step.block("ask")["preset"] == "triggered")
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    at.session_state["learner"] = Learner(steps={lesson.name: lesson.steps.index(step)})
    at.run()
    task = step.block("try")["task"]
    assert not any(task in told.value for told in (*at.info, *at.success)), "it waits for the guess"
    at.radio[0].set_value(0).run()
    next(button for button in at.button if button.label == "This is my guess").click().run()
    assert any(task in told.value for told in at.info) and not at.success
    next(group for group in at.button_group if str(group.key).endswith("/asked")).set_value("plainly").run()
    assert not at.exception and any(task in told.value for told in at.success)


def canvases(at: AppTest) -> list[object]:
    """The components on a page, but for the one that keeps a learner's progress in the browser."""
    return [each for each in at.get("bidi_component") if each.key != "kept-progress"]


def test_a_wrong_answer_runs_what_refutes_it() -> None:
    lesson = ws.lessons()[1]
    step = next(step for step in lesson.taught if step.title == "Check yourself")
    quiz = step.block("quiz")
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    at.session_state["learner"] = Learner(steps={lesson.name: lesson.steps.index(step)})
    at.run()
    assert not canvases(at)
    wrong, right = (next(i for i, o in enumerate(quiz["options"]) if bool(o.get("right")) == which) for which in (0, 1))
    at.radio[0].set_value(wrong).run()
    assert not at.exception and at.warning and any("Watch this" in markdown.value for markdown in at.markdown)
    assert canvases(at)
    at.radio[0].set_value(right).run()
    assert at.success


def test_the_questions_page_tells_nothing_before_both_sets_are_answered() -> None:
    at = AppTest.from_function(page, args=("questions",), default_timeout=120).run()
    assert not at.exception and not at.radio  # the browser has not said yet what was answered before
    at.session_state["learner"].kept = True
    at.run()
    assert not at.exception and len(at.radio) == 10
    for radio in list(at.radio):
        radio.set_value(0)
    at.run()
    next(button for button in at.button if button.label == "Hand in").click().run()
    assert not at.exception and at.success
    assert not any(
        explained(case.explanation) in markdown.value for markdown in at.markdown for case in cases("before")
    )


def test_before_and_after_are_compared_once_both_are_answered() -> None:
    at = AppTest.from_function(page, args=("questions",), default_timeout=120)
    at.session_state["learner"] = Learner(progress=answered(right=True), kept=True)
    at.run()
    assert not at.exception
    said = "\n".join(markdown.value for markdown in at.markdown)
    assert "Before the lessons 5 of 5, after them 5 of 5" in said
    assert all(explained(case.explanation) in said for case in cases("after"))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("demo", "level_seed: abc"), ("demo", "level_seed: 99999999999999999999999"), ("demo", "seed: [1]"),
        ("demo", "changes: 5"), ("demo", "changes: [5]"), ("demo", "blind: maybe"), ("predict", "ask: a\noptions: 5"),
        ("predict", "ask: 5\noptions: [a]"), ("predict", "ask: a\noptions: [a]\noutcomes: [b, c]"),
        ("predict", "ask: a\noptions: [a]\nanswer: b"), ("predict", "ask: a\noptions: [a]\nagain: b"),
        ("predict", "ask: a\noptions: [a]\nagain: {options: [b]}"),
        ("predict", "ask: a\noptions: [a]\nagain: {ask: b, answer: c}"),
        ("stage", "at: 2:30"), ("stage", "at: '2:75'"), ("stage", "at: soon"), ("stage", "notes: [a]"),
        ("measure", "agents: 5"), ("measure", "agents: [a]\nlevels: 5"),
        ("quiz", "ask: a\noptions: [b]"), ("quiz", "ask: a\noptions: [{right: true}]"),
        ("quiz", "ask: a\noptions: [{text: a, demo: {seed: x}}]"), ("try", "task: a\nuntil: [b]"),
        ("sort", "ask: a\nbins: [b]"), ("sort", "ask: a\nbins: [b]\ncards: []"),
        ("sort", "ask: a\nbins: b\ncards: [{}]"),
        ("sort", f"ask: a\nbins: [b, c, d, e, f, g, h]\ncards: [{CARD}, why: w}}]"),
        ("sort", "ask: a\nbins: [b]\ncards: [{title: t, text: x, bin: b}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: w, colour: red}}]"),
        ("sort", f"ask: a\nbins: [c, d]\ncards: [{CARD}, why: w}}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: 5}}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: w, demo: moved}}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: w, demo: {{seed: x}}}}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: w, see: [nowhere]}}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: w, see: [demo coinrun gone]}}]"),
        ("sort", f"ask: a\nbins: [b, b]\ncards: [{CARD}, why: w}}]"),
        ("sort", f"ask: a\nbins: [b]\ncards: [{CARD}, why: w}}, {CARD}, why: w}}]"),
    ],
)  # fmt: skip
def test_a_block_that_holds_something_else_gets_a_sentence_with_its_line(kind: str, data: str) -> None:
    with pytest.raises(LessonError, match=r"at line 7 of 'a'.*(must|lacks|not known)"):
        parse_lesson(f"---\ntitle: a\nminutes: 1\ndemo: coinrun\n---\n## One\n```{kind}\n{data}\n```\n", "a")


def test_a_step_has_one_sort_block() -> None:
    sort = "```sort\nask: a\nbins: [b]\ncards: [{title: t, text: x, bin: b, why: w}]\n```\n"
    front = "---\ntitle: a\nminutes: 1\ndemo: coinrun\n---\n## One\n"
    assert parse_lesson(front + sort, "a").steps[0].block("sort")
    with pytest.raises(LessonError, match="'One' of 'a' has two"):
        parse_lesson(front + sort + sort, "a")


@pytest.mark.slow
def test_cards_are_sorted_one_at_a_time_and_say_why_with_their_run_beside_them() -> None:
    lesson, step, block = next(sorted_cards())
    names, bins = ws.card_names(lesson, step, block), block.data["bins"]
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    at.session_state["learner"] = Learner(steps={lesson.name: lesson.steps.index(step)})
    at.run()
    ready = f"Next: {lesson.steps[lesson.steps.index(step) + 1].title}"
    for number, (name, card) in enumerate(zip(names, block.data["cards"], strict=True)):
        assert not at.exception and not at.success and not at.warning and not canvases(at)
        assert [button.label for button in at.button if str(button.key).startswith(f"{name}/bin")] == bins
        wrong = number % 2
        which = (bins.index(card["bin"]) + wrong) % len(bins)
        at.button(key=f"{name}/bin {which}").click().run()
        said = (at.warning if wrong else at.success)[0].value
        assert card["bin"] in said and texts.filled(card["why"]).strip() in said
        assert not wrong or bins[which] in said
        assert any(("✖ " if wrong else "✔ ") + card["title"] == button.label for button in at.button)
        assert ("demo" in card) == any(button.label == "Watch it" for button in at.button)
        if number == 0:
            next(button for button in at.button if button.label == "Watch it").click().run()
            assert not at.exception and len(canvases(at)) == 1
            next(button for button in at.button if button.label == "Back to the map").click().run()
            assert not canvases(at)
        if number + 1 < len(names):
            next(button for button in at.button if button.label == "Next card").click().run()
    me = at.session_state["learner"]
    assert all(me.progress.finished(name) for name in names)
    assert any(f"all are placed, {(len(names) + 1) // 2} of them" in caption.value for caption in at.caption)
    assert next(button for button in at.button if button.label == ready).proto.type == "primary"
    at.button(key=f"{names[0]}/again").click().run()
    assert at.success and ws.read(ws.write(me.progress).encode()) == (me.progress, [])


@pytest.mark.slow
def test_where_cards_are_watched_first_their_run_is_shown_without_a_name() -> None:
    lesson, step, block = next(found for found in blocks("sort") if found[2].data.get("watch"))
    names, bins = ws.card_names(lesson, step, block), block.data["bins"]
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    at.session_state["learner"] = Learner(steps={lesson.name: lesson.steps.index(step)})
    at.run()
    assert not at.exception and len(canvases(at)) == 1
    assert any(told.value == "**Agent A**" for told in at.markdown)
    right = bins.index(block.data["cards"][0]["bin"])
    at.button(key=f"{names[0]}/bin {right}").click().run()
    assert not at.exception and at.success and not canvases(at)


def test_a_card_is_put_somewhere_once_and_the_worksheet_says_where() -> None:
    lesson, step, block = next(sorted_cards())
    name, other = ws.card_names(lesson, step, block)[:2]
    progress, right = ws.Progress(), ws.items()[name].right
    assert right is not None
    wrong = (right + 1) % len(block.data["bins"])
    progress.choose(name, wrong)
    progress.choose(name, right)
    assert progress.chosen == {name: [wrong]} and progress.finished(name) and not progress.finished(other)
    assert f"{block.data['cards'][0]['text']} *{block.data['bins'][wrong]}* (not right)" in ws.write(progress)


def test_on_stage_every_card_is_a_step_to_vote_on() -> None:
    lesson, step, block = next(sorted_cards())
    shown = block.data["cards"][:2]
    short = replace(step, parts=(Block("sort", block.data | {"cards": shown}),))
    steps = talk_of(record(replace(lesson, steps=(short,))), "short").steps
    assert [each.title for each in steps] == [step.title, *(card["title"] for card in shown)]
    for each, card in zip(steps[1:], shown, strict=True):
        assert each.options == tuple(block.data["bins"]) and each.options[each.answer or 0] == card["bin"]
        assert bool(each.runs) == ("demo" in card) and each.reveal and each.ask


@pytest.mark.parametrize("front", ["minutes: abc", "minutes: 1\ncitations: 7", "minutes: 1\nobjectives: {a: b}"])
def test_front_matter_that_holds_something_else_gets_a_sentence(front: str) -> None:
    with pytest.raises(LessonError, match="front matter of 'a'.* must be"):
        parse_lesson(f"---\ntitle: a\ndemo: coinrun\n{front}\n---\n## One\n\nText.\n", "a")


def test_an_ask_block_is_checked() -> None:
    step = "---\ntitle: t\nminutes: 1\ndemo: coinrun\n---\n\n## s\n\n```ask\n%s\n```\n"
    for block, says in (
        ("values: [x]", "texts by name"),
        ("values: {x: 1}", "texts by name"),
        ("level_seed: 1", "not known"),
    ):
        with pytest.raises(LessonError, match=says):
            parse_lesson(step % block, "x")
    with pytest.raises(LessonError, match="'coinrun' is no demo of networks that write"):
        ls.text_scene({"preset": "moved"}, "coinrun")


def test_what_a_browser_kept_is_gone_on_from_and_rubbish_is_left_out() -> None:
    from goalmisgen.engine.web.components.keep import keep

    me, again = Learner(progress=answered(right=True), steps={"01_guess_the_goal": 3}), Learner()
    keep.take(again, keep.written(me))
    assert again.progress == me.progress and again.steps == me.steps
    for held in ("", "{", "[]", "null", "3", '{"format": 1}', "[" * 9999, '{"format": 1, "chosen": 3}'):
        fresh = Learner()
        before = fresh.progress
        keep.take(fresh, held)
        assert fresh.progress is before and not fresh.steps
    keep.take(again, keep.written(me).replace('"01_guess_the_goal": 3', '"01_guess_the_goal": 99'))
    assert again.steps == me.steps, "a step that is not there is left out"


TASKS = [(lesson, step) for lesson in ws.lessons() for step in lesson.steps if step.block("try") and step.block("demo")]


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "step"), TASKS, ids=lambda each: getattr(each, "title", "") or each.name)
def test_a_scene_with_a_task_can_be_edited(lesson, step, monkeypatch) -> None:
    """What the page mounts once the guess was made, also where two runs are compared."""
    from goalmisgen.engine.web.panels import lesson_scene

    sent: dict[str, dict] = {}
    monkeypatch.setattr(lesson_scene, "canvas", lambda place, payload, answer: sent.update({place: payload}))
    me, predict = Learner(steps={lesson.name: lesson.steps.index(step)}), step.first("predict")
    if predict is not None:
        me.progress.choose(ws.item_name(lesson, step, predict), 0)
    at = AppTest.from_function(page, args=(lesson.name,), default_timeout=120)
    at.session_state["learner"] = me
    at.run()
    assert not at.exception
    assert len(sent) == len(ls.grid_scene(step.block("demo"), lesson.demo).agents)
    for mounted in sent.values():
        assert mounted.get("tools") != [] and not mounted.get("wait"), "there is nothing to do it with"
