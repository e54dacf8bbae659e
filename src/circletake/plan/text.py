"""The brief as text that rules can be held against: folded, cut into clauses, with what is negated marked.

Folding keeps the length, so that a position found in the folded text is the same position in the brief as written.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_QUOTE_MARKS = str.maketrans(
    {mark: "'" for mark in "\u2018\u2019\u201a\u201b\u00b4`"}
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
)
_CLAUSE_END = re.compile(r"[,;:!?\n()\u2026]+|\.(?!\d)|(?<=\s)[-\u2013\u2014](?=\s)|\u2014")
_NEGATION = re.compile(
    r"(?<!\w)(?:no|not|never|nor|neither|without|n't|free of|rather than|instead of|avoid|anything but"
    r"|kein\w{0,2}|nicht|nie|niemals|ohne|weder|statt|anstatt"
    r"|sans|pas d[e']|pas|jamais|ni|aucune?|plutot que|au lieu de|"
    r"sin|nunca|ningun\w?|nada de|en vez de|en lugar de)(?=[\s'])"
)
_NEGATION_END = re.compile(r"(?<!\w)(?:but|aber|sondern|mais|pero|sino)(?!\w)")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the brief: from `start` up to, not including, `end`."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Return whether both share at least one character."""
        return self.start < other.end and other.start < self.end


def fold(text: str) -> str:
    """Return `text` in lower case without accents, one character for each character of the composed text."""
    folded = []
    for character in text.translate(_QUOTE_MARKS):
        base = "s" if character == "\u00df" else unicodedata.normalize("NFD", character)[0].lower()
        folded.append(base[0])
    return "".join(folded)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as written; a hyphen or an apostrophe inside a word does not end it."""
    return tuple(match.group() for match in _WORD.finditer(unicodedata.normalize("NFC", text)))


@functools.lru_cache(maxsize=2_000)
def _pattern(phrase: str) -> str:
    pieces = []
    for piece in re.split(r"[\s-]+", fold(phrase.strip())):
        start, end = piece.startswith("*"), piece.endswith("*")
        body = re.escape(piece.strip("*"))
        pieces.append((r"\w*" if start else "") + body + (r"\w*" if end else ""))
    return r"[\s-]+".join(pieces)


@functools.lru_cache(maxsize=500)
def _compiled(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(r"(?<!\w)(?:" + "|".join(_pattern(phrase) for phrase in longest_first) + r")(?!\w)")


@dataclass(frozen=True)
class BriefText:
    """A brief, and the same brief folded."""

    raw: str
    """As written, composed (NFC)."""
    folded: str

    @classmethod
    def of(cls, text: str) -> BriefText:
        """Read a text."""
        raw = unicodedata.normalize("NFC", text)
        return cls(raw=raw, folded=fold(raw))

    def find(self, phrases: Iterable[str], *, negated: bool = False) -> tuple[Span, ...]:
        """Return where any of `phrases` stands, in order; longer phrases win.

        A space in a phrase also matches a hyphen; `*` at either end of a word matches the rest of a compound.

        Args:
            phrases: what to look for; accents and case do not matter.
            negated: also return what the brief says it does not want.
        """
        wanted = tuple(phrases)
        if not wanted:
            return ()
        spans = (Span(*match.span()) for match in _compiled(wanted).finditer(self.folded))
        return tuple(span for span in spans if negated or not self.is_negated(span))

    def says(self, phrases: Iterable[str]) -> str:
        """Return the first of `phrases` that the brief says, as written; empty when it says none."""
        found = self.find(phrases)
        return self.cut(found[0]) if found else ""

    def cut(self, span: Span) -> str:
        """Return a stretch as written."""
        return self.raw[span.start : span.end]

    @functools.cached_property
    def clauses(self) -> tuple[Span, ...]:
        """The stretches between commas, colons, full stops and dashes; blank ones are left out."""
        spans: list[Span] = []
        start = 0
        ends = [(match.start(), match.end()) for match in _CLAUSE_END.finditer(self.folded)]
        for end, after in (*ends, (len(self.folded), len(self.folded))):
            body = self.folded[start:end]
            if body.strip(" \t\"'"):
                lead = len(body) - len(body.lstrip())
                spans.append(Span(start + lead, start + len(body.rstrip())))
            start = after
        return tuple(spans)

    @functools.cached_property
    def negations(self) -> tuple[Span, ...]:
        """What the brief does not want: from the negating word to the end of its clause (or a "but")."""
        found: list[Span] = []
        for clause in self.clauses:
            for match in _NEGATION.finditer(self.folded, clause.start, clause.end):
                stop = _NEGATION_END.search(self.folded, match.end(), clause.end)
                found.append(Span(match.start(), stop.start() if stop else clause.end))
        return tuple(found)

    def is_negated(self, span: Span) -> bool:
        """Return whether a stretch lies in something that the brief does not want."""
        return any(refused.start < span.start < refused.end for refused in self.negations)

    def clause_at(self, position: int) -> Span:
        """Return the clause that holds a position, or the whole text when it stands between two."""
        whole = Span(0, len(self.folded))
        return next((clause for clause in self.clauses if clause.start <= position < clause.end), whole)
