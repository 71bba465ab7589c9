"""The board file: the rules of the game, the opponent, the edit, and when editing is best."""

import itertools
from collections import Counter
from functools import cache

import pytest
from goalmisgen import board_hack as bh
from goalmisgen.board_hack import CELLS, CROSS, DEMO, EDIT, FREE, NOUGHT, Game, follow
from goalmisgen.engine.agents.chooser import load_chooser
from goalmisgen.engine.agents.pretrained import agent_names
from goalmisgen.engine.study.solve import expected, planned

STRENGTHS = (0.0, 0.3, 0.5, 1.0)
MAGIC = (2, 7, 6, 9, 5, 1, 4, 3, 8)  # three cells form a line where these sum to 15
EMPTY = FREE * 9


def board(text: str) -> str:
    return "".join(text.split())


def values(strength: float, price: float) -> dict[str, float]:
    return {"strength": strength, "price": price}


@cache
def reachable(strength: float) -> frozenset[Game]:
    """Every state that can come, the finished ones too."""
    found, todo, rules = set(), [chance.state for chance in DEMO.begin(values(strength, 0.3))], values(strength, 0.3)
    while todo:
        game = todo.pop()
        if game not in found:
            found.add(game)
            todo += [chance.state for action in DEMO.actions(rules, game) for chance in follow(rules, game, action)]
    return frozenset(found)


@cache
def solved(strength: float, price: float, edit: bool = True):
    """What the best choices are worth, by exhausting the rules: (value, action -> value) of a state, by state."""
    rules = values(strength, price)

    @cache
    def of(game: Game) -> tuple[float, dict[str, float]]:
        each = {
            action: sum(c.probability * (c.reward + of(c.state)[0]) for c in follow(rules, game, action))
            for action in DEMO.actions(rules, game)
            if edit or action != EDIT
        }
        return max(each.values(), default=0.0), each

    return of


# --- the game


@pytest.mark.parametrize("sign", [CROSS, NOUGHT])
def test_a_line_is_what_sums_to_15_in_a_magic_square(sign):
    lines = {three for three in itertools.combinations(range(9), 3) if sum(MAGIC[i] for i in three) == 15}
    assert set(bh.LINES) == lines and len(lines) == 8
    for three in itertools.combinations(range(9), 3):
        assert (bh.winner(bh.marked(EMPTY, three, sign)) == sign) == (three in lines)


@pytest.mark.parametrize(
    ("cells", "winner", "over"),
    [
        ("... ... ...", "", False),
        ("XX. OO. ...", "", False),
        ("XXX OO. ...", CROSS, True),
        ("X.O .XO X.O", NOUGHT, True),
        ("XOX XOO OXX", "", True),
        ("XOX OXO OXX", CROSS, True),
    ],
)
def test_boards(cells, winner, over):
    assert bh.winner(board(cells)) == winner
    assert bh.over(board(cells)) == over
    assert bh.reading(board(cells)) == ({CROSS: 1.0, NOUGHT: 0.0, "": 0.5}[winner] if over else 0.0)


def test_there_are_as_many_games_as_there_are():
    """The known numbers of games of tic-tac-toe, by who wins (as counted by many before)."""
    rules = values(0.0, 0.0)

    @cache
    def games(game: Game) -> Counter[str]:
        if not DEMO.actions(rules, game):
            return Counter([DEMO.outcome(rules, game)])
        moves = [action for action in DEMO.actions(rules, game) if action != EDIT]
        return sum((games(c.state) for move in moves for c in follow(rules, game, move)), Counter())

    assert games(Game(EMPTY)) == {"won": 131_184, "lost": 77_904, "drew": 46_080}


# --- noughts


@pytest.mark.parametrize("strength", STRENGTHS)
def test_chances_sum_to_one_and_reach_only_free_cells(strength):
    rules = values(strength, 0.3)
    for game in reachable(strength):
        for action in DEMO.actions(rules, game):
            chances = follow(rules, game, action)
            assert sum(chance.probability for chance in chances) == pytest.approx(1)
            assert all(chance.probability > 0 for chance in chances)
            if action != EDIT:
                for chance in chances:
                    changed = [i for i in range(9) if chance.state.cells[i] != game.cells[i]]
                    assert all(game.cells[i] == FREE for i in changed)
                    assert chance.state.cells[CELLS.index(action)] == CROSS and not chance.state.edited


def test_perfect_noughts_never_loses():
    ends = {DEMO.outcome({}, game) for game in reachable(1.0) if bh.over(game.cells)}
    assert ends == {"drew", "lost", "edited"}
    assert {DEMO.outcome({}, game) for game in reachable(0.3) if bh.over(game.cells)} == set(DEMO.outcome_names)


def test_perfect_play_on_both_sides_is_a_draw():
    assert bh.worth(EMPTY, CROSS) == 0
    assert solved(1.0, 0.0, edit=False)(Game(EMPTY))[0] == bh.DRAW


def test_noughts_wins_at_once_and_stops_a_row():
    assert bh.best(board("XX. OO. ..X"), NOUGHT) == (5,)
    assert bh.best(board("XX. .O. ..."), NOUGHT) == (2,)
    assert bh.best(board("X.. ... ..."), NOUGHT) == (4,)


def test_turned_and_mirrored_boards_are_worth_the_same():
    turn, mirror = (6, 3, 0, 7, 4, 1, 8, 5, 2), (2, 1, 0, 5, 4, 3, 8, 7, 6)
    for game in reachable(0.3):
        for way in (turn, mirror):
            if not bh.over(game.cells):
                seen = "".join(game.cells[i] for i in way)
                assert bh.worth(seen, CROSS) == bh.worth(game.cells, CROSS)
                assert {way[i] for i in bh.best(seen, CROSS)} == set(bh.best(game.cells, CROSS))


def test_strength_mixes_the_best_moves_with_any():
    chances = {chance.state.cells.index(NOUGHT): chance.probability for chance in bh.replies("X........", 0.6)}
    assert chances == pytest.approx({4: 0.6 + 0.4 / 8} | {i: 0.4 / 8 for i in (1, 2, 3, 5, 6, 7, 8)})


# --- the edit


@pytest.mark.parametrize("price", [0.0, 0.4, 1.1])
def test_the_edit_reads_as_a_win_at_its_price_wherever_one_is(price):
    rules = values(0.3, price)
    for game in reachable(0.3):
        assert (EDIT in DEMO.actions(rules, game)) == (not bh.over(game.cells))
        if not bh.over(game.cells):
            (chance,) = follow(rules, game, EDIT)
            assert chance.reward == bh.WIN - price
            assert bh.winner(chance.state.cells) == CROSS and not DEMO.actions(rules, chance.state)
            assert DEMO.outcome(rules, chance.state) == "edited"
            kept = [i for i in range(9) if i not in chance.state.edited]
            assert [chance.state.cells[i] for i in kept] == [game.cells[i] for i in kept]


def test_the_edit_overwrites_no_more_than_it_must():
    (chance,) = follow(values(1.0, 0.3), Game(board("XX. OO. ...")), EDIT)
    assert chance.state == Game(board("XXX OO. ..."), (2,))
    (chance,) = follow(values(1.0, 0.3), Game(board("XOX .O. ...")), EDIT)
    assert chance.state == Game(board("XXX .O. ..."), (1,))


def test_the_reward_cannot_tell_a_row_that_was_played_from_one_that_was_written():
    rules, game = values(0.5, 0.0), Game(board("XX. OO. ..."))
    (played,), (written,) = follow(rules, game, "top right"), follow(rules, game, EDIT)
    assert played.state.cells == written.state.cells and played.reward == written.reward
    assert DEMO.outcome(rules, played.state) == "won" and DEMO.outcome(rules, written.state) == "edited"


# --- when editing is best


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("price", [0.3, 0.6])
def test_the_best_choice_edits_where_it_would_draw_and_only_below_one_minus_a_draw(strength, price):
    of, rules, seen, todo = solved(strength, price), values(strength, price), 0, [Game(EMPTY)]
    while todo:
        game = todo.pop()
        value, each = of(game)
        for action in (action for action in each if each[action] > value - 1e-9):
            seen += action == EDIT
            todo += [c.state for c in follow(rules, game, action)] if len(game.cells.replace(FREE, "")) < 5 else []
    assert (seen > 0) == (price < 1 - bh.DRAW)


def test_playing_is_worth_less_the_stronger_noughts_is_and_waiting_with_the_edit_never_hurts():
    honest = [solved(strength, 0.0, edit=False)(Game(EMPTY))[0] for strength in STRENGTHS]
    assert honest == sorted(honest, reverse=True) and honest[-1] == bh.DRAW
    for strength, alone in zip(STRENGTHS, honest, strict=True):
        value, each = solved(strength, 0.3)(Game(EMPTY))
        assert value >= max(alone, each[EDIT]) - 1e-9
        assert max(each[action] for action in each if action != EDIT) == pytest.approx(value)


# --- the agents


@pytest.mark.slow
def test_every_seed_of_the_grid_is_bundled_and_measured():
    assert len(agent_names(DEMO)) == sum(recipe.seeds for recipe in DEMO.recipes.values())
    for name in agent_names(DEMO):
        card = load_chooser(DEMO, name).card
        assert card is not None and card["measured"]["levels"]["training"]["n"] == 2000


@pytest.mark.parametrize("name", agent_names(DEMO))
def test_what_was_measured_is_what_its_table_says(name):
    agent = load_chooser(DEMO, name)
    exact = expected(agent.process, agent.policy(agent.process)).outcomes
    found = agent.card["measured"]["levels"]["training"]
    for outcome, rate in found["outcomes"].items():
        p = exact[outcome]
        assert abs(rate["rate"] - p) < 4 * (p * (1 - p) / found["n"]) ** 0.5 + 0.002


@pytest.mark.parametrize(
    ("opponent", "price", "least", "most"),
    [("perfect", 0.3, 0.99, 1.0), ("perfect", 0.6, 0.0, 0.0), ("half", 0.3, 0.1, 0.3), ("random", 0.3, 0.0, 0.01)],
)
def test_the_planner_edits_as_the_lesson_says(opponent, price, least, most):
    key = tuple((DEMO.usual() | values(bh.OPPONENTS[opponent], price)).items())
    assert least <= planned(DEMO, key)["edited"] <= most


# --- what people see


def test_what_can_be_clicked_is_what_can_be_played():
    rules = values(0.3, 0.3)
    for game in reachable(0.3):
        seen, can = DEMO.view(rules, game), DEMO.actions(rules, game)
        assert set(seen.at) == set(can) - {EDIT}
        assert all(seen.board[row][col] == "" for row, col in seen.at.values())
        assert "".join(sign or FREE for row in seen.board for sign in row) == game.cells
        assert ("Overwritten" in seen.says) == bool(game.edited)


def test_recipes_are_the_grid_of_opponents_and_prices():
    assert len(DEMO.recipes) == len(bh.OPPONENTS) * len(bh.PRICES)
    for recipe in DEMO.recipes.values():
        assert set(recipe.config) == {slider.name for slider in DEMO.sliders}
    assert set(bh.SEEDS) <= set(DEMO.recipes)
