"""The local executor: killable workers, deadlines, and no work lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from circletake.errors import HomeError
from circletake.runtime.clock import SystemClock
from circletake.runtime.executor import LocalExecutor
from circletake.runtime.spool import Spool
from tests.runtime.work import execute


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[LocalExecutor]:
    pool = LocalExecutor(execute, tmp_path, processes=2, deadline_s=30, clock=SystemClock())
    yield pool
    pool.close()


def test_every_key_comes_back_once(executor: LocalExecutor, tmp_path: Path):
    keys = [f"key {number}" for number in range(9)]
    assert sorted(executor.run(keys)) == keys
    assert all(Spool(tmp_path).get(key) for key in keys)


def test_workers_are_kept_for_the_next_run(executor: LocalExecutor):
    list(executor.run(["a", "b"]))
    before = {worker.process.pid for worker in executor._workers}
    list(executor.run(["c", "d"]))
    assert {worker.process.pid for worker in executor._workers} == before


def test_a_worker_that_dies_gives_its_key_back_without_a_result(executor: LocalExecutor, tmp_path: Path):
    assert sorted(executor.run(["die_always", "fine"])) == ["die_always", "fine"]
    assert Spool(tmp_path).get("die_always") is None
    assert Spool(tmp_path).get("fine") is not None


def test_a_worker_past_its_deadline_is_killed_and_the_others_go_on(tmp_path: Path):
    pool = LocalExecutor(execute, tmp_path, processes=2, deadline_s=3, clock=SystemClock())
    try:
        assert sorted(pool.run(["hang", "fine", "also fine"])) == ["also fine", "fine", "hang"]
    finally:
        pool.close()
    assert Spool(tmp_path).get("hang") is None


def test_it_is_known_what_became_of_a_key_that_was_lost_and_patience_is_for_one_key_alone(tmp_path: Path):
    pool = LocalExecutor(execute, tmp_path, processes=2, deadline_s=60, clock=SystemClock())
    glances: list[float] = []
    try:
        keys = ["hang", "die_always", "fine"]
        done = list(pool.run(keys, patience={"hang": 2.5}, idle=lambda: glances.append(time.monotonic())))
        assert sorted(done) == sorted(keys)
        assert pool.fates == {"hang": "late", "die_always": "died"}
        list(pool.run(["also fine"]))
        assert pool.fates == {}
    finally:
        pool.close()
    assert len(glances) >= 2


def test_a_full_disk_stops_the_run_with_its_own_error(executor: LocalExecutor):
    with pytest.raises(HomeError, match="no space left"):
        list(executor.run(["full"]))


def test_workers_end_when_their_driver_is_killed(tmp_path: Path):
    script = (
        "import sys, pathlib\n"
        "from circletake.runtime.clock import SystemClock\n"
        "from circletake.runtime.executor import LocalExecutor\n"
        "from tests.runtime.work import execute\n"
        "pool = LocalExecutor(execute, pathlib.Path(sys.argv[1]), processes=1, deadline_s=60, clock=SystemClock())\n"
        "pool.warm()\n"
        "print(pool._workers[0].process.pid, flush=True)\n"
        "list(pool.run(['hang']))\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as driver:
        assert driver.stdout is not None
        worker = int(driver.stdout.readline())
        log = tmp_path / "spool" / "executions.jsonl"
        deadline = time.monotonic() + 30
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        driver.kill()
    while time.monotonic() < deadline and _lives(worker):
        time.sleep(0.05)
    assert not _lives(worker)


def _lives(pid: int) -> bool:
    """Return whether a process still runs (a zombie that nobody has collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
