"""Near-duplicates: two takes of one shot that an editor would call the same are no choice; a final must be one."""

from __future__ import annotations

from collections.abc import Sequence

from circletake.domain.operation import Output
from circletake.domain.quality import Finding
from circletake.domain.take import Take
from circletake.media.look import Fingerprint, thumbnail_distance
from circletake.media.quality import near_duplicate as compare


def near_duplicate(take: Take, rivals: Sequence[Take]) -> Finding:
    """Compare a take with the takes of its shot that are good so far; one without a fingerprint is compared by hash."""
    others = {rival.id: _fingerprint(rival) for rival in rivals if rival.qc.passed}
    return compare(_fingerprint(take), others)


def same_picture(take: Take, output: Output) -> bool:
    """Whether an output shows what a take shows, moment, framing, move and grade: the measure of a near-duplicate."""
    return thumbnail_distance(_fingerprint(take), Fingerprint.from_text(str(output.recipe["fingerprint"]))) <= 1.0


def _fingerprint(take: Take) -> Fingerprint:
    return Fingerprint.from_text(str(take.recipe["fingerprint"]))
