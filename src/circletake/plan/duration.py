"""Read from a brief how long the film is, and tell that from how long a part or a shot of it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from circletake.errors import BriefError
from circletake.plan.numerals import number_in, number_pattern
from circletake.plan.text import BriefText, Span

SHORTEST = Fraction(1)
"""Seconds: a film has at least one shot of one second."""
LONGEST = Fraction(600)
"""Seconds: ten minutes."""

Kind = Literal["film", "loose", "shot", "part"]
"""`loose` is a bound ("at least 30 seconds"); it counts when nothing firmer is said."""

_SECOND = r"(?:seconds?|secondes?|secs?|sekunden?|sek|segundos?|segs?)"
_MINUTE = r"(?:minuten?|minutes?|minutos?|mins?)"
_GERMAN = r"(?:sekundig\w*|minutig\w*)"
_N = number_pattern()
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "minutes_seconds",
        rf"(?<![\w:.,])(?P<m>\d{{1,3}})\s*(?:m|min|{_MINUTE}|')\s*(?:and|und|et|y)?\s*(?P<s>\d{{1,2}})\s*(?:s|''|{_SECOND})?(?![\w:])",
    ),
    ("clock", r"(?<![\d:.,])(?P<m>\d{0,2}):(?P<s>[0-5]\d)(?![\d:]|\s*(?:[ap]\.?m\b|uhr|h\b))"),
    ("half_more", rf"(?P<n>{_N})\s+(?:and\s+a\s+half|einhalb|et\s+demie?|y\s+medi[oa])[\s-]+{_MINUTE}"),
    (
        "one_and_half",
        rf"(?<!\w)(?:(?:an?|one|une|un|uno|1)\s+{_MINUTE}\s+(?:and\s+a\s+half|et\s+demie?|y\s+medio)|(?:anderthalb|eineinhalb)\s+{_MINUTE})",
    ),
    (
        "half",
        rf"(?<!\w)(?:half\s+an?\s+{_MINUTE}|half[\s-]{_MINUTE}|halbe\w?\s+{_MINUTE}|demi[\s-]{_MINUTE}|medio\s+{_MINUTE})",
    ),
    ("minutes", rf"(?P<n>{_N})[\s-]*{_MINUTE}(?!\w)"),
    ("a_minute", rf"(?<!\w)an?\s+(?:full\s+)?{_MINUTE}(?!\w)"),
    ("seconds", rf"(?P<n>(?<![\w.,:])-?\d{{1,6}}(?:[.,]\d{{1,3}})?)[\s-]*(?:{_SECOND}|s)(?!\w)"),
    ("seconds", rf"(?P<n>{_N})(?:[\s-]+{_SECOND})(?!\w)"),
    ("german", rf"(?P<n>{_N})[\s-]*(?P<unit>{_GERMAN})"),
    (
        "hours",
        rf"(?P<n>{_N})[\s-]*(?:hours?|stunden?|stundig\w*|heures?|horas?)"
        r"(?=[\s-]+(?:long|film|movie|documentary|feature|spielfilm|de film|lang))",
    ),
)
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)

_PART_BEFORE = re.compile(
    r"(?<!\w)(?:(?:the|its|an?) (?:opening|closing)|last|final|first|letzte[nr]?|erste[nr]?|dernieres?|premieres?"
    r"|ultim[oa]s?|primer[oa]s?|every|alle|toutes les|cada|after|nach|apres|despues de|tras|at|bei|within|innerhalb)"
    r"\W+(?:(?:about|etwa|environ|unos)\W+)?$"
    r"|(?<!\w)(?:hold|holds|held|holding|stays?|remains?|visible|readable|readably|on screen|logo\w*|end card"
    r"|pack ?shot"
    r"|gehalten|halten|stehen|steht|sichtbar|lesbar|eingeblendet|tenue?s?|affiche\w*|lisible"
    r"|mantenid\w*|mantener|fij[oa]|legible|se queda)\W+(?:\w+\W+){0,4}$"
)
_PART_AFTER = re.compile(
    r"^\W*(?:(?:of|de|von|fur|for|pour|para|am)\W+)?(?:(?:the|das|den|le|la|el|clear|clean|free)\W+)*"
    r"(?:logo\w*|platz|raum|space|espace|espacio|title|end card|pack ?shot|black(?! and)|silence|stille"
    r"|schwarz(?!.?wei)"
    r"|pause|hold|later|before|avant|antes|vorher|into|in(?=\W*$)|(?:am )?schluss|intertitles?|gehalten|tenu\w*)"
)
_SHOT_AFTER = re.compile(
    r"^\W*(?:long\W+)?(?:each|per shot|a shot|apiece|je(?!\w)|jeweils|pro einstellung|chacune?|par plan|cada un[oa]"
    r"|por plano|shots?(?!\w)|einstellungen?|plans?(?!\w)|planos?(?!\w))"
)
_SHOT_BEFORE = re.compile(
    r"(?<!\w)(?:each|every shot|jede[rs]?|chaque|shots? (?:of|lasting|at)|einstellungen? (?:von|zu|mit)"
    r"|(?:plans|planos) de"
    r"|cada plano(?: de)?|jeweils)\W+(?:\w+\W+){0,2}$|(?<!\w)je\W+$"
)
_LOOSE_BEFORE = re.compile(
    r"(?:at least|no less than|minimum|mindestens|au moins|al menos|como minimo|at most|up to|no more than|maximum|max"
    r"|under|below|hochstens|bis zu|maximal|au plus|jusqu'a|maximo|hasta|less than|weniger als|moins de|menos de)\W*$"
)
_AT_CLOCK = re.compile(r"(?<!\w)(?:at|um|gegen|a|vers|a las|sobre las)\s+$")
_RATIO = re.compile(r"(?:16|9|1|4|5|21|2):(?:9|16|1|5|4|35|39|85|00)(?!\d)")


@dataclass(frozen=True, slots=True)
class Length:
    """One length that the brief names."""

    seconds: Fraction
    span: Span
    kind: Kind


@dataclass(frozen=True, slots=True)
class Lengths:
    """What a brief says about length."""

    film: Length | None
    shot: Length | None
    """How long each shot is, when the brief says so."""
    others: tuple[Length, ...]
    """Further lengths that would also be the film's, and contradict it."""
    parts: tuple[Length, ...]
    """Lengths of a part of the film: how long a line is held, how long the logo stands."""
    spans: tuple[Span, ...]
    """Where lengths of any kind stand."""


def _seconds(name: str, match: re.Match[str]) -> Fraction:
    found = match.groupdict()
    number = number_in(found["n"]) if found.get("n") else Fraction(1)
    fixed = {"one_and_half": Fraction(90), "half": Fraction(30), "a_minute": Fraction(60)}
    if name in fixed:
        return fixed[name]
    if name in {"clock", "minutes_seconds"}:
        return Fraction(int(found["m"] or 0) * 60 + int(found["s"]))
    if name == "half_more":
        return (number + Fraction(1, 2)) * 60
    if name == "german":
        return number * (60 if found["unit"].startswith("minut") else 1)
    return number * {"minutes": 60, "hours": 3600}.get(name, 1)


def _kind(text: BriefText, span: Span) -> Kind:
    clause = text.clause_at(span.start)
    before, after = text.folded[clause.start : span.start], text.folded[span.end : clause.end]
    if _SHOT_BEFORE.search(before) or _SHOT_AFTER.search(after):
        return "shot"
    if _PART_BEFORE.search(before) or _PART_AFTER.search(after):
        return "part"
    return "loose" if _LOOSE_BEFORE.search(before) else "film"


def _is_time_of_day(text: BriefText, match: re.Match[str]) -> bool:
    return bool(match["m"]) and bool(_AT_CLOCK.search(text.folded[: match.start()]))


def _found(text: BriefText) -> tuple[Length, ...]:
    lengths: list[Length] = []
    for name, pattern in _COMPILED:
        for match in pattern.finditer(text.folded):
            span = Span(*match.span())
            if any(span.overlaps(other.span) for other in lengths):
                continue
            if name == "clock" and (_RATIO.match(match.group()) or _is_time_of_day(text, match)):
                continue
            if not text.is_negated(span):
                lengths.append(Length(_seconds(name, match), span, _kind(text, span)))
    return tuple(sorted(lengths, key=lambda length: length.span.start))


def read_lengths(text: BriefText) -> Lengths:
    """Return what the brief says about the length of the film and of its shots."""
    lengths = _found(text)
    firm = [length for length in lengths if length.kind == "film"] or [one for one in lengths if one.kind == "loose"]
    film = firm[0] if firm else None
    return Lengths(
        film=film,
        shot=next((length for length in lengths if length.kind == "shot"), None),
        others=tuple(length for length in firm[1:] if film and length.seconds != film.seconds),
        parts=tuple(length for length in lengths if length.kind == "part"),
        spans=tuple(length.span for length in lengths),
    )


def allowed_seconds(seconds: Fraction, *, said: str) -> Fraction:
    """Return a film's length if a film can have it.

    Args:
        seconds: the length.
        said: the words or the flag it came from, for the message.

    Raises:
        BriefError: zero, negative, under one second, or over ten minutes.
    """
    if seconds <= 0:
        raise BriefError(
            f"a film of {float(seconds):g} seconds cannot be made ({said}): give a duration of 1 to 600 seconds"
        )
    if not SHORTEST <= seconds <= LONGEST:
        raise BriefError(f"a film of {float(seconds):g} seconds is out of range ({said}): give 1 to 600 seconds")
    return seconds
