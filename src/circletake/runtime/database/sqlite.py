"""SQLite in the studio's home: the database of one machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from circletake.errors import HomeError
from circletake.runtime.locks import locked

BUSY_TIMEOUT_S = 60
"""How long a writer waits for another; SQLite allows one at a time."""


class Sqlite:
    """One file, in WAL mode with full synchronisation. A write begins with `BEGIN IMMEDIATE`: one writer at a time."""

    reading: Mapping[str, object] = {}
    """Execution options of a connection that reads."""
    writing: Mapping[str, object] = {"immediate": True}
    """Execution options of a connection that writes."""
    otherwise = "choose another CIRCLETAKE_HOME"
    """What a person can do when it cannot be used."""

    def __init__(self, home: Path) -> None:
        self._path = home / "circletake.db"
        self._lock = home / "locks" / "home.lock"
        self.engine = _engine(self._path)
        self.place = str(home)
        """As a message names it."""

    def is_there(self) -> bool:
        """Whether anything was ever written."""
        return self._path.exists()

    def wait_for_writers(self, connection: Connection) -> None:
        """Do nothing: `BEGIN IMMEDIATE` has waited."""

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Give a connection to migrate on, to one process at a time; leaving the block commits."""
        try:
            with locked(self._lock), self.engine.connect() as connection:
                yield connection
                connection.commit()
        except PermissionError as error:
            raise HomeError(f"cannot write {self.place}: permission denied; {self.otherwise}") from error

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn a database that cannot be used into one line.

        Raises:
            HomeError: whatever SQLite complains of.
        """
        try:
            yield
        except OperationalError as error:
            raise HomeError(
                f"cannot use {self._path}: {error.orig}; free space, permit writing, or {self.otherwise}"
            ) from error
        except DatabaseError as error:
            raise HomeError(f"{self._path} is not a circletake database: {error.orig}; {self.otherwise}") from error


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _prepare(connection, _record) -> None:  # pyright: ignore[reportUnusedFunction, reportMissingParameterType]
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
