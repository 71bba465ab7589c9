"""Trainings that visitors order on pages: in a process of their own, one at a time, in the order they came.

What is written in a folder (`study/worker.py`) is all that page and process know of each other.
"""

import logging
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from ..files import write_text
from ..study.worker import ORDER, Job
from . import shared

PATIENCE = 120.0  # s that a training is given to stop by itself
LONGEST = 1200.0  # s that one may take
UNSEEN = 30.0  # s without a look, after which one that waits loses its place
MOST = 20  # in the queue
POLL = 0.2  # s
LOG = logging.getLogger("goalmisgen")

Begin = Callable[["Ticket"], "subprocess.Popen[bytes]"]


class Ticket:
    """One training that somebody ordered: its folder, which goes when nobody holds the ticket any more.

    `seen`: when a page last asked for it; `over`: whether it left the queue, trained or not; `failed`: whether its
    process ended with an error.
    """

    def __init__(self, order: Job) -> None:
        self.order, self.folder = order, Path(tempfile.mkdtemp(prefix="goalmisgen-training-"))
        write_text(self.folder / ORDER, order.model_dump_json())
        self.seen, self.over, self.failed = time.monotonic(), True, False
        self.stopping = threading.Event()
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


class Queue:
    """The trainings of all visitors of a server. `begin`: starts the process for a ticket."""

    def __init__(self, begin: Begin) -> None:
        self.begin, self.lock = begin, threading.Lock()
        self.tickets: list[Ticket] = []  # the first is trained
        self.thread: threading.Thread | None = None

    def join(self, ticket: Ticket) -> bool:
        """Put a ticket at the end, also one that was stopped, to go on; False where the queue is full."""
        with self.lock:
            if ticket in self.tickets or len(self.tickets) >= MOST:
                return ticket in self.tickets
            ticket.seen, ticket.over, ticket.failed = time.monotonic(), False, False
            ticket.stopping.clear()
            self.tickets.append(ticket)
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, daemon=True)
                self.thread.start()
            return True

    def place(self, ticket: Ticket) -> int:
        """How many are before it; to be asked now and then, or one that waits loses its place."""
        with self.lock:
            ticket.seen = time.monotonic()
            return self.tickets.index(ticket) if ticket in self.tickets else 0

    def stop(self, ticket: Ticket) -> None:
        """Let a training end soon, and keep what it has; one that waits leaves the queue at once."""
        ticket.stopping.set()
        with self.lock:
            if ticket in self.tickets[1:]:
                self._out(ticket)

    def _out(self, ticket: Ticket) -> None:
        self.tickets.remove(ticket)
        ticket.over = True

    def _first(self) -> Ticket | None:
        """Whose turn it is, after those that nobody asks for any more have left."""
        with self.lock:
            for ticket in list(self.tickets):
                if ticket.stopping.is_set() or time.monotonic() - ticket.seen > UNSEEN:
                    self._out(ticket)
            if not self.tickets:
                self.thread = None
                return None
            return self.tickets[0]

    def _work(self) -> None:
        while ticket := self._first():
            try:
                with shared.next_turn():
                    if not ticket.stopping.is_set():
                        self._train(ticket)
            except OSError as error:
                LOG.warning("A training could not be started: %s", error)
                ticket.failed = True
            finally:
                with self.lock:
                    self._out(ticket)

    def _train(self, ticket: Ticket) -> None:
        """Start the process and wait for it; asked to stop, or after too long, its standard input ends."""
        process, began = self.begin(ticket), time.monotonic()
        assert process.stdin is not None
        asked = 0.0
        with process:
            while process.poll() is None:
                ticket.stopping.wait(POLL) if not asked else time.sleep(POLL)
                now = time.monotonic()
                if not asked and (ticket.stopping.is_set() or now - began > LONGEST):
                    process.stdin.close()
                    asked = now
                elif asked and now - asked > PATIENCE:
                    process.kill()
        ticket.failed = process.returncode != 0 and not ticket.stopping.is_set()


def start(ticket: Ticket) -> "subprocess.Popen[bytes]":
    """The process that carries out an order. It is no fork of this one, whose main module is a page."""
    command = [sys.executable, "-P", "-m", ticket.order.worker, str(ticket.folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


QUEUE = Queue(start)
