"""Kill `catalog add` for real: no acknowledged clip is lost, no partial one is left, and the next run finishes."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from circletake.media import decode
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.engine import Database
from circletake.runtime.database.sources import Sources
from circletake.runtime.files import FileStore, sha256_of
from tests.catalog.reels import reel, table
from tests.conftest import Ran, command, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
Run = Callable[..., Ran]
FILES = 12
KILLS = 8


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    for number in range(FILES):
        reel(folder / f"reel{number}.mp4", 2 * number, 2 * number + 1, frames=75)
    table(folder / "rights.csv", *({"file": f"reel{number}.mp4"} for number in range(FILES)))
    return folder


def start(footage: Path, home: Path, cache: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("catalog", "add", str(footage), "--rights", str(footage / "rights.csv")),
        env=environment(home, cache, CIRCLETAKE_WORKERS="2"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def workers(driver: int) -> Iterator[int]:
    """Yield the processes whose parent is the driver."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == driver:
            yield int(stat.parent.name)


def _has_tables(path: Path) -> bool:
    """Return whether it was killed after the tables were made."""
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as database:
        return bool(database.execute("select 1 from sqlite_master where name = 'revocation'").fetchall())


def acknowledged(home: Path) -> dict[str, tuple[str, ...]]:
    """Return the files that are done, with their clips; fails if anything of them is missing or half there."""
    if not _has_tables(home / "circletake.db"):
        return {}
    database, files = Database(home), FileStore(home)
    clips, sources = Clips(database, clock=SystemClock()), Sources(database, clock=SystemClock())
    found: dict[str, tuple[str, ...]] = {}
    owned: set[str] = set()
    for source in sources.all():
        held = clips.of_source(source.id)
        owned |= {clip.clip_id for clip in held}
        if source.state != "done":
            assert held == ()
            continue
        assert len(held) == 2, source.path
        for uri in {uri for clip in held for uri in (clip.proxy, clip.preview, clip.poster)}:
            path = files.path(uri)
            assert sha256_of(path) == uri.partition("/")[2].partition(".")[0]
        assert sum(1 for _ in decode.iterate_frames(files.path(held[0].proxy))) == 150
        found[source.path] = tuple(clip.clip_id for clip in held)
    assert owned == {clip.clip_id for clip in clips.all()}
    database.dispose()
    return found


def test_sigkill_of_driver_or_worker_loses_nothing_and_the_next_run_finishes(
    footage: Path, home: Path, starter_cache: Path, tmp_path: Path, circletake: Run
):
    rng = random.Random(7)
    kept: dict[str, tuple[str, ...]] = {}
    killed = 0
    for _ in range(KILLS):
        driver = start(footage, home, starter_cache)
        time.sleep(rng.uniform(1.5, 7.0))
        if driver.poll() is None:
            victims = list(workers(driver.pid)) if rng.random() < 0.4 else []
            os.kill(rng.choice(victims) if victims else driver.pid, signal.SIGKILL)
            killed += 1
            if victims:
                time.sleep(0.5)
                driver.kill()
        driver.wait(timeout=60)
        now = acknowledged(home)
        assert kept.items() <= now.items()
        kept = now
    assert killed >= 3, "it was over before it could be killed"
    last = circletake("catalog", "add", str(footage), "--rights", str(footage / "rights.csv"), "--json")
    assert last.code == 0, last.err
    assert {one["outcome"] for one in last.json["files"]} <= {"added", "unchanged"}
    undisturbed = tmp_path / "undisturbed"
    circletake(
        "catalog", "add", str(footage), "--rights", str(footage / "rights.csv"), CIRCLETAKE_HOME=str(undisturbed)
    )
    assert acknowledged(home) == acknowledged(undisturbed)
    asked = ("catalog", "search", "shapes", "--use", "publish", "--territory", "WORLD", "-k", "100", "--json")
    assert len(circletake(*asked).json["hits"]) == 2 * FILES
