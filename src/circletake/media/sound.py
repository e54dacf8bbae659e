"""Sound under the picture: music beds by tone, mixing under a clip's own sound, and edits that do not click.

Sound is float32 of shape (samples, 2) at 48 kHz. A bed is a function of film time: it is made for the whole film, so
that the stretches cut out of it for consecutive shots join without a seam.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError
from circletake.media.loudness import as_stereo, level, spread
from circletake.media.music import compose

BED_LOUDNESS = -16.0
"""LUFS of a bed: as loud as a master nearly, with room for the clips' own sound."""
BED_CEILING = -3.0
"""dBFS of a bed's highest samples."""
_FADE_IN, _FADE_OUT = AUDIO_RATE // 4, AUDIO_RATE * 3 // 2
_HOP = AUDIO_RATE // 100
_SPEECH = 10.0 ** (-38.0 / 20.0)
_ATTACK, _RELEASE = 600.0, 24.0
"""dB a second in which the bed gets out of the way, and comes back."""


def bed(tone: str, *, seed: int, samples: int, cuts: tuple[int, ...] = ()) -> NDArray[np.float32]:
    """Compose the music bed of a whole film: (samples, 2), about -16 LUFS, faded at both ends of the film.

    The same arguments give the same bed. Bars fill the film exactly and lean towards its cuts; parts come in on cuts,
    strokes and swells fall on some of them, and a riser breaks off on the last late one.

    Args:
        tone: a tone of the plan, e.g. `dread` or `dry humour`; an unknown one is played as neutral.
        seed: chooses tune, timing and timbre in detail.
        samples: length of the film at 48 kHz.
        cuts: samples at which the picture is cut.

    Raises:
        MediaError: a negative length.
    """
    if samples < 0:
        raise MediaError(f"a bed of {samples} samples cannot be made; the length is that of the film")
    if not samples:
        return np.zeros((0, 2), np.float32)
    key = tone.strip().lower().replace("_", " ").replace("-", " ")
    played = level(compose(key, seed=seed, samples=samples, cuts=cuts), target=BED_LOUDNESS, ceiling=BED_CEILING)
    played *= _ramp(samples, _FADE_IN)
    played *= _ramp(samples, _FADE_OUT)[::-1]
    return played


def mix(
    bed: NDArray[np.float32], own: NDArray[np.float32], *, own_gain_db: float, duck_db: float
) -> NDArray[np.float32]:
    """Lay a bed under a clip's own sound; returns a new array.

    Where the own sound (after its gain) is louder than -38 dBFS, the bed goes down by up to `duck_db`, reached 12 dB
    above that; it begins to go down before the sound, and comes back at 24 dB a second.

    Args:
        bed: (samples, 2).
        own: the clip's own sound, of the same length.
        own_gain_db: gain of the own sound.
        duck_db: how far the bed goes down at most, in positive dB; 0 leaves it alone.

    Raises:
        MediaError: the two differ in length, are not stereo, or `duck_db` is negative.
    """
    under, over = as_stereo(bed), as_stereo(own) * np.float32(10.0 ** (own_gain_db / 20.0))
    if len(under) != len(over):
        raise MediaError(f"a bed of {len(under)} samples does not fit own sound of {len(over)}; cut them alike first")
    if duck_db < 0:
        raise MediaError(f"a bed cannot be ducked by {duck_db} dB; give 0 or more")
    if not len(over) or not duck_db:
        return np.add(under, over, dtype=np.float32)
    count = -(-len(over) // _HOP)
    power = np.zeros(count * _HOP, np.float32)
    power[: len(over)] = np.square(over).mean(axis=1)
    heard = np.sqrt(power.reshape(count, _HOP).mean(axis=1))
    wanted = np.clip(20.0 * np.log10(np.maximum(heard, 1e-6) / _SPEECH) / 12.0, 0.0, 1.0) * duck_db
    late = np.arange(count) * (_RELEASE * _HOP / AUDIO_RATE)
    early = np.arange(count) * (_ATTACK * _HOP / AUDIO_RATE)
    held = np.maximum.accumulate(wanted + late) - late
    ahead = (np.maximum.accumulate((held[::-1]) + early) - early)[::-1]
    kernel = np.hanning(11)[1:-1] / np.hanning(11)[1:-1].sum()
    smooth = np.convolve(np.pad(ahead, 4, mode="edge"), kernel, mode="valid")
    gain = spread(10.0 ** (-smooth / 20.0), hop=_HOP, samples=len(over))
    return np.add(under * gain[:, None], over, dtype=np.float32)


def fade(sound: NDArray[np.float32], *, samples: int) -> NDArray[np.float32]:
    """Return sound that rises from nothing at its beginning and falls to nothing at its end; a new array.

    Args:
        sound: (length, 2).
        samples: length of each fade; at most half the sound.

    Raises:
        MediaError: the shape is not (samples, 2).
    """
    stereo = as_stereo(sound)
    shape = _ramp(len(stereo), min(samples, len(stereo) // 2))
    return np.multiply(stereo, shape * shape[::-1], dtype=np.float32)


def join(pieces: Sequence[NDArray[np.float32]], *, crossfade: int) -> NDArray[np.float32]:
    """Lay pieces end to end without a click; the length is exactly the sum of theirs.

    Consecutive stretches of one bed fit as they are, and stay bit for bit. Where the wave jumps, the two pieces are
    crossfaded over `crossfade` samples about the edit: each is carried on past its end by its own mirror image, since
    there is no more of it, so the edit stays where it is.

    Args:
        pieces: (samples, 2) each; empty ones are passed over.
        crossfade: samples, e.g. 240 for 5 ms; shorter next to a short piece.

    Raises:
        MediaError: a shape is not (samples, 2).
    """
    parts = [part for piece in pieces if len(part := as_stereo(piece))]
    if not parts:
        return np.zeros((0, 2), np.float32)
    joined = np.concatenate(parts)
    at = 0
    for before, after in itertools.pairwise(parts):
        at += len(before)
        half = min(crossfade // 2, len(before), len(after))
        if half >= 2 and not _fits(joined, at):
            falling = np.concatenate([before[-half:], before[-half:][::-1]])
            rising = np.concatenate([after[:half][::-1], after[:half]])
            share = (np.sin(np.pi / 2 * (np.arange(2 * half) + 0.5) / (2 * half)) ** 2).astype(np.float32)[:, None]
            joined[at - half : at + half] = falling * (1.0 - share) + rising * share
    return joined


def roughness(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how abruptly the wave bends at each sample: the larger second difference of both channels.

    A click stands out from its surroundings in it.
    """
    bend = np.zeros(len(sound), np.float32)
    if len(sound) > 2:
        bend[1:-1] = np.abs(np.diff(sound, n=2, axis=0)).max(axis=1)
    return bend


def _fits(sound: NDArray[np.float32], at: int) -> bool:
    """Whether the wave is no rougher at an edit than in the 5 ms on either side of it."""
    reach = AUDIO_RATE // 200
    start = max(0, at - reach)
    bend = roughness(sound[start : at + reach])
    edit = bend[max(0, at - start - 1) : at - start + 1].max(initial=0.0)
    bend[max(0, at - start - 1) : at - start + 1] = 0.0
    return bool(edit <= 1.5 * bend.max(initial=0.0) + 1e-5)


def _ramp(length: int, samples: int) -> NDArray[np.float32]:
    """Return a gain as a column that rises smoothly from 0 over at most half the length, and stays at 1."""
    rise = min(samples, length // 2)
    gain = np.ones((length, 1), np.float32)
    gain[:rise, 0] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / max(1, rise))
    return gain
