"""Votes by phone in a talk: what the hall is asked at each beat, and the bars that grow on the stage."""

from ..lessons.talk import HallQuestion
from ..lessons.vote import Vote
from .hall import Hall

GROWTH = 5.0  # how fast bars grow: the share of what is lacking, a second
OPENS, CLOSES, REVEALS = "opens", "closes", "reveals"


class Polling:
    """The hall of a talk, the address where its phones find it, and whether the bars are shown."""

    def __init__(self, hall: Hall, address: str) -> None:
        self.hall, self.address = hall, address
        self.bars = False
        self.grown: list[float] = []  # the shares that the bars have come to

    def put(self, name: str, question: HallQuestion | None, does: str) -> None:
        """Open a question to the hall, close it or reveal its answer; without one the phones rest.

        The bars are hidden while it is open, so that nobody follows the others, until the lecturer shows them.
        """
        self.bars = does != OPENS
        if question is None:
            self.hall.rest()
        elif does == OPENS:
            self.grown = [0.0] * len(question.options)
            self.hall.open(name, question)
        elif does == CLOSES:
            self.hall.close(name, question)
        else:
            self.hall.reveal(name, question)

    def count(self, name: str, vote: Vote, seconds: float) -> None:
        """Take in the votes of the phones, and let the bars grow."""
        vote.phones = self.hall.counts(name) or vote.phones
        shares = vote.shares if self.bars else [0.0] * len(vote.options)
        grown = self.grown if len(self.grown) == len(shares) else [0.0] * len(shares)
        step = min(1.0, GROWTH * seconds)
        self.grown = [was + (share - was) * step for was, share in zip(grown, shares, strict=True)]
