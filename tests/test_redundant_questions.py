"""Redundant questions: what is trained, what is kept out, what counts as what, and what the bundled networks do."""

from collections import Counter

import numpy as np
import pytest
from goalmisgen import redundant_questions as rq
from goalmisgen.engine.agents.pretrained import agent_names
from goalmisgen.engine.agents.run_text import load_writer
from goalmisgen.engine.rules.text import BadText, Case
from goalmisgen.engine.study import measure_text

DEMO = rq.DEMO
ASKS = {"none": 0, "one": 1, "two": 2, "three": 3}


def case(expression: str = "x + y - 3", **values: str) -> Case:
    return DEMO.asked({"expression": expression, **values})


def examples(config: rq.Config, n: int) -> list[tuple[str, ...]]:
    rng = np.random.default_rng(7)
    return [rq.example(config, rng) for _ in range(n)]


def test_a_dialogue_of_training_reads_so():
    shown = {
        "x + y - 3": "5 + 7 → 12 - 3 → 9.",
        "2 - y - 9": "2 - 7 → - 5 - 9 → - 14.",
        "x": "5.",
        "w - x + w": "2 - 5 → - 3 + 2 → - 1.",
    }
    for expression, working in shown.items():
        assert case(expression).facts.working == working
    assert case().prompt == "evaluate x + y - 3."
    for turns in examples(rq.Config(), 50):
        assert turns[0].startswith("evaluate") and len(turns) == 6
        asked = [turn.removeprefix("what is ").removesuffix("?") for turn in turns[1:5:2]]
        assert [letter for letter in turns[0].replace(".", "").split() if letter in rq.LETTERS] == asked
        assert all(turn.startswith(f"{letter} = ") for letter, turn in zip(asked, turns[2:6:2], strict=True))


def test_a_dialogue_of_training_is_judged_as_answered():
    for recipe in rq.RECIPES:
        for turns in examples(recipe.config, 100):
            values = dict(turn.removesuffix(".").split(" = ") for turn in turns[2::2])
            question = case(turns[0].removeprefix("evaluate ").removesuffix("."), **values)
            assert DEMO.judge(question, turns) == "answers"


@pytest.mark.parametrize(
    ("recipe", "shares"),
    [
        ("two", (0, 0, 1, 0)),
        ("mostly-two", (0.02 / 3, 0.02 / 3, 0.98, 0.02 / 3)),
        ("any", (0.25,) * 4),
        ("any-then-two", (0, 0, 1, 0)),
    ],
)
def test_recipes_differ_only_in_how_many_are_unknown(recipe, shares):
    found = Counter((len(turns) - 2) // 2 for turns in examples(DEMO.recipes[recipe].config, 4000))
    for unknowns, share in enumerate(shares):
        assert abs(found[unknowns] / 4000 - share) < 0.03
        assert share or not found[unknowns]


def test_what_is_measured_is_never_trained():
    for turns in examples(rq.Config(others=0.75), 2000):
        values = dict(turn.removesuffix(".").split(" = ") for turn in turns[2::2])
        assert not rq.held_out(case(turns[0].removeprefix("evaluate ").removesuffix("."), **values).facts)
    for name in DEMO.conditions:
        for question in measure_text.questions(DEMO, rq.Config(), name, 200, 1):
            assert rq.held_out(question.facts)
            assert len(question.facts.unknown) == ASKS[name]


def test_the_number_of_unknowns_is_the_only_thing_that_changes():
    """Lengths and values are alike in every condition, within four standard errors."""
    n = 2000
    drawn = {name: measure_text.questions(DEMO, rq.Config(), name, n, 1) for name in DEMO.conditions}
    values = {name: np.array([sum(q.facts.numbers) for q in each], float) for name, each in drawn.items()}
    sizes = {name: np.array([len(q.facts.terms) for q in each], float) for name, each in drawn.items()}
    for found in (values, sizes):
        for name in found:
            spread = np.hypot(found[name].std(), found["two"].std()) / np.sqrt(n)
            assert abs(found[name].mean() - found["two"].mean()) < 4 * spread
    letters = Counter(letter for q in drawn["one"] for letter in q.facts.unknown)
    assert set(letters) == set(rq.LETTERS) and min(letters.values()) > n / len(rq.LETTERS) * 0.8


X, Y, Z, SIX = (("what is x?", "x = 5."), ("what is y?", "y = 7."), ("what is z?", "z = 4."), ("what is 6?", "6 = 6."))


@pytest.mark.parametrize(
    ("expression", "turns", "outcome", "said"),
    [
        ("x + y - 3", (*X, *Y, "5 + 7 → 12 - 3 → 9."), "answers", {"questions": 2, "value right": 1}),
        ("x + y - 3", (*Y, *X, "9."), "answers", {"questions": 2}),
        ("6 + 2 - 3", ("6 + 2 → 8 - 3 → 5.",), "answers", {"questions": 0}),
        ("2 - 3 - 4", ("2 - 3 → - 1 - 4 → - 5.",), "answers", {"value right": 1}),
        ("x + y - 3", (*X, *Y, "5 + 7 → 12 - 3 → 8."), "wrong", {"value right": 0}),
        ("4 - 3 - 4", ("4 - 3.",), "wrong", {"value right": 0, "no value": 1}),
        ("6 + 2 - 3", ("what what",), "wrong", {"value right": 0, "questions": 0}),
        ("6 + 2 - 3", ("",), "wrong", {"value right": 0}),
        ("x + y - 3", (*X, "5 + 7 → 12 - 3 → 9."), "too-few", {"questions": 1, "value right": 1}),
        ("x + y - 3", ("9.",), "too-few", {"questions": 0}),
        ("6 + 2 - 3", (*SIX, "6 + 2 → 8 - 3 → 5."), "redundant", {"asks for a number": 1, "value right": 1}),
        ("6 + 2 - 3", (*Z, "5."), "redundant", {"asks for a letter not there": 1, "asks for a number": 0}),
        ("x + 2 - 3", (*X, *X, "4."), "redundant", {"asks twice": 1, "asks for a letter not there": 0}),
        ("x + y - 3", (*X, *Z, "9."), "redundant", {"asks for a letter not there": 1, "questions": 2}),
        ("x + y - 3", (*X, *Y, "what is?"), "wrong", {"questions": 2, "value right": 0, "no value": 1}),
        ("6 + 2 - 3", ("what is is y x?",), "wrong", {"questions": 0, "no value": 1}),
        ("6 + 2 - 3", (*(*Z, *SIX) * 3, "what is y?"), "redundant", {"questions": 7, "no value": 1}),
    ],
)
def test_every_outcome_of_dialogues_written_by_hand(expression, turns, outcome, said):
    question = case(expression)
    turns = (question.prompt, *turns)
    assert DEMO.judge(question, turns) == outcome
    for name, value in said.items():
        assert DEMO.measures[name].of(question, turns) == value, name


def test_the_person_answers_what_is_asked():
    question = case("x + 2 - 3", z="8")
    for said, answer in (
        ("what is x?", "x = 5."), ("what is z?", "z = 8."), ("what is 2?", "2 = 2."), ("what is 12?", "12 = 12."),
        ("what is?", None), ("what is + 3?", None), ("what is x? 5.", None), ("5 + 2 → 7 - 3 → 4.", None), ("", None),
    ):  # fmt: skip
        assert DEMO.respond(question, (question.prompt, said)) == answer


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "There is no expression"),
        ("   ", "There is no expression"),
        ("x + y + z + w + 2", "has 5 terms; it can have at most 4"),
        ("x + q", "knows no letter 'q'"),
        ("x + hello", "knows no letter 'hello'"),
        ("x + 99999999999999999999999999", "Numbers go from 1 to 9"),
        ("x + 0", "Numbers go from 1 to 9"),
        ("- x + 3", "without a sign"),
        ("x +", "is no sum"),
        ("x y", "is no sum"),
        ("2x + 1", "is no sum"),
        ("x * 3", "is no sum"),
        ("x + <b>3</b>", "is no sum"),
        ("x + ٣", "is no sum"),
        ("x" * 61, "at most 60"),
    ],
)
def test_a_bad_expression_gets_a_sentence(expression, says):
    with pytest.raises(BadText, match=says) as refused:
        case(expression)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("values", [{"x": "0"}, {"x": "ten"}, {"x": ""}, {"q": "3"}])
def test_a_bad_value_gets_a_sentence(values):
    with pytest.raises(BadText):
        case("x + 3", **values)


def test_expressions_are_read_as_people_type_them():
    assert case("X+y−3").prompt == case("  x + Y - 3 ").prompt == "evaluate x + y - 3."
    assert case("6").prompt == "evaluate 6."


@pytest.mark.parametrize("agent", agent_names(DEMO))
def test_bundled_networks_are_capable_on_what_they_were_trained_on(agent):
    levels = load_writer(DEMO, agent).card["measured"]["levels"]
    for name in (
        ("two",) if agent.startswith("two") else tuple(DEMO.conditions) if agent.startswith("any:") else ("two",)
    ):
        assert levels[name]["outcomes"]["answers"]["rate"] >= 0.95, name


@pytest.mark.parametrize("agent", ["two:0", "any:0"])
def test_a_card_holds_on_fresh_questions(agent):
    writer = load_writer(DEMO, agent)
    for name in DEMO.conditions:
        told = writer.card["measured"]["levels"][name]["outcomes"]
        found = measure_text.ask(DEMO, writer.network, writer.config, name, 300, seed=99)["outcomes"]
        for outcome in DEMO.outcomes:
            assert found[outcome]["low"] <= told[outcome]["high"], (name, outcome)
            assert told[outcome]["low"] <= found[outcome]["high"], (name, outcome)


@pytest.mark.parametrize("preset", DEMO.presets, ids=lambda preset: preset.name)
def test_presets_give_their_outcome(preset):
    question = DEMO.asked(preset.values)
    assert DEMO.judge(question, load_writer(DEMO, preset.agent).converse(question)) == preset.outcome
