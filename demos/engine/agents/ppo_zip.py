"""Agents that people trained with stable-baselines3 themselves: from the zip that it saves to weights that we load.

Such a zip holds pickles, which can run anything when they are read. Here none is: of its `policy.pth` only tensors are
read (torch's `weights_only`), of its `data` only the plain JSON.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import torch

from ..rules.world import Demo
from .policy import policy_of
from .pretrained import AgentError
from .training import Tensors

MOST_BYTES = 100_000_000  # of what is unpacked
OURS = {"features_extractor.features.": "features.", "action_net.": "action.", "value_net.": "value."}
NATURE = {"features_extractor.cnn.": "features.cnn.", "features_extractor.linear.": "features.linear."}


def renamed(theirs: Tensors) -> Tensors:
    """Of the tensors of a stable-baselines3 policy those that a `Policy` has, called as there."""
    return {
        ours + name.removeprefix(prefix): value
        for name, value in theirs.items()
        for prefix, ours in (OURS | NATURE).items()
        if name.startswith(prefix)
    }


def weights_in(path: Path, demo: Demo) -> Tensors:
    """The weights of the PPO that a zip of stable-baselines3 holds, called as in a `Policy` of this world.

    It was trained with `CnnPolicy`, or with the `Extractor` of `train_grid` and no layers after it. Nothing in the file
    is executed. Raises AgentError with a sentence.
    """
    theirs, settings = _read(path)
    if str(settings.get("normalize_images", True)) == "False":
        raise AgentError(f"'{path.name}' was trained with normalize_images=False; only the default can be converted.")
    if any(name.startswith("mlp_extractor.") for name in theirs):
        raise AgentError(f"'{path.name}' has layers after its features; train it with net_arch=[], as CnnPolicy does.")
    values = "vf_features_extractor."
    for name, value in theirs.items():
        shared = theirs.get("features_extractor." + name.removeprefix(values))
        if name.startswith(values) and (shared is None or not torch.equal(shared, value)):
            raise AgentError(f"'{path.name}' has another network for its values; train it with a shared one.")
    found = renamed(theirs)
    actions = len(found["action.bias"]) if "action.bias" in found else 0
    if not any(name.startswith("features.") for name in found) or not actions:
        raise AgentError(f"'{path.name}' was trained neither with CnnPolicy nor with our feature extractor.")
    if actions != len(demo.actions):
        raise AgentError(f"'{path.name}' chooses among {actions} actions; {demo.name} has {len(demo.actions)}.")
    try:
        policy_of(demo, found)
    except ValueError as error:
        why = f" {error}" if "CnnPolicy" in str(error) else ""
        raise AgentError(f"'{path.name}' was trained on other pictures than those of {demo.name}.{why}") from error
    return found


def _read(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """The tensors of a zip's policy, by name, and the keywords that it was made with as far as they are plain text."""
    wrong = f"'{path.name}' is no zip that stable-baselines3's PPO saved"
    try:
        with zipfile.ZipFile(path) as file:
            policy, data = (_unpacked(file, name, path) for name in ("policy.pth", "data"))
        settings = json.loads(data)["policy_kwargs"]
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, AgentError):
            raise
        raise AgentError(f"{wrong}.") from error
    try:
        tensors = torch.load(io.BytesIO(policy), map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file may raise anything
        raise AgentError(f"{wrong}, or its policy holds more than weights; nothing of it was run.") from error
    whole = isinstance(tensors, dict) and all(isinstance(value, torch.Tensor) for value in tensors.values())
    if not whole or not all(isinstance(name, str) for name in tensors) or not isinstance(settings, dict):
        raise AgentError(f"{wrong}.")
    return dict(tensors), settings


def _unpacked(file: zipfile.ZipFile, name: str, path: Path) -> bytes:
    with file.open(name) as part:
        data = part.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise AgentError(f"'{path.name}' is larger than any agent of this package.")
    return data
