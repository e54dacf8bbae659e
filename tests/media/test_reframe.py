"""Framing for another shape: the subject stays in, the camera is calm, and nothing is followed that is not there."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from circletake.domain.clip import WHOLE, Area
from circletake.media import reframe
from circletake.media.picture import Frame, from_rgb

FPS = Fraction(24)
STEP = 3
WIDE = 16 / 9
TALL = 9 / 16
WINDOW = TALL / WIDE


def ground(*, width: int = 256, height: int = 144, seed: int = 2) -> np.ndarray:
    """A quiet textured field, the same everywhere."""
    noise = np.random.default_rng(seed).integers(70, 130, (height // 4, width // 4), dtype=np.uint8)
    return np.repeat(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)[..., None], 3, axis=2)


def shot(places: list[float], *, drift: float = 0.0, tall: bool = False) -> list[Frame]:
    """A red block at each place (0..1 of the longer side) before a field that drifts by so many pixels a picture."""
    field = ground(width=256 + 2 * int(abs(drift) * len(places)) + 8)
    out = []
    for index, place in enumerate(places):
        left = int(abs(drift) * len(places)) + round(drift * index)
        rgb = np.ascontiguousarray(field[:, left : left + 256])
        centre = round(place * 256)
        cv2.rectangle(rgb, (centre - 12, 50), (centre + 12, 110), (210, 60, 40), -1)
        cv2.line(rgb, (centre - 8, 50 + index % 3 * 10), (centre + 8, 70 + index % 3 * 10), (250, 250, 250), 3)
        out.append(from_rgb(np.ascontiguousarray(rgb.swapaxes(0, 1)) if tall else rgb))
    return out


def follow(pictures: list[Frame], *, film: float = TALL) -> reframe.Path:
    return reframe.follow(pictures, step=STEP, fps=FPS, film=film, frames=len(pictures) * STEP)


def along(path: reframe.Path, *, axis: int = 0) -> np.ndarray:
    return np.array([point[axis] for point in path.points])


@pytest.mark.parametrize("place", [0.25, 0.4, 0.7])
def test_a_subject_that_stays_is_framed_by_a_camera_that_is_locked_off(place: float):
    path = follow(shot([place + 0.01 * (index % 2) for index in range(30)]))
    assert path.subject
    assert not path.moves
    assert abs(path.points[0][0] - place) < 0.25 * WINDOW
    assert path.points[0][1] == 0.5


def test_a_tall_picture_in_a_wide_film_is_cropped_up_and_down():
    path = follow(shot([0.3 + 0.01 * (index % 2) for index in range(30)], tall=True), film=WIDE)
    assert not path.moves
    assert path.points[0][0] == 0.5
    assert abs(path.points[0][1] - 0.3) < 0.25 * WINDOW


def test_a_subject_that_walks_across_stays_in_the_frame():
    places = [float(at) for at in np.interp(np.arange(48), [0, 10, 38, 47], [0.2, 0.2, 0.8, 0.8])]
    path = follow(shot(places))
    off = np.abs(along(path) - np.repeat(places, STEP))
    assert path.moves
    assert np.mean(off < WINDOW / 2) > 0.95


def test_a_camera_that_pans_with_its_subject_keeps_it_in_the_frame():
    path = follow(shot([0.35 + 0.005 * (index % 2) for index in range(30)], drift=3.0))
    off = np.abs(along(path) - 0.35)
    assert off.max() < WINDOW / 2


def test_a_move_keeps_within_the_limits_and_starts_and_ends_at_rest():
    places = [0.2] * 16 + list(np.linspace(0.2, 0.8, 14)) + [0.8] * 18
    at = along(follow(shot(places))) / WINDOW
    speed = np.diff(at) * float(FPS)
    assert np.abs(speed).max() <= reframe.FASTEST + 1e-9
    assert np.abs(np.diff(speed)).max() * float(FPS) <= reframe.HARDEST + 1e-9
    assert abs(speed[0]) < 0.02
    assert abs(speed[-1]) < 0.02


def test_a_move_one_way_never_turns_back():
    places = [0.2] * 16 + list(np.linspace(0.2, 0.8, 14)) + [0.8] * 18
    assert np.diff(along(follow(shot(places)))).min() >= -1e-9


def test_a_subject_that_swings_to_and_fro_in_the_frame_does_not_swing_the_camera():
    swing = 0.5 + 0.3 * WINDOW * np.sin(np.arange(48) * 2 * np.pi / 8)
    assert not follow(shot(list(swing))).moves


def test_where_there_is_no_subject_the_frame_stays_near_the_middle():
    still = from_rgb(ground())
    path = follow([still] * 24)
    assert not path.moves
    assert abs(path.points[0][0] - 0.5) < 0.1
    flat = follow([from_rgb(np.full((144, 256, 3), 90, np.uint8))] * 24)
    assert flat.points == ((0.5, 0.5),)
    assert not flat.subject


def test_the_same_pictures_give_the_same_path():
    pictures = shot(list(np.linspace(0.2, 0.8, 40)))
    assert follow(pictures) == follow(pictures)


def test_one_picture_is_enough_for_a_frame():
    path = reframe.follow(shot([0.3]), step=STEP, fps=FPS, film=TALL, frames=2)
    assert not path.moves
    assert abs(path.points[0][0] - 0.3) < WINDOW / 2


def test_the_frame_never_leaves_the_picture():
    for places in ([0.02] * 24, [0.98] * 24):
        at = along(follow(shot(places)))
        assert at.min() >= WINDOW / 2 - 1e-9
        assert at.max() <= 1 - WINDOW / 2 + 1e-9


def test_only_shapes_that_differ_clearly_are_reframed():
    assert not reframe.differs(WIDE, 1.7)
    assert reframe.differs(4 / 3, WIDE)
    assert reframe.differs(WIDE, 4 / 3)


def test_the_shape_of_a_picture_is_that_of_its_active_area():
    assert reframe.aspect((960, 540), WHOLE) == pytest.approx(WIDE)
    assert reframe.aspect((960, 540), Area(left=0.125, right=0.875)) == pytest.approx(4 / 3)
    assert reframe.small(WIDE) == (256, 144)
    assert reframe.small(TALL) == (144, 256)
