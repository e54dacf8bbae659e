"""Choices: an append-only, hash-chained event log a production. What is circled is a view of it."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, insert, select

from circletake.domain.take import Choice, CircledTake
from circletake.runtime.clock import moment
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import review_event as table

_FIRST = "0" * 64
_HASHED = (
    "production",
    "number",
    "kind",
    "slate",
    "take",
    "round",
    "rater_kind",
    "rater",
    "reason",
    "at",
    "idempotency_key",
)


def event_sha256(row: dict[str, object], previous: str) -> str:
    """Return the hash of an event: SHA-256 over the previous hash and the event's canonical JSON."""
    text = json.dumps([row[name] for name in _HASHED], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((previous + text).encode()).hexdigest()


class Choices:
    """Editors' events. Only those of a `person` are ever preferences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def circle(self, production: str, choice: Choice) -> None:
        """Append a circling; an event with the same idempotency key is there already and is not appended again."""
        with self._database.write() as connection:
            known = select(table.c.number).where(
                table.c.production == production, table.c.idempotency_key == choice.idempotency_key
            )
            if connection.execute(known).first() is None:
                self._append(connection, production, choice, kind="circle")

    def clear(self, production: str, *, who: str, at: float, round: int) -> None:
        """Take back every circling, as events of their own: an editor chooses anew."""
        with self._database.write() as connection:
            for slate, circled in _standing(connection, production).items():
                choice = Choice(
                    slate=slate,
                    take=circled.number,
                    round=round,
                    by="person",
                    who=who,
                    reason="chosen anew",
                    at=at,
                    idempotency_key=f"clear/{round}/{slate}/{at}",
                )
                self._append(connection, production, choice, kind="clear")

    def _append(self, connection: Connection, production: str, choice: Choice, *, kind: str) -> None:
        newest = (
            select(table.c.number, table.c.sha256)
            .where(table.c.production == production)
            .order_by(table.c.number.desc())
            .limit(1)
        )
        last = connection.execute(newest).first()
        row: dict[str, object] = {
            "production": production,
            "number": (last.number if last else 0) + 1,
            "kind": kind,
            "slate": choice.slate,
            "take": choice.take,
            "round": choice.round,
            "rater_kind": choice.by,
            "rater": choice.who,
            "reason": choice.reason,
            "at": choice.at,
            "idempotency_key": choice.idempotency_key,
        }
        previous = last.sha256 if last else _FIRST
        chained = {**row, "previous_sha256": previous, "sha256": event_sha256(row, previous)}
        connection.execute(insert(table).values(chained))

    def current(self, production: str) -> dict[str, CircledTake]:
        """Return the circled take of every slate that has one: the newest event counts."""
        with self._database.read() as connection:
            return _standing(connection, production)

    def broken_at(self, production: str) -> int | None:
        """Return the number of the first event whose hash does not follow from the one before, or `None`."""
        query = select(table).where(table.c.production == production).order_by(table.c.number)
        previous = _FIRST
        with self._database.read() as connection:
            for row in connection.execute(query).mappings():
                if row["previous_sha256"] != previous or row["sha256"] != event_sha256(dict(row), previous):
                    return row["number"]
                previous = row["sha256"]
        return None


def _standing(connection: Connection, production: str) -> dict[str, CircledTake]:
    query = select(table).where(table.c.production == production).order_by(table.c.number)
    circled: dict[str, CircledTake] = {}
    for row in connection.execute(query):
        circled.pop(row.slate, None)
        if row.kind == "circle":
            circled[row.slate] = CircledTake(
                slate=row.slate,
                number=row.take,
                round=row.round,
                by=row.rater_kind,
                who=row.rater,
                reason=row.reason,
                at=moment(row.at),
            )
    return circled
