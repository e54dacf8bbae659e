"""Read from a brief what the film is released as: territories, media, uses, and the window of days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from circletake.domain.brief import Brief
from circletake.domain.plan import Reading
from circletake.domain.rights import CUT_IN, Medium, RightsContext
from circletake.domain.territories import TERRITORIES, WORLD
from circletake.errors import BriefError
from circletake.plan.lexicon import Outlet, Place, table
from circletake.plan.text import BriefText, Span
from circletake.plan.window import read_window

_WHERE = re.compile(
    r"(?:(?<!\w)(?:in|for|across|throughout|only|to|within|fur|nur|en|au|aux|pour|dans|para|solo|territor\w*|markets?"
    r"|cleared for|rights for|rechte fur|droits pour|derechos para|release in|the|die|der|le|la|l'|los|las)\W*)$"
)
_ABOUT = re.compile(
    r"(?<!\w)(?:about|of|through|from|over|shot in|filmed in|set in|gedreht in|spielt in|uber|aus|sur|de"
    r"|tournee? en|tournee? au|se passe en|sobre|rodad[oa] en|ambientad[oa] en)\s+(?:the\s+|la\s+|le\s+|die\s+|l')?$"
)
_CODES_AFTER = re.compile(
    r"(?:territor\w*|markets?|cleared for|rights for|lander|laender|pays|mercados|only)\W*$", re.IGNORECASE
)
_CODE = r"[A-Z]{2}"
_CODE_LIST = re.compile(rf"(?<![\w-]){_CODE}(?:\s*(?:,|/|\+|&|\||and|und|et|y)\s*{_CODE})*(?![\w-])")
_ALONE = frozenset({"US", "UK", "EU"})
_LINK = re.compile(r"\s*(?:,|/|&|\+|and|und|et|y|or|sowie|,\s*and)?\s*(?:the\s+|die\s+|la\s+|le\s+|l')?")
_OBJECT = re.compile(r"(?<!\w)(?:an?|old|empty|spider|un|une|una|ein|eine|alten|alte|vieux|viejo)[\s'](?:\w+\s)?$")


@dataclass(frozen=True, slots=True)
class Released:
    """The rights question that the film puts, and where each part came from."""

    rights: RightsContext
    readings: tuple[Reading, ...]
    spans: tuple[Span, ...]


def _only_places(text: BriefText, clause: Span) -> bool:
    """Return whether a clause names territories and nothing else."""
    names = tuple(name for place in table("territories", Place).values() for name in place.names)
    gone = {at for span in text.find(names) for at in range(span.start, span.end)}
    rest = "".join(" " if at in gone else text.folded[at] for at in range(clause.start, clause.end))
    return not set(rest.split()) - {"and", "und", "et", "y", "only", "nur", "solo", "the", "&", "+", "/"}


def _named_places(text: BriefText) -> list[tuple[Span, tuple[str, ...]]]:
    found = [(span, place.codes) for place in table("territories", Place).values() for span in text.find(place.names)]
    found.sort(key=lambda one: (one[0].start, -one[0].end))
    kept: list[tuple[Span, tuple[str, ...]]] = []
    for span, codes in found:
        if kept and span.start < kept[-1][0].end:
            continue
        clause = text.clause_at(span.start)
        before = text.folded[clause.start : span.start]
        chained = bool(kept) and bool(_LINK.fullmatch(text.folded[kept[-1][0].end : span.start]))
        alone = _only_places(text, clause)
        world = codes == (WORLD,)
        if not _ABOUT.search(before) and (world or chained or alone or _WHERE.search(before)):
            kept.append((span, codes))
    return kept


def _coded_places(text: BriefText) -> list[tuple[Span, tuple[str, ...]]]:
    union = table("territories", Place)["european_union"].codes
    found: list[tuple[Span, tuple[str, ...]]] = []
    for match in _CODE_LIST.finditer(text.raw):
        codes = re.findall(_CODE, match.group())
        known = all(code in TERRITORIES or code in _ALONE for code in codes)
        asked = len(codes) > 1 or codes[0] in _ALONE or _CODES_AFTER.search(text.raw[: match.start()])
        if known and asked:
            spelled: list[str] = []
            for code in codes:
                spelled += union if code == "EU" else ["GB" if code == "UK" else code]
            found.append((Span(*match.span()), tuple(spelled)))
    return found


def _territories(brief: Brief, text: BriefText) -> tuple[tuple[str, ...], Reading, tuple[Span, ...]]:
    if brief.territories is not None:
        unknown = next((code for code in brief.territories if code not in TERRITORIES), None)
        if unknown is not None or not brief.territories:
            raise BriefError(f"unknown territory {unknown or ''!r}: use ISO 3166-1 alpha-2 codes such as DE, or WORLD")
        value = ", ".join(brief.territories)
        return brief.territories, Reading(field="territories", value=value, origin="flag"), ()
    found = sorted(_named_places(text) + _coded_places(text), key=lambda one: one[0].start)
    if not found:
        note = "no territory is named"
        return (WORLD,), Reading(field="territories", value=WORLD, origin="assumed", note=note), ()
    codes = dict.fromkeys(code for _, place in found for code in place)
    chosen = (WORLD,) if WORLD in codes else tuple(codes)
    spans = tuple(span for span, _ in found)
    said = ", ".join(f'"{text.cut(span)}"' for span in spans)
    return chosen, Reading(field="territories", value=", ".join(chosen), origin="brief", note=said), spans


def _media(brief: Brief, text: BriefText) -> tuple[tuple[Medium, ...], Reading, tuple[Span, ...]]:
    if brief.media is not None:
        if not brief.media:
            raise BriefError("no medium is given: name at least one of all, web, social, broadcast, cinema, internal")
        return brief.media, Reading(field="media", value=", ".join(brief.media), origin="flag"), ()
    media: dict[Medium, Span] = {}
    spans: list[Span] = []
    for outlet in table("outlets", Outlet).values():
        for span in text.find(outlet.names):
            if not _OBJECT.search(text.folded[: span.start]) and not re.match(r"\s+of(?!\w)", text.folded[span.end :]):
                media.setdefault(outlet.medium, span)
                spans.append(span)
    if not media:
        return ("all",), Reading(field="media", value="all", origin="assumed", note="no medium is named"), ()
    said = ", ".join(dict.fromkeys(f'"{text.cut(span)}"' for span in media.values()))
    return tuple(media), Reading(field="media", value=", ".join(media), origin="brief", note=said), tuple(spans)


def read_release(brief: Brief, text: BriefText, *, today: date) -> Released:
    """Return what the film will be used for; what nobody said is WORLD, all media, one year from today.

    Raises:
        BriefError: an unknown territory, an empty list, a day that is not in the calendar, or a window that ends before
            it begins.
    """
    territories, where, where_spans = _territories(brief, text)
    media, outlets, media_spans = _media(brief, text)
    days = read_window(brief, text, today=today)
    if brief.uses is not None and not brief.uses:
        raise BriefError("no use is given: name at least one of style_reference, derivative, publish, train")
    uses = brief.uses or CUT_IN
    note = "" if brief.uses else "a film that is cut from footage and released"
    what = Reading(field="uses", value=", ".join(uses), origin="flag" if brief.uses else "assumed", note=note)
    rights = RightsContext(territories=territories, uses=uses, media=media, window=days.window)
    return Released(rights, (where, outlets, what, days.reading), (*where_spans, *media_spans, *days.spans))
