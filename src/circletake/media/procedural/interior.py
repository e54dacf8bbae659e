"""Rooms: a corridor with a failing lamp, dust in a beam, steam and smoke in the light, candles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
    lay,
    lin,
    pan,
    polygon,
    seconds,
    shine,
    smooth,
    sparkle,
    specks,
    tint,
    triple,
    warp,
    within,
)
from circletake.media.procedural.flora import Layer, cut_shown, mixed, plain
from circletake.media.procedural.light import bloom, film, fog, gradient, halo
from circletake.media.procedural.weather import Mist

HALF = (WIDTH // 2, HEIGHT // 2)


@dataclass(frozen=True)
class _Corridor:
    wall: str
    skirt: str
    floor: str
    lamp: Rgb
    haze: str
    gloss: float
    speed: float
    flicker: bool
    figure: bool
    carpet: bool
    seed: int


_FLICKER = _Corridor("#8d9a86", "#4f5f52", "#6b6f5e", glow("#dcf5d8"), "#101812", 0.55, 0.75, True, True, False, 111)
_HOTEL = _Corridor("#a9805a", "#5a2f22", "#7a2a26", glow("#ffc98a"), "#3a2115", 0.08, -0.55, False, False, True, 117)
_SPACE, _DOORS = 4.2, 3.1  # distance of lamps and of doors


class _Box:
    """The geometry of a long room seen from inside, half size."""

    def __init__(self) -> None:
        xs, ys = grid(*HALF)
        dx, dy = (xs - 246) / 250, (ys - 128) / 250
        side, floor, roof = (
            1.35 / np.maximum(np.abs(dx), 1e-3),
            1.15 / np.maximum(dy, 1e-3),
            1.25 / np.maximum(-dy, 1e-3),
        )
        self.far = field(np.minimum(np.minimum(np.minimum(side, floor), roof), 60))
        self.across, self.up = field(dx * self.far), field(-dy * self.far)
        self.wall = field((side <= floor) & (side <= roof))
        self.floor = field((floor < side) & (floor < roof))
        self.roof = field(1 - self.wall - self.floor)
        self.corner = field(0.45 + 0.55 * np.minimum(smooth(1.35 - np.abs(self.across), -0.05, 0.5) + self.wall, 1))
        self.corner *= field(
            np.where(self.wall > 0, 0.5 + 0.5 * smooth(np.minimum(1.25 - self.up, self.up + 1.15), 0, 0.4), 1)
        )


def _ruler(look: _Corridor, along: float, levels: dict[int, float]) -> Light:
    """Measure the corridor along its length: door, door frame, light and tubes, as one row of four channels."""
    place = np.linspace(0, 61, 2440) + along
    off = np.abs(place % _DOORS - _DOORS / 2)
    door, frame = (np.clip((half - off) / 0.03 + 0.5, 0, 1) for half in (0.5, 0.58))
    light, tube = np.zeros_like(place), np.zeros_like(place)
    for lamp, level in levels.items():
        away = np.abs(place - lamp * _SPACE)
        light += 1.05 * level / (1 + 0.6 * away * away)
        tube += level * np.clip(((0.7 if look.flicker else 0.2) - away) / 0.05 + 0.5, 0, 1)
    return field(np.stack([door, frame, light, tube], axis=-1)[None])


def _levels(look: _Corridor, along: float, stutter: float) -> dict[int, float]:
    first = int(along // _SPACE)
    steady = {lamp: 0.85 + 0.2 * np.sin(2.4 * lamp) for lamp in range(first - 1, first + 8)}
    if look.flicker:
        steady = {lamp: level * (0.12 if lamp % 3 == 0 else 1.0) for lamp, level in steady.items()}
        steady[10 + 1] = stutter
    return steady


def _corridor(look: _Corridor, frames: int) -> Iterator[Frame]:
    box = _Box()
    stutter = np.interp(
        np.linspace(0, 12, frames), np.arange(13), (1, 0.9, 0.25, 0.85, 1, 0.95, 0.2, 0.45, 1, 0.9, 1, 0.3, 0.9)
    )
    wall, skirt, floor = (np.array(lin(c), np.float32) for c in (look.wall, look.skirt, look.floor))
    xs, nothing = field(box.far * (2439 / 61)), np.zeros_like(box.far)
    air = field(1 - np.exp(-box.far / (11 if look.flicker else 17)))
    edge = np.maximum(box.far * 0.006, 0.01)
    in_door, in_frame, low = (field(np.clip((y - box.up) / edge + 0.5, 0, 1) * box.wall) for y in (0.75, 0.83, -0.25))
    paint = triple(field(box.wall * (1 - 0.85 * low) + 1.05 * box.roof)) * wall + triple(field(0.85 * low)) * skirt
    paint += triple(box.floor) * floor
    shape = field(box.corner / (1 + 0.25 * (1.2 - box.up) ** 2))
    tubes = field(
        np.clip(((0.3 if look.flicker else 0.2) - np.abs(box.across)) / np.maximum(box.far * 0.008, 0.03) + 0.5, 0, 1)
    )
    tubes *= (box.roof * 2.6 + box.floor * look.gloss) * (1 - 0.6 * air)
    grain, weave = noise.tile(17, 512, 1.2, 3.0), noise.tile(23, 256, 0.6, 6.0, 60.0)
    gx, gz = field(box.up * 60 + box.across * 70), field(box.far * 60)
    mist = Mist(look.seed, (0.4, 0.6, 1, 1, 0.6, 0.3), 2.0, 0.6)
    near = field(box.floor * np.exp(-box.far / 9))
    for index, (t, _) in enumerate(seconds(frames)):
        along = 40 + look.speed * t
        ruler = warp(_ruler(look, along, _levels(look, along, float(stutter[index]))), xs, nothing, wrap=False)
        door, frame = ruler[..., 0] * in_door, ruler[..., 1] * in_frame
        tone = 0.8 + 0.4 * noise.flow(grain, gx, gz, 0, along * 60)
        if look.carpet:
            tone += (
                0.9
                * near
                * (noise.flow(weave, box.across * np.float32(26), box.far * np.float32(26), 0, along * 26) - 0.4)
            )
        tone *= (ruler[..., 2] + np.float32(0.02 if look.flicker else 0.07)) * shape
        view = paint.copy()
        lay(view, lin(look.skirt), field(frame))
        view *= triple(field(tone * (1 - 0.5 * door)))
        fog(view, air, lin(look.haze))
        shine(view, blur(field(ruler[..., 3] * tubes), 0.7), look.lamp)
        fog(view, mist.at(t, 2.0, *HALF) * air * np.float32(0.35), lin(look.haze, 2.2))
        if look.figure:
            lay(view, lin("#030504"), _figure(246.5 + 0.4 * np.sin(0.8 * t), 128.5, 34 * (1 + 0.03 * t)))
        yield film(bloom(view, 0.55, 9, 0.8), t)


def _figure(x: float, eye: float, high: float) -> Light:
    mask = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    top = eye - 0.32 * high
    body = [
        (-0.05, 0.15),
        (-0.14, 0.19),
        (-0.16, 0.5),
        (-0.1, 0.52),
        (-0.11, 1.0),
        (-0.02, 1.0),
        (0, 0.6),
        (0.02, 1.0),
        (0.11, 1.0),
    ]
    body += [(0.1, 0.52), (0.16, 0.5), (0.14, 0.19), (0.05, 0.15)]
    polygon(mask, [(x + a * high, top + b * high) for a, b in body])
    polygon(
        mask, [(x + 0.062 * high * np.cos(a), top + high * (0.09 + 0.08 * np.sin(a))) for a in np.linspace(0, 6.3, 16)]
    )
    return plain(mask)


@dataclass(frozen=True)
class _Beam:
    room: tuple[tuple[float, str], ...]
    light: Rgb
    source: tuple[float, float]
    panes: tuple[tuple[float, float, float, float], ...]
    throw: tuple[float, float]
    spread: float
    film: bool
    seed: int


_ATTIC = _Beam(
    ((0, "#2a221c"), (0.6, "#3a2d22"), (1, "#241a13")),
    glow("#ffdba6"),
    (150, 60),
    ((88, 46, 40, 56), (134, 46, 40, 56), (88, 108, 40, 56), (134, 108, 40, 56)),
    (500, 330),
    1.55,
    False,
    121,
)
_CINEMA = _Beam(
    ((0, "#15141c"), (0.6, "#1d1a22"), (1, "#0e0c10")),
    glow("#cfe0ff"),
    (858, 96),
    ((850, 88, 14, 14),),
    (-1000, 90),
    22.0,
    True,
    127,
)


def _throw(look: _Beam, wide: int, high: int, scale: float) -> Light:
    beam = np.zeros((high, wide), np.float32)
    for x, y, w, h in look.panes:
        one = np.zeros((high, wide), np.uint8)
        near = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]) * scale
        middle = near.mean(axis=0)
        far = (near - middle) * look.spread + middle + np.array(look.throw) * scale
        for k in range(4):
            polygon(one, [near[k], near[(k + 1) % 4], far[(k + 1) % 4], far[k]])
        beam += plain(one)
    xs, ys = grid(wide, high)
    away = np.hypot(xs / scale - look.source[0], ys / scale - look.source[1]) / np.hypot(*look.throw)
    return blur(field(beam * np.clip(1.15 - 0.75 * away, 0, 1)), 2.2)


def _attic(look: _Beam) -> tuple[Light, Layer]:
    wide, high = HALF
    view = gradient(high, look.room, wide)
    boards = noise.tile(18, 512, 1.2, 4.0, 300.0, 0.12)[np.arange(high)][:, np.arange(wide)]
    seams = np.abs((np.arange(wide) % 43) - 21)[None, :] > 20
    view *= ((0.45 + 1.1 * boards) * np.where(seams & (np.arange(high)[:, None] < 200), 0.45, 1.0))[..., None]
    floor = smooth(np.arange(high), 199, 202)[:, None] * np.ones((1, wide))
    lay(
        view,
        lin("#3d2c1e"),
        field(floor * (0.35 + 0.4 * boards.T[:high, :wide] if boards.shape[0] >= wide else floor * 0.5)),
    )
    xs, ys = grid(wide, high)
    view *= (0.35 + 1.3 * halo(xs, ys, 250, 205, 150, 2.0))[..., None]
    pool = np.zeros((high, wide), np.uint8)
    for k in range(2):
        for j in range(2):
            x, y = 258 + 46 * k + 16 * j, 206 + 20 * j
            polygon(pool, [(x, y), (x + 40, y), (x + 54, y + 17), (x + 14, y + 17)])
    shine(view, blur(plain(pool), 1.3), look.light, 0.9)
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x, y, w, h in (
        (640, 372, 9, 118),
        (716, 372, 8, 104),
        (618, 425, 112, 9),
        (640, 288, 8, 90),
        (716, 288, 7, 90),
        (640, 290, 84, 10),
        (640, 322, 84, 8),
        (622, 430, 8, 66),
        (724, 430, 7, 60),
    ):
        polygon(drawn, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    polygon(drawn, [(0, 470), (150, 456), (172, 480), (172, 540), (0, 540)])
    polygon(drawn, [(20, 474), (20, 396), (118, 388), (132, 402), (132, 462)])
    return view, cut_shown(
        plain(drawn), mixed("#1c140d", "#0a0705", np.linspace(0, 1, HEIGHT)[:, None] * np.ones((1, WIDTH)))
    )


def _hall(look: _Beam) -> tuple[Light, Layer]:
    wide, high = HALF
    view = gradient(high, look.room, wide)
    xs, ys = grid(wide, high)
    folds = 0.55 + 0.45 * np.sin(xs / 6.5 + 1.5 * np.sin(xs / 31)) ** 2
    view += tint(field(folds * halo(xs, ys, -30, 150, 150, 2.4) * 0.12), glow("#a8303a"))
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    shade = np.zeros((HEIGHT, WIDTH), np.float32)
    for row, (y, w) in enumerate(((424, 74), (462, 98), (510, 132))):
        for x in np.arange(-w * 0.4 * row, WIDTH + w, w * 1.08):
            outline = [(x + w * (0.5 + 0.46 * np.cos(a)), y - 0.14 * w * np.sin(a)) for a in np.linspace(0, np.pi, 12)]
            polygon(drawn, [*outline, (x + 0.04 * w, 540), (x + 0.96 * w, 540)])
            if (row, int(x // w)) in ((0, 3), (0, 4), (1, 6)):
                hx, hy, r = x + 0.5 * w, y - 0.3 * w, 0.19 * w
                polygon(drawn, [(hx + r * np.cos(a), hy + 1.2 * r * np.sin(a)) for a in np.linspace(0, 6.3, 20)])
                polygon(
                    drawn,
                    [
                        (hx - 0.42 * w, y + 20),
                        (hx - 0.34 * w, y - 0.05 * w),
                        (hx, y - 0.16 * w),
                        (hx + 0.34 * w, y - 0.05 * w),
                        (hx + 0.42 * w, y + 20),
                    ],
                )
    shade += np.linspace(0.0, 1.0, HEIGHT, dtype=np.float32)[:, None]
    return view, cut_shown(plain(drawn), mixed("#3a3038", "#0b080b", smooth(shade, 0.74, 1.0)))


def _wider(plane: Any, by: int) -> Any:
    return np.pad(plane, [(0, 0), (by, by)] + [(0, 0)] * (plane.ndim - 2), mode="edge")


def _dust(look: _Beam, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    room, front = (_hall if look.film else _attic)(look)
    room, front = _wider(room, 12), Layer(_wider(front.hole, 40), _wider(front.paint, 40), front.top)
    shaft = _throw(look, wide, high, 0.5)
    full = (np.clip(grow(shaft), 0, 1) * 255).astype(np.uint8)
    window = np.zeros((high, wide), np.uint8)
    for x, y, w, h in look.panes:
        polygon(window, [(x / 2, y / 2), ((x + w) / 2, y / 2), ((x + w) / 2, (y + h) / 2), (x / 2, (y + h) / 2)])
    air = _wider(field(np.dstack([shaft, blur(plain(window), 0.8)])), 12)
    xs, ys = grid(wide, high)
    stripes, cloth = noise.tile(19, 256, 1.1, 1.0, 40.0), noise.tile(20, 256, 1.7, 1.0, 50.0)
    angle = field(np.arctan2(ys - look.source[1] / 2, look.source[0] / 2 - xs) * 150)
    rng = noise.dice(look.seed)
    motes, slow = rng.random((420, 2)) * (WIDTH, HEIGHT), rng.random(420)
    radii = 0.5 + 1.9 * slow**4
    for t, p in seconds(frames):
        beat = 1 + (
            0.22 * np.sin(4.1 * t) * np.sin(2.3 * t + 1) + 0.06 * np.sin(11 * t)
            if look.film
            else 0.16 * np.sin(1.1 * t)
        )
        swirl = 0.45 + 1.1 * noise.flow(cloth, xs * np.float32(0.8), ys * np.float32(0.8), 11 * t, -7 * t)
        if look.film:
            reel = 9 * np.floor(t * 1.6) + 9 * smooth(t * 1.6 % 1, 0.6, 1)
            swirl *= 0.25 + 1.5 * noise.flow(stripes, angle, np.zeros_like(xs), 0, reel)
        view = pan(room, 12 + 14 * (p - 0.5), 0, wide, high)
        beam = pan(air, 12 + 14 * (p - 0.5), 0, wide, high)
        shine(view, field(beam[..., 0] * swirl), look.light, 0.42 * beat)
        shine(view, field(beam[..., 1]), look.light, 5.0 * beat)
        frame = front.over(film(bloom(view, 0.5, 9, 0.8), t), 40 + 60 * (p - 0.5))
        x = motes[:, 0] + 24 * t * (0.3 + slow) + 9 * np.sin(0.8 * t + 20 * slow)
        y = motes[:, 1] - 10 * t * (slow - 0.3) + 8 * np.cos(0.7 * t + 31 * slow)
        lit = specks(np.stack([x % WIDTH, y % HEIGHT], 1), radii, 0.25 + 0.75 * slow)
        yield sparkle(frame, within(lit, full), look.light, 0.95 * beat)


SHOTS = (
    Shot("corridor_flicker", "corridor", lambda frames: _corridor(_FLICKER, frames), sounds.room(51, 0.9, 100)),
    Shot("corridor_hotel", "corridor", lambda frames: _corridor(_HOTEL, frames), sounds.room(52, 0.25, 60)),
    Shot("dust_attic", "dust", lambda frames: _dust(_ATTIC, frames), sounds.room(53, 0.02, 50, 0.6)),
    Shot("dust_cinema", "dust", lambda frames: _dust(_CINEMA, frames), sounds.room(54, 0.35, 48)),
)
