"""Things with outlines: firs, trunks, bare trees, blades of grass, and layers that stand one behind the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from circletake.media.procedural import noise
from circletake.media.procedural.canvas import (
    SHOULDER,
    Light,
    Mask,
    Rgb,
    field,
    grid,
    lin,
    pan,
    polygon,
    smooth,
    stroke,
    triple,
    warp,
)


@dataclass(frozen=True)
class Layer:
    """A cut-out that can be laid over a picture: what it lets through, and its own light.

    In float32 it is laid over scene light, in uint8 over a developed frame.
    """

    hole: Any
    paint: Any
    top: int = 0

    def over(self, under: Any, x: float = 0.0, y: float = 0.0) -> Any:
        """Lay the window at (x, y) of this layer over `under`, in place; return it."""
        first = max(int(self.top - y) - 2, 0)
        part = under[first:]
        high, wide = part.shape[:2]
        hole = pan(self.hole, x, y + first, wide, high)
        paint = pan(self.paint, x, y + first, wide, high)
        cv2.multiply(part, hole, part, 1.0 if under.dtype == np.float32 else 1 / 255)
        cv2.add(part, paint, part)
        return under


def cut(mask: Light, paint: Light | Rgb) -> Layer:
    """Cut a layer of scene light out along a mask (0..1) from a picture or one colour."""
    cover = triple(mask)
    return Layer(1 - cover, cover * np.asarray(paint, np.float32), int(np.argmax(mask.max(axis=1) > 0.004)))


def cut_shown(mask: Light, paint: Light | Rgb) -> Layer:
    """Cut a layer out that will be laid over developed frames."""
    layer = cut(mask, paint)
    light = np.broadcast_to(np.asarray(paint, np.float32), layer.hole.shape)
    developed = np.sqrt(np.minimum(light / (1 + SHOULDER * light), 1)) * (1 - layer.hole)
    return Layer((layer.hole * 255 + 0.5).astype(np.uint8), (developed * 255 + 0.5).astype(np.uint8), layer.top)


def plain(mask: Mask) -> Light:
    """Return a drawn mask as 0..1."""
    return field(mask) * np.float32(1 / 255)


def fir(mask: Mask, x: float, base: float, high: float, rng: np.random.Generator, level: int = 255) -> None:
    """Draw the silhouette of a fir: ragged boughs that widen downwards."""
    tiers = max(5, int(high / 9))
    lean = rng.uniform(-0.03, 0.03) * high
    girth = rng.uniform(0.15, 0.22) * high
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    for tier in range(1, tiers + 1):
        part = tier / tiers
        y = base - high * (1 - part)
        middle = x + lean * (1 - part)
        for side, points in ((-1, left), (1, right)):
            reach = girth * part**0.85 * rng.uniform(0.65, 1.12)
            points.append((middle + side * reach, y + rng.uniform(0, 0.035) * high))
            points.append((middle + side * reach * rng.uniform(0.3, 0.55), y - rng.uniform(0.0, 0.012) * high))
    polygon(mask, [(x + lean, base - high), *right, (x, base + 2), *reversed(left)], level)


def bare_tree(mask: Mask, x: float, y: float, high: float, seed: int, spread: float = 0.5) -> None:
    """Draw a leafless tree, branch by branch."""
    rng = noise.dice(seed)

    def grow_branch(x0: float, y0: float, angle: float, length: float, wide: float) -> None:
        path = [(x0, y0)]
        for _ in range(4):
            angle += rng.normal(0, 0.13)
            x0, y0 = x0 + np.cos(angle) * length / 4, y0 - np.sin(angle) * length / 4
            path.append((x0, y0))
        stroke(mask, path, wide, 255 if wide > 1.2 else 190)
        if length > high * 0.035:
            for turn in rng.permutation([-1, 1])[: 2 if rng.random() < 0.92 else 1]:
                grow_branch(
                    x0,
                    y0,
                    angle + turn * rng.uniform(0.25, 0.5 + spread),
                    length * rng.uniform(0.62, 0.84),
                    wide * 0.66,
                )
            if rng.random() < 0.4:
                grow_branch(*path[2], angle + rng.choice([-1, 1]) * rng.uniform(0.5, 1.0), length * 0.5, wide * 0.45)

    grow_branch(x, y, np.pi / 2 + rng.normal(0, 0.05), high * 0.3, max(2.0, high / 22))


def trunks(seed: int, width: int, height: int, count: int, girth: float, feet: float) -> tuple[Light, Light]:
    """Draw tree trunks that leave the frame at its top; return their mask and how far right (-1..1) each pixel sits."""
    rng = noise.dice(seed)
    mask = np.zeros((height, width), np.uint8)
    side = np.zeros((height, width), np.float32)
    ys = np.linspace(-10, height + 5, 60)
    for place in np.sort((np.arange(count) + rng.uniform(0.05, 0.95, count)) / count) * width:
        thick = girth * rng.uniform(0.55, 1.35)
        foot = feet + rng.uniform(-0.02, 0.05) * height
        rise = np.clip(foot - ys, 0, None)
        bend = rng.uniform(-0.05, 0.05) * rise + 2.5 * noise.profile(int(rng.integers(1 << 30)), 60, 1.4) * thick / 14
        flare = 1 + 0.9 * np.exp(-rise / (thick * 1.3)) - 0.25 * rise / height
        rough = 1 + 0.1 * noise.profile(int(rng.integers(1 << 30)), 60, 0.6)
        half = thick / 2 * flare * rough
        ys_cut = np.minimum(ys, foot)
        one = np.zeros_like(mask)
        polygon(
            one,
            np.concatenate(
                [np.stack([place + bend - half, ys_cut], 1), np.stack([place + bend + half, ys_cut], 1)[::-1]]
            ),
        )
        _twigs(one, rng, place, thick, foot)
        centre = np.interp(np.arange(height), ys, place + bend)[:, None]
        across = (np.arange(width)[None] - centre) / np.interp(np.arange(height), ys, half)[:, None]
        side = np.where(one > 0, np.clip(across, -1, 1), side)
        mask = np.maximum(mask, one)
    return plain(mask), field(side)


def _twigs(mask: Mask, rng: np.random.Generator, x: float, thick: float, foot: float) -> None:
    for _ in range(int(rng.integers(1, 6))):
        y0, way = rng.uniform(0.05, 0.75) * foot, rng.choice([-1, 1])
        x0, length = x, thick * rng.uniform(1.5, 5)
        path = [(x0, y0)]
        for _ in range(4):
            x0, y0 = x0 + way * length / 4, y0 + rng.uniform(-0.35, 0.15) * length / 4
            path.append((x0, y0))
        for part in range(4):
            stroke(mask, path[part : part + 2], max(1.0, thick * (0.075 - 0.018 * part)))


def blades(
    seed: int, width: int, height: int, count: int, size: tuple[float, float], wide: float
) -> tuple[Light, Light]:
    """Draw a stand of grass rooted at the bottom; return its mask and its lightness, blade by blade."""
    rng = noise.dice(seed)
    mask = np.zeros((height, width), np.uint8)
    shade = np.zeros((height, width), np.uint8)
    for _ in range(count):
        x, tall = rng.uniform(-30, width + 30), rng.uniform(*size)
        lean = rng.normal(0.12, 0.2) * tall
        part = np.linspace(0, 1, 7)
        mid = np.stack([x + lean * part**2, height + 6 - tall * part], 1)
        half = np.stack([wide * rng.uniform(0.5, 1.2) * (1 - part) ** 0.7 + 0.25, np.zeros(7)], 1)
        outline = np.concatenate([mid - half, (mid + half)[::-1]])
        polygon(mask, outline)
        polygon(shade, outline, int(rng.uniform(60, 255)))
        if rng.random() < 0.2:
            _ear(mask, shade, mid[-1], lean / tall, tall, rng)
    return plain(mask), plain(shade)


def _ear(mask: Mask, shade: Mask, tip: Any, lean: float, tall: float, rng: np.random.Generator) -> None:
    way = np.array([lean * 1.6 + 0.1, -1.0])
    for step in range(9):
        spot = tip + way * step * tall * 0.013
        for side in (-1, 1):
            end = spot + np.array([side * (1.6 + rng.random() * 1.6), -3.0 - 2 * rng.random()]) * tall / 190
            stroke(mask, [tuple(spot), tuple(end)], 1.0)
            stroke(shade, [tuple(spot), tuple(end)], 1.0, 255)


def leaves(seed: int, width: int, height: int, hang: Any, grain: float = 1.15) -> Light:
    """Return ragged foliage: `hang` (broadcast to height, width) says how dense it is at a place, 0..1."""
    size = 512
    cloth = noise.tile(seed, size, grain, 2.0, 250.0)
    rows = np.arange(height) % size
    cols = np.arange(width) % size
    plane = cloth[np.ix_(rows, cols)]
    return field(smooth(plane + (np.asarray(hang, np.float32) - 0.5) * 1.6, 0.52, 0.6))


def ridge(line: Light, height: int, base: float) -> Light:
    """Return the mask below a skyline (`line` in pixels upwards from `base`), anti-aliased."""
    ys = np.arange(height, dtype=np.float32)[:, None]
    return field(np.clip(ys - (base - line[None, :]) + 0.5, 0, 1))


def below(line: Light, height: int, base: float) -> Light:
    """Return how many pixels every point lies below a skyline (0 above it)."""
    ys = np.arange(height, dtype=np.float32)[:, None]
    return field(np.maximum(ys - (base - line[None, :]), 0))


def mixed(first: str, second: str, part: Any, gain: float = 1.0) -> Light:
    """Return a picture that runs from one display colour to another where `part` (h, w) runs from 0 to 1."""
    part = field(part)
    planes = [
        part * np.float32(b - a) + np.float32(a) for a, b in zip(lin(first, gain), lin(second, gain), strict=True)
    ]
    return np.asarray(cv2.merge(planes), np.float32)


class Sway:
    """Bend what is rooted at the bottom of a plane, in gusts that travel to the right."""

    def __init__(self, shape: tuple[int, int], seed: int, strong: float, pace: float = 150.0) -> None:
        """Prepare for a plane of this shape; `strong` is the reach of a gust at the tips, in pixels."""
        self._high, self._wide = shape
        self._xs, self._ys = grid(self._wide, self._high)
        self._free = field(strong * ((self._high - self._ys) / self._high) ** 1.7)
        gust = noise.tile(seed, 256, 1.5, 1.0, 12.0)[40]
        self._gust, self._pace = np.append(gust, gust[0]), pace

    def at(self, plane: Light, t: float, shift: float = 0.0) -> Light:
        """Return the plane as the wind bends it at a time."""
        columns = np.arange(self._wide)
        push = np.interp((columns * 0.32 - self._pace * 0.32 * t) % 256, np.arange(257), self._gust)
        bend = self._free * field(push + 0.12 * np.sin(5.2 * t + columns / 23))[None, :]
        return warp(plane, self._xs - bend + np.float32(shift), self._ys - np.float32(0.12) * bend, wrap=False)


def shadowed(mask: Light, pixels: int) -> Light:
    """Return what of a mask has open sky `pixels` above it: where light or snow comes to lie."""
    lower = np.zeros_like(mask)
    lower[pixels:] = mask[:-pixels]
    return field(cv2.GaussianBlur(np.clip(mask - lower, 0, 1), (3, 3), 0))
