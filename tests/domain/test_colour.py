"""Colours between sRGB and Oklab."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circletake.domain.colour import hexadecimal, oklab


@given(st.integers(0, 0xFFFFFF))
def test_a_colour_comes_back_as_it_was_written(number: int):
    text = f"#{number:06x}"
    assert hexadecimal(oklab(text)) == text
    assert hexadecimal(oklab(text[1:].upper())) == text


def test_known_colours_stand_where_the_paper_puts_them():
    """Ottosson 2020: white is (1, 0, 0); the values of red are those of his implementation."""
    assert oklab("#ffffff") == pytest.approx((1.0, 0.0, 0.0), abs=1e-4)
    assert oklab("#000000") == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)
    assert oklab("#ff0000") == pytest.approx((0.62796, 0.22486, 0.12585), abs=1e-4)


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "##123456", "#123 456"])
def test_anything_else_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a colour"):
        oklab(text)
