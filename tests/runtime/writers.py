"""Many writers at once: `python -m tests.runtime.writers WHAT HOME URL NUMBER THREADS`, started several times.

Each thread does its turn as soon as the file `go` is in the home; the process prints what came of them as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from circletake.domain.take import Choice
from circletake.errors import BudgetRefused, LeaseHeld
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.choices import Choices
from circletake.runtime.database.engine import Database
from circletake.runtime.database.leases import Leases
from circletake.runtime.database.operations import Operations
from circletake.runtime.database.plans import Plans
from tests.domain.examples import PLAN
from tests.runtime.conftest import PRODUCTION, operation

ROOT = Path(__file__).parents[2]
TURNS = 8
"""How often each thread writes."""
CLOCK = SystemClock()


def circle(database: Database, writer: int) -> Any:
    """Append to the chain of choices."""
    for turn in range(TURNS):
        said = {"round": 1, "by": "person", "who": "Ada", "reason": "", "at": 1.0}
        choice = Choice.model_validate({**said, "slate": "1A", "take": turn + 1, "idempotency_key": f"{writer}/{turn}"})
        Choices(database).circle(PRODUCTION, choice)
    return TURNS


def edit(database: Database, writer: int) -> Any:
    """Add versions of the plan."""
    return [Plans(database, clock=CLOCK).add(PRODUCTION, PLAN, by="person") for _ in range(TURNS)]


def spend(database: Database, writer: int) -> Any:
    """Reserve ten cents, again and again; returns how often the budget allowed it."""
    operations = Operations(database, budgets=Budgets(database), clock=CLOCK)
    allowed = 0
    for turn in range(TURNS):
        one = operation(writer * TURNS + turn + 1, generator="ledger", quote="0.10")
        operations.plan([one])
        try:
            with operations.batch() as batch:
                batch.begin_submit(one)
        except BudgetRefused:
            continue
        allowed += 1
    return allowed


def claim(database: Database, writer: int) -> Any:
    """Take the lease; returns its token, or 0 when somebody else has it."""
    try:
        return Leases(database, clock=CLOCK).claim(PRODUCTION)
    except LeaseHeld:
        return 0


WRITERS: dict[str, Callable[[Database, int], Any]] = {"circle": circle, "edit": edit, "spend": spend, "claim": claim}


def at_once(what: str, home: Path, url: str, *, processes: int = 4, threads: int = 4) -> list[Any]:
    """Let writers of several processes go at the same moment; returns what came of each."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.writers", what, str(home), url, str(number), str(threads)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(processes)
    ]
    try:
        while len(list(home.glob("ready-*"))) < processes and all(one.poll() is None for one in started):
            time.sleep(0.01)
        (home / "go").touch()
        said = [process.communicate(timeout=200)[0] for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert [process.returncode for process in started] == [0] * processes
    return [came for text in said for came in json.loads(text)]


def main(what: str, home: Path, url: str, number: int, threads: int) -> None:
    """Run the writers of one process."""
    database = Database(home, url)
    came: list[Any] = []

    def turn(thread: int) -> None:
        while not (home / "go").exists():
            time.sleep(0.001)
        came.append(WRITERS[what](database, number * threads + thread))

    started = [threading.Thread(target=turn, args=(thread,)) for thread in range(threads)]
    for thread in started:
        thread.start()
    (home / f"ready-{number}").touch()
    for thread in started:
        thread.join()
    database.dispose()
    sys.stdout.write(json.dumps(came))
    sys.exit(0 if len(came) == threads else 1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
