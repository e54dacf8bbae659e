"""PostgreSQL: what goes wrong is one line without a password, and what passes is tried again."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from circletake.domain.brief import Brief, Terms
from circletake.domain.production import Production, Update
from circletake.errors import CircletakeError, DatabaseLost, HomeError, SettingsError
from circletake.runtime import driving
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.attempts import Attempts
from circletake.runtime.database.engine import Database
from circletake.runtime.database.leases import Leases
from circletake.runtime.database.productions import Productions
from circletake.runtime.steps import Policy, StepLedger
from tests.conftest import Ran
from tests.postgres import ABSENT, PASSWORD, Server, binaries, cluster, database_name
from tests.runtime.conftest import PRODUCTION, opened

NOWHERE = "postgresql://ada:s3cret@127.0.0.1:1/films"


def in_one_line(error: CircletakeError, *parts: str) -> None:
    told = str(error)
    assert "\n" not in told
    assert "s3cret" not in told
    assert PASSWORD not in told
    for part in parts:
        assert part in told


def begin(database: Database) -> Productions:
    database.migrate()
    productions = Productions(database)
    productions.add(PRODUCTION, brief=Brief(text="a brief"), terms=Terms(), at=1.0)
    return productions


def connections(server: Server, url: str) -> list[int]:
    with server.connected() as connection:
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = 'circletake'"
        return [row[0] for row in connection.execute(asked, (database_name(url),)).fetchall()]


def cut(server: Server, url: str) -> int:
    """End every connection to a database, from the server's side; returns how many there were."""
    found = connections(server, url)
    with server.connected() as connection:
        for pid in found:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    return len(found)


# Without a server.


def test_a_server_that_does_not_answer_is_told_in_one_line(tmp_path: Path):
    with opened(tmp_path, NOWHERE) as database, pytest.raises(DatabaseLost) as caught:
        database.migrate()
    in_one_line(caught.value, "the PostgreSQL database 'films' at 127.0.0.1:1", "refused", "CIRCLETAKE_DATABASE")


def test_a_host_that_says_nothing_is_given_up_in_time(tmp_path: Path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://ada:s3cret@127.0.0.1:{silent.getsockname()[1]}/films?connect_timeout=2"
        began = time.monotonic()
        with opened(tmp_path, url) as database, pytest.raises(DatabaseLost) as caught:
            database.migrate()
    assert time.monotonic() - began < 10
    in_one_line(caught.value, "timeout")


def test_a_driver_that_is_not_installed_is_told_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError) as caught:
        Database(tmp_path, NOWHERE)
    in_one_line(caught.value, "pip install 'circletake[postgres]'", "CIRCLETAKE_DATABASE")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:s3%cret@127.0.0.1/films",
        "postgresql://ada:s3cret@127.0.0.1:port/films",
        "postgresql://ada:s3cret@127.0.0.1/films?colour=s3cret",
        "postgresql://ada:s3cret@[::1/films",
    ],
)
def test_a_url_that_postgresql_does_not_understand_is_refused_and_not_shown(tmp_path: Path, url: str):
    with pytest.raises(CircletakeError) as caught:
        Database(tmp_path, url).migrate()
    in_one_line(caught.value, "the setting database (CIRCLETAKE_DATABASE)")


# With one.


@pytest.mark.slow
def test_what_the_server_refuses_is_told_without_the_password(
    tmp_path: Path, postgres_server: Server, circletake: Callable[..., Ran]
):
    with opened(tmp_path, postgres_server.url("nowhere")) as database, pytest.raises(HomeError) as caught:
        database.migrate()
    in_one_line(caught.value, "'nowhere' at 127.0.0.1", "does not exist")
    ran = circletake("productions", CIRCLETAKE_DATABASE=postgres_server.url(password="s3cret"))
    assert ran.code == 1
    assert ran.err.startswith("circletake: the PostgreSQL database 'postgres' at 127.0.0.1")
    assert len(ran.err.splitlines()) == 1
    assert "s3cret" not in ran.out + ran.err


@pytest.mark.slow
def test_a_user_who_may_not_make_tables_is_told_so(tmp_path: Path, postgres_server: Server, postgres_url: str):
    with postgres_server.connected(database_name(postgres_url)) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 's3cret'")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    url = postgres_url.replace("studio:", "guest:", 1).replace(PASSWORD, "s3cret")
    try:
        with opened(tmp_path, url) as database, pytest.raises(HomeError) as caught:
            database.migrate()
    finally:
        with postgres_server.connected() as connection:
            connection.execute("DROP ROLE guest")
    assert not isinstance(caught.value, DatabaseLost)
    in_one_line(caught.value, "permission denied")


@pytest.mark.slow
def test_numbers_come_back_as_they_were_stored(tmp_path: Path, postgres_server: Server, postgres_url: str):
    now = time.time()
    with opened(tmp_path, postgres_url) as database:
        begin(database)
        productions = Productions(database)
        productions.add("second", brief=Brief(text="a brief"), terms=Terms(), at=now)
        assert productions.standing("second").created_at == now
    with postgres_server.connected(database_name(postgres_url)) as connection:
        query = "SELECT table_name || '.' || column_name, data_type FROM information_schema.columns"
        kinds = dict(connection.execute(query).fetchall())
    assert kinds["production.created_at"] == kinds["lease.until"] == "double precision"
    assert kinds["budget.cap_micros"] == kinds["source.mtime_ns"] == kinds["lease.token"] == "bigint"
    assert kinds["clip.superseded"] == "boolean"


@pytest.mark.slow
def test_a_connection_that_was_lost_while_nobody_used_it_is_replaced(
    tmp_path: Path, postgres_server: Server, postgres_url: str
):
    with opened(tmp_path, postgres_url) as database:
        productions = begin(database)
        assert cut(postgres_server, postgres_url) >= 1
        assert productions.standing(PRODUCTION).status == "running"


@pytest.mark.slow
def test_a_connection_that_is_lost_in_a_step_is_worth_another_attempt(
    tmp_path: Path, postgres_server: Server, postgres_url: str, clock: SystemClock
):
    with opened(tmp_path, postgres_url) as database:
        productions = begin(database)
        leases = Leases(database, clock=clock)
        driver = driving.Driver(leases, PRODUCTION, leases.claim(PRODUCTION))
        ledger = StepLedger(Attempts(database), clock, policy=Policy(pause_s=0.0), driver=driver)
        lost: list[int] = []

        def step(state: Production) -> Update:
            with database.write() as connection:
                connection.exec_driver_sql("UPDATE production SET message = message || 'x'")
                if not lost:
                    lost.append(cut(postgres_server, postgres_url))
                connection.exec_driver_sql("SELECT 1")
            return {}

        ledger.run("plan", step, Production(production=PRODUCTION))
        rows = [(row.outcome, row.error_class) for row in ledger.attempts.all()]
        assert rows == [("retried", "DatabaseLost"), ("done", None)]
        assert productions.standing(PRODUCTION).message == "x", "what was not committed is not there"


@pytest.mark.slow
def test_a_server_that_is_started_again_finds_its_drivers_alive(
    tmp_path: Path, clock: SystemClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(driving, "HEARTBEAT_S", 0.1)
    bin = binaries()
    if bin is None:
        pytest.skip(ABSENT)
    with cluster(bin) as made:
        server = made.start()
        with opened(tmp_path, server.make("films")) as database:
            productions = begin(database)
            with driving.driving(Leases(database, clock=clock), PRODUCTION):
                server.stop()
                with pytest.raises(DatabaseLost):
                    productions.standing(PRODUCTION)
                time.sleep(0.5)
                server = made.start(server.port)
                begun = clock.now()
                assert _prolonged(database, after=begun), "the heartbeat goes on after a server that was away"
        server.stop()


def _prolonged(database: Database, *, after: float) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with database.read() as connection:
            lasts = connection.exec_driver_sql("SELECT until FROM lease").scalar_one()
        if lasts > after + 30:
            return True
        time.sleep(0.05)
    return False


WRITER = (
    "import pathlib, sys, time\nfrom circletake.runtime.database.engine import Database\n"
    "with Database(pathlib.Path(sys.argv[1]), sys.argv[2]).write() as connection:\n"
    "    connection.exec_driver_sql(\"UPDATE production SET message = 'half'\")\n"
    "    print('writing', flush=True)\n    time.sleep(600)\n"
)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["is killed", "is stopped"])
def test_a_writer_who_dies_or_falls_silent_holds_nobody_up_for_long(
    tmp_path: Path, postgres_url: str, how: signal.Signals
):
    url = f"{postgres_url}?options=-c%20idle_in_transaction_session_timeout%3D2s"
    with opened(tmp_path, postgres_url) as database:
        productions = begin(database)
        command = [sys.executable, "-c", WRITER, str(tmp_path), url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            try:
                assert writer.stdout is not None
                assert writer.stdout.readline() == "writing\n"
                writer.send_signal(how)
                began = time.monotonic()
                productions.set_status(PRODUCTION, "done")
                assert time.monotonic() - began < 10
            finally:
                writer.kill()
        standing = productions.standing(PRODUCTION)
        assert (standing.status, standing.message) == ("done", "")


@pytest.mark.slow
def test_a_writer_who_waits_too_long_gives_up_and_says_so(tmp_path: Path, postgres_url: str):
    hasty = f"{postgres_url}?options=-c%20lock_timeout%3D500ms"
    with opened(tmp_path, postgres_url) as database, opened(tmp_path, hasty) as second:
        begin(database)
        with database.write(), pytest.raises(DatabaseLost) as caught:
            Productions(second).set_status(PRODUCTION, "done")
    in_one_line(caught.value, "lock timeout")


@pytest.mark.slow
def test_nothing_is_written_while_reading(tmp_path: Path, postgres_url: str):
    with opened(tmp_path, postgres_url) as database:
        begin(database)
        with pytest.raises(HomeError, match="read-only"), database.read() as connection:
            connection.exec_driver_sql("UPDATE production SET message = 'x'")


@pytest.mark.slow
def test_a_media_worker_holds_no_connection_between_questions(
    tmp_path: Path, postgres_server: Server, postgres_url: str
):
    with opened(tmp_path, postgres_url) as database:
        begin(database)
        assert len(connections(postgres_server, postgres_url)) >= 1
    assert _none_left(postgres_server, postgres_url)
    worker = Database(tmp_path, postgres_url, pooled=False)
    assert Productions(worker).standing(PRODUCTION).status == "running"
    assert _none_left(postgres_server, postgres_url)


def _none_left(server: Server, url: str) -> bool:
    until = time.monotonic() + 10
    while connections(server, url):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
