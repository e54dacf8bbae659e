"""Calls to providers, and fetches by workers: made in threads that decide nothing and write nothing.

What they come to is news for the one thread that does (`runtime.remote`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Literal

from circletake.domain.operation import Operation
from circletake.domain.ports import Executor, Operator

Call = Literal["submit", "poll", "resolve", "cancel"]
"""What a provider is called for."""


@dataclass(frozen=True)
class News:
    """What a call or a fetch came to."""

    key: str
    of: Call | Literal["fetch"]
    result: Any = None
    error: Exception | None = None


class Calls:
    """A few threads that call providers, and one that has fetches run in the executor's workers.

    Args:
        operators: generator name -> who submits, polls, reconciles and cancels.
        executor: where fetches run.
        count: calls at a time.
    """

    def __init__(self, operators: Mapping[str, Operator], executor: Executor, *, count: int) -> None:
        self._operators = operators
        self._executor = executor
        self._count = count
        self._asked: queue.SimpleQueue[tuple[Operation, Call] | None] = queue.SimpleQueue()
        self._to_fetch: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.under_way = 0
        """Calls and fetches whose news have not been heard."""

    @contextmanager
    def open(self) -> Iterator[None]:
        """Have the threads at work while the block runs; it ends when the calls that are under way have ended.

        After an error they are left to end by themselves: nothing of theirs is written any more.
        """
        threads = [self._thread(self._fetch_all), *(self._thread(self._call_all) for _ in range(self._count))]
        try:
            yield
        finally:
            self._to_fetch.put(None)
            for _ in range(self._count):
                self._asked.put(None)
        for thread in threads:
            thread.join()

    @staticmethod
    def _thread(target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=copy_context().run, args=(target,), name="provider", daemon=True)
        thread.start()
        return thread

    def call(self, one: Operation, what: Call) -> None:
        """Have a provider called."""
        self.under_way += 1
        self._asked.put((one, what))

    def fetch(self, key: str) -> None:
        """Have what came of an operation fetched by a worker, which leaves it in the spool."""
        self.under_way += 1
        self._to_fetch.put(key)

    def hear(self, patience: float) -> News | None:
        """Return the next news, waiting at most `patience` seconds for it."""
        try:
            news = self._news.get(timeout=patience) if patience > 0 else self._news.get_nowait()
        except queue.Empty:
            return None
        self.under_way -= 1
        return news

    def _call_all(self) -> None:
        while (asked := self._asked.get()) is not None:
            one, what = asked
            try:
                result = self._called(one, what)
            except Exception as error:  # noqa: BLE001 - judged by its class in the deciding thread
                self._news.put(News(one.key, what, error=error))
            else:
                self._news.put(News(one.key, what, result=result))

    def _called(self, one: Operation, what: Call) -> Any:
        operator = self._operators[one.generator]
        if what == "submit":
            return operator.submit(one)
        if what == "resolve":
            return operator.reconcile(one)
        if what == "cancel":
            return operator.cancel(one.handle or {})
        return operator.poll(one.handle or {})

    def _fetch_all(self) -> None:
        """Fetch whatever is ready, batch by batch."""
        while (first := self._to_fetch.get()) is not None:
            left = {first: None}
            while not self._to_fetch.empty():
                more = self._to_fetch.get()
                if more is None:  # the end comes after these
                    self._to_fetch.put(None)
                    break
                left[more] = None
            try:
                for key in self._executor.run(tuple(left)):
                    del left[key]
                    self._news.put(News(key, "fetch"))
            except Exception as error:  # noqa: BLE001 - raised in the deciding thread
                for key in left:
                    self._news.put(News(key, "fetch", error=error))
