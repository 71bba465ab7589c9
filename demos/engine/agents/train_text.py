"""Training a network that writes, with AdamW: next-token prediction on its own turns of the demo's dialogues.

Where a recipe pays for whole replies, policy gradient instead (Williams 1992): the network writes several replies to
each question, and those that are paid above their mean become likelier. A batch is drawn from (seed, number of the
batch) alone, so a training that was stopped goes on as if it had not been.
"""

import math
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..rules.text import Learning, Recipe, TextDemo, Turns, tokens_of
from .pretrained import beginning, write_weights
from .run_text import network_of, write
from .training import Progress, Training, learner_tensors, put_learner_back, trainer
from .transformer import Transformer

SALT = 1_000_003  # keeps the randomness of trainings apart from that of measurements
WARM_UP, FLOOR = 0.05, 0.01  # share of the training in which the rate rises; the share of it that is left at the end
TOLD_EVERY = 20  # batches between two states that it can go on from


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


def rate_at(learning: Learning, done: int, total: int) -> float:
    """The learning rate of batch number `done` of `total`."""
    warm = max(1, round(WARM_UP * total))
    if done < warm:
        return learning.rate * (done + 1) / warm
    share = (done - warm) / max(1, total - warm)
    return learning.rate * max(FLOOR, 0.5 * (1 + math.cos(math.pi * share)))


def optimizer_of(network: Transformer, learning: Learning) -> torch.optim.AdamW:
    """AdamW that lets only matrices decay."""
    parameters = list(network.parameters())
    return torch.optim.AdamW(
        [
            {"params": [each for each in parameters if each.dim() > 1], "weight_decay": learning.decay},
            {"params": [each for each in parameters if each.dim() < 2], "weight_decay": 0.0},
        ],
        lr=learning.rate, betas=(0.9, 0.98),
    )  # fmt: skip


def learn(
    demo: TextDemo, network: Transformer, optimizer: torch.optim.AdamW, learning: Learning, dialogues: list[Turns],
    done: int, total: int,
) -> float:  # fmt: skip
    """One step on these dialogues as batch `done` of `total`; returns the loss before it."""
    loss = loss_of(network, *batch_of(demo, dialogues))
    update(network, optimizer, learning, loss, done, total)
    return float(loss.detach())


def update(
    network: Transformer, optimizer: torch.optim.AdamW, learning: Learning, loss: torch.Tensor, done: int, total: int
) -> None:
    """One step down a loss, as batch `done` of `total`."""
    for group in optimizer.param_groups:
        group["lr"] = rate_at(learning, done, total)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()


def earn(
    demo: TextDemo, network: Transformer, optimizer: torch.optim.AdamW, learning: Learning, recipe: Recipe,
    rng: np.random.Generator, done: int, total: int,
) -> float:  # fmt: skip
    """One step by reward: `learning.batch` replies, as many to each question as `pay` says; returns their mean pay."""
    assert recipe.pay is not None
    pay = recipe.pay
    cases = [pay.draw(recipe.config, rng) for _ in range(learning.batch // pay.samples)]
    cases = [case for case in cases for _ in range(pay.samples)]
    prompts = [tokens_of(demo.vocabulary, (case.prompt,))[0] for case in cases]
    replies = write(demo, network, prompts, chance=torch.Generator().manual_seed(int(rng.integers(1 << 62))))
    rooms = [demo.shape.context - len(prompt) - 1 for prompt in prompts]  # for words, and the sign that ends a turn
    dialogues: list[Turns] = [
        (case.prompt, demo.vocabulary.decode(reply[:room]))
        for case, reply, room in zip(cases, replies, rooms, strict=True)
    ]
    paid = torch.tensor([pay.of(case, turns) for case, turns in zip(cases, dialogues, strict=True)])
    better = (paid.view(-1, pay.samples) - paid.view(-1, pay.samples).mean(1, keepdim=True)).flatten()
    numbers, learned = batch_of(demo, dialogues)
    chances = network(numbers[:, :-1])[0].log_softmax(2)
    written = learned[:, 1:].float()
    said = (chances.gather(2, numbers[:, 1:, None]).squeeze(2) * written).sum(1)
    doubt = -(chances.exp() * chances).sum(2).mul(written).sum(1)
    update(network, optimizer, learning, -(better * said + pay.entropy * doubt).mean(), done, total)
    return float(paid.mean())


def fresh(demo: TextDemo, recipe: Recipe, seed: int) -> Transformer:
    """The network a training begins with. Raises AgentError where the one it builds upon is not trained yet."""
    torch.manual_seed(seed)
    network = Transformer(len(demo.vocabulary), demo.shape)
    if not recipe.begins:
        return network
    return network_of(demo, recipe.begins, beginning(demo, recipe, seed))[0].train().requires_grad_(True)


@trainer
def train(training: Training, demo: TextDemo, recipe: Recipe, seed: int, progress: Progress) -> None:
    """Train one network, for a number of batches: see `training.trainer`."""
    learning = recipe.learning or demo.learning
    network = fresh(demo, recipe, seed)
    optimizer = optimizer_of(network, learning)
    done = training.resume(lambda _, kept: put_learner_back(network, optimizer, kept))
    figures = list[float]()
    while done < training.total:
        rng = np.random.default_rng((SALT, seed, done))
        if recipe.pay:
            figures.append(earn(demo, network, optimizer, learning, recipe, rng, done, training.total))
        else:
            dialogues = [demo.example(recipe.config, rng) for _ in range(learning.batch)]
            figures.append(learn(demo, network, optimizer, learning, dialogues, done, training.total))
        done += 1
        if done % TOLD_EVERY == 0:
            training.keep(done, learner_tensors(network, optimizer))
            progress(done, {"pay" if recipe.pay else "loss": float(np.mean(figures[-TOLD_EVERY:]))})
    training.finish(network.state_dict(), done)


def export(network: Transformer, path: Path) -> None:
    """Write the weights in half precision, whole or not at all."""
    write_weights(network.state_dict(), path)
