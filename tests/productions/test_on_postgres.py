"""One whole production whose record is on a PostgreSQL server; its driver is killed once on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos.test_kill import finished
from tests.conftest import BRIEF, Ran, command, environment
from tests.postgres import PASSWORD, Server, database_name

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
Run = Callable[..., Ran]
KILLED_AFTER = 5
"""Operations that are finished when the driver is killed: some takes are there, some are not."""


def connections(server: Server, url: str) -> int:
    with server.connected() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'circletake'"
        row = connection.execute(asked, (database_name(url),)).fetchone()
        assert row is not None
        return row[0]


@contextmanager
def driver(home: Path, cache: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command("make", BRIEF, "--pick", "provisional"),
        env=environment(home, cache, CIRCLETAKE_DATABASE=url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=60)


def test_a_production_on_postgres_is_killed_and_finished_without_doing_anything_twice(
    circletake: Run, home: Path, starter_cache: Path, postgres_server: Server, postgres_url: str
):
    def run(*arguments: str) -> Ran:
        return circletake(*arguments, CIRCLETAKE_DATABASE=postgres_url)

    most = 0
    with driver(home, starter_cache, postgres_url) as process:
        until = time.monotonic() + 300
        while len(finished(home)) < KILLED_AFTER and process.poll() is None and time.monotonic() < until:
            most = max(most, connections(postgres_server, postgres_url))
            time.sleep(0.05)
        assert process.poll() is None, "it was over before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    cores = len(os.sched_getaffinity(0))
    assert 0 < most <= 4 + cores, "a driver keeps a few connections, a media worker none while it works"

    (standing,) = run("productions", "--json").json
    assert standing["status"] == "running"
    resumed = run("resume", standing["id"], "--json")
    assert resumed.code == 0, resumed.err
    assert Path(resumed.json["film"]).exists()
    assert set(finished(home).values()) == {1}, "an operation that was finished was done again"

    shown = run("show", standing["id"], "--json")
    assert len(shown.json["takes"]) == 24
    assert [one["status"] for one in run("productions", "--json").json] == ["done"]
    steps = {step["step"]: step for step in run("reliability", "--json").json["steps"]}
    generate = steps["generate"]
    assert (generate["first"]["successes"], generate["recovered"]["successes"]) == (0, 1), "the kill is on record"
    assert not (home / "circletake.db").exists()
    assert not (home / "checkpoints.db").exists()
    assert connections(postgres_server, postgres_url) == 0
    told = "\n".join(ran.out + ran.err for ran in (resumed, shown))
    assert PASSWORD not in told
