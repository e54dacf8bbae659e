"""Every step is measured, validated, retried where that helps, and given up at its deadline."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from circletake.domain.production import Production, Update
from circletake.errors import (
    BriefError,
    BudgetRefused,
    Fatal,
    HandoffInvalid,
    LeaseLost,
    MediaError,
    RightsError,
    StepTimedOut,
    WaitingForPerson,
    WorkerLost,
)
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.attempts import Attempts
from circletake.runtime.database.engine import Database
from circletake.runtime.database.leases import Leases
from circletake.runtime.database.productions import Productions
from circletake.runtime.driving import Driver
from circletake.runtime.steps import Policy, Route, StepLedger
from tests.runtime.conftest import PRODUCTION

STATE = Production(production=PRODUCTION)


@pytest.fixture
def ledger(database: Database, clock: SystemClock) -> StepLedger:
    leases = Leases(database, clock=clock)
    driver = Driver(leases, PRODUCTION, leases.claim(PRODUCTION))
    return StepLedger(Attempts(database), clock, policy=Policy(deadline_s=5, attempts=3, pause_s=0.0), driver=driver)


def outcomes(ledger: StepLedger) -> list[tuple[int, str, str | None]]:
    return [(row.attempt, row.outcome, row.error_class) for row in ledger.attempts.all()]


def test_a_step_that_works_is_one_row(ledger: StepLedger):
    assert ledger.run("plan", lambda state: {"plan_version": 1}, STATE) == {"plan_version": 1}
    assert outcomes(ledger) == [(1, "done", None)]


def test_a_passing_fault_is_retried_and_both_attempts_are_rows(ledger: StepLedger):
    faults = [WorkerLost("gone")]

    def step(state: Production) -> Update:
        if faults:
            raise faults.pop()
        return {}

    ledger.run("generate", step, STATE)
    assert outcomes(ledger) == [(1, "retried", "WorkerLost"), (2, "done", None)]


def test_a_handoff_that_does_not_validate_is_never_passed_on(ledger: StepLedger):
    with pytest.raises(HandoffInvalid, match="round"):
        ledger.run("review", lambda state: {"round": 0}, STATE)
    assert [row[1] for row in outcomes(ledger)] == ["retried", "retried", "invalid"]


def test_a_step_cannot_hand_over_another_production(ledger: StepLedger):
    with pytest.raises(HandoffInvalid, match="another production"):
        ledger.run("plan", lambda state: {"production": "x"}, STATE)  # pyright: ignore[reportArgumentType]


def test_a_refusal_is_final_and_not_a_failure_of_the_step(ledger: StepLedger):
    def step(state: Production) -> Update:
        raise BriefError("no length")

    with pytest.raises(BriefError):
        ledger.run("plan", step, STATE)
    assert outcomes(ledger) == [(1, "refused", "BriefError")]


def test_a_fault_that_would_come_again_is_not_retried(ledger: StepLedger):
    def step(state: Production) -> Update:
        raise MediaError("cannot encode")

    with pytest.raises(MediaError):
        ledger.run("assemble", step, STATE)
    assert outcomes(ledger) == [(1, "lost", "MediaError")]


def test_a_pause_for_a_person_is_not_a_failure(ledger: StepLedger):
    def step(state: Production) -> Update:
        raise WaitingForPerson("plan", 1, "approve it")

    with pytest.raises(WaitingForPerson):
        ledger.run("approve", step, STATE)
    assert outcomes(ledger) == [(1, "paused", "WaitingForPerson")]


def test_a_step_past_its_deadline_is_given_up_and_its_late_writes_are_refused(
    ledger: StepLedger, database: Database, tmp_path: Path
):
    ledger.policy = Policy(deadline_s=0.2, attempts=1)
    go_on, refused = threading.Event(), threading.Event()

    def step(state: Production) -> Update:
        go_on.wait(10)
        try:
            Productions(database).set_status(PRODUCTION, "done")
        except LeaseLost:
            refused.set()
        return {}

    with pytest.raises(StepTimedOut):
        ledger.run("generate", step, STATE)
    go_on.set()
    assert refused.wait(10)
    assert Productions(database).standing(PRODUCTION).status == "running"
    assert outcomes(ledger) == [(1, "timed_out", "StepTimedOut")]


def test_an_attempt_is_on_record_as_lost_before_it_begins(ledger: StepLedger):
    seen: list[str] = []

    def step(state: Production) -> Update:
        seen.extend(row.outcome for row in ledger.attempts.all())
        return {}

    ledger.run("plan", step, STATE)
    assert seen == ["lost"]


def broken(state: Production) -> Update:
    raise Fatal("the planner is gone for good")


def spare(state: Production) -> Update:
    return {"plan_version": 1}


def test_another_route_is_taken_where_the_main_one_failed_for_good_and_the_record_says_so(ledger: StepLedger):
    ledger.made_with, ledger.models = {"plan": "dear"}, {"dear": "dear-1", "cheap": "cheap-2"}
    assert ledger.run("plan", broken, STATE, Route("cheap", spare)) == {"plan_version": 1}
    rows = [(row.outcome, row.route, row.generator, row.model) for row in ledger.attempts.all()]
    assert rows == [("lost", "", "dear", "dear-1"), ("done", "cheap", "cheap", "cheap-2")]


def test_no_route_is_taken_around_a_refusal_or_a_person(ledger: StepLedger):
    for error in (BudgetRefused("no money"), RightsError("not allowed"), WaitingForPerson("plan", 1, "approve it")):

        def step(state: Production, error: Exception = error) -> Update:
            raise error

        with pytest.raises(type(error)):
            ledger.run("plan", step, STATE, Route("cheap", spare))
    assert {row.route for row in ledger.attempts.all()} == {""}


def test_a_handoff_of_the_other_route_is_validated_as_well(ledger: StepLedger):
    with pytest.raises(HandoffInvalid):
        ledger.run("plan", broken, STATE, Route("cheap", lambda state: {"round": 0}))
    assert [row[1] for row in outcomes(ledger)] == ["lost", "retried", "retried", "invalid"]
