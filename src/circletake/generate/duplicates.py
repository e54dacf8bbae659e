"""Near-duplicates: two takes of one shot that an editor would call the same are no choice."""

from __future__ import annotations

from collections.abc import Sequence

from circletake.domain.quality import Finding
from circletake.domain.take import Take
from circletake.media.look import Fingerprint
from circletake.media.quality import near_duplicate as compare


def near_duplicate(take: Take, rivals: Sequence[Take]) -> Finding:
    """Compare a take with the takes of its shot that are good so far; one without a fingerprint is compared by hash."""
    others = {rival.id: _fingerprint(rival) for rival in rivals if rival.qc.passed}
    return compare(_fingerprint(take), others)


def _fingerprint(take: Take) -> Fingerprint:
    return Fingerprint.from_text(str(take.recipe["fingerprint"]))
