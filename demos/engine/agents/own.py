"""Agents that somebody trained on a demo's page: what is written of such a training, and where those that are kept lie.

One file each, `agents/DEMO/NUMBER.safetensors` in the user's data folder, is the agent called `mine:NUMBER` here. The
facts of its training are in the file, so it can be sent; whoever has it knows what it was trained on.
"""

import json
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open

from ..files import read_bytes, replacing
from ..rules.checked import Data, said
from ..rules.entry import MOST_TRAINING, Entry
from ..rules.offer import Choice, OfferError, config_of, line, short
from ..rules.world import Demo, Recipe

MINE = "mine"  # what they are called where agents are named, with their number
REMOVED = ".removed"  # ends the name of an empty file, where an agent was
NOTE = "training"  # the facts, among the notes of a weight file
MOST_KEPT, MOST_BYTES = 100, 4_000_000  # agents of a demo, and bytes of the file of one

Count = Annotated[int, Field(ge=0, le=10**9), said("a whole number from 0 on")]


class Counted(Data):
    """How runs ended on levels that the training did not draw: how many runs, and how many by each way."""

    n: Count
    ended: dict[str, Count]


class Facts(Data):
    """What is known of the training of a network: untrusted where a file says it.

    `steps`: done, of `total`; `seconds`: they took; `training`, `telling`: how the network did on levels as in its
    training, and on distinguishing ones; `versions`: of the packages, by name.
    """

    demo: str
    choice: Choice
    seed: Annotated[int, Field(ge=0, le=MOST_TRAINING), said("a whole number from 0 on")]
    steps: Count
    total: Count
    seconds: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False), said("a number from 0 on")]
    training: Counted
    telling: Counted
    versions: dict[str, str]


def facts_in(demo: Entry, notes: dict[str, str]) -> Facts | None:
    """The facts among the notes of a weight file of this demo; None where it tells none that this demo offers."""
    try:
        facts = Facts.model_validate_json(notes.get(NOTE, ""))
        if facts.demo != demo.name:
            return None
        config_of(demo, facts.choice)
    except (ValidationError, OfferError):
        return None
    return facts


def recipe_of(demo: Demo, name: str, facts: Facts) -> Recipe:
    """What such a network was trained on, as one of the demo's recipes says it of a bundled one."""
    return Recipe(name, config_of(demo, facts.choice), facts.total, short(demo, facts.choice))


def home(demo: Entry) -> Path:
    """Where the kept agents of a demo lie."""
    return platformdirs.user_data_path("goalmisgen") / "agents" / demo.name


def own_names(demo: Entry) -> list[str]:
    """The kept agents as `mine:0`, by number."""
    return [f"{MINE}:{number}" for number in _numbers(demo, ".safetensors")]


def _numbers(demo: Entry, ending: str) -> list[int]:
    stems = [path.stem for path in home(demo).glob(f"*{ending}")]
    return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdecimal() and str(int(stem)) == stem)


def own_path(demo: Entry, name: str) -> Path:
    """The weight file of a kept agent, one of `own_names`."""
    return home(demo) / f"{name.partition(':')[2]}.safetensors"


def own_facts(demo: Entry, name: str) -> Facts | None:
    """The facts of a kept agent, one of `own_names`; None where its file does not tell them."""
    try:
        with safe_open(own_path(demo, name), "pt") as file:
            return facts_in(demo, file.metadata() or {})
    except (SafetensorError, OSError):
        return None


def called(demo: Entry, name: str) -> tuple[str, str]:
    """A kept agent in a few words, for lists, and its training in a sentence, empty where that is not known."""
    facts, number = own_facts(demo, name), int(name.partition(":")[2])
    if facts is None:
        return f"yours, number {number}", ""
    steps = f"It was trained for {facts.steps:,} of {facts.total:,} steps on a page of this app."
    return f"yours, number {number}: {short(demo, facts.choice)}", f"{line(demo, facts.choice)} {steps}"


def keep(demo: Entry, weights: Path) -> str:
    """Copy a weight file to the kept agents of a demo; its name there. Whoever calls this has loaded it as an agent.

    Raises OfferError where too many are kept, and OSError.
    """
    if len(own_names(demo)) >= MOST_KEPT:
        raise OfferError(f"{MOST_KEPT} agents of yours are kept already; remove one first.")
    taken = _numbers(demo, ".safetensors") + _numbers(demo, REMOVED)
    name = f"{MINE}:{max(taken, default=-1) + 1}"
    data = read_bytes(weights, MOST_BYTES)
    own_path(demo, name).parent.mkdir(parents=True, exist_ok=True)
    with replacing(own_path(demo, name)) as temporary:
        temporary.write_bytes(data)
    return name


def remove(demo: Entry, name: str) -> None:
    """Remove a kept agent, one of `own_names`. Its number is not given again: links and saved runs name it."""
    own_path(demo, name).with_suffix(REMOVED).touch()
    own_path(demo, name).unlink(missing_ok=True)


def told(facts: Facts) -> str:
    """The facts as JSON, for people to read."""
    return json.dumps(facts.model_dump(), indent=2) + "\n"
