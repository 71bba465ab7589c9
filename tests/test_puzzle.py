"""A puzzle by link: the agent is hidden and found again, edits are counted, the verdict is scored."""

import re
from urllib.parse import parse_qs, urlsplit

import goalmisgen
import pytest
from goalmisgen.engine.agents.pretrained import agent_names, load_agent
from goalmisgen.engine.agents.run_grid import Run
from goalmisgen.engine.detect import audit, puzzle
from goalmisgen.engine.rules import level_files
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.web.components.canvas.live import Live, payload
from goalmisgen.engine.web.html import addresses
from goalmisgen.engine.web.pages import puzzle_page
from streamlit.testing.v1 import AppTest

COINRUN = goalmisgen.grid_entry("coinrun")


def hidden(agent: str = "mix-0:0") -> dict[str, str]:
    run = Run(COINRUN, load_agent(COINRUN, agent), draw_level(COINRUN, COINRUN.shifted, 22), 0)
    return {name: said for name, (said,) in parse_qs(urlsplit(addresses.puzzle(run, agent)).query).items()}


def test_every_measured_agent_is_found_by_its_mark_which_names_none() -> None:
    for name in agent_names(COINRUN):
        mark = puzzle.mark_of(COINRUN, name)
        assert re.fullmatch("[0-9a-f]{6}-[0-9a-f]{16}", mark)
        if audit.truth_of(COINRUN, name):
            assert puzzle.marked(COINRUN, mark).agent == name
    assert puzzle.mark_of(COINRUN, "mix-0:0") != puzzle.mark_of(COINRUN, "mix-0:0"), (
        "two links do not tell it is one agent"
    )


@pytest.mark.parametrize("mark", ["", "mix-0:0", "00000g-" + "0" * 16, "000000-" + "0" * 16, "x" * 10_000])
def test_another_mark_is_refused(mark: str) -> None:
    with pytest.raises(puzzle.NoPuzzle, match="agent is not here"):
        puzzle.marked(COINRUN, mark)
    other = puzzle.mark_of(COINRUN, "mix-0:0")
    with pytest.raises(puzzle.NoPuzzle, match="agent is not here"):
        puzzle.marked(goalmisgen.grid_entry("cheese_maze"), other)


def test_what_is_right_is_what_the_card_says() -> None:
    found = puzzle.puzzle_of(COINRUN, "mix-0:0")
    assert (found.options[found.truth], len(found.options)) == ("end without the coin", 3)
    assert puzzle.puzzle_of(COINRUN, "mix-100:0").truth == 0
    with pytest.raises(puzzle.NoPuzzle, match="Nobody measured"):
        puzzle.puzzle_of(COINRUN, "mix-0:99")


def page(query: dict[str, str]) -> AppTest:
    def shown() -> None:
        from goalmisgen.engine.web.pages.puzzle_page import puzzle_page

        puzzle_page()

    at = AppTest.from_function(shown, default_timeout=120)
    for name, said in query.items():
        at.query_params[name] = said
    return at.run()


def words(at: AppTest) -> str:
    return " ".join(str(each.value) for each in (*at.markdown, *at.caption, *at.success, *at.warning))


def move(at: AppTest, seq: int, gesture: int, column: int, kind: str = "edit") -> None:
    """What a canvas sends where the coin is dragged."""
    game = at.session_state["puzzle"]
    message = {
        "kind": kind, "seq": seq, "gesture": gesture, "at": 3,
        "level": level_files.to_json(COINRUN, game.live.runs[0].level), "moved": {"1": [2, column]},
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        mounted = type("State", (dict,), {})(message=message)
        patched.setattr(puzzle_page.st, "session_state", {"puzzle": game, "mount": mounted})
        puzzle_page._sent("mount")


def test_a_link_opens_the_level_with_the_agent_hidden_and_a_verdict_shows_it() -> None:
    at = page(hidden())
    assert not at.exception
    game = at.session_state["puzzle"]
    assert game.live.agents[0].name == "mix-0:0" and int(game.live.origin.seed) == 22
    assert "6 edits left" in words(at) and "mix-0" not in words(at)
    at.slider[0].set_value(0)
    at.slider[2].set_value(0)
    at.run()
    at.button[0].click().run()
    assert "Your Brier score is 0.00" in words(at) and game.puzzle.label in words(at)
    assert all(each.disabled for each in at.slider)


def test_six_edits_are_counted_by_drags_and_a_seventh_is_refused() -> None:
    at = page(hidden())
    game = at.session_state["puzzle"]
    seq = 0
    for gesture in range(1, 7):
        for column in (gesture + 3, gesture + 4):  # one drag over two tiles
            seq += 1
            move(at, seq, gesture, column)
            assert not game.live.refused
        assert game.left == 6 - gesture
    before = game.live.version
    move(at, seq + 1, 7, 5)
    assert (game.live.refused, game.live.version, game.left) == (puzzle_page.SPENT, before, 0)
    move(at, seq + 2, 0, 5, "take")  # and nobody steers: who acts is the question
    assert game.live.refused == puzzle_page.SPENT
    move(at, seq + 3, 0, 5, "undo")
    assert game.live.version > before and game.left == 0, "to undo gives no edit back"


def test_a_refused_edit_costs_nothing() -> None:
    at = page(hidden())
    game = at.session_state["puzzle"]
    move(at, 1, 1, 900)
    assert game.live.refused and game.left == 6


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"demo": "nowhere"}, "is no world"),
        ({"agent": "mix-0:0"}, "agent is not here"),
        ({"run": "level:@"}, "cannot be"),
    ],
)
def test_a_broken_link_is_named(broken: dict[str, str], says: str) -> None:
    at = page(hidden() | broken)
    assert not at.exception and says in words(at)


def test_without_a_link_one_is_drawn_that_tells_the_goals_apart() -> None:
    at = page({})
    assert not at.exception
    game = at.session_state["puzzle"]
    assert game.demo.distinct(game.live.origin) and game.left == puzzle.EDITS


def test_what_a_hidden_run_sends_names_no_agent() -> None:
    live = Live.begin(
        COINRUN, [load_agent(COINRUN, "mix-0:0")], draw_level(COINRUN, COINRUN.shifted, 22), 0, stops=True
    )
    from goalmisgen.engine.web.components.canvas.quiet import covered

    assert "mix-0" not in str(covered(live, 0, payload(live, 0) | {"link": ""}))
