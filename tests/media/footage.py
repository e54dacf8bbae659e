"""Small pictures, sounds and clips that tests are made with: gradients, moving squares, pulses; drawn on the spot."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.domain.look import Look
from circletake.domain.timing import AUDIO_RATE, samples_in
from circletake.media.encode import Profile, write_film
from circletake.media.picture import Frame, Size, blank, from_rgb, planes

FPS = Fraction(24)
SMALL: Size = (64, 36)


def numbered(index: int, *, size: Size = SMALL) -> Frame:
    """A flat picture whose luma tells its number: 30 + 4 * index."""
    return blank(size, luma=30 + 4 * index)


def number_of(frame: Frame) -> int:
    """Which `numbered` picture this is."""
    return round((float(np.median(planes(frame).y)) - 30) / 4)


def squares(frames: int, *, size: Size = (160, 90)) -> Iterator[Frame]:
    """A bright square that wanders over a gradient, with a little colour."""
    width, height = size
    ramp = np.linspace(30, 150, width, dtype=np.float32)
    for index in range(frames):
        rgb = np.repeat(np.repeat(ramp[None, :, None], height, axis=0), 3, axis=2)
        rgb[..., 2] += 30
        left = (width // 8 + index * 2) % (width - width // 5)
        rgb[height // 3 : height // 3 * 2, left : left + width // 5] = (225, 190, 120)
        yield from_rgb(np.clip(rgb, 0, 255).astype(np.uint8))


def scene(*, size: Size = (320, 180), seed: int = 1) -> Frame:
    """A picture with large coloured shapes and fine detail."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(20, 200, (9, 16, 3), dtype=np.uint8), size, interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.integers(0, 50, (size[1] // 2, size[0] // 2, 3), dtype=np.uint8), size)
    return from_rgb(np.asarray(cv2.add(coarse, fine), np.uint8))


def pulse(samples: int, *, at: int) -> NDArray[np.float32]:
    """Silence with a short noise burst, the same in both channels."""
    sound = np.zeros((samples, 2), np.float32)
    sound[at : at + 480] = np.random.default_rng(5).normal(0, 0.25, (480, 1)).astype(np.float32)
    return sound


def hum(samples: int, *, hertz: float = 220.0) -> NDArray[np.float32]:
    """A quiet stereo tone."""
    wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(samples) / AUDIO_RATE)
    return np.repeat(wave[:, None], 2, axis=1).astype(np.float32)


def clip(
    path: Path,
    *,
    frames: int = 48,
    fps: Fraction = FPS,
    size: Size = SMALL,
    sound: bool = True,
    profile: Profile = "take",
) -> Path:
    """Write a film of `numbered` pictures (modulo 48) and a hum."""
    heard = hum(samples_in(frames, fps)) if sound else None
    pictures = (numbered(index % 48, size=size) for index in range(frames))
    write_film(path, frames=pictures, fps=fps, size=size, sound=heard, profile=profile)
    return path


def foreign(path: Path, *, codec: str = "libx264", frames: int = 48, options: dict[str, str] | None = None) -> Path:
    """Write a clip as others would: open groups of pictures, other containers, other colours; no sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS, options=options or {})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = 160, 90
        stream.pix_fmt = "yuv420p"
        for index, picture in enumerate(squares(frames)):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def measured(*, luma: float = 0.45, contrast: float = 0.2, saturation: float = 0.06, b: float = 0.01) -> Look:
    """A look, as the catalogue would have measured it."""
    return Look(
        oklab_mean=(0.55, 0.005, b),
        oklab_std=(0.2, 0.02, 0.03),
        palette=((0.5, 0.0, 0.0),) * 5,
        luma=luma,
        contrast=contrast,
        saturation=saturation,
        motion=0.02,
    )
