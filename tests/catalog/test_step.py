"""The catalog step: every shot gets its references, or the production is told what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from circletake import catalog
from circletake.catalog import Search
from circletake.domain.brief import Brief, Terms
from circletake.domain.clip import Clip
from circletake.domain.look import StyleTarget
from circletake.domain.plan import Plan, Scene
from circletake.domain.production import Production, Update
from circletake.domain.rights import RightsContext, permits
from circletake.errors import Shortfall, UnknownId
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.clips import Clips
from circletake.runtime.database.engine import Database
from circletake.runtime.database.plans import Plans
from circletake.runtime.database.productions import Productions
from circletake.runtime.database.references import References
from tests.catalog.synthetic import SUBJECTS, WORLDWIDE, a_clip, asking, many_clips, opened
from tests.domain.examples import PLAN, SHOT

RIGHTS = asking("derivative", "publish", territories=("DE", "FR"))
LOOK_ONLY = WORLDWIDE.model_copy(update={"uses": ("style_reference",)})


@dataclass(frozen=True)
class House:
    """A home with one production in it."""

    clips: Clips
    search: Search
    plans: Plans
    productions: Productions
    references: References

    def stock(self, *clips: Clip) -> None:
        self.clips.put(clips)
        self.search.sync()

    def planned(self, *, rights: RightsContext = RIGHTS) -> Production:
        """Store a plan of three shots and return the state that the step is given."""
        shots = tuple(
            SHOT.model_copy(
                update={
                    "slate": f"1{letter}",
                    "frames": 16,
                    "search": f"stormy {subject}",
                    "style": StyleTarget(luma=luma),
                    "title": "",
                }
            )
            for letter, subject, luma in zip("ABC", SUBJECTS[1::2], (0.2, 0.5, 0.8), strict=False)
        )
        scene = Scene(number=1, heading="EXT.", summary="Weather.", shots=shots)
        plan = Plan.model_validate(PLAN.model_dump() | {"scenes": (scene,), "rights": rights})
        return Production(production="p", plan_version=self.plans.add("p", plan, by="planner"))

    def run(self, state: Production, *, k: int = 8) -> Update:
        return catalog.run(
            state,
            plans=self.plans,
            productions=self.productions,
            references=self.references,
            search=self.search,
            k=k,
        )


@pytest.fixture
def house(tmp_path: Path) -> House:
    clips, search = opened(tmp_path)
    database = Database(tmp_path)
    productions = Productions(database)
    productions.add("p", brief=Brief(text="A storm over the glacier, 20 s"), terms=Terms(), at=0.0)
    return House(clips, search, Plans(database, clock=SystemClock()), productions, References(database))


def test_every_shot_and_the_brief_as_a_whole_get_eight_references(house: House):
    house.stock(*many_clips(200))
    state = house.planned()
    assert house.run(state) == {"referenced_version": state.plan_version}
    for slate in ("", "1A", "1B", "1C"):
        found = house.references.of("p", state.plan_version, slate)
        assert len({one.clip_id for one in found}) == 8
        for one in found:
            assert permits(house.clips.get(one.clip_id).licence, RIGHTS.for_uses("style_reference")).allowed
            assert one.may_cut_in == permits(house.clips.get(one.clip_id).licence, RIGHTS).allowed
    for slate, subject in zip(("1A", "1B", "1C"), SUBJECTS[1::2], strict=False):
        assert subject in house.references.of("p", state.plan_version, slate)[0].caption


def test_running_it_again_changes_nothing(house: House):
    house.stock(*many_clips(60))
    state = house.planned()
    house.run(state)
    before = [house.references.of("p", state.plan_version, slate) for slate in ("", "1A", "1B", "1C")]
    house.run(state)
    assert before == [house.references.of("p", state.plan_version, slate) for slate in ("", "1A", "1B", "1C")]


def test_an_edited_plan_keeps_its_own_references(house: House):
    house.stock(*many_clips(60))
    first, second = house.planned(), house.planned()
    house.run(first)
    house.run(second)
    assert (first.plan_version, second.plan_version) == (1, 2)
    assert house.references.of("p", 1, "1A") == house.references.of("p", 2, "1A")


def test_half_of_the_references_may_be_cut_in_where_the_catalogue_holds_so_many(house: House):
    steering = [a_clip(f"look {n}", licence=LOOK_ONLY, caption="stormy corridor") for n in range(20)]
    footage = [a_clip(f"footage {n}", caption="something else altogether") for n in range(6)]
    house.stock(*steering, *footage)
    state = house.planned()
    house.run(state)
    found = house.references.of("p", state.plan_version, "1A")
    assert [one.may_cut_in for one in found] == [False] * 4 + [True] * 4
    assert len({one.clip_id for one in found}) == 8


def test_one_clip_that_may_be_cut_in_is_enough_to_go_on(house: House):
    house.stock(a_clip("only"), *[a_clip(f"look {n}", licence=LOOK_ONLY) for n in range(9)])
    state = house.planned()
    house.run(state)
    for slate in ("", "1A", "1B", "1C"):
        found = house.references.of("p", state.plan_version, slate)
        assert sum(one.may_cut_in for one in found) == 1
        assert len(found) == 8


def test_with_nothing_to_cut_in_it_is_said_what_is_missing_and_why(house: House):
    faces = WORLDWIDE.model_copy(update={"people_release": "missing"})
    house.stock(
        *[a_clip(f"look {n}", licence=LOOK_ONLY) for n in range(3)],
        *[a_clip(f"faces {n}", licence=faces) for n in range(2)],
    )
    state = house.planned()
    with pytest.raises(Shortfall) as caught:
        house.run(state)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(
        "0 of 5 clips may be cut into this film: it needs derivative and publish in DE and FR, web, "
        "2026-11-22 to 2027-11-22; refused because: derivative, publish not allowed (3); people release is missing (2)."
    )
    assert house.references.of("p", state.plan_version, "1A") == ()


def test_an_empty_catalogue_is_said_to_be_empty(house: House):
    with pytest.raises(Shortfall, match="the catalogue is empty"):
        house.run(house.planned())


def test_a_plan_that_is_not_there_is_not_searched_for(house: House):
    house.stock(a_clip("one"))
    with pytest.raises(UnknownId, match="has no plan 3"):
        house.run(Production(production="p", plan_version=3))
