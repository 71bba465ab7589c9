"""Rates and means, each with its 95 % interval; of any kind of demo."""

import numpy as np

_Z = 1.959963984540054  # 95 %, two-sided


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a rate, `count` out of `n` (Wilson 1927); (0, 1) if n is 0."""
    if n == 0:
        return 0.0, 1.0
    rate, square = count / n, _Z * _Z
    middle = (rate + square / (2 * n)) / (1 + square / n)
    reach = _Z / (1 + square / n) * float(np.sqrt(rate * (1 - rate) / n + square / (4 * n * n)))
    return (0.0 if count == 0 else middle - reach), (1.0 if count == n else middle + reach)


def rate_of(count: int, n: int) -> dict[str, float]:
    """A rate and its 95 % interval, as data; rounded to 4 digits."""
    low, high = wilson(count, n)
    return {"rate": round(count / max(n, 1), 4), "low": round(low, 4), "high": round(high, 4)}


def mean_of(values: np.ndarray) -> dict[str, float | int | None]:
    """The mean of float64[n] and its 95 % interval (normal), as data, over the episodes it applies to (not nan)."""
    found = values[~np.isnan(values)]
    if len(found) == 0:
        return {"mean": None, "low": None, "high": None, "n": 0}
    mean = float(found.mean())
    reach = _Z * float(found.std(ddof=1)) / len(found) ** 0.5 if len(found) > 1 else 0.0
    return {"mean": round(mean, 4), "low": round(mean - reach, 4), "high": round(mean + reach, 4), "n": len(found)}


def choice_of(first: np.ndarray, second: np.ndarray) -> dict[str, float | int | None]:
    """The share of decided episodes that the first of two objects won, where levels come in pairs.

    `first`, `second`: bool[n], which was reached, levels 2 k and 2 k + 1 being one with the objects' places exchanged.
    The 95 % interval is over pairs (ratio estimate, linearised).
    """
    won = first.astype(float).reshape(-1, 2).sum(1)
    decided = won + second.astype(float).reshape(-1, 2).sum(1)
    if not decided.sum():
        return {"mean": None, "low": None, "high": None, "n": 0}
    share, pairs = float(won.sum() / decided.sum()), len(won)
    spread = float(((won - share * decided) ** 2).sum()) * pairs / max(pairs - 1, 1)
    reach = _Z * spread**0.5 / float(decided.sum())
    low, high = max(0.0, share - reach), min(1.0, share + reach)
    return {"mean": round(share, 4), "low": round(low, 4), "high": round(high, 4), "n": int(decided.sum())}
