"""Close-ups on a table: a cup that steams, smoke in the light of blinds, candles."""

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
    Mask,
    Rgb,
    Shot,
    blur,
    field,
    glow,
    grid,
    grow,
    pan,
    polygon,
    seconds,
    shine,
    smooth,
    sparkle,
    stamp,
    tint,
)
from circletake.media.procedural.flora import Layer, cut_shown, mixed, plain
from circletake.media.procedural.light import bloom, bokeh, film, gradient, halo
from circletake.media.procedural.weather import Smoke

HALF = (WIDTH // 2, HEIGHT // 2)


def _ellipse(mask: Mask, x: float, y: float, rx: float, ry: float, level: int = 255) -> None:
    polygon(mask, [(x + rx * np.cos(a), y + ry * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 60)], level)


def _window_lights(seed: int, colours: tuple[str, ...], count: int, power: float) -> Light:
    rng = noise.dice(seed)
    wide, high = WIDTH // 2 + 40, HEIGHT // 2
    view = np.zeros((high, wide, 3), np.float32)
    for _ in range(count):
        colour = glow(colours[int(rng.integers(len(colours)))], power * rng.uniform(0.2, 1.0) ** 2)
        stamp(view, bokeh(rng.uniform(8, 24)), rng.uniform(0, wide), rng.uniform(0, high * 0.72), colour)
    return blur(view, 1.2)


@dataclass(frozen=True)
class _Cup:
    room: tuple[tuple[float, str], ...]
    lights: tuple[str, ...]
    key: Rgb
    at: tuple[float, float]
    cup: tuple[str, str]
    wood: tuple[str, str]
    steam: str
    seed: int


_COFFEE = _Cup(
    ((0, "#8a6a48"), (0.35, "#c79a62"), (0.68, "#6b4426"), (1, "#2a180d")),
    ("#ffd9a0", "#ffe9c8", "#ffb870", "#c8d8a0"),
    glow("#ffd9a0"),
    (700, 150),
    ("#e9ddcb", "#4a3323"),
    ("#9a6236", "#2c170b"),
    "#fff0dc",
    131,
)
_TEA_RAIN = _Cup(
    ((0, "#5c7079"), (0.35, "#71868c"), (0.68, "#3a484d"), (1, "#171d20")),
    ("#cfe0e4", "#a8c2c4", "#ffd2a0", "#8fb0b0"),
    glow("#d3e6ec"),
    (250, 140),
    ("#3f6a72", "#0e1c20"),
    ("#6f6a62", "#1d1c1b"),
    "#e4f0f4",
    137,
)


def _crockery(look: _Cup, x: float, y: float) -> Layer:
    body, inside, drink, saucer, ring = (np.zeros((HEIGHT, WIDTH + 80), np.uint8) for _ in range(5))
    side = 1 if look.at[0] < x else -1
    _ellipse(saucer, x, y + 92, 176, 36)
    for r, level in ((56, 255), (36, 0)):
        _ellipse(ring, x + side * 108, y + 6, r * 0.86, r, level)
    down = np.linspace(0, 1, 24)
    half = 112 * (1 - 0.6 * down**2.8)
    right = [(x + w, y - 40 + 128 * d) for w, d in zip(half, down, strict=True)]
    bowl = [*right, (x + 47, y + 94), (x - 47, y + 94), *((2 * x - px, py) for px, py in reversed(right))]
    polygon(body, bowl)
    _ellipse(inside, x, y - 40, 112, 25)
    _ellipse(drink, x, y - 33, 97, 17)
    xs, ys = grid(WIDTH + 80, HEIGHT)
    across = np.clip((xs - x) / 112, -1, 1) * -side
    form = np.clip(0.16 + 0.95 * smooth(across, 0.25, 1.0) + 0.30 * smooth(-across, 0.75, 1.02), 0, 1)
    mask = np.maximum.reduce([plain(saucer), plain(ring), plain(body), plain(inside)])
    light = mixed(look.cup[1], look.cup[0], field(form))
    dish = field(
        np.clip(
            0.25
            + 0.75 * smooth((xs - x) / 176 * -side, -0.3, 1)
            - 0.5 * smooth(-np.abs(ys - y - 96), -8, 8) * smooth(-np.abs(xs - x), -90, -20),
            0,
            1,
        )
    )
    light = np.where(
        (plain(saucer) > 0.5)[..., None] & (plain(body) < 0.5)[..., None], mixed(look.cup[1], look.cup[0], dish), light
    )
    rim = plain(inside)[..., None]
    light = light * (1 - rim) + mixed(look.cup[1], look.cup[0], field(np.clip(0.35 - 0.5 * across, 0, 1))) * rim
    pool = blur(plain(drink), 0.8)[..., None]
    light = light * (1 - pool) + mixed("#1a0d07", look.wood[0], field(np.clip(0.55 * across + 0.1, 0, 1))) * pool
    return cut_shown(mask, field(light))


def _cup(look: _Cup, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    base = gradient(high, look.room, wide + 40)
    xs, ys = grid(wide + 40, high)
    kx, ky = look.at[0] / 2 + 20, look.at[1] / 2
    base += tint(halo(xs, ys, kx, ky, 75, 2.0) * np.float32(0.9), look.key)
    base += _window_lights(look.seed, look.lights, 26, 0.55)
    wood = noise.tile(24, 512, 1.3, 3.0, 300.0, 0.12).T[np.arange(high)][:, np.arange(wide + 40) % 512]
    edge = smooth(ys, 186, 200)
    plank = mixed(
        look.wood[1],
        look.wood[0],
        field(np.clip(0.15 + 0.5 * wood * edge + 0.9 * halo(xs, ys * 2.2, kx, 206 * 2.2, 130, 2.0), 0, 1)),
    )
    base = field(base * (1 - edge[..., None]) + plank * edge[..., None])
    x, y = (400.0, 352.0) if look.at[0] > 480 else (560.0, 352.0)
    crockery = _crockery(look, x + 40, y)
    rising = Smoke(look.seed, 240, 135)
    sx, sy = grid(240, 135)
    spring = field(np.exp(-(((sx - x / 4) / 17) ** 2) - ((sy - (y - 46) / 4) / 2.2) ** 2) * 0.055)
    lit = field(0.3 + 1.2 * halo(sx, sy, look.at[0] / 4, look.at[1] / 4, 60, 1.6))
    grains = noise.tile(25, 256, 1.0, 4.0)
    for step in range(110):
        rising.step(step / 24 - 5, 0.45, 0.95, 0.977, spring * noise.flow(grains, sx, sy, 3 * step, 2 * step) * 2)
    for t, p in seconds(frames):
        ground = pan(base, 20 - 11 * (p - 0.5), 0, wide, high)
        body = rising.step(t, 0.45, 0.95, 0.977, spring * noise.flow(grains, sx, sy, 72 * t, 48 * t) * 2)
        frame = crockery.over(film(bloom(ground, 0.4, 9, 0.9), t), 40 - 34 * (p - 0.5))
        steam = grow(field(np.minimum(2.6 * body / (1 + 1.1 * body), 1) * lit * smooth(sy, 0, 26)))
        yield sparkle(frame, steam, glow(look.steam), 0.66)


def _blinds(frames: int) -> Iterator[Frame]:
    wide, high = HALF
    xs, ys = grid(wide, high)
    room = gradient(high, ((0, "#14181c"), (0.6, "#20262b"), (1, "#0e1113")), wide)
    along = ys + 0.34 * xs
    key = glow("#ffd7a0")
    slats = np.zeros((HEIGHT, WIDTH), np.uint8)
    polygon(slats, [(0, 432), (960, 446), (960, 540), (0, 540)])
    polygon(slats, [(650, 446), (656, 330), (664, 318), (664, 268), (688, 268), (688, 318), (696, 330), (702, 446)])
    polygon(slats, [(560, 444), (554, 372), (622, 372), (616, 444)])
    _ellipse(slats, 330, 436, 74, 13)
    front = cut_shown(
        plain(slats), mixed("#191512", "#060505", smooth(np.arange(HEIGHT), 430, 540)[:, None] * np.ones((1, WIDTH)))
    )
    glass = np.zeros((HEIGHT, WIDTH), np.uint8)
    for points in (
        [(657, 332), (659, 440)],
        [(665, 270), (665, 316)],
        [(556, 376), (561, 440)],
        [(556, 372), (620, 372)],
        [(262, 434), (398, 434)],
    ):
        polygon(
            glass, [points[0], points[1], (points[1][0] + 3, points[1][1] + 2), (points[0][0] + 3, points[0][1] + 2)]
        )
    edge = blur(plain(glass), 0.9)
    smoke = Smoke(141, 240, 135)
    sx, sy = grid(240, 135)
    spring = field(np.exp(-(((sx - 84) / 1.6) ** 2) - ((sy - 104) / 1.6) ** 2) * 0.5)
    for step in range(170):
        smoke.step(step / 24 - 7, 0.62, 0.85, 0.990, spring * (0.7 + 0.3 * np.sin(step / 5)), 0.35)
    fall = halo(xs, ys, 90, 110, 175, 2.4)
    patch = smooth(xs, 200, 240) * smooth(-xs, -420, -396) * smooth(ys, 26, 40) * smooth(-ys, -190, -178)
    for t, _ in seconds(frames):
        shift = 7 * np.sin(0.5 * t) + 4 * t
        bars = smooth(np.sin((along + shift) * (2 * np.pi / 27)), -0.15, 0.45)
        view = room.copy()
        shine(view, field(bars * patch * 0.42), key)
        body = grow(smoke.step(t, 0.62, 0.85, 0.990, spring * (0.7 + 0.3 * np.sin(5 * t)), 0.35), wide, high)
        shine(view, field(np.maximum(body, 0) * (0.12 + bars * fall) * 2.2 + bars * fall * 0.10), key)
        frame = front.over(film(bloom(view, 0.4, 9, 0.7), t))
        yield sparkle(frame, edge, key, 0.42 + 0.1 * np.sin(1.1 * t))


@dataclass(frozen=True)
class _Candles:
    room: tuple[tuple[float, str], ...]
    sticks: tuple[tuple[float, float, float], ...]
    behind: tuple[str, ...]
    count: int
    wax: tuple[str, str]
    seed: int


_ONE = _Candles(
    ((0, "#1a1216"), (0.6, "#2c1b1a"), (1, "#140c0b")),
    ((352, 300, 66),),
    ("#ff9a3c", "#ffb45a", "#ff7a3a"),
    15,
    ("#ffcf94", "#5a2414"),
    151,
)
_VIGIL = _Candles(
    ((0, "#0f141f"), (0.6, "#1b2130"), (1, "#0b0d13")),
    ((250, 352, 40), (520, 308, 46), (742, 376, 36)),
    ("#ffb45a", "#ffcf90", "#ff9440", "#ffa860"),
    60,
    ("#ffe2b4", "#3d2620"),
    157,
)


def _wax(look: _Candles) -> tuple[Layer, Light]:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    warm = np.zeros((HEIGHT, WIDTH), np.float32)
    tone = np.zeros((HEIGHT, WIDTH), np.float32)
    xs, ys = grid()
    for x, y, w in look.sticks:
        one = np.zeros_like(drawn)
        polygon(one, [(x - w, y + 0.1 * w), (x + w, y + 0.02 * w), (x + w * 1.02, 545), (x - w * 1.02, 545)])
        _ellipse(one, x, y + 0.06 * w, w, 0.19 * w)
        polygon(
            one,
            [
                (x - w * 0.98, y),
                (x - w * 0.72, y),
                (x - w * 0.78, y + w * 1.5),
                (x - w * 0.9, y + w * 1.6),
                (x - w * 1.06, y + w * 1.1),
            ],
        )
        mask = plain(one)
        depth = np.clip((ys - y) / (5.2 * w), 0, 1)
        round_ = np.sqrt(np.clip(1 - ((xs - x) / (1.02 * w)) ** 2, 0, 1))
        tone = np.where(mask > 0.5, (1 - depth) ** 2.4 * (0.35 + 0.65 * round_), tone)
        top = np.zeros_like(drawn)
        _ellipse(top, x, y + 0.06 * w, 0.92 * w, 0.15 * w)
        tone = np.where(plain(top) > 0.5, 0.75 + 0.25 * halo(xs, ys * 3, x, y * 3, w * 0.5, 2), tone)
        wick = np.zeros_like(drawn)
        polygon(wick, [(x - 2, y + 6), (x + 2, y + 6), (x + 1.5, y - 0.33 * w), (x - 1.5, y - 0.33 * w)])
        tone *= 1 - 0.92 * plain(wick)
        drawn = np.maximum(drawn, np.maximum(one, wick))
        warm += mask * (1 - depth) ** 3
    return cut_shown(plain(drawn), mixed(look.wax[1], look.wax[0], field(tone))), field(warm)


def _flame(size: float, sway: float, tall: float) -> tuple[Light, Light]:
    wide, high = int(size * 1.7) | 1, int(size * 3.0) | 1
    xs, ys = grid(wide, high)
    up = (high * 0.86 - ys) / (size * 2.1 * tall)
    x = (xs - wide // 2) / size - sway * np.clip(up, 0, 1.2) ** 1.8
    part = np.clip(up, 0, 1)
    girth = 0.31 * np.sqrt(np.maximum(part, 1e-4)) ** 0.9 * (1 - part) ** 0.72 * 1.75
    inside = np.clip((girth - np.abs(x)) / 0.09 + 0.15, 0, 1) * (up > -0.02) * (up < 1.02)
    core = (
        inside
        * (0.35 + 0.65 * smooth(part, 0.12, 0.42))
        * (0.65 + 0.35 * np.clip(1 - np.abs(x) / np.maximum(girth, 0.02), 0, 1))
    )
    blue = np.clip((girth + 0.03 - np.abs(x)) / 0.1, 0, 1) * smooth(-part, -0.22, -0.02) * (up > -0.04)
    return blur(field(core), size / 40), blur(field(blue), size / 40)


def _candles(look: _Candles, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    rng = noise.dice(look.seed)
    base = gradient(high, look.room, wide)
    xs, ys = grid(wide, high)
    wax, warm = _wax(look)
    spots = [
        (rng.uniform(0, wide), rng.uniform(0.18, 0.86) * high, rng.uniform(6, 19), int(rng.integers(len(look.behind))))
        for _ in range(look.count)
    ]
    groups = []
    for group in range(4):
        plane = np.zeros((high, wide + 40, 3), np.float32)
        for x, y, r, hue in spots[group::4]:
            stamp(plane, bokeh(r), x + 20, y, glow(look.behind[hue], 0.4))
        groups.append(blur(plane, 0.8))
    auras = [halo(xs, ys, x / 2, y / 2 - 0.55 * w, w * 0.9, 1.7) for x, y, w in look.sticks]
    for t, p in seconds(frames):
        view = base.copy()
        for k, plane in enumerate(groups):
            cv = pan(plane, 20 + 12 * (p - 0.5), 0, wide, high)
            view += cv * np.float32(1 + 0.16 * np.sin((2.1 + 0.7 * k) * t + 2 * k))
        levels, draft = [], 0.10 * np.sin(1.3 * t) + 0.05 * np.sin(3.7 * t + 1)
        for k, aura in enumerate(auras):
            levels.append(1 + 0.07 * np.sin(5.3 * t + 2 * k) + 0.05 * np.sin(8.9 * t + 5 * k))
            shine(view, aura, glow("#ff9a48"), 0.26 * levels[-1])
        frame = wax.over(film(bloom(view, 0.3, 9, 0.8), t))
        sparkle(frame, warm, glow("#ff8a3a"), 0.14 * float(np.mean(levels)))
        for k, (x, y, w) in enumerate(look.sticks):
            sway = draft + 0.05 * np.sin(2.7 * t + 3 * k) + 0.03 * np.sin(7.1 * t + k)
            core, blue = _flame(w, sway, levels[k] + 0.05 * np.sin(2.2 * t + k))
            left, top = int(x) - core.shape[1] // 2, int(y - 0.3 * w + 0.02 * w - core.shape[0] * 0.86) + int(0.22 * w)
            y0 = max(top, 0)
            part = frame[y0 : top + core.shape[0], left : left + core.shape[1]]
            sparkle(part, field(blue[y0 - top :]), glow("#4a78ff"), 0.5)
            sparkle(part, field(core[y0 - top :]), (1.35, 0.98, 0.52), 1.0)
        yield frame


SHOTS = (
    Shot("steam_coffee", "steam", lambda frames: _cup(_COFFEE, frames), sounds.room(61, 0.03, 50, 0.2)),
    Shot("steam_rain", "steam", lambda frames: _cup(_TEA_RAIN, frames), sounds.rain(62, 0.3, "window")),
    Shot("smoke_blinds", "steam", _blinds, sounds.city(63, 0.15)),
    Shot("candle_one", "candle", lambda frames: _candles(_ONE, frames), sounds.fire(64, 0.15)),
    Shot("candle_vigil", "candle", lambda frames: _candles(_VIGIL, frames), sounds.room(65, 0.0, 50)),
)
