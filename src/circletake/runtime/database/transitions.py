"""The transitions of the journal: many operations may change their states in one transaction.

What must be committed before what is in `runtime.journal`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue
from sqlalchemy import Connection, Row, insert, select, update

from circletake.domain.money import from_micros, to_micros
from circletake.domain.operation import FINISHED, Operation, OperationState, Outcome
from circletake.domain.ports import Clock
from circletake.errors import UsageError
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.tables import operation as table
from circletake.runtime.database.tables import operation_output

CHUNK = 500
"""Keys in one question; SQLite takes 32,766 variables a statement."""


class Transitions:
    """What one transaction changes; made by `Operations.batch`."""

    def __init__(self, connection: Connection, *, budgets: Budgets, clock: Clock) -> None:
        self._connection = connection
        self._budgets = budgets
        self._clock = clock

    def begin_submit(self, one: Operation) -> None:
        """Go from planned to submitting and reserve the quote, before anything is sent.

        Raises:
            BudgetRefused: the quote is above what is left; nothing is changed.
        """
        self._budgets.reserve(self._connection, one.production, to_micros(one.quote), name=one.key)
        begun = {"submits": table.c.submits + 1, "submitted_at": self._clock.now(), "error_class": None, "error": None}
        self._move(one.key, "submitting", **begun)

    def accept(self, key: str, handle: Mapping[str, JsonValue]) -> None:
        """Go from submitting to submitted: store the provider's handle before the first poll."""
        self._move(key, "submitted", handle=json.dumps(handle, sort_keys=True))

    def postpone(self, one: Operation, *, not_before: float, error: Exception) -> None:
        """Go from submitting back to planned after a definite refusal to accept; the reservation is released."""
        self._budgets.settle(self._connection, one.production, to_micros(one.quote))
        values = {"not_before": not_before, "error_class": type(error).__name__, "error": str(error)}
        self._move(one.key, "planned", **values)

    def mark_unknown(self, one: Operation, *, error: Exception) -> None:
        """Say that it may have been paid for: its quote counts against the budget, and it is never sent again."""
        wanted = to_micros(one.quote)
        self._budgets.settle(self._connection, one.production, wanted, unknown=wanted)
        told = {"error_class": type(error).__name__, "error": str(error), "finished_at": self._clock.now()}
        self._move(one.key, "unknown", **told)

    def finish(self, outcome: Outcome) -> None:
        """Go to done, refused or failed, with every output and what was charged; finishing twice changes nothing."""
        row = self._row(outcome.key)
        if row.state in FINISHED:
            return
        spent = to_micros(outcome.spent)
        if row.state != "planned":
            self._budgets.settle(self._connection, row.production, row.quote_micros, spent=spent)
        values = {
            "outcome": outcome.to_json(),
            "spent_micros": spent,
            "executions": table.c.executions + 1,
            "seconds": outcome.seconds,
            "error_class": outcome.error_class,
            "error": outcome.error,
            "finished_at": self._clock.now(),
        }
        self._move(outcome.key, outcome.state, **values)
        rows = [
            {
                "operation": outcome.key,
                "output": output.index,
                "sha256": output.sha256,
                "outcome": output.outcome,
                "reasons": json.dumps(output.reasons),
            }
            for output in outcome.outputs
        ]
        if rows:
            self._connection.execute(insert(operation_output), rows)

    def cancel(self, keys: Sequence[str]) -> int:
        """Go from planned to cancelled; returns how many did. Whatever was sent goes on: it is paid."""
        moved = 0
        for at in range(0, len(keys), CHUNK):
            changed = {"state": "cancelled", "updated_at": self._clock.now(), "finished_at": self._clock.now()}
            where = (table.c.key.in_(list(keys[at : at + CHUNK])), table.c.state == "planned")
            moved += self._connection.execute(update(table).where(*where).values(changed)).rowcount
        return moved

    def resolve(self, key: str, *, charged: bool, who: str) -> None:
        """Book an unknown operation as a person says: charged (it failed, its quote is spent) or not (it was refused).

        Raises:
            UsageError: its state is known.
        """
        row = self._row(key)
        if row.state != "unknown":
            raise UsageError(f"operation {key} is {row.state}, not unknown: there is nothing to reconcile")
        spent = row.quote_micros if charged else 0
        self._budgets.settle(self._connection, row.production, 0, spent=spent, unknown=-row.quote_micros)
        told = "charged" if charged else "not charged"
        outcome = Outcome(
            key=key,
            state="failed" if charged else "refused",
            spent=from_micros(spent),
            error_class=row.error_class,
            error=f"{who} says that it was {told}; {row.error}",
        )
        values = {"outcome": outcome.to_json(), "spent_micros": spent, "error": outcome.error}
        self._move(key, outcome.state, **values)

    def _row(self, key: str) -> Row:
        return self._connection.execute(select(table).where(table.c.key == key)).one()

    def _move(self, key: str, state: OperationState, **values: object) -> None:
        changed = {"state": state, "updated_at": self._clock.now(), **values}
        self._connection.execute(update(table).where(table.c.key == key).values(changed))
