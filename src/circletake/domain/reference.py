"""References: what a shot may look like, each with the licence as it stood when it was found."""

from __future__ import annotations

from pydantic import Field

from circletake.domain.clip import Clip
from circletake.domain.framing import size_in_words
from circletake.domain.look import CameraMove, Look, ShotSize, StyleTarget
from circletake.domain.rights import Licence
from circletake.domain.schema import Stored, Value


class Filters(Value):
    """What a clip must be besides cleared; what is empty or `None` is not asked for."""

    sizes: tuple[ShotSize, ...] = ()
    """Any of these, as title, caption or tags name it; a clip whose words name none does not pass."""
    moves: tuple[CameraMove, ...] = ()
    """Any of these, as measured: `Look.move`."""
    seconds: tuple[float | None, float | None] = (None, None)
    """Shortest and longest, both included."""
    luma: tuple[float | None, float | None] = (None, None)
    """Darkest and brightest mean luma, 0 black to 1 white, both included."""

    def passes(self, clip: Clip) -> bool:
        """Return whether a clip is as asked."""
        return (
            (not self.sizes or size_in_words(clip.words) in self.sizes)
            and (not self.moves or clip.look.move in self.moves)
            and _within(float(clip.seconds), self.seconds)
            and _within(clip.look.luma, self.luma)
        )


def _within(value: float, bounds: tuple[float | None, float | None]) -> bool:
    low, high = bounds
    return (low is None or value >= low) and (high is None or value <= high)


NO_FILTERS = Filters()


class Query(Value):
    """What is looked for: words, a look, or both."""

    text: str = ""
    """Words; matched against title, caption and tags."""
    style: StyleTarget | None = None
    like: str | None = None
    """Clip id: look like this clip."""
    look: Look | None = None
    """Look like this still picture: only what a still has is compared."""
    palette: tuple[tuple[float, float, float], ...] = ()
    """Show these colours, Oklab."""
    filters: Filters = NO_FILTERS
    diversity: float = Field(default=0.7, ge=0, le=1)
    """Lambda of maximal marginal relevance (Carbonell and Goldstein 1998): 1 = relevance only."""
    max_per_owner: int | None = Field(default=None, ge=1)
    """At most so many hits of one owner, as long as others fill the list."""


class Reference(Stored):
    """One hit that was re-checked against the database of record."""

    SCHEMA = "reference"

    clip_id: str
    file: str
    title: str
    caption: str
    score: float
    """Fused relevance, 0..1; only comparable within one query."""
    licence: Licence
    """As it stood."""
    may_cut_in: bool
    """Whether it may be cut into the film (derivative and publish); otherwise it may steer the look only."""
    predicate_sha256: str
    """Hash of the rights question it was found under."""


class Found(Value):
    """What a search found; `shortfall` says how many fewer than asked for."""

    references: tuple[Reference, ...]
    clips: tuple[Clip, ...]
    """The clips behind the references, in the same order."""
    shortfall: int = Field(default=0, ge=0)
