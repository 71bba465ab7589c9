"""Kinds of demos: the record says what differs, and nothing else asks of which kind a demo is."""

import ast
from pathlib import Path

import goalmisgen
import pytest
from goalmisgen.engine.study.kinds import DECISION, GRID, TEXT, kind_of
from goalmisgen.engine.study.probe import read_probes

ENGINE = Path(goalmisgen.__file__).parent / "engine"
RECORDS = {"Demo", "TextDemo", "DecisionDemo", "Entry"}
KINDS = {"grid", "text", "decision"}
SAYS = "study/kinds.py"  # which kind a record's class is


def asks(tree: ast.AST) -> list[int]:
    """The lines that ask a demo for its class or its kind, or compare with a kind."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            of_demo = isinstance(node.args[0], ast.Name) and node.args[0].id in ("demo", "world", "entry")
            if (node.func.id == "isinstance" and named & RECORDS) or (node.func.id == "type" and of_demo):
                found.append(node.lineno)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            words = {each.value for side in sides for each in ast.walk(side) if isinstance(each, ast.Constant)}
            attributes = {each.attr for each in sides if isinstance(each, ast.Attribute)}
            names = {each.id for each in sides if isinstance(each, ast.Name)}
            if ("kind" in attributes and words & KINDS) or names & {"GRID", "TEXT", "DECISION"}:
                found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "line", ["isinstance(demo, TextDemo)", "type(demo)", "demo.kind == 'text'", "kind_of(demo) is TEXT"]
)
def test_a_question_for_the_kind_is_found(line: str) -> None:
    assert asks(ast.parse(line)) == [1]


def test_no_file_of_the_engine_asks_of_which_kind_a_demo_is() -> None:
    found = {
        path.relative_to(ENGINE).as_posix(): lines
        for path in ENGINE.rglob("*.py")
        if (lines := asks(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert list(found) == [SAYS]


def test_the_record_of_a_demo_is_that_of_its_list() -> None:
    lists = {GRID: goalmisgen.WORLDS, TEXT: goalmisgen.TEXTS, DECISION: goalmisgen.DECISIONS}
    assert {name: kind_of(goalmisgen.entry(name)) for name in goalmisgen.NAMES} == {
        name: kind for kind, names in lists.items() for name in names
    }


@pytest.mark.parametrize(
    ("find", "others", "sentence"),
    [
        (goalmisgen.grid_entry, (*goalmisgen.TEXTS, *goalmisgen.DECISIONS), "not a grid world"),
        (goalmisgen.text_entry, (*goalmisgen.WORLDS, *goalmisgen.DECISIONS), "no demo of networks that write"),
        (goalmisgen.decision_entry, (*goalmisgen.WORLDS, *goalmisgen.TEXTS), "no decision demo"),
    ],
)
def test_a_demo_of_another_kind_is_refused_and_its_own_are_found(find, others, sentence) -> None:
    for name in others:
        with pytest.raises(KeyError, match=f"'{name}' is {sentence}; those are: "):
            find(name)
    for name in set(goalmisgen.NAMES) - set(others):
        assert find(name) is goalmisgen.entry(name)


@pytest.mark.parametrize("name", [name for name in goalmisgen.WORLDS if goalmisgen.grid_entry(name).probes])
def test_what_is_measured_beside_the_cards_is_told_of_the_agent_that_is_asked_for(name: str) -> None:
    demo, beside = goalmisgen.grid_entry(name), GRID.beside
    assert beside is not None
    asked = {(row["agent"], row["probe"]) for row in read_probes(demo)}
    for agent, probe in asked:
        found = beside(demo, agent, probe)
        assert found and {(row["agent"], row["probe"]) for row in found.values()} == {(agent, probe)}
    assert beside(demo, "nobody:0", demo.probes[0].name) is None
