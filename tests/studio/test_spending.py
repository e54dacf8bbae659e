"""What productions cost: sums are those of the journal, and what a crash would have cost again is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from circletake.domain.brief import Brief, Terms
from circletake.domain.money import Quote
from circletake.domain.take import Choice
from circletake.errors import UnknownId
from circletake.runtime.database.attempts import StepAttempt, StepOutcome
from circletake.studio.room import Studio
from circletake.studio.spending import cost
from tests.domain.examples import EXAMPLES
from tests.studio.conftest import PRODUCTION, bought, doubtful, paid


def attempt(studio: Studio, outcome: StepOutcome, *, step: str = "generate") -> None:
    number = studio.attempts.begin(
        StepAttempt(PRODUCTION, step, 1, 1, "lost", started_at=studio.clock.now(), seconds=0.0)
    )
    studio.attempts.end(number, outcome=outcome, error_class=None, seconds=1.0)


def circle(studio: Studio, slate: str) -> None:
    choice = Choice(
        slate=slate, take=1, round=1, by="person", who="Ada", reason="", at=1.0, idempotency_key=slate
    )  # fmt: skip
    studio.choices.circle(PRODUCTION, choice)


def test_a_production_that_spent_nothing_costs_nothing(studio: Studio):
    found = cost(studio, PRODUCTION)
    assert (found.spent, found.unknown, found.left, found.saved) == (0, 0, Decimal(10), 0)
    assert (found.an_asset, found.a_circled_take, found.break_even) == (None, None, None)


def test_spent_and_unknown_are_told_apart_and_both_leave_the_budget(studio: Studio):
    studio.productions.set_estimate(
        PRODUCTION, Quote(amount=Decimal("3.00"), price="0.05 USD a second", as_of=date(2026, 11, 23))
    )
    bought(studio, paid(1), "0.80")
    doubtful(studio, paid(2))
    found = cost(studio, PRODUCTION)
    assert found.estimate == Decimal("3.00")
    assert found.price == "0.05 USD a second, as of 2026-11-23"
    assert (found.spent, found.unknown, found.reserved) == (Decimal("0.80"), Decimal("1.00"), 0)
    assert found.left == Decimal("8.20")


def test_each_circled_take_and_each_asset_bears_its_share_of_the_money(studio: Studio):
    bought(studio, paid(1), "0.90")
    circle(studio, "1A")
    circle(studio, "1B")
    release = EXAMPLES["release"].model_copy(update={"production": PRODUCTION, "at": datetime(2026, 1, 1, tzinfo=UTC)})
    studio.releases.save(release)  # pyright: ignore[reportArgumentType]
    found = cost(studio, PRODUCTION, baseline=Decimal("9.00"))
    assert found.a_circled_take == Decimal("0.45")
    assert found.an_asset == Decimal("0.90")
    assert found.saved_an_asset == Decimal("8.10")
    assert found.break_even == pytest.approx(0.1)


def test_what_a_later_attempt_took_up_was_saved(studio: Studio):
    attempt(studio, "lost")
    bought(studio, paid(1), "0.70")
    bought(studio, paid(2), "0.60")
    attempt(studio, "done")
    bought(studio, paid(3), "0.50")
    found = cost(studio, PRODUCTION)
    assert (found.saved, found.taken_up) == (Decimal("1.30"), 2)


def test_a_further_turn_after_a_pause_or_a_success_saves_nothing(studio: Studio):
    attempt(studio, "done")
    bought(studio, paid(1), "0.70")
    attempt(studio, "paused")
    attempt(studio, "done")
    assert cost(studio, PRODUCTION).saved == 0


def test_all_productions_are_added_up(studio: Studio):
    studio.productions.add("second", brief=Brief(text="another"), terms=Terms(), at=2.0)
    bought(studio, paid(1), "0.70")
    found = cost(studio)
    assert (found.productions, found.spent, found.production) == (2, Decimal("0.70"), None)


def test_a_production_that_is_not_there_is_named(studio: Studio):
    with pytest.raises(UnknownId, match="nowhere"):
        cost(studio, "nowhere")
