"""A provider and an executor in this process, for tests of the journal: they write down what reached them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from pydantic import JsonValue

from circletake.domain.money import Quote
from circletake.domain.operation import Operation, Outcome, Resolution
from circletake.runtime.spool import Spool


def quiet(what: str, done: int, total: int) -> None:
    """Show nothing."""


class Ledger:
    """A provider that writes down what reached it, and can be told to fail."""

    name = "ledger"

    def __init__(self) -> None:
        self.charged: list[str] = []
        self.polled: list[str] = []
        self.cancels: list[str] = []
        self.faults: Sequence[Exception] = ()
        self.poll_faults: list[Exception] = []
        self.reconcile_faults: list[Exception] = []
        self.accepts_before_fault = False
        self.lists = False
        self.lands_after = 0
        """How often a listing is asked for before a dropped request lands."""
        self.finishes_after: float | None = 0
        """Polls before a job is done; `None`: it never is."""
        self.most_at_once = 0
        self._calling = 0
        self._lock = threading.Lock()
        self.on_submit: Callable[[], object] = lambda: None

    def quote(self, request: dict[str, JsonValue]) -> Quote:
        raise NotImplementedError

    def submit(self, operation: Operation) -> dict[str, JsonValue]:
        with self._lock:
            self._calling += 1
            self.most_at_once = max(self.most_at_once, self._calling)
        try:
            self.on_submit()
            with self._lock:
                if self.faults:
                    if self.accepts_before_fault:
                        self.charged.append(operation.key)
                    error, *self.faults = self.faults
                    raise error
                self.charged.append(operation.key)
            return {"job": operation.key}
        finally:
            with self._lock:
                self._calling -= 1

    def poll(self, handle: dict[str, JsonValue]) -> float | None:
        job = str(handle["job"])
        with self._lock:
            self.polled.append(job)
            if self.poll_faults:
                raise self.poll_faults.pop(0)
            done = self.finishes_after is not None and self.polled.count(job) > self.finishes_after
        return None if done or job in self.cancels else 0.01

    def fetch(self, operation: Operation) -> Outcome:
        raise NotImplementedError

    def cancel(self, handle: dict[str, JsonValue]) -> bool:
        self.cancels.append(str(handle["job"]))
        return True

    def reconcile(self, operation: Operation) -> Resolution:
        with self._lock:
            if self.reconcile_faults:
                raise self.reconcile_faults.pop(0)
            if not self.lists:
                return Resolution(verdict="unknown")
            if operation.key in self.charged:
                return Resolution(verdict="accepted", handle={"job": operation.key})
            if self.lands_after > 0:
                self.lands_after -= 1
                if self.lands_after == 0:
                    self.charged.append(operation.key)
                return Resolution(verdict="not_yet", wait_s=0.01)
            return Resolution(verdict="not_accepted")


class Shelf:
    """An executor that finishes every key at once, or never."""

    def __init__(self, spool: Spool, *, finishes: bool = True) -> None:
        self.spool = spool
        self.finishes = finishes
        self.asked: list[str] = []
        self.never: set[str] = set()
        self.complaint = ""
        self.costs: Callable[[str], Decimal] = lambda key: Decimal(0)
        self.after_each: Callable[[int], None] = lambda count: None

    def run(self, keys: Sequence[str], *, idle: Callable[[], None] | None = None) -> Iterator[str]:
        for key in keys:
            self.asked.append(key)
            if self.finishes and key not in self.never:
                self.spool.put(Outcome(key=key, state="done", spent=self.costs(key)))
            elif self.complaint:
                self.spool.complain(key, self.complaint)
            self.after_each(len(self.asked))
            yield key
            if idle is not None:
                idle()
