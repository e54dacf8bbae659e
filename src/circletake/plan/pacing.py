"""How many shots the film has and how long each of them is, to the frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from circletake.domain.moments import SLOWEST
from circletake.domain.timing import frames_in
from circletake.plan.lexicon import Curve, Role, roles
from circletake.plan.reading import FPS, Requirements

SHORTEST_SHOT = 24
"""Frames."""
LONGEST_SHOT = 192
"""Frames; only a brief that asks for a continuous take, or for few shots, gets a longer one."""
FEWEST, MOST = 3, 14
"""Shots of a film, as long as no shot is longer than `LONGEST_SHOT` because of it."""
FELT_SHOT = 36
"""Frames: on average no shorter, unless the brief counts the shots; below, all shots become equally short."""
TITLE_FRAMES = 48
"""A title is held at least this long, if the film is long enough."""


@dataclass(frozen=True, slots=True)
class Count:
    """Number of shots, and what of the brief could not be met by it."""

    shots: int
    joined: bool
    """Whether the shots are to be joined so that they play as one take."""
    conflicts: tuple[str, ...]


def _usual(wanted: Requirements, rng: Random) -> int:
    """Return the number of shots that tone, form and pace lead to."""
    factor = {"slow": 1.3, "quick": 0.7, None: 1.0}[wanted.demands.pace]
    average = wanted.as_tone.shot_seconds * wanted.as_form.pace * factor * rng.uniform(0.9, 1.12)
    tellable = min(len(wanted.beats) + 1, MOST)
    return max(round(wanted.frames / float(FPS) / average), tellable)


def count_shots(
    wanted: Requirements, *, longest_clip: Fraction, rng: Random, longest_shot: int = LONGEST_SHOT
) -> Count:
    """Return how many shots the film has.

    Args:
        wanted: what the film must be.
        longest_clip: seconds of the longest clip that may be cut in; decides about "one take if possible".
        rng: the plan's randomness.
        longest_shot: frames of the longest shot that the footage lasts for.
    """
    demands, frames = wanted.demands, wanted.frames
    fits = max(1, frames // SHORTEST_SHOT)
    least = max(math.ceil(frames / longest_shot), min(FEWEST, fits))
    airy = max(min(FEWEST, fits), frames // FELT_SHOT)
    usual = min(max(_usual(wanted, rng), least), max(MOST, math.ceil(least * 1.25)), airy)
    asked = demands.shot_count or demands.least_shots
    if demands.shot_seconds and not demands.shot_count:
        asked = max(1, round(Fraction(frames) / FPS / demands.shot_seconds))
    seconds = f"{float(Fraction(frames) / FPS):g} s"
    if demands.continuous != "no":
        return _one_take(wanted, asked=asked, usual=usual, fits=fits, longest_clip=longest_clip)
    if asked is None:
        return Count(usual, False, ())
    if asked > fits:
        why = f"{asked} shots do not fit into {seconds} at one second or more each; planned with {fits}"
        return Count(fits, False, (why,))
    return Count(asked if demands.shot_count or demands.shot_seconds else max(asked, usual), False, ())


def _one_take(wanted: Requirements, *, asked: int | None, usual: int, fits: int, longest_clip: Fraction) -> Count:
    """Decide about a continuous take, and say so when it cannot be had as asked."""
    seconds = float(Fraction(wanted.frames) / FPS)
    if asked is not None and asked > 1:
        shots = min(asked, fits)
        why = f"one continuous take and {asked - 1} or more cuts cannot both be had"
        return Count(shots, True, (f"{why}; planned as {shots} shots that each carry on the last one's movement",))
    if wanted.demands.continuous == "if_possible" and longest_clip * FPS < wanted.frames:
        why = f"one take was asked for if possible, of {seconds:g} s; the longest clip that may be used has"
        return Count(usual, True, (f"{why} {float(longest_clip):.1f} s, so {usual} shots are joined to play as one",))
    if longest_clip * FPS / SLOWEST < wanted.frames:
        why = f"one unbroken take of {seconds:g} s was asked for; the longest clip that may be used has"
        return Count(usual, True, (f"{why} {float(longest_clip):.1f} s, so {usual} shots are joined to play as one",))
    return Count(1, False, ())


def _shape(curve: Curve, at: float, index: int) -> float:
    """Return the relative length of a shot that stands at `at` (0..1) of the film."""
    shapes = {
        "steady": 1.0,
        "quicken": 1.55 * 0.36**at,
        "slow_to_hold": 0.8 + 0.65 * at,
        "hold_and_jolt": 0.85 + 0.6 * at,
        "swell": 0.8 + 0.6 * math.sin(math.pi * at),
        "syncopated": 1.3 if index % 2 == 0 else 0.75,
    }
    return shapes[curve]


def _last_frames(wanted: Requirements) -> int:
    """Return how long the last shot is at least, for what must be read in it."""
    demands = wanted.demands
    needs = [FELT_SHOT]
    if demands.lines and not demands.no_text:
        needs.append(frames_in(demands.line_seconds, FPS))
    if demands.logo_seconds is not None:
        needs.append(frames_in(demands.logo_seconds, FPS))
    if wanted.as_form.ending == "title" or demands.question:
        needs.append(TITLE_FRAMES)
    return max(needs)


def shot_frames(
    wanted: Requirements, story: Sequence[Role], *, rng: Random, longest_shot: int = LONGEST_SHOT
) -> tuple[int, ...]:
    """Return the length of every shot in frames; they add up to `wanted.frames` exactly.

    Args:
        wanted: what the film must be.
        story: role of every shot, in order.
        rng: the plan's randomness.
        longest_shot: frames of the longest shot that the footage lasts for.
    """
    count, total = len(story), wanted.frames
    if count == 1:
        return (total,)
    each = wanted.demands.shot_seconds
    if each is not None:
        exact = frames_in(each, FPS)
        if exact * count == total:
            return (exact,) * count
        return spread([1.0] * count, total=total, low=[1] * count, high=[total] * count)
    curve = wanted.as_form.curve or wanted.as_tone.curve
    weights = [
        _shape(curve, index / (count - 1), index) * roles()[role].length * rng.uniform(0.9, 1.1)
        for index, role in enumerate(story)
    ]
    ceiling = max(longest_shot, math.ceil(total / count))
    low, high = [SHORTEST_SHOT] * count, [ceiling] * count
    room = total - SHORTEST_SHOT * (count - 1)
    low[-1] = max(SHORTEST_SHOT, min(_last_frames(wanted), room))
    high[-1] = max(ceiling, low[-1])
    return spread(weights, total=total, low=low, high=high)


def spread(weights: Sequence[float], *, total: int, low: Sequence[int], high: Sequence[int]) -> tuple[int, ...]:
    """Share `total` frames out by weight within bounds, by largest remainder; the sum is exactly `total`.

    Bounds must leave room: sum(low) <= total <= sum(high).
    """
    shares = [float(bound) for bound in low]
    open_ = set(range(len(weights)))
    fixed: dict[int, int] = {}
    while open_:
        left = total - sum(fixed.values())
        weight = sum(weights[index] for index in open_)
        wish = {index: left * weights[index] / weight for index in open_}
        under = [index for index in open_ if wish[index] < low[index]]
        over = [index for index in open_ if wish[index] > high[index]]
        short = sum(low[index] - wish[index] for index in under)
        long = sum(wish[index] - high[index] for index in over)
        bound = under if short >= long else over
        if not bound:
            shares = [float(fixed.get(index, wish.get(index, 0.0))) for index in range(len(weights))]
            break
        fixed |= {index: (low if bound is under else high)[index] for index in bound}
        open_ -= set(bound)
    else:
        shares = [float(fixed[index]) for index in range(len(weights))]
    frames = [math.floor(share) for share in shares]
    rest = sorted(range(len(weights)), key=lambda index: (frames[index] - shares[index], index))
    free = [index for index in rest if frames[index] < high[index]]
    for index in free[: total - sum(frames)]:
        frames[index] += 1
    return tuple(frames)
