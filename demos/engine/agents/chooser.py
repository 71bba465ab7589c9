"""Whoever chooses in a decision demo: a trained agent, a table with a row for every state, or the planner's policy."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..rules.decision import DecisionDemo, State, Values
from ..rules.entry import Recipe
from ..rules.process import PolicyTable, Process
from .pretrained import AgentError, found, read_weights, whole_name


class Chooser:
    """A trained agent of a decision demo.

    Attributes: `name` ("sees:0"), `recipe`, `config` (the sliders' values it was trained with), `process` (the states
    its table has rows for), `card` (dict or None), `digest` (sha256 of its weight file), `path`.
    """

    def __init__(self, demo: DecisionDemo, name: str, recipe: Recipe | None, path: Path, card: dict[str, Any] | None):
        if recipe is None:
            raise AgentError(f"'{path.name}' does not lie in a folder that is called as a recipe of {demo.name}.")
        self.demo, self.name, self.recipe, self.path, self.card = demo, name, recipe, path, card
        self.config = demo.usual() | dict(recipe.config)
        self.process = process_of(demo, tuple(self.config.items()))
        weights, notes, self.digest = read_weights(demo, name, path, card)
        if notes.get("states") != fingerprint(self.process) or set(weights) != {"logits", "values", "met"}:
            raise AgentError(f"'{path.name}' does not hold a table for the states of {demo.name}; train it again.")
        self._chances = softmax(weights["logits"].double().numpy(), possible(self.process))
        self._met = weights["met"].numpy() > 0

    def met(self, state: State) -> bool:
        """Whether it was ever in this state in training."""
        number = self.process.number.get(state)
        return number is not None and bool(self._met[number])

    def consider(self, state: State, actions: tuple[str, ...]) -> list[float]:
        """The chance of each action; of a state that its training did not have, all alike."""
        number = self.process.number.get(state)
        if number is None or self.process.actions[number] != actions:
            return [1 / len(actions)] * len(actions) if actions else []
        return [float(chance) for chance in self._chances[number, : len(actions)]]

    def policy(self, process: Process) -> PolicyTable:
        """What it does in each state of a process, that of its training or another."""
        return [self.consider(state, actions) for state, actions in zip(process.states, process.actions, strict=True)]


def load_chooser(demo: DecisionDemo, name: str) -> Chooser:
    """The agent `recipe`, `recipe:seed`, or of a weight file. Raises AgentError with a sentence."""
    return _load(demo, whole_name(demo, name))


@lru_cache(maxsize=64)
def _load(demo: DecisionDemo, name: str) -> Chooser:
    return Chooser(demo, *found(demo, name))


@lru_cache(maxsize=64)
def process_of(demo: DecisionDemo, values: tuple[tuple[str, float], ...]) -> Process:
    """The process at these values, kept: agents of one recipe share it."""
    return Process(demo, dict(values))


def process_at(demo: DecisionDemo, values: Values) -> Process:
    """The same, of values by name."""
    return process_of(demo, tuple((slider.name, values[slider.name]) for slider in demo.sliders))


def possible(process: Process) -> np.ndarray:
    """bool[states, most actions]: which there are."""
    most = max(map(len, process.actions))
    return np.array([[a < len(names) for a in range(most)] for names in process.actions])


def softmax(logits: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Chances of actions, float64[states, actions], from logits; 0 for those that are not there."""
    logits = np.where(there, logits, -np.inf)
    highest = np.where(there.any(1), logits.max(1), 0.0)[:, None]
    weights = np.exp(logits - highest)
    return weights / np.maximum(weights.sum(1, keepdims=True), 1e-300)


def fingerprint(process: Process) -> str:
    """What a table's rows stand for: a hash of the states and actions in order."""
    text = "\n".join(f"{state!r}: {names!r}" for state, names in zip(process.states, process.actions, strict=True))
    return hashlib.sha256(text.encode()).hexdigest()
