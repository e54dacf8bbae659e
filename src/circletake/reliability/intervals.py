"""Intervals for rates, and for their product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
_DRAWS = 20_000


@dataclass(frozen=True)
class Rate:
    """Successes out of trials."""

    successes: int
    trials: int

    @property
    def value(self) -> float | None:
        """The share, or `None` when nothing was tried."""
        return self.successes / self.trials if self.trials else None


@dataclass(frozen=True)
class Interval:
    """Lower and upper bound, both in 0..1."""

    low: float
    high: float


def wilson(rate: Rate, *, z: float = Z_95) -> Interval:
    """Return the Wilson score interval (Wilson 1927), which stays honest at 0 and 100 % and for few trials.

    With no trials it is 0..1: nothing is known.
    """
    if rate.trials == 0:
        return Interval(0.0, 1.0)
    n = rate.trials
    share = rate.successes / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if rate.successes == 0 else (centre - spread) / scale
    high = 1.0 if rate.successes == n else (centre + spread) / scale
    return Interval(max(0.0, low), min(1.0, high))


def product(rates: Sequence[Rate]) -> float | None:
    """Return the rates multiplied out, or `None` when one of them is unknown."""
    values = [rate.value for rate in rates]
    known = [value for value in values if value is not None]
    return math.prod(known) if values and len(known) == len(values) else None


def product_interval(rates: Sequence[Rate], *, seed: int = 1) -> Interval:
    """Return a 95 % interval of the product: quantiles of independent Jeffreys posteriors, Beta(s + 1/2, f + 1/2).

    20,000 draws with a fixed seed, so that the same rows give the same interval (good to about 0.2 points).
    """
    if not rates:
        return Interval(0.0, 1.0)
    rng = np.random.default_rng(seed)
    draws = np.ones(_DRAWS)
    for rate in rates:
        draws *= rng.beta(rate.successes + 0.5, rate.trials - rate.successes + 0.5, size=_DRAWS)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(float(low), float(high))
