"""Rights: what a licence allows, asked for a territory, a use, a medium and a window of days.

The words are those of IPTC Video Metadata Hub, PLUS and ODRL 2.2 (docs/glossary.md). Two rules hold everywhere:
what is unknown is not allowed, and a clip passes only if it is cleared for *all* territories, *all* uses, *all* media
and the *whole* window that are asked for.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from circletake.domain.schema import Stored, Value
from circletake.domain.territories import TERRITORIES, WORLD

Use = Literal["style_reference", "derivative", "publish", "train"]
Medium = Literal["all", "web", "social", "broadcast", "cinema", "internal"]
PeopleRelease = Literal["none_needed", "signed", "missing", "unknown"]

USES: tuple[Use, ...] = get_args(Use)
MEDIA: tuple[Medium, ...] = get_args(Medium)
CUT_IN: tuple[Use, ...] = ("derivative", "publish")
"""The uses that a clip needs before it may be cut into a film."""
PERPETUAL = date(9999, 12, 31)
"""How "for ever" is written out."""


class Window(Value):
    """First and last day, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"the window ends ({self.last}) before it begins ({self.first})")
        return self


class RightsContext(Value):
    """What is going to be done, where, in which media and when. Every field is required: there is no default use."""

    territories: tuple[str, ...] = Field(min_length=1)
    """ISO 3166-1 alpha-2 codes, or `WORLD`."""
    uses: tuple[Use, ...] = Field(min_length=1)
    media: tuple[Medium, ...] = Field(min_length=1)
    """`all` asks for every medium."""
    window: Window

    @model_validator(mode="after")
    def _known_territories(self) -> Self:
        unknown = [code for code in self.territories if code not in TERRITORIES]
        if unknown:
            raise ValueError(f"unknown territory {unknown[0]!r}: use ISO 3166-1 alpha-2 codes or WORLD")
        return self

    def for_uses(self, *uses: Use) -> RightsContext:
        """Return the same context for other uses."""
        return self.model_copy(update={"uses": uses})

    def for_cut_in(self) -> RightsContext:
        """Return what footage must pass that is cut in: derivative and publish, and whatever else is asked for."""
        others: tuple[Use, ...] = tuple(use for use in self.uses if use != "style_reference" and use not in CUT_IN)
        return self.for_uses(*CUT_IN, *others)

    def predicate_sha256(self) -> str:
        """Return the hash that identifies this question in an audit trail; the order of the parts does not matter."""
        parts = [*sorted(self.territories), "|", *sorted(self.uses), "|", *sorted(self.media), "|"]
        text = " ".join([*parts, self.window.first.isoformat(), self.window.last.isoformat()])
        return hashlib.sha256(text.encode()).hexdigest()


class Licence(Stored):
    """The paper a clip rests on, as it stood when it was read. Empty lists and `None` mean unknown: not allowed."""

    SCHEMA = "licence"

    owner: str
    licence: str
    """SPDX id, Creative Commons name or house contract number; empty or `unknown` allows nothing."""
    licence_url: str = ""
    source: str = ""
    territories: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    valid_from: date | None = None
    expires: date | None = None
    media: tuple[Medium, ...] = ()
    people_release: PeopleRelease = "unknown"
    revoked: bool = False
    credit: str = ""
    revision: int = 1
    """Goes up by one whenever the rights change; a search hit with another revision is stale."""


class Verdict(Value):
    """Whether a use is allowed, and every reason why not."""

    allowed: bool
    reasons: tuple[str, ...] = ()


def _place_and_media(licence: Licence, context: RightsContext) -> list[str]:
    reasons: list[str] = []
    if WORLD not in licence.territories:
        missing = [code for code in context.territories if code not in licence.territories]
        if missing:
            held = "|".join(licence.territories) or "none known"
            reasons.append(f"not cleared for {', '.join(missing)} (cleared for {held})")
    if "all" not in licence.media:
        missing_media = [medium for medium in context.media if medium not in licence.media]
        if missing_media:
            reasons.append(f"media {', '.join(missing_media)} not cleared ({'|'.join(licence.media) or 'none known'})")
    return reasons


def _time(licence: Licence, window: Window) -> list[str]:
    reasons: list[str] = []
    if licence.valid_from is None:
        reasons.append("first day of the licence is unknown")
    elif licence.valid_from > window.first:
        reasons.append(f"not valid before {licence.valid_from}")
    if licence.expires is None:
        reasons.append("last day of the licence is unknown")
    elif licence.expires < window.last:
        reasons.append(f"expires {licence.expires}, before {window.last}")
    return reasons


def permits(licence: Licence, context: RightsContext) -> Verdict:
    """Decide whether `licence` allows everything that `context` asks for; deny wins, unknown denies.

    `media` holding `all` covers every medium; asking for `all` needs `all`. A missing or unknown people release never
    allows `publish`.
    """
    reasons: list[str] = []
    if licence.revoked:
        reasons.append("the licence is revoked")
    if not licence.licence.strip() or licence.licence.strip().lower() == "unknown":
        reasons.append("the licence is unknown")
    missing_uses = [use for use in context.uses if use not in licence.uses]
    if missing_uses:
        reasons.append(f"{', '.join(missing_uses)} not allowed")
    if "publish" in context.uses and licence.people_release not in ("none_needed", "signed"):
        reasons.append(f"people release is {licence.people_release}")
    reasons += _place_and_media(licence, context) + _time(licence, context.window)
    return Verdict(allowed=not reasons, reasons=tuple(reasons))
