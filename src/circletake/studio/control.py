"""Turn a production: cancel it, take it back to a step, say what became of a doubtful call."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

from circletake.domain.operation import FINISHED, Operation
from circletake.errors import Cancelled, LeaseHeld, UsageError
from circletake.runtime.driving import driving

if TYPE_CHECKING:
    from circletake.studio.room import Film, Studio

Rerun = Literal["plan", "catalog", "generate", "review", "conform", "assemble", "publish"]
"""Steps that a production can be taken back to."""
RERUN: tuple[Rerun, ...] = get_args(Rerun)
_ANEW = ("plan", "catalog", "generate", "review")
"""Steps after which an editor chooses anew."""


@dataclass(frozen=True)
class Stopped:
    """What a cancellation came to."""

    production: str
    cancelled: int
    """Operations that were never begun."""
    collected: int
    """Operations that were paid for, and whose results are kept."""
    spent: Decimal
    unknown: int
    driver: str
    """Who drives it, and stops within a second; empty when nobody did."""


def cancel(studio: Studio, production: str) -> Stopped:
    """Begin nothing more for a production. What was sent to a provider is paid, and is collected.

    A process that drives it sees that within a second, and collects; when nobody drives it, this process does.

    Raises:
        UnknownId: there is no such production.
        UsageError: it is done, or cancelled already and nothing is left to collect.
    """
    standing = studio.productions.standing(production)
    if standing.status == "done":
        raise UsageError(f"production {production} is done: there is nothing to cancel")
    studio.productions.cancel(production, at=studio.clock.now())
    driver = ""
    try:
        with driving(studio.leases, production):
            collect(studio, production)
    except LeaseHeld:
        driver = studio.leases.holder(production)
    operations = studio.operations.of(production)
    paid = [one for one in operations if one.quote > 0]
    return Stopped(
        production=production,
        cancelled=sum(one.state == "cancelled" for one in operations),
        collected=sum(one.state == "done" for one in paid),
        spent=studio.operations.spent(production),
        unknown=sum(one.state == "unknown" for one in operations),
        driver=driver,
    )


def collect(studio: Studio, production: str) -> None:
    """Give up what was not begun, and fetch what was paid for; the caller drives the production."""
    from circletake.studio.wiring import journal_of

    left = [one for one in studio.operations.of(production) if one.state not in FINISHED]
    with ExitStack() as held, suppress(Cancelled):
        journal_of(studio, production, _generators(studio, left), held=held).drain(left, progress=studio.progress)
    message = f"cancelled; shoot on: circletake rerun {production} --from generate"
    studio.productions.set_status(production, "cancelled", message=message)


def _generators(studio: Studio, operations: list[Operation]) -> list[str]:
    known = {studio.productions.terms(one.production).generator for one in operations}
    return sorted(known | {one.generator for one in operations if one.handle is not None})


def rerun(studio: Studio, production: str, step: Rerun) -> Film:
    """Take a production back to a step and drive it from there, in a new round: nothing that was made is lost.

    From `generate` on all takes are shot anew, beside those that there are; from `conform` on finals are made anew,
    from `assemble` on there is a new cut. After `generate` and `review` an editor circles again.

    Raises:
        UnknownId: there is no such production.
        UsageError: it has not come to that step yet.
        LeaseHeld: another process drives it.
    """
    from circletake.graph import production_graph
    from circletake.runtime.forking import fork

    terms = studio.productions.terms(production)
    with driving(studio.leases, production) as driver, studio.driven(production, terms, driver=driver) as crew:
        round = 1 + max((take.round for take in studio.takes.takes(production)), default=1)
        plan = studio.plans.latest(production)
        values: dict[str, object] = {"reshoot": [], "cut_version": studio.cuts.latest(production) + 1}
        if step == "publish":
            values = {}
        elif step in _ANEW:
            values |= {"round": round, "first_round": round}
        if step == "plan" and plan is not None:
            values["plans_before"] = plan[0]
        fork(production_graph(crew), production, step, values)
        studio.productions.take_back(production)
        if step in _ANEW:
            studio.choices.clear(production, who=studio.settings.who, at=studio.clock.now(), round=round)
        if step in (*_ANEW, "conform"):
            studio.finals.forget(production)
    return studio.resume(production)


def reconcile(studio: Studio, key: str, *, charged: bool) -> Operation:
    """Put on record what a person found out about an unknown operation.

    Raises:
        UnknownId: there is no such operation.
        UsageError: its state is known.
    """
    studio.operations.get(key)
    with studio.operations.batch() as batch:
        batch.resolve(key, charged=charged, who=studio.settings.who)
    return studio.operations.get(key)
