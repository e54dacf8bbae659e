"""From scores to a list: convex fusion of what was wanted, then maximal marginal relevance with a cap per owner."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circletake.catalog.base import Hit
from circletake.catalog.style import Spread, nearness
from circletake.domain.clip import Clip
from circletake.domain.reference import Query

TEXT, LOOK = 0.7, 0.3
"""Shares of words and look where both are wanted. Looks rarely match below 0.5: the words tell clips further apart."""
MEANING, WORDS = 0.85, 0.15
"""Shares of cosine and BM25/max within the words where there are text vectors (best mean nDCG@10 of those tried)."""
_DIGITS = 9
"""Scores are rounded here, so that a tie is a tie whatever the order of a sum was."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A clip that may be used, and how relevant it is, 0..1."""

    clip: Clip
    hit: Hit
    score: float


def fused(hits: Sequence[Hit], query: Query) -> list[tuple[float, Hit]]:
    """Return hits with their relevance 0..1, best first, ties by clip id.

    BM25 is divided by the best of these hits; a hit that no word matched still has the share of its look.
    """
    if not hits:
        return []
    bm25 = np.array([hit.words for hit in hits])
    meaning = np.clip([hit.meaning for hit in hits], 0.0, 1.0)
    words = bm25 / max(bm25.max(), 1e-9)
    text = MEANING * meaning + WORDS * words if meaning.any() else words
    look = np.array([hit.look for hit in hits])
    if not wants_look(query):
        scores = text
    elif query.text.strip():
        scores = TEXT * text + LOOK * look
    else:
        scores = look
    ranked = zip(np.round(scores, _DIGITS).tolist(), hits, strict=True)
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].clip_id))


def wants_look(query: Query) -> bool:
    """Return whether a look is asked for at all; a target that names nothing suits everything."""
    named = query.style is not None and any(value is not None for value in query.style.model_dump().values())
    return named or query.like is not None or query.look is not None or bool(query.palette)


def diverse(candidates: Sequence[Candidate], *, query: Query, k: int, spread: Spread) -> list[Candidate]:
    """Choose up to `k`, each as relevant and as unlike those before it as `query.diversity` says.

    Maximal marginal relevance (Carbonell and Goldstein 1998); two clips are as alike as half their looks and half the
    words that describe them. `query.max_per_owner` holds as long as clips of other owners are left.

    Args:
        candidates: best first; the earlier wins a tie.
        query: what was asked.
        k: how many at most.
        spread: by which looks are standardised.
    """
    if not candidates:
        return []
    styles = spread.standardise(np.array([one.clip.look.vector() for one in candidates], np.float32))
    words = [_words(one.clip) for one in candidates]
    relevance = np.array([one.score for one in candidates])
    likeness = np.zeros(len(candidates))
    left = np.ones(len(candidates), bool)
    chosen: list[int] = []
    while len(chosen) < min(k, len(candidates)):
        owners = Counter(candidates[at].clip.licence.owner for at in chosen)
        gain = query.diversity * relevance - (1.0 - query.diversity) * likeness
        gain[~_open_to(candidates, left, owners, query.max_per_owner)] = -np.inf
        best = int(np.argmax(np.round(gain, _DIGITS)))
        chosen.append(best)
        left[best] = False
        alike = nearness(styles[best], styles) + [_overlap(words[best], other) for other in words]
        likeness = np.maximum(likeness, alike / 2.0)
    return [candidates[at] for at in chosen]


def _open_to(
    candidates: Sequence[Candidate], left: NDArray[np.bool_], owners: Counter[str], most: int | None
) -> NDArray[np.bool_]:
    """Return which candidates may be chosen next; the cap gives way when nothing else is left."""
    if most is None:
        return left
    below = np.array([owners[one.clip.licence.owner] < most for one in candidates])
    return left & below if (left & below).any() else left


def _words(clip: Clip) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", " ".join([clip.title, clip.caption, *clip.tags]).lower()))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard index of two sets of words."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0
