"""Drive paid operations: many in flight, few calls at a time, and one commit for many transitions.

One thread decides and writes; calls to providers run in a few others, and what providers send is fetched and opened by
the executor's workers. What must be committed before what is in `runtime.journal`.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from circletake.domain.operation import Operation, Outcome, Resolution
from circletake.domain.ports import Clock, Executor, Operator
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
)
from circletake.runtime.calls import Call, Calls, News
from circletake.runtime.database.operations import Operations
from circletake.runtime.database.transitions import Transitions
from circletake.runtime.spool import Spool

log = logging.getLogger(__name__)

_GLANCE_S = 0.5
"""How long the loop waits for news at most, so that a cancellation is seen."""
_URGENT_S, _PATIENT_S = 0.02, 0.2
"""How long a transition waits for others to share its commit: a handle that is not stored yet, and everything else."""
_FULL = 64
"""Transitions that are worth a commit at once."""
_RESOLVES = 6
"""How often a provider is asked about a doubtful submit before that is called unknown."""
_FETCHES = 3
"""How often what a provider made is fetched before the step gives up; it stays `submitted`."""
_LONGEST_PAUSE_S = 30.0

Due = Call | Literal["ready"]
"""What is to be done with an operation at a time; `ready`: it may be sent again."""


@dataclass(frozen=True)
class Limits:
    """How much is under way at once."""

    calls: int = 16
    """Calls to providers at a time; no more submits than these can be in doubt after a crash."""
    in_flight: int = 256
    """Operations that are accepted and not finished."""
    job_deadline_s: float = 1800.0
    """How long after its submit a provider may take before the operation is called unknown."""
    patience_s: float = 120.0
    """How long a provider may refuse everything, or not be reached, before the step stops."""


class RemoteDrive:
    """One drive of paid operations to their end; made for one drain.

    Args:
        operations: the journal's rows.
        operators: generator name -> who submits, polls and fetches.
        executor: where fetches run.
        spool: where fetches leave their results.
        clock: time.
        limits: how much is under way at once.
        cancelled: whether the production was cancelled: nothing more is sent then, what was sent is collected.
    """

    def __init__(
        self,
        operations: Operations,
        *,
        operators: Mapping[str, Operator],
        executor: Executor,
        spool: Spool,
        clock: Clock,
        limits: Limits,
        cancelled: Callable[[], bool],
    ) -> None:
        self._operations = operations
        self._spool = spool
        self._clock = clock
        self._limits = limits
        self._cancelled = cancelled
        self._open: dict[str, Operation] = {}
        self._planned: deque[str] = deque()
        self._due: list[tuple[float, int, str, Due]] = []
        self._count = itertools.count()
        self._calls = Calls(operators, executor, count=limits.calls)
        self._sending = 0
        self._fetching: set[str] = set()
        self._late: set[str] = set()
        self._tries: dict[str, int] = {}
        self._fetches: Counter[str] = Counter()
        self._stopped: Exception | None = None
        self._asked_to_cancel = False
        self._finished: list[str] = []
        self._refusing_since: float | None = None
        self._after: list[Callable[[], None]] = []

    def drive(self, operations: Sequence[Operation]) -> Iterator[str]:
        """Drive to the end, and yield each key as it is finished.

        Raises:
            BudgetRefused | QuotaExhausted | Fatal | RateLimited: nothing more could be sent; what was sent is finished
                first, what was not stays planned.
            Retryable: something could not be fetched now; it stays submitted.
            LeaseLost: this process no longer drives the production.
        """
        for one in operations:
            self._take_up(one)
        with self._calls.open():
            while self._under_way():
                yield from self._turn()
        if self._stopped is not None:
            raise self._stopped

    def _take_up(self, one: Operation) -> None:
        """Go on from the state that the journal has."""
        self._open[one.key] = one
        if one.state == "planned":
            self._schedule(one.key, "ready", max(0.0, (one.not_before or 0.0) - self._clock.now()))
        elif one.state == "submitting":
            self._schedule(one.key, "resolve", 0.0)
        else:
            self._schedule(one.key, "poll", 0.0)

    def _under_way(self) -> bool:
        if self._stopped is None and not self._asked_to_cancel:
            return bool(self._open)
        return any(one.state != "planned" for one in self._open.values())

    # One turn: hear what there is, commit it all at once, then do what the commit permits.

    def _turn(self) -> Iterator[str]:
        if not self._asked_to_cancel and self._cancelled():
            self._cancel_all()
        self._do_due()
        heard = self._gather()
        if heard or self._may_send():
            with self._operations.batch() as batch:
                for news in heard:
                    self._apply(batch, news)
                while self._may_send():
                    self._begin(batch, self._open[self._planned.popleft()])
        after, self._after = self._after, []
        for act in after:
            act()
        self._do_due()
        finished, self._finished = self._finished, []
        yield from finished

    def _may_send(self) -> bool:
        """Return whether a planned operation may be sent now: only as many as can be called at once."""
        if not self._planned or self._stopped is not None or self._asked_to_cancel:
            return False
        under_way = len(self._open) - len(self._planned)
        return self._sending < self._limits.calls and under_way < self._limits.in_flight

    def _gather(self) -> list[News]:
        """Return news, waiting a little for more so that they share a commit."""
        heard: list[News] = []
        due = self._due[0][0] - self._clock.monotonic() if self._due else _GLANCE_S
        patience = 0.0 if self._may_send() else max(0.0, min(due, _GLANCE_S))
        until: float | None = None
        while len(heard) < _FULL:
            news = self._calls.hear(patience)
            if news is None:
                break
            heard.append(news)
            linger = _URGENT_S if news.of in ("submit", "resolve") else _PATIENT_S
            now = self._clock.monotonic()
            until = now + linger if until is None else min(until, now + linger)
            patience = max(0.0, until - now) if self._calls.under_way else 0.0
        return heard

    def _begin(self, batch: Transitions, one: Operation) -> None:
        try:
            batch.begin_submit(one)
        except BudgetRefused as error:
            self._planned.appendleft(one.key)
            self._stop(error)
        else:
            self._sending += 1
            begun = {"state": "submitting", "submitted_at": self._clock.now(), "error_class": None, "error": None}
            self._open[one.key] = one.model_copy(update=begun)
            self._after.append(lambda: self._schedule(one.key, "submit", 0.0))

    def _schedule(self, key: str, what: Due, pause: float) -> None:
        heapq.heappush(self._due, (self._clock.monotonic() + pause, next(self._count), key, what))

    def _do_due(self) -> None:
        now = self._clock.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, key, what = heapq.heappop(self._due)
            one = self._open.get(key)
            if one is None:
                continue
            if what == "ready":
                self._planned.append(key)
            else:
                self._calls.call(one, what)

    # What the news mean.

    def _apply(self, batch: Transitions, news: News) -> None:
        if news.of == "submit":
            self._sending -= 1
        one = self._open.get(news.key)
        if one is None:
            return
        if news.of == "submit":
            self._submitted(batch, one, news)
        elif news.of == "resolve":
            self._resolved(batch, one, news)
        elif news.of == "poll":
            self._polled(batch, one, news)
        elif news.of == "cancel":
            if news.error is not None:
                log.warning("%s could not be cancelled: %s: %s", one.key, type(news.error).__name__, news.error)
            self._schedule(one.key, "poll", 0.1)
        else:
            self._fetched(batch, one, news)

    def _submitted(self, batch: Transitions, one: Operation, news: News) -> None:
        error = news.error
        if error is None:
            self._accept(batch, one, news.result)
        elif isinstance(error, RateLimited):
            self._postpone(batch, one, error, pause=error.delay_s)
            self._mind(error)
        elif isinstance(error, RejectedByPolicy | InvalidRequest):
            self._finish(batch, _refused(one.key, error))
        elif isinstance(error, QuotaExhausted | Fatal):
            self._postpone(batch, one, error, pause=0.0)
            self._stop(error)
        else:
            if not isinstance(error, SubmitUnknown):
                log.warning("%s: %s: %s", one.key, type(error).__name__, error, exc_info=error)
            self._doubt(one, error)
            self._after.append(lambda: self._schedule(one.key, "resolve", 0.0))

    def _accept(self, batch: Transitions, one: Operation, handle: Mapping[str, Any]) -> None:
        batch.accept(one.key, handle)
        self._refusing_since = None
        self._open[one.key] = one.model_copy(update={"state": "submitted", "handle": dict(handle)})
        self._tries.pop(one.key, None)
        self._after.append(lambda: self._schedule(one.key, "poll", 0.0))

    def _postpone(self, batch: Transitions, one: Operation, error: Exception, *, pause: float) -> None:
        not_before = self._clock.now() + pause
        batch.postpone(one, not_before=not_before, error=error)
        self._open[one.key] = one.model_copy(update={"state": "planned", "not_before": not_before})
        self._after.append(lambda: self._schedule(one.key, "ready", pause))

    def _mind(self, error: RateLimited) -> None:
        """Stop when the provider has taken nothing for too long."""
        now = self._clock.monotonic()
        self._refusing_since = now if self._refusing_since is None else self._refusing_since
        if now - self._refusing_since > self._limits.patience_s:
            self._stop(error)

    def _doubt(self, one: Operation, error: Exception) -> None:
        told = {"error_class": type(error).__name__, "error": str(error)}
        self._open[one.key] = one.model_copy(update=told)

    def _resolved(self, batch: Transitions, one: Operation, news: News) -> None:
        why = SubmitUnknown(one.error or "the process that sent it died before an answer came")
        if news.error is not None:
            self._ask_again(batch, one, news.error, "resolve", most=_RESOLVES)
            return
        found: Resolution = news.result
        if found.verdict == "accepted" and found.handle is not None:
            self._accept(batch, one, found.handle)
        elif found.verdict == "not_accepted":
            self._postpone(batch, one, why, pause=0.0)
        elif found.verdict == "not_yet":
            self._after.append(lambda: self._schedule(one.key, "resolve", max(0.05, found.wait_s)))
        else:
            self._give_up(batch, one, why)

    def _polled(self, batch: Transitions, one: Operation, news: News) -> None:
        if one.key in self._fetching:
            return
        if isinstance(news.error, RateLimited | Retryable):
            pause = news.error.delay_s if isinstance(news.error, RateLimited) else self._pause(one.key)
        elif news.error is not None:
            self._leave(one, news.error)
            return
        elif news.result is None:
            self._tries.pop(one.key, None)
            self._fetching.add(one.key)
            self._after.append(lambda: self._calls.fetch(one.key))
            return
        else:
            self._tries.pop(one.key, None)
            pause = float(news.result)
        if self._clock.now() + pause < (one.submitted_at or 0.0) + self._limits.job_deadline_s:
            self._schedule(one.key, "poll", pause)
        elif one.key not in self._late:
            self._late.add(one.key)
            self._schedule(one.key, "cancel", 0.0)
        else:
            late = f"the provider has not finished it in {self._limits.job_deadline_s:.0f} s"
            self._give_up(batch, one, StepTimedOut(late))

    def _fetched(self, batch: Transitions, one: Operation, news: News) -> None:
        self._fetching.discard(one.key)
        if news.error is not None:
            self._leave(one, news.error)
            return
        outcome = self._spool.get(one.key)
        if outcome is not None:
            self._finish(batch, outcome)
            self._after.append(lambda: self._spool.remove(one.key))
            return
        self._fetches[one.key] += 1
        if self._fetches[one.key] < _FETCHES:
            self._schedule(one.key, "poll", self._pause(one.key))
            return
        why = self._spool.fault(one.key) or "its worker was lost"
        self._leave(one, Retryable(f"{one.key}: what was paid for could not be fetched: {why}; it is taken up again"))

    def _ask_again(self, batch: Transitions, one: Operation, error: Exception, call: Call, *, most: int) -> None:
        log.warning("%s: %s: %s", one.key, type(error).__name__, error)
        pause = max(self._pause(one.key), error.delay_s if isinstance(error, RateLimited) else 0.0)
        if self._tries.get(one.key, most) >= most:
            self._give_up(
                batch, one, SubmitUnknown(f"{one.error or ''} and the provider does not say: {error}".strip())
            )
        else:
            self._after.append(lambda: self._schedule(one.key, call, pause))

    def _pause(self, key: str) -> float:
        """Return how long to wait before the next try: half a second, and twice as long each time."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        return min(_LONGEST_PAUSE_S, 0.25 * 2**tries)

    def _give_up(self, batch: Transitions, one: Operation, error: Exception) -> None:
        """Call it unknown: its money is counted, a person is told, nothing is sent again."""
        log.warning("%s is unknown: %s", one.key, error)
        batch.mark_unknown(one, error=error)
        self._close(one.key)

    def _finish(self, batch: Transitions, outcome: Outcome) -> None:
        batch.finish(outcome)
        self._close(outcome.key)

    def _close(self, key: str) -> None:
        del self._open[key]
        self._tries.pop(key, None)
        self._finished.append(key)

    def _leave(self, one: Operation, error: Exception) -> None:
        """Leave an accepted operation as it is, and fail when the others are done.

        Raised at once, it would undo what is heard in the same turn: handles of others that have just been accepted.
        """
        del self._open[one.key]
        self._stop(error)

    def _stop(self, error: Exception) -> None:
        """Send nothing more; what was sent is finished first."""
        if self._stopped is None:
            self._stopped = error

    def _cancel_all(self) -> None:
        """Send nothing more, and ask providers to stop what they have not finished."""
        self._asked_to_cancel = True
        for key, one in self._open.items():
            if one.state == "submitted" and key not in self._fetching:
                self._schedule(key, "cancel", 0.0)


def _refused(key: str, error: Exception) -> Outcome:
    return Outcome(key=key, state="refused", spent=Decimal(0), error_class=type(error).__name__, error=str(error))
