"""Rights in words, for people."""

from __future__ import annotations

from collections.abc import Sequence

from circletake.domain.rights import CUT_IN, Licence, RightsContext, Use, permits
from circletake.domain.territories import WORLD

_PURPOSES: tuple[tuple[str, tuple[Use, ...]], ...] = (("style reference", ("style_reference",)), ("cut-in", CUT_IN))
"""What a production does with a clip, and the uses that this needs."""


def rights_in_words(licence: Licence, context: RightsContext) -> str:
    """Say what a production may do with a clip in the context's territories, media and window; its uses do not count.

    E.g. "cleared worldwide for style reference; not for cut-in: derivative, publish not allowed".
    """
    verdicts = [(purpose, permits(licence, context.for_uses(*uses))) for purpose, uses in _PURPOSES]
    cleared = [purpose for purpose, verdict in verdicts if verdict.allowed]
    refused = [(purpose, verdict.reasons) for purpose, verdict in verdicts if not verdict.allowed]
    place = places_in_words(context.territories)
    if not cleared:
        reasons = list(dict.fromkeys(reason for _, why in refused for reason in why))
        return f"not cleared {place}: {', '.join(reasons)}"
    said = [f"cleared {place} for {' and '.join(cleared)}"]
    said += [f"not for {purpose}: {', '.join(reasons)}" for purpose, reasons in refused]
    return "; ".join(said)


def context_in_words(context: RightsContext) -> str:
    """Say what a rights question asks for, e.g. "derivative and publish in DE and FR, all media, 2026-01-01 to ..."."""
    media = "all media" if "all" in context.media else _listed(context.media)
    window = f"{context.window.first} to {context.window.last}"
    return f"{_listed(context.uses)} {places_in_words(context.territories)}, {media}, {window}"


def places_in_words(territories: Sequence[str]) -> str:
    """Return "worldwide", or "in DE and FR"."""
    return "worldwide" if WORLD in territories else f"in {_listed(territories)}"


def _listed(items: Sequence[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last
