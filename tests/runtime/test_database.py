"""The database: migrated once, by one process at a time, and told apart from other versions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from circletake.domain.take import Choice
from circletake.errors import HomeError
from circletake.runtime.clock import SystemClock
from circletake.runtime.database import engine
from circletake.runtime.database.choices import Choices
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.engine import Database
from circletake.runtime.database.tables import metadata
from tests.runtime.conftest import PRODUCTION, opened


def test_the_migrations_lead_to_the_tables_as_declared(database: Database):
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_without_a_url_it_is_sqlite_in_wal_mode_that_survives_power_cuts(tmp_path: Path):
    with opened(tmp_path, "") as database, database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_home_of_another_version_is_refused_in_one_line(database: Database, tmp_path: Path, database_url: str):
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with opened(tmp_path, database_url) as again, pytest.raises(HomeError, match="another version of circletake"):
        again.migrate()


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "circletake.db").write_text("this is not a database, it is a note\n" * 50, encoding="utf-8")
    with pytest.raises(HomeError, match="not a circletake database"):
        Database(tmp_path).migrate()


def test_four_processes_may_open_a_new_home_at_once(tmp_path: Path, database_url: str):
    script = (
        "import sys, pathlib\nfrom circletake.runtime.database.engine import Database\n"
        "Database(pathlib.Path(sys.argv[1]), sys.argv[2]).migrate()\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), database_url]) for _ in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    with opened(tmp_path, database_url) as database, database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1


def test_a_home_of_version_0_1_0_keeps_its_clips(tmp_path: Path, database_url: str):
    old = (Path(__file__).parents[1] / "baselines" / "clip.1.json").read_text(encoding="utf-8")
    config = Config()
    config.set_main_option("script_location", str(Path(engine.__file__).parent / "migrations"))
    config.attributes["configure_logger"] = False
    with opened(tmp_path, database_url) as database, database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO clip (clip_id, file, owner, rights_rev, indexed_rev, added_at, document)"
                " VALUES (:id, 'a.mp4', 'North', 1, 1, 1.0, :document)"
            ),
            {"id": json.loads(old)["clip_id"], "document": old},
        )
        connection.commit()
    with opened(tmp_path, database_url) as database:
        database.migrate()
        clips = Clips(database, clock=SystemClock())
        (clip,) = clips.all()
        assert (clip.clip_id, clip.version, clip.superseded) == (json.loads(old)["clip_id"], 1, False)
        assert clips.unindexed() == ()


def choice(take: int, key: str) -> Choice:
    return Choice(slate="1A", take=take, round=1, by="person", who="Ada", reason="", at=1.0, idempotency_key=key)


def test_the_newest_circling_counts_and_a_repeated_event_is_one(database: Database):
    choices = Choices(database)
    for take, key in ((1, "a"), (2, "b"), (1, "a")):
        choices.circle(PRODUCTION, choice(take, key))
    assert choices.current(PRODUCTION)["1A"].number == 2


def test_a_changed_event_breaks_the_chain_where_it_was_changed(database: Database):
    choices = Choices(database)
    for take in (1, 2, 3):
        choices.circle(PRODUCTION, choice(take, str(take)))
    assert choices.broken_at(PRODUCTION) is None
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE review_event SET take = 7 WHERE number = 2")
    assert choices.broken_at(PRODUCTION) == 2
