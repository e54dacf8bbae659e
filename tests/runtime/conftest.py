"""A home with its database, and one production in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from circletake.domain.brief import Brief, Terms
from circletake.domain.operation import Operation, operation_key
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.engine import Database
from circletake.runtime.database.operations import Operations
from circletake.runtime.database.productions import Productions
from circletake.runtime.spool import Spool

PRODUCTION = "testprod"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases: empty for SQLite; PostgreSQL in the slow suite."""
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else ""


@contextmanager
def opened(home: Path, url: str) -> Iterator[Database]:
    """Give a database, and close its connections afterwards."""
    database = Database(home, url)
    try:
        yield database
    finally:
        database.dispose()


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Iterator[Database]:
    with opened(tmp_path, database_url) as database:
        database.migrate()
        Productions(database).add(PRODUCTION, brief=Brief(text="a brief"), terms=Terms(), at=1.0)
        yield database


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def budgets(database: Database) -> Budgets:
    """One dollar for the production."""
    budgets = Budgets(database)
    budgets.set_cap(PRODUCTION, Decimal("1.00"))
    return budgets


@pytest.fixture
def operations(database: Database, budgets: Budgets, clock: SystemClock) -> Operations:
    return Operations(database, budgets=budgets, clock=clock)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path)


def operation(number: int = 1, *, generator: str = "local", quote: str = "0", prompt: str = "x") -> Operation:
    return Operation(
        key=operation_key(PRODUCTION, "generate", "1A", number, 1),
        production=PRODUCTION,
        step="generate",
        slate="1A",
        number=number,
        round=1,
        generator=generator,
        request={"prompt": prompt},
        quote=Decimal(quote),
    )
