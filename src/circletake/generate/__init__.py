"""Generate: shots -> takes. Plans operations, has them driven, keeps the takes, and shoots again what failed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from circletake.domain.moments import Moment
from circletake.domain.operation import Operation
from circletake.domain.plan import Plan
from circletake.domain.ports import Progress, RightsCheck, Work
from circletake.domain.production import Production, Update
from circletake.errors import CircletakeError
from circletake.generate.base import (
    Capabilities,
    ClipSource,
    Generator,
    HouseFormat,
    OnUnknown,
    PlanSource,
    ReferenceSource,
    Request,
    ShotOrder,
    TakeKeeper,
    TermsSource,
)
from circletake.generate.casting import Cast, cast, share_out
from circletake.generate.conform import conform
from circletake.generate.duplicates import Rivals
from circletake.generate.ripomatic import Ripomatic
from circletake.generate.unit import PASSES, Numbers, Unit

__all__ = ["SPARE", "Capabilities", "Generator", "HouseFormat", "OnUnknown", "Ripomatic", "ShotOrder", "conform", "run"]

log = logging.getLogger(__name__)

SPARE = 100_000
"""Operations of a generator that takes over are numbered after this: no shot has as many from the one before."""


def run(
    state: Production,
    *,
    plans: PlanSource,
    terms: TermsSource,
    references: ReferenceSource,
    clips: ClipSource,
    takes: TakeKeeper,
    generator: Generator,
    rights: RightsCheck,
    work: Work,
    house: HouseFormat,
    progress: Progress,
    on_unknown: OnUnknown = "replace",
    numbers_from: int = 0,
) -> Update:
    """Shoot every shot of the plan, or those that the review sent back.

    A take that fails quality control is kept with its reasons and replaced within the round, at most twice. So are
    takes that may have been paid for, but did not come, if `on_unknown` is `replace`; with `wait` they are left out
    until a person has reconciled them. Replacements never go beyond the budget.

    A generator that takes over numbers its operations from `SPARE` on.

    Raises:
        Shortfall: there is no footage left for a shot.
        BudgetRefused: the takes cost more than may be spent; nothing was sent.
    """
    plan = plans.get(state.production, state.plan_version)
    wanted = terms.terms(state.production).takes_for([shot.slate for shot in plan.shots])
    slates = _slates(state, plan, wanted, takes=takes, generator=generator if numbers_from else None)
    offers = _offers(state, plan, references=references, clips=clips, rights=rights)
    moments = _moments(state, plan, offers, takes=takes, generator=generator)
    seed = terms.terms(state.production).seed
    unit = Unit(state, plan, generator, offers=offers, moments=moments, seed=seed, house=house, after=numbers_from)
    rivals = {slate: Rivals() for slate in slates}
    numbers = {slate: Numbers(takes.takes(state.production, slate)) for slate in slates}
    expected: Counter[str] = Counter()
    for again in range(PASSES):
        missing = {slate: wanted[slate] - rivals[slate].good - expected[slate] for slate in slates}
        planned = [job for slate in slates if missing[slate] > 0 for job in unit.plan(slate, missing[slate])]
        if again:
            planned = _affordable(planned, work.left(state.production))
        if not planned:
            break
        stopped = _drained(work, planned, progress)
        for slate in slates:
            of_shot = [job for job in planned if job[0].slate == slate]
            for fresh in unit.takes(of_shot, work, numbers=numbers[slate], rivals=rivals[slate]):
                takes.add(fresh)
            if on_unknown == "wait":
                expected[slate] += _unknown(of_shot, work)
            if rivals[slate].good + expected[slate] >= wanted[slate]:
                rivals[slate].let_go()
        if stopped is not None:
            raise stopped
    return {}


def _drained(work: Work, planned: Sequence[tuple[Operation, Request]], progress: Progress) -> CircletakeError | None:
    """Have operations driven; returns what stopped them, so that what came before is kept as takes first."""
    try:
        work.drain([operation for operation, _ in planned], progress=progress)
    except CircletakeError as error:
        return error
    return None


def _slates(
    state: Production, plan: Plan, wanted: Mapping[str, int], *, takes: TakeKeeper, generator: Generator | None
) -> list[str]:
    """Return the shots to shoot: with a generator that takes over, those of which others have not enough good takes.

    Such a shot it shoots as if there were none, so that the order is the same when a killed process goes on with it.
    """
    slates = [shot.slate for shot in plan.shots if shot.slate in state.reshoot or not state.reshoot]
    if generator is None:
        return slates

    def good(slate: str) -> int:
        made = (take for take in takes.takes(state.production, slate) if take.round == state.round)
        return sum(take.qc.passed and take.generator != generator.name for take in made)

    return [slate for slate in slates if good(slate) < wanted[slate]]


def _affordable(planned: Sequence[tuple[Operation, Request]], left: Decimal) -> list[tuple[Operation, Request]]:
    """Return the replacements that the budget allows, the first ones first; those that stand already cost nothing."""
    chosen: list[tuple[Operation, Request]] = []
    for operation, request in planned:
        if operation.quote <= left:
            left -= operation.quote
            chosen.append((operation, request))
    if len(chosen) < len(planned):
        log.warning("the budget does not allow %d more takes in place of those that failed", len(planned) - len(chosen))
    return chosen


def _unknown(planned: Sequence[tuple[Operation, Request]], work: Work) -> int:
    """Return how many takes may have been paid for although nobody knows."""
    states = work.states([operation.key for operation, _ in planned])
    return sum(request.outputs for operation, request in planned if states.get(operation.key) == "unknown")


def _offers(
    state: Production, plan: Plan, *, references: ReferenceSource, clips: ClipSource, rights: RightsCheck
) -> dict[str, Cast]:
    slates = ["", *(shot.slate for shot in plan.shots)]
    found = {slate: references.of(state.production, state.referenced_version, slate) for slate in slates}
    names = [name for shot in plan.shots for name in shot.grounded_in]
    names += [one.clip_id for hits in found.values() for one in hits]
    verdicts = rights.check(dict.fromkeys(names), plan.rights.for_cut_in())
    allowed = frozenset(name for name, verdict in verdicts.items() if verdict.allowed)
    return cast(plan, found, clips.many(list(dict.fromkeys(names))), allowed)


def _moments(
    state: Production, plan: Plan, offers: Mapping[str, Cast], *, takes: TakeKeeper, generator: Generator
) -> Mapping[str, tuple[Moment, ...]]:
    """Share the footage out over all shots, also those that are not shot again; the same within a round."""
    if not generator.capabilities().needs_footage:
        return {}
    before = [take for take in takes.takes(state.production) if take.round < state.round]
    return share_out(plan, offers, takes=before)
