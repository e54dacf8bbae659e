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
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import Look
from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError
from circletake.media.loudness import SILENT, as_stereo, integrated
from circletake.media.picture import Frame, Planes, planes, size_of, to_rgb

_AREA = 320 * 180
_PALETTE_PIXELS = 3_000
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
_THUMBNAILS = 3
_FLAT = 8.0
"""Cosine coefficients (of 32x32 luma, 0..255, orthonormal) below this count as nothing."""
_CLOSE = Fraction(1, 12)
"""Seconds between the two pictures that camera motion is measured on."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
"""Linear sRGB to cone responses (Ottosson 2020, "A perceptual color space for image processing")."""
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
"""Cube roots of the cone responses to L, a, b (same source)."""


def _linear_levels() -> NDArray[np.float32]:
    levels = np.arange(256) / 255.0
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _linear_levels()
"""sRGB transfer function, IEC 61966-2-1."""


@dataclass(frozen=True)
class _Sample:
    """One sampled picture, reduced, with a crop at full size for grain, and the picture soon after it."""

    frame: Frame
    crop: NDArray[np.uint8]
    after: NDArray[np.uint8] | None


@dataclass(frozen=True)
class _Motion:
    """Camera motion a second: picture widths, heights and relative scale."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0


def measure(frames: Iterable[Frame] | NDArray[np.uint8], *, fps: Fraction, sound: NDArray[np.float32] | None) -> Look:
    """Measure the look of a stretch; the same stretch gives the same numbers, whether as a stack or one by one.

    Args:
        frames: pictures of one size, (H*3//2, W) each; an iterable is read once and never held as a whole.
        fps: their frame rate.
        sound: (samples, 2) at 48 kHz, or `None` when there is none.

    Raises:
        MediaError: there are no pictures, or the sound has another shape.
    """
    samples = tuple(_sampled(frames, fps))
    if not samples:
        raise MediaError("there are no pictures to measure; the file or the stretch is empty")
    lab = np.concatenate([oklab(_reduced(sample.frame, _AREA // 4)).reshape(-1, 3) for sample in samples])
    luma = [planes(sample.frame).y for sample in samples]
    unit = np.clip((np.stack(luma).astype(np.float32) - 16.0) / 219.0, 0.0, 1.0)
    mean, std = lab.mean(axis=0, dtype=np.float64), lab.std(axis=0, dtype=np.float64)
    motion = _camera(samples, fps)
    return Look(
        oklab_mean=_triple(mean),
        oklab_std=_triple(std),
        palette=_palette(lab),
        luma=round(float(unit.mean(dtype=np.float64)), 6),
        contrast=round(float(unit.std(dtype=np.float64)), 6),
        saturation=round(float(np.hypot(lab[:, 1], lab[:, 2]).mean(dtype=np.float64)), 6),
        motion=round(float(np.abs(np.diff(unit, axis=0)).mean(dtype=np.float64)), 6) if len(samples) > 1 else 0.0,
        pan=motion.pan,
        tilt=motion.tilt,
        zoom=motion.zoom,
        edges=round(float(np.mean([np.mean(cv2.Canny(plane, 60, 140) > 0) for plane in luma])), 6),
        grain=round(float(np.median([_grain(sample.crop) for sample in samples])), 6),
        sharpness=round(float(np.median([_sharpness(plane) for plane in luma])), 6),
        subject=_subject(luma),
        loudness=round(max(SILENT, integrated(sound)), 4) if sound is not None else SILENT,
        brightness_of_sound=_centroid(sound) if sound is not None else 0.0,
    )


def oklab(frame: Frame) -> NDArray[np.float32]:
    """Return the picture in Oklab (Ottosson 2020), (H, W, 3) float32: L 0..1, a and b about -0.4..0.4."""
    linear = cv2.LUT(to_rgb(frame), _LINEAR)
    cones = np.cbrt(np.maximum(cv2.transform(linear, _TO_LMS), 0.0))
    return np.asarray(cv2.transform(cones, _TO_OKLAB), np.float32)


def _triple(values: Iterable[float]) -> tuple[float, float, float]:
    first, second, third = (round(float(value), 6) for value in values)
    return first, second, third


def _sampled(frames: Iterable[Frame] | NDArray[np.uint8], fps: Fraction) -> Iterator[_Sample]:
    """Yield the samples in order: two a second, or four spread evenly over a stretch that is too short for that."""
    stream = iter(frames)
    last_of_four = _position(_LEAST_SAMPLES - 1, fps)
    head = list(itertools.islice(stream, last_of_four + 1))
    evenly = {round(k * (len(head) - 1) / (_LEAST_SAMPLES - 1)) for k in range(_LEAST_SAMPLES)}
    short = len(head) <= last_of_four
    gap = _gap(fps)
    waiting: dict[int, Frame] = {}
    for number, frame in enumerate(itertools.chain(head, stream)):
        if number in evenly if short else number == _position(round(number * 2 / fps), fps):
            waiting[number] = frame
        if number - gap in waiting:
            yield _sample(waiting.pop(number - gap), after=frame)
    for frame in waiting.values():
        yield _sample(frame, after=None)


def _gap(fps: Fraction) -> int:
    """Return how many pictures a sample and its companion are apart."""
    return max(1, round(fps * _CLOSE))


def _position(sample: int, fps: Fraction) -> int:
    """Return the picture that sample number `sample` is taken from."""
    return max(sample, int(sample * fps / 2 + Fraction(1, 2)))


def _sample(frame: Frame, *, after: Frame | None) -> _Sample:
    luma = planes(frame).y
    height, width = luma.shape
    top, left = max(0, (height - 180) // 2), max(0, (width - 320) // 2)
    return _Sample(
        frame=_reduced(frame, _AREA),
        crop=np.ascontiguousarray(luma[top : top + 180, left : left + 320]),
        after=None if after is None else planes(_reduced(after, _AREA)).y,
    )


def _reduced(frame: Frame, area: int) -> Frame:
    """Return the frame at about `area` pixels, its proportions kept; smaller frames are returned as they are."""
    width, height = size_of(frame)
    scale = math.sqrt(area / (width * height))
    if scale >= 1.0:
        return np.ascontiguousarray(frame)
    small = (max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2)))
    return _resized(frame, small)


def _resized(frame: Frame, size: tuple[int, int]) -> Frame:
    source: Planes = planes(np.ascontiguousarray(frame))
    half = (size[0] // 2, size[1] // 2)
    parts = [
        cv2.resize(plane, to, interpolation=cv2.INTER_AREA).reshape(-1)
        for plane, to in zip(source, (size, half, half), strict=True)
    ]
    return np.asarray(np.concatenate(parts), np.uint8).reshape(size[1] * 3 // 2, size[0])


def _palette(lab: NDArray[np.float32]) -> tuple[tuple[float, float, float], ...]:
    """Return the five colours that k-means finds in some 3,000 pixels, most frequent first.

    It starts from five equal groups from dark to light, not at random: almost the same pictures get almost the same
    palette.
    """
    pixels = np.ascontiguousarray(lab[:: max(1, len(lab) // _PALETTE_PIXELS)])
    count = min(5, len(pixels))
    start = np.empty((len(pixels), 1), np.int32)
    start[np.argsort(pixels[:, 0], kind="stable"), 0] = np.arange(len(pixels)) * count // len(pixels)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 1e-4)
    _, labels, centres = cv2.kmeans(pixels, count, start, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    order = np.argsort(-np.bincount(labels.reshape(-1), minlength=count), kind="stable")
    return tuple(_triple(centres[index]) for index in order)


def _camera(samples: tuple[_Sample, ...], fps: Fraction) -> _Motion:
    """Return the median camera motion of the samples that show one; all zero when none does."""
    seconds = float(_gap(fps) / fps)
    found = [motion for sample in samples if (motion := _between(sample, seconds)) is not None]
    if not found:
        return _Motion()
    pan, tilt, zoom = np.median([(motion.pan, motion.tilt, motion.zoom) for motion in found], axis=0)
    return _Motion(round(float(pan), 5), round(float(tilt), 5), round(float(zoom), 5))


def _between(sample: _Sample, seconds: float) -> _Motion | None:
    """Track corners to the picture after (Lucas and Kanade) and fit shift, turn and scale; `None` if they disagree."""
    if sample.after is None:
        return None
    before = planes(sample.frame).y
    corners = cv2.goodFeaturesToTrack(before, maxCorners=160, qualityLevel=0.01, minDistance=6)
    if corners is None or len(corners) < 12:
        return None
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, sample.after, corners, np.empty(0, np.float32), winSize=(15, 15), maxLevel=3
    )
    good = found.reshape(-1) == 1
    if good.sum() < 12:
        return None
    matrix, inliers = cv2.estimateAffinePartial2D(corners[good], there[good], ransacReprojThreshold=1.0)
    if matrix is None or inliers.mean() < 0.4:
        return None
    height, width = before.shape
    centre = np.array([width / 2, height / 2])
    shift = matrix[:, :2] @ centre + matrix[:, 2] - centre
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    return _Motion(shift[0] / width / seconds, shift[1] / height / seconds, (scale - 1.0) / seconds)


def _grain(crop: NDArray[np.uint8]) -> float:
    """Return the mean median-filter residual (0..1) of the flatter half of a crop at full size.

    Texture is not grain, and clipped areas hide it; so both are left out.
    """
    calm = cv2.medianBlur(crop, 3)
    blurred = cv2.GaussianBlur(calm, (0, 0), 2.0)
    slope = np.abs(cv2.Sobel(blurred, cv2.CV_16S, 1, 0)) + np.abs(cv2.Sobel(blurred, cv2.CV_16S, 0, 1))
    inside = (blurred > 24) & (blurred < 228)
    if inside.sum() < 64:
        return 0.0
    flat = inside & (slope <= np.median(slope[inside]))
    return float(cv2.absdiff(crop, calm)[flat].mean(dtype=np.float64)) / 255.0


def _sharpness(luma: NDArray[np.uint8]) -> float:
    """Return log(1 + variance of the Laplacian), luma in 0..255."""
    return math.log1p(float(cv2.Laplacian(luma, cv2.CV_32F).var(dtype=np.float64)))


def _subject(luma: list[NDArray[np.uint8]]) -> tuple[float, float]:
    """Return where attention falls, x and y in 0..1: the centre of spectral-residual saliency (Hou and Zhang 2007)."""
    total = np.zeros((36, 64))
    window = np.outer(np.hanning(38)[1:-1], np.hanning(66)[1:-1]) ** 0.25
    for plane in luma:
        small = cv2.resize(plane, (64, 36), interpolation=cv2.INTER_AREA).astype(np.float64)
        spectrum = np.fft.fft2((small - small.mean()) * window)
        size = np.log(np.abs(spectrum) + 1e-6)
        residual = size - cv2.blur(size, (3, 3), borderType=cv2.BORDER_REFLECT_101)
        salient = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
        total += cv2.GaussianBlur(salient, (0, 0), 2.5) * window
    weight = np.maximum(total - total.mean() - total.std(), 0.0)
    if weight.sum() <= 0.0:
        return 0.5, 0.5
    y, x = ((np.arange(n) + 0.5) / n for n in weight.shape)
    return (
        round(float((weight.sum(axis=0) * x).sum() / weight.sum()), 4),
        round(float((weight.sum(axis=1) * y).sum() / weight.sum()), 4),
    )


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
    small = [_resized(frame, (32, 18)).tobytes() for frame in (first, middle, last)]
    return Fingerprint(phash=phash(middle), thumbnails=b"".join(small))


def thumbnail_distance(a: Fingerprint, b: Fingerprint) -> float:
    """Return how different two takes look, in units of what an editor would let pass as the same: 1 is the limit.

    The largest of three: what is seen where (segment, framing, move; luma with its mean and deviation taken out),
    tone (those mean and deviation), and colour (chroma), each divided by its own limit.
    """
    (luma_a, chroma_a), (luma_b, chroma_b) = _unpacked(a), _unpacked(b)
    shapes = [(luma - luma.mean()) / max(luma.std(), 0.02) for luma in (luma_a, luma_b)]
    structure = np.abs(shapes[0] - shapes[1]).mean() / _STRUCTURE
    tone = max(abs(luma_a.mean() - luma_b.mean()), abs(luma_a.std() - luma_b.std())) / _TONE
    return float(max(structure, tone, np.abs(chroma_a - chroma_b).mean() / _CHROMA))


def _unpacked(taken: Fingerprint) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    frames = np.frombuffer(taken.thumbnails, np.uint8).reshape(_THUMBNAILS, 27, 32).astype(np.float32) / 219.0
    return frames[:, :18], frames[:, 18:]
