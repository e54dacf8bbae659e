"""The sky: stars that turn above a camp, an aurora over a lake, paper lanterns and balloons that rise."""

from __future__ import annotations

from collections.abc import Iterator

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
    field,
    glow,
    grid,
    grow,
    lin,
    pan,
    polygon,
    seconds,
    shine,
    smooth,
    sparkle,
    stamp,
    tint,
)
from circletake.media.procedural.flora import below, cut, cut_shown, fir, mixed, plain, ridge
from circletake.media.procedural.light import Water, bloom, disc, film, fog, gradient, halo, stars
from circletake.media.procedural.weather import Clouds, Mist

HALF = (WIDTH // 2, HEIGHT // 2)


def _shore(seed: int, foot: float, tall: tuple[float, float], count: int, wide: int = WIDTH, dip: float = 0.0) -> Light:
    """Draw a wooded skyline, full size."""
    rng = noise.dice(seed)
    line = field(16 * noise.profile(seed, wide, 1.6, 1.5) + dip * np.cos(np.linspace(0, 2 * np.pi, wide)))
    drawn = np.zeros((HEIGHT, wide), np.uint8)
    for x in rng.uniform(-10, wide + 10, count):
        here = int(np.clip(x, 0, wide - 1))
        fir(drawn, x, foot - line[here] + 8, rng.uniform(*tall) * (0.5 + 0.5 * rng.random()), rng)
    return np.maximum(plain(drawn), ridge(line, HEIGHT, foot))


def _stars(frames: int) -> Iterator[Frame]:
    wide, high = HALF
    size = 1180
    whole = stars(161, size, size, 5200, 0.62)
    points = field(whole.max(axis=-1))
    xs, ys = grid(size // 2, size // 2)
    across = (xs - 290) * 0.62 + (ys - 290) * 0.78
    band = noise.flow(noise.tile(162, 512, 1.5, 1.0, 120.0), xs, ys, 0, 0)
    dust = noise.flow(noise.tile(163, 512, 1.3, 2.0, 160.0), xs, ys, 40, 9)
    milk = np.exp(-((across / 62) ** 2)) * (0.35 + 0.9 * band)
    lane = np.exp(-(((across + 9) / 22) ** 2)) * smooth(dust, 0.36, 0.7)
    galaxy = tint(field(milk * (1 - 0.75 * lane)), glow("#b9c4ff", 0.34)) + tint(
        field(milk**2 * band), glow("#ffc9a8", 0.5)
    )
    base = gradient(high, ((0, "#0a1120"), (0.55, "#16263c"), (0.85, "#35506a"), (1, "#56707c")), wide)
    shore = _shore(165, 486, (20, 74), 150, dip=34)
    front = cut_shown(shore, mixed("#0d141b", "#040608", np.linspace(0, 1, HEIGHT)[:, None] * np.ones((1, WIDTH))))
    tent = np.zeros((HEIGHT, WIDTH), np.uint8)
    tx, ty = 318.0, 494.0
    polygon(tent, [(tx - 27, ty), (tx - 3, ty - 29), (tx + 6, ty - 28), (tx + 34, ty)])
    canvas = plain(tent) * np.clip(0.45 + 0.75 * halo(*grid(), tx + 2, ty - 6, 18, 2.0), 0, 1)
    glare = grow(halo(*grid(wide, high), tx / 2, ty / 2 - 4, 11, 1.9))
    pole = (640.0, 650.0)
    for t, _ in seconds(frames):
        turn = cv2.getRotationMatrix2D(pole, 3.1 * t, 1.0)
        turn[:, 2] -= (110, 250)
        sky = cv2.warpAffine(points, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        turn[:, 2] /= 2
        milky = cv2.warpAffine(galaxy, turn, HALF, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        frame = film(base + field(milky), t)
        sparkle(frame, field(np.minimum(sky, 1)), (0.86, 0.92, 1.0), 1.1)
        front.over(frame)
        alive = 1 + 0.06 * np.sin(3.3 * t) + 0.04 * np.sin(7.7 * t)
        sparkle(frame[380:, 150:490], field(canvas[380:, 150:490]), glow("#ffb35e"), 0.95 * alive)
        sparkle(frame[380:, 150:490], glare[380:, 150:490], glow("#ff9a48"), 0.30 * alive)
        yield frame


_LAKE = 178  # the far shore's row, half size


def _curtain(t: float, xs: Light, ys: Light, k: int) -> tuple[Light, Light]:
    wave = noise.tile(171 + k, 256, 1.7, 1.0, 14.0)
    fine = noise.tile(174 + k, 256, 1.0, 4.0, 70.0)
    row = np.full((1, xs.shape[1]), 20.0 + 3.2 * t, np.float32)
    place = field(xs[:1] * 0.5 + 40 * k)
    foot = 74 - 17 * k + 70 * (noise.flow(wave, place, row, 3 * t, 0) - 0.5)
    slip = field(place + 0.22 * (noise.flow(wave, place, row + 60, 0, 0) - 0.5) * 60)
    strands = noise.flow(fine, slip * np.float32(1.4), row * np.float32(0.6), 5 * t, 0)
    power = noise.flow(wave, place * np.float32(0.5), row + np.float32(120), 2 * t, 0)
    rise = foot - ys
    glowing = (
        np.exp(-np.maximum(rise, 0) / (22 + 34 * strands))
        * smooth(rise, -5, 3)
        * (0.25 + 1.3 * strands**2)
        * smooth(power, 0.2, 0.75)
    )
    return field(glowing), field(np.clip(rise / 60, 0, 1))


def _aurora(frames: int) -> Iterator[Frame]:
    wide, high = HALF
    xs, ys = grid(wide // 2, _LAKE // 2)
    base = gradient(_LAKE, ((0, "#070d1c"), (0.6, "#10243a"), (1, "#26485a")), wide)
    base += stars(170, wide, _LAKE, 420, 0.6) * np.float32(0.8)
    shore = _shore(177, 2 * _LAKE, (14, 62), 190, dip=12)[: 2 * _LAKE]
    wood = cut(field(cv2.resize(shore, (wide, _LAKE), interpolation=cv2.INTER_AREA)), lin("#070c11"))
    line = field(26 * noise.profile(179, wide, 1.7, 1.0) + 22)
    hills = cut(ridge(line, _LAKE, _LAKE - 6), lin("#142836"))
    water = Water(high - _LAKE, 0.012, 1.3, 21)
    mist = Mist(178, (0, 0, 0.1, 0.35, 1.0, 0.35, 0.1), 4.0, 0.8)
    for t, _ in seconds(frames):
        above = base.copy()
        for k, (low, top) in enumerate((("#5dffa8", "#7a5cff"), ("#46e8b8", "#c05cff"), ("#58ffb0", "#5c7aff"))):
            light, part = _curtain(1.6 * t, xs, ys, k)
            for level, colour, gain in ((light * (1 - part), low, 1.1), (light * part, top, 0.9)):
                shine(above, grow(field(level), wide, _LAKE, soft=False), glow(colour), gain * (1.0, 0.6, 0.4)[k])
        wood.over(hills.over(above))
        lake, _ = water.surface(above, t, 0.3, lin("#06121a"), 0.85)
        view = np.concatenate([above, lake])
        fog(view, mist.at(t, 2.0, wide, high) * np.float32(0.4), lin("#3c6a70"))
        yield film(bloom(view, 0.45, 9, 0.6), t)


def _lantern(size: float, lean: float) -> tuple[Light, Light]:
    wide, high = int(size * 1.6) | 1, int(size * 2.2) | 1
    mask = np.zeros((high * 4, wide * 4), np.uint8)
    cx, w, h = wide * 2.0, size * 2.0, size * 3.0
    top, foot = high * 2 - h, high * 2 + h
    outline = [
        (-0.62, 1.0),
        (-1.0, -0.1),
        (-0.94, -0.62),
        (-0.6, -0.94),
        (0, -1.02),
        (0.6, -0.94),
        (0.94, -0.62),
        (1.0, -0.1),
        (0.62, 1.0),
    ]
    polygon(mask, [(cx + w * x + lean * h * (1 - y) * 0.3, high * 2 + h * y) for x, y in outline])
    body = cv2.resize(plain(mask), (wide, high), interpolation=cv2.INTER_AREA)
    xs, ys = grid(wide, high)
    del top, foot
    fire = halo(xs, ys, wide / 2 - lean * size * 0.2, high / 2 + size * 0.5, size * 0.55, 1.6)
    ribs = 0.86 + 0.14 * np.cos((xs - wide / 2) / size * 9)
    return field(body), field(body * (0.18 + 1.05 * fire) * ribs)


def _lanterns(frames: int) -> Iterator[Frame]:
    wide, high = HALF
    rng = noise.dice(181)
    shore_row = 196
    base = gradient(shore_row, ((0, "#0e1430"), (0.5, "#2a2a55"), (0.85, "#6b4a6b"), (1, "#a0675f")), wide)
    base += stars(182, wide, shore_row, 160, 0.6) * np.float32(0.5)
    line = field(20 * noise.profile(183, wide, 1.7, 1.0) + 16)
    hills = cut(ridge(line, shore_row, shore_row - 3), lin("#2b2340"))
    shore = cut(
        field(
            cv2.resize(
                _shore(184, 2 * shore_row, (10, 44), 150)[: 2 * shore_row],
                (wide, shore_row),
                interpolation=cv2.INTER_AREA,
            )
        ),
        lin("#0e0c18"),
    )
    water = Water(high - shore_row, 0.011, 1.4, 23)
    count = 64
    size = 2.2 + 17 * rng.random(count) ** 3.2
    x, y = rng.uniform(-0.05, 1.05, count) * wide, rng.uniform(-0.3, 1.0, count)
    phase = rng.random(count) * 6.28
    sprites = [_lantern(s, lean) for s, lean in zip(size, rng.normal(0, 0.12, count), strict=True)]
    sprites = [(blur(a, 1.4), blur(b, 1.4)) if s > 13 else (a, b) for (a, b), s in zip(sprites, size, strict=True)]
    for t, _ in seconds(frames):
        above = hills.over(base.copy())
        shore.over(above)
        view = np.zeros((high, wide, 3), np.float32)
        for k in np.argsort(size):
            rise = (y[k] * 1.25 - 0.011 * t * (0.6 + size[k] / 9)) % 1.25 - 0.12
            px = float(x[k] + 3.0 * size[k] ** 0.5 * np.sin(0.5 * t + phase[k]) + 0.35 * size[k] * t)
            py = float(rise * (shore_row + 4 * size[k]))
            alive = float(1.0 + 0.10 * np.sin(4.1 * t + 3 * phase[k]))
            target = above if size[k] < 9 else view
            stamp(target, sprites[k][1], px, py, glow("#ff9a3c", 3.0 * alive))
        lake, _ = water.surface(above + view[:shore_row], t, 0.35, lin("#0a0d1e"), 0.8)
        picture = np.concatenate([above, lake])
        picture += view
        yield film(bloom(picture, 0.75, 6, 0.7), t)


def _balloon(size: float, colours: tuple[str, str, str], sun: float) -> tuple[Light, Light]:
    wide, high = int(size * 2.4) | 1, int(size * 3.2) | 1
    xs, ys = grid(wide, high)
    cx, cy = wide / 2, size * 1.15
    dx, dy = (xs - cx) / size, (ys - cy) / size
    pinch = np.where(dy > 0.25, 1 - 0.62 * np.clip((dy - 0.25) / 1.05, 0, 1) ** 1.25, 1.0)
    reach = np.where(
        dy < 0.25, np.sqrt(np.clip(1 - (np.clip(dy, -1, 0.25) - 0.0) ** 2 * 0.96, 0, 1)), np.sqrt(1 - 0.06) * pinch
    )
    cover = np.clip((reach - np.abs(dx)) * size / 1.2 + 0.5, 0, 1) * (dy < 1.3) * (dy > -1.01)
    turn = np.arcsin(np.clip(dx / np.maximum(reach, 0.05), -1, 1))
    gore = np.floor(turn / np.pi * 12 + 60).astype(int) % 3
    palette = np.array([lin(c) for c in colours], np.float32)
    colour = palette[gore]
    lit = 0.42 + 0.75 * smooth(np.sin(turn) * sun - 0.25 * dy, -0.9, 0.9) + 0.35 * smooth(dy, 0.5, 1.3)
    seam = 1 - 0.22 * (np.abs((turn / np.pi * 12 + 60) % 1 - 0.5) > 0.44)
    paint = colour * (lit * seam)[..., None]
    basket = (np.abs(xs - cx) < 0.15 * size) & (np.abs(ys - (cy + 1.72 * size)) < 0.12 * size)
    ropes = (np.abs(np.abs(xs - cx) - (0.34 - 0.2 * (dy - 1.25) / 0.35) * size) < 0.5) & (dy > 1.25) & (dy < 1.62)
    cover = np.maximum(cover, np.maximum(basket * 1.0, ropes * 0.6))
    paint[basket | ropes] = lin("#3a2a1c")
    return field(cover), field(paint)


def _balloons(frames: int) -> Iterator[Frame]:
    wide, high = HALF
    rng = noise.dice(191)
    base = gradient(high, ((0, "#3f7fb8"), (0.4, "#8db9d6"), (0.66, "#f3cfa4"), (1, "#e8bd90")), wide + 60)
    xs, ys = grid(wide + 60, high)
    base += tint(halo(xs, ys, 390, 168, 55, 1.7) * np.float32(0.8), glow("#ffdca8"))
    base += tint(disc(xs, ys, 390, 168, 9, 3.0) * np.float32(3), glow("#fff0d0"))
    clouds = Clouds(300, 192, 0.42, lin("#fff0de"), lin("#9fb4c8"), (760, 330), 1.8, WIDTH + 120)
    planes = []
    for k in range(4):
        line = field((20 + 5 * k) * noise.profile(195 + k, wide + 120, 1.6, 1.2))
        deep = smooth(below(line, high, 178 + 24 * k), 4, 46)
        shade = mixed(
            ("#8d9db0", "#6b8490", "#47685a", "#1f3a2a")[k],
            ("#e0c8b0", "#d0bba0", "#94986f", "#3c5434")[k],
            field(0.85 * deep),
        )
        planes.append(cut(ridge(line, high, 178 + 24 * k), shade))
    mist = Mist(199, (0, 0, 0, 0.1, 0.6, 0.9, 0.7, 0.35), 3.5, 0.8)
    hues = (
        ("#d8402f", "#f4c542", "#f6ead2"),
        ("#2f6fb0", "#f2f0e6", "#e8623a"),
        ("#e8a02c", "#d8402f", "#7a2f6a"),
        ("#2fa08a", "#f4e3b0", "#e06a4a"),
        ("#c23a6a", "#f6d7c0", "#4a4a9a"),
    )
    size = np.array([7.0, 10.0, 14.0, 19.0, 27.0, 44.0, 92.0])
    place = np.array([(330, 262), (742, 210), (560, 142), (168, 236), (812, 96), (452, 262), (236, 196)], float)
    flock = [_balloon(float(s), hues[k % 5], 1.0) for k, s in enumerate(size)]
    phase = rng.random(7) * 6.28
    for t, p in seconds(frames):
        view = pan(base, 30 + 5 * (p - 0.5), 0, wide, high)
        view[:150] = pan(clouds.over(base[:150], t, 0.4), 30 + 5 * (p - 0.5), 0, wide, 150)
        for k, plane in enumerate(planes):
            plane.over(view, 60 + (8 + 9 * k) * (p - 0.5))
            if k in (1, 3):
                fog(view, mist.at(t + 20 * k, 3.0, wide, high) * np.float32(0.45), lin("#f0d6b8"))
        frame = film(bloom(view, 0.35, 8, 1.0), t)
        for k in range(7):
            x = place[k, 0] + (p - 0.5) * (-10 - size[k] * 0.6) + 2 * np.sin(0.7 * t + phase[k])
            y = place[k, 1] - 0.05 * size[k] ** 0.8 * t * 3 + 1.5 * np.sin(0.9 * t + phase[k])
            air = float(np.exp(-size[k] / 16))
            _float(frame, flock[k], x, y, air)
        yield frame


def _float(frame: Frame, balloon: tuple[Light, Light], x: float, y: float, air: float) -> None:
    cover, paint = balloon
    high, wide = cover.shape
    left, top = int(np.floor(x)) - wide // 2, int(np.floor(y)) - high // 2
    middle = ((wide - 1) / 2 - (x - np.floor(x)), (high - 1) / 2 - (y - np.floor(y)))
    cover = cv2.getRectSubPix(cover, (wide, high), middle)
    paint = cv2.getRectSubPix(paint, (wide, high), middle)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + wide, WIDTH), min(top + high, HEIGHT)
    if x1 <= x0 or y1 <= y0:
        return
    box = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    part = paint[box] * np.float32(1 - air) + np.array(lin("#e6d8cc"), np.float32) * np.float32(air)
    seen = np.sqrt(np.minimum(part / (1 + np.float32(0.7) * part), 1)) * 255
    keep = cover[box][..., None]
    frame[y0:y1, x0:x1] = (frame[y0:y1, x0:x1] * (1 - keep) + seen * keep).astype(np.uint8)


SHOTS = (
    Shot("stars_camp", "night_sky", _stars, sounds.night(71, 0.9)),
    Shot("aurora_lake", "night_sky", _aurora, sounds.night(72, 0.0, 0.6)),
    Shot("lanterns_lake", "aloft", _lanterns, sounds.night(73, 0.4, 0.8)),
    Shot("balloons_morning", "aloft", _balloons, sounds.wind(74, 0.15, 0.0, 0.8)),
)
