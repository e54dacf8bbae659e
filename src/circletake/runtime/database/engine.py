"""Open the database of a studio: SQLite in WAL mode, migrated under a file lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from circletake.errors import HomeError, LeaseLost
from circletake.runtime.database.tables import lease
from circletake.runtime.locks import locked

BUSY_TIMEOUT_S = 60
"""How long a writer waits for another; SQLite allows one at a time."""


@dataclass(frozen=True)
class Fence:
    """The lease under which a thread writes."""

    production: str
    token: int


_fence: ContextVar[Fence | None] = ContextVar("fence", default=None)


@contextmanager
def fenced(fence: Fence) -> Iterator[None]:
    """Refuse every write of this block (and of what it calls) as soon as the lease's token has moved on."""
    before = _fence.set(fence)
    try:
        yield
    finally:
        _fence.reset(before)


def check_fence(connection: Connection, fence: Fence) -> None:
    """Check, inside a write transaction, that the lease is still held under this token.

    Raises:
        LeaseLost: another process drives the production, or the step was given up at its deadline.
    """
    held = connection.execute(select(lease.c.token).where(lease.c.production == fence.production)).scalar_one_or_none()
    if held != fence.token:
        raise LeaseLost(
            f"production {fence.production} is driven by somebody else now; what this process wrote late was refused"
        )


class Database:
    """One studio's database. `read()` and `write()` give a connection in a transaction; leaving the block commits."""

    def __init__(self, home: Path) -> None:
        self._path = home / "circletake.db"
        self._lock = home / "locks" / "home.lock"
        self.engine = _engine(self._path)
        self.commits = 0
        """Write transactions that were committed through this object."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state.

        Raises:
            HomeError: the database cannot be read.
        """
        with _told(self._path), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection that holds the write lock from its first statement.

        Raises:
            HomeError: the disk is full, or the database cannot be written; nothing of the block is kept.
            LeaseLost: the block runs under a lease (`fenced`) that is no longer held.
        """
        with (
            _told(self._path),
            self.engine.connect().execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            if (fence := _fence.get()) is not None:
                check_fence(connection, fence)
            yield connection
        self.commits += 1

    def migrate(self) -> None:
        """Bring the database to this version, one process at a time; does nothing when it is there already.

        Raises:
            HomeError: the home was made by a newer version, or cannot be written.
        """
        if self._path.exists() and self._revision() == self._head():
            return
        with _told(self._path):
            try:
                with locked(self._lock):
                    self._migrate()
            except PermissionError as error:
                raise HomeError(
                    f"cannot write {self._path.parent}: permission denied; choose another CIRCLETAKE_HOME"
                ) from error

    def _migrate(self) -> None:
        script = ScriptDirectory.from_config(_config())
        current = self._revision() if self._path.exists() else None
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise HomeError(
                f"{self._path.parent} was made by another version of circletake (database {current}); "
                "use that version, or choose another CIRCLETAKE_HOME"
            )
        config = _config()
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def _head(self) -> str | None:
        return ScriptDirectory.from_config(_config()).get_current_head()

    def _revision(self) -> str | None:
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn a database that cannot be used into one line."""
    try:
        yield
    except OperationalError as error:
        raise HomeError(
            f"cannot use {path}: {error.orig}; free space, permit writing, or choose another CIRCLETAKE_HOME"
        ) from error
    except DatabaseError as error:
        raise HomeError(f"{path} is not a circletake database: {error.orig}; choose another CIRCLETAKE_HOME") from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["configure_logger"] = False
    return config


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
