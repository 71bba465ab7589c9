"""Saved runs: one small JSON file that is replayed anywhere, without the network. Files are untrusted."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..files import read_bytes, write_text
from ..rules import level_files
from ..rules.boundary import boundary
from ..rules.checked import Data, Problem, checked, said
from ..rules.edit import BadLevel
from ..rules.entry import MOST_SEED, names_a_file
from ..rules.world import Demo
from .pretrained import Agent
from .run_grid import Run
from .run_spec import MOST_CHARACTERS, Given, parse_run

FORMAT = 2
MOST_BYTES = 1_000_000
DAMAGED = "This is not a saved run, or it is damaged."
Name = Annotated[str, Field(max_length=200, pattern=r"^[ -~]*$")]
Number = Annotated[int | float, Field(gt=-(1 << 31), lt=1 << 31, allow_inf_nan=False)]


def _bundled(agent: str | None) -> str | None:
    if agent is not None and names_a_file(agent):
        raise ValueError("paths come from the command line only")
    return agent


class SavedRun(Data):
    """What a file holds: who acted in what, and every action, so that it can be followed without its network."""

    format: int
    demo: str
    agent: Annotated[Name | None, AfterValidator(_bundled), said("a name and no file, or null")]
    sha256: Annotated[Name | None, said("a name, or null")]
    seed: Annotated[int, Field(ge=0, le=MOST_SEED), said("a whole number from 0 to 2**62 - 1")]
    greedy: Annotated[bool, said("true or false")] = False
    config: Annotated[dict[str, Number], said("numbers by the names of its settings")]
    run: Annotated[str, Field(max_length=MOST_CHARACTERS), said("a run as text")]
    actions: Annotated[list[Annotated[int, Field(ge=0)]], said("a list of the numbers of actions")]


def data(run: Run) -> dict[str, Any]:
    """The run as plain data."""
    return {
        "format": FORMAT,
        "demo": run.demo.name,
        "agent": run.actor,
        "sha256": run.digest,
        "seed": run.seed,
        "greedy": run.greedy,
        "config": run.config._asdict(),
        "run": run.text,
        "actions": run.actions[: run.steps].tolist(),
    }


def save(run: Run, path: str | os.PathLike[str]) -> None:
    """Write the run to one small file, whole or not at all."""
    write_text(Path(path), json.dumps(data(run)))


def replayed(held: Any, demo: Demo, agent: Agent | None = None) -> Run:
    """The run of such data, its actions taken again, without a network. Untrusted: everything is checked.

    With `agent`, what it would have thought at each step is worked out too, and it acts on after an edit. Raises
    BadLevel with a sentence.
    """
    with boundary(BadLevel, DAMAGED):
        held = _present(held, demo)
        saved = checked(SavedRun, held, _refused)
        given = parse_run(demo, saved.run)
        actions = dict(enumerate(_actions(demo, saved.actions)))
        if any(actions.get(t) != action for t, action in given.steered.items()):
            raise BadLevel("What a person did in the run is not among its actions.")
        every = Given(given.level, given.edits, actions)
        run = Run(demo, agent, every, saved.seed, saved.greedy, _config(demo, saved.config))
    run.actor, run.digest = saved.agent, saved.sha256
    if run.steps != len(actions):
        raise BadLevel(f"The run holds {len(actions)} actions, but its levels end after {run.steps}.")
    run.by_person[: run.steps] = saved.agent is None
    run.by_person[list(given.steered)] = True
    return run


def load(path: str | os.PathLike[str], demo: Demo) -> Run:
    """Read a saved run and replay it, without the network. Raises BadLevel with a sentence."""
    name = Path(path).name
    try:
        held = read_bytes(Path(path), MOST_BYTES)
        if len(held) > MOST_BYTES:
            raise BadLevel(f"It has more than {MOST_BYTES:,} bytes.")
        return replayed(json.loads(held), demo)
    except BadLevel as error:
        raise BadLevel(f"'{name}' cannot be replayed: {error}") from None
    except OSError as error:
        raise BadLevel(f"'{name}' cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise BadLevel(f"'{name}' is not a saved run, or it is damaged.") from error


def _present(held: Any, demo: Demo) -> Any:
    """The data as this version writes them; those of version 0.1 named no edit in a way that could be followed."""
    if not isinstance(held, dict) or "format" not in held:
        raise BadLevel(DAMAGED)
    if held["format"] not in (1, FORMAT) or held.get("demo") != demo.name:
        raise BadLevel(f"This is not a run of {demo.name} that this version can read.")
    if held["format"] == FORMAT:
        return held
    if held.get("edits"):
        raise BadLevel("This run was edited and saved by version 0.1, whose edits cannot be followed; save it anew.")
    kept = {name: held.get(name) for name in ("demo", "agent", "sha256", "seed", "config", "actions")}
    level = level_files.from_json(demo, held.get("level"))
    return kept | {"format": FORMAT, "run": f"level:{level_files.to_url(demo, level)}"}


def _refused(problem: Problem) -> BadLevel:
    if problem.kind == "wrong" and problem.names and not problem.names[0].isdigit():
        return BadLevel(f"'{problem.names[0]}' of the run must be {problem.what}.")
    return BadLevel(DAMAGED)


def _actions(demo: Demo, actions: list[int]) -> list[int]:
    if len(actions) > demo.timeout:
        raise BadLevel(f"The run holds {len(actions)} actions; an episode has at most {demo.timeout}.")
    if any(action >= len(demo.actions) for action in actions):
        raise BadLevel(f"The run holds actions that do not exist in {demo.name}.")
    return actions


def _config(demo: Demo, held: dict[str, int | float]) -> Any:
    """A config of such fields; those that are missing are as in training. Raises BadLevel."""
    for name, value in held.items():
        usual = getattr(demo.training, name, None) if name in demo.training._fields else None
        if usual is None or (isinstance(usual, int) and not isinstance(value, int)):
            raise BadLevel(f"'{name[:40]}' is not a setting of {demo.name} with a number that it can have.")
    return demo.training._replace(**{name: type(getattr(demo.training, name))(value) for name, value in held.items()})
