"""Paid work: what is sent once is never sent again, and what cannot be known is listed with its money."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import pytest

from circletake.domain.operation import Operation, Outcome
from circletake.errors import (
    BudgetRefused,
    Cancelled,
    HomeError,
    InvalidRequest,
    QuotaExhausted,
    RateLimited,
    RejectedByPolicy,
    Retryable,
    SubmitUnknown,
    UsageError,
)
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.engine import Database
from circletake.runtime.database.operations import Operations
from circletake.runtime.journal import Journal
from circletake.runtime.remote import Limits
from circletake.runtime.spool import Spool
from tests.runtime.conftest import PRODUCTION, operation
from tests.runtime.desk import Ledger, Shelf, quiet


def paid(number: int = 1, quote: str = "0.50") -> Operation:
    return operation(number, generator="ledger", quote=quote)


@pytest.fixture
def provider() -> Ledger:
    return Ledger()


@pytest.fixture
def shelf(spool: Spool, operations: Operations) -> Shelf:
    """Every job costs four fifths of its quote."""
    shelf = Shelf(spool)
    shelf.costs = lambda key: operations.get(key).quote * Decimal("0.8")
    return shelf


@pytest.fixture
def over() -> threading.Event:
    """Set when the production is cancelled."""
    return threading.Event()


@pytest.fixture
def book(operations: Operations, provider: Ledger, shelf: Shelf, spool: Spool, over: threading.Event) -> Journal:
    return Journal(
        operations,
        executor=shelf,
        remote={provider.name: provider},
        spool=spool,
        clock=SystemClock(),
        limits=Limits(calls=4, in_flight=16, job_deadline_s=2.0),
        cancelled=over.is_set,
    )


def state(operations: Operations, one: Operation) -> str:
    return operations.states([one.key])[one.key]


def test_a_paid_operation_is_submitted_once_however_often_it_is_drained(
    book: Journal, operations: Operations, provider: Ledger
):
    for _ in range(3):
        book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "done"
    assert provider.charged == [paid().key]
    assert operations.spent(PRODUCTION) == Decimal("0.40")


def test_many_are_under_way_at_once_and_no_more_are_called_than_allowed(book: Journal, provider: Ledger):
    barrier = threading.Barrier(4, timeout=20)
    provider.on_submit = barrier.wait
    book.drain([paid(number, "0.01") for number in range(1, 41)], progress=quiet)
    assert provider.most_at_once == 4
    assert sorted(provider.charged) == sorted(paid(number).key for number in range(1, 41))


def test_a_submitted_operation_is_only_polled_after_a_restart(book: Journal, operations: Operations, provider: Ledger):
    operations.plan([paid()])
    with operations.batch() as batch:
        batch.begin_submit(paid())
        batch.accept(paid().key, {"job": paid().key})
    book.drain([paid()], progress=quiet)
    assert provider.charged == []
    assert provider.polled == [paid().key]


def killed_while_submitting(operations: Operations, *others: Operation) -> None:
    operations.plan([paid(), *others])
    with operations.batch() as batch:
        for one in (paid(), *others):
            batch.begin_submit(one)


def test_a_crash_while_submitting_is_resolved_by_the_providers_listing(
    book: Journal, operations: Operations, provider: Ledger
):
    killed_while_submitting(operations)
    provider.charged, provider.lists = [paid().key], True
    book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "done"
    assert provider.charged == [paid().key]


def test_a_submit_that_the_provider_never_got_is_sent_again(book: Journal, operations: Operations, provider: Ledger):
    killed_while_submitting(operations)
    provider.lists = True
    book.drain([paid()], progress=quiet)
    assert provider.charged == [paid().key]
    assert operations.submits(PRODUCTION) == {paid().key: 2}


def test_a_submit_that_lands_late_is_waited_for_and_not_sent_twice(
    book: Journal, operations: Operations, provider: Ledger
):
    killed_while_submitting(operations)
    provider.lists, provider.lands_after = True, 3
    book.drain([paid()], progress=quiet)
    assert provider.charged == [paid().key]
    assert operations.submits(PRODUCTION) == {paid().key: 1}


def test_what_the_provider_cannot_tell_is_unknown_charged_and_never_sent_again(
    book: Journal, operations: Operations, provider: Ledger
):
    provider.faults, provider.accepts_before_fault = [SubmitUnknown("the reply was lost")], True
    for _ in range(2):
        book.drain([paid(quote="0.70")], progress=quiet)
    assert state(operations, paid()) == "unknown"
    assert provider.charged == [paid().key]
    with pytest.raises(BudgetRefused):
        book.drain([paid(2, "0.70")], progress=quiet)


def test_an_error_that_no_adapter_foresaw_is_a_doubt_not_a_failure(
    book: Journal, operations: Operations, provider: Ledger
):
    provider.faults, provider.accepts_before_fault, provider.lists = [KeyError("id")], True, True
    book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "done"
    assert provider.charged == [paid().key]


def test_a_doubt_that_the_provider_cannot_be_asked_about_for_now_is_asked_again(
    book: Journal, operations: Operations, provider: Ledger
):
    killed_while_submitting(operations)
    provider.charged, provider.lists = [paid().key], True
    provider.reconcile_faults = [Retryable("503"), RateLimited("429", delay_s=0.01)]
    book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "done"


def test_a_definite_refusal_to_accept_goes_back_to_planned_and_is_sent_after_the_delay(
    book: Journal, operations: Operations, provider: Ledger
):
    provider.faults = [RateLimited("429", delay_s=0.2)]
    began = time.monotonic()
    book.drain([paid(quote="0.90")], progress=quiet)
    assert time.monotonic() - began >= 0.2
    assert provider.charged == [paid().key]
    assert state(operations, paid()) == "done"


def test_a_provider_that_refuses_everything_stops_the_step_and_loses_nothing(
    operations: Operations, provider: Ledger, shelf: Shelf, spool: Spool
):
    limits = Limits(calls=2, patience_s=0.3)
    book = Journal(
        operations, executor=shelf, remote={"ledger": provider}, spool=spool, clock=SystemClock(), limits=limits
    )
    provider.on_submit = lambda: setattr(provider, "faults", [RateLimited("no connection", delay_s=0.1)] * 2)
    with pytest.raises(RateLimited, match="no connection"):
        book.drain([paid(1), paid(2)], progress=quiet)
    assert (state(operations, paid(1)), state(operations, paid(2))) == ("planned", "planned")
    provider.on_submit, provider.faults = lambda: None, []
    book.drain([paid(1), paid(2)], progress=quiet)
    assert len(provider.charged) == 2


def test_what_a_dead_driver_had_fetched_is_taken_in_and_not_fetched_again(
    book: Journal, operations: Operations, provider: Ledger, shelf: Shelf, spool: Spool
):
    operations.plan([paid()])
    with operations.batch() as batch:
        batch.begin_submit(paid())
        batch.accept(paid().key, {"job": "1"})
    spool.put(Outcome(key=paid().key, state="done", spent=Decimal("0.30")))
    book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "done"
    assert operations.spent(PRODUCTION) == Decimal("0.30")
    assert (provider.charged, provider.polled, shelf.asked) == ([], [], [])


@pytest.mark.parametrize("error", [HomeError("the disk is full"), KeyError("nobody foresaw it")])
def test_an_error_that_stops_the_fetching_undoes_nothing_that_was_heard_beside_it(
    operations: Operations, provider: Ledger, spool: Spool, error: Exception
):
    class Full(Shelf):
        def run(self, keys: Sequence[str], *, idle: Callable[[], None] | None = None) -> Iterator[str]:
            raise error

    book = Journal(operations, executor=Full(spool), remote={"ledger": provider}, spool=spool, clock=SystemClock())
    work = [paid(number, "0.05") for number in range(1, 11)]
    with pytest.raises(type(error)):
        book.drain(work, progress=quiet)
    left = [one for one in operations.many([one.key for one in work]) if one.state == "submitted"]
    assert sorted(one.key for one in left) == sorted(provider.charged)
    assert {state(operations, one) for one in work} <= {"submitted", "planned"}
    whole = Journal(operations, executor=Shelf(spool), remote={"ledger": provider}, spool=spool, clock=SystemClock())
    whole.drain(work, progress=quiet)
    assert {state(operations, one) for one in work} == {"done"}
    assert len(provider.charged) == len(set(provider.charged)) == 10


@pytest.mark.parametrize("error", [RejectedByPolicy("no", reasons=("violence",)), InvalidRequest("too long")])
def test_a_refusal_is_final_and_costs_nothing(
    book: Journal, operations: Operations, provider: Ledger, error: Exception
):
    provider.faults = [error]
    book.drain([paid(quote="0.90")], progress=quiet)
    outcome = book.outcomes([paid().key])[paid().key]
    assert (outcome.state, outcome.error_class) == ("refused", type(error).__name__)
    book.drain([paid(2, "0.90")], progress=quiet)
    assert provider.charged == [paid(2).key]


def test_a_quota_that_is_used_up_stops_but_loses_nothing(book: Journal, operations: Operations, provider: Ledger):
    work = [paid(number, "0.01") for number in range(1, 31)]
    provider.on_submit = lambda: setattr(provider, "faults", [QuotaExhausted("spent")] * (len(provider.charged) > 8))
    with pytest.raises(QuotaExhausted):
        book.drain(work, progress=quiet)
    states = [state(operations, one) for one in work]
    assert set(states) == {"done", "planned"}
    assert states.count("done") == len(provider.charged)
    provider.on_submit, provider.faults = lambda: None, []
    book.drain(work, progress=quiet)
    assert sorted(provider.charged) == sorted(one.key for one in work)


def test_without_a_budget_nothing_paid_is_sent(database: Database, provider: Ledger, spool: Spool, clock: SystemClock):
    bare = Operations(database, budgets=Budgets(database), clock=clock)
    book = Journal(bare, executor=Shelf(spool), remote={"ledger": provider}, spool=spool, clock=clock)
    with pytest.raises(BudgetRefused, match=r"0\.50"):
        book.drain([paid()], progress=quiet)
    assert provider.charged == []
    assert state(bare, paid()) == "planned"


def test_work_that_costs_more_than_is_left_is_refused_before_a_part_of_it_is_spent(
    book: Journal, provider: Ledger, budgets: Budgets
):
    work = [paid(number, "0.30") for number in range(1, 6)]
    with pytest.raises(BudgetRefused, match=r"5 operations of ledger may cost 1\.50 USD and 1\.00 USD"):
        book.drain(work, progress=quiet)
    assert provider.charged == []
    budgets.set_cap(PRODUCTION, Decimal("1.50"))
    book.drain(work, progress=quiet)
    assert len(provider.charged) == 5


def test_the_studios_cap_holds_over_all_productions(
    database: Database, provider: Ledger, shelf: Shelf, spool: Spool, clock: SystemClock
):
    budgets = Budgets(database, studio_cap=Decimal("0.60"))
    budgets.set_cap(PRODUCTION, Decimal(10))
    operations = Operations(database, budgets=budgets, clock=clock)
    book = Journal(operations, executor=shelf, remote={"ledger": provider}, spool=spool, clock=clock)
    book.drain([paid(1)], progress=quiet)
    with pytest.raises(BudgetRefused, match=r"0\.20"):
        book.drain([paid(2)], progress=quiet)
    assert budgets.studio().left == Decimal("0.20")


def test_what_was_paid_for_and_cannot_be_fetched_now_stays_submitted_and_is_fetched_later(
    book: Journal, operations: Operations, provider: Ledger, shelf: Shelf
):
    shelf.never, shelf.complaint = {paid(1).key}, "Retryable: the connection was reset"
    with pytest.raises(Retryable, match="the connection was reset"):
        book.drain([paid(1, "0.40"), paid(2, "0.40")], progress=quiet)
    assert (state(operations, paid(1)), state(operations, paid(2))) == ("submitted", "done")
    shelf.never = set()
    book.drain([paid(1, "0.40"), paid(2, "0.40")], progress=quiet)
    assert state(operations, paid(1)) == "done"
    assert sorted(provider.charged) == [paid(1).key, paid(2).key]


def test_passing_faults_of_a_poll_are_polled_through(book: Journal, operations: Operations, provider: Ledger):
    provider.poll_faults = [Retryable("malformed"), RateLimited("429", delay_s=0.01), Retryable("503")]
    book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "done"


def test_a_job_that_never_ends_is_cancelled_at_its_deadline_and_then_unknown(
    operations: Operations, provider: Ledger, shelf: Shelf, spool: Spool, budgets: Budgets
):
    provider.finishes_after = None
    provider.cancel = lambda handle: False
    book = Journal(
        operations, executor=shelf, remote={"ledger": provider}, spool=spool, clock=SystemClock(),
        limits=Limits(calls=2, in_flight=4, job_deadline_s=0.3),
    )  # fmt: skip
    book.drain([paid()], progress=quiet)
    assert state(operations, paid()) == "unknown"
    assert budgets.of(PRODUCTION).unknown == Decimal("0.50")
    assert operations.get(paid().key).error_class == "StepTimedOut"


def test_a_cancelled_production_sends_nothing_more_and_collects_what_was_sent(
    book: Journal, operations: Operations, provider: Ledger, over: threading.Event
):
    work = [paid(number, "0.01") for number in range(1, 31)]
    provider.finishes_after = None
    sent: list[float] = []
    at: list[float] = []

    def seventh_cancels() -> None:
        sent.append(time.monotonic())
        if len(sent) == 7:
            at.append(time.monotonic())
            over.set()

    provider.on_submit = seventh_cancels
    with pytest.raises(Cancelled):
        book.drain(work, progress=quiet)
    assert max(sent) - at[0] < 2.0
    states = [state(operations, one) for one in work]
    assert set(states) == {"done", "cancelled"}
    assert states.count("done") == len(provider.charged) < 30
    assert sorted(provider.cancels) == sorted(provider.charged)


def test_a_person_says_what_became_of_an_unknown_operation(
    book: Journal, operations: Operations, provider: Ledger, budgets: Budgets
):
    provider.faults = [SubmitUnknown("the reply was lost"), SubmitUnknown("the reply was lost")]
    book.drain([paid(1, "0.30"), paid(2, "0.20")], progress=quiet)
    assert budgets.of(PRODUCTION).unknown == Decimal("0.50")
    with operations.batch() as batch:
        batch.resolve(paid(1).key, charged=True, who="Ada")
        batch.resolve(paid(2).key, charged=False, who="Ada")
    spending = budgets.of(PRODUCTION)
    assert (spending.spent, spending.unknown, spending.left) == (Decimal("0.30"), Decimal(0), Decimal("0.70"))
    assert (state(operations, paid(1)), state(operations, paid(2))) == ("failed", "refused")
    with pytest.raises(UsageError, match="nothing to reconcile"), operations.batch() as batch:
        batch.resolve(paid(1).key, charged=False, who="Ada")


def test_a_thousand_paid_operations_share_few_commits(
    database: Database, operations: Operations, provider: Ledger, shelf: Shelf, spool: Spool
):
    book = Journal(
        operations, executor=shelf, remote={"ledger": provider}, spool=spool, clock=SystemClock(),
        limits=Limits(calls=64, in_flight=256),
    )  # fmt: skip
    before = database.commits
    book.drain([paid(number, "0.001") for number in range(1, 1001)], progress=quiet)
    assert len(set(provider.charged)) == len(provider.charged) == 1000
    assert database.commits - before <= 120
