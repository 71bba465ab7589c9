"""The exact solution of decision demos against brute force, and learning against the exact solution."""

import itertools

import numpy as np
import pytest
from goalmisgen.engine.agents.chooser import Chooser, process_of, softmax
from goalmisgen.engine.agents.pretrained import AgentError
from goalmisgen.engine.agents.train_decision import train
from goalmisgen.engine.rules import process as processes
from goalmisgen.engine.rules.decision import Chance, DecisionDemo, Situation, Slider, View
from goalmisgen.engine.rules.entry import Recipe
from goalmisgen.engine.rules.process import Process, ProcessError
from goalmisgen.engine.study.solve import exactly, expected, solve

USUAL = {"left": 3.0, "luck": 0.35}


def _follow(values, state, action):
    """Three turns of an urn: stop with what one has, or draw; a blank loses it all."""
    left, held = state
    if action == "stop":
        return [Chance(1.0, (0, held), float(held), "some" if held else "nothing", "stopped")]
    where = "some" if held else "nothing"
    return [
        Chance(values["luck"], (left - 1, 0), -0.1, where, "drew"),
        Chance(1 - values["luck"], (left - 1, held + left), -0.1, where, "drew"),
    ]


def urn(**changes):
    told = dict(
        name="urn", title="An urn", question="When to stop?", reward="", fits_too="", intended="stopped", proxies=(),
        papers=(), recipes={"urn": Recipe("urn", USUAL, 150_000, "")}, real="", analogy="",
        sliders=(Slider("left", "Turns", 1, 4, 1, 3), Slider("luck", "Blank", 0, 1, 0.05, 0.35)),
        begin=lambda values: [Chance(0.5, (int(values["left"]), 0)), Chance(0.5, (int(values["left"]), 1))],
        actions=lambda values, state: ("draw", "stop") if state[0] else (), follow=_follow,
        view=lambda values, state: View(f"{state}"), outcome_names=("rich", "poor"),
        outcome=lambda values, state: "rich" if state[1] > 2 else "poor",
        situations=(Situation("some", ""), Situation("nothing", "")), deeds=("drew", "stopped"),
        measures={"draws": lambda values, state, action: float(action == "draw")},
    )  # fmt: skip
    return DecisionDemo(**(told | changes))


def followed(demo, values, policy, state):
    """What comes from a state on under a policy {state: action}, path by path: (chance, return, last state, deeds)."""
    if not demo.actions(values, state):
        yield 1.0, 0.0, state, ()
        return
    for chance in demo.follow(values, state, policy[state]):
        for p, total, last, deeds in followed(demo, values, policy, chance.state):
            yield chance.probability * p, chance.reward + total, last, ((chance.situation, chance.deed), *deeds)


def every_policy(demo, values):
    """Every deterministic policy, {state: action}; the states found without `Process`."""
    todo, states = [chance.state for chance in demo.begin(values)], {}
    while todo:
        state = todo.pop()
        if state not in states:
            states[state] = demo.actions(values, state)
            todo += [c.state for action in states[state] for c in demo.follow(values, state, action)]
    decided = [state for state, actions in states.items() if actions]
    for actions in itertools.product(*(states[state] for state in decided)):
        yield dict(zip(decided, actions, strict=True))


@pytest.mark.parametrize("values", [USUAL, {"left": 2.0, "luck": 0.6}, {"left": 3.0, "luck": 0.0}])
def test_no_policy_is_better_than_the_solution_and_one_is_as_good(values):
    demo = urn()
    begun = demo.begin(values)
    returns = [
        sum(c.probability * sum(p * total for p, total, _, _ in followed(demo, values, policy, c.state)) for c in begun)
        for policy in every_policy(demo, values)
    ]
    assert max(returns) == pytest.approx(solve(Process(demo, values)).value)


def test_what_a_policy_does_is_what_its_paths_add_up_to():
    demo, process = urn(), Process(urn(), USUAL)
    solution = solve(process)
    policy = {s: names[best[0]] for s, names, best in zip(process.states, process.actions, solution.best, strict=True)
              if names}  # fmt: skip
    found = expected(process, solution.policy())
    rich = drew = stopped = total = 0.0
    for c in demo.begin(USUAL):
        for p, reward, last, deeds in followed(demo, USUAL, policy, c.state):
            p *= c.probability
            rich += p * (demo.outcome(USUAL, last) == "rich")
            drew += p * deeds.count(("some", "drew"))
            stopped += p * deeds.count(("some", "stopped"))
            total += p * reward
    assert found.outcomes["rich"] == pytest.approx(rich) and sum(found.outcomes.values()) == pytest.approx(1)
    assert found.counts["some"] == pytest.approx({"drew": drew, "stopped": stopped})
    assert found.rate("some", "drew") == pytest.approx(drew / (drew + stopped))
    assert found.measures["return"] == pytest.approx(total) == pytest.approx(solution.value)
    assert 0 < rich < 1 and drew > 0 and stopped > 0


def test_equally_good_actions_are_all_told():
    process = Process(urn(), {"left": 1.0, "luck": 0.9})
    solution = solve(process)
    assert solution.best[process.number[(0, 0)]] == ()
    even = urn(follow=lambda values, state, action: [Chance(1.0, (0, 0))])
    assert solve(Process(even, USUAL)).best[0] == (0, 1)


def test_actions_that_differ_by_rounding_are_equally_good():
    """Ten times 0.1 is a little less than 1 to a computer."""

    def follow(values, state, action):
        shares = (1.0,) if action == "draw" else (0.1,) * 10
        return [Chance(share, (0, i), 1.0) for i, share in enumerate(shares)]

    solution = solve(Process(urn(follow=follow), USUAL))
    assert solution.worths[0][0] != solution.worths[0][1] or sum((0.1,) * 10) == 1  # newer Pythons add up better
    assert all(best in ((), (0, 1)) for best in solution.best)


@pytest.mark.parametrize(
    "follow, says",
    [
        (lambda values, state, action: [Chance(0.7, (0, 0))], "add up to 0.7"),
        (lambda values, state, action: [Chance(1.0, state)], "must not see a state twice"),
        (lambda values, state, action: [Chance(1.0, (state[0] + 1, 0))], "too large"),
    ],
)
def test_rules_that_are_no_finite_process_are_refused(follow, says, monkeypatch):
    monkeypatch.setattr(processes, "MOST_STATES", 2_000)
    with pytest.raises(ProcessError, match=says):
        Process(urn(follow=follow), USUAL)


def test_an_agent_learns_what_the_solution_says_and_comes_back_from_its_file(tmp_path):
    demo = urn()
    home = tmp_path / "urn" / "s0"
    train(demo, demo.recipes["urn"], 0, home, lambda done, latest: None)
    agent = Chooser(demo, "urn:0", demo.recipes["urn"], home / "policy.safetensors", None)
    best = exactly(demo, USUAL)
    learned = expected(agent.process, agent.policy(agent.process))
    assert learned.measures["return"] == pytest.approx(best.measures["return"], abs=0.05)
    assert learned.rate("nothing", "drew") == pytest.approx(best.rate("nothing", "drew"), abs=0.05)

    assert agent.met((3, 0)) and not agent.met((4, 0))
    assert agent.consider((4, 0), ("draw", "stop")) == [0.5, 0.5]
    with pytest.raises(AgentError, match="table for the states"):
        Chooser(urn(actions=lambda v, s: ("stop", "draw") if s[0] else ()), "urn:0", demo.recipes["urn"],
                home / "policy.safetensors", None)  # fmt: skip
    with pytest.raises(AgentError, match="do not match their card"):
        Chooser(demo, "urn:0", demo.recipes["urn"], home / "policy.safetensors", {"sha256": "0"})


def test_a_training_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    demo, folders = urn(), (tmp_path / "whole", tmp_path / "stopped")
    train(demo, demo.recipes["urn"], 1, folders[0], lambda done, latest: None, steps=20_000)

    def stop(done, latest):
        if done > 8_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(demo, demo.recipes["urn"], 1, folders[1], stop, steps=20_000)
    assert not (folders[1] / "policy.safetensors").exists()
    train(demo, demo.recipes["urn"], 1, folders[1], lambda done, latest: None, steps=20_000)
    whole, stopped = (folder.joinpath("policy.safetensors").read_bytes() for folder in folders)
    assert whole == stopped
    assert process_of(demo, tuple(USUAL.items())) is process_of(demo, tuple(USUAL.items()))


def test_what_cannot_be_done_has_no_chance_however_high_its_logit():
    there = np.array([[True, False], [True, True], [False, False]])
    chances = softmax(np.array([[0.0, 9.0], [1.0, 1.0], [5.0, 5.0]]), there)
    assert chances.tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]]
