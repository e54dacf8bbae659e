"""Camera moves: smooth, never past an edge, and sub-pixel."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from tests.media.footage import scene

from circletake.domain.look import CameraMove
from circletake.media.move import Framing, apply, cut_out, ease, overscan, path, speed
from circletake.media.picture import blank, from_rgb, planes

MOVES: tuple[CameraMove, ...] = get_args(CameraMove)
STARTS = (Framing(1.0), Framing(1.2, 0.1, 0.9), Framing(1.6, 0.8, 0.3), Framing(0.5, -3.0, 7.0))


def taken(move: CameraMove, *, frames: int = 72, start: Framing = STARTS[1], strength: float = 1.0, seed: int = 4):
    return path(move, frames=frames, start=start, seed=seed, strength=strength)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize("frames", [1, 2, 24, 240])
def test_no_move_shows_an_edge(move: CameraMove, start: Framing, frames: int):
    for framing in taken(move, frames=frames, start=start):
        half = 0.5 / framing.scale
        assert framing.scale >= 1
        assert half - 1e-9 <= framing.x <= 1 - half + 1e-9
        assert half - 1e-9 <= framing.y <= 1 - half + 1e-9


@pytest.mark.parametrize("move", MOVES)
def test_no_move_jumps_or_jitters(move: CameraMove):
    framings = taken(move, frames=96)
    assert len(framings) == 96
    track = np.array([(framing.x, framing.y, framing.scale) for framing in framings])
    assert speed(framings) < 0.01
    assert np.abs(np.diff(track, n=2, axis=0)).max() < 4e-4


@pytest.mark.parametrize("move", [move for move in MOVES if move not in ("static", "handheld")])
def test_a_move_starts_and_ends_at_rest(move: CameraMove):
    framings = taken(move, frames=96)
    inside = speed(framings)
    assert speed(framings[:3]) < inside / 5
    assert speed(framings[-3:]) < inside / 5


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [
        ("push_in", "scale", 1),
        ("pull_out", "scale", -1),
        ("pan_left", "x", -1),
        ("pan_right", "x", 1),
        ("tilt_up", "y", -1),
        ("tilt_down", "y", 1),
        ("track", "x", 1),
    ],
)
def test_a_move_goes_where_its_name_says(move: CameraMove, axis: str, sign: int):
    values = [getattr(framing, axis) for framing in taken(move, start=Framing(1.0))]
    assert sign * (values[-1] - values[0]) > 0.03
    assert all(sign * (b - a) >= -1e-12 for a, b in pairwise(values))


def test_strength_sets_how_far_a_move_goes():
    def reach(strength: float) -> float:
        framings = taken("push_in", start=Framing(1.0), strength=strength)
        return framings[-1].scale - framings[0].scale

    assert reach(0.0) == 0
    assert 0 < reach(0.4) < reach(0.8)


def test_a_hand_is_never_quite_still_and_another_seed_is_another_hand():
    first, again, other = taken("handheld"), taken("handheld"), taken("handheld", seed=5)
    assert first == again
    assert first != other
    assert len({(framing.x, framing.y) for framing in first}) == len(first)
    assert np.std([framing.x for framing in first]) < 0.01


def test_a_still_camera_is_still():
    assert len(set(taken("static"))) == 1


def test_easing_is_slow_at_both_ends_and_symmetrical():
    assert (ease(-1), ease(0), ease(0.5), ease(1), ease(2)) == pytest.approx((0, 0, 0.5, 1, 1))
    assert ease(0.1) < 0.03
    assert ease(0.3) + ease(0.7) == pytest.approx(1)


def test_the_whole_picture_at_its_own_size_is_left_as_it_is():
    picture = scene()
    assert np.array_equal(cut_out(picture, Framing(1.0), size=(320, 180)), picture)


def test_chroma_moves_with_luma():
    rgb = np.zeros((180, 320, 3), np.uint8)
    rgb[60:120, 100:160] = (200, 40, 40)
    shown = cut_out(from_rgb(rgb), Framing(1.5, 0.42, 0.5), size=(320, 180))
    y, _, v = planes(shown)
    light, red = (np.argwhere(mask).mean(axis=0) for mask in (y > 40, v > 150))
    assert np.abs(light / 2 - red).max() < 1


def test_a_tenth_of_a_pixel_is_a_tenth_of_a_pixel():
    x = np.arange(320)
    picture = blank((320, 180))
    planes(picture).y[:] = np.rint(125 + 90 * np.sin(x / 7)).astype(np.uint8)
    slope = 90 / 7 * np.cos(x / 7)
    places = []
    for step in range(11):
        shown = planes(cut_out(picture, Framing(1.25, 0.5 + step * 0.1 / 320), size=(256, 144))).y[70]
        still = 125 + 90 * np.sin((np.arange(256) + 32) / 7)
        places.append(float(np.dot(shown - still, slope[32:288]) / np.dot(slope[32:288], slope[32:288])))
    assert np.diff(places) == pytest.approx([0.1] * 10, abs=0.02)


def test_a_take_is_cut_out_picture_by_picture():
    pictures = np.stack([scene(seed=seed) for seed in range(3)])
    framings = taken("push_in", frames=3)
    shown = list(apply(pictures, framings, size=(160, 90)))
    assert [frame.shape for frame in shown] == [(135, 160)] * 3
    assert np.array_equal(shown[1], cut_out(pictures[1], framings[1], size=(160, 90)))


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (720, 900), (64, 36)])
def test_pictures_are_decoded_larger_and_even(size: tuple[int, int]):
    wider = overscan(size, 1.25)
    assert all(side % 2 == 0 for side in wider)
    assert wider[0] / size[0] == pytest.approx(1.25, abs=0.03)
