"""People meet trainings and outcomes by words, not by short names."""

from collections import Counter

import pytest
from goalmisgen import NAMES, entry
from goalmisgen.engine.agents.called import label, line
from goalmisgen.engine.agents.pretrained import agent_names
from goalmisgen.engine.rules.names import MOST_LETTERS, _file, ending, training


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_and_outcome_has_words(name):
    demo = entry(name)
    if name not in _file():
        pytest.skip("it is called by its short names and what its recipes declare")
    told = _file()[name]
    assert set(told["recipes"]) == set(demo.recipes), "lessons/names.yaml names each recipe of the demo, and no other"
    assert set(demo.outcomes) <= set(told["outcomes"])
    for recipe in demo.recipes:
        words = training(demo, recipe)
        assert len(words.label) <= MOST_LETTERS, words.label
        assert words.line.endswith(".")
        assert recipe not in words.label or recipe.isalpha()
    for outcome in demo.outcomes:
        assert ending(demo, outcome).says.endswith(".")
        assert len(ending(demo, outcome).chip) <= MOST_LETTERS


@pytest.mark.parametrize("name", NAMES)
def test_labels_tell_all_agents_of_a_demo_apart(name):
    demo = entry(name)
    labels = Counter(label(demo, agent) for agent in agent_names(demo))
    assert labels and max(labels.values()) == 1
    chips = [ending(demo, outcome).chip for outcome in demo.outcomes]
    assert len(set(chips)) == len(chips)


def test_a_label_says_training_network_and_age():
    coin = entry("coinrun")
    assert label(coin, "mix-0:1") == "coin always at the end · network 2 of 3"
    assert label(coin, "mix-0:0@24000") == "coin always at the end · network 1 of 3, after 24,000 steps"
    assert label(coin, "coin-blind:0") == "cannot see the coin"
    assert label(coin, "own (weights)") == "own (weights)"
    assert line(coin, "mix-0:0") == "In every training level the coin stood at the far right end."
