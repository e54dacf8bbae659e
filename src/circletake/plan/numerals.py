"""Numbers as briefs write them: digits, and number words up to ninety-nine in four languages."""

from __future__ import annotations

import functools
import re
from fractions import Fraction

from pydantic import Field

from circletake.domain.schema import Value
from circletake.plan.lexicon import table


class _Numbers(Value):
    units: tuple[str, ...]
    tens: dict[str, int]
    join: str
    """How tens and units are written as one word."""
    also: dict[str, int] = Field(default_factory=dict)


@functools.cache
def number_words() -> dict[str, int]:
    """Return the number words, folded, with their values; "a" and "an" are left out on purpose."""
    words: dict[str, int] = {}
    for numbers in table("numbers", _Numbers).values():
        words |= {word: value for value, word in enumerate(numbers.units)} | numbers.tens
        for unit, word in enumerate(numbers.units[1:10], start=1):
            words |= {numbers.join.format(tens=name, unit=word): ten + unit for name, ten in numbers.tens.items()}
        words |= numbers.also
    return words


@functools.cache
def number_pattern() -> str:
    """Return a regular expression (no groups) for a number: digits with an optional decimal, or a number word."""
    spelled = sorted(number_words(), key=lambda word: (-len(word), word))
    alternatives = "|".join(re.escape(word).replace(r"\-", r"[\s-]").replace(r"\ ", r"\s+") for word in spelled)
    return rf"(?:(?<![\w.,:])-?\d{{1,6}}(?:[.,]\d{{1,3}})?|(?<!\w)(?:{alternatives}))"


def number_in(text: str) -> Fraction:
    """Return the value of what `number_pattern` matched.

    Raises:
        ValueError: it is no number.
    """
    cleaned = re.sub(r"\s+", " ", text.strip().lower())
    if re.fullmatch(r"-?\d+(?:[.,]\d+)?", cleaned):
        return Fraction(cleaned.replace(",", "."))
    words = number_words()
    for spelling in (cleaned, cleaned.replace(" ", "-")):
        if spelling in words:
            return Fraction(words[spelling])
    raise ValueError(f"not a number: {text!r}")
