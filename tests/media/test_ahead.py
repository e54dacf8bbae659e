"""Pictures made ahead: the same, in order, with the same end; and no thread is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from circletake.media.ahead import ahead


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("pictures-ahead")]


def test_everything_comes_in_order():
    assert list(ahead(range(200), most=3)) == list(range(200))
    assert threads() == []


def test_no_more_is_made_ahead_than_was_agreed():
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    for number in ahead(numbers(), most=4):
        assert len(made) <= number + 7


def test_an_error_comes_where_it_would_have_come():
    def numbers() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("the film is torn")

    taken = ahead(numbers())
    assert [next(taken), next(taken)] == [1, 2]
    with pytest.raises(ValueError, match="the film is torn"):
        next(taken)
    assert threads() == []


def test_who_stops_early_stops_the_work_too():
    def numbers() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    taken = ahead(numbers(), most=2)
    assert next(taken) == 0
    taken.close()
    assert threads() == []
