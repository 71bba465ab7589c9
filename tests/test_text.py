"""What holds of every network that writes: its record, its questions, its dialogues, its bundled networks and cards."""

import hashlib
import math
import re
from typing import cast

import goalmisgen
import numpy as np
import pytest
from goalmisgen.engine.agents.pretrained import agent_names, folder
from goalmisgen.engine.agents.run_text import converse, load_writer
from goalmisgen.engine.lessons.literature import reference
from goalmisgen.engine.rules.text import BadText, TextDemo, tokens_of
from goalmisgen.engine.study import measure_text
from goalmisgen.engine.study.cards import cards_of, measurements_csv

MOST_WEIGHTS = 2_000_000  # bytes of one network
AGENTS = [(name, agent) for name in goalmisgen.TEXTS for agent in agent_names(goalmisgen.entry(name))]


@pytest.fixture(params=goalmisgen.TEXTS)
def demo(request: pytest.FixtureRequest) -> TextDemo:
    """Every registered text demo in turn."""
    return text(request.param)


def text(name: str) -> TextDemo:
    return cast(TextDemo, goalmisgen.entry(name))


def questions(demo: TextDemo, n: int = 40) -> list:
    """Questions of every condition as every recipe is asked them."""
    return [
        case
        for recipe in demo.recipes.values()
        for condition in demo.conditions
        for case in measure_text.questions(demo, recipe.config, condition, n, 1)
    ]


def test_the_record_is_complete(demo):
    assert demo.kind == "text" and demo.question.endswith("?")
    for line in (demo.title, demo.reward, demo.fits_too, demo.real, demo.analogy):
        assert line.strip() and "\n" not in line
    assert demo.reward.endswith(".") and demo.fits_too.endswith(".")
    assert demo.intended in demo.outcomes and demo.intended == demo.outcomes[0]
    assert demo.own in demo.conditions and set(demo.capable) <= {*demo.outcomes, *demo.measures}
    assert len(set(demo.outcomes)) == len(demo.outcomes)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.@-]*", name) for name in (*demo.recipes, *demo.conditions))
    assert all(recipe.name == name and recipe.about and recipe.seeds for name, recipe in demo.recipes.items())
    assert all(recipe.begins in ("", *demo.recipes) for recipe in demo.recipes.values())
    assert all(demo.conditions_told.values()) and all(demo.counted.values())
    assert demo.rounds == 1 or demo.respond is not None
    assert {word.lower() for word in demo.watched} <= set(demo.vocabulary.numbers)
    assert not demo.ladder or set(demo.ladder.recipes.values()) <= set(demo.recipes)


def test_papers_are_references(demo):
    assert demo.papers
    for key in demo.papers:
        assert reference(key).url.startswith("https://")


def test_questions_are_drawn_the_same_way_twice(demo):
    for recipe in demo.recipes.values():
        for condition in demo.conditions:
            first = [case.prompt for case in measure_text.questions(demo, recipe.config, condition, 20, 1)]
            assert first == [case.prompt for case in measure_text.questions(demo, recipe.config, condition, 20, 1)]
            assert first != [case.prompt for case in measure_text.questions(demo, recipe.config, condition, 20, 2)]


def test_every_dialogue_fits_the_vocabulary_and_the_context(demo):
    for recipe in demo.recipes.values():
        rng = np.random.default_rng(3)
        for _ in range(200):
            turns = demo.example(recipe.config, rng)
            assert len(turns) % 2 == 0
            assert len(turns) // 2 <= demo.rounds or demo.respond is None  # documents have several questions
            numbers, written = tokens_of(demo.vocabulary, turns)
            assert len(numbers) <= demo.shape.context and any(written)
            for turn in turns:
                known = demo.vocabulary.encode(turn)
                assert demo.vocabulary.encode(demo.vocabulary.decode(known)) == known
    for case in questions(demo):
        assert len(demo.vocabulary.encode(case.prompt)) < demo.shape.context


def test_whatever_is_replied_has_one_outcome_and_every_measure(demo):
    rng, words = np.random.default_rng(4), demo.vocabulary.words[2:]
    for case in questions(demo, 10):
        rubbish = " ".join(words[i] for i in rng.integers(len(words), size=int(rng.integers(0, 9))))
        for turns in ((case.prompt, rubbish), (case.prompt, ""), (case.prompt, "9" if "9" in words else rubbish)):
            assert demo.judge(case, turns) in demo.outcomes
            for counted in demo.measures.values():
                value = float(counted.of(case, turns))
                assert math.isnan(value) or abs(value) < 1e6
            said = demo.respond(case, turns) if demo.respond else None
            assert said is None or demo.vocabulary.encode(said)


def test_fields_as_usual_make_a_question(demo):
    case = demo.asked({})
    assert demo.vocabulary.encode(case.prompt)
    for each in demo.fields:
        assert each.title and len(each.usual) <= each.most
        assert not each.options or each.usual in each.options
        for option in each.options:
            try:
                demo.asked({each.name: option})
            except BadText as refused:
                assert str(refused).endswith(".")


@pytest.mark.parametrize("value", ["", " ", "x" * 10_000, "<script>", "<pad>", "<end>", "\x00", "🦆", "1e999", "\n"])
def test_strange_values_get_a_sentence_or_a_question(demo, value):
    for each in demo.fields:
        try:
            case = demo.asked({each.name: value})
        except BadText as refused:
            assert str(refused).endswith(".") and len(str(refused)) < 1000
        else:
            assert len(demo.vocabulary.encode(case.prompt)) < demo.shape.context


def test_presets_name_networks_that_are_bundled_and_make_questions(demo):
    assert demo.presets
    for preset in demo.presets:
        assert preset.agent in agent_names(demo) and preset.outcome in demo.outcomes and preset.title
        demo.asked(preset.values)


def test_every_recipe_has_as_many_networks_as_it_says(demo):
    for name, recipe in demo.recipes.items():
        assert [f"{name}:{seed}" for seed in range(recipe.seeds)] == [
            agent for agent in agent_names(demo) if agent.partition(":")[0] == name
        ]


@pytest.mark.parametrize(("name", "agent"), AGENTS)
def test_cards_belong_to_their_weights_and_rest_on_enough_questions(name, agent):
    writer = load_writer(text(name), agent)
    weights = writer.path.read_bytes()
    assert len(weights) < MOST_WEIGHTS
    assert writer.card is not None and writer.card["sha256"] == hashlib.sha256(weights).hexdigest()
    steps = writer.card["steps"]
    longer = f" --steps {steps}" if steps > writer.recipe.steps else ""
    assert writer.card["command"] == f"goalmisgen train {name} {agent.replace(':', ' --seed ')}{longer}"
    assert list(writer.card["measured"]["levels"]) == list(writer.demo.conditions)
    for found in writer.card["measured"]["levels"].values():
        assert found["n"] >= 2000
        assert list(found["outcomes"]) == list(writer.demo.outcomes)
        assert math.isclose(sum(rate["rate"] for rate in found["outcomes"].values()), 1, abs_tol=1e-3)


def test_the_table_is_made_of_the_cards(demo):
    assert list(cards_of(demo)) == agent_names(demo)
    assert (folder(demo) / "measurements.csv").read_text(encoding="utf-8") == measurements_csv(demo)


def test_dialogues_end_and_alternate(demo):
    writer = load_writer(demo, agent_names(demo)[0])
    cases = [case for name in demo.conditions for case in measure_text.questions(demo, writer.config, name, 10, 3)]
    for case, turns in zip(cases, converse(demo, writer.network, cases), strict=True):
        assert turns[0] == case.prompt and len(turns) % 2 == 0 and len(turns) // 2 <= demo.rounds
        assert demo.judge(case, turns) in demo.outcomes
