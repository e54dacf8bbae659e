"""The contact sheet of a production: the takes as they stand now, circled ones marked."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from circletake.domain.take import Take
from circletake.publish.sheet import MOST_TILES, sheet
from tests.publish.film import CORRIDOR, PRODUCTION, Desk, a_plan, a_take


def redness(png: bytes) -> int:
    """Return how many pixels are in the colour of the grease pencil."""
    rgb = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.int16)
    return int(((rgb[..., 0] > 170) & (rgb[..., 1] < 90) & (rgb[..., 2] < 90)).sum())


def test_it_is_written_where_the_receipt_will_lie_and_says_so(uncut: Desk):
    assert uncut.receipts.show(PRODUCTION) == str(uncut.folder / "contact.png")
    assert (uncut.folder / "contact.png").read_bytes().startswith(b"\x89PNG")


def test_every_circled_take_adds_its_mark(uncut: Desk):
    marks = [redness(_shown(uncut))]
    for slate in ("1A", "1B"):
        uncut.circle(slate, 1, "person")
        marks.append(redness(_shown(uncut)))
    assert marks[0] == 0
    assert marks[1] > 1000
    assert marks[2] > 1.5 * marks[1]


def test_a_mark_moves_with_the_pick(uncut: Desk):
    uncut.circle("1A", 1, "person")
    first = _shown(uncut)
    uncut.circle("1A", 2, "person")
    assert _shown(uncut) != first
    assert redness(_shown(uncut)) > 1000


def test_before_there_is_a_take_there_is_still_a_sheet(uncut: Desk):
    empty = sheet(a_plan(), production=PRODUCTION, takes=(), circled={}, files=uncut.house.files)
    assert Image.open(io.BytesIO(empty)).width == 1600


def test_of_a_thousand_takes_the_circled_one_is_on_the_sheet(uncut: Desk):
    one = a_take(uncut.house, "1A", 1, clip=CORRIDOR)
    takes = tuple(one.model_copy(update={"number": number}) for number in range(1, 1001))
    uncut.house.takes.add(takes)
    uncut.circle("1A", 1000, "person")
    held = uncut.house.choices.current(PRODUCTION)
    files = uncut.house.files

    def drawn(shot: tuple[Take, ...]) -> bytes:
        return sheet(a_plan(), production=PRODUCTION, takes=shot, circled=held, files=files)

    png = drawn(takes)
    assert redness(png) > 500
    assert Image.open(io.BytesIO(png)).height < 150 * (MOST_TILES // 2) / 6 + 1200


def test_a_failed_take_is_not_shown_before_one_that_passed(uncut: Desk):
    files = uncut.house.files
    good = a_take(uncut.house, "1A", 1, clip=CORRIDOR)
    bad = a_take(uncut.house, "1A", 2, clip=CORRIDOR, reason="the picture stands still")
    many = tuple(
        (bad if number < 900 else good).model_copy(update={"number": number}) for number in range(1, 901 + MOST_TILES)
    )
    crowded = sheet(a_plan(), production=PRODUCTION, takes=many, circled={}, files=files)
    only = sheet(a_plan(), production=PRODUCTION, takes=many[899:], circled={}, files=files)
    assert Image.open(io.BytesIO(crowded)).size == Image.open(io.BytesIO(only)).size


def _shown(desk: Desk) -> bytes:
    with open(desk.receipts.show(PRODUCTION), "rb") as picture:
        return picture.read()
