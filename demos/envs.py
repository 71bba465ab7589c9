"""Importing this registers every demo with Gymnasium: `gymnasium.make("demos.envs:goalmisgen/CoinRun-v0")`.

Gymnasium 1.0 dropped its plugin entry points; naming the module in the id is its way to find environments now.
"""

from . import register_envs

register_envs()
