"""Trainings: who chooses their levels, what they begin with, and that a stopped one is the same computation."""

import errno
import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from goalmisgen.engine.agents import pretrained, train_decision, train_text, training
from goalmisgen.engine.agents.pretrained import AgentError, load_agent
from goalmisgen.engine.agents.train_grid import FIRST_TRAINING_SEED, train
from goalmisgen.engine.rules.batch import Stream
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.rules.world import Learning
from test_solve import urn
from test_writing import TOY
from worlds import LIVES, SOLVED, agent_of, recipe_of, varied

SMALL = Learning(stride=1, levels=8, rollout=16)


def train_grid(folder, progress, **told):
    demo = SOLVED
    train(demo, replace(demo.recipes[recipe_of(demo)], learning=SMALL), 0, folder, progress, 1024, **told)


def train_words(folder, progress, **told):
    train_text.train(TOY, TOY.recipes["plain"], 0, folder, progress, **told)


def train_urn(folder, progress, **told):
    demo = urn()
    train_decision.train(demo, demo.recipes["urn"], 0, folder, progress, 30_000, **told)


TRAININGS = {"grid": train_grid, "text": train_words, "decision": train_urn}
KILLED = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from goalmisgen.engine.agents import training
from test_training import TRAININGS
training.SAVED_EVERY = 0.0
TRAININGS[{kind!r}](Path({folder!r}), lambda done, _: print(done, flush=True))
"""


def quiet(done, told):
    pass


class Stop:
    """Ctrl-C at the report number `at`."""

    def __init__(self, at):
        self.left = at

    def __call__(self, done, told):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module", params=TRAININGS)
def whole(request, tmp_path_factory):
    """How a kind of training is called, and the folder of one that nobody stopped."""
    folder = tmp_path_factory.mktemp(request.param)
    TRAININGS[request.param](folder, quiet)
    return request.param, folder


class InOrder:
    """Draws the levels that a stream draws without a sampler, and remembers what it was told."""

    def __init__(self, demo, config, first, n=8):
        self.demo, self.config, self.n = demo, config, n
        self.seeds, self.told = [first + i for i in range(n)], []

    def next(self, i):
        level = draw_level(self.demo, self.config, self.seeds[i])
        self.seeds[i] += self.n
        return level

    def ended(self, i, total, steps):
        self.told.append((i, total, steps))

    def learned(self):
        return None

    def kept(self):
        return {"seeds": np.array(self.seeds)}

    def put_back(self, kept):
        self.seeds = kept["seeds"].tolist()


@pytest.fixture
def demo():
    return SOLVED


def digest(folder):
    return hashlib.sha256((folder / "policy.safetensors").read_bytes()).hexdigest()


def test_a_sampler_that_draws_in_order_is_a_stream_without_one(demo):
    sampler = InOrder(demo, demo.training, 40)
    plain, chosen = Stream(demo, demo.training, 8, 40), Stream(demo, demo.training, 8, 40, sampler)
    rng, ended = np.random.default_rng(0), []
    for _ in range(300):
        actions = rng.integers(0, len(demo.actions), 8)
        for stream in (plain, chosen):
            stream.advance(actions)
        for name in ("levels", "states", "pictures", "grounds", "rewards", "dones"):
            assert getattr(plain, name).tobytes() == getattr(chosen, name).tobytes(), name
        for i in np.flatnonzero(plain.dones):
            assert plain.finals[i].tobytes() == chosen.finals[i].tobytes()
            assert (plain.lasts[i] == chosen.lasts[i]).all()
            ended.append((i, float(plain.finals[i].total), int(plain.finals[i].t)))
    assert sampler.told == ended and len(ended) > 8


def test_a_training_takes_a_sampler_of_its_own_or_its_recipes(demo, tmp_path):
    recipe = replace(demo.recipes[recipe_of(demo)], learning=SMALL)
    with_sampler = replace(recipe, sampler=InOrder)
    by_hand = InOrder(demo, recipe.config, FIRST_TRAINING_SEED)
    train(demo, recipe, 0, tmp_path / "a", lambda *_: None, 256)
    train(demo, with_sampler, 0, tmp_path / "b", lambda *_: None, 256)
    train(demo, recipe, 0, tmp_path / "c", lambda *_: None, 256, sampler=by_hand)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == digest(tmp_path / "c")
    assert by_hand.told


def test_a_training_begins_with_the_network_of_another_recipe(demo, tmp_path):
    recipe = replace(
        demo.recipes[varied(demo).partition(":")[0]], begins=recipe_of(demo), learning=replace(SMALL, rate=0.0)
    )
    train(demo, recipe, 0, tmp_path, lambda *_: None, 128)
    ours, theirs = load_agent(demo, str(tmp_path / "policy.safetensors")), load_agent(demo, agent_of(demo))
    assert ours.digest == theirs.digest  # at a rate of 0 nothing is learned


def test_a_training_that_begins_with_an_untrained_network_says_which(demo, tmp_path, monkeypatch):
    first = agent_of(demo)  # while it is there
    recipe = replace(demo.recipes[varied(demo).partition(":")[0]], begins=recipe_of(demo))
    monkeypatch.setattr(pretrained, "content", lambda: tmp_path)
    with pytest.raises(AgentError, match=f"{first}, which is not trained yet"):
        train(demo, recipe, 0, tmp_path, lambda *_: None, 128)


@pytest.mark.slow
def test_a_killed_training_gives_the_same_bytes(whole, tmp_path):
    """Killed at once after it has gone on, held off while it runs, stopped by Ctrl-C, and then ended."""
    kind, unstopped = whole
    child = KILLED.format(tests=str(Path(__file__).parent), kind=kind, folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, text=True) as process:
        assert int(process.stdout.readline()) < int(process.stdout.readline())
        with pytest.raises(AgentError, match="Another training is under way in .*; wait until it has ended"):
            TRAININGS[kind](tmp_path, quiet)
        process.kill()
    assert process.returncode < 0 and not (tmp_path / "policy.safetensors").exists()
    with pytest.raises(KeyboardInterrupt):
        TRAININGS[kind](tmp_path, Stop(1))
    seen = []
    TRAININGS[kind](tmp_path, lambda done, told: seen.append(done))
    assert digest(tmp_path) == digest(unstopped)
    told, unstopped_told = (json.loads((each / "training.json").read_text()) for each in (tmp_path, unstopped))
    assert (told["steps"], told["resumed"]) == (unstopped_told["steps"], 2) and unstopped_told["resumed"] == 0
    assert not list(tmp_path.glob("resume*"))


def stopped(kind, folder):
    with pytest.raises(KeyboardInterrupt):
        TRAININGS[kind](folder, Stop(2))
    return folder / training.RESUME


@pytest.mark.parametrize("harm", ["cut off", "a bit", "empty", "no state"])
def test_a_damaged_state_is_a_sentence_and_begins_anew_only_when_told_to(whole, tmp_path, harm):
    kind, unstopped = whole
    path = stopped(kind, tmp_path)
    data = bytearray(path.read_bytes())
    if harm == "a bit":
        data[-5] ^= 1
    path.write_bytes(
        {"cut off": data[:-100], "a bit": data, "empty": b"", "no state": b"\x02" + bytes(7) + b"{}"}[harm]
    )
    before = path.read_bytes()
    with pytest.raises(AgentError, match="is damaged, so this training cannot be gone on with; say --anew") as told:
        TRAININGS[kind](tmp_path, quiet)
    assert ". " not in str(told.value) and "\n" not in str(told.value) and path.read_bytes() == before
    if harm == "cut off":
        TRAININGS[kind](tmp_path, quiet, anew=True)
        assert digest(tmp_path) == digest(unstopped)
        assert json.loads((tmp_path / "training.json").read_text())["resumed"] == 0


def test_earlier_calls_count_and_what_is_noted_is_written_every_two_minutes(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    first, weights = training.Training(tmp_path, "toy plain:0", 10), {"w": torch.ones(2)}
    for clock[0], written in ((120.0, False), (121.0, True)):
        first.keep(3, weights)
        assert (tmp_path / training.RESUME).exists() == written
    second = training.Training(tmp_path, "toy plain:0", 10)
    assert second.resume(lambda done, tensors: None) == 3
    clock[0] += 9.0
    second.finish(weights, 10)
    assert json.loads((tmp_path / "training.json").read_text()) == {"steps": 10, "seconds": 130, "resumed": 1}


def test_a_state_of_another_training_is_refused(tmp_path):
    stopped("text", tmp_path)
    with pytest.raises(AgentError, match="was begun for toy plain:0, not toy plain:1; say --anew"):
        train_text.train(TOY, TOY.recipes["plain"], 1, tmp_path, quiet)
    with pytest.raises(AgentError, match="was begun with 120 steps, not 240; go on with --steps 120"):
        train_text.train(TOY, TOY.recipes["plain"], 0, tmp_path, quiet, steps=240)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("executed",)


@pytest.mark.parametrize("name", training.EARLIER)
def test_nothing_is_unpickled(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for each in (name, training.RESUME):
        Path(each).write_bytes(pickle.dumps(Evil()))
        with pytest.raises(AgentError, match="say --anew"):
            train_words(tmp_path, quiet)
        Path(each).unlink()
    assert not Path("executed").exists()


def test_a_life_and_its_course_go_on(tmp_path):
    demo = LIVES
    recipe = replace(
        next(each for each in demo.recipes.values() if each.lived),
        learning=replace(demo.learning, levels=4, rollout=16, steady=True),
    )
    train(demo, recipe, 0, tmp_path / "a", quiet, 64 * 9)
    with pytest.raises(KeyboardInterrupt):
        train(demo, recipe, 0, tmp_path / "b", Stop(3), 64 * 9)
    with (tmp_path / "b" / "life.csv").open("a") as file:
        file.write("9")  # cut off by a full disk
    train(demo, recipe, 0, tmp_path / "b", quiet, 64 * 9)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    life = (tmp_path / "a" / "life.csv").read_text()
    assert life == (tmp_path / "b" / "life.csv").read_text() and len(life.splitlines()) > 5


def test_a_sampler_goes_on_too(demo, tmp_path):
    recipe = replace(demo.recipes[recipe_of(demo)], learning=SMALL, sampler=InOrder)
    train(demo, recipe, 0, tmp_path / "a", quiet, 1024)
    with pytest.raises(KeyboardInterrupt):
        train(demo, recipe, 0, tmp_path / "b", Stop(3), 1024)
    train(demo, recipe, 0, tmp_path / "b", quiet, 1024)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


@pytest.mark.parametrize("file", [training.RESUME, training.WEIGHTS])
def test_a_full_disk_is_a_sentence(whole, tmp_path, monkeypatch, file):
    kind, unstopped = whole
    wrote = Path.write_bytes

    def full(self, data):
        if self.name.startswith(f".{file.split('.')[0]}"):
            wrote(self, data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return wrote(self, data)

    monkeypatch.setattr(training, "SAVED_EVERY", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space left on device; mend that and call again") as told:
            TRAININGS[kind](tmp_path, quiet)
    assert told.value.filename == str(tmp_path / file)
    assert not list(tmp_path.glob(".*part*")) and not (tmp_path / file).exists()
    TRAININGS[kind](tmp_path, quiet)
    assert digest(tmp_path) == digest(unstopped)
