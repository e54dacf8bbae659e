"""Takes: kept for ever."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from circletake.domain.take import Take
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import take as table


class Takes:
    """One row a take."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, takes: Sequence[Take]) -> None:
        """Store takes; a take that is there already is left as it is."""
        rows = [
            {
                "production": take.production,
                "slate": take.slate,
                "number": take.number,
                "round": take.round,
                "operation": take.operation,
                "sha256": take.sha256,
                "passed": take.qc.passed,
                "document": take.to_json(),
            }
            for take in takes
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def takes(self, production: str, slate: str | None = None) -> tuple[Take, ...]:
        """Return takes in slate and number order."""
        query = select(table.c.document).where(table.c.production == production)
        if slate is not None:
            query = query.where(table.c.slate == slate)
        with self._database.read() as connection:
            found = [Take.from_json(row.document) for row in connection.execute(query)]
        return tuple(sorted(found, key=lambda take: (len(take.slate), take.slate, take.number)))
