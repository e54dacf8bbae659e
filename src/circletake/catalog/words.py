"""Rights in words, for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from circletake.domain.rights import CUT_IN, PERPETUAL, Licence, PeopleRelease, RightsContext, Use, permits
from circletake.domain.territories import WORLD

_PURPOSES: tuple[tuple[str, tuple[Use, ...]], ...] = (("style reference", ("style_reference",)), ("cut-in", CUT_IN))
"""What a production does with a clip, and the uses that this needs."""


_USE_WORDS: dict[Use, str] = {
    "style_reference": "style reference",
    "derivative": "cutting in",
    "publish": "publishing",
    "train": "training models",
}
_PEOPLE: dict[PeopleRelease, str] = {
    "none_needed": "nobody in it has to be asked",
    "signed": "the people in it have signed",
    "missing": "people in it can be recognised and have not signed: it may not be published",
    "unknown": "whether people in it had to sign is unknown: it may not be published",
}


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


def licence_in_words(licence: Licence, *, today: date) -> tuple[str, ...]:
    """Say what a licence is and allows, a line each: owner and paper, uses, places and media, days, people."""
    owner = licence.owner or "an unknown owner"
    paper = licence.licence or "unknown"
    known = paper != "unknown"
    first = f"owned by {owner}, licence {paper}" + (f" ({licence.licence_url})" if licence.licence_url else "")
    lines = [first if known else f"owned by {owner}; its licence is unknown: it may be used for nothing"]
    if licence.revoked:
        lines.append("revoked: nothing may use it from now on")
    uses = _listed([_USE_WORDS[use] for use in licence.uses]) if licence.uses else "nothing that is known"
    lines.append(f"may be used for {uses}")
    where = places_in_words(licence.territories) if licence.territories else "nowhere that is known"
    media = "in all media" if "all" in licence.media else f"in {_listed(licence.media)}" if licence.media else ""
    lines.append(f"{where}, {media or 'in no media that are known'}")
    lines.append(_days_in_words(licence, today))
    lines.append(_PEOPLE[licence.people_release])
    lines += [f"credit: {licence.credit}"] if licence.credit else []
    return tuple(lines)


def _days_in_words(licence: Licence, today: date) -> str:
    begins = f"from {licence.valid_from}" if licence.valid_from else "from a day that is unknown"
    if licence.valid_from and licence.valid_from > today:
        begins = f"not before {licence.valid_from}"
    if licence.expires is None:
        return f"{begins}, until a day that is unknown"
    if licence.expires == PERPETUAL:
        return f"{begins}, for ever"
    over = " (it is over)" if licence.expires < today else ""
    return f"{begins} until {licence.expires}{over}"


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
