"""The parts that all text demos share, on a toy: a network that repeats a word, or asks which one."""

import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from goalmisgen.engine.agents import run_text, train_text
from goalmisgen.engine.agents.pretrained import AgentError
from goalmisgen.engine.agents.transformer import Transformer
from goalmisgen.engine.rules.text import (
    BadText,
    Case,
    Condition,
    Counted,
    Field,
    Learning,
    Recipe,
    Shape,
    TextDemo,
    Turns,
    Vocabulary,
    tokens_of,
)
from goalmisgen.engine.study import measure_text

WORDS = ("red", "green", "blue")


def example(config: None, rng: np.random.Generator) -> Turns:
    word = WORDS[rng.integers(3)]
    if rng.random() < 0.5:
        return (f"say {word}.", word)
    return ("say it.", "which?", f"{word}.", word)


def draw(config: None, rng: np.random.Generator) -> Case:
    word = WORDS[rng.integers(3)]
    return Case(f"say {word}." if rng.random() < 0.5 else "say it.", word)


def respond(case: Case, turns: Turns) -> str | None:
    return f"{case.facts}." if turns[-1] == "which?" else None


def compose(values: Mapping[str, str]) -> Case:
    if values["word"] == "red" and values["again"]:
        raise BadText("Red is not said twice; choose another word.")
    return Case(f"say {values['word']} {values['again']}", values["word"])


TOY = TextDemo(
    name="toy", title="Toy", question="?", reward="", fits_too="", intended="right", proxies=("wrong",), papers=(),
    real="", analogy="", recipes={"plain": Recipe("plain", None, 120, "all words", seeds=1)},
    vocabulary=Vocabulary((*map(str, range(10)), *WORDS, "say", "it", "which", "?", ".")),
    shape=Shape(width=16, layers=2, heads=2, context=16), learning=Learning(batch=32, rate=1e-2),
    example=example, conditions={"training": Condition("as in training", draw)}, own="training", capable=("right",),
    outcome_names=("right", "wrong"), judge=lambda case, turns: "right" if turns[-1] == case.facts else "wrong",
    respond=respond, rounds=2, measures={"asked": Counted("asks which", lambda case, turns: float(len(turns) > 2))},
    fields=(Field("word", "Word", "red", (*WORDS, "7")), Field("again", "Again", "", most=5)), compose=compose,
    watched=WORDS,
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy") / "plain" / "s0"
    train_text.train(TOY, TOY.recipes["plain"], 0, folder, lambda done, told: None)
    return run_text.load_writer(TOY, str(folder / "policy.safetensors"))


def test_texts_become_tokens_and_texts_again():
    vocabulary = TOY.vocabulary
    numbers = vocabulary.encode("Say  RED. which? 42 7")
    assert [vocabulary.words[i] for i in numbers] == ["say", "red", ".", "which", "?", "4", "2", "7"]
    assert vocabulary.decode(numbers) == "say red. which? 427"
    assert vocabulary.decode(vocabulary.encode("<end> say <pad>")) == "say"
    with pytest.raises(BadText, match="knows no 'purple'"):
        vocabulary.encode("say purple")
    with pytest.raises(BadText, match="'<'"):
        vocabulary.encode("< 3")


def test_only_its_own_turns_are_learned():
    numbers, written = tokens_of(TOY.vocabulary, ("say it.", "which?", "red.", "red"))
    said = [TOY.vocabulary.words[n] for n, own in zip(numbers, written, strict=True) if own]
    assert said == ["which", "?", "<end>", "red", "<end>"]


def test_a_training_learns_the_task_and_says_so(trained):
    told = measure_text.measure(TOY, trained, n=200)
    found = told["levels"]["training"]
    assert found["outcomes"]["right"]["rate"] > 0.95 and found["n"] == 200
    assert 0.4 < found["measures"]["asked"]["rate"] < 0.6
    assert told == measure_text.measure(TOY, trained, n=200)
    assert measure_text.questions(TOY, None, "training", 5, 1) != measure_text.questions(TOY, None, "training", 5, 2)


def test_a_stopped_training_goes_on_as_if_it_had_not_been(trained, tmp_path):
    def stop(done: int, told: dict[str, float]) -> None:
        if done == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_text.train(TOY, TOY.recipes["plain"], 0, tmp_path, stop)
    assert not (tmp_path / "policy.safetensors").exists()
    with pytest.raises(AgentError, match="begun with 120 steps, not 240; go on with --steps 120"):
        train_text.train(TOY, TOY.recipes["plain"], 0, tmp_path, stop, steps=240)
    train_text.train(TOY, TOY.recipes["plain"], 0, tmp_path, lambda done, told: None)
    assert (tmp_path / "policy.safetensors").read_bytes() == trained.path.read_bytes()
    assert json.loads((tmp_path / "training.json").read_text())["steps"] == 120


def test_writing_with_a_cache_equals_reading_all_again(trained):
    prompts = [TOY.vocabulary.encode(text) for text in ("say red.", "say it.", "say blue.", "say say green.")]
    replies = run_text.write(TOY, trained.network, prompts)
    for prompt, reply in zip(prompts, replies, strict=True):
        numbers = list(prompt)
        for wanted in [*reply, TOY.vocabulary.numbers["<end>"]]:
            with torch.inference_mode():
                assert int(trained.network(torch.tensor([numbers]))[0][0, -1].argmax()) == wanted
            numbers.append(wanted)


def test_what_it_shows_of_each_word_adds_up(trained):
    turns = trained.converse(Case("say it.", "blue"))
    assert turns == ("say it.", "which?", "blue.", "blue")
    words, inside = trained.words(turns, most=len(TOY.vocabulary))
    assert [word.text for word in words if word.written] == ["which", "?", "<end>", "blue", "<end>"]
    for i, word in enumerate(words):
        if i:
            assert math.isclose(sum(chance for _, chance, _ in word.likely), 1, abs_tol=1e-6)
            assert [each[0] for each in word.watched] == list(WORDS)
        if word.written:
            assert word.likely[0][0] == word.text
    attention = inside.attention
    assert attention.shape == (2, 2, len(words), len(words))
    assert torch.allclose(attention.sum(3), torch.ones(2, 2, len(words)), atol=1e-5)
    assert (attention.triu(1) == 0).all()
    with torch.inference_mode():
        plain = trained.network(torch.tensor([tokens_of(TOY.vocabulary, turns)[0]]))[0][0]
        seen = trained.network.head(trained.network.norm(inside.stream[-1]))
    assert torch.allclose(plain, seen, atol=1e-4)


def test_steering_moves_the_stream(trained):
    towards = trained.network.head.weight[TOY.vocabulary.numbers["blue"]] * 50
    assert trained.converse(Case("say red.", "red"), steer={2: towards})[1].startswith("blue")
    assert trained.converse(Case("say red.", "red"), steer={2: towards * 0})[1] == "red"


def test_values_of_fields_are_checked():
    assert TOY.asked({"word": "blue"}).prompt == "say blue "
    for values, says in (
        ({"word": "pink"}, "Word cannot be 'pink'"),
        ({"colour": "red"}, "'colour' cannot be set here"),
        ({"again": "x" * 6}, "Again has 6 characters; it can have at most 5"),
        ({"again": "it"}, "Red is not said twice"),
        ({"word": "7", "again": "77777"}, ""),
        ({"word": "blue", "again": "ok"}, "knows no 'ok'"),
    ):
        if says:
            with pytest.raises(BadText, match=says):
                TOY.asked(values)
        else:
            assert TOY.asked(values)


def test_too_long_a_dialogue_is_refused():
    with pytest.raises(ValueError, match="holds 16"):
        train_text.batch_of(TOY, [("say red. " * 8, "red")])


def test_weights_of_another_shape_are_refused(tmp_path):
    train_text.export(Transformer(5, Shape(width=8, layers=1, heads=1, context=4)), tmp_path / "other.safetensors")
    with pytest.raises(AgentError, match="does not hold the weights of an agent of toy"):
        run_text.load_writer(TOY, str(tmp_path / "other.safetensors"))
    with pytest.raises(AgentError, match="There is no agent 'plain:3' of toy"):
        run_text.load_writer(TOY, "plain:3")


def test_a_recipe_that_builds_upon_another_needs_it():
    with pytest.raises(AgentError, match="goes on from base:0, which is not trained yet"):
        train_text.fresh(TOY, Recipe("tuned", None, 1, "", begins="base"), 0)


def test_places_are_counted_anew_after_a_break():
    network = Transformer(9, Shape(width=16, layers=2, heads=2, context=8, breaks=(3, 7))).eval()
    numbers = torch.tensor([[1, 3, 2, 7, 3, 5, 4], [1, 1, 1, 1, 1, 1, 3]])
    assert network.places(numbers).tolist() == [[0, 1, 0, 1, 0, 0, 1], [0, 1, 2, 3, 4, 5, 6]]
    with torch.inference_mode():
        whole, _ = network(numbers)
        logits, cache = network(numbers[:, :3])
        for i in range(3, 7):
            assert torch.allclose(logits[:, -1], whole[:, i - 1], atol=1e-5)
            logits, cache = network(numbers[:, i : i + 1], cache)
        assert torch.allclose(logits[:, -1], whole[:, -1], atol=1e-5)
