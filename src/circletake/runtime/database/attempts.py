"""Step attempts: one row for every time a step was tried, whatever came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, insert, select, update

from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import step_attempt as table

StepOutcome = Literal["done", "retried", "invalid", "refused", "timed_out", "lost", "paused"]


@dataclass(frozen=True)
class StepAttempt:
    """One attempt of one step."""

    production: str
    step: str
    visit: int
    """Which turn of the step in this production, counted from 1."""
    attempt: int
    """Which attempt of that turn, counted from 1."""
    outcome: StepOutcome
    started_at: float
    """Unix seconds."""
    seconds: float
    error_class: str | None = None
    spent_micros: int = 0
    generator: str = ""
    """What took the step: a planner, a generator; empty where there is no choice."""
    model: str = ""
    """Name and version of the model behind it; empty where there is none."""
    token: int = 0
    route: str = ""
    """Name of the other route that was taken; empty on the main one."""


class Attempts:
    """The step ledger's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, attempt: StepAttempt) -> int:
        """Append a row before the attempt begins, and return its number."""
        with self._database.write() as connection:
            key = connection.execute(insert(table).values(attempt.__dict__)).inserted_primary_key
        assert key is not None
        return key[0]

    def end(
        self, number: int, *, outcome: StepOutcome, error_class: str | None, seconds: float, spent_micros: int = 0
    ) -> None:
        """Say what came of an attempt."""
        values = {"outcome": outcome, "error_class": error_class, "seconds": seconds, "spent_micros": spent_micros}
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == number).values(values))

    def next_visit(self, production: str, step: str) -> int:
        """Return the number of the turn that a step begins now."""
        query = select(func.max(table.c.visit)).where(table.c.production == production, table.c.step == step)
        with self._database.read() as connection:
            return (connection.execute(query).scalar() or 0) + 1

    def all(self, *, since: float = 0.0, production: str | None = None) -> tuple[StepAttempt, ...]:
        """Return attempts in the order they were made."""
        query = select(table).where(table.c.started_at >= since).order_by(table.c.id)
        if production is not None:
            query = query.where(table.c.production == production)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(StepAttempt(**{name: value for name, value in row.items() if name != "id"}) for row in rows)
