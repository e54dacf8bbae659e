"""Water: an open sea, a lake in mist, a place under the surface."""

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
    field,
    glow,
    grid,
    lay,
    lin,
    pan,
    seconds,
    smooth,
    tint,
)
from circletake.media.procedural.light import Water, bloom, disc, film, fog, gradient, halo
from circletake.media.procedural.weather import Clouds


@dataclass(frozen=True)
class _Sea:
    stops: tuple[tuple[float, str], ...]
    horizon: int
    sun: tuple[float, float]
    sun_light: Rgb
    glow: float
    clouds: tuple[int, float, str, float, str]
    deep: str
    rough: float
    scale: float
    speed: float
    bob: float
    foam: float
    haze: str


_DUSK = _Sea(
    ((0, "#27394f"), (0.45, "#6f6a7c"), (0.75, "#d08a5e"), (0.92, "#f4b26a"), (1, "#f0a75f")),
    262,
    (330, 222),
    glow("#ffc070"),
    1.1,
    (24, 0.5, "#f0a878", 1.2, "#57505f"),
    "#123244",
    0.055,
    0.9,
    1.0,
    5,
    0.0,
    "#c98f68",
)
_STORM = _Sea(
    ((0, "#2b3338"), (0.5, "#4a565a"), (0.85, "#88938f"), (1, "#9aa39b")),
    232,
    (640, 190),
    glow("#dfe6da", 0.5),
    0.35,
    (33, 0.95, "#a9b3ad", 1.0, "#2a3236"),
    "#0f2a2c",
    0.085,
    0.62,
    1.5,
    13,
    1.0,
    "#7c8884",
)


def _sea(look: _Sea, frames: int) -> Iterator[Frame]:
    margin, rows = 20, look.horizon // 2
    wide, high = WIDTH // 2 + 2 * margin, look.horizon // 2 + 24
    xs, ys = grid(wide, high)
    sx, sy = look.sun[0] / 2 + margin, look.sun[1] / 2
    base = gradient(high, look.stops, wide)
    base += tint(halo(xs, ys * 1.25, sx, sy * 1.25, 30, 1.6) * look.glow, look.sun_light)
    if look.glow > 0.5:
        base += tint(disc(xs, ys, sx, sy, 10, 2.0) * np.float32(9), look.sun_light)
    seed, cover, lit, gain, dark = look.clouds
    clouds = Clouds(high * 2, seed, cover, lin(lit, gain), lin(dark), (sx * 2, sy * 2), 1.6, wide * 2)
    water = Water(HEIGHT // 2 - rows + 24, look.rough, look.scale, 5, wide)
    row = np.arange(water.rows, dtype=np.float32)[:, None]
    air = field(np.repeat(np.exp(-row / 13) * 0.6, wide, 1))
    foam = noise.tile(91, 512, 0.95, 8.0, 200.0)
    foam_x, foam_z = (plane * np.float32(scale) for plane, scale in zip(water.maps()[:2], (0.9, 1.5), strict=True))
    for t, p in seconds(frames):
        sky = clouds.over(base, t, 0.35 * look.speed)
        sea, bend = water.surface(sky[: rows + 14], t, look.speed, lin(look.deep))
        if look.foam:
            caps = noise.flow(foam, foam_x, foam_z, 19 * t, -64 * t) * smooth(
                bend * np.float32(1 / look.rough), -0.2, 1.9
            )
            lay(sea, lin("#b9c4bf"), field(smooth(caps, 0.34, 0.72) * 0.62 * look.foam))
        fog(sea, air, lin(look.haze))
        picture = np.concatenate([sky[:rows], sea])
        lift = 12 + 0.5 * look.bob * (np.sin(1.1 * t + 0.4) + 0.4 * np.sin(2.3 * t))
        seen = pan(picture, margin * (1 + 0.7 * (p - 0.5)), lift, WIDTH // 2, HEIGHT // 2)
        yield film(bloom(seen, 0.4 * look.glow, 6, 1.0), t)


SHOTS = (
    Shot("ocean_dusk", "ocean", lambda frames: _sea(_DUSK, frames), sounds.surf(11, 0.3)),
    Shot("ocean_storm", "ocean", lambda frames: _sea(_STORM, frames), sounds.surf(12, 1.0)),
)
