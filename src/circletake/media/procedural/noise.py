"""Seamless noise: made once by filtering white noise in the frequency domain, kept, and looked up by the scenes."""

from __future__ import annotations

from functools import cache

import numpy as np

from circletake.media.procedural.canvas import Light, field, warp


def dice(seed: int) -> np.random.Generator:
    """Return the random numbers of one seed."""
    return np.random.default_rng(seed)


@cache
def _spectrum(seed: int, size: int, slope: float, low: float, high: float, stretch: float) -> np.ndarray:
    white = np.fft.rfft2(dice(seed).standard_normal((size, size)).astype(np.float32))
    fy = np.fft.fftfreq(size)[:, None] * size
    fx = np.fft.rfftfreq(size)[None, :] * size * stretch
    radius = np.sqrt(fx * fx + fy * fy)
    gain = np.where(radius > 0, np.maximum(radius, low) ** -slope, 0) * np.exp(-((radius / high) ** 2))
    gain[radius < low * 0.5] = 0
    return (white * gain).astype(np.complex64)


@cache
def tile(
    seed: int, size: int = 512, slope: float = 1.8, low: float = 1.0, high: float = 1e9, stretch: float = 1.0
) -> Light:
    """Return a seamless fractal tile, about 0..1 with mean 0.5 (two standard deviations each side).

    Args:
        seed: which noise.
        size: width and height in pixels.
        slope: how fast detail fades with frequency; 1 is rough, 2.5 is smooth.
        low: lowest frequency, in cycles per tile.
        high: where the finest detail fades out, in cycles per tile.
        stretch: above 1 draws the grain out horizontally.
    """
    plane = np.fft.irfft2(_spectrum(seed, size, slope, low, high, stretch), s=(size, size))
    plane = plane / (4 * plane.std()) + 0.5
    return field(np.clip(plane, 0, 1))


@cache
def slopes(seed: int, size: int = 512, slope: float = 2.4, low: float = 2.0, high: float = 90.0) -> Light:
    """Return the two slopes (x, y) of a seamless swell, each with standard deviation 1."""
    spectrum = _spectrum(seed, size, slope, low, high, 1.0)
    fy = np.fft.fftfreq(size)[:, None] * 1j
    fx = np.fft.rfftfreq(size)[None, :] * 1j
    pair = [np.fft.irfft2(spectrum * axis, s=(size, size)) for axis in (fx, fy)]
    return field(np.stack([p / p.std() for p in pair], axis=-1))


@cache
def curl(seed: int, size: int = 256, low: float = 2.0, high: float = 14.0) -> Light:
    """Return a seamless flow without sources (vx, vy), each with standard deviation 1."""
    swell = slopes(seed, size, 2.0, low, high)
    return field(np.stack([swell[..., 1], -swell[..., 0]], axis=-1))


def profile(seed: int, length: int, slope: float = 1.6, low: float = 1.0) -> Light:
    """Return a one-dimensional skyline, about -1..1, `length` samples."""
    count = 2 * length
    white = np.fft.rfft(dice(seed).standard_normal(count))
    freq = np.arange(white.size, dtype=float)
    white *= np.where(freq >= low, np.maximum(freq, 1.0) ** -slope, 0)
    line = np.fft.irfft(white, count)[:length]
    return field((line - line.mean()) / (2 * line.std()))


def flow(tile_: Light, xs: Light, ys: Light, dx: float, dy: float) -> Light:
    """Look a seamless tile up at coordinates moved by (dx, dy)."""
    return warp(tile_, xs + np.float32(dx % tile_.shape[1]), ys + np.float32(dy % tile_.shape[0]))
