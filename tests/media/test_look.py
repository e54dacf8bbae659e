"""The look: numbers that mean what they say, the same every time, and duplicates told apart from variants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.domain.look import Look
from circletake.errors import MediaError
from circletake.media import look
from circletake.media.picture import blank, from_rgb

FPS = Fraction(24)
Stack = NDArray[np.uint8]


def scene(width: int = 480, height: int = 270, *, seed: int = 1) -> Stack:
    """A picture with large shapes and fine detail, RGB."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(
        rng.integers(30, 220, (9, 16, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(rng.integers(0, 60, (height // 4, width // 4, 3), dtype=np.uint8), (width, height))
    return np.asarray(cv2.add(np.asarray(coarse, np.uint8), np.asarray(fine, np.uint8)), np.uint8)


def shot(picture: Stack, frames: int, *, dx: float = 0.0, dy: float = 0.0, zoom: float = 0.0) -> Stack:
    """Move a 320x180 window over a picture: pixels a frame, and relative scale a frame."""
    out = []
    height, width = picture.shape[:2]
    for number in range(frames):
        scale = (1.0 + zoom) ** number
        x, y = width / 2 - dx * number, height / 2 - dy * number
        matrix = np.array([[scale, 0.0, 160.0 - scale * x], [0.0, scale, 90.0 - scale * y]])
        out.append(
            from_rgb(np.asarray(cv2.warpAffine(picture, matrix, (320, 180), borderMode=cv2.BORDER_REFLECT), np.uint8))
        )
    return np.stack(out)


def measured(frames: Stack) -> Look:
    return look.measure(frames, fps=FPS, sound=None)


def graded(frames: Stack, *, exposure: float = 1.0, tint: int = 0) -> Stack:
    """Return the frames brighter or darker, and with chroma moved towards red and away from blue."""
    out = frames.astype(np.float32)
    out[:, :180] = (out[:, :180] - 16.0) * exposure + 16.0
    out[:, 180:225] -= tint
    out[:, 225:] += tint
    return np.clip(out, 16, 240).round().astype(np.uint8)


def grained(frames: Stack, *, sigma: float, seed: int = 5) -> Stack:
    grain = np.random.default_rng(seed).normal(0.0, sigma, (len(frames), 180, 320))
    out = frames.astype(np.float32)
    out[:, :180] += grain
    return np.clip(out, 0, 255).round().astype(np.uint8)


def taken(frames: Stack) -> look.Fingerprint:
    return look.fingerprint(frames[0], frames[len(frames) // 2], frames[-1])


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((255, 0, 0), (0.628, 0.225, 0.126)),
        ((0, 255, 0), (0.866, -0.234, 0.179)),
        ((0, 0, 255), (0.452, -0.032, -0.312)),
    ],
)
def test_oklab_gives_the_published_values_of_the_primaries(rgb: tuple[int, ...], expected: tuple[float, ...]):
    frame = from_rgb(np.full((8, 8, 3), rgb, np.uint8))
    assert look.oklab(frame).mean(axis=(0, 1)) == pytest.approx(expected, abs=0.02)


def test_a_stack_and_a_stream_give_the_same_look_and_so_does_a_second_time():
    frames = shot(scene(), 60, dx=1.0)

    def stream() -> Iterator[Stack]:
        for frame in frames:
            yield frame.copy()

    first = measured(frames)
    assert first == measured(frames)
    assert first == look.measure(stream(), fps=FPS, sound=None)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 36, 37, 100])
def test_any_number_of_frames_has_a_look(count: int):
    assert measured(shot(scene(), count)).luma == pytest.approx(measured(shot(scene(), 1)).luma, abs=0.01)


def test_no_frames_have_none():
    with pytest.raises(MediaError, match="no pictures"):
        measured(np.zeros((0, 270, 320), np.uint8))


@pytest.mark.parametrize(
    ("field", "per_second", "moves"),
    [
        ("pan", 2.0 * 24 / 320, {"dx": 2.0}),
        ("pan", -1.5 * 24 / 320, {"dx": -1.5}),
        ("tilt", 1.0 * 24 / 180, {"dy": 1.0}),
        ("zoom", 1.004**2 * 12 - 12, {"zoom": 0.004}),
    ],
)
def test_camera_motion_is_what_was_done(field: str, per_second: float, moves: dict[str, float]):
    seen = measured(shot(scene(960, 540), 48, **moves))
    for name in ("pan", "tilt", "zoom"):
        expected = per_second if name == field else 0.0
        assert getattr(seen, name) == pytest.approx(expected, abs=max(0.01, abs(expected) * 0.1)), name


def test_a_still_picture_does_not_move_but_a_noisy_one_flickers():
    still = measured(shot(scene(), 48))
    assert (still.motion, still.pan, still.tilt, still.zoom) == pytest.approx((0.0, 0.0, 0.0, 0.0), abs=1e-4)
    assert measured(np.concatenate([shot(scene(seed=n), 12) for n in range(4)])).motion > 0.1


def test_brightness_contrast_and_warmth_mean_what_they_say():
    grey, white = np.stack([blank((320, 180), luma=126)] * 24), np.stack([blank((320, 180), luma=235)] * 24)
    assert measured(grey).luma == pytest.approx(0.502, abs=0.01)
    assert measured(white).luma == pytest.approx(1.0)
    halves = grey.copy()
    halves[:, :90], halves[:, 90:180] = 16, 235
    assert measured(halves).contrast == pytest.approx(0.5, abs=0.01)
    assert measured(halves).saturation == pytest.approx(0.0, abs=0.005)
    warm = measured(graded(grey, tint=12))
    assert warm.oklab_mean[2] > 0.03
    assert warm.saturation > measured(grey).saturation


def test_the_palette_names_the_colours_most_frequent_first():
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[:, :200], picture[:, 200:290], picture[:, 290:] = (200, 40, 40), (40, 60, 200), (240, 240, 240)
    palette = measured(np.stack([from_rgb(picture)] * 12)).palette
    for colour, expected in zip(palette, ((200, 40, 40), (40, 60, 200)), strict=False):
        wanted = look.oklab(from_rgb(np.full((8, 8, 3), expected, np.uint8))).mean(axis=(0, 1))
        assert colour == pytest.approx(wanted, abs=0.02)


def test_grain_is_heard_through_and_grows_with_its_strength():
    soft = np.stack([from_rgb(np.asarray(cv2.GaussianBlur(scene(320, 180), (0, 0), 6.0), np.uint8))] * 12)
    none, some, more = (measured(grained(soft, sigma=sigma)).grain for sigma in (0.01, 3.0, 6.0))
    assert none < 0.001 < some < more
    assert more == pytest.approx(2 * some, rel=0.15)


def test_focus_is_seen():
    sharp = shot(scene(), 12)
    blurred = np.stack([from_rgb(np.asarray(cv2.GaussianBlur(scene(320, 180), (0, 0), 3.0), np.uint8))] * 12)
    assert measured(sharp).sharpness > measured(blurred).sharpness + 1.0
    assert measured(sharp).edges > measured(blurred).edges


@pytest.mark.parametrize("centre", [(80, 60), (240, 120), (160, 90)])
def test_attention_falls_on_what_stands_out(centre: tuple[int, int]):
    picture = np.full((180, 320, 3), 90, np.uint8)
    cv2.circle(picture, centre, 14, (230, 220, 60), -1)
    x, y = measured(np.stack([from_rgb(picture)] * 12)).subject
    assert (x, y) == pytest.approx((centre[0] / 320, centre[1] / 180), abs=0.08)


def test_sound_is_measured_with_the_picture():
    wave = 0.1 * np.sin(2 * np.pi * 1_000.0 * np.arange(96_000) / 48_000)
    both = np.stack([wave, wave], axis=1).astype(np.float32)
    seen = look.measure(shot(scene(), 48), fps=FPS, sound=both)
    assert seen.loudness == pytest.approx(-20.0, abs=0.2)
    assert seen.brightness_of_sound == pytest.approx(1.0, abs=0.05)
    silent = look.measure(shot(scene(), 48), fps=FPS, sound=np.zeros((96_000, 2), np.float32))
    assert (silent.loudness, silent.brightness_of_sound) == (-70.0, 0.0)


def test_portrait_and_odd_looking_sizes_have_a_look():
    for size in ((180, 320), (64, 36), (1_280, 536)):
        seen = measured(np.stack([blank(size, luma=100)] * 8))
        assert seen.luma == pytest.approx(84 / 219, abs=0.01)


def test_the_hash_survives_grain_and_grade_and_changes_with_the_picture():
    frames = shot(scene(), 1)
    hashed = look.phash(frames[0])
    assert len(hashed) == 16
    assert look.hamming(hashed, look.phash(grained(frames, sigma=4.0)[0])) <= look.PHASH_CLOSE
    assert look.hamming(hashed, look.phash(graded(frames, exposure=0.8, tint=8)[0])) <= look.PHASH_CLOSE
    others = [look.phash(shot(scene(seed=seed), 1)[0]) for seed in range(2, 12)]
    assert min(look.hamming(hashed, other) for other in others) > 2 * look.PHASH_CLOSE


def test_flat_pictures_hash_alike_whatever_their_grain():
    flat = np.stack([blank((320, 180), luma=80)])
    assert look.phash(grained(flat, sigma=3.0, seed=1)[0]) == look.phash(grained(flat, sigma=3.0, seed=2)[0])


def test_hamming_counts_bits():
    assert look.hamming("00000000000000ff", "0000000000000000") == 8
    assert look.hamming("ffffffffffffffff", "0000000000000000") == 64


def test_colour_tells_graded_variants_apart_that_share_a_hash():
    plain = shot(scene(), 24)
    first, again = measured(plain), measured(grained(plain, sigma=2.0))
    assert look.colour_distance(first, first) == 0.0
    assert look.colour_distance(first, again) <= look.COLOUR_CLOSE
    for other in (graded(plain, exposure=0.85), graded(plain, tint=8)):
        assert look.colour_distance(first, measured(other)) > look.COLOUR_CLOSE


def test_a_take_rendered_again_with_other_grain_is_the_same():
    plain = shot(scene(), 24, dx=0.5)
    again = look.thumbnail_distance(taken(grained(plain, sigma=2.0, seed=1)), taken(grained(plain, sigma=2.0, seed=2)))
    assert again < 0.5


@pytest.mark.parametrize(
    "other",
    [
        shot(scene(seed=2), 24, dx=0.5),
        shot(scene(), 24, dx=-0.5),
        shot(scene(), 24, dx=0.5, zoom=0.004),
        shot(np.roll(scene(), 12, axis=1), 24, dx=0.5),
        graded(shot(scene(), 24, dx=0.5), exposure=0.88),
        graded(shot(scene(), 24, dx=0.5), tint=4),
    ],
    ids=["another segment", "another move", "a push-in", "another framing", "darker", "warmer"],
)
def test_what_an_editor_would_call_another_take_is_another_take(other: Stack):
    assert look.thumbnail_distance(taken(shot(scene(), 24, dx=0.5)), taken(other)) > 1.0


def test_a_fingerprint_can_be_stored_as_text():
    print_ = taken(shot(scene(), 24, dx=0.5))
    assert look.Fingerprint.from_text(print_.to_text()) == print_
    for broken in ("", "abc", print_.to_text()[:-8], "zz" + print_.to_text()[2:]):
        with pytest.raises(MediaError, match="not a fingerprint"):
            look.Fingerprint.from_text(broken)


def test_measuring_is_cheap():
    frames = np.stack([cv2.resize(frame, (640, 540)) for frame in shot(scene(), 48, dx=1.0)])
    began = time.process_time()
    look.measure(frames, fps=FPS, sound=None)
    assert time.process_time() - began < 1.0, "two seconds of 640x360 take about 0.06 CPU-seconds"


def test_a_take_is_compared_with_a_thousand_as_with_one():
    rng = np.random.default_rng(5)
    takes = [look.Fingerprint("0" * 16, rng.integers(16, 236, 3 * 864, np.uint8).tobytes()) for _ in range(1000)]
    hung = look.Gallery()
    for number, taken in enumerate(takes):
        hung.add(f"{number:04}", taken)
    some = takes[0]
    alone = [look.thumbnail_distance(some, other) for other in takes[::50]]
    np.testing.assert_allclose(hung.distances(some)[::50], alone, rtol=1e-5)
    assert hung.nearest(takes[700]) == ("0700", 0.0)
    assert look.Gallery().nearest(some) is None


def test_of_two_that_are_as_near_the_first_by_name_is_named():
    taken = look.Fingerprint("0" * 16, bytes(range(0, 216)) * 12)
    hung = look.Gallery()
    for name in ("1A-2", "1A-1", "1A-3"):
        hung.add(name, taken)
    assert hung.nearest(taken) == ("1A-1", 0.0)
