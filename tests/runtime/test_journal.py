"""The journal's transitions of local work: what is finished is not done again, what is lost is tried again."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from circletake.domain.operation import Outcome
from circletake.errors import Cancelled, JournalConflict, WorkerLost
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.engine import Database
from circletake.runtime.database.operations import Operations
from circletake.runtime.journal import LOCAL_TRIES, Journal
from circletake.runtime.spool import Spool
from tests.runtime.conftest import PRODUCTION, operation
from tests.runtime.desk import Shelf, quiet


def journal(operations: Operations, spool: Spool, *, finishes: bool = True) -> tuple[Journal, Shelf]:
    shelf = Shelf(spool, finishes=finishes)
    return Journal(operations, executor=shelf, remote={}, spool=spool, clock=SystemClock()), shelf


def test_local_work_that_is_done_is_not_done_again(operations: Operations, spool: Spool):
    book, shelf = journal(operations, spool)
    work = [operation(number) for number in (1, 2, 3)]
    book.drain(work, progress=quiet)
    book.drain(work, progress=quiet)
    assert len(book.outcomes([one.key for one in work])) == 3
    assert shelf.asked == [one.key for one in work]
    assert set(operations.executions(PRODUCTION).values()) == {1}


def test_a_result_whose_driver_died_is_adopted_not_repeated(operations: Operations, spool: Spool):
    book, shelf = journal(operations, spool)
    spool.put(Outcome(key=operation().key, state="done", spent=Decimal(0)))
    book.drain([operation()], progress=quiet)
    assert book.states([operation().key]) == {operation().key: "done"}
    assert shelf.asked == []
    assert spool.get(operation().key) is None


def test_work_that_no_worker_finishes_stays_planned_and_says_why(operations: Operations, spool: Spool):
    book, shelf = journal(operations, spool, finishes=False)
    spool.complain(operation().key, "TypeError: no such thing")
    with pytest.raises(WorkerLost, match="TypeError: no such thing"):
        book.drain([operation()], progress=quiet)
    assert len(shelf.asked) == LOCAL_TRIES
    assert operations.states([operation().key]) == {operation().key: "planned"}
    book, _ = journal(operations, spool)
    book.drain([operation()], progress=quiet)
    assert book.states([operation().key]) == {operation().key: "done"}


def test_one_operation_that_kills_its_workers_does_not_hold_up_the_others(operations: Operations, spool: Spool):
    book, shelf = journal(operations, spool)
    shelf.never = {operation(2).key}
    book.drain([operation(1), operation(2)], progress=quiet)
    outcomes = book.outcomes([operation(1).key, operation(2).key])
    assert outcomes[operation(1).key].state == "done"
    assert (outcomes[operation(2).key].state, outcomes[operation(2).key].error_class) == ("failed", "WorkerLost")


def test_the_same_key_with_another_request_is_an_error_and_nothing_is_journalled(operations: Operations, spool: Spool):
    book, _ = journal(operations, spool)
    book.drain([operation(1)], progress=quiet)
    with pytest.raises(JournalConflict):
        book.drain([operation(2), operation(1, prompt="other")], progress=quiet)
    assert len(operations.of(PRODUCTION)) == 1


def test_cancelled_local_work_is_given_up_and_what_was_finished_is_kept(operations: Operations, spool: Spool):
    over = threading.Event()
    shelf = Shelf(spool, finishes=True)
    shelf.after_each = lambda count: over.set() if count == 2 else None
    book = Journal(
        operations, executor=shelf, remote={}, spool=spool, clock=SystemClock(), cancelled=over.is_set
    )  # fmt: skip
    work = [operation(number) for number in range(1, 6)]
    with pytest.raises(Cancelled):
        book.drain(work, progress=quiet)
    states = list(book.states([one.key for one in work]).values())
    assert sorted(states) == ["cancelled"] * 3 + ["done"] * 2


def test_a_thousand_results_share_few_commits(database: Database, operations: Operations, spool: Spool):
    book, _ = journal(operations, spool)
    work = [operation(number) for number in range(1, 1001)]
    before = database.commits
    book.drain(work, progress=quiet)
    assert database.commits - before <= 60
    assert set(operations.executions(PRODUCTION).values()) == {1}
