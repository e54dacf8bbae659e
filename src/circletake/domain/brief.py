"""The brief: what the client asked for, as written, and what was said beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from circletake.domain.money import Usd
from circletake.domain.rights import Medium, Use
from circletake.domain.schema import Stored
from circletake.domain.timing import Rational
from circletake.errors import UsageError

Aspect = Literal["16:9", "9:16", "1:1", "4:5"]
Pick = Literal["human", "provisional"]

FRAME_SIZES: dict[Aspect, tuple[int, int]] = {
    "16:9": (1280, 720),
    "9:16": (720, 1280),
    "1:1": (720, 720),
    "4:5": (720, 900),
}
"""House size of masters, and of the takes that are cut into them: width and height in pixels."""
PREVIEW_SIZES: dict[Aspect, tuple[int, int]] = {
    "16:9": (640, 360),
    "9:16": (360, 640),
    "1:1": (360, 360),
    "4:5": (360, 450),
}
"""House size of takes that are made to be chosen from, where a generator can make small ones first."""


class Brief(Stored):
    """What the client asked for. Fields other than `text` are what a flag said; `None` means: read it from the text."""

    SCHEMA = "brief"

    text: str = Field(max_length=20_000)
    """The brief as written, never edited."""
    duration: Rational | None = None
    """Seconds."""
    aspect: Aspect | None = None
    territories: tuple[str, ...] | None = None
    media: tuple[Medium, ...] | None = None
    uses: tuple[Use, ...] | None = None
    release: date | None = None
    """First day of release."""
    until: date | None = None
    """Last day of release."""


TAKES = 24
"""Takes of a production when nobody says how many."""
FEWEST_A_SHOT = 3
"""Fewer takes of a shot are no choice."""


class Terms(Stored):
    """How a brief is produced: who picks, how many takes, with what, for how much."""

    SCHEMA = "terms"

    pick: Pick = "human"
    """`human` pauses at the plan, the takes and the film; `provisional` passes all three, marked "not by a person"."""
    takes: int | None = Field(default=None, ge=1, le=100_000)
    """Total of takes over all shots; `None` means 24, or three a shot if that is more."""
    takes_per_shot: int | None = Field(default=None, ge=1, le=1_000)
    """Takes of every shot; excludes `takes`."""
    generator: str = "ripomatic"
    planner: str = "storyboard"
    budget: Usd | None = None
    """Most that may be spent, in USD; `None` means nothing."""
    seed: int = Field(default=1, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _one_count(self) -> Self:
        if self.takes is not None and self.takes_per_shot is not None:
            raise ValueError("takes and takes_per_shot exclude each other")
        return self

    def takes_for(self, slates: Sequence[str]) -> dict[str, int]:
        """Spread the takes over the shots: the same for each, what is left over to the first ones.

        Raises:
            UsageError: fewer than three a shot were asked for.
        """
        if self.takes_per_shot is not None:
            return dict.fromkeys(slates, self.takes_per_shot)
        least = FEWEST_A_SHOT * len(slates)
        total = max(TAKES, least) if self.takes is None else self.takes
        if total < least:
            raise UsageError(f"{total} takes are too few for {len(slates)} shots: ask for --takes {least} or more")
        each, over = divmod(total, len(slates))
        return {slate: each + (1 if at < over else 0) for at, slate in enumerate(slates)}
