"""The class's pages without a browser: a teacher's and a student's, and what a lesson does for who is in a class."""

from pathlib import Path

import pytest
import streamlit as st
from goalmisgen import grid_entry
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.lessons import classroom
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.classroom import Classes, Seat, puzzle_of, step_name
from goalmisgen.engine.lessons.lesson import Block
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.web import in_class, shared
from goalmisgen.engine.web.components.keep import keep
from goalmisgen.engine.web.html import addresses, bars
from goalmisgen.engine.web.learner import Learner
from goalmisgen.engine.web.pages import class_page, lesson_page
from streamlit.testing.v1 import AppTest

LESSON = ws.lessons()[1]
STEP = next(step for step in LESSON.taught if step.block("predict") and step is not LESSON.taught[-1])
PREDICT = STEP.first("predict")
NAME = ws.item_name(LESSON, STEP, PREDICT)


@pytest.fixture
def classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Classes:
    """A server's classes, in a folder of the test's own."""
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path)
    in_class.classes.clear()
    yield in_class.classes()
    in_class.classes.clear()


def page(name: str) -> None:
    from functools import partial

    import streamlit as st
    from goalmisgen.engine.web import in_class
    from goalmisgen.engine.web.app import all_pages
    from goalmisgen.engine.web.pages.class_page import class_page
    from goalmisgen.engine.web.pages.detect_page import detect_page
    from goalmisgen.engine.web.pages.grid_page import world_page
    from goalmisgen.engine.web.pages.lesson_page import lesson_page

    st.page_link = lambda page, label, **more: st.markdown(f"[{label}] {more.get('query_params', '')}")
    shown = {"class": partial(class_page, all_pages), "coinrun": partial(world_page, "coinrun"), "detect": detect_page}
    in_class.below_notice(all_pages, shown.get(name, partial(lesson_page, name, all_pages)))


def opened(name: str, me: Learner | None = None, **query: str) -> AppTest:
    at = AppTest.from_function(page, args=(name,), default_timeout=120)
    at.query_params.update(query)
    at.session_state["learner"] = me or Learner()
    at.run()
    assert not at.exception
    return at


@pytest.fixture(autouse=True)
def links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "page_link", st.page_link)  # which `page` replaces


def said(at: AppTest) -> str:
    told = [
        each.value for kind in ("markdown", "caption", "warning", "info", "success", "toast") for each in at.get(kind)
    ]
    return "\n".join([*told, *(each.proto.body for each in at.get("html"))])


def button(at: AppTest, label: str):
    return next(each for each in at.button if each.label == label)


def test_a_teacher_opens_a_class_and_a_student_joins_it(classes: Classes) -> None:
    teacher = opened("class")
    button(teacher, "Open a class").click().run()
    assert not teacher.exception
    secret = teacher.session_state[in_class.TEACHES]
    assert teacher.query_params["teacher"] in (secret, [secret])
    code = classes.desk(secret).code
    shown = said(teacher)
    assert code in shown and "**0** have joined" in shown and secret not in shown
    assert f"?class={code}" in teacher.code[0].value

    student = opened("class")
    student.text_input[0].set_value(code.replace("-", " ").upper())
    button(student, "Join").click().run()
    assert not student.exception and f"You are in the class **{code}**" in said(student)
    assert not any(each.label == "Open a class" for each in student.button)
    teacher.run()
    assert "**1** has joined" in said(teacher)
    button(student, "Leave the class").click().run()
    assert "You are in" not in said(student) and classes.desk(secret).members == 0

    button(teacher, "Delete it now").click().run()
    assert not teacher.exception and "teacher" not in teacher.query_params
    with pytest.raises(classroom.NoClass):
        classes.desk(secret)


@pytest.mark.parametrize(
    ("code", "told"), [("banu-kodira", "no class"), ("x' OR 1", "five syllables"), ("\x00", "five")]
)
def test_a_code_that_is_none_is_refused_with_a_sentence(classes: Classes, code: str, told: str) -> None:
    classes.begin()
    at = opened("class", Learner(kept=True), **{"class": code})
    assert told in said(at) and at.text_input and "class" not in at.query_params
    at = opened("class", teacher=code)
    assert "not its teacher's address" in said(at) and "teacher" not in at.query_params


def test_the_address_joins_once(classes: Classes) -> None:
    code, secret = classes.begin()
    me = Learner()
    assert (
        "Joining" in said(opened("class", me, **{"class": code})) and me.seat is None
    )  # it may be in the class already
    me.kept = True
    for _ in range(3):
        assert code in said(opened("class", me, **{"class": code}))
    assert classes.desk(secret).members == 1 and me.seat.code == code


def test_who_joins_by_an_address_sees_at_once_what_was_sent_before(classes: Classes) -> None:
    code, secret = classes.begin()
    demo = grid_entry("coinrun")
    puzzle = puzzle_of(addresses.puzzle(Run(demo, None, draw_level(demo, demo.shifted, 22), 0), "mix-0:0"))
    classes.send(secret, puzzle)
    shown = said(opened("class", Learner(kept=True), **{"class": code}))
    assert f"You are in the class **{code}**" in shown and f"[A puzzle from your teacher: CoinRun] {puzzle}" in shown


def test_a_lesson_hands_the_guess_in_and_shows_the_class_after_it(classes: Classes) -> None:
    code, secret = classes.begin()
    for option in (0, 1, 1):
        classes.guess(classes.join(code), NAME, option)
    me = Learner(steps={LESSON.name: LESSON.steps.index(STEP)}, seat=classes.join(code))
    at = opened(LESSON.name, me)
    assert "Your class" not in said(at) and classes.guessed(me.seat, NAME) is None
    at.radio[0].set_value(1).run()
    button(at, "This is my guess").click().run()
    assert not at.exception and "Your class: 4 have guessed." in said(at)
    assert bars.guesses(PREDICT.data["options"], classes.counts(secret, [NAME])[NAME], 1) in said(at)
    assert classes.counts(secret, [NAME])[NAME][:2] == [1, 3]
    alone = opened(LESSON.name, Learner(me.progress, me.steps))
    assert "Your class" not in said(alone)


def test_a_quiz_counts_its_first_answer_and_is_shown_when_the_right_one_was_found(classes: Classes) -> None:
    step = next(step for step in LESSON.taught if step.block("quiz"))
    name, options = ws.item_name(LESSON, step, step.first("quiz")), step.block("quiz")["options"]
    right = next(i for i, option in enumerate(options) if option.get("right"))
    wrong = next(i for i in range(len(options)) if i != right)
    code, secret = classes.begin()
    me = Learner(steps={LESSON.name: LESSON.steps.index(step)}, seat=classes.join(code))
    at = opened(LESSON.name, me)
    at.radio[0].set_value(wrong).run()
    assert not at.exception and "Your class" not in said(at)
    at.radio[0].set_value(right).run()
    assert not at.exception and "Your class: 1 has guessed." in said(at)
    assert classes.counts(secret, [name])[name] == [int(i == wrong) for i in range(len(options))]


def test_a_closed_step_is_not_gone_on_to(classes: Classes) -> None:
    code, secret = classes.begin()
    following = LESSON.taught[1]
    classes.close(secret, step_name(LESSON, following))
    me = Learner(seat=classes.join(code))
    at = opened(LESSON.name, me)
    button(at, f"Next: {following.title}").click().run()
    assert not at.exception and me.steps.get(LESSON.name, 0) == 0 and lesson_page.CLOSED in said(at)
    classes.close(secret, step_name(LESSON, following), closed=False)
    button(at, f"Next: {following.title}").click().run()
    assert me.steps[LESSON.name] == 1 and lesson_page.CLOSED not in said(at)
    button(at, "Back").click().run()
    classes.close(secret, step_name(LESSON, following))
    at = opened(LESSON.name, Learner())  # who is in no class goes on
    button(at, f"Next: {following.title}").click().run()
    assert at.session_state["learner"].steps[LESSON.name] == 1


def test_the_teacher_sees_counts_by_step_and_closes_steps(classes: Classes) -> None:
    code, secret = classes.begin()
    seats = [classes.join(code) for _ in range(3)]
    for seat in seats:
        classes.guess(seat, NAME, 1)
    at = opened("class", teacher=secret)
    at.selectbox(key="class-lesson").select(LESSON.name).run()
    assert not at.exception
    shown = said(at)
    counts = classes.counts(secret, [NAME])[NAME]
    assert bars.guesses(PREDICT.data["options"], counts) in shown and "(3 guessed)" in shown
    assert not any(seat.number in shown for seat in seats)
    for step in LESSON.taught:
        assert step.title in shown
        assert all(
            part.data["ask"] in shown for part in step.parts if isinstance(part, Block) and part.kind == "predict"
        )
    steps = [each for each in at.toggle if each.label == "Open"]
    assert len(steps) == len(LESSON.taught) - 1 and all(each.value for each in steps)
    steps[0].set_value(False).run()
    assert classes.desk(secret).closed == {step_name(LESSON, LESSON.taught[1])}
    classes.close(secret, step_name(LESSON, LESSON.taught[1]), closed=False)  # as in another window of the teacher's
    at.run()
    assert all(each.value for each in at.toggle)
    at.toggle(key=class_page.SHOWN).set_value(False).run()
    assert "(3 guessed)" in said(at) and bars.guesses(PREDICT.data["options"], counts) not in said(at)


def test_every_question_of_the_lessons_is_on_the_teachers_page() -> None:
    found = [name for lesson in ws.lessons() for step in lesson.taught for name in class_page._counted(lesson, step)]
    assert found == [name for name, item in ws.items().items() if item.kind in classroom.COUNTED]


def test_a_puzzle_is_sent_by_its_address(classes: Classes) -> None:
    code, secret = classes.begin()
    seat = classes.join(code)
    at = opened("class", teacher=secret)

    def field():
        return next(each for each in at.text_input if each.placeholder.startswith("/puzzle"))

    field().set_value("/coinrun?number=1")
    button(at, "Send").click().run()
    assert "the address of another page" in said(at) and classes.puzzle(seat) is None
    demo = grid_entry("coinrun")
    address = addresses.puzzle(Run(demo, None, draw_level(demo, demo.shifted, 22), 0), "mix-0:0")
    field().set_value(f"http://here:8501{address}")
    button(at, "Send").click().run()
    assert not at.exception and in_class.SENT in said(at) and classes.puzzle(seat) == puzzle_of(address)
    shown = said(opened("class", Learner(seat=seat)))
    assert f"[A puzzle from your teacher: CoinRun] {puzzle_of(address)}" in shown
    assert "A puzzle from your teacher" not in said(opened("class", Learner(seat=classes.join(classes.begin()[0]))))
    button(at, "Take it back").click().run()
    assert classes.puzzle(seat) is None


def test_the_teacher_sends_what_is_on_a_demos_page(classes: Classes) -> None:
    code, secret = classes.begin()
    at = AppTest.from_function(page, args=("coinrun",), default_timeout=120)
    at.session_state["coinrun-tab"] = "Send, save, cite"
    at.session_state["learner"] = Learner()
    at.run()
    button(at, "Puzzle (link)").click().run()
    assert not any(each.key == "class-send" for each in at.button)  # nobody's teacher
    at.session_state[in_class.TEACHES] = secret
    at.run()
    at.button(key="class-send").click().run()
    assert not at.exception and in_class.SENT in said(at)
    assert classes.desk(secret).puzzle == puzzle_of(at.session_state["coinrun-view"].puzzle)


def test_scores_of_the_audit_game_are_listed_for_the_class_without_names(classes: Classes) -> None:
    code, secret = classes.begin()
    other, mine = classes.join(code), classes.join(code)
    classes.score(other, "audit/cheese_maze/1", 7)
    at = opened("detect", Learner(seat=mine), technique="audit", demo="cheese_maze")
    assert "Your class" not in said(at)
    at.text_input(key="cheese_maze-audit-name").set_value("Ada").run()
    at.button(key="cheese_maze-audit-end").click().run()
    scores = classes.scores(secret, "audit/cheese_maze/1")
    assert len(scores) == 2 and scores[0] == 7 and not at.exception
    assert f"**Your class**, Brier scores of 2, best first: 0.07, {scores[1] / 100:.2f}." in said(at)
    assert b"Ada" not in classes.path.read_bytes()


def test_a_class_that_is_over_is_left_with_a_sentence(classes: Classes) -> None:
    code, secret = classes.begin()
    me = Learner(steps={LESSON.name: LESSON.steps.index(STEP)}, seat=classes.join(code))
    at = opened(LESSON.name, me)
    classes.end(secret)
    at.radio[0].set_value(0).run()
    assert not at.exception and me.seat is None and f"The class {code} is over." in said(at)
    button(at, "This is my guess").click().run()
    assert not at.exception and "is over" not in said(at)  # told once
    assert me.progress.chosen[NAME] == [0]  # the lesson goes on


def test_the_browser_keeps_the_seat_and_rubbish_is_none() -> None:
    me, again = Learner(seat=Seat("banu-kodira", "0" * 32)), Learner()
    again.steps["02_the_coin_that_did_not_matter"] = 3  # pressed on before the browser said it is in a class
    keep.take(again, keep.written(me))
    assert again.steps == me.steps
    assert again.seat == me.seat
    keep.take(again, keep.written(me).replace("0" * 32, "nobody"))
    assert again.seat is None


@pytest.mark.parametrize(("others", "told"), [(True, False), (False, True)])
def test_a_server_that_is_not_shared_says_so(classes: Classes, monkeypatch, others: bool, told: bool) -> None:
    monkeypatch.setattr(class_page, "shared", lambda: others)
    assert (class_page.TRYING in said(opened("class"))) is told
    monkeypatch.setattr(shared, "shared", lambda: others)
    monkeypatch.setattr(class_page.servers, "reached_at", lambda address: "192.168.1.20")
    at = opened("class", teacher=classes.begin()[1])
    assert at.code[0].value.startswith(f"http://{'192.168.1.20' if others else 'localhost'}:8501/class?class=")
