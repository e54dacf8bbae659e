"""Read from a brief what it demands of the picture, the sound and the cutting, beside length, frame, form and tone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from pydantic import Field

from circletake.domain.schema import Value
from circletake.plan.duration import Length, Lengths
from circletake.plan.lexicon import phrases, refusals
from circletake.plan.numerals import number_in, number_pattern
from circletake.plan.text import BriefText, Span

LINE_SECONDS = Fraction(2)
"""Words on the screen are held at least this long: long enough to be read."""
LOGO_SECONDS = Fraction(2)
"""Room for a logo, when the brief does not say how long."""
_FORMAT = (
    "black_and_white",
    "loop",
    "sound_off",
    "subtitles",
    "intertitles",
    "black_before_title",
    "question",
    "no_text",
    "no_music",
    "no_faces",
    "no_voice",
    "no_jolt",
    "continuous",
    "if_possible",
    "slow",
    "quick",
    "music",
    "colour",
)
"""Rows of demands whose words are format, never story."""
_WHOLE = ("logo", "question", "sound_off", "instruction", "always")
"""Rows of demands that take up their clause from where they stand."""
_SHOTS = r"(?:shots?|einstellungen|plans|planos|tomas)"
_COUNT = re.compile(
    rf"(?P<n>{number_pattern()})\s+(?:(?:separate|single|different|two|three|verschiedene|differents|distintos)[\s-]+)?"
    rf"(?:{number_pattern()}[\s-]+(?:second|sekunden)[\s-]+)?{_SHOTS}(?!\w)"
)
_CUTS = re.compile(rf"(?P<n>{number_pattern()})\s+(?:cuts|schnitte|coupes|cortes)(?!\w)")
_LEAST = re.compile(r"(?:at least|mindestens|au moins|al menos|no fewer than|more than)\W*$")
_NUMBERED = re.compile(
    rf"(?<!\w)(?:shot|einstellung|plan|plano|toma)\s+(?:number\s+)?(?P<n>{number_pattern()})\s+"
    r"(?:must be|must show|should be|should show|is|shows|muss|zeigt|ist|doit etre|doit montrer|montre|est|debe ser"
    r"|debe mostrar|muestra|es)\s+(?P<it>.+)"
)
_QUOTED = re.compile(r"(?<!\w)(?P<mark>['\"])\s*(?P<it>[^\n\"]{2,80}?)\s*(?P=mark)(?!\w)")
_SAID = re.compile(r"(?<!\w)(?:says?|asks?|whispers?|sagt|fragt|dit|demande|dice|pregunta)(?:\s+\w+)?[\s:,]*$")
_AND = re.compile(r"\s+(?:and|und|et|y)\s+")
_HALF = re.compile(r"(?<!\w)(?:half|halfway|halfte|mitte|moitie|mitad)")
_UNTIL = re.compile(r"(?<!\w)(?:until|till|bis|jusqu'|hasta)")
_NO = re.compile(r"^(?:\w+n't|\w+)(?:\s+(?:than|of|d'|de|but|que|lieu\s+de|vez\s+de|lugar\s+de)(?!\w))?\s*")
_ARTICLE = re.compile(
    r"^(?:the|a|an|der|die|das|den|dem|le|la|les|l'|el|los|las|un|une|una|ein|eine|einem|einen)\s+", re.IGNORECASE
)


class DemandSet(Value):
    """What a brief demands of the film. Frames are counted at the film's rate by whoever plans."""

    no_text: bool = False
    no_music: bool = False
    no_faces: bool = False
    no_voice: bool = False
    no_jolt: bool = False
    black_and_white: bool = False
    loop: bool = False
    sound_off: bool = False
    subtitles: bool = False
    intertitles: bool = False
    black_before_title: bool = False
    question: bool = False
    continuous: Literal["no", "if_possible", "wanted"] = "no"
    pace: Literal["slow", "quick"] | None = None
    shot_count: int | None = Field(default=None, ge=1)
    least_shots: int | None = Field(default=None, ge=1)
    shot_seconds: Fraction | None = None
    lines: tuple[str, ...] = ()
    """Words to put on the screen, as written; the last ones close the film."""
    line_seconds: Fraction = LINE_SECONDS
    spoken: tuple[str, ...] = ()
    title: str = ""
    """The film's name, when the brief gives it."""
    logo_seconds: Fraction | None = None
    opening: str = ""
    """What the film begins on, as written."""
    closing: str = ""
    withheld: str = ""
    """What may not be seen before `withheld_until`."""
    withheld_until: Fraction = Fraction(1, 2)
    """Share of the film, 0..1."""
    numbered: dict[int, str] = Field(default_factory=dict)
    """Shot number, from 1 -> what it must show."""
    always: tuple[str, ...] = ()
    """What holds in every shot, as written."""
    refused: tuple[str, ...] = ()
    """What must not be seen, as written."""
    conflicts: tuple[str, ...] = ()
    """What of it cannot all be met."""


class DemandsRead(Value):
    """The demands, and which stretches of the brief are used up by them."""

    demands: DemandSet
    spans: tuple[Span, ...]
    """Words of format."""
    marks: tuple[Span, ...]
    """Where a demand stands that takes up its clause: the rest of it is no story either."""


def _says(text: BriefText, name: str) -> tuple[Span, ...]:
    return text.find(phrases(name))


def _refuses(text: BriefText, name: str) -> bool:
    if text.find(phrases(name), negated=True):
        return True
    return any(
        refused.start < span.start < refused.end
        for span in text.find(refusals(name), negated=True)
        for refused in text.negations
    )


def _part_in(clause: Span, parts: Iterable[Length]) -> Fraction | None:
    return next((part.seconds for part in parts if part.span.overlaps(clause)), None)


def _held(text: BriefText, line: Span | None, lengths: Lengths) -> Fraction:
    said = _part_in(text.clause_at(line.start), lengths.parts) if line else None
    return max(LINE_SECONDS, said or LINE_SECONDS)


def _tidy(text: str) -> str:
    """Strip an article, blanks and stray marks from a stretch of the brief."""
    return _ARTICLE.sub("", text.strip(" \t\"'.,")).strip()


def _quotes(text: BriefText) -> list[tuple[Span, str, Literal["line", "spoken", "title"]]]:
    found: list[tuple[Span, str, Literal["line", "spoken", "title"]]] = []
    for match in _QUOTED.finditer(text.folded):
        before = text.folded[: match.start()]
        named = any(
            span.end >= len(before.rstrip(" :,")) for span in _says(text, "named") if span.start < match.start()
        )
        kind = "title" if named else "spoken" if _SAID.search(before) else "line"
        found.append((Span(*match.span()), text.raw[match.start("it") : match.end("it")], kind))
    return found


def _image_after(text: BriefText, name: str) -> tuple[str, Span] | None:
    """Return what stands after "starts in", "ends on" and the like, unless it is a quote, a question or a logo."""
    ways = ("logo", "question", "black_before_title")
    for span in _says(text, name):
        clause = text.clause_at(span.start)
        rest = Span(span.end, clause.end)
        body = text.folded[rest.start : rest.end]
        if match := _AND.search(body):
            rest = Span(rest.start, rest.start + match.start())
        taken = any(other.overlaps(clause) for way in ways for other in _says(text, way))
        quoted = any(other.overlaps(clause) for other, _, _ in _quotes(text))
        image = _tidy(text.cut(rest))
        if image and not taken and not quoted and "title" not in image.lower():
            return image, Span(span.start, rest.end)
    return None


def _withheld(text: BriefText) -> tuple[str, Fraction, Span] | None:
    for span in _says(text, "withheld"):
        clause = text.clause_at(span.start)
        rest = text.folded[span.end : clause.end]
        until = _UNTIL.search(rest)
        thing = _tidy(text.cut(Span(span.end, span.end + until.start() if until else clause.end)))
        share = Fraction(1, 2) if not until or _HALF.search(rest, until.end()) else Fraction(3, 4)
        return thing, share, clause
    return None


def _counts(text: BriefText) -> tuple[int | None, int | None, tuple[Span, ...]]:
    """Return the number of shots demanded, the least number of them, and where that stands."""
    exact: int | None = None
    least: int | None = None
    spans: list[Span] = []
    for pattern, more in ((_COUNT, 0), (_CUTS, 1)):
        for match in pattern.finditer(text.folded):
            number = int(number_in(match["n"])) + more
            if number < 1 or text.is_negated(Span(*match.span())):
                continue
            spans.append(Span(*match.span()))
            if _LEAST.search(text.folded[: match.start()]):
                least = least or number
            else:
                exact = exact or number
    return exact, least, tuple(spans)


def _conflicts(text: BriefText, demands: DemandSet) -> tuple[str, ...]:
    found: list[str] = []
    if demands.no_text and (demands.lines or demands.intertitles or demands.subtitles):
        words = f'the line "{demands.lines[0]}"' if demands.lines else "intertitles or subtitles"
        found.append(f"no text is wanted, and {words} as well; planned without text on the screen")
    if demands.no_music and (span := next(iter(_says(text, "music")), None)):
        found.append(f'no music is wanted, and "{text.cut(span)}" as well; planned without music')
    if demands.black_and_white and (span := next(iter(_says(text, "colour")), None)):
        found.append(f'black and white is wanted, and "{text.cut(span)}" as well; planned in black and white')
    slow, quick = _says(text, "slow"), _says(text, "quick")
    if slow and quick:
        kept, dropped = sorted((slow[0], quick[0]), key=lambda span: span.start)
        found.append(f'"{text.cut(kept)}" and "{text.cut(dropped)}" contradict each other; paced for the first')
    return tuple(found)


def _pace(text: BriefText) -> Literal["slow", "quick"] | None:
    slow, quick = _says(text, "slow"), _says(text, "quick")
    if slow and (not quick or slow[0].start < quick[0].start):
        return "slow"
    return "quick" if quick else None


def _refused(text: BriefText) -> tuple[str, ...]:
    """Return what is not wanted as a picture; words about sound, text and cutting are demands of their own."""
    other = {*refusals("no_text"), *refusals("no_music"), *refusals("no_voice"), "cuts", "cut", "schnitt", "sound"}
    found: list[str] = []
    for span in text.negations:
        thing = _tidy(_NO.sub("", text.cut(span), count=1))
        if thing and not any(word.strip(".,'") in other for word in text.folded[span.start : span.end].split()):
            found.append(thing)
    return tuple(dict.fromkeys(found))


def _numbered(text: BriefText) -> tuple[dict[int, str], tuple[Span, ...]]:
    numbered: dict[int, str] = {}
    clauses: list[Span] = []
    for clause in text.clauses:
        if match := _NUMBERED.search(text.folded, clause.start, clause.end):
            numbered[int(number_in(match["n"]))] = _tidy(text.raw[match.start("it") : clause.end])
            clauses.append(clause)
    return numbered, tuple(clauses)


def _continuous(text: BriefText) -> Literal["no", "if_possible", "wanted"]:
    spans = _says(text, "continuous")
    if not spans:
        return "no"
    clause = text.clause_at(spans[0].start)
    soft = any(span.overlaps(clause) for span in _says(text, "if_possible"))
    return "if_possible" if soft else "wanted"


def read_demands(text: BriefText, *, lengths: Lengths) -> DemandsRead:
    """Return what the brief demands, and which stretches of it are demands and not story."""
    quotes = _quotes(text)
    exact, least, count_spans = _counts(text)
    numbered, numbered_clauses = _numbered(text)
    begins, ends, held = _image_after(text, "beginning"), _image_after(text, "ending"), _withheld(text)
    logo = next(iter(_says(text, "logo")), None)
    line = next((span for span, _, kind in quotes if kind == "line"), None)
    always = tuple(clause for clause in text.clauses if any(span.overlaps(clause) for span in _says(text, "always")))
    demands = DemandSet(
        no_text=_refuses(text, "no_text"),
        no_music=_refuses(text, "no_music"),
        no_faces=_refuses(text, "no_faces"),
        no_voice=_refuses(text, "no_voice"),
        no_jolt=_refuses(text, "no_jolt"),
        black_and_white=bool(_says(text, "black_and_white")),
        loop=bool(_says(text, "loop")),
        sound_off=bool(_says(text, "sound_off")),
        subtitles=bool(_says(text, "subtitles")),
        intertitles=bool(_says(text, "intertitles")),
        black_before_title=bool(_says(text, "black_before_title")),
        question=bool(_says(text, "question")),
        continuous=_continuous(text),
        pace=_pace(text),
        shot_count=exact,
        least_shots=least,
        shot_seconds=lengths.shot.seconds if lengths.shot else None,
        lines=tuple(it for _, it, kind in quotes if kind == "line"),
        line_seconds=_held(text, line, lengths),
        spoken=tuple(it for _, it, kind in quotes if kind == "spoken"),
        title=next((it for _, it, kind in quotes if kind == "title"), ""),
        logo_seconds=(_part_in(text.clause_at(logo.start), lengths.parts) or LOGO_SECONDS) if logo else None,
        opening=begins[0] if begins else "",
        closing=ends[0] if ends else "",
        withheld=held[0] if held else "",
        withheld_until=held[1] if held else Fraction(1, 2),
        numbered=numbered,
        always=tuple(text.cut(clause) for clause in always),
        refused=_refused(text),
    )
    images = tuple(image[1] for image in (begins, ends) if image)
    marks = [span for name in _WHOLE for span in _says(text, name)] + ([held[2]] if held else [])
    return DemandsRead(
        demands=demands.model_copy(update={"conflicts": _conflicts(text, demands)}),
        spans=(*_format_spans(text), *count_spans, *images),
        marks=(*marks, *numbered_clauses, *(_line_mark(text, span) for span, _, _ in quotes)),
    )


def _format_spans(text: BriefText) -> tuple[Span, ...]:
    return tuple(span for name in _FORMAT for span in text.find(phrases(name), negated=True))


def _line_mark(text: BriefText, quote: Span) -> Span:
    """Return the stretch from "ends on" or "the line" to the end of a quote."""
    leads = [*_says(text, "ending"), *_says(text, "named"), *_says(text, "beginning"), *_says(text, "line")]
    clause = text.clause_at(quote.start)
    before = [span.start for span in leads if clause.start <= span.start < quote.start]
    return Span(min(before, default=quote.start), quote.end)
