"""The journal's transitions: what is sent once is never sent again, and what cannot be known is listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

from circletake.domain.money import Quote
from circletake.domain.operation import Operation, Outcome, Resolution
from circletake.errors import BudgetRefused, JournalConflict, RateLimited, RejectedByPolicy, SubmitUnknown, WorkerLost
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.engine import Database
from circletake.runtime.database.operations import Operations
from circletake.runtime.journal import LOCAL_TRIES, Journal
from circletake.runtime.spool import Spool
from tests.runtime.conftest import PRODUCTION, operation


class Ledger:
    """A provider that writes down what reached it, and can be told to fail. In memory, in this process."""

    name = "ledger"

    def __init__(self) -> None:
        self.charged: list[str] = []
        self.polled: list[str] = []
        self.faults: list[Exception] = []
        self.accepts_before_fault = False
        self.lists = False

    def quote(self, request: dict[str, JsonValue]) -> Quote:
        raise NotImplementedError

    def submit(self, operation: Operation) -> dict[str, JsonValue]:
        if self.faults:
            if self.accepts_before_fault:
                self.charged.append(operation.key)
            raise self.faults.pop(0)
        self.charged.append(operation.key)
        return {"job": operation.key}

    def poll(self, handle: dict[str, JsonValue]) -> float | None:
        self.polled.append(str(handle["job"]))
        return None

    def fetch(self, operation: Operation) -> Outcome:
        return Outcome(key=operation.key, state="done", spent=Decimal("0.40"))

    def cancel(self, handle: dict[str, JsonValue]) -> bool:
        return False

    def reconcile(self, operation: Operation) -> Resolution:
        if self.lists and operation.key in self.charged:
            return Resolution(verdict="accepted", handle={"job": operation.key})
        return Resolution(verdict="unknown")


class Shelf:
    """An executor that runs nothing: results are in the spool already, or never come."""

    def __init__(self, spool: Spool, *, finishes: bool) -> None:
        self.spool = spool
        self.finishes = finishes
        self.asked: list[str] = []
        self.never: set[str] = set()

    def run(self, keys: Sequence[str]) -> Iterator[str]:
        for key in keys:
            self.asked.append(key)
            if self.finishes and key not in self.never:
                self.spool.put(Outcome(key=key, state="done", spent=Decimal(0)))
            yield key


def quiet(what: str, done: int, total: int) -> None:
    """Show nothing."""


@pytest.fixture
def operations(database: Database, clock: SystemClock) -> Operations:
    operations = Operations(database, clock=clock)
    operations.set_budget(PRODUCTION, Decimal("1.00"))
    return operations


@pytest.fixture
def provider() -> Ledger:
    return Ledger()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path)


def journal(operations: Operations, provider: Ledger, spool: Spool, *, finishes: bool = True) -> tuple[Journal, Shelf]:
    shelf = Shelf(spool, finishes=finishes)
    remote = {provider.name: provider}
    return Journal(operations, executor=shelf, remote=remote, spool=spool, clock=SystemClock()), shelf


def test_local_work_that_is_done_is_not_done_again(operations: Operations, provider: Ledger, spool: Spool):
    book, shelf = journal(operations, provider, spool)
    work = [operation(number) for number in (1, 2, 3)]
    book.drain(work, progress=quiet)
    assert len(book.drain(work, progress=quiet)) == 3
    assert shelf.asked == [one.key for one in work]
    assert set(operations.executions(PRODUCTION).values()) == {1}


def test_a_result_whose_driver_died_is_adopted_not_repeated(operations: Operations, provider: Ledger, spool: Spool):
    book, shelf = journal(operations, provider, spool)
    spool.put(Outcome(key=operation().key, state="done", spent=Decimal(0)))
    assert book.drain([operation()], progress=quiet)[operation().key].state == "done"
    assert shelf.asked == []
    assert spool.get(operation().key) is None


def test_work_that_no_worker_finishes_stays_planned_and_says_why(
    operations: Operations, provider: Ledger, spool: Spool
):
    book, shelf = journal(operations, provider, spool, finishes=False)
    spool.complain(operation().key, "TypeError: no such thing")
    with pytest.raises(WorkerLost, match="TypeError: no such thing"):
        book.drain([operation()], progress=quiet)
    assert len(shelf.asked) == LOCAL_TRIES
    assert operations.states([operation().key]) == {operation().key: "planned"}
    book, _ = journal(operations, provider, spool)
    assert book.drain([operation()], progress=quiet)[operation().key].state == "done"


def test_one_operation_that_kills_its_workers_does_not_hold_up_the_others(
    operations: Operations, provider: Ledger, spool: Spool
):
    book, shelf = journal(operations, provider, spool)
    shelf.never = {operation(2).key}
    outcomes = book.drain([operation(1), operation(2)], progress=quiet)
    assert outcomes[operation(1).key].state == "done"
    assert (outcomes[operation(2).key].state, outcomes[operation(2).key].error_class) == ("failed", "WorkerLost")


def test_the_same_key_with_another_request_is_an_error_and_nothing_is_journalled(
    operations: Operations, provider: Ledger, spool: Spool
):
    book, _ = journal(operations, provider, spool)
    book.drain([operation(1)], progress=quiet)
    with pytest.raises(JournalConflict):
        book.drain([operation(2), operation(1, prompt="other")], progress=quiet)
    assert len(operations.of(PRODUCTION)) == 1


def test_a_paid_operation_is_submitted_once_however_often_it_is_drained(
    operations: Operations, provider: Ledger, spool: Spool
):
    book, _ = journal(operations, provider, spool)
    paid = operation(generator="ledger", quote="0.50")
    for _ in range(3):
        assert book.drain([paid], progress=quiet)[paid.key].state == "done"
    assert provider.charged == [paid.key]
    assert operations.spent(PRODUCTION) == Decimal("0.40")


def test_a_submitted_operation_is_only_polled_after_a_restart(operations: Operations, provider: Ledger, spool: Spool):
    paid = operation(generator="ledger", quote="0.50")
    operations.plan([paid])
    operations.begin_submit(paid)
    operations.accept(paid.key, {"job": paid.key})
    book, _ = journal(operations, provider, spool)
    book.drain([paid], progress=quiet)
    assert provider.charged == []
    assert provider.polled == [paid.key]


def test_a_crash_while_submitting_is_resolved_by_the_providers_listing(
    operations: Operations, provider: Ledger, spool: Spool
):
    paid = operation(generator="ledger", quote="0.50")
    operations.plan([paid])
    operations.begin_submit(paid)
    provider.submit(paid)
    provider.lists = True
    book, _ = journal(operations, provider, spool)
    assert book.drain([paid], progress=quiet)[paid.key].state == "done"
    assert provider.charged == [paid.key]


def test_what_the_provider_cannot_tell_is_unknown_charged_and_never_sent_again(
    operations: Operations, provider: Ledger, spool: Spool
):
    provider.faults = [SubmitUnknown("the reply was lost")]
    provider.accepts_before_fault = True
    book, _ = journal(operations, provider, spool)
    paid = operation(generator="ledger", quote="0.70")
    assert book.drain([paid], progress=quiet) == {}
    assert book.drain([paid], progress=quiet) == {}
    assert operations.states([paid.key]) == {paid.key: "unknown"}
    assert provider.charged == [paid.key]
    with pytest.raises(BudgetRefused):
        book.drain([operation(2, generator="ledger", quote="0.70")], progress=quiet)


def test_a_definite_refusal_to_accept_goes_back_to_planned_and_is_sent_after_the_delay(
    operations: Operations, provider: Ledger, spool: Spool
):
    provider.faults = [RateLimited("429", delay_s=0.05)]
    book, _ = journal(operations, provider, spool)
    paid = operation(generator="ledger", quote="0.90")
    assert book.drain([paid], progress=quiet)[paid.key].state == "done"
    assert provider.charged == [paid.key]


def test_a_refusal_by_policy_is_final_and_costs_nothing(operations: Operations, provider: Ledger, spool: Spool):
    provider.faults = [RejectedByPolicy("no", reasons=("violence",))]
    book, _ = journal(operations, provider, spool)
    paid = operation(generator="ledger", quote="0.90")
    outcome = book.drain([paid], progress=quiet)[paid.key]
    assert (outcome.state, outcome.error_class) == ("refused", "RejectedByPolicy")
    assert book.drain([operation(2, generator="ledger", quote="0.90")], progress=quiet)


def test_without_a_budget_nothing_paid_is_sent(database: Database, provider: Ledger, spool: Spool, clock: SystemClock):
    book, _ = journal(Operations(database, clock=clock), provider, spool)
    with pytest.raises(BudgetRefused, match=r"0\.50"):
        book.drain([operation(generator="ledger", quote="0.50")], progress=quiet)
    assert provider.charged == []
