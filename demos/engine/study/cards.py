"""Cards: what an agent is, how it came to be and what it does, as JSON beside its weights; all of them as one CSV."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ..agents.pretrained import SCRIPTED, AgentError, agent_names, folder
from ..files import write_text
from ..rules.entry import Entry
from .tables import as_csv

PACKAGES = ("torch", "numpy", "numba", "stable-baselines3", "gymnasium", "safetensors")
COLUMNS = ("agent", "levels", "n", "quantity", "value", "low", "high", "seed", "actions")


def agent_folder(demo: Entry, name: str) -> Path:
    """Folder of a bundled agent, `recipe` or `recipe:seed`. Raises AgentError if there is no such recipe."""
    if name == SCRIPTED:
        return folder(demo) / SCRIPTED
    recipe, _, seed = name.partition(":")
    if recipe not in demo.recipes or not (seed or "0").isdecimal():
        raise AgentError(f"'{name}' is not a recipe of {demo.name} with a seed; there are: {', '.join(demo.recipes)}.")
    return folder(demo) / recipe / f"s{seed or 0}"


def write_card(demo: Entry, name: str, measured: dict[str, Any]) -> Path:
    """Write card.json beside the weights of a bundled agent; `measured` is what `measure` returned for it.

    The card of the scripted policy says what was measured, and nothing of a training.
    """
    recipe_name, _, seed = name.partition(":")
    home = agent_folder(demo, name)
    if name == SCRIPTED:
        home.mkdir(parents=True, exist_ok=True)
        told = {"demo": demo.name, "about": "a policy written by hand", "steps": 0, "measured": _results(measured)}
        write_text(home / "card.json", json.dumps(told, indent=2) + "\n")
        return home / "card.json"
    weights = home / "policy.safetensors"
    try:
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        training = json.loads((home / "training.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AgentError(f"{name} has no weights with a training.json beside them; train it first.") from error
    longer = f" --steps {training['steps']}" if training["steps"] > 1.1 * demo.recipes[recipe_name].steps else ""
    card = {
        "demo": demo.name,
        "recipe": recipe_name,
        "seed": int(seed or 0),
        "about": demo.recipes[recipe_name].about,
        "config": _plain(demo.recipes[recipe_name].config),
        "steps": training["steps"],
        "seconds": training["seconds"],
        **(
            {"resumed": training["resumed"]} if "resumed" in training else {}
        ),  # how often; earlier trainings did not say
        "versions": {"python": platform.python_version()}
        | {package: metadata.version(package) for package in PACKAGES},
        "command": f"goalmisgen train {demo.name} {recipe_name} --seed {seed or 0}{longer}",
        "measured": _results(measured),
        "sha256": digest,
    }
    write_text(home / "card.json", json.dumps(card, indent=2) + "\n")
    return home / "card.json"


def _plain(config: Any) -> dict[str, Any]:
    """A recipe's config as data, whether a NamedTuple or a mapping."""
    return dict(config) if isinstance(config, Mapping) else config._asdict()


def _results(measured: dict[str, Any]) -> dict[str, Any]:
    return {key: measured[key] for key in ("seed", "actions", "levels")}


def cards_of(demo: Entry) -> dict[str, dict[str, Any]]:
    """The cards of a demo's bundled agents, by agent; that of its scripted policy comes last."""
    found = {name: card_of(demo, name) for name in (*agent_names(demo), SCRIPTED)}
    return {name: card for name, card in found.items() if card is not None}


def card_of(demo: Entry, name: str) -> dict[str, Any] | None:
    """The card of a bundled agent, `recipe:seed`, or of the scripted policy; None where it has none."""
    if "@" in name:
        return None
    path = agent_folder(demo, name) / "card.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def measurements_csv(demo: Entry) -> str:
    """Every number on every card as CSV, one row per agent, kind of levels and quantity: outcomes, then measures."""
    rows = []
    for name, card in cards_of(demo).items():
        measured = card["measured"]
        for levels, found in measured["levels"].items():
            if found is None:
                continue
            for quantity, told in (found["outcomes"] | found["measures"]).items():
                told = told if isinstance(told, dict) else {"mean": told}
                value, low, high = (told.get(key) for key in ("rate" if "rate" in told else "mean", "low", "high"))
                n = told.get("n", found["n"])
                rows.append([name, levels, n, quantity, value, low, high, measured["seed"], measured["actions"]])
    return as_csv(COLUMNS, rows)


def write_csv(demo: Entry) -> Path:
    """Write `measurements.csv` of a demo anew from its cards."""
    path = folder(demo) / "measurements.csv"
    write_text(path, measurements_csv(demo))
    return path
