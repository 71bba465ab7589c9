"""What every world keeps, over the registry."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import goalmisgen
import gymnasium
import numpy as np
import pytest
from goalmisgen.engine.rules import edit, level_files, sprites
from goalmisgen.engine.rules.batch import Batch, Stream, advance
from goalmisgen.engine.rules.level import RUNNING, TERMINATED, copied, record
from goalmisgen.engine.rules.scene import scene
from goalmisgen.engine.rules.world import ROLES
from gymnasium.utils.env_checker import check_env
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
SEEDS = st.integers(0, 2**40)
ENV_IDS = {name: goalmisgen.env_id(name) for name in goalmisgen.WORLDS}


def acted(demo, level, actions, config=None, seed=0):
    """Act in a level, or the one of a text, until the episode ends. Returns level, state and rewards."""
    level = level_files.parse_level(demo, level.strip("\n")) if isinstance(level, str) else level
    state, rewards = record(demo.state), []
    demo.start(level, seed, state)
    for action in actions:
        if state.done != RUNNING:
            break
        rewards.append(advance(demo, config or demo.training, level, state, action))
    return level, state, rewards


def rolled(demo, config, seed, actions):
    """The states of a run with given actions, as bytes, and its rewards."""
    level, state = edit.draw_level(demo, config, seed), record(demo.state)
    demo.start(level, seed, state)
    told = [state.tobytes()]
    rewards = []
    for action in actions:
        if state.done != RUNNING:
            break
        rewards.append(advance(demo, config, level, state, int(action)))
        told.append(state.tobytes())
    return level, state, told, rewards


def test_importing_the_catalogue_loads_nothing_heavy():
    heavy = ("torch", "numba", "pygame", "streamlit", "matplotlib")
    code = f"import sys, goalmisgen; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"


@pytest.mark.slow
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


def test_importing_the_package_registers_the_worlds():
    code = (
        "import goalmisgen, gymnasium; print([gymnasium.make(goalmisgen.env_id(n)).spec.id for n in goalmisgen.WORLDS])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(list(ENV_IDS.values()))


@pytest.mark.slow
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
import sys, json, hashlib, numpy as np, goalmisgen
from goalmisgen.engine.rules import edit, sprites
from goalmisgen.engine.rules.batch import Batch, advance
from goalmisgen.engine.rules.level import record
demo = goalmisgen.grid_entry(sys.argv[1])
digest = hashlib.sha256()
for config, seed in ((demo.training, 3), (demo.shifted, 2**40 + 7)):
    level, state = edit.draw_level(demo, config, seed), record(demo.state)
    demo.start(level, seed, state)
    digest.update(level.tobytes())
    for action in np.random.default_rng(seed).integers(len(demo.actions), size=40):
        if state.done:
            break
        digest.update(repr(float(advance(demo, config, level, state, int(action)))).encode() + state.tobytes())
batch = Batch(demo, demo.shifted, 1)
batch.generate(np.array([5]))
digest.update(batch.pictures.tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
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
        assert level_files.parse_level(demo, level_files.format_level(demo, level)) == level
        assert level_files.from_json(demo, json.loads(json.dumps(level_files.to_json(demo, level)))) == level
        assert level_files.from_url(demo, level_files.to_url(demo, level)) == level


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


def changed_by_the_shift(demo, seeds=range(50)):
    """What the shift changes of levels: kinds of objects that stand elsewhere, and other parts of a level, by name."""
    kinds = [kind.name for kind in demo.kinds for _ in range(kind.count)]
    found = set()
    for seed in seeds:
        level, shifted = edit.draw_level(demo, demo.training, seed), edit.draw_level(demo, demo.shifted, seed)
        moved = (level.objects != shifted.objects).any(1)
        found |= {kind for kind, is_moved in zip(kinds, moved, strict=True) if is_moved}
        found |= {
            part for part in level.dtype.names if part != "objects" and not np.array_equal(level[part], shifted[part])
        }
    return found


def test_the_shift_changes_no_terrain_and_each_world_says_what_it_does_change(demo):
    assert changed_by_the_shift(demo) and "tiles" not in changed_by_the_shift(demo)
    own = Path(__file__).with_name(f"test_{demo.name}.py").read_text(encoding="utf-8")
    assert "assert changed_by_the_shift(DEMO) == {" in own


def test_recolouring_reaches_the_agents_picture(demo):
    level = edit.draw_level(demo, demo.training, 4)
    if demo.margin:  # where the view follows the body, the goal is put beside it
        level = edit.place(demo, level, edit.goal_name(demo), *level.objects[0] + (0, 1))
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


def test_a_stream_keeps_the_last_state_and_picture_of_an_episode(demo):
    """Beside a batch that stands still where an episode has ended; the stream goes on with another level there."""
    stream, batch = Stream(demo, demo.training, 4, 100), Batch(demo, demo.training, 4)
    batch.generate(np.arange(100, 104))
    rng, left = np.random.default_rng(0), set(range(4))
    while left:
        actions = rng.integers(len(demo.actions), size=4)
        stream.advance(actions)
        batch.step(actions)
        for i in left & {int(each) for each in np.flatnonzero(stream.dones)}:
            assert stream.finals[i].tobytes() == batch.states[i].tobytes()
            assert (stream.lasts[i] == batch.pictures[i]).all() and (stream.lasts[i] != stream.pictures[i]).any()
            left.remove(i)


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
        level_files.parse_level(demo, text)


@pytest.mark.slow
@given(text=st.text(max_size=300))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused(demo, text):
    for reader in (level_files.parse_level, level_files.from_url, level_files.read_level):
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
        level_files.from_json(demo, data)


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


def test_presets_play_the_roles_that_they_are_named_for(demo):
    presets = {preset.name: preset for preset in demo.presets}
    assert demo.roles.keys() <= ROLES.keys() and set(demo.roles.values()) <= presets.keys()
    shifted = {role: presets[name].shifted for role, name in demo.roles.items()}
    assert shifted == {role: role != "training" for role in demo.roles}


FOLDERS = """
import goalmisgen
from pathlib import Path
from goalmisgen.engine.rules import grid
from goalmisgen.engine.rules.batch import loops_of
worlds = [goalmisgen.grid_entry(name) for name in goalmisgen.WORLDS]
for rule in (grid.walk, *(world.step for world in worlds), *(loops_of(world).advance for world in worlds)):
    print(Path(rule.stats.cache_path).parent.name)
"""


@pytest.mark.slow
def test_changing_one_demo_compiles_only_that_one_anew(tmp_path):
    copy = tmp_path / "goalmisgen"
    shutil.copytree(ROOT / "demos", copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "lessons" / "presets", copy / "_content" / "lessons" / "presets")  # as a wheel has them

    def folders() -> list[str]:
        command = [sys.executable, "-c", FOLDERS]
        env = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "compiled")}
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=tmp_path)
        return told.stdout.split()

    def stayed(path: Path) -> list[bool]:
        before = folders()
        with path.open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        return [one == other for one, other in zip(before, folders(), strict=True)]

    engine, *worlds = folders()
    n = len(goalmisgen.WORLDS)
    assert worlds[:n] == worlds[n:]  # a world's loops lie with its rules
    assert len({engine, *worlds}) == n + 1  # and never with another's: numba would take one's for the other's
    changed = goalmisgen.WORLDS[1]
    others = [name != changed for name in goalmisgen.WORLDS]
    assert stayed(copy / f"{changed}.py") == [True, *others, *others]
    assert not any(stayed(copy / "engine" / "rules" / "grid.py"))
