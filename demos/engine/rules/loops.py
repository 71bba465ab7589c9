"""Compiled loops over many levels at once.

This file is loaded once per world by `batch.loops_of`, which puts that world's `generate`, `start` and `step` in
its place, and the `rule` that keeps the compiled code where that world's is kept: it then calls them directly, and
numba can keep it on disk (it cannot keep functions that are passed as arguments). A world's `step` says what happens in
a step; `advance` counts it, adds up the reward and ends the episode when time is out, alike in every world.
"""

from typing import TYPE_CHECKING, Any

from .level import RUNNING, TRUNCATED
from .sprites import paint_ground, paint_window

if TYPE_CHECKING:
    rule: Any
    generate: Any
    start: Any
    step: Any
    TIMEOUT: int
    own_time_limit: Any  # None: TIMEOUT, whatever the level


@rule
def usual_time_limit(config, level):
    """Steps of an episode where the world has no rule of its own."""
    return TIMEOUT


time_limit = own_time_limit or usual_time_limit


@rule
def advance(config, level, state, action):
    """One step of one running episode, in place; returns its reward."""
    state.t += 1
    reward = step(config, level, state, action)
    state.total += reward
    limit = time_limit(config, level)
    if state.done == RUNNING and 0 < limit <= state.t:
        state.done = TRUNCATED
    return reward


@rule
def generate_many(config, seeds, levels):
    """Fill `levels` with the levels of these seeds."""
    for i in range(len(levels)):
        generate(config, seeds[i], levels[i])


@rule
def start_many(levels, seeds, states):
    """Fill `states` with the beginnings of episodes."""
    for i in range(len(levels)):
        start(levels[i], seeds[i], states[i])


@rule
def ground_many(atlas, tile_sprites, levels, margin, grounds):
    """Paint the ground of every level: uint8[levels, rows * size, (columns + 2 * margin) * size, 3]."""
    for i in range(len(levels)):
        paint_ground(atlas, tile_sprites, levels[i], margin, grounds[i])


@rule
def window_many(atlas, grounds, margin, levels, states, pictures):
    """Paint what the agent sees in every level: uint8[levels, rows * size, view * size, 3]."""
    for i in range(len(levels)):
        paint_window(atlas, grounds[i], margin, levels[i], states[i], pictures[i])


@rule
def step_many(config, levels, states, actions, rewards):
    """One step of every level that is still running, in place; ended ones stand still with reward 0."""
    for i in range(len(levels)):
        rewards[i] = advance(config, levels[i], states[i], actions[i]) if states[i].done == RUNNING else 0.0


@rule
def advance_many(
    config,
    levels,
    states,
    actions,
    rewards,
    dones,
    atlas,
    tile_sprites,
    margin,
    grounds,
    pictures,
    finals,
    lasts,
    stride,
):
    """One step of every level, and a fresh level wherever an episode ended: the stepping of training.

    `dones`, uint8[n]: RUNNING, TERMINATED or TRUNCATED. Where an episode ended, `finals` holds its last state and
    `lasts` its last picture. Level i goes on with seed `its seed + stride`.
    """
    for i in range(len(levels)):
        rewards[i] = advance(config, levels[i], states[i], actions[i])
        dones[i] = states[i].done
        if dones[i] != RUNNING:
            finals[i] = states[i]
            paint_window(atlas, grounds[i], margin, levels[i], states[i], lasts[i])
            seed = levels[i].seed + stride
            generate(config, seed, levels[i])
            start(levels[i], seed, states[i])
            paint_ground(atlas, tile_sprites, levels[i], margin, grounds[i])
        paint_window(atlas, grounds[i], margin, levels[i], states[i], pictures[i])


@rule
def scan(config, levels, states, actions, stride):
    """Many steps of every level without pictures, with a fresh level at each end; returns the total reward.

    `actions`: int64[steps, levels].
    """
    total = 0.0
    for t in range(len(actions)):
        for i in range(len(levels)):
            total += advance(config, levels[i], states[i], actions[t, i])
            if states[i].done != RUNNING:
                seed = levels[i].seed + stride
                generate(config, seed, levels[i])
                start(levels[i], seed, states[i])
    return total
