"""Read from a brief in which frame the film is shot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from circletake.domain.brief import Aspect
from circletake.domain.plan import Reading
from circletake.plan.lexicon import Form, Outlet, phrases, table
from circletake.plan.numerals import number_pattern
from circletake.plan.text import BriefText, Span

FEED_SECONDS = Fraction(15)
"""Films up to this long, with no aspect named, are framed for a feed if their form has a feed aspect."""

_ROWS: tuple[tuple[str, Aspect], ...] = (("portrait", "9:16"), ("wide", "16:9"), ("square", "1:1"), ("feed", "4:5"))
_ADJECTIVES: tuple[tuple[str, Aspect], ...] = (
    (r"vertical\w*|hochkant\w*", "9:16"),
    (r"portrait", "9:16"),
    (r"landscape|horizontal\w*", "16:9"),
    (r"square|carree?|cuadrad[oa]|quadratisch\w*", "1:1"),
)
_FILM = (
    r"(?:\w*teaser|\w*trailer|\w*spots?|\w*film|films|\w*videos?|\w*clips?|ads?|advert|cut|cutdown|post|reel|opener|recap|loop"
    r"|anuncio|pieza|piece|pelicula|publicite|pub|annonce|avance)"
)
_UPRIGHT = re.compile(
    r"vertical\w*(?!\w)(?!\s+(?:gardens?|forests?|farm\w*|village|city|wall|limit|jardin|bosque|huerto|of))"
)
_POLITE = r"(?:\s+(?:only|please|nur|bitte|format))?"


@dataclass(frozen=True, slots=True)
class Framed:
    """The aspect, where it came from, and what of it cannot be met."""

    aspect: Aspect
    reading: Reading
    conflicts: tuple[str, ...]
    spans: tuple[Span, ...]


def _bare(text: BriefText) -> list[tuple[Span, Aspect]]:
    """Find adjectives that are only about the frame beside a film word or a number, or as a clause of their own."""
    found: list[tuple[Span, Aspect]] = []
    for adjective, aspect in _ADJECTIVES:
        before = rf"(?<!\w)(?P<it>{adjective})(?=[\s-]+(?:{_FILM}(?!\w)|{number_pattern()}))"
        after = rf"(?<!\w){_FILM}[\s-]+(?P<it>{adjective})(?!\w)"
        alone = re.compile(rf"(?:in\s+)?(?:{adjective}){_POLITE}")
        spans = [Span(*match.span("it")) for way in (before, after) for match in re.finditer(way, text.folded)]
        spans += [clause for clause in text.clauses if alone.fullmatch(text.folded, clause.start, clause.end)]
        found.extend((span, aspect) for span in spans)
    upright: Aspect = "9:16"
    for clause in text.clauses:
        if leading := _UPRIGHT.match(text.folded, clause.start, clause.end):
            found.append((Span(*leading.span()), upright))
    return found


def _said(text: BriefText) -> list[tuple[Span, Aspect]]:
    named = _bare(text)
    for row, aspect in _ROWS:
        named.extend((span, aspect) for span in text.find(phrases(row)))
    return sorted(named, key=lambda one: (one[0].start, one[0].end))


def _assumed(text: BriefText, *, form: Form, seconds: Fraction) -> tuple[Aspect, str]:
    for outlet in table("outlets", Outlet).values():
        where = text.says(outlet.names)
        if outlet.aspect and where:
            return outlet.aspect, f'for "{where}"'
    if form.feed_aspect and seconds <= FEED_SECONDS:
        return form.feed_aspect, f"a {form.name} of {float(seconds):g} s runs in feeds"
    return form.aspect, f"usual for a {form.name}"


def read_aspect(text: BriefText, *, flag: Aspect | None, form: Form, seconds: Fraction) -> Framed:
    """Return the aspect of a film.

    Args:
        text: the brief's text.
        flag: what was said beside the text; it wins.
        form: the form, for what is usual.
        seconds: length of the film.
    """
    said = _said(text)
    spans = tuple(span for span, _ in said)
    if flag:
        differs = next((text.cut(span) for span, aspect in said if aspect != flag), "")
        note = f'the flag wins over "{differs}"' if differs else ""
        return Framed(flag, Reading(field="aspect", value=flag, origin="flag", note=note), (), spans)
    if said:
        first = said[0][1]
        other = next((aspect for _, aspect in said if aspect != first), None)
        both = f"{first} and {other} are both asked for; planned in {first}, {other} is for the master to be cut to"
        reading = Reading(field="aspect", value=first, origin="brief", note=f'"{text.cut(spans[0])}"')
        return Framed(first, reading, (both,) if other else (), spans)
    aspect, note = _assumed(text, form=form, seconds=seconds)
    return Framed(aspect, Reading(field="aspect", value=aspect, origin="assumed", note=note), (), ())
