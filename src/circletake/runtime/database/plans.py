"""Plans: every version is kept; an edit is a new version."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, insert, select

from circletake.domain.plan import Plan
from circletake.domain.ports import Clock
from circletake.errors import UnknownId
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import plan as table


class Plans:
    """One row a plan version."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, production: str, plan: Plan, *, by: Literal["planner", "person"]) -> int:
        """Store a plan as the next version and return its number, counted from 1."""
        with self._database.write() as connection:
            newest = connection.execute(
                select(func.max(table.c.version)).where(table.c.production == production)
            ).scalar()
            version = (newest or 0) + 1
            row = {
                "production": production,
                "version": version,
                "document": plan.to_json(),
                "made_by": by,
                "created_at": self._clock.now(),
            }
            connection.execute(insert(table).values(row))
        return version

    def get(self, production: str, version: int) -> Plan:
        """Return one version.

        Raises:
            UnknownId: there is no such plan.
        """
        query = select(table.c.document).where(table.c.production == production, table.c.version == version)
        with self._database.read() as connection:
            document = connection.execute(query).scalar_one_or_none()
        if document is None:
            raise UnknownId(f"production {production} has no plan {version}")
        return Plan.from_json(document)

    def latest(self, production: str) -> tuple[int, Plan] | None:
        """Return the newest version and its number, or `None` before there is a plan."""
        query = select(table).where(table.c.production == production).order_by(table.c.version.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.version, Plan.from_json(row.document))

    def made_by(self, production: str, version: int) -> str:
        """Return `planner` or `person`."""
        query = select(table.c.made_by).where(table.c.production == production, table.c.version == version)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()
