"""Looks as numbers: how near two looks are, and how well one suits what a tone asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import StyleTarget

Vector: TypeAlias = NDArray[np.float32]
"""One-dimensional."""

_LUMA, _CONTRAST, _SATURATION, _MOTION, _WARMTH = 21, 22, 23, 24, 2
"""Where `Look.vector` keeps what a StyleTarget names; warmth is the mean of Oklab b."""
_SCALES: dict[str, tuple[int, float, float]] = {
    "luma": (_LUMA, 1.0, 0.0),
    "contrast": (_CONTRAST, 0.5, 0.0),
    "saturation": (_SATURATION, 0.2, 0.0),
    "warmth": (_WARMTH, 0.1, -1.0),
    "motion": (_MOTION, 0.15, 0.0),
}
"""Place in the vector, full scale of the measure, and the lowest value of the scale; see `StyleTarget.of`."""
_PALETTE = slice(6, 21)
"""Where `Look.vector` keeps five Oklab colours."""
OF_A_STILL = (*range(24), 28, 29, 30)
"""The features of a look that a single picture has too: colours, light, edges, grain and sharpness."""
FAR_APART = 0.4
"""Oklab distance at which two colours have nothing in common; black and white are 1.0 apart."""
_CONSTANT = 1e-9
"""A feature that deviates less tells no two clips apart."""


def suits(target: StyleTarget, styles: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return `StyleTarget.match` for many looks at once.

    Args:
        target: the wanted look.
        styles: (n, 48), as measured.

    Returns:
        (n,), 1 identical, 0 as far away as the scales allow.
    """
    gaps: list[NDArray[np.float64]] = []
    for name, (place, full, lowest) in _SCALES.items():
        wanted: float | None = getattr(target, name)
        if wanted is not None:
            measured = np.clip(styles[:, place].astype(np.float64) / full, lowest, 1.0)
            gaps.append(np.abs(wanted - measured) / (1.0 - lowest))
    return 1.0 - np.mean(gaps, axis=0) if gaps else np.ones(len(styles))


@dataclass(frozen=True, eq=False)
class Spread:
    """Mean and standard deviation of every feature over the whole index; both (48,)."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, styles: NDArray[np.float32]) -> Spread:
        """Measure it; of no rows at all it is zero and one."""
        if not len(styles):
            return cls(np.zeros(styles.shape[1]), np.ones(styles.shape[1]))
        exact = styles.astype(np.float64)
        return cls(exact.mean(axis=0), exact.std(axis=0))

    def standardise(self, styles: NDArray[np.float32], parts: Sequence[int] | None = None) -> NDArray[np.float32]:
        """Return z-scores of (n, 48) looks, each row scaled to unit length; an average look stays zero.

        Args:
            styles: as measured.
            parts: the features that count; the others become zero. `None` for all.
        """
        varies = self.deviation > _CONSTANT
        if parts is not None:
            varies &= np.isin(np.arange(len(varies)), parts)
        scores = np.zeros(styles.shape)
        scores[:, varies] = (styles[:, varies] - self.mean[varies]) / self.deviation[varies]
        length = np.linalg.norm(scores, axis=1, keepdims=True)
        return np.divide(scores, length, out=np.zeros_like(scores), where=length > _CONSTANT).astype(np.float32)


@dataclass(frozen=True, eq=False)
class LookWish:
    """The look that is wanted: what a tone asks for, a look to resemble, colours; those that are set count alike."""

    style: StyleTarget | None = None
    like: Vector | None = None
    """(48,), as measured."""
    parts: Sequence[int] | None = None
    """Which features of `like` count; `None` for all."""
    palette: NDArray[np.float32] | None = None
    """(n, 3) Oklab colours."""
    spread: Spread | None = None
    """What `like` is standardised by."""

    @property
    def plain(self) -> bool:
        """Whether the five measures that a StyleTarget names are enough to score it."""
        return self.like is None and self.palette is None

    def scores(self, styles: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how well looks suit, (n,), 0..1.

        Args:
            styles: (n, 48), as measured.
        """
        parts: list[NDArray[np.float64]] = []
        if self.style is not None:
            parts.append(suits(self.style, styles))
        if self.like is not None:
            spread = self.spread or Spread.of(styles)
            like = spread.standardise(self.like.reshape(1, -1), self.parts)[0]
            parts.append(nearness(like, spread.standardise(styles, self.parts)))
        if self.palette is not None:
            parts.append(wears(self.palette, styles))
        return np.mean(parts, axis=0) if parts else np.zeros(len(styles))


def wears(palette: NDArray[np.float32], styles: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how much of a palette looks show: for each colour the distance to the nearest of their five.

    Args:
        palette: (m, 3), Oklab.
        styles: (n, 48), as measured.

    Returns:
        (n,), 1 all colours are there, 0 none is nearer than `FAR_APART`.
    """
    held = styles[:, _PALETTE].reshape(-1, 5, 3)
    gaps = [np.linalg.norm(held - colour, axis=2).min(axis=1) for colour in palette]
    return 1.0 - np.clip(np.mean(gaps, axis=0) / FAR_APART, 0.0, 1.0).astype(np.float64)


def nearness(one: Vector, others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine of a standardised look with others, (n, 48), moved to 0..1: 1 the same, 0 the opposite."""
    return (1.0 + np.clip(others @ one, -1.0, 1.0).astype(np.float64)) / 2.0
