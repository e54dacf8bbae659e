"""The sound of one take after another: joined where the picture is cut, without a click.

A take's sound has been through AAC, whose encoder saw it begin and end in silence: the last samples and the first ones
are off by some hundredths of full scale, even where two takes carry one continuous bed. Heard at every cut, that is a
tick. Where the wave stands out at an edit, ten samples about it are drawn anew, as a curve from one take to the other;
where that is no way across, because the takes carry different sounds, they are crossfaded.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.media.sound import join, roughness

Sound = NDArray[np.float32]
_CROSSFADE = AUDIO_RATE * 5 // 1000
"""Samples over which sounds that do not fit are crossfaded: 5 ms."""
_BEFORE, _AFTER = 4, 6
"""Samples before and after an edit that are drawn anew (0.2 ms): the fewest that lie clear of the damage, and so few
that the curve is nearer to the true sound than what was decoded."""
_FIT = 16
"""Samples on each side that tell level and slope of the curve."""
_NEAR, _FAR = 16, AUDIO_RATE // 200
"""What an edit is compared with: from a third of a millisecond to 5 ms on both sides."""
_STANDS_OUT = 1.5


def join_takes(pieces: Sequence[Sound]) -> Sound:
    """Lay takes' sounds end to end, (samples, 2) each; the length is exactly the sum of theirs.

    Every edit stays on its sample. Sounds that fit stay bit for bit.

    Raises:
        MediaError: a shape is not (samples, 2).
    """
    joined = join(pieces, crossfade=0)
    at = 0
    for before, after in itertools.pairwise([piece for piece in pieces if len(piece)]):
        at += len(before)
        if min(len(before), len(after)) >= _FAR:
            joined[at - _FAR : at + _FAR] = _mended(joined[at - _FAR : at + _FAR])
    return joined


def _mended(around: Sound) -> Sound:
    """Return the sound about an edit, which lies in its middle, without a tick."""
    if not _ticks(around):
        return around
    drawn = around.copy()
    drawn[_FAR - _BEFORE : _FAR + _AFTER] = _curve(around[_FAR - _BEFORE - _FIT : _FAR + _AFTER + _FIT])
    if not _ticks(drawn):
        return drawn
    crossfaded = join([around[:_FAR], around[_FAR:]], crossfade=_CROSSFADE)
    return drawn if _ticks(crossfaded) else crossfaded


def _ticks(around: Sound) -> bool:
    """Whether the wave bends more at an edit, in the middle of `around`, than anywhere near it."""
    bend = roughness(around)
    usual = max(bend[: _FAR - _NEAR].max(), bend[_FAR + _NEAR :].max())
    return bool(bend[_FAR - _NEAR : _FAR + _NEAR].max() > _STANDS_OUT * usual + 1e-4)


def _curve(around: Sound) -> Sound:
    """Return the samples within `_FIT` of both ends as a cubic Hermite curve that goes on from either side."""
    side = np.arange(_FIT)
    gap = _BEFORE + _AFTER + 1
    rising = np.polyfit(side - _FIT + 1, around[:_FIT], 2)[1]
    falling = np.polyfit(side, around[-_FIT:], 2)[1]
    t = (np.arange(1, gap) / gap)[:, None]
    start, end = around[_FIT - 1], around[-_FIT]
    curve = (1 + 2 * t) * (1 - t) ** 2 * start + t**2 * (3 - 2 * t) * end
    curve += gap * (t * (1 - t) ** 2 * rising - t**2 * (1 - t) * falling)
    return curve.astype(np.float32)
