"""A house on a hill: one lit window in the fog, or everybody at home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from circletake.media.procedural import noise, sounds
from circletake.media.procedural.canvas import (
    HEIGHT,
    WIDTH,
    Frame,
    Light,
    Rgb,
    Shot,
    blur,
    field,
    glow,
    grid,
    grow,
    in_front,
    lin,
    pan,
    polygon,
    push,
    seconds,
    smooth,
    sparkle,
    specks,
    stroke,
    tint,
)
from circletake.media.procedural.flora import (
    Layer,
    bare_tree,
    cut_shown,
    mixed,
    plain,
    ridge,
)
from circletake.media.procedural.light import bloom, disc, film, fog, gradient, halo
from circletake.media.procedural.weather import Clouds, Mist, Smoke

HALF = (WIDTH // 2, HEIGHT // 2)


@dataclass(frozen=True)
class _House:
    stops: tuple[tuple[float, str], ...]
    moon: tuple[float, float, float]
    air: Rgb
    clouds: tuple[str, str, float]
    hill: tuple[str, str]
    fog: tuple[str, float]
    windows: tuple[tuple[int, int], ...]
    push: float
    cosy: bool
    seed: int


_HOUSE_FOG = _House(
    ((0, "#141c27"), (0.5, "#2f4152"), (0.8, "#5a6d78"), (1, "#66777f")),
    (255, 118, 1.0),
    glow("#c3d8ea"),
    ("#8fa3b3", "#1b2530", 0.78),
    ("#0a0f13", "#04060a"),
    ("#6b7d86", 0.85),
    ((1, 0),),
    0.1,
    False,
    51,
)
_GABLE = (628, 300)  # where the house stands: middle of its ground line
_NEAR = np.s_[100:440, 420:840]  # what its lamps light up


def _home(look: _House) -> tuple[Layer, Light]:
    wide, high = WIDTH + 80, HEIGHT
    drawn = np.zeros((high, wide), np.uint8)
    x, y = _GABLE
    polygon(
        drawn,
        [
            (x - 50, y + 20),
            (x - 50, y - 58),
            (x - 57, y - 56),
            (x - 14, y - 112),
            (x + 30, y - 56),
            (x + 24, y - 58),
            (x + 24, y + 20),
        ],
    )
    polygon(
        drawn,
        [(x + 20, y + 22), (x + 20, y - 42), (x + 72, y - 38), (x + 78, y - 34), (x + 72, y - 34), (x + 72, y + 24)],
    )
    polygon(drawn, [(x + 8, y - 70), (x + 8, y - 112), (x + 19, y - 112), (x + 19, y - 60)])
    bare_tree(drawn, x - 180, y + 26, 250, look.seed + 4, 0.35)
    bare_tree(drawn, x + 190, y + 40, 130, look.seed + 9, 0.35)
    for post in range(12):
        px = x - 560 + 46 * post
        stroke(drawn, [(px, y + 175 - 9.5 * post), (px + 2, y + 150 - 9.5 * post)], 3)
    stroke(drawn, [(x - 560, y + 156), (x - 60, y + 52)], 1.5)
    line = 62 * np.exp(-((np.arange(wide) - x) ** 2) / 300.0**2) + 5 * noise.profile(look.seed, wide, 1.5, 2)
    hill = ridge(field(line), high, y + 56)
    grain = noise.tile(6, 512, 1.1, 8.0, 250.0, 0.4)[np.arange(high) % 512][:, np.arange(wide) % 512]
    mask = np.maximum(plain(drawn), hill)
    paint = mixed(look.hill[0], look.hill[1], smooth(np.arange(high), y, high)[:, None] * np.ones((1, wide)))
    paint *= (0.7 + 0.6 * grain)[..., None]
    panes = np.zeros((high, wide), np.uint8)
    for column, row in look.windows:
        wx, wy = x - 38 + 28 * column, y - 48 + 36 * row
        polygon(panes, [(wx, wy), (wx + 14, wy), (wx + 14, wy + 21), (wx, wy + 21)])
        stroke(panes, [(wx + 7, wy), (wx + 7, wy + 21)], 1, 70)
        stroke(panes, [(wx, wy + 9), (wx + 14, wy + 9)], 1, 70)
    return cut_shown(mask, paint), plain(panes)


def _house(look: _House, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    xs, ys = grid(wide, high)
    mx, my, strength = look.moon
    sky = gradient(high, look.stops, wide)
    sky += tint(halo(xs, ys, mx / 2, my / 2, 30, 1.8) * np.float32(0.9 * strength), look.air)
    if not look.cosy:
        sky += tint(disc(xs, ys, mx / 2, my / 2, 12, 2.0) * np.float32(1.8), look.air)
    clouds = Clouds(400, look.seed, look.clouds[2], lin(look.clouds[0]), lin(look.clouds[1]), (mx, my), 1.5)
    home, panes = _home(look)
    x, y = _GABLE
    spill = halo(*grid(WIDTH + 80, HEIGHT), x - 3, y - 38, 14, 1.7)
    fogs = [
        Mist(look.seed + k, rows, 4.0, 0.85)
        for k, rows in enumerate(((0.1, 0.2, 0.5, 0.9, 1, 1), (0, 0, 0.05, 0.5, 1, 1)))
    ]
    smoke = Smoke(look.seed, 160, 90)
    spring = field(
        np.exp(-(((grid(160, 90)[0] - (x + 13) / 6) ** 2) / 1.2 + (grid(160, 90)[1] - (y - 114) / 6) ** 2 / 1.2)) * 0.14
    )
    for step in range(60):
        smoke.step(step / 24 - 2.5, 0.22, 0.42, 0.982, spring)
    flies, beat = noise.dice(3).random((34, 2)) * (WIDTH, 190) + (0, 330), noise.dice(4).random(34) * 6.28
    for t, p in seconds(frames):
        slide = 24 * p if look.cosy else 0.0
        view = sky.copy()
        view[:200] = clouds.over(view[:200], t, 1.1)
        fog(view, fogs[0].at(t, 2.6, wide, high) * np.float32(0.7 * look.fog[1]), lin(look.fog[0]))
        if look.cosy:
            fog(
                view,
                grow(smoke.step(t, 0.22, 0.42, 0.982, spring), wide, high, soft=False).clip(0, 0.7),
                lin("#cdb4b0"),
            )
        frame = home.over(film(bloom(view, 0.3, 8, 0.9), t), slide)
        alive = 1 + 0.05 * np.sin(5.1 * t) + 0.04 * np.sin(8.3 * t)
        sparkle(frame[_NEAR], pan(panes, slide)[_NEAR], glow("#ffb458", 2.6 * alive))
        sparkle(frame[_NEAR], pan(spill, slide)[_NEAR], glow("#ffa64d", (0.5 if look.cosy else 0.42) * alive))
        in_front(frame[190:], lin(look.fog[0], 0.75), fogs[1].at(t, -3.4)[190:] * np.float32(look.fog[1]))
        if look.cosy:
            drift = flies + np.stack([26 * np.sin(0.9 * t + beat), 14 * np.sin(1.4 * t + 2 * beat)], 1)
            lit = np.clip(np.sin(1.9 * t + beat), 0, 1)
            sparkle(frame, blur(specks(drift, np.full(34, 1.6), lit), 1.3), glow("#ffe27a", 3.0))
        yield frame if look.cosy else push(frame, 1.06 + 0.1 * (p - 0.5), x, y - 40)


SHOTS = (Shot("house_fog", "house", lambda frames: _house(_HOUSE_FOG, frames), sounds.wind(35, 0.75, 0.05)),)
