"""Operations: the rows of the journal, and what may be asked of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from sqlalchemy import ColumnElement, Row, func, insert, select

from circletake.domain.money import from_micros, to_micros
from circletake.domain.operation import Operation, OperationState, Outcome, request_sha256
from circletake.domain.ports import Clock
from circletake.errors import JournalConflict, UnknownId
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import operation as table
from circletake.runtime.database.transitions import CHUNK, Transitions


class Operations:
    """One row an operation, one an output."""

    def __init__(self, database: Database, *, budgets: Budgets, clock: Clock) -> None:
        self._database = database
        self._budgets = budgets
        self._clock = clock

    @contextmanager
    def batch(self) -> Iterator[Transitions]:
        """Give the transitions of one transaction; leaving the block commits all of them."""
        with self._database.write() as connection:
            yield Transitions(connection, budgets=self._budgets, clock=self._clock)

    def plan(self, operations: Sequence[Operation], *, token: int = 0) -> None:
        """Journal operations; one that is there already stands.

        Raises:
            JournalConflict: a key is there with another request; nothing is journalled.
        """
        now = self._clock.now()
        digests = {one.key: request_sha256(one.request) for one in operations}
        with self._database.write() as connection:
            held: dict[str, str] = {}
            for part in _parts(list(digests)):
                query = select(table.c.key, table.c.request_sha256).where(table.c.key.in_(part))
                held |= {row.key: row.request_sha256 for row in connection.execute(query)}
            for key, digest in held.items():
                if digest != digests[key]:
                    raise JournalConflict(f"operation {key} was journalled before with another request")
            fresh = [one for one in operations if one.key not in held]
            for at in range(0, len(fresh), CHUNK):
                rows = [self._new_row(one, digests[one.key], now, token) for one in fresh[at : at + CHUNK]]
                connection.execute(insert(table), rows)

    def _new_row(self, one: Operation, digest: str, now: float, token: int) -> dict[str, object]:
        return {
            "key": one.key,
            "production": one.production,
            "step": one.step,
            "slate": one.slate,
            "number": one.number,
            "round": one.round,
            "generator": one.generator,
            "request": json.dumps(one.request, sort_keys=True),
            "request_sha256": digest,
            "state": "planned",
            "quote_micros": to_micros(one.quote),
            "token": token,
            "submits": 0,
            "executions": 0,
            "seconds": 0.0,
            "created_at": now,
            "updated_at": now,
        }

    def get(self, key: str) -> Operation:
        """Return an operation.

        Raises:
            UnknownId: there is no such operation.
        """
        found = self.many([key])
        if not found:
            raise UnknownId(f"there is no operation {key!r} in the journal; `circletake operations` lists them")
        return found[0]

    def many(self, keys: Sequence[str]) -> list[Operation]:
        """Return those that are journalled, in the order of the keys."""
        with self._database.read() as connection:
            rows = {
                row.key: row
                for part in _parts(keys)
                for row in connection.execute(select(table).where(table.c.key.in_(part)))
            }
        return [_operation(rows[key]) for key in keys if key in rows]

    def outcomes(self, keys: Iterable[str]) -> dict[str, Outcome]:
        """Return what came of those of the keys that are finished."""
        found: dict[str, Outcome] = {}
        with self._database.read() as connection:
            for part in _parts(list(keys)):
                where = (table.c.key.in_(part), table.c.outcome.is_not(None))
                rows = connection.execute(select(table.c.key, table.c.outcome).where(*where))
                found |= {row.key: Outcome.from_json(row.outcome) for row in rows}
        return found

    def states(self, keys: Iterable[str]) -> dict[str, OperationState]:
        """Return the state of each key that is journalled."""
        found: dict[str, OperationState] = {}
        with self._database.read() as connection:
            for part in _parts(list(keys)):
                rows = connection.execute(select(table.c.key, table.c.state).where(table.c.key.in_(part)))
                found |= {row.key: row.state for row in rows}
        return found

    def generators(self, production: str, step: str) -> tuple[str, ...]:
        """Return the names of the generators that a step of a production ever ordered from."""
        query = select(table.c.generator).where(table.c.production == production, table.c.step == step).distinct()
        with self._database.read() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def of(self, production: str) -> tuple[Operation, ...]:
        """Return a production's operations in the order they were planned."""
        return self.listed(production=production)

    def listed(self, *, production: str | None = None, state: OperationState | None = None) -> tuple[Operation, ...]:
        """Return operations in the order they were planned, of a production or of all, in one state or in any."""
        where: list[ColumnElement[bool]] = []
        if production is not None:
            where.append(table.c.production == production)
        if state is not None:
            where.append(table.c.state == state)
        query = select(table).where(*where).order_by(table.c.created_at, table.c.key)
        with self._database.read() as connection:
            return tuple(_operation(row) for row in connection.execute(query))

    def executions(self, production: str) -> dict[str, int]:
        """Return for each key how often a result of it was taken into the journal."""
        return self._counted(production, "executions")

    def submits(self, production: str) -> dict[str, int]:
        """Return for each key how often a submit of it was begun."""
        return self._counted(production, "submits")

    def _counted(self, production: str, column: str) -> dict[str, int]:
        query = select(table.c.key, table.c[column].label("times")).where(table.c.production == production)
        with self._database.read() as connection:
            return {row.key: row.times for row in connection.execute(query)}

    def left(self, production: str) -> Decimal:
        """Return what a production may still spend, in USD."""
        return self._budgets.of(production).left

    def spent(self, production: str) -> Decimal:
        """Return what a production has been charged, in USD."""
        query = select(func.coalesce(func.sum(table.c.spent_micros), 0)).where(table.c.production == production)
        with self._database.read() as connection:
            return from_micros(int(connection.execute(query).scalar_one()))


def _parts(keys: Sequence[str]) -> Iterator[list[str]]:
    return (list(keys[at : at + CHUNK]) for at in range(0, len(keys), CHUNK))


def _operation(row: Row) -> Operation:
    return Operation(
        key=row.key,
        production=row.production,
        step=row.step,
        slate=row.slate,
        number=row.number,
        round=row.round,
        generator=row.generator,
        request=json.loads(row.request),
        state=row.state,
        handle=None if row.handle is None else json.loads(row.handle),
        not_before=row.not_before,
        submitted_at=row.submitted_at,
        submits=row.submits,
        finished_at=row.finished_at,
        quote=from_micros(row.quote_micros),
        spent=None if row.spent_micros is None else from_micros(row.spent_micros),
        error_class=row.error_class,
        error=row.error,
    )
