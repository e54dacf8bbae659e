"""Assemble: circled takes -> cut (OpenTimelineIO) -> master, rendered once, signed last (C2PA)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal

from circletake.assemble.base import Circles, Clips, Cuts, Manifest, Plans, Signer
from circletake.assemble.provenance import Verification, manifest, source_type, verify
from circletake.assemble.render import MasterEvent, MasterOrder, execute
from circletake.assemble.signer import LocalSigner, make_identity, open_identity
from circletake.assemble.timeline import events_of, timeline, to_json, transition_lengths
from circletake.domain.brief import FRAME_SIZES
from circletake.domain.clip import Clip
from circletake.domain.cut import Cut, CutEvent, Master
from circletake.domain.operation import Operation, Output, operation_key
from circletake.domain.plan import Plan
from circletake.domain.ports import Clock, Files, Progress, RightsCheck, TakeStore, Work
from circletake.domain.production import Production, Update
from circletake.domain.rights import RightsContext
from circletake.domain.take import CircledTake, Take
from circletake.errors import HandoffInvalid, MediaError, ProvenanceError, RightsError
from circletake.runtime.clock import moment
from circletake.runtime.ordering import next_order

__all__ = [
    "LocalSigner",
    "Signer",
    "Verification",
    "execute",
    "make_identity",
    "open_identity",
    "run",
    "verify",
]

log = logging.getLogger(__name__)


def run(
    state: Production,
    *,
    plans: Plans,
    takes: TakeStore,
    circles: Circles,
    cuts: Cuts,
    clips: Clips,
    files: Files,
    rights: RightsCheck,
    work: Work,
    signer: Signer,
    clock: Clock,
    progress: Progress,
    codec: str,
    loudness: float,
) -> Update:
    """Cut the circled takes, render the master once and sign it. The same cut again renders nothing again.

    Raises:
        HandoffInvalid: a shot has no circled take, or its take is too short.
        RightsError: a clip that is cut in may not be used for this film (any more); names its file and the reasons.
        MediaError: the master cannot be rendered from these takes, or is not what was ordered.
        WorkerLost: no worker finished the master; the order stands, and is driven again when the step is.
        ProvenanceError: the master cannot be signed, or its signature does not verify.
    """
    plan = plans.get(state.production, state.plan_version)
    pool = takes.takes(state.production)
    picked = circles.current(state.production)
    events = events_of(plan, circles=picked, takes=pool)
    chosen = _chosen(events, pool)
    footage = clips.many([name for take in chosen for name in (*take.clips, *take.style_clips)])
    asked = cut_in_rights(plan)
    _refuse_what_is_not_cleared(chosen, footage, rights=rights, asked=asked)
    cut = _cut(state, plan, events=events, takes=pool, circles=picked, asked=asked, cuts=cuts, files=files)
    master = cuts.master(state.production, cut.version)
    if master is None:
        rendered = _rendered(cut, chosen, codec=codec, loudness=loudness, work=work, progress=progress)
        told = manifest(
            plan,
            production=state.production,
            cut_version=cut.version,
            takes=chosen,
            circles=picked,
            clips=footage,
            rights=asked,
            at=moment(clock.now()),
        )
        master = _signed(cut, rendered, chosen, told=told, files=files, signer=signer)
        cuts.save_master(master)
        log.info("master of %s cut %d: %s", cut.production, cut.version, master.uri)
    return {"cut_version": cut.version, "master": master.uri}


def cut_in_rights(plan: Plan) -> RightsContext:
    """Return the question that a clip must pass to be cut into this film: what it is for, derivative and publish."""
    return plan.rights.for_cut_in()


def _chosen(events: Sequence[CutEvent], pool: Sequence[Take]) -> tuple[Take, ...]:
    """Return the takes of the cut, in story order."""
    by_id = {(take.slate, take.number): take for take in pool}
    return tuple(by_id[event.slate, event.take] for event in events)


def _refuse_what_is_not_cleared(
    chosen: Sequence[Take], footage: Mapping[str, Clip], *, rights: RightsCheck, asked: RightsContext
) -> None:
    verdicts = rights.check(dict.fromkeys(name for take in chosen for name in take.clips), asked)
    for take in chosen:
        for name in take.clips:
            if not verdicts[name].allowed:
                shown = footage[name].file if name in footage else name
                raise RightsError(
                    f"take {take.id} may not be in the film, which would cut in {shown}: "
                    f"{'; '.join(verdicts[name].reasons)}; circle another take"
                )


def _cut(
    state: Production,
    plan: Plan,
    *,
    events: tuple[CutEvent, ...],
    takes: Sequence[Take],
    circles: Mapping[str, CircledTake],
    asked: RightsContext,
    cuts: Cuts,
    files: Files,
) -> Cut:
    """Return the cut: the stored one if it is the same, else the next version, stored."""
    version = max(1, state.cut_version)
    while True:
        whole = timeline(
            plan,
            production=state.production,
            version=version,
            events=events,
            takes=takes,
            circles=circles,
            predicate_sha256=asked.predicate_sha256(),
        )
        cut = Cut(
            production=state.production,
            version=version,
            fps=plan.fps,
            frames=plan.frames,
            aspect=plan.aspect,
            events=events,
            timeline=files.write(to_json(whole).encode(), ending="otio"),
        )
        stored = cuts.cut(state.production, version)
        if stored is None:
            cuts.save(cut)
            return cut
        if stored == cut and not _lost(cuts.master(state.production, version), files):
            return stored
        version += 1


def _lost(master: Master | None, files: Files) -> bool:
    """Whether there is a master on record whose file is gone: then the same film is a new cut, with its own master."""
    return master is not None and not files.path(master.uri).exists()


def _order(cut: Cut, chosen: Sequence[Take], *, codec: str, loudness: float) -> MasterOrder:
    lengths = transition_lengths(cut.events, fps=cut.fps)
    events = tuple(
        MasterEvent(
            take=take.id,
            uri=event.uri,
            in_frame=event.in_frame,
            frames=event.frames,
            available=take.frames - event.in_frame,
            transition=event.transition,
            length=length,
        )
        for event, take, length in zip(cut.events, chosen, lengths, strict=True)
    )
    return MasterOrder(events=events, fps=cut.fps, size=FRAME_SIZES[cut.aspect], codec=codec, loudness=loudness)


def _rendered(
    cut: Cut, chosen: Sequence[Take], *, codec: str, loudness: float, work: Work, progress: Progress
) -> Output:
    """Return the rendered master: one that is there already, else one that is ordered now.

    An order that failed before, or that asked for another codec or loudness, is passed over: rendering costs minutes,
    not money, and what stood in its way (a lost file, say) may be mended. One that fails now fails the step.
    """
    request = _order(cut, chosen, codec=codec, loudness=loudness).model_dump(mode="json")

    def numbered(number: int) -> Operation:
        return Operation(
            key=operation_key(cut.production, "assemble", "film", number, cut.version),
            production=cut.production,
            step="assemble",
            slate="film",
            number=number,
            round=cut.version,
            generator="master",
            request=request,
            quote=Decimal(0),
        )

    operation = next_order(numbered, work, stands=lambda outcome: bool(outcome.outputs))
    work.drain([operation], progress=lambda what, done, total: progress("master", done, total))
    outcome = work.outcomes([operation.key]).get(operation.key)
    if outcome is not None and outcome.state == "done" and outcome.outputs:
        return outcome.outputs[0]
    why = (outcome.error if outcome else None) or "no reason was given"
    raise MediaError(f"cut {cut.version} cannot be rendered: {why}")


def _signed(
    cut: Cut, rendered: Output, chosen: Sequence[Take], *, told: Manifest, files: Files, signer: Signer
) -> Master:
    """Sign the rendered file, check the signature, and return the master that it has become."""
    recipe = rendered.recipe
    level, peak, picture = recipe.get("loudness"), recipe.get("true_peak"), recipe.get("picture_sha256")
    if (
        rendered.qc is None
        or not isinstance(level, float)
        or not isinstance(peak, float)
        or not isinstance(picture, str)
    ):
        raise HandoffInvalid(f"cut {cut.version} was rendered, but what was measured of it is missing")
    scratch = files.scratch("mp4")
    try:
        signer.sign(files.path(rendered.uri), scratch, manifest=told)
        read = verify(scratch, anchors_pem=signer.root_pem)
        if read.state != "trusted":
            raise ProvenanceError(f"the signature on cut {cut.version} does not verify: {'; '.join(read.problems)}")
        size = scratch.stat().st_size
        uri = files.adopt(scratch, ending="mp4")
    finally:
        scratch.unlink(missing_ok=True)
    return Master(
        production=cut.production,
        cut_version=cut.version,
        uri=uri,
        sha256=files.path(uri).stem,
        bytes=size,
        frames=rendered.frames,
        fps=cut.fps,
        width=rendered.width,
        height=rendered.height,
        loudness=level,
        true_peak=peak,
        picture_sha256=picture,
        source_type=source_type(chosen),
        signer=read.signer,
        qc=rendered.qc,
    )
