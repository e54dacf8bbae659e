"""The starter catalogue, drawn once a test session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.starting import StarterHome, starter_home_in


@pytest.fixture(scope="session")
def starter_home(starter_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> StarterHome:
    """A home with the starter catalogue; to be read, not changed."""
    return starter_home_in(tmp_path_factory.mktemp("studio"), starter_cache)
