"""Levels chosen by regret: the ranking by hand, the regret of known walks, and trainings that go on."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from goalmisgen.engine.agents.train_grid import Levels, learner, train
from goalmisgen.engine.rules.batch import Stream, played
from goalmisgen.engine.rules.edit import draw_level
from goalmisgen.engine.rules.grid import distances
from goalmisgen.engine.rules.replay import Replay, best, chances, regret
from worlds import SOLVED

DEMO = SOLVED
FIRST = 1 << 40
SMALL = replace(DEMO.learning, levels=8, rollout=32)


def test_chances_by_hand():
    """Regrets .2, .9, .5 have ranks 3, 1, 2: weights 2/11, 6/11, 3/11; unseen for 1, 3, 0 draws: 1/4, 3/4, 0."""
    found = chances(np.array([0.2, 0.9, 0.5]), np.array([1, 3, 0]), staleness=0.1)
    assert found == pytest.approx([0.9 * 2 / 11 + 0.025, 0.9 * 6 / 11 + 0.075, 0.9 * 3 / 11])
    assert chances(np.array([0.2, 0.9]), np.array([0, 0])) == pytest.approx([1 / 3, 2 / 3])  # none is stale


def straight(level, state):
    """A shortest way to the cheese."""
    steps = distances(level.tiles, 0, *(int(x) for x in level.objects[1]))
    row, col = (int(x) for x in state.at[0])
    ways = [steps[row - 1, col], steps[row, col + 1], steps[row + 1, col], steps[row, col - 1]]
    return min((s, way) for way, s in enumerate(ways) if s >= 0)[1]


def against_a_hedge(level, state):
    """A step into a hedge beside a place that is not the cheese: it stays where it is, or goes to and fro."""
    row, col = (int(x) for x in state.at[0])
    return next(way for way, (r, c) in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1)]) if level.tiles[row + r, col + c])


@pytest.mark.parametrize("seed", range(20))
def test_regret_of_known_walks(seed):
    level = draw_level(DEMO, DEMO.shifted, seed)
    walked = played(DEMO, DEMO.shifted, level, seed, straight)
    assert regret(DEMO, level, float(walked.total), int(walked.t)) == pytest.approx(0.0)
    prize = DEMO.learning.discount ** (DEMO.shortest(level)[0] - 1)
    assert best(DEMO, level) == pytest.approx(prize) and prize < 1.0 or DEMO.shortest(level)[0] == 1
    stood = played(DEMO, DEMO.shifted, level, seed, against_a_hedge)
    assert stood.total == 0.0 and regret(DEMO, level, 0.0, int(stood.t)) == pytest.approx(prize)
    late = regret(DEMO, level, 1.0, DEMO.shortest(level)[0] + 10)  # ten steps of a detour
    assert late == pytest.approx(prize * (1.0 - DEMO.learning.discount**10))


def test_no_way_is_no_regret():
    level = draw_level(DEMO, DEMO.shifted, 3)
    level.objects[1] = -1.0
    assert best(DEMO, level) == 0.0 == regret(DEMO, level, 0.0, 128)


def test_the_levels_of_highest_regret_are_remembered():
    replay, got = Replay(DEMO, DEMO.training, FIRST, room=4), []
    replay.begins = 99  # nothing is replayed
    for i in range(8):
        level = replay.next(0).copy()
        worth = best(DEMO, level)
        total = worth * (0.2, 0.9, 0.1, 0.8, 0.95, 0.5, 0.0, 0.7)[i]
        replay.ended(0, total, 1)  # regret: what is left of the best
        got.append((worth - total, level.tobytes()))
    best_four = sorted(got, reverse=True)[:4]
    held = sorted(zip(replay.regrets, (level.tobytes() for level in replay.levels), strict=True), reverse=True)
    assert [level for _, level in held] == [level for _, level in best_four]
    assert [r for r, _ in held] == pytest.approx([r for r, _ in best_four])


def test_a_level_of_no_more_regret_than_the_least_remembered_displaces_none():
    replay = Replay(DEMO, DEMO.training, FIRST, room=2)
    replay.begins = 99  # nothing is replayed
    for share in (0.0, 1.0, 1.0):
        level = replay.next(0)
        replay.ended(0, best(DEMO, level) * share, 1)
    assert sorted(replay.levels.seed.tolist()) == [FIRST, FIRST + 1]


def test_a_replayed_level_has_its_latest_regret():
    replay = Replay(DEMO, DEMO.training, FIRST, room=8)
    for _ in range(400):
        replay.next(0)
        if replay._replayed[0] >= 0:
            break
        replay.ended(0, 0.0, 128)
    k = int(np.flatnonzero(replay._names == replay._replayed[0])[0])
    before = replay.regrets.copy()
    replay.ended(0, 1.0, DEMO.shortest(replay.levels[k])[0])
    before[k] = 0.0
    assert replay.regrets == pytest.approx(before) and replay.filled >= replay.begins == 2


@pytest.mark.parametrize("moves", ["cheese", "mouse"])
def test_an_edit_moves_one_thing(moves):
    replay = Replay(DEMO, DEMO.training, FIRST, moves=moves, room=16)
    slot, parting = ("mouse", "cheese").index(moves), 0
    for _ in range(600):
        level = replay.next(0)
        assert not DEMO.problems(level) and min(DEMO.shortest(level)) > 0
        where = DEMO.places["corner"](level)
        assert slot == 1 or tuple(level.objects[1]) == where  # only the mouse moves: the cheese stays in the corner
        parting += DEMO.distinct(level)
        replay.ended(0, 0.0, 128)
    assert (parting > 50) == (moves == "cheese") and (parting == 0) == (moves == "mouse")


@pytest.mark.parametrize("name", ["replay-10", "edits-0", "robust-1"])
def test_a_stopped_sampler_goes_on(name):
    recipe = DEMO.recipes[name]

    def stream():
        replay = recipe.sampler(DEMO, recipe.config, FIRST)
        replay.begins = 3
        return Stream(DEMO, recipe.config, 8, FIRST, replay)

    def walk(stream, seed):
        rng = np.random.default_rng(seed)
        for _ in range(400):
            stream.advance(rng.integers(0, 4, 8))

    whole, stopped, later = stream(), stream(), stream()
    walk(whole, 0), walk(stopped, 0)
    later.put_back({name: value.copy() for name, value in stopped.kept().items()})
    walk(whole, 1), walk(later, 1)
    assert whole.levels.tobytes() == later.levels.tobytes()
    first, second = whole.kept(), later.kept()
    same = [name for name in first if (first[name] == second[name]).all()]
    assert {*first} - {*same} <= {"sampler.playing"}  # whose padding may differ
    assert (whole.sampler._playing == later.sampler._playing).all() and whole.sampler.count > 20


class Told(Replay):
    """Remembers of every episode, by place, whether it replayed a level."""

    def next(self, i):
        level = super().next(i)
        self.__dict__.setdefault("told", {}).setdefault(i, []).append(self._replayed[i] >= 0)
        return level


def test_robust_replay_learns_from_every_step_of_replayed_levels_and_no_other():
    recipe = replace(DEMO.recipes["robust-10"], learning=SMALL)
    sampler = Told(DEMO, recipe.config, FIRST, room=40, robust=True)
    levels = Levels(DEMO, recipe.config, 8, FIRST, sampler)
    model = learner(DEMO, recipe, SMALL, levels, 0)
    buffer, count, idle, shares = model.rollout_buffer, np.zeros(8, int), 0, []
    for _ in range(20):
        before = model.policy.action_net.weight.detach().clone()
        model.learn(8 * 32, reset_num_timesteps=False)
        episodes = count + buffer.episode_starts.astype(int).cumsum(0)  # how many were begun in each place
        count = episodes[-1]
        replayed = np.array([[sampler.told[i][k - 1] for i, k in enumerate(row)] for row in episodes])
        assert (buffer.part == replayed).all()
        assert (model.policy.action_net.weight == before).all() != replayed.any()
        idle += not replayed.any()
        if replayed.any():
            batches = [batch.returns.numpy() for batch in buffer.get(50)]
            assert max(map(len, batches)) <= 50 and len(batches) == -(-replayed.sum() // 50)
            wanted = buffer.returns.reshape(8, 32).T[replayed]
            assert sorted(np.concatenate(batches)) == pytest.approx(sorted(wanted))
            shares.append(replayed.mean())
    assert idle and 0.2 < np.mean(shares) < 0.95


@pytest.mark.slow
@pytest.mark.parametrize("how", [{"moves": "cheese"}, {"robust": True}], ids=str)
def test_a_stopped_training_gives_the_same_bytes(tmp_path, how):
    recipe = replace(DEMO.recipes["edits-0"], learning=SMALL, sampler=lambda *a: Replay(*a, room=8, **how))

    def stop(done, told):
        if done >= 2048:
            raise KeyboardInterrupt

    train(DEMO, recipe, 0, tmp_path / "a", lambda *_: None, 4096)
    with pytest.raises(KeyboardInterrupt):
        train(DEMO, recipe, 0, tmp_path / "b", stop, 4096)
    train(DEMO, recipe, 0, tmp_path / "b", lambda *_: None, 4096)
    one, two = ((tmp_path / each / "policy.safetensors").read_bytes() for each in "ab")
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()


@pytest.mark.parametrize("share", [0, 0.3, 1, 3, 10])
def test_fresh_mazes_are_those_of_the_recipes_that_only_draw(share):
    """So a recipe with replay differs from its twin without by nothing but what is played again."""
    twin = DEMO.recipes[f"region-7-alpha-{share}" if share else "corner-1"]
    for name in {"replay", "edits", "robust"} & {name.removesuffix(f"-{share}") for name in DEMO.recipes}:
        ours = DEMO.recipes[f"{name}-{share}"]
        assert ours.steps == twin.steps
        for seed in range(FIRST, FIRST + 300):
            assert draw_level(DEMO, ours.config, seed) == draw_level(DEMO, twin.config, seed)
