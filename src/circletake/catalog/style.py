"""Looks as numbers: how near two looks are, and how well one suits what a tone asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circletake.catalog.base import Vector
from circletake.domain.look import StyleTarget

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

    def standardise(self, styles: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return z-scores of (n, 48) looks, each row scaled to unit length; an average look stays zero."""
        varies = self.deviation > _CONSTANT
        scores = np.zeros(styles.shape)
        scores[:, varies] = (styles[:, varies] - self.mean[varies]) / self.deviation[varies]
        length = np.linalg.norm(scores, axis=1, keepdims=True)
        return np.divide(scores, length, out=np.zeros_like(scores), where=length > _CONSTANT).astype(np.float32)


def nearness(one: Vector, others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the cosine of a standardised look with others, (n, 48), moved to 0..1: 1 the same, 0 the opposite."""
    return (1.0 + np.clip(others @ one, -1.0, 1.0).astype(np.float64)) / 2.0
