"""The journal: pay once. Which transitions an operation makes, and what is committed before what.

    planned -> submitting -> submitted(handle) -> done | refused | failed
                   |             `-> polled again after a crash, never sent again
                   `-> planned (a definite refusal to accept) | unknown (it may have been accepted)

`submitting` and the reservation are committed before the call; the handle before the first poll. Work that costs
nothing but minutes runs in the executor and goes from planned to done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from circletake.domain.operation import FINISHED, Operation, Outcome
from circletake.domain.ports import Clock, Executor, Operator, Progress
from circletake.errors import (
    BudgetRefused,
    Fatal,
    InvalidRequest,
    QuotaExhausted,
    RateLimited,
    RejectedByPolicy,
    Retryable,
    StepTimedOut,
    SubmitUnknown,
    WorkerLost,
)
from circletake.runtime.database.operations import Operations
from circletake.runtime.spool import Spool

log = logging.getLogger(__name__)

LOCAL_TRIES = 3
"""How often a local operation whose worker was lost is given to another worker before it is `failed`."""
REMOTE_DEADLINE_S = 1800.0
"""How long an accepted operation is polled before the step gives up; it stays `submitted` and can be taken up again."""


class Journal:
    """Drives operations to their end; implements `domain.ports.Work`."""

    def __init__(
        self,
        operations: Operations,
        *,
        executor: Executor,
        remote: Mapping[str, Operator],
        spool: Spool,
        clock: Clock,
    ) -> None:
        self._operations = operations
        self._executor = executor
        self._remote = remote
        self._spool = spool
        self._clock = clock

    def drain(self, operations: Sequence[Operation], *, progress: Progress) -> dict[str, Outcome]:
        """Journal the operations, drive those that are not finished, and return every outcome by key.

        Raises:
            JournalConflict: a key was journalled before with another request.
            LeaseLost: this process no longer drives the production.
            BudgetRefused: what is left of the budget does not cover a quote.
            WorkerLost: workers were lost over all of the local operations, so that the fault is not one of them; they
                stay planned. One that is lost among others that finish is `failed`.
        """
        self._operations.plan(operations)
        keys = [one.key for one in operations]
        states = self._operations.states(keys)
        open_keys = [key for key in keys if states[key] not in FINISHED]
        finished = len(keys) - len(open_keys)
        progress("takes", finished, len(keys))
        local = [key for key in open_keys if self._operations.get(key).generator not in self._remote]
        for key in self._adopt(local):
            local.remove(key)
            finished += 1
            progress("takes", finished, len(keys))
        for _ in self._drive_local(local):
            finished += 1
            progress("takes", finished, len(keys))
        for key in open_keys:
            if self._operations.get(key).generator in self._remote:
                self._drive_remote(key)
                finished += 1
                progress("takes", finished, len(keys))
        return self._operations.outcomes(keys)

    def journalled(self, key: str) -> tuple[Operation, Outcome | None] | None:
        """Return an operation and what came of it so far; `None` when the journal does not know it."""
        if key not in self._operations.states([key]):
            return None
        return self._operations.get(key), self._operations.outcomes([key]).get(key)

    def _adopt(self, keys: Sequence[str]) -> list[str]:
        """Take results into the journal that a worker finished before its driver died."""
        return [key for key in keys if self._take_in(key)]

    def _take_in(self, key: str) -> bool:
        outcome = self._spool.get(key)
        if outcome is None:
            return False
        self._operations.finish(outcome)
        self._spool.remove(key)
        return True

    def _drive_local(self, keys: Sequence[str]) -> Iterator[str]:
        left = list(keys)
        for attempt in range(1, LOCAL_TRIES + 1):
            for key in self._executor.run(tuple(left)):
                if self._take_in(key):
                    left.remove(key)
                    yield key
                else:
                    log.warning("%s: no result (attempt %d of %d)", key, attempt, LOCAL_TRIES)
            if not left:
                return
        told = "; ".join(sorted({fault for key in left if (fault := self._spool.fault(key))}))
        lost = WorkerLost(
            f"no worker finished {', '.join(left)} in {LOCAL_TRIES} attempts" + (f": {told}" if told else "")
        )
        if len(left) == len(keys):
            raise lost
        for key in left:
            self._operations.finish(_failed(key, lost, state="failed"))
            yield key

    def _drive_remote(self, key: str) -> None:
        operator = self._remote[self._operations.get(key).generator]
        one = self._operations.get(key)
        if one.state == "submitting":
            one = self._resolve(one, operator, SubmitUnknown(f"{key}: the driver died while it was being submitted"))
        while one.state == "planned":
            one = self._submit(one, operator)
        if one.state == "submitted":
            self._await(one, operator)

    def _submit(self, one: Operation, operator: Operator) -> Operation:
        if one.not_before is not None and one.not_before > self._clock.now():
            self._clock.sleep(one.not_before - self._clock.now())
        try:
            self._operations.begin_submit(one)
        except BudgetRefused as error:
            self._operations.finish(_failed(one.key, error, state="refused"))
            raise
        try:
            handle = operator.submit(one)
        except RateLimited as error:
            self._operations.postpone(one, not_before=self._clock.now() + error.delay_s, error=error)
        except (RejectedByPolicy, InvalidRequest, QuotaExhausted, Fatal) as error:
            self._operations.finish(_failed(one.key, error, state="refused"))
        except SubmitUnknown as error:
            return self._resolve(one, operator, error)
        else:
            self._operations.accept(one.key, handle)
        return self._operations.get(one.key)

    def _resolve(self, one: Operation, operator: Operator, error: SubmitUnknown) -> Operation:
        """Ask the provider what became of a submit; what it cannot tell is `unknown`, with its money."""
        found = operator.reconcile(one)
        if found.handle is None:
            self._operations.mark_unknown(one, error=error)
        else:
            self._operations.accept(one.key, found.handle)
        return self._operations.get(one.key)

    def _await(self, one: Operation, operator: Operator) -> None:
        assert one.handle is not None
        deadline = self._clock.monotonic() + REMOTE_DEADLINE_S
        while (pause := operator.poll(one.handle)) is not None:
            if self._clock.monotonic() + pause > deadline:
                raise StepTimedOut(f"{one.key}: the provider has not finished it; it stays submitted, resume polls it")
            self._clock.sleep(pause)
        try:
            outcome = operator.fetch(one)
        except Retryable:
            self._clock.sleep(1.0)
            outcome = operator.fetch(one)
        self._operations.finish(outcome)


def _failed(key: str, error: Exception, *, state: str) -> Outcome:
    return Outcome(
        key=key,
        state="refused" if state == "refused" else "failed",
        spent=Decimal(0),
        error_class=type(error).__name__,
        error=str(error),
    )
