"""Pictures of a stretch of footage from its original instead of its proxy: the same moments, sharper."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from circletake.domain.clip import WHOLE, Area
from circletake.errors import MediaError
from circletake.media.cover import Cover
from circletake.media.decode import CENTRE, Point
from circletake.media.picture import Frame, Size, checked_size
from circletake.media.source import open_untrusted


@dataclass(frozen=True)
class Stretch:
    """What `decode.decode_segment` is asked for, counted in the proxy."""

    first_frame: int
    """In frames of `fps` from the first picture of the file."""
    frames: int
    fps: Fraction
    proxy_fps: Fraction
    """Rate that the file is played at."""
    speed: Fraction = Fraction(1)

    def numbers(self) -> list[int]:
        """Return the numbers of the pictures of the proxy that are shown: the nearest in time, the earlier of two."""
        times = ((self.first_frame + index * self.speed) / self.fps for index in range(self.frames))
        return [max(0, math.ceil(time * self.proxy_fps - Fraction(1, 2))) for time in times]


def iterate_original(
    source: BinaryIO,
    stretch: Stretch,
    *,
    name: str,
    shown: Size,
    size: Size,
    active: Area = WHOLE,
    focus: Sequence[Point] = (CENTRE,),
) -> Iterator[Frame]:
    """Yield the pictures of a stretch, covering `size`, as `decode.decode_segment` returns them from the proxy.

    The file is opened as one of which nothing is known, turned upright, deinterlaced and tone-mapped as it was when its
    proxy was made; of a large picture no more is kept than `size` needs.

    Args:
        source: the file, open for reading.
        stretch: which pictures.
        name: what to call the file in an error.
        shown: width and height of the original as it is shown.
        size: of what is yielded, both even.
        active: the part of the picture that counts.
        focus: where the crop is centred, in 0..1 of the active area: one point for all, or one for each picture.

    Raises:
        MediaError: the file cannot be read, is damaged, or ends too early.
    """
    checked_size(size)
    scale = max(
        size[0] / (shown[0] * (active.right - active.left)), size[1] / (shown[1] * (active.bottom - active.top))
    )
    needed = sorted((math.ceil(side * min(1.0, scale)) + 1 for side in shown), reverse=True)
    cover = Cover(size, active=active, focus=focus)
    index = 0
    with open_untrusted(source, name=name, within=(needed[0], needed[1])) as playing:
        for index, picture in enumerate(playing.pictures(stretch.numbers()), 1):
            yield cover.apply(picture, index - 1)
    if index < stretch.frames:
        raise MediaError(f"{name} ends too early: {index} of {stretch.frames} frames are there; add the file again")
