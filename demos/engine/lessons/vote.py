"""A vote of the audience: a question, options, and counts that are typed in; and the tally over several votes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_DIGITS = 4
NEXT, DONE = ("tab", "space"), ("return", "enter", "page down")


@dataclass
class Vote:
    """One question; `counts` are the digits typed so far, `at` is the option they go to."""

    ask: str
    options: tuple[str, ...]
    counts: list[str] = field(default_factory=list)
    at: int = 0

    def __post_init__(self) -> None:
        self.counts = self.counts or [""] * len(self.options)

    @property
    def numbers(self) -> list[int]:
        """The counts; nothing typed is 0."""
        return [int(digits or 0) for digits in self.counts]

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
