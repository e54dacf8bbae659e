"""The report multiplies out what the rows say, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from circletake.reliability import report
from circletake.runtime.database.attempts import StepAttempt, StepOutcome


def rows(step: str, *outcomes: StepOutcome, production: str = "p") -> list[StepAttempt]:
    return [
        StepAttempt(
            production=production, step=step, visit=1, attempt=at, outcome=outcome, started_at=float(at), seconds=0.5
        )
        for at, outcome in enumerate(outcomes, start=1)
    ]


def line(step: str, attempts: list[StepAttempt]):
    return next(one for one in report(attempts).steps if one.step == step)


def test_a_retried_turn_counts_as_recovered_but_not_as_a_first_success():
    found = line("generate", rows("generate", "retried", "done"))
    assert (found.turns, found.first.successes, found.recovered.successes) == (1, 0, 1)


def test_a_killed_attempt_is_lost_and_the_resumed_one_recovers_it():
    found = line("generate", rows("generate", "lost", "done"))
    assert (found.turns, found.first.successes, found.recovered.successes) == (1, 0, 1)


def test_pauses_for_people_and_correct_refusals_are_not_failures():
    found = line("approve", rows("approve", "paused", "done") + rows("approve", "refused", production="q"))
    assert (found.turns, found.first.value, found.refused) == (1, 1.0, 1)


def test_a_turn_that_never_came_right_is_a_failure():
    found = line("assemble", rows("assemble", "retried", "retried", "invalid"))
    assert (found.turns, found.recovered.value) == (1, 0.0)


def test_each_level_of_recovery_counts_what_it_brought_right():
    attempts = rows("plan", "done", production="a")
    attempts += rows("plan", "retried", "lost", "done", production="b")
    attempts += [
        replace(row, error_class="HandoffInvalid" if row.outcome == "retried" else None)
        for row in rows("plan", "retried", "done", production="c")
    ]
    attempts += [
        replace(row, route="spare" if row.outcome == "done" else "")
        for row in rows("plan", "retried", "lost", "done", production="d")
    ]
    attempts += rows("plan", "retried", "lost", production="e")
    found = line("plan", attempts)
    assert [rate.successes for rate in found.levels] == [1, 2, 3, 4]
    assert found.turns == 5
    assert report(attempts).levels == (0.2, 0.4, 0.6, 0.8)


def test_what_attempts_cost_and_failed_with_is_told():
    first, second = rows("generate", "retried", "done")
    found = line("generate", [replace(first, error_class="RateLimited", spent_micros=250_000), second])
    assert found.spent == Decimal("0.25")
    assert found.failures == {"RateLimited": 1}


def test_it_says_where_one_point_buys_most():
    attempts = [row for n in range(9) for row in rows("plan", "done", production=str(n))]
    attempts += [row for n in range(9) for row in rows("generate", "done", production=str(n))]
    attempts += rows("plan", "retried", "done", production="x") + rows("generate", "done", production="x")
    found = report(attempts)
    assert found.first == pytest.approx(0.9)
    assert found.recovered == 1.0
    assert found.invest_here == "plan"
    assert line("plan", attempts).one_point == pytest.approx(1.0)
    assert line("generate", attempts).one_point == 0.0


def test_without_rows_nothing_is_claimed():
    found = report([])
    assert (found.first, found.recovered, found.invest_here, found.productions) == (None, None, None, 0)
