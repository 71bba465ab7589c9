"""`goalmisgen convert`: agents that people trained with stable-baselines3 themselves."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import goalmisgen
import gymnasium as gym
import numpy as np
import pytest
import torch
from goalmisgen.engine.agents.ppo_zip import weights_in
from goalmisgen.engine.agents.pretrained import AgentError, load_agent
from goalmisgen.engine.agents.train_grid import Extractor, Levels, learner
from goalmisgen.engine.cli import main
from stable_baselines3 import PPO
from worlds import SMALLEST, SOLVED, recipe_of, world

DEMO = SOLVED
WORLD, ACTIONS = DEMO.name, len(DEMO.actions)
OTHER = world(lambda demo: len(demo.actions) != ACTIONS)
OURS = {
    "features_extractor_class": Extractor,
    "features_extractor_kwargs": {"rows": DEMO.rows, "columns": DEMO.view, "learning": DEMO.learning},
    "net_arch": [],
}


def a_ppo(policy: Any = "CnnPolicy", **kwargs: Any) -> PPO:
    """One update of PPO in the Gymnasium environment, so that its weights are not those it began with."""
    env = gym.make(goalmisgen.env_id(WORLD))
    model = PPO(policy, env, seed=0, n_steps=32, batch_size=32, n_epochs=1, device="cpu", policy_kwargs=kwargs)
    return model.learn(32)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    env = gym.make(goalmisgen.env_id(WORLD))
    return np.array([env.reset(options={"level_seed": seed})[0] for seed in range(6)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of a PPO with CnnPolicy."""
    path = tmp_path_factory.mktemp("ppo") / "mine.zip"
    a_ppo().save(path)
    return path


def converted(path: Path, out: Path, demo: str = WORLD) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["convert", str(path), "--demo", demo, "--out", str(out)])
    return int(ended.value.code or 0)


def does_as(model: PPO, agent: Any, pictures: np.ndarray, observations: np.ndarray) -> None:
    """Compare probabilities and values, which differ by the rounding of weights to half precision."""
    given = torch.from_numpy(np.ascontiguousarray(observations))
    with torch.inference_mode():
        chances: Any = model.policy.get_distribution(given).distribution
        wanted = chances.probs.numpy()
        values = model.policy.predict_values(given).numpy()[:, 0]
    found, found_values = agent.think(pictures)
    assert np.ptp(wanted, 0).max() > 1e-3, "the pictures make a difference"
    assert np.abs(found - wanted).max() < 1e-3
    assert np.abs(found_values - values).max() < 1e-2


@pytest.mark.parametrize("kwargs", [{}, OURS], ids=["CnnPolicy", "our extractor"])
def test_what_was_trained_in_the_environment_does_the_same_afterwards(kwargs, pictures, tmp_path):
    model = a_ppo(**kwargs)
    model.save(tmp_path / "mine.zip")
    assert converted(tmp_path / "mine.zip", tmp_path / "mine.safetensors") == 0
    agent = load_agent(DEMO, str(tmp_path / "mine.safetensors"))
    does_as(model, agent, pictures, pictures.transpose(0, 3, 1, 2))


def test_what_a_training_of_this_package_saves_does_the_same_afterwards(pictures, tmp_path):
    levels = Levels(DEMO, DEMO.training, 4, 1 << 40)
    recipe = DEMO.recipes[recipe_of(DEMO)]
    model = learner(DEMO, recipe, DEMO.learning, levels, 0)
    model.save(tmp_path / "mine.zip")
    assert converted(tmp_path / "mine.zip", tmp_path / "mine.safetensors") == 0
    does_as(model, load_agent(DEMO, str(tmp_path / "mine.safetensors")), pictures, pictures.reshape(len(pictures), -1))


def test_it_opens_where_an_agent_is_named(saved, tmp_path, capsys):
    out = tmp_path / "mine.safetensors"
    assert converted(saved, out) == 0
    assert f"goalmisgen measure {WORLD} --agent {out}" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["measure", WORLD, "--agent", str(out), "--episodes", "4", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert not ended.value.code and told["levels"]["training"]["n"] == 4 and told["agent"] == "mine"
    assert converted(saved, out) == 2 and "is there already" in capsys.readouterr().err
    assert converted(saved, tmp_path / "mine.pt") == 2 and "must end in .safetensors" in capsys.readouterr().err


class Runs:
    """A pickle that writes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_nothing_in_the_file_is_run(saved, tmp_path):
    """Neither the pickles of its settings, nor one in place of its weights."""
    import base64

    ran = tmp_path / "ran"
    with zipfile.ZipFile(saved) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    data = json.loads(parts["data"])
    data["policy_class"][":serialized:"] = base64.b64encode(pickle.dumps(Runs(ran))).decode()
    sly = tmp_path / "sly.zip"
    with zipfile.ZipFile(sly, "w") as file:
        for name, part in (parts | {"data": json.dumps(data).encode()}).items():
            file.writestr(name, part)
    assert weights_in(sly, DEMO) and not ran.exists()
    held = io.BytesIO()
    torch.save({"weights": Runs(ran)}, held)
    with zipfile.ZipFile(sly, "w") as file:
        for name, part in (parts | {"policy.pth": held.getvalue()}).items():
            file.writestr(name, part)
    with pytest.raises(AgentError, match="nothing of it was run"):
        weights_in(sly, DEMO)
    assert not ran.exists()
    held.seek(0)
    torch.load(held, weights_only=False)
    assert ran.exists(), "it would have been"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (OTHER.name, f"'mine.zip' chooses among {ACTIONS} actions; {OTHER.name} has {len(OTHER.actions)}."),
        (SMALLEST.name, f"Pictures of {5 * SMALLEST.rows} x {5 * SMALLEST.view} pixels are too small for CnnPolicy"),
    ],
)
def test_one_of_another_world_is_refused_in_a_sentence(other, sentence, saved, tmp_path, capsys):
    assert converted(saved, tmp_path / "mine.safetensors", other) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1 and not (tmp_path / "mine.safetensors").exists()


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ({"net_arch": [16]}, "has layers after its features"),
        ({"normalize_images": False}, "normalize_images=False"),
        ({"share_features_extractor": False}, "another network for its values"),
    ],
)
def test_a_network_that_is_not_ours_is_refused_in_a_sentence(kwargs, sentence, tmp_path):
    a_ppo(**kwargs).save(tmp_path / "mine.zip")
    with pytest.raises(AgentError, match=sentence):
        weights_in(tmp_path / "mine.zip", DEMO)


def test_what_is_no_such_zip_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "mine.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(AgentError, match="is no zip that stable-baselines3's PPO saved"):
        weights_in(path, DEMO)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("notes.txt", "hello")
    with pytest.raises(AgentError, match="is no zip that stable-baselines3's PPO saved"):
        weights_in(path, DEMO)
