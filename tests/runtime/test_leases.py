"""One driver a production; the second is told who holds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from circletake.errors import LeaseHeld, LeaseLost
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.engine import Database, Fence, fenced
from circletake.runtime.database.leases import LEASE_S, Leases
from circletake.runtime.database.productions import Productions
from circletake.runtime.driving import driving
from tests.runtime.conftest import PRODUCTION


class Later(SystemClock):
    """The machine's clock, set forward."""

    def now(self) -> float:
        return super().now() + LEASE_S + 1


def test_the_second_driver_is_told_who_holds_it(database: Database, clock: SystemClock):
    with driving(Leases(database, clock=clock), PRODUCTION), pytest.raises(LeaseHeld, match=r"process \d+ on "):
        Leases(database, clock=clock).claim(PRODUCTION)


def test_a_lease_that_was_given_back_is_free(database: Database, clock: SystemClock):
    leases = Leases(database, clock=clock)
    with driving(leases, PRODUCTION):
        pass
    leases.claim(PRODUCTION)


def test_the_lease_of_a_dead_process_is_free_at_once(
    database: Database, tmp_path: Path, database_url: str, clock: SystemClock
):
    script = (
        "import os, sys, pathlib\n"
        "from circletake.runtime.clock import SystemClock\n"
        "from circletake.runtime.database.engine import Database\n"
        "from circletake.runtime.database.leases import Leases\n"
        "Leases(Database(pathlib.Path(sys.argv[1]), sys.argv[3]), clock=SystemClock()).claim(sys.argv[2])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path), PRODUCTION, database_url], check=False)
    assert Leases(database, clock=clock).claim(PRODUCTION) == 2


def test_a_lease_without_a_heartbeat_runs_out_and_the_old_driver_cannot_write(database: Database, clock: SystemClock):
    token = Leases(database, clock=clock).claim(PRODUCTION)
    Leases(database, clock=Later()).claim(PRODUCTION)
    with fenced(Fence(PRODUCTION, token)), pytest.raises(LeaseLost):
        Productions(database).set_status(PRODUCTION, "failed")
    assert Productions(database).standing(PRODUCTION).status == "running"
