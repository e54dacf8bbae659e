"""Bring the sound of a file to 48 kHz stereo, in step with its pictures and without gaps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError

FARTHEST = 30
"""Seconds that sound may lie ahead of its picture in the file, and that its time stamps may jump."""
_JITTER = 0.01
"""Seconds that time stamps may be off without a gap or a cut being made of it."""
_CHUNK = AUDIO_RATE // 4
"""Samples that sound is handed on in, about."""


@dataclass(frozen=True)
class Heard:
    """A chunk of sound; chunks follow each other without gaps, the first begins with the first picture."""

    samples: NDArray[np.float32]
    """(n, 2) at 48 kHz, -1..1."""


class Hearing:
    """Takes sound as it lies in a file, and hands it on as its pictures are shown.

    Gaps are filled with silence; what overlaps, and what comes before the first picture, is cut. At most `FARTHEST`
    seconds are held; `left_out` tells whether some had to be dropped although its picture came.
    """

    def __init__(self, *, zero: Fraction, name: str) -> None:
        """Begin.

        Args:
            zero: time of the first picture, in seconds.
            name: what to call the file in an error.
        """
        self._zero = zero
        self._name = name
        self._resampler: AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None
        self._expected: float | None = None
        """Seconds at which the next sound of the file should begin."""
        self._waiting: deque[tuple[int, NDArray[np.float32]]] = deque()
        """Sound that is not handed on yet, and the sample that it begins at."""
        self._held = 0
        self._next: int | None = None
        """Sample after the latest that came; none when none came."""
        self._given = 0
        """Samples that were handed on."""
        self._dropped: int | None = None
        """First sample of those that were dropped."""

    @property
    def left_out(self) -> bool:
        """Whether sound was dropped that would have been heard."""
        return self._dropped is not None and self._dropped < self._given

    def add(self, sound: AudioFrame) -> None:
        """Take the next sound of the file.

        Raises:
            MediaError: its time stamps jump.
        """
        kind = (sound.format.name, sound.layout.name, sound.sample_rate)
        base = sound.time_base or Fraction(1, sound.sample_rate)
        at = None if sound.pts is None else sound.pts * base.numerator / base.denominator
        jumps = at is not None and self._expected is not None and abs(at - self._expected) > _JITTER
        if self._resampler is None or jumps or kind != self._kind:
            self._flush()
            self._resampler = AudioResampler(format="fltp", layout="stereo", rate=AUDIO_RATE, frame_size=_CHUNK)
            self._kind = kind
        begins = self._expected if at is None else at
        self._expected = None if begins is None else begins + sound.samples / sound.sample_rate
        for part in self._resampler.resample(sound):
            self._place(part)

    def upto(self, pictures: Fraction) -> Iterator[Heard]:
        """Yield what belongs to the first so many seconds of pictures, unless it is too little to be worth it."""
        if pictures * AUDIO_RATE - self._given >= _CHUNK:
            yield from self._hand_on(int(pictures * AUDIO_RATE))

    def end(self, pictures: Fraction) -> Iterator[Heard]:
        """Yield the rest; what is longer than the pictures is cut."""
        self._flush()
        yield from self._hand_on(round(pictures * AUDIO_RATE))

    def _flush(self) -> None:
        if self._resampler is not None and self._kind is not None:
            for part in self._resampler.resample(None):
                self._place(part)
        self._resampler = None

    def _place(self, part: AudioFrame) -> None:
        samples = part.to_ndarray().T
        if not np.isfinite(samples).all():
            samples = np.nan_to_num(samples, posinf=1.0, neginf=-1.0)
        at = self._next or 0
        if part.pts is not None and part.time_base is not None:
            at = round((part.pts * part.time_base - self._zero) * AUDIO_RATE)
        if self._next is not None and abs(at - self._next) <= _JITTER * AUDIO_RATE:
            at = self._next
        after = max(0, self._next or 0)
        if self._next is not None and at - after > FARTHEST * AUDIO_RATE:
            raise MediaError(
                f"{self._name}: the time stamps of its sound jump by {(at - after) / AUDIO_RATE:.0f} s; remux the file"
            )
        self._next = max(at + len(samples), self._next if self._next is not None else at)
        kept = samples[max(0, after - at) :]
        if not len(kept):
            return
        if self._held > FARTHEST * AUDIO_RATE:
            self._dropped = max(at, after) if self._dropped is None else self._dropped
            return
        self._held += len(kept)
        self._waiting.append((max(at, after), np.ascontiguousarray(np.clip(kept, -1.0, 1.0), np.float32)))

    def _hand_on(self, end: int) -> Iterator[Heard]:
        while self._waiting and self._given < end:
            at, part = self._waiting[0]
            if at > self._given:
                count = min(at, end, self._given + AUDIO_RATE) - self._given
                piece = np.zeros((count, 2), np.float32)
            else:
                piece = part[: end - at]
                self._waiting.popleft()
                if len(piece) < len(part):
                    self._waiting.appendleft((at + len(piece), part[len(piece) :]))
                self._held -= len(piece)
            self._given += len(piece)
            yield Heard(piece)
