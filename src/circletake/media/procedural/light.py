"""Light and air: the film curve, skies, halos, bloom, rays, fog, water that mirrors what stands above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from circletake.media.procedural import noise
from circletake.media.procedural.canvas import (
    HEIGHT,
    RATE,
    SHOULDER,
    WIDTH,
    Frame,
    Light,
    Rgb,
    add,
    blur,
    field,
    grid,
    grow,
    lay,
    shine,
    shrink,
    spare,
    triple,
    warp,
    zoom,
)


@cache
def _dither() -> Light:
    dots = (noise.dice(7).random((HEIGHT + 64, WIDTH + 64, 1), dtype=np.float32) - np.float32(0.5)) * np.float32(1.5)
    return field(np.repeat(dots, 3, axis=2))


def film(light: Light, t: float) -> Frame:
    """Develop scene light: a soft shoulder per channel, gamma, full size, and a little dither against banding."""
    under = spare("film", light.shape)
    cv2.threshold(light, 0, 0, cv2.THRESH_TOZERO, light)
    np.multiply(light, np.float32(SHOULDER), out=under)
    under += np.float32(1)
    np.divide(light, under, out=under)
    cv2.sqrt(under, under)
    high, wide = under.shape[:2]
    index = round(t * RATE)
    down, right = (index * 29) % 64, (index * 47) % 64
    cv2.scaleAdd(_dither()[down : down + high, right : right + wide], 1 / 255, under, under)
    frame = cv2.convertScaleAbs(under, alpha=255)
    if high != HEIGHT:
        frame = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(frame, dtype=np.uint8)


def gradient(height: int, stops: Sequence[tuple[float, str]], width: int = WIDTH) -> Light:
    """Paint a sky from top to bottom through display colours at positions 0..1, eased between them."""
    at = np.linspace(0, 1, height)
    places = [p for p, _ in stops]
    shown = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for _, c in stops])
    column = np.stack([np.interp(at, places, shown[:, k]) for k in range(3)], axis=-1).astype(np.float32)
    reach = max(3, height // 10) | 1
    kernel = np.hanning(reach + 2)[1:-1]
    kernel /= kernel.sum()
    edge = np.pad(column, ((reach // 2, reach // 2), (0, 0)), mode="edge")
    column = np.stack([np.convolve(edge[:, k], kernel, "valid") for k in range(3)], axis=-1)
    column = column * column
    return field(np.repeat((column / (1 - SHOULDER * column))[:, None, :], width, axis=1))


def halo(xs: Light, ys: Light, x: float, y: float, radius: float, fall: float = 2.0) -> Light:
    """Return a glow around a point: 1 at the centre, half at `radius`, falling with the power `fall`."""
    away = np.sqrt((xs - x) ** 2 + (ys - y) ** 2) / radius
    return field(1 / (1 + away**fall))


def disc(xs: Light, ys: Light, x: float, y: float, radius: float, edge: float = 1.5) -> Light:
    """Return a filled circle with a soft edge."""
    away = np.sqrt((xs - x) ** 2 + (ys - y) ** 2)
    return field(np.clip((radius - away) / edge + 0.5, 0, 1))


def bloom(light: Light, gain: float, sigma: float = 7.0, level: float = 1.0) -> Light:
    """Let what is brighter than `level` bleed into its surroundings, in place; return it."""
    small = shrink(light, 96, 54)
    glow = blur(np.maximum(small - np.float32(level), 0), 0.6 * sigma)
    return add(light, grow(glow, light.shape[1], light.shape[0], soft=False), gain)


def rays(mask: Light, x: float, y: float, reach: float = 1.35, passes: int = 5) -> Light:
    """Smear a small plane away from a point (in its own pixels): light shafts through what blocks it."""
    high, wide = mask.shape[:2]
    smeared, scale = mask, 1 + (reach - 1) / 2
    for _ in range(passes):
        smeared = field(cv2.addWeighted(smeared, 0.5, zoom(smeared, scale, x, y, wide, high), 0.5, 0))
        scale = 1 + (scale - 1) / 2
    return np.asarray(smeared, np.float32)


def bokeh(radius: float, edge: float = 0.22) -> Light:
    """Return the picture of one point far out of focus: a disc, a little brighter at its rim."""
    size = int(radius * 2 + 5) | 1
    xs, ys = grid(size, size)
    away = np.hypot(xs - size // 2, ys - size // 2) / radius
    return field(np.clip((1 - away) * radius / 1.6 + 0.5, 0, 1) * (1 - edge + edge * np.minimum(away, 1) ** 4))


def lens(radius: float) -> Light:
    """Return a disc-shaped kernel that sums to one: what an open lens does to a distant light."""
    sprite = bokeh(radius)
    return field(sprite / sprite.sum())


def stars(seed: int, width: int, height: int, count: int, size: float = 0.8) -> Light:
    """Return a field of stars: many faint, few bright, blue to amber."""
    rng = noise.dice(seed)
    sky = np.zeros((height, width, 3), np.float32)
    x, y = rng.integers(1, width - 1, count), rng.integers(1, height - 1, count)
    power = 0.02 + 2.0 * rng.random(count) ** 9
    heat = rng.random((count, 1))
    colour = heat * np.array([1.0, 0.82, 0.62]) + (1 - heat) * np.array([0.66, 0.8, 1.0])
    np.add.at(sky, (y, x), (power[:, None] * colour).astype(np.float32))
    return blur(sky, size) * np.float32(6 * size * size)


@dataclass(frozen=True)
class Water:
    """Water in perspective, from the horizon row downwards, that mirrors a picture standing on that row.

    It is painted at half size: `rows` and `width` count its own (half size) pixels.

    Args:
        rows: how many rows of water.
        rough: slope of the waves; 0.004 is a pond at night, 0.1 an open sea.
        scale: size of the waves, larger is finer.
        seed: which waves.
        width: columns.
    """

    rows: int
    rough: float
    scale: float = 1.0
    seed: int = 3
    width: int = WIDTH // 2

    def maps(self) -> tuple[Light, Light, Light, Light, Light]:
        """Return the wave coordinates (x, z), the row below the horizon, the column and how much of the waves shows."""
        return _water_maps(self.rows, self.width, self.scale)

    def slopes(self, t: float, speed: float = 1.0) -> Light:
        """Return the slopes (x, z) of the waves at a time."""
        xs, zs, _, _, seen = self.maps()
        near = noise.slopes(self.seed)
        one = noise.flow(near, xs, zs, 9 * t * speed, -38 * t * speed)
        two = noise.flow(near, xs * np.float32(1.83), zs * np.float32(1.83), -14 * t * speed, 170 - 31 * t * speed)
        wave = cv2.addWeighted(one, 0.75, two, 0.6, 0)
        return np.asarray(cv2.multiply(wave, seen, dst=wave), np.float32)

    def mirror(self, above: Light, t: float, speed: float = 1.0) -> tuple[Light, Light]:
        """Return the mirrored picture (rows, width, 3) and the slope towards the camera that bent it.

        `above` is half size too and ends at the horizon.
        """
        _, _, row, column, _ = self.maps()
        wave = self.slopes(t, speed)
        bend = wave[..., 1] * np.float32(self.rough)
        rise = np.abs(row + np.float32(2 * _FOCAL) * bend)
        side = column + wave[..., 0] * np.float32(self.rough) * (rise + row)
        last = np.float32(above.shape[0] - 1)
        return warp(above, field(side), last - np.minimum(rise, last), wrap=False), bend

    def surface(self, above: Light, t: float, speed: float, deep: Rgb, gloss: float = 1.0) -> tuple[Light, Light]:
        """Return the water as it looks, its own colour `deep` where it mirrors nothing, and the slope of its waves."""
        mirrored, bend = self.mirror(above, t, speed)
        part = field(self.fresnel(bend) * np.float32(gloss))
        cv2.multiply(mirrored, triple(part), mirrored)
        return shine(mirrored, field(1 - part), deep), bend

    def fresnel(self, bend: Light) -> Light:
        """Return how much of the light is mirrored, 0..1, for the slopes of `mirror`."""
        away = 1 - np.clip(self.maps()[2] * np.float32(1 / _FOCAL) + bend, 0, 1)
        away2 = away * away
        return 0.03 + 0.97 * away2 * away2 * away


_FOCAL = 450


@cache
def _water_maps(rows: int, width: int, scale: float) -> tuple[Light, Light, Light, Light, Light]:
    xs, ys = grid(width, rows)
    depth = 2 * ys + 9
    across = (2 * xs - width) * (150.0 * scale / depth) + 2048
    along = 2048 - 60000.0 * scale * depth**-0.92
    seen = np.clip((2 * ys + 8) / 60, 0.2, 1)
    return field(across), field(along), field(ys), field(xs), field(np.dstack([seen, seen]))


def fog(light: Light, thick: Light, colour: Rgb) -> Light:
    """Let fog (one channel, 0..1) of a colour stand in front of the picture, in place; return it."""
    return lay(light, colour, thick)
