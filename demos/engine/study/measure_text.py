"""How often a network that writes replies what: many questions of each condition, none of them from its training."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..agents.run_text import Steer, Writer, converse
from ..agents.transformer import Transformer
from ..rules.text import Case, TextDemo, Turns
from .intervals import mean_of, rate_of

Progress = Callable[[str, int, int], None]  # (condition, questions answered, in all)


def questions(demo: TextDemo, config: Any, condition: str, n: int, seed: int) -> list[Case]:
    """The first `n` questions of a condition; the same for every agent whose config asks alike."""
    number = list(demo.conditions).index(condition)
    rng = np.random.default_rng((seed, number))
    return [demo.conditions[condition].draw(config, rng) for _ in range(n)]


def summary(demo: TextDemo, cases: Sequence[Case], dialogues: Sequence[Turns]) -> dict[str, Any]:
    """Rates of every outcome and means of the measures with 95 % intervals, as data in the form of `measure.summary`.

    A measure that is 0 or 1 for each dialogue is a rate, unless it counts a number.
    """
    n = len(cases)
    came = [demo.judge(case, turns) for case, turns in zip(cases, dialogues, strict=True)]
    measures: dict[str, Any] = {}
    for name, counted in demo.measures.items():
        values = np.array([counted.of(case, turns) for case, turns in zip(cases, dialogues, strict=True)], float)
        known = values[~np.isnan(values)]
        if not counted.number and len(known) and np.isin(known, (0.0, 1.0)).all():
            measures[name] = rate_of(int(known.sum()), len(known)) | {"n": len(known)}
        else:
            measures[name] = mean_of(values)
    return {"n": n, "outcomes": {name: rate_of(came.count(name), n) for name in demo.outcomes}, "measures": measures}


def ask(
    demo: TextDemo, network: Transformer, config: Any, condition: str, n: int, seed: int, steer: Steer | None = None
) -> dict[str, Any]:
    """What a network replies to `n` questions of a condition, summed up."""
    cases = questions(demo, config, condition, n, seed)
    return summary(demo, cases, converse(demo, network, cases, steer))


def summed(demo: TextDemo, agent: Writer, condition: str, n: int, seed: int) -> dict[str, Any]:
    """What an agent replies under a condition. A card says it all: its questions are the same for everybody."""
    card = agent.card["measured"]["levels"] if agent.card else {}
    return card.get(condition) or ask(demo, agent.network, agent.config, condition, n, seed)


def measure(
    demo: TextDemo,
    agent: Writer,
    n: int = 2000,
    seed: int = 1,
    greedy: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask an agent `n` questions of every condition; it writes its likeliest words, whatever `greedy` says.

    Returns the data of `goalmisgen measure --json`; its `levels` are the demo's conditions.
    """
    found = {}
    for condition in demo.conditions:
        if progress:
            progress(condition, 0, n)
        found[condition] = ask(demo, agent.network, agent.config, condition, n, seed)
        if progress:
            progress(condition, n, n)
    return {"demo": demo.name, "agent": agent.name, "seed": seed, "actions": "likeliest", "levels": found}
