"""Titles: well set for any frame, inside the safe area, faded without a jump."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.media.footage import scene

from circletake.errors import MediaError
from circletake.media.picture import Frame, Size, blank, planes
from circletake.media.title import PLACES, SAFE, card, fade, quietest

WIDE: Size = (640, 360)
SIZES: tuple[Size, ...] = (WIDE, (360, 640), (360, 360), (360, 450))
TEXTS = (
    "Now",
    "Something is waiting",
    "Was wäre, wenn wir über Nacht blieben?",
    "Donaudampfschifffahrtsgesellschaft",
    "Ten years ago she left the island, and never once did she look back at the light on the far shore",
    "first line\nsecond line",
)


def set_on_black(text: str, size: Size) -> Frame:
    return card(text, size=size).apply(blank(size), share=1.0)


def inked(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    letters = planes(frame).y > 60
    return np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))


def lines_of(frame: Frame) -> int:
    rows, _ = inked(frame)
    return 1 + int((np.diff(rows) > 5).sum())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("text", TEXTS)
def test_words_stay_inside_the_safe_area_and_in_the_middle(text: str, size: Size):
    rows, columns = inked(set_on_black(text, size))
    width, height = size
    edge = (1 - SAFE) / 2
    assert columns[0] >= edge * width - 1
    assert columns[-1] <= (1 - edge) * width + 1
    assert rows[0] >= edge * height - 1
    assert rows[-1] <= (1 - edge) * height + 1
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(width / 2, abs=0.02 * width)
    assert (rows[0] + rows[-1]) / 2 == pytest.approx(height / 2, abs=0.05 * height)


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("text", TEXTS)
def test_words_stay_inside_the_safe_area_wherever_they_are_placed(text: str, size: Size, at: float):
    rows, columns = inked(card(text, size=size, at=at).apply(blank(size), share=1.0))
    width, height = size
    edge = (1 - SAFE) / 2
    assert edge * width - 1 <= columns[0] <= columns[-1] <= (1 - edge) * width + 1
    assert edge * height - 1 <= rows[0] <= rows[-1] <= (1 - edge) * height + 1
    if len(text) < 10:
        assert (rows[0] + rows[-1]) / 2 == pytest.approx(at * height, abs=0.05 * height)


def face(x: float, y: float, size: Size = WIDE) -> Frame:
    """Return a bright oval with eyes in front of a dark, even room."""
    frame = blank(size, luma=60)
    light = planes(frame).y
    centre, reach = (int(x * size[0]), int(y * size[1])), int(0.14 * size[1])
    cv2.ellipse(light, centre, (reach * 3 // 4, reach), 0, 0, 360, 190, -1)
    for side in (-1, 1):
        cv2.circle(light, (centre[0] + side * reach // 3, centre[1] - reach // 4), max(2, reach // 8), 30, -1)
    return frame


def test_words_do_not_lie_over_a_face():
    assert quietest([face(0.5, 0.5)], "The door", size=WIDE) != PLACES[0]
    assert quietest([face(0.5, 0.77)], "The door", size=WIDE) != PLACES[1]
    assert quietest([face(0.42, 0.45), face(0.5, 0.5), face(0.58, 0.5)], "The door", size=WIDE) != PLACES[0]


def test_words_lie_in_the_middle_where_that_is_free():
    assert quietest([face(0.1, 0.5)], "Now", size=WIDE) == PLACES[0]
    assert quietest([blank(WIDE, luma=90)], "The door", size=WIDE) == PLACES[0]


def test_a_title_cannot_be_placed_without_a_picture():
    with pytest.raises(MediaError, match="without a picture"):
        quietest([], "Now", size=WIDE)


def test_letters_are_near_white_on_black_and_the_frame_round_them_is_untouched():
    frame = set_on_black("Now", WIDE)
    y, u, v = planes(frame)
    assert 215 <= y.max() <= 235
    assert (y[:60] == 16).all()
    assert (u == 128).all()
    assert (v == 128).all()


def test_letters_read_on_a_bright_picture():
    """A soft shade lies round them."""
    bright = blank(WIDE, luma=225)
    light = planes(card("Something is waiting", size=WIDE).apply(bright, share=1.0)).y
    assert light.min() < 130
    assert (light[:60] == 225).all()


def test_lines_are_about_as_long_as_each_other():
    frame = set_on_black(TEXTS[2], WIDE)
    assert lines_of(frame) == 2
    letters = planes(frame).y > 60
    rows, _ = inked(frame)
    cut = rows[np.argmax(np.diff(rows) > 5)] + 1
    first, second = (np.flatnonzero(part.any(axis=0)) for part in (letters[:cut], letters[cut:]))
    widths = first[-1] - first[0], second[-1] - second[0]
    assert min(widths) / max(widths) > 0.75


def test_a_line_break_is_kept_and_long_texts_are_not_shouted():
    assert lines_of(set_on_black("one\ntwo", WIDE)) == 2
    assert lines_of(set_on_black("one two", WIDE)) == 1
    short, long = set_on_black("ooooo", WIDE), set_on_black("ooooo " * 12, WIDE)
    assert inked(short)[0].size > inked(long)[0].size / lines_of(long)


def test_no_words_are_no_title():
    picture = scene(size=WIDE)
    assert np.array_equal(card("  ", size=WIDE).apply(picture.copy(), share=1.0), picture)


def test_a_share_of_nothing_is_nothing_and_more_share_is_more_title():
    title = card("Now", size=WIDE)
    assert np.array_equal(title.apply(blank(WIDE), share=0.0), blank(WIDE))
    brightness = [int(planes(title.apply(blank(WIDE), share=share)).y.max()) for share in (0.2, 0.5, 1.0)]
    assert brightness == sorted(set(brightness))


@pytest.mark.parametrize("frames", [1, 6, 24, 48, 120])
@pytest.mark.parametrize("hold_at_end", [False, True])
def test_a_fade_has_no_jump_and_shows_the_words(frames: int, hold_at_end: bool):
    shares = [fade(index, frames=frames, hold_at_end=hold_at_end) for index in range(frames)]
    assert all(0 <= share <= 1 for share in shares)
    if frames >= 24:
        assert max(shares) > 0.95
        assert np.abs(np.diff(shares)).max() < (0.5 if frames < 48 else 0.15)
        assert shares[0] == 0
        assert (shares[-1] == 1) if hold_at_end else (shares[-1] < 0.1)


def test_a_title_that_cannot_be_set_is_an_error():
    with pytest.raises(MediaError, match="set font"):
        card("Москва", size=WIDE)
    with pytest.raises(MediaError, match="cannot be read"):
        card("Now", size=WIDE, font="/nowhere/gone.otf")
