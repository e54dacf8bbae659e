"""Whoever writes is alone: what a repository reads before it writes is still true when it is committed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from circletake.runtime.database.budgets import Budgets
from circletake.runtime.database.choices import Choices
from circletake.runtime.database.engine import Database
from circletake.runtime.database.productions import Productions
from circletake.runtime.database.tables import review_event
from tests.runtime.conftest import PRODUCTION
from tests.runtime.writers import TURNS, at_once

WRITERS = 16
"""Four processes with four threads each."""


def test_the_chain_of_choices_stays_whole_under_sixteen_writers(database: Database, tmp_path: Path, database_url: str):
    assert at_once("circle", tmp_path, database_url) == [TURNS] * WRITERS
    assert Choices(database).broken_at(PRODUCTION) is None
    with database.read() as connection:
        query = select(func.count(), func.max(review_event.c.number)).select_from(review_event)
        assert tuple(connection.execute(query).one()) == (WRITERS * TURNS, WRITERS * TURNS)


def test_every_version_of_a_plan_has_a_number_of_its_own(database: Database, tmp_path: Path, database_url: str):
    numbers = [number for added in at_once("edit", tmp_path, database_url) for number in added]
    assert sorted(numbers) == list(range(1, WRITERS * TURNS + 1))


def test_sixteen_spenders_do_not_go_a_cent_above_the_cap(
    database: Database, tmp_path: Path, database_url: str, budgets: Budgets
):
    allowed = at_once("spend", tmp_path, database_url)
    assert sum(allowed) == 10, "ten times ten cents of one dollar"
    spending = budgets.of(PRODUCTION)
    assert (spending.reserved, spending.left) == (Decimal("1.00"), Decimal(0))


def test_one_of_sixteen_gets_the_lease(database: Database, tmp_path: Path, database_url: str):
    tokens = at_once("claim", tmp_path, database_url)
    assert sorted(tokens) == [0] * (WRITERS - 1) + [1]


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database: Database):
    productions = Productions(database)
    with database.read() as connection:
        query = select(func.count()).select_from(review_event)
        assert connection.execute(query).scalar_one() == 0
        asked = productions.standing(PRODUCTION).status
        productions.set_status(PRODUCTION, "done")
        with database.write() as writer:
            writer.exec_driver_sql(
                "INSERT INTO review_event (production, number, kind, slate, round, rater_kind, rater, reason, at,"
                " idempotency_key, previous_sha256, sha256)"
                f" VALUES ('{PRODUCTION}', 1, 'circle', '1A', 1, 'person', 'Ada', '', 1.0, 'a', '', '')"
            )
        assert connection.execute(query).scalar_one() == 0
    assert (asked, productions.standing(PRODUCTION).status) == ("running", "done")
    with database.read() as connection:
        assert connection.execute(query).scalar_one() == 1
