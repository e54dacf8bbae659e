"""Limits of memory for work on what nobody has checked: a worker that wants more fails, the machine does not."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory(more: int) -> Iterator[None]:
    """Let this process address at most `more` bytes beyond what it does now, until the block ends.

    Asking for more gives `MemoryError`, or the library's own error. Has no effect where the system does not tell how
    much a process addresses (anything but Linux).
    """
    held = _addressed()
    if held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = held + more
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _addressed() -> int | None:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
