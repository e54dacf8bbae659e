"""The step: once for every production, with the seed of its terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pytest

from circletake.domain.brief import Brief, Terms
from circletake.domain.plan import Plan
from circletake.domain.ports import ReferenceSearch
from circletake.domain.production import Production
from circletake.errors import BriefError, HandoffInvalid, UnknownId
from circletake.plan import Storyboard, run
from tests.plan.footage import TODAY, InMemoryCatalogue

BRIEF = Brief(text="A24-style cold-open, 20s, dread tone")
STATE = Production(production="p1")


class StoppedClock:
    """A clock that stands at the day of the tests."""

    def now(self) -> float:
        return 0.0

    def today(self) -> date:
        return TODAY

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"planning waits for nothing, asked for {seconds} s")


@dataclass
class Books:
    """Briefs, terms and plans in memory, with the methods of the database's repositories."""

    briefs: dict[str, Brief] = field(default_factory=lambda: {"p1": BRIEF})
    seed: int = 5
    plans: list[tuple[Plan, str]] = field(default_factory=list)

    def brief(self, production: str) -> Brief:
        if production not in self.briefs:
            raise UnknownId(f"there is no production {production!r}")
        return self.briefs[production]

    def terms(self, production: str) -> Terms:
        return Terms(seed=self.seed)

    def latest(self, production: str) -> tuple[int, Plan] | None:
        return (len(self.plans), self.plans[-1][0]) if self.plans else None

    def get(self, production: str, version: int) -> Plan:
        return self.plans[version - 1][0]

    def add(self, production: str, plan: Plan, *, by: Literal["planner", "person"]) -> int:
        self.plans.append((plan, by))
        return len(self.plans)


class Careless:
    """A planner that returns a plan for another brief."""

    name = "careless"

    def plan(self, brief: Brief, *, seed: int, today: date, references: ReferenceSearch) -> Plan:
        other = brief.model_copy(update={"text": "5 s teaser", "duration": None})
        return Storyboard().plan(other, seed=seed, today=today, references=references)


def test_a_production_is_planned_once_and_the_seed_is_that_of_its_terms(catalogue: InMemoryCatalogue):
    books = Books()
    for _ in range(2):
        update = run(
            STATE,
            planner=Storyboard(),
            references=catalogue,
            productions=books,
            plans=books,
            clock=StoppedClock(),
        )
        assert update == {"plan_version": 1}
    assert [by for _, by in books.plans] == ["planner"]
    assert books.plans[0][0] == Storyboard().plan(BRIEF, seed=5, today=TODAY, references=catalogue)


def test_a_later_version_by_a_person_is_kept(catalogue: InMemoryCatalogue):
    books = Books()
    for by in ("planner", "person"):
        books.plans.append((Storyboard().plan(BRIEF, seed=1, today=TODAY, references=catalogue), by))
    update = run(
        STATE, planner=Storyboard(), references=catalogue, productions=books, plans=books, clock=StoppedClock()
    )
    assert update == {"plan_version": 2}


def test_a_plan_that_is_not_what_was_asked_for_is_not_stored(catalogue: InMemoryCatalogue):
    books = Books(briefs={"p1": Brief.model_validate({"text": "teaser", "duration": "20/1"})})
    with pytest.raises(HandoffInvalid, match="120 frames"):
        run(STATE, planner=Careless(), references=catalogue, productions=books, plans=books, clock=StoppedClock())
    assert books.plans == []


def test_an_unknown_production_and_an_empty_brief_are_not_planned(catalogue: InMemoryCatalogue):
    books = Books(briefs={"p1": Brief(text="  ")})
    with pytest.raises(BriefError):
        run(STATE, planner=Storyboard(), references=catalogue, productions=books, plans=books, clock=StoppedClock())
    lost = Production(production="p2")
    with pytest.raises(UnknownId):
        run(lost, planner=Storyboard(), references=catalogue, productions=books, plans=books, clock=StoppedClock())
    assert books.plans == []
