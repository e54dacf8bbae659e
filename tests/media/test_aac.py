"""Sound that is encoded once and shared by several films."""

from __future__ import annotations

import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.media.footage import FPS, SMALL, hum, numbered, pulse

from circletake.domain.timing import AUDIO_RATE, samples_in
from circletake.errors import MediaError
from circletake.media.decode import decode_sound
from circletake.media.encode import GrowingSound, encode_aac, film_writer, write_film
from circletake.media.probe import probe


def film(path: Path, sound: object, *, frames: int = 48) -> Path:
    write_film(path, frames=(numbered(i % 40) for i in range(frames)), fps=FPS, size=SMALL, sound=sound)  # pyright: ignore[reportArgumentType] any sound is tried
    return path


def test_shared_sound_is_the_same_as_sound_encoded_along_the_way(tmp_path: Path):
    sound = pulse(samples_in(48, FPS), at=30_000)
    alone = film(tmp_path / "alone.mp4", sound)
    shared = encode_aac(sound)
    first, second = film(tmp_path / "a.mp4", shared), film(tmp_path / "b.mp4", shared)
    assert first.read_bytes() == second.read_bytes()
    heard = [decode_sound(path, start=Fraction(0), samples=96_000) for path in (alone, first)]
    assert np.array_equal(heard[0], heard[1])
    assert probe(first).audio_seconds == probe(alone).audio_seconds == 2


def test_shared_sound_travels_between_processes(tmp_path: Path):
    shared = encode_aac(hum(96_000))
    again = pickle.loads(pickle.dumps(shared))
    assert again == shared
    assert film(tmp_path / "a.mp4", again).read_bytes() == film(tmp_path / "b.mp4", shared).read_bytes()


@pytest.mark.parametrize("frames", [1, 24, 47])
def test_shared_sound_is_cut_to_a_shorter_film(tmp_path: Path, frames: int):
    found = probe(film(tmp_path / "short.mp4", encode_aac(hum(96_000)), frames=frames))
    assert abs(found.audio_seconds - found.seconds) < Fraction(1, 1_000)


def test_shared_sound_that_ends_too_early_is_refused(tmp_path: Path):
    with pytest.raises(MediaError, match=r"ends after 1\.00 s, the pictures after 2\.00 s"):
        film(tmp_path / "long.mp4", encode_aac(hum(48_000)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(100,), (100, 1), (2, 100)])
def test_sound_of_another_shape_is_refused(tmp_path: Path, shape: tuple[int, ...]):
    with pytest.raises(MediaError, match="cannot be encoded"):
        encode_aac(np.zeros(shape, np.float32))
    with pytest.raises(MediaError, match="cannot be encoded"):
        film(tmp_path / "film.mp4", np.zeros(shape, np.float32))


def test_sound_that_comes_while_the_film_is_written_is_the_same_sound(tmp_path: Path):
    heard = hum(samples_in(48, FPS))
    at_once = film(tmp_path / "at-once.mp4", heard)
    growing = GrowingSound()
    with film_writer(tmp_path / "grown.mp4", fps=FPS, size=SMALL, sound=growing) as writer:
        for index in range(48):
            if index % 5 == 0:
                growing.append(heard[growing.samples : growing.samples + 9_999])
            writer.add(numbered(index % 40))
    growing_sound, sound = (
        decode_sound(path, start=Fraction(0), samples=len(heard)) for path in (tmp_path / "grown.mp4", at_once)
    )
    np.testing.assert_array_equal(growing_sound, sound)


def test_sound_that_stops_coming_is_silent_to_the_end(tmp_path: Path):
    growing = GrowingSound()
    growing.append(hum(AUDIO_RATE // 2))
    with film_writer(tmp_path / "grown.mp4", fps=FPS, size=SMALL, sound=growing) as writer:
        for index in range(48):
            writer.add(numbered(index % 40))
    heard = decode_sound(tmp_path / "grown.mp4", start=Fraction(0), samples=2 * AUDIO_RATE)
    assert np.abs(heard[: AUDIO_RATE // 2 - 4_096]).max() > 0.1
    assert np.abs(heard[AUDIO_RATE // 2 + 4_096 :]).max() < 1e-3
