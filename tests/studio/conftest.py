"""A studio with one production in its records, of which nothing was ever rendered."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from circletake.domain.brief import Brief, Terms
from circletake.domain.operation import Operation, Outcome, operation_key
from circletake.settings import read_settings
from circletake.studio.room import Studio

PRODUCTION = "testprod"


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    studio = Studio(read_settings(tmp_path / "studio", environment={"CIRCLETAKE_WHO": "Ada"}))
    studio.home.mkdir()
    studio.database.migrate()
    studio.productions.add(PRODUCTION, brief=Brief(text="a brief"), terms=Terms(), at=1.0)
    studio.budgets.set_cap(PRODUCTION, Decimal(10))
    return studio


def paid(number: int, quote: str = "1.00", *, step: str = "generate") -> Operation:
    return Operation(
        key=operation_key(PRODUCTION, step, "1A", number, 1),
        production=PRODUCTION,
        step=step,
        slate="1A",
        number=number,
        round=1,
        generator="loopback",
        request={"number": number},
        quote=Decimal(quote),
    )


def bought(studio: Studio, one: Operation, spent: str) -> None:
    """Have it submitted, accepted and done."""
    studio.operations.plan([one])
    with studio.operations.batch() as batch:
        batch.begin_submit(one)
        batch.accept(one.key, {"job": one.key})
        batch.finish(Outcome(key=one.key, state="done", spent=Decimal(spent)))


def doubtful(studio: Studio, one: Operation) -> None:
    """Have it sent, and nobody know what became of it."""
    studio.operations.plan([one])
    with studio.operations.batch() as batch:
        batch.begin_submit(one)
        batch.mark_unknown(one, error=TimeoutError("no answer"))
