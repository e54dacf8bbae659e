"""Read from a brief which form the film has and which tone it is in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from circletake.domain.plan import Reading
from circletake.plan.lexicon import Form, Tone, forms, tones
from circletake.plan.text import BriefText, Span

_TONE_WORD = re.compile(
    r"^[\s,-]*(?:in\s+)?(?:tone|mood|feel|stimmung|ton|tono|ambiance|atmosphere)(?!\w)"
    r"|(?:tone|mood|stimmung|ton|tono|ambiance)(?:\s+(?:is|of|de|ist|es|est))?\s*:?\s*$"
)
_THEN = re.compile(
    r"(?<!\w)(?:then|builds?|turns?|becomes?|to|into|dann|wird|bis|puis|devient|luego|despues|hasta)(?!\w)"
)
_OPPOSITE = 0.55
"""Two tones whose energies are at least this far apart cannot both hold."""


@dataclass(frozen=True, slots=True)
class FormRead:
    """The form, and where the brief names it."""

    key: str
    """Key of `forms()`."""
    reading: Reading
    span: Span | None
    """`None` when it was only suggested or assumed."""
    spans: tuple[Span, ...]
    """Wherever any form is named: words of format, not of story."""


@dataclass(frozen=True, slots=True)
class ToneRead:
    """The tone, and where the brief names it."""

    key: str
    """Key of `tones()`."""
    reading: Reading
    conflicts: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Heard:
    key: str
    span: Span
    firm: bool
    """Said as a tone ("dread tone"), not only used as a word."""


def _weight(text: BriefText, span: Span) -> float:
    said = text.folded[span.start : span.end]
    return 0.5 if said == "for a" else float(len(said.split()))


def _suggested(text: BriefText, rows: Mapping[str, Form] | Mapping[str, Tone]) -> tuple[str, str] | None:
    """Return the row that most hints speak for, and the words that do; `None` when there is no hint."""
    spans = {key: text.find(row.hints) for key, row in rows.items()}
    tally = {key: sum(_weight(text, span) for span in found) for key, found in spans.items()}
    best = max(tally, key=lambda key: tally[key])
    said = ", ".join(f'"{text.cut(span)}"' for span in spans[best][:3])
    return (best, f"suggested by {said}") if tally[best] > 0 else None


def read_form(text: BriefText) -> FormRead:
    """Return the form of a film: the one named first, else the one that most words suggest, else a teaser."""
    named = [(span, key) for key, form in forms().items() for span in text.find(form.words)]
    named.sort(key=lambda one: (one[0].start, one[0].start - one[0].end))
    if named:
        span, key = named[0]
        reading = Reading(field="form", value=forms()[key].name, origin="brief", note=f'"{text.cut(span)}"')
        return FormRead(key, reading, span, tuple(span for span, _ in named))
    key, note = _suggested(text, forms()) or ("teaser", "no form is named")
    return FormRead(key, Reading(field="form", value=forms()[key].name, origin="assumed", note=note), None, ())


def _inside(span: Span, other: Span) -> bool:
    return span != other and other.start <= span.start and span.end <= other.end


def _tones_said(text: BriefText) -> list[_Heard]:
    heard: list[_Heard] = []
    for key, tone in tones().items():
        for span in text.find(tone.words):
            clause = text.clause_at(span.start)
            around = (text.folded[span.end : clause.end], text.folded[clause.start : span.start])
            heard.append(_Heard(key, span, any(_TONE_WORD.search(side) for side in around)))
    whole = [one for one in heard if not any(_inside(one.span, other.span) for other in heard)]
    return sorted(whole, key=lambda one: (not one.firm, one.span.start))


def _clash(text: BriefText, heard: list[_Heard]) -> tuple[str, ...]:
    first = heard[0]
    held = tones()[first.key]
    for other in heard[1:]:
        low, high = sorted((first.span, other.span), key=lambda span: span.start)
        apart = abs(held.energy - tones()[other.key].energy)
        if apart >= _OPPOSITE and not _THEN.search(text.folded[low.end : high.start]):
            asked = f'"{text.cut(first.span)}" and "{text.cut(other.span)}" ask for opposite tones'
            return (f"{asked}; planned as {held.name}, the tone named first",)
    return ()


def read_tone(text: BriefText, *, form: str) -> ToneRead:
    """Return the tone of a film: as named, else as most words suggest, else as its form usually is.

    Args:
        text: the brief's text.
        form: key of `forms()`.
    """
    heard = _tones_said(text)
    if heard:
        first = heard[0]
        note = f'"{text.cut(first.span)}"'
        reading = Reading(field="tone", value=tones()[first.key].name, origin="brief", note=note)
        return ToneRead(first.key, reading, _clash(text, heard), tuple(one.span for one in heard))
    usual = (forms()[form].tone, f"no tone is named; usual for a {forms()[form].name}")
    key, note = _suggested(text, tones()) or usual
    return ToneRead(key, Reading(field="tone", value=tones()[key].name, origin="assumed", note=note), (), ())
