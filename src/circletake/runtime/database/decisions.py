"""Decisions: what a person (or nobody) decided on the plan and on the film."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from circletake.runtime.clock import moment
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import decision as table
from circletake.runtime.database.upsert import upsert

Point = Literal["plan", "film"]


@dataclass(frozen=True)
class Decision:
    """An approval."""

    by: Literal["person", "provisional"]
    """`provisional` means: not by a person."""
    who: str
    note: str
    at: datetime


class Decisions:
    """One row a point and round; for `plan` the round is the plan's version, for `film` the cut's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, production: str, point: Point, round: int, *, by: str, who: str, note: str, at: float) -> None:
        """Store an approval; one that is there already stands."""
        row = {
            "production": production,
            "point": point,
            "round": round,
            "made_by": by,
            "who": who,
            "note": note,
            "at": at,
        }
        with self._database.write() as connection:
            connection.execute(upsert(connection, table).values(row).on_conflict_do_nothing())

    def of(self, production: str, point: Point, round: int) -> Decision | None:
        """Return the approval, or `None` when nobody has decided."""
        query = select(table).where(table.c.production == production, table.c.point == point, table.c.round == round)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Decision(by=row.made_by, who=row.who, note=row.note, at=moment(row.at))
