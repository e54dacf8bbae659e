"""Tell the language of a brief, find what it shows, and say it in the catalogue's English."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from circletake.plan.lexicon import LANGUAGES, Language, Noun, nouns, tongue
from circletake.plan.text import fold, words_of

_INFLECTIONS: dict[Language, tuple[str, ...]] = {
    "en": ("s", "es"),
    "de": ("s", "es", "n", "en", "e"),
    "fr": ("s", "x", "e", "es"),
    "es": ("s", "es"),
}
_ENDINGS = ("ings", "ing", "ies", "es", "ed", "s")


@functools.cache
def stop_words(language: Language) -> frozenset[str]:
    """Return the words of a language that carry no picture, folded."""
    return frozenset(tongue(language).stop.split())


@functools.cache
def _spellings(language: Language) -> dict[str, Noun]:
    return {fold(name): noun for noun in reversed(nouns()) for name in _cells(noun, language)}


def _cells(noun: Noun, language: Language) -> tuple[str, ...]:
    cell = {"en": noun.en, "de": noun.de, "fr": noun.fr, "es": noun.es}[language]
    return tuple(cell.split("/"))


def language_of(text: str) -> Language:
    """Return the language that a text is most likely written in; English when nothing speaks for another."""
    words = [fold(word) for word in words_of(text)]
    pieces = [piece for word in words for piece in re.split(r"[-']", word)]

    def evidence(language: Language) -> float:
        rivals = [stop_words(other) for other in LANGUAGES if other != language]
        own = stop_words(language)
        weight = sum(1.0 / (1 + 2 * sum(piece in rival for rival in rivals)) for piece in pieces if piece in own)
        known = sum(0.5 for piece in pieces if piece in _spellings(language))
        return weight + known

    scores = {language: evidence(language) for language in LANGUAGES}
    best = max(LANGUAGES, key=lambda language: (scores[language], -LANGUAGES.index(language)))
    return best if scores[best] > scores["en"] else "en"


def stem(word: str) -> str:
    """Return an English word without its commonest endings, folded: enough to let "roofs" meet "roof"."""
    folded = fold(word)
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 3 and not folded.endswith("ss"):
            return folded[: -len(ending)] + ("y" if ending == "ies" else "")
    return folded[:-1] if len(folded) > 4 and folded.endswith("e") else folded


def stems(text: str) -> frozenset[str]:
    """Return the stems of the words of an English text that carry a picture."""
    pieces = [piece for word in words_of(text) for piece in word.split("-")]
    return frozenset(stem(piece) for piece in pieces if fold(piece) not in stop_words("en") and len(piece) > 2)


def noun_of(word: str, language: Language) -> Noun | None:
    """Return what a word of a language names, if it is known by sight; German compounds by their last part."""
    spellings = _spellings(language)
    folded = fold(word).removeprefix("l'").removeprefix("d'")
    if folded in spellings:
        return spellings[folded]
    for ending in _INFLECTIONS[language]:
        if folded.endswith(ending) and folded.removesuffix(ending) in spellings:
            return spellings[folded.removesuffix(ending)]
    if language == "de" and len(folded) > 6:
        tails = (folded[cut:] for cut in range(2, len(folded) - 3))
        return next((spellings[tail] for tail in tails if tail in spellings), None)
    return None


def nouns_in(text: str, language: Language) -> tuple[Noun, ...]:
    """Return what a text names that can be shown, in the order of its words, each once; phrases count."""
    words = words_of(text)
    found: list[Noun] = []
    skip = 0
    for index, word in enumerate(words):
        if skip:
            skip -= 1
            continue
        named, used = None, 1
        for width in (3, 2):
            phrase = fold(" ".join(words[index : index + width]))
            if len(words) >= index + width and phrase in _spellings(language):
                named, used = _spellings(language)[phrase], width
                break
        named = named or noun_of(word, language)
        if named and named not in found:
            found.append(named)
            skip = used - 1
    return tuple(found)


def in_english(text: str, language: Language) -> str:
    """Return the words to search an English catalogue with: what is named, in English; unknown words as they are."""
    if language == "en":
        kept = [word for word in words_of(text) if fold(word) not in stop_words("en")]
        return " ".join(dict.fromkeys([*kept, *(noun.en.split("/")[0] for noun in nouns_in(text, "en"))]))
    named = [noun.en.split("/")[0] for noun in nouns_in(text, language)]
    covered = {fold(word) for word in words_of(text) if noun_of(word, language)}
    others = [word for word in words_of(text) if fold(word) not in covered and fold(word) not in stop_words(language)]
    return " ".join([*named, *others])


def subject_words(texts: Iterable[str], language: Language, *, limit: int = 8) -> tuple[str, ...]:
    """Return the words that matter, as the brief writes them and in its order, each once.

    German keeps nouns (capital letters) and what is known by sight; the others keep whatever is not a stop word.
    """
    stop = stop_words(language) | stop_words("en")
    kept: dict[str, str] = {}
    for text in texts:
        for index, word in enumerate(words_of(text)):
            folded = re.sub(r"^[ldnsqcjm]'", "", fold(word)) if language == "fr" else fold(word).removesuffix("'s")
            written = word[-len(folded) :] if language == "fr" else word[: len(folded)]
            if folded in stop or len(folded) < 3:
                continue
            if language == "de" and not noun_of(word, "de") and not (word[:1].isupper() and (index or len(folded) > 4)):
                continue
            kept.setdefault(folded, written)
    return tuple(kept.values())[:limit]
