"""Measure the look of a stretch of picture and sound, and tell near-duplicates apart.

The look is what the catalogue stores of a clip and what grades and rankings compare. It is measured on a few samples:
two a second, at least four in all, reduced to the area of 320x180. Camera motion needs pictures that lie close
together, so each sample brings the picture a twelfth of a second after it.

Two pictures are near-duplicates when an editor would call them the same: the perceptual hash says that they show the
same thing, and colour says that they are graded the same. Graded variants of one segment share a hash by design.
"""

from __future__ import annotations

import base64
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import Look
from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError
from circletake.media.digest import Digest, digest, look_of, oklab, resized
from circletake.media.loudness import SILENT, as_stereo, integrated
from circletake.media.picture import Frame, planes

__all__ = ["oklab"]

_LEAST_SAMPLES = 4
PHASH_CLOSE = 6
"""Bits. Two pictures whose hashes differ in no more show the same thing (see docs of `COLOUR_CLOSE`)."""
COLOUR_CLOSE = 0.015
"""Oklab units. Chosen with `PHASH_CLOSE` on 24 real clips, each rendered again: other grain, or a shift of 0.2 % of
the width, gave at most 3 bits and 0.014; an exposure of 92 %, a gamma of 1.1 or a tint of 6 chroma steps gave a median
of 0.02 to 0.03 and no more bits; a segment one second on gave a median of 10 bits."""
_STRUCTURE, _TONE, _CHROMA = 0.06, 0.02, 0.010
"""Limits of `thumbnail_distance`, chosen on the same clips. Other grain and 0.2 % of shift stayed under 0.058, 0.001
and 0.001. Medians of what must be told apart: 1 % of shift 0.125, 5 % closer 0.17, 3 % of drift 0.17, one second on
0.22 (all structure); exposure of 92 % 0.036 (tone); a tint of 3 chroma steps 0.014 (chroma)."""
_RANGE = 219.0
"""From black to white in 8-bit video."""
_THUMBNAILS = 3
_FLAT = 8.0
"""Cosine coefficients (of 32x32 luma, 0..255, orthonormal) below this count as nothing."""
_CLOSE = Fraction(1, 12)
"""Seconds between the two pictures that camera motion is measured on."""


@dataclass(frozen=True)
class Heard:
    """What a look keeps of sound."""

    loudness: float = SILENT
    """LUFS."""
    brightness: float = 0.0
    """Spectral centroid, kHz."""

    @classmethod
    def of(cls, sound: NDArray[np.float32] | None) -> Heard:
        """Measure sound, (samples, 2) at 48 kHz.

        Raises:
            MediaError: the sound has another shape.
        """
        return cls() if sound is None else cls(integrated(sound), _centroid(sound))


def measure(
    frames: Iterable[Frame] | NDArray[np.uint8], *, fps: Fraction, sound: NDArray[np.float32] | Heard | None
) -> Look:
    """Measure the look of a stretch; the same stretch gives the same numbers, whether as a stack or one by one.

    Args:
        frames: pictures of one size, (H*3//2, W) each; an iterable is read once and never held as a whole.
        fps: their frame rate.
        sound: (samples, 2) at 48 kHz, what was measured of it, or `None` when there is none.

    Raises:
        MediaError: there are no pictures, or the sound has another shape.
    """
    heard = sound if isinstance(sound, Heard) else Heard.of(sound)
    digests = tuple(_sampled(frames, fps))
    return look_of(digests, loudness=heard.loudness, brightness_of_sound=heard.brightness)


def _sampled(frames: Iterable[Frame] | NDArray[np.uint8], fps: Fraction) -> Iterator[Digest]:
    """Digest the samples in order: two a second, or four spread evenly over a stretch that is too short for that."""
    stream = iter(frames)
    last_of_four = position(_LEAST_SAMPLES - 1, fps)
    head = list(itertools.islice(stream, last_of_four + 1))
    evenly = {round(k * (len(head) - 1) / (_LEAST_SAMPLES - 1)) for k in range(_LEAST_SAMPLES)}
    short = len(head) <= last_of_four
    sampler = Sampler(fps, (lambda number: number in evenly) if short else None)
    for frame in itertools.chain(head, stream):
        sampler.see(frame)
    for _, one in sampler.finish():
        yield one


class Sampler:
    """Digests two pictures a second of a film while it plays."""

    def __init__(self, fps: Fraction, wanted: Callable[[int], bool] | None = None) -> None:
        self._fps = fps
        self._gap = max(1, round(fps * _CLOSE))
        self._wanted = wanted or self._twice_a_second
        self._number = 0
        self._waiting: dict[int, Frame] = {}
        self._found: list[tuple[int, Digest]] = []
        self._last: Digest | None = None

    def _twice_a_second(self, number: int) -> bool:
        return number == position(round(number * 2 / self._fps), self._fps)

    def see(self, frame: Frame) -> None:
        """Look at the next picture; those that are sampled are kept until their companion has come."""
        if self._wanted(self._number):
            self._waiting[self._number] = frame
        due = self._number - self._gap
        if due in self._waiting:
            self._digest(due, self._waiting.pop(due), after=frame)
        self._number += 1

    def _digest(self, number: int, frame: Frame, *, after: Frame | None) -> None:
        one = digest(frame, after=after, gap=float(self._gap / self._fps), before=self._last)
        self._last = one
        self._found.append((number, one.lean()))

    def finish(self) -> Sequence[tuple[int, Digest]]:
        """Digest what still waits for its companion; return the number of every sampled picture and its digest."""
        for number in sorted(self._waiting):
            self._digest(number, self._waiting.pop(number), after=None)
        return self._found

    @property
    def gap(self) -> int:
        """How many pictures a sample and its companion are apart."""
        return self._gap


def position(sample: int, fps: Fraction) -> int:
    """Return the picture that sample number `sample` is taken from."""
    return max(sample, int(sample * fps / 2 + Fraction(1, 2)))


def _centroid(sound: NDArray[np.float32]) -> float:
    """Return the spectral centroid in kHz, weighted by magnitude; 0 for silence and for less than 85 ms of sound."""
    mono = as_stereo(sound).mean(axis=1)
    block = 4_096
    count = len(mono) // block
    if not count:
        return 0.0
    blocks = mono[: count * block].reshape(count, block) * np.hanning(block).astype(np.float32)
    magnitude = np.abs(np.fft.rfft(blocks, axis=1)).mean(axis=0, dtype=np.float64)
    if magnitude.sum() < 1e-6:
        return 0.0
    kilohertz = np.fft.rfftfreq(block, 1.0 / AUDIO_RATE) / 1_000.0
    return round(float((magnitude * kilohertz).sum() / magnitude.sum()), 4)


def phash(frame: Frame) -> str:
    """Return the perceptual hash of a picture: 16 hex digits, one bit for each of the lowest 8x8 frequencies of luma.

    Each bit says whether a frequency is above the median of all but the constant one. Frequencies that are nearly
    nothing count as nothing, so that flat pictures hash alike whatever their grain.
    """
    small = cv2.resize(planes(np.ascontiguousarray(frame)).y, (32, 32), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:8, :8].reshape(-1)
    low[np.abs(low) < _FLAT] = 0.0
    bits = low > max(0.0, float(np.median(low[1:])))
    return np.packbits(bits).tobytes().hex()


def hamming(a: str, b: str) -> int:
    """Return in how many bits two perceptual hashes differ: 0 alike, about 32 unrelated, 64 opposite."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def colour_distance(a: Look, b: Look) -> float:
    """Return how far apart two looks are in colour, in Oklab units; up to `COLOUR_CLOSE` they are graded alike.

    The largest of: the distance of the means, of the deviations, and half that of the palettes (each colour to its
    nearest in the other), which depends most on chance.
    """
    first, second = np.array(a.palette), np.array(b.palette)
    between = np.linalg.norm(first[:, None] - second[None], axis=2)
    palettes = (between.min(axis=0).mean() + between.min(axis=1).mean()) / 2.0
    means = np.linalg.norm(np.subtract(a.oklab_mean, b.oklab_mean))
    deviations = np.linalg.norm(np.subtract(a.oklab_std, b.oklab_std))
    return float(max(means, deviations, palettes / 2.0))


@dataclass(frozen=True)
class Fingerprint:
    """What tells two takes of one length apart: hash and thumbnails of their first, middle and last picture."""

    phash: str
    """Perceptual hash of the middle picture."""
    thumbnails: bytes
    """Three frames of 32x18, one after the other: 3 x 864 bytes."""

    def to_text(self) -> str:
        """Return it as text, to be stored with the take: about 3 kB."""
        return f"{self.phash}:{base64.b64encode(zlib.compress(self.thumbnails, 9)).decode()}"

    @classmethod
    def from_text(cls, text: str) -> Fingerprint:
        """Read what `to_text` wrote.

        Raises:
            MediaError: it is not such a text.
        """
        digits, _, packed = text.partition(":")
        try:
            int(digits, 16)
            thumbnails = zlib.decompress(base64.b64decode(packed, validate=True))
        except (ValueError, zlib.error) as error:
            raise MediaError(f"not a fingerprint: {text[:24]!r}; fingerprint the take again") from error
        if len(thumbnails) != _THUMBNAILS * 864 or len(digits) != 16:
            raise MediaError(f"not a fingerprint: {text[:24]!r}; fingerprint the take again")
        return cls(phash=digits, thumbnails=thumbnails)


def fingerprint(first: Frame, middle: Frame, last: Frame) -> Fingerprint:
    """Take the fingerprint of a take from three of its pictures."""
    small = [resized(frame, (32, 18)).tobytes() for frame in (first, middle, last)]
    return Fingerprint(phash=phash(middle), thumbnails=b"".join(small))


def thumbnail_distance(a: Fingerprint, b: Fingerprint) -> float:
    """Return how different two takes look, in units of what an editor would let pass as the same: 1 is the limit.

    The largest of three: what is seen where (segment, framing, move; luma with its mean and deviation taken out),
    tone (those mean and deviation), and colour (chroma), each divided by its own limit.
    """
    others = Gallery()
    others.add("b", b)
    return float(others.distances(a)[0])


class Gallery:
    """Takes by name, with all of which another is compared at once: a shot may have thousands."""

    _AT_ONCE = 256
    """Takes compared in one go: what is in between stays in the processor's cache."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._tone: NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._luma: NDArray[np.uint8] = np.empty((0, _THUMBNAILS * 18 * 32), np.uint8)
        self._chroma: NDArray[np.uint8] = np.empty((0, _THUMBNAILS * 9 * 32), np.uint8)

    def add(self, name: str, taken: Fingerprint) -> None:
        """Keep a take."""
        count = len(self.names)
        if count == len(self._tone):
            room = max(8, 2 * count)
            self._tone = np.resize(self._tone, (room, self._tone.shape[1]))
            self._luma = np.resize(self._luma, (room, self._luma.shape[1]))
            self._chroma = np.resize(self._chroma, (room, self._chroma.shape[1]))
        self._luma[count], self._chroma[count] = _unpacked(taken)
        self._tone[count] = _tone(self._luma[count])
        self.names.append(name)

    def distances(self, taken: Fingerprint) -> NDArray[np.float32]:
        """Return `thumbnail_distance` to every take, in the order that they were added."""
        luma, chroma = _unpacked(taken)
        tone = _tone(luma)
        shape = _shape(luma[np.newaxis], tone[np.newaxis])
        found = np.empty(len(self.names), np.float32)
        for begin in range(0, len(found), self._AT_ONCE):
            part = slice(begin, min(begin + self._AT_ONCE, len(found)))
            shapes = _shape(self._luma[part], self._tone[part])
            colours = np.abs(self._chroma[part].astype(np.float32) - chroma).mean(axis=1) / _RANGE
            tones = np.abs(self._tone[part] - tone).max(axis=1)
            shapes -= shape
            structure = np.abs(shapes, out=shapes).mean(axis=1)
            found[part] = np.maximum.reduce([structure / _STRUCTURE, tones / _TONE, colours / _CHROMA])
        return found

    def nearest(self, taken: Fingerprint) -> tuple[str, float] | None:
        """Return the take that looks most like another and how different they look; ties go by name."""
        if not self.names:
            return None
        found = self.distances(taken)
        name = min(self.names[at] for at in np.flatnonzero(found == found.min()))
        return name, float(found.min())


def _unpacked(taken: Fingerprint) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return luma and chroma of all thumbnails, flat."""
    frames = np.frombuffer(taken.thumbnails, np.uint8).reshape(_THUMBNAILS, 27, 32)
    return frames[:, :18].ravel(), frames[:, 18:].ravel()


def _tone(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return mean and deviation, in shares of the video range."""
    return np.array([luma.mean() / _RANGE, luma.std() / _RANGE], np.float32)


def _shape(luma: NDArray[np.uint8], tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, pixels) luma with the mean and deviation, (n, 2), of each taken out."""
    shapes = luma.astype(np.float32)
    shapes /= _RANGE
    shapes -= tone[:, :1]
    shapes /= np.maximum(tone[:, 1:], 0.02)
    return shapes
