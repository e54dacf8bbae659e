"""A catalogue and a planner for every test of this room."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from circletake.domain.brief import Brief
from circletake.domain.plan import Plan
from circletake.plan import Storyboard
from tests.plan.footage import ROWS, TODAY, InMemoryCatalogue, make_clip


@pytest.fixture
def catalogue() -> InMemoryCatalogue:
    return InMemoryCatalogue(make_clip(row) for row in ROWS)


@pytest.fixture
def plan_of(catalogue: InMemoryCatalogue) -> Callable[..., Plan]:
    def plan(text: str, *, seed: int = 1, **flags: object) -> Plan:
        brief = Brief.model_validate({"text": text, **flags})
        return Storyboard().plan(brief, seed=seed, today=TODAY, references=catalogue)

    return plan
