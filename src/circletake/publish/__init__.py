"""Publish: master -> release. Rights are asked once more, for that place, use and day; then the film leaves."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from circletake.domain.cut import Release
from circletake.domain.ports import Clock, Files, RightsCheck, TakeStore
from circletake.domain.production import Production, Update
from circletake.errors import HandoffInvalid
from circletake.publish.base import Approvals, Channel, Circles, Films, PlanSource, ReceiptWriter, Releases
from circletake.publish.folder import FolderChannel
from circletake.publish.receipt import Receipts
from circletake.publish.release import check_release, file_name, open_channels, question, takes_in
from circletake.runtime.clock import moment

__all__ = ["Channel", "FolderChannel", "Receipts", "run"]

log = logging.getLogger(__name__)


def run(
    state: Production,
    *,
    plans: PlanSource,
    decisions: Approvals,
    cuts: Films,
    takes: TakeStore,
    circles: Circles,
    releases: Releases,
    files: Files,
    rights: RightsCheck,
    channels: Mapping[str, Channel],
    receipts: ReceiptWriter,
    clock: Clock,
) -> Update:
    """Publish the master of the cut on every channel that is open to it, then write the receipt.

    What is published already stays as it is; then only the receipt is written again.

    Raises:
        RightsError: a licence does not allow it any more, or today is not a day of the release; nothing has left.
        UsageError: nobody has approved the film, and there is no folder channel.
        HandoffInvalid: there is no cut, master or approval, or other takes are circled than were cut.
    """
    plan = plans.get(state.production, state.plan_version)
    cut = cuts.cut(state.production, state.cut_version)
    master = cuts.master(state.production, state.cut_version)
    approval = decisions.of(state.production, "film", state.cut_version)
    if cut is None or master is None or approval is None:
        missing = "cut" if cut is None else "master" if master is None else "approval"
        raise HandoffInvalid(f"{state.production} cannot be published: it has no {missing} of cut {state.cut_version}")
    used = takes_in(cut, shot=takes.takes(state.production), circled=circles.current(state.production))
    asked = question(plan.rights)
    out = {one.channel: one.address for one in releases.of(state.production) if one.sha256 == master.sha256}
    for channel in open_channels(channels, by_person=approval.by == "person"):
        if channel.name in out:
            continue
        today = clock.today()
        check_release(used, rights=rights, asked=asked, today=today)
        name = file_name(plan.title, production=state.production, master=master)
        out[channel.name] = channel.publish(files.path(master.uri), name=name, sha256=master.sha256)
        release = Release(
            production=state.production,
            channel=channel.name,
            address=out[channel.name],
            sha256=master.sha256,
            rights=asked,
            on=today,
            at=moment(clock.now()),
            decided_by=approval.by,
        )
        releases.save(release)
        log.info("production %s is published on %s: %s", state.production, channel.name, release.address)
    receipts.write(state.production)
    return {"release": next(iter(out.values()))}
