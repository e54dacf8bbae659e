"""The internal currency: planes that are views, and colours that survive the way there and back."""

from __future__ import annotations

import numpy as np
import pytest

from circletake.errors import MediaError
from circletake.media.picture import blank, checked_size, from_rgb, planes, size_of, to_rgb


def test_planes_are_views_of_the_frame():
    frame = blank((8, 6))
    y, u, v = planes(frame)
    y[:], u[:], v[:] = 100, 90, 80
    assert (y.shape, u.shape, v.shape) == ((6, 8), (3, 4), (3, 4))
    assert frame.reshape(-1).tolist() == [100] * 48 + [90] * 12 + [80] * 12


def test_a_height_that_four_does_not_divide_is_laid_out_as_libav_has_it():
    frame = blank((4, 6))
    planes(frame).v[:] = 7
    assert size_of(frame) == (4, 6)
    assert frame.reshape(-1)[-6:].tolist() == [7] * 6


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_primaries_have_the_codes_of_bt_709(rgb: tuple[int, int, int], yuv: tuple[int, int, int]):
    frame = from_rgb(np.full((4, 4, 3), rgb, np.uint8))
    assert tuple(int(plane[0, 0]) for plane in planes(frame)) == yuv


def test_colours_survive_the_way_there_and_back():
    rgb = np.random.default_rng(0).integers(30, 220, (2, 3, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    back = to_rgb(from_rgb(rgb))
    assert np.abs(back[4::8, 4::8].astype(int) - rgb[4::8, 4::8]).max() <= 2


@pytest.mark.parametrize("size", [(3, 4), (4, 3), (0, 2)])
def test_an_odd_size_is_refused(size: tuple[int, int]):
    with pytest.raises(MediaError, match="must be even"):
        checked_size(size)
