"""The journal's rows. Every change of state is one transaction; the rules are in `runtime.journal`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pydantic import JsonValue
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from circletake.domain.money import from_micros, to_micros
from circletake.domain.operation import FINISHED, Operation, OperationState, Outcome, request_sha256
from circletake.domain.ports import Clock
from circletake.errors import BudgetRefused, JournalConflict, UnknownId
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import budget, operation_output
from circletake.runtime.database.tables import operation as table


class Operations:
    """One row an operation, one an output, one a budget."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def plan(self, operations: Sequence[Operation], *, token: int = 0) -> None:
        """Journal operations; one that is there already stands.

        Raises:
            JournalConflict: a key is there with another request; nothing is journalled.
        """
        now = self._clock.now()
        with self._database.write() as connection:
            for one in operations:
                digest = request_sha256(one.request)
                held = connection.execute(select(table.c.request_sha256).where(table.c.key == one.key)).scalar()
                if held is None:
                    connection.execute(insert(table).values(self._new_row(one, digest, now, token)))
                elif held != digest:
                    raise JournalConflict(f"operation {one.key} was journalled before with another request")

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
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.key == key)).one_or_none()
        if row is None:
            raise UnknownId(f"there is no operation {key!r} in the journal")
        return _operation(row)

    def outcomes(self, keys: Iterable[str]) -> dict[str, Outcome]:
        """Return what came of those of the keys that are finished."""
        query = select(table.c.key, table.c.outcome).where(table.c.key.in_(list(keys)), table.c.outcome.is_not(None))
        with self._database.read() as connection:
            return {row.key: Outcome.from_json(row.outcome) for row in connection.execute(query)}

    def states(self, keys: Iterable[str]) -> dict[str, OperationState]:
        """Return the state of each key that is journalled."""
        query = select(table.c.key, table.c.state).where(table.c.key.in_(list(keys)))
        with self._database.read() as connection:
            return {row.key: row.state for row in connection.execute(query)}

    def of(self, production: str) -> tuple[Operation, ...]:
        """Return a production's operations in the order they were planned."""
        query = select(table).where(table.c.production == production).order_by(table.c.created_at, table.c.key)
        with self._database.read() as connection:
            return tuple(_operation(row) for row in connection.execute(query))

    def executions(self, production: str) -> dict[str, int]:
        """Return for each key how often a result of it was taken into the journal."""
        query = select(table.c.key, table.c.executions).where(table.c.production == production)
        with self._database.read() as connection:
            return {row.key: row.executions for row in connection.execute(query)}

    def begin_submit(self, one: Operation) -> None:
        """Go from planned to submitting and reserve the quote, in one transaction, before anything is sent.

        Raises:
            BudgetRefused: the quote is above what is left; nothing is changed.
        """
        with self._database.write() as connection:
            self._reserve(connection, one)
            self._move(connection, one.key, "submitting", submits=table.c.submits + 1)

    def _reserve(self, connection: Connection, one: Operation) -> None:
        row = connection.execute(select(budget).where(budget.c.production == one.production)).one_or_none()
        wanted = to_micros(one.quote)
        left = row.cap_micros - row.reserved_micros - row.spent_micros - row.unknown_micros if row else 0
        if wanted > left:
            raise BudgetRefused(
                f"{one.key} may cost {from_micros(wanted)} USD and {from_micros(max(0, left))} USD of the budget "
                "is left; raise it with --budget"
            )
        if row:
            values = {"reserved_micros": budget.c.reserved_micros + wanted}
            connection.execute(update(budget).where(budget.c.production == one.production).values(values))

    def accept(self, key: str, handle: Mapping[str, JsonValue]) -> None:
        """Go from submitting to submitted: store the provider's handle before the first poll."""
        with self._database.write() as connection:
            self._move(connection, key, "submitted", handle=json.dumps(handle, sort_keys=True))

    def postpone(self, one: Operation, *, not_before: float, error: Exception) -> None:
        """Go from submitting back to planned after a definite refusal to accept; the reservation is released."""
        with self._database.write() as connection:
            self._settle(connection, one, spent=0)
            values = {"not_before": not_before, "error_class": type(error).__name__, "error": str(error)}
            self._move(connection, one.key, "planned", **values)

    def mark_unknown(self, one: Operation, *, error: Exception) -> None:
        """Say that it may have been paid for: its quote counts against the budget, and it is never sent again."""
        with self._database.write() as connection:
            wanted = to_micros(one.quote)
            values = {
                "reserved_micros": budget.c.reserved_micros - wanted,
                "unknown_micros": budget.c.unknown_micros + wanted,
            }
            connection.execute(update(budget).where(budget.c.production == one.production).values(values))
            told = {"error_class": type(error).__name__, "error": str(error), "finished_at": self._clock.now()}
            self._move(connection, one.key, "unknown", **told)

    def finish(self, outcome: Outcome) -> None:
        """Go to done, refused or failed, with every output and what was charged; finishing twice changes nothing."""
        with self._database.write() as connection:
            row = connection.execute(select(table).where(table.c.key == outcome.key)).one()
            if row.state in FINISHED:
                return
            one = _operation(row)
            if row.state != "planned":
                self._settle(connection, one, spent=to_micros(outcome.spent))
            values = {
                "outcome": outcome.to_json(),
                "spent_micros": to_micros(outcome.spent),
                "executions": table.c.executions + 1,
                "seconds": outcome.seconds,
                "error_class": outcome.error_class,
                "error": outcome.error,
                "finished_at": self._clock.now(),
            }
            self._move(connection, one.key, outcome.state, **values)
            rows = [
                {
                    "operation": one.key,
                    "output": output.index,
                    "sha256": output.sha256,
                    "outcome": output.outcome,
                    "reasons": json.dumps(output.reasons),
                }
                for output in outcome.outputs
            ]
            if rows:
                connection.execute(insert(operation_output), rows)

    def _settle(self, connection: Connection, one: Operation, *, spent: int) -> None:
        values = {
            "reserved_micros": budget.c.reserved_micros - to_micros(one.quote),
            "spent_micros": budget.c.spent_micros + spent,
        }
        connection.execute(update(budget).where(budget.c.production == one.production).values(values))

    def _move(self, connection: Connection, key: str, state: OperationState, **values: object) -> None:
        changed = {"state": state, "updated_at": self._clock.now(), **values}
        connection.execute(update(table).where(table.c.key == key).values(changed))

    def set_budget(self, production: str, cap: Decimal) -> None:
        """Set the most that a production may spend."""
        row = {
            "production": production,
            "cap_micros": to_micros(cap),
            "reserved_micros": 0,
            "spent_micros": 0,
            "unknown_micros": 0,
        }
        changed = {"cap_micros": row["cap_micros"]}
        with self._database.write() as connection:
            statement = upsert(budget).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["production"], set_=changed))

    def spent(self, production: str) -> Decimal:
        """Return what a production has been charged, in USD."""
        query = select(func.coalesce(func.sum(table.c.spent_micros), 0)).where(table.c.production == production)
        with self._database.read() as connection:
            return from_micros(int(connection.execute(query).scalar_one()))


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
        quote=from_micros(row.quote_micros),
        spent=None if row.spent_micros is None else from_micros(row.spent_micros),
        error_class=row.error_class,
        error=row.error,
    )
