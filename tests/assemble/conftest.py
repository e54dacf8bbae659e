"""A file store, and an identity that signs: its certificates are in force today, as libc2pa goes by the real clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from circletake.assemble import LocalSigner, make_identity
from circletake.runtime.clock import SystemClock
from circletake.runtime.files import FileStore


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "studio")


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LocalSigner:
    return make_identity(tmp_path_factory.mktemp("signer") / "keys", clock=SystemClock())
