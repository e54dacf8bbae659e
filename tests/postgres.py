"""A throwaway PostgreSQL: made for one test session on a loopback port, removed with everything in it afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

NOBODY = 65534
USER = "studio"
PASSWORD = "not-a-secret"
ABSENT = "PostgreSQL is not here (no initdb on PATH or under /usr/lib/postgresql): apt-get install postgresql"
_BEGUN_S = 60
_TRIES = 5
"""How often another port is tried when the one that was free is taken meanwhile."""


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, of the newest version that is installed; `None` where there is none."""
    found = shutil.which("initdb")
    installed = [Path(found).resolve()] if found else []
    installed += sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    return next((path.parent for path in installed if (path.parent / "postgres").exists()), None)


def _as_ordinary_user(arguments: Sequence[str | Path]) -> list[str]:
    """Return a command that runs as an ordinary user (PostgreSQL refuses root) and is told when the tests die."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return [str(argument) for argument in arguments]
    who = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
    return [setpriv, *who, "--pdeathsig=QUIT", *(str(argument) for argument in arguments)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres", *, password: str = PASSWORD, more: str = "") -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}{more}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a fresh database, sorted as English is; it is dropped afterwards, whoever still uses it."""
        name = f"studio_{uuid.uuid4().hex}"
        try:
            yield self.make(name)
        finally:
            with self.connected() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def make(self, name: str) -> str:
        """Make a database and return its URL."""
        with self.connected() as connection:
            language = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if connection.info.server_version >= 150000 else ""
            made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' " + language)
            connection.execute(made.format(sql.Identifier(name)))
        return self.url(name)

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """Give a connection of the tests' own."""
        with psycopg.connect(self.url(database), autocommit=True, application_name="tests") as connection:
            yield connection

    def stop(self) -> None:
        """End it at once and wait until it is gone; what was committed stays on its disk."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=30)


@dataclass(frozen=True)
class Cluster:
    """A server's data on disk; can be started, stopped and started again on the same port."""

    folder: Path
    bin: Path

    def start(self, port: int | None = None) -> Server:
        """Start it and wait until it answers."""
        for attempt in range(_TRIES):
            chosen = port or _free_port()
            log = (self.folder / "log").open("ab")
            with log:
                process = subprocess.Popen(
                    _as_ordinary_user([self.bin / "postgres", "-D", self.folder / "data", "-p", str(chosen)]),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    start_new_session=True,
                )
            server = Server(chosen, process)
            if _answers(server):
                return server
            if attempt + 1 < _TRIES:
                with contextlib.suppress(ProcessLookupError):
                    server.stop()
        said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        raise AssertionError(f"the throwaway PostgreSQL does not start:\n{said}")


def _answers(server: Server) -> bool:
    until = time.monotonic() + _BEGUN_S
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with server.connected():
                return True
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False


@contextmanager
def cluster(bin: Path) -> Iterator[Cluster]:
    """Make an empty cluster that asks for a password; it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="studio-pg-"))
    try:
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        if os.getuid() == 0:
            for path in (folder, folder / "password"):
                os.chown(path, NOBODY, NOBODY)
        made = subprocess.run(
            _as_ordinary_user(
                [
                    bin / "initdb",
                    f"--pgdata={folder / 'data'}",
                    f"--username={USER}",
                    f"--pwfile={folder / 'password'}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                ]
            ),
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert made.returncode == 0, made.stderr
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\n"
                "fsync = on\nshared_buffers = 32MB\nmax_connections = 100\n"
            )
        yield Cluster(folder, bin)
    finally:
        shutil.rmtree(folder)


@contextmanager
def throwaway() -> Iterator[Server | None]:
    """Give a server while the block runs; `None` where PostgreSQL is not installed."""
    bin = binaries()
    if bin is None:
        yield None
        return
    with cluster(bin) as made:
        server = made.start()
        try:
            yield server
        finally:
            server.stop()


def database_name(url: str) -> str:
    """Return the name of the database in a URL."""
    found = re.search(r"/(\w+)(\?|$)", url)
    assert found is not None
    return found[1]
