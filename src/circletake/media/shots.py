"""Find the shots of a file while it plays: cuts, flashes that are none, fades and dissolves, black that nobody wants.

PySceneDetect's AdaptiveDetector and HistogramDetector only propose where it might be cut: the first sees sudden changes
among steady pictures, the second also some in the midst of motion; leaps of a whole picture are added. Whether the
picture really changed to another is told from small pictures around the place, which are also what dissolves are found
in: pictures that go from one to another in a straight line.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, HistogramDetector

from circletake.media.picture import BLACK, Frame, planes

_WIDE, _HIGH = 16, 9
"""Pixels of the small pictures that are kept."""
_BACK = Fraction(3, 10)
"""Seconds within which a picture that returns makes the change a flash."""
_AROUND = 4
"""Pictures on each side of a cut that must be unlike all on the other side."""
_LIKE = 1.4
"""How much more unlike they must be than pictures of one side are among themselves."""
_OTHER = 0.22
"""Distance of two small pictures (see `_distance`) from which it is a cut when both detectors say so."""
_QUITE_OTHER = 0.33
"""The same when they do not, and for dissolves: motion that was held up makes as much as 0.3."""
_LEAP = 20.0
"""Mean difference (levels of 255) of two small pictures in a row from which it might be cut among fast motion."""
_HALVES = (Fraction(1, 2), Fraction(5, 4))
"""Seconds before and after the middle of a dissolve, at most."""
_PURE = 0.08
"""Share of one shot in the picture of another that nobody sees in a dissolve."""
_MIXED = 3
"""Pictures that a dissolve has at least."""
_BESIDE = Fraction(1, 8)
"""Seconds from the end of a dissolve at which the picture is taken for pure."""
_LOOKS = 20
"""How often the ends of a dissolve are looked for at most."""
_STRAIGHT = 0.28
"""How far its pictures may be off a mixture of the two, as a share of the way between them."""
_TURNS = 0.1
"""How far the share of the old shot may rise again within a dissolve."""
_FOR_GOOD = (Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2))
"""Seconds before and after a dissolve at which the other shot must not be seen: else somebody walked through."""
_CHANGED = 6.0
"""Mean difference (levels of 255) under which two small pictures need no closer look."""
_STAYS = 0.9
"""Correlation along a row from which that row of two pictures is the same."""
_ROWS = 3
"""Rows that are the same when only a title or a light fades in."""
_SETTLE = Fraction(1, 2)
"""Seconds within which a level that stays has been reached."""
_FLAT = 4.0
"""Standard deviation (levels of 255) below which a picture has no structure to compare."""
_BLACK_LEVEL = BLACK + 18
_BLACK_SHARE = 0.998
"""A picture is black when this share of its pixels is at most that level."""
_RISEN = 0.9
"""Share of the level of a shot that a fade must have reached before the shot begins."""


def _overlaps() -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return for each of fifteen shifts which numbers of two small pictures meet, padded, and 1 where they do."""
    numbers = np.arange(_WIDE * _HIGH * 3).reshape(_HIGH, _WIDE, 3)
    meeting: list[NDArray[np.intp]] = []
    for down in (-1, 0, 1):
        for right in (-2, -1, 0, 1, 2):
            one = numbers[max(0, down) : _HIGH + min(0, down), max(0, right) : _WIDE + min(0, right)]
            two = numbers[max(0, -down) : _HIGH + min(0, -down), max(0, -right) : _WIDE + min(0, -right)]
            meeting.append(np.stack([one.reshape(-1), two.reshape(-1), np.ones(one.size, np.intp)]))
    padded = np.stack([np.pad(one, ((0, 0), (0, numbers.size - one.shape[1]))) for one in meeting])
    return padded[:, 0], padded[:, 1], padded[:, 2].astype(np.float32)


_OF_ONE, _OF_TWO, _OVERLAP = _overlaps()
_CELLS = _OVERLAP.sum(axis=1)


@dataclass(frozen=True)
class Stretch:
    """Part of a file, in pictures."""

    first: int
    frames: int

    @property
    def end(self) -> int:
        """The first picture after it."""
        return self.first + self.frames


@dataclass(frozen=True)
class _Mixture:
    """Pictures that lie between two others."""

    first: int
    end: int
    off: float
    """How far they are off the straight way at most, as a share of it."""


class ShotFinder:
    """Looks at every picture of a file, in order; keeps less than half a kilobyte of each."""

    def __init__(self, *, fps: Fraction) -> None:
        self._fps = fps
        self._rate = float(fps)
        self._adaptive = AdaptiveDetector(min_scene_len=1)
        self._histogram = HistogramDetector(min_scene_len=1)
        self._tiny = np.zeros((_HIGH, _WIDE, 3), np.uint8)
        self._latest: NDArray[np.uint8] | None = None
        self._sharp: set[int] = set()
        self._rough: set[int] = set()
        self._kept = bytearray()
        self._steps = array("f")
        self._levels = array("f")
        self._black = bytearray()

    def see(self, small: Frame) -> None:
        """Look at the next picture, (H*3//2, W), at most 320 pixels at its longer side; all are of one size."""
        number = FrameTimecode(len(self._levels), fps=self._rate)
        seen = self._latest = _bgr(small)
        self._sharp.update(cut.frame_num for cut in self._adaptive.process_frame(number, seen))
        self._rough.update(cut.frame_num for cut in self._histogram.process_frame(number, seen))
        tiny = np.asarray(cv2.resize(seen, (_WIDE, _HIGH), interpolation=cv2.INTER_AREA), np.uint8)
        self._steps.append(cv2.norm(tiny, self._tiny, cv2.NORM_L1) / tiny.size)
        self._tiny = tiny
        self._kept += tiny.tobytes()
        luma = planes(small).y
        self._levels.append(float(cv2.mean(luma)[0]) - BLACK)
        dark = cv2.countNonZero(cv2.threshold(luma, _BLACK_LEVEL, 255, cv2.THRESH_BINARY_INV)[1])
        self._black.append(int(dark) >= _BLACK_SHARE * luma.size)

    def finish(self) -> tuple[Stretch, ...]:
        """Return the shots in order; what lies between them is black, a fade, or the middle of a dissolve.

        Call it once, after the last picture.
        """
        count = len(self._levels)
        for number in range(count, count + self._adaptive.window_width):  # it decides so many pictures late
            if self._latest is not None:
                cuts = self._adaptive.process_frame(FrameTimecode(number, fps=self._rate), self._latest)
                self._sharp.update(cut.frame_num for cut in cuts)
        edges = [0, *self._cuts(), count]
        found: list[Stretch] = []
        for first, end in pairwise(edges):
            for part in self._lit(first, end):
                for risen in self._risen(part):
                    found += self._undissolved(risen)
        return tuple(found)

    # -- where it is cut

    def _frames(self, seconds: Fraction) -> int:
        return max(1, round(seconds * self._fps))

    def _small(self, first: int, end: int) -> NDArray[np.float32]:
        """Return the small pictures from `first` to before `end`, (n, 9, 16, 3)."""
        size = _WIDE * _HIGH * 3
        kept = np.frombuffer(bytes(self._kept[first * size : end * size]), np.uint8)
        return kept.reshape(-1, _HIGH, _WIDE, 3).astype(np.float32)

    def _cuts(self) -> Iterator[int]:
        """Yield the first picture after every hard cut."""
        steps = np.pad(np.array(self._steps), 2)
        around = np.max([steps[:-4], steps[1:-3], steps[3:-1], steps[4:]], axis=0)
        leaps = np.flatnonzero((steps[2:-2] > _LEAP) & (steps[2:-2] > _LIKE * around))
        for cut in sorted({*self._sharp, *self._rough, *map(int, leaps)}):
            least = _OTHER if cut in self._sharp and cut in self._rough else _QUITE_OTHER
            if 0 < cut < len(self._levels) and self._parts(cut, least):
                yield cut

    def _parts(self, cut: int, least: float) -> bool:
        """Return whether all pictures just before `cut` are unlike all just after it: no flash, no fast motion."""
        back = self._frames(_BACK)
        before = self._small(max(0, cut - max(back, _AROUND)), cut)[::-1]
        after = self._small(cut, min(len(self._levels), cut + max(back, _AROUND)))
        sudden = _distance(before[0], after[0])
        if sudden <= least:
            return False
        alike = max(_alike(before[:_AROUND]), _alike(after[:_AROUND]))
        if sudden <= _LIKE * alike:
            return False
        if any(_distance(before[0], one) <= _OTHER for one in after[1:back]):
            return False
        if any(_distance(after[0], one) <= _OTHER for one in before[1:back]):
            return False
        across = min(_distance(one, two) for one in before[:_AROUND] for two in after[:_AROUND])
        return across > max(_OTHER, _LIKE * alike)

    # -- where one shot dissolves into another

    def _undissolved(self, part: Stretch) -> Iterator[Stretch]:
        """Yield the parts between dissolves."""
        first = part.first
        for begin, end in self._dissolves(part):
            if begin > first:
                yield Stretch(first, begin - first)
            first = max(first, end)
        if first < part.end:
            yield Stretch(first, part.end - first)

    def _dissolves(self, part: Stretch) -> list[tuple[int, int]]:
        """Return from where to before where the pictures are mixtures of two shots, in order."""
        found: list[tuple[int, int]] = []
        step = self._frames(_HALVES[0] / 2)
        for middle in range(part.first + step, part.end - step, step):
            for half in map(self._frames, _HALVES):
                if found and middle < found[-1][1]:
                    continue
                mixed = self._mixed(part, max(part.first, middle - half), min(part.end - 1, middle + half))
                if mixed:
                    found.append(mixed)
        return sorted(found)

    def _mixed(self, part: Stretch, begin: int, last: int) -> tuple[int, int] | None:
        """Return the mixed pictures between two, or nothing where no dissolve leads from one to the other.

        What was found is looked at again from close by, where less has moved, until its ends stay where they are.
        """
        beside = max(2, self._frames(_BESIDE))
        now = self._between(begin, last)
        for _ in range(_LOOKS):
            if now is None:
                return None
            closer = self._between(max(part.first, now.first - beside), min(part.end - 1, now.end - 1 + beside))
            if closer is None or closer.off > 2 * _STRAIGHT:
                return None
            if (closer.first, closer.end) == (now.first, now.end):
                straight = closer.off <= _STRAIGHT and self._for_good(part, closer)
                return (closer.first, closer.end) if straight else None
            now = closer
        return None

    def _between(self, begin: int, last: int) -> _Mixture | None:
        """Return the pictures that hold some of each of two, when these differ and the share of one only falls."""
        small = self._small(begin, last + 1)
        old, new = small[0], small[-1]
        way = old - new
        if np.abs(way).mean() < _CHANGED or _distance(old, new) <= _QUITE_OTHER or _rows_that_stay(old, new) >= _ROWS:
            return None
        length = float((way**2).sum())
        share = np.tensordot(small - new, way, 3) / length
        mixed = np.flatnonzero((share > _PURE) & (share < 1.0 - _PURE))
        if len(mixed) < _MIXED:
            return None
        inside = slice(int(mixed[0]), int(mixed[-1]) + 1)
        if np.diff(share[inside]).max() > _TURNS:
            return None
        aside = small[inside] - new - share[inside, None, None, None] * way
        off = float(np.sqrt((aside**2).sum(axis=(1, 2, 3)).max() / length))
        return _Mixture(begin + inside.start, begin + inside.stop, off)

    def _for_good(self, part: Stretch, mixture: _Mixture) -> bool:
        """Return whether the later picture was not there before, nor the earlier one again."""
        begin, last = mixture.first - 1, mixture.end
        old, new = self._small(begin, begin + 1)[0], self._small(last, last + 1)[0]
        for frames in map(self._frames, _FOR_GOOD):
            for number, other in ((begin - frames, new), (last + frames, old)):
                inside = part.first <= number < part.end
                if inside and _distance(self._small(number, number + 1)[0], other) <= _QUITE_OTHER:
                    return False
        return True

    # -- what of it is lit

    def _lit(self, first: int, end: int) -> list[Stretch]:
        """Return the parts of a stretch between runs of two or more black pictures; none begins or ends in black."""
        parts: list[Stretch] = []
        start: int | None = None
        for number in range(first, end + 1):
            dark = number == end or bool(self._black[number])
            if dark and start is not None and (number + 1 >= end or self._black[number + 1]):
                parts.append(Stretch(start, number - start))
                start = None
            elif not dark and start is None:
                start = number
        return parts

    def _risen(self, part: Stretch) -> list[Stretch]:
        """Return the part without its fade from or to black."""
        levels = np.array(self._levels[part.first : part.end], np.float64)
        first = self._rise(levels) if self._from_black(part.first - 1) or self._dim(levels) else 0
        back = levels[::-1]
        last = self._rise(back) if self._from_black(part.end) or self._dim(back) else 0
        return [Stretch(part.first + first, len(levels) - first - last)] if first + last < len(levels) else []

    def _dim(self, levels: NDArray[np.float64]) -> bool:
        """Return whether it begins nearly black, for what follows."""
        return bool(levels[0] < 0.25 * np.median(levels[: self._frames(Fraction(2))]))

    def _rise(self, levels: NDArray[np.float64]) -> int:
        """Return how many pictures pass until a rise in level is over: it takes three seconds at most."""
        two, four = self._frames(Fraction(2)), self._frames(Fraction(4))
        settled = levels[two:four] if len(levels) > two else levels[len(levels) // 2 :]
        goal, rising = np.median(settled), levels[: self._frames(Fraction(3))]
        later = levels[np.minimum(np.arange(len(rising)) + self._frames(_SETTLE), len(levels) - 1)]
        there = (rising >= _RISEN * goal) | ((rising >= 0.5 * goal) & (later <= 1.15 * rising))
        return int(np.argmax(there)) if there.any() else 0

    def _from_black(self, number: int) -> bool:
        return 0 <= number < len(self._black) and bool(self._black[number])


def _alike(pictures: NDArray[np.float32]) -> float:
    """Return how far the first picture is from the likest of the others, 0..1; 0 where there is no other."""
    return min((_distance(pictures[0], other) for other in pictures[1:]), default=0.0)


def _distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return how different two pictures are, 0..1, at the best of fifteen shifts: a moving camera is no cut.

    One minus their correlation, colours included: how bright they are does not count, a fade is not a cut.
    """
    one, two = a.reshape(-1)[_OF_ONE] * _OVERLAP, b.reshape(-1)[_OF_TWO] * _OVERLAP
    mean_one, mean_two = one.sum(axis=1) / _CELLS, two.sum(axis=1) / _CELLS
    one -= mean_one[:, None] * _OVERLAP
    two -= mean_two[:, None] * _OVERLAP
    spread = np.sqrt(np.einsum("ij,ij->i", one, one) * np.einsum("ij,ij->i", two, two)) / _CELLS
    alike = np.einsum("ij,ij->i", one, two) / _CELLS / np.maximum(spread, _FLAT**2)
    near = 1.0 - np.minimum(1.0, np.abs(mean_one - mean_two) / 40.0)  # flat pictures are alike when their colours are
    alike += np.maximum(0.0, 1.0 - spread / _FLAT**2) * near
    return min(1.0, max(0.0, 1.0 - float(alike.max())))


def _rows_that_stay(a: NDArray[np.float32], b: NDArray[np.float32]) -> int:
    """Return how many rows show the same in both; rows without structure show nothing."""
    first, second = (one.mean(axis=2) for one in (a, b))
    first, second = (one - one.mean(axis=1, keepdims=True) for one in (first, second))
    spread = np.sqrt((first**2).mean(axis=1) * (second**2).mean(axis=1))
    alike = (first * second).mean(axis=1) / np.maximum(spread, 1e-6)
    return int(((spread > _FLAT**2) & (alike > _STAYS)).sum())


def _bgr(small: Frame) -> NDArray[np.uint8]:
    """Return the picture at half its size, where luma and chroma meet, as the detectors read it."""
    y, u, v = planes(small)
    luma = cv2.resize(y, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(cv2.merge([luma, u, v]), cv2.COLOR_YUV2BGR), np.uint8)
