"""Clips: the catalogue's database of record. The search index is a projection of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from circletake.domain.clip import Clip
from circletake.domain.ports import Clock
from circletake.errors import UnknownId
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import clip as table
from circletake.runtime.database.upsert import upsert

_CHUNK = 500
"""Ids asked for in one statement."""


class Clips:
    """One row a clip, with the licence as it stands now."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, clips: Sequence[Clip], *, source: str | None = None) -> None:
        """Store clips, replacing those of the same id; the index learns of them through `unindexed`.

        Args:
            clips: whole clips, all of one file when `source` is given.
            source: the file that they are cut from; clips keep the one they have when it is not given.
        """
        with self._database.write() as connection:
            put_clips(connection, clips, source=source, at=self._clock.now())

    def get(self, clip_id: str) -> Clip:
        """Return one clip.

        Raises:
            UnknownId: there is no such clip.
        """
        found = self.many([clip_id])
        if clip_id not in found:
            raise UnknownId(f"there is no clip {clip_id!r} in the catalogue")
        return found[clip_id]

    def many(self, clip_ids: Iterable[str]) -> dict[str, Clip]:
        """Return those of the ids that exist."""
        wanted = list(dict.fromkeys(clip_ids))
        found: dict[str, Clip] = {}
        with self._database.read() as connection:
            for start in range(0, len(wanted), _CHUNK):
                part = wanted[start : start + _CHUNK]
                for row in connection.execute(select(table.c.document).where(table.c.clip_id.in_(part))):
                    clip = Clip.from_json(row.document)
                    found[clip.clip_id] = clip
        return found

    def all(self) -> tuple[Clip, ...]:
        """Return every clip that is offered (not superseded), by file and place in it."""
        return self._where(table.c.superseded.is_(False))

    def first(self, count: int) -> tuple[Clip, ...]:
        """Return the first clips that are offered, by id: ids are hashes, so they are a sample by chance."""
        query = select(table.c.document).where(table.c.superseded.is_(False)).order_by(table.c.clip_id).limit(count)
        with self._database.read() as connection:
            return tuple(Clip.from_json(row.document) for row in connection.execute(query))

    def of_source(self, source: str) -> tuple[Clip, ...]:
        """Return the clips of a file, superseded ones too, by place in it."""
        return self._where(table.c.source == source)

    def of_file(self, file: str) -> tuple[Clip, ...]:
        """Return the clips that are offered of every file that a rights table calls so, by place in it."""
        return self._where(table.c.file == file, table.c.superseded.is_(False))

    def _where(self, *conditions: ColumnElement[bool]) -> tuple[Clip, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.document).where(*conditions)).all()
        clips = (Clip.from_json(row.document) for row in rows)
        return tuple(sorted(clips, key=lambda clip: (clip.file, clip.version, clip.first_frame, clip.clip_id)))

    def count(self) -> int:
        """Return how many clips are offered."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count()).select_from(table).where(table.c.superseded.is_(False))
            ).scalar_one()

    def unindexed(self, limit: int = 1000) -> tuple[Clip, ...]:
        """Return clips whose rights or text the search index does not have yet (the outbox)."""
        query = select(table.c.document).where(table.c.indexed_rev < table.c.rights_rev).limit(limit)
        with self._database.read() as connection:
            return tuple(Clip.from_json(row.document) for row in connection.execute(query))

    def mark_indexed(self, clips: Sequence[Clip]) -> None:
        """Say that the index holds these clips at their rights revision."""
        rows = [{"wanted": clip.clip_id, "held": clip.licence.revision} for clip in clips]
        statement = update(table).where(table.c.clip_id == bindparam("wanted")).values(indexed_rev=bindparam("held"))
        if rows:
            with self._database.write() as connection:
                connection.execute(statement, rows)

    def mark_all_unindexed(self) -> None:
        """Say that the index holds nothing: it will be filled again from here."""
        with self._database.write() as connection:
            connection.execute(update(table).values(indexed_rev=0))


def put_clips(connection: Connection, clips: Sequence[Clip], *, source: str | None, at: float) -> None:
    """Store clips in a transaction that is open, replacing those of the same id."""
    rows = [
        {
            "clip_id": clip.clip_id,
            "file": clip.file,
            "owner": clip.licence.owner,
            "rights_rev": clip.licence.revision,
            "indexed_rev": 0,
            "added_at": at,
            "document": clip.to_json(),
            "superseded": clip.superseded,
            **({"source": source} if source else {}),
        }
        for clip in clips
    ]
    if not rows:
        return
    statement = upsert(connection, table)
    kept = {"clip_id", "added_at"}
    changed = {name: statement.excluded[name] for name in rows[0] if name not in kept}
    connection.execute(statement.on_conflict_do_update(index_elements=["clip_id"], set_=changed), rows)
