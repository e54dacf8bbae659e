"""Find the shots of a file while it plays: cuts, flashes that are none, fades and dissolves, black that nobody wants.

PySceneDetect's AdaptiveDetector decides on cuts; its HistogramDetector is the second opinion for what comes slowly
(upstream's figures: F1 91.6 and 80.0 on BBC cuts, 41.1 and 75.3 on the fades of ClipShots). Both only propose: whether
the picture really changed to another is told from small pictures of half a second before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, HistogramDetector

from circletake.media.picture import BLACK, Frame, planes, size_of

_LONGER = 160
"""Pixels at the longer side of what the detectors see."""
_THUMB = (16, 9)
_SHORTEST = Fraction(3, 10)
"""Seconds between two cuts; what is closer is a flash or a glitch."""
_APART = Fraction(1, 2)
"""Seconds before and after a proposed change at which the pictures are compared."""
_OTHER = 0.22
"""Distance of two thumbnails (see `_distance`) from which a sudden change is a cut."""
_QUITE_OTHER = 0.35
"""The same for a slow change, which somebody who walks through a shot makes too."""
_PURE = 0.08
"""Share of one shot in the picture of another that nobody sees in a dissolve."""
_FLAT = 4.0
"""Standard deviation (levels of 255) below which a picture has no structure to compare."""
_BLACK_LEVEL = BLACK + 18
_BLACK_SHARE = 0.998
"""A picture is black when this share of its pixels is at most that level."""
_RISEN = 0.9
"""Share of the level of a shot that a fade must have reached before the shot begins."""


@dataclass(frozen=True)
class Stretch:
    """Part of a file, in pictures."""

    first: int
    frames: int

    @property
    def end(self) -> int:
        """The first picture after it."""
        return self.first + self.frames


class ShotFinder:
    """Looks at every picture of a file, in order."""

    def __init__(self, *, fps: Fraction) -> None:
        self._fps = fps
        self._detectors = (AdaptiveDetector(min_scene_len=1), HistogramDetector(min_scene_len=1))
        self._sharp: list[int] = []
        self._slow: list[int] = []
        self._thumbs: list[NDArray[np.uint8]] = []
        self._levels: list[float] = []
        self._black: list[bool] = []

    def see(self, small: Frame) -> None:
        """Look at the next picture, (H*3//2, W), at most 320 pixels at its longer side."""
        number = FrameTimecode(len(self._levels), fps=float(self._fps))
        seen = _bgr(small)
        adaptive, histogram = self._detectors
        self._sharp += [cut.frame_num for cut in adaptive.process_frame(number, seen)]
        self._slow += [cut.frame_num for cut in histogram.process_frame(number, seen)]
        luma = planes(small).y
        self._thumbs.append(np.asarray(cv2.resize(seen, _THUMB, interpolation=cv2.INTER_AREA), np.uint8))
        self._levels.append(float(cv2.mean(luma)[0]) - BLACK)
        dark = int(cv2.countNonZero(cv2.threshold(luma, _BLACK_LEVEL, 255, cv2.THRESH_BINARY_INV)[1]))
        self._black.append(dark >= _BLACK_SHARE * luma.size)

    def finish(self) -> tuple[Stretch, ...]:
        """Return the shots in order; what lies between them is black, a flash, or the middle of a dissolve."""
        count = len(self._levels)
        changes = [(cut, cut) for cut in self._cuts(count)] + self._gradual(count)
        edges = [0, *(edge for change in sorted(changes) for edge in change), count]
        found: list[Stretch] = []
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            for part in self._lit(first, end):
                found += self._risen(part)
        return tuple(found)

    # -- where it is cut

    def _frames(self, seconds: Fraction) -> int:
        return max(1, round(seconds * self._fps))

    def _cuts(self, count: int) -> list[int]:
        """Return the hard cuts: without the two of a flash, whose pictures before and after are one shot."""
        gap = self._frames(_SHORTEST)
        kept: list[int] = []
        for cut in sorted(set(self._sharp)):
            if not 0 < cut < count or (kept and cut - kept[-1] < gap):
                continue
            after = min(count - 1, cut + gap)
            if self._back(cut, after):
                continue
            kept.append(cut)
        return kept

    def _back(self, cut: int, after: int) -> bool:
        """Return whether the picture still is, or soon is again, what it was before `cut`: a flash, or a fade."""
        return any(not self._differ(cut - 1, later) for later in range(cut, after + 1))

    def _gradual(self, count: int) -> list[tuple[int, int]]:
        """Return fades and dissolves that are no hard cut: from where to where the picture is neither shot."""
        apart = self._frames(_APART)
        sharp = self._cuts(count)
        found: list[tuple[int, int]] = []
        for cut in sorted({*self._slow, *self._sharp}):
            before, after = cut - apart, min(count - 1, cut + apart)
            near = any(abs(cut - other) <= apart for other in sharp)
            if near or before < 0 or (found and before < found[-1][1]) or not self._other_for_good(before, after):
                continue
            if not any(self._black[before : after + 1]):  # black splits by itself
                found.append(self._mixed(cut, count))
        return found

    def _other_for_good(self, before: int, after: int) -> bool:
        """Return whether it was another picture for two seconds before, and is for two seconds after."""
        last = len(self._levels) - 1
        steps = [self._frames(_APART) * step for step in range(4)]
        pairs = [(max(0, before - back), min(last, after + on)) for back in steps for on in (steps[0], steps[-1])]
        pairs += [(before, min(last, after + on)) for on in steps]
        return all(self._differ(a, b, least=_QUITE_OTHER) for a, b in dict.fromkeys(pairs))

    def _mixed(self, cut: int, count: int) -> tuple[int, int]:
        """Return from where to before where the picture is a mixture of two: at most a second to each side."""
        second = self._frames(Fraction(1))
        before, after = max(0, cut - second), min(count - 1, cut + second)
        old, new = (self._thumbs[number].astype(np.float32) for number in (before, after))
        way = old - new
        share = [
            float(((self._thumbs[number] - new) * way).sum() / (way**2).sum()) for number in range(before, after + 1)
        ]
        mixed = [before + place for place, old_share in enumerate(share) if _PURE < old_share < 1.0 - _PURE]
        return (mixed[0], mixed[-1] + 1) if mixed else (cut, cut)

    def _differ(self, a: int, b: int, *, least: float = _OTHER) -> bool:
        return self._distance(a, b) > least

    def _distance(self, a: int, b: int) -> float:
        """Return how different two pictures are, 0..1, at the best of fifteen shifts: a moving camera is no cut.

        One minus their correlation, colours included: how bright they are does not count, a fade is not a cut.
        """
        one, two = self._thumbs[a].astype(np.float32), self._thumbs[b].astype(np.float32)
        rows, columns = one.shape[:2]
        best = -1.0
        for down in (-1, 0, 1):
            for right in (-2, -1, 0, 1, 2):
                first = one[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
                second = two[max(0, -down) : rows + min(0, -down), max(0, -right) : columns + min(0, -right)]
                best = max(best, _correlation(first, second))
        return min(1.0, 1.0 - best)

    # -- what of it is lit

    def _lit(self, first: int, end: int) -> list[Stretch]:
        """Return the parts of a stretch between runs of two or more black pictures; none begins or ends in black."""
        parts: list[Stretch] = []
        start: int | None = None
        for number in range(first, end + 1):
            dark = number == end or self._black[number]
            if dark and start is not None and (number + 1 >= end or self._black[number + 1]):
                parts.append(Stretch(start, number - start))
                start = None
            elif not dark and start is None:
                start = number
        return parts

    def _risen(self, part: Stretch) -> list[Stretch]:
        """Return the part without its fade from or to black."""
        levels = np.array(self._levels[part.first : part.end])
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
        later = levels[np.minimum(np.arange(len(rising)) + self._frames(_APART), len(levels) - 1)]
        there = (rising >= _RISEN * goal) | ((rising >= 0.5 * goal) & (later <= 1.15 * rising))
        return int(np.argmax(there)) if there.any() else 0

    def _from_black(self, number: int) -> bool:
        return 0 <= number < len(self._black) and self._black[number]


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return how alike two pictures are, -1..1; flat ones are alike when their colours are."""
    first, second = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((first**2).mean() * (second**2).mean()))
    return float((first * second).mean()) / max(spread, _FLAT**2) + max(0.0, 1.0 - spread / _FLAT**2) * (
        1.0 - min(1.0, abs(float(a.mean() - b.mean())) / 40.0)
    )


def _bgr(small: Frame) -> NDArray[np.uint8]:
    width, height = size_of(small)
    rgb = cv2.cvtColor(np.ascontiguousarray(small), cv2.COLOR_YUV2BGR_I420)
    scale = _LONGER / max(width, height)
    if scale >= 1:
        return np.asarray(rgb, np.uint8)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
