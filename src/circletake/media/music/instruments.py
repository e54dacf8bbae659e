"""Instruments made of numbers: textures drawn as a spectrum, struck and plucked notes, thuds, and a room to stand in.

Sound is float32 at 48 kHz, stereo as (samples, 2). Nothing here loops over samples: textures are one inverse Fourier
transform of a spectrum with random phases (the idea of Nasca's PADsynth), which also makes them periodic, so that they
can be laid end to end without a seam; struck things are sums of decaying partials (modal synthesis); the room is noise
that dies away, convolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE

Mono: TypeAlias = NDArray[np.float32]
Stereo: TypeAlias = NDArray[np.float32]

TEXTURE = 1 << 19
"""Samples after which a texture repeats: 10.9 s, seamlessly."""
_MONO_BELOW = 140.0
"""Hz below which both channels carry the same, so that the bass stands in the middle."""
_HEARD_FROM = 70.0
"""Hz: what lies well below counts little towards the level of a texture, as it does towards loudness."""


@dataclass(frozen=True)
class Partial:
    """A band of a texture: a clear pitch when narrow, wind when wide."""

    hz: float
    level: float
    width: float
    """Standard deviation, Hz. Half a hertz wavers slowly, a few make an ensemble."""


@dataclass(frozen=True)
class Mode:
    """One way in which a struck thing rings."""

    ratio: float
    """Frequency, as a multiple of the note's."""
    level: float
    decay: float
    """Seconds until it has fallen to 1/e."""


@dataclass(frozen=True)
class Voice:
    """A struck, plucked or bowed instrument."""

    modes: tuple[Mode, ...]
    attack: float = 0.002
    """Seconds from silence to full."""
    knock: float = 0.0
    """Level of the noise of the stroke."""
    damping: float = 1.0
    """How much shorter a note an octave above middle C rings: 1 half as long, 0 as long."""


def _harmonics(count: int, *, slope: float, decay: float, shorter: float) -> tuple[Mode, ...]:
    """Return the modes of a string: nearly harmonic, the higher ones softer and shorter."""
    return tuple(Mode(k * (1 + 0.0004 * k * k), k**-slope, decay / k**shorter) for k in range(1, count + 1))


FELT = Voice(_harmonics(7, slope=1.7, decay=1.3, shorter=0.7), attack=0.007, knock=0.02)
NYLON = Voice(_harmonics(9, slope=1.25, decay=0.9, shorter=0.8), attack=0.002, knock=0.05)
PIZZICATO = Voice(_harmonics(8, slope=1.1, decay=0.24, shorter=0.6), attack=0.003, knock=0.08, damping=0.5)
SPICCATO = Voice(_harmonics(10, slope=1.0, decay=0.15, shorter=0.2), attack=0.012, knock=0.05, damping=0.3)
BASS = Voice((Mode(1, 1.0, 0.8), Mode(2, 0.5, 0.5), Mode(3, 0.22, 0.3), Mode(4, 0.1, 0.2)), attack=0.006, damping=0.4)
MARIMBA = Voice((Mode(1, 1.0, 0.42), Mode(3.93, 0.26, 0.11), Mode(9.3, 0.07, 0.04)), attack=0.001, knock=0.04)
CELESTE = Voice((Mode(1, 1.0, 1.3), Mode(2.0, 0.25, 0.7), Mode(4.02, 0.22, 0.4), Mode(6.9, 0.06, 0.2)), knock=0.01)
PLATE = Voice(
    (
        Mode(1, 0.6, 2.6),
        Mode(1.48, 0.8, 2.3),
        Mode(2.13, 0.6, 1.9),
        Mode(2.77, 0.7, 1.6),
        Mode(3.61, 0.45, 1.2),
        Mode(4.83, 0.3, 0.9),
    ),
    attack=0.06,
    damping=0.2,
)
GLASS = Voice((Mode(1, 1.0, 1.9), Mode(2.32, 0.3, 1.1), Mode(4.25, 0.12, 0.6)), attack=0.15, damping=0.2)


def texture(partials: Sequence[Partial], *, rng: np.random.Generator, period: int = TEXTURE) -> Stereo:
    """Return one period of a sustained texture, about as loud as an rms of 1 in the middle of hearing.

    Args:
        partials: its bands.
        rng: draws the phases, for each channel anew above the bass.
        period: samples until it repeats; a product of small primes.
    """
    bins = period // 2 + 1
    step = AUDIO_RATE / period
    level = np.zeros(bins, np.float32)
    for partial in partials:
        width = max(partial.width, step / 2)
        first = max(1, int((partial.hz - 4 * width) / step))
        last = min(bins - 1, int((partial.hz + 4 * width) / step) + 2)
        at = np.arange(first, last, dtype=np.float64) * step
        bump = np.exp(-0.5 * ((at - partial.hz) / width) ** 2)
        if bump.size and bump.any():
            level[first:last] += (partial.level * bump / np.sqrt(np.sum(bump**2))).astype(np.float32)
    used = np.flatnonzero(level)
    hz, level = used * step, level[used]
    heard = float(np.sqrt(np.sum((level * hz**2 / (hz**2 + _HEARD_FROM**2)) ** 2) / 2.0))
    level *= period / 2 / max(heard, 1e-9)
    angle = rng.random((2, used.size), dtype=np.float32) * np.float32(2 * np.pi)
    angle[1] = np.where(hz < _MONO_BELOW, angle[0], angle[1])
    spectrum = np.zeros((2, bins), np.complex64)
    spectrum.real[:, used] = level * np.cos(angle)
    spectrum.imag[:, used] = level * np.sin(angle)
    return np.ascontiguousarray(np.fft.irfft(spectrum, period, axis=1).T, dtype=np.float32)


def sustained(loop: Stereo, samples: int) -> Stereo:
    """Return `samples` of a texture, laid end to end as often as needed."""
    times = -(-samples // len(loop))
    return np.tile(loop, (times, 1))[:samples] if times > 1 else loop[:samples]


def note(voice: Voice, hz: float, *, rng: np.random.Generator) -> Mono:
    """Return one note until it has died away, its peak near 1."""
    shorter = (262.0 / hz) ** (0.5 * voice.damping)
    decays = [mode.decay * shorter for mode in voice.modes]
    wave = np.zeros(int(min(6.0, 5.5 * max(decays)) * AUDIO_RATE) + 1, np.float32)
    for mode, decay in zip(voice.modes, decays, strict=True):
        pitch = hz * mode.ratio
        if pitch > 0.45 * AUDIO_RATE:
            continue
        length = min(len(wave), int(5.5 * decay * AUDIO_RATE) + 1)
        time = np.arange(length) / AUDIO_RATE
        fall = np.exp(np.float32(-1.0 / decay) * time.astype(np.float32))
        wave[:length] += np.float32(mode.level) * fall * sine(time * pitch + rng.random() * 0.1)
    if voice.knock:
        stroke = min(len(wave), AUDIO_RATE // 20)
        noise = np.convolve(rng.standard_normal(stroke), np.hanning(24) / 12.0, mode="same")
        wave[:stroke] += (voice.knock * noise * np.exp(-np.arange(stroke) / (0.006 * AUDIO_RATE))).astype(np.float32)
    rise = min(len(wave), max(2, int(voice.attack * AUDIO_RATE)))
    wave[:rise] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)).astype(np.float32)
    fall_off = min(len(wave), AUDIO_RATE // 10)
    wave[-fall_off:] *= np.linspace(1.0, 0.0, fall_off, dtype=np.float32)
    return wave / max(1e-6, float(np.abs(wave).max()))


def thud(*, top: float, bottom: float, drop: float, decay: float) -> Mono:
    """Return a drum-like fall from `top` to `bottom` Hz within about `drop` seconds that rings for `decay` seconds."""
    time = np.arange(int(6.5 * decay * AUDIO_RATE)) / AUDIO_RATE
    cycles = bottom * time + (top - bottom) * drop * (1.0 - np.exp(-time / drop))
    wave = sine(cycles) * np.exp(-time / decay).astype(np.float32)
    rise = AUDIO_RATE // 500
    wave[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
    return wave


def sine(cycles: NDArray[np.float64]) -> Mono:
    """Return the sine of a phase counted in cycles; single precision, whatever the number of cycles."""
    return np.sin(((cycles - np.floor(cycles)) * (2 * np.pi)).astype(np.float32))


def place(track: Stereo, wave: Mono, *, at: int, level: float, pan: float = 0.0) -> None:
    """Add a mono sound to a track at a sample, panned from -1 (left) to 1 (right) at equal power; the rest is cut."""
    start = max(0, at)
    part = wave[start - at : start - at + max(0, len(track) - start)]
    if not len(part):
        return
    angle = (pan + 1.0) * np.pi / 4.0
    track[start : start + len(part), 0] += part * np.float32(level * np.cos(angle) * np.sqrt(2.0))
    track[start : start + len(part), 1] += part * np.float32(level * np.sin(angle) * np.sqrt(2.0))


def room(dry: Stereo, *, seconds: float, dark: float, rng: np.random.Generator) -> Stereo:
    """Return the reverberation alone of a room, as long as `dry`.

    It is computed at half the rate, block by block: what a room throws back holds nothing above 12 kHz.

    Args:
        dry: what sounds in the room.
        seconds: time in which the reverberation falls by 60 dB, at most 6.
        dark: 0..1, how much sooner the highs die away.
        rng: draws the reflections.
    """
    length = int(min(seconds, 6.0) * AUDIO_RATE / 2)
    time = (np.arange(length) * (2.0 / AUDIO_RATE)).astype(np.float32)[:, None]
    bright = rng.standard_normal((length, 2), dtype=np.float32)
    soft = np.cumsum(bright, axis=0)
    soft[12:] -= soft[:-12].copy()
    fall = 6.9 / seconds
    reply = soft * np.exp(-fall * time) / np.float32(12.0**0.5)
    reply += (1.0 - 0.6 * dark) * bright * np.exp(-fall * (1.5 + 4.0 * dark) * time)
    reply *= np.minimum(1.0, time / 0.02)
    reply /= np.sqrt(np.sum(reply**2, axis=0, keepdims=True))
    padded = np.pad(dry, ((1, 2 - len(dry) % 2), (0, 0)))
    half = (0.25 * padded[:-2:2] + 0.5 * padded[1:-1:2] + 0.25 * padded[2::2]).astype(np.float32)
    wet = np.stack([_convolved(half[:, side], reply[:, side]) for side in range(2)], axis=1)
    whole = np.empty((2 * len(wet), 2), np.float32)
    whole[0::2] = wet
    whole[1:-1:2] = (wet[:-1] + wet[1:]) / 2.0
    whole[-1] = wet[-1]
    return whole[: len(dry)]


def _convolved(wave: Mono, reply: Mono) -> Mono:
    """Return the convolution, as long as `wave` (overlap-add, in blocks that stay in the processor's cache)."""
    size = 1 << 18
    hop = size - len(reply) + 1
    answer = np.fft.rfft(reply, size)
    out = np.zeros(len(wave) + size, np.float32)
    for at in range(0, len(wave), hop):
        block = np.fft.rfft(np.ascontiguousarray(wave[at : at + hop]), size)
        out[at : at + size] += np.fft.irfft(block * answer, size)
    return out[: len(wave)]
