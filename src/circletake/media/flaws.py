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
_CLEAR = 40
"""Levels by which a stroke stands out from what is round it."""
_LASTING = 0.85
"""Share of the pictures in which a stroke must stay in its place."""
_CHANGE = 6.0
"""Levels by which the picture behind must change for strokes that stay to mean anything."""
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
    words = _words(luma, inside, hint=hint)
    if words is None:
        return Flaws(inside, burnt_in=False, bars=bars)
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
    edge = luma[:, :, : reach + 8].astype(np.float32)
    flat = (np.percentile(edge, 97, axis=1) <= _DARK).all(axis=0) & (np.ptp(np.median(edge, axis=1), axis=0) <= 6)
    wide = int(np.argmin(flat)) if not flat.all() else len(flat)
    if not _LEAST_BAR * columns <= wide <= reach:
        return 0.0
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


def _words(luma: NDArray[np.uint8], inside: Area, *, hint: bool) -> Area | None:
    """Return where burnt-in text stands, or `None` when there is none that can be told."""
    count, rows, columns = luma.shape
    if count < 3:
        return None
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE, _STROKE))
    hats = [np.maximum(_hat(one, cv2.MORPH_TOPHAT, kernel), _hat(one, cv2.MORPH_BLACKHAT, kernel)) for one in luma]
    lasting = (np.stack(hats) >= (_CLEAR * 0.6 if hint else _CLEAR)).mean(axis=0) >= _LASTING
    steady = luma.std(axis=0) <= 14.0
    strokes = (lasting & steady).astype(np.uint8)
    strokes[: int(inside.top * rows)] = strokes[int(inside.bottom * rows) :] = 0
    strokes[:, : int(inside.left * columns)] = strokes[:, int(inside.right * columns) :] = 0
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (17, 5)))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
    moving = cv2.blur(luma.astype(np.float32).std(axis=0), (41, 25))
    found = [box for row in boxes[1:] if (box := _box(row, strokes, moving, columns=columns, rows=rows)) is not None]
    if not found:
        return None
    return Area(
        left=max(0.0, min(box.left for box in found) / columns),
        top=max(0.0, min(box.top for box in found) / rows),
        right=min(1.0, max(box.right for box in found) / columns),
        bottom=min(1.0, max(box.bottom for box in found) / rows),
    )


def _hat(luma: NDArray[np.uint8], kind: int, kernel: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.morphologyEx(luma, kind, kernel), np.uint8)


def _box(
    row: NDArray[np.int32], strokes: NDArray[np.uint8], moving: NDArray[np.float32], *, columns: int, rows: int
) -> _Box | None:
    """Return a joined group of strokes as a box if it may be a line of text over a picture that changes."""
    left, top, width, height, _ = (int(value) for value in row)
    if not (0.015 * rows <= height <= 0.25 * rows and width >= 1.2 * height and width >= 0.025 * columns):
        return None
    ink = strokes[top : top + height, left : left + width].mean()
    letters, _ = cv2.connectedComponents(strokes[top : top + height, left : left + width])
    changes = float(np.median(moving[top : top + height, left : left + width]))
    if not (0.12 <= ink <= 0.75 and letters - 1 >= 2 and changes >= _CHANGE):
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
