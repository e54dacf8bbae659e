"""The shooting unit of one round: turns shots into operations, and what came of them into takes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from circletake.domain.moments import Moment
from circletake.domain.operation import Operation, Output, operation_key
from circletake.domain.plan import Plan
from circletake.domain.ports import Work
from circletake.domain.production import Production
from circletake.domain.quality import QcReport
from circletake.domain.take import Take
from circletake.errors import HandoffInvalid
from circletake.generate.base import Generator, HouseFormat, Request, ShotOrder
from circletake.generate.casting import Cast
from circletake.generate.duplicates import Rivals

log = logging.getLogger(__name__)

PASSES = 3
"""How often a shot is shot within one round until enough takes have passed quality control."""
_AT_ONCE = 100
"""Outcomes held at a time: thousands of takes are not all kept in memory."""


class Numbers:
    """The numbers of one shot's takes: what is on record keeps its own, what is new gets the next."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self._last = max((take.number for take in takes), default=0)
        self._known: dict[tuple[str, str], list[int]] = {}
        for take in takes:
            self._known.setdefault((take.operation, take.sha256), []).append(take.number)

    def of(self, operation: str, sha256: str) -> int:
        """Return the number of the take that an operation made; every call is another take."""
        known = self._known.get((operation, sha256))
        if known:
            return known.pop(0)
        self._last += 1
        return self._last


class Unit:
    """One generator at work on one round."""

    def __init__(
        self,
        state: Production,
        plan: Plan,
        generator: Generator,
        *,
        offers: Mapping[str, Cast],
        moments: Mapping[str, tuple[Moment, ...]],
        seed: int,
        house: HouseFormat,
        after: int,
    ) -> None:
        self._state = state
        self._plan = plan
        self._generator = generator
        self._offers = offers
        self._moments = moments
        self._seed = seed
        self._house = house
        self._after = after
        self._starts = plan.starts()
        self._asked: Counter[str] = Counter()

    def plan(self, slate: str, missing: int) -> list[tuple[Operation, Request]]:
        """Return the operations that should yield `missing` takes; the next ones are numbered on."""
        shot = self._plan.shot(slate)
        if shot is None:
            raise HandoffInvalid(f"slate {slate} is not in the plan")
        order = ShotOrder(
            plan=self._plan,
            shot=shot,
            starts_at=self._starts[slate],
            takes=missing,
            skip=self._asked[slate] + (self._state.round - 1) * PASSES,
            round=self._state.round,
            seed=self._seed,
            cut_in=self._offers[slate].cut_in,
            style=self._offers[slate].style,
            moments=self._moments.get(slate, ()),
            format=self._house,
        )
        planned = []
        for request in self._generator.ask(order):
            self._asked[slate] += 1
            operation = self._operation(slate, self._after + self._asked[slate], request)
            planned.append((operation, replace(request, payload=operation.request)))  # one of them, not two
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
        self, planned: Sequence[tuple[Operation, Request]], work: Work, *, numbers: Numbers, rivals: Rivals
    ) -> Iterator[list[Take]]:
        """Yield the takes that came of operations, some at a time.

        Near-duplicates of `rivals` have failed; those that are good join them.
        """
        for at in range(0, len(planned), _AT_ONCE):
            fresh: list[Take] = []
            part = planned[at : at + _AT_ONCE]
            outcomes = work.outcomes([operation.key for operation, _ in part])
            for operation, request in part:
                outcome = outcomes.get(operation.key)
                if outcome is None or outcome.state != "done":
                    log.warning("%s: %s", operation.key, outcome.error if outcome else "no outcome")
                    continue
                for output in outcome.outputs:
                    if output.outcome == "rejected":
                        log.warning("%s: no take: %s", operation.key, "; ".join(output.reasons))
                    else:
                        number = numbers.of(operation.key, output.sha256)
                        fresh.append(rivals.judged(self._take(operation, request, output, number=number)))
            yield fresh

    def _take(self, operation: Operation, request: Request, output: Output, *, number: int) -> Take:
        if output.qc is None or output.look is None:
            raise HandoffInvalid(f"{operation.key}: output {output.index} came without its quality control")
        cast_clips = {clip.clip_id: clip for clip in self._offers[operation.slate].cut_in}
        return Take(
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
