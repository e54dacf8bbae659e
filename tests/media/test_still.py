"""Stills: what is written is what was shown; and the contact sheet says which takes are circled."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from circletake.errors import MediaError
from circletake.media import picture
from circletake.media.still import Tile, contact_sheet, jpeg, png

GROUND = (17, 17, 18)


def a_frame(width: int = 320, height: int = 180) -> picture.Frame:
    """Return a picture that is red on the left, green on the right and darker towards the bottom."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, : width // 2, 0] = 200
    rgb[:, width // 2 :, 1] = 160
    return picture.from_rgb((rgb * np.linspace(1.0, 0.5, height)[:, None, None]).astype(np.uint8))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(opened(data).convert("RGB"), np.int16)


def pencil(data: bytes) -> np.ndarray:
    """Return where the grease pencil went."""
    rgb = pixels(data)
    return (rgb[..., 0] > 170) & (rgb[..., 1] < 90) & (rgb[..., 2] < 90)


def some_tiles(count: int = 3, *, marked: bool = False, fault: str = "") -> list[Tile]:
    poster = jpeg(picture.blank((320, 180), luma=90), width=320)
    return [Tile("1A", f"1A-{number}", poster, marked=marked, fault=fault) for number in range(1, count + 1)]


@pytest.mark.parametrize(("width", "height"), [(320, 180), (480, 270), (160, 90), (101, 57)])
def test_a_jpeg_has_the_width_that_was_asked_for_and_the_shape_of_the_frame(width: int, height: int):
    read = opened(jpeg(a_frame(), width=width))
    assert (read.format, read.size) == ("JPEG", (width, height))


def test_a_portrait_frame_stays_portrait():
    assert opened(jpeg(a_frame(180, 320), width=90)).size == (90, 160)


def test_a_jpeg_shows_the_frame_in_its_own_colours():
    shown = pixels(jpeg(a_frame(), width=320))
    expected = np.asarray(picture.to_rgb(a_frame()), np.int16)
    assert np.abs(shown - expected)[:, 8:-8].mean() < 4
    assert shown[20, 40, 0] > 150 > 60 > shown[20, 40, 1]
    assert shown[20, 280, 1] > 120 > 60 > shown[20, 280, 0]


def test_the_same_frame_gives_the_same_bytes():
    assert jpeg(a_frame(), width=200) == jpeg(a_frame(), width=200)


def test_a_png_loses_nothing():
    rgb = np.random.default_rng(5).integers(0, 256, (37, 53, 3)).astype(np.uint8)
    assert np.array_equal(pixels(png(rgb)), rgb)


def test_what_is_no_picture_is_one_clear_line():
    with pytest.raises(MediaError, match=r"cannot be written as \.png"):
        png(np.zeros((0, 4, 3), np.uint8))


def test_a_sheet_is_a_png_of_1600_pixels():
    read = opened(contact_sheet(some_tiles(), columns=3, title="The Door", subtitle="three takes"))
    assert (read.format, read.width) == ("PNG", 1600)


def test_the_same_tiles_give_the_same_sheet():
    tiles = some_tiles(marked=True)
    assert contact_sheet(tiles, columns=3, title="A", subtitle="b") == contact_sheet(
        tiles, columns=3, title="A", subtitle="b"
    )


def test_a_sheet_without_takes_is_its_title():
    read = opened(contact_sheet([], columns=4, title="The Door", subtitle="nothing yet"))
    assert read.width == 1600
    assert read.height < 300


def test_takes_that_do_not_fit_a_row_begin_the_next_one():
    def height(count: int) -> int:
        return opened(contact_sheet(some_tiles(count), columns=3, title="", subtitle="")).height

    assert height(1) == height(3) < height(4) == height(6) < height(7)


def test_every_slate_begins_a_row_of_its_own():
    tiles = some_tiles(2)
    apart = [tiles[0], Tile("1B", "1B-1", tiles[1].picture)]
    together = opened(contact_sheet(tiles, columns=4, title="", subtitle="")).height
    assert opened(contact_sheet(apart, columns=4, title="", subtitle="")).height > together + 100


def test_only_a_circled_take_is_marked_and_the_mark_goes_round_it():
    tiles = some_tiles(3)
    assert not pencil(contact_sheet(tiles, columns=3, title="x", subtitle="")).any()
    tiles[1] = Tile("1A", "1A-2", tiles[1].picture, marked=True)
    drawn = pencil(contact_sheet(tiles, columns=3, title="x", subtitle=""))
    _, columns = np.nonzero(drawn)
    third = (1600 - 56 - 324) / 3
    assert columns.min() > 324 + third - 60
    assert columns.max() < 324 + 2 * third + 60
    assert columns.max() - columns.min() > 0.9 * third, "it goes all the way round"


def test_no_two_marks_are_drawn_alike():
    def mark(label: str) -> np.ndarray:
        tile = Tile("1A", label, some_tiles(1)[0].picture, marked=True)
        return pencil(contact_sheet([tile], columns=3, title="", subtitle=""))[:, 300:][:280]

    assert (mark("1A-1") != mark("1A-2")).sum() > 500


def test_a_failed_take_is_dimmed_and_says_why_below_its_label():
    well, ill = some_tiles(1), some_tiles(1, fault="the picture stands still for 1.3 s")
    shown, dimmed = (contact_sheet(tiles, columns=3, title="", subtitle="") for tiles in (well, ill))
    inside = (slice(240, 300), slice(400, 600))
    assert pixels(dimmed)[inside].mean() < 0.6 * pixels(shown)[inside].mean()
    assert opened(dimmed).height > opened(shown).height


def test_a_long_reason_is_set_in_a_few_lines_and_cut_there():
    short, long = some_tiles(1, fault="black"), some_tiles(1, fault="the picture stands still; " * 60)
    heights = [opened(contact_sheet(tiles, columns=6, title="", subtitle="")).height for tiles in (short, long)]
    assert 0 < heights[1] - heights[0] < 60


def test_a_take_without_a_picture_still_has_its_place():
    tiles = [*some_tiles(2), Tile("1A", "1A-3", b"", fault="it does not decode")]
    sheet = pixels(contact_sheet(tiles, columns=3, title="", subtitle=""))
    assert not (sheet[260, 1200:1500] == GROUND).all()


@pytest.mark.parametrize("data", [b"not a picture", b"GIF89a", jpeg(a_frame(), width=320)[:300]], ids=repr)
def test_a_picture_that_cannot_be_read_is_named(data: bytes):
    with pytest.raises(MediaError, match="the picture of 1A-7"):
        contact_sheet([Tile("1A", "1A-7", data)], columns=3, title="", subtitle="")


def test_there_must_be_a_column():
    with pytest.raises(MediaError, match="at least one column"):
        contact_sheet(some_tiles(), columns=0, title="", subtitle="")


@pytest.mark.parametrize("title", ["Größe, été, ñandú", "Жизнь", "日本", "🎬", "", " ", "a" * 500, "\n\t\x00", "(50%)"])
def test_any_title_can_be_set(title: str):
    note = f"{title}\n{title}"
    tiles = [Tile("1A", "1A-1", b"", note=note, caption=title, fault=title)]
    assert opened(contact_sheet(tiles, columns=3, title=title, subtitle=title)).width == 1600


def test_accents_are_set_and_not_dropped():
    with_accent, without = (contact_sheet([], columns=3, title=word, subtitle="") for word in ("Mühle", "Muhle"))
    assert with_accent != without


def test_pictures_of_another_shape_are_cropped_not_squeezed():
    wide = Tile("1A", "1A-1", jpeg(picture.blank((320, 180), luma=90), width=320))
    rgb = np.zeros((320, 180, 3), np.uint8)
    yy, xx = np.mgrid[0:320, 0:180]
    rgb[np.hypot(yy - 160, xx - 90) < 50] = 255
    tall = Tile("1A", "1A-2", jpeg(picture.from_rgb(rgb), width=180))
    shown = pixels(contact_sheet([wide, tall], columns=3, title="", subtitle=""))[..., 1]
    white = shown[150:420, 740:1130] > 200
    rows, columns = np.nonzero(white)
    assert math.isclose(np.ptp(rows), np.ptp(columns), rel_tol=0.1), "a circle stays a circle"


@pytest.mark.parametrize("size", [(480, 480), (480, 270), (270, 480), (480, 600), (96, 120), (480, 360)])
def test_a_sheet_of_any_number_of_columns_takes_posters_of_any_shape(size: tuple[int, int]):
    poster = jpeg(picture.blank(size, luma=90), width=size[0])
    for columns in range(1, 13):
        tiles = [Tile("1A", "1A-1", poster)]
        assert opened(contact_sheet(tiles, columns=columns, title="", subtitle="")).width == 1600
