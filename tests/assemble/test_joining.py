"""Takes' sounds, as they come out of AAC, join without a tick; what fits is left alone."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from circletake.assemble.joining import join_takes
from circletake.domain.timing import samples_in
from circletake.media import decode
from circletake.media.sound import bed, roughness
from circletake.runtime.files import FileStore
from tests.assemble.film import FPS, RATE, Sound, shown, stored

LENGTHS = (50, 43, 61)
CUTS = [samples_in(at, FPS) for at in itertools.accumulate(LENGTHS)][:-1]


def through_aac(files: FileStore, heard: Sound, frames: int) -> Sound:
    path = files.path(stored(files, shown(frames), heard))
    return decode.decode_sound(path, start=Fraction(0), samples=len(heard))


def tick(heard: Sound, at: int) -> float:
    """Return how much the wave bends at an edit, as a multiple of what this sound does at its roughest."""
    bend = roughness(heard)
    return float(bend[at - 30 : at + 40].max() / np.percentile(bend, 99.9))


@pytest.mark.parametrize("tone", ["warm", "elegant", "dread"])
def test_a_bed_cut_into_takes_does_not_tick_at_the_cuts(files: FileStore, tone: str):
    whole = bed(tone, seed=3, samples=samples_in(sum(LENGTHS), FPS))
    edges = [0, *CUTS, len(whole)]
    pieces = [
        through_aac(files, whole[a:b], frames)
        for (a, b), frames in zip(itertools.pairwise(edges), LENGTHS, strict=True)
    ]
    joined, hard = join_takes(pieces), np.concatenate(pieces)
    assert joined.shape == whole.shape
    for at in CUTS:
        near = slice(at - 24, at + 24)
        assert tick(joined, at) <= max(1.0, 0.4 * tick(hard, at))
        assert np.abs(joined[near] - whole[near]).max() <= max(0.03, np.abs(hard[near] - whole[near]).max())
        np.testing.assert_array_equal(joined[at + 240 : at + 2400], hard[at + 240 : at + 2400])


@pytest.mark.parametrize(("one", "other"), [("warm", "dry humour"), ("elegant", "dread")])
def test_sounds_that_do_not_belong_together_are_crossfaded(one: str, other: str):
    pieces = [bed(name, seed=3, samples=6 * RATE)[4 * RATE :] for name in (one, other)]
    joined, hard = join_takes(pieces), np.concatenate(pieces)
    assert len(joined) == 4 * RATE
    assert tick(hard, 2 * RATE) > 5
    assert tick(joined, 2 * RATE) < 1.5


def test_sounds_that_fit_stay_bit_for_bit():
    whole = bed("hope", seed=3, samples=4 * RATE)
    joined = join_takes([whole[:60_001], whole[60_001:60_001], whole[60_001:61_000], whole[61_000:]])
    np.testing.assert_array_equal(joined, whole)


def test_nothing_and_silence_join_to_nothing_and_silence():
    silence = np.zeros((RATE, 2), np.float32)
    assert join_takes([]).shape == (0, 2)
    assert not join_takes([silence, silence]).any()
