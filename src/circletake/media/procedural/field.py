"""Open country up close: grass in the wind, pines in falling snow or ash, a house on a hill."""

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
    pan,
    polygon,
    push,
    seconds,
    shine,
    shrink,
    smooth,
    sparkle,
    specks,
    stroke,
    tint,
    warp,
)
from circletake.media.procedural.flora import Layer, bare_tree, blades, cut, cut_shown, fir, mixed, plain, ridge, shadowed, Sway
from circletake.media.procedural.light import bloom, bokeh, disc, film, fog, gradient, halo, stars
from circletake.media.procedural.weather import Clouds, Fall, Mist, Smoke

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
    (640, 225), glow("#ffcf85"), 1.0, "#2b2410", "#ffdf94", 30, 1.0, ("#ffe0b0", "#a79a94", 0.4), 8,
)
_GRASS_STORM = _Grass(
    ((0, "#2c3a41"), (0.4, "#5d7077"), (0.56, "#9dabA6"), (0.62, "#56685a"), (1, "#1f2b22")),
    (300, 150), glow("#cfdcd8"), 0.18, "#0e1712", "#93ab90", 74, 0.0, ("#8c9a9c", "#273238", 1.0), 9,
)


def _blade_rows(look: _Grass) -> list[Light]:
    rows = []
    for index, (count, size, wide) in enumerate(((620, (60, 130), 1.1), (420, (110, 230), 1.9), (90, (150, 330), 4.5))):
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
    nears = [grow(near, row.shape[1], row.shape[0]) for row in rows]
    for t, p in seconds(frames):
        view = base.copy()
        view[:150] = clouds.over(view[:150], t, 0.6 + look.strong / 60)
        view += light
        back = winds[0].at(rows[0], t, 3 * (p - 0.5))
        lay(view[-175:], (hazy[0], hazy[1], hazy[2]), field(back[..., 0]))
        shine(view[-175:], field(back[..., 1] * near), rim, gain)
        frame = film(bloom(view, 0.3, 8, 0.9), t)
        for k, drift, level in ((1, 10, 0.5), (2, 20, 0.4)):
            stand = winds[k].at(rows[k], t + 0.7 * k, drift * (p - 0.5))
            lit = stand[..., 1] * nears[k]
            in_front(frame[-350:], dark, grow(field(stand[..., 0]), WIDTH, 350, soft=k == 1))
            sparkle(frame[-350:], grow(field(lit), WIDTH, 350, soft=False), rim, level * gain)
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
    "#101b24", "#76879a", "#c9d6e2", ("#a9b8c8", "#5f7389"), glow("#f4f8ff", 0.85), (52, 10), 0.0, 1.0, 31,
)
_ASH = _Pines(
    ((0, "#2b1a16"), (0.4, "#7a3417"), (0.7, "#d2702a"), (1, "#e99a4a")),
    "#0b0605", "#6b2f18", "#3a1a10", ("#3b221a", "#100908"), glow("#d8cfc8", 0.32), (30, 26), 1.0, 0.0, 37,
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
    caught = shadowed(mask, int(7 * scale) + 1) * noise.tile(5 + index, 512, 1.0, 20.0)[np.arange(high) % 512][:, np.arange(wide) % 512]
    part = (0.25, 0.62, 1.0)[index]
    body = mixed(look.far, look.near, np.full((high, wide), part))
    body += mixed("#000000", look.snow, np.clip(caught * 1.3, 0, 1)) * np.float32(0.35 + 0.3 * part)
    bank = ridge(field(scale * 9 * noise.profile(look.seed + 20 + index, wide, 1.9, 1.5)), high, foot * high + 3)
    rise = np.clip(np.linspace(-foot, 1 - foot, high) * 3.2, 0, 1)[:, None] * np.ones((1, wide))
    floor = mixed(look.ground[0], look.ground[1], field(rise * part + 0.2 * (1 - part)))
    floor *= (0.86 + 0.28 * noise.tile(9, 512, 1.7, 2.0, 90.0, 0.35)[np.arange(high) % 512][:, np.arange(wide) % 512])[..., None]
    return (cut if index < 2 else cut_shown)(np.maximum(mask, bank), field(np.where((bank > 0.5)[..., None], floor, body)))


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
        fog(view, mist.at(t, 2.5, wide, high) * np.float32(0.7), lin(look.stops[2][1], 0.9 * (pulse if look.fire else 1)))
        if look.lamp:
            shine(view, lamp, glow("#ffb765", 1.6 + 0.1 * pulse))
        rows[1].over(view, 40 + 0.55 * (x - 80))
        fog(view, mist.at(t + 9, 3.5, wide, high) * np.float32(0.35), lin(look.stops[1][1]))
        frame = film(bloom(view, 0.4, 8, 0.8), t)
        rows[2].over(frame, 80 + 1.2 * (x - 80))
        sparkle(frame, flakes.at(t), look.flake, 0.75)
        if look.fire:
            sparkle(frame, embers.at(t), glow("#ff9a3c", 2.0))
        soft = grow(blur(near.at(t, 0.5, 0.5), 1.6), soft=False)
        yield sparkle(frame, soft, look.flake, 0.5)


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
    (255, 118, 1.0), glow("#c3d8ea"), ("#8fa3b3", "#1b2530", 0.78), ("#0a0f13", "#04060a"), ("#6b7d86", 0.85), ((1, 0),), 0.1, False, 51,
)
_HOUSE_EVENING = _House(
    ((0, "#2d3558"), (0.4, "#6d5c82"), (0.7, "#d58f80"), (1, "#f1b88a")),
    (180, 330, 0.5), glow("#ffb98a"), ("#f0a58f", "#5b5478", 0.5), ("#1b1a24", "#0c0b10"), ("#c99a90", 0.3), ((0, 0), (1, 0), (0, 1), (1, 1)), -0.06, True, 57,
)
_GABLE = (628, 300)  # where the house stands: middle of its ground line


def _home(look: _House) -> tuple[Layer, Light]:
    wide, high = WIDTH + 80, HEIGHT
    drawn = np.zeros((high, wide), np.uint8)
    x, y = _GABLE
    polygon(drawn, [(x - 50, y + 20), (x - 50, y - 58), (x - 57, y - 56), (x - 14, y - 112), (x + 30, y - 56), (x + 24, y - 58), (x + 24, y + 20)])
    polygon(drawn, [(x + 20, y + 22), (x + 20, y - 42), (x + 72, y - 38), (x + 78, y - 34), (x + 72, y - 34), (x + 72, y + 24)])
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
    fogs = [Mist(look.seed + k, rows, 4.0, 0.85) for k, rows in enumerate(((0.1, 0.2, 0.5, 0.9, 1, 1), (0, 0, 0.05, 0.5, 1, 1)))]
    smoke = Smoke(look.seed, 160, 90)
    spring = field(np.exp(-(((grid(160, 90)[0] - (x + 13) / 6) ** 2) / 1.2 + (grid(160, 90)[1] - (y - 114) / 6) ** 2 / 1.2)) * 0.14)
    for step in range(60):
        smoke.step(step / 24 - 2.5, 0.22, 0.42, 0.982, spring)
    flies, beat = noise.dice(3).random((34, 2)) * (WIDTH, 190) + (0, 330), noise.dice(4).random(34) * 6.28
    for t, p in seconds(frames):
        slide = 24 * p if look.cosy else 0.0
        view = sky.copy()
        view[:200] = clouds.over(view[:200], t, 1.1)
        fog(view, fogs[0].at(t, 2.6, wide, high) * np.float32(0.7 * look.fog[1]), lin(look.fog[0]))
        if look.cosy:
            fog(view, grow(smoke.step(t, 0.22, 0.42, 0.982, spring), wide, high, soft=False).clip(0, 0.7), lin("#cdb4b0"))
        frame = home.over(film(bloom(view, 0.3, 8, 0.9), t), slide)
        alive = 1 + 0.05 * np.sin(5.1 * t) + 0.04 * np.sin(8.3 * t)
        sparkle(frame, pan(panes, slide), glow("#ffb458", 2.6 * alive))
        sparkle(frame, pan(spill, slide), glow("#ffa64d", (0.5 if look.cosy else 0.42) * alive))
        in_front(frame, lin(look.fog[0], 0.75), fogs[1].at(t, -3.4) * np.float32(look.fog[1]))
        if look.cosy:
            drift = flies + np.stack([26 * np.sin(0.9 * t + beat), 14 * np.sin(1.4 * t + 2 * beat)], 1)
            lit = np.clip(np.sin(1.9 * t + beat), 0, 1)
            sparkle(frame, blur(specks(drift, 1.6 + 0 * lit, lit), 1.3), glow("#ffe27a", 3.0))
        yield frame if look.cosy else push(frame, 1.06 + 0.1 * (p - 0.5), x, y - 40)


SHOTS = (
    Shot("grass_gold", "grass", lambda frames: _grass(_GRASS_GOLD, frames), sounds.night(31, 0.8)),
    Shot("grass_storm", "grass", lambda frames: _grass(_GRASS_STORM, frames), sounds.wind(32, 1.0, 0.35)),
    Shot("snow_pines", "pines", lambda frames: _pines(_SNOW, frames), sounds.wind(33, 0.25)),
    Shot("ash_pines", "pines", lambda frames: _pines(_ASH, frames), sounds.fire(34, 0.8)),
    Shot("house_fog", "house", lambda frames: _house(_HOUSE_FOG, frames), sounds.wind(35, 0.75, 0.05)),
    Shot("house_evening", "house", lambda frames: _house(_HOUSE_EVENING, frames), sounds.night(36, 1.0)),
)
