"""Results on their way from a worker to the process that drives the production.

A worker writes its outcome to a file of its own, atomically; the driver takes it into the journal and removes the file.
A result whose driver died in between is found by the next driver: finished work is not done again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from circletake.domain.operation import Outcome
from circletake.domain.ports import Clock
from circletake.errors import HandoffInvalid
from circletake.runtime.files import write_atomically


class Spool:
    """A folder of outcomes, one file a key, and the log of what workers began and finished."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "spool"
        self._log = home / "spool" / "executions.jsonl"

    def _file(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def put(self, outcome: Outcome) -> None:
        """Store a result."""
        write_atomically(self._file(outcome.key), outcome.to_json().encode())

    def get(self, key: str) -> Outcome | None:
        """Return the result of a key, or `None` when there is none."""
        try:
            text = self._file(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        outcome = Outcome.from_json(text)
        if outcome.key != key:
            raise HandoffInvalid(f"the result of {key} names {outcome.key}")
        return outcome

    def remove(self, key: str) -> None:
        """Remove a result that is in the journal."""
        self._file(key).unlink(missing_ok=True)
        self._file(key).with_suffix(".fault").unlink(missing_ok=True)

    def complain(self, key: str, fault: str) -> None:
        """Leave word of why a worker could not finish a key."""
        write_atomically(self._file(key).with_suffix(".fault"), fault.encode())

    def fault(self, key: str) -> str:
        """Return what the last worker said that could not finish a key; empty when it died without a word."""
        try:
            return self._file(key).with_suffix(".fault").read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def note(self, key: str, what: str, *, clock: Clock) -> None:
        """Append one line to the execution log; lines of several workers never mix (one O_APPEND write each)."""
        self._folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": key, "what": what, "pid": os.getpid(), "at": clock.now()}) + "\n"
        handle = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
