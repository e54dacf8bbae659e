"""Conform: circled takes -> the same takes at the size of the film, from originals instead of proxies.

What an editor chooses from is small and quickly made; what goes into the film is made once, for the takes that were
circled. A take whose generator makes nothing better of it goes in as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal

from circletake.domain.brief import FRAME_SIZES
from circletake.domain.operation import Operation, Outcome, Output, operation_key
from circletake.domain.ports import Files, Progress, TakeStore, Work
from circletake.domain.production import Production, Update
from circletake.domain.quality import QcReport
from circletake.domain.take import Take
from circletake.errors import HandoffInvalid, MediaError
from circletake.generate.base import Circles, ClipSource, FinalKeeper, FinalOrder, Generator, PlanSource, Request
from circletake.generate.duplicates import same_picture
from circletake.runtime.ordering import next_order

log = logging.getLogger(__name__)

_MUST_HOLD = frozenset({"decodes", "length", "size"})
"""A final without these is broken. The rest was judged in the preview, and is judged in the film by who screens it."""


def conform(
    state: Production,
    *,
    plans: PlanSource,
    takes: TakeStore,
    circles: Circles,
    clips: ClipSource,
    finals: FinalKeeper,
    files: Files,
    generators: Mapping[str, Generator],
    work: Work,
    progress: Progress,
) -> Update:
    """Have a final made of every circled take that has none; one that is there is not made again.

    Raises:
        HandoffInvalid: the journal does not know the operation that a take came of.
        MediaError: a final cannot be made, e.g. since the original is not where it was; says of which file, and what
            to do.
        WorkerLost: no worker finished one; the order stands, and is driven again when the step is.
    """
    plan = plans.get(state.production, state.plan_version)
    kept = finals.finals(state.production)
    circled = circles.current(state.production)
    planned: list[tuple[Take, Operation]] = []
    for take in takes.takes(state.production):
        if take.slate not in circled or circled[take.slate].number != take.number:
            continue
        if take.id in kept and files.path(kept[take.id].uri).exists():
            continue
        generator = generators.get(take.generator)
        if generator is None:
            raise HandoffInvalid(f"take {take.id} was made by {take.generator}, which is not at hand to conform it")
        request = _request(take, work=work, clips=clips, generator=generator, size=FRAME_SIZES[plan.aspect])
        if request is not None:
            planned.append((take, _order(take, request, generator=generator, work=work, files=files)))
    if planned:
        work.drain([operation for _, operation in planned], progress=progress)
        made, problems = _made(planned, work.outcomes([operation.key for _, operation in planned]))
        finals.keep(made)
        if problems:
            raise MediaError("; ".join(dict.fromkeys(problems)))
    return {}


def _request(
    take: Take, *, work: Work, clips: ClipSource, generator: Generator, size: tuple[int, int]
) -> Request | None:
    known = work.journalled(take.operation)
    outcome = known[1] if known else None
    if known is None or outcome is None:
        raise HandoffInvalid(f"take {take.id} came of {take.operation}, which the journal does not know")
    index = next((output.index for output in outcome.outputs if output.uri == take.uri), None)
    if index is None:
        raise HandoffInvalid(f"take {take.id} is not among what came of {take.operation}")
    order = FinalOrder(take=take, request=known[0].request, index=index, size=size, clips=clips.many(list(take.clips)))
    return generator.finish(order)


def _order(take: Take, request: Request, *, generator: Generator, work: Work, files: Files) -> Operation:
    def numbered(number: int) -> Operation:
        return Operation(
            key=operation_key(take.production, "conform", take.slate, take.number, number),
            production=take.production,
            step="conform",
            slate=take.slate,
            number=take.number,
            round=number,
            generator=generator.name,
            request=request.payload,
            quote=generator.quote(request.payload).amount,
        )

    def stands(outcome: Outcome) -> bool:
        return all(not output.uri or files.path(output.uri).exists() for output in outcome.outputs) and not _fault(
            take, outcome
        )

    one = numbered(1)
    return one if one.quote > Decimal(0) else next_order(numbered, work, stands=stands)


def _made(planned: Sequence[tuple[Take, Operation]], outcomes: Mapping[str, Outcome]) -> tuple[list[Take], list[str]]:
    made: list[Take] = []
    problems: list[str] = []
    for take, operation in planned:
        outcome = outcomes.get(operation.key)
        fault = "no outcome" if outcome is None else _fault(take, outcome)
        if outcome is None or fault:
            problems.append(f"take {take.id} cannot be made for the film: {fault}")
        else:
            made.append(_final(take, operation, outcome.outputs[0]))
    return made, problems


def _fault(take: Take, outcome: Outcome) -> str:
    """Return why what came of an operation is no final of a take; empty when it is one."""
    if outcome.state != "done" or not outcome.outputs:
        return outcome.error or "no reason was given"
    output = outcome.outputs[0]
    if output.outcome == "rejected":
        return "; ".join(output.reasons)
    if output.qc is None or output.look is None:
        return "it came without its quality control"
    broken = [found.reason for found in output.qc.findings if found.check in _MUST_HOLD and not found.passed]
    if not broken and not same_picture(take, output):
        broken = ["the original does not show what its proxy shows; add the file again"]
    return "; ".join(broken)


def _final(take: Take, operation: Operation, output: Output) -> Take:
    assert output.qc is not None
    assert output.look is not None
    for found in output.qc.findings:
        if not found.passed:
            log.warning("the final of %s: %s", take.id, found.reason)
    return take.model_copy(
        update={
            "operation": operation.key,
            "uri": output.uri,
            "sha256": output.sha256,
            "poster": output.poster,
            "frames": output.frames,
            "width": output.width,
            "height": output.height,
            "look": output.look,
            "phash": output.phash,
            "recipe": output.recipe,
            "qc": QcReport(findings=output.qc.findings),
        }
    )
