"""A vote of the audience: a question, options, and counts, typed or sent by phone; and the tally over several votes."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_DIGITS = 4
NEXT, DONE = ("tab", "space"), ("return", "enter", "page down")


@dataclass
class Vote:
    """One question; `counts` are the digits typed so far, `at` is the option they go to, `phones` votes by phone."""

    ask: str
    options: tuple[str, ...]
    counts: list[str] = field(default_factory=list)
    at: int = 0
    phones: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = self.counts or [""] * len(self.options)
        self.phones = self.phones or [0] * len(self.options)

    @property
    def typed(self) -> list[int]:
        """The counts that were typed; nothing typed is 0."""
        return [int(digits or 0) for digits in self.counts]

    @property
    def numbers(self) -> list[int]:
        """The counts, typed and by phone."""
        return [typed + sent for typed, sent in zip(self.typed, self.phones, strict=True)]

    @property
    def shares(self) -> list[float]:
        """Each option's share of the votes, from 0 to 1; all 0 where nobody voted."""
        return [number / max(sum(self.numbers), 1) for number in self.numbers]

    def key(self, name: str) -> bool:
        """Take in a key by its name; True if the vote is done with it.

        Digits add to the count of the present option; Tab or Space goes to the next one, after the last one (and
        before anything was typed) Space is done; Enter and Page Down are done.
        """
        digit = name.strip("[]")  # keys of the number block are called [1]
        if len(digit) == 1 and digit.isdecimal():
            self.counts[self.at] = (self.counts[self.at] + digit)[:MOST_DIGITS]
        elif name == "backspace":
            self.counts[self.at] = self.counts[self.at][:-1]
        elif name == "space" and (self.at == len(self.options) - 1 or not any(self.counts)):
            return True
        elif name in NEXT:
            self.at = (self.at + 1) % len(self.options)
        return name in DONE

    def against(self, answer: int | None) -> str:
        """The vote set against the option that came true (None: none of them did), in one sentence."""
        came = "None of these came true" if answer is None else f"'{self.options[answer]}' came true"
        if not sum(self.numbers):
            return f"{came}."
        right = 0 if answer is None else self.numbers[answer]
        return f"{came}: {right} of {sum(self.numbers)} had said so ({share(right, sum(self.numbers))})."


def handles(name: str) -> bool:
    """Whether a vote being typed takes this key."""
    digit = name.strip("[]")
    return name in (*NEXT, *DONE, "backspace") or (len(digit) == 1 and digit.isdecimal())


def share(part: int, whole: int) -> str:
    """A percentage of a count, in words."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def tally(votes: Sequence[tuple[Vote, int | None]]) -> tuple[int, int]:
    """Over votes and the options that came true: how many guesses were right, and how many there were."""
    right = sum(vote.numbers[answer] for vote, answer in votes if answer is not None)
    return right, sum(sum(vote.numbers) for vote, _ in votes)


COLUMNS = ("step", "vote", "question", "option", "came_true", "by_phone", "typed")


def as_csv(votes: Iterable[tuple[int, int, Vote, int | None]]) -> str:
    """A row for each option of each vote: (number of its step, which vote of it, the vote, the option that came true).

    `came_true` is yes or no, and empty where no option is right.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for step, number, vote, answer in votes:
        for i, option in enumerate(vote.options):
            true = "" if answer is None else "yes" if i == answer else "no"
            rows.writerow((step, number, _plain(vote.ask), _plain(option), true, vote.phones[i], vote.typed[i]))
    return text.getvalue()


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
