"""References: what each shot of a plan version may look like, with the licences as they stood."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from circletake.domain.reference import Reference
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import reference as table

WHOLE_BRIEF = ""
"""The slate under which the references for the brief as a whole are kept."""


class References:
    """One row a hit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, production: str, version: int, slates: dict[str, tuple[Reference, ...]]) -> None:
        """Store the references of a plan version, all slates at once, replacing what was there."""
        rows = [
            {
                "production": production,
                "plan_version": version,
                "slate": slate,
                "rank": rank,
                "clip_id": found.clip_id,
                "document": found.to_json(),
            }
            for slate, hits in slates.items()
            for rank, found in enumerate(hits, start=1)
        ]
        with self._database.write() as connection:
            old = delete(table).where(table.c.production == production, table.c.plan_version == version)
            connection.execute(old)
            if rows:
                connection.execute(insert(table), rows)

    def of(self, production: str, version: int, slate: str) -> tuple[Reference, ...]:
        """Return the references of a shot, best first; the empty slate asks for the brief as a whole."""
        query = (
            select(table.c.document)
            .where(table.c.production == production, table.c.plan_version == version, table.c.slate == slate)
            .order_by(table.c.rank)
        )
        with self._database.read() as connection:
            return tuple(Reference.from_json(row.document) for row in connection.execute(query))
