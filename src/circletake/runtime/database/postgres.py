"""PostgreSQL by URL: the database of a studio that several machines work for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import NullPool

from circletake.errors import DatabaseLost, HomeError, SettingsError

if TYPE_CHECKING:
    import psycopg

CONNECT_TIMEOUT_S = 10
"""How long a host of the URL may take to answer."""
LOCK_TIMEOUT_S = 60
"""How long a writer waits for another, as on SQLite."""
STATEMENT_TIMEOUT_S = 120
"""How long the server works at one statement."""
IDLE_TIMEOUT_S = 60
"""How long the server keeps a transaction, and what it locks, of a process that says nothing more: its machine is gone,
or it was stopped."""
SILENCE_S = 30
"""How long a peer may be unreachable before its connection counts as lost."""

_WRITE, _MIGRATE = 0x636972636C6574, 0x636972636C656D
"""Keys of the advisory locks; known to this program alone."""
_PASSING = frozenset({"25P03", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05"})
"""SQLSTATEs that say nothing against doing it again: timeouts, too many connections, a server that stops or starts."""
_PASSING_CLASSES = frozenset({"08", "40"})
"""SQLSTATE classes likewise: connections, and transactions that were rolled back because of another."""
_REFUSED_CLASSES = frozenset({"22", "23"})
"""SQLSTATE classes of values that the tables do not take."""
NO_DRIVER = (
    "the setting database (CIRCLETAKE_DATABASE) is a PostgreSQL URL, and its driver cannot be loaded: "
    "pip install 'circletake[postgres]'"
)
_OTHERWISE = "check the server, and the setting database (CIRCLETAKE_DATABASE)"


def connecting(url: str) -> dict[str, Any]:
    """Return the keyword arguments that psycopg connects with: what the URL says, with our timeouts.

    Raises:
        SettingsError: the driver is not installed, or it is no URL that PostgreSQL understands. The URL is not shown.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise SettingsError(NO_DRIVER) from error
    try:
        said = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError:
        raise SettingsError(
            "the setting database (CIRCLETAKE_DATABASE) is not a URL that PostgreSQL understands: write "
            "postgresql://user:password@host:5432/name, with %40 for @, %2F for / and %3A for : inside of a part"
        ) from None
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "circletake",
        "client_encoding": "utf8",
        "keepalives_idle": SILENCE_S // 2,
        "keepalives_interval": 5,
        "keepalives_count": SILENCE_S // 10,
        "tcp_user_timeout": SILENCE_S * 1000,
        **said,
        "options": f"{_server_options()} {said.get('options', '')}".strip(),
    }


def _server_options() -> str:
    """Return what the server is told of every connection; what the URL says comes after it and wins.

    A commit is on the disk before it is said to be done: the journal counts on that. The server, too, notices a
    machine that is gone, so that nothing stays locked.
    """
    wanted = {
        "synchronous_commit": "on",
        "lock_timeout": f"{LOCK_TIMEOUT_S}s",
        "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_S}s",
        "tcp_keepalives_idle": f"{SILENCE_S // 2}s",
        "tcp_keepalives_interval": "5s",
        "tcp_keepalives_count": str(SILENCE_S // 10),
    }
    return " ".join(f"-c {name}={value}" for name, value in wanted.items())


def named(said: Mapping[str, Any]) -> str:
    """Return a server's database as a message names it: without a password."""
    host = said.get("host") or said.get("hostaddr") or "the local socket"
    port = f":{said['port']}" if said.get("port") else ""
    return f"the PostgreSQL database {said.get('dbname', '')!r} at {host}{port}"


def explained(error: psycopg.Error, place: str) -> HomeError:
    """Return what a fault of the driver or the server means here; its SQLSTATE decides, never its message.

    Without a SQLSTATE the server has not answered: it cannot be reached, or the connection was lost.
    """
    import psycopg

    state = error.sqlstate or ""
    why = " ".join(str(error).split())
    if state[:2] in _REFUSED_CLASSES or (not state and isinstance(error, psycopg.DataError)):
        return HomeError(f"{place} does not take what was to be written: {why}")
    no_answer = not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    if no_answer or state in _PASSING or state[:2] in _PASSING_CLASSES:
        return DatabaseLost(f"{place} cannot be used now: {why}; {_OTHERWISE}, then do it again")
    return HomeError(f"cannot use {place}: {why}; {_OTHERWISE}")


class Postgres:
    """One database on a server.

    Repositories read, decide and write in one `write()`, and count on being alone: so SQLite's `BEGIN IMMEDIATE` has
    it. Here the first statement of a write takes an advisory lock that its transaction holds to its end. The
    transaction is READ COMMITTED: each statement after that one sees all that earlier writers committed. (A REPEATABLE
    READ one would have taken its view of the data while it still waited, and would decide by what is no longer true.)
    Reading takes no lock: it sees the one state that held when it began.

    Args:
        url: `postgresql://user:password@host:port/name`.
        pooled: keep connections for the next question; else each is closed when its transaction ends.
    """

    reading: Mapping[str, object] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    """Execution options of a connection that reads."""
    writing: Mapping[str, object] = {}
    """Execution options of a connection that writes."""
    otherwise = "set another database (CIRCLETAKE_DATABASE)"
    """What a person can do when it cannot be used."""

    def __init__(self, url: str, *, pooled: bool) -> None:
        said = connecting(url)
        self.place = named(said)
        """As a message names it."""
        self.engine = _engine(said, pooled=pooled)

    def is_there(self) -> bool:
        """Whether it can be asked: always."""
        return True

    def wait_for_writers(self, connection: Connection) -> None:
        """Wait until no other transaction writes; the lock ends with the transaction of the connection."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITE})

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Give a connection to migrate on, to one process at a time; leaving the block commits."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATE})
            yield connection
            connection.commit()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn a server that cannot be used into one line.

        Raises:
            DatabaseLost: it cannot be reached now, or the connection was lost.
            HomeError: it refuses.
        """
        import psycopg

        try:
            yield
        except NoFreeConnection as error:
            raise DatabaseLost(
                f"{self.place} cannot be used now: all connections of this process are in use"
            ) from error
        except DBAPIError as error:
            cause = error.orig if isinstance(error.orig, psycopg.Error) else psycopg.OperationalError(str(error.orig))
            raise explained(cause, self.place) from error


def _engine(said: dict[str, Any], *, pooled: bool) -> Engine:
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pooled:
        pool = {"pool_pre_ping": True, "pool_timeout": LOCK_TIMEOUT_S}
    return create_engine(
        "postgresql+psycopg://",
        connect_args=said,
        isolation_level="READ COMMITTED",
        use_native_hstore=False,
        **pool,
    )
