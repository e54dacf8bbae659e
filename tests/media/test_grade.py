"""Grades: towards the look that is asked for, with blacks, highlights and skin kept; grain that lives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.media.footage import FPS, measured, scene

from circletake.domain.look import Look, StyleTarget
from circletake.media import look
from circletake.media.grade import Finish, Grade, fit
from circletake.media.picture import Frame, Size, blank, from_rgb, planes, to_rgb

SIZE = (320, 180)
DREAD = StyleTarget(luma=0.16, contrast=0.42, saturation=0.22, warmth=-0.25)
WARM = StyleTarget(luma=0.55, contrast=0.42, saturation=0.46, warmth=0.6)
TARGETS = (DREAD, WARM, StyleTarget(luma=0.36, contrast=0.62, saturation=0.68), StyleTarget(warmth=-1.0), StyleTarget())


def seen(frame: Frame) -> Look:
    return look.measure(np.stack([frame] * 2), fps=FPS / 12, sound=np.zeros((48_000, 2), np.float32))


def graded(picture: Frame, target: StyleTarget, *, strength: float = 1.0, reference: Look | None = None) -> Frame:
    return fit(seen(picture), target=target, reference=reference, strength=strength).apply(picture)


def every_curve() -> list[tuple[float, Grade]]:
    """The grades of dark to white pictures towards every target, with the luma of the picture."""
    sources = [measured(luma=luma, contrast=deep) for luma in (0.03, 0.3, 0.6, 0.95) for deep in (0.0, 0.1, 0.3)]
    return [(it.luma, fit(it, target=target, reference=None, strength=1.0)) for it in sources for target in TARGETS]


def test_no_strength_leaves_the_picture_as_it_is():
    picture = scene()
    for target in TARGETS:
        assert np.array_equal(graded(picture, target, strength=0.0), picture)


def test_nothing_asked_for_leaves_the_light_as_it_is():
    picture = scene()
    assert np.abs(planes(graded(picture, StyleTarget())).y.astype(int) - planes(picture).y).max() <= 6


def test_dread_is_dark_cold_and_drained_but_readable():
    picture = scene()
    before, after = seen(picture), seen(graded(picture, DREAD))
    assert 0.1 < after.luma < before.luma - 0.1
    assert after.oklab_mean[2] < before.oklab_mean[2] - 0.005
    assert after.saturation < before.saturation
    light = planes(graded(picture, DREAD)).y
    assert np.percentile(light, 90) > 16 + 0.28 * 219
    assert (light <= 17).mean() < 0.02


def test_warm_is_golden_not_olive():
    picture = scene()
    before, after = seen(picture), seen(graded(picture, WARM))
    assert after.oklab_mean[2] > before.oklab_mean[2] + 0.01
    assert after.oklab_mean[1] >= before.oklab_mean[1] * 0.4 - 0.006
    assert abs(after.luma - 0.55) < abs(before.luma - 0.55)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_half_the_strength_goes_part_of_the_way(target: StyleTarget):
    picture = scene()
    marks = [seen(graded(picture, target, strength=strength)).luma for strength in (0.0, 0.5, 1.0)]
    assert min(marks[0], marks[2]) - 0.01 <= marks[1] <= max(marks[0], marks[2]) + 0.01


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_black_and_white_has_no_colour_left_at_any_strength(strength: float):
    in_colour = measured(luma=0.4, contrast=0.2)
    picture = scene()
    monochrome = fit(
        seen(picture), target=StyleTarget(luma=0.5, saturation=0.0), reference=in_colour, strength=strength
    ).apply(picture)
    assert np.ptp(planes(monochrome).u) == np.ptp(planes(monochrome).v) == 0
    assert planes(monochrome).u[0, 0] == planes(monochrome).v[0, 0] == 128
    assert np.ptp(planes(monochrome).y) > 100


def test_a_style_reference_pulls_the_picture_towards_itself():
    picture = scene()
    reference = measured(luma=0.2, contrast=0.12, saturation=0.02, b=-0.04)
    after = seen(graded(picture, StyleTarget(), reference=reference))
    before = seen(picture)
    assert abs(after.luma - 0.2) < abs(before.luma - 0.2) / 2
    assert after.oklab_mean[2] < before.oklab_mean[2] - 0.01


def test_more_light_stays_more_light_and_no_end_is_clipped():
    for luma, grade in every_curve():
        curve = grade.luma[16:236].astype(int)
        assert (np.diff(curve) >= 0).all()
        assert 16 <= curve[0] <= 20
        assert (150 if luma < 0.9 else 110) <= curve[-1] <= 235
        assert np.diff(curve)[-30:].max() <= (3 if luma < 0.9 else 5)
        assert curve[20] > curve[0]
        assert curve[-1] > curve[-21]


def test_greys_that_are_black_or_white_stay_clean():
    """The tint lives between black and white."""
    for luma in (16, 235):
        frame = blank((8, 8), luma=luma)
        for target in (DREAD, WARM, StyleTarget(warmth=-1.0)):
            _, u, v = planes(fit(measured(), target=target, reference=None, strength=1.0).apply(frame))
            assert max(abs(int(u[0, 0]) - 128), abs(int(v[0, 0]) - 128)) <= 4


def test_a_cold_tint_is_teal_never_violet():
    """On a vectorscope: Cb above neutral, and Cr below it."""
    frame = blank((8, 8), luma=80)
    _, u, v = planes(fit(measured(), target=StyleTarget(warmth=-0.6), reference=None, strength=1.0).apply(frame))
    assert u[0, 0] > 132
    assert v[0, 0] < 126


def test_skin_keeps_more_of_its_colour_than_the_wall_behind():
    skin, wall = (
        from_rgb(np.full((8, 8, 3), (198, 150, 122), np.uint8)),
        from_rgb(np.full((8, 8, 3), (122, 150, 198), np.uint8)),
    )
    drain = fit(measured(saturation=0.1), target=StyleTarget(saturation=0.1), reference=None, strength=1.0)

    def kept(frame: Frame) -> float:
        def chroma(shown: Frame) -> float:
            _, u, v = planes(shown)
            return float(np.hypot(float(u[0, 0]) - 128, float(v[0, 0]) - 128))

        return chroma(drain.apply(frame)) / chroma(frame)

    assert kept(skin) > kept(wall) + 0.15


def test_smooth_light_and_colour_do_not_break_into_bands():
    ramp = np.linspace(20, 200, 640, dtype=np.float32)
    rgb = np.stack([ramp * 0.8, ramp * 0.9, ramp], axis=-1)[None].repeat(64, 0).astype(np.uint8)
    shown = planes(graded(from_rgb(rgb), DREAD))
    for plane in (shown.y[30], shown.u[15], shown.v[15]):
        assert np.abs(np.diff(plane.astype(int))).max() <= 2


def test_the_picture_that_is_given_is_not_changed():
    picture = scene()
    before = picture.copy()
    graded(picture, DREAD)
    assert np.array_equal(picture, before)


def finish(
    *, size: Size = SIZE, grain: float = 0.0, vignette: float = 0.0, seed: int = 1, bars: bool = False
) -> Finish:
    return Finish(size=size, grain=grain, vignette=vignette, seed=seed, bars=bars)


def test_grain_is_new_in_every_picture_and_the_same_for_the_same_seed():
    grey = blank(SIZE, luma=100)
    first, again, other = finish(grain=0.5), finish(grain=0.5), finish(grain=0.5, seed=2)
    one, two = first.apply(grey.copy()), first.apply(grey.copy())
    assert not np.array_equal(one, two)
    assert np.array_equal(one, again.apply(grey.copy()))
    assert not np.array_equal(one, other.apply(grey.copy()))
    noise = [planes(frame).y.astype(float) - 100 for frame in (one, two)]
    assert noise[0].std() == pytest.approx(2.1, abs=0.3)
    assert abs(noise[0].mean()) < 0.15
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.05
    assert np.array_equal(planes(one).u, planes(grey).u)


def test_a_vignette_darkens_corners_softly_and_leaves_the_middle_and_black_alone():
    light = planes(finish(vignette=1.0).apply(blank(SIZE, luma=200))).y.astype(int)
    assert abs(light[90, 160] - 200) <= 1
    assert 90 < light[0, 0] < 140
    assert np.abs(np.diff(light[0])).max() <= 3
    dark = planes(finish(vignette=1.0).apply(blank(SIZE))).y
    assert 15 <= dark.min() <= dark.max() <= 17


def test_bars_leave_a_wide_screen_only_when_asked():
    frame = finish(bars=True).apply(scene())
    y, u, v = planes(frame)
    bar = int((y == 16).all(axis=1)[:90].sum())
    assert 320 / (180 - 2 * bar) == pytest.approx(2.39, abs=0.04)
    assert (y[-bar:] == 16).all()
    assert (u[: bar // 2] == 128).all()
    assert (v[-(bar // 2) :] == 128).all()
    assert y[bar : 180 - bar].std() > 10
    assert np.array_equal(finish().apply(scene()), scene())
    assert np.array_equal(
        Finish(size=(90, 160), grain=0, vignette=0, seed=1, bars=True).apply(blank((90, 160))), blank((90, 160))
    )


def test_a_grade_looks_alike_in_rgb_and_after_coding():
    """What leaves the tables is legal: nothing in RGB has to be clipped away by much."""
    shown = graded(scene(), WARM)
    back = from_rgb(to_rgb(shown))
    assert np.abs(cv2.blur(back, (3, 3)).astype(int) - cv2.blur(shown, (3, 3))).mean() < 1.0
