"""A score: bars that fill the film and fall on its cuts, chords for the bars, and random numbers for the parts."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from circletake.domain.timing import AUDIO_RATE

_SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
_STRETCH = 0.14
"""How far the tempo may leave the one wished for, to fit the film and meet its cuts."""


@dataclass(frozen=True)
class Score:
    """What every part of a piece plays from. Positions are samples from the beginning of the film."""

    samples: int
    cuts: tuple[int, ...]
    seed: int
    beats: int
    """Beats in a bar."""
    bars: int
    root: int
    """Tonic as a MIDI note number, 60 is middle C."""
    scale: str
    progression: tuple[int, ...]
    """Degrees of the scale, 0 the tonic; one chord a bar, over and over, and the tonic at the end."""

    @cached_property
    def bar(self) -> float:
        """Length of a bar in samples, a fraction."""
        return self.samples / self.bars

    def step(self, bar: int, step: int, *, of: int) -> int:
        """Return where step `step` of `of` equal ones in a bar begins."""
        return int((bar + step / of) * self.bar)

    def chord(self, bar: int) -> int:
        """Return the degree that a bar's chord is built on."""
        return 0 if bar >= self.bars - 1 else self.progression[bar % len(self.progression)]

    def pitch(self, degree: int) -> int:
        """Return the MIDI note of a degree of the scale, above the tonic or below."""
        octave, place = divmod(degree, 7)
        return self.root + 12 * octave + _SCALES[self.scale][place]

    def chord_notes(self, bar: int, *, near: int, count: int = 3) -> tuple[int, ...]:
        """Return the notes of a bar's chord, lowest first, each in the octave nearest to MIDI note `near`."""
        notes = [self.pitch(self.chord(bar) + 2 * third) for third in range(count)]
        return tuple(sorted(near + (note - near + 6) % 12 - 6 for note in notes))

    def snapped(self, position: int, *, within: float = 2.0) -> int:
        """Return the cut nearest to a position if one lies within so many seconds, else the nearest bar line."""
        near = min(self.cuts, key=lambda cut: abs(cut - position), default=None)
        if near is not None and abs(near - position) <= within * AUDIO_RATE:
            return near
        return int(round(position / self.bar) * self.bar)

    def chosen_cuts(self, *, apart: float) -> tuple[int, ...]:
        """Return cuts that are at least so many seconds apart and away from both ends, from the last one backwards."""
        chosen: list[int] = []
        for cut in reversed(self.cuts):
            free = not chosen or chosen[-1] - cut >= apart * AUDIO_RATE
            if free and AUDIO_RATE // 2 <= cut <= self.samples - AUDIO_RATE // 2:
                chosen.append(cut)
        return tuple(reversed(chosen))

    def rng(self, part: str) -> np.random.Generator:
        """Return the random numbers of one part: always the same for the same seed and name."""
        return np.random.default_rng([self.seed & 0xFFFFFFFF, zlib.crc32(part.encode())])


def bars_for(samples: int, *, tempo: float, beats: int, cuts: tuple[int, ...]) -> int:
    """Return into how many bars a film is divided: near the tempo (beats a minute), and best on its cuts."""
    wished = samples * tempo / (60.0 * AUDIO_RATE * beats)
    low, high = math.ceil(wished * (1 - _STRETCH)), math.floor(wished * (1 + _STRETCH))
    if low > high or high < 1:
        return max(1, round(wished))
    inside = [cut for cut in cuts if 0 < cut < samples]

    def off(bars: int) -> tuple[float, float]:
        beat = samples / (bars * beats)
        misses = [abs(cut / beat - round(cut / beat)) for cut in inside]
        return (round(float(np.mean(misses)), 2) if misses else 0.0, abs(bars - wished))

    return min(range(max(1, low), high + 1), key=off)


def hertz(midi: float) -> float:
    """Return the frequency of a MIDI note number, 69 being 440 Hz, in equal temperament."""
    return 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
