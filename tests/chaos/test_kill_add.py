"""Kill the driver and the workers of `catalog add` for real, and add again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.catalog.footage import film, table
from tests.conftest import Ran, command, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Run = Callable[..., Ran]
FILES = 10


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "footage"
    names = [film(folder / f"{number}.mp4", number).name for number in range(1, FILES + 1)]
    table(folder / "rights.csv", {name: {} for name in names})
    return folder


def arguments(folder: Path) -> list[str]:
    return ["catalog", "add", str(folder), "--rights", str(folder / "rights.csv"), "--json"]


def start(folder: Path, home: Path, cache: Path) -> subprocess.Popen[str]:
    kept = environment(home, cache, CIRCLETAKE_WORKERS="2")
    return subprocess.Popen(
        command(*arguments(folder)), env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def rows(home: Path, query: str) -> list[tuple[str, ...]]:
    try:
        connection = sqlite3.connect(f"file:{home / 'circletake.db'}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return []
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def acknowledged(home: Path) -> Counter[str]:
    """Return how many clips each file has that counts as added."""
    return Counter(name for (name,) in rows(home, "SELECT file FROM clip"))


def wait_for(files: int, home: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while len(acknowledged(home)) < files and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None, "it was over before it could be killed"


def workers_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def names_stored(home: Path) -> set[str]:
    """Return every file that a clip names."""
    documents = [json.loads(document) for (document,) in rows(home, "SELECT document FROM clip")]
    return {one[kind] for one in documents for kind in ("proxy", "preview", "poster")}


@pytest.mark.parametrize("files", [0, 2, 5])
def test_a_killed_add_loses_nothing_it_stored_and_goes_on(
    circletake: Run, footage: Path, home: Path, starter_cache: Path, files: int
):
    process = start(footage, home, starter_cache)
    wait_for(files, home, process)
    if not files:
        time.sleep(2.5)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    before = acknowledged(home)
    assert set(before.values()) <= {1}
    done = circletake(*arguments(footage))
    assert done.code == 0, done.err
    told = Counter(one["outcome"] for one in done.json["files"])
    assert told == Counter({"unchanged": len(before), "added": FILES - len(before)} if before else {"added": FILES})
    assert acknowledged(home) == Counter({f"{number}.mp4": 1 for number in range(1, FILES + 1)})
    for uri in names_stored(home):
        assert (home / "media" / uri.removeprefix("media/")[:2] / uri.removeprefix("media/")).stat().st_size
    assert list((home / "ingest").glob("*")) == []


def test_a_worker_that_is_killed_once_costs_nothing(footage: Path, home: Path, starter_cache: Path):
    process = start(footage, home, starter_cache)
    wait_for(1, home, process)
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    assert {one["outcome"] for one in json.loads(out)["files"]} == {"added"}
    assert process.returncode == 0


def test_two_adds_at_once_take_turns(footage: Path, home: Path, starter_cache: Path):
    both = [start(footage, home, starter_cache) for _ in range(2)]
    told = [{one["outcome"] for one in json.loads(one.communicate(timeout=200)[0])["files"]} for one in both]
    assert sorted(told, key=sorted) == [{"added"}, {"unchanged"}]
    assert len(acknowledged(home)) == FILES
