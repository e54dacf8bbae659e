"""The city at night: a street with lamps, signs and headlights on its wet asphalt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from circletake.media.procedural import noise, sounds
from circletake.media.procedural.canvas import (
    HEIGHT,
    WIDTH,
    Frame,
    Light,
    Shot,
    blur,
    convolve,
    facing,
    field,
    glow,
    grid,
    in_front,
    lin,
    pan,
    polygon,
    seconds,
    smooth,
    stamp,
    stroke,
    tint,
    triple,
)
from circletake.media.procedural.flora import plain
from circletake.media.procedural.light import Water, bloom, bokeh, film, fog, gradient, halo, lens
from circletake.media.procedural.weather import Mist

HALF = (WIDTH // 2, HEIGHT // 2)


@dataclass(frozen=True)
class _Street:
    sky: tuple[tuple[float, str], ...]
    lamps: tuple[str, ...]
    signs: tuple[str, ...]
    haze: str
    traffic: int
    rain: bool
    walker: bool
    drift: float
    seed: int


_NEON = _Street(
    ((0, "#0d1422"), (0.55, "#1d2740"), (1, "#55506c")),
    ("#ffd9a8", "#bfe4ff"),
    ("#ff3d8b", "#2fe0d0", "#ff8a3c", "#8a5cff"),
    "#4c4a66",
    3,
    True,
    True,
    10,
    71,
)
_AMBER = _Street(
    ((0, "#14110f"), (0.55, "#33261b"), (1, "#7a5a36")),
    ("#ffb45a", "#ffc37a"),
    ("#ffb060", "#e8d0a0"),
    "#6b5234",
    1,
    False,
    False,
    -12,
    83,
)
_ROWS = 150  # of the half-size picture down to the street's vanishing line
_END = (262.0, 150.0)  # the vanishing point, half size


def _front(look: _Street, rng: np.random.Generator, cells: tuple[int, int]) -> Light:
    across, up = cells
    lit = rng.random((up, across)) < 0.34
    warm = rng.random((up, across, 1))
    colour = warm * np.array(glow("#ffc98a")) + (1 - warm) * np.array(glow("#cfe2ff"))
    power = np.where(lit, 0.25 + 1.1 * rng.random((up, across)) ** 3, 0.012)[..., None]
    panes = np.repeat(np.repeat(colour * power, 8, axis=0), 6, axis=1)
    frame = np.zeros((8, 6, 1))
    frame[2:6, 1:5] = 1
    wall = np.array(lin(look.haze, 0.07))
    return field(panes * np.tile(frame, (up, across, 1)) + wall)


def _facades(look: _Street, wide: int) -> Light:
    rng = noise.dice(look.seed)
    view = gradient(_ROWS, look.sky, wide)
    view += tint(halo(*grid(wide, _ROWS), _END[0], _END[1], 60, 1.8) * np.float32(0.35), lin(look.haze, 2.0))
    ex, ey = _END
    for depth, reach in ((0.16, 0.34), (0.3, 0.62), (0.5, 1.0), (0.8, 1.7)):
        for side in (-1, 1):
            far, near = ex + side * 190 * depth, ex + side * 190 * reach
            tall_far, tall = (rng.uniform(0.8, 1.25) * 150 * d for d in (depth, reach))
            tall_far, tall = max(tall_far, 20), tall_far / depth * reach
            corners = [(far, ey - tall_far), (near, ey - tall), (near, ey + 2), (far, ey + 2)]
            if side < 0:
                corners = [corners[1], corners[0], corners[3], corners[2]]
            cells = (int(10 + 5 * depth), 16)
            picture = facing(_front(look, rng, cells), corners, wide, _ROWS)
            cover = facing(field(np.ones((cells[1] * 8, cells[0] * 6))), corners, wide, _ROWS)
            keep = triple(1 - cover)
            thick = np.float32(0.75 * (1 - depth) ** 2)
            view = view * keep + picture * (1 - thick) + tint(cover * thick * 0.5, lin(look.haze))
    return field(view)


def _lights(look: _Street, view: Light) -> Light:
    rng = noise.dice(look.seed + 1)
    points = np.zeros_like(view)
    ex, ey = _END
    for step in range(1, 9):
        near = 0.16 * 1.3**step
        for side in (-1, 1):
            x, y = int(ex + side * 165 * near), int(ey - 92 * near)
            if 0 <= x < view.shape[1] and y >= 0:
                points[y : y + 2, x : x + 2] += np.array(glow(look.lamps[step % 2], 10 + 22 * near))
    for _ in range(13):
        near, side = rng.uniform(0.25, 1.25), rng.choice([-1, 1])
        x, y = ex + side * near * rng.uniform(172, 188), ey - near * rng.uniform(22, 80)
        high, wide = max(2, int(near * rng.uniform(8, 26))), max(1, int(near * rng.uniform(2, 6)))
        colour = np.array(glow(look.signs[int(rng.integers(len(look.signs)))], rng.uniform(1.2, 3.2)))
        points[max(int(y), 0) : int(y) + high, max(int(x), 0) : max(int(x), 0) + wide] += colour
    soft = convolve(view + points, lens(2.2)) * np.float32(0.55) + convolve(points, lens(6.5)) * np.float32(0.9)
    return field(soft + blur(points, 12) * np.float32(1.0))


def _walker(x: float, y: float, high: float, t: float) -> Light:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    bob, swing = 0.012 * high * abs(np.sin(4.2 * t)), 0.085 * high * np.sin(4.2 * t)
    top = y - high + bob
    head = (x, top + 0.09 * high)
    polygon(
        mask, [(head[0] + 0.05 * high * np.cos(a), head[1] + 0.062 * high * np.sin(a)) for a in np.linspace(0, 6.3, 18)]
    )
    coat = [(-0.1, 0.16), (0.1, 0.16), (0.14, 0.4), (0.15, 0.64), (-0.15, 0.64), (-0.14, 0.4)]
    polygon(mask, [(x + a * high, top + b * high) for a, b in coat])
    for side in (-1, 1):
        stroke(mask, [(x + side * 0.05 * high, top + 0.6 * high), (x + side * swing, y - 0.004 * high)], 0.075 * high)
    dome = [
        (x + 0.36 * high * np.cos(a), top + 0.02 * high - 0.2 * high * np.sin(a)) for a in np.linspace(0, np.pi, 24)
    ]
    polygon(mask, dome)
    stroke(mask, [(x + 0.02 * high, top), (x + 0.02 * high, top + 0.4 * high)], 2)
    return plain(mask)


def _asphalt(look: _Street, water: Water) -> tuple[Light, Light]:
    """Return how wet the ground is, puddle by puddle, and its own light; kerbs run along both sides."""
    wx, wz, row, column = water.maps()[:4]
    patches = smooth(noise.flow(noise.tile(13, 256, 1.6), wx * 0.05, wz * 0.05, 3, 40), 0.32, 0.68)
    grain = noise.flow(noise.tile(12, 512, 0.9, 20.0), wx, wz, 0, 0)
    aside = np.abs(column - _END[0]) / (row + 4)
    walk, kerb = smooth(aside, 2.05, 2.12), smooth(aside, 2.0, 2.05) * smooth(-aside, -2.2, -2.1)
    wet = (0.22 + 0.75 * patches) * (1 - 0.45 * row / water.rows) * (1 - 0.62 * walk) * (1 - 0.7 * kerb)
    own = field((0.6 + 0.8 * grain) * (1 + 1.5 * walk + 2.5 * kerb))
    return triple(field(wet)), tint(own, lin(look.haze, 0.06))


def _street(look: _Street, frames: int) -> Iterator[Frame]:
    wide, high = WIDTH // 2 + 40, HEIGHT // 2
    scene = _lights(look, _facades(look, wide))
    water = Water(high - _ROWS, 0.013 if look.rain else 0.009, 3.6, 9, wide)
    wet, ground = _asphalt(look, water)
    spots = [bokeh(r) for r in (3.0, 4.5, 6.5, 9.0)]
    haze = Mist(look.seed, (0.1, 0.2, 0.5, 0.7, 0.3, 0.1), 3.0, 0.7)
    drops = _streaks(look.seed)
    rng = noise.dice(look.seed + 5)
    start = rng.random(look.traffic)
    for t, p in seconds(frames):
        above = scene.copy()
        for car in range(look.traffic):
            far = (start[car] + 0.09 * t * (1 if look.rain else 0.6)) % 1
            near = 0.12 * 40**far
            for side in (-1, 1):
                x, y = _END[0] + (26 + side * 13) * near * 1.7, _END[1] - 3 - 5 * near
                sprite = spots[min(3, int(near * 3.2))]
                dim = smooth(far, 0, 0.12) * smooth(-far, -1, -0.9)
                stamp(above, sprite, x, y, glow("#fff0d8", dim * (0.9 + 1.5 * min(near, 1.2))))
        mirrored, _ = water.mirror(above, t, 0.35 if look.rain else 0.2)
        floor = cv2.add(cv2.multiply(mirrored, wet), ground)
        view = pan(np.concatenate([above, floor]), 20 + look.drift * (p - 0.5), 0, WIDTH // 2, high)
        fog(view, haze.at(t, 2.0, *HALF) * np.float32(0.4), lin(look.haze, 0.8))
        frame = film(bloom(view, 0.5, 7, 0.9), t)
        if look.walker:
            in_front(frame, lin("#06070b"), _walker(415 + 10 * t, 436 - 4 * t, 150 - 6 * t, t))
        if look.rain:
            top = int((t * 1500) % 540)
            cv2.add(frame, drops[540 - top : 1080 - top], frame)
        yield frame


def _streaks(seed: int) -> Frame:
    rng = noise.dice(seed)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(330):
        x, y, long = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(16, 46)
        for lap in (-HEIGHT, 0):
            stroke(mask, [(x, y + lap), (x - 0.09 * long, y + lap + long)], 1, int(rng.uniform(10, 46)))
    return np.ascontiguousarray(np.repeat(np.tile(mask, (2, 1))[..., None], 3, axis=2))


SHOTS = (
    Shot("street_neon", "street", lambda frames: _street(_NEON, frames), sounds.city(41, 1.0)),
    Shot("street_amber", "street", lambda frames: _street(_AMBER, frames), sounds.city(42, 0.25)),
)
