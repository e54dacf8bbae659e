"""Rational time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circletake.domain.timing import frames_in, samples_in, seconds_of, timecode, to_fraction

RATES = st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)])


@given(st.integers(0, 10_000_000), RATES)
def test_frames_to_seconds_and_back_loses_nothing(frames: int, fps: Fraction):
    assert frames_in(seconds_of(frames, fps), fps) == frames


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40), RATES)
def test_samples_under_consecutive_shots_never_drift(shots: list[int], fps: Fraction):
    at, edges = 0, [0]
    for frames in shots:
        at += frames
        edges.append(samples_in(at, fps))
    exact = Fraction(at) / fps * 48_000
    assert abs(edges[-1] - exact) <= Fraction(1, 2)


def test_timecode_counts_frames_within_the_second():
    assert timecode(24 * 3661 + 7, Fraction(24)) == "01:01:01:07"


@pytest.mark.parametrize("wrong", [1.5, True, None, "1/0", "x"])
def test_inexact_or_unreadable_rates_are_refused(wrong: object):
    with pytest.raises(ValueError, match=r"rational|denominator|Invalid"):
        to_fraction(wrong)
