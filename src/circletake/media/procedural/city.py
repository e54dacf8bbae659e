"""The city and the way out of it: a wet street at night, a window in the rain, a road through fog."""

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
    Rgb,
    Shot,
    blur,
    convolve,
    facing,
    field,
    glow,
    grid,
    grow,
    in_front,
    lay,
    lin,
    pan,
    polygon,
    seconds,
    shine,
    shrink,
    smooth,
    stamp,
    stroke,
    tint,
    triple,
    warp,
)
from circletake.media.procedural.flora import bare_tree, fir, plain
from circletake.media.procedural.light import Water, bloom, bokeh, film, fog, gradient, halo, lens
from circletake.media.procedural.weather import Clouds, Mist

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
    ("#ffd9a8", "#bfe4ff"), ("#ff3d8b", "#2fe0d0", "#ff8a3c", "#8a5cff"), "#4c4a66", 3, True, True, 10, 71,
)
_AMBER = _Street(
    ((0, "#14110f"), (0.55, "#33261b"), (1, "#7a5a36")),
    ("#ffb45a", "#ffc37a"), ("#ffb060", "#e8d0a0"), "#6b5234", 1, False, False, -12, 83,
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
    polygon(mask, [(head[0] + 0.05 * high * np.cos(a), head[1] + 0.062 * high * np.sin(a)) for a in np.linspace(0, 6.3, 18)])
    coat = [(-0.1, 0.16), (0.1, 0.16), (0.14, 0.4), (0.15, 0.64), (-0.15, 0.64), (-0.14, 0.4)]
    polygon(mask, [(x + a * high, top + b * high) for a, b in coat])
    for side in (-1, 1):
        stroke(mask, [(x + side * 0.05 * high, top + 0.6 * high), (x + side * swing, y - 0.004 * high)], 0.075 * high)
    dome = [(x + 0.36 * high * np.cos(a), top + 0.02 * high - 0.2 * high * np.sin(a)) for a in np.linspace(0, np.pi, 24)]
    polygon(mask, dome)
    stroke(mask, [(x + 0.02 * high, top), (x + 0.02 * high, top + 0.4 * high)], 2)
    return plain(mask)


def _street(look: _Street, frames: int) -> Iterator[Frame]:
    wide, high = WIDTH // 2 + 40, HEIGHT // 2
    scene = _lights(look, _facades(look, wide))
    water = Water(high - _ROWS, 0.02 if look.rain else 0.013, 2.2, 9, wide)
    tar = noise.tile(12, 512, 0.9, 20.0)
    wx, wz, row = water.maps()[:3]
    patches = field(smooth(noise.flow(noise.tile(13, 256, 1.6), wx * np.float32(0.1), wz * np.float32(0.1), 3, 40), 0.3, 0.72))
    wet = triple(field((0.30 + 0.62 * patches) * (1 - 0.45 * row / water.rows)))
    rough = triple(field(0.6 + 0.8 * noise.flow(tar, wx, wz, 0, 0)))
    ground = rough * np.array(lin(look.haze, 0.05), np.float32)
    spots = [bokeh(r) for r in (3.0, 4.5, 6.5, 9.0)]
    haze = Mist(look.seed, (0.1, 0.2, 0.5, 0.7, 0.3, 0.1), 3.0, 0.7)
    drops = _streaks(look.seed)
    rng = noise.dice(look.seed + 5)
    start = rng.random(look.traffic)
    for t, p in seconds(frames):
        above = scene.copy()
        for car in range(look.traffic):
            far = (start[car] + 0.09 * t * (1 if look.rain else 0.6)) % 1
            near = 0.12 * 9**far
            for side in (-1, 1):
                x, y = _END[0] + (26 + side * 13) * near * 1.7, _END[1] - 3 - 5 * near
                sprite = spots[min(3, int(near * 3.2))]
                stamp(above, sprite, x, y, glow("#fff0d8", 0.9 + 1.5 * near))
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


@dataclass(frozen=True)
class _Pane:
    stops: tuple[tuple[float, str], ...]
    lights: tuple[str, ...]
    count: int
    power: float
    run: int
    edge: str
    seed: int


_PANE_NIGHT = _Pane(
    ((0, "#101a2c"), (0.6, "#1f2b40"), (1, "#15181f")),
    ("#ffb35c", "#ff7a4a", "#ffd9a0", "#56c8e8", "#e8506a", "#ffe9c8"), 46, 1.3, 7, "#0a0f18", 91,
)
_PANE_DAY = _Pane(
    ((0, "#a9b5b8"), (0.4, "#93a39d"), (0.7, "#617468"), (1, "#3b4a42")),
    ("#c8d2cc", "#8fa58f", "#dfe4da", "#6f8a70"), 20, 0.35, 9, "#4d5a58", 97,
)


def _outside(look: _Pane) -> Light:
    rng = noise.dice(look.seed)
    wide, high = WIDTH // 2 + 60, HEIGHT // 2
    view = gradient(high, look.stops, wide)
    leafy = noise.tile(look.seed, 512, 1.7, 3.0)[:high, np.arange(wide) % 512]
    view *= (0.55 + 0.9 * blur(field(leafy), 9))[..., None]
    for _ in range(look.count):
        x, y = rng.uniform(0, wide), rng.normal(0.6, 0.14) * high
        colour = glow(look.lights[int(rng.integers(len(look.lights)))], look.power * rng.uniform(0.25, 1.0))
        stamp(view, bokeh(rng.uniform(9, 21)), x, y, colour)
    return blur(view, 1.0)


class _Glass:
    """Drops on a pane: each a small lens that shows the world behind it upside down."""

    def __init__(self, look: _Pane) -> None:
        self._rng = noise.dice(look.seed + 3)
        self._behind = film(_outside(look)[:, 30:510].copy(), 0.0)
        self._edge = np.array([255 * c**0.5 for c in glow(look.edge)])
        self.hole = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        self.paint = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for size in np.sort(1.2 + 10 * self._rng.random(900) ** 5):
            self.drop(self.hole, self.paint, self._rng.uniform(0, WIDTH), self._rng.uniform(0, HEIGHT), size, 1.0 + 0.2 * self._rng.random())

    def drop(self, hole: Frame, paint: Frame, x: float, y: float, size: float, long: float) -> None:
        """Put one drop into a layer of glass."""
        reach = int(size * long + 3)
        left, top = int(x) - reach, int(y) - reach
        if left < 0 or top < 0 or left + 2 * reach >= WIDTH or top + 2 * reach >= HEIGHT:
            return
        xs, ys = grid(2 * reach, 2 * reach)
        dx, dy = (xs - reach - np.float32(x - int(x))) / size, (ys - reach - np.float32(y - int(y))) / (size * long)
        away = np.sqrt(dx * dx + dy * dy)
        cover = np.clip((1 - away) * size / 1.3 + 0.5, 0, 1)[..., None]
        bend = 60 * (0.4 + away * away)
        seen = cv2.remap(self._behind, field(x - dx * bend), field(y - dy * bend), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        shade = np.clip(1.15 - 0.75 * away**3 * np.clip(0.6 - dy, 0, 1.4), 0.1, 1.3)[..., None]
        glint = np.exp(-(((dx + 0.32) / 0.2) ** 2 + ((dy + 0.42) / 0.16) ** 2))[..., None] * 120
        colour = seen * shade * np.clip(1.5 - away**2, 0.6, 1.3)[..., None] + glint
        box = np.s_[top : top + 2 * reach, left : left + 2 * reach]
        paint[box] = np.clip(paint[box] * (1 - cover) + np.clip(colour, 0, 255) * cover, 0, 255).astype(np.uint8)
        hole[box] = (hole[box] * (1 - cover)).astype(np.uint8)

    def wipe(self, x: float, y: float, size: float) -> None:
        """Let a running drop take with it what hung in its way, and leave a bead now and then."""
        box = np.s_[max(int(y - size), 0) : max(int(y + size), 0), max(int(x - 0.8 * size), 0) : max(int(x + 0.8 * size), 0)]
        self.hole[box], self.paint[box] = 255, 0
        if self._rng.random() < 0.22:
            self.drop(self.hole, self.paint, x + self._rng.normal(0, 0.8), y - 1.6 * size, self._rng.uniform(0.9, 2.2), 1.1)


def _window(look: _Pane, frames: int) -> Iterator[Frame]:
    scene, glass = _outside(look), _Glass(look)
    rng = noise.dice(look.seed + 8)
    x, y = rng.uniform(60, WIDTH - 60, look.run), rng.uniform(-160, 330, look.run)
    size, pace, phase = rng.uniform(5, 9, look.run), rng.uniform(34, 120, look.run), rng.random(look.run) * 6.28
    cars = rng.random(4)
    sprite = bokeh(15)
    for t, p in seconds(frames):
        view = pan(scene, 30 + 16 * (p - 0.5), 0, *HALF)
        view = view.copy()
        for index, car in enumerate(cars):
            way = 1 if index % 2 else -1
            place = (car + way * t * 0.11) % 1.2 - 0.1
            hue = glow("#ffe2b8" if way > 0 else "#ff4a3a", look.power * 0.55)
            stamp(view, sprite, place * WIDTH / 2, 198 + 9 * index, hue)
        frame = film(bloom(view, 0.35, 9, 0.9), t)
        for k in range(look.run):
            gait = np.clip(np.sin(1.7 * t + phase[k]) + 0.35, 0.05, 1.2)
            y[k] += pace[k] * gait * 1.6 / 24
            x[k] += 0.5 * np.sin(y[k] / 17 + phase[k])
            glass.wipe(x[k], y[k] - 1.5 * size[k], size[k])
        hole, paint = glass.hole.copy(), glass.paint.copy()
        for k in range(look.run):
            glass.drop(hole, paint, x[k], y[k], size[k], 1.35)
        cv2.multiply(frame, hole, frame, 1 / 255)
        yield np.asarray(cv2.add(frame, paint), np.uint8)


@dataclass(frozen=True)
class _Road:
    stops: tuple[tuple[float, str], ...]
    lamp: float
    tar: str
    verge: str
    haze: str
    thick: float
    speed: float
    poles: bool
    clouds: tuple[str, str, float] | None
    seed: int


_ROAD_FOG = _Road(
    ((0, "#10161c"), (0.6, "#222d35"), (1, "#43525a")), 1.0, "#2b2e30", "#161a14", "#4a5860", 1.0, 9.0, False, None, 101,
)
_ROAD_DUSK = _Road(
    ((0, "#2f4266"), (0.45, "#7d6f92"), (0.75, "#e09a86"), (1, "#ffc690")), 0.0, "#5a5560", "#4a3d38", "#d79c86", 0.35, 17.0,
    True, ("#ff9d80", "#5a5578", 0.5), 107,
)
_LINE = 128  # horizon row of the half-size road


def _tree_sprites(look: _Road) -> list[list[Light]]:
    sprites: list[list[Light]] = []
    for index in range(3):
        mask = np.zeros((260, 180), np.uint8)
        if look.poles:
            stroke(mask, [(90, 6), (90, 260)], 5)
            stroke(mask, [(62, 26), (118, 26)], 4)
            for x in (66, 90, 114):
                stroke(mask, [(x, 18), (x, 26)], 4)
        elif index == 1:
            fir(mask, 90, 258, 250, noise.dice(look.seed + index))
        else:
            bare_tree(mask, 90, 259, 240, look.seed + index, 0.2)
        whole = plain(mask)
        sprites.append([whole, *(shrink(whole, 180 // k, 260 // k) for k in (2, 4, 8))])
    return sprites


def _road_plane(look: _Road) -> tuple[Light, Light, Light]:
    wide, rows = WIDTH // 2, HEIGHT // 2 - _LINE
    xs, ys = grid(wide, rows)
    far = field(190 / (ys + 1.2))
    return field((xs - wide / 2 + 14) / 300 * far), far, field(np.exp(-far * 0.02 * look.thick))


def _pavement(look: _Road, across: Light, far: Light, along: float) -> Light:
    grain = noise.flow(noise.tile(15, 512, 0.8, 30.0), across * np.float32(60), far * np.float32(34), 0, along * 34)
    worn = noise.flow(noise.tile(16, 256, 1.6, 1.0, 60.0), across * np.float32(20), far * np.float32(1.4), 0, along * 1.4)
    soft = np.maximum(far * np.float32(0.006), 0.02)
    asphalt = smooth(-np.abs(across), -3.3 - soft, -3.3 + soft)
    dash = smooth(-np.abs(across), -0.085 - soft, -0.085 + soft)
    dash = dash * smooth(np.abs((far + np.float32(along)) % 9 - 4.5), 1.9, 2.1 + 4 * soft)
    rim = smooth(-np.abs(np.abs(across) - 2.95), -0.07 - soft, -0.07 + soft) * 0.7
    tone = 0.55 + 0.5 * grain + 0.35 * (worn - 0.5)
    tar, verge = np.array(lin(look.tar), np.float32), np.array(lin(look.verge), np.float32)
    ground = triple(field(tone * asphalt)) * tar + triple(field(tone * (1 - asphalt))) * verge
    paint = field(np.maximum(dash, rim) * (0.5 + 0.5 * worn))
    return lay(field(ground), lin("#b9b49c"), paint)


def _road(look: _Road, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    sky = gradient(_LINE, look.stops, wide)
    xs, ys = grid(wide, high)
    sky += tint(halo(xs[:_LINE], ys[:_LINE], 300, 124, 40, 1.6) * np.float32(0.1 if look.lamp else 1.1), lin(look.stops[-1][1]))
    clouds = Clouds(_LINE * 2, look.seed, look.clouds[2], lin(look.clouds[0], 1.2), lin(look.clouds[1]), (600, 240), 1.8) if look.clouds else None
    across, far, clear = _road_plane(look)
    beam = field(np.exp(-((across / (0.16 * far + 1.5)) ** 2)) / (1 + (far / 15) ** 2) * 2.6)
    lit = triple(beam * np.float32(look.lamp) + np.float32(0.06 if look.lamp else 1.0))
    air = field(1 - clear)
    sprites = _tree_sprites(look)
    rng = noise.dice(look.seed)
    count = 9 if look.poles else 22
    side = np.where(np.arange(count) % 2, 1, -1) * (5.2 if look.poles else rng.uniform(4.6, 9.0, count))
    place, reach = np.arange(count) / count + rng.random(count) * 0.02, 90.0
    cone = halo(xs, ys * 1.4, 226, 205 * 1.4, 62, 2.4)
    mist = Mist(look.seed, (0.3, 0.5, 0.9, 1.0, 0.8, 0.5), 2.5, 0.75)
    for t, _ in seconds(frames):
        along = look.speed * t
        above = clouds.over(sky, t, 0.8) if clouds else sky
        ground = cv2.multiply(_pavement(look, across, far, along), lit)
        fog(ground, air, lin(look.haze, 0.9))
        view = np.concatenate([above, ground])
        gone = (place * reach - along) % reach + 2.2
        for k in np.argsort(-gone):
            _stand_by(view, sprites[int(k) % 3], float(side[k]), float(gone[k]), look, 6.5 if look.poles else 7.5)
        if look.lamp:
            fog(view, mist.at(t, 6.0, wide, high) * np.float32(0.5), lin(look.haze, 0.7))
            shine(view, field(cone * (0.6 + 0.5 * mist.at(t, 9.0, wide, high))), glow("#fff2d6", 0.34))
        yield film(bloom(view, 0.35, 8, 0.9), t)


def _stand_by(view: Light, sprites: list[Light], side: float, far: float, look: _Road, tall: float) -> None:
    size = tall * 300 / far
    sprite = next((s for s in reversed(sprites) if s.shape[0] >= size), sprites[0])
    x, top = 226 + 300 * side / far - size * 0.346, _LINE + 190 / far - size
    x0, x1 = max(int(x), 0), min(int(x + size * 0.7) + 1, view.shape[1])
    y0, y1 = max(int(top), 0), min(int(top + size) + 1, view.shape[0])
    if x1 - x0 < 2 or y1 - y0 < 2 or size < 5:
        return
    step = sprite.shape[0] / size
    matrix = np.array([[step, 0, (x0 - x) * step], [0, step, (y0 - top) * step]], np.float32)
    mask = cv2.warpAffine(sprite, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    clear = float(np.exp(-far * 0.03 * look.thick))
    bright = look.lamp * 0.9 / (1 + (far / 11) ** 2)
    body = np.array(lin("#12100f")) * clear + np.array(lin(look.haze, 0.9)) * (1 - clear) + np.array(glow("#b8ab92", 0.16 * bright))
    lay(view[y0:y1, x0:x1], (float(body[0]), float(body[1]), float(body[2])), field(mask))


SHOTS = (
    Shot("street_neon", "street", lambda frames: _street(_NEON, frames), sounds.city(41, 1.0)),
    Shot("street_amber", "street", lambda frames: _street(_AMBER, frames), sounds.city(42, 0.25)),
    Shot("window_night", "window", lambda frames: _window(_PANE_NIGHT, frames), sounds.rain(43, 0.8, "window")),
    Shot("window_day", "window", lambda frames: _window(_PANE_DAY, frames), sounds.rain(44, 0.6, "window")),
    Shot("road_fog", "road", lambda frames: _road(_ROAD_FOG, frames), sounds.motor(45, 42, 0.5)),
    Shot("road_dusk", "road", lambda frames: _road(_ROAD_DUSK, frames), sounds.motor(46, 55, 0.9)),
)
