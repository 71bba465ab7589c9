"""What every world keeps, over the registry."""

import contextlib
import json
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import demos
from demos.engine.rules import edit, sprites
from demos.engine.rules.batch import Batch, Stream
from demos.engine.rules.level import RUNNING, TERMINATED, copied, record
from demos.engine.rules.picture import scene

SEEDS = st.integers(0, 2**40)
ENV_IDS = {
    "coinrun": "demos.envs:goalmisgen/CoinRun-v0",
    "cheese_maze": "demos.envs:goalmisgen/CheeseMaze-v0",
    "line_and_gem": "demos.envs:goalmisgen/LineAndGem-v0",
    "keys_and_chests": "demos.envs:goalmisgen/KeysAndChests-v0",
    "monster_gridworld": "demos.envs:goalmisgen/MonsterGridworld-v0",
    "tree_gridworld": "demos.envs:goalmisgen/TreeGridworld-v0",
    "follow_the_expert": "demos.envs:goalmisgen/FollowTheExpert-v0",
}


def rolled(demo, config, seed, actions):
    """The states of a run with given actions, as bytes, and its rewards."""
    level, state = edit.draw_level(demo, config, seed), record(demo.state)
    demo.start(level, seed, state)
    told = [state.tobytes()]
    rewards = []
    for action in actions:
        if state.done != RUNNING:
            break
        rewards.append(demo.step(config, level, state, int(action)))
        told.append(state.tobytes())
    return level, state, told, rewards


def test_importing_the_catalogue_loads_nothing_heavy():
    heavy = ("torch", "numba", "pygame", "streamlit", "matplotlib")
    code = f"import sys, demos; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"


def test_gymnasium_contract(demo):
    env = gymnasium.make(ENV_IDS[demo.name], render_mode="rgb_array").unwrapped
    check_env(env)
    observation, _ = env.reset(seed=3)
    again, _ = env.reset(seed=3)
    assert np.array_equal(observation, again)
    level = edit.draw_level(demo, demo.shifted, 11)
    env.reset(seed=0, options={"level": level})
    assert env.level == level
    assert env.render().shape == scene(demo, level, env.state).shape


def test_registered_with_gymnasium_without_importing_us():
    code = f"import gymnasium; print([gymnasium.make(i).spec.id for i in {[ENV_IDS[name] for name in demos.WORLDS]}])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str([name.partition(":")[2] for name in (ENV_IDS[name] for name in demos.WORLDS)])


def test_vector_environment_resets_in_the_same_step(demo):
    env = gymnasium.make_vec(ENV_IDS[demo.name], num_envs=8)
    first, _ = env.reset(seed=1)
    assert env.observation_space.contains(first)
    rng, ended = np.random.default_rng(0), 0
    for _ in range(demo.timeout + 5):
        observation, reward, terminated, truncated, info = env.step(rng.integers(len(demo.actions), size=8))
        assert not (terminated & truncated).any()
        if (terminated | truncated).any():
            ended += 1
            assert np.array_equal(info["_final_obs"], terminated | truncated)
            assert (info["final_obs"][info["_final_obs"]] != observation[info["_final_obs"]]).any()
    assert ended


@given(seed=SEEDS, noise=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_same_seed_and_actions_same_run(demo, seed, noise):
    actions = np.random.default_rng(noise).integers(len(demo.actions), size=60)
    first, second = (rolled(demo, demo.shifted, seed, actions) for _ in range(2))
    assert first[0] == second[0] and first[2:] == second[2:]


UNCOMPILED = """
import sys, json, hashlib, numpy as np, demos
import demos
from demos.engine.rules import edit, sprites
from demos.engine.rules.batch import Batch
from demos.engine.rules.level import record
demo = demos.load(sys.argv[1])
digest = hashlib.sha256()
for config, seed in ((demo.training, 3), (demo.shifted, 2**40 + 7)):
    level, state = edit.draw_level(demo, config, seed), record(demo.state)
    demo.start(level, seed, state)
    digest.update(level.tobytes())
    for action in np.random.default_rng(seed).integers(len(demo.actions), size=40):
        if state.done:
            break
        digest.update(repr(float(demo.step(config, level, state, int(action)))).encode() + state.tobytes())
batch = Batch(demo, demo.shifted, 1)
batch.generate(np.array([5]))
digest.update(batch.pictures.tobytes())
print(digest.hexdigest())
"""


def test_compiled_and_uncompiled_rules_agree(demo, monkeypatch):
    def told() -> str:
        command = [sys.executable, "-c", UNCOMPILED, demo.name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    compiled = told()
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert told() == compiled


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_levels_round_trip_and_are_playable(demo, seed):
    for config in (demo.training, demo.shifted):
        level = edit.draw_level(demo, config, seed)
        assert edit.checked(demo, level) == level
        assert edit.parse_level(demo, edit.format_level(demo, level)) == level
        assert edit.from_json(demo, json.loads(json.dumps(edit.to_json(demo, level)))) == level
        assert edit.from_url(demo, edit.to_url(demo, level)) == level


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_training_is_empty_on_training_levels_only(demo, seed):
    level = edit.draw_level(demo, demo.training, seed)
    assert demo.in_training(level, demo.training) == []
    shifted = edit.draw_level(demo, demo.shifted, seed)
    assert bool(demo.in_training(shifted, demo.training)) == (level != shifted)
    assert demo.in_training(shifted, demo.shifted) == []
    assert demo.in_training(edit.recolour(demo, level, demo.goal_object, "#123456"), demo.training)
    assert demo.in_training(edit.remove(demo, level, demo.goal_object), demo.training)


def test_the_shift_moves_the_goal_and_nothing_else(demo):
    goal = edit.goal_slot(demo)
    for seed in range(50):
        level, shifted = edit.draw_level(demo, demo.training, seed), edit.draw_level(demo, demo.shifted, seed)
        assert np.array_equal(level.tiles, shifted.tiles)
        if demo.name == "coinrun":
            assert np.array_equal(np.delete(level.objects, goal, 0), np.delete(shifted.objects, goal, 0))


def test_recolouring_reaches_the_agents_picture(demo):
    level = edit.draw_level(demo, demo.training, 4)
    if demo.name == "coinrun":
        level = edit.place(demo, level, "coin", *level.objects[0] + (0, 1))
    pictures = []
    for colour in ("#f2b824", "#00aaff"):
        batch = Batch(demo, demo.training, 1)
        batch.levels[0] = edit.recolour(demo, level, demo.goal_object, colour)
        batch.start(np.array([0]))
        pictures.append(batch.pictures[0].copy())
    changed = (pictures[0] != pictures[1]).any(-1)
    assert 0 < changed.sum() <= sprites.PATCH**2 * len(edit.kind_slots(demo, demo.goal_object))


def test_batch_and_single_stepping_agree(demo):
    seeds = np.arange(6)
    batch = Batch(demo, demo.shifted, len(seeds))
    batch.generate(seeds)
    actions = np.random.default_rng(1).integers(len(demo.actions), size=(demo.timeout, len(seeds)))
    total = sum(batch.step(a).copy() for a in actions)
    for i, seed in enumerate(seeds):
        _, state, _, rewards = rolled(demo, demo.shifted, int(seed), actions[:, i])
        assert state.tobytes() == batch.states[i].tobytes()
        assert total[i] == pytest.approx(sum(rewards))


def test_stream_draws_every_seed_once(demo):
    stream, seen = Stream(demo, demo.training, 4, 100), set(range(100, 104))
    rng = np.random.default_rng(0)
    for _ in range(3 * demo.timeout):
        stream.advance(rng.integers(len(demo.actions), size=4))
        for i in np.nonzero(stream.dones)[0]:
            seed = int(stream.levels[i].seed)
            assert seed not in seen and seed % 4 == i
            seen.add(seed)
    assert len(seen) >= 12


def test_reward_pays_only_the_intended_goal(demo):
    rng, paid = np.random.default_rng(2), 0
    for seed in range(150):
        actions = rng.integers(len(demo.actions), size=demo.timeout)
        _, state, _, rewards = rolled(demo, demo.training, seed, actions)
        assert sum(rewards) == state.total
        if not demo.counts:  # what worlds that count pay is in their own tests
            assert sum(rewards) == (1.0 if state.reached[0] >= 0 else 0.0)
            assert state.reached[0] < 0 or state.done == TERMINATED
        paid += sum(map(abs, rewards))
    assert paid > 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("###\n##\n", "Row 1 has 2 columns"),
        ("####\n#?.#\n####\n", "Row 1, column 1"),
        ("####\n#..#\n####\n", "needs one"),
        ("seed: x\n\n####\n", "whole number"),
        ("what: 1\n\n####\n", "not known"),
        ("#" * 200 + "\n", "at most"),
    ],
)
def test_bad_maps_get_a_sentence(demo, text, said):
    with pytest.raises(edit.BadLevel, match=said):
        edit.parse_level(demo, text)


@given(text=st.text(max_size=300))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused(demo, text):
    for reader in (edit.parse_level, edit.from_url, edit.read_level):
        with contextlib.suppress(edit.BadLevel):
            edit.checked(demo, reader(demo, text))


FIELDS = st.sampled_from(["tiles", "objects", "looks", "colours", "seed", "coin", "agent", "demo"])
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=5),
)


@given(data=ANYTHING)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused(demo, data):
    with contextlib.suppress(edit.BadLevel):
        edit.from_json(demo, data)


@given(row=st.integers(-3, 20), col=st.integers(-3, 50), seed=st.integers(0, 50))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_edits_give_a_playable_level_or_a_sentence_and_never_change_the_old_one(demo, row, col, seed):
    level = edit.draw_level(demo, demo.training, seed)
    before = copied(level)
    for change in (
        lambda: edit.place(demo, level, demo.goal_object, row, col),
        lambda: edit.place(demo, level, edit.object_names(demo)[0], row, col),
        lambda: edit.paint(demo, level, row, col, demo.tiles[1].name),
        lambda: edit.recolour(demo, level, demo.goal_object, f"#{row:x}"),
    ):
        try:
            edit.checked(demo, change())
        except edit.BadLevel as refused:
            assert str(refused).endswith(".")
        assert level == before


def test_a_measure_is_not_called_like_an_outcome(demo):
    """In one table of a world every name says one thing."""
    names = [measure.name for measure in demo.measures]
    assert len(set(names)) == len(names) and not set(names) & {
        *demo.goals,
        "died",
        "timeout",
        "reward",
        "return",
        "steps",
    }
