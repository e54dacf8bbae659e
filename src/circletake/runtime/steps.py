"""The measured wrapper: every step runs through it, none can opt out.

It runs a step under its own deadline, validates what the step hands over, tries again what may be tried again, and
writes a row for every attempt, before the attempt begins (so that a killed one stays on record as lost).
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt
from pydantic import ValidationError

from circletake.domain.money import to_micros
from circletake.domain.ports import Clock
from circletake.domain.production import Production, Update
from circletake.domain.schema import first_problem
from circletake.errors import (
    BudgetRefused,
    Cancelled,
    CircletakeError,
    DatabaseLost,
    Fatal,
    HandoffInvalid,
    Incomplete,
    QuotaExhausted,
    RateLimited,
    RejectedByPolicy,
    Retryable,
    RightsError,
    Shortfall,
    StepTimedOut,
    UsageError,
    WaitingForPerson,
    WorkerLost,
)
from circletake.runtime.database.attempts import Attempts, StepAttempt, StepOutcome
from circletake.runtime.database.engine import fenced
from circletake.runtime.driving import Driver
from circletake.runtime.telemetry import Ended, Telemetry

log = logging.getLogger(__name__)

Step = Callable[[Production], Update]
"""A department's turn."""

RETRIED: tuple[type[CircletakeError], ...] = (
    RateLimited,
    Retryable,
    HandoffInvalid,
    StepTimedOut,
    WorkerLost,
    DatabaseLost,
)
"""What is worth another attempt. Everything else would fail again."""
FALLS_BACK: tuple[type[CircletakeError], ...] = (
    *(kind for kind in RETRIED if kind is not DatabaseLost),
    QuotaExhausted,
    Fatal,
    RejectedByPolicy,
    Incomplete,
)
"""What another route may still do, when the main one failed for good with it."""
REFUSED: tuple[type[CircletakeError], ...] = (UsageError, RightsError, Shortfall, BudgetRefused)
"""Correct refusals: the step worked, the request may not go on."""


@dataclass(frozen=True)
class Policy:
    """How long a step may take, and how often it is tried."""

    deadline_s: float = 900.0
    attempts: int = 3
    pause_s: float = 0.5
    """Before the second attempt; doubles with every further one."""


@dataclass(frozen=True)
class Route:
    """Another way to take a step: another planner, another generator. Only there because somebody set it up."""

    name: str
    """Of what takes the step on this route, as the record shows it."""
    step: Step


class Named(Protocol):
    """What takes a step: a planner, a generator."""

    name: str


def route_by(other: Named | None, step: Callable[..., Update], **using: object) -> Route | None:
    """Return the route on which something else takes a step, or `None` where nothing else is set up."""
    return None if other is None else Route(other.name, partial(step, **using))


@dataclass
class StepLedger:
    """Measures the steps of the production that this process drives."""

    attempts: Attempts
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    driver: Driver | None = None
    """Set while a production is driven."""
    told: Callable[[str, str], None] = lambda step, what: None
    """Called with (step, `begins` or its outcome); shells show it."""
    spent: Callable[[str], Decimal] = lambda production: Decimal(0)
    """What a production was charged so far, in USD."""
    made_with: Mapping[str, str] = field(default_factory=dict)
    """Step -> what takes it on the main route: planner, generator."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Planner or generator -> name and version of the model behind it."""
    telemetry: Telemetry = field(default_factory=Telemetry)
    cancelled: Callable[[str], bool] = lambda production: False
    """Whether a person cancelled a production: then no further step begins."""

    def run(self, name: str, step: Step, state: Production, fallback: Route | None = None) -> Update:
        """Run one turn of a step: as many attempts as the policy allows, then as many on the other route, if any.

        Raises:
            WaitingForPerson: a person decides here.
            Cancelled: the production was cancelled.
            CircletakeError: the step failed for good.
        """
        if self.cancelled(state.production):
            raise Cancelled(f"production {state.production} was cancelled")
        visit = self.attempts.next_visit(state.production, name)
        try:
            return self._tried(name, step, state, visit=visit, route="", last=fallback is None)
        except FALLS_BACK as error:
            if fallback is None:
                raise
            log.warning("%s: %s; going on with %s", name, error, fallback.name)
            return self._tried(name, fallback.step, state, visit=visit, route=fallback.name, last=True)

    def _tried(self, name: str, step: Step, state: Production, *, visit: int, route: str, last: bool) -> Update:
        pause = self.policy.pause_s
        for attempt in range(1, self.policy.attempts + 1):
            try:
                final = last and attempt == self.policy.attempts
                return self._attempt(name, step, state, visit=visit, attempt=attempt, route=route, last=final)
            except RETRIED as error:
                if attempt == self.policy.attempts:
                    raise
                log.warning("%s: %s; attempt %d of %d", name, error, attempt + 1, self.policy.attempts)
                self.clock.sleep(max(pause, error.delay_s if isinstance(error, RateLimited) else 0.0))
                pause *= 2
        raise AssertionError("a policy allows at least one attempt")

    def _attempt(
        self, name: str, step: Step, state: Production, *, visit: int, attempt: int, route: str, last: bool
    ) -> Update:
        assert self.driver is not None, "a step runs only while its production is driven"
        made_by = route or self.made_with.get(name, "")
        row = StepAttempt(
            production=state.production,
            step=name,
            visit=visit,
            attempt=attempt,
            outcome="lost",
            started_at=self.clock.now(),
            seconds=0.0,
            token=self.driver.fence.token,
            route=route,
            generator=made_by,
            model=self.models.get(made_by, ""),
        )
        with self.telemetry.attempt(row) as ended:
            return self._recorded(row, step, state, ended=ended, last=last)

    def _recorded(self, row: StepAttempt, step: Step, state: Production, *, ended: Ended, last: bool) -> Update:
        """Run an attempt between its row's begin and its end."""
        before = self.spent(row.production)
        number = self.attempts.begin(row)
        self.told(row.step, "begins")
        started = self.clock.monotonic()
        outcome: StepOutcome = "lost"
        error_class: str | None = None
        try:
            update = self._validated(row.step, state, self._within_deadline(row.step, step, state))
            outcome = "done"
            return update
        except BaseException as error:
            error_class = type(error).__name__
            outcome = _outcome_of(error, last=last)
            raise
        finally:
            seconds = self.clock.monotonic() - started
            spent = to_micros(max(Decimal(0), self.spent(row.production) - before))
            self.attempts.end(number, outcome=outcome, error_class=error_class, seconds=seconds, spent_micros=spent)
            ended(outcome, error_class, seconds, spent)
            self.told(row.step, outcome)

    def _within_deadline(self, name: str, step: Step, state: Production) -> Update:
        assert self.driver is not None
        driver = self.driver
        result: list[Update] = []
        raised: list[BaseException] = []

        def turn() -> None:
            try:
                with fenced(driver.fence):
                    result.append(step(state))
            except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
                raised.append(error)

        thread = threading.Thread(target=contextvars.copy_context().run, args=(turn,), name=name, daemon=True)
        thread.start()
        thread.join(self.policy.deadline_s)
        if thread.is_alive():
            driver.give_up()
            raise StepTimedOut(f"{name} went past its deadline of {self.policy.deadline_s:g} s")
        if raised:
            raise raised[0]
        return result[0]

    @staticmethod
    def _validated(name: str, state: Production, update: Update) -> Update:
        """Check the handoff: the state with the update applied must be a valid state of the same production."""
        if not isinstance(update, dict):
            raise HandoffInvalid(f"{name} handed over {type(update).__name__}, not what changed")
        unknown = set(update) - set(Production.model_fields)
        if unknown or "production" in update:
            raise HandoffInvalid(f"{name} handed over {', '.join(sorted(unknown)) or 'another production'}")
        try:
            Production.model_validate({**state.model_dump(), **update})
        except ValidationError as error:
            raise HandoffInvalid(f"{name} handed over {first_problem(error)}") from error
        return update


def _outcome_of(error: BaseException, *, last: bool) -> StepOutcome:
    if isinstance(error, WaitingForPerson | KeyboardInterrupt | Cancelled):
        return "paused"
    if isinstance(error, RETRIED) and not last:
        return "retried"
    if isinstance(error, HandoffInvalid):
        return "invalid"
    if isinstance(error, StepTimedOut):
        return "timed_out"
    return "refused" if isinstance(error, REFUSED) else "lost"


class Node(Protocol):
    """A node of the graph; LangGraph wants its parameter to be called `state`."""

    def __call__(self, state: Production) -> Update:
        """Run one turn."""
        ...


def measured(name: str, step: Step, ledger: StepLedger, fallback: Route | None = None) -> Node:
    """Return the graph node of a step: measured, retried, rerouted, and paused where a person decides."""

    def node(state: Production) -> Update:
        while True:
            try:
                return ledger.run(name, step, state, fallback)
            except WaitingForPerson as waiting:
                interrupt({"point": waiting.point, "round": waiting.round, "message": str(waiting)})

    node.__name__ = name
    return node


def go_on(app: CompiledStateGraph[Any, Any, Any, Any], production: str) -> WaitingForPerson | None:
    """Begin a production, or take it up wherever it stands: fresh, waiting for a person, failed or killed.

    Returns:
        `None` when it ran to its end, else what it waits for.
    """
    config: Any = {"configurable": {"thread_id": production}, "recursion_limit": 100}
    snapshot = app.get_state(config)
    if not snapshot.values and not snapshot.next:
        begin: Any = {"production": production}
    elif any(task.interrupts for task in snapshot.tasks):
        begin = Command(resume=production)
    elif not snapshot.next:
        return None
    else:
        begin = None
    app.invoke(begin, config, durability="sync")
    waiting = [point for task in app.get_state(config).tasks for point in task.interrupts]
    return WaitingForPerson(**waiting[0].value) if waiting else None
