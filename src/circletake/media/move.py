"""Camera moves: where in a larger picture the frame lies, from frame to frame, and the cut-out itself."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import CameraMove
from circletake.media.picture import Frame, Size, planes

PUSH = 0.14
"""How much larger a full push-in makes the picture, over the shot."""
SWEEP = 0.16
"""How far a full pan or tilt goes, in widths or heights of the picture."""
SWAY = 0.007
"""Amplitude of a hand-held frame, in widths; the eye takes 0.5 to 1 % for breathing, more for running."""
_ROOM: dict[CameraMove, float] = {
    "pan_left": 1.16,
    "pan_right": 1.16,
    "tilt_up": 1.16,
    "tilt_down": 1.16,
    "track": 1.16,
    "handheld": 1.06,
}
"""Least scale at which a move has room before it meets an edge."""


@dataclass(frozen=True)
class Framing:
    """Where the frame lies: 1 shows the whole picture, 2 half of it; the centre in 0..1 of width and height."""

    scale: float
    x: float = 0.5
    y: float = 0.5

    def inside(self) -> Framing:
        """Return the framing moved so far that no edge shows."""
        scale = max(1.0, self.scale)
        half = 0.5 / scale
        return Framing(scale, min(max(self.x, half), 1 - half), min(max(self.y, half), 1 - half))


def ease(share: float) -> float:
    """Return 0..1 eased in and out (half a cosine): a move starts and ends at rest."""
    return 0.5 - 0.5 * math.cos(math.pi * min(max(share, 0.0), 1.0))


def path(
    move: CameraMove, *, frames: int, start: Framing, seed: int, strength: float, longest: int = 120
) -> tuple[Framing, ...]:
    """Return the framing of every frame of a move.

    Moves are eased and centred on `start` as far as the edges allow. A shot shorter than `longest` frames moves less:
    the speed of a move, not its length, is what `strength` (0..1) sets.
    """
    reach = strength * min(1.0, frames / longest) ** 0.5
    begin = Framing(max(start.scale, _ROOM.get(move, 1.0)), start.x, start.y).inside()
    shares = [ease(index / max(1, frames - 1)) for index in range(frames)]
    if move in ("push_in", "pull_out"):
        ways = shares if move == "push_in" else [1 - share for share in shares]
        return tuple(Framing(begin.scale * (1 + PUSH * reach * way), begin.x, begin.y).inside() for way in ways)
    if move == "handheld":
        return _handheld(begin, frames, random.Random(seed), reach)
    if move == "static":
        return (begin,) * frames
    return _sweep(move, begin, shares, reach)


def _sweep(move: CameraMove, begin: Framing, shares: Sequence[float], reach: float) -> tuple[Framing, ...]:
    across = move in ("pan_left", "pan_right", "track")
    sign = -1.0 if move in ("pan_left", "tilt_up") else 1.0
    half = 0.5 / begin.scale
    far = min(SWEEP * reach, 1 - 2 * half)
    centre = begin.x if across else begin.y
    centre = min(max(centre, half + far / 2), 1 - half - far / 2)
    found = []
    for share in shares:
        at = centre + sign * far * (share - 0.5)
        scale = begin.scale * (1 + 0.04 * reach * share) if move == "track" else begin.scale
        found.append((Framing(scale, at, begin.y) if across else Framing(scale, begin.x, at)).inside())
    return tuple(found)


def _handheld(begin: Framing, frames: int, rng: random.Random, reach: float) -> tuple[Framing, ...]:
    """Sway on three slow, incommensurable sines an axis (0.3 to 1.3 Hz at 24 frames a second)."""
    waves = [
        [(rng.uniform(0.3, 1.3), rng.uniform(0, 2 * math.pi), rng.uniform(0.4, 1.0)) for _ in "abc"] for _ in "xyz"
    ]

    def at(axis: int, index: int) -> float:
        return sum(a * math.sin(2 * math.pi * f * index / 24 + p) for f, p, a in waves[axis]) / 2

    size = SWAY * (0.5 + 0.5 * reach)
    half = 0.5 / begin.scale * (1 + size)
    middle = Framing(begin.scale, _between(begin.x, half + 1.5 * size), _between(begin.y, half + 1.5 * size))
    return tuple(
        Framing(
            begin.scale * (1 + 0.25 * size * at(2, index)),
            middle.x + size * at(0, index),
            middle.y + size * at(1, index),
        ).inside()
        for index in range(frames)
    )


def _between(value: float, margin: float) -> float:
    """Return `value` kept `margin` away from 0 and 1, so that a sway does not run into an edge and stop dead."""
    return 0.5 if margin >= 0.5 else min(max(value, margin), 1 - margin)


def apply(frames: Iterable[Frame], framings: Sequence[Framing], *, size: Size) -> Iterator[Frame]:
    """Yield each picture cut out at its framing and brought to `size`, with sub-pixel precision.

    The pictures may be larger than `size`; their shape must have the same proportions. One kernel, linear, for the
    whole move: another one from some scale on would show as a jump in sharpness, and pictures decoded 1.25 times too
    large from a proxy hold nothing finer (measured at 1280x720: linear 5 ms a picture, cubic 15, Lanczos 50). A frame
    that stands still all through needs no fractions of a pixel, and is scaled in a third of the time.
    """
    stands = len(set(framings)) == 1
    for picture, framing in zip(frames, framings, strict=True):
        yield _crop(picture, framing, size=size) if stands else cut_out(picture, framing, size=size)


def _crop(picture: Frame, framing: Framing, *, size: Size) -> Frame:
    """Return one picture cut out at the whole pixels nearest to a framing."""
    width, height = size
    out = np.empty((height * 3 // 2, width), np.uint8)
    source, target = planes(picture), planes(out)
    rows, columns = source.u.shape
    high, wide = max(1, round(rows / framing.scale)), max(1, round(columns / framing.scale))
    top = min(max(round(framing.y * rows - high / 2), 0), rows - high)
    left = min(max(round(framing.x * columns - wide / 2), 0), columns - wide)
    for step, plane, into in zip((2, 1, 1), source, target, strict=True):
        part = plane[step * top : step * (top + high), step * left : step * (left + wide)]
        into[:] = cv2.resize(part, (into.shape[1], into.shape[0]), interpolation=cv2.INTER_LINEAR)
    return out


def cut_out(picture: Frame, framing: Framing, *, size: Size) -> Frame:
    """Return one picture cut out at a framing; chroma moves with luma."""
    width, height = size
    out = np.empty((height * 3 // 2, width), np.uint8)
    source, target = planes(picture), planes(out)
    for plane, into in zip(source, target, strict=True):
        into[:] = _warped(plane, framing, (into.shape[1], into.shape[0]))
    return out


def _warped(plane: NDArray[np.uint8], framing: Framing, size: Size) -> NDArray[np.uint8]:
    rows, columns = plane.shape
    scale_x, scale_y = columns / framing.scale / size[0], rows / framing.scale / size[1]
    left = framing.x * columns - columns / framing.scale / 2
    top = framing.y * rows - rows / framing.scale / 2
    matrix = np.array([[scale_x, 0, left + scale_x / 2 - 0.5], [0, scale_y, top + scale_y / 2 - 0.5]], np.float64)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def speed(framings: Sequence[Framing]) -> float:
    """Return the fastest movement of a path in picture widths a frame, for checks that nothing jumps."""
    return max((math.hypot(b.x - a.x, b.y - a.y) + abs(b.scale - a.scale) for a, b in pairwise(framings)), default=0.0)


def overscan(size: Size, factor: float) -> Size:
    """Return the size, both sides even, at which to decode for moves that push in by `factor`."""
    return int(size[0] * factor) // 2 * 2, int(size[1] * factor) // 2 * 2
