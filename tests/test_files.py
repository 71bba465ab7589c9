"""Files are written whole or not at all, and no writer disturbs another."""

from pathlib import Path

import numpy as np
import pytest
from goalmisgen.engine.files import read_bytes, replacing, write_text
from goalmisgen.engine.film.files import FilmError, even, indexed


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    write_text(kept, "whole")
    with pytest.raises(KeyboardInterrupt), replacing(kept) as temporary:
        temporary.write_text("ha")
        raise KeyboardInterrupt
    assert kept.read_text() == "whole" and [path.name for path in tmp_path.iterdir()] == ["kept.json"]


def test_two_writers_at_once_do_not_meet(tmp_path: Path) -> None:
    kept = tmp_path / "kept.npz"
    with replacing(kept) as first, replacing(kept) as second:
        assert first != second and first.suffix == second.suffix == ".npz" and first.parent == tmp_path
        first.write_text("one")
        second.write_text("two")
    assert kept.read_text() == "one" and len(list(tmp_path.iterdir())) == 1  # the outer one ends last


def test_text_has_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "é\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n"


def test_no_more_is_read_than_shows_that_a_file_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "ten"
    path.write_bytes(b"0123456789")
    assert [len(read_bytes(path, most)) for most in (4, 9, 10, 11)] == [5, 10, 10, 10]
    with pytest.raises(OSError, match="not a regular file"):
        read_bytes(tmp_path, 4)
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "none", 4)


def test_nothing_else_replaces_files() -> None:
    sources = (Path(__file__).parents[1] / "demos").rglob("*.py")
    assert {path.name for path in sources if "os.replace" in path.read_text(encoding="utf-8")} == {"files.py"}


def in_colours(n: int) -> np.ndarray:
    """A frame of n colours, uint8[1, n, 3]."""
    return np.array([[(i % 256, i // 256, 7) for i in range(n)]], np.uint8)


def test_a_gif_holds_256_exact_colours_and_says_so_of_one_more() -> None:
    pictures, table = indexed([in_colours(256)])
    assert np.array_equal(table[pictures[0]], in_colours(256))
    with pytest.raises(FilmError, match="has 257 colours and a GIF holds 256"):
        indexed([in_colours(256), in_colours(257)])


def test_a_frame_of_odd_size_ends_in_its_own_last_row_and_column() -> None:
    frame = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    padded = even(frame)
    assert padded.shape == (4, 6, 3) and np.array_equal(padded[:3, :5], frame)
    assert np.array_equal(padded[3, :5], frame[2]) and np.array_equal(padded[:3, 5], frame[:, 4])
