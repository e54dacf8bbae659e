"""Beds, mixing and edits: deterministic, seamless, on the cuts, and without a click."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.errors import MediaError
from circletake.media import loudness, sound
from circletake.media.music import TONES
from circletake.media.music.score import bars_for

RATE = 48_000
CUTS = tuple(int(RATE * second) for second in (2.5, 4.5, 6.0, 7.5))
Sound = NDArray[np.float32]


def tone(hz: float, samples: int, *, level: float = 0.4, phase: float = 0.0) -> Sound:
    wave = level * np.sin(2 * np.pi * hz * np.arange(samples) / RATE + phase)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def energy(piece: Sound, *, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(piece.mean(axis=1))) ** 2
    hz = np.fft.rfftfreq(len(piece), 1 / RATE)
    return float(spectrum[(hz >= low) & (hz < high)].sum())


@pytest.mark.parametrize("name", sorted(TONES))
def test_every_tone_has_a_bed_that_can_be_mixed(name: str):
    bed = sound.bed(name, seed=3, samples=6 * RATE, cuts=CUTS)
    measured = loudness.measure(bed)
    assert bed.shape == (6 * RATE, 2)
    assert bed.dtype == np.float32
    assert -18.0 <= measured.integrated <= -14.0
    assert measured.true_peak <= -1.5
    assert np.abs(bed.mean(axis=0)).max() < 1e-3
    assert np.abs(bed[0]).max() == np.abs(bed[-1]).max() == 0.0
    assert np.corrcoef(bed[:, 0], bed[:, 1])[0, 1] < 0.95
    assert loudness.integrated(bed[: 2 * RATE]) > -40.0


def test_every_tone_sounds_different():
    beds = {name: sound.bed(name, seed=3, samples=RATE).tobytes() for name in TONES}
    assert len(set(beds.values())) == len(TONES) == 18


def test_the_same_seed_gives_the_same_bed_and_another_seed_another():
    first = sound.bed("warm", seed=7, samples=4 * RATE, cuts=CUTS)
    np.testing.assert_array_equal(first, sound.bed("warm", seed=7, samples=4 * RATE, cuts=CUTS))
    assert not np.array_equal(first, sound.bed("warm", seed=8, samples=4 * RATE, cuts=CUTS))


def test_a_tone_may_be_written_as_a_key():
    np.testing.assert_array_equal(
        sound.bed("dry_humour", seed=1, samples=RATE), sound.bed(" Dry Humour", seed=1, samples=RATE)
    )


def test_an_unknown_tone_is_played_as_neutral():
    strange = sound.bed("squamous", seed=1, samples=4 * RATE)
    assert -18.0 <= loudness.integrated(strange) <= -14.0
    hz = [energy(strange, low=low, high=2 * low) for low in (60.0, 240.0, 2_000.0)]
    assert hz[1] > hz[2]


@pytest.mark.parametrize("samples", [0, 1, 2, 100, RATE // 3, RATE + 1])
def test_a_bed_may_be_as_short_as_one_likes(samples: int):
    bed = sound.bed("tense", seed=1, samples=samples, cuts=(samples // 2, samples, -5))
    assert bed.shape == (samples, 2)
    assert np.isfinite(bed).all()


def test_a_negative_length_is_refused():
    with pytest.raises(MediaError, match="length"):
        sound.bed("warm", seed=1, samples=-1)


def test_stretches_of_one_bed_join_bit_for_bit():
    bed = sound.bed("dread", seed=3, samples=9 * RATE, cuts=CUTS)
    edges = [0, *CUTS, len(bed)]
    pieces = [bed[start:end] for start, end in itertools.pairwise(edges)]
    np.testing.assert_array_equal(sound.join(pieces, crossfade=240), bed)


def test_dread_strikes_on_the_last_cut_and_its_riser_ends_there():
    bed = sound.bed("dread", seed=3, samples=9 * RATE, cuts=CUTS)
    last, window = CUTS[-1], RATE // 4
    after, before = bed[last : last + window], bed[last - window : last]
    assert energy(after, low=30.0, high=80.0) > 2.0 * energy(before, low=30.0, high=80.0)
    assert energy(before, low=2_000.0, high=6_000.0) > 4.0 * energy(after, low=2_000.0, high=6_000.0)


def test_bars_fill_the_film_and_lean_towards_its_cuts():
    cuts = tuple(range(0, 20 * RATE, RATE))[1:]
    bars = bars_for(20 * RATE, tempo=112.0, beats=4, cuts=cuts)
    assert bars * 4 * 3 == 120, "120 beats a minute puts every cut on a beat"
    assert bars_for(RATE // 10, tempo=60.0, beats=4, cuts=()) == 1


def test_a_jump_is_joined_without_a_click_and_the_length_is_exact():
    pieces = [tone(110.0, 20_000), tone(147.0, 10_001, phase=1.4), tone(61.0, 7_777, level=0.2, phase=2.0)]
    raw, joined = np.concatenate(pieces), sound.join(pieces, crossfade=240)
    assert joined.shape == raw.shape
    for edit in (20_000, 30_001):
        around = slice(edit - 400, edit + 400)
        elsewhere, click = sound.roughness(raw)[1_000:19_000].max(), sound.roughness(raw)[around].max()
        assert click > 1_000.0 * elsewhere
        assert sound.roughness(joined)[around].max() < 0.01 * click
    untouched = np.r_[0:19_800, 20_200:29_800, 30_200 : len(raw)]
    np.testing.assert_array_equal(joined[untouched], raw[untouched])


def test_joining_nothing_or_crumbs_works():
    assert sound.join([], crossfade=240).shape == (0, 2)
    crumbs = [tone(100.0, 1), tone(100.0, 0), tone(100.0, 3, phase=1.0), tone(900.0, 500)]
    assert sound.join(crumbs, crossfade=240).shape == (504, 2)


def test_a_fade_reaches_silence_at_both_ends_and_touches_nothing_between():
    steady = np.ones((1_000, 2), np.float32)
    faded = sound.fade(steady, samples=100)
    assert faded[0, 0] == faded[-1, 0] == 0.0
    assert (faded[100:-100] == 1.0).all()
    assert (np.diff(faded[:100, 0]) > 0.0).all()
    assert steady.all()
    assert sound.fade(steady[:3], samples=100).shape == (3, 2)


def test_the_bed_goes_down_under_the_clips_own_sound_and_comes_back():
    bed, own = tone(400.0, 6 * RATE, level=0.2), np.zeros((6 * RATE, 2), np.float32)
    own[2 * RATE : 3 * RATE] = tone(1_000.0, RATE, level=0.5)
    mixed = sound.mix(bed, own, own_gain_db=-6.0, duck_db=9.0)

    def level(start: float, end: float) -> float:
        return energy(mixed[int(start * RATE) : int(end * RATE)], low=380.0, high=420.0) ** 0.5 / (end - start)

    np.testing.assert_allclose(mixed[: RATE * 3 // 2], bed[: RATE * 3 // 2], atol=1e-6)
    assert 20 * np.log10(level(2.2, 2.8) / level(0.5, 1.1)) == pytest.approx(-9.0, abs=0.2)
    assert 20 * np.log10(level(5.0, 5.6) / level(0.5, 1.1)) == pytest.approx(0.0, abs=0.1)
    own_level = energy(mixed[int(2.2 * RATE) : int(2.8 * RATE)], low=990.0, high=1_010.0)
    raw_level = energy(own[int(2.2 * RATE) : int(2.8 * RATE)], low=990.0, high=1_010.0)
    assert 10 * np.log10(own_level / raw_level) == pytest.approx(-6.0, abs=0.1)


def test_room_tone_does_not_push_the_bed_down():
    bed = tone(400.0, 2 * RATE, level=0.2)
    hum = tone(50.0, 2 * RATE, level=0.005)
    np.testing.assert_allclose(sound.mix(bed, hum, own_gain_db=0.0, duck_db=12.0), bed + hum, atol=1e-6)


def test_ducking_makes_no_click():
    bed, own = tone(100.0, 3 * RATE, level=0.3), np.zeros((3 * RATE, 2), np.float32)
    own[RATE : 2 * RATE] = tone(300.0, RATE, level=0.3)
    ducked = sound.mix(bed, own, own_gain_db=0.0, duck_db=12.0) - own
    assert sound.roughness(ducked).max() < 2.0 * sound.roughness(bed)[1:-1].max()


def test_what_cannot_be_mixed_is_refused():
    with pytest.raises(MediaError, match="cut them alike"):
        sound.mix(tone(100.0, 10), tone(100.0, 11), own_gain_db=0.0, duck_db=6.0)
    with pytest.raises(MediaError, match="0 or more"):
        sound.mix(tone(100.0, 10), tone(100.0, 10), own_gain_db=0.0, duck_db=-6.0)
