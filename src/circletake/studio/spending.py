"""What productions cost: estimated, reserved, spent, unknown, saved, and for each thing that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from circletake.domain.money import Quote

if TYPE_CHECKING:
    from circletake.domain.operation import Operation
    from circletake.runtime.database.attempts import StepAttempt
    from circletake.studio.room import Studio

_ENDED = ("done", "paused")
"""Outcomes after which a further attempt of a step is a new turn, not a repetition."""


@dataclass(frozen=True)
class Cost:
    """The money of one production, or of all; USD."""

    production: str | None
    productions: int
    estimate: Decimal
    """What the plans were estimated to cost, before anything was sent."""
    price: str
    """What the estimate rests on; empty for several productions."""
    cap: Decimal | None
    reserved: Decimal
    spent: Decimal
    unknown: Decimal
    left: Decimal
    saved: Decimal
    """What a chain that starts a step again from nothing would have paid again: work that a later attempt of the same
    turn took up."""
    taken_up: int
    """Finished operations, paid and free, that a later attempt took up instead of doing them again."""
    circled: int
    a_circled_take: Decimal | None
    """Spent and unknown, for each circled take."""
    assets: int
    """Published deliverables."""
    an_asset: Decimal | None
    """Spent and unknown, for each asset."""
    baseline: Decimal | None
    """What an asset costs by hand, as given."""
    saved_an_asset: Decimal | None
    break_even: float | None
    """Share of the productions that must end as an asset, for the money to be no more than by hand; above 1 it never
    is."""


def cost(studio: Studio, production: str | None = None, *, baseline: Decimal | None = None) -> Cost:
    """Add up what one production cost, or all of them.

    Raises:
        UnknownId: there is no such production.
    """
    names = [one.id for one in studio.productions.all()]
    if production is not None:
        names = [studio.productions.standing(production).id]
    spending = studio.budgets.studio() if production is None else studio.budgets.of(production)
    estimates = [found for name in names if (found := studio.productions.estimate(name)) is not None]
    circled = sum(len(studio.choices.current(name)) for name in names)
    assets = sum(len(studio.releases.of(name)) for name in names)
    out = spending.spent + spending.unknown
    repeated = [_taken_up(studio.attempts.all(production=name), studio.operations.of(name)) for name in names]
    an_asset = _each(out, assets)
    return Cost(
        production=production,
        productions=len(names),
        estimate=sum((one.amount for one in estimates), Decimal(0)),
        price=_price(estimates) if production is not None else "",
        cap=spending.cap,
        reserved=spending.reserved,
        spent=spending.spent,
        unknown=spending.unknown,
        left=spending.left,
        saved=sum((money for money, _ in repeated), Decimal(0)),
        taken_up=sum(count for _, count in repeated),
        circled=circled,
        a_circled_take=_each(out, circled),
        assets=assets,
        an_asset=an_asset,
        baseline=baseline,
        saved_an_asset=None if baseline is None or an_asset is None else baseline - an_asset,
        break_even=float(out / len(names) / baseline) if baseline and names else None,
    )


def _price(estimates: Sequence[Quote]) -> str:
    return f"{estimates[-1].price}, as of {estimates[-1].as_of}" if estimates else ""


def _each(amount: Decimal, count: int) -> Decimal | None:
    return (amount / count).quantize(Decimal("0.000001")) if count else None


def _taken_up(attempts: Sequence[StepAttempt], operations: Sequence[Operation]) -> tuple[Decimal, int]:
    """Return what was not paid again, and how many operations were not done again, over all repeated attempts."""
    money, count = Decimal(0), 0
    before: dict[str, str] = {}
    for attempt in attempts:
        if attempt.step in before and before[attempt.step] not in _ENDED:
            held = [one for one in operations if one.step == attempt.step and _stood(one, attempt.started_at)]
            count += len(held)
            money += sum((one.spent or Decimal(0) for one in held), Decimal(0))
        before[attempt.step] = attempt.outcome
    return money, count


def _stood(one: Operation, at: float) -> bool:
    """Whether an operation was finished, or accepted by its provider, before a moment."""
    begun = one.submitted_at if one.handle is not None else one.finished_at
    return one.state == "done" and begun is not None and begun < at
