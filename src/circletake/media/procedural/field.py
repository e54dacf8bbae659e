"""Open country up close: grass in the wind, pines in falling snow or ash."""

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
    lay,
    lin,
    seconds,
    shine,
    shrink,
    smooth,
    sparkle,
    tint,
)
from circletake.media.procedural.flora import (
    Layer,
    Sway,
    blades,
    cut,
    cut_shown,
    fir,
    mixed,
    plain,
    ridge,
    shadowed,
)
from circletake.media.procedural.light import bloom, disc, film, fog, gradient, halo
from circletake.media.procedural.weather import Clouds, Fall, Mist

HALF = (WIDTH // 2, HEIGHT // 2)


@dataclass(frozen=True)
class _Grass:
    stops: tuple[tuple[float, str], ...]
    sun: tuple[float, float]
    warm: Rgb
    shine: float
    dark: str
    rim: str
    strong: float
    fluff: float
    clouds: tuple[str, str, float]
    seed: int


_GRASS_GOLD = _Grass(
    ((0, "#8a8f9c"), (0.35, "#e0b98a"), (0.56, "#f6cf8d"), (0.62, "#b98a4a"), (1, "#4a3a1d")),
    (640, 225),
    glow("#ffcf85"),
    1.0,
    "#2b2410",
    "#ffdf94",
    30,
    1.0,
    ("#ffe0b0", "#a79a94", 0.4),
    8,
)


def _blade_rows(look: _Grass) -> list[Light]:
    rows = []
    for index, (count, size, wide) in enumerate(((460, (60, 130), 1.3), (420, (110, 230), 1.9), (90, (140, 285), 4.5))):
        mask, shade = blades(look.seed * 7 + index, WIDTH, 350, count, size, wide)
        if index == 2:
            mask, shade = blur(mask, 3.2), blur(shade, 3.2)
        rise = np.linspace(1, 0, 350, dtype=np.float32)[:, None]
        lit = shade * smooth(rise, 0.1, 0.75) * (1.0, 0.9, 0.45)[index]
        pair = field(np.dstack([mask, lit * mask]))
        rows.append(shrink(pair, 720, 262) if index == 1 else shrink(pair, WIDTH // 2, 175))
    return rows


def _grass(look: _Grass, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    xs, ys = grid(wide, high)
    base = gradient(high, look.stops, wide)
    meadow = noise.tile(look.seed, 512, 1.2, 4.0, 300.0, 0.3)[np.arange(high)][:, np.arange(wide)]
    base *= 1 + 0.7 * (meadow - 0.5)[..., None] * smooth(ys, 155, 165)[..., None]
    hills = ridge(field(13 * noise.profile(look.seed, wide, 1.8)), high, 150)
    lay(base, lin(look.stops[2][1], 0.62), field(hills * smooth(-ys, -166, -156)))
    sx, sy = look.sun[0] / 2, look.sun[1] / 2
    light = tint(halo(xs, ys, sx, sy, 46, 1.7) * np.float32(1.6 * look.shine), look.warm)
    base = blur(base, 0.8)
    light += tint(disc(xs, ys, sx, sy, 13, 5.0) * np.float32(4 * look.shine), look.warm)
    first, last = look.clouds[:2]
    clouds = Clouds(300, look.seed + 3, look.clouds[2], lin(first), lin(last), look.sun, 1.6)
    near = halo(xs[:175], ys[:175] + 95, sx, sy, 120, 2.0)
    rows = _blade_rows(look)
    winds = [Sway(row.shape[:2], 61 + k, look.strong * (0.3, 0.75, 0.75)[k]) for k, row in enumerate(rows)]
    dark, rim = lin(look.dark), lin(look.rim)
    hazy = tuple(0.45 * a + 0.55 * b for a, b in zip(dark, lin(look.stops[3][1]), strict=True))
    gain = 0.25 + 0.9 * look.shine
    fluff = Fall(look.seed, 70, (0.9, 5.5), -7, 16)
    middle_near = grow(near, rows[1].shape[1], rows[1].shape[0])
    for t, p in seconds(frames):
        view = base.copy()
        view[:150] = clouds.over(view[:150], t, 0.6 + look.strong / 60)
        view += light
        back = winds[0].at(rows[0], t, 3 * (p - 0.5))
        lay(view[-175:], (hazy[0], hazy[1], hazy[2]), field(back[..., 0]))
        shine(view[-175:], field(back[..., 1] * near), rim, gain)
        frame = film(bloom(view, 0.3, 8, 0.9), t)
        stand = winds[1].at(rows[1], t + 0.7, 10 * (p - 0.5))
        close = winds[2].at(rows[2], t + 1.4, 20 * (p - 0.5))
        close = grow(close, stand.shape[1], stand.shape[0], soft=False)
        behind = 1 - close[..., 0]
        cover, lit = 1 - (1 - stand[..., 0]) * behind, (stand[..., 1] * behind + 0.8 * close[..., 1]) * middle_near
        in_front(frame[-350:], dark, grow(field(cover), WIDTH, 350))
        sparkle(frame[-350:], grow(field(lit), WIDTH, 350, soft=False), rim, 0.5 * gain)
        if look.fluff:
            soft = blur(fluff.at(t, 0.8, 0.5), 0.7)
            sparkle(frame, grow(soft, soft=False), look.warm, 0.7 * look.fluff)
        yield frame


@dataclass(frozen=True)
class _Pines:
    stops: tuple[tuple[float, str], ...]
    near: str
    far: str
    snow: str
    ground: tuple[str, str]
    flake: Rgb
    fall: tuple[float, float]
    fire: float
    lamp: float
    seed: int


_SNOW = _Pines(
    ((0, "#4a5f78"), (0.5, "#8598ab"), (0.75, "#b9b7bd"), (1, "#c6c3c8")),
    "#101b24",
    "#76879a",
    "#c9d6e2",
    ("#a9b8c8", "#5f7389"),
    glow("#f4f8ff", 0.85),
    (52, 10),
    0.0,
    1.0,
    31,
)


def _pine_row(look: _Pines, index: int) -> Layer:
    scale = 0.5 if index < 2 else 1.0
    wide, high = int((WIDTH + 160) * scale), int(HEIGHT * scale)
    rng = noise.dice(look.seed + index)
    drawn = np.zeros((high, wide), np.uint8)
    count, size, foot = ((70, (70, 150), 0.70), (34, (130, 250), 0.76), (13, (230, 520), 0.93))[index]
    for x in np.sort(rng.uniform(-30, wide + 30, count)):
        middle = abs(x / wide - 0.44)
        if index == 2 and middle < 0.2:
            continue
        fir(drawn, x, (foot + rng.uniform(-0.02, 0.03)) * high, scale * rng.uniform(*size) * (0.6 + 1.0 * middle), rng)
    mask = plain(drawn)
    caught = (
        shadowed(mask, int(7 * scale) + 1)
        * noise.tile(5 + index, 512, 1.0, 20.0)[np.arange(high) % 512][:, np.arange(wide) % 512]
    )
    part = (0.25, 0.62, 1.0)[index]
    body = mixed(look.far, look.near, np.full((high, wide), part))
    body += mixed("#000000", look.snow, np.clip(caught * 1.3, 0, 1)) * np.float32(0.35 + 0.3 * part)
    bank = ridge(field(scale * 9 * noise.profile(look.seed + 20 + index, wide, 1.9, 1.5)), high, foot * high + 3)
    rise = np.clip(np.linspace(-foot, 1 - foot, high) * 3.2, 0, 1)[:, None] * np.ones((1, wide))
    floor = mixed(look.ground[0], look.ground[1], field(rise * part + 0.2 * (1 - part)))
    floor *= (0.86 + 0.28 * noise.tile(9, 512, 1.7, 2.0, 90.0, 0.35)[np.arange(high) % 512][:, np.arange(wide) % 512])[
        ..., None
    ]
    return (cut if index < 2 else cut_shown)(
        np.maximum(mask, bank), field(np.where((bank > 0.5)[..., None], floor, body))
    )


def _pines(look: _Pines, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    xs, ys = grid(wide, high)
    sky = gradient(high, look.stops, wide)
    rows = [_pine_row(look, index) for index in range(3)]
    heart = halo(xs, ys, 215, 190, 60, 2.0)
    mist = Mist(look.seed, (0.1, 0.15, 0.3, 0.6, 0.9, 0.5, 0.15), 3.5, 0.8)
    smoke = Mist(look.seed + 1, (1.0, 0.9, 0.6, 0.4, 0.2, 0.1), 1.6, 1.0)
    flakes = Fall(look.seed, 420, (0.7, 2.6), look.fall[0], look.fall[1])
    near = Fall(look.seed + 1, 26, (3.0, 8.0), look.fall[0] * 0.8, look.fall[1] * 1.4)
    embers = Fall(look.seed + 2, 120, (0.6, 1.7), -44, 30)
    lamp = halo(xs, ys, 205, 186, 5, 2.2)
    for t, p in seconds(frames):
        x = 80 + 34 * (p - 0.5)
        view = sky.copy()
        pulse = 1 + 0.16 * np.sin(3.1 * t) + 0.1 * np.sin(7.3 * t + 1)
        if look.fire:
            shine(view, heart, glow("#ff8a30", 1.2 * pulse))
            fog(view, smoke.at(t, 4.0, wide, high) * np.float32(0.75), lin("#30211c"))
        rows[0].over(view, 40 + 0.3 * (x - 80))
        fog(
            view,
            mist.at(t, 2.5, wide, high) * np.float32(0.7),
            lin(look.stops[2][1], 0.9 * (pulse if look.fire else 1)),
        )
        if look.lamp:
            shine(view, lamp, glow("#ffb765", 1.6 + 0.1 * pulse))
        rows[1].over(view, 40 + 0.55 * (x - 80))
        fog(view, mist.at(t + 9, 3.5, wide, high) * np.float32(0.35), lin(look.stops[1][1]))
        frame = film(bloom(view, 0.4, 8, 0.8), t)
        rows[2].over(frame, 80 + 1.2 * (x - 80))
        if look.fire:
            sparkle(frame, embers.at(t), glow("#ff9a3c", 2.0))
        soft = grow(blur(near.at(t, 0.33, 0.5), 1.6), soft=False)
        yield sparkle(frame, np.maximum(soft, flakes.at(t)), look.flake, 0.75)


SHOTS = (
    Shot("grass_gold", "grass", lambda frames: _grass(_GRASS_GOLD, frames), sounds.night(31, 0.8)),
    Shot("snow_pines", "pines", lambda frames: _pines(_SNOW, frames), sounds.wind(33, 0.25)),
)
