"""Training a network that writes: next-token prediction on its own turns of the demo's dialogues, with AdamW.

A batch is drawn from (seed, number of the batch) alone, so a training that was stopped goes on as if it had not been.
"""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from ..rules.writing import Recipe, Schooling, TextDemo, Turns, tokens_of
from .pretrained import AgentError, folder, write_training
from .transformer import Transformer
from .writer import network_of

SALT = 1_000_003  # keeps the randomness of trainings apart from that of measurements
WARM_UP, FLOOR = 0.05, 0.01  # share of the training in which the rate rises; the share of it that is left at the end
TOLD_EVERY, SAVED_EVERY = 20, 60  # batches, seconds

Progress = Callable[[int, dict[str, float]], None]  # (batches done, {"loss": mean of the latest})


def batch_of(demo: TextDemo, dialogues: list[Turns]) -> tuple[torch.Tensor, torch.Tensor]:
    """Dialogues as int64[batch, length], padded, and bool[batch, length]: which tokens are to be learned.

    Raises ValueError where one is longer than the network's context.
    """
    rows = [tokens_of(demo.vocabulary, turns) for turns in dialogues]
    length = max(len(numbers) for numbers, _ in rows)
    if length > demo.shape.context:
        raise ValueError(f"A dialogue has {length} tokens; the context of {demo.name} holds {demo.shape.context}.")
    numbers, learned = np.zeros((len(rows), length), np.int64), np.zeros((len(rows), length), bool)
    for i, (row, written) in enumerate(rows):
        numbers[i, : len(row)], learned[i, : len(row)] = row, written
    return torch.from_numpy(numbers), torch.from_numpy(learned)


def loss_of(network: Transformer, numbers: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy of the tokens to be learned, each from those before it; nats."""
    logits, _ = network(numbers[:, :-1])
    wanted = learned[:, 1:]
    return F.cross_entropy(logits[wanted], numbers[:, 1:][wanted])


def rate_at(schooling: Schooling, done: int, total: int) -> float:
    """The learning rate of batch number `done` of `total`."""
    warm = max(1, round(WARM_UP * total))
    if done < warm:
        return schooling.rate * (done + 1) / warm
    share = (done - warm) / max(1, total - warm)
    return schooling.rate * max(FLOOR, 0.5 * (1 + math.cos(math.pi * share)))


def optimizer_of(network: Transformer, schooling: Schooling) -> torch.optim.AdamW:
    """AdamW that lets only matrices decay."""
    parameters = list(network.parameters())
    return torch.optim.AdamW(
        [
            {"params": [each for each in parameters if each.dim() > 1], "weight_decay": schooling.decay},
            {"params": [each for each in parameters if each.dim() < 2], "weight_decay": 0.0},
        ],
        lr=schooling.rate, betas=(0.9, 0.98),
    )  # fmt: skip


def learn(
    demo: TextDemo, network: Transformer, optimizer: torch.optim.AdamW, schooling: Schooling, dialogues: list[Turns],
    done: int, total: int,
) -> float:  # fmt: skip
    """One step on these dialogues as batch `done` of `total`; returns the loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = rate_at(schooling, done, total)
    loss = loss_of(network, *batch_of(demo, dialogues))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def fresh(demo: TextDemo, recipe: Recipe, seed: int) -> Transformer:
    """The network a training begins with. Raises AgentError where the one it builds upon is not trained yet."""
    torch.manual_seed(seed)
    network = Transformer(len(demo.vocabulary), demo.shape)
    if not recipe.start:
        return network
    path = folder(demo) / recipe.start / f"s{seed}" / "policy.safetensors"
    if not path.exists():
        raise AgentError(
            f"{recipe.name}:{seed} goes on from {recipe.start}:{seed}, which is not trained yet; train that first."
        )
    return network_of(demo, recipe.start, path)[0].train().requires_grad_(True)


def train(
    demo: TextDemo, recipe: Recipe, seed: int, folder: Path, progress: Progress, steps: int | None = None
) -> float:
    """Train one network into `folder` (policy.safetensors, training.json); resumes what is there.

    Raises AgentError where what is there was begun with another number of batches. Returns the wall time of this call
    in seconds. KeyboardInterrupt saves first, and is raised again.
    """
    torch.set_num_threads(1)
    total, schooling = steps or recipe.steps, recipe.schooling or demo.schooling
    folder.mkdir(parents=True, exist_ok=True)
    resume, began = folder / "resume.zip", time.monotonic()
    network = fresh(demo, recipe, seed)
    optimizer, done, before = optimizer_of(network, schooling), 0, 0.0
    if resume.exists():
        kept = torch.load(resume, weights_only=True)
        if kept["total"] != total:  # the rate falls over the whole training, so its length cannot change on the way
            raise AgentError(
                f"The training in {folder.name} was begun with {kept['total']:,} batches, not {total:,}; go on with "
                f"--steps {kept['total']}, or remove {resume.name} to begin anew."
            )
        network.load_state_dict(kept["network"])
        optimizer.load_state_dict(kept["optimizer"])
        done, before = kept["done"], kept["seconds"]

    def save() -> None:
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
        told = {"total": total, "done": done, "seconds": before + time.monotonic() - began}
        torch.save(state | told, folder / "resume.part")
        os.replace(folder / "resume.part", resume)

    saved, losses = began, list[float]()
    try:
        while done < total:
            rng = np.random.default_rng((SALT, seed, done))
            dialogues = [demo.example(recipe.config, rng) for _ in range(schooling.batch)]
            losses.append(learn(demo, network, optimizer, schooling, dialogues, done, total))
            done += 1
            if done % TOLD_EVERY == 0:
                progress(done, {"loss": float(np.mean(losses[-TOLD_EVERY:]))})
            if time.monotonic() - saved > SAVED_EVERY:
                save()
                saved = time.monotonic()
    except KeyboardInterrupt:
        save()
        raise
    export(network, folder / "policy.safetensors")
    write_training(folder, done, before + time.monotonic() - began)
    resume.unlink(missing_ok=True)
    return time.monotonic() - began


def export(network: Transformer, path: Path) -> None:
    """Write the weights in half precision, whole or not at all."""
    temporary = path.with_suffix(".part")
    save_file({name: value.detach().half().contiguous() for name, value in network.state_dict().items()}, temporary)
    os.replace(temporary, path)
