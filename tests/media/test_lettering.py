"""Lettering: words as they are written, also in a face that has no accents, and never misspelt."""

from __future__ import annotations

import unicodedata

import cv2
import numpy as np
import pytest
from PIL import Image

from circletake.errors import MediaError
from circletake.media.lettering import Face

LANGUAGES = "äöüÄÖÜßẞ éèêëàâçîïôûùœæ ÉÈÊËÀÂÇÎÏÔÛÙŒÆŸÿ ñáíóúÁÍÓÚÑ¿¡ øØåÅčšž «»“”‘’„–—…€"  # noqa: RUF001


def ink(text: str, *, points: float = 60.0, tracking: float = 0.1) -> np.ndarray:
    face = Face("", points, tracking=tracking)
    sheet = Image.new("L", (round(face.width(text) + 2 * points), round(3 * points)), 0)
    face.write(sheet, text, x=points, y=points)
    return np.asarray(sheet)


def rows(picture: np.ndarray) -> np.ndarray:
    return np.flatnonzero(picture.max(axis=1) > 60)


@pytest.mark.parametrize("letter", sorted(set(LANGUAGES) - {" "}), ids=lambda letter: unicodedata.name(letter))
def test_german_french_and_spanish_are_set_in_the_built_in_face(letter: str):
    settable = Face("", 60).settable(letter)
    assert settable.strip()
    drawn = ink(settable)
    assert drawn.max() > 200
    assert drawn.shape != ink("\uffff").shape or not np.array_equal(drawn, ink("\uffff"))


@pytest.mark.parametrize("letter", "ÄÖÜÉÈÊËÀÂÎÏÔÛÙÑÁÍÓÚÅČŠŽ")
def test_an_accent_stands_clear_above_its_letter(letter: str):
    base = unicodedata.normalize("NFD", letter)[0]
    with_mark, without = ink(letter), ink(base)
    top = rows(without)[0]
    assert rows(with_mark)[0] < top - 3
    filled = with_mark[: top - 1].max(axis=1) > 60
    mark = np.flatnonzero(filled)
    assert 0 < top - 1 - mark[-1] < 14
    columns = np.flatnonzero(with_mark[:top].max(axis=0) > 60)
    body = np.flatnonzero(without.max(axis=0) > 60)
    assert abs(columns.mean() - body.mean()) < 4


def test_a_letter_that_is_composed_is_as_wide_as_its_base():
    face = Face("", 60, tracking=0.1)
    assert face.width("Ü") == face.width("U")
    assert face.width("ÜBER") == face.width("UBER")
    assert face.width("¿") == face.width("?")
    assert face.width("—") > face.width("–") > face.width("-")  # noqa: RUF001
    assert face.width("") == 0


def parts(text: str) -> int:
    """How many separate pieces of ink there are."""
    return cv2.connectedComponents((ink(text, points=120) > 60).astype(np.uint8))[0] - 1


@pytest.mark.parametrize(("letter", "pieces"), [("i", 2), ("í", 2), ("ï", 3), ("î", 2), ("Í", 2), ("ü", 3), ("ñ", 2)])
def test_an_i_with_an_accent_loses_its_dot(letter: str, pieces: int):
    assert parts(letter) == pieces


def test_a_cedilla_hangs_below():
    assert rows(ink("Ç"))[-1] > rows(ink("C"))[-1] + 5


def cropped(picture: np.ndarray) -> np.ndarray:
    columns = np.flatnonzero(picture.max(axis=0) > 0)
    lines = np.flatnonzero(picture.max(axis=1) > 0)
    return picture[lines[0] : lines[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize(("turned", "upright"), [("¿", "?"), ("¡", "!")])
def test_what_is_turned_upside_down_is_the_same_ink(turned: str, upright: str):
    assert np.array_equal(cropped(ink(turned)), np.rot90(cropped(ink(upright)), 2))


def test_text_with_separate_accents_is_the_same_text():
    face = Face("", 40)
    assert face.settable(unicodedata.normalize("NFD", "Über Nacht à l'été")) == "Über Nacht à l'été"


def test_ligatures_are_spelt_out():
    assert Face("", 40).settable("Straße, cœur, 5 €") == "Strasse, coeur, 5 EUR"


def test_signs_that_the_face_lacks_are_left_out_and_named(caplog: pytest.LogCaptureFixture):
    with caplog.at_level("WARNING"):
        assert Face("", 40).settable("Go ★ now") == "Go  now"
    assert "★" in caplog.text


@pytest.mark.parametrize("text", ["Москва", "東京", "Ελλάδα"])
def test_letters_that_the_face_lacks_are_an_error_that_says_what_to_do(text: str):
    with pytest.raises(MediaError, match="set font to a file that has them"):
        Face("", 40).settable(text)


def test_a_font_that_cannot_be_read_is_one_clear_line():
    with pytest.raises(MediaError, match=r"gone\.ttf cannot be read"):
        Face("/nowhere/gone.ttf", 40)


def test_tracking_adds_space_between_letters_but_not_after_the_last():
    tight, loose = Face("", 50), Face("", 50, tracking=0.2)
    assert loose.width("H") == pytest.approx(tight.width("H"))
    assert loose.width("HHH") == pytest.approx(tight.width("HHH") + 20)
