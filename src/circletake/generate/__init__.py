"""Generate: shots -> takes. Plans operations, has them driven, keeps the takes, and shoots again what failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from circletake.domain.moments import Moment
from circletake.domain.operation import Operation, Outcome, Output, operation_key
from circletake.domain.plan import Plan
from circletake.domain.ports import Progress, RightsCheck, Work
from circletake.domain.production import Production, Update
from circletake.domain.quality import QcReport
from circletake.domain.take import Take
from circletake.errors import HandoffInvalid
from circletake.generate.base import (
    Capabilities,
    ClipSource,
    Generator,
    HouseFormat,
    PlanSource,
    ReferenceSource,
    Request,
    ShotOrder,
    TakeKeeper,
    TermsSource,
)
from circletake.generate.casting import Cast, cast, share_out
from circletake.generate.conform import conform
from circletake.generate.duplicates import near_duplicate
from circletake.generate.ripomatic import Ripomatic

__all__ = ["Capabilities", "Generator", "HouseFormat", "Ripomatic", "ShotOrder", "conform", "run"]

log = logging.getLogger(__name__)

PASSES = 3
"""How often a shot is shot within one round until enough takes have passed quality control."""


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
) -> Update:
    """Shoot every shot of the plan, or those that the review sent back.

    A take that fails quality control is kept with its reasons and replaced within the round, at most twice.

    Raises:
        Shortfall: there is no footage left for a shot.
    """
    plan = plans.get(state.production, state.plan_version)
    wanted = terms.terms(state.production).takes_for([shot.slate for shot in plan.shots])
    slates = [shot.slate for shot in plan.shots if shot.slate in state.reshoot or not state.reshoot]
    offers = _offers(state, plan, references=references, clips=clips, rights=rights)
    moments = _moments(state, plan, offers, takes=takes, generator=generator)
    unit = _Unit(
        state,
        plan,
        generator=generator,
        offers=offers,
        moments=moments,
        seed=terms.terms(state.production).seed,
        house=house,
    )
    shot: dict[str, list[Take]] = {slate: [] for slate in slates}
    before = {slate: _numbers_before(takes.takes(state.production, slate), state.round) for slate in slates}
    asked: dict[str, int] = dict.fromkeys(slates, 0)
    for _ in range(PASSES):
        missing = {s: wanted[s] - sum(t.qc.passed for t in shot[s]) for s in slates}
        planned = [job for slate in slates if missing[slate] > 0 for job in unit.plan(slate, missing[slate], asked)]
        if not planned:
            break
        outcomes = work.drain([operation for operation, _ in planned], progress=progress)
        for operation, request in planned:
            slate = operation.slate
            fresh = unit.takes(operation, request, outcomes, after=before[slate] + len(shot[slate]), rivals=shot[slate])
            shot[slate] += fresh
        takes.add([take for row in shot.values() for take in row])
    return {}


def _numbers_before(takes: Sequence[Take], round: int) -> int:
    return max((take.number for take in takes if take.round < round), default=0)


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


class _Unit:
    """The shooting unit of one round: turns shots into operations, and outcomes into takes."""

    def __init__(
        self,
        state: Production,
        plan: Plan,
        *,
        generator: Generator,
        offers: Mapping[str, Cast],
        moments: Mapping[str, tuple[Moment, ...]],
        seed: int,
        house: HouseFormat,
    ) -> None:
        self._state = state
        self._plan = plan
        self._generator = generator
        self._offers = offers
        self._moments = moments
        self._seed = seed
        self._house = house
        self._starts = plan.starts()

    def plan(self, slate: str, missing: int, asked: dict[str, int]) -> list[tuple[Operation, Request]]:
        """Return the operations that should yield `missing` takes; counts them in `asked`."""
        shot = self._plan.shot(slate)
        if shot is None:
            raise HandoffInvalid(f"slate {slate} is not in the plan")
        order = ShotOrder(
            plan=self._plan,
            shot=shot,
            starts_at=self._starts[slate],
            takes=missing,
            skip=asked[slate] + (self._state.round - 1) * PASSES,
            round=self._state.round,
            seed=self._seed,
            cut_in=self._offers[slate].cut_in,
            style=self._offers[slate].style,
            moments=self._moments.get(slate, ()),
            format=self._house,
        )
        planned = []
        for request in self._generator.ask(order):
            asked[slate] += 1
            planned.append((self._operation(slate, asked[slate], request), request))
        return planned

    def _operation(self, slate: str, number: int, request: Request) -> Operation:
        return Operation(
            key=operation_key(self._state.production, "generate", slate, number, self._state.round),
            production=self._state.production,
            step="generate",
            slate=slate,
            number=number,
            round=self._state.round,
            generator=self._generator.name,
            request=request.payload,
            quote=self._generator.quote(request.payload).amount,
        )

    def takes(
        self,
        operation: Operation,
        request: Request,
        outcomes: Mapping[str, Outcome],
        *,
        after: int,
        rivals: Sequence[Take],
    ) -> list[Take]:
        """Return the takes that came of an operation, numbered after `after`, near-duplicates marked as failed."""
        outcome = outcomes.get(operation.key)
        if outcome is None or outcome.state != "done":
            log.warning("%s: %s", operation.key, outcome.error if outcome else "no outcome")
            return []
        fresh: list[Take] = []
        for output in outcome.outputs:
            if output.outcome == "rejected":
                log.warning("%s: no take: %s", operation.key, "; ".join(output.reasons))
                continue
            number = after + len(fresh) + 1
            fresh.append(self._take(operation, request, output, number=number, rivals=[*rivals, *fresh]))
        return fresh

    def _take(
        self, operation: Operation, request: Request, output: Output, *, number: int, rivals: Sequence[Take]
    ) -> Take:
        if output.qc is None or output.look is None:
            raise HandoffInvalid(f"{operation.key}: output {output.index} came without its quality control")
        cast_clips = {clip.clip_id: clip for clip in self._offers[operation.slate].cut_in}
        take = Take(
            production=operation.production,
            slate=operation.slate,
            number=number,
            round=operation.round,
            operation=operation.key,
            generator=operation.generator,
            source_type=self._generator.capabilities().source_type,
            uri=output.uri,
            sha256=output.sha256,
            poster=output.poster,
            frames=output.frames,
            width=output.width,
            height=output.height,
            look=output.look,
            phash=output.phash,
            clips=request.clips,
            files=tuple(cast_clips[name].file for name in request.clips if name in cast_clips),
            style_clips=request.style_clips,
            recipe=output.recipe,
            qc=QcReport(findings=output.qc.findings),
        )
        return take.model_copy(update={"qc": take.qc.with_finding(near_duplicate(take, rivals))})
