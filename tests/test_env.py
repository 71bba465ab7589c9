"""The Gymnasium shell in the hands of others: their trainers, wrappers, copies and vector forms."""

import copy
import pickle

import goalmisgen
import gymnasium as gym
import numpy as np
import pytest
import torch
from goalmisgen.engine.rules.env import GridEnv
from worlds import SMALLEST, SOLVED, world

SOME, SMALL = (goalmisgen.env_id(demo.name) for demo in (SOLVED, SMALLEST))


def steps(env, n=5):
    """Observations, rewards and ends of the same few actions."""
    told = [env.step(action % env.action_space.n)[:4] for action in range(n)]
    return b"".join(np.asarray(each).tobytes() for step in told for each in step)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_an_environment_is_copied_as_it_stands(demo, copied):
    env = gym.make(goalmisgen.env_id(demo.name), render_mode="rgb_array")
    env.reset(seed=5)
    steps(env, 3)
    other = copied(env)
    assert other.unwrapped.demo is demo and other.unwrapped.level == env.unwrapped.level
    assert steps(env) == steps(other) and (env.render() == other.render()).all()
    assert (env.reset()[0] == other.reset()[0]).all()  # its generator too


def test_a_vector_environment_is_copied_as_it_stands():
    env = gym.make_vec(SOME, num_envs=3)
    env.reset(seed=5)
    other = pickle.loads(pickle.dumps(env))
    for action in range(4):
        ours, theirs = (each.step(np.full(3, action)) for each in (env, other))
        assert all((a == b).all() for a, b in zip(ours[:4], theirs[:4], strict=True))


def test_the_spec_says_how_long_an_episode_can_be_and_truncates_nothing(demo):
    env = gym.make(goalmisgen.env_id(demo.name))
    assert env.spec.max_episode_steps == demo.timeout and gym.spec(env.spec.id).max_episode_steps is None
    assert "TimeLimit" not in str(env)


def test_what_the_registry_says_of_rendering_is_so():
    assert goalmisgen.make_env.metadata == GridEnv.metadata
    env = gym.make(SOME, render_mode="rgb_array_list")
    env.reset(seed=0)
    steps(env, 2)
    assert [picture.dtype for picture in env.render()] == [np.uint8] * 3


def test_places_of_a_vector_are_seeded_and_told_one_by_one():
    env = gym.make_vec(SOME, num_envs=3, render_mode="rgb_array")
    pictures, info = env.reset(seed=[7, 8, 7])
    assert (pictures[0] == pictures[2]).all() and (pictures[0] != pictures[1]).any()
    assert info["level_seed"][0] == info["level_seed"][2]
    pictures, info = env.reset(options={"level_seed": [22, 5, 22]})
    one = gym.make(SOME)
    assert (pictures[0] == one.reset(options={"level_seed": 22})[0]).all() and (pictures[0] == pictures[2]).all()
    assert info["level_seed"].tolist() == [22, 5, 22] and info["_level_seed"].all()
    assert len(env.render()) == 3 and env.render()[1].shape[2] == 3
    assert env.reset(options={"level_seed": 22})[1]["level_seed"].tolist() == [22, 22, 22]
    rng, finals = np.random.default_rng(0), 0
    env.reset(options={"level_seed": [22, 5, 23]})
    for _ in range(300):
        before = info["level_seed"] if finals else np.array([22, 5, 23])
        _, rewards, terminated, truncated, info = env.step(rng.integers(0, 4, 3))
        ended = terminated | truncated
        assert info["goals"].shape == (3, 2) and (info["goals"][ended] == -1).all() and info["died"].shape == (3,)
        if ended.any():
            final = info["final_info"]
            assert (info["_final_info"] == ended).all() and (final["_goals"] == ended).all()
            assert (final["level_seed"][ended] == before[ended]).all()
            assert ((final["goals"][ended, 0] >= 0) == (rewards[ended] > 0)).all()
            assert (info["level_seed"][ended] == before[ended] + 3).all()
            finals += 1
    assert finals


def test_stable_baselines3_trains_on_it():
    from stable_baselines3 import PPO

    def doubled(picture):
        return picture.repeat(2, 0).repeat(2, 1)

    def env():
        small = gym.make(SMALL)
        height, width, _ = small.observation_space.shape
        space = gym.spaces.Box(0, 255, (2 * height, 2 * width, 3), np.uint8)
        return gym.wrappers.TransformObservation(small, doubled, space)  # CnnPolicy wants 36 pixels or more

    model = PPO("CnnPolicy", env(), n_steps=32, batch_size=32, n_epochs=1, device="cpu")
    assert model.learn(64).num_timesteps == 64


def test_code_in_the_way_of_cleanrl_runs():
    """The loop of CleanRL's ppo_atari.py, with its two wrappers, shortened."""

    def thunk():
        env = gym.make(SOME, render_mode="rgb_array")
        env = gym.wrappers.RecordEpisodeStatistics(env)
        assert env.unwrapped.get_action_meanings()[0] == "up"
        return gym.wrappers.TransformReward(env, np.sign)

    envs = gym.vector.SyncVectorEnv([thunk] * 2)
    agent = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(45 * 45 * 3, envs.single_action_space.n))
    obs, _ = envs.reset(seed=1)
    for _ in range(8):
        with torch.no_grad():
            logits = agent(torch.Tensor(obs) / 255.0)
        action = torch.distributions.Categorical(logits=logits).sample()
        obs, reward, terminations, truncations, infos = envs.step(action.numpy())
        assert reward.shape == terminations.shape == truncations.shape == (2,)


def test_the_wrappers_of_stable_baselines3_and_cleanrl_for_atari_run():
    """But for those that need an Atari (its action NOOP, its lives), and OpenCV to make pictures of one size."""
    from stable_baselines3.common import atari_wrappers

    env = atari_wrappers.MaxAndSkipEnv(gym.make(SOME), skip=4)
    assert "FIRE" not in env.unwrapped.get_action_meanings()  # what both ask before they wrap on
    env = gym.wrappers.GrayscaleObservation(atari_wrappers.ClipRewardEnv(env))
    env = gym.wrappers.FrameStackObservation(env, 4)
    assert env.reset(seed=1)[0].shape == (4, *gym.make(SOME).observation_space.shape[:2])
    assert {env.step(1)[1] for _ in range(3)} <= {-1.0, 0.0, 1.0}


@pytest.mark.slow
def test_torchrl_takes_it_as_a_gymnasium_environment():
    envs = pytest.importorskip("torchrl.envs", reason="an extra of those who develop this")
    from torchrl.envs.utils import check_env_specs

    env = envs.GymEnv(SOME, device="cpu")
    check_env_specs(env)
    told = env.rollout(5, break_when_any_done=False)  # random actions may end an episode sooner
    assert told["pixels"].shape == (5, *gym.make(SOME).observation_space.shape) and told["pixels"].dtype == torch.uint8
    assert told["next", "reward"].shape == (5, 1)
    env.close()


def test_a_person_plays_by_the_keys_that_it_names(monkeypatch):
    import pygame
    from gymnasium.utils import play

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    told = []

    def noted(before, after, action, reward, terminated, truncated, info):
        told.append(action)
        kind = pygame.KEYDOWN if len(told) < 3 else pygame.QUIT
        pygame.event.post(pygame.event.Event(kind, key=pygame.K_RIGHT))

    idle = world(lambda demo: "" in demo.keys)  # one has an action without a key
    env = gym.make(goalmisgen.env_id(idle.name), render_mode="rgb_array")
    play.play(env, fps=60, zoom=1.0, callback=noted, noop=idle.keys[""])
    right = env.unwrapped.get_keys_to_action()[(pygame.K_RIGHT,)]
    assert told[0] == idle.keys[""] and told[-1] == right != told[0]


def test_processes_side_by_side_give_what_one_gives():
    seeds = [3, 4]
    told = []
    for mode in ("sync", "async"):
        envs = gym.make_vec(SOME, num_envs=2, vectorization_mode=mode)
        told.append([envs.reset(seed=seeds)[0]] + [envs.step(np.array([1, 2]))[0] for _ in range(3)])
        envs.close()
    assert all((a == b).all() for a, b in zip(*told, strict=True))


def test_a_video_is_recorded(tmp_path):
    pytest.importorskip("moviepy", reason="an extra: goalmisgen[video]")
    env = gym.wrappers.RecordVideo(
        gym.make(SOME, render_mode="rgb_array"), str(tmp_path / "films"), episode_trigger=lambda n: True
    )
    env.reset(seed=0)
    steps(env, 4)
    env.close()
    assert list(tmp_path.glob("films/*.mp4"))
