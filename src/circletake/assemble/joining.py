"""The sound of one take after another: joined where the picture is cut, without a click.

A take's sound has been through AAC, whose encoder saw it begin and end in silence: its last samples and its first ones
are off by up to a tenth of full scale, even where two takes carry one continuous bed. So the samples about an edit are
not used. They are drawn anew from both sides: each side is carried on by linear prediction, and the two are crossfaded.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
_BEFORE, _AFTER = 80, 160
"""Samples before and after an edit that are drawn anew: 5 ms in all. The damage is worst within 0.3 ms of the edit; what
is left of it 3 ms after is masked."""
_CONTEXT = 1_200
"""Samples (25 ms) from which a side is carried on."""
_ORDER = 48
"""Coefficients of the prediction: the timbre of 1 ms."""
_SHORTEST = 4 * _ORDER
"""A side shorter than this says too little to be carried on; the edit is left as it is."""


def join(pieces: Sequence[Sound]) -> Sound:
    """Lay takes' sounds end to end, (samples, 2) each; the length is exactly the sum of theirs.

    Every edit stays on its sample. Sound farther than 2 ms before and 4 ms after an edit is not touched.
    """
    parts = [piece for piece in pieces if len(piece)]
    if not parts:
        return np.zeros((0, 2), np.float32)
    joined = np.concatenate(parts)
    at = 0
    for before, after in itertools.pairwise(parts):
        at += len(before)
        kept, following = before[:-_BEFORE][-_CONTEXT:], after[_AFTER:][:_CONTEXT]
        if min(len(kept), len(following)) >= _SHORTEST:
            joined[at - _BEFORE : at + _AFTER] = _bridge(kept, following, _BEFORE + _AFTER)
    return joined


def _bridge(before: Sound, after: Sound, samples: int) -> Sound:
    """Return what lies between two stretches: the first carried on, fading into the second carried backwards."""
    onward = np.stack([_carried_on(before[:, side], samples) for side in range(2)], axis=1)
    back = np.stack([_carried_on(after[::-1, side], samples)[::-1] for side in range(2)], axis=1)
    share = np.sin(np.pi / 2 * (np.arange(samples) + 0.5) / samples)[:, None] ** 2
    return (onward * (1.0 - share) + back * share).astype(np.float32)


def _carried_on(wave: NDArray[np.floating], samples: int) -> NDArray[np.float64]:
    """Return how a wave goes on, by linear prediction; it never grows, because Burg's predictor is stable."""
    prediction = _burg(wave.astype(np.float64))
    known = np.concatenate([wave[-_ORDER:].astype(np.float64), np.zeros(samples)])
    for at in range(_ORDER, _ORDER + samples):
        known[at] = prediction @ known[at - _ORDER : at][::-1]
    return known[_ORDER:]


def _burg(wave: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficients that predict a sample from those before it, the nearest first (Burg 1975)."""
    coefficients = np.zeros(0)
    forward, backward = wave[1:], wave[:-1]
    for _ in range(_ORDER):
        power = forward @ forward + backward @ backward
        reflection = 2.0 * (forward @ backward) / power if power > 0.0 else 0.0
        coefficients = np.append(coefficients - reflection * coefficients[::-1], reflection)
        forward, backward = (forward - reflection * backward)[1:], (backward - reflection * forward)[:-1]
    return coefficients
