"""Bars and burnt-in text are cropped away where they are; dark pictures and texture are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from circletake.domain.clip import WHOLE
from circletake.media.flaws import find
from circletake.media.picture import Frame, from_rgb

Picture = NDArray[np.uint8]
SIZE = (480, 270)


def moving(count: int = 8, *, dark: float = 1.0, still: bool = False) -> list[Picture]:
    """Pictures of a window that wanders over shapes, RGB."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(40, 230, (18, 40, 3), dtype=np.uint8)
    wide = cv2.resize(coarse, (1400, 330), interpolation=cv2.INTER_CUBIC)
    steps = [0 if still else 110 * index for index in range(count)]
    return [(wide[20 : 20 + SIZE[1], at : at + SIZE[0]] * dark).astype(np.uint8) for at in steps]


def written(pictures: list[Picture], text: str, at: tuple[int, int], *, scale: float = 0.8) -> list[Frame]:
    for picture in pictures:
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (250, 250, 250), 2, cv2.LINE_AA)
    return [from_rgb(picture) for picture in pictures]


def barred(pictures: list[Picture], *, sides: int = 0, ends: int = 0, level: int = 4) -> list[Frame]:
    for picture in pictures:
        for edge in (picture[:, :sides], picture[:, SIZE[0] - sides :], picture[:ends], picture[SIZE[1] - ends :]):
            edge[:] = level
    return [from_rgb(picture) for picture in pictures]


@pytest.mark.parametrize(("sides", "ends"), [(60, 0), (0, 35), (40, 20), (6, 0)])
def test_bars_are_cut_off_with_a_little_margin(sides: int, ends: int):
    found = find(barred(moving(), sides=sides, ends=ends))
    assert found.bars
    assert found.active.left == pytest.approx(sides / SIZE[0], abs=0.012)
    assert found.active.right == pytest.approx(1 - sides / SIZE[0], abs=0.012)
    assert found.active.top == pytest.approx(ends / SIZE[1], abs=0.015)
    assert found.active.left * SIZE[0] >= sides
    assert found.active.bottom * SIZE[1] <= SIZE[1] - ends


def test_a_picture_without_bars_is_whole():
    found = find([from_rgb(picture) for picture in moving()])
    assert found.active == WHOLE
    assert not found.bars
    assert not found.burnt_in


def test_a_dark_picture_with_a_pool_of_light_has_no_bars():
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    pool = np.exp(-(((x - 300) / 90.0) ** 2 + ((y - 130) / 70.0) ** 2))[..., None]
    frames = [from_rgb((picture * pool).astype(np.uint8)) for picture in moving()]
    assert find(frames).active == WHOLE


def test_a_title_near_the_edge_of_a_moving_picture_is_cropped_away():
    found = find(written(moving(), "CHANNEL NINE", (150, 255)))
    assert not found.burnt_in
    assert found.active.bottom * SIZE[1] <= 240
    assert found.active.share >= 0.6


def test_a_title_across_the_middle_stays_and_is_said():
    found = find(written(moving(), "BIG WORDS HERE", (20, 145), scale=1.6), hint=True)
    assert found.burnt_in
    assert found.active == WHOLE


def test_texture_of_a_locked_off_shot_is_no_text():
    rng = np.random.default_rng(5)
    bricks = np.kron(rng.integers(60, 200, (27, 24), dtype=np.uint8), np.ones((10, 20), np.uint8))
    picture = np.repeat(bricks[..., None], 3, axis=2)
    picture[::10] = 30
    assert find([from_rgb(picture.copy()) for _ in range(8)]).active == WHOLE


def test_one_picture_is_enough_for_bars_and_too_little_for_text():
    found = find(barred(moving(1), sides=50))
    assert found.bars
    assert not found.burnt_in
