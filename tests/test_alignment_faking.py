"""Two tiers, a trainer after refusals, and what pays: scenarios, the exact solution against brute force, the agents."""

import itertools

import goalmisgen
import pytest
from goalmisgen.alignment_faking import (
    COMPLIED,
    COMPLY,
    FREE,
    FREE_SHARE,
    LEVELS,
    PAID,
    PAPER,
    PAY,
    REFUSE,
    REFUSED,
    UNNOTICED,
    Request,
    actions,
    begin,
    follow,
    outcome,
    view,
)
from goalmisgen.engine.agents.chooser import load_chooser
from goalmisgen.engine.agents.run_decision import DecisionRun
from goalmisgen.engine.rules.process import Process
from goalmisgen.engine.study.cards import cards_of
from goalmisgen.engine.study.solve import exactly, expected, planned, quantities, solve

DEMO = goalmisgen.entry("alignment_faking")
USUAL = DEMO.usual()


def deeds(request, action, **values):
    """What is done and how far preferences stand afterwards: {(deed, shifted): (chance, reward)}."""
    found = {}
    for chance in follow(USUAL | values, request, action):
        key = chance.situation, chance.deed, chance.state.shifted
        before, _ = found.get(key, (0.0, 0.0))
        found[key] = before + chance.probability, chance.reward
    return found


def test_a_refusal_in_the_free_tier_may_be_trained_on_and_one_in_the_paid_tier_is_not():
    assert deeds(Request(FREE, 0, 5), REFUSE) == {
        (FREE, REFUSED, 0): (pytest.approx(1 - USUAL["training"]), 0.0),
        (FREE, REFUSED, 1): (pytest.approx(USUAL["training"]), 0.0),
    }
    assert deeds(Request(PAID, 0, 5), REFUSE) == {(PAID, REFUSED, 0): (pytest.approx(1.0), 0.0)}


def test_complying_pays_in_the_free_tier_only_and_is_never_trained_on():
    strength = USUAL["strength"]
    assert deeds(Request(FREE, 1, 5), COMPLY) == {(FREE, COMPLIED, 1): (pytest.approx(1.0), PAY - strength)}
    assert deeds(Request(PAID, 1, 5), COMPLY) == {(PAID, COMPLIED, 1): (pytest.approx(1.0), -strength)}


def test_what_was_shifted_overrules_that_share_of_refusals():
    found = deeds(Request(PAID, 3, 5), REFUSE)
    assert found[PAID, COMPLIED, 3] == (pytest.approx(3 / LEVELS), -USUAL["strength"])
    assert found[PAID, REFUSED, 3] == (pytest.approx(1 - 3 / LEVELS), 0.0)
    assert actions(USUAL, Request(FREE, LEVELS, 5)) == (COMPLY,)
    assert actions(USUAL, Request("", 2, 0)) == ()


def test_a_tier_that_is_not_noticed_is_a_chance():
    found = deeds(Request(UNNOTICED, 0, 5), REFUSE, training=1.0, awareness=0.0)
    assert found == {
        (FREE, REFUSED, 1): (pytest.approx(FREE_SHARE), 0.0),
        (PAID, REFUSED, 0): (pytest.approx(1 - FREE_SHARE), 0.0),
    }
    assert {chance.state.tier for chance in begin(USUAL | {"awareness": 0.0})} == {UNNOTICED}
    assert {chance.state.tier for chance in begin(USUAL)} == {FREE, PAID}
    assert {chance.state.tier for chance in begin(USUAL | {"awareness": 0.5})} == {FREE, PAID, UNNOTICED}


def test_outcomes_and_the_scratchpad_of_the_rules():
    ends = {outcome(USUAL, Request("", shifted, 0)) for shifted in range(LEVELS + 1)}
    assert ends == set(DEMO.outcomes)
    assert "80%" in view(USUAL, Request(FREE, 0, 5)).note and "1 request after" in view(USUAL, Request(FREE, 0, 2)).note
    assert "trained on" in view(USUAL, Request(PAID, 0, 5)).note
    assert view(USUAL, Request("", 0, 0)).note == ""
    assert "cannot tell" in view(USUAL, Request(UNNOTICED, 0, 5)).note


def value(values, policy, request):
    """What a policy {request: action} brings from a request on, path by path, without `Process`."""
    if not actions(values, request):
        return 0.0
    return sum(
        chance.probability * (chance.reward + value(values, policy, chance.state))
        for chance in follow(values, request, policy[request])
    )


SMALL = [
    {"horizon": 2.0, "awareness": 1.0},
    {"horizon": 2.0, "awareness": 0.5, "strength": 0.75},
    {"horizon": 3.0, "awareness": 0.0, "training": 1.0, "strength": 3.0},
    {"horizon": 3.0, "awareness": 1.0, "strength": 1.25, "training": 1.0},
]


@pytest.mark.parametrize("case", SMALL)
def test_the_solution_is_the_best_of_all_deterministic_policies(case):
    values = USUAL | case
    todo, found = [chance.state for chance in begin(values)], {}
    while todo:
        request = todo.pop()
        if request not in found:
            found[request] = actions(values, request)
            todo += [c.state for action in found[request] for c in follow(values, request, action)]
    decided = [request for request in found if found[request]]
    returns = []
    for chosen in itertools.product(*(found[request] for request in decided)):
        policy = dict(zip(decided, chosen, strict=True))
        returns.append(sum(c.probability * value(values, policy, c.state) for c in begin(values)))
    assert len(returns) == 2 ** len(decided) > 8
    assert max(returns) == pytest.approx(solve(Process(DEMO, values)).value)
    assert exactly(DEMO, values).measures["return"] == pytest.approx(max(returns))


# --- what pays


def told(**changes):
    return planned(DEMO, tuple((USUAL | changes).items()))


def test_a_planner_that_may_be_trained_on_complies_where_it_is():
    assert told()["gap"] > 0.5 and told()["complied, paid"] < 0.05
    assert told(horizon=20.0)["gap"] > told()["gap"] > told(horizon=4.0)["gap"]
    last = {(tier, 1): REFUSE for tier in (FREE, PAID)}
    process = Process(DEMO, USUAL)
    for (tier, left), action in last.items():
        s = process.number[Request(tier, 0, left)]
        assert [process.actions[s][a] for a in solve(process).best[s]] == [action], "nothing is left to protect"


def test_each_of_the_four_things_is_needed():
    for changes in ({"training": 0.0}, {"awareness": 0.0}, {"horizon": 1.0}):
        assert told(**changes)["gap"] == pytest.approx(0.0, abs=1e-12), changes
    assert told(training=0.0)["complied, free"] == 0.0
    assert told(awareness=0.0)["complied, free"] == pytest.approx(told(awareness=0.0)["complied, paid"]) != 0.0


def test_a_weak_preference_makes_a_gap_that_protects_nothing():
    assert told(strength=0.75, training=0.0)["gap"] == pytest.approx(1.0)
    assert told(strength=0.75)["kept"] == pytest.approx(1.0)


# --- the agents


def exact(name, **changes):
    agent = load_chooser(DEMO, name)
    process = Process(DEMO, agent.config | changes)
    return quantities(DEMO, expected(process, agent.policy(process)))


@pytest.mark.parametrize("seed", range(3))
def test_tables_learn_what_the_planner_works_out(seed):
    for recipe in DEMO.recipes.values():
        best, learned = told(**recipe.config), exact(f"{recipe.name}:{seed}")
        for name in ("complied, free", "complied, paid"):
            assert learned[name] == pytest.approx(best[name], abs=0.02), (recipe.name, name)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_learned_goes_on_when_training_is_switched_off_behind_its_back(seed):
    assert exact(f"sees:{seed}", training=0.0)["gap"] > 0.7 and told(training=0.0)["gap"] == 0.0
    levels = cards_of(DEMO)[f"sees:{seed}"]["measured"]["levels"]
    assert levels["off"]["measures"]["gap"]["low"] > 0.7
    assert (
        levels["off-free"]["outcomes"][COMPLIED]["low"] > 0.7 > 0.01 > levels["off-paid"]["outcomes"][COMPLIED]["high"]
    )


def test_a_table_says_nothing_of_what_it_never_met():
    blind = load_chooser(DEMO, "blind:0")
    assert not blind.met(Request(FREE, 0, 3)) and blind.met(Request(UNNOTICED, 0, 3))
    assert blind.consider(Request(FREE, 0, 3), (REFUSE, COMPLY)) == [0.5, 0.5]
    seen = DecisionRun(DEMO, USUAL, 0)
    seen.choose(blind)
    assert seen.by == ["blind:0"]


def test_the_paper_s_rows_add_up():
    """The paper's gap is the difference of its refusals, up to rounding; compliance here is 100 less those."""
    for condition, _, free, paid, gap in PAPER:
        assert paid[0] - free[0] == pytest.approx(gap[0], abs=0.11), condition
    for row, (_, faking, free, paid, gap) in zip(DEMO.published, PAPER, strict=True):
        assert row["complied, free"][0] == pytest.approx(100 - free[0])
        assert row["complied, paid"][0] == pytest.approx(100 - paid[0])
        assert (row["faking reasoned in the scratchpad"], row["compliance gap"]) == (faking, gap)
