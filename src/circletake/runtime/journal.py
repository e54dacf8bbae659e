"""The journal: pay once. Which transitions an operation makes, and what is committed before what.

    planned -> submitting -> submitted(handle) -> done | refused | failed
       |           |             `-> polled again after a crash, never sent again
       |           `-> planned (a definite refusal to accept) | unknown (it may have been accepted)
       `-> cancelled

`submitting` and the reservation are committed before the call; the handle before the first poll (`runtime.remote`).
Work that costs nothing but minutes runs in the executor and goes from planned to done. Nothing is committed alone
that can share a commit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from circletake.domain.money import dollars
from circletake.domain.operation import FINISHED, Operation, OperationState, Outcome
from circletake.domain.ports import Clock, Executor, Operator, Progress
from circletake.errors import BudgetRefused, Cancelled, WorkerLost
from circletake.runtime.database.operations import Operations
from circletake.runtime.remote import Limits, RemoteDrive
from circletake.runtime.spool import Spool
from circletake.runtime.telemetry import Telemetry

log = logging.getLogger(__name__)

LOCAL_TRIES = 3
"""How often a local operation whose worker was lost is given to another worker before it is `failed`."""
_FULL = 100
"""Results of workers that are worth a commit at once."""
_PATIENT_S = 2.0
"""How long a worker's result waits for others to share its commit; it is safe in the spool meanwhile."""


def _never() -> bool:
    return False


class Journal:
    """Drives operations to their end; implements `domain.ports.Work`.

    Args:
        operations: the journal's rows.
        executor: where local work runs, and where what providers made is fetched.
        remote: generator name -> who submits, polls and fetches; all other generators are local.
        spool: where workers leave results.
        clock: time.
        limits: how much paid work is under way at once.
        cancelled: whether the production was cancelled.
        telemetry: who is told of operations that ended.
    """

    def __init__(
        self,
        operations: Operations,
        *,
        executor: Executor,
        remote: Mapping[str, Operator],
        spool: Spool,
        clock: Clock,
        limits: Limits | None = None,
        cancelled: Callable[[], bool] = _never,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._operations = operations
        self._executor = executor
        self._remote = remote
        self._spool = spool
        self._clock = clock
        self._limits = limits or Limits()
        self._cancelled = cancelled
        self._telemetry = telemetry or Telemetry()

    def drain(self, operations: Sequence[Operation], *, progress: Progress) -> None:
        """Journal the operations and drive those that are not finished to their end; `outcomes` tells what came.

        Raises:
            JournalConflict: a key was journalled before with another request.
            LeaseLost: this process no longer drives the production.
            Cancelled: the production was cancelled; what was sent before has been collected.
            BudgetRefused: what is left of the budget does not cover a quote; what was sent before has been collected,
                what was not stays planned.
            QuotaExhausted | Fatal | RateLimited: the provider takes nothing more; likewise.
            Retryable: something that is paid for could not be fetched now; likewise.
            WorkerLost: workers were lost over all of the local operations, so that the fault is not one of them; they
                stay planned. One that is lost among others that finish is `failed`.
        """
        self._operations.plan(operations)
        keys = [one.key for one in operations]
        states = self._operations.states(keys)
        unfinished = [one for one in operations if states[one.key] not in FINISHED]
        finished = len(keys) - len(unfinished)
        progress("takes", finished, len(keys))
        free = [one.key for one in unfinished if one.generator not in self._remote]
        paid = self._operations.many([one.key for one in unfinished if one.generator in self._remote])
        self._check_budget([one for one in paid if one.state == "planned"])
        del states, unfinished
        for _ in self._told(self._driven(free, paid)):
            finished += 1
            progress("takes", finished, len(keys))

    def _told(self, keys: Iterator[str]) -> Iterator[str]:
        """Yield finished keys, and tell whoever listens, many at a time."""
        waiting: list[str] = []
        try:
            for key in keys:
                if self._telemetry.on:
                    waiting.append(key)
                    if len(waiting) >= _FULL:
                        self._tell(waiting)
                        waiting = []
                yield key
        finally:
            self._tell(waiting)

    def _tell(self, keys: Sequence[str]) -> None:
        if keys:
            worked = {key: outcome.seconds for key, outcome in self._operations.outcomes(keys).items()}
            self._telemetry.finished(self._operations.many(keys), worked=worked)

    def _check_budget(self, planned: Sequence[Operation]) -> None:
        """Refuse the whole before a part of it is spent; every submit is still reserved for itself."""
        for production in {one.production for one in planned}:
            quotes = [one.quote for one in planned if one.production == production]
            total, left = sum(quotes, Decimal(0)), self._operations.left(production)
            if total > left:
                raise BudgetRefused(
                    f"{len(quotes)} operations of {planned[0].generator} may cost {dollars(total)} and {dollars(left)} "
                    f"may still be spent; nothing was sent. Allow more: circletake resume {production} --budget USD"
                )

    def outcomes(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Return what came of those of the keys that are finished."""
        return self._operations.outcomes(keys)

    def states(self, keys: Sequence[str]) -> dict[str, OperationState]:
        """Return the state of each key that is journalled."""
        return self._operations.states(keys)

    def left(self, production: str) -> Decimal:
        """Return what a production may still spend, in USD."""
        return self._operations.left(production)

    def journalled(self, key: str) -> tuple[Operation, Outcome | None] | None:
        """Return an operation and what came of it so far; `None` when the journal does not know it."""
        found = self._operations.many([key])
        return (found[0], self._operations.outcomes([key]).get(key)) if found else None

    def _driven(self, free: Sequence[str], paid: Sequence[Operation]) -> Iterator[str]:
        if self._cancelled() and free:
            self._cancel(free)
        yield from self._drive_local(free)
        adopted = dict.fromkeys(self._take_in([one.key for one in paid]))
        yield from adopted
        paid = [one for one in paid if one.key not in adopted]
        if paid:
            drive = RemoteDrive(
                self._operations,
                operators=self._remote,
                executor=self._executor,
                spool=self._spool,
                clock=self._clock,
                limits=self._limits,
                cancelled=self._cancelled,
            )
            yield from drive.drive(paid)
        if self._cancelled():
            self._cancel([one.key for one in paid])

    def _cancel(self, keys: Sequence[str]) -> None:
        """Give up what was never sent.

        Raises:
            Cancelled: always.
        """
        with self._operations.batch() as batch:
            count = batch.cancel(keys)
        raise Cancelled(f"cancelled: {count} operations were not begun; what was paid for has been collected")

    def _drive_local(self, keys: Sequence[str]) -> Iterator[str]:
        left = dict.fromkeys(keys)
        adopted = self._take_in(list(left))
        yield from adopted
        for key in adopted:
            del left[key]
        whole = len(left)
        for attempt in range(1, LOCAL_TRIES + 1):
            for key in self._run_local(list(left)):
                del left[key]
                yield key
            if not left:
                return
            log.warning("%d operations came to no result (attempt %d of %d)", len(left), attempt, LOCAL_TRIES)
        told = "; ".join(sorted({fault for key in left if (fault := self._spool.fault(key))}))
        lost = WorkerLost(
            f"no worker finished {', '.join(left)} in {LOCAL_TRIES} attempts" + (f": {told}" if told else "")
        )
        if len(left) == whole:
            raise lost
        with self._operations.batch() as batch:
            for key in left:
                batch.finish(_failed(key, lost))
        yield from left

    def _run_local(self, keys: Sequence[str]) -> Iterator[str]:
        """Run keys in workers, and yield those whose results are in the journal, a few at a time."""
        waiting: list[str] = []
        since = self._clock.monotonic()
        for key in self._executor.run(keys, idle=lambda: self._look_up(keys)):
            waiting.append(key)
            if len(waiting) >= _FULL or self._clock.monotonic() - since > _PATIENT_S:
                yield from self._take_in(waiting)
                waiting, since = [], self._clock.monotonic()
        yield from self._take_in(waiting)

    def _look_up(self, keys: Sequence[str]) -> None:
        if self._cancelled():
            self._take_in(list(keys))
            self._cancel(keys)

    def _take_in(self, keys: Sequence[str]) -> list[str]:
        """Take results that workers left into the journal, in one commit; returns the keys that had one."""
        found = [outcome for key in keys if (outcome := self._spool.get(key)) is not None]
        if found:
            with self._operations.batch() as batch:
                for outcome in found:
                    batch.finish(outcome)
            for outcome in found:
                self._spool.remove(outcome.key)
        return [outcome.key for outcome in found]


def _failed(key: str, error: Exception) -> Outcome:
    return Outcome(key=key, state="failed", spent=Decimal(0), error_class=type(error).__name__, error=str(error))
