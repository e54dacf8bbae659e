"""Picture transitions on yuv420p frames: every event gives exactly as many frames as it has on the timeline.

A dissolve lies after the edit, so the outgoing shot has to last longer than its event. If its take holds more frames,
they are shown; if not, the end of the shot slows down gently until its last frame covers the overlap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from circletake.domain.plan import Transition
from circletake.errors import MediaError

Frame = NDArray[np.uint8]
Source = Callable[[], Iterator[Frame]]
_BLACK_LUMA, _NO_CHROMA = 16, 128
"""Black in limited-range Y'CbCr (ITU-R BT.709)."""


@dataclass(frozen=True)
class Stretch:
    """One event, with what the renderer has to know."""

    name: str
    """E.g. `12A-7`; used in errors."""
    source: Source
    """Opens the take from its first frame on."""
    first: int
    """First frame of the take that is used."""
    frames: int
    """Frames on the timeline."""
    available: int
    """Frames of the take from `first` on."""
    transition: Transition
    """How it begins; one that fades to black ends so."""
    length: int
    """Frames of that transition; 0 for a plain cut."""


def _look_away(frame: Frame) -> None:
    """See nothing."""


def picture(stretches: Sequence[Stretch], *, watch: Callable[[Frame], None] = _look_away) -> Iterator[Frame]:
    """Yield the frames of the film: the sum of the stretches' frames, whatever their transitions.

    Args:
        stretches: the events, in story order.
        watch: is shown every frame before it is yielded, without fades: a fade goes to black on purpose.

    Raises:
        MediaError: a take ends before its event does.
    """
    tail: list[Frame] = []
    for index, stretch in enumerate(stretches):
        follower = stretches[index + 1] if index + 1 < len(stretches) else None
        overlap = follower.length if follower and follower.transition == "dissolve" else 0
        shown, outgoing = _with_tail(stretch, overlap)
        for at, frame in enumerate(shown):
            dissolves = at < len(tail)
            whole = mixed(tail[at], frame, (at + 1) / (stretch.length + 1)) if dissolves else frame
            watch(whole)
            yield whole if dissolves else _faded(whole, at, stretch)
        tail = outgoing


def _faded(frame: Frame, at: int, stretch: Stretch) -> Frame:
    """Return frame `at` of a stretch with its fade; a dissolve from nothing is a fade from black."""
    if stretch.transition == "fade_to_black":
        left = stretch.frames - at
        return darkened(frame, (left - 1) / stretch.length) if left <= stretch.length else frame
    return darkened(frame, at / stretch.length) if at < stretch.length else frame


def _with_tail(stretch: Stretch, overlap: int) -> tuple[Iterator[Frame], list[Frame]]:
    """Return the frames of a stretch, and a list that holds `overlap` more of them once the frames are through."""
    tail: list[Frame] = []
    if not overlap:
        return _whole(stretch, stretch.frames), tail
    if stretch.available >= stretch.frames + overlap:
        return _and_more(stretch, overlap, tail), tail
    return _slowing(stretch, overlap, tail), tail


def _whole(stretch: Stretch, frames: int) -> Iterator[Frame]:
    """Yield exactly `frames` frames of a take."""
    seen = 0
    for frame in islice(stretch.source(), stretch.first, stretch.first + frames):
        seen += 1
        yield frame
    if seen != frames:
        raise MediaError(f"take {stretch.name} ends after {stretch.first + seen} frames, {frames} are needed")


def _and_more(stretch: Stretch, overlap: int, tail: list[Frame]) -> Iterator[Frame]:
    for at, frame in enumerate(_whole(stretch, stretch.frames + overlap)):
        if at < stretch.frames:
            yield frame
        else:
            tail.append(frame)


def _slowing(stretch: Stretch, overlap: int, tail: list[Frame]) -> Iterator[Frame]:
    """Yield a stretch whose last frames (twice the overlap) are spread over as many and the overlap."""
    slow = min(2 * overlap, stretch.frames)
    held: deque[Frame] = deque(maxlen=slow)
    for at, frame in enumerate(_whole(stretch, stretch.frames)):
        held.append(frame)
        if at < stretch.frames - slow:
            yield frame
    last = list(held)
    for at, position in enumerate(ease_out(slow, slow + overlap)):
        before = int(position)
        after = min(before + 1, slow - 1)
        frame = mixed(last[before], last[after], position - before) if position > before else last[before]
        if at < slow:
            yield frame
        else:
            tail.append(frame)


def ease_out(frames: int, places: int) -> list[float]:
    """Return `places` positions from 0 to `frames - 1` that begin at full speed and slow down steadily.

    `s(t) = t - k t^2` with `k` such that the last place is the last frame.
    """
    end = places - 1
    slowing = (end - (frames - 1)) / end**2 if end else 0.0
    return [min(t - slowing * t * t, float(frames - 1)) for t in range(places)]


def mixed(one: Frame, other: Frame, weight: float) -> Frame:
    """Return `one` with `other` over it; `weight` 0 is `one`, 1 is `other`."""
    share = round(weight * 256)
    return ((one.astype(np.uint16) * (256 - share) + other.astype(np.uint16) * share + 128) >> 8).astype(np.uint8)


def darkened(frame: Frame, weight: float) -> Frame:
    """Return a frame between black (`weight` 0) and itself (1)."""
    rows = frame.shape[0] * 2 // 3
    black = np.full_like(frame, _NO_CHROMA)
    black[:rows] = _BLACK_LUMA
    return mixed(black, frame, weight)
