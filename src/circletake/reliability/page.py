"""The reliability report as a page to read: one self-contained HTML file with its charts drawn in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from circletake.reliability.report import LEVELS, Report
from circletake.runtime.pages import template

_WIDTH, _HEIGHT = 1000.0, 360.0
_TOP, _FOOT, _LEFT = 34.0, 56.0, 64.0
_BAR = 0.56
"""Share of its place that a bar takes."""
_STRIP = 190.0
"""Width of the chart of one step, in its own units."""


@dataclass(frozen=True)
class Bar:
    """A bar of the waterfall: what a level adds to those before it, or where all of them end."""

    name: str
    x: float
    y: float
    width: float
    height: float
    label: str
    kind: str
    """`base`, `gain` or `total`."""
    joins: float
    """Where its upper edge goes on to the next bar."""


@dataclass(frozen=True)
class Tick:
    """A line of the scale."""

    y: float
    label: str


@dataclass(frozen=True)
class Waterfall:
    """From the naive chain to ours, level by level."""

    width: float
    height: float
    left: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    floor: float
    """Where the scale begins, in percent: not always at zero, and then the page says so."""


def waterfall(found: Report) -> Waterfall | None:
    """Return the chart of a report; `None` while nothing has run."""
    values = [level for level in found.levels if level is not None]
    if len(values) != len(LEVELS):
        return None
    floor = _floor(values[0])
    span = 1.0 - floor
    inner = _HEIGHT - _TOP - _FOOT

    def y(value: float) -> float:
        return _TOP + inner * (1.0 - (value - floor) / span)

    place = (_WIDTH - _LEFT) / (len(LEVELS) + 1)
    bars: list[Bar] = []
    names = [*LEVELS, "end to end"]
    for at, name in enumerate(names):
        low, high = _ends(at, values, floor)
        kind = "base" if at == 0 else "total" if at == len(LEVELS) else "gain"
        shown = percent(high) if kind != "gain" else f"+{(high - low) * 100:.2f} points"
        x = _LEFT + place * (at + (1 - _BAR) / 2)
        height = max(2.0 if high > low else 0.0, y(low) - y(high))
        bars.append(Bar(name, x, y(high), place * _BAR, height, shown, kind, joins=x + place))
    steps = 5
    ticks = tuple(
        Tick(y(value), f"{value * 100:g} %") for value in (floor + span * n / steps for n in range(steps + 1))
    )
    return Waterfall(_WIDTH, _HEIGHT, _LEFT, tuple(bars), ticks, floor * 100)


def _ends(at: int, values: list[float], floor: float) -> tuple[float, float]:
    if at == 0:
        return floor, values[0]
    if at == len(values):
        return floor, values[-1]
    return values[at - 1], values[at]


def _floor(lowest: float) -> float:
    """Return where the scale begins: a multiple of 10 % well below the lowest value."""
    return max(0.0, math.floor(lowest * 10 - 0.5) / 10)


def percent(value: float | None) -> str:
    """Return a share in words, with as many digits as it takes to tell it from 100 %."""
    if value is None:
        return "unknown"
    digits = 4 if 0.9999 <= value < 1.0 else 2
    return "100 %" if value == 1.0 else f"{value * 100:.{digits}f} %"


def page(found: Report, *, studio: str, at: datetime) -> str:
    """Return the page: nothing is loaded from elsewhere, and it reads without scripts.

    Args:
        found: what it tells.
        studio: name of the studio.
        at: when it is written.
    """
    filled = template("circletake.reliability", "reliability.html", percent=percent)
    return filled.render(found=found, chart=waterfall(found), studio=studio, at=at, strip=_STRIP, levels=LEVELS)
