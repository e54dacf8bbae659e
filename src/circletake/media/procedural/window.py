"""A window in the rain: drops that hang, run, and show the world behind them upside down."""

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
    blur,
    field,
    glow,
    grid,
    pan,
    seconds,
    stamp,
)
from circletake.media.procedural.light import bloom, bokeh, film, gradient

HALF = (WIDTH // 2, HEIGHT // 2)


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
    ("#ffb35c", "#ff7a4a", "#ffd9a0", "#56c8e8", "#e8506a", "#ffe9c8"),
    46,
    1.3,
    7,
    "#0a0f18",
    91,
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
            self.drop(
                self.hole,
                self.paint,
                self._rng.uniform(0, WIDTH),
                self._rng.uniform(0, HEIGHT),
                size,
                1.0 + 0.2 * self._rng.random(),
            )

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
        seen = cv2.remap(
            self._behind, field(x - dx * bend), field(y - dy * bend), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        shade = np.clip(1.15 - 0.75 * away**3 * np.clip(0.6 - dy, 0, 1.4), 0.1, 1.3)[..., None]
        glint = np.exp(-(((dx + 0.32) / 0.2) ** 2 + ((dy + 0.42) / 0.16) ** 2))[..., None] * 120
        colour = seen * shade * np.clip(1.5 - away**2, 0.6, 1.3)[..., None] + glint
        box = np.s_[top : top + 2 * reach, left : left + 2 * reach]
        paint[box] = np.clip(paint[box] * (1 - cover) + np.clip(colour, 0, 255) * cover, 0, 255).astype(np.uint8)
        hole[box] = (hole[box] * (1 - cover)).astype(np.uint8)

    def wipe(self, x: float, y: float, size: float) -> None:
        """Let a running drop take with it what hung in its way, and leave a bead now and then."""
        box = np.s_[
            max(int(y - size), 0) : max(int(y + size), 0), max(int(x - 0.8 * size), 0) : max(int(x + 0.8 * size), 0)
        ]
        self.hole[box], self.paint[box] = 255, 0
        if self._rng.random() < 0.22:
            self.drop(
                self.hole, self.paint, x + self._rng.normal(0, 0.8), y - 1.6 * size, self._rng.uniform(0.9, 2.2), 1.1
            )


def _window(look: _Pane, frames: int) -> Iterator[Frame]:
    scene, glass = _outside(look), _Glass(look)
    rng = noise.dice(look.seed + 8)
    x, y = rng.uniform(60, WIDTH - 60, look.run), rng.uniform(-160, 330, look.run)
    size, pace, phase = rng.uniform(5, 9, look.run), rng.uniform(34, 120, look.run), rng.random(look.run) * 6.28
    cars = rng.random(4)
    sprite = bokeh(15)
    for t, p in seconds(frames):
        view = pan(scene, 30 + 16 * (p - 0.5), 0, *HALF)
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


SHOTS = (Shot("window_night", "window", lambda frames: _window(_PANE_NIGHT, frames), sounds.rain(43, 0.8, "window")),)
