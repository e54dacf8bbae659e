"""File locks between the processes of one machine; the kernel lets go when the holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` (made if absent), waiting for whoever holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def in_turn(path: Path, *, me: str, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold an exclusive lock on `path`, saying who waits for whom.

    Args:
        path: the lock; made if absent. While it is held it says who holds it.
        me: who this is, in words.
        waiting: called once, with who holds it, when somebody does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting(path.read_text(encoding="utf-8") or "another process")
            fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, 0)
        os.pwrite(handle, me.encode(), 0)
        yield
    finally:
        os.close(handle)
