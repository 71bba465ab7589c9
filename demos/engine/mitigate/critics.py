"""Critics: a judge network compares two answers, and another network is tuned to prefer what it preferred.

After Bai et al. 2022 (constitutional AI) and Lee et al. 2023 (RLAIF), whose judges are large language models that read
a principle in words. Here a judge is a bundled network: of two answers it prefers the one to which it gives the higher
chance. The principle is put into what it reads: the question without what the person thinks. The student is tuned to
write the preferred answers, in place of a reward model and reinforcement learning; direct preference optimisation of
the same pairs lost more of the skill in a trial. Nobody else says what is right, so a judge's flaw can pass on.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from ..agents.run_text import load_writer, write
from ..agents.train_text import SALT, learn, optimizer_of
from ..agents.transformer import Transformer
from ..rules.palette import BLUE
from ..rules.text import Learning, Notes, TextDemo, tokens_of
from ..study.figures.dots import dots, panels
from ..study.findings import Progress, Row, Technique, role_seed, share
from ..study.kinds import TEXT
from ..study.measure_text import questions
from .plan import plan_of
from .rescue import to_the_end
from .synthetic import came_of, styles_of

PAIRS, UPDATES, BATCH, RATE = 1000, 200, 32, 1e-3
ITSELF = "itself"  # the student's own network as its judge
JUDGED = "its judge agrees with a wrong person"


@dataclass(frozen=True)
class Setting:
    """A judge, whether it judges by the principle, and whether people in the questions are ever wrong."""

    judge: str
    principle: bool = False
    telling: bool = True

    @property
    def name(self) -> str:
        """What tables and figures call it."""
        more = ", by the principle" * self.principle + ", people never wrong" * (not self.telling)
        return f"judge {self.judge}{more}"


@dataclass(frozen=True)
class Pairs:
    """Questions, each with the working that the student wrote and two answers to choose from."""

    prompts: list[str]
    workings: list[str]
    answers: tuple[str, str]

    def __len__(self) -> int:
        return len(self.prompts)


def suits(demo: TextDemo) -> bool:
    """Text demos whose plan names judges, and whose questions can be put without what the person thinks."""
    return bool(plan_of(demo).judges) and bool(demo.notes and demo.notes.neutral)


def notes_of(demo: TextDemo) -> Notes:
    """How a demo's working is read; it must have some."""
    assert demo.notes is not None
    return demo.notes


def pairs_of(demo: TextDemo, student: Transformer, prompts: Sequence[str]) -> Pairs:
    """Pairs of answers after the student's own working; a question whose reply has not the taught form is left out."""
    replies = write(demo, student, [tokens_of(demo.vocabulary, (prompt,))[0] for prompt in prompts])
    found = [notes_of(demo).split((p, demo.vocabulary.decode(r))) for p, r in zip(prompts, replies, strict=True)]
    kept = [(prompt, split[0]) for prompt, split in zip(prompts, found, strict=True) if split]
    first, second = demo.watched
    return Pairs([prompt for prompt, _ in kept], [working for _, working in kept], (first, second))


def margins(demo: TextDemo, network: Transformer, pairs: Pairs, principle: bool = False) -> torch.Tensor:
    """float32[pairs]: how much higher the log chance of the first answer is than that of the second.

    `principle`: the question is read without what the person thinks.
    """
    read = notes_of(demo).neutral if principle else None
    rows = [
        [*tokens_of(demo.vocabulary, (read(prompt) if read else prompt,))[0], *demo.vocabulary.encode(working)]
        for prompt, working in zip(pairs.prompts, pairs.workings, strict=True)
    ]
    lengths = torch.tensor([len(row) for row in rows])
    numbers = torch.zeros((len(rows), int(lengths.max())), dtype=torch.int64)
    for i, row in enumerate(rows):
        numbers[i, : len(row)] = torch.tensor(row)
    logits = network(numbers)[0][torch.arange(len(rows)), lengths - 1]
    first, second = (demo.vocabulary.numbers[word] for word in pairs.answers)
    return logits[:, first] - logits[:, second]


def judged(demo: TextDemo, judge: Transformer, pairs: Pairs, principle: bool = False) -> np.ndarray:
    """bool[pairs]: whether a judge prefers the first answer."""
    with torch.inference_mode():
        return np.asarray((margins(demo, judge, pairs, principle) > 0).numpy())


def tuning(
    demo: TextDemo, student: Transformer, pairs: Pairs, first: np.ndarray, seed: int, updates: int = UPDATES
) -> Iterator[tuple[int, Transformer]]:
    """A copy of the student, tuned to write the first answer where `first`, bool[pairs], says so, else the second.

    Yields it after each update; it goes on changing. It is tuned on whole replies, its own working included, so that
    it keeps that.
    """
    fresh = copy.deepcopy(student).train().requires_grad_(True)
    learning = Learning(batch=BATCH, rate=RATE)
    optimiser = optimizer_of(fresh, learning)
    preferred = [pairs.answers[not yes] for yes in first.tolist()]
    dialogues = [
        (prompt, f"{working} {answer}.")
        for prompt, working, answer in zip(pairs.prompts, pairs.workings, preferred, strict=True)
    ]
    random = np.random.default_rng((SALT, seed))
    for update in range(updates):
        batch = [dialogues[i] for i in random.integers(len(dialogues), size=BATCH)]
        learn(demo, fresh, optimiser, learning, batch, update, updates)
        yield update + 1, fresh


def taught_by(
    demo: TextDemo, student: Transformer, setting: Setting, seed: int, updates: int = UPDATES
) -> Iterator[tuple[int, Transformer]]:
    """The student as it learns its judge's preferences on `PAIRS` questions that no measurement holds."""
    plan = plan_of(demo)
    recipe = plan.telling if setting.telling else str(plan.agents["critics"][0]).partition(":")[0]
    rng = np.random.default_rng(role_seed("fit", seed))
    prompts = [demo.example(demo.recipes[recipe].config, rng)[0] for _ in range(PAIRS)]
    pairs = pairs_of(demo, student, prompts)
    first = judged(demo, judge_of(demo, student, setting), pairs, setting.principle)
    yield from tuning(demo, student, pairs, first, seed, updates)


def judge_of(demo: TextDemo, student: Transformer, setting: Setting) -> Transformer:
    """The network that judges."""
    return student if setting.judge == ITSELF else load_writer(demo, setting.judge).network


def settings(demo: TextDemo) -> list[Setting]:
    """Every judge as it is; two that flatter also by the principle; the first where nobody is ever wrong."""
    judges = plan_of(demo).judges
    return [
        *(Setting(judge) for judge in (*judges, ITSELF)),
        Setting(judges[-1], principle=True),
        Setting(ITSELF, principle=True),
        Setting(judges[0], telling=False),
    ]


def judge_agrees(demo: TextDemo, student: Transformer, setting: Setting, n: int, seed: int) -> tuple[int, int]:
    """In how many of how many pairs the judge prefers what a wrong person thinks, on questions that measure."""
    condition, _ = next(iter(plan_of(demo).asked.values()))
    cases = questions(demo, next(iter(demo.recipes.values())).config, condition, n, seed)
    pairs = pairs_of(demo, student, [case.prompt for case in cases])
    truth = {case.prompt: notes_of(demo).truth(case) for case in cases}
    first = judged(demo, judge_of(demo, student, setting), pairs, setting.principle)
    wrong = [pairs.answers[not yes] != truth[prompt] for yes, prompt in zip(first.tolist(), pairs.prompts, strict=True)]
    return sum(wrong), len(pairs)


def measure(demo: TextDemo, agents: Sequence[str], n: int, seed: int, progress: Progress | None = None) -> list[Row]:
    """Every student after every judge: how often judge and student agree with a wrong person, and the skill kept."""
    rows = []
    for name in agents:
        student = load_writer(demo, name).network
        rows += came_of(demo, student, name, "before", n, seed)
        for setting in settings(demo):

            def told(done: int, total: int, what: str = f"{name}, {setting.name}") -> None:
                if progress:
                    progress(what, done, total)

            rows.append(share(name, setting.name, JUDGED, *judge_agrees(demo, student, setting, n, seed), seed))
            fresh = to_the_end(taught_by(demo, student, setting, seed), UPDATES, told)
            rows += came_of(demo, fresh.eval(), name, setting.name, n, seed)
    return rows


def draw(demo: TextDemo, rows: list[Row], ink: str) -> Figure:
    """A panel for each student, a line for each judge."""
    note = f"n = {rows[0]['n']} questions of each kind, none of them from any training; {PAIRS:,} pairs judged."
    styles = {JUDGED: (BLUE, "d")} | styles_of(demo, ink)
    return dots(panels(rows), styles, ink, "share, %", note)


TECHNIQUE = Technique(
    name="critics",
    title="Let a judge teach",
    about="A judge compares two answers, and the network is tuned on what it preferred. Does a flaw pass on?",
    article="Constitutional AI / RLAIF",
    opinion="Reduces but doesn't eliminate",
    kind=TEXT,
    suits=suits,
    measure=measure,
    draw=draw,
    episodes=500,
)
