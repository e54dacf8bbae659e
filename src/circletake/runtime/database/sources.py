"""Sources: the files of the house, where they lie, and what the rights table said of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update

from circletake.domain.clip import Clip
from circletake.domain.ports import Clock
from circletake.errors import UnknownId
from circletake.runtime.database.clips import put_clips
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import clip, revocation
from circletake.runtime.database.tables import source as table
from circletake.runtime.database.upsert import upsert

SourceState = Literal["waiting", "done", "copy"]

Judged: TypeAlias = Callable[[Sequence[tuple[Clip, str]], frozenset[str]], Sequence[Clip]]
"""Given clips, each with what the table said of its file, and what is revoked: the clips that are different now."""


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
    """`waiting` until its clips are stored; a `copy` of a file that is done has none of its own."""
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
        """Note files that have no clips: about to be read, or copies; a file that has clips keeps its row."""
        rows = [{**one.__dict__, "added_at": self._clock.now(), "sheet": None} for one in sources]
        if not rows:
            return
        replaced = ("file", "size", "mtime_ns", "state", "sha256", "row")
        with self._database.write() as connection:
            statement = upsert(connection, table)
            update_only = statement.on_conflict_do_update(
                index_elements=["id"],
                set_={name: statement.excluded[name] for name in replaced},
                where=table.c.state != "done",
            )
            connection.execute(update_only, rows)

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
        return self._where()

    def of_content(self, sha256: str) -> tuple[SourceFile, ...]:
        """Return the files that hold this content and have clips."""
        return self._where(table.c.sha256 == sha256, table.c.state == "done")

    def _where(self, *conditions: ColumnElement[bool]) -> tuple[SourceFile, ...]:
        """Return files by path, letter by letter: a server's own order would depend on its language."""
        with self._database.read() as connection:
            files = [_file(row) for row in connection.execute(select(table).where(*conditions))]
        return tuple(sorted(files, key=lambda one: one.path))

    def finish(self, source: SourceFile, *, clips: Sequence[Clip], sheet: str) -> None:
        """Store a file that was read, its new clips, and older ones as they are now, in one transaction."""
        values = {name: value for name, value in source.__dict__.items() if name != "id"}
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == source.id).values(**values, sheet=sheet))
            put_clips(connection, _denied(connection, clips), source=source.id, at=self._clock.now())

    def move(self, source: SourceFile, *, clips: Sequence[Clip], instead_of: str) -> None:
        """Store that a file lies at another path now, with all its clips; the row of `instead_of` is gone."""
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.id == instead_of))
            self._describe(connection, source, clips)

    def forget(self, source: str) -> None:
        """Remove the row of a file that has no clips."""
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.id == source))

    def describe(self, changes: Sequence[tuple[SourceFile, Sequence[Clip]]]) -> None:
        """Store what a rights table says now of files that are known, and their clips: all of it or nothing."""
        with self._database.write() as connection:
            for source, clips in changes:
                self._describe(connection, source, clips)

    def _describe(self, connection: Connection, source: SourceFile, clips: Sequence[Clip]) -> None:
        values = {"row": source.row, "file": source.file, "path": source.path, "mtime_ns": source.mtime_ns}
        connection.execute(update(table).where(table.c.id == source.id).values(**values))
        put_clips(connection, _denied(connection, clips), source=source.id, at=self._clock.now())

    def revoked(self) -> frozenset[str]:
        """Return the owners and licences that are revoked."""
        with self._database.read() as connection:
            return _revoked(connection)

    def revoke(self, name: str, *, who: str, judged: Judged) -> tuple[Clip, ...]:
        """Revoke an owner or a licence; returns its clips, older versions too, whose licence is different now."""
        row = {"name": name, "who": who, "at": self._clock.now()}
        with self._database.write() as connection:
            connection.execute(upsert(connection, revocation).values(row).on_conflict_do_nothing())
            return self._judge(connection, name, judged)

    def lift(self, name: str, *, judged: Judged) -> tuple[Clip, ...]:
        """Lift a revocation; returns its clips, older versions too, whose licence is different now."""
        with self._database.write() as connection:
            connection.execute(delete(revocation).where(revocation.c.name == name))
            return self._judge(connection, name, judged)

    def _judge(self, connection: Connection, name: str, judged: Judged) -> tuple[Clip, ...]:
        written = json.dumps(name, ensure_ascii=False)
        query = (
            select(clip.c.document, table.c.row)
            .outerjoin(table, clip.c.source == table.c.id)
            .where(or_(clip.c.owner == name, clip.c.document.contains(written, autoescape=True)))
        )
        asked = [(Clip.from_json(one.document), one.row or "") for one in connection.execute(query)]
        named = [(one, row) for one, row in asked if name in (one.licence.owner, one.licence.licence)]
        changed = tuple(judged(named, _revoked(connection)))
        put_clips(connection, changed, source=None, at=self._clock.now())
        return changed


def _revoked(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(revocation.c.name)).scalars())


def _denied(connection: Connection, clips: Sequence[Clip]) -> list[Clip]:
    """Return clips as they may be stored: what was revoked while they were being read is revoked."""
    revoked = _revoked(connection)
    return [
        one.model_copy(update={"licence": one.licence.model_copy(update={"revoked": True})})
        if not one.licence.revoked and (one.licence.owner in revoked or one.licence.licence in revoked)
        else one
        for one in clips
    ]


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
