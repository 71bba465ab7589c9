"""Counted randomness: every draw is a hash of (seed, step, purpose).

There is no stream that an edit could shift: a draw depends on nothing but its three numbers, so runs replay
exactly, and an edit that does not matter changes nothing after it. The hash mixes 32 bits at a time by
multiply and xor-shift, in int64 with products below 2**63, so compiled and plain Python agree.
"""

from .compiled import rule

_MASK = 0xFFFFFFFF


@rule
def _mix(x):
    x = (x ^ (x >> 16)) * 0x7FEB352D & _MASK
    x = (x ^ (x >> 15)) * 0x2C1B3C6D & _MASK
    x = (x ^ (x >> 12)) * 0x297A2D39 & _MASK
    return x ^ (x >> 15)


@rule
def draw(seed, step, purpose):
    """A uniform number in [0, 1), float64, fixed by the three integers."""
    x = _mix((seed & _MASK) ^ 0x5BD1E995)
    x = _mix(x ^ ((seed >> 32) & _MASK) ^ 0x1B873593)
    x = _mix((x + step * 0x3C6EF372) & _MASK)
    x = _mix((x + purpose * 0x1D872B41) & _MASK)
    return x / 4294967296.0


@rule
def draw_int(seed, step, purpose, n):
    """A uniform integer in 0..n-1."""
    return int(draw(seed, step, purpose) * n)
