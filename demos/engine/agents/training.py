"""What every training shares: alone in its folder, kept as it goes, and gone on with as if it had never been stopped.

A trainer calls `Training.keep` between two of its steps with everything that decides what comes next: network,
optimiser, generators, environments. That is written every two minutes and on Ctrl-C, to one file of tensors and JSON
(no pickle), and taken up by the next call. So a training is one computation, however often it is stopped or killed.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..files import replacing, write_text
from ..rules.entry import Entry
from .pretrained import AgentError, write_weights

WEIGHTS, RECORD, RESUME, LOCK = "policy.safetensors", "training.json", "resume.safetensors", "training.lock"
EARLIER = ("resume.zip", "resume.npz")  # what versions before 0.2.0 went on from
SAVED_EVERY = 120.0  # seconds

Progress = Callable[[int, dict[str, float]], None]  # called with the steps done and the latest figures
Tensors = dict[str, torch.Tensor]


class Training:
    """One training in its folder; made by `training_in`.

    `whose` and `total`: the agent ("coinrun mix-0:0") and the steps, which may not change on the way, since rates fall
    along the whole of a training.
    """

    def __init__(self, folder: Path, whose: str, total: int) -> None:
        self.folder, self.whose, self.total = folder, whose, total
        self.began = self.saved = time.monotonic()
        self.before, self.resumed = 0.0, 0  # seconds of earlier calls, and how often it was gone on with
        self.latest: tuple[int, Tensors] | None = None

    @property
    def seconds(self) -> float:
        """Wall time of this call."""
        return time.monotonic() - self.began

    def resume(self, put_back: Callable[[int, Tensors], Any]) -> int:
        """Hand the steps done and the tensors kept to `put_back`, where a training was stopped here.

        Returns the steps done, 0 where none was. Raises AgentError where what was kept is damaged, or of another
        training.
        """
        path = self.folder / RESUME
        advice = f"say --anew, or remove {path.name}, to begin from the start"
        if not path.exists():
            old = [name for name in EARLIER if (self.folder / name).exists()]
            if old and not (self.folder / WEIGHTS).exists():
                raise AgentError(f"{self.folder} holds {old[0]} of an earlier version, which cannot be read; {advice}.")
            return 0
        damaged = AgentError(f"{path} is damaged, so this training cannot be gone on with; {advice}.")
        try:
            told, tensors = read_state(path)
        except (SafetensorError, ValueError, KeyError) as error:
            raise damaged from error
        whose, total = told.get("whose"), told.get("total")
        if whose != self.whose:
            raise AgentError(f"The training in {self.folder} was begun for {whose}, not {self.whose}; {advice}.")
        if total != self.total:
            raise AgentError(
                f"The training in {self.folder} was begun with {total} steps, not {self.total}; go on with "
                f"--steps {total}; or {advice}."
            )
        try:
            done = int(told["done"])
            put_back(done, tensors)
            self.before, self.resumed = float(told["seconds"]), int(told["resumed"]) + 1
            return done
        except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
            raise damaged from error

    def keep(self, done: int, tensors: Tensors) -> None:
        """Note what to go on from after this many steps; it is copied. Written to disk every two minutes."""
        self.latest = done, {name: each.detach().clone() for name, each in tensors.items()}
        if time.monotonic() - self.saved > SAVED_EVERY:
            self.save()

    def save(self) -> None:
        """Write what was noted last, if anything was."""
        if self.latest is None:
            return
        done, tensors = self.latest
        told = {"whose": self.whose, "total": self.total, "done": done, "resumed": self.resumed}
        write_state(told | {"seconds": self.before + self.seconds}, tensors, self.folder / RESUME)
        self.saved = time.monotonic()

    def finish(self, weights: Tensors, done: int, notes: dict[str, str] | None = None) -> None:
        """Write the agent and the record of its training, and forget what it would have gone on from.

        Raises AgentError where a weight is not finite.
        """
        write_weights(weights, self.folder / WEIGHTS, notes)
        record = {"steps": done, "seconds": round(self.before + self.seconds), "resumed": self.resumed}
        write_text(self.folder / RECORD, json.dumps(record))
        self.forget()

    def forget(self) -> None:
        """Remove what it would go on from."""
        for name in (RESUME, *EARLIER):
            (self.folder / name).unlink(missing_ok=True)


def trainer(teach: Callable[..., None]) -> Callable[..., float]:
    """Makes of what teaches one kind of agent its `train`, in which all kinds are alike.

    `teach`: (training, demo, recipe, seed, progress, and what the kind takes besides). What it becomes:
    (demo, recipe, seed, folder, progress, steps=None, anew=False, ...) -> seconds of this call. It trains one agent
    into `folder` (policy.safetensors, training.json) for `steps`, else the recipe's; goes on with what is there, unless
    `anew`. Raises as `training_in` and `Training.resume` do. KeyboardInterrupt saves first, and is raised again.
    """

    def train(
        demo: Any, recipe: Any, seed: int, folder: Path, progress: Progress, steps: int | None = None,
        anew: bool = False, **more: Any,
    ) -> float:  # fmt: skip
        with training_in(folder, demo, recipe.name, seed, steps or recipe.steps, anew) as training:
            teach(training, demo, recipe, seed, progress, **more)
        return training.seconds

    train.__doc__ = teach.__doc__
    return train


@contextlib.contextmanager
def training_in(
    folder: Path, demo: Entry, recipe: str, seed: int, total: int, anew: bool = False
) -> Iterator[Training]:
    """A training that has this folder to itself, and is saved on Ctrl-C. `anew`: forget what was kept in it.

    Raises AgentError where another training is under way there, and OSError, which says what to do, where the disk is
    full.
    """
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    training = Training(folder, f"{demo.name} {recipe}:{seed}", total)
    with _alone_in(folder), _advised():
        if anew:
            training.forget()
        try:
            yield training
        except KeyboardInterrupt:
            training.save()
            raise


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AgentError(
            f"Another training is under way in {folder}; wait until it has ended, or choose another --out."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _advised() -> Iterator[None]:
    """What a full disk ends: the sentence says that the training can be gone on with."""
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror or error}; mend that and call again: it goes on from where it was saved last"
        raise OSError(error.errno, reason, error.filename) from error


def write_state(told: dict[str, Any], tensors: Tensors, path: Path) -> None:
    """Write numbers and texts, and tensors by name, whole or not at all, with a checksum of them all."""
    text = json.dumps(told)
    notes = {"told": text, "sha256": _checksum(text, tensors)}
    with replacing(path) as temporary:
        temporary.write_bytes(save({name: each.contiguous() for name, each in tensors.items()}, notes))


def read_state(path: Path) -> tuple[dict[str, Any], Tensors]:
    """Read what `write_state` wrote. Raises SafetensorError, KeyError or ValueError where it is damaged, or OSError."""
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118  (not a dict)
        notes = file.metadata() or {}
    if notes["sha256"] != _checksum(notes["told"], tensors):
        raise ValueError("its checksum is another")
    return json.loads(notes["told"]), tensors


def _checksum(told: str, tensors: Tensors) -> str:
    digest = hashlib.sha256(told.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def joined(**parts: Tensors) -> Tensors:
    """The tensors of several parts under one name each, "part.name"."""
    return {f"{part}.{name}": value for part, tensors in parts.items() for name, value in tensors.items()}


def part_of(tensors: Tensors, part: str) -> Tensors:
    """Those of one part, by their own names."""
    begin = part + "."
    return {name.removeprefix(begin): value for name, value in tensors.items() if name.startswith(begin)}


def learner_tensors(network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """The weights of a network and all that its optimiser remembers of each; not copies."""
    memories = {str(number): memory for number, memory in optimizer.state_dict()["state"].items()}
    return joined(network=network.state_dict(), optimizer=joined(**memories))


def put_learner_back(network: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Set a network and its optimiser, built as they were, to such tensors. Raises what torch raises if they misfit."""
    network.load_state_dict(part_of(tensors, "network"))
    memories = dict[int, Tensors]()
    for name, value in part_of(tensors, "optimizer").items():
        number, _, what = name.partition(".")
        memories.setdefault(int(number), {})[what] = value
    optimizer.load_state_dict({"state": memories, "param_groups": optimizer.state_dict()["param_groups"]})
