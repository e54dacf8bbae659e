"""Near-duplicates: two takes of one shot that an editor would call the same are no choice; a final must be one."""

from __future__ import annotations

from circletake.domain.operation import Output
from circletake.domain.take import Take
from circletake.media.look import Fingerprint, Gallery, thumbnail_distance
from circletake.media.quality import near_duplicate as compare


class Rivals:
    """The takes of one shot that are good so far, as a new one is compared with them."""

    def __init__(self) -> None:
        self._others = Gallery()
        self.good = 0
        """How many there are."""

    def let_go(self) -> None:
        """Forget what they look like, once nothing is compared with them any more; their number stays."""
        self._others = Gallery()

    def judged(self, take: Take) -> Take:
        """Return a take with the finding of this comparison; a good one is a rival of the next."""
        mine = _fingerprint(take)
        judged = take.model_copy(update={"qc": take.qc.with_finding(compare(mine, self._others))})
        if judged.qc.passed:
            self._others.add(take.id, mine)
            self.good += 1
        return judged


def same_picture(take: Take, output: Output) -> bool:
    """Whether an output shows what a take shows, moment, framing, move and grade: the measure of a near-duplicate."""
    return thumbnail_distance(_fingerprint(take), Fingerprint.from_text(str(output.recipe["fingerprint"]))) <= 1.0


def _fingerprint(take: Take) -> Fingerprint:
    return Fingerprint.from_text(str(take.recipe["fingerprint"]))
