"""A talk on stage: step by step with a clicker, back at any time, each step to be taken over live and returned from.

Steps go by beats: what is said, what is asked (a vote can be counted), the run, what is revealed, perhaps a second vote
and what came of it, what was measured. With `polling` phones vote as well, with a `prompter` the presenter has a page.
Recorded runs are replayed; only taking over loads agents. Like `Show`, this needs no screen; `page.draw` draws it.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pygame

from ..agents import run_files
from ..agents.pretrained import AgentError, agent_names, load_agent
from ..agents.run_grid import Run
from ..lessons.talk import HallQuestion, Rates, Talk, TalkStep
from ..lessons.tasks_grid import holds
from ..lessons.vote import Vote, handles
from ..rules.edit import BadLevel
from ..rules.level import Level
from .polling import CLOSES, OPENS, REVEALS, Polling
from .prompter import Prompter
from .reel import Reel
from .stage import NOTICE, Show

SAY, ASK, RUN, REVEAL, AGAIN, AFTER, MEASURED = "say", "ask", "run", "reveal", "again", "after", "measured"
FIRST, SECOND = (ASK, RUN, REVEAL), (AGAIN, AFTER)  # the beats in which each vote of a step is on
ENDED = (REVEAL, *SECOND, MEASURED)  # the beats in which runs have ended
ENDS = "Esc once more ends the talk."
ROWS = 6  # of measured rates at a time
NEXT = ("page down", "space", "right", "down", "return", "enter")
BACK = ("page up", "left", "up")
LIVE_ENDS = ("return", "enter", "c", "escape", "page down")  # the last one goes on at once
KEYS = (
    ("PgDn, Space", "next (also right, Enter)"),
    ("PgUp, left", "back"),
    ("Home or F5, End", "first step, last step"),
    ("digits", "a vote; Tab: next option"),
    ("v", "votes by phone: show the bars"),
    ("q", "votes by phone: code and address"),
    ("c", "take over live, and return"),
    ("r", "the run once more"),
    ("o", "run on from where it was decided"),
    ("p", "pause the run, go on"),
    ("+ and -", "faster, slower"),
    ("b or .", "black screen, and back"),
    ("f", "full screen, window"),
    ("? or h", "these keys"),
    ("Esc, twice", "quit"),
)


@dataclass
class Scripted:
    """The runs on stage and the level as the script put it: what conditions look at."""

    runs: list[Run]
    origin: Level


def beats_of(step: TalkStep) -> list[str]:
    """The beats of a step, in order."""
    there = {SAY: True, ASK: step.options, RUN: step.moves, REVEAL: step.options or step.reveal}
    there |= dict.fromkeys(SECOND, step.again)
    pages = -(-len(step.rates) // ROWS) if rates_apart(step) else 0
    return [beat for beat, has in there.items() if has] + [MEASURED] * pages


def rates_apart(step: TalkStep) -> bool:
    """Whether measured rates come after what a step shows, or on several pages; else they stand in all its beats."""
    return step.shown or len(step.rates) > ROWS


def staged(step: TalkStep) -> Show | Reel:
    """What a step shows, at its beginning."""
    if not step.runs:
        return Reel(step.transcripts)
    show = Show(step.runs[0].demo, [], 0, False, level=step.runs[0].first, runs=list(step.runs))
    show.scripted = True
    for pane in show.panes:
        pane.person_from, pane.stops = -1, True
    return show


class Presentation:
    """A talk and where it stands: `handle` events, `advance` time; `page.draw` draws it."""

    def __init__(
        self, talk: Talk, fullscreen: bool = False, number: int = 1,
        polling: Polling | None = None, prompter: Prompter | None = None,
    ) -> None:  # fmt: skip
        """`number`: the step to begin with, from 1; `polling`: votes by phone; `prompter`: the presenter's page."""
        self.talk, self.fullscreen = talk, fullscreen
        self.polling, self.prompter = polling, prompter
        self.joining = polling is not None  # whether code and address cover the talk
        self.keep: Callable[[], object] = lambda: None  # called whenever the talk goes on, so that no vote is lost
        self._began: float | None = None  # when the talk left its first beat
        self.beats = [(i, beat) for i, step in enumerate(talk.steps) for beat in beats_of(step)]
        self.at = self.beats.index((number - 1, SAY))
        self.running, self.blank, self.help, self.paused = True, False, False, False
        self.notice, self.notice_left = "", 0.0
        self.live: Show | None = None  # while a step is taken over
        self.done: set[tuple[int, int]] = set()  # tasks carried out live, as (step, which of its tasks)
        self.votes = {i: Vote(step.ask, step.options) for i, step in enumerate(talk.steps) if step.options}
        self.again = {i: Vote(s.again.ask, s.again.options) for i, s in enumerate(talk.steps) if s.again}
        self._shows: dict[int, Show | Reel] = {}
        self._pool = ThreadPoolExecutor(1)
        self._coming: Future[tuple[Show, str]] | None = None

    @property
    def number(self) -> int:
        """Which step it is, from 0."""
        return self.beats[self.at][0]

    @property
    def step(self) -> TalkStep:
        """The step that is on."""
        return self.talk.steps[self.number]

    @property
    def beat(self) -> str:
        """What is on of the step: `SAY`, `ASK`, `RUN` or `REVEAL`."""
        return self.beats[self.at][1]

    @property
    def asked(self) -> HallQuestion | None:
        """The question of the vote that is on."""
        return self.step.question if self.beat in FIRST else self.step.again if self.beat in SECOND else None

    @property
    def vote(self) -> Vote | None:
        """The vote that is on."""
        return (self.again if self.beat in SECOND else self.votes).get(self.number) if self.asked else None

    @property
    def began(self) -> bool:
        """Whether the talk has left its first beat, from where its clock counts."""
        return self._began is not None

    @property
    def elapsed(self) -> float:
        """Seconds on the talk's clock."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def start_clock(self) -> None:
        """Count from now."""
        self._began = time.monotonic()

    def counted(self) -> list[tuple[int, int, Vote, int | None]]:
        """Votes that anybody took part in: number of the step, which of its votes, the vote, what came true."""
        both = ((1, self.votes, lambda step: step.answer), (2, self.again, lambda step: step.again.answer))
        found = [(i + 1, n, vote, of(self.talk.steps[i])) for n, votes, of in both for i, vote in votes.items()]
        return sorted((each for each in found if sum(each[2].numbers)), key=lambda each: each[:2])

    @property
    def rates(self) -> tuple[Rates, ...]:
        """The measured rates that are on."""
        if not rates_apart(self.step):
            return self.step.rates
        first = ROWS * (self.at - self.beats.index((self.number, MEASURED))) if self.beat == MEASURED else 0
        return self.step.rates[first : first + ROWS] if self.beat == MEASURED else ()

    @property
    def show(self) -> Show | Reel | None:
        """What the step shows, as it was recorded: runs, or a reel of dialogues or choices; None where it has none."""
        if self.step.shown and self.number not in self._shows:
            self._shows[self.number] = staged(self.step)
        show = self._shows.get(self.number)
        if show is not None:
            show.blind = self.step.blind and self.beat not in ENDED
        return show

    @property
    def coming(self) -> int:
        """The beat that comes next; the present one where none does."""
        return self.beside(1)

    def beside(self, by: int) -> int:
        """The next beat (`by` 1) or the one before (-1), without answers that nobody gave; else the present one."""
        for at in range(self.at + by, len(self.beats) if by > 0 else -1, by):
            if self._wanted(self.beats[at][0]):
                return at
        return self.at

    def _wanted(self, number: int) -> bool:
        """Whether a step is to be seen: what is said to an answer is, where somebody gave it."""
        chosen = self.talk.steps[number].chosen
        asked = max((i for i in self.votes if i < number), default=None)
        if chosen is None or asked is None:
            return True
        numbers = self.votes[asked].numbers
        return chosen < len(numbers) and numbers[chosen] > 0

    def go(self, at: int) -> None:
        """Go to a beat; runs begin there, or have ended."""
        self.at, self.paused = min(max(at, 0), len(self.beats) - 1), False
        if self._began is None:
            self.start_clock()
        self._put()
        self.keep()
        if self.show is not None:
            if isinstance(self.show, Show):
                for pane in self.show.panes:
                    pane.stops = True
            self.show.clock = float(self.show.last) if self.beat in ENDED else 0.0

    def _put(self) -> None:
        """Tell the hall what is on."""
        if self.polling is not None:
            does = OPENS if self.beat in (ASK, AGAIN) else CLOSES if self.beat == RUN else REVEALS
            self.polling.put(self._name, self.asked, does)

    @property
    def _name(self) -> str:
        """What the hall calls the vote that is on."""
        return f"{self.number + 1}.{2 if self.beat in SECOND else 1}"

    @property
    def covered(self) -> bool:
        """Whether something covers the talk, which any key takes away."""
        return self.blank or self.help or self.joining

    def uncover(self) -> None:
        """Show the talk again."""
        self.blank = self.help = self.joining = False

    # --- taking over

    def take_over(self) -> None:
        """Load the agents of the step and go on live from where its runs are; until then the talk stays as it is."""
        if self.show is None:
            self.say("This step has no run to take over.")
        elif isinstance(self.show, Reel):
            page = self.show.transcripts[0].demo.title
            self.say(f"This can be taken over in the app (goalmisgen app), on the page '{page}'.")
        elif self._coming is None:
            self._coming = self._pool.submit(self._alive, self.step.runs, self.show)

    def _alive(self, recorded: tuple[Run, ...], scripted: Show) -> tuple[Show, str]:
        """A window on the same runs with their agents loaded, and a sentence to say. Raises AgentError or BadLevel."""
        demo, agents, says = recorded[0].demo, [], "Live: c returns to the script."
        for run in recorded:
            if run.actor is None:
                raise AgentError("This run was recorded without an agent, so it cannot be taken over.")
            agents.append(load_agent(demo, run.actor))
            if agents[-1].digest != run.digest:
                says = f"The weights of {run.actor} are not those of the recording: live it may act otherwise."
        pairs = zip(recorded, agents, strict=True)
        runs = [run_files.replayed(run_files.data(run), demo, agent) for run, agent in pairs]
        shifted = bool(demo.in_training(runs[0].first, demo.training))
        show = Show(demo, agent_names(demo), max(int(runs[0].first.seed), 0), shifted, level=runs[0].first, runs=runs)
        show.clock, show.blind, show.speed = min(scripted.clock, float(show.last)), scripted.blind, scripted.speed
        return show, says

    def back_to_script(self) -> None:
        """Leave what was done live; the step stands where it was."""
        if self.live is not None:
            self.live.close()
            self.live = None

    def _collect(self) -> None:
        if self._coming is not None and self._coming.done():
            coming, self._coming = self._coming, None
            try:
                self.live, says = coming.result()
                self.live.fullscreen = self.fullscreen
                self.live.say(says)
            except (AgentError, BadLevel) as error:
                self.say(str(error))

    def settle(self) -> None:
        """Wait until nothing is being computed any more."""
        if self._coming is not None:
            self._coming.exception()
            self._collect()
        if self.live is not None:
            self.live.settle()

    def close(self) -> None:
        """Stop computing."""
        for show in (*self._shows.values(), self.live):
            if isinstance(show, Show):
                show.close()
        self._pool.shutdown(cancel_futures=True)

    # --- time and events

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._collect()
        self.notice_left = max(0.0, self.notice_left - seconds)
        if self.polling is not None and self.vote is not None:
            self.polling.count(self._name, self.vote, seconds)
        if self.prompter is not None:
            self.prompter.exchange(self)
        if self.live is not None:
            self.live.advance(seconds)
            self._tick_off(self.live)
        elif self.show is not None and self.beat == RUN and not (self.covered or self.paused):
            self.show.advance(seconds)

    def _tick_off(self, live: Show) -> None:
        """Note which of the step's tasks are done: their condition holds on the runs, as far as they are shown."""
        if self.step.tasks and not live.busy and live.clock >= live.panes[0].run.decided:
            scripted = Scripted([pane.run for pane in live.panes], self.step.runs[0].first)
            self.done |= {(self.number, i) for i, (_, until) in enumerate(self.step.tasks) if holds(until, scripted)}

    @property
    def task(self) -> tuple[str, bool] | None:
        """The first of the step's tasks that is not done, else the last, and whether it is done; None without one."""
        for i, (task, _) in enumerate(self.step.tasks):
            if (self.number, i) not in self.done:
                return task, False
        return (self.step.tasks[-1][0], True) if self.step.tasks else None

    def say(self, sentence: str) -> None:
        """Show a sentence for some seconds."""
        self.notice, self.notice_left = sentence, NOTICE

    def handle(self, event: pygame.event.Event) -> None:
        """Take in one event."""
        if event.type == pygame.QUIT:
            self.running = False
        elif self.live is not None:
            self._handle_live(self.live, event)
        elif event.type == pygame.KEYDOWN:
            self._key(pygame.key.name(event.key), getattr(event, "unicode", ""))
        elif event.type == pygame.MOUSEBUTTONDOWN and self.show is not None and not self.covered:
            self.say("This is a recording; c takes over, then drag." if self.step.runs else "This is a recording.")

    def _handle_live(self, live: Show, event: pygame.event.Event) -> None:
        ends = event.type == pygame.KEYDOWN and pygame.key.name(event.key) in LIVE_ENDS
        if ends and not (live.holding or live.sheet or live.blank):
            self.back_to_script()
            if pygame.key.name(event.key) == "page down":
                self.go(self.coming)
            return
        live.handle(event)
        self.fullscreen = live.fullscreen
        if not live.running:
            self.back_to_script()

    def _key(self, name: str, typed: str) -> None:
        if self.covered:  # any key shows the talk again
            self.uncover()
            return
        digit = typed if typed.isdecimal() else name
        if self.beat in (ASK, AGAIN) and self.vote is not None and handles(digit):
            if self.vote.key(digit):
                self.go(self.coming)
        elif name in NEXT:
            self.go(self.coming)
        elif name in BACK:
            self.go(self.beside(-1))
        elif name in ("home", "f5", "end"):
            self.go(0 if name != "end" else next(i for i, (n, _) in enumerate(self.beats) if n == self.beats[-1][0]))
        elif typed == "c":
            self.take_over()
        elif typed == "r" and (self.number, RUN) in self.beats:
            self.go(self.beats.index((self.number, RUN)))
        elif typed == "o" and self.beat == RUN and isinstance(self.show, Show) and self.show.decided:
            self.show.run_on()
        elif typed == "p":
            self.paused = not self.paused
        elif typed in ("+", "=", "-") and self.show is not None:
            self.show.faster(-1 if typed == "-" else 1)
        elif typed in ("b", "."):
            self.blank = True
        elif typed == "v" and self.polling is not None:
            self.polling.bars = not self.polling.bars
        elif typed == "q" and self.polling is not None:
            self.joining = True
        elif typed == "f":
            self.fullscreen = not self.fullscreen
        elif typed in ("?", "h"):
            self.help = True
        elif name == "escape":
            self.running = self.notice != ENDS or self.notice_left <= 0
            self.say(ENDS)
