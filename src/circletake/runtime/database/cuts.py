"""Cuts, masters and releases."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Select, Table, func, select

from circletake.domain.cut import Cut, Master, Release
from circletake.domain.schema import Stored
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import cut as cut_table
from circletake.runtime.database.tables import master as master_table
from circletake.runtime.database.tables import release as release_table
from circletake.runtime.database.upsert import upsert

Document = TypeVar("Document", bound=Stored)


class Cuts:
    """One row a cut version, and one a master."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, cut: Cut) -> None:
        """Store a cut; a version that is there already stands."""
        self._keep(cut_table, {"production": cut.production, "version": cut.version, "document": cut.to_json()})

    def save_master(self, master: Master) -> None:
        """Store a master; one for the same cut that is there already stands."""
        row = {"production": master.production, "cut_version": master.cut_version, "document": master.to_json()}
        self._keep(master_table, row)

    def _keep(self, table: Table, row: dict[str, object]) -> None:
        with self._database.write() as connection:
            connection.execute(upsert(connection, table).values(row).on_conflict_do_nothing())

    def cut(self, production: str, version: int) -> Cut | None:
        """Return a cut, or `None`."""
        where = (cut_table.c.production == production, cut_table.c.version == version)
        return self._read(Cut, select(cut_table.c.document).where(*where))

    def latest(self, production: str) -> int:
        """Return the newest cut's version; 0 before there is one."""
        query = select(func.max(cut_table.c.version)).where(cut_table.c.production == production)
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def master(self, production: str, cut_version: int) -> Master | None:
        """Return the master of a cut, or `None`."""
        where = (master_table.c.production == production, master_table.c.cut_version == cut_version)
        return self._read(Master, select(master_table.c.document).where(*where))

    def _read(self, kind: type[Document], query: Select[str]) -> Document | None:
        with self._database.read() as connection:
            document = connection.execute(query).scalar_one_or_none()
        return None if document is None else kind.from_json(document)


class Releases:
    """One row a published deliverable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, release: Release) -> None:
        """Store a release; the same address that is there already stands."""
        row = {
            "production": release.production,
            "channel": release.channel,
            "address": release.address,
            "document": release.to_json(),
        }
        with self._database.write() as connection:
            connection.execute(upsert(connection, release_table).values(row).on_conflict_do_nothing())

    def of(self, production: str) -> tuple[Release, ...]:
        """Return the releases of a production, the first one first."""
        query = select(release_table.c.document).where(release_table.c.production == production)
        with self._database.read() as connection:
            found = [Release.from_json(row.document) for row in connection.execute(query)]
        return tuple(sorted(found, key=lambda release: release.at))
