"""What every world does at the start of a level and of an episode."""

from .compiled import rule
from .level import RUNNING


@rule
def blank(level, seed, looks, colours, tile_colours):
    """Make `level` the one of a seed, looking as its world does, with no objects; tiles and extent stay as they are."""
    level.seed = seed
    level.objects[:, :] = -1.0
    level.looks[:] = looks
    level.colours[:, :] = colours
    level.tile_colours[:, :] = tile_colours


@rule
def begin(level, seed, state):
    """Fill what the states of all worlds have in common: nothing is done yet, objects are where the level has them."""
    state.seed, state.t, state.total, state.done, state.died = seed, 0, 0.0, RUNNING, 0
    state.at[:, :] = level.objects
    state.there[:] = level.objects[:, 0] >= 0
    state.facing[:] = 1
    state.pose[:] = 0
    state.reached[:] = -1
