"""Loudness: measured right, met within a tenth, and no peak above the ceiling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.errors import MediaError
from circletake.media import loudness
from circletake.media.loudness import NO_PEAK, SILENT

RATE = 48_000
Sound = NDArray[np.float32]


def tone(hz: float, seconds: float, *, level: float) -> Sound:
    wave = level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def noise(seconds: float, *, level: float, seed: int = 1) -> Sound:
    return (np.random.default_rng(seed).standard_normal((int(seconds * RATE), 2)) * level).astype(np.float32)


def music(seconds: float) -> Sound:
    """Chords with a sharp attack twice a second, driven into full scale."""
    time = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * hz * time + hz) for hz in (110.0, 220.0, 331.0, 523.0, 1_500.0))
    driven = np.tanh(3.0 * wave * np.exp(-(time % 0.5) * 5.0))
    return np.stack([driven, np.roll(driven, 24)], axis=1).astype(np.float32)


def drums(seconds: float) -> Sound:
    time = np.arange(int(seconds * RATE)) / RATE
    return noise(seconds, level=0.3) * np.exp(-(time % 0.5) * 25.0).astype(np.float32)[:, None]


def test_the_reference_tone_of_ebu_tech_3341_reads_as_it_must():
    assert loudness.measure(tone(1_000.0, 20, level=10 ** (-23 / 20))).integrated == pytest.approx(-23.0, abs=0.1)


def test_a_peak_between_samples_is_a_peak():
    time = np.arange(RATE)
    wave = np.sin(2 * np.pi * time / 4 + np.pi / 4).astype(np.float32)
    measured = loudness.measure(np.stack([wave, wave], axis=1))
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    assert measured.true_peak == pytest.approx(0.0, abs=0.3)


def test_the_loudest_three_seconds_are_found():
    sound = np.concatenate([tone(1_000.0, 5, level=0.01), tone(1_000.0, 4, level=0.1), tone(1_000.0, 5, level=0.01)])
    assert loudness.measure(sound).short_term_max == pytest.approx(-20.0, abs=0.2)


def test_silence_and_a_blink_of_sound_have_no_loudness():
    assert loudness.measure(np.zeros((RATE, 2), np.float32)) == loudness.Loudness(SILENT, NO_PEAK, SILENT)
    assert loudness.measure(tone(440.0, 0.2, level=0.5)).integrated == SILENT
    assert loudness.integrated(np.zeros((0, 2), np.float32)) == SILENT


@pytest.mark.parametrize("target", [-14.0, -23.0])
@pytest.mark.parametrize(
    "sound",
    [
        noise(6, level=0.0005),
        music(6),
        drums(6),
        np.concatenate([np.zeros((4 * RATE, 2), np.float32), tone(330.0, 1.0, level=0.02), noise(3, level=1e-5)]),
        noise(6, level=0.0005) + np.where(np.arange(6 * RATE) % RATE == 0, 0.3, 0.0).astype(np.float32)[:, None],
    ],
    ids=["room tone at -60 LUFS", "full-scale music", "drums", "one note in silence", "clicks in room tone"],
)
def test_the_target_is_met_within_a_tenth_under_the_ceiling(sound: Sound, target: float):
    result = loudness.normalise(sound, target=target, ceiling=-1.0)
    measured = loudness.measure(result)
    assert result.shape == sound.shape
    assert result.dtype == np.float32
    assert measured.integrated == pytest.approx(target, abs=0.1)
    assert measured.true_peak <= -1.0


def test_clicks_in_digital_silence_stay_under_the_ceiling_and_get_as_loud_as_they_can():
    sound = np.zeros((5 * RATE, 2), np.float32)
    sound[RATE // 2 :: RATE] = 0.1
    before, after = loudness.measure(sound), loudness.measure(loudness.normalise(sound))
    assert -1.1 <= after.true_peak <= -1.0
    assert after.integrated > before.integrated + 15.0


def test_silence_is_returned_as_it_is():
    assert not loudness.normalise(np.zeros((RATE, 2), np.float32)).any()
    assert loudness.normalise(np.zeros((0, 2), np.float32)).shape == (0, 2)


def test_a_blink_of_sound_keeps_its_level_but_not_its_peaks():
    soft, loud = tone(440.0, 0.1, level=0.2), tone(440.0, 0.1, level=1.3)
    np.testing.assert_array_equal(loudness.normalise(soft), soft)
    assert loudness.measure(loudness.normalise(loud)).true_peak <= -1.0


def test_a_target_above_the_ceiling_is_refused():
    with pytest.raises(MediaError, match="lower the target"):
        loudness.normalise(tone(440.0, 1, level=0.1), target=-0.5)


@pytest.mark.parametrize("sound", [np.zeros((100,), np.float32), np.zeros((100, 6), np.float32)])
def test_sound_that_is_not_stereo_is_refused(sound: Sound):
    with pytest.raises(MediaError, match="samples, 2"):
        loudness.measure(sound)


def test_sound_that_is_not_numbers_is_refused():
    with pytest.raises(MediaError, match="not numbers"):
        loudness.integrated(np.full((RATE, 2), np.nan, np.float32))


def test_the_limiter_moves_the_level_smoothly():
    sound = tone(200.0, 2, level=0.3)
    sound[RATE : RATE + 480] *= 5.0
    limited = loudness.limit(sound, ceiling=-1.0)
    loud = np.abs(sound[:, 0]) > 0.02
    gain = limited[loud, 0] / sound[loud, 0]
    assert loudness.measure_peak(limited) <= -1.0
    assert gain.max() <= 1.0 + 1e-5
    assert gain[: RATE // 4] == pytest.approx(1.0, abs=1e-4)
    assert np.abs(np.diff(gain)).max() < 0.02


def test_the_limiter_leaves_sound_under_the_ceiling_alone():
    sound = music(1) * np.float32(0.5)
    np.testing.assert_array_equal(loudness.limit(sound, ceiling=-1.0), sound)


def test_level_is_a_quick_approximation():
    for sound, near in ((noise(5, level=0.02), 0.5), (music(5), 0.5), (drums(5), 3.0)):
        levelled = loudness.level(sound, target=-16.0, ceiling=-3.0)
        assert loudness.integrated(levelled) == pytest.approx(-16.0, abs=near)
        assert np.abs(levelled).max() <= 10 ** (-3.0 / 20) + 1e-6
