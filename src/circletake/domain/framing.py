"""Framing: the shot size that words name."""

from __future__ import annotations

import re

from circletake.domain.look import ShotSize

_SIZES: tuple[tuple[str, ShotSize], ...] = (
    (r"\b(?:macro|extreme close-?up)\b", "ECU"),
    (r"\bmedium close\b", "MCU"),
    (r"\b(?:close-?ups?|close on)\b", "CU"),
    (r"\b(?:full shot|full figure)\b", "MLS"),
    (r"\b(?:medium shot|waist)\b", "MS"),
    (r"\b(?:aerial|skyline|panorama|extreme wide|vast|horizon)\b", "ELS"),
)


def size_in_words(text: str) -> ShotSize | None:
    """Return the shot size that a title or a caption names, `None` where it names none."""
    lower = text.lower()
    return next((size for words, size in _SIZES if re.search(words, lower)), None)
