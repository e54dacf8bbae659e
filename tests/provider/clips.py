"""The clips that the provider makes: H.264 and AAC, drawn fast, different by seed, never still, black or flashing."""

from __future__ import annotations

import io
import threading
from fractions import Fraction
from functools import lru_cache

import av
import cv2
import numpy as np
from numpy.typing import NDArray

VARIANTS = 48
"""Clips of one size and length; seeds share them."""
_FPS = 24
_RATE = 48_000
_lock = threading.Lock()


def clip(*, width: int, height: int, seconds: int, seed: int) -> bytes:
    """Return an MP4."""
    with _lock:
        return _clip(width, height, seconds, seed % VARIANTS)


def _ground(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Return a picture twice as large, to be wandered over: soft fields of colour, and shapes with edges."""
    rng = np.random.default_rng(seed)
    hue = rng.uniform(0, 180)
    small = np.zeros((9, 16, 3), np.uint8)
    small[..., 0] = (hue + rng.uniform(0, 60, (9, 16))) % 180
    small[..., 1] = rng.uniform(60, 190, (9, 16))
    small[..., 2] = rng.uniform(70, 210, (9, 16))
    field = cv2.resize(cv2.cvtColor(small, cv2.COLOR_HSV2RGB), (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    for _ in range(36):
        at = (int(rng.uniform(0, 2 * width)), int(rng.uniform(0, 2 * height)))
        colour = tuple(int(value) for value in rng.uniform(30, 230, 3))
        cv2.circle(field, at, int(rng.uniform(0.02, 0.12) * height * 2), colour, -1, cv2.LINE_AA)
    return np.asarray(field, np.uint8)


@lru_cache(maxsize=256)
def _clip(width: int, height: int, seconds: int, variant: int) -> bytes:
    ground = _ground(width, height, variant)
    angle = 2 * np.pi * variant / VARIANTS
    frames = seconds * _FPS
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as film:
        video = film.add_stream("libx264", rate=_FPS, options={"preset": "ultrafast", "crf": "24"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = film.add_stream("aac", rate=_RATE, layout="stereo")
        for number in range(frames):
            reach = 0.25 * (number / frames - 0.5)
            x = int(width * (0.5 + reach * np.cos(angle)))
            y = int(height * (0.5 + reach * np.sin(angle)))
            view = np.ascontiguousarray(ground[y : y + height, x : x + width])
            for packet in video.encode(av.VideoFrame.from_ndarray(view, format="rgb24")):
                film.mux(packet)
        for packet in video.encode():
            film.mux(packet)
        times = np.arange(seconds * _RATE) / _RATE
        wave = (0.06 * np.sin(2 * np.pi * (110 + 5 * variant) * times) * (0.8 + 0.2 * np.sin(3 * times))).astype(
            np.float32
        )
        for at in range(0, len(wave), 1024):
            part = np.stack([wave[at : at + 1024]] * 2)
            sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout="stereo")
            sound.sample_rate, sound.pts, sound.time_base = _RATE, at, Fraction(1, _RATE)
            for packet in audio.encode(sound):
                film.mux(packet)
        for packet in audio.encode():
            film.mux(packet)
    return out.getvalue()
