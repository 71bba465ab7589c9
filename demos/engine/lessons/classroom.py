"""Classes: how many guessed what, which steps are closed, and the puzzle that was sent; in one SQLite file for all.

Whoever opens a class gets two codes: one to tell the class, by which one joins it, and a secret one, by which one is
its teacher. A member is a random number. What there is to a class goes with it: by the teacher's word,
or `DAY` seconds after it began, at whatever is asked of the file next. Several processes use the file at once, each in
short transactions. No Streamlit in here.
"""

import hashlib
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from filelock import FileLock

from ..agents.run_spec import MOST_CHARACTERS, parse_run
from ..rules.boundary import boundary
from ..rules.edit import BadLevel
from .catalogue import world_named
from .lesson import Lesson, Step
from .worksheet import items, lessons

Puzzle = dict[str, str]  # the query of a puzzle's page: demo, agent (its mark) and run
DAY = 86_400.0
MOST_CLASSES, MOST_MEMBERS = 50, 200  # of the file, and of a class
MOST_BYTES = 64_000_000  # of the file
PAGE_BYTES = 4096
MOST_ADDRESS = 4 * MOST_CHARACTERS
PATIENCE = 10.0  # s that a transaction waits for others
COUNTED = ("predict", "quiz")  # kinds of items; a poll is a prediction without a right option
WORST = 200  # hundredths of a Brier score: sure of everything, and wrong
SYLLABLES = [consonant + vowel for consonant in "bdklmnrstv" for vowel in "aeiou"]
SPOKEN = 5  # syllables of a code, none of them twice: 254 million codes
SCHEMA = """
CREATE TABLE class (code TEXT PRIMARY KEY, teacher TEXT NOT NULL UNIQUE, begun REAL NOT NULL,
  puzzle TEXT NOT NULL DEFAULT '');
CREATE TABLE member (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL REFERENCES class ON DELETE CASCADE);
CREATE INDEX members ON member (code);
CREATE TABLE guess (member INTEGER NOT NULL REFERENCES member ON DELETE CASCADE, item TEXT NOT NULL,
  option INTEGER NOT NULL, PRIMARY KEY (member, item)) WITHOUT ROWID;
CREATE TABLE closed (code TEXT NOT NULL REFERENCES class ON DELETE CASCADE, step TEXT NOT NULL,
  PRIMARY KEY (code, step)) WITHOUT ROWID;
"""


class ClassError(ValueError):
    """Something about a class that cannot be done; the message is one sentence."""


class NoClass(ClassError):
    """The class is over, or there never was one."""


class Seat(NamedTuple):
    """A member's place in a class: its code, and the member's random number."""

    code: str
    number: str


@dataclass(frozen=True)
class Desk:
    """What a teacher sees of a class but for its guesses; steps are named as `step_name` does."""

    code: str
    members: int
    closed: frozenset[str]
    puzzle: Puzzle | None


def step_name(lesson: Lesson, step: Step) -> str:
    """Names a step among those of all lessons."""
    return f"{lesson.name}/{step.title}"


def seat_of(held: object) -> Seat | None:
    """The seat that a browser holds, written as a list; None where it holds none. Untrusted."""
    if not isinstance(held, list) or len(held) != 2 or not all(isinstance(each, str) for each in held):
        return None
    code, number = held
    try:
        return Seat(spelt(code), number) if re.fullmatch("[0-9a-f]{32}", number) else None
    except NoClass:
        return None


def spelt(text: str) -> str:
    """A code as it is written, of what somebody typed: `banu-kodira`. Untrusted. Raises NoClass."""
    letters = re.sub(r"[^a-z]", "", text[:60].lower())
    if not re.fullmatch(f"(?:{'|'.join(SYLLABLES)}){{{SPOKEN}}}", letters):
        raise NoClass("A class's code is five syllables, as in banu-kodira; your teacher has it.")
    return f"{letters[:4]}-{letters[4:]}"


def puzzle_of(address: str) -> Puzzle:
    """The puzzle that such an address leads to, `/puzzle?demo=...`. Untrusted. Raises ClassError."""
    from ..detect.puzzle import NoPuzzle, marked  # which draws, and so is slow to load

    if len(address) > MOST_ADDRESS:
        raise ClassError(f"The address of a puzzle has at most {MOST_ADDRESS:,} characters.")
    with boundary(ClassError, "This is not the address of a puzzle; make one on a demo's page and copy all of it."):
        parts = urlsplit(address.strip())
        if parts.path.rpartition("/")[2] != "puzzle":
            raise ClassError("This is the address of another page; on a demo's page press *Puzzle (link)*.")
        held = dict(parse_qsl(parts.query, max_num_fields=20))
        query = {name: held[name] for name in ("demo", "agent", "run")}
        demo = world_named(query["demo"])
        try:
            marked(demo, query["agent"])
            parse_run(demo, query["run"])
        except (NoPuzzle, BadLevel) as refused:
            raise ClassError(str(refused)) from None
    return query


class Classes:
    """The classes in a file, which is made when the first one begins. Everything raises ClassError."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path, self._clock = path, clock

    # --- the teacher's side

    def begin(self) -> tuple[str, str]:
        """A new class: its code, and the teacher's secret one."""
        teacher = secrets.token_urlsafe(24)
        spoken = "".join(secrets.SystemRandom().sample(SYLLABLES, SPOKEN))
        code = spelt(spoken)
        with self._changing(new=True) as db:
            if db.execute("SELECT count(*) FROM class").fetchone()[0] >= MOST_CLASSES:
                raise ClassError(f"This server has {MOST_CLASSES} classes at once, and has them; try again later.")
            db.execute(
                "INSERT INTO class (code, teacher, begun) VALUES (?, ?, ?)", (code, _hidden(teacher), self._clock())
            )
        return code, teacher

    def desk(self, teacher: str) -> Desk:
        """What the teacher of this secret code has before them. Raises NoClass."""
        with self._reading() as db:
            code, puzzle = _taught(db, teacher)
            members = db.execute("SELECT count(*) FROM member WHERE code = ?", (code,)).fetchone()[0]
            closed = db.execute("SELECT step FROM closed WHERE code = ?", (code,)).fetchall()
        return Desk(code, members, frozenset(step for (step,) in closed), _read(puzzle))

    def counts(self, teacher: str, names: Sequence[str]) -> dict[str, list[int]]:
        """How many guessed each option of these items. Raises NoClass."""
        with self._reading() as db:
            code, _ = _taught(db, teacher)
            return {name: _counts(db, code, name) for name in names}

    def close(self, teacher: str, step: str, closed: bool = True) -> None:
        """Close a step, or open it again."""
        if step not in {step_name(lesson, each) for lesson in lessons() for each in lesson.taught}:
            raise ClassError("There is no such step in these lessons.")
        with self._changing() as db:
            code, _ = _taught(db, teacher)
            change = (
                "INSERT OR IGNORE INTO closed VALUES (?, ?)"
                if closed
                else "DELETE FROM closed WHERE (code, step) = (?, ?)"
            )
            db.execute(change, (code, step))

    def send(self, teacher: str, puzzle: Puzzle | None) -> None:
        """Send a puzzle to all, in place of the one before; None takes it back."""
        text = json.dumps(puzzle) if puzzle else ""
        with self._changing() as db:
            code, _ = _taught(db, teacher)
            db.execute("UPDATE class SET puzzle = ? WHERE code = ?", (text, code))

    def end(self, teacher: str) -> None:
        """Delete the class and all there is to it."""
        with self._changing() as db:
            code, _ = _taught(db, teacher)
            db.execute("DELETE FROM class WHERE code = ?", (code,))
        self._forget_log()

    # --- a member's side

    def join(self, code: str) -> Seat:
        """A new member of the class of this code, as typed. Raises NoClass."""
        code, number = spelt(code), secrets.token_hex(16)
        with self._changing() as db:
            if not db.execute("SELECT 1 FROM class WHERE code = ?", (code,)).fetchone():
                raise NoClass(f"There is no class {code} here; ask for its code again, or it is over.")
            if db.execute("SELECT count(*) FROM member WHERE code = ?", (code,)).fetchone()[0] >= MOST_MEMBERS:
                raise ClassError(f"The class {code} is full: it has {MOST_MEMBERS} members.")
            db.execute("INSERT INTO member (number, code) VALUES (?, ?)", (number, code))
        return Seat(code, number)

    def leave(self, seat: Seat) -> None:
        """Delete a member, with its guesses."""
        with self._changing() as db:
            db.execute("DELETE FROM member WHERE id = ?", (_member(db, seat),))

    def guess(self, seat: Seat, name: str, option: int) -> None:
        """Note a guess; of several at an item the first one counts. Raises NoClass."""
        item = items().get(name)
        if item is None or item.kind not in COUNTED or not 0 <= option < len(item.options):
            raise ClassError("There is no such question or option in these lessons.")
        with self._changing() as db:
            db.execute("INSERT OR IGNORE INTO guess VALUES (?, ?, ?)", (_member(db, seat), name, option))

    def guessed(self, seat: Seat, name: str) -> list[int] | None:
        """How many of the class guessed each option of an item; None before this member did. Raises NoClass."""
        with self._reading() as db:
            mine = "SELECT 1 FROM guess WHERE member = ? AND item = ?"
            if not db.execute(mine, (_member(db, seat), name)).fetchone():
                return None
            return _counts(db, seat.code, name)

    def score(self, seat: Seat, game: str, hundredths: int) -> None:
        """Note how a member did in a game, `audit/WORLD/SEED`; of several the first one counts. Raises NoClass."""
        if not re.fullmatch(r"audit/[a-z_]{1,40}/\d{1,6}", game) or not 0 <= hundredths <= WORST:
            raise ClassError("There is no such game or score.")
        with self._changing() as db:
            db.execute("INSERT OR IGNORE INTO guess VALUES (?, ?, ?)", (_member(db, seat), game, hundredths))

    def scores(self, who: Seat | str, game: str) -> list[int]:
        """What the class scored in a game, best first; for a member who played it, or a teacher. Raises NoClass."""
        with self._reading() as db:
            if isinstance(who, str):
                code, _ = _taught(db, who)
            else:
                code, mine = who.code, "SELECT 1 FROM guess WHERE member = ? AND item = ?"
                if not db.execute(mine, (_member(db, who), game)).fetchone():
                    return []
            found = db.execute(
                "SELECT option FROM member JOIN guess ON guess.member = member.id WHERE code = ? AND item = ? "
                "ORDER BY option",
                (code, game),
            ).fetchall()
        return [int(score) for (score,) in found]

    def is_closed(self, seat: Seat, step: str) -> bool:
        """Whether the teacher closed a step. Raises NoClass."""
        with self._reading() as db:
            _member(db, seat)
            return bool(db.execute("SELECT 1 FROM closed WHERE (code, step) = (?, ?)", (seat.code, step)).fetchone())

    def puzzle(self, seat: Seat) -> Puzzle | None:
        """What the teacher sent. Raises NoClass."""
        with self._reading() as db:
            _member(db, seat)
            return _read(db.execute("SELECT puzzle FROM class WHERE code = ?", (seat.code,)).fetchone()[0])

    # --- the file

    def forget(self) -> None:
        """Delete the classes that began more than `DAY` seconds ago."""
        if self.path.exists():
            with self._reading():
                pass

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection without classes that are too old. What goes wrong with the file is told in one sentence."""
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as db:
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA secure_delete = ON")
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute(f"PRAGMA max_page_count = {MOST_BYTES // PAGE_BYTES}")
                before = (self._clock() - DAY,)
                if db.execute("SELECT 1 FROM class WHERE begun < ?", before).fetchone():
                    db.execute("DELETE FROM class WHERE begun < ?", before)
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                yield db
        except sqlite3.Error as error:
            raise ClassError(f"The server's file of classes, {self.path.name}, cannot be used: {error}.") from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One view of the file."""
        if not self.path.exists():
            raise NoClass("This class is over.")
        with self._opened() as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def _changing(self, new: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction, whole or not at all; `new`: the file is made if there is none."""
        if new:
            self._make()
        elif not self.path.exists():
            raise NoClass("This class is over.")
        with self._opened() as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    def _make(self) -> None:
        """Make the file where there is none, readable to its owner only; one process at a time."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_suffix(".lock"), timeout=PATIENCE):
                if self.path.exists():
                    return
                temporary = self.path.with_suffix(".part")
                temporary.unlink(missing_ok=True)
                temporary.touch(0o600)
                with closing(sqlite3.connect(temporary)) as db:
                    db.executescript(f"PRAGMA page_size = {PAGE_BYTES}; PRAGMA auto_vacuum = FULL; {SCHEMA}")
                    db.execute("PRAGMA journal_mode = WAL")
                temporary.rename(self.path)
        except (OSError, sqlite3.Error) as error:
            raise ClassError(f"The server cannot keep classes in {self.path.parent}: {error}.") from error

    def _forget_log(self) -> None:
        """Write the log of changes into the file, so that what was deleted is in neither."""
        with self._opened() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _hidden(teacher: str) -> str:
    """What the file holds of a secret code."""
    return hashlib.sha256(teacher.encode(errors="replace")).hexdigest()


def _taught(db: sqlite3.Connection, teacher: str) -> tuple[str, str]:
    """Code and puzzle of the class with this teacher. Untrusted. Raises NoClass."""
    found: tuple[str, str] | None = db.execute(
        "SELECT code, puzzle FROM class WHERE teacher = ?", (_hidden(teacher[:100]),)
    ).fetchone()
    if found is None:
        raise NoClass("This class is over, or this is not its teacher's address.")
    return found


def _member(db: sqlite3.Connection, seat: Seat) -> int:
    """The row of a member. Raises NoClass."""
    found = db.execute("SELECT id FROM member WHERE (code, number) = (?, ?)", seat).fetchone()
    if found is None:
        raise NoClass(f"The class {seat.code} is over.")
    return int(found[0])


def _counts(db: sqlite3.Connection, code: str, name: str) -> list[int]:
    found = db.execute(
        "SELECT option, count(*) FROM member JOIN guess ON guess.member = member.id WHERE code = ? AND item = ? "
        "GROUP BY option",
        (code, name),
    )
    number = dict(found.fetchall())
    return [number.get(i, 0) for i in range(len(items()[name].options))]


def _read(puzzle: str) -> Puzzle | None:
    return dict(json.loads(puzzle)) if puzzle else None
