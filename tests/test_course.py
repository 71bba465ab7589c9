"""Trainings that a page shows as they go: what they leave, how they stop, the queue's process and the page's button."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents.pretrained import load_agent
from goalmisgen.engine.mitigate import mentor, readings, rescue
from goalmisgen.engine.mitigate.course import LOSS, Course, Task, carry_out, packed, unpacked
from goalmisgen.engine.mitigate.plan import plan_of
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.study.worker import ORDER, news_in
from goalmisgen.engine.web import trainings
from goalmisgen.engine.web.panels import ordered
from goalmisgen.engine.web.trainings import Queue, Ticket
from streamlit.testing.v1 import AppTest

MAZE = goalmisgen.grid_entry("cheese_maze")
TUNING = Task(
    demo="sycophancy", what="synthetic", agent="cure-0:0", steps=40,
    values={"examples": "10", "people": "right or wrong by a coin"},
)  # fmt: skip
VARIETY = Task(demo="cheese_maze", what="variety", values={"ways": "edits-0 mouse-0"}, steps=40_000, tests=10)


def done(folder: Path, task: Task, stopping: Any = lambda: False) -> Course:
    (folder / ORDER).write_text(task.model_dump_json())
    carry_out(folder, stopping)
    news = news_in(folder, Course)
    assert news is not None and news.over
    return news


def test_a_fine_tuning_leaves_its_curves_and_what_was_said_first_and_last(tmp_path: Path) -> None:
    news = done(tmp_path, TUNING)
    assert (news.phase, news.at, news.steps, news.total) == ("done", [0, 20, 40], 40, 40)
    assert all(len(values) == 3 for values in news.curves.values())
    wrong = goalmisgen.entry("sycophancy").conditions["wrong"].about
    assert news.curves[wrong][0] < 0.1 and news.curves[LOSS][0] == 0.0 < news.curves[LOSS][1]
    assert news.first["said"][wrong][0] == news.last["said"][wrong][0] and news.last["n"][wrong] == 100


def test_what_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    news = done(tmp_path, TUNING.model_copy(update={"values": {"examples": "many"}}))
    assert news.phase == "failed" and "cannot be" in news.error
    assert done(tmp_path, TUNING.model_copy(update={"agent": "cure-0:99"})).error.endswith(".")


def test_a_course_stops_after_its_next_moment_and_keeps_what_it_has(tmp_path: Path) -> None:
    asked = iter([False, True])
    news = done(tmp_path, TUNING, lambda: next(asked))
    assert news.phase == "stopped" and news.at == [0, 20] and news.steps == 20 < news.total


@pytest.mark.slow
def test_levels_chosen_by_regret_and_by_a_person(tmp_path: Path) -> None:
    news = done(tmp_path, VARIETY)
    assert news.phase == "done" and news.at[0] == 0 and news.at[-1] == news.total == 40_000
    assert {f"{way} {goal}" for way in news.last for goal in MAZE.goals[:2]} == set(news.curves)
    walls = [unpacked(each["levels"], MAZE) for each in news.last.values()]
    assert len(walls) == 2 and walls[0].tobytes() != walls[1].tobytes(), "two trainings, each with its own levels"
    for levels, each in zip(walls, news.last.values(), strict=True):
        assert len(levels) == len(each["regrets"]) > 0 and not any(map(MAZE.problems, levels))
    own = [draw_level(MAZE, MAZE.shifted, seed) for seed in range(2)]
    assert (unpacked(packed(own, MAZE), MAZE) == np.array(own, MAZE.level)).all()
    chosen = VARIETY.model_copy(update={"values": {"ways": "corner-1"}, "levels": packed(own, MAZE), "steps": 1000})
    assert unpacked(done(tmp_path, chosen).last["corner-1"]["levels"], MAZE).size == 0  # nothing is remembered


# --- the mentor


@pytest.mark.slow
def test_a_mentor_labels_where_the_network_goes_and_turns_it_round() -> None:
    agent, teacher = load_agent(MAZE, "corner-1:0"), load_agent(MAZE, "anywhere:0")
    stages = list(mentor.corrected(MAZE, agent, teacher, 1, (10, 60)))
    assert [stage.paid for stage in stages] == [0, 10, 60] and stages[0].agent is agent
    assert 10 < stages[1].labels < stages[2].labels <= 60 * mentor.LABELLED
    before, after = (mentor.looked(MAZE, stage.agent, agent.config, 60, 1) for stage in (stages[0], stages[-1]))
    assert before["corner"] > 45 > 30 > after["corner"] and after["cheese"] > before["cheese"] + 10
    shown = list(mentor.corrected(MAZE, agent, teacher, 1, (10,), shown=True))
    assert shown[-1].labels < stages[1].labels, "who knows the way is there sooner"


def test_a_run_is_labelled_no_further_than_asked() -> None:
    teacher, seeds = load_agent(MAZE, "anywhere:0"), rescue.fit_seeds(MAZE, 5, 1)
    corner = load_agent(MAZE, "corner-1:0")
    assert len(rescue.frames(MAZE, teacher, MAZE.shifted, seeds, corner, most=3)) <= 15
    whole = rescue.frames(MAZE, teacher, MAZE.shifted, seeds, corner)
    assert len(whole) > 15 and len(rescue.frames(MAZE, teacher, MAZE.shifted, seeds, corner, most=128)) == len(whole)


def test_reward_alone_goes_on_from_the_bundled_network() -> None:
    agent = load_agent(MAZE, "corner-1:0")
    stages = list(mentor.rewarded(MAZE, agent, {"region": 0, "alpha": 1.0}, 2048))
    assert [stage.paid for stage in stages] == [0, 1024, 2048]
    counts = [mentor.looked(MAZE, stage.agent, agent.config, 40, 1) for stage in (stages[0], stages[-1])]
    assert counts[0] == mentor.looked(MAZE, agent, agent.config, 40, 1)
    assert stages[-1].agent.digest != stages[0].agent.digest


@pytest.mark.slow
@pytest.mark.parametrize("how", ["corrected", "a tenth telling"])
def test_a_mentor_is_watched(tmp_path: Path, how: str) -> None:
    steps = 10 if how == "corrected" else 3000
    task = Task(demo="cheese_maze", what="mentor", agent="corner-1:0", values={"how": how}, steps=steps, tests=10)
    news = done(tmp_path, task)
    assert news.phase == "done" and news.at[0] == 0 and news.at[-1] == news.total == steps
    assert set(news.curves) == {"cheese", "corner", rescue.SKILL} and news.curves["corner"][0] > 0.5
    assert (news.last["labels"] > 10) == (how == "corrected")


def test_the_plan_says_whom_a_mentor_corrects() -> None:
    for name in ("cheese_maze", "coinrun"):
        demo = goalmisgen.grid_entry(name)
        assert mentor.TECHNIQUE.able(demo) and plan_of(demo).reward_steps == mentor.MARKS[-1]


# --- what the other tabs train


@pytest.mark.slow
def test_a_rescue_is_watched_and_turns_the_network_round(tmp_path: Path) -> None:
    values = {"levels": "300", "rehearses": "yes"}
    task = Task(demo="cheese_maze", what="rescue", agent="corner-1:0", values=values, tests=40, steps=120)
    news = done(tmp_path, task)
    assert (news.phase, news.at) == ("done", [0, 50, 100, 120])
    assert news.curves["corner"][0] > 0.6 > news.curves["corner"][-1]
    assert news.curves["cheese"][-1] > news.curves["cheese"][0] + 0.3


@pytest.mark.slow
def test_two_readings_say_where_they_go_and_a_pupil_follows_the_chosen_one(tmp_path: Path) -> None:
    news = done(tmp_path, Task(demo="cheese_maze", what="readings", steps=60, tests=4))
    assert news.phase == "done" and news.at == [50, 60]
    levels = unpacked(news.last["levels"], MAZE)
    for which, places in enumerate(news.last["places"]):
        gone = [readings.chosen_goal(MAZE, *pair) for pair in zip(levels, map(tuple, places), strict=True)]
        for goal in (*MAZE.goals[:2], "other"):
            assert news.curves[f"{which} {goal}"][-1] == gone.count(goal) / 4
    values = {"which": "0"}
    news = done(tmp_path, Task(demo="cheese_maze", what="pupil", agent="corner-1:0", values=values, steps=20, tests=10))
    assert news.phase == "done" and news.at == [0, 20] and set(news.curves) == {"cheese", "corner", rescue.SKILL}


@pytest.mark.slow
def test_a_judge_is_watched_while_it_teaches(tmp_path: Path) -> None:
    values = {"judge": "flattered:0", "principle": "no"}
    task = Task(demo="sycophancy", what="critics", agent="cure-0:0", values=values, steps=60, tests=20)
    news = done(tmp_path, task)
    assert news.phase == "done" and news.at == [0, 50, 60] and news.last["judge"] > 0.8
    assert set(news.curves) == set(plan_of(goalmisgen.entry("sycophancy")).asked)


# --- the process and the button


@pytest.mark.slow
def test_the_process_of_a_course_ends_when_its_input_does() -> None:
    ticket = Ticket(VARIETY.model_copy(update={"steps": 5_000_000}))
    process = trainings.start(ticket)
    until = time.monotonic() + 600  # a machine may be busy
    while not ((news := news_in(ticket.folder, Course)) and news.steps):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.2)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0
    news = news_in(ticket.folder, Course)
    assert news is not None and news.phase == "stopped" and 0 < news.steps < news.total


def page(demo: str, tab: str) -> None:
    from importlib import import_module

    import goalmisgen

    import_module(f"goalmisgen.engine.web.panels.mitigate_{tab}").panel(goalmisgen.entry(demo), [])


def tab_of(demo: str, tab: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A tab of the laboratory with a queue of its own, its training ordered."""
    monkeypatch.setattr(trainings, "QUEUE", Queue(trainings.start))
    at = AppTest.from_function(page, default_timeout=120, args=(demo, tab)).run()
    at.button(key=f"{demo}-{tab}-go").click().run()
    assert not at.exception
    return at


TABS = [("cheese_maze", tab) for tab in ("variety", "rescue", "readings")] + [("sycophancy", "critics")]


@pytest.mark.slow
@pytest.mark.parametrize(("demo", "tab"), TABS)
def test_the_stop_button_of_a_tab_ends_the_process(demo: str, tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is trained there; and what was seen so far stays on the page."""
    at = tab_of(demo, tab, monkeypatch)
    mine: ordered.Ordered = at.session_state[f"{demo}-{tab}"]
    until = time.monotonic() + 600  # a machine may be busy
    while not ((news := mine.look()) and news.steps):
        assert time.monotonic() < until
        time.sleep(0.2)
        trainings.QUEUE.place(mine.ticket)
    at.button(key=f"{demo}-{tab}-stop").click().run()
    while not mine.ticket.over:
        assert time.monotonic() < until
        time.sleep(0.1)
    at.run()
    news = mine.look()
    assert news is not None and news.phase == "stopped" and not at.exception
    assert at.button(key=f"{demo}-{tab}-stop").disabled
    assert any(f"Stopped after {news.steps:,} steps" in str(each.proto) for each in at.get("progress"))
    assert not mine.ticket.failed and 0 < news.steps < news.total


def test_another_training_on_the_same_page_ends_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class Idle:
        stopped: list[Any] = []

        def join(self, ticket: Ticket) -> bool:
            ticket.over = False
            return len(self.stopped) < 2

        def stop(self, ticket: Ticket) -> None:
            self.stopped.append(ticket)

    monkeypatch.setattr(trainings, "QUEUE", queue := Idle())
    state: dict[str, Any] = {}
    monkeypatch.setattr(ordered.st, "session_state", state)
    for _ in range(3):
        ordered.begin("here", TUNING)
    assert len(queue.stopped) == 2 and state["here-refused"] == ordered.FULL
    assert state["here"].ticket is queue.stopped[-1], "one that could not join leaves the page as it was"
    assert replace(state["here"]).task == TUNING
