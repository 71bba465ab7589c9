"""Bundled agents: weights in safetensors, and a card that says how they came to be and what they do."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..content import content
from ..files import read_bytes, replacing
from ..rules.batch import Batch
from ..rules.entry import Entry, names_a_file, unknown
from ..rules.world import Demo, Recipe
from .own import facts_in, own_names, own_path, recipe_of
from .policy import Network, Policy, policy_of

MOST_BYTES = 20_000_000
SCRIPTED = "scripted"  # what the policy written by hand is called where agents are named
torch.set_num_threads(1)  # networks this small are slower on several threads


class AgentError(ValueError):
    """An agent that cannot be loaded; the message is one sentence for a person."""


class Agent:
    """A trained network in one world.

    Attributes: `name` ("mix-0:0"), `recipe` (None for a loose weight file that does not tell), `config` (the levels it
    was trained on), `card` (dict or None), `digest` (sha256 of its weight file), `path`.
    """

    _frozen: tuple[Policy, Network] | None = None  # the policy whose layers are one call

    def __init__(self, demo: Demo, name: str, recipe: Recipe | None, path: Path, card: dict[str, Any] | None) -> None:
        weights, notes, self.digest = read_weights(demo, name, path, card)
        facts = facts_in(demo, notes) if recipe is None else None
        recipe = recipe_of(demo, name, facts) if facts else recipe
        self.demo, self.name, self.recipe, self.path, self.card = demo, name, recipe, path, card
        self.config = recipe.config if recipe else demo.training
        try:
            self.policy = policy_of(demo, weights)
        except ValueError as error:
            raise AgentError(f"'{path.name}' does not hold the weights of an agent of {demo.name}.") from error

    def _alone(self) -> Network:
        """The network for a run, which asks of one picture after the other; not while its weights still change."""
        if self.policy.training:
            return self.policy
        if self._frozen is None or self._frozen[0] is not self.policy:
            self._frozen = self.policy, self.policy.frozen()
        return self._frozen[1]

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_frozen": None}  # compiled; made again where it is needed

    def think(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From pictures, uint8[n, height, width, 3], to probabilities, float64[n, actions], and values, float64[n]."""
        with torch.inference_mode():
            network = self._alone() if len(pictures) == 1 else self.policy
            logits, values = network(torch.from_numpy(np.ascontiguousarray(pictures).reshape(len(pictures), -1)))
            return torch.softmax(logits.double(), 1).numpy(), values.double().numpy()

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What `think` says of the pictures of the levels in a batch with these indices, int64[k]."""
        return self.think(batch.pictures[running])


class Scripted:
    """A world's policy written by hand, where an agent is measured: it reads the state, and trained for nothing.

    Raises AgentError if the world has none.
    """

    def __init__(self, demo: Demo) -> None:
        if demo.scripted is None:
            raise AgentError(f"{demo.name} has no scripted policy; name one of its agents.")
        self.demo, self.name, self.config, self.act = demo, SCRIPTED, demo.training, demo.scripted

    def consider(self, batch: Batch, running: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probability 1 for the action it takes, float64[k, actions], and values of 0, float64[k]."""
        actions = [self.act(batch.levels[i], batch.states[i]) for i in running]
        return np.eye(len(self.demo.actions))[actions], np.zeros(len(running))


Actor = Agent | Scripted


def _bytes(path: Path) -> bytes:
    try:
        data = read_bytes(path, MOST_BYTES)
    except OSError as error:
        raise AgentError(f"'{path.name}' cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise AgentError(f"'{path.name}' is larger than any agent of this package.")
    return data


def read_weights(
    demo: Entry, name: str, path: Path, card: dict[str, Any] | None
) -> tuple[dict[str, torch.Tensor], dict[str, str], str]:
    """The tensors of a weight file in single precision, by name, its own notes, and its sha256.

    Raises AgentError where it is too large, no safetensors file, or not the file that the card speaks of.
    """
    digest = hashlib.sha256(_bytes(path)).hexdigest()
    if card is not None and card.get("sha256") != digest:
        raise AgentError(f"The weights of {name} do not match their card; restore {path.name} or train it again.")
    try:
        with safe_open(path, "pt") as file:
            weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118  (not a dict)
            notes = file.metadata() or {}
    except SafetensorError as error:
        raise AgentError(f"'{path.name}' does not hold the weights of an agent of {demo.name}.") from error
    refuse_infinite(weights, path)
    return weights, notes, digest


def write_weights(weights: dict[str, torch.Tensor], path: Path, notes: dict[str, str] | None = None) -> None:
    """Write a network in half precision, whole or not at all. Raises AgentError where a weight is not finite then."""
    halved = {name: value.detach().half().contiguous() for name, value in weights.items()}
    refuse_infinite(halved, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(save(halved, notes))  # unlike save_file, it says that a disk is full as OSError


def refuse_infinite(weights: dict[str, torch.Tensor], path: Path) -> None:
    """Raises AgentError where a weight is no finite number: such a network only looks as if it acted."""
    broken = [key for key, value in weights.items() if not torch.isfinite(value).all()]
    if broken:
        raise AgentError(f"The weights of '{path.name}' are not all finite numbers ({broken[0]}); train it again.")


def folder(demo: Entry) -> Path:
    """Where the agents of a demo lie."""
    return content() / "pretrained" / demo.name


def beginning(demo: Entry, recipe: Any, seed: int) -> Path:
    """The weights that a training of this recipe begins with. Raises AgentError where they are not trained yet."""
    path = folder(demo) / recipe.begins / f"s{seed}" / "policy.safetensors"
    if not path.exists():
        raise AgentError(
            f"{recipe.name}:{seed} goes on from {recipe.begins}:{seed}, which is not trained yet; train that first."
        )
    return path


def agent_names(demo: Entry) -> list[str]:
    """The bundled agents as `recipe:seed`, in the order of the recipes, each by seed."""
    return [name for recipe in demo.recipes for name in seeds_of(demo, recipe)]


def varied_agent(demo: Demo) -> str:
    """The first bundled agent that was trained on the world's shifted levels; the first of all where none was."""
    names = agent_names(demo)
    return next((name for name in names if demo.recipes[name.partition(":")[0]].config == demo.shifted), names[0])


def seeds_of(demo: Entry, name: str) -> list[str]:
    """The bundled agents that were trained as this one (`recipe`, `recipe:seed`, at any age) but for the seed, by seed.

    It is among them.
    """
    recipe = name.partition("@")[0].partition(":")[0]
    if recipe not in demo.recipes:
        return []
    seeds = sorted(int(path.parent.name[1:]) for path in (folder(demo) / recipe).glob("s*/policy.safetensors"))
    return [f"{recipe}:{seed}" for seed in seeds]


def load_agent(demo: Demo, name: str) -> Agent:
    """The agent `recipe`, `recipe:seed`, `recipe:seed@steps` (as it was at that age), or of a weight file.

    Raises AgentError with a sentence.
    """
    return _load(demo, whole_name(demo, name))


def whole_name(demo: Entry, name: str) -> str:
    """The name of an agent with its seed, 0 where none is said; a weight file's as it is."""
    name, at, steps = str(name).partition("@")
    whole = ":" in name or ("." in name and name not in demo.recipes)  # a seed is named, or a file
    return (name if whole else f"{name}:0") + at + steps


def ages_of(demo: Entry, name: str) -> list[int]:
    """The steps after which copies of an agent, `recipe:seed`, were kept along its training, ascending.

    Without ages of the recipe's own, the last was trained twice as long as the one before.
    """
    recipe, _, seed = name.partition(":")
    return sorted(int(path.stem) for path in (folder(demo) / recipe / f"s{seed}" / "ages").glob("*.safetensors"))


@lru_cache(maxsize=64)
def _load(demo: Demo, name: str) -> Agent:
    return Agent(demo, *found(demo, name))


def found(demo: Entry, name: str) -> tuple[str, Any, Path, dict[str, Any] | None]:
    """Where an agent lies: its name, its recipe (None where a loose file tells none), its weights, its card.

    Raises AgentError with a sentence.
    """
    if names_a_file(name):
        path = Path(name)
        if path.suffix != ".safetensors":
            raise AgentError(f"'{path.name}' is not a safetensors file; weights in other formats are not read.")
        recipe = next((r for r in demo.recipes.values() if r.name in path.parts), None)
        return path.stem if recipe is None else f"{recipe.name} ({path.stem})", recipe, path, None
    base, _, steps = name.partition("@")
    if name in own_names(demo):
        return name, None, own_path(demo, name), None
    if base not in agent_names(demo):
        raise AgentError(
            unknown(f"There is no agent '{base}' of {demo.name}", base, [*agent_names(demo), *own_names(demo)])
        )
    recipe_name, _, seed = base.partition(":")
    if steps:
        ages = ages_of(demo, base)
        if steps not in map(str, ages):
            kept = ", ".join(map(str, ages)) or "none"
            raise AgentError(f"{base} was not kept at {steps} steps; it was kept at: {kept}.")
        path = folder(demo) / recipe_name / f"s{seed}" / "ages" / f"{steps}.safetensors"
        return name, demo.recipes[recipe_name], path, None
    path = folder(demo) / recipe_name / f"s{seed}"
    card = None
    if (path / "card.json").is_file():
        try:
            card = json.loads((path / "card.json").read_text(encoding="utf-8"))
        except ValueError:
            raise AgentError(f"The card of {name} is not valid JSON; restore card.json.") from None
    return name, demo.recipes[recipe_name], path / "policy.safetensors", card
