"""What a worker may take of the machine: one thread, its memory held on to, and a limit for what nobody has checked."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3), glibc."""
_HELD = 1 << 27
"""Bytes of free memory that a worker holds on to."""
UNCHECKED = 3 << 30
"""Bytes that footage may take beyond what its worker holds: pictures of 8192x4320 need some 2 GB."""


def one_of_many() -> None:
    """Set this process up to work beside others like it; call it before NumPy is imported.

    Libraries of linear algebra get one thread: theirs wait for work by spinning, which took a fiftieth of an ingest.
    With glibc, memory that is free stays with the process: pictures come and go, and to be given new pages for each,
    all cleared, took a twentieth (measured at 960x540).
    """
    for name in _THREADS:
        os.putenv(name, "1")  # for the C libraries that are loaded later
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _HELD // 4)
        mallopt(_TRIM_THRESHOLD, _HELD)


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
