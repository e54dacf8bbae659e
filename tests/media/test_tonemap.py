"""HDR is rolled off, not cut off: what is told apart in the scene stays told apart in the picture."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from circletake.media.picture import planes, to_rgb
from circletake.media.tonemap import PEAK_NITS, WHITE_NITS, Curve, ToneMap, rolled_off, to_709

PATCH = 16
PQ_OF = {0: 0.0, 1: 0.1499, 50: 0.4403, 100: 0.5081, 203: 0.5807, 400: 0.6526, 1000: 0.7518, 4000: 0.9026}
"""Coded values of light in cd/m2, as tables of PQ (SMPTE ST 2084) have them."""


def patches(colours: list[tuple[float, float, float]]) -> VideoFrame:
    """Draw patches of coded Y', Cb, Cr (0..1 and -0.5..0.5) side by side: yuv420p10le, limited range, BT.2020."""
    width = PATCH * len(colours)
    picture = np.zeros((PATCH * 3 // 2, width), np.uint16)
    chroma = picture[PATCH:].reshape(2, PATCH // 2, width // 2)
    for index, (y, cb, cr) in enumerate(colours):
        picture[:PATCH, index * PATCH : (index + 1) * PATCH] = round(64 + 876 * y)
        for plane, value in zip(chroma, (cb, cr), strict=True):
            plane[:, index * PATCH // 2 : (index + 1) * PATCH // 2] = round(512 + 896 * value)
    frame = VideoFrame.from_ndarray(picture, format="yuv420p10le")
    frame.colorspace, frame.color_range = 9, ColorRange.MPEG
    return frame


def shown(frame: VideoFrame, curve: Curve) -> NDArray[np.float64]:
    """Return R, G, B in 0..1 of the middle of every patch."""
    mapped = ToneMap(curve, size=(frame.width, PATCH), primaries=ColorPrimaries.BT2020)
    house = np.ascontiguousarray(mapped(frame, space=Colorspace.BT2020, full=False).to_ndarray(), np.uint8)
    return to_rgb(house)[PATCH // 2, PATCH // 2 :: PATCH].astype(np.float64) / 255


def greys(levels: list[float]) -> VideoFrame:
    return patches([(level, 0.0, 0.0) for level in levels])


def test_highlights_above_white_stay_told_apart():
    white, cloud, sun = shown(greys([PQ_OF[203], PQ_OF[400], PQ_OF[1000]]), "PQ").mean(axis=1)
    assert 0.85 < white < 0.93
    assert white + 0.04 < cloud < sun - 0.01
    assert sun == pytest.approx(1.0, abs=0.01)


def test_what_is_darker_than_half_of_white_is_shown_as_it_was_filmed():
    levels = [0, 1, 50]
    found = shown(greys([PQ_OF[level] for level in levels]), "PQ").mean(axis=1)
    assert found == pytest.approx([(level / WHITE_NITS) ** (1 / 2.4) for level in levels], abs=0.012)


def test_the_curve_never_falls_and_ends_at_white():
    nits = np.linspace(0, 10_000, 50_001)
    bent = rolled_off(nits)
    assert (np.diff(bent) >= -1e-9).all()
    assert bent[nits <= 87] == pytest.approx(nits[nits <= 87], rel=1e-6, abs=1e-6)
    assert bent[nits >= PEAK_NITS] == pytest.approx(WHITE_NITS, rel=1e-6)


def test_white_of_hlg_is_as_bright_as_white_of_pq():
    hlg, pq = shown(greys([0.75]), "HLG").mean(), shown(greys([PQ_OF[203]]), "PQ").mean()
    assert hlg == pytest.approx(pq, abs=0.02)


def test_grey_stays_grey():
    for curve in ("PQ", "HLG"):
        found = shown(greys([0.1, 0.3, 0.5, 0.6, 0.7, 0.9]), curve)
        assert np.ptp(found, axis=1).max() < 0.02


def test_a_colour_keeps_its_hue_however_bright_it_is():
    orange = np.array([1.0, 0.45, 0.08])
    for nits in (100.0, 400.0, 900.0):
        red, green, blue = to_709(_pq(orange * nits), "PQ")
        assert red > green + 0.1 > blue + 0.2, f"orange of {nits} cd/m2 turned into {red:.2f} {green:.2f} {blue:.2f}"


def test_a_colour_that_bt709_does_not_have_is_shown_without_components_below_black():
    green = np.array([0.0, 1.0, 0.0])
    wide, narrow = to_709(_pq(green * 100), "PQ"), to_709(_pq(green * 100), "PQ", wide=False)
    assert wide.min() >= 0
    assert wide[1] > 0.6
    assert narrow == pytest.approx([0, (100 / WHITE_NITS) ** (1 / 2.4), 0], abs=0.01)


def test_the_table_says_what_the_formula_says():
    coded = [(0.45, 0.03, -0.02), (0.55, -0.04, 0.04), (0.62, 0.04, 0.02)]
    found = shown(patches(coded), "PQ")
    for (y, cb, cr), seen in zip(coded, found, strict=True):
        red, blue = y + 1.4746 * cr, y + 1.8814 * cb  # ITU-R BT.2020-2, table 4
        green = (y - 0.2627 * red - 0.0593 * blue) / 0.6780
        assert seen == pytest.approx(to_709(np.array([red, green, blue]), "PQ"), abs=0.025)


def test_the_full_range_is_told_from_the_limited_one():
    frame = VideoFrame.from_ndarray(np.full((PATCH * 3 // 2, PATCH), 512, np.uint16), format="yuv420p10le")
    frame.colorspace, frame.color_trc = 9, ColorTrc.SMPTE2084
    mapped = ToneMap("PQ", size=(PATCH, PATCH), primaries=ColorPrimaries.BT2020)
    full, limited = (
        planes(np.ascontiguousarray(mapped(frame, space=Colorspace.BT2020, full=full).to_ndarray(), np.uint8)).y.mean()
        for full in (True, False)
    )
    coded = np.array([512 / 1023, (512 - 64) / 876])
    wanted = 16 + 219 * to_709(np.repeat(coded[:, None], 3, axis=1), "PQ")[:, 0]
    assert [full, limited] == pytest.approx(wanted, abs=2)


def _pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Code light as PQ, by its formula in ITU-R BT.2100-2, table 4."""
    power = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
