"""The contract of a planner; an adapter that is not listed here does not exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from circletake.domain.brief import Brief
from circletake.domain.ports import Planner
from circletake.domain.rights import permits
from circletake.errors import BriefError, Shortfall
from circletake.plan import Storyboard, check_plan
from tests.plan.footage import ROWS, TODAY, InMemoryCatalogue, make_clip

ADAPTERS: dict[str, Callable[[], Planner]] = {"storyboard": Storyboard}
ASKED = {
    "duration": "15/1",
    "aspect": "9:16",
    "territories": ["DE", "FR"],
    "media": ["web"],
    "release": "2027-01-01",
    "until": "2027-06-30",
}


@pytest.fixture(params=sorted(ADAPTERS))
def planner(request: pytest.FixtureRequest) -> Planner:
    return ADAPTERS[request.param]()


@pytest.fixture
def catalogue() -> InMemoryCatalogue:
    return InMemoryCatalogue(make_clip(row) for row in ROWS)


def test_a_planner_has_the_name_it_is_registered_under(planner: Planner):
    assert planner.name in ADAPTERS
    assert type(ADAPTERS[planner.name]()) is type(planner)


@pytest.mark.parametrize(
    "text", ["20s cold open, dread", "Spot, 12 Sekunden, ein Hund", "Un teaser", "Anuncio: un perro"]
)
def test_a_plan_passes_the_handoff(text: str, planner: Planner, catalogue: InMemoryCatalogue):
    brief = Brief(text=text)
    check_plan(planner.plan(brief, seed=1, today=TODAY, references=catalogue), brief=brief)


def test_a_plan_honours_what_was_said_beside_the_text(planner: Planner, catalogue: InMemoryCatalogue):
    brief = Brief.model_validate({"text": "20 s teaser, 16:9, worldwide", **ASKED})
    plan = check_plan(planner.plan(brief, seed=1, today=TODAY, references=catalogue), brief=brief)
    assert (plan.frames, plan.aspect, set(plan.rights.territories)) == (360, "9:16", {"DE", "FR"})


def test_a_plan_names_only_clips_that_may_be_cut_in(planner: Planner):
    clips = [make_clip(row, territories=("US",) if index % 2 else ("WORLD",)) for index, row in enumerate(ROWS)]
    catalogue = InMemoryCatalogue(clips)
    plan = planner.plan(Brief(text="20 s teaser for Germany"), seed=1, today=TODAY, references=catalogue)
    grounded = [name for shot in plan.shots for name in shot.grounded_in]
    assert grounded
    assert all(permits(catalogue.clip(name).licence, plan.rights).allowed for name in grounded)


def test_what_cannot_be_planned_is_refused(planner: Planner, catalogue: InMemoryCatalogue):
    with pytest.raises(BriefError):
        planner.plan(Brief(text=" "), seed=1, today=TODAY, references=catalogue)
    with pytest.raises(Shortfall):
        planner.plan(Brief(text="20 s teaser"), seed=1, today=TODAY, references=InMemoryCatalogue(()))
