"""Colours: whatever a file is coded in, the house sees what its makers saw."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from circletake.media.colours import HouseColours
from circletake.media.picture import Frame, blank, planes

LUMA = {Colorspace.ITU601: (0.299, 0.114), Colorspace.SMPTE170M: (0.299, 0.114), Colorspace.ITU709: (0.2126, 0.0722)}
"""Of red and of blue: ITU-R BT.601-7 and BT.709-6."""


def coded(rgb: tuple[float, float, float], space: Colorspace) -> NDArray[np.float64]:
    """Return Y, Cb and Cr in limited range by the equations of the recommendations."""
    red, blue = LUMA[space]
    luma = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2]
    chroma = (rgb[2] - luma) / (1 - blue), (rgb[0] - luma) / (1 - red)
    return np.array([16 + 219 * luma, *(128 + 112 * each for each in chroma)])


def decoded(levels: NDArray[np.float64], space: int, size: tuple[int, int] = (32, 32)) -> VideoFrame:
    frame = blank(size)
    for plane, level in zip(planes(frame), levels, strict=True):
        plane[:] = round(float(level))
    picture = VideoFrame.from_ndarray(frame, format="yuv420p")
    picture.colorspace, picture.color_range = space, ColorRange.MPEG
    return picture


def middle(frame: Frame) -> NDArray[np.float64]:
    return np.array([plane[plane.shape[0] // 2, plane.shape[1] // 2] for plane in planes(frame)], np.float64)


@given(rgb=st.tuples(*(st.floats(0.0, 1.0) for _ in range(3))), space=st.sampled_from(sorted(LUMA)))
def test_a_colour_stays_what_it_is_whichever_matrix_it_was_coded_with(
    rgb: tuple[float, float, float], space: Colorspace
):
    seen = middle(HouseColours()(decoded(coded(rgb, space), space)))
    assert seen == pytest.approx(coded(rgb, Colorspace.ITU709), abs=1.6)


@pytest.mark.parametrize(("height", "space"), [(576, Colorspace.ITU601), (720, Colorspace.ITU709)])
def test_untagged_pictures_are_taken_for_what_their_height_says(height: int, space: Colorspace):
    seen = middle(HouseColours((64, 64))(decoded(coded((0.7, 0.2, 0.1), space), 2, (1024, height))))
    assert seen == pytest.approx(coded((0.7, 0.2, 0.1), Colorspace.ITU709), abs=1.6)


def test_an_odd_picture_loses_one_row_and_one_column():
    picture = VideoFrame.from_ndarray(np.full((45, 61, 3), 90, np.uint8), format="rgb24")
    assert HouseColours()(picture).shape == (44 * 3 // 2, 60)


def test_full_range_is_brought_to_limited_range():
    picture = VideoFrame.from_ndarray(np.full((48, 32), 255, np.uint8), format="gray")
    picture.color_range = ColorRange.JPEG
    assert middle(HouseColours()(picture)) == pytest.approx([235, 128, 128], abs=1)
