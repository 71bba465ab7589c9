"""A direction between two kinds of dialogues in the residual stream: can it be read off, and does it steer?

For every layer a linear probe (least squares, with a small ridge) tells the kind of a dialogue from the stream at the
last word before the network's last reply. The direction is the difference of the two kinds' means there; the stream
is pushed along it while questions are answered that have nothing before them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..agents.pretrained import agent_names, folder
from ..agents.run_text import Writer, load_writer
from ..agents.transformer import Transformer
from ..rules.text import BadText, Kinds, TextDemo, Turns, tokens_of
from .intervals import mean_of, rate_of
from .measure_text import ask, questions
from .tables import as_csv, read_csv

DIALOGUES = 1000  # to find the direction, and as many others to test the probe
QUESTIONS = 500  # for each strength
STRENGTHS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)  # in distances between the two means
RIDGE = 1e-2
RANDOM = "random-"  # before an outcome: the stream was pushed as far along a random direction
COLUMNS = ("agent", "layer", "measure", "strength", "n", "value", "low", "high", "seed")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Direction:
    """What was found at one layer: `step`, float32[width], from the first kind's mean to the second's, and `middle`.

    `accuracy`: of the probe on dialogues it was not fitted to, with interval and n.
    """

    layer: int
    step: torch.Tensor
    middle: torch.Tensor
    accuracy: dict[str, Any]


def kinds_of(demo: TextDemo) -> Kinds:
    """The two kinds of dialogues of a demo. Raises BadText where it names none."""
    if demo.kinds is None:
        raise BadText(f"{demo.name} names no two kinds of dialogues.")
    return demo.kinds


def streams(demo: TextDemo, network: Transformer, texts: Sequence[Turns]) -> torch.Tensor:
    """The residual stream where each text ends, float32[layers + 1, texts, width]."""
    rows = [tokens_of(demo.vocabulary, turns)[0] for turns in texts]
    numbers = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for i, row in enumerate(rows):
        numbers[i, : len(row)] = torch.tensor(row)  # padding comes after; what comes before does not see it
    found: list[torch.Tensor] = []
    with torch.inference_mode():
        network(numbers, stream=found)
    last = torch.tensor([len(row) - 1 for row in rows])
    return torch.stack([hidden[torch.arange(len(rows)), last] for hidden in found])


def drawn(demo: TextDemo, n: int, seed: int, part: int) -> tuple[list[Turns], np.ndarray]:
    """So many dialogues without their last reply, and which are of the second kind, bool[n]."""
    rng = np.random.default_rng((seed, part))
    pairs = [kinds_of(demo).draw(rng) for _ in range(n)]
    return [turns[:-1] for turns, _ in pairs], np.array([kind for _, kind in pairs])


def directions(demo: TextDemo, network: Transformer, n: int = DIALOGUES, seed: int = 1) -> list[Direction]:
    """The direction at every layer (0: before the first), found in `n` dialogues and tested on `n` others."""
    texts, second = drawn(demo, n, seed, 0)
    tests, truth = drawn(demo, n, seed, 1)
    fitted, tested = streams(demo, network, texts), streams(demo, network, tests)
    found = []
    for layer, (here, there) in enumerate(zip(fitted, tested, strict=True)):
        mean, scale = here.mean(0), here.std(0) + 1e-6
        x = ((here - mean) / scale).double().numpy()
        weights = np.linalg.solve(x.T @ x / n + RIDGE * np.eye(x.shape[1]), x.T @ (second - second.mean()) / n)
        score = ((there - mean) / scale).double().numpy() @ weights + second.mean()
        right = int(((score > 0.5) == truth).sum())
        one, two = here[~torch.from_numpy(second)].mean(0), here[torch.from_numpy(second)].mean(0)
        found.append(Direction(layer, two - one, (one + two) / 2, rate_of(right, n) | {"n": n}))
    return found


def place(direction: Direction, stream: torch.Tensor) -> np.ndarray:
    """Where streams, float32[n, width], lie along a direction: 0 at the first kind's mean, 1 at the second's."""
    along: np.ndarray = ((stream - direction.middle) @ direction.step / direction.step.square().sum()).numpy() + 0.5
    return along


def best(found: Sequence[Direction], network: Transformer) -> Direction:
    """The direction of the first layer whose probe does as well as any, within the best one's interval.

    The last layer is left out: nothing comes after it that could use what is added.
    """
    able = [each for each in found if 0 < each.layer < len(network.layers)]
    least = max(able, key=lambda each: each.accuracy["rate"]).accuracy["low"]
    return next(each for each in able if each.accuracy["rate"] >= least)


def rows_of(demo: TextDemo, agent: Writer, source: Writer, n: int, seed: int, told: Progress) -> list[list[Any]]:
    """What the direction found in `source` says of an agent: the rows of its CSV."""
    kinds = kinds_of(demo)
    found = directions(demo, source.network, seed=seed)
    used = best(found, source.network)
    rows: list[list[Any]] = []

    def row(layer: int, measure: str, strength: float, count: int, told: dict[str, Any]) -> None:
        value = told.get("rate", told.get("mean"))
        rows.append([agent.name, layer, measure, strength, count, value, told["low"], told["high"], seed])

    if agent.name == source.name:
        for each in found:
            row(each.layer, "accuracy", 0.0, each.accuracy["n"], each.accuracy)
    cases = questions(demo, agent.config, kinds.condition, n, seed)
    stream = streams(demo, agent.network, [(case.prompt,) for case in cases])[used.layer]
    row(used.layer, "place", 0.0, n, mean_of(place(used, stream)))
    other = torch.randn(len(used.step), generator=torch.Generator().manual_seed(seed))
    other *= used.step.norm() / other.norm()
    for i, strength in enumerate(STRENGTHS):
        told(agent.name, i, len(STRENGTHS))
        for way, step in (("", used.step), (RANDOM, other)):
            steer = {used.layer: strength * step}
            came = ask(demo, agent.network, agent.config, kinds.condition, n, seed, steer)["outcomes"]
            for outcome in demo.outcomes:
                row(used.layer, way + outcome, strength, n, came[outcome])
    told(agent.name, len(STRENGTHS), len(STRENGTHS))
    return rows


def study(
    demo: TextDemo, names: Sequence[str], told: Progress, n: int = QUESTIONS, seed: int = 1
) -> list[dict[str, Any]]:
    """The rows of these agents, each with the direction of the network of its seed that all go on from."""
    rows = []
    for name in names:
        source = load_writer(demo, f"{kinds_of(demo).found_in}:{name.partition(':')[2]}")
        rows += rows_of(demo, load_writer(demo, name), source, n, seed, told)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def path_of(demo: TextDemo) -> Path:
    """Where the table lies."""
    return folder(demo) / "direction.csv"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as CSV."""
    return as_csv(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def read_direction(demo: TextDemo) -> list[dict[str, Any]]:
    """The rows of the demo's direction.csv; empty where there is none."""
    return [row | {"layer": int(row["layer"]), "strength": float(row["strength"])} for row in read_csv(path_of(demo))]


def studied(demo: TextDemo) -> list[str]:
    """The bundled agents of a demo whose networks go on from the one that gives the direction, itself included."""
    source = kinds_of(demo).found_in

    def reaches(recipe: str) -> bool:
        start = demo.recipes[recipe].begins
        return recipe == source or bool(start) and reaches(start)

    return [name for name in agent_names(demo) if reaches(name.partition(":")[0])]


def rates_at(demo: TextDemo, agent: str, at: str) -> dict[str, dict[str, Any]] | None:
    """What direction.csv says of an agent that is pushed (`pushed:1.5`), or of the probe after a layer (`layer:2`).

    By measure, each with `rate` or, of the place along the direction (`pushed:0`), `mean`; None where that was not
    measured.
    """
    what, _, number = at.partition(":")
    column = {"pushed": "strength", "layer": "layer"}.get(what, "")
    found = {}
    for row in read_direction(demo):
        of_layer = row["measure"] == "accuracy"
        if row["agent"] == agent and column and str(number) == f"{row[column]:g}" and of_layer == (what == "layer"):
            found[row["measure"]] = row | {"mean" if row["measure"] == "place" else "rate": row["value"]}
    return found or None
