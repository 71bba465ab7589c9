"""How large rooms, files and functions are: printed, and held below what one person keeps in mind."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "demos"
ROOM, FILE, FUNCTION = 0.25, 400, 60  # a share of all lines; lines of a file, and of a function with its signature
DEMO = 320  # lines of a demo's file, which is read from top to bottom


def measured() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Lines of each room of the engine (and of the demos together), file and function."""
    rooms, files, functions = Counter(), Counter(), Counter()
    for path in ROOT.rglob("*.py"):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        files[name] = len(text.splitlines())
        parts = name.split("/")
        rooms["/".join(parts[:2]) if len(parts) > 2 else parts[0] if len(parts) > 1 else "demos"] += files[name]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                where = f"{name} {node.name}"
                functions[where] = max(functions[where], (node.end_lineno or 0) - node.lineno + 1)
    return rooms, files, functions


@pytest.fixture(scope="module")
def sizes():
    rooms, files, functions = measured()
    whole = sum(rooms.values())
    (room, lines), (file, longest), (function, most) = (each.most_common(1)[0] for each in (rooms, files, functions))
    print(
        f"\nlargest room {room}: {lines} of {whole} lines ({lines / whole:.1%}); file {file}: {longest} lines;", end=""
    )
    print(f" function {function}: {most} lines")
    return rooms, files, functions


def test_no_room_is_a_quarter_of_the_code(sizes):
    rooms = sizes[0]
    assert {room: lines for room, lines in rooms.items() if lines >= ROOM * sum(rooms.values())} == {}


@pytest.mark.parametrize(("part", "most"), [(1, FILE), (2, FUNCTION)])
def test_no_file_or_function_is_longer_than_it_may_be(sizes, part, most):
    assert {name: lines for name, lines in sizes[part].items() if lines > most} == {}


def test_no_demo_is_longer_than_one_reads_at_once(sizes):
    assert {name: lines for name, lines in sizes[1].items() if "/" not in name and lines > DEMO} == {}
