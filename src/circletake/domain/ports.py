"""The seams that several departments share. `studio` fills them; departments only know these Protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from circletake.domain.brief import Brief
from circletake.domain.clip import Clip
from circletake.domain.money import Quote
from circletake.domain.operation import Operation, OperationState, Outcome, Resolution
from circletake.domain.plan import Plan
from circletake.domain.reference import Found, Query
from circletake.domain.rights import RightsContext, Verdict
from circletake.domain.take import Take

Progress = Callable[[str, int, int], None]
"""Called with (what, done, total) as work goes on; shells draw bars from it."""


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> float:
        """Return Unix seconds."""
        ...

    def today(self) -> date:
        """Return the day in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class ReferenceSearch(Protocol):
    """What the catalogue holds and may be used: plan grounds its shots with it, catalog answers."""

    def find(self, query: Query, *, rights: RightsContext, k: int = 8) -> Found:
        """Return up to `k` clips that `rights` allows, best first; fewer with `shortfall`, never a relaxed filter."""
        ...

    def clip(self, clip_id: str) -> Clip:
        """Return a clip from the database of record.

        Raises:
            UnknownId: there is no such clip.
        """
        ...


class RightsCheck(Protocol):
    """May these clips be used for this, as the database of record stands now?"""

    def check(self, clip_ids: Iterable[str], rights: RightsContext) -> dict[str, Verdict]:
        """Return a verdict for every clip id; an id that is not in the catalogue is not allowed."""
        ...


class Files(Protocol):
    """Content-addressed files: a file under its final name is whole, whatever died."""

    def path(self, uri: str) -> Path:
        """Return where a `media/<sha256>.<ending>` URI lies on this machine; it may not exist."""
        ...

    def scratch(self, ending: str) -> Path:
        """Return a fresh temporary path in the store, to be written and then adopted."""
        ...

    def adopt(self, scratch: Path, *, ending: str) -> str:
        """Flush a scratch file to disk, name it by its content, and return its URI; the scratch name is gone."""
        ...

    def write(self, data: bytes, *, ending: str) -> str:
        """Store bytes and return their URI."""
        ...


class TakeStore(Protocol):
    """The takes of a production."""

    def takes(self, production: str, slate: str | None = None) -> tuple[Take, ...]:
        """Return takes in slate and number order."""
        ...


class Operator(Protocol):
    """The face of a generator (or any paid service) that the journal drives. A handle is JSON."""

    name: str

    def quote(self, request: dict[str, JsonValue]) -> Quote:
        """Return what the request will cost at most.

        Raises:
            InvalidRequest: the request cannot be priced.
        """
        ...

    def submit(self, operation: Operation) -> dict[str, JsonValue]:
        """Send the request once and return a handle; never retries by itself.

        Raises:
            RateLimited: definitely not accepted; try later.
            SubmitUnknown: it may have been accepted.
            RejectedByPolicy | InvalidRequest | QuotaExhausted | Fatal: definitely not accepted.
        """
        ...

    def poll(self, handle: dict[str, JsonValue]) -> float | None:
        """Return seconds to wait before the next poll, or `None` when there is something to fetch, also a failure.

        Raises:
            RateLimited | Retryable: ask again later.
            Fatal: no key, no access; the operation stays accepted.
        """
        ...

    def fetch(self, operation: Operation) -> Outcome:
        """Return what came of an accepted operation; safe to repeat. Runs in a media worker, which may be killed.

        Media that a provider sent is opened here and nowhere else. What was paid for and is not usable is `done` with
        the reasons, never an error.

        Raises:
            RateLimited | Retryable: it could not be fetched now.
        """
        ...

    def cancel(self, handle: dict[str, JsonValue]) -> bool:
        """Ask to stop; returns whether it did. What was paid for is still fetched."""
        ...

    def reconcile(self, operation: Operation) -> Resolution:
        """Find out what became of a submit: by its idempotency key, or by the provider's list. Never pays twice.

        Raises:
            RateLimited | Retryable: it could not be asked now.
        """
        ...


class Executor(Protocol):
    """Where local work runs. Only keys cross."""

    def run(self, keys: Sequence[str], *, idle: Callable[[], None] | None = None) -> Iterator[str]:
        """Run `execute(key)` for every key and yield each key as it finishes, in any order.

        A key whose worker died or went past its deadline is yielded too; its result is simply not there. `idle` is
        called about once a second while workers work; what it raises ends the run.
        """
        ...


class Work(Protocol):
    """Operations, journalled and driven to their end."""

    def drain(self, operations: Sequence[Operation], *, progress: Progress) -> None:
        """Journal the operations and drive those that are not finished to their end; `outcomes` tells what came.

        An operation that was finished before (also by a process that has died) is not done again.

        Raises:
            JournalConflict: a key was journalled before with another request.
            LeaseLost: this process no longer drives the production.
            Cancelled: the production was cancelled.
            BudgetRefused: what is to be sent costs more than may be spent.
        """
        ...

    def outcomes(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Return what came of those of the keys that are finished; nothing of those that are unknown."""
        ...

    def states(self, keys: Sequence[str]) -> dict[str, OperationState]:
        """Return the state of each key that is journalled."""
        ...

    def left(self, production: str) -> Decimal:
        """Return what a production may still spend, in USD."""
        ...

    def journalled(self, key: str) -> tuple[Operation, Outcome | None] | None:
        """Return an operation and what came of it so far; `None` when the journal does not know it."""
        ...


class Planner(Protocol):
    """Brief -> plan."""

    name: str

    def plan(self, brief: Brief, *, seed: int, today: date, references: ReferenceSearch) -> Plan:
        """Return a plan that holds together.

        Raises:
            BriefError: the brief is empty, asks for no length at all, or contradicts itself beyond repair.
            Shortfall: the catalogue holds nothing that may be used for it.
        """
        ...
