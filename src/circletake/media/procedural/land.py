"""Land with depth: ridges in mist, a forest with shafts of light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from circletake.media.procedural import noise, sounds
from circletake.media.procedural.canvas import (
    HEIGHT,
    WIDTH,
    Frame,
    Rgb,
    Shot,
    blur,
    field,
    glow,
    grid,
    grow,
    lin,
    pan,
    seconds,
    shine,
    smooth,
    sparkle,
    specks,
    tint,
    within,
)
from circletake.media.procedural.flora import (
    Layer,
    below,
    blades,
    cut,
    cut_shown,
    fir,
    leaves,
    mixed,
    plain,
    ridge,
    trunks,
)
from circletake.media.procedural.light import bloom, disc, film, fog, gradient, halo, rays
from circletake.media.procedural.weather import Clouds, Mist


@dataclass(frozen=True)
class _Ridges:
    stops: tuple[tuple[float, str], ...]
    far: str
    near: str
    valley: str
    sun: tuple[float, float] | None
    warm: Rgb
    lit: str
    cover: float
    mist: float
    push: float
    seed: int


_DAWN = _Ridges(
    ((0, "#6d8299"), (0.5, "#c9b3a6"), (0.8, "#f0cfa2"), (1, "#f3d9b0")),
    "#c3aea3",
    "#1b2930",
    "#e6cbab",
    (690, 205),
    glow("#ffd9a0"),
    "#ffdcb0",
    0.45,
    0.55,
    1.0,
    40,
)
_RAIN = _Ridges(
    ((0, "#333f49"), (0.6, "#66757d"), (1, "#87949a")),
    "#566670",
    "#0d1519",
    "#697981",
    None,
    glow("#8fa0a8"),
    "#7f8d94",
    0.9,
    0.85,
    -1.0,
    60,
)


def _range(look: _Ridges, index: int, count: int, wide: int, high: int, scale: float) -> Layer:
    part = index / (count - 1)
    rough = noise.profile(look.seed + index, wide, 1.5 - 0.12 * part, 1.0 + 2 * part)
    crest = field((34 + 26 * part * (1.6 - part)) * rough * scale)
    base = (205 + 235 * part**1.25) * scale
    deep = below(crest, high, base)
    mask = ridge(crest, high, base)
    thick = np.clip(0.9 * smooth(deep / scale, 8, 110 + 90 * part), 0, 1) * (1 - 0.55 * part)
    rgb = np.array(lin(look.far)) * (1 - part**0.6) + np.array(lin(look.near)) * part**0.6
    grain = noise.tile(70 + index, 512, 1.3, 3.0)[np.arange(high) % 512][:, np.arange(wide) % 512]
    body = rgb.astype(np.float32) * (0.8 + 0.4 * grain)[..., None]
    return cut(mask, field(body * (1 - thick[..., None]) + np.array(lin(look.valley), np.float32) * thick[..., None]))


def _firs(look: _Ridges, wide: int) -> Layer:
    rng = noise.dice(look.seed + 9)
    line = field(34 * noise.profile(look.seed + 10, wide, 1.5, 1.5) + 26 * np.linspace(1.6, -1.4, wide))
    drawn = np.zeros((HEIGHT + 40, wide), np.uint8)
    crowd = noise.profile(look.seed + 11, wide, 1.0, 4)
    for x in np.sort(rng.uniform(-20, wide + 20, 330)):
        here = int(np.clip(x, 0, wide - 1))
        if crowd[here] + rng.normal(0, 0.35) < -0.25:
            continue
        fir(
            drawn,
            x,
            505 - line[here] + rng.uniform(0, 40),
            rng.uniform(26, 88) * (0.75 + 0.3 * crowd[here].clip(-1, 1)),
            rng,
        )
    mask = np.maximum(plain(drawn), ridge(line, HEIGHT + 40, 500))
    rise = np.clip((np.arange(HEIGHT + 40)[:, None] - 380) / 180, 0, 1) * np.ones((1, wide))
    return cut_shown(mask, mixed(look.near, look.valley, field(0.16 * (1 - rise) + 0.02)))


def _ridges(look: _Ridges, frames: int) -> Iterator[Frame]:
    wide, high = WIDTH // 2 + 80, HEIGHT // 2 + 10
    xs, ys = grid(wide, high)
    sky = gradient(high, look.stops, wide)
    sun = look.sun or (480.0, 150.0)
    sky += tint(halo(xs, ys, sun[0] / 2 + 20, sun[1] / 2, 34, 1.5) * np.float32(0.8 if look.sun else 0.1), look.warm)
    if look.sun:
        sky += tint(disc(xs, ys, sun[0] / 2 + 20, sun[1] / 2, 9, 2.5) * np.float32(4), look.warm)
    clouds = Clouds(
        260, look.seed, look.cover, lin(look.lit), lin(look.stops[0][1]), (sun[0] + 40, sun[1]), 2.0, wide * 2
    )
    planes = [_range(look, index, 6, wide, high, 0.5) for index in range(5)]
    firs = _firs(look, WIDTH + 220)
    valley = lin(look.valley)
    mists = [
        Mist(80 + k, tuple(np.exp(-((np.linspace(0, 1, 24) - at) ** 2) / 0.012)), 4.0, 0.85)
        for k, at in enumerate((0.5, 0.68, 0.85))
    ]
    for t, p in seconds(frames):
        travel = look.push * (p - 0.5)
        view = pan(sky, 40 + 6 * travel, 0, WIDTH // 2, HEIGHT // 2)
        view[:130] = pan(clouds.over(sky[:130], t, 0.5), 40 + 6 * travel, 0, WIDTH // 2, 130)
        for index, plane in enumerate(planes):
            plane.over(view, 40 + (10 + 9 * index) * travel, 0)
            if index in (1, 3, 4):
                thick = mists[(1, 3, 4).index(index)].at(t, 2.2, WIDTH // 2, HEIGHT // 2)
                fog(view, thick * np.float32(look.mist), valley)
        frame = film(bloom(view, 0.35, 7, 0.9), t)
        yield firs.over(frame, 62 + look.push * 95 * p + (95 if look.push < 0 else 0), 8)


@dataclass(frozen=True)
class _Forest:
    air: tuple[tuple[float, str], ...]
    bark: tuple[str, str]
    shaft: Rgb
    source: tuple[float, float]
    rim: float
    ground: str
    mote: float
    travel: float
    seed: int


_FOREST_NIGHT = _Forest(
    ((0, "#5f7f96"), (0.5, "#3f5b70"), (0.8, "#233846"), (1, "#121d25")),
    ("#3a5364", "#04070a"),
    glow("#a8cfee", 0.55),
    (560, 40),
    0.5,
    "#05090c",
    0.25,
    -95,
    6,
)


def _stand(look: _Forest, index: int, scale: float) -> Layer:
    wide, high = int((WIDTH + 260) * scale), int(HEIGHT * scale)
    girth, count, feet = ((9, 34, 0.72), (17, 17, 0.78), (36, 8, 0.88), (88, 3, 1.2))[index]
    mask, side = trunks(look.seed * 10 + index, wide, high, count, girth * scale, feet * high)
    ys = np.linspace(0, 1, high, dtype=np.float32)[:, None]
    floor = smooth(ys, feet - 0.04, feet + 0.03) * np.ones((1, wide), np.float32)
    edge = noise.tile(30 + index, 512, 1.2, 3.0)[np.arange(high) % 512][:, np.arange(wide) % 512]
    floor = field(smooth(ys + 0.09 * (edge - 0.5), feet - 0.02, feet + 0.0))
    hang = np.clip(0.62 - 1.5 * ys, 0, 1) ** 1.2 + (0.3 if index < 2 else 0.12) * np.clip(0.5 - ys, 0, 1)
    crown = leaves(200 + index, wide, high, hang * np.ones((1, wide)), 1.1)
    near = (0.12, 0.4, 0.74, 1.0)[index]
    bark = noise.tile(50 + index, 512, 1.1, 6.0, 400.0, 0.22)[np.arange(high) % 512][:, np.arange(wide) % 512]
    way = 1.0 if look.source[0] > 480 else -1.0
    light = (0.75 + 0.5 * bark) + look.rim * (1.2 - near) * smooth(side * way, 0.35, 0.95) * 2.0
    colour = mixed(look.bark[0], look.bark[1], np.full((high, wide), near**0.75)) * field(light)[..., None]
    ground = mixed(look.bark[0], look.ground, np.full((high, wide), 0.35 + 0.65 * near)) * (0.6 + 0.8 * edge[..., None])
    cover = np.maximum(mask, np.maximum(floor, 0.92 * crown))
    paint = np.where((floor > 0.5)[..., None], ground, colour)
    if index == 3:
        cover, paint = blur(field(cover), 2.4), blur(field(paint), 2.4)
    return (cut if index < 2 else cut_shown)(field(np.clip(cover, 0, 1)), field(paint))


def _ferns(look: _Forest) -> Layer:
    mask, shade = blades(look.seed + 77, WIDTH + 300, 150, 420, (20, 105), 2.6)
    whole = np.zeros((HEIGHT, WIDTH + 300), np.float32)
    whole[-150:] = blur(mask, 1.4)
    tone = np.zeros_like(whole)
    tone[-150:] = blur(shade, 1.4)
    return cut_shown(whole, mixed(look.bark[1], look.ground, tone))


def _forest(look: _Forest, frames: int) -> Iterator[Frame]:
    xs, ys = grid(WIDTH // 2, HEIGHT // 2)
    base = gradient(HEIGHT // 2, look.air, WIDTH // 2)
    sx, sy = look.source
    base += tint(halo(xs, ys, sx / 2, sy / 2, 60, 1.8) * np.float32(1.4), look.shaft)
    layers = [_stand(look, index, 0.5 if index < 2 else 1.0) for index in range(4)]
    ferns = _ferns(look)
    small, tall = 240, 135
    cloth = noise.tile(222, 256, 1.2, 4.0, 60.0)
    bx, by = grid(small, tall)
    open_sky = halo(bx, by, sx / 4, sy / 4, 62, 3.0)
    mist = Mist(14, (0.05, 0.1, 0.2, 0.5, 0.75, 0.5), 3.0, 0.8)
    rng = noise.dice(look.seed)
    motes, fade = rng.random((90, 2)) * (WIDTH, HEIGHT), rng.random(90)
    for t, p in seconds(frames):
        x = 130 + look.travel * p - (look.travel - look.travel / abs(look.travel)) // 2
        gaps = smooth(noise.flow(cloth, bx, by, 1.6 * t, 0.7 * t), 0.54, 0.72) * open_sky
        beam = rays(field(gaps), sx / 4, sy / 4, 2.6, 6)
        view = base.copy()
        layers[0].over(view, (x * 0.35 + 20) * 0.5)
        lit = grow(beam, WIDTH // 2, HEIGHT // 2)
        shine(view, lit, look.shaft, 2.6)
        layers[1].over(view, (x * 0.6 + 10) * 0.5)
        fog(view, mist.at(t, 2.0, WIDTH // 2, HEIGHT // 2) * np.float32(0.5), lin(look.air[1][1]))
        shine(view, lit, look.shaft, 1.3)
        frame = film(bloom(view, 0.3, 8, 0.8), t)
        layers[2].over(frame, x)
        full = grow((np.clip(beam, 0, 1) * 255).astype(np.uint8), soft=False)
        sparkle(frame, full, look.shaft, 0.4)
        spots = motes + np.stack([14 * t * (0.3 + fade), 9 * np.sin(t + 9 * fade)], 1)
        lit_motes = within(specks(spots % (WIDTH, HEIGHT), 0.8 + 1.3 * fade, 0.4 + 0.6 * fade), full)
        sparkle(frame, lit_motes, look.shaft, 1.6 * look.mote)
        layers[3].over(frame, 130 + 2 * (x - 130))
        yield ferns.over(frame, 150 + 3 * (x - 130))


SHOTS = (
    Shot("ridges_dawn", "ridges", lambda frames: _ridges(_DAWN, frames), sounds.wind(21, 0.2, 0.05, 0.6)),
    Shot("ridges_rain", "ridges", lambda frames: _ridges(_RAIN, frames), sounds.rain(22, 0.4, "window")),
    Shot("forest_night", "forest", lambda frames: _forest(_FOREST_NIGHT, frames), sounds.wind(24, 0.6, 0.1)),
)
