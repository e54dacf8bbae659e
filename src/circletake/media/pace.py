"""Find the constant rate that a file is played at, from the times of its first pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

_USUAL = tuple(
    Fraction(rate)
    for rate in (
        "8",
        "10",
        "12",
        "25/2",
        "15",
        "24000/1001",
        "24",
        "25",
        "30000/1001",
        "30",
        "48",
        "50",
        "60000/1001",
        "60",
    )
)
_SLOWEST = Fraction(1)
"""What is slower is shown at a usual rate, every picture many times."""
_FASTEST = Fraction(60)
_SNAP = Fraction(2, 1_000)
"""A measured rate this close to a usual one is that one."""
_STEADY = 0.9
"""Share of the steps that must be alike in a constant rate."""


@dataclass(frozen=True)
class Pace:
    """What a file is played at."""

    fps: Fraction
    note: str = ""
    """What a person should know of it; empty for nothing."""


def pace_of(times: Sequence[int], *, base: Fraction, average: Fraction | None) -> Pace:
    """Return the rate to play at.

    A constant rate stays as it is, or is a usual one when it is within 0.2 % of it; above 60 every second (third, ...)
    picture is played. A varying one becomes the next usual rate that is not slower than its mean.

    Args:
        times: presentation times of the first pictures in any order, in units of `base`.
        base: seconds.
        average: pictures a second as the header has it; believed only when the times are not against it.
    """
    steps = np.diff(np.sort(np.array(times, np.float64)))
    steps = steps[steps > 0]
    if not len(steps):
        return Pace(_played(average) if average and 1 <= average <= 1000 else Fraction(24))
    usual = float(np.median(steps))
    alike = np.abs(steps - usual) <= max(1.0 if usual >= 5 else 0.4, 0.06 * usual)
    if alike.mean() >= _STEADY:
        rate = 1 / (Fraction(float(steps[alike].mean())).limit_denominator(10_000) * base)
        played = _played(rate)
        return Pace(played, "" if _SLOWEST <= rate <= _FASTEST * (1 + _SNAP) else _said(rate, played))
    measured = 1 / (Fraction(float(steps.mean())).limit_denominator(10_000) * base)
    mean = average if average and measured / 2 <= average <= measured * 2 else measured
    played = next((rate for rate in _USUAL if rate >= mean * (1 - _SNAP)), _FASTEST)
    return Pace(played, f"{float(mean):.4g} pictures a second on average, played at {float(played):.5g}")


def _said(rate: Fraction, played: Fraction) -> str:
    return f"{float(rate):.4g} pictures a second, played at {float(played):.5g}"


def _snapped(rate: Fraction) -> Fraction:
    nearest = min(_USUAL, key=lambda usual: abs(usual - rate))
    return nearest if abs(nearest - rate) <= rate * _SNAP else rate.limit_denominator(1001)


def _played(rate: Fraction) -> Fraction:
    """Return the rate, halved or thirded until it is at most 60."""
    if rate < _SLOWEST:
        return _USUAL[0]
    usual = _snapped(rate)
    return usual if usual <= _FASTEST else _snapped(usual / -(-usual // (_FASTEST * (1 + _SNAP))))
