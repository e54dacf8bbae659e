"""Takes, kept for ever; and finals, the circled ones as they go into the film."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from circletake.domain.take import Take
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import final
from circletake.runtime.database.tables import take as table
from circletake.runtime.database.upsert import upsert


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
                connection.execute(upsert(connection, table).on_conflict_do_nothing(), rows)

    def takes(self, production: str, slate: str | None = None) -> tuple[Take, ...]:
        """Return takes in slate and number order."""
        query = select(table.c.document).where(table.c.production == production)
        if slate is not None:
            query = query.where(table.c.slate == slate)
        with self._database.read() as connection:
            found = [Take.from_json(row.document) for row in connection.execute(query)]
        return tuple(sorted(found, key=lambda take: (len(take.slate), take.slate, take.number)))


class Finals:
    """One row a take of which there is a final."""

    def __init__(self, database: Database, takes: Takes) -> None:
        self._database = database
        self._takes = takes

    def keep(self, finals: Sequence[Take]) -> None:
        """Store finals; one of the same take takes the place of the one before."""
        if not finals:
            return
        rows = [
            {"production": one.production, "slate": one.slate, "number": one.number, "document": one.to_json()}
            for one in finals
        ]
        with self._database.write() as connection:
            statement = upsert(connection, final)
            newest = statement.on_conflict_do_update(
                index_elements=["production", "slate", "number"], set_={"document": statement.excluded.document}
            )
            connection.execute(newest, rows)

    def forget(self, production: str) -> None:
        """Let finals be made anew; their files stay."""
        with self._database.write() as connection:
            connection.execute(delete(final).where(final.c.production == production))

    def finals(self, production: str) -> dict[str, Take]:
        """Return the finals that there are, by id of the take."""
        query = select(final.c.document).where(final.c.production == production)
        with self._database.read() as connection:
            found = [Take.from_json(row.document) for row in connection.execute(query)]
        return {one.id: one for one in found}

    def takes(self, production: str, slate: str | None = None) -> tuple[Take, ...]:
        """Return takes in slate and number order, those that have a final as it is."""
        finals = self.finals(production)
        return tuple(finals.get(take.id, take) for take in self._takes.takes(production, slate))
