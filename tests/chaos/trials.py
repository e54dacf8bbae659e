"""Kill trials: a process that spends money is killed with SIGKILL at random moments and started again until it is done.

A kill counts when the process was at work: after its first call to the provider, before its end. Half of the kills
hit the process that drives, half a worker of it (after which the driver goes on by itself).
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from circletake.errors import MediaError
from circletake.media.decode import iterate_frames
from circletake.runtime.database.budgets import Budgets
from circletake.settings import read_settings
from circletake.studio.house import House
from tests.chaos.driver import PRODUCTION
from tests.conftest import environment
from tests.provider.ledger import lines
from tests.provider.running import Keeps, Provider, running

_PATIENCE_S = 120.0
_AGAIN = 3
"""How often in a row a driver may end undisturbed because of what passes: a step would be tried again as often."""
_SUMS = ("trials", "kills", "duplicates", "lost", "unknown", "done", "finished_at_kills", "repeated", "broken")
FAULTS: tuple[dict[str, object], ...] = (
    {"on": "submit", "what": "429", "rate": 0.05, "retry_after": 0.1, "seed": 3},
    {"on": "submit", "what": "drop_after_accept", "rate": 0.05, "seed": 4},
    {"on": "submit", "what": "503", "rate": 0.03, "seed": 5},
    {"on": "job", "what": "malformed_json", "rate": 0.02, "seed": 6},
    {"on": "file", "what": "download_reset", "rate": 0.05, "seed": 7},
)
"""What goes wrong beside the kills."""


@dataclass
class Tally:
    """What came of trials."""

    kind: str
    trials: int = 0
    kills: int = 0
    duplicates: int = 0
    """Charges beyond the first of an operation."""
    lost: int = 0
    """Charged, and neither done nor listed as unknown."""
    unknown: int = 0
    done: int = 0
    finished_at_kills: int = 0
    repeated: int = 0
    """Finished work that was done again."""
    broken: int = 0
    """Files under a final name that are not what their name says, or do not decode."""
    uncounted: Decimal = Decimal(0)
    """Money that the provider charged and the budget does not know of."""
    notes: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another trial."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.uncounted += other.uncounted
        self.notes += other.notes

    @property
    def reused(self) -> float:
        """Share of finished work that was not done again."""
        return 1.0 - self.repeated / self.finished_at_kills if self.finished_at_kills else 1.0


def trial(
    folder: Path,
    *,
    keeps: Keeps,
    seed: int,
    count: int = 24,
    most_kills: int = 6,
    faults: Sequence[dict[str, object]] = FAULTS,
    wrong: bool = False,
    database: str = "",
) -> Tally:
    """Run one production of paid operations under kills."""
    rng = random.Random(seed)
    home = folder / "studio"
    tally = Tally(keeps, trials=1)
    with running(folder / "provider", keeps=keeps, faults=[dict(one) for one in faults], job_seconds=0.3) as provider:
        more = {**provider.settings(), "CIRCLETAKE_WORKERS": "2", "CIRCLETAKE_PROVIDER_CALLS": "6"}
        if database:
            more["CIRCLETAKE_DATABASE"] = database
        variables = environment(home, folder / "cache", **more)
        command = [sys.executable, "-m", "tests.chaos.driver", str(count), *(["--wrong"] if wrong else [])]
        again = 0
        while True:
            process = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, start_new_session=True)
            before = tally.kills
            while tally.kills < most_kills and _at_work(process, provider):
                time.sleep(rng.uniform(0.0, rng.choice((0.5, 5.0))))
                tally.kills += _killed(process, home, tally, whole=rng.random() < 0.6, rng=rng)
            process.wait(timeout=_PATIENCE_S)
            if process.returncode == 0:
                break
            again = 0 if tally.kills > before else again + 1
            if again > _AGAIN:
                tally.notes.append(f"seed {seed}: exit {process.returncode}, {again} times")
                break
        _settle(tally, home, provider, variables, wrong=wrong)
    return tally


def _at_work(process: subprocess.Popen[bytes], provider: Provider) -> bool:
    """Wait for the first call of a process; returns whether it is at work."""
    before = len(provider.requests())
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if len(provider.requests()) > before:
            return True
        time.sleep(0.02)
    return False


def _killed(process: subprocess.Popen[bytes], home: Path, tally: Tally, *, whole: bool, rng: random.Random) -> int:
    """Kill a driver, or one of its workers; returns how many were there to be killed."""
    workers = _children(process.pid)
    target = process.pid if whole or not workers else rng.choice(workers)
    if process.poll() is not None:
        return 0
    before = _begun(home)
    done = _finished(home)
    try:
        os.kill(target, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    tally.finished_at_kills += len(done)
    if target == process.pid:
        process.wait()
    tally.notes.extend(f"finished {key} {before[key]}" for key in done)
    return 1


def _begun(home: Path) -> Counter[str]:
    rows = lines(home / "spool" / "executions.jsonl")
    return Counter(row["key"] for row in rows if row["what"] == "begins")


def _finished(home: Path) -> set[str]:
    rows = lines(home / "spool" / "executions.jsonl")
    return {row["key"] for row in rows if row["what"] == "finished"}


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def _settle(tally: Tally, home: Path, provider: Provider, variables: dict[str, str], *, wrong: bool) -> None:
    """Compare the provider's ledger with the journal."""
    house = House(read_settings(home, environment=variables))
    states = {one.key: one.state for one in house.operations.of(PRODUCTION)}
    charges = Counter(row["label"] for row in provider.charges)
    tally.duplicates = sum(times - 1 for times in charges.values())
    tally.unknown = sum(state == "unknown" for state in states.values())
    tally.done = sum(state == "done" for state in states.values())
    tally.lost = sum(states.get(key) not in ("done", "unknown") for key in charges)
    if not wrong:
        spending = Budgets(house.database).of(PRODUCTION)
        tally.uncounted = max(Decimal(0), provider.charged - spending.spent - spending.unknown)
        if spending.reserved:
            tally.notes.append(f"{spending.reserved} USD are still reserved")
    tally.broken = _broken(home)
    again = _begun(home)
    marks = [note.split() for note in tally.notes if note.startswith("finished ")]
    tally.repeated = len({key for _, key, times in marks if again[key] > int(times)})
    tally.notes = [note for note in tally.notes if not note.startswith("finished ")]
    house.database.dispose()


def _broken(home: Path) -> int:
    """Return how many files under a final name do not hold what their name says, or cannot be decoded."""
    count = 0
    media = home / "media"
    for file in media.rglob("*"):
        if file.is_file() and not file.name.startswith(".") and file.parent != media / "scratch":
            whole = hashlib.sha256(file.read_bytes()).hexdigest() == file.stem
            if whole and file.suffix == ".mp4":
                try:
                    whole = sum(1 for _ in iterate_frames(file)) > 0
                except MediaError:
                    whole = False
            count += not whole
    return count


def plain(folder: Path, *, seed: int, count: int = 24) -> Tally:
    """Run the same work as a plain fan-out, killed once in the middle and resumed."""
    rng = random.Random(seed)
    tally = Tally("plain Send fan-out", trials=1)
    with running(folder / "provider", keeps="nothing", job_seconds=0.3) as provider:
        command = [sys.executable, "-m", "tests.chaos.plain", str(count), str(folder / "plain"), provider.url]
        process = subprocess.Popen(command, start_new_session=True)
        if _at_work(process, provider):
            time.sleep(rng.uniform(0.1, 1.0))
            if process.poll() is None:
                tally.kills += 1
                finished = {row["path"] for row in provider.requests("GET", "/v1/jobs/job-")}
                tally.finished_at_kills = len(finished)
                process.kill()
        process.wait()
        if process.returncode:
            subprocess.run(command, check=True, timeout=_PATIENCE_S)
        charges = Counter(row["label"] for row in provider.charges)
        tally.duplicates = sum(times - 1 for times in charges.values())
        tally.done = len(charges)
        tally.repeated = min(tally.duplicates, tally.finished_at_kills)
    return tally
