"""Find the story in a brief: what it is about, and the pictures it lists, with the words of format taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from circletake.plan.language import nouns_in, stop_words
from circletake.plan.lexicon import Language
from circletake.plan.text import BriefText, Span, fold, words_of

_LEAD = re.compile(
    r"^(?:[\s,;:.'\"-]|(?:for|of|about|with|and|on|in|at|to|from|by|over|is|as|but|then|fur|uber|mit|und|von|vom|im|am|zum|zur|aus|auf|aber"
    r"|pour|sur|avec|et|de|du|des|dans|d'|mais|puis|para|sobre|con|y|del|en|pero|luego)(?=[\s'])['\s])+"
)
_TAIL = re.compile(
    r"(?:[\s,;:.'\"-]|\s(?:for|of|about|with|and|on|in|at|to|from|by|fur|uber|mit|und|von|im|am|pour|sur|avec|et|de|du|dans|para|sobre"
    r"|con|y|del|en|a|an|the|ein|eine|der|die|das|un|une|una|le|la|el|als|as|that|which|qui|que|wants?|needs?))+$"
)


@dataclass(frozen=True, slots=True)
class Story:
    """What a film is about, as the brief writes it."""

    topic: str
    """What it is about as a whole, said beside the form or first of all; empty when the brief only lists pictures."""
    beats: tuple[str, ...]
    """Pictures that the brief lists, in its order."""


def _without(text: BriefText, clause: Span, spans: Iterable[Span]) -> str:
    """Return a clause as written, with some stretches taken out."""
    gone = {at for span in spans for at in range(max(span.start, clause.start), min(span.end, clause.end))}
    kept = "".join(" " if at in gone else text.raw[at] for at in range(clause.start, clause.end))
    return _trim(re.sub(r"\s+", " ", kept))


def _trim(piece: str) -> str:
    lead = _LEAD.match(fold(piece))
    piece = piece[lead.end() :] if lead else piece
    tail = _TAIL.search(fold(piece))
    return (piece[: tail.start()] if tail else piece).strip()


def _shows(piece: str, language: Language) -> bool:
    """Return whether a piece says anything that a picture could show."""
    stop = stop_words(language)
    return any(fold(word) not in stop and len(word) > 2 for word in words_of(piece))


def _topic(text: BriefText, form: Span, taken: Sequence[Span], language: Language) -> str:
    clause = text.clause_at(form.start)
    if nouns_in(text.cut(form), language):
        return text.cut(form)
    for side in (Span(form.end, clause.end), Span(clause.start, form.start)):
        piece = _without(text, side, taken)
        if _shows(piece, language):
            return piece
    return ""


def _blocked(text: BriefText, mark: Span, form: Span | None) -> Span:
    clause = text.clause_at(mark.start)
    if form is None or not form.overlaps(clause):
        return clause
    return Span(mark.start, clause.end) if mark.start > form.start else mark


def read_story(
    text: BriefText,
    *,
    language: Language,
    form: Span | None,
    taken: Sequence[Span],
    tones: Sequence[Span],
    marks: Sequence[Span],
) -> Story:
    """Return what the film is about.

    Args:
        text: the brief's text.
        language: its language.
        form: where the form is named; its clause holds the topic.
        taken: words of format, left out of every picture.
        tones: words of tone; a clause that holds nothing else is no picture.
        marks: where a demand stands that takes up its clause; in the clause of the form, only what follows it.
    """
    blocked = [*(_blocked(text, mark, form) for mark in marks), *text.negations]
    topic = _topic(text, form, [*taken, *blocked], language) if form else ""
    beats: list[str] = []
    for clause in text.clauses:
        if form and form.overlaps(clause):
            continue
        piece = _without(text, clause, [*taken, *blocked])
        if _shows(piece, language) and _shows(_without(text, clause, [*taken, *blocked, *tones]), language):
            beats.append(piece)
    if form is None and beats:
        topic = beats[0]
        beats = beats[1:]
    return Story(topic=topic, beats=tuple(dict.fromkeys(beats)))
