"""What a text demo declares: a small network that writes, the dialogues it is trained on, the questions it is asked."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from . import entry

PAD, END = "<pad>", "<end>"
SIGN = "⏎"  # how people are shown END, see `readable`
MOST_CHARACTERS = 400  # of a text that a person types
_PIECES = re.compile(r"[A-Za-z_]+|[0-9]|<[a-z]+>|\S")
_CLOSE = set(".,?!:;)")  # written without a space before them

Turns = tuple[str, ...]  # what was said: the person's turn, the network's, the person's, ...


class BadText(ValueError):
    """A text that the network cannot be asked; the message is one sentence for a person."""


class Vocabulary:
    """The tokens of a text demo: single digits, signs and whole words, upper and lower case taken alike.

    `words`: in the order of their numbers, after the padding and the sign that ends a turn.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = (PAD, END, *words)
        self.numbers = {word.lower(): i for i, word in enumerate(self.words)}
        if len(self.numbers) < len(self.words):
            raise ValueError("A vocabulary must not hold a word twice.")

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's tokens. Raises BadText where it holds a word that is not known."""
        pieces = _PIECES.findall(text)
        try:
            return [self.numbers[piece.lower()] for piece in pieces]
        except KeyError:
            strange = next(piece for piece in pieces if piece.lower() not in self.numbers)
            known = ", ".join(word for word in self.words[2:] if not word.isdigit())
            raise BadText(f"The network knows no '{strange[:30]}'; it knows digits and: {known[:600]}.") from None

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of such tokens, written as people write it; padding and ends are left out."""
        text, before = "", ""
        for number in numbers:
            word = self.words[number]
            if word in (PAD, END):
                continue
            joined = not text or word in _CLOSE or (word.isdigit() and before.isdigit())
            text, before = text + ("" if joined else " ") + word, word
        return text


def readable(text: str) -> str:
    """A text of the network's as people are shown it."""
    return text.replace(END, SIGN)


class Case(NamedTuple):
    """One question: what the network is told, what the demo knows of it besides, and what people are told of it."""

    prompt: str
    facts: Any = None
    note: str = ""  # whether it was kept out of training; only questions that a person sets have one


@dataclass(frozen=True)
class Condition:
    """One kind of questions on which agents are measured, none of which is in the training."""

    about: str
    draw: Callable[[Any, np.random.Generator], Case]  # (the agent's config, randomness) -> a question


@dataclass(frozen=True)
class Counted:
    """Something measured of a dialogue beside its outcome: 0 or 1 for a share, else a number; nan: does not apply."""

    about: str
    of: Callable[[Case, Turns], float]
    number: bool = False  # a mean is told of it, even where every dialogue has 0 or 1


@dataclass(frozen=True)
class Notes:
    """Working that a network writes before its answer."""

    split: Callable[[Turns], tuple[str, str] | None]  # a dialogue -> working and answer; None: not of that form
    instead: Callable[[Case], str]  # other working for a question, which would make the other answer right
    follows: Callable[[Case, str], str]  # the answer that this working gives
    truth: Callable[[Case], str]  # the right answer
    neutral: Callable[[str], str] | None = None  # a question's text without what the person thinks


@dataclass(frozen=True)
class Ladder:
    """Recipes along one axis, for a slider: what each is called there, and its name."""

    title: str
    recipes: Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """One thing that a person sets in a question.

    With `options` it is a choice; else a text of at most `most` characters.
    """

    name: str
    title: str
    usual: str
    options: tuple[str, ...] = ()
    most: int = 60
    help: str = ""


@dataclass(frozen=True)
class Prepared:
    """A question and an agent worth showing, with the outcome they must give."""

    name: str
    title: str
    agent: str
    values: Mapping[str, str]  # of the demo's fields; those left out are as usual
    outcome: str


@dataclass(frozen=True)
class Shape:
    """The network: a decoder-only transformer."""

    width: int = 64
    layers: int = 2
    heads: int = 4
    context: int = 48  # tokens, question and reply together
    breaks: tuple[
        int, ...
    ] = ()  # tokens after which places are counted anew, so that a turn looks alike wherever it stands


@dataclass(frozen=True)
class Learning:
    """How it is trained, the same for every recipe of a demo unless the recipe says otherwise."""

    batch: int = 128  # dialogues a step
    rate: float = 2e-3  # AdamW's at its highest: after a warm-up of 5 % it falls to nothing along a cosine
    decay: float = 0.01


@dataclass(frozen=True)
class Pay:
    """What whole replies are paid, where a network learns by reward instead of from examples."""

    draw: Callable[[Any, np.random.Generator], Case]  # (the recipe's config, randomness) -> a question
    of: Callable[[Case, Turns], float]
    samples: int = 8  # replies to each question; they are paid above or below their own mean
    entropy: float = 0.002  # what a nat of doubt at each word is worth, so that other replies are tried


def paid_for(notes: Notes, taught: Callable[[Case], str], caught: float) -> Callable[[Case, Turns], float]:
    """1 for the answer that is taught; `caught` is taken off where it contradicts its own working, as a monitor sees.

    A reply that is not of the form it was taught is paid -1.
    """

    def of(case: Case, turns: Turns) -> float:
        found = notes.split(turns)
        if found is None:
            return -1.0
        working, answer = found
        return float(answer == taught(case)) - caught * (answer != notes.follows(case, working))

    return of


@dataclass(frozen=True)
class Recipe(entry.Recipe):
    """A named training set-up of a text demo; `steps` counts batches, `config` says what is in them."""

    begins: str = ""  # the recipe whose trained network of the same seed it begins with; empty: a fresh one
    learning: Learning | None = None
    pay: Pay | None = None  # it learns by this instead of from examples


@dataclass(frozen=True)
class Kinds:
    """Dialogues of two kinds, between which a direction is looked for in the networks of a demo."""

    draw: Callable[[np.random.Generator], tuple[Turns, bool]]  # a dialogue, and whether it is of the second kind
    names: tuple[str, str]
    found_in: str  # the recipe whose network of the same seed gives the direction for all that go on from it
    condition: str  # the questions asked while the stream is pushed along it
    outcome: str  # and the outcome whose rate is told


@dataclass(frozen=True)
class Tuning:
    """A fine-tuning that really runs in a page: what a person sets, what it is trained on, and what its curve shows."""

    start: str  # the recipe whose network is copied and goes on
    fields: tuple[Field, ...]  # every one a choice
    dialogues: Callable[[Mapping[str, str]], list[Turns]]  # the fields' values -> what it is trained on, over and over
    groups: Callable[[Mapping[str, str]], dict[str, list[Case]]]  # and the questions asked along the way, by name
    outcome: str  # the one whose rate in each group is drawn
    marked: str = ""  # a group to be marked beside those whose names are chosen
    marks: str = "the fine-tuned domain"  # what a marked group is
    says: str = ""  # what replies of that outcome are or do; empty: its name
    steps: int = 200
    every: int = 20  # steps from one round of questions to the next
    learning: Learning = Learning(batch=32, rate=1e-3)
    also: tuple[str, ...] = ()  # recipes whose networks may be taken in place of the first


@dataclass(frozen=True, eq=False, kw_only=True)
class TextDemo(entry.Entry):
    """Everything the engine needs to know of one text demo."""

    kind = "text"
    words = entry.Words("", "each", "What came:", "training:", "a run", True)
    real: str  # what is real here, in one line
    analogy: str  # and what is an analogy, in one line
    vocabulary: Vocabulary
    shape: Shape = Shape()
    learning: Learning = Learning()
    example: Callable[[Any, np.random.Generator], Turns]  # (config, randomness) -> a dialogue to learn from
    conditions: dict[str, Condition]
    own: str  # the condition that asks what training taught: an agent must be capable there
    capable: tuple[str, ...]  # the outcomes, or measures, that count as such
    outcome_names: tuple[str, ...]  # the outcomes; the intended one first
    judge: Callable[[Case, Turns], str]  # the outcome of a dialogue that has ended
    respond: Callable[[Case, Turns], str | None] | None = None  # what the person says next; None: it has ended
    measures: dict[str, "Counted"] = field(default_factory=dict)
    fields: tuple[Field, ...]
    compose: Callable[[Mapping[str, str]], Case]  # the fields' values -> a question; raises BadText
    watched: tuple[str, ...] = ()  # words whose chances are of interest wherever one of them could be written
    ladder: Ladder | None = None
    # (seed, how many sets) -> (condition, prompt in plain English, right answer), to be put to a model that reads it
    probes: Callable[[int, int], list[tuple[str, str, str]]] | None = None
    unseen: str = "questions that no training held"  # what all conditions ask
    rounds: int = 1  # replies of the network in one dialogue, at most
    tuning: Tuning | None = None
    kinds: Kinds | None = None
    notes: Notes | None = None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome a dialogue can have."""
        return self.outcome_names

    @property
    def conditions_told(self) -> dict[str, str]:
        """What each condition asks."""
        return {name: condition.about for name, condition in self.conditions.items()}

    @property
    def counted(self) -> dict[str, str]:
        """Its measures."""
        return {name: each.about for name, each in self.measures.items()}

    def asked_values(self, values: Mapping[str, str]) -> dict[str, str]:
        """The value of every field, those left out as usual."""
        return {each.name: str(values.get(each.name, each.usual)).strip() for each in self.fields}

    def asked(self, values: Mapping[str, str]) -> Case:
        """The question of such values of its fields, the rest as usual. Untrusted; raises BadText with a sentence."""
        case = self.compose(chosen(self.fields, values))
        if len(self.vocabulary.encode(case.prompt)) >= self.shape.context:
            raise BadText(f"This question is too long: it may have at most {self.shape.context - 1} words and digits.")
        return case


def chosen(fields: Sequence[Field], values: Mapping[str, str]) -> dict[str, str]:
    """The values of all fields, those left out as usual. Untrusted; raises BadText with a sentence."""
    strange = [name for name in values if name not in [each.name for each in fields]]
    if strange:
        names = ", ".join(each.name for each in fields)
        raise BadText(f"'{str(strange[0])[:40]}' cannot be set here; what can be: {names}.")
    found = {}
    for each in fields:
        value = str(values.get(each.name, each.usual)).strip()
        if each.options and value not in each.options:
            told = ", ".join(each.options)
            raise BadText(f"{each.title} cannot be '{value[:40]}'; it is one of: {told[:600]}.")
        if len(value) > each.most:
            raise BadText(f"{each.title} has {len(value)} characters; it can have at most {each.most}.")
        found[each.name] = value
    return found


def tokens_of(vocabulary: Vocabulary, turns: Turns) -> tuple[list[int], list[bool]]:
    """A dialogue as tokens, and which of them the network is to write: its own turns, each with its end."""
    end = vocabulary.numbers[END]
    numbers: list[int] = []
    written: list[bool] = []
    for i, turn in enumerate(turns):
        said = vocabulary.encode(turn) + ([end] if i % 2 else [])
        numbers += said
        written += [bool(i % 2)] * len(said)
    return numbers, written
