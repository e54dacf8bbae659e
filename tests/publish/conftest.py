"""A film that a person has approved, ready to leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.publish.film import Desk, a_desk, ready


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = ready(tmp_path / "studio")
    yield desk
    desk.house.database.dispose()


@pytest.fixture
def nobodys(tmp_path: Path) -> Iterator[Desk]:
    """The same film, decided by nobody."""
    desk = ready(tmp_path / "studio", by="provisional")
    yield desk
    desk.house.database.dispose()


@pytest.fixture
def uncut(tmp_path: Path) -> Iterator[Desk]:
    """Takes that nobody has looked at yet."""
    desk = a_desk(tmp_path / "studio")
    yield desk
    desk.house.database.dispose()
