"""Loudness and true peak: measured by libebur128 (ITU-R BS.1770-4, EBU R 128), and brought to a target.

Sound is float32 of shape (samples, 2) at 48 kHz, full scale 1.0. Two figures matter to a channel: the integrated
loudness in LUFS and the true peak in dBTP. A gain sets the first; where the second stands in the way, a limiter that
looks ahead takes the peaks down, and the gain is searched again until both are right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyebur128
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError

SILENT = -70.0
"""LUFS: the absolute gate of BS.1770. Quieter or shorter (under 0.4 s) sound has no loudness, and reads as this."""
NO_PEAK = -120.0
"""dBTP reported for digital silence."""

_HOP = AUDIO_RATE // 10
_WITHIN = 0.04
"""LU from the target at which the search for the gain stops."""
_NEAR = 0.1
"""LU from the target at which a slower release is good enough."""
_LARGEST_GAIN = 66.0
"""dB: what lifts sound at the gate to about full scale; nothing that can be heard needs more."""
_USELESS = 0.02
"""LU gained for each dB below which more gain is given up: everything is under the limiter already."""
_BLOCK = 24
"""Samples (0.5 ms) that share one value of the limiter's gain; it runs in straight lines between them."""
_LOOKAHEAD = 8
"""Blocks (4 ms) ahead of a peak in which the limiter's gain begins to fall."""
_RELEASES = (45.0, 180.0, 720.0)
"""dB a second by which the limiter lets go. The slowest that meets the target is used: it never rides on the wave of
a bass note nor pumps. Drums far below the target need the faster ones, which touch little but the strokes."""
_OVERSAMPLING = 4
_TAPS = 49


@dataclass(frozen=True)
class Loudness:
    """What was measured of one sound."""

    integrated: float
    """LUFS, gated; `SILENT` when there is nothing above the gate."""
    true_peak: float
    """dBTP, the highest of both channels; `NO_PEAK` for digital silence."""
    short_term_max: float
    """LUFS, the loudest 3 s; `SILENT` when the sound is shorter than that."""


def as_stereo(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `sound` as contiguous float32, if it is stereo.

    Raises:
        MediaError: the shape is not (samples, 2), or there are samples that are not numbers.
    """
    if sound.ndim != 2 or sound.shape[1] != 2:
        raise MediaError(f"sound of shape {sound.shape} cannot be used: (samples, 2) at 48 kHz is needed")
    stereo = np.ascontiguousarray(sound, dtype=np.float32)
    if not np.isfinite(stereo).all():
        raise MediaError("sound holds samples that are not numbers; make it again")
    return stereo


def measure(sound: NDArray[np.float32]) -> Loudness:
    """Measure integrated loudness, true peak (4x oversampled) and the loudest 3 seconds.

    Raises:
        MediaError: the shape is not (samples, 2), or there are samples that are not numbers.
    """
    stereo = as_stereo(sound)
    mode = pyebur128.MeasurementMode
    state = pyebur128.R128State(2, AUDIO_RATE, mode.MODE_I | mode.MODE_S | mode.MODE_TRUE_PEAK)
    loudest = SILENT
    for start in range(0, len(stereo), _HOP):
        block = stereo[start : start + _HOP]
        state.add_frames(block.reshape(-1), len(block))
        if start + _HOP >= 3 * AUDIO_RATE:
            loudest = max(loudest, pyebur128.get_loudness_shortterm(state))
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(2)) if len(stereo) else 0.0
    return Loudness(
        integrated=max(SILENT, pyebur128.get_loudness_global(state)),
        true_peak=max(NO_PEAK, 20.0 * float(np.log10(max(peak, 1e-9)))),
        short_term_max=loudest,
    )


def integrated(sound: NDArray[np.float32]) -> float:
    """Measure the integrated loudness alone, in LUFS: a third of the cost of `measure`.

    Raises:
        MediaError: the shape is not (samples, 2), or there are samples that are not numbers.
    """
    stereo = as_stereo(sound)
    state = pyebur128.R128State(2, AUDIO_RATE, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(stereo.reshape(-1), len(stereo))
    return max(SILENT, pyebur128.get_loudness_global(state))


def normalise(sound: NDArray[np.float32], *, target: float = -14.0, ceiling: float = -1.0) -> NDArray[np.float32]:
    """Bring `sound` to `target` LUFS with no true peak above `ceiling` dBTP; returns a new array of the same length.

    The ceiling always holds. The target is met within 0.1 LU wherever it can be: clicks in digital silence, say, cannot
    be as loud as music under any ceiling, and then the result is the loudest that gain and limiter give. Sound without
    a measurable loudness (`SILENT`: digital silence, or shorter than 0.4 s) only has its peaks limited, because there
    is nothing to aim at. Measure the result when it matters.

    Args:
        sound: (samples, 2) float32.
        target: integrated loudness, LUFS.
        ceiling: highest true peak, dBTP.

    Raises:
        MediaError: the shape is not (samples, 2), there are samples that are not numbers, or the target is above the
            ceiling.
    """
    if target > ceiling:
        raise MediaError(f"a loudness of {target} LUFS does not fit under peaks of {ceiling} dBTP; lower the target")
    stereo = as_stereo(sound)
    at = integrated(stereo)
    gain = target - at if at > SILENT else 0.0
    result = _amplify(stereo, gain)
    if measure_peak(result) <= ceiling:
        return result
    peaks = _true_peaks(stereo)
    for release in _RELEASES:
        if at > SILENT:
            gain = _search(stereo, peaks, target=target, ceiling=ceiling, release=release)
        result = _under(stereo, peaks, gain=gain, ceiling=ceiling, release=release)
        if at <= SILENT or abs(integrated(result) - target) <= _NEAR:
            break
    return result


def level(sound: NDArray[np.float32], *, target: float, ceiling: float) -> NDArray[np.float32]:
    """Bring sound that will be mastered later near a target: much quicker than `normalise`.

    Two passes of gain and limiter: within half a LU for music, some LU too soft for bare drums. They work on sample
    peaks, so true peaks may lie some tenths above the ceiling (dBFS). Sound without a measurable loudness only has its
    peaks limited.

    Raises:
        MediaError: the shape is not (samples, 2), or there are samples that are not numbers.
    """
    stereo = as_stereo(sound)
    if not len(stereo):
        return stereo
    at = integrated(stereo)
    gain = target - at if at > SILENT else 0.0
    peaks = _block_peaks(stereo)
    result = _limited(stereo, peaks, gain=gain, ceiling=ceiling, release=_RELEASES[0])
    if at > SILENT:
        gain += target - integrated(result)
        result = _limited(stereo, peaks, gain=gain, ceiling=ceiling, release=_RELEASES[0])
    return result


def limit(sound: NDArray[np.float32], *, ceiling: float, release: float = _RELEASES[0]) -> NDArray[np.float32]:
    """Take peaks down to `ceiling` dBTP without a click: both channels by one smooth gain.

    Peaks are found between samples too (4x oversampling by a Hann-windowed sinc). The gain begins to fall 4 ms ahead
    of a peak, reaches what the peak needs, and comes back by `release` dB a second. Sound under the ceiling is
    returned as it is.

    Raises:
        MediaError: the shape is not (samples, 2), or there are samples that are not numbers.
    """
    stereo = as_stereo(sound)
    if measure_peak(stereo) <= ceiling:
        return stereo
    return _under(stereo, _true_peaks(stereo), gain=0.0, ceiling=ceiling, release=release)


def _search(
    sound: NDArray[np.float32], peaks: NDArray[np.float64], *, target: float, ceiling: float, release: float
) -> float:
    """Find the gain (dB) that, limited, gives the target: secant steps until it is met or more gain helps no more."""
    gain = target - integrated(sound)
    below = target - integrated(_limited(sound, peaks, gain=gain, ceiling=ceiling, release=release))
    slope = 1.0
    for _ in range(14):
        if abs(below) <= _WITHIN or slope < _USELESS or gain > _LARGEST_GAIN:
            break
        step = float(np.clip(below / slope, -6.0, 6.0))
        gain += step
        was_below = below
        below = target - integrated(_limited(sound, peaks, gain=gain, ceiling=ceiling, release=release))
        slope = (was_below - below) / step
    return gain


def _under(
    sound: NDArray[np.float32], peaks: NDArray[np.float64], *, gain: float, ceiling: float, release: float
) -> NDArray[np.float32]:
    """Limit until libebur128 finds no peak above the ceiling: its interpolator and ours differ by hundredths."""
    aim = ceiling
    while True:
        result = _limited(sound, peaks, gain=gain, ceiling=aim, release=release)
        over = measure_peak(result) - ceiling
        if over <= 0.0:
            return result
        aim -= over + 0.005


def _limited(
    sound: NDArray[np.float32], peaks: NDArray[np.float64], *, gain: float, ceiling: float, release: float
) -> NDArray[np.float32]:
    """Apply a gain (dB), and under it the reduction that the peaks (one for each block) then need."""
    reduction = np.maximum(20.0 * np.log10(np.maximum(peaks, 1e-9)) + (gain - ceiling), 0.0)
    ahead = _widest(reduction, _LOOKAHEAD + 1)
    time = np.arange(len(ahead)) * (release * _BLOCK / AUDIO_RATE)
    held = np.maximum.accumulate(ahead + time) - time
    factor = 10.0 ** ((gain - _smooth(held, _LOOKAHEAD)) / 20.0)
    return np.multiply(sound, spread(factor, hop=_BLOCK, samples=len(sound))[:, None], dtype=np.float32)


def spread(values: NDArray[np.floating], *, hop: int, samples: int) -> NDArray[np.float32]:
    """Return a gain for every sample from one for every `hop` samples, in straight lines between them."""
    count = -(-samples // hop)
    knots = np.pad(values.astype(np.float32), (0, max(0, count + 1 - len(values))), mode="edge")[: count + 1]
    along = np.arange(hop, dtype=np.float32) / np.float32(hop)
    between = knots[:-1, None] + (knots[1:] - knots[:-1])[:, None] * along
    return between.astype(np.float32, copy=False).reshape(-1)[:samples]


def measure_peak(sound: NDArray[np.float32]) -> float:
    """Measure the true peak alone, in dBTP; `NO_PEAK` for digital silence. Expects (samples, 2)."""
    if not len(sound):
        return NO_PEAK
    state = pyebur128.R128State(2, AUDIO_RATE, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(sound, dtype=np.float32).reshape(-1), len(sound))
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(2))
    return max(NO_PEAK, 20.0 * float(np.log10(max(peak, 1e-9))))


def _amplify(sound: NDArray[np.float32], decibels: float) -> NDArray[np.float32]:
    """Return `sound` with a gain."""
    return sound * np.float32(10.0 ** (decibels / 20.0))


def _true_peaks(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each block the highest level of either channel at its samples and between them."""
    at = np.arange(_TAPS) - _TAPS // 2
    taps = np.sinc(at / _OVERSAMPLING) * (0.5 + 0.5 * np.cos(2 * np.pi * at / (_TAPS - 1)))
    peaks = _block_peaks(sound)
    for channel in range(2):
        wave = np.ascontiguousarray(sound[:, channel])
        for phase in range(1, _OVERSAMPLING):
            between = np.convolve(wave, taps[phase::_OVERSAMPLING].astype(np.float32), mode="same")[: len(wave)]
            np.maximum(peaks, _block_peaks(between[:, None]), out=peaks)
    return peaks


def _block_peaks(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the highest sample of either channel in each block."""
    count = -(-len(sound) // _BLOCK)
    padded = np.zeros((count * _BLOCK, sound.shape[1]), np.float32)
    np.abs(sound, out=padded[: len(sound)])
    return padded.reshape(count, -1).max(axis=1).astype(np.float64)


def _widest(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the maximum of the values up to `reach` before and after each (van Herk 1992: two running maxima)."""
    width = 2 * reach + 1
    length = -(-(len(values) + 2 * reach) // width) * width
    padded = np.zeros(length)
    padded[reach : reach + len(values)] = values
    blocks = padded.reshape(-1, width)
    forward = np.maximum.accumulate(blocks, axis=1).reshape(-1)
    backward = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    return np.maximum(backward[: len(values)], forward[width - 1 : width - 1 + len(values)])


def _smooth(values: NDArray[np.floating], reach: int) -> NDArray[np.floating]:
    """Return a triangle-weighted mean over `reach` before and after; never above the maximum within that reach."""
    half = reach // 2
    padded = np.pad(values, 2 * half, mode="edge")
    for _ in range(2):
        sums = np.cumsum(np.concatenate([[0.0], padded]))
        padded = (sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)
    return padded
