"""Where LangGraph keeps its checkpoints: in the studio's database server, or in SQLite beside its database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from circletake.domain.ports import Clock
from circletake.errors import DatabaseLost, HomeError, SettingsError
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.postgres import (
    CONNECT_TIMEOUT_S,
    LOCK_TIMEOUT_S,
    NO_DRIVER,
    connecting,
    explained,
    named,
)

if TYPE_CHECKING:
    from langgraph.checkpoint.postgres import PostgresSaver

Checkpoints: TypeAlias = BaseCheckpointSaver[Any]

_SETUP = 0x636972636C6563
"""Key of the advisory lock under which the tables of the checkpoints are made."""
_GLANCE_S = 0.05


@contextmanager
def open_checkpoints(home: Path, url: str = "", *, clock: Clock | None = None) -> Iterator[Checkpoints]:
    """Give the checkpoints while the block runs. Only plain values are ever loaded from them, never a callable.

    Args:
        home: the studio's home; they are in its `checkpoints.db` when there is no URL.
        url: `postgresql://user:password@host:port/name`; empty for SQLite.
        clock: how to wait for another process that makes the tables.

    Raises:
        HomeError: they cannot be opened or written.
        DatabaseLost: the server cannot be reached.
        SettingsError: the driver for the URL is not installed, or it is no URL that PostgreSQL understands.
    """
    with _on_postgres(url, clock or SystemClock()) if url else _on_sqlite(home) as checkpoints:
        yield checkpoints


def _strict() -> JsonPlusSerializer:
    return JsonPlusSerializer(allowed_msgpack_modules=None)


@contextmanager
def _on_sqlite(home: Path) -> Iterator[SqliteSaver]:
    path = home / "checkpoints.db"
    try:
        connection = sqlite3.connect(path, check_same_thread=False, timeout=60.0)
        saver = SqliteSaver(connection, serde=_strict())
        saver.setup()
    except sqlite3.Error as error:
        raise HomeError(f"cannot use {path}: {error}; free space or permit writing") from error
    try:
        yield saver
    finally:
        connection.close()


@contextmanager
def _on_postgres(url: str, clock: Clock) -> Iterator[PostgresSaver]:
    """Open a pool of one: a connection that was lost while a step ran is replaced before it is used again.

    A server that is started again meanwhile is waited for a little.
    """
    said = connecting(url)
    place = named(said)

    try:
        import psycopg
        from langgraph.checkpoint.postgres import PostgresSaver
        from psycopg.rows import dict_row
        from psycopg_pool import ConnectionPool
    except ImportError as error:
        raise SettingsError(NO_DRIVER) from error

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise explained(error, place) from error

    class Told(PostgresSaver):
        """A saver whose faults are of our classes."""

        @contextmanager
        def _cursor(self, *, pipeline: bool = False) -> Iterator[Any]:
            with told(), super()._cursor(pipeline=pipeline) as cursor:
                yield cursor

    settings: dict[str, Any] = {**said, "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    with told(), psycopg.connect(**settings) as connection:
        _set_up(connection, place, clock)
    check = ConnectionPool.check_connection
    pool: Any = ConnectionPool(
        kwargs=settings, min_size=1, max_size=1, timeout=CONNECT_TIMEOUT_S, check=check, open=False
    )
    with pool:
        yield Told(pool, serde=_strict())


def _set_up(connection: Any, place: str, clock: Clock) -> None:
    """Make the tables, one process at a time.

    The lock is asked for again and again, not waited for: the saver makes its indexes concurrently, which waits for
    every statement that runs, also for one that waits for the lock.
    """
    from langgraph.checkpoint.postgres import PostgresSaver

    until = clock.monotonic() + LOCK_TIMEOUT_S
    while not connection.execute("SELECT pg_try_advisory_lock(%s) AS held", (_SETUP,)).fetchone()["held"]:
        if clock.monotonic() > until:
            raise DatabaseLost(f"{place} is being set up by another process for {LOCK_TIMEOUT_S} s; end that process")
        clock.sleep(_GLANCE_S)
    PostgresSaver(connection).setup()


def forget(home: Path, url: str, production: str) -> None:
    """Remove the checkpoints of a production that was never begun."""
    with open_checkpoints(home, url) as checkpoints:
        checkpoints.delete_thread(production)
