"""A cap holds, however many reserve at once: threads of one process, and processes of one studio."""

from __future__ import annotations

import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from circletake.errors import BudgetRefused
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.engine import Database
from circletake.runtime.database.operations import Operations
from tests.runtime.conftest import PRODUCTION, opened, operation

QUOTE = "0.07"


def reserve(home: Path, url: str, numbers: range) -> list[int]:
    """Begin as many submits as the budget allows; returns those that were."""
    with opened(home, url) as database:
        return _reserve(database, numbers)


def _reserve(database: Database, numbers: range) -> list[int]:
    operations = Operations(database, budgets=Budgets(database), clock=SystemClock())
    begun: list[int] = []
    for number in numbers:
        one = operation(number, generator="ledger", quote=QUOTE)
        operations.plan([one])
        try:
            with operations.batch() as batch:
                batch.begin_submit(one)
        except BudgetRefused:
            continue
        begun.append(number)
    return begun


def test_sixty_four_threads_never_pass_a_cap(database: Database, budgets: Budgets):
    begun: list[int] = []
    barrier = threading.Barrier(64, timeout=60)

    def race(worker: int) -> None:
        barrier.wait()
        begun.extend(_reserve(database, range(worker * 2, worker * 2 + 2)))

    threads = [threading.Thread(target=race, args=(worker,)) for worker in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spending = budgets.of(PRODUCTION)
    assert len(begun) == 14
    assert spending.reserved == Decimal(QUOTE) * 14
    assert spending.reserved <= Decimal("1.00")
    assert spending.left == Decimal("1.00") - spending.reserved


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_processes_never_pass_a_cap(tmp_path: Path, database_url: str, budgets: Budgets):
    code = "import sys; from pathlib import Path; from tests.runtime.test_budgets import reserve; "
    code += "print(len(reserve(Path(sys.argv[1]), sys.argv[3], range(int(sys.argv[2]), int(sys.argv[2]) + 8))))"
    racing = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(worker * 8), database_url],
            stdout=subprocess.PIPE,
            text=True,
        )
        for worker in range(8)
    ]
    begun = sum(int(process.communicate()[0]) for process in racing)
    assert begun == 14
    assert budgets.of(PRODUCTION).reserved == Decimal(QUOTE) * 14


def test_a_reservation_that_is_settled_for_less_gives_the_rest_back(operations: Operations, budgets: Budgets):
    from circletake.domain.operation import Outcome

    one = operation(generator="ledger", quote="0.60")
    operations.plan([one])
    with operations.batch() as batch:
        batch.begin_submit(one)
    assert budgets.of(PRODUCTION).left == Decimal("0.40")
    with operations.batch() as batch:
        batch.finish(Outcome(key=one.key, state="done", spent=Decimal("0.25")))
    spending = budgets.of(PRODUCTION)
    assert (spending.reserved, spending.spent, spending.left) == (0, Decimal("0.25"), Decimal("0.75"))


def test_a_cap_that_is_lowered_below_what_was_spent_leaves_nothing(operations: Operations, budgets: Budgets):
    one = operation(generator="ledger", quote="0.60")
    operations.plan([one])
    with operations.batch() as batch:
        batch.begin_submit(one)
    budgets.set_cap(PRODUCTION, Decimal("0.10"))
    assert budgets.of(PRODUCTION).left == 0
