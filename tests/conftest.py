"""A studio with the starter catalogue, made by the shipped program itself; the footage is drawn once a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import postgres

BRIEF = "A24-style cold-open, 20s, dread tone"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.out)


def environment(home: Path, cache: Path, **more: str) -> dict[str, str]:
    """Return an environment in which only this home and this cache exist."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIRCLETAKE_")}
    return {**kept, "CIRCLETAKE_HOME": str(home), "CIRCLETAKE_CACHE": str(cache), "CIRCLETAKE_WHO": "Ada", **more}


def command(*arguments: str) -> list[str]:
    """Return the command line of circletake."""
    return [sys.executable, "-m", "circletake", *arguments]


@pytest.fixture(scope="session")
def starter_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the starter footage is drawn, shared by the workers of one test session."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    cache = shared / "starter-cache"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A throwaway PostgreSQL for the tests of this process; they are skipped where it is not installed."""
    with postgres.throwaway() as server:
        if server is None:
            pytest.skip(postgres.ABSENT)
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """URL of a fresh database; it is dropped after the test."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "studio"


@pytest.fixture
def circletake(home: Path, starter_cache: Path) -> Callable[..., Ran]:
    """Run the command line as a process of its own."""

    def run(*arguments: str, timeout: float = 800, **more: str) -> Ran:
        done = subprocess.run(
            command(*arguments),
            env=environment(home, starter_cache, **more),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
