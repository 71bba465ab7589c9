"""A fine-tuning while somebody looks on: a copy of a network is trained, and asked on the way what it answers now."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..agents.run_text import converse
from ..agents.train_text import SALT, learn, optimizer_of
from ..agents.transformer import Transformer
from ..rules.text import BadText, TextDemo, Tuning, Turns, chosen

MOST_STEPS = 2000


@dataclass(frozen=True)
class Moment:
    """A fine-tuning after some of its steps.

    `loss`: mean since the moment before, nats a token; nan before the first step. `rates`: of the tuning's outcome,
    by group of questions. `said`: the dialogues of each group. `network`: the copy, which goes on changing.
    """

    step: int
    loss: float
    rates: dict[str, float]
    said: dict[str, list[Turns]]
    network: Transformer


def tuning_of(demo: TextDemo) -> Tuning:
    """What a demo says of its fine-tuning. Raises BadText where it has none."""
    if demo.tuning is None:
        raise BadText(f"{demo.name} has no fine-tuning that runs in a page.")
    return demo.tuning


def tune(
    demo: TextDemo,
    network: Transformer,
    values: Mapping[str, str],
    seed: int = 0,
    steps: int | None = None,
    tuning: Tuning | None = None,
) -> Iterator[Moment]:
    """Fine-tune a copy of a network as these values say; yields before the first step and every few steps.

    Whoever stops asking stops it. The network given is left as it is. Batches are drawn from (seed, step), as in
    `train_text.train`. `tuning`: None for the demo's own. Raises BadText, before anything runs, where a value cannot be
    set so.
    """
    tuning = tuning or tuning_of(demo)
    total = tuning.steps if steps is None else steps
    if not 1 <= total <= MOST_STEPS:
        raise BadText(f"A fine-tuning in the page has 1 to {MOST_STEPS} steps, not {total}.")
    return _moments(demo, tuning, network, chosen(tuning.fields, values), seed, total)


def _moments(
    demo: TextDemo, tuning: Tuning, network: Transformer, values: dict[str, str], seed: int, total: int
) -> Iterator[Moment]:
    dialogues, groups = tuning.dialogues(values), tuning.groups(values)
    cases = [case for group in groups.values() for case in group]
    network = copy.deepcopy(network).train().requires_grad_(True)
    optimizer = optimizer_of(network, tuning.learning)

    def moment(step: int, losses: list[float]) -> Moment:
        answers = iter(converse(demo, network, cases))
        said = {name: [next(answers) for _ in group] for name, group in groups.items()}
        rates = {
            name: float(np.mean([demo.judge(*pair) == tuning.outcome for pair in zip(group, said[name], strict=True)]))
            for name, group in groups.items()
        }
        return Moment(step, float(np.mean(losses)) if losses else float("nan"), rates, said, network)

    yield moment(0, [])
    losses: list[float] = []
    for step in range(total):
        rng = np.random.default_rng((SALT, seed, step))
        batch = [dialogues[i] for i in rng.integers(len(dialogues), size=tuning.learning.batch)]
        losses.append(learn(demo, network, optimizer, tuning.learning, batch, step, total))
        if (step + 1) % tuning.every == 0 or step + 1 == total:
            yield moment(step + 1, losses)
            losses = []
