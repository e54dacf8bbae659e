"""Run the loopback provider beside a test, and read what it charged and what reached it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tests.provider.ledger import lines

Keeps = Literal["key", "listing", "nothing"]


@dataclass
class Provider:
    """One that runs."""

    url: str
    folder: Path
    keeps: Keeps
    process: subprocess.Popen[str]

    @property
    def charges(self) -> list[dict[str, Any]]:
        """Every charge, in order."""
        return lines(self.folder / "charges.jsonl")

    @property
    def charged(self) -> Decimal:
        """All money."""
        return sum((Decimal(row["amount"]) for row in self.charges), Decimal(0))

    @property
    def twice(self) -> list[str]:
        """Labels that were charged more than once."""
        return [label for label, count in Counter(row["label"] for row in self.charges).items() if count > 1]

    def requests(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Return the requests of a method, or of any, whose path begins so."""
        rows = lines(self.folder / "requests.jsonl")
        return [row for row in rows if method in ("", row["method"]) and row["path"].startswith(path)]

    @property
    def submits(self) -> int:
        """How many submits reached it."""
        return sum(row["path"] == "/v1/jobs" for row in self.requests("POST"))

    def settings(self) -> dict[str, str]:
        """Return the environment in which circletake speaks to it."""
        return {"CIRCLETAKE_LOOPBACK_URL": self.url, "CIRCLETAKE_LOOPBACK_KEEPS": self.keeps}

    def options(self) -> dict[str, str]:
        """Return the options of an adapter that speaks to it."""
        return {"url": self.url, "keeps": self.keeps}


@contextmanager
def running(
    folder: Path,
    *,
    keeps: Keeps = "key",
    faults: Sequence[dict[str, Any]] = (),
    job_seconds: float = 0.1,
    port: int = 0,
) -> Iterator[Provider]:
    """Run a provider while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = folder / "faults.json"
    rules.write_text(json.dumps(list(faults)), encoding="utf-8")
    command = [
        sys.executable, "-m", "tests.provider", "--folder", str(folder), "--keeps", keeps, "--port", str(port),
        "--job-seconds", str(job_seconds), "--faults", str(rules),
    ]  # fmt: skip
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Provider(json.loads(process.stdout.readline())["url"], folder, keeps, process)
        finally:
            process.kill()
