"""Cancelling and reconciling, by the records."""

from __future__ import annotations

from decimal import Decimal

import pytest

from circletake.errors import Cancelled, UnknownId, UsageError
from circletake.studio.control import cancel, reconcile
from circletake.studio.room import Studio
from circletake.studio.working import can_go_on
from tests.studio.conftest import PRODUCTION, bought, doubtful, paid


def test_a_cancelled_production_gives_up_what_was_never_sent(studio: Studio):
    bought(studio, paid(1), "0.80")
    free = [paid(number, "0").model_copy(update={"generator": "ripomatic"}) for number in (2, 3)]
    studio.operations.plan(free)
    stopped = cancel(studio, PRODUCTION)
    assert (stopped.cancelled, stopped.collected, stopped.spent, stopped.driver) == (2, 1, Decimal("0.80"), "")
    assert studio.productions.standing(PRODUCTION).status == "cancelled"
    assert "rerun" in studio.productions.standing(PRODUCTION).message


def test_a_production_that_is_done_is_not_cancelled(studio: Studio):
    studio.productions.set_status(PRODUCTION, "done")
    with pytest.raises(UsageError, match="is done"):
        cancel(studio, PRODUCTION)
    assert not studio.productions.cancelled(PRODUCTION)


def test_a_cancelled_production_is_not_taken_up_and_says_how_to_go_on(studio: Studio):
    cancel(studio, PRODUCTION)
    assert not can_go_on(studio, studio.productions.standing(PRODUCTION))


def test_an_unknown_operation_is_booked_as_a_person_says_and_by_whom(studio: Studio):
    doubtful(studio, paid(1))
    doubtful(studio, paid(2))
    assert reconcile(studio, paid(1).key, charged=True).spent == Decimal("1.00")
    one = reconcile(studio, paid(2).key, charged=False)
    assert (one.state, one.spent) == ("refused", 0)
    assert "Ada says" in str(one.error)
    assert studio.budgets.of(PRODUCTION).unknown == 0
    assert studio.operations.listed(state="unknown") == ()


def test_what_is_known_is_not_reconciled(studio: Studio):
    bought(studio, paid(1), "0.80")
    with pytest.raises(UsageError, match="is done, not unknown"):
        reconcile(studio, paid(1).key, charged=False)
    with pytest.raises(UnknownId, match="no operation"):
        reconcile(studio, "nothing", charged=True)


def test_a_production_that_runs_is_taken_up_only_when_nobody_drives_it(studio: Studio):
    assert can_go_on(studio, studio.productions.standing(PRODUCTION))
    token = studio.leases.claim(PRODUCTION)
    assert not can_go_on(studio, studio.productions.standing(PRODUCTION))
    studio.leases.release(PRODUCTION, token)
    assert can_go_on(studio, studio.productions.standing(PRODUCTION))


def test_a_production_that_waits_is_taken_up_when_its_person_has_decided(studio: Studio):
    from tests.domain.examples import PLAN

    version = studio.plans.add(PRODUCTION, PLAN, by="planner")
    studio.productions.set_status(PRODUCTION, "waiting", waiting_at="plan")
    assert not can_go_on(studio, studio.productions.standing(PRODUCTION))
    studio.approve(PRODUCTION, "plan")
    assert studio.decisions.of(PRODUCTION, "plan", version) is not None
    assert can_go_on(studio, studio.productions.standing(PRODUCTION))


def test_resuming_a_cancelled_production_says_how_to_go_on(studio: Studio):
    studio.init()
    cancel(studio, PRODUCTION)
    with pytest.raises(Cancelled, match=f"circletake rerun {PRODUCTION} --from generate"):
        studio.resume(PRODUCTION)
