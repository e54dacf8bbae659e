"""Open the database of a studio: SQLite in its home, or PostgreSQL by URL; migrated by one process at a time."""

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
from sqlalchemy import Connection, Engine, select

from circletake.errors import HomeError, LeaseLost
from circletake.runtime.database.postgres import Postgres
from circletake.runtime.database.sqlite import Sqlite
from circletake.runtime.database.tables import lease


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
    """One studio's database. `read()` and `write()` give a connection in a transaction; leaving the block commits.

    Writers are alone on either: whoever writes waits for whoever writes, so that what is read inside of a `write()` is
    still true when it is committed. Readers wait for nobody.

    Args:
        home: the studio's home; holds the SQLite file when there is no URL.
        url: `postgresql://user:password@host:port/name`; empty for SQLite.
        pooled: keep PostgreSQL connections open between transactions. Media workers, which ask once in a while, do not.

    Raises:
        SettingsError: the driver for the URL is not installed, or it is no URL that PostgreSQL understands.
    """

    def __init__(self, home: Path, url: str = "", *, pooled: bool = True) -> None:
        self._store = Postgres(url, pooled=pooled) if url else Sqlite(home)
        self.commits = 0
        """Write transactions that were committed through this object."""

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine."""
        return self._store.engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state.

        Raises:
            HomeError: the database cannot be read.
            DatabaseLost: the server cannot be reached, or the connection was lost; worth another try.
        """
        with (
            self._store.told(),
            self.engine.connect().execution_options(**self._store.reading) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection that is the only one to write, from its first statement to the end of the block.

        Raises:
            HomeError: the disk is full, or the database cannot be written; nothing of the block is kept.
            DatabaseLost: the server cannot be reached, or the connection was lost; nothing of the block is kept, unless
                it was lost while it was committed: then all of it may be.
            LeaseLost: the block runs under a lease (`fenced`) that is no longer held.
        """
        with (
            self._store.told(),
            self.engine.connect().execution_options(**self._store.writing) as connection,
            connection.begin(),
        ):
            self._store.wait_for_writers(connection)
            if (fence := _fence.get()) is not None:
                check_fence(connection, fence)
            yield connection
        self.commits += 1

    def migrate(self) -> None:
        """Bring the database to this version, one process at a time; does nothing when it is there already.

        Raises:
            HomeError: it was made by a newer version, or cannot be written.
        """
        if self._store.is_there() and self._revision() == self._head():
            return
        with self._store.told(), self._store.migrating() as connection:
            self._migrate(connection)

    def _migrate(self, connection: Connection) -> None:
        config = _config()
        current = self._revision() if self._store.is_there() else None
        known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise HomeError(
                f"{self._store.place} was made by another version of circletake (database {current}); "
                f"use that version, or {self._store.otherwise}"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    def _head(self) -> str | None:
        return ScriptDirectory.from_config(_config()).get_current_head()

    def _revision(self) -> str | None:
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    @property
    def place(self) -> str:
        """Where it is, in words, without passwords."""
        return str(self._store.place)

    def check(self) -> str:
        """Read it over; returns what is wrong, empty for nothing.

        Raises:
            HomeError: the database cannot be read.
        """
        with self.read() as connection:
            if connection.dialect.name != "sqlite":
                return ""  # a server looks after its own files
            told = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        return "" if told == "ok" else str(told)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["configure_logger"] = False
    return config
