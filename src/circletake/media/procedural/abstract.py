"""Plates without a place: ink in water, festive lights out of focus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from circletake.media.procedural import noise, sounds
from circletake.media.procedural.canvas import (
    HEIGHT,
    WIDTH,
    Frame,
    Shot,
    blur,
    field,
    glow,
    grid,
    grow,
    pan,
    seconds,
    shine,
    smooth,
    stamp,
    triple,
)
from circletake.media.procedural.flora import cut_shown, leaves, mixed
from circletake.media.procedural.light import bloom, bokeh, film, gradient, halo
from circletake.media.procedural.weather import Smoke

HALF = (WIDTH // 2, HEIGHT // 2)


@dataclass(frozen=True)
class _Ink:
    back: tuple[tuple[float, str], ...]
    hues: tuple[str, str]
    edge: str
    spring: tuple[tuple[float, float, float, float], ...]
    lift: float
    seed: int


_CRIMSON = _Ink(
    ((0, "#170608"), (1, "#2c0d12")),
    ("#e0242f", "#6a2ad0"),
    "#ffd0b8",
    ((118, 120, 1.0, 0.15), (150, 112, 0.1, 0.9)),
    0.5,
    207,
)


def _ink(look: _Ink, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    base = gradient(high, look.back, wide)
    base *= (0.6 + 0.9 * halo(*grid(wide, high), wide / 2, high / 2, 150, 2.0))[..., None]
    ink = Smoke(look.seed, 240, 135, 2)
    xs, ys = grid(240, 135)
    first, second, edge = glow(look.hues[0]), glow(look.hues[1]), glow(look.edge)
    grain = noise.tile(look.seed, 256, 1.2, 3.0, 90.0)

    def feed(t: float) -> np.ndarray:
        spring = np.zeros((135, 240, 2), np.float32)
        rough = 0.095 * smooth(noise.flow(grain, xs, ys, 31 * t, 17 * t), 0.3, 0.8)
        for k, (x, y, one, two) in enumerate(look.spring):
            px, py = x + 12 * np.sin(0.9 * t + 2 * k), y + 5 * np.sin(1.3 * t + k)
            round_ = np.exp(-(((ys[:, :1] - py) / 7) ** 2)) * np.exp(-(((xs[:1] - px) / 11) ** 2)) * rough
            spring[..., 0] += round_ * np.float32(one)
            spring[..., 1] += round_ * np.float32(two)
        return spring

    for step in range(80):
        ink.step(step / 24 - 3.4, 1.1, 1.25 * look.lift, 0.995, field(1.3 * feed(step / 24 - 3.4)), 0.55, 0.85)
    for t, _ in seconds(frames):
        body = ink.step(t, 0.85, look.lift, 0.994, field(feed(t)), 0.55, 0.85)
        thick = np.maximum(body, 0)
        slope = thick[..., 0] + thick[..., 1]
        lit = field(np.clip(0.75 + 3.2 * (slope - np.roll(slope, (2, 2), (0, 1))), 0.15, 2.6))
        dense = thick / (1 + 0.55 * slope[..., None])
        full = grow(field(np.dstack([dense * lit[..., None], smooth(lit, 1.1, 2.4) * slope / (1 + slope)])), wide, high)
        view = base * triple(field(1 - 0.5 * np.clip(full[..., 0] + full[..., 1], 0, 1)))
        shine(view, field(np.maximum(full[..., 0], 0)), first, 1.3)
        shine(view, field(np.maximum(full[..., 1], 0)), second, 1.3)
        shine(view, field(np.maximum(full[..., 2], 0)), edge, 0.42)
        yield film(bloom(view, 0.5, 7, 0.6), t)


@dataclass(frozen=True)
class _Lights:
    back: tuple[tuple[float, str], ...]
    hues: tuple[str, ...]
    leaf: str
    power: float
    fall: bool
    seed: int


_PARTY = _Lights(
    ((0, "#1a2438"), (0.45, "#3d2f33"), (0.75, "#5a3a26"), (1, "#20150f")),
    ("#ffb347", "#ff5f6d", "#ffd76e", "#4fd0c7", "#ff8a3c", "#f78fb3"),
    "#0a0f08",
    1.5,
    True,
    211,
)
_WINTER = _Lights(
    ((0, "#0e1a34"), (0.5, "#274063"), (0.8, "#3d5573"), (1, "#18222f")),
    ("#cfe6ff", "#9cc4ff", "#ffffff", "#ffe3b0", "#b8d8ff"),
    "#060b12",
    1.1,
    False,
    217,
)


def _lights(look: _Lights, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    rng = noise.dice(look.seed)
    base = gradient(high, look.back, wide)
    garden = noise.tile(look.seed, 512, 1.8, 3.0, 60.0)[:high, :wide]
    base *= triple(field(0.35 + 1.3 * blur(garden, 4)))
    groups = [np.zeros((high, wide + 80, 3), np.float32) for _ in range(5)]
    for string in range(5):
        x, drop = np.linspace(-20, wide + 100, (20, 17, 14, 11, 7)[string]), rng.uniform(20, 52)
        start = (120, 60, 150, 20, 96)[string] + rng.uniform(-14, 14)
        slant = rng.uniform(-0.16, 0.16)
        size = (6.0, 9.0, 12.5, 17.0, 25.0)[string]
        for k, px in enumerate(x + rng.normal(0, 3, x.size)):
            py = start + slant * px + drop * np.sin(np.pi * ((px / (150 + 34 * string)) % 1))
            hue = look.hues[int(rng.integers(len(look.hues)))]
            stamp(
                groups[k % 5],
                bokeh(size * rng.uniform(0.9, 1.1)),
                px,
                py,
                glow(hue, look.power * (1.5, 1.2, 0.9, 0.6, 0.3)[string]),
            )
    groups = [blur(g, 0.8) for g in groups]
    ys = np.linspace(0, 1, HEIGHT)[:, None]
    xs = np.abs(np.linspace(-1, 1, WIDTH + 120))[None, :]
    foliage = blur(
        leaves(
            look.seed,
            WIDTH + 120,
            HEIGHT,
            np.clip(1.15 * xs**2.4 + 0.5 * (1 - ys) ** 3 - 0.28 * (1 - np.abs(2 * ys - 1)), 0, 1),
            1.35,
        ),
        3.0,
    )
    front = cut_shown(foliage, mixed(look.leaf, look.back[1][1], field(0.25 * np.ones((HEIGHT, WIDTH + 120)))))
    pieces = 46
    place, turn, hue = rng.random((pieces, 2)), rng.random(pieces) * 6.28, rng.integers(len(look.hues), size=pieces)
    sprites = {s: bokeh(s) for s in (2.0, 3.5, 6.0)}
    for t, p in seconds(frames):
        view = base.copy()
        for k, plane in enumerate(groups):
            level = 1 + 0.24 * np.sin((1.3 + 0.35 * k) * t + 1.7 * k)
            view += pan(plane, 40 + (10 + 7 * k) * (p - 0.5), 0, wide, high) * np.float32(level)
        for k in range(pieces):
            size = (2.0, 3.5, 6.0)[k % 3]
            y = ((place[k, 1] + t * (0.05 + 0.012 * size) * (1 if look.fall else 0.6)) % 1.1 - 0.05) * high
            x = (place[k, 0] * wide + 9 * np.sin(1.4 * t + turn[k])) % wide
            flash = (0.25 + 0.75 * abs(np.sin(2.2 * t + turn[k]))) if look.fall else 0.6
            stamp(view, sprites[size], x, y, glow(look.hues[int(hue[k])], 0.42 * flash))
        yield front.over(film(bloom(view, 0.4, 9, 0.9), t), 60 + 70 * (p - 0.5))


SHOTS = (
    Shot("ink_crimson", "ink", lambda frames: _ink(_CRIMSON, frames), sounds.deep(82, 46, 0.05)),
    Shot("lights_party", "lights", lambda frames: _lights(_PARTY, frames), sounds.night(83, 0.3)),
    Shot("lights_winter", "lights", lambda frames: _lights(_WINTER, frames), sounds.wind(84, 0.1)),
)
