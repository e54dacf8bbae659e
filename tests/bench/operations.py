"""What ten thousand operations cost the process that drives them: checkpoints, commits, memory; and a cap under fire.

python -m tests.bench.operations [--count 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from circletake.domain.brief import Brief, Terms
from circletake.domain.operation import Operation, Outcome, Output
from circletake.domain.quality import Finding, QcReport
from circletake.errors import BudgetRefused
from circletake.generate import Ripomatic
from circletake.generate.base import Capabilities, Request, ShotOrder
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.engine import Database
from circletake.runtime.database.operations import Operations
from circletake.runtime.database.productions import Productions
from circletake.runtime.driving import driving
from circletake.runtime.executor import LocalExecutor
from circletake.runtime.journal import Journal
from circletake.runtime.spool import Spool
from circletake.studio.room import Studio
from tests.bench.table import Table
from tests.domain.examples import LOOK

PRODUCTION = "tenthousand"
_GOOD = QcReport(findings=(Finding(check="decodes", passed=True, measured="48 frames"),))
_TRIALS = 100
_WORKERS = 64


class Paper(Ripomatic):
    """A generator whose takes are only written down: everything around them is the shipped program."""

    name = "paper"

    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return super().capabilities().model_copy(update={"needs_footage": False, "outputs": 1})

    def ask(self, order: ShotOrder) -> tuple[Request, ...]:
        """Return an operation a take."""
        begin = order.skip * 100_000
        payload: list[dict[str, JsonValue]] = [
            {"slate": order.shot.slate, "number": begin + number, "prompt": order.shot.prompt}
            for number in range(order.takes)
        ]
        return tuple(Request(payload=one, outputs=1) for one in payload)


@lru_cache(maxsize=1)
def _spool(home: Path) -> Spool:
    return Spool(home)


def execute(home: Path, key: str) -> None:
    """Do in a worker what a worker does, but for the pictures: leave an outcome of the usual size in the spool."""
    digest = f"{abs(hash(key)):064x}"[-64:]
    seed = sum(ord(letter) for letter in key) % 251
    recipe: dict[str, JsonValue] = {
        "fingerprint": _fingerprint(key),
        "move": "push_in",
        "seed": seed,
        "segments": [{}, {}],
    }
    output = Output(
        index=0, outcome="take", uri=f"media/{digest}.mp4", sha256=digest, bytes=1, poster=f"media/{digest}.jpg",
        frames=48, width=640, height=360, look=LOOK, phash="0" * 16, recipe=recipe, qc=_GOOD,
    )  # fmt: skip
    _spool(home).put(Outcome(key=key, state="done", outputs=(output,), spent=Decimal(0)))


def _fingerprint(key: str) -> str:
    import random

    from circletake.media.look import Fingerprint

    rng = random.Random(key)
    return Fingerprint(phash="0" * 16, thumbnails=rng.randbytes(3 * 27 * 32)).to_text()


def _resident() -> float:
    """Return the resident set of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def drive(count: int, home: Path) -> dict[str, float]:
    """Run a production up to its review with so many takes, and return what that cost this process."""
    from circletake.graph import production_graph

    studio = Studio.open(home)
    studio.starter()
    studio.productions.add(PRODUCTION, brief=Brief(text="cold open, 20s, dread"), terms=Terms(takes=count), at=1.0)
    terms = studio.productions.terms(PRODUCTION)
    from tests.bench import operations as here  # by its name, so that workers find it

    workers = LocalExecutor(here.execute, home, processes=4, deadline_s=60, clock=studio.clock)
    with ExitStack() as held:
        held.callback(studio.close)
        held.callback(workers.close)
        driver = held.enter_context(driving(studio.leases, PRODUCTION))
        crew = held.enter_context(studio.driven(PRODUCTION, terms, driver=driver))
        journal = Journal(studio.operations, executor=workers, remote={}, spool=studio.spool, clock=studio.clock)
        app = production_graph(replace(crew, generator=Paper(studio.files), work=journal))
        config: Any = {"configurable": {"thread_id": PRODUCTION}}
        begin: Any = {"production": PRODUCTION}
        studio.decisions.record(PRODUCTION, "plan", 1, by="person", who="bench", note="", at=1.0)
        app.invoke(begin, config, durability="sync", interrupt_before=["generate"])
        before, commits = _resident(), studio.database.commits
        highest, over = [before], threading.Event()

        def watch() -> None:
            while not over.wait(0.05):
                highest[0] = max(highest[0], _resident())

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        began = time.monotonic()
        app.invoke(None, config, durability="sync", interrupt_before=["review"])
        seconds = time.monotonic() - began
        over.set()
        watcher.join()
        takes = len(studio.takes.takes(PRODUCTION))
    with closing(sqlite3.connect(home / "checkpoints.db")) as checkpoints:
        rows = sum(
            checkpoints.execute(f"select count(*) from {name}").fetchone()[0] for name in ("checkpoints", "writes")
        )
        checkpoints.execute("pragma wal_checkpoint(truncate)")
    return {
        "rows": rows,
        "megabytes": (home / "checkpoints.db").stat().st_size / 1e6,
        "rss": highest[0] - before,
        "commits": studio.database.commits - commits,
        "seconds": seconds,
        "takes": takes,
    }


def _race(home: Path, worker: int) -> Decimal:
    database = Database(home)
    operations = Operations(database, budgets=Budgets(database), clock=SystemClock())
    spent = Decimal(0)
    one = Operation(
        key=f"{PRODUCTION}/generate/1A/{worker}/1", production=PRODUCTION, step="generate", slate="1A", number=worker,
        round=1, generator="ledger", request={"worker": worker}, quote=Decimal("0.07"),
    )  # fmt: skip
    operations.plan([one])
    try:
        with operations.batch() as batch:
            batch.begin_submit(one)
        spent += one.quote
    except BudgetRefused:
        pass
    return spent


def overspend(trials: int) -> tuple[Decimal, Decimal]:
    """Have 64 workers reserve against a cap at once, over and over; return the worst overspend, and what fitted."""
    cap, worst, fitted = Decimal("1.00"), Decimal(0), Decimal(0)
    for _ in range(trials):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            database = Database(home)
            database.migrate()
            Productions(database).add(PRODUCTION, brief=Brief(text="x"), terms=Terms(), at=1.0)
            Budgets(database).set_cap(PRODUCTION, cap)
            spent: list[Decimal] = []
            code = "import sys; from pathlib import Path; from tests.bench.operations import threads; "
            code += "print(threads(Path(sys.argv[1]), int(sys.argv[2])))"
            other = subprocess.Popen(
                [sys.executable, "-c", code, folder, str(_WORKERS // 2)], stdout=subprocess.PIPE, text=True
            )
            spent.append(threads(home, 0))
            spent.append(Decimal(other.communicate()[0]))
            worst = max(worst, sum(spent, Decimal(0)) - cap)
            fitted = max(fitted, sum(spent, Decimal(0)))
            database.dispose()
    return max(Decimal(0), worst), fitted


def threads(home: Path, first: int) -> Decimal:
    """Race with half of the workers as threads of this process."""
    spent: list[Decimal] = []
    barrier = threading.Barrier(_WORKERS // 2)

    def race(worker: int) -> None:
        barrier.wait()
        spent.append(_race(home, worker))

    racing = [threading.Thread(target=race, args=(first + worker,)) for worker in range(_WORKERS // 2)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    return sum(spent, Decimal(0))


def tables(count: int, trials: int = _TRIALS) -> list[Table]:
    """Measure, and return a table."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.operations", "--one", folder, "--count", str(count)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    over, fitted = overspend(trials)
    rows = [
        (f"checkpoint rows after {count:,} operations", f"{found['rows']:.0f}", "20"),
        ("checkpoints on disk", f"{found['megabytes']:.2f} MB", "1 MB"),
        ("commits of the journal and all else", f"{found['commits']:.0f}", "600"),
        ("memory of the driving process beyond what it had", f"{found['rss']:.0f} MB", "50 MB"),
        ("wall time", f"{found['seconds']:.1f} s", ""),
        (f"worst overspend of {_WORKERS} workers at a cap of 1.00 USD, {trials} trials", f"{over:.2f} USD", "0.00 USD"),
        ("most that was reserved there", f"{fitted:.2f} USD", ""),
    ]
    told = (
        f"A production up to its review with {count:,} takes, an operation each: the shipped graph, journal, workers "
        "and SQLite with synchronous=FULL; only the pictures are left out. The workers at the cap are threads of two "
        "processes."
    )
    return [Table("Operations", told, ("what", "measured", "at most"), rows)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure many operations.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=_TRIALS)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        print(json.dumps(drive(asked.count, asked.one / "studio")))
        return
    for table in tables(asked.count, asked.trials):
        print(table.text())


if __name__ == "__main__":
    main()
