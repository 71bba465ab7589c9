"""What the presenter's page shows: the notes, what comes next, and the clock against the plan.

The window's thread tells, the server's thread reads; what the page wishes for goes the other way, through a queue.
"""

import queue
import secrets
from typing import TYPE_CHECKING, Any

from ..lessons.talk import Talk

if TYPE_CHECKING:
    from .present import Presentation

LATE = 20.0  # s over the plan after which the clock says so
WISHES = 50  # that can wait


class Prompter:
    """The link between a presentation and its presenter's page, whose address holds a key nobody can guess."""

    def __init__(self) -> None:
        self.key = secrets.token_urlsafe(9)
        self.told: dict[str, Any] = {}
        self._wishes: queue.Queue[str] = queue.Queue(WISHES)

    def wish(self, what: str) -> None:
        """Ask for something to be done; forgotten where too much waits."""
        if not self._wishes.full():
            self._wishes.put_nowait(what)

    def exchange(self, stage: "Presentation") -> None:
        """Do what was asked for, and tell what is on now."""
        while not self._wishes.empty():
            obey(stage, self._wishes.get_nowait())
        self.told = prompt(stage)


def plan(talk: Talk) -> list[float]:
    """The second at which each step should begin, and the talk's end.

    Steps that do not say so share the time between those that do evenly.
    """
    known = [(0, 0.0)] + [(i, float(step.at)) for i, step in enumerate(talk.steps) if step.at is not None and i]
    known.append((len(talk.steps), 60.0 * talk.minutes))
    times: list[float] = []
    for (i, begins), (j, ends) in zip(known, known[1:], strict=False):
        each = max(0.0, ends - begins) / (j - i)
        times += [begins + each * n for n in range(j - i)]
    return [*times, known[-1][1]]


def prompt(stage: "Presentation") -> dict[str, Any]:
    """What the page shows of a presentation as it stands, as JSON."""
    times, number, coming = plan(stage.talk), stage.number, stage.coming
    told: dict[str, Any] = {
        "title": stage.talk.title, "number": number + 1, "steps": [step.title for step in stage.talk.steps],
        "times": times, "clock": round(stage.elapsed), "running": stage.began,
        "late": stage.elapsed > times[number + 1] + LATE,
        "step": stage.step.title, "beat": stage.beat, "text": stage.step.text, "notes": stage.step.notes,
        "blank": stage.blank, "live": stage.live is not None,
    }  # fmt: skip
    if coming > stage.at:
        then, beat = stage.beats[coming]
        told["next"] = {"beat": beat, "step": stage.talk.steps[then].title, "new": then != number}
    question, vote = stage.asked, stage.vote
    if question is not None and vote is not None:
        told["vote"] = {"ask": question.ask, "options": question.options, "numbers": vote.numbers}
        told["vote"] |= {"answer": question.answer, "reveal": question.reveal}
    if stage.polling is not None:
        polling = stage.polling
        told["polling"] = {"address": polling.address, "here": polling.hall.here, "bars": polling.bars}
    return told


def obey(stage: "Presentation", wish: str) -> None:
    """Do what the page wishes for: next, back, `go STEP`, black, bars, join, clock; what is not possible is let be."""
    what, _, number = wish.partition(" ")
    if what in ("next", "back", "go") and stage.live is not None:
        stage.back_to_script()
        stage.go(stage.coming if what == "next" else stage.at)
    elif what in ("next", "back") and stage.covered:
        stage.uncover()
    elif what in ("next", "back"):
        stage.go(stage.coming if what == "next" else stage.beside(-1))
    elif what == "go" and number.isdecimal() and (int(number) - 1, stage.beats[0][1]) in stage.beats:
        stage.uncover()
        stage.go(stage.beats.index((int(number) - 1, stage.beats[0][1])))
    elif what == "black":
        stage.blank = not stage.blank
    elif what == "bars" and stage.polling is not None:
        stage.polling.bars = not stage.polling.bars
    elif what == "join" and stage.polling is not None:
        stage.joining = not stage.joining
    elif what == "clock":
        stage.start_clock()
