"""Weather: clouds in perspective, fog that drifts, snow and ash that fall in depth, smoke that curls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from circletake.media.procedural import noise
from circletake.media.procedural.canvas import HEIGHT, WIDTH, Light, Mask, Rgb, field, grid, grow, smooth, specks, warp


@dataclass(frozen=True)
class Clouds:
    """A cloud deck seen from below, running to the horizon at the bottom row; painted at half size.

    Args:
        rows: rows from the top of the picture to the horizon, full size.
        seed: which clouds.
        cover: how much of the sky they close, 0..1.
        lit: colour of their sunny edges.
        dark: colour of their bodies.
        sun: where the light stands, in pixels.
        stretch: above 1 draws them out along the horizon.
        width: columns, full size.
    """

    rows: int
    seed: int
    cover: float
    lit: Rgb
    dark: Rgb
    sun: tuple[float, float]
    stretch: float = 1.0
    width: int = WIDTH
    scale: float = 1.0

    def over(self, sky: Light, t: float, speed: float = 1.0) -> Light:
        """Return the sky (half size) with the clouds in front of it at a time."""
        across, along, slip, near, high_body = _deck(self)
        cloth = noise.tile(self.seed, 512, 1.75, 2.0, 180.0)
        thick = noise.flow(cloth, across, along, 5 * t * speed, 3 * t * speed)
        toward = noise.flow(cloth, slip, along, 5 * t * speed, 3 * t * speed - 5)
        low, high = 0.78 - 0.6 * self.cover, 1.05 - 0.5 * self.cover
        body = smooth(thick, low, high) * high_body
        edge = np.clip(0.42 + (thick - toward) * 2.6, 0, 1) * near * (1.25 - 0.75 * body)
        planes = [body * (np.float32(d) + np.float32(c - d) * edge) for c, d in zip(self.lit, self.dark, strict=True)]
        size = (sky.shape[1], sky.shape[0])
        paint = cv2.resize(cv2.merge(planes), size, interpolation=cv2.INTER_LINEAR)
        keep = cv2.cvtColor(cv2.resize(1 - body, size, interpolation=cv2.INTER_LINEAR), cv2.COLOR_GRAY2RGB)
        return np.asarray(cv2.add(cv2.multiply(sky, keep), paint), np.float32)


@cache
def _deck(clouds: Clouds) -> tuple[Light, Light, Light, Light, Light]:
    wide, high = clouds.width // 3, clouds.rows // 3
    xs, ys = grid(wide, high)
    xs, ys = xs * np.float32(1.5), ys * np.float32(1.5)
    middle, horizon = clouds.width / 4, clouds.rows / 2
    depth = (horizon - ys) + np.float32(24)
    across = (xs - middle) * (110 * clouds.scale / clouds.stretch / depth) + 2048
    along = 11000 * clouds.scale / depth
    sx, sy = clouds.sun[0] / 2, clouds.sun[1] / 2
    near = 1 / (1 + ((xs - sx) ** 2 + 3.0 * (ys - sy) ** 2) / 150.0**2)
    body = np.clip(1.15 - 0.35 * ys / horizon, 0, 1)
    return field(across), field(along), field(across + (sx - xs) * 0.025), field(0.25 + 0.75 * near), field(body)


@dataclass(frozen=True)
class Mist:
    """Drifting banks of mist as a one-channel plane, painted small and enlarged.

    Args:
        seed: which mist.
        shape: how much of it there is in every row, from top to bottom (any length).
        wide: how far its banks are drawn out.
        soft: contrast of the banks; 0 is even haze.
    """

    seed: int
    shape: tuple[float, ...]
    wide: float = 3.0
    soft: float = 0.8

    def at(self, t: float, speed: float = 1.0, width: int = WIDTH, height: int = HEIGHT) -> Light:
        """Return the mist at a time, 0..1."""
        x1, y1, x2, y2, rows = _banks(self)
        cloth = noise.tile(self.seed, 256, 1.6, 1.0, 40.0)
        one = noise.flow(cloth, x1, y1, 3.1 * t * speed, 0.8 * t)
        two = noise.flow(cloth, x2, y2, 90 - 2.2 * t * speed, 40 + 1.1 * t)
        one *= np.float32(0.62)
        one += np.float32(0.38) * two
        banks = smooth(one, 0.44 - 0.36 * self.soft, 0.86)
        return grow(field((1 - self.soft + self.soft * banks) * rows), width, height)


@cache
def _banks(mist: Mist) -> tuple[Light, Light, Light, Light, Light]:
    xs, ys = grid(96, 54)
    xs, ys = xs * np.float32(1.25), ys * np.float32(1.25)
    part = np.interp(np.linspace(0, 1, 54), np.linspace(0, 1, len(mist.shape)), mist.shape)[:, None]
    return field(xs * 1.3 / mist.wide), field(ys * 1.3), field(xs * 2.3 / mist.wide), field(ys * 2.1), field(part)


class Fall:
    """Flakes that fall in depth: near ones large, fast and soft."""

    def __init__(self, seed: int, count: int, size: tuple[float, float], speed: float, drift: float) -> None:
        """Scatter flakes with radii from `size`; `speed` and `drift` are pixels a second at radius 1."""
        rng = noise.dice(seed)
        self._x, self._y = rng.random(count) * 1.2 - 0.1, rng.random(count)
        self._size = size[0] + (size[1] - size[0]) * rng.random(count) ** 3
        self._phase, self._pace = rng.random(count) * 6.28, 0.7 + 0.6 * rng.random(count)
        self._level = 0.35 + 0.65 * rng.random(count)
        self._speed, self._drift = speed, drift

    def at(self, t: float, fade: Any = 1.0, scale: float = 1.0) -> Mask:
        """Return the flakes at a time as a mask, whose size is `scale` of the picture's."""
        fall = self._speed * self._size * self._pace * t
        sway = 9 * self._size * np.sin(self._phase + 1.3 * self._pace * t)
        x = (self._x * WIDTH + self._drift * self._size * t + sway + 60) % (WIDTH + 120) - 60
        y = (self._y * (HEIGHT + 80) + fall) % (HEIGHT + 80) - 40
        places = np.stack([x, y], axis=-1) * scale
        return specks(places, self._size * scale, self._level * fade, int(WIDTH * scale), int(HEIGHT * scale))


class Smoke:
    """Smoke carried by a swirling flow at low resolution: sources feed it, the flow curls it, air thins it."""

    def __init__(self, seed: int, width: int = 240, height: int = 135, channels: int = 1) -> None:
        """Start with clear air."""
        self._flow = noise.curl(seed)
        self._fine = noise.curl(seed + 1, 256, 5.0, 30.0)
        self._xs, self._ys = grid(width, height)
        self.body = field(np.zeros((height, width) if channels == 1 else (height, width, channels)))

    def step(
        self, t: float, swirl: float, lift: float, fade: float, source: Light, fine: float = 0.5, zoomed: float = 0.7
    ) -> Light:
        """Move the smoke one frame on and add `source`; return it (the array is the smoke itself)."""
        xs, ys = self._xs * np.float32(zoomed), self._ys * np.float32(zoomed)
        coarse = noise.flow(self._flow, xs, ys, 4 * t, 90 + 9 * t * np.sign(lift))
        small = noise.flow(self._fine, xs, ys, 60 - 5 * t, 14 * t * np.sign(lift))
        move = cv2.addWeighted(coarse, swirl, small, swirl * fine, 0)
        self.body = warp(self.body, self._xs - move[..., 0], self._ys - move[..., 1] + np.float32(lift), wrap=False)
        self.body *= np.float32(fade)
        self.body += source
        return self.body
