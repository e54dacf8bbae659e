"""Intervals that stay honest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circletake.reliability.intervals import Rate, product, product_interval, wilson


@given(st.integers(1, 2000), st.data())
def test_the_interval_holds_the_share_and_stays_within_zero_and_one(trials: int, data: st.DataObject):
    successes = data.draw(st.integers(0, trials))
    interval = wilson(Rate(successes, trials))
    assert 0.0 <= interval.low <= successes / trials <= interval.high <= 1.0


def test_it_agrees_with_the_published_example():
    # Newcombe 1998, table I: 81 of 263, Wilson without continuity correction
    interval = wilson(Rate(81, 263))
    assert interval.low == pytest.approx(0.2553, abs=5e-5)
    assert interval.high == pytest.approx(0.3662, abs=5e-5)


def test_nothing_tried_is_nothing_known():
    assert (wilson(Rate(0, 0)).low, wilson(Rate(0, 0)).high) == (0.0, 1.0)
    assert product([Rate(1, 1), Rate(0, 0)]) is None


def test_more_trials_narrow_it():
    wide, narrow = wilson(Rate(9, 10)), wilson(Rate(900, 1000))
    assert narrow.high - narrow.low < wide.high - wide.low


def test_six_steps_of_ninety_seven_percent_are_eighty_three():
    steps = [Rate(970, 1000)] * 6
    whole = product(steps)
    interval = product_interval(steps)
    assert whole == pytest.approx(0.833, abs=5e-4)
    assert interval.low < 0.833 < interval.high
    assert interval.high - interval.low < 0.05


def test_the_same_rows_give_the_same_interval():
    steps = [Rate(7, 9), Rate(20, 20)]
    assert product_interval(steps) == product_interval(steps)
