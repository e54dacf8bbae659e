"""Listen to a film while it plays, so that the loudness of any stretch can be told afterwards.

Loudness is gated as ITU-R BS.1770-4 (Annex 1) says, over blocks of 400 ms that overlap by three quarters. libebur128
measures the blocks; which of them belong to a stretch is only known when the film has been played.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyebur128
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.media.loudness import SILENT, as_stereo

_HOP = AUDIO_RATE // 10
_BLOCK_S = 0.4
_RELATIVE_GATE = -10.0
"""LU below the loudness of all blocks above the absolute gate."""
_SPECTRUM = 4_096
"""Samples of one spectrum."""


@dataclass(frozen=True)
class Heard:
    """How a stretch sounds."""

    loudness: float
    """LUFS; `SILENT` when it is silent or shorter than 0.4 s."""
    brightness: float
    """Spectral centroid, kHz."""


class Meter:
    """Takes sound as it comes, in chunks of any length."""

    def __init__(self) -> None:
        self._state = pyebur128.R128State(2, AUDIO_RATE, pyebur128.MeasurementMode.MODE_M)
        self._pending = np.zeros((0, 2), np.float32)
        self._momentary: list[float] = []
        self._spectra: list[tuple[float, float]] = []
        self._window = np.hanning(_SPECTRUM).astype(np.float32)
        self._kilohertz = np.fft.rfftfreq(_SPECTRUM, 1.0 / AUDIO_RATE) / 1_000.0

    def add(self, sound: NDArray[np.float32]) -> None:
        """Listen to the next samples, (n, 2) at 48 kHz.

        Raises:
            MediaError: the sound has another shape, or holds samples that are not numbers.
        """
        ready = np.concatenate([self._pending, as_stereo(sound)])
        hops = len(ready) // _HOP
        for hop in range(hops):
            block = np.ascontiguousarray(ready[hop * _HOP : (hop + 1) * _HOP])
            self._state.add_frames(block.reshape(-1), _HOP)
            self._momentary.append(pyebur128.get_loudness_momentary(self._state))
            self._spectra.append(self._spectrum(block))
        self._pending = ready[hops * _HOP :]

    def _spectrum(self, block: NDArray[np.float32]) -> tuple[float, float]:
        """Return the sums of the magnitudes, with and without their frequency (kHz), of one hop's first samples."""
        size = np.abs(np.fft.rfft(block[:_SPECTRUM].mean(axis=1) * self._window))
        return float(size @ self._kilohertz), float(size.sum())

    def between(self, start: float, end: float) -> Heard:
        """Return how the stretch from `start` to `end` (seconds) sounds, measured in whole hops of a tenth."""
        first, last = round(start * 10), round(end * 10)
        blocks = np.array(self._momentary[first + round(_BLOCK_S * 10) - 1 : last])
        weighted, sizes = np.sum(self._spectra[first:last] or [(0.0, 0.0)], axis=0)
        return Heard(loudness=_gated(blocks), brightness=round(float(weighted / sizes), 4) if sizes > 1e-6 else 0.0)


def _gated(momentary: NDArray[np.float64]) -> float:
    """Return the loudness of blocks, LUFS, after the absolute gate and the relative one."""
    loud = momentary[momentary > SILENT]
    if not len(loud):
        return SILENT
    threshold = _mean(loud) + _RELATIVE_GATE
    return max(SILENT, _mean(loud[loud > threshold]))


def _mean(levels: NDArray[np.float64]) -> float:
    """Return the level of the mean power."""
    return float(10.0 * np.log10(np.mean(10.0 ** (levels / 10.0))))
