"""Make pictures ahead of whoever takes them, in a thread: libav and OpenCV work outside of Python's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


class _End:
    """There is no more."""


def ahead(made: Iterable[Made], *, most: int = 16) -> Generator[Made, None, None]:
    """Yield what an iterable yields, at most `most` of it made before it is asked for.

    An error is raised where it would have been. When the consumer stops, so does the thread, before this returns.
    """
    source, end = iter(made), _End()
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures-ahead")
    try:
        waiting = deque(worker.submit(next, source, end) for _ in range(most))
        while not isinstance(one := waiting.popleft().result(), _End):
            waiting.append(worker.submit(next, source, end))
            yield one
    finally:
        worker.shutdown(wait=True, cancel_futures=True)
