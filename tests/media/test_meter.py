"""The meter: what it says of a stretch is what libebur128 says of that stretch alone."""

from __future__ import annotations

import numpy as np
import pytest

from circletake.domain.timing import AUDIO_RATE
from circletake.errors import MediaError
from circletake.media.loudness import SILENT, integrated
from circletake.media.meter import Meter


def noise(seconds: float, *, level: float, seed: int = 1) -> np.ndarray:
    """White noise in stereo."""
    return np.random.default_rng(seed).normal(0, level, (int(seconds * AUDIO_RATE), 2)).astype(np.float32)


def listened(sound: np.ndarray, *, chunk: int) -> Meter:
    meter = Meter()
    for at in range(0, len(sound), chunk):
        meter.add(sound[at : at + chunk])
    return meter


@pytest.mark.parametrize("chunk", [480, 1_024, 7_777, 96_000])
def test_a_stretch_is_as_loud_as_when_it_is_measured_alone(chunk: int):
    sound = np.concatenate([noise(3, level=0.001), noise(4, level=0.1, seed=2), noise(3, level=0.02, seed=3)])
    meter = listened(sound, chunk=chunk)
    for start, end in ((0, 3), (3, 7), (7, 10), (0, 10), (2, 8)):
        alone = integrated(sound[start * AUDIO_RATE : end * AUDIO_RATE])
        assert meter.between(start, end).loudness == pytest.approx(alone, abs=0.15), (start, end)


def test_what_is_silent_or_too_short_or_beyond_the_end_has_no_loudness():
    meter = listened(np.concatenate([np.zeros((AUDIO_RATE, 2), np.float32), noise(1, level=0.1)]), chunk=1_024)
    assert meter.between(0, 1).loudness == SILENT
    assert meter.between(1.0, 1.2).loudness == SILENT
    assert meter.between(5, 9).loudness == SILENT
    assert meter.between(0, 1).brightness == 0.0


def test_a_high_tone_is_brighter_than_a_low_one():
    time = np.arange(2 * AUDIO_RATE) / AUDIO_RATE
    for hertz in (220.0, 5_000.0):
        tone = np.repeat(0.2 * np.sin(2 * np.pi * hertz * time)[:, None], 2, axis=1).astype(np.float32)
        assert listened(tone, chunk=4_800).between(0, 2).brightness == pytest.approx(hertz / 1_000, rel=0.1)


def test_sound_that_holds_no_numbers_is_refused():
    with pytest.raises(MediaError, match="not numbers"):
        Meter().add(np.full((10, 2), np.nan, np.float32))
