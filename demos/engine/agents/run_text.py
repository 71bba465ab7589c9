"""A trained network that writes: what it replies to a question, and why, as far as chances and attention tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..rules.text import END, BadText, Case, Recipe, TextDemo, Turns, tokens_of
from .pretrained import AgentError, found, read_weights, whole_name
from .transformer import Inside, Transformer, inside

AT_ONCE = 512  # dialogues written together
Steer = dict[int, torch.Tensor]


@dataclass(frozen=True)
class Word:
    """One token of a dialogue as a page shows it.

    `text`: the word; `written`: whether the network wrote it; `likely`: what it could have written in its place,
    likeliest first, as (word, probability, logit); `watched`: the same of the demo's watched words.
    """

    text: str
    written: bool
    likely: tuple[tuple[str, float, float], ...]
    watched: tuple[tuple[str, float, float], ...]


class Writer:
    """A bundled network of a text demo. Attributes: as those of `pretrained.Agent`, and `network`."""

    def __init__(
        self, demo: TextDemo, name: str, recipe: Recipe | None, path: Path, card: dict[str, Any] | None
    ) -> None:
        self.demo, self.name, self.recipe, self.path, self.card = demo, name, recipe, path, card
        self.config = recipe.config if recipe else next(iter(demo.recipes.values())).config
        self.network, self.digest = network_of(demo, name, path, card)

    def converse(self, case: Case, steer: Steer | None = None) -> Turns:
        """The whole dialogue that follows a question, the network writing its likeliest words."""
        return converse(self.demo, self.network, [case], steer)[0]

    def outcome(self, case: Case) -> str:
        """What comes of a question."""
        return self.demo.judge(case, self.converse(case))

    def reply(self, turns: Turns, steer: Steer | None = None) -> Turns:
        """A dialogue in which the person spoke last, and what the network says then. Raises BadText."""
        numbers = tokens_of(self.demo.vocabulary, turns)[0]
        if len(numbers) >= self.demo.shape.context:
            raise BadText("The dialogue is too long for this network; begin another.")
        return (*turns, self.demo.vocabulary.decode(write(self.demo, self.network, [numbers], steer)[0]))

    def words(self, turns: Turns, steer: Steer | None = None, most: int = 5) -> tuple[list[Word], Inside]:
        """Every token of a dialogue with what the network gave it a chance of, and what went on inside."""
        vocabulary = self.demo.vocabulary
        numbers, written = tokens_of(vocabulary, turns)
        numbers, written = numbers[: self.demo.shape.context], written[: self.demo.shape.context]
        with torch.inference_mode():
            logits = self.network(torch.tensor([numbers]), None, steer)[0][0].double()
        chances = logits.softmax(1)

        def told(at: int, number: int) -> tuple[str, float, float]:
            return vocabulary.words[number], float(chances[at, number]), float(logits[at, number])

        watched = [vocabulary.numbers[word.lower()] for word in self.demo.watched]
        found = []
        for i, number in enumerate(numbers):
            best = torch.argsort(logits[i - 1], descending=True)[:most].tolist() if i else []
            found.append(
                Word(
                    vocabulary.words[number], written[i], tuple(told(i - 1, each) for each in best),
                    tuple(told(i - 1, each) for each in watched) if i else (),
                )
            )  # fmt: skip
        return found, inside(self.network, numbers, steer)


def converse(demo: TextDemo, network: Transformer, cases: Sequence[Case], steer: Steer | None = None) -> list[Turns]:
    """The dialogue that follows each question: the network writes, the demo's person responds, until nobody does."""
    dialogues: list[Turns] = [(case.prompt,) for case in cases]
    running = list(range(len(cases)))
    for _ in range(demo.rounds):
        replies = write(demo, network, [tokens_of(demo.vocabulary, dialogues[i])[0] for i in running], steer)
        going = []
        for i, reply in zip(running, replies, strict=True):
            dialogues[i] += (demo.vocabulary.decode(reply),)
            said = demo.respond(cases[i], dialogues[i]) if demo.respond else None
            if said is not None and len(tokens_of(demo.vocabulary, (*dialogues[i], said))[0]) < demo.shape.context:
                dialogues[i] += (said,)
                going.append(i)
        running = going
        if not running:
            break
    # a person's last words that nobody answered are no part of it
    return [turns if len(turns) % 2 == 0 else turns[:-1] for turns in dialogues]


def write(
    demo: TextDemo,
    network: Transformer,
    prompts: Sequence[Sequence[int]],
    steer: Steer | None = None,
    chance: torch.Generator | None = None,
) -> list[list[int]]:
    """What the network writes after each of these token numbers, the likeliest at each place, up to its end.

    Prompts of one length are written together, so that no padding is needed. `chance`: words are drawn instead, each
    as likely as the network makes it.
    """
    end, context = demo.vocabulary.numbers[END], demo.shape.context
    replies: list[list[int]] = [[] for _ in prompts]
    by_length: dict[int, list[int]] = {}
    for i, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(i)
    for length, indices in by_length.items():
        for low in range(0, len(indices), AT_ONCE):
            part = indices[low : low + AT_ONCE]
            rows, cache = torch.tensor([list(prompts[i]) for i in part]), None
            running = np.ones(len(part), bool)
            with torch.inference_mode():
                for _ in range(context - length):
                    logits, cache = network(rows, cache, steer)
                    last = logits[:, -1]
                    rows = (
                        torch.multinomial(last.softmax(1), 1, generator=chance) if chance else last.argmax(1)[:, None]
                    )
                    for k, number in enumerate(rows[:, 0].tolist()):
                        if running[k] and number != end:
                            replies[part[k]].append(number)
                        running[k] &= number != end
                    if not running.any():
                        break
    return replies


def network_of(demo: TextDemo, name: str, path: Path, card: dict[str, Any] | None = None) -> tuple[Transformer, str]:
    """The network with the weights of this file, not to be trained further, and its sha256. Raises AgentError."""
    weights, _, digest = read_weights(demo, name, path, card)
    network = Transformer(len(demo.vocabulary), demo.shape)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise AgentError(f"'{path.name}' does not hold the weights of an agent of {demo.name}.") from error
    return network.eval().requires_grad_(False), digest


def load_writer(demo: TextDemo, name: str) -> Writer:
    """The writer `recipe`, `recipe:seed` or of a weight file. Raises AgentError with a sentence."""
    return _load(demo, whole_name(demo, name))


@lru_cache(maxsize=64)
def _load(demo: TextDemo, name: str) -> Writer:
    return Writer(demo, *found(demo, name))
