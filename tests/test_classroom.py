"""The file of classes: bounds, codes, several processes at once, deletion, and that counts name nobody."""

import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from goalmisgen import grid_entry
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.lessons import classroom
from goalmisgen.engine.lessons import worksheet as ws
from goalmisgen.engine.lessons.classroom import ClassError, Classes, NoClass, Seat, puzzle_of, seat_of, spelt
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.web.html import addresses

GUESSES = [name for name, item in ws.items().items() if item.kind in classroom.COUNTED]
NAME = GUESSES[0]
STEP = classroom.step_name(ws.lessons()[1], ws.lessons()[1].taught[1])
WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from goalmisgen.engine.lessons.classroom import Classes
path, code, first, *names = sys.argv[1:]
for number in range(int(first), int(first) + 10):
    seat = Classes(Path(path)).join(code)
    for name in names:
        Classes(Path(path)).guess(seat, name, number % 2)
"""


@pytest.fixture
def classes(tmp_path: Path) -> Classes:
    return Classes(tmp_path / "data" / "classes.sqlite")


def held(classes: Classes) -> bytes:
    """All that lies on the disk of the classes."""
    return b"".join(path.read_bytes() for path in classes.path.parent.iterdir())


def test_a_guess_is_counted_once_and_shown_to_who_guessed(classes: Classes) -> None:
    code, teacher = classes.begin()
    one, two = classes.join(code), classes.join(f" {code.upper().replace('-', ' ')} ")
    assert one.code == two.code == code and one.number != two.number
    classes.guess(one, NAME, 1)
    classes.guess(one, NAME, 0)  # another answer to the same question is not another guess
    assert classes.guessed(one, NAME)[:2] == [0, 1] and classes.guessed(two, NAME) is None
    classes.guess(two, NAME, 0)
    told = classes.counts(teacher, [NAME, GUESSES[1]])
    assert told[NAME] == classes.guessed(two, NAME) and told[NAME][:2] == [1, 1] and sum(told[GUESSES[1]]) == 0
    assert len(told[NAME]) == len(ws.items()[NAME].options)
    assert classes.desk(teacher).members == 2
    classes.leave(two)
    assert classes.counts(teacher, [NAME])[NAME][:2] == [0, 1] and classes.desk(teacher).members == 1


def test_scores_of_a_game_are_listed_for_who_played_it_and_for_the_teacher(classes: Classes) -> None:
    code, teacher = classes.begin()
    one, two = classes.join(code), classes.join(code)
    classes.score(one, "audit/coinrun/1", 67)
    classes.score(one, "audit/coinrun/1", 3)  # a second try does not count
    assert classes.scores(two, "audit/coinrun/1") == [] and classes.scores(teacher, "audit/coinrun/1") == [67]
    classes.score(two, "audit/coinrun/1", 12)
    assert classes.scores(one, "audit/coinrun/1") == classes.scores(teacher, "audit/coinrun/1") == [12, 67]
    assert classes.scores(teacher, "audit/coinrun/2") == []
    for game, score in (("audit/coinrun/1", 201), ("audit/coinrun/1", -1), ("other", 3), (f"audit/{'x' * 99}/1", 3)):
        with pytest.raises(ClassError):
            classes.score(one, game, score)


def test_nobody_is_named_and_classes_do_not_know_each_other(classes: Classes) -> None:
    code, teacher = classes.begin()
    other, _ = classes.begin()
    seat, stranger = classes.join(code), classes.join(other)
    classes.guess(seat, NAME, 0)
    classes.guess(stranger, NAME, 1)
    assert sum(classes.counts(teacher, [NAME])[NAME]) == 1 and sum(classes.guessed(stranger, NAME)) == 1
    told = f"{classes.desk(teacher)} {classes.counts(teacher, GUESSES)} {classes.guessed(seat, NAME)}"
    assert seat.number not in told and stranger.number not in told
    with pytest.raises(NoClass):
        classes.guessed(Seat(other, seat.number), NAME)
    for wrong in (code, seat.number, "", "x" * 10_000, "\ud800", "' OR 1=1 --"):
        with pytest.raises(NoClass):
            classes.counts(wrong, [NAME])
    assert teacher.encode() not in held(classes)  # not even the file tells who may teach


def test_codes_are_random_and_can_be_spoken(classes: Classes) -> None:
    codes = [classes.begin()[0] for _ in range(20)]
    assert len(set(codes)) == 20
    assert all(re.fullmatch("([bdklmnrstv][aeiou]){2}-([bdklmnrstv][aeiou]){3}", code) for code in codes)
    for typed in ("BANU KODIRA", "banukodira", " banu–kodira\n"):
        assert spelt(typed) == "banu-kodira"
    for wrong in ("", "banu", "banu-kodir", "banu-kodirax", "'; DROP TABLE class", "ba" * 100, "bänu-kodira"):
        with pytest.raises(NoClass, match="five syllables"):
            spelt(wrong)
    with pytest.raises(NoClass, match="no class"):
        classes.join("baba-bababa")


@pytest.mark.parametrize(
    "held",
    [None, 1, "x", [], {}, ["banu-kodira"], [1, 2], ["banu-kodira", "g" * 32], ["banu", "0" * 32], ["a", "b", "c"]],
)  # fmt: skip
def test_a_browser_that_holds_no_seat_has_none(held: object) -> None:
    assert seat_of(held) is None
    assert seat_of(["banu-kodira", "0" * 32]) == Seat("banu-kodira", "0" * 32)


def test_what_there_is_is_bounded(classes: Classes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classroom, "MOST_CLASSES", 2)
    monkeypatch.setattr(classroom, "MOST_MEMBERS", 3)
    code, teacher = classes.begin()
    classes.begin()
    with pytest.raises(ClassError, match="2 classes at once"):
        classes.begin()
    seats = [classes.join(code) for _ in range(3)]
    with pytest.raises(ClassError, match="full"):
        classes.join(code)
    for name, option in (("nothing", 0), (NAME, -1), (NAME, 99), ("transfer/before 1/kind", 0)):
        with pytest.raises(ClassError, match="no such question"):
            classes.guess(seats[0], name, option)
    with pytest.raises(ClassError, match="no such step"):
        classes.close(teacher, "x" * 1000)
    monkeypatch.setattr(classroom, "MOST_BYTES", classes.path.stat().st_size + 8 * classroom.PAGE_BYTES)
    with pytest.raises(ClassError, match="cannot be used: .*full"):
        classes.send(teacher, {"run": "x" * 60_000})
    assert classes.desk(teacher).puzzle is None and classes.desk(teacher).members == 3  # all else is as it was


def test_a_step_is_closed_for_the_class_and_opened_again(classes: Classes) -> None:
    code, teacher = classes.begin()
    seat, stranger = classes.join(code), classes.join(classes.begin()[0])
    assert not classes.is_closed(seat, STEP)
    for _ in range(2):
        classes.close(teacher, STEP)
        assert classes.is_closed(seat, STEP) and classes.desk(teacher).closed == {STEP}
    assert not classes.is_closed(stranger, STEP)
    classes.close(teacher, STEP, closed=False)
    assert not classes.is_closed(seat, STEP)


def test_a_deleted_class_is_gone_from_the_disk(classes: Classes) -> None:
    code, teacher = classes.begin()
    other, _ = classes.begin()
    seat = classes.join(code)
    classes.guess(seat, NAME, 0)
    classes.close(teacher, STEP)
    classes.send(teacher, {"demo": "coinrun"})
    assert seat.number.encode() in held(classes) and code.encode() in held(classes)
    classes.end(teacher)
    assert seat.number.encode() not in held(classes) and code.encode() not in held(classes)
    assert NAME.encode() not in held(classes) and other.encode() in held(classes)
    for question in (
        lambda: classes.desk(teacher), lambda: classes.join(code), lambda: classes.guess(seat, NAME, 0),
        lambda: classes.guessed(seat, NAME), lambda: classes.is_closed(seat, STEP), lambda: classes.puzzle(seat),
    ):  # fmt: skip
        with pytest.raises(NoClass):
            question()


def test_a_class_is_over_after_a_day(tmp_path: Path) -> None:
    now = [1e9]
    classes = Classes(tmp_path / "classes.sqlite", clock=lambda: now[0])
    code, teacher = classes.begin()
    seat = classes.join(code)
    now[0] += classroom.DAY - 1
    later, _ = classes.begin()
    assert classes.desk(teacher).members == 1
    now[0] += 2
    classes.forget()
    assert seat.number.encode() not in held(classes) and later.encode() in held(classes)
    with pytest.raises(NoClass):
        classes.desk(teacher)


@pytest.mark.slow
def test_several_processes_make_one_file_and_write_it_at_once(tmp_path: Path) -> None:
    """Four processes, forty members, ten guesses each: none is lost, and none counted twice."""
    classes = Classes(tmp_path / "classes.sqlite")
    code, teacher = classes.begin()
    names = GUESSES[:10]
    command = [sys.executable, "-c", WRITER, str(classes.path), code]
    running = [subprocess.Popen([*command, str(10 * i), *names], stderr=subprocess.PIPE) for i in range(4)]
    said = [each.communicate(timeout=240)[1].decode() for each in running]
    assert [each.returncode for each in running] == [0] * 4, said
    assert classes.desk(teacher).members == 40
    assert all(count[:2] == [20, 20] and sum(count) == 40 for count in classes.counts(teacher, names).values())


def test_the_first_classes_begin_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "classes.sqlite"
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: Classes(path).begin(), range(16)))
    assert len({Classes(path).desk(teacher).code for _, teacher in begun}) == 16
    assert path.stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_without_a_file_or_with_a_broken_one_it_says_so(tmp_path: Path) -> None:
    classes = Classes(tmp_path / "classes.sqlite")
    classes.forget()
    assert not classes.path.exists()  # nothing is made before a class is begun
    with pytest.raises(NoClass, match="over"):
        classes.join("banu-kodira")
    assert not classes.path.exists()
    classes.path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(ClassError, match="cannot be used"):
        classes.begin()
    with pytest.raises(ClassError, match="cannot keep classes in"):
        Classes(classes.path / "below" / "classes.sqlite").begin()


@pytest.fixture(scope="module")
def address() -> str:
    """Of a puzzle, below an app's own."""
    demo = grid_entry("coinrun")
    return addresses.puzzle(Run(demo, None, draw_level(demo, demo.shifted, 22), 0), "mix-0:0")


def test_a_puzzle_is_sent_and_taken_back(classes: Classes, address: str) -> None:
    code, teacher = classes.begin()
    seat = classes.join(code)
    assert classes.puzzle(seat) is None
    puzzle = puzzle_of(f" http://192.168.1.2:8501{address}&more=1\n")
    assert puzzle == puzzle_of(address) and set(puzzle) == {"demo", "agent", "run"} and "mix" not in str(puzzle)
    classes.send(teacher, puzzle)
    assert classes.puzzle(seat) == classes.desk(teacher).puzzle == puzzle
    classes.send(teacher, None)
    assert classes.puzzle(seat) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("puzzle?", "coinrun?"), ("/puzzle", ""), ("demo=coinrun", "demo=nowhere"), ("demo=coinrun", "demo=sycophancy"),
        ("demo=", "nodemo="), ("agent=", "agent=mix-0:0&x="), ("agent=", "agent=../../x"), ("agent=", "x="),
        ("run=", "run=nonsense;"), ("run=", "run=zip:AAAA"), ("run=", "x="), ("run=", "run=" + "x" * 100_000),
        ("/puzzle", "http://[::1/puzzle"), ("run=", "&".join(["x=1"] * 50) + "&run="), ("run=", "run=\x00"),
        ("run=", "run=\ud800"),
    ],
)  # fmt: skip
def test_what_is_no_puzzle_is_refused_with_a_sentence(address: str, old: str, new: str) -> None:
    assert old in address
    with pytest.raises(ClassError) as refused:
        puzzle_of(address.replace(old, new, 1))
    assert re.fullmatch(r"[^\n]{20,300}\.", str(refused.value))


def test_the_file_holds_numbers_and_names_of_questions_only(classes: Classes) -> None:
    """No address, no time of a guess, no words of anybody's: what is not in its columns is not kept."""
    classes.begin()
    with sqlite3.connect(classes.path) as db:
        columns = {
            table: {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    db.close()
    assert columns == {
        "class": {"code", "teacher", "begun", "puzzle"}, "member": {"id", "number", "code"},
        "guess": {"member", "item", "option"}, "closed": {"code", "step"},
    }  # fmt: skip
