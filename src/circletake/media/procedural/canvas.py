"""The picture plane of the starter catalogue: scene-linear light in float32, and the few OpenCV calls that move it.

A scene paints `Light`, unbounded scene light at half size; `light.film` develops it into a `Frame` of 8-bit RGB, and
what must be sharp (`in_front`, `sparkle`, `flora.Layer`) is laid over that: an eighth of the bytes to move.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Light: TypeAlias = NDArray[np.floating[Any]]
Mask: TypeAlias = NDArray[np.uint8]
Frame: TypeAlias = NDArray[np.uint8]
Rgb: TypeAlias = tuple[float, float, float]
Plane = TypeVar("Plane", bound=NDArray[Any])

WIDTH, HEIGHT, RATE = 960, 540, 24
SHOULDER = 0.7  # how early the film curve bends; see light.film


@dataclass(frozen=True)
class Drawing:
    """One clip of the starter catalogue: its name, the scene it belongs to and how long it runs."""

    name: str
    scene: str
    frames: int
    fps: Fraction = Fraction(RATE)


@dataclass(frozen=True)
class Shot:
    """How one clip is made: a painter, frame by frame, and the location sound for so many samples."""

    name: str
    scene: str
    paint: Callable[[int], Iterator[Frame]]
    sound: Callable[[int], NDArray[np.float32]]
    frames: int = 96


def seconds(frames: int) -> Iterator[tuple[float, float]]:
    """Yield for every frame its time in seconds and its progress 0..1 through the clip."""
    for index in range(frames):
        yield index / RATE, index / max(frames - 1, 1)


def lin(colour: str, gain: float = 1.0) -> Rgb:
    """Return the scene light that `light.film` shows as this display colour ("#rrggbb"), times `gain`."""
    red, green, blue = (gain * v / (1 - SHOULDER * v) for v in _squares(colour))
    return red, green, blue


def glow(colour: str, gain: float = 1.0) -> Rgb:
    """Return the light of a lamp of this colour: its hue at full strength, times `gain`."""
    red, green, blue = (gain * v for v in _squares(colour))
    return red, green, blue


def _squares(colour: str) -> list[float]:
    return [(int(colour[i : i + 2], 16) / 255) ** 2 for i in (1, 3, 5)]


@cache
def _axes(width: int, height: int) -> tuple[Light, Light]:
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return xs, ys


def grid(width: int = WIDTH, height: int = HEIGHT) -> tuple[Light, Light]:
    """Return the pixel coordinates (x, y) of a plane of this size (fresh copies)."""
    xs, ys = _axes(width, height)
    return xs.copy(), ys.copy()


_DESK = threading.local()


def spare(slot: str, shape: tuple[int, ...]) -> Light:
    """Return a scratch plane that lives on: fresh memory of this size costs more than the arithmetic done in it."""
    if shape[0] * shape[1] < 40_000:  # small ones come in every shape, and cost nothing
        return np.empty(shape, np.float32)
    planes: dict[tuple[str, tuple[int, ...]], Light] = _DESK.__dict__.setdefault("planes", {})
    plane = planes.get((slot, shape))
    if plane is None:
        plane = planes[slot, shape] = np.empty(shape, np.float32)
    return plane


def field(value: Any) -> Light:
    """Return `value` as contiguous float32."""
    return np.ascontiguousarray(value, dtype=np.float32)


def grow(plane: Plane, width: int = WIDTH, height: int = HEIGHT, soft: bool = True) -> Plane:
    """Enlarge a plane, with a cubic kernel when `soft`, else bilinear."""
    kind = cv2.INTER_CUBIC if soft else cv2.INTER_LINEAR
    return cast(Plane, cv2.resize(plane, (width, height), interpolation=kind))


def shrink(plane: Light, width: int, height: int) -> Light:
    """Reduce a plane by area averaging."""
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def blur(plane: Plane, sigma: float) -> Plane:
    """Blur a plane with a Gaussian (sigma in pixels)."""
    return cast(Plane, cv2.GaussianBlur(plane, (0, 0), sigma))


def warp(plane: Light, xs: Light, ys: Light, wrap: bool = True) -> Light:
    """Look a plane up at the given pixel coordinates, tiling it when `wrap`, else holding its border."""
    if wrap:  # OpenCV's own wrapping takes a slow path for every pixel outside
        high, wide = plane.shape[:2]
        plane, xs, ys = _hemmed(plane), _within(xs, wide), _within(ys, high)
    return np.asarray(cv2.remap(plane, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _within(place: Light, size: int) -> Light:
    turns = np.floor(place * np.float32(1 / size))
    turns *= np.float32(-size)
    turns += place
    return turns


def _hemmed(plane: Light) -> Light:
    hems: dict[int, tuple[Light, Light]] = _DESK.__dict__.setdefault("hems", {})
    kept = hems.get(id(plane))
    if kept is None or kept[0] is not plane:
        space = [(0, 1), (0, 1)] + [(0, 0)] * (plane.ndim - 2)
        kept = hems[id(plane)] = (plane, field(np.pad(plane, space, mode="wrap")))
        if len(hems) > 48:
            del hems[next(iter(hems))]
    return kept[1]


def zoom(plane: Light, scale: float, cx: float, cy: float, width: int = WIDTH, height: int = HEIGHT) -> Light:
    """Look at a plane with `scale` > 1 as a push-in about (cx, cy), given in output pixels; borders are held."""
    own = plane.shape[1] / width
    step = own / scale
    matrix = np.array([[step, 0, own * cx - cx * step], [0, step, own * cy - cy * step]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(plane, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def push(frame: Frame, scale: float, cx: float, cy: float) -> Frame:
    """Push a developed frame in by `scale` about (cx, cy)."""
    matrix = np.array([[1 / scale, 0, cx - cx / scale], [0, 1 / scale, cy - cy / scale]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), flags=flags), np.uint8)


def tint(plane: Light, colour: Rgb) -> Light:
    """Colour a one-channel plane."""
    return np.asarray(cv2.merge([plane * np.float32(c) for c in colour]), np.float32)


def triple(plane: Light) -> Light:
    """Repeat a one-channel plane in three channels, for fast products."""
    return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), np.float32)


def lay(under: Light, colour: Rgb, cover: Light) -> Light:
    """Cover `under` in place with one colour, `cover` (one channel, 0..1) saying how much; return it."""
    keep = spare("keep", under.shape)
    cv2.cvtColor(1.0 - cover, cv2.COLOR_GRAY2RGB, keep)
    cv2.multiply(under, keep, under)
    return shine(under, cover, colour)


def shine(under: Light, cover: Light, colour: Rgb, gain: float = 1.0) -> Light:
    """Add light of one colour to `under` in place, `cover` (one channel) saying where; return it."""
    paint = spare("keep", under.shape)
    cv2.merge([cover * np.float32(c * gain) for c in colour], paint)
    cv2.add(under, paint, under)
    return under


def shown(colour: Rgb) -> Rgb:
    """Return the display levels 0..255 of scene light, as `light.film` develops it."""
    red, green, blue = (255 * min(1.0, (max(c, 0) / (1 + SHOULDER * c)) ** 0.5) for c in colour)
    return red, green, blue


def in_front(frame: Frame, colour: Rgb, cover: Light) -> Frame:
    """Cover a developed frame in place with one colour of scene light, `cover` (0..1) saying how much; return it."""
    level = cv2.convertScaleAbs(cover, alpha=255)
    cv2.multiply(frame, cv2.cvtColor(255 - level, cv2.COLOR_GRAY2RGB), frame, 1 / 255)
    return sparkle(frame, level, shown(colour), 1 / 255)


def sparkle(frame: Frame, cover: NDArray[Any], colour: Rgb, gain: float = 1.0) -> Frame:
    """Add light of one colour to a developed frame in place, `cover` saying where; return it."""
    if cover.dtype != np.uint8:
        cover = np.asarray(cv2.convertScaleAbs(cover, alpha=255), np.uint8)
    paint = cv2.merge([cv2.convertScaleAbs(cover, alpha=gain * c) for c in colour])
    cv2.add(frame, paint, frame)
    return frame


def add(under: Light, over: Light, gain: float = 1.0) -> Light:
    """Add light to `under` in place; return it."""
    cv2.scaleAdd(over, gain, under, under)
    return under


def pan(plane: Any, x: float, y: float = 0.0, width: int = WIDTH, height: int = HEIGHT) -> Any:
    """Cut a window out of a larger plane at a sub-pixel position; the window is the caller's to paint on."""
    left, top = int(np.floor(x)), int(np.floor(y))
    part, fall = x - left, y - top
    window = plane[top : top + height, left : left + width]
    if part <= 1e-3 and fall <= 1e-3:
        return window.copy()
    if part > 1e-3:
        window = cv2.addWeighted(window, 1 - part, plane[top : top + height, left + 1 : left + 1 + width], part, 0)
    if fall > 1e-3:
        window = cv2.addWeighted(window, 1 - fall, pan(plane, x, float(top + 1), width, height), fall, 0)
    return window


def smooth(value: Any, low: Any, high: Any) -> Any:
    """Ease from 0 at `low` to 1 at `high`."""
    part = np.clip((value - low) / (high - low), 0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)


def stamp(under: Light, sprite: Light, x: float, y: float, colour: Rgb) -> None:
    """Add a one-channel sprite to `under` in place, its centre at sub-pixel (x, y), in a colour."""
    high, wide = sprite.shape[:2]
    left, top = int(np.floor(x)) - wide // 2, int(np.floor(y)) - high // 2
    if left <= -wide or top <= -high or left >= under.shape[1] or top >= under.shape[0]:
        return
    middle = ((wide - 1) / 2 - (x - np.floor(x)), (high - 1) / 2 - (y - np.floor(y)))
    moved = np.asarray(cv2.getRectSubPix(sprite, (wide, high), middle), np.float32)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + wide, under.shape[1]), min(top + high, under.shape[0])
    part = moved[y0 - top : y1 - top, x0 - left : x1 - left]
    if part.size:
        under[y0:y1, x0:x1] += part[..., None] * np.array(colour, np.float32)


def specks(points: Any, radii: Any, levels: Any, width: int = WIDTH, height: int = HEIGHT) -> Mask:
    """Draw small round specks (x, y), anti-aliased at sub-pixel places, in a mask; `levels` are 0..1."""
    mask = np.zeros((height, width), np.uint8)
    places = np.round(np.asarray(points) * 16).astype(int).tolist()
    sizes = np.round(np.asarray(radii) * 16).astype(int).tolist()
    shades = np.clip(np.asarray(levels) * 255, 0, 255).astype(int).tolist()
    for place, size, shade in zip(places, sizes, shades, strict=True):
        cv2.circle(mask, place, size, shade, -1, cv2.LINE_AA, 4)
    return mask


def within(mask: Mask, place: Mask) -> Mask:
    """Return a mask as far as another one shows it."""
    return np.asarray(cv2.multiply(mask, place, scale=1 / 255), np.uint8)


def polygon(mask: Mask, points: Any, level: int = 255) -> None:
    """Fill a polygon, anti-aliased, in a mask."""
    cv2.fillPoly(mask, [np.round(np.asarray(points) * 16).astype(np.int32)], level, cv2.LINE_AA, 4)


def stroke(mask: Mask, points: Sequence[tuple[float, float]], wide: float, level: int = 255) -> None:
    """Draw a line through points, anti-aliased, in a mask."""
    path = np.round(np.asarray(points) * 16).astype(np.int32)
    cv2.polylines(mask, [path], False, level, max(1, round(wide)), cv2.LINE_AA, 4)


def facing(plane: Light, corners: Sequence[tuple[float, float]], width: int = WIDTH, height: int = HEIGHT) -> Light:
    """Put a flat picture into perspective: its corners (clockwise from top left) go to `corners`."""
    high, wide = plane.shape[:2]
    source = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    return np.asarray(cv2.warpPerspective(plane, matrix, (width, height), flags=cv2.INTER_LINEAR), np.float32)


def convolve(plane: Light, kernel: Light) -> Light:
    """Convolve a plane with a kernel (a lens's disc, for one)."""
    return np.asarray(cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)
