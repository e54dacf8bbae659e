"""Location sound, synthesised: filtered noise that breathes, and small events placed in a stereo field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Sound: TypeAlias = NDArray[np.floating[Any]]
SAMPLE_RATE = 48_000


def hiss(count: int, seed: int, low: float, high: float, tilt: float = 0.0, wide: float = 0.6) -> Sound:
    """Return stereo noise between two frequencies, falling by `tilt` powers of frequency, rms 1."""
    rng = np.random.default_rng(seed)
    freq = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    gain = 1 / (1 + (low / np.maximum(freq, 1)) ** 4) / (1 + (freq / high) ** 4) * np.maximum(freq, 20.0) ** -tilt
    white = (rng.standard_normal((3, freq.size)) + 1j * rng.standard_normal((3, freq.size))) * gain
    left = np.fft.irfft(white[0] + wide * white[1], count)
    right = np.fft.irfft(white[0] + wide * white[2], count)
    pair = np.stack([left, right], axis=-1)
    return (pair / pair.std()).astype(np.float32)


def breath(count: int, seed: int, pace: float, deep: float) -> Sound:
    """Return a slow swell around 1, `pace` movements a second, `deep` 0..1, as a column."""
    rng = np.random.default_rng(seed)
    knots = max(6, int(count / SAMPLE_RATE * pace * 2) + 4)
    line = np.interp(np.linspace(0, knots - 1, count), np.arange(knots), rng.standard_normal(knots))
    kernel = np.hanning(4801)
    line = np.convolve(np.pad(line, 2400, mode="edge")[::48], kernel[::48] / kernel[::48].sum(), "same")
    line = np.interp(np.linspace(0, line.size - 1, count), np.arange(line.size), line)
    return np.clip(1 + deep * line, 0.05, 3)[:, None].astype(np.float32)


def tone(count: int, pitch: float, level: float, wobble: float = 0.0, spread: float = 0.3) -> Sound:
    """Return a quiet sine that wavers, a little apart in both ears."""
    t = np.arange(count) / SAMPLE_RATE
    sway = 1 + wobble * np.sin(2 * np.pi * 0.7 * t)
    left = np.sin(2 * np.pi * pitch * t + 0.4 * np.sin(2 * np.pi * 0.31 * t)) * sway
    right = np.sin(2 * np.pi * pitch * (1 + spread * 1e-3) * t + 1.1) * sway
    return (level * np.stack([left, right], axis=-1)).astype(np.float32)


def ticks(count: int, seed: int, rate: float, pitch: tuple[float, float], length: float, level: float) -> Sound:
    """Return small percussive events: drops, crackles, chirps; `rate` a second, `length` seconds each."""
    rng = np.random.default_rng(seed)
    track = np.zeros((count, 2), np.float32)
    size = int(length * SAMPLE_RATE)
    ramp = np.arange(size) / SAMPLE_RATE
    for _ in range(max(1, int(rate * count / SAMPLE_RATE))):
        at = int(rng.integers(0, max(1, count - size)))
        freq = float(np.exp(rng.uniform(np.log(pitch[0]), np.log(pitch[1]))))
        shape = np.sin(2 * np.pi * freq * ramp) * np.exp(-ramp / (length / 5)) * (0.2 + rng.random() ** 3)
        side = rng.random()
        end = min(size, count - at)
        track[at : at + end, 0] += (level * (1 - side) * shape[:end]).astype(np.float32)
        track[at : at + end, 1] += (level * side * shape[:end]).astype(np.float32)
    return track


def finish(mix: Sound, loud: float = 0.45) -> NDArray[np.float32]:
    """Bring a mix to a peak of `loud` (0.7 at most) and fade its ends for thirty milliseconds."""
    edge = min(1440, len(mix) // 4)
    mix = np.asarray(mix, np.float32) * np.float32(min(loud, 0.7) / max(float(np.abs(mix).max()), 1e-6))
    ramp = np.linspace(0, 1, edge, dtype=np.float32)[:, None]
    mix[:edge] *= ramp
    mix[-edge:] *= ramp[::-1]
    return np.ascontiguousarray(mix, dtype=np.float32)


def surf(seed: int, rough: float) -> Callable[[int], NDArray[np.float32]]:
    """Return waves that roll in and draw back."""

    def play(count: int) -> NDArray[np.float32]:
        roll = hiss(count, seed, 60, 900, 0.5) * breath(count, seed + 1, 0.35, 0.6)
        wash = hiss(count, seed + 2, 700, 7000, 0.3, 0.9) * breath(count, seed + 3, 0.5, 0.7) ** 2
        return finish(
            roll + (0.25 + 0.4 * rough) * wash + rough * hiss(count, seed + 4, 30, 200, 0.8), 0.42 + 0.2 * rough
        )

    return play


def wind(seed: int, strength: float, leaves: float = 0.0, birds: float = 0.0) -> Callable[[int], NDArray[np.float32]]:
    """Return wind, with rustling and distant birds when asked."""

    def play(count: int) -> NDArray[np.float32]:
        mix = hiss(count, seed, 80, 500 + 500 * strength, 0.7) * breath(count, seed + 1, 0.8, 0.35 + 0.3 * strength)
        mix = mix + leaves * hiss(count, seed + 2, 2500, 9000, 0.2, 1.0) * breath(count, seed + 3, 1.5, 0.7)
        if birds:
            mix = mix + ticks(count, seed + 4, 5 * birds, (2400, 5200), 0.09, 2.2 * birds)
        return finish(mix, 0.22 + 0.3 * strength)

    return play


def rain(seed: int, heavy: float, on: str = "street") -> Callable[[int], NDArray[np.float32]]:
    """Return rain on a street or on a window pane."""

    def play(count: int) -> NDArray[np.float32]:
        bed = hiss(count, seed, 500, 9000 if on == "street" else 3500, 0.25, 0.8) * breath(count, seed + 1, 0.6, 0.15)
        drops = ticks(count, seed + 2, 60 + 120 * heavy, (900, 4200), 0.02, 3.0)
        low = hiss(count, seed + 3, 40, 180, 0.6) * breath(count, seed + 4, 0.3, 0.3)
        return finish(bed * heavy + drops + 0.5 * low, 0.3 + 0.2 * heavy)

    return play


def room(seed: int, hum: float, pitch: float = 100.0, creak: float = 0.0) -> Callable[[int], NDArray[np.float32]]:
    """Return room tone: air, mains hum, and a creak now and then."""

    def play(count: int) -> NDArray[np.float32]:
        mix = 0.6 * hiss(count, seed, 40, 320, 0.8) + 0.06 * hiss(count, seed + 1, 1500, 7000, 0.4)
        for order, level in ((1, 0.9), (2, 0.5), (3, 0.3), (5, 0.16), (7, 0.1)):
            mix = mix + tone(count, pitch * order, hum * level, 0.15)
        if creak:
            mix = mix + ticks(count, seed + 2, 0.8, (90, 260), 0.35, 5 * creak)
        return finish(mix, 0.16 + 0.2 * hum)

    return play


def city(seed: int, wet: float) -> Callable[[int], NDArray[np.float32]]:
    """Return a city at night: distant traffic, tyres on a wet street."""

    def play(count: int) -> NDArray[np.float32]:
        far = hiss(count, seed, 40, 420, 0.7) * breath(count, seed + 1, 0.3, 0.3)
        tyres = hiss(count, seed + 2, 800, 5000, 0.3, 1.0) * breath(count, seed + 3, 0.45, 0.9) ** 2
        return finish(far + wet * 0.5 * tyres + wet * ticks(count, seed + 4, 40, (1200, 4000), 0.02, 1.6), 0.34)

    return play


def fire(seed: int, near: float) -> Callable[[int], NDArray[np.float32]]:
    """Return a flame or a fire: a soft roar and crackles."""

    def play(count: int) -> NDArray[np.float32]:
        roar = hiss(count, seed, 50, 500, 0.6) * breath(count, seed + 1, 2.0, 0.35)
        snaps = ticks(count, seed + 2, 6 + 26 * near, (700, 5200), 0.012, 7.0)
        return finish(0.6 * roar + snaps, 0.2 + 0.25 * near)

    return play


def night(seed: int, insects: float, water: float = 0.0) -> Callable[[int], NDArray[np.float32]]:
    """Return a night outdoors: crickets, soft air, lapping water."""

    def play(count: int) -> NDArray[np.float32]:
        t = np.arange(count) / SAMPLE_RATE
        mix = hiss(count, seed, 60, 500, 0.7) * breath(count, seed + 1, 0.5, 0.3)
        for voice in range(3):
            pulse = np.clip(np.sin(2 * np.pi * (13 + 2.3 * voice) * t), 0, 1) * (
                np.sin(2 * np.pi * (0.9 + 0.2 * voice) * t + voice) > -0.3
            )
            mix = mix + insects * 0.4 * pulse[:, None] * tone(count, 3900 + 310 * voice, 1.0, 0, 3.0 * voice)
        if water:
            mix = mix + water * hiss(count, seed + 5, 250, 1400, 0.5, 1.0) * breath(count, seed + 6, 2.2, 0.8) ** 2
        return finish(mix, 0.26)

    return play


def deep(seed: int, pitch: float, bright: float = 0.0) -> Callable[[int], NDArray[np.float32]]:
    """Return a sustained deep air: a drone under water, in space or inside a machine."""

    def play(count: int) -> NDArray[np.float32]:
        mix = hiss(count, seed, 25, 160, 0.7) * breath(count, seed + 1, 0.4, 0.4)
        for order, level in ((1, 0.9), (1.5, 0.5), (2.01, 0.4), (3.02, 0.2)):
            mix = mix + tone(count, pitch * order, level, 0.4, 4.0)
        mix = mix + bright * hiss(count, seed + 2, 900, 6000, 0.6, 1.0) * breath(count, seed + 3, 0.9, 0.7)
        return finish(mix, 0.32)

    return play


def bubbles(seed: int) -> Callable[[int], NDArray[np.float32]]:
    """Return a muffled underwater room with rising bubbles."""

    def play(count: int) -> NDArray[np.float32]:
        mix = hiss(count, seed, 30, 260, 0.5) * breath(count, seed + 1, 0.7, 0.4)
        return finish(mix + ticks(count, seed + 2, 12, (250, 900), 0.07, 3.0), 0.34)

    return play


def motor(seed: int, pitch: float, rough: float) -> Callable[[int], NDArray[np.float32]]:
    """Return the inside of a moving car: engine, road, wind."""

    def play(count: int) -> NDArray[np.float32]:
        mix = hiss(count, seed, 35, 260, 0.5) * breath(count, seed + 1, 1.5, 0.2)
        mix = mix + rough * 0.25 * hiss(count, seed + 2, 500, 3500, 0.4, 0.9) * breath(count, seed + 3, 0.8, 0.3)
        for order, level in ((1, 0.5), (2, 0.6), (4, 0.25)):
            mix = mix + tone(count, pitch * order, level, 0.12, 2.0)
        return finish(mix, 0.36)

    return play
