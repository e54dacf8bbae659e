"""Pictures of every kind come to the house upright, in its colours, unsqueezed and never enlarged."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from circletake.media.picture import Frame, Size, planes, size_of, to_rgb
from circletake.media.upright import Deinterlacer, Turn, Upright

WITHIN: Size = (960, 540)
SIZE: Size = (64, 48)
COLOURS = ((200, 40, 40), (40, 200, 40), (40, 40, 200), (220, 220, 220))
"""Of the quarters, row by row."""
IDENTITY = (1, 0, 0, 1)


def quarters(size: Size = SIZE) -> NDArray[np.uint8]:
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    for index, colour in enumerate(COLOURS):
        rows = slice(0, height // 2) if index < 2 else slice(height // 2, None)
        columns = slice(0, width // 2) if index % 2 == 0 else slice(width // 2, None)
        picture[rows, columns] = colour
    return picture


def seen(frame: Frame) -> list[tuple[int, int, int]]:
    """Return the colour in the middle of every quarter, row by row."""
    rgb = to_rgb(frame)
    height, width = rgb.shape[:2]
    middles = [rgb[y * height // 4, x * width // 4] for y in (1, 3) for x in (1, 3)]
    return [(int(r), int(g), int(b)) for r, g, b in middles]


def upright(picture: VideoFrame, *, pixel_width: Fraction = Fraction(1)) -> tuple[Upright, Frame]:
    brought = Upright(picture, pixel_width=pixel_width, within=WITHIN)
    return brought, brought(picture)


def filmed(matrix: tuple[int, int, int, int]) -> VideoFrame:
    """Return a decoded picture of a film whose display matrix says (a, b, c, d)."""
    a, b, c, d = (value << 16 for value in matrix)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        out.mux(stream.encode(VideoFrame.from_ndarray(quarters(), format="rgb24")))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as container:
        return next(container.decode(video=0))


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (IDENTITY, ""),
        ((0, 1, -1, 0), "turned by 90 degrees"),
        ((-1, 0, 0, -1), "turned by 180 degrees"),
        ((0, -1, 1, 0), "turned by 270 degrees"),
        ((-1, 0, 0, 1), "mirrored"),
        ((1, 0, 0, -1), "mirrored"),
        ((0, 1, 1, 0), "turned and mirrored"),
        ((0, -1, -1, 0), "turned and mirrored"),
    ],
)
def test_every_corner_goes_where_the_display_matrix_sends_it(matrix: tuple[int, int, int, int], said: str):
    a, b, c, d = matrix
    wanted: dict[tuple[int, int], tuple[int, int, int]] = {}
    for index, colour in enumerate(COLOURS):
        x, y = (-1, 1)[index % 2], (-1, 1)[index // 2]
        wanted[a * x + c * y, b * x + d * y] = colour  # ISO/IEC 14496-12, 6.2.2: (x, y, 1) times the matrix
    brought, frame = upright(filmed(matrix))
    assert size_of(frame) == (SIZE if a else SIZE[::-1])
    assert brought.turn.in_words == said
    for found, (x, y) in zip(seen(frame), [(-1, -1), (1, -1), (-1, 1), (1, 1)], strict=True):
        assert found == pytest.approx(wanted[x, y], abs=8)


@pytest.mark.parametrize(
    ("kind", "space", "extent"),
    [
        ("yuv420p", Colorspace.ITU709, ColorRange.MPEG),
        ("yuv420p", Colorspace.ITU709, ColorRange.JPEG),
        ("yuv420p", Colorspace.ITU601, ColorRange.MPEG),
        ("yuv420p", Colorspace.BT2020, ColorRange.MPEG),
        ("yuvj420p", Colorspace.ITU601, ColorRange.JPEG),
        ("yuv422p10le", Colorspace.ITU709, ColorRange.MPEG),
        ("yuv444p12le", Colorspace.ITU709, ColorRange.JPEG),
        ("nv12", Colorspace.ITU601, ColorRange.JPEG),
    ],
)
def test_tagged_colours_come_out_as_they_were(kind: str, space: Colorspace, extent: ColorRange):
    picture = VideoFrame.from_ndarray(quarters(), format="rgb24").reformat(
        format=kind, dst_colorspace=space, dst_color_range=extent
    )
    assert np.array(seen(upright(picture)[1])) == pytest.approx(np.array(COLOURS), abs=6)


@pytest.mark.parametrize("kind", ["rgb24", "bgr0", "gbrp", "rgb48le", "gbrp12le"])
def test_rgb_comes_out_as_it_was(kind: str):
    picture = VideoFrame.from_ndarray(quarters(), format="rgb24").reformat(format=kind)
    assert np.array(seen(upright(picture)[1])) == pytest.approx(np.array(COLOURS), abs=6)


@pytest.mark.parametrize("kind", ["gray", "gray16le"])
def test_a_grey_picture_stays_grey(kind: str):
    grey = np.repeat(quarters()[:, :, :1], 3, axis=2)
    picture = VideoFrame.from_ndarray(grey, format="rgb24").reformat(format=kind)
    found = np.array(seen(upright(picture)[1]))
    assert found[:, 0] == pytest.approx([200, 40, 40, 220], abs=6)
    assert np.ptp(found, axis=1).max() <= 4


def test_small_pictures_without_a_tag_are_of_standard_television_and_large_ones_of_high_definition():
    for size, space in (((64, 48), Colorspace.ITU601), ((64, 720), Colorspace.ITU709)):
        picture = VideoFrame.from_ndarray(quarters(size), format="rgb24").reformat(
            format="yuv420p", dst_colorspace=space, dst_color_range=ColorRange.MPEG
        )
        picture.colorspace, picture.color_range = 2, ColorRange.UNSPECIFIED
        assert np.array(seen(upright(picture)[1])) == pytest.approx(np.array(COLOURS), abs=6)


@pytest.mark.parametrize(
    ("coded", "pixel_width", "shown", "size"),
    [
        ((640, 360), Fraction(1), (640, 360), (640, 360)),
        ((1920, 1080), Fraction(1), (1920, 1080), (960, 540)),
        ((1080, 1920), Fraction(1), (1080, 1920), (540, 960)),
        ((641, 359), Fraction(1), (641, 359), (640, 358)),
        ((720, 576), Fraction(64, 45), (1024, 576), (960, 540)),
        ((720, 576), Fraction(16, 15), (768, 576), (720, 540)),
        ((320, 480), Fraction(1, 2), (160, 480), (160, 480)),
        ((1, 1), Fraction(1), (1, 1), (2, 2)),
        ((4096, 2), Fraction(1), (4096, 2), (960, 2)),
    ],
)
def test_pictures_are_fitted_even_and_square_and_never_enlarged(
    coded: Size, pixel_width: Fraction, shown: Size, size: Size
):
    picture = VideoFrame.from_ndarray(np.full((coded[1], coded[0], 3), 90, np.uint8), format="rgb24")
    brought, frame = upright(picture, pixel_width=pixel_width)
    assert (brought.shown, brought.size, size_of(frame)) == (shown, size, size)


def test_a_picture_of_odd_size_is_not_smeared_at_its_edges():
    odd = np.repeat((np.arange(65) % 2 * 100 + 80).astype(np.uint8)[None, :, None], 49, axis=0).repeat(3, axis=2)
    odd[:, -5:] = 250
    y = planes(upright(VideoFrame.from_ndarray(odd, format="rgb24"))[1]).y
    assert y[:, -1].min() > 210
    assert y.shape == (48, 64)


def test_a_picture_that_changes_size_is_brought_to_the_first_size():
    brought, _ = upright(VideoFrame.from_ndarray(quarters(), format="rgb24"))
    later = brought(VideoFrame.from_ndarray(quarters((320, 240)), format="rgb24"))
    assert size_of(later) == SIZE
    assert np.array(seen(later)) == pytest.approx(np.array(COLOURS), abs=6)


def test_a_picture_as_the_house_has_it_is_not_changed():
    rng = np.random.default_rng(1)
    house = rng.integers(16, 236, (SIZE[1] * 3 // 2, SIZE[0]), dtype=np.uint8)
    picture = VideoFrame.from_ndarray(house, format="yuv420p")
    picture.colorspace, picture.color_range = int(Colorspace.ITU709), ColorRange.MPEG
    assert (upright(picture)[1] == house).all()


def test_turning_twice_by_half_a_turn_is_nothing():
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    half = Turn(mirrored=True, flipped=True)
    assert (half.apply(half.apply(plane)) == plane).all()
    assert (Turn().apply(plane) == plane).all()


def test_as_many_pictures_leave_the_deinterlacer_as_enter_it_and_at_their_times():
    deinterlacer = Deinterlacer(Fraction(1, 25))
    times: list[float | None] = []
    for index in range(7):
        size = SIZE if index < 4 else (96, 64)
        picture = VideoFrame.from_ndarray(quarters(size), format="rgb24").reformat(format="yuv420p")
        picture.pts, picture.time_base = 2 * index, Fraction(1, 25)
        times += [one.time for one in deinterlacer.push(picture)]
    times += [one.time for one in deinterlacer.push(None)]
    assert times == pytest.approx([0, 0.08, 0.16, 0.24, 0.32, 0.4, 0.48])
