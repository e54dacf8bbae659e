"""The procedural footage of the starter catalogue: clips drawn and heard without a camera, a key or a GPU.

`CLIPS` names them, `draw` paints one frame by frame, `sound` is what the place sounds like.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from circletake.media.procedural import (
    abstract,
    city,
    field,
    house,
    interior,
    land,
    road,
    sky,
    table,
    water,
    window,
)
from circletake.media.procedural.canvas import Drawing, Shot
from circletake.media.procedural.sounds import SAMPLE_RATE

__all__ = ["CLIPS", "Drawing", "draw", "sound"]

_PLACES = (water, land, field, house, city, window, road, interior, table, sky, abstract)
_SHOTS: dict[str, Shot] = {shot.name: shot for place in _PLACES for shot in place.SHOTS}

CLIPS: tuple[Drawing, ...] = tuple(Drawing(shot.name, shot.scene, shot.frames) for shot in _SHOTS.values())


def draw(name: str) -> Iterator[NDArray[np.uint8]]:
    """Paint a clip: RGB frames (540, 960, 3), the same bytes on every run.

    Raises:
        KeyError: no clip has this name.
    """
    shot = _SHOTS[name]
    cv2.setNumThreads(1)
    yield from shot.paint(shot.frames)


def sound(name: str) -> NDArray[np.float32]:
    """Return a clip's location sound: stereo (samples, 2) at 48 kHz, as long as its picture.

    Raises:
        KeyError: no clip has this name.
    """
    shot = _SHOTS[name]
    clip = Drawing(shot.name, shot.scene, shot.frames)
    return shot.sound(round(clip.frames / clip.fps * SAMPLE_RATE))
