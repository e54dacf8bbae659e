"""The road, seen by the driver: headlights in fog, the open road at sunset."""

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
    field,
    glow,
    grid,
    lay,
    lin,
    seconds,
    shine,
    shrink,
    smooth,
    stroke,
    tint,
    triple,
)
from circletake.media.procedural.flora import bare_tree, fir, mixed, plain
from circletake.media.procedural.light import bloom, film, fog, gradient, halo
from circletake.media.procedural.weather import Clouds, Mist

HALF = (WIDTH // 2, HEIGHT // 2)


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
    ((0, "#10161c"), (0.6, "#222d35"), (1, "#43525a")),
    1.0,
    "#2b2e30",
    "#161a14",
    "#4a5860",
    1.0,
    9.0,
    False,
    None,
    101,
)
_ROAD_DUSK = _Road(
    ((0, "#2f4266"), (0.45, "#7d6f92"), (0.75, "#e09a86"), (1, "#ffc690")),
    0.0,
    "#5a5560",
    "#4a3d38",
    "#d79c86",
    0.35,
    17.0,
    True,
    ("#ff9d80", "#5a5578", 0.5),
    107,
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


class _Pavement:
    """Asphalt with its painted lines, passing under the camera."""

    def __init__(self, look: _Road, across: Light, far: Light) -> None:
        soft = np.maximum(far * 0.006, 0.02)
        asphalt = smooth(-np.abs(across), -3.3 - soft, -3.3 + soft)
        self._colour = mixed(look.verge, look.tar, asphalt)
        self._middle = field(smooth(-np.abs(across), -0.085 - soft, -0.085 + soft))
        self._rim = field(smooth(-np.abs(np.abs(across) - 2.95), -0.07 - soft, -0.07 + soft) * 0.7)
        self._far, self._sharp = far, field(1 / (0.2 + 4 * soft))
        self._grain = field(across * 60), field(far * 34), noise.tile(15, 512, 0.8, 30.0)
        self._worn = field(across * 20), field(far * 1.4), noise.tile(16, 256, 1.6, 1.0, 60.0)

    def at(self, along: float) -> Light:
        """Return the road after so many metres."""
        (gx, gz, grain_tile), (wx, wz, worn_tile) = self._grain, self._worn
        grain = noise.flow(grain_tile, gx, gz, 0, along * 34)
        worn = noise.flow(worn_tile, wx, wz, 0, along * 1.4)
        metre = self._far + np.float32(along % 9)
        metre -= np.floor(metre * np.float32(1 / 9)) * np.float32(9)
        dash = np.clip((np.abs(metre - np.float32(4.5)) - np.float32(1.9)) * self._sharp, 0, 1) * self._middle
        ground = self._colour * triple(field(0.375 + 0.5 * grain + 0.35 * worn))
        return lay(ground, lin("#b9b49c"), field(np.maximum(dash, self._rim) * (0.5 + 0.5 * worn)))


def _road(look: _Road, frames: int) -> Iterator[Frame]:
    wide, high = HALF
    sky = gradient(_LINE, look.stops, wide)
    xs, ys = grid(wide, high)
    sky += tint(
        halo(xs[:_LINE], ys[:_LINE], 300, 124, 40, 1.6) * np.float32(0.1 if look.lamp else 1.1), lin(look.stops[-1][1])
    )
    clouds = (
        Clouds(_LINE * 2, look.seed, look.clouds[2], lin(look.clouds[0], 1.2), lin(look.clouds[1]), (600, 240), 1.8)
        if look.clouds
        else None
    )
    across, far, clear = _road_plane(look)
    pavement = _Pavement(look, across, far)
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
        ground = pavement.at(along) * lit
        fog(ground, air, lin(look.haze, 0.9))
        view = field(np.concatenate([above, ground]))
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
    body = (
        np.array(lin("#12100f")) * clear
        + np.array(lin(look.haze, 0.9)) * (1 - clear)
        + np.array(glow("#b8ab92", 0.16 * bright))
    )
    lay(view[y0:y1, x0:x1], (float(body[0]), float(body[1]), float(body[2])), field(mask))


SHOTS = (
    Shot("road_fog", "road", lambda frames: _road(_ROAD_FOG, frames), sounds.motor(45, 42, 0.5)),
    Shot("road_dusk", "road", lambda frames: _road(_ROAD_DUSK, frames), sounds.motor(46, 55, 0.9)),
)
