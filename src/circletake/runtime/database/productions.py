"""Productions: the brief and terms of each, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from circletake.domain.brief import Brief, Terms
from circletake.domain.money import Quote
from circletake.domain.production import Status
from circletake.errors import UnknownId
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import budget
from circletake.runtime.database.tables import production as table


@dataclass(frozen=True)
class Standing:
    """One production as a list shows it."""

    id: str
    created_at: float
    """Unix seconds."""
    text: str
    """The brief as written."""
    status: Status
    waiting_at: str | None
    """`plan`, `takes` or `film` when it waits for a person."""
    message: str
    """What is waited for, or why it stopped."""


class Productions:
    """One row a production."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, production: str, *, brief: Brief, terms: Terms, at: float) -> None:
        """Begin a production."""
        row = {
            "id": production,
            "created_at": at,
            "brief": brief.to_json(),
            "terms": terms.to_json(),
            "status": "running",
            "message": "",
        }
        with self._database.write() as connection:
            connection.execute(insert(table).values(row))

    def brief(self, production: str) -> Brief:
        """Return the brief.

        Raises:
            UnknownId: there is no such production.
        """
        return Brief.from_json(self._column(production, "brief"))

    def terms(self, production: str) -> Terms:
        """Return the terms.

        Raises:
            UnknownId: there is no such production.
        """
        return Terms.from_json(self._column(production, "terms"))

    def _column(self, production: str, name: str) -> str:
        with self._database.read() as connection:
            found = connection.execute(select(table.c[name]).where(table.c.id == production)).scalar_one_or_none()
        if found is None:
            raise UnknownId(f"there is no production {production!r}; `circletake productions` lists them")
        return found

    def standing(self, production: str) -> Standing:
        """Return where a production stands.

        Raises:
            UnknownId: there is no such production.
        """
        found = next((one for one in self.all() if one.id == production), None)
        if found is None:
            raise UnknownId(f"there is no production {production!r}; `circletake productions` lists them")
        return found

    def all(self) -> tuple[Standing, ...]:
        """Return every production, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.created_at.desc(), table.c.id)).all()
        return tuple(
            Standing(
                id=row.id,
                created_at=row.created_at,
                text=Brief.from_json(row.brief).text,
                status=row.status,
                waiting_at=row.waiting_at,
                message=row.message,
            )
            for row in rows
        )

    def set_status(self, production: str, status: Status, *, waiting_at: str | None = None, message: str = "") -> None:
        """Say where a production stands."""
        values = {"status": status, "waiting_at": waiting_at, "message": message}
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == production).values(values))

    def cancel(self, production: str, *, at: float) -> None:
        """Say that nothing more is begun for a production; whoever drives it sees that within a second."""
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == production).values(cancelled_at=at))

    def take_back(self, production: str) -> None:
        """Let a cancelled production go on."""
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == production).values(cancelled_at=None))

    def cancelled(self, production: str) -> bool:
        """Return whether a production was cancelled."""
        query = select(table.c.cancelled_at).where(table.c.id == production)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none() is not None

    def set_estimate(self, production: str, estimate: Quote) -> None:
        """Keep what the plan was estimated to cost."""
        with self._database.write() as connection:
            values = {"estimate": estimate.model_dump_json()}
            connection.execute(update(table).where(table.c.id == production).values(values))

    def estimate(self, production: str) -> Quote | None:
        """Return what the plan was estimated to cost; `None` before there was a plan."""
        with self._database.read() as connection:
            found = connection.execute(select(table.c.estimate).where(table.c.id == production)).scalar_one_or_none()
        return None if found is None else Quote.model_validate_json(found)

    def discard(self, production: str) -> None:
        """Remove a production whose brief was sent back before anything was made of it."""
        with self._database.write() as connection:
            connection.execute(delete(budget).where(budget.c.production == production))
            connection.execute(delete(table).where(table.c.id == production))
