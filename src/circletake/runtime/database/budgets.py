"""Budgets: what may be spent, what is reserved for calls under way, what was charged; whole millionths of a dollar."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection, Label, Row, func, insert, select, update

from circletake.domain.money import dollars, from_micros, to_micros
from circletake.domain.spending import Spending
from circletake.errors import BudgetRefused
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import budget as table


class Budgets:
    """One row a production that has a budget or has spent something; the studio's own cap holds over all of them.

    Without a cap of either kind nothing may be spent. Every change happens in the transaction of the operation that
    causes it, so the sums are always those of the journal.

    Args:
        database: the studio's database.
        studio_cap: most that all productions together may ever spend, USD; `None` for no such cap.
    """

    def __init__(self, database: Database, *, studio_cap: Decimal | None = None) -> None:
        self._database = database
        self._studio_cap = studio_cap

    def set_cap(self, production: str, cap: Decimal) -> None:
        """Set the most that a production may spend, in USD."""
        with self._database.write() as connection:
            self._row(connection, production)
            values = {"cap_micros": to_micros(cap)}
            connection.execute(update(table).where(table.c.production == production).values(values))

    def of(self, production: str) -> Spending:
        """Return what a production may spend and has spent; `left` counts the studio's cap too."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.production == production)).one_or_none()
            left = self._left(connection, row)
        return _spending(row, left)

    def studio(self) -> Spending:
        """Return the same for all productions together."""
        with self._database.read() as connection:
            sums = _sums(connection)
        cap = None if self._studio_cap is None else to_micros(self._studio_cap)
        left = 0 if cap is None else cap - sums.reserved - sums.spent - sums.unknown
        return Spending(
            cap=self._studio_cap,
            reserved=from_micros(sums.reserved),
            spent=from_micros(sums.spent),
            unknown=from_micros(sums.unknown),
            left=from_micros(max(0, left)),
        )

    def reserve(self, connection: Connection, production: str, wanted: int, *, name: str) -> None:
        """Set money aside, inside the transaction that commits `submitting`.

        Raises:
            BudgetRefused: the quote is above what is left; nothing is changed.
        """
        if wanted == 0:
            return
        row = self._row(connection, production)
        left = max(0, self._left(connection, row))
        if wanted > left:
            raise BudgetRefused(
                f"{name} may cost {dollars(from_micros(wanted))} and {dollars(from_micros(left))} may still be spent; "
                f"raise the budget: circletake resume {production} --budget USD"
            )
        values = {"reserved_micros": table.c.reserved_micros + wanted}
        connection.execute(update(table).where(table.c.production == production).values(values))

    def settle(
        self, connection: Connection, production: str, reserved: int, *, spent: int = 0, unknown: int = 0
    ) -> None:
        """Give a reservation back, and book what it became."""
        if reserved == spent == unknown == 0:
            return
        self._row(connection, production)
        values = {
            "reserved_micros": table.c.reserved_micros - reserved,
            "spent_micros": table.c.spent_micros + spent,
            "unknown_micros": table.c.unknown_micros + unknown,
        }
        connection.execute(update(table).where(table.c.production == production).values(values))

    def _row(self, connection: Connection, production: str) -> Row:
        """Return the row of a production, locked; made if absent."""
        query = select(table).where(table.c.production == production).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None:
            fresh = {"production": production, "reserved_micros": 0, "spent_micros": 0, "unknown_micros": 0}
            connection.execute(insert(table).values(fresh))
            row = connection.execute(query).one()
        return row

    def _left(self, connection: Connection, row: Row | None) -> int:
        lefts: list[int] = []
        if row is not None and row.cap_micros is not None:
            lefts.append(row.cap_micros - row.reserved_micros - row.spent_micros - row.unknown_micros)
        if self._studio_cap is not None:
            sums = _sums(connection)
            lefts.append(to_micros(self._studio_cap) - sums.reserved - sums.spent - sums.unknown)
        return min(lefts) if lefts else 0


def _sums(connection: Connection) -> Row:
    def total(name: str) -> Label[int]:
        return func.coalesce(func.sum(table.c[f"{name}_micros"]), 0).label(name)

    return connection.execute(select(total("reserved"), total("spent"), total("unknown"))).one()


def _spending(row: Row | None, left: int) -> Spending:
    if row is None:
        return Spending(cap=None, left=from_micros(max(0, left)))
    return Spending(
        cap=None if row.cap_micros is None else from_micros(row.cap_micros),
        reserved=from_micros(row.reserved_micros),
        spent=from_micros(row.spent_micros),
        unknown=from_micros(row.unknown_micros),
        left=from_micros(max(0, left)),
    )
