"""The master: exact length, steady loudness, no click, picture and sound together, the same every time."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from circletake.assemble.render import execute
from circletake.domain.operation import Output
from circletake.domain.timing import samples_in
from circletake.errors import HandoffInvalid, MediaError
from circletake.media import decode, loudness, picture, sound
from circletake.media.probe import probe
from circletake.runtime.files import FileStore
from tests.assemble.film import (
    FPS,
    RATE,
    SIZE,
    Sound,
    an_operation,
    an_order,
    bed,
    piece,
    rendered,
    shown,
    stored,
)

LENGTHS = (40, 30, 36, 26)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FileStore:
    """The store of the four takes; they are only read."""
    return FileStore(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def uris(store: FileStore) -> list[str]:
    """Four takes over one continuous sound, each as long as its shot."""
    heard, at, uris = bed(sum(LENGTHS)), 0, []
    for number, frames in enumerate(LENGTHS):
        stretch = heard[samples_in(at, FPS) : samples_in(at + frames, FPS)]
        uris.append(stored(store, shown(frames, light=80 + 30 * number, seed=number), stretch))
        at += frames
    return uris


def film(files: FileStore, output: Output) -> Sound:
    """Return the sound of a master, as long as its picture."""
    return decode.decode_sound(files.path(output.uri), start=Fraction(0), samples=samples_in(output.frames, FPS))


def test_the_film_is_exact_to_the_frame_with_dissolves_and_fades(store: FileStore, uris: list[str]):
    order = an_order(
        piece(uris[0], 40, transition="fade_from_black", length=18),
        piece(uris[1], 30, transition="dissolve", length=12),
        piece(uris[2], 36),
        piece(uris[3], 26, transition="fade_to_black", length=13),
    )
    output = rendered(store, order)
    written = probe(store.path(output.uri))
    assert written.frames == output.frames == sum(LENGTHS)
    assert written.fps == FPS
    assert (written.width, written.height) == (output.width, output.height) == SIZE
    assert (written.video_codec, written.audio_codec) == ("h264", "aac")
    assert abs(written.audio_seconds - written.seconds) < 1 / FPS
    luma = [picture.planes(one).y for one in decode.iterate_frames(store.path(output.uri))]
    assert luma[0].max() <= 20
    assert luma[-1].max() <= 20
    assert luma[60].mean() > 80


def test_cuts_fall_on_their_frames(files: FileStore):
    heard = bed(20)
    dark, bright = (stored(files, shown(10, light=light), heard[: RATE * 10 // 24]) for light in (60, 160))
    output = rendered(files, an_order(piece(dark, 10), piece(bright, 10)))
    means = [picture.planes(one).y.mean() for one in decode.iterate_frames(files.path(output.uri))]
    assert max(means[:10]) < 100 < min(means[10:])


def test_a_film_of_ten_cuts_has_no_flash_frame_no_black_gap_and_no_click(files: FileStore):
    lengths = [14, 9, 20, 12, 7, 16, 11, 13, 8, 18, 15]
    lights = [70 + 53 * number % 130 for number in range(len(lengths))]
    starts = np.cumsum([0, *lengths])
    heard = bed(int(starts[-1]))
    pieces = [
        piece(
            stored(
                files,
                shown(frames, light=light, seed=number),
                heard[samples_in(int(start), FPS) : samples_in(int(start) + frames, FPS)],
                profile="final",
            ),
            frames,
        )
        for number, (frames, light, start) in enumerate(zip(lengths, lights, starts[:-1], strict=True))
    ]
    output = rendered(files, an_order(*pieces))
    means = np.array([picture.planes(one).y.mean() for one in decode.iterate_frames(files.path(output.uri))])
    assert len(means) == starts[-1]
    for first, end in itertools.pairwise(starts):
        shot = means[first:end]
        assert np.ptp(shot) < 6, "a picture of another shot, or a black one"
        assert shot.min() > 40
    assert np.abs(np.diff(means))[starts[1:-1] - 1].min() > 6, "a cut lies elsewhere"

    wave = film(files, output)
    bend = sound.roughness(wave)
    edits = [samples_in(int(start), FPS) for start in starts[1:-1]]
    usual = np.percentile(np.delete(bend, np.concatenate([np.arange(at - 48, at + 48) for at in edits])), 99.9)
    assert max(bend[at - 48 : at + 48].max() for at in edits) < 2 * usual
    written = probe(files.path(output.uri))
    assert abs(written.audio_seconds - written.seconds) < 1 / FPS


def test_the_sound_is_at_its_loudness_and_below_its_ceiling(store: FileStore, uris: list[str]):
    output = rendered(store, an_order(*(piece(uri, frames) for uri, frames in zip(uris, LENGTHS, strict=True))))
    measured = loudness.measure(film(store, output))
    assert measured.integrated == pytest.approx(-14.0, abs=0.5)
    assert measured.true_peak <= -1.0
    assert output.recipe["loudness"] == pytest.approx(measured.integrated, abs=0.01)
    assert output.recipe["true_peak"] == pytest.approx(measured.true_peak, abs=0.01)


def test_another_loudness_is_met_too(store: FileStore, uris: list[str]):
    output = rendered(store, an_order(piece(uris[0], 40), loudness=-23.0))
    assert loudness.measure(film(store, output)).integrated == pytest.approx(-23.0, abs=0.5)


def test_picture_and_sound_stay_together_within_a_frame(files: FileStore):
    uris = []
    for flash in (6, 20, 11):
        pictures = [picture.blank(SIZE, luma=200 if index == flash else 60) for index in range(30)]
        heard = np.random.default_rng(flash).normal(0, 0.003, (samples_in(30, FPS), 2)).astype(np.float32)
        start = samples_in(flash, FPS)
        burst = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 24) / RATE)
        heard[start : start + RATE // 24] += burst[:, None].astype(np.float32)
        uris.append(stored(files, pictures, heard))
    output = rendered(files, an_order(piece(uris[0], 30), piece(uris[1], 25, in_frame=5), piece(uris[2], 30)))
    means = np.array([picture.planes(one).y.mean() for one in decode.iterate_frames(files.path(output.uri))])
    level = np.abs(film(files, output)).max(axis=1)
    expected = [6, 30 + 20 - 5, 30 + 25 + 11]
    assert [int(at) for at in np.flatnonzero(means > 150)] == expected
    for at in expected:
        around = level[samples_in(at - 4, FPS) : samples_in(at + 4, FPS)]
        onset = int(np.argmax(around > 0.5 * around.max())) + samples_in(at - 4, FPS)
        assert abs(onset - samples_in(at, FPS)) < RATE / 24


def test_the_same_takes_give_the_same_file(store: FileStore, uris: list[str]):
    order = an_order(piece(uris[0], 40), piece(uris[1], 30, transition="dissolve", length=12))
    first, second = rendered(store, order), rendered(store, order)
    assert first == second
    assert first.recipe["picture_sha256"] == decode.picture_sha256(store.path(first.uri))
    other = rendered(store, an_order(piece(uris[0], 40), piece(uris[1], 30)))
    assert other.recipe["picture_sha256"] != first.recipe["picture_sha256"]


def test_a_second_codec_makes_a_master_too(store: FileStore, uris: list[str]):
    output = rendered(store, an_order(piece(uris[0], 40), piece(uris[1], 30), codec="libvpx-vp9"))
    assert probe(store.path(output.uri)).video_codec == "vp9"
    assert output.frames == 70


def test_a_fractional_frame_rate_keeps_picture_and_sound_in_step(files: FileStore):
    fps = Fraction(24_000, 1001)
    heard = bed(50, fps=fps)
    uri = stored(files, shown(50), heard, fps=fps)
    output = rendered(files, an_order(piece(uri, 25), piece(uri, 25, in_frame=25), fps=fps))
    written = probe(files.path(output.uri))
    assert written.fps == fps
    assert abs(written.audio_seconds - 50 / fps) < Fraction(1, 40)


def test_sound_that_cannot_be_brought_to_its_loudness_is_refused_with_what_to_do(files: FileStore):
    clicks = np.zeros((samples_in(48, FPS), 2), np.float32)
    clicks[:: RATE // 2] = 0.9
    uri = stored(files, shown(48), clicks)
    with pytest.raises(MediaError, match=r"-\d+\.\d LUFS is what its sound .* -14 were ordered: set loudness to -\d+"):
        execute(an_operation(an_order(piece(uri, 48))), files=files)


def test_takes_without_sound_make_a_silent_film_that_says_so(files: FileStore):
    uri = stored(files, shown(30), None)
    output = rendered(files, an_order(piece(uri, 30)))
    assert output.qc is not None
    assert any("nothing can be heard" in reason for reason in output.qc.reasons)
    assert output.recipe["loudness"] == loudness.SILENT


def test_a_fade_of_a_dark_picture_is_not_held_against_it(files: FileStore):
    night = [picture.blank(SIZE, luma=30) for _ in range(48)]
    for index, one in enumerate(night):
        one[40:140, index * 4 : index * 4 + 60] = 48
    uri = stored(files, night, bed(48))
    output = rendered(
        files,
        an_order(
            piece(uri, 48, transition="fade_from_black", length=18),
            piece(uri, 48, transition="fade_to_black", length=18),
            piece(uri, 48, transition="fade_from_black", length=18),
        ),
    )
    assert output.qc is not None
    assert {found.check: found.reason for found in output.qc.findings}["black"] == ""


def test_black_that_is_no_fade_is_held_against_it(files: FileStore):
    pictures = [*shown(24), *([picture.blank(SIZE)] * 24)]
    uri = stored(files, pictures, bed(48))
    output = rendered(files, an_order(piece(uri, 48, transition="fade_from_black", length=18)))
    assert output.qc is not None
    assert any("black" in reason for reason in output.qc.reasons)


def test_a_take_that_is_too_short_is_named_and_nothing_is_left(store: FileStore, uris: list[str]):
    order = an_order(piece(uris[0], 60, take="1A-7", available=60))
    with pytest.raises(MediaError, match=r"take 1A-7 ends after 40 frames"):
        execute(an_operation(order), files=store)
    assert list(store.scratch("mp4").parent.iterdir()) == []


def test_a_take_that_is_gone_or_damaged_is_named(files: FileStore):
    uri = stored(files, shown(20), bed(20))
    path = files.path(uri)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(MediaError, match=path.name):
        execute(an_operation(an_order(piece(uri, 20))), files=files)
    path.unlink()
    with pytest.raises(MediaError, match=path.name):
        execute(an_operation(an_order(piece(uri, 20))), files=files)


def test_a_request_for_something_else_is_refused(store: FileStore, uris: list[str]):
    operation = an_operation(an_order(piece(uris[0], 40))).model_copy(update={"request": {"slate": "1A"}})
    with pytest.raises(HandoffInvalid, match=r"does not ask for a master"):
        execute(operation, files=store)
