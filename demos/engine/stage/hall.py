"""The votes of a hall by phone: one for each phone and question, to be changed until it closes.

A phone is known by a random token and by nothing else; only counts leave this file. The window's thread opens, closes
and reveals, the server's thread votes, so everything is done under one lock. What there is is bounded: `MOST_VOTERS`
tokens in all and `MOST_AT_ADDRESS` from one network address (a hall behind one router), so that nobody fills it alone.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..lessons.talk import HallQuestion

MOST_VOTERS, MOST_AT_ADDRESS = 2000, 500
LATELY = 10.0  # s after which a phone that asked for nothing counts as gone
OPEN, CLOSED, REVEALED, NOTHING = "open", "closed", "revealed", "nothing"


class Refused(ValueError):
    """A vote or request that is not taken; the message is one sentence, `status` the HTTP status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Poll:
    """A question put to the hall: whether it is open, and what each token chose."""

    question: HallQuestion
    state: str = OPEN
    chosen: dict[str, int] = field(default_factory=dict)


class Hall:
    """The questions put so far, by name, and the one that is on."""

    def __init__(self, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.title, self._clock = title, clock
        self._lock = threading.Lock()
        self._polls: dict[str, Poll] = {}
        self._on = ""
        self._voters: set[str] = set()
        self._at_address: Counter[str] = Counter()
        self._seen: dict[str, float] = {}

    # --- the window's side

    def open(self, name: str, question: HallQuestion) -> None:
        """Put a question; it opens again unless its answer was shown."""
        with self._lock:
            poll = self._polls.setdefault(name, Poll(question))
            self._close()
            self._on = name
            if poll.state != REVEALED:
                poll.state = OPEN

    def close(self, name: str, question: HallQuestion) -> None:
        """Take no more votes on a question, which stays on."""
        with self._lock:
            self._polls.setdefault(name, Poll(question))
            self._close()
            self._on = name
            self._close()

    def reveal(self, name: str, question: HallQuestion) -> None:
        """Show the answer of a question; from now on nobody can vote on it."""
        with self._lock:
            self._close()
            self._on = name
            self._polls.setdefault(name, Poll(question)).state = REVEALED

    def rest(self) -> None:
        """Nothing is asked."""
        with self._lock:
            self._close()
            self._on = ""

    def counts(self, name: str) -> list[int] | None:
        """The votes for each option of a question; None where it was never put."""
        with self._lock:
            poll = self._polls.get(name)
            if poll is None:
                return None
            number = Counter(poll.chosen.values())
            return [number[i] for i in range(len(poll.question.options))]

    @property
    def here(self) -> int:
        """How many phones have the page open."""
        with self._lock:
            return self._lately()

    def _close(self) -> None:
        poll = self._polls.get(self._on)
        if poll is not None and poll.state == OPEN:
            poll.state = CLOSED

    def _lately(self) -> int:
        since = self._clock() - LATELY
        self._seen = {voter: at for voter, at in self._seen.items() if at > since}
        return len(self._seen)

    # --- the phones' side

    def vote(self, voter: str, address: str, name: str, option: int) -> None:
        """Take a vote, or change it. Raises Refused."""
        with self._lock:
            poll = self._polls.get(name)
            if poll is None or name != self._on:
                raise Refused("This question is over; the page shows the next one by itself.", 409)
            if poll.state != OPEN:
                raise Refused("The vote is closed.", 409)
            if not 0 <= option < len(poll.question.options):
                raise Refused(f"'option' must be a number from 0 to {len(poll.question.options) - 1}.")
            self._admit(voter, address)
            poll.chosen[voter] = option

    def _admit(self, voter: str, address: str) -> None:
        if voter in self._voters:
            return
        if len(self._voters) >= MOST_VOTERS or self._at_address[address] >= MOST_AT_ADDRESS:
            raise Refused("The hall is full: no more phones can vote.", 503)
        self._voters.add(voter)
        self._at_address[address] += 1

    def shown(self, voter: str | None) -> dict[str, Any]:
        """What the phone of this token shows: `name` of the question that is on, `state`, `ask`, `options`, what it
        chose (`mine`), and once it is revealed the option that came true (`answer`)."""
        with self._lock:
            if voter is not None and (len(self._seen) < MOST_VOTERS or self._lately() < MOST_VOTERS):
                self._seen[voter] = self._clock()
            poll = self._polls.get(self._on)
            if poll is None:
                return {"name": "", "state": NOTHING, "title": self.title}
            told = {
                "name": self._on, "state": poll.state, "title": self.title, "ask": poll.question.ask,
                "options": poll.question.options, "mine": poll.chosen.get(voter or ""),
            }  # fmt: skip
            return told | ({"answer": poll.question.answer} if poll.state == REVEALED else {})
