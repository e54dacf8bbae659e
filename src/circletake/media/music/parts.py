"""The parts of a piece: each is a function of the score that returns its own stereo track for the whole film.

Levels are left to the piece: textures come out near an rms of 1, notes and strokes near a peak of 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.media.loudness import spread
from circletake.media.music.instruments import (
    Mono,
    Partial,
    Stereo,
    Voice,
    note,
    place,
    sine,
    sustained,
    texture,
    thud,
)
from circletake.media.music.score import Score, hertz

Player: TypeAlias = Callable[[Score, np.random.Generator, int], Stereo]
"""Plays a part from a sample on (it may prepare its entry before), silent until then."""

_CHORD_PERIOD = 1 << 18
_VOWEL = ((620.0, 180.0, 1.0), (1_050.0, 240.0, 0.6), (2_600.0, 500.0, 0.25))
"""Formants of an open vowel: Hz, width, level."""
_STROKES = {
    "kick": (thud(top=150.0, bottom=48.0, drop=0.035, decay=0.16), 0.0),
    "heart": (thud(top=85.0, bottom=46.0, drop=0.05, decay=0.12), 0.0),
    "tom": (thud(top=130.0, bottom=78.0, drop=0.06, decay=0.22), 0.25),
    "boom": (thud(top=95.0, bottom=34.0, drop=0.16, decay=0.75), 0.0),
}


def _breathing(samples: int, *, pace: float, depth: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a slow movement about 1 as a column: three waves near `pace` Hz, down to 1 - `depth` at most."""
    hop = 480
    time = np.arange(samples // hop + 2) * (hop / AUDIO_RATE)
    waves = [np.sin(2 * np.pi * (pace * factor * time + rng.random())) for factor in (1.0, 0.61, 1.37)]
    slow = 1.0 - depth * (0.5 + np.sum(waves, axis=0) / 6.0)
    return spread(slow, hop=hop, samples=samples)[:, None]


def _entry(samples: int, start: int, *, seconds: float) -> NDArray[np.float32]:
    """Return a gain that rises to 1 up to `start`; all 1 when the part plays from the beginning."""
    if start <= 0:
        return np.ones((samples, 1), np.float32)
    rise = min(start, int(seconds * AUDIO_RATE))
    gain = np.ones((samples, 1), np.float32)
    gain[: start - rise] = 0.0
    gain[start - rise : start, 0] = (0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / max(1, rise)))[
        : samples - start + rise
    ]
    return gain


def drone(*, below: int = 24) -> Player:
    """A low tone of pairs that beat slowly against each other, with overtones that small speakers can play."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        low = hertz(score.root - below)
        pairs = ((1.0, 1.0), (2.0, 0.9), (3.0, 0.5), (4.0, 0.34), (5.0, 0.16), (6.0, 0.12), (8.0, 0.06))
        bands = [
            Partial(low * ratio * apart, level, 0.12)
            for ratio, level in pairs
            for apart in (1.0, 1.0 + 0.35 / (low * ratio))
        ]
        loop = texture(bands, rng=rng)
        moved = _breathing(score.samples, pace=0.11, depth=0.5, rng=rng)
        return sustained(loop, score.samples) * moved * _entry(score.samples, start, seconds=2.5)

    return play


def air(*bands: tuple[float, float], pace: float = 0.13, depth: float = 0.8) -> Player:
    """Wind or a room: bands of noise (Hz, width as a share of it), coming and going on their own, high ones softer."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        total = np.zeros((score.samples, 2), np.float32)
        for number, (hz, wide) in enumerate(bands):
            loop = texture([Partial(hz, 1.0, hz * wide)], rng=rng)
            loop *= np.float32((bands[0][0] / hz) ** 0.6)
            moved = _breathing(score.samples, pace=pace * (1.0 + 0.4 * number), depth=depth, rng=rng)
            total += sustained(loop, score.samples) * moved
        return total * np.float32(len(bands) ** -0.5) * _entry(score.samples, start, seconds=2.0)

    return play


def _chord(notes: Sequence[float], *, slope: float, cents: float, vowel: bool, rng: np.random.Generator) -> Stereo:
    """Return one period of an ensemble that holds a chord."""
    bands = []
    for midi in notes:
        for harmonic in range(1, 13):
            hz = hertz(midi) * harmonic
            level = harmonic**-slope
            if vowel:
                level *= sum(peak * np.exp(-(((hz - at) / wide) ** 2) / 2) for at, wide, peak in _VOWEL) + 0.04
            if hz < 9_000.0 and level > 0.002:
                bands.append(Partial(hz, float(level), hz * (2.0 ** (cents / 1200.0) - 1.0) + 0.25))
    return texture(bands, rng=rng, period=_CHORD_PERIOD)


def pad(
    *, near: int, slope: float = 1.6, cents: float = 9.0, count: int = 3, edge: float = 0.9, vowel: bool = False
) -> Player:
    """Chords held by an ensemble, one a bar, flowing into each other.

    Args:
        near: MIDI note that the chords lie about.
        slope: how fast the overtones fall; 1 bright, 2.5 dark.
        cents: how far the players are apart.
        count: notes in a chord.
        edge: seconds that a change of chord takes.
        vowel: sung instead of bowed.
    """

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        total = np.zeros((score.samples, 2), np.float32)
        known: dict[tuple[int, ...], Stereo] = {}
        half = int(min(edge * AUDIO_RATE, score.bar) / 2)
        ramp = np.sin(np.pi / 2 * np.arange(2 * half) / max(1, 2 * half)).astype(np.float32)[:, None]
        for bar in range(score.bars):
            notes = score.chord_notes(bar, near=near, count=count)
            if notes not in known:
                known[notes] = _chord(notes, slope=slope, cents=cents, vowel=vowel, rng=rng)
            first, last = score.step(bar, 0, of=1) - half, score.step(bar + 1, 0, of=1) + half
            held = sustained(known[notes], last - first).copy()
            held[: 2 * half] *= ramp
            held[len(held) - 2 * half :] *= ramp[::-1]
            from_, to = max(0, first), min(score.samples, last)
            total[from_:to] += held[from_ - first : to - first]
        moved = _breathing(score.samples, pace=0.17, depth=0.3, rng=rng)
        return total * moved * _entry(score.samples, start, seconds=1.5)

    return play


def cluster(*offsets: float, near: int, pace: float = 0.12) -> Player:
    """Strings that lean on each other: notes at these semitones from `near`, swelling in turn."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        total = np.zeros((score.samples, 2), np.float32)
        base = near + (score.root - near) % 12
        for offset in offsets:
            loop = _chord([base + offset], slope=1.9, cents=7.0, vowel=False, rng=rng)
            total += sustained(loop, score.samples) * _breathing(score.samples, pace=pace, depth=1.0, rng=rng) ** 2
        return total * np.float32(len(offsets) ** -0.5) * _entry(score.samples, start, seconds=2.5)

    return play


def line(voice: Voice, pattern: str, *, near: int, count: int = 3, human: float = 0.008, build: float = 0.0) -> Player:
    """Notes of the chord in a pattern, one bar long.

    A digit is a note of the chord (beyond its last one an octave higher), `.` a rest. The last bar
    is one rolled chord that rings.

    Args:
        voice: what plays.
        pattern: e.g. `0.2.1.2.`, eighths of a bar.
        near: MIDI note that the chord lies about.
        count: notes in the chord.
        human: seconds by which strokes come early or late.
        build: dB by which it grows from the beginning to the end.
    """

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        known: dict[int, Mono] = {}

        def strike(midi: int, at: int, level: float) -> None:
            if midi not in known:
                known[midi] = note(voice, hertz(midi), rng=rng)
            grown = 10.0 ** (build * (at / max(1, score.samples) - 1.0) / 20.0)
            place(track, known[midi], at=at, level=level * grown, pan=float(np.clip((midi - near) / 20.0, -0.6, 0.6)))

        for bar in range(score.bars):
            chord = score.chord_notes(bar, near=near, count=count)
            if bar == score.bars - 1 and score.bars > 1:
                for number, midi in enumerate((chord[0] - 12, *chord)):
                    strike(midi, score.step(bar, 0, of=1) + int(number * 0.035 * AUDIO_RATE), 0.8)
                break
            for step, sign in enumerate(pattern):
                at = score.step(bar, step, of=len(pattern)) + int(rng.normal() * human * AUDIO_RATE)
                loud = (1.0 if step == 0 else 0.72) * float(rng.uniform(0.85, 1.0))
                if sign != "." and at >= start - AUDIO_RATE // 20:
                    octave, place_in_chord = divmod(int(sign), count)
                    strike(chord[place_in_chord] + 12 * octave, max(0, at), loud)
        return track

    return play


def melody(voice: Voice, rhythm: str, *, near: int, answer: int = 2) -> Player:
    """A tune of the score's own: chord notes on `X`, steps of the scale on `x`; every `answer` bars it breathes."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        known: dict[int, Mono] = {}
        walk = [int(step) for step in rng.choice([-2, -1, -1, 1, 1, 2], size=16)]
        for bar in range(score.bars - 1):
            tones = score.chord_notes(bar, near=near)
            chord_degree, turn = score.chord(bar), (bar // answer) % 2
            at_degree = 0
            for step, sign in enumerate(rhythm):
                at = score.step(bar, step, of=len(rhythm))
                if sign == "." or at < start or (bar % answer == answer - 1 and step > len(rhythm) // 2):
                    continue
                at_degree += walk[(step + 3 * turn + bar % answer) % 16]
                midi = score.pitch(chord_degree + at_degree)
                midi = tones[(step + turn) % 3] if sign == "X" else near + (midi - near + 6) % 12 - 6
                if midi not in known:
                    known[midi] = note(voice, hertz(midi), rng=rng)
                place(track, known[midi], at=at, level=float(rng.uniform(0.75, 1.0)), pan=0.2)
        return track

    return play


def bass(voice: Voice, pattern: str, *, near: int = 40) -> Player:
    """The root of each chord on `x`, its fifth on `5`; one long root in the last bar."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        known: dict[int, Mono] = {}
        for bar in range(score.bars):
            degree = score.chord(bar)
            signs = "x" if bar == score.bars - 1 else pattern
            for step, sign in enumerate(signs):
                at = score.step(bar, step, of=len(signs))
                if sign == "." or at < start:
                    continue
                midi = score.pitch(degree + (4 if sign == "5" else 0))
                midi = near + (midi - near + 6) % 12 - 6
                if midi not in known:
                    known[midi] = note(voice, hertz(midi), rng=rng)
                place(track, known[midi], at=at, level=1.0)
        return track

    return play


def strokes(kind: str, pattern: str, *, build: float = 0.0) -> Player:
    """A drum in a pattern one bar long, `X` strong and `x` soft; `kind` is kick, heart, tom or boom. One at the end."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        wave, pan = _STROKES[kind]
        for bar in range(score.bars):
            for step, sign in enumerate("X" if bar == score.bars - 1 else pattern):
                at = score.step(bar, step, of=1 if bar == score.bars - 1 else len(pattern))
                if sign != "." and at >= start:
                    grown = 10.0 ** (build * (at / max(1, score.samples) - 1.0) / 20.0)
                    level = (1.0 if sign == "X" else 0.55) * grown * float(rng.uniform(0.9, 1.0))
                    place(track, wave, at=at, level=level, pan=pan)
        return track

    return play


def rattle(pattern: str, *, hz: float, decay: float) -> Player:
    """A shaker, snap or hat: short noise about `hz` in a pattern one bar long; silent in the last bar."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        loop = texture([Partial(hz, 1.0, hz * 0.22)], rng=rng, period=1 << 16)[:, 0]
        length = int(5 * decay * AUDIO_RATE)
        time = np.arange(length) / AUDIO_RATE
        shape = ((1.0 - np.exp(-time / 0.0015)) * np.exp(-time / decay)).astype(np.float32) / 3.0
        for bar in range(score.bars - 1):
            for step, sign in enumerate(pattern):
                at = score.step(bar, step, of=len(pattern))
                if sign != "." and at >= start:
                    first = int(rng.integers(0, len(loop) - length))
                    level = (1.0 if sign == "X" else 0.5) * float(rng.uniform(0.8, 1.0))
                    struck = np.multiply(loop[first : first + length], shape, dtype=np.float32)
                    place(track, struck, at=at, level=level, pan=0.3 if step % 2 else -0.3)
        return track

    return play


def hits(kind: str = "boom", *, apart: float = 4.0) -> Player:
    """A deep stroke on some of the cuts, the last one always."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        wave, pan = _STROKES[kind]
        for at in score.chosen_cuts(apart=apart):
            if at >= start:
                place(track, wave, at=at, level=float(rng.uniform(0.8, 1.0)), pan=pan)
        return track

    return play


def resonances(voice: Voice, *, near: int, every: float, offsets: Sequence[int] = (0, 1, 6, 8, 13)) -> Player:
    """Something far away that rings now and then: about every so many seconds, and after some cuts."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        waves = [note(voice, hertz(near + offset), rng=rng) for offset in offsets[:4]]
        count = max(1, int(score.samples / (every * AUDIO_RATE)))
        free = [int((number + rng.uniform(0.2, 0.8)) * every * AUDIO_RATE) for number in range(count)]
        for at in (*free, *(cut + AUDIO_RATE // 12 for cut in score.chosen_cuts(apart=2.5 * every))):
            if at >= start:
                wave = waves[int(rng.integers(len(waves)))]
                place(track, wave, at=at, level=float(rng.uniform(0.4, 1.0)), pan=float(rng.uniform(-0.8, 0.8)))
        return track

    return play


def riser(*, seconds: float = 5.0) -> Player:
    """Noise and a leaning tone that climb three octaves and break off: on a late cut, else near the end."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        late = [cut for cut in score.cuts if 0.6 * score.samples <= cut <= score.samples - AUDIO_RATE]
        peak = max(late, default=int(0.93 * score.samples))
        length = min(peak, int(seconds * AUDIO_RATE))
        if length < AUDIO_RATE // 4:
            return track
        x = np.linspace(0.0, 1.0, length, dtype=np.float32)
        climb = np.zeros((length, 2), np.float32)
        for number, hz in enumerate((250.0, 600.0, 1_400.0, 3_200.0)):
            window = np.exp(-0.5 * ((x - number / 3.0) / 0.22) ** 2)[:, None]
            climb += sustained(texture([Partial(hz, 1.0, hz * 0.3)], rng=rng, period=_CHORD_PERIOD), length) * window
        low = hertz(score.root - 12)
        cycles = np.cumsum(low * 2.0 ** (3.0 * x.astype(np.float64))) / AUDIO_RATE
        for lean in (1.0, 1.011, 1.498):
            climb += 0.35 * sine(cycles * lean)[:, None]
        climb *= (x**2.2)[:, None]
        fall = min(length, AUDIO_RATE // 40)
        climb[-fall:] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)[:, None]
        track[peak - length : peak] = climb
        return track

    return play


def swells(*, hz: float = 2_600.0, seconds: float = 1.3, apart: float = 4.0) -> Player:
    """A cymbal turned backwards, drawn into some of the cuts."""

    def play(score: Score, rng: np.random.Generator, start: int) -> Stereo:
        track = np.zeros((score.samples, 2), np.float32)
        loop = texture([Partial(hz, 1.0, hz * 0.35), Partial(hz * 2.4, 0.5, hz * 0.6)], rng=rng, period=1 << 17)
        for cut in score.chosen_cuts(apart=apart):
            length = min(cut, int(seconds * AUDIO_RATE))
            if cut < start or not length:
                continue
            shape = np.linspace(0.0, 1.0, length, dtype=np.float32) ** 3
            fall = min(length, AUDIO_RATE // 50)
            shape[-fall:] *= np.linspace(1.0, 0.0, fall, dtype=np.float32)
            track[cut - length : cut] += sustained(loop, length) * shape[:, None]
        return track

    return play
