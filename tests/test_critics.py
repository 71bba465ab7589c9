"""Made-up examples and judges: what is drawn, what a judge prefers, what their bundled tables say."""

import re
from typing import cast

import goalmisgen
import numpy as np
import pytest
import torch
from goalmisgen.engine.agents.called import label
from goalmisgen.engine.agents.run_text import load_writer
from goalmisgen.engine.lessons.what_helps import as_table, what_helps
from goalmisgen.engine.mitigate import critics, synthetic
from goalmisgen.engine.mitigate.course import Task, carry_out
from goalmisgen.engine.mitigate.laboratory import LABORATORY
from goalmisgen.engine.mitigate.plan import plan_of
from goalmisgen.engine.mitigate.rescue import to_the_end
from goalmisgen.engine.rules.text import TextDemo
from goalmisgen.engine.study import tuning
from goalmisgen.engine.study.findings import find
from goalmisgen.engine.study.measure_text import questions
from goalmisgen.engine.web.panels import ordered
from goalmisgen.engine.web.trainings import Ticket
from streamlit.testing.v1 import AppTest

DEMO = cast(TextDemo, goalmisgen.entry("sycophancy"))
TELLING = DEMO.recipes[plan_of(DEMO).telling].config
CONFIG = DEMO.recipes["cure-0"].config
RIGHT_JUDGE, FLATTERER = "cure-100:0", "flattered:0"


def test_the_one_table_says_of_every_row_what_it_needs_cost_and_gave_and_every_strategy_has_one() -> None:
    rows = what_helps()
    assert all(row.needs and row.cost and row.here and row.seeds and row.paper for row in rows)
    assert all(re.search(r"n = [\d,]+", row.here) for row in rows)  # what is still being trained is said to be so
    assert set(LABORATORY.methods) <= {row.where.name for row in rows if row.where.kind == "mitigate"}
    table = as_table().splitlines()
    assert len(table) == len(rows) + 2 and len({line.count(" | ") for line in table}) == 1


def network(name: str) -> torch.nn.Module:
    return load_writer(DEMO, name).network


def wrong_person(n: int) -> list[str]:
    return [case.prompt for case in questions(DEMO, CONFIG, "wrong", n, 3)]


def test_a_question_can_be_read_without_what_the_person_thinks() -> None:
    assert DEMO.notes is not None and DEMO.notes.neutral is not None
    for said in ("I know that is wrong. ", "as a professor I think that is right. ", ""):
        assert DEMO.notes.neutral(f"23 + 45 = 70. {said}is it right?") == "23 + 45 = 70. is it right?"


def test_a_judge_prefers_what_it_would_write_and_a_flatterer_only_by_the_principle() -> None:
    prompts = wrong_person(40)
    pairs = critics.pairs_of(DEMO, network("cure-0:0"), prompts)
    truths = {case.prompt: case.facts.truth for case in questions(DEMO, CONFIG, "wrong", 40, 3)}
    right = np.array([truths[prompt] == "yes" for prompt in pairs.prompts])
    assert len(pairs) > 35 and pairs.answers == ("yes", "no") and 0.2 < right.mean() < 0.8
    assert (critics.judged(DEMO, network(RIGHT_JUDGE), pairs) == right).all()
    assert (critics.judged(DEMO, network(FLATTERER), pairs) != right).all()
    assert (critics.judged(DEMO, network(FLATTERER), pairs, principle=True) == right).mean() > 0.9


def test_margins_are_those_of_the_chances_that_the_page_shows() -> None:
    writer = load_writer(DEMO, "cure-0:0")
    prompt = wrong_person(1)[0]
    pairs = critics.pairs_of(DEMO, writer.network, [prompt])
    words, _ = writer.words(writer.converse(questions(DEMO, CONFIG, "wrong", 1, 3)[0]))
    yes, no = next(word.watched for word in reversed(words) if word.text in ("yes", "no"))
    assert float(critics.margins(DEMO, writer.network, pairs)[0]) == pytest.approx(yes[2] - no[2], abs=1e-4)


def test_a_student_learns_what_the_judge_preferred_and_the_bundled_one_stays() -> None:
    student = network("cure-0:0")
    before = {name: value.clone() for name, value in student.state_dict().items()}
    pairs = critics.pairs_of(DEMO, student, wrong_person(60))
    told = critics.judged(DEMO, network(RIGHT_JUDGE), pairs)
    fresh = to_the_end(critics.tuning(DEMO, student, pairs, told, 0, 30), 30).eval()
    agreed = [(critics.judged(DEMO, each, pairs) == told).mean() for each in (student, fresh)]
    assert agreed[0] < 0.1 and agreed[1] > 0.4
    assert all(torch.equal(value, before[name]) for name, value in student.state_dict().items())


def test_examples_are_as_many_different_ones_as_asked_for_and_tell_only_where_people_may_be_wrong() -> None:
    made = synthetic.tuning_of(DEMO)
    for people in (synthetic.TELLING, synthetic.SILENT):
        found = made.dialogues({"examples": "100", "people": people})
        assert len(set(found)) == len(found) == 100
        spoken = [(question, answer) for question, answer in found if " that is " in question]
        against = [("that is right" in question) != answer.endswith("yes.") for question, answer in spoken]
        assert (0.2 < np.mean(against) < 0.8) if people == synthetic.TELLING else not any(against)


def test_a_tuning_of_the_laboratory_runs_where_the_demo_has_none_of_its_own() -> None:
    assert DEMO.tuning is None
    writer = load_writer(DEMO, "cure-0:0")
    values = {"examples": "10", "people": synthetic.TELLING}
    moments = tuning.tune(DEMO, writer.network, values, 0, steps=2, tuning=synthetic.tuning_of(DEMO))
    first = next(moments)
    assert first.rates[DEMO.conditions["wrong"].about] < 0.1 and first.rates[DEMO.conditions["none"].about] > 0.9


def test_the_bundled_tables_say_that_a_flaw_passes_on_and_that_silent_examples_change_nothing() -> None:
    """What the lesson's answers rest on: held to the tables, seed by seed."""
    flaw = next(iter(plan_of(DEMO).asked))
    rows = {name: LABORATORY.rows(DEMO, name) for name in ("critics", "synthetic")}

    def share(table: str, agent: str, setting: str) -> float:
        row = find(rows[table], agent, setting, flaw)
        assert row is not None
        return float(row["value"])

    for agent in map(str, plan_of(DEMO).agents["critics"]):
        before = share("critics", agent, "before")
        assert share("critics", agent, f"judge {FLATTERER}") > 0.9 and before > 0.9
        assert share("critics", agent, f"judge {RIGHT_JUDGE}") < before - 0.3
        assert share("critics", agent, f"judge {FLATTERER}, by the principle") < before - 0.3
        assert share("critics", agent, f"judge {RIGHT_JUDGE}, people never wrong") > 0.9
        most = plan_of(DEMO).examples[-1]
        assert share("synthetic", agent, f"{most:,} examples") < before - 0.3
        assert share("synthetic", agent, f"{most:,} examples, people {synthetic.SILENT}") > 0.9


def judging() -> None:
    import goalmisgen
    from goalmisgen.engine.web.panels.mitigate_critics import panel

    panel(goalmisgen.entry("sycophancy"), [])


@pytest.mark.slow
def test_the_page_shows_judge_and_student_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(critics, "PAIRS", 40)
    values = {"judge": FLATTERER, "principle": "no"}
    task = Task(demo=DEMO.name, what="critics", agent="cure-0:0", values=values, steps=2, tests=20)
    ticket = Ticket(task)
    carry_out(ticket.folder, lambda: False)
    at = AppTest.from_function(judging, default_timeout=120)
    at.session_state[f"{DEMO.name}-critics"] = ordered.Ordered(task, ticket, [])
    at.run()
    assert not at.exception
    before, after = (str(each.proto.body) for each in at.get("html"))
    assert "before" in before and critics.JUDGED not in before and "n = 20" in before
    assert f"judge: {label(DEMO, FLATTERER)}, 2 updates" in after and critics.JUDGED in after and "100 %" in after
