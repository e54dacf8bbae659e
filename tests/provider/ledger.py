"""What the provider charged and what reached it: append-only files, a line written and flushed before it answers."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass
class Job:
    """One accepted request."""

    id: str
    label: str
    key: str
    amount: str
    at: float
    request: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    """Faults that this job has: `never_ends`, `partial_result`, `policy_refusal`, ..."""
    cancelled_at: float | None = None


def append(path: Path, row: dict[str, Any], *, flush: bool) -> None:
    """Append one line in one write."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, (json.dumps(row) + "\n").encode())
        if flush:
            os.fsync(handle)
    finally:
        os.close(handle)


def lines(path: Path) -> list[dict[str, Any]]:
    """Return all whole lines."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


class Ledger:
    """The jobs, by id, label and key; what was charged is on disk before anybody hears of it."""

    def __init__(self, folder: Path, *, price: Decimal) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._charges = folder / "charges.jsonl"
        self._requests = folder / "requests.jsonl"
        self._price = price
        self._lock = threading.Lock()
        self.jobs = {row["id"]: Job(**row) for row in lines(self._charges)}
        self._by_key = {job.key: job for job in self.jobs.values() if job.key}

    def accept(self, request: dict[str, Any], *, key: str, faults: list[str]) -> Job | None:
        """Charge a request and return its job: the one that there is for its key; `None` when that was another one."""
        with self._lock:
            known = self._by_key.get(key) if key else None
            if known is not None:
                return known if known.request == request else None
            job = Job(
                id=f"job-{len(self.jobs) + 1:06d}",
                label=request["label"],
                key=key,
                amount=str(self._price * request["seconds"] * request["count"]),
                at=time.time(),
                request=request,
                faults=faults,
            )
            append(self._charges, asdict(job), flush=True)
            self.jobs[job.id] = job
            if key:
                self._by_key[key] = job
            return job

    def labelled(self, label: str) -> list[Job]:
        """Return the jobs of a label."""
        with self._lock:
            return [job for job in self.jobs.values() if job.label == label]

    def note(self, row: dict[str, Any]) -> None:
        """Write down a request."""
        append(self._requests, row, flush=False)
