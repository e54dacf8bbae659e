"""Find what does not belong to a shot: bars at the edges of the picture, and text that was burnt in.

Both are told from a few pictures of one shot. A bar is flat, dark, the same in all of them, straight, and the picture
beside it is clearly lighter; where that is not so a dark picture is taken for what it is. Burnt-in text is a row of
strokes that stay in their place with their colour while the picture behind them changes: in a shot where nothing moves
nothing can be told from that, and only whoever described the file may say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.clip import WHOLE, Area
from circletake.media.digest import resized
from circletake.media.picture import BLACK, Frame, planes, size_of

_LONGER = 480
"""Pixels at the longer side of what is looked at."""
_DARK = BLACK + 26
"""Luma that a bar does not exceed (its 97th percentile along the edge)."""
_STEP = 12.0
"""Levels by which the picture beside a bar is lighter, on at least `_STRAIGHT` of its length in some picture."""
_STRAIGHT = 0.5
_LARGEST_BAR = 0.4
_LEAST_BAR = 0.008
_ONE_SIDED = 0.02
_MARGIN = 0.004
"""Share of the picture cut off beside a bar, so that no soft edge shows."""
_STROKE = 7
"""Pixels: strokes of letters are thinner than this."""
_THICK_STROKE = 15
_CLEAR = 40
"""Levels by which a stroke stands out from what is round it."""
_LASTING = 0.85
"""Share of the pictures in which a stroke must stay in its place."""
_COMING = 0.3
"""The same when somebody wrote that there is text: a title may come and go within a shot."""
_HATS = (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)
"""What keeps strokes that are lighter, and that are darker, than what is round them."""
_SAME = 10.0
"""Levels by which a stroke may differ from itself from picture to picture."""
_UNIFORM = 34.0
"""Levels by which the strokes of one line may differ: letters have one colour, texture has not."""
_MOVING = 9.0
"""Levels by which half of the picture must change: in a shot where nothing moves all texture stays."""
_UNHINTED = ((_STROKE, _LASTING),)
_HINTED = ((_STROKE, _LASTING), (_THICK_STROKE, _LASTING))
"""Thickness and share that are looked for: thick strokes are too much like things in the picture."""
_PASSING = ((_STROKE, _COMING),)
"""A title that comes and goes cannot be cropped away for certain: it is only said."""
_KEPT = 0.6
"""Share of the picture that must be left when text is cropped away."""


@dataclass(frozen=True)
class Flaws:
    """What was found in a shot."""

    active: Area
    """The picture without bars, and without burnt-in text where it can be cropped away."""
    burnt_in: bool
    """Whether burnt-in text stays in `active`."""
    bars: bool


def find(samples: Sequence[Frame], *, hint: bool = False) -> Flaws:
    """Find bars and burnt-in text in a shot.

    Args:
        samples: one to a dozen pictures of it, evenly spread, (H*3//2, W).
        hint: somebody wrote that text is burnt in: then text is also believed that hardly stands out from its place.
    """
    luma = np.stack([planes(_reduced(sample)).y for sample in samples])
    inside = _without_bars(luma)
    bars = inside != WHOLE
    still = float(np.median(luma.std(axis=0))) < _MOVING
    words = None if still and not hint else _words(luma, inside, _HINTED if hint else _UNHINTED)
    if words is None:
        passing = hint and _words(luma, inside, _PASSING) is not None
        return Flaws(inside, burnt_in=passing, bars=bars)
    cropped = _beside(inside, words)
    return Flaws(inside, True, bars) if cropped is None else Flaws(cropped, False, bars)


def _reduced(sample: Frame) -> Frame:
    width, height = size_of(sample)
    scale = _LONGER / max(width, height)
    if scale >= 1:
        return np.ascontiguousarray(sample)
    return resized(sample, (2 * round(width * scale / 2), 2 * round(height * scale / 2)))


def _without_bars(luma: NDArray[np.uint8]) -> Area:
    """Return the area inside the bars."""
    left, right = _pair(luma)
    top, bottom = _pair(luma.transpose(0, 2, 1))
    return Area(left=left, right=1.0 - right, top=top, bottom=1.0 - bottom)


def _pair(luma: NDArray[np.uint8]) -> tuple[float, float]:
    """Return how much of the width the bars at the left and at the right take."""
    first, second = _bar(luma), _bar(luma[:, :, ::-1])
    if abs(first - second) <= 0.03 or max(first, second) == 0.0:
        return first, second
    if min(first, second) == 0.0 and max(first, second) < _ONE_SIDED:
        return 0.0, 0.0
    return first, second


def _bar(luma: NDArray[np.uint8]) -> float:
    """Return which share of the width a bar at the left takes, margin included; 0 for none."""
    _, rows, columns = luma.shape
    reach = int(columns * _LARGEST_BAR)
    if (luma[:, ::4, 1] > _DARK).mean() > 0.03:
        return 0.0  # nearly all pictures: the very edge is lit
    edge = luma[:, ::2, : reach + 8]
    middle, most = edge.shape[1] // 2, int(edge.shape[1] * 0.97)
    ranked = np.partition(edge, (middle, most), axis=1)
    flat = (ranked[:, most] <= _DARK).all(axis=0) & (np.ptp(ranked[:, middle].astype(np.int16), axis=0) <= 6)
    wide = int(np.argmin(flat)) if not flat.all() else len(flat)
    if not _LEAST_BAR * columns <= wide <= reach:
        return 0.0
    edge = edge.astype(np.float32)
    bar = np.median(edge[:, :, max(0, wide - 4) : wide], axis=2)
    beside = edge[:, :, wide + 1 : wide + 7].max(axis=2)
    straight = ((beside - bar) >= _STEP).any(axis=0).mean() if rows else 0.0
    if straight < _STRAIGHT:
        return 0.0
    return min(_LARGEST_BAR, (wide + 1) / columns + _MARGIN)


@dataclass(frozen=True)
class _Box:
    left: int
    top: int
    right: int
    bottom: int


def _words(luma: NDArray[np.uint8], inside: Area, kinds: Sequence[tuple[int, float]]) -> Area | None:
    """Return where burnt-in text stands, or `None` when there is none that can be told.

    `kinds` are thickness of strokes and share of the pictures that they must stay in.
    """
    count, rows, columns = luma.shape
    if count < 3:
        return None
    level = np.median(luma, axis=0)
    lines = [
        box
        for thick, share in kinds
        for box in _lines(_inside(_strokes(luma, thick=thick, share=share), inside), level)
    ]
    if not lines:
        return None
    return Area(
        left=max(0.0, min(box.left for box in lines) / columns),
        top=max(0.0, min(box.top for box in lines) / rows),
        right=min(1.0, max(box.right for box in lines) / columns),
        bottom=min(1.0, max(box.bottom for box in lines) / rows),
    )


def _inside(strokes: NDArray[np.uint8], inside: Area) -> NDArray[np.uint8]:
    """Return the strokes without those in the bars."""
    rows, columns = strokes.shape
    kept = np.zeros_like(strokes)
    part = np.s_[
        int(inside.top * rows) : int(inside.bottom * rows), int(inside.left * columns) : int(inside.right * columns)
    ]
    kept[part] = strokes[part]
    return kept


def _lines(strokes: NDArray[np.uint8], level: NDArray[np.floating]) -> list[_Box]:
    """Return the strokes that look like lines of text."""
    rows, columns = strokes.shape
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (15, 3)))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(np.asarray(joined, np.uint8))
    found = (_box(row, strokes, level, columns=columns, rows=rows) for row in boxes[1:])
    return [box for box in found if box is not None]


def _strokes(luma: NDArray[np.uint8], *, thick: int, share: float) -> NDArray[np.uint8]:
    """Return where strokes thinner than `thick` stand out in at least `share` of the pictures, always at one level."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (thick, thick))
    hats = ((cv2.morphologyEx(one, kind, kernel) for kind in _HATS) for one in luma)
    clear = np.stack([np.maximum(*pair) >= _CLEAR for pair in hats])
    times = clear.sum(axis=0)
    mean = np.where(clear, luma, 0).sum(axis=0) / np.maximum(times, 1)
    off = np.where(clear, np.abs(luma - mean), 0).sum(axis=0) / np.maximum(times, 1)
    return ((times >= max(2.0, share * len(luma))) & (off <= _SAME)).astype(np.uint8)


def _box(
    row: NDArray[np.int32], strokes: NDArray[np.uint8], level: NDArray[np.floating], *, columns: int, rows: int
) -> _Box | None:
    """Return a joined group of strokes as a box if it looks like a line of text: letters of one height and level."""
    left, top, width, height, _ = (int(value) for value in row)
    if not (0.018 * rows <= height <= 0.25 * rows and width >= 1.5 * height and width >= 0.03 * columns):
        return None
    part = np.ascontiguousarray(strokes[top : top + height, left : left + width])
    count, _, letters, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    large = [one for one in letters[1:] if one[cv2.CC_STAT_AREA] >= 4 and one[cv2.CC_STAT_HEIGHT] >= 0.45 * height]
    ink = level[top : top + height, left : left + width][part > 0]
    uniform = float(np.percentile(ink, 80) - np.percentile(ink, 20)) if len(ink) else 255.0
    covered = float(part.mean())
    if count - 1 < 2 or len(large) < 2 or not (0.1 <= covered <= 0.7) or uniform > _UNIFORM:
        return None
    pad = max(3, height // 4)
    return _Box(left - pad, top - pad, left + width + pad, top + height + pad)


def _beside(inside: Area, words: Area) -> Area | None:
    """Return the largest part of the picture beside the text, or `None` when too little is left."""
    cuts = [
        {"top": words.bottom},
        {"bottom": words.top},
        {"left": words.right},
        {"right": words.left},
    ]
    whole = inside.model_dump()
    left = [Area(**{**whole, **cut}) for cut in cuts if _leaves_some({**whole, **cut})]
    best = max(left, key=lambda area: area.share, default=None)
    return best if best is not None and best.share >= _KEPT * inside.share else None


def _leaves_some(area: dict[str, float]) -> bool:
    return area["right"] - area["left"] > 0.1 and area["bottom"] - area["top"] > 0.1
