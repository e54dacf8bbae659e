"""Sources: the files of the house, where they lie, and what the rights table said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from circletake.domain.clip import Clip
from circletake.domain.ports import Clock
from circletake.errors import UnknownId
from circletake.runtime.database.clips import put_clips
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import revocation
from circletake.runtime.database.tables import source as table

SourceState = Literal["waiting", "done"]


@dataclass(frozen=True)
class SourceFile:
    """One file; known by its path."""

    id: str
    path: str
    """Absolute."""
    file: str
    """As the rights table names it, else relative to the folder that was added."""
    size: int
    """Bytes, when it was read."""
    mtime_ns: int
    state: SourceState
    """`waiting` until its clips are stored."""
    sha256: str | None
    version: int
    """How many contents it has had; counted from 1."""
    row: str
    """What the rights table said, as JSON; empty for nothing."""


class Sources:
    """One row a file."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def await_(self, sources: Sequence[SourceFile]) -> None:
        """Note files that are about to be read; a file that has clips keeps its row until they are replaced."""
        rows = [{**one.__dict__, "added_at": self._clock.now(), "sheet": None} for one in sources]
        if not rows:
            return
        statement = insert(table)
        changed = {name: statement.excluded[name] for name in ("file", "size", "mtime_ns", "state", "row")}
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)

    def get(self, source: str) -> SourceFile:
        """Return one file.

        Raises:
            UnknownId: there is none of this id.
        """
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == source)).one_or_none()
        if row is None:
            raise UnknownId(f"there is no file {source!r} in the catalogue")
        return _file(row)

    def all(self) -> tuple[SourceFile, ...]:
        """Return every file, by path."""
        with self._database.read() as connection:
            return tuple(_file(row) for row in connection.execute(select(table).order_by(table.c.path)))

    def of_content(self, sha256: str) -> tuple[SourceFile, ...]:
        """Return the files that hold this content and have clips."""
        query = select(table).where(table.c.sha256 == sha256, table.c.state == "done").order_by(table.c.path)
        with self._database.read() as connection:
            return tuple(_file(row) for row in connection.execute(query))

    def finish(self, source: SourceFile, *, clips: Sequence[Clip], sheet: str) -> None:
        """Store a file that was read, its new clips, and older ones as they are now, in one transaction."""
        values = {name: value for name, value in source.__dict__.items() if name != "id"}
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == source.id).values(**values, sheet=sheet))
            put_clips(connection, clips, source=source.id, at=self._clock.now())

    def forget(self, source: str) -> None:
        """Remove the row of a file that has no clips."""
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.id == source))

    def describe(self, changes: Sequence[tuple[SourceFile, Sequence[Clip]]]) -> None:
        """Store what a rights table says now of files that are known, and their clips: all of it or nothing."""
        with self._database.write() as connection:
            for source, clips in changes:
                values = {"row": source.row, "file": source.file, "path": source.path, "mtime_ns": source.mtime_ns}
                connection.execute(update(table).where(table.c.id == source.id).values(**values))
                put_clips(connection, clips, source=source.id, at=self._clock.now())

    def revoked(self) -> frozenset[str]:
        """Return the owners and licences that are revoked."""
        with self._database.read() as connection:
            return frozenset(connection.execute(select(revocation.c.name)).scalars())

    def revoke(self, name: str, *, who: str, clips: Sequence[Clip]) -> None:
        """Revoke an owner or a licence, and store its clips as they are now."""
        statement = insert(revocation).values(name=name, who=who, at=self._clock.now()).on_conflict_do_nothing()
        with self._database.write() as connection:
            connection.execute(statement)
            put_clips(connection, clips, source=None, at=self._clock.now())

    def lift(self, name: str, *, clips: Sequence[Clip]) -> None:
        """Lift a revocation, and store its clips as they are now."""
        with self._database.write() as connection:
            connection.execute(delete(revocation).where(revocation.c.name == name))
            put_clips(connection, clips, source=None, at=self._clock.now())


def _file(row: Row[Any]) -> SourceFile:
    return SourceFile(
        id=row.id,
        path=row.path,
        file=row.file,
        size=row.size,
        mtime_ns=row.mtime_ns,
        state=row.state,
        sha256=row.sha256,
        version=row.version,
        row=row.row,
    )
